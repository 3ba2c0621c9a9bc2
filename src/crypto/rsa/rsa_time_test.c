/* SPDX-License-Identifier: Apache-2.0 */
/* Constant time, when run under valgrind: what a private key recovers from a ciphertext is marked undefined (rsa.c), so
 * that any branch on it, and any address made of it, is an error that valgrind reports. Without valgrind the marks do
 * nothing, and this only checks that every ciphertext here gives the one error or its message. */
#include <openssl/rsa.h>

#include "crypto/openssl.h"
#include "crypto/rsa/rsa_padding.h"
#include "crypto/rsa/rsa_testing.h"
#include "crypto/key/their_key_testing.h"

enum { LEN = 256 };

static void decrypt(const qk_mech_use *use, const uint8_t em[LEN], qk_err wanted)
{
    QK_OWNED(arena_done) qk_arena arena;
    EVP_PKEY_CTX *context = their_context(public_key, "RSA");
    uint8_t cipher[LEN];
    size_t len = LEN;
    qk_view plain;

    qk_arena_init(&arena, 0);
    assert_true(EVP_PKEY_encrypt_init(context) > 0);
    assert_true(EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) > 0);
    assert_true(EVP_PKEY_encrypt(context, cipher, &len, em, LEN) > 0);
    EVP_PKEY_CTX_free(context);
    assert_qk_err(qk_crypto_decrypt(private_key, use, qk_view_of(cipher, LEN), &arena, &plain), wanted);
}

static const CK_MECHANISM_TYPE hashes[] = { CKM_SHA_1, CKM_SHA256, CKM_SHA512, CKM_SHA512_256, CKM_SHA3_256 };

static void pkcs1_padding_steers_nothing(void **state)
{
    qk_mech_use use = use_of(CKM_RSA_PKCS);
    uint8_t em[LEN];

    (void)state;
    assert_qk_ok(qk_pkcs1_encrypt_encode(QK_VIEW_LITERAL("message"), (qk_em){ em, LEN }));
    decrypt(&use, em, QK_OK);
    em[1] = 1;
    decrypt(&use, em, QK_E_CIPHERTEXT_INVALID);
    em[1] = 2;
    em[5] = 0;
    decrypt(&use, em, QK_E_CIPHERTEXT_INVALID);
    memset(em + 2, 0xff, LEN - 2);
    decrypt(&use, em, QK_E_CIPHERTEXT_INVALID);
}

static void oaep_padding_steers_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(hashes); i++) {
        qk_mech_use use = use_of(CKM_RSA_PKCS_OAEP);
        uint8_t em[LEN];
        use.oaep.hash = use.oaep.mgf_hash = hashes[i];
        assert_qk_ok(qk_oaep_encode(&use, QK_VIEW_LITERAL("message"), (qk_em){ em, LEN }));
        decrypt(&use, em, QK_OK);
        em[LEN - 1] ^= 1;
        decrypt(&use, em, QK_E_CIPHERTEXT_INVALID);
        em[LEN - 1] ^= 1;
        em[0] = 1;
        decrypt(&use, em, QK_E_CIPHERTEXT_INVALID);
    }
}

/* ---- wrapping: what is encoded is a key ---- */

static void encode(const qk_mech_use *use, size_t len)
{
    uint8_t key[64] = { 1, 2, 3 }, em[LEN];

    qk_ct_poison(key, len);
    if (use->mech->param == QK_PARAM_OAEP)
        assert_qk_ok(qk_oaep_encode(use, qk_view_of(key, len), (qk_em){ em, LEN }));
    else
        assert_qk_ok(qk_pkcs1_encrypt_encode(qk_view_of(key, len), (qk_em){ em, LEN }));
    qk_ct_declassify(key, len);
}

static void a_key_that_is_wrapped_steers_nothing(void **state)
{
    qk_mech_use pkcs = use_of(CKM_RSA_PKCS), oaep = use_of(CKM_RSA_PKCS_OAEP);

    (void)state;
    encode(&pkcs, 16);
    encode(&pkcs, 64);
    for (size_t i = 0; i < COUNT(hashes); i++) {
        oaep.oaep.hash = oaep.oaep.mgf_hash = hashes[i];
        encode(&oaep, 32);
    }
}

/* ---- unwrapping: what comes out becomes a key ---- */

static void a_key_that_is_unwrapped_steers_nothing(void **state)
{
    static const CK_KEY_TYPE types[] = { CKK_AES, CKK_GENERIC_SECRET, CKK_SHA256_HMAC };
    QK_OWNED(arena_done) qk_arena arena;
    CK_MECHANISM_TYPE mechanisms[] = { CKM_RSA_PKCS, CKM_RSA_PKCS_OAEP };

    (void)state;
    qk_arena_init(&arena, 0);
    for (size_t i = 0; i < COUNT(mechanisms) * COUNT(types); i++) {
        QK_OWNED(qk_key_unref) qk_key *key = NULL;
        qk_mech_use use = use_of(mechanisms[i % COUNT(mechanisms)]);
        qk_view cipher, plain;
        use.oaep.hash = use.oaep.mgf_hash = use.mech->param == QK_PARAM_OAEP ? CKM_SHA256 : 0;
        assert_qk_ok(qk_crypto_encrypt(public_key, &use, QK_VIEW_LITERAL("0123456789abcdef"), &arena, &cipher));
        assert_qk_ok(qk_crypto_decrypt(private_key, &use, cipher, &arena, &plain));
        qk_ct_poison(plain.data, plain.len);
        assert_qk_ok(qk_key_read(CKO_SECRET_KEY, types[i / COUNT(mechanisms)], plain, &key));
        assert_int_equal(qk_key_bits(key), 128);
        qk_ct_declassify(plain.data, plain.len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pkcs1_padding_steers_nothing),
        cmocka_unit_test(oaep_padding_steers_nothing),
        cmocka_unit_test(a_key_that_is_wrapped_steers_nothing),
        cmocka_unit_test(a_key_that_is_unwrapped_steers_nothing),
    };
    return cmocka_run_group_tests(tests, rsa_setup, rsa_teardown);
}
