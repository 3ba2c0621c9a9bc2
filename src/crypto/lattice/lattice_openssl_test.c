/* SPDX-License-Identifier: Apache-2.0 */
/* ML-DSA and ML-KEM beside OpenSSL's, where it has them (3.5 on): the same keys from the same seeds, the same
 * deterministic signatures, ciphertexts and secrets, and each accepts what the other made. Elsewhere counted as
 * skipped. The parameters' names stand here as text, since headers of 3.0 lack them. */
#include "crypto/lattice/testing.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "crypto/lattice/dilithium.h"
#include "crypto/lattice/kyber.h"

enum { ROUNDS = 20 };

static uint8_t public_key[QK_DILITHIUM_PUBLIC_MAX], private_key[QK_DILITHIUM_PRIVATE_MAX];
static uint8_t ours[QK_DILITHIUM_SIGNATURE_MAX], theirs[QK_DILITHIUM_SIGNATURE_MAX];

static OSSL_PARAM octets(const char *name, const void *bytes, size_t len)
{
    return (OSSL_PARAM){ name, OSSL_PARAM_OCTET_STRING, (void *)(uintptr_t)bytes, len, OSSL_PARAM_UNMODIFIED };
}

/* OpenSSL's key from `bytes`: a seed, a public key ("pub") or an expanded private one ("priv"). */
static EVP_PKEY *key_of(const char *set, const char *kind, const uint8_t *bytes, size_t len)
{
    OSSL_PARAM params[] = { octets(kind, bytes, len), OSSL_PARAM_END };
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, set, NULL);
    EVP_PKEY *key = NULL;

    assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
    assert_int_equal(EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params), 1);
    EVP_PKEY_CTX_free(context);
    return key;
}

static void assert_part(EVP_PKEY *key, const char *name, const uint8_t *wanted, size_t wanted_len)
{
    static uint8_t part[QK_DILITHIUM_PRIVATE_MAX];
    size_t len;

    assert_int_equal(EVP_PKEY_get_octet_string_param(key, name, part, sizeof part, &len), 1);
    assert_int_equal(len, wanted_len);
    assert_memory_equal(part, wanted, len);
}

static void their_sign(EVP_PKEY *key, qk_view message, qk_view context, size_t wanted_len)
{
    int deterministic = 1;
    OSSL_PARAM params[] = { octets("context-string", context.data, context.len),
                            OSSL_PARAM_int("deterministic", &deterministic), OSSL_PARAM_END };
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    size_t len = sizeof theirs;

    assert_int_equal(EVP_DigestSignInit_ex(md, NULL, NULL, NULL, NULL, key, params), 1);
    assert_int_equal(EVP_DigestSign(md, theirs, &len, message.data, message.len), 1);
    assert_int_equal(len, wanted_len);
    EVP_MD_CTX_free(md);
}

static bool they_verify(EVP_PKEY *key, qk_view message, qk_view context, qk_view signature)
{
    OSSL_PARAM params[] = { octets("context-string", context.data, context.len), OSSL_PARAM_END };
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    int answer;

    assert_int_equal(EVP_DigestVerifyInit_ex(md, NULL, NULL, NULL, NULL, key, params), 1);
    answer = EVP_DigestVerify(md, signature.data, signature.len, message.data, message.len);
    EVP_MD_CTX_free(md);
    return answer == 1;
}

static void compare_signatures(const qk_dilithium_set *set, uint8_t start)
{
    static const uint8_t text[100], zero_random[32];
    qk_dilithium_message message = { .bytes = { text, start }, .context = { text, start } };
    qk_dilithium_signer *signer = NULL;
    qk_dilithium_verifier *verifier = NULL;
    uint8_t seed[32];
    EVP_PKEY *key;

    count_up(seed, sizeof seed, start);
    assert_qk_ok(qk_dilithium_generate(set, qk_view_of(seed, sizeof seed), public_key, private_key));
    key = key_of(set->name, "seed", seed, sizeof seed);
    assert_part(key, "pub", public_key, set->public_len);
    assert_part(key, "priv", private_key, set->private_len);
    assert_qk_ok(qk_dilithium_signer_new(set, qk_view_of(private_key, set->private_len), &signer));
    assert_qk_ok(qk_dilithium_verifier_new(set, qk_view_of(public_key, set->public_len), &verifier));
    assert_qk_ok(qk_dilithium_sign(signer, &message, NULL, ours));
    their_sign(key, message.bytes, message.context, set->signature_len);
    assert_memory_equal(ours, theirs, set->signature_len);
    assert_qk_ok(qk_dilithium_sign(signer, &message, zero_random, ours)); /* what deterministic means */
    assert_memory_equal(ours, theirs, set->signature_len);
    seed[0]++;
    assert_qk_ok(qk_dilithium_sign(signer, &message, seed, ours));
    assert_true(they_verify(key, message.bytes, message.context, qk_view_of(ours, set->signature_len)));
    ours[set->signature_len - set->k - 1] ^= 1;
    assert_false(they_verify(key, message.bytes, message.context, qk_view_of(ours, set->signature_len)));
    assert_qk_err(qk_dilithium_verify(verifier, &message, qk_view_of(ours, set->signature_len)),
                  QK_E_SIGNATURE_INVALID);
    qk_dilithium_signer_free(&signer);
    qk_dilithium_verifier_free(&verifier);
    EVP_PKEY_free(key);
}

