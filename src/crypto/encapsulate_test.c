/* SPDX-License-Identifier: Apache-2.0 */
/* Both sides have one key, and ciphertexts that are none are refused. */
#include "base/testing.h"
#include "crypto/encapsulate.h"
#include "crypto/testing.h"

static const qk_attrs no_template;

static qk_key_wanted wants(CK_KEY_TYPE type, size_t len)
{
    return (qk_key_wanted){ .class = CKO_SECRET_KEY, .type = type, .len = len, .template_ = &no_template };
}

static void make_pair(CK_MECHANISM_TYPE type, CK_ATTRIBUTE_TYPE attribute, qk_view value, qk_key **out_public,
                      qk_key **out_private)
{
    QK_OWNED(qk_attrs_done) qk_attrs template_ = QK_ATTRS_NONE;
    qk_mech_use use = { .mech = qk_mech_find(type) };

    if (attribute == CKA_MODULUS_BITS)
        assert_qk_ok(qk_attrs_set_ulong(&template_, attribute, 2048));
    else
        assert_qk_ok(qk_attrs_set(&template_, attribute, value));
    assert_qk_ok(qk_key_generate_pair(&use, &template_, out_public, out_private));
}

static void share(const qk_key *public_key, const qk_key *private_key, const qk_mech_use *use, size_t cipher_len)
{
    QK_OWNED(qk_key_unref) qk_key *mine = NULL, *yours = NULL, *none = NULL;
    QK_OWNED(qk_secret_free) qk_secret one = QK_SECRET_NONE, two = QK_SECRET_NONE;
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_key_wanted wanted = wants(CKK_AES, 32);
    qk_view cipher;

    qk_arena_init(&arena, 0);
    assert_int_equal(qk_crypto_output_len(public_key, use, QK_ENCAPSULATE, 0), cipher_len);
    assert_qk_ok(qk_crypto_encapsulate(public_key, use, &wanted, &arena, &cipher, &mine));
    assert_int_equal(cipher.len, cipher_len);
    assert_qk_ok(qk_crypto_decapsulate(private_key, use, cipher, &wanted, &yours));
    assert_qk_ok(qk_key_write(mine, &one));
    assert_qk_ok(qk_key_write(yours, &two));
    assert_int_equal(one.len, 32);
    assert_true(qk_ct_equal(qk_secret_reveal(&one), qk_secret_reveal(&two)));
    assert_int_equal(qk_crypto_decapsulate(private_key, use, qk_view_slice(cipher, 1, cipher.len), &wanted, &none),
                     QK_E_CIPHERTEXT_LENGTH);
    assert_int_equal(qk_crypto_decapsulate(public_key, use, cipher, &wanted, &none), QK_E_KEY_TYPE);
    assert_int_equal(qk_crypto_encapsulate(private_key, use, &wanted, &arena, &cipher, &none), QK_E_KEY_TYPE);
    assert_null(none);
}

static void ecdh_shares_a_key(void **state)
{
    static const struct {
        CK_MECHANISM_TYPE type;
        const char *curve;
        size_t len;
    } rows[] = { { CKM_EC_KEY_PAIR_GEN, "P-256", 65 },
                 { CKM_EC_KEY_PAIR_GEN, "P-521", 133 },
                 { CKM_EC_MONTGOMERY_KEY_PAIR_GEN, "curve25519", 32 } };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        QK_OWNED(qk_key_unref) qk_key *public_key = NULL, *private_key = NULL;
        qk_mech_use use = { .mech = qk_mech_find(CKM_ECDH1_DERIVE) };
        use.ecdh.kdf = CKD_SHA256_KDF;
        make_pair(rows[i].type, CKA_EC_PARAMS, qk_view_text(rows[i].curve), &public_key, &private_key);
        share(public_key, private_key, &use, rows[i].len);
    }
}

static void ecdh_refuses_what_is_no_point(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *public_key = NULL, *private_key = NULL, *none = NULL;
    qk_mech_use use = { .mech = qk_mech_find(CKM_ECDH1_DERIVE) };
    qk_key_wanted wanted = wants(CKK_AES, 32);
    uint8_t no_point[65] = { 4, 1 };

    (void)state;
    use.ecdh.kdf = CKD_NULL;
    make_pair(CKM_EC_KEY_PAIR_GEN, CKA_EC_PARAMS, qk_view_text("P-256"), &public_key, &private_key);
    assert_int_equal(qk_crypto_decapsulate(private_key, &use, qk_view_of(no_point, sizeof no_point), &wanted, &none),
                     QK_E_CIPHERTEXT_INVALID);
    use.ecdh.public_data = qk_view_of(no_point, sizeof no_point);
    assert_int_equal(qk_crypto_decapsulate(private_key, &use, qk_view_of(no_point, sizeof no_point), &wanted, &none),
                     QK_E_MECHANISM_PARAM);
}

static void rsa_carries_a_key(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *public_key = NULL, *private_key = NULL, *none = NULL;
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_mech_use pkcs = { .mech = qk_mech_find(CKM_RSA_PKCS) }, oaep = { .mech = qk_mech_find(CKM_RSA_PKCS_OAEP) };
    qk_key_wanted other = wants(CKK_AES, 16), endless = wants(CKK_AES, 0), wanted = wants(CKK_AES, 32);
    qk_view cipher;

    (void)state;
    qk_arena_init(&arena, 0);
    oaep.oaep.hash = oaep.oaep.mgf_hash = CKM_SHA256;
    make_pair(CKM_RSA_PKCS_KEY_PAIR_GEN, CKA_MODULUS_BITS, QK_VIEW_NONE, &public_key, &private_key);
    share(public_key, private_key, &pkcs, 256);
    share(public_key, private_key, &oaep, 256);
    assert_int_equal(qk_crypto_encapsulate(public_key, &pkcs, &endless, &arena, &cipher, &none),
                     QK_E_TEMPLATE_INCOMPLETE);
    assert_qk_ok(qk_crypto_encapsulate(public_key, &pkcs, &wanted, &arena, &cipher, &none));
    qk_key_unref(&none);
    assert_int_equal(qk_crypto_decapsulate(private_key, &pkcs, cipher, &other, &none), QK_E_CIPHERTEXT_INVALID);
    assert_qk_ok(qk_crypto_decapsulate(private_key, &pkcs, cipher, &endless, &none)); /* the length it has */
    qk_key_unref(&none);
    ((uint8_t *)(uintptr_t)cipher.data)[9] ^= 1;
    assert_int_equal(qk_crypto_decapsulate(private_key, &pkcs, cipher, &wanted, &none), QK_E_CIPHERTEXT_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ecdh_shares_a_key),
        cmocka_unit_test(ecdh_refuses_what_is_no_point),
        cmocka_unit_test(rsa_carries_a_key),
    };

    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
