/* SPDX-License-Identifier: Apache-2.0 */
/* Operations per second of the lattice algorithms: our portable code, each wider instruction set that this machine has,
 * and OpenSSL's where it has them (3.5 on). "ready" is with a prepared key, as the HSM keeps them; the other columns
 * begin with the key's bytes, as the published figures do. Processor time counts, so other load disturbs little. Ticks
 * are those of the time-stamp counter in that time; `known` are the
 * designers' AVX2 programs on an Emerald Rapids at 2.3 GHz.
 *
 *     bench/lattice [--seconds N] [--only TEXT] */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef QK_LATTICE_X86
#include <x86intrin.h>
#endif

#include "base/clock.h"
#include "crypto/lattice/backend.h"
#include "crypto/lattice/dilithium.h"
#include "crypto/lattice/kyber.h"

enum { STEPS = 200 };

static double seconds = 0.4;
static const char *only;

static uint64_t ticks_now(void)
{
#ifdef QK_LATTICE_X86
    return __rdtsc();
#else
    return (uint64_t)qk_clock_monotonic_ns();
#endif
}

typedef struct result {
    double per_second, ticks;
} result;

typedef struct work {
    const qk_dilithium_set *sign;
    const qk_kyber_set *kem;
    uint8_t seed[96], public_key[QK_DILITHIUM_PUBLIC_MAX], private_key[QK_DILITHIUM_PRIVATE_MAX];
    uint8_t out[QK_DILITHIUM_SIGNATURE_MAX], shared[32], random[32];
    uint64_t count, last; /* a new message each time, for many numbers of attempts; what `out` signs */
    qk_dilithium_signer *signer;
    qk_dilithium_verifier *verifier;
    qk_kyber_sealer *sealer;
    qk_kyber_opener *opener;
    EVP_PKEY *pkey;
    size_t out_len;
} work;

typedef void step_fn(work *w);

static void must(qk_err err)
{
    if (err == QK_OK)
        return;
    fprintf(stderr, "lattice: %s\n", qk_err_words(err));
    exit(1);
}

/* OpenSSL's refusals, which here are a reason to stop. */
static void agreed(int answer)
{
    if (answer == 1)
        return;
    fputs("lattice: OpenSSL refused\n", stderr);
    exit(1);
}

/* Of this process alone: others on the machine do not count. */
static int64_t cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Ticks of the time-stamp counter in a nanosecond. */
static double tick_rate(void)
{
    static double rate;
    int64_t start = qk_clock_monotonic_ns(), now = start;
    uint64_t ticks = ticks_now();

    if (rate != 0)
        return rate;
    while (now < start + 20000000)
        now = qk_clock_monotonic_ns();
    rate = (double)(ticks_now() - ticks) / (double)(now - start);
    return rate;
}

/* The best of several rounds of the same work: the same messages, so the same numbers of attempts. */
static result measure(work *w, step_fn *step)
{
    int64_t start = cpu_ns(), end = start + (int64_t)(seconds * 1e9), best = INT64_MAX;

    for (unsigned round = 0; round < 5 || cpu_ns() < end; round++) {
        int64_t before = cpu_ns(), took;

        w->count = 0;
        for (unsigned i = 0; i < STEPS; i++)
            step(w);
        took = cpu_ns() - before;
        best = took < best ? took : best;
    }
    return (result){ STEPS * 1e9 / (double)best, (double)best * tick_rate() / STEPS };
}

static qk_dilithium_message message_of(work *w)
{
    w->last = ++w->count;
    return (qk_dilithium_message){ .bytes = { (const uint8_t *)&w->last, sizeof w->last } };
}

static void sign_generate(work *w)
{
    w->seed[0]++;
    must(qk_dilithium_generate(w->sign, qk_view_of(w->seed, w->sign->seed_len), w->public_key, w->private_key));
}

static void sign_prepare(work *w)
{
    qk_dilithium_signer_free(&w->signer);
    must(qk_dilithium_signer_new(w->sign, qk_view_of(w->private_key, w->sign->private_len), &w->signer));
}

static void sign_ready(work *w)
{
    qk_dilithium_message message = message_of(w);

    must(qk_dilithium_sign(w->signer, &message, NULL, w->out));
}

static void sign_whole(work *w)
{
    sign_prepare(w);
    sign_ready(w);
}