/* With the coins given ("ikme"), so that both make the same ciphertext. */
static void they_seal(EVP_PKEY *key, uint8_t coins[32], size_t wanted_len, uint8_t shared[32])
{
    OSSL_PARAM params[] = { octets("ikme", coins, 32), OSSL_PARAM_END };
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    size_t len = sizeof theirs, shared_len = 32;

    assert_int_equal(EVP_PKEY_encapsulate_init(context, params), 1);
    assert_int_equal(EVP_PKEY_encapsulate(context, theirs, &len, shared, &shared_len), 1);
    assert_int_equal(len, wanted_len);
    EVP_PKEY_CTX_free(context);
}

static void they_open(EVP_PKEY *key, qk_view ciphertext, uint8_t shared[32])
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    size_t shared_len = 32;

    assert_int_equal(EVP_PKEY_decapsulate_init(context, NULL), 1);
    assert_int_equal(EVP_PKEY_decapsulate(context, shared, &shared_len, ciphertext.data, ciphertext.len), 1);
    EVP_PKEY_CTX_free(context);
}

static void compare_secrets(const qk_kyber_set *set, uint8_t start)
{
    uint8_t seed[QK_KYBER_SEED_LEN], coins[32], our_secret[32], their_secret[32];
    qk_kyber_sealer *sealer = NULL;
    qk_kyber_opener *opener = NULL;
    qk_view ciphertext = qk_view_of(ours, set->ciphertext_len);
    EVP_PKEY *key;

    count_up(seed, sizeof seed, start);
    count_up(coins, sizeof coins, start + 1u);
    assert_qk_ok(qk_kyber_generate(set, qk_view_of(seed, sizeof seed), public_key, private_key));
    key = key_of(set->name, "seed", seed, sizeof seed);
    assert_part(key, "pub", public_key, set->public_len);
    assert_part(key, "priv", private_key, set->private_len);
    assert_qk_ok(qk_kyber_sealer_new(set, qk_view_of(public_key, set->public_len), &sealer));
    assert_qk_ok(qk_kyber_opener_new(set, qk_view_of(private_key, set->private_len), &opener));
    qk_kyber_seal(sealer, coins, ours, our_secret);
    they_seal(key, coins, set->ciphertext_len, their_secret);
    assert_memory_equal(ours, theirs, set->ciphertext_len);
    assert_memory_equal(our_secret, their_secret, 32);
    for (unsigned changed = 0; changed <= 1; changed++) { /* then the implicit rejection */
        they_open(key, ciphertext, their_secret);
        assert_qk_ok(qk_kyber_open(opener, ciphertext, our_secret));
        assert_memory_equal(our_secret, their_secret, 32);
        ours[start] ^= 1;
    }
    qk_kyber_sealer_free(&sealer);
    qk_kyber_opener_free(&opener);
    EVP_PKEY_free(key);
}

static bool openssl_has(const char *name)
{
    EVP_KEYMGMT *found = EVP_KEYMGMT_fetch(NULL, name, NULL);

    EVP_KEYMGMT_free(found);
    return found != NULL;
}

static void ml_dsa_is_openssls(void **state)
{
    (void)state;
    FOR_EACH_BACKEND(table)
    for (int id = QK_ML_DSA_44; id <= QK_ML_DSA_87; id++)
        for (uint8_t i = 0; i < ROUNDS; i++)
            compare_signatures(qk_dilithium_set_find((qk_dilithium_id)id), i);
}

static void ml_kem_is_openssls(void **state)
{
    (void)state;
    FOR_EACH_BACKEND(table)
    for (int id = QK_ML_KEM_512; id <= QK_ML_KEM_1024; id++)
        for (uint8_t i = 0; i < ROUNDS; i++)
            compare_secrets(qk_kyber_set_find((qk_kyber_id)id), i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ml_dsa_is_openssls),
        cmocka_unit_test(ml_kem_is_openssls),
    };

    if (!openssl_has("ML-DSA-65") || !openssl_has("ML-KEM-768")) {
        puts("1..0 # SKIP this OpenSSL has neither");
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
