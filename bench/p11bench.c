/* SPDX-License-Identifier: Apache-2.0 */
/* p11bench: operations per second of any PKCS #11 module, beside OpenSSL's own speed for the same work in the same run.
 *
 * Machines are noisy, so compare the ratios, not the figures of two runs. Each operation is measured with every number
 * of threads asked for; where OpenSSL can do the same work, it is measured right before, with as many threads. */
#include <argp.h>
#include <dlfcn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <quantoki/pkcs11.h>

enum { MAX_THREADS = 256, MAX_SLOTS = 64, MAX_SAMPLES = 1 << 20, MESSAGE = 1024 };

static CK_FUNCTION_LIST_PTR p11;
static struct {
    const char *module, *pin, *only;
    CK_SLOT_ID slot;
    int threads[16];
    size_t thread_counts;
    double seconds;
    unsigned long find_keys;
    int background; /* threads that make RSA-4096 pairs meanwhile */
    bool have_slot, no_openssl;
} settings = { .threads = { 1, 2 }, .thread_counts = 2, .seconds = 1.0, .find_keys = 10000 };

static void die(const char *what, CK_RV rv)
{
    fprintf(stderr, "p11bench: %s: 0x%lx\n", what, rv);
    exit(1);
}

static void check(const char *what, CK_RV rv)
{
    if (rv != CKR_OK)
        die(what, rv);
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- what is measured ---- */

typedef struct worker worker;

typedef struct operation {
    const char *name;
    void (*prepare)(worker *worker); /* on the worker's thread, not measured; may be NULL */
    void (*run)(worker *worker);     /* one operation */
    void (*finish)(worker *worker);
    void (*openssl_prepare)(worker *worker); /* NULL: OpenSSL has no counterpart */
    void (*openssl_run)(worker *worker);
} operation;

struct worker {
    const operation *operation;
    bool openssl;
    unsigned number;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    EVP_PKEY_CTX *pkey_context;
    EVP_PKEY *pkey;
    EVP_CIPHER_CTX *cipher_context;
    EVP_MD_CTX *md_context;
    EVP_MD *md;
    uint64_t count;
    uint32_t *samples; /* nanoseconds, of the first MAX_SAMPLES operations */
    uint64_t elapsed_ns;
};

static atomic_int ready;
static atomic_bool go, stop;
static CK_OBJECT_HANDLE p256_key, rsa_key, aes_key;
static uint8_t message[MESSAGE];
static unsigned long found_among;

static void open_session(worker *worker)
{
    check("C_OpenSession",
          p11->C_OpenSession(settings.slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &worker->session));
}

static void close_session(worker *worker)
{
    check("C_CloseSession", p11->C_CloseSession(worker->session));
}

static void sign_with(worker *worker, CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key, CK_ULONG data_len)
{
    CK_MECHANISM mechanism = { type, NULL, 0 };
    uint8_t signature[512];
    CK_ULONG len = sizeof signature;

    check("C_SignInit", p11->C_SignInit(worker->session, &mechanism, key));
    check("C_Sign", p11->C_Sign(worker->session, message, data_len, signature, &len));
}

static void sign_p256(worker *worker)
{
    sign_with(worker, CKM_ECDSA, p256_key, 32);
}

static void sign_rsa(worker *worker)
{
    sign_with(worker, CKM_RSA_PKCS, rsa_key, 51);
}

static void encrypt_gcm(worker *worker)
{
    uint8_t iv[12] = { 1 }, out[MESSAGE + 16];
    CK_GCM_PARAMS params = { .pIv = iv, .ulIvLen = sizeof iv, .ulIvBits = 96, .ulTagBits = 128 };
    CK_MECHANISM mechanism = { CKM_AES_GCM, &params, sizeof params };
    CK_ULONG len = sizeof out;

    memcpy(iv + 4, &worker->count, sizeof worker->count);
    check("C_EncryptInit", p11->C_EncryptInit(worker->session, &mechanism, aes_key));
    check("C_Encrypt", p11->C_Encrypt(worker->session, message, MESSAGE, out, &len));
}

static void digest(worker *worker)
{
    CK_MECHANISM mechanism = { CKM_SHA256, NULL, 0 };
    uint8_t out[32];
    CK_ULONG len = sizeof out;

    check("C_DigestInit", p11->C_DigestInit(worker->session, &mechanism));
    check("C_Digest", p11->C_Digest(worker->session, message, MESSAGE, out, &len));
}

static void draw_random(worker *worker)
{
    uint8_t out[32];
    check("C_GenerateRandom", p11->C_GenerateRandom(worker->session, out, sizeof out));
}

static void open_and_close(worker *worker)
{
    open_session(worker);
    close_session(worker);
}

static void find_by_label(worker *worker)
{
    char label[32];
    CK_OBJECT_HANDLE found[2];
    CK_ULONG count = 0;
    int len = snprintf(label, sizeof label, "bench-%lu", (worker->count * 7919u + worker->number) % found_among);
    CK_ATTRIBUTE wanted = { CKA_LABEL, label, (CK_ULONG)len };

    check("C_FindObjectsInit", p11->C_FindObjectsInit(worker->session, &wanted, 1));
    check("C_FindObjects", p11->C_FindObjects(worker->session, found, 2, &count));
    check("C_FindObjectsFinal", p11->C_FindObjectsFinal(worker->session));
    if (count != 1)
        die("a key was not found by its label", count);
}

static atomic_ulong key_number;

static void generate_key(worker *worker)
{
    CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_BBOOL yes = CK_TRUE, token = CK_TRUE;
    CK_ULONG len = 32;
    char label[32];
    CK_OBJECT_HANDLE key;
    int label_len = snprintf(label, sizeof label, "bench-%lu", atomic_fetch_add(&key_number, 1));
    CK_ATTRIBUTE wanted[] = {
        { CKA_TOKEN, &token, 1 },
        { CKA_LABEL, label, (CK_ULONG)label_len },
        { CKA_VALUE_LEN, &len, sizeof len },
        { CKA_ENCRYPT, &yes, 1 },
        { CKA_DECRYPT, &yes, 1 },
    };

    check("C_GenerateKey", p11->C_GenerateKey(worker->session, &mechanism, wanted, 5, &key));
}

/* ---- OpenSSL's counterparts ---- */

static void must(int ok)
{
    if (!ok) {
        fprintf(stderr, "p11bench: OpenSSL failed\n");
        exit(1);
    }
}

static void openssl_sign_prepare(worker *worker, EVP_PKEY *key)
{
    worker->pkey = key;
    worker->pkey_context = EVP_PKEY_CTX_new(key, NULL);
    must(worker->pkey_context && EVP_PKEY_sign_init(worker->pkey_context) == 1);
}

static void openssl_p256_prepare(worker *worker)
{
    openssl_sign_prepare(worker, EVP_EC_gen("P-256"));
}

static void openssl_rsa_prepare(worker *worker)
{
    openssl_sign_prepare(worker, EVP_RSA_gen(2048));
}

static void openssl_p256_sign(worker *worker)
{
    uint8_t signature[128];
    size_t len = sizeof signature;
    must(EVP_PKEY_sign(worker->pkey_context, signature, &len, message, 32) == 1);
}

static void openssl_rsa_sign(worker *worker)
{
    uint8_t signature[256];
    size_t len = sizeof signature;
    must(EVP_PKEY_sign(worker->pkey_context, signature, &len, message, 51) == 1);
}

static void openssl_gcm_prepare(worker *worker)
{
    worker->cipher_context = EVP_CIPHER_CTX_new();
    must(EVP_EncryptInit_ex(worker->cipher_context, EVP_aes_256_gcm(), NULL, message, NULL) == 1);
}

static void openssl_gcm(worker *worker)
{
    uint8_t iv[12] = { 1 }, out[MESSAGE], tag[16];
    int len;

    memcpy(iv + 4, &worker->count, sizeof worker->count);
    must(EVP_EncryptInit_ex(worker->cipher_context, NULL, NULL, NULL, iv) == 1 &&
         EVP_EncryptUpdate(worker->cipher_context, out, &len, message, MESSAGE) == 1 &&
         EVP_EncryptFinal_ex(worker->cipher_context, out, &len) == 1 &&
         EVP_CIPHER_CTX_ctrl(worker->cipher_context, EVP_CTRL_GCM_GET_TAG, 16, tag) == 1);
}

static void openssl_digest_prepare(worker *worker)
{
    worker->md = EVP_MD_fetch(NULL, "SHA256", NULL);
    worker->md_context = EVP_MD_CTX_new();
    must(worker->md && worker->md_context);
}

static void openssl_digest(worker *worker)
{
    uint8_t out[32];
    must(EVP_DigestInit_ex2(worker->md_context, worker->md, NULL) == 1 &&
         EVP_DigestUpdate(worker->md_context, message, MESSAGE) == 1 &&
         EVP_DigestFinal_ex(worker->md_context, out, NULL) == 1);
}

static void openssl_nothing(worker *worker)
{
    (void)worker;
}

static void openssl_random(worker *worker)
{
    uint8_t out[32];
    (void)worker;
    must(RAND_bytes(out, sizeof out) == 1);
}

static void openssl_done(worker *worker)
{
    EVP_PKEY_CTX_free(worker->pkey_context);
    EVP_PKEY_free(worker->pkey);
    EVP_CIPHER_CTX_free(worker->cipher_context);
    EVP_MD_CTX_free(worker->md_context);
    EVP_MD_free(worker->md);
}

static const operation operations[] = {
    { "ecdsa-p256", open_session, sign_p256, close_session, openssl_p256_prepare, openssl_p256_sign },
    { "rsa-2048", open_session, sign_rsa, close_session, openssl_rsa_prepare, openssl_rsa_sign },
    { "aes-gcm-1k", open_session, encrypt_gcm, close_session, openssl_gcm_prepare, openssl_gcm },
    { "sha256-1k", open_session, digest, close_session, openssl_digest_prepare, openssl_digest },
    { "random-32", open_session, draw_random, close_session, openssl_nothing, openssl_random },
    { "session", NULL, open_and_close, NULL, NULL, NULL },
    { "token-keygen", open_session, generate_key, close_session, NULL, NULL },
    { "find-label", open_session, find_by_label, close_session, NULL, NULL },
};

/* ---- running ---- */

static void *work(void *arg)
{
    worker *worker = arg;
    const operation *operation = worker->operation;
    void (*run)(struct worker *) = worker->openssl ? operation->openssl_run : operation->run;
    uint64_t start, last, now;

    if (worker->openssl)
        operation->openssl_prepare(worker);
    else if (operation->prepare)
        operation->prepare(worker);
    run(worker); /* warm */
    atomic_fetch_add(&ready, 1);
    while (!atomic_load(&go))
        sched_yield();
    start = last = now_ns();
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        run(worker);
        now = now_ns();
        if (worker->count < MAX_SAMPLES)
            worker->samples[worker->count] = (uint32_t)(now - last);
        worker->count++;
        last = now;
    }
    worker->elapsed_ns = last - start;
    if (worker->openssl)
        openssl_done(worker);
    else if (operation->finish)
        operation->finish(worker);
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

typedef struct result {
    double per_second;
    double p50_us, p99_us, max_us;
} result;

static result measure(const operation *operation, int threads, bool openssl)
{
    static worker workers[MAX_THREADS];
    pthread_t ids[MAX_THREADS];
    uint32_t *all;
    size_t samples = 0;
    result result = { 0 };
    struct timespec duration = { (time_t)settings.seconds,
                                 (long)((settings.seconds - (double)(time_t)settings.seconds) * 1e9) };

    memset(workers, 0, sizeof workers);
    atomic_store(&ready, 0);
    atomic_store(&go, false);
    atomic_store(&stop, false);
    for (int i = 0; i < threads; i++) {
        workers[i].operation = operation;
        workers[i].openssl = openssl;
        workers[i].number = (unsigned)i;
        workers[i].samples = calloc(MAX_SAMPLES, sizeof(uint32_t));
        must(workers[i].samples && pthread_create(&ids[i], NULL, work, &workers[i]) == 0);
    }
    while (atomic_load(&ready) < threads)
        sched_yield();
    atomic_store(&go, true);
    nanosleep(&duration, NULL);
    atomic_store(&stop, true);
    for (int i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
        samples += workers[i].count < MAX_SAMPLES ? workers[i].count : MAX_SAMPLES;
        result.per_second += (double)workers[i].count * 1e9 / (double)workers[i].elapsed_ns;
    }
    all = calloc(samples ? samples : 1, sizeof *all);
    must(all != NULL);
    samples = 0;
    for (int i = 0; i < threads; i++) {
        size_t mine = workers[i].count < MAX_SAMPLES ? workers[i].count : MAX_SAMPLES;
        memcpy(all + samples, workers[i].samples, mine * sizeof *all);
        samples += mine;
        free(workers[i].samples);
    }
    qsort(all, samples, sizeof *all, by_value);
    if (samples) {
        result.p50_us = all[samples / 2] / 1e3;
        result.p99_us = all[samples - 1 - samples / 100] / 1e3;
        result.max_us = all[samples - 1] / 1e3;
    }
    free(all);
    return result;
}

static void report(const operation *operation, int threads)
{
    result reference = { 0 }, ours;

    if (operation->openssl_run && !settings.no_openssl)
        reference = measure(operation, threads, true);
    ours = measure(operation, threads, false);
    printf("%-14s %3d %12.0f %9.1f %9.1f %9.1f", operation->name, threads, ours.per_second, ours.p50_us, ours.p99_us,
           ours.max_us);
    if (reference.per_second > 0)
        printf(" %12.0f %6.1f%%", reference.per_second, 100 * ours.per_second / reference.per_second);
    printf("\n");
    fflush(stdout);
}

/* ---- setting up ---- */

static CK_OBJECT_HANDLE make_pair(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type, CK_ATTRIBUTE *public_template,
                                  CK_ULONG count)
{
    CK_MECHANISM mechanism = { type, NULL, 0 };
    CK_BBOOL yes = CK_TRUE;
    CK_ATTRIBUTE private_template[] = { { CKA_SIGN, &yes, 1 } };
    CK_OBJECT_HANDLE public_key, private_key;

    check("C_GenerateKeyPair", p11->C_GenerateKeyPair(session, &mechanism, public_template, count, private_template, 1,
                                                      &public_key, &private_key));
    return private_key;
}

static void make_keys(CK_SESSION_HANDLE session)
{
    static const uint8_t p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
    CK_BYTE params[sizeof p256], exponent[] = { 1, 0, 1 };
    CK_ULONG bits = 2048, len = 32;
    CK_BBOOL yes = CK_TRUE;
    CK_MECHANISM aes = { CKM_AES_KEY_GEN, NULL, 0 };

    memcpy(params, p256, sizeof p256);
    CK_ATTRIBUTE ec[] = { { CKA_EC_PARAMS, params, sizeof params }, { CKA_VERIFY, &yes, 1 } };
    CK_ATTRIBUTE rsa[] = { { CKA_MODULUS_BITS, &bits, sizeof bits },
                           { CKA_PUBLIC_EXPONENT, exponent, sizeof exponent },
                           { CKA_VERIFY, &yes, 1 } };
    CK_ATTRIBUTE secret[] = { { CKA_VALUE_LEN, &len, sizeof len }, { CKA_ENCRYPT, &yes, 1 }, { CKA_DECRYPT, &yes, 1 } };
    p256_key = make_pair(session, CKM_EC_KEY_PAIR_GEN, ec, 2);
    rsa_key = make_pair(session, CKM_RSA_PKCS_KEY_PAIR_GEN, rsa, 3);
    check("C_GenerateKey", p11->C_GenerateKey(session, &aes, secret, 3, &aes_key));
}

/* Enough keys labelled bench-0, bench-1, ... for the find operation. */
static void fill_token(CK_SESSION_HANDLE session)
{
    worker worker = { .session = session };

    while (atomic_load(&key_number) < settings.find_keys)
        generate_key(&worker);
    found_among = settings.find_keys;
}

/* Removes what the run stored. */
static void empty_token(CK_SESSION_HANDLE session)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_ATTRIBUTE wanted[] = { { CKA_CLASS, &class, sizeof class } };
    CK_OBJECT_HANDLE *found = calloc(1u << 20, sizeof *found);
    CK_ULONG count = 0;

    must(found != NULL);
    check("C_FindObjectsInit", p11->C_FindObjectsInit(session, wanted, 1));
    check("C_FindObjects", p11->C_FindObjects(session, found, 1u << 20, &count));
    check("C_FindObjectsFinal", p11->C_FindObjectsFinal(session));
    for (CK_ULONG i = 0; i < count; i++) {
        char label[16] = "";
        CK_ATTRIBUTE got = { CKA_LABEL, label, sizeof label - 1 };
        CK_RV rv = p11->C_GetAttributeValue(session, found[i], &got, 1);
        if (rv == CKR_OK && strncmp(label, "bench-", 6) == 0)
            p11->C_DestroyObject(session, found[i]);
    }
    free(found);
}

