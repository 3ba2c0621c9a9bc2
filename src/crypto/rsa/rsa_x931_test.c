/* SPDX-License-Identifier: Apache-2.0 */
/* X9.31: against OpenSSL's own padding, and keys with primes of its own. */
#include <openssl/rsa.h>

#include "crypto/bn.h"
#include "crypto/rsa/rsa_testing.h"
#include "crypto/rsa/rsa_x931_gen.h"
#include "crypto/key/their_key_testing.h"

enum { LEN = 256, DATA = 21 };

static qk_arena arena;

static int setup(void **state)
{
    qk_arena_init(&arena, 0);
    return rsa_setup(state);
}

static int teardown(void **state)
{
    qk_arena_done(&arena);
    return rsa_teardown(state);
}

/* OpenSSL adds the name of the hash itself. */
static qk_view their_signature(qk_view digest, uint8_t out[LEN])
{
    EVP_PKEY_CTX *context = their_context(private_key, "RSA");
    size_t len = LEN;

    assert_true(EVP_PKEY_sign_init(context) > 0);
    assert_true(EVP_PKEY_CTX_set_signature_md(context, qk_digest_of(CKM_SHA_1)) > 0);
    assert_true(EVP_PKEY_CTX_set_rsa_padding(context, RSA_X931_PADDING) > 0);
    assert_true(EVP_PKEY_sign(context, out, &len, digest.data, digest.len) > 0);
    EVP_PKEY_CTX_free(context);
    return qk_view_of(out, len);
}

/* Of many messages, so that both s and n - s occur. */
static void signatures_are_those_openssl_makes(void **state)
{
    qk_mech_use use = use_of(CKM_RSA_X9_31);
    uint8_t data[DATA] = { 0 }, theirs[LEN];
    qk_view signature;

    (void)state;
    data[DATA - 1] = 0x33;
    for (uint8_t i = 0; i < 16; i++) {
        data[0] = i;
        assert_qk_ok(qk_crypto_sign(private_key, &use, qk_view_of(data, DATA), &arena, &signature));
        assert_bytes(signature, their_signature(qk_view_of(data, DATA - 1), theirs));
        assert_qk_ok(qk_crypto_verify(public_key, &use, qk_view_of(data, DATA), signature));
    }
}

/* SHA-1 of "abc" (FIPS 180) and the hash's name in X9.31. */
static void a_hashed_signature_covers_digest_and_name(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf named = unhex("a9993e364706816aba3e25717850c26c9cd0d89d33");
    qk_mech_use use = use_of(CKM_SHA1_RSA_X9_31), raw = use_of(CKM_RSA_X9_31);
    qk_view signature;

    (void)state;
    assert_qk_ok(qk_crypto_sign(private_key, &use, QK_VIEW_LITERAL("abc"), &arena, &signature));
    assert_qk_ok(qk_crypto_verify(public_key, &raw, qk_buf_view(&named), signature));
    assert_qk_ok(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("abc"), signature));
    assert_qk_err(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("abd"), signature), QK_E_SIGNATURE_INVALID);
    named.data[20] = 0x34;
    assert_qk_err(qk_crypto_verify(public_key, &raw, qk_buf_view(&named), signature), QK_E_SIGNATURE_INVALID);
}

static void lengths_have_their_limits(void **state)
{
    qk_mech_use use = use_of(CKM_RSA_X9_31);
    uint8_t data[LEN] = { 0 };
    qk_view signature;

    (void)state;
    for (size_t len = LEN - 4; len <= LEN - 2; len++) {
        assert_qk_ok(qk_crypto_sign(private_key, &use, qk_view_of(data, len), &arena, &signature));
        assert_qk_ok(qk_crypto_verify(public_key, &use, qk_view_of(data, len), signature));
        assert_qk_err(qk_crypto_verify(public_key, &use, qk_view_of(data, len - 1), signature), QK_E_SIGNATURE_INVALID);
    }
    assert_qk_err(qk_crypto_sign(private_key, &use, qk_view_of(data, LEN - 1), &arena, &signature), QK_E_BAD_LENGTH);
    assert_qk_err(qk_crypto_verify(public_key, &use, qk_view_of(data, 5), qk_view_of(data, LEN - 1)),
                  QK_E_SIGNATURE_LENGTH);
}

static void changed_signatures_are_refused(void **state)
{
    qk_mech_use use = use_of(CKM_SHA1_RSA_X9_31);
    qk_view signature;

    (void)state;
    assert_qk_ok(qk_crypto_sign(private_key, &use, QK_VIEW_LITERAL("abc"), &arena, &signature));
    for (size_t bit = 0; bit < 8 * LEN; bit += 7) {
        uint8_t changed[LEN];
        memcpy(changed, signature.data, LEN);
        changed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_qk_err(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("abc"), qk_view_of(changed, LEN)),
                      QK_E_SIGNATURE_INVALID);
    }
}

static qk_err make_pair(CK_ULONG bits, qk_key **out_public, qk_key **out_private)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    qk_mech_use use = use_of(CKM_RSA_X9_31_KEY_PAIR_GEN);

    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_MODULUS_BITS, bits));
    return qk_key_generate_pair(&use, &attrs, out_public, out_private);
}

static void made_keys_sign(void **state)
{
    static const CK_ULONG sizes[] = { 1024, 1280 };
    qk_mech_use use = use_of(CKM_SHA1_RSA_X9_31);
    qk_view signature;

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        QK_OWNED(qk_key_unref) qk_key *made_public = NULL, *made_private = NULL;
        assert_qk_ok(make_pair(sizes[i], &made_public, &made_private));
        assert_int_equal(qk_key_bits(made_private), sizes[i]);
        assert_qk_ok(qk_crypto_sign(made_private, &use, QK_VIEW_LITERAL("abc"), &arena, &signature));
        assert_qk_ok(qk_crypto_verify(made_public, &use, QK_VIEW_LITERAL("abc"), signature));
    }
}

static void other_sizes_are_refused(void **state)
{
    static const CK_ULONG sizes[] = { 512, 1025, 1152, 8448 };
    qk_key *made_public = NULL, *made_private = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++)
        assert_qk_err(make_pair(sizes[i], &made_public, &made_private), QK_E_KEY_SIZE);
    assert_null(made_private);
}

static void primes_are_primes_of_their_length(void **state)
{
    QK_OWNED(qk_bn_wipe) BIGNUM *e = BN_new(), *p = NULL, *q = NULL;
    QK_OWNED(qk_bn_context_free) BN_CTX *context = BN_CTX_new();

    (void)state;
    assert_true(e && context && BN_set_word(e, 65537));
    assert_qk_ok(qk_x931_primes(1024, e, &p, &q));
    assert_int_equal(BN_num_bits(p), 512);
    assert_int_equal(BN_num_bits(q), 512);
    assert_int_equal(BN_check_prime(p, context, NULL), 1);
    assert_int_equal(BN_check_prime(q, context, NULL), 1);
    assert_int_not_equal(BN_cmp(p, q), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_are_those_openssl_makes),
        cmocka_unit_test(a_hashed_signature_covers_digest_and_name),
        cmocka_unit_test(lengths_have_their_limits),
        cmocka_unit_test(changed_signatures_are_refused),
        cmocka_unit_test(made_keys_sign),
        cmocka_unit_test(other_sizes_are_refused),
        cmocka_unit_test(primes_are_primes_of_their_length),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