static void verify_prepare(work *w)
{
    qk_dilithium_verifier_free(&w->verifier);
    must(qk_dilithium_verifier_new(w->sign, qk_view_of(w->public_key, w->sign->public_len), &w->verifier));
}

static void verify_ready(work *w)
{
    qk_dilithium_message message = { .bytes = { (const uint8_t *)&w->last, sizeof w->last } };

    must(qk_dilithium_verify(w->verifier, &message, qk_view_of(w->out, w->sign->signature_len)));
}

static void verify_whole(work *w)
{
    verify_prepare(w);
    verify_ready(w);
}

static void kem_generate(work *w)
{
    w->seed[0]++;
    must(qk_kyber_generate(w->kem, qk_view_of(w->seed, QK_KYBER_SEED_LEN), w->public_key, w->private_key));
}

static void kem_prepare_sealer(work *w)
{
    qk_kyber_sealer_free(&w->sealer);
    must(qk_kyber_sealer_new(w->kem, qk_view_of(w->public_key, w->kem->public_len), &w->sealer));
}

static void seal_ready(work *w)
{
    w->random[0]++;
    qk_kyber_seal(w->sealer, w->random, w->out, w->shared);
}

static void seal_whole(work *w)
{
    kem_prepare_sealer(w);
    seal_ready(w);
}

static void kem_prepare_opener(work *w)
{
    qk_kyber_opener_free(&w->opener);
    must(qk_kyber_opener_new(w->kem, qk_view_of(w->private_key, w->kem->private_len), &w->opener));
}

static void open_ready(work *w)
{
    must(qk_kyber_open(w->opener, qk_view_of(w->out, w->kem->ciphertext_len), w->shared));
}

static void open_whole(work *w)
{
    kem_prepare_opener(w);
    open_ready(w);
}

/* OpenSSL's, with its key object made once: our "ready". */
static void evp_generate(work *w)
{
    EVP_PKEY_free(w->pkey);
    w->pkey = EVP_PKEY_Q_keygen(NULL, NULL, w->sign ? w->sign->name : w->kem->name);
    agreed(w->pkey != NULL);
}

static void evp_sign(work *w)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    w->last = ++w->count;
    w->out_len = sizeof w->out;
    agreed(EVP_DigestSignInit_ex(context, NULL, NULL, NULL, NULL, w->pkey, NULL));
    agreed(EVP_DigestSign(context, w->out, &w->out_len, (const uint8_t *)&w->last, sizeof w->last));
    EVP_MD_CTX_free(context);
}

static void evp_verify(work *w)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    agreed(EVP_DigestVerifyInit_ex(context, NULL, NULL, NULL, NULL, w->pkey, NULL));
    agreed(EVP_DigestVerify(context, w->out, w->out_len, (const uint8_t *)&w->last, sizeof w->last));
    EVP_MD_CTX_free(context);
}

static void evp_seal(work *w)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, w->pkey, NULL);
    size_t shared_len = sizeof w->shared;

    w->out_len = sizeof w->out;
    agreed(EVP_PKEY_encapsulate_init(context, NULL));
    agreed(EVP_PKEY_encapsulate(context, w->out, &w->out_len, w->shared, &shared_len));
    EVP_PKEY_CTX_free(context);
}

static void evp_open(work *w)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, w->pkey, NULL);
    size_t shared_len = sizeof w->shared;

    agreed(EVP_PKEY_decapsulate_init(context, NULL));
    agreed(EVP_PKEY_decapsulate(context, w->shared, &shared_len, w->out, w->out_len));
    EVP_PKEY_CTX_free(context);
}

static bool openssl_has(const char *name)
{
    EVP_KEYMGMT *found = EVP_KEYMGMT_fetch(NULL, name, NULL);

    EVP_KEYMGMT_free(found);
    return found != NULL;
}

/* Ticks of key generation, mean signature and verification, or key generation, encapsulation and decapsulation. */
static const struct known {
    const char *name;
    double ticks[3];
} known[] = {
    { "ML-DSA-44", { 49000, 148000, 50000 } },    { "ML-DSA-65", { 92000, 251000, 83000 } },
    { "ML-DSA-87", { 130000, 280000, 131000 } },  { "Dilithium-R2-65", { 103000, 285000, 102000 } },
    { "ML-KEM-512", { 10500, 11200, 11900 } },    { "ML-KEM-768", { 17800, 17500, 18900 } },
    { "ML-KEM-1024", { 23400, 23500, 25700 } },   { "Kyber-R2-768", { 27200, 36100, 30200 } },
    { "Kyber-R2-1024", { 34100, 45300, 37300 } },
};

