/* SPDX-License-Identifier: Apache-2.0 */
/* Constant time, when run under valgrind: what a private key recovers from a ciphertext is marked undefined (rsa.c), so
 * that any branch on it, and any address made of it, is an error that valgrind reports. Without valgrind the marks do
 * nothing, and this only checks that every ciphertext here gives the one error or its message. */
#include <openssl/rsa.h>

#include "crypto/openssl.h"
#include "crypto/pair_testing.h"
#include "crypto/rsa_padding.h"
#include "crypto/rsa_vectors.h"
#include "crypto/their_key_testing.h"

enum { LEN = 256 };

static qk_key *private_key, *public_key;

static int setup(void **state)
{
    if (crypto_setup(state) != 0)
        return -1;
    private_key = read_hex(CKO_PRIVATE_KEY, CKK_RSA, RSA_PKCS8_HEX);
    public_key = read_hex(CKO_PUBLIC_KEY, CKK_RSA, RSA_SPKI_HEX);
    return 0;
}

static int teardown(void **state)
{
    qk_key_unref(&private_key);
    qk_key_unref(&public_key);
    return crypto_teardown(state);
}

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
    CK_MECHANISM_TYPE hashes[] = { CKM_SHA_1, CKM_SHA256, CKM_SHA512 };

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pkcs1_padding_steers_nothing),
        cmocka_unit_test(oaep_padding_steers_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
