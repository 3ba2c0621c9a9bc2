/* SPDX-License-Identifier: Apache-2.0 */
/* Raw RSA, and signatures that carry their data. */
#include "crypto/rsa/rsa_testing.h"

enum { LEN = 256 };

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

static qk_view filled(qk_view data, uint8_t out[LEN])
{
    memset(out, 0, LEN);
    memcpy(out + LEN - data.len, data.data, data.len);
    return qk_view_of(out, LEN);
}

static void what_is_encrypted_comes_back_filled_with_zeros(void **state)
{
    qk_mech_use use = use_of(CKM_RSA_X_509);
    qk_view cipher, plain, message = QK_VIEW_LITERAL("message");
    uint8_t expected[LEN];

    (void)state;
    assert_qk_ok(qk_crypto_encrypt(public_key, &use, message, &arena, &cipher));
    assert_int_equal(cipher.len, LEN);
    assert_qk_ok(qk_crypto_decrypt(private_key, &use, cipher, &arena, &plain));
    assert_bytes(plain, filled(message, expected));
    assert_int_equal(qk_crypto_output_len(private_key, &use, QK_DECRYPT, LEN), LEN);
}

/* 2^e, e = 65537, is longer than the modulus; but 0 and 1 stay what they are. */
static void zero_and_one_stay_what_they_are(void **state)
{
    qk_mech_use use = use_of(CKM_RSA_X_509);
    uint8_t expected[LEN];
    qk_view cipher;

    (void)state;
    assert_qk_ok(qk_crypto_encrypt(public_key, &use, QK_VIEW_LITERAL("\x01"), &arena, &cipher));
    assert_bytes(cipher, filled(QK_VIEW_LITERAL("\x01"), expected));
    assert_qk_ok(qk_crypto_encrypt(public_key, &use, QK_VIEW_NONE, &arena, &cipher));
    assert_bytes(cipher, filled(QK_VIEW_LITERAL("\0"), expected));
}

static void a_raw_signature_verifies(void **state)
{
    qk_mech_use use = use_of(CKM_RSA_X_509);
    qk_view signature, message = QK_VIEW_LITERAL("message");

    (void)state;
    assert_qk_ok(qk_crypto_sign(private_key, &use, message, &arena, &signature));
    assert_qk_ok(qk_crypto_verify(public_key, &use, message, signature));
    assert_qk_ok(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("\0message"), signature));
    assert_qk_err(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("messagf"), signature), QK_E_SIGNATURE_INVALID);
    assert_qk_err(qk_crypto_verify(public_key, &use, message, qk_view_of(signature.data, LEN - 1)),
                  QK_E_SIGNATURE_LENGTH);
}

static void numbers_beyond_the_modulus_are_refused(void **state)
{
    qk_mech_use use = use_of(CKM_RSA_X_509);
    uint8_t data[LEN + 1];
    qk_view out;

    (void)state;
    memset(data, 0xff, sizeof(data));
    assert_qk_err(qk_crypto_encrypt(public_key, &use, qk_view_of(data, LEN), &arena, &out), QK_E_DATA_INVALID);
    assert_qk_err(qk_crypto_encrypt(public_key, &use, qk_view_of(data, LEN + 1), &arena, &out), QK_E_BAD_LENGTH);
    assert_qk_err(qk_crypto_sign(private_key, &use, qk_view_of(data, LEN), &arena, &out), QK_E_DATA_INVALID);
    assert_qk_err(qk_crypto_sign(private_key, &use, qk_view_of(data, LEN + 1), &arena, &out), QK_E_BAD_LENGTH);
    assert_qk_err(qk_crypto_decrypt(private_key, &use, qk_view_of(data, LEN), &arena, &out), QK_E_CIPHERTEXT_INVALID);
    assert_qk_err(qk_crypto_decrypt(private_key, &use, qk_view_of(data, LEN - 1), &arena, &out),
                  QK_E_CIPHERTEXT_LENGTH);
    assert_qk_err(qk_crypto_verify_recover(public_key, &use, qk_view_of(data, LEN), &arena, &out),
                  QK_E_SIGNATURE_INVALID);
}

static void a_signature_gives_its_data_back(void **state)
{
    static const CK_MECHANISM_TYPE mechanisms[] = { CKM_RSA_PKCS, CKM_RSA_X_509 };
    qk_view signature, plain, data, message = QK_VIEW_LITERAL("message");
    uint8_t expected[LEN];

    (void)state;
    for (size_t i = 0; i < COUNT(mechanisms); i++) {
        qk_mech_use use = use_of(mechanisms[i]);
        assert_qk_ok(qk_crypto_sign_recover(private_key, &use, message, &arena, &signature));
        assert_int_equal(qk_crypto_output_len(private_key, &use, QK_SIGN_RECOVER, message.len), signature.len);
        assert_qk_ok(qk_crypto_sign(private_key, &use, message, &arena, &plain));
        assert_bytes(plain, signature);
        assert_qk_ok(qk_crypto_verify_recover(public_key, &use, signature, &arena, &data));
        assert_bytes(data, i == 0 ? message : filled(message, expected));
        assert_true(qk_crypto_output_len(public_key, &use, QK_VERIFY_RECOVER, LEN) >= data.len);
        assert_qk_err(qk_crypto_verify_recover(public_key, &use, qk_view_of(signature.data, 255), &arena, &data),
                      QK_E_SIGNATURE_LENGTH);
        assert_qk_err(qk_crypto_verify_recover(private_key, &use, signature, &arena, &data), QK_E_KEY_TYPE);
        assert_qk_err(qk_crypto_sign_recover(public_key, &use, message, &arena, &data), QK_E_KEY_TYPE);
    }
}

/* Encodings made by hand and signed raw. */
static void only_a_well_encoded_signature_gives_data(void **state)
{
    qk_mech_use raw = use_of(CKM_RSA_X_509), use = use_of(CKM_RSA_PKCS);
    uint8_t em[LEN];
    qk_view signature, data;

    (void)state;
    for (int defect = 0; defect < 6; defect++) {
        memset(em, 0xff, LEN);
        em[0] = 0;
        em[1] = defect == 1 ? 2 : 1;
        em[10] = defect == 5 ? 0xff : 0;
        if (defect == 2)
            em[9] = 0; /* seven bytes of padding */
        if (defect == 3)
            em[5] = 0xfe;
        if (defect == 4)
            em[0] = 1;
        assert_qk_ok(qk_crypto_sign(private_key, &raw, qk_view_of(em, LEN), &arena, &signature));
        assert_qk_err(qk_crypto_verify_recover(public_key, &use, signature, &arena, &data),
                      defect == 0 ? QK_OK : QK_E_SIGNATURE_INVALID);
        if (defect == 0)
            assert_int_equal(data.len, LEN - 11);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_encrypted_comes_back_filled_with_zeros),
        cmocka_unit_test(zero_and_one_stay_what_they_are),
        cmocka_unit_test(a_raw_signature_verifies),
        cmocka_unit_test(numbers_beyond_the_modulus_are_refused),
        cmocka_unit_test(a_signature_gives_its_data_back),
        cmocka_unit_test(only_a_well_encoded_signature_gives_data),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