enum { COLUMNS = 5 };

static void print_row(const char *name, const char *who, const result results[COLUMNS], const result *base)
{
    printf("%-16s %-9s", name, who);
    for (unsigned i = 0; i < COLUMNS; i++) {
        if (results[i].per_second > 0)
            printf(" %9.0f", results[i].per_second);
        else
            printf(" %9s", "-");
    }
    printf("  ticks");
    for (unsigned i = 0; i < 3; i++) /* whole operations, as the published ones; OpenSSL's are with a ready key */
        printf(" %8.0f", results[i].per_second > 0 ? results[i].ticks : results[i + 2].ticks);
    if (base)
        for (unsigned i = 0; i < COLUMNS; i++)
            printf(" %5.1fx", results[i].per_second / base[i].per_second);
    putchar('\n');
}

static void print_known(const char *name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0)
            printf("%-16s %-9s %56s %8.0f %8.0f %8.0f\n", name, "known", "ticks", known[i].ticks[0], known[i].ticks[1],
                   known[i].ticks[2]);
}

/* Generation, the two uses from bytes, the two uses with prepared keys. */
static void bench_set(const char *name, work *w, step_fn *const steps[COLUMNS], step_fn *const openssl_steps[3])
{
    result base[COLUMNS], results[COLUMNS];

    if (only && !strstr(name, only))
        return;
    for (size_t i = 0; qk_lattice_backend_at(i); i++) {
        qk_lattice_backend_use(qk_lattice_backend_at(i));
        for (unsigned j = 0; j < COLUMNS; j++)
            results[j] = measure(w, steps[j]);
        if (i == 0)
            memcpy(base, results, sizeof base);
        print_row(name, qk_lattice_backend_at(i)->name, results, i ? base : NULL);
    }
    if (openssl_has(name)) {
        memset(results, 0, sizeof results);
        results[0] = measure(w, openssl_steps[0]);
        results[3] = measure(w, openssl_steps[1]);
        results[4] = measure(w, openssl_steps[2]);
        print_row(name, "OpenSSL", results, NULL);
    }
    print_known(name);
}

static void done(work *w)
{
    qk_dilithium_signer_free(&w->signer);
    qk_dilithium_verifier_free(&w->verifier);
    qk_kyber_sealer_free(&w->sealer);
    qk_kyber_opener_free(&w->opener);
    EVP_PKEY_free(w->pkey);
}

int main(int argc, char **argv)
{
    static step_fn *const sign_steps[COLUMNS] = { sign_generate, sign_whole, verify_whole, sign_ready, verify_ready };
    static step_fn *const kem_steps[COLUMNS] = { kem_generate, seal_whole, open_whole, seal_ready, open_ready };
    static step_fn *const evp_sign_steps[3] = { evp_generate, evp_sign, evp_verify };
    static step_fn *const evp_kem_steps[3] = { evp_generate, evp_seal, evp_open };
    static work w;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seconds") == 0)
            seconds = strtod(argv[i + 1], NULL);
        else if (strcmp(argv[i], "--only") == 0)
            only = argv[i + 1];
    }
    printf("%-16s %-9s %9s %9s %9s %9s %9s\n", "per second", "", "generate", "sign", "verify", "ready", "ready");
    for (int i = 0; i < QK_DILITHIUM_SETS; i++, done(&w)) {
        w = (work){ .sign = qk_dilithium_set_find((qk_dilithium_id)i) };
        bench_set(w.sign->name, &w, sign_steps, evp_sign_steps);
    }
    printf("%-16s %-9s %9s %9s %9s %9s %9s\n", "per second", "", "generate", "seal", "open", "ready", "ready");
    for (int i = 0; i < QK_KYBER_SETS; i++, done(&w)) {
        w = (work){ .kem = qk_kyber_set_find((qk_kyber_id)i) };
        bench_set(w.kem->name, &w, kem_steps, evp_kem_steps);
    }
    return 0;
}