static const struct argp_option options[] = {
    { "module", 'm', "FILE", 0, "PKCS #11 module to load", 0 },
    { "pin", 'p', "PIN", 0, "User PIN", 0 },
    { "slot", 's', "ID", 0, "Slot (default: the first with a token)", 0 },
    { "threads", 't', "N,N,...", 0, "Numbers of threads (default: 1,2)", 0 },
    { "seconds", 'd', "S", 0, "Length of one measurement (default: 1)", 0 },
    { "keys", 'k', "N", 0, "Token keys among which one is found by label (default: 10000)", 0 },
    { "only", 'o', "NAME", 0, "Only operations whose name contains this", 0 },
    { "background", 'b', "N", 0, "Threads that make RSA-4096 key pairs meanwhile (default: 0)", 0 },
    { "no-openssl", 'n', NULL, 0, "Leave OpenSSL's own speed out", 0 },
    { 0 },
};

static void read_threads(const char *text)
{
    char *end;

    settings.thread_counts = 0;
    do {
        long threads = strtol(text, &end, 10);
        if (threads < 1 || threads > MAX_THREADS || settings.thread_counts == 16)
            die("--threads takes numbers from 1 to 256", 0);
        settings.threads[settings.thread_counts++] = (int)threads;
        text = end + 1;
    } while (*end == ',');
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    switch (key) {
    case 'm':
        settings.module = value;
        return 0;
    case 'p':
        settings.pin = value;
        return 0;
    case 's':
        settings.slot = strtoul(value, NULL, 0);
        settings.have_slot = true;
        return 0;
    case 't':
        read_threads(value);
        return 0;
    case 'd':
        settings.seconds = strtod(value, NULL);
        return 0;
    case 'k':
        settings.find_keys = strtoul(value, NULL, 0);
        return 0;
    case 'o':
        settings.only = value;
        return 0;
    case 'b':
        settings.background = (int)strtol(value, NULL, 10);
        if (settings.background < 0 || settings.background > MAX_THREADS)
            argp_error(state, "--background takes a number from 0 to %d", MAX_THREADS);
        return 0;
    case 'n':
        settings.no_openssl = true;
        return 0;
    case ARGP_KEY_END:
        if (!settings.module || !settings.pin)
            argp_error(state, "--module and --pin are needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void load_module(void)
{
    void *library = dlopen(settings.module, RTLD_NOW | RTLD_LOCAL);
    CK_C_GetFunctionList get = NULL;
    CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };
    CK_SLOT_ID slots[MAX_SLOTS] = { 0 };
    CK_ULONG count = MAX_SLOTS;

    if (library)
        *(void **)&get = dlsym(library, "C_GetFunctionList");
    if (!get) {
        fprintf(stderr, "p11bench: %s\n", dlerror());
        exit(1);
    }
    check("C_GetFunctionList", get(&p11));
    check("C_Initialize", p11->C_Initialize(&args));
    if (!settings.have_slot) {
        check("C_GetSlotList", p11->C_GetSlotList(CK_TRUE, slots, &count));
        must(count > 0);
        settings.slot = slots[0];
    }
}

/* ---- RSA-4096 generation in the background, for latencies beside slow work ---- */

static atomic_bool background_stop;
static atomic_ulong background_pairs;

static void *generate_in_background(void *arg)
{
    CK_BYTE exponent[] = { 1, 0, 1 };
    CK_ULONG bits = 4096;
    CK_BBOOL yes = CK_TRUE;
    CK_ATTRIBUTE rsa[] = { { CKA_MODULUS_BITS, &bits, sizeof bits },
                           { CKA_PUBLIC_EXPONENT, exponent, sizeof exponent },
                           { CKA_VERIFY, &yes, 1 } };
    worker worker = { 0 };

    (void)arg;
    open_session(&worker);
    while (!atomic_load(&background_stop)) {
        make_pair(worker.session, CKM_RSA_PKCS_KEY_PAIR_GEN, rsa, 3);
        atomic_fetch_add(&background_pairs, 1);
    }
    close_session(&worker);
    return NULL;
}

static void measure_all(CK_SESSION_HANDLE session);

static void measure_beside_background(CK_SESSION_HANDLE session)
{
    pthread_t ids[MAX_THREADS];

    for (int i = 0; i < settings.background; i++)
        must(pthread_create(&ids[i], NULL, generate_in_background, NULL) == 0);
    measure_all(session);
    atomic_store(&background_stop, true);
    for (int i = 0; i < settings.background; i++)
        pthread_join(ids[i], NULL);
    if (settings.background)
        printf("meanwhile %d threads made %lu RSA-4096 pairs\n", settings.background, atomic_load(&background_pairs));
}

static bool wanted(const operation *operation)
{
    return !settings.only || strstr(operation->name, settings.only);
}

static void measure_all(CK_SESSION_HANDLE session)
{
    printf("%-14s %3s %12s %9s %9s %9s %12s %7s\n", "operation", "thr", "per second", "p50 us", "p99 us", "max us",
           "OpenSSL/s", "ratio");
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        if (!wanted(&operations[i]))
            continue;
        if (operations[i].run == find_by_label)
            fill_token(session);
        for (size_t t = 0; t < settings.thread_counts; t++)
            report(&operations[i], settings.threads[t]);
    }
}

int main(int argc, char **argv)
{
    static const struct argp parser = { .options = options,
                                        .parser = parse_option,
                                        .doc = "Measures a PKCS #11 module beside OpenSSL." };
    worker main_worker = { 0 };

    argp_parse(&parser, argc, argv, 0, NULL, NULL);
    load_module();
    open_session(&main_worker);
    check("C_Login",
          p11->C_Login(main_worker.session, CKU_USER, (CK_UTF8CHAR_PTR)(uintptr_t)settings.pin, strlen(settings.pin)));
    make_keys(main_worker.session);
    measure_beside_background(main_worker.session);
    empty_token(main_worker.session);
    close_session(&main_worker);
    check("C_Finalize", p11->C_Finalize(NULL));
    return 0;
}
