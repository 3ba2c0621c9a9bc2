/* SPDX-License-Identifier: Apache-2.0 */
/* Constant time, when run under valgrind: what a key decrypts is marked undefined before its padding is judged
 * (blocks.c, blocks_parts.c, key_wrap.c), so that any branch on it, and any address made of it, is an error that
 * valgrind reports. Without valgrind the marks do nothing, and this only checks that every malformed ciphertext gives
 * the one error. Why: Vaudenay, "Security Flaws Induced by CBC Padding", 2002. */
#include "crypto/cipher/cipher_testing.h"

static const char key_hex[] = "2b7e151628aed2a6abf7158809cf4f3c", des_hex[] = "0123456789abcdef23456789abcdef01";
static const char iv_hex[] = "000102030405060708090a0b0c0d0e0f", des_iv_hex[] = "0001020304050607";

/* Last bytes of a message of 32, sound and unsound. */
static const struct {
    uint8_t last[4];
    qk_err wanted;
} paddings[] = {
    { { 0, 0, 0, 1 }, QK_OK },
    { { 9, 3, 3, 3 }, QK_OK },
    { { 9, 9, 9, 0 }, QK_E_CIPHERTEXT_INVALID },
    { { 9, 9, 9, 2 }, QK_E_CIPHERTEXT_INVALID },
    { { 3, 3, 9, 3 }, QK_E_CIPHERTEXT_INVALID },
    { { 9, 9, 9, 17 }, QK_E_CIPHERTEXT_INVALID },
    { { 9, 9, 9, 255 }, QK_E_CIPHERTEXT_INVALID },
};

static void in_one_call(rig *padded, qk_view cipher, qk_err wanted)
{
    qk_view out;

    assert_int_equal(rig_decrypt(padded, cipher, &out), wanted);
}

static void in_parts(rig *padded, qk_view cipher, qk_err wanted)
{
    QK_OWNED(qk_operation_free) qk_operation *op = NULL;
    qk_view out;

    assert_int_equal(qk_operation_begin(QK_DECRYPT, padded->key, &padded->use, true, &op), QK_OK);
    assert_int_equal(qk_operation_update(op, cipher, &padded->arena, &out), QK_OK);
    assert_int_equal(qk_operation_finish(op, &padded->arena, &out), wanted);
}

static void padding_of_cbc_steers_nothing(void **state)
{
    static const struct {
        CK_MECHANISM_TYPE plain, padded;
        CK_KEY_TYPE type;
        const char *key, *iv;
    } ciphers[] = { { CKM_AES_CBC, CKM_AES_CBC_PAD, CKK_AES, key_hex, iv_hex },
                    { CKM_DES3_CBC, CKM_DES3_CBC_PAD, CKK_DES2, des_hex, des_iv_hex } };

    (void)state;
    for (size_t c = 0; c < COUNT(ciphers); c++)
        for (size_t i = 0; i < COUNT(paddings); i++) {
            QK_OWNED(rig_done) rig plain;
            QK_OWNED(rig_done) rig padded;
            uint8_t message[32] = { 0 };
            qk_view cipher;

            rig_init_key(&plain, ciphers[c].plain, ciphers[c].type, ciphers[c].key, ciphers[c].iv);
            rig_init_key(&padded, ciphers[c].padded, ciphers[c].type, ciphers[c].key, ciphers[c].iv);
            memcpy(message + 28, paddings[i].last, 4);
            assert_int_equal(rig_encrypt(&plain, qk_view_of(message, sizeof message), &cipher), QK_OK);
            in_one_call(&padded, cipher, paddings[i].wanted);
            in_parts(&padded, cipher, paddings[i].wanted);
        }
}

/* Forged with plain wrapping, whose initial value is KWP's first eight bytes. */
static void what_kwp_opens_steers_nothing(void **state)
{
    static const struct {
        const char *first, *rest;
        qk_err wanted;
    } cases[] = {
        { "a65959a600000010", "000102030405060708090a0b0c0d0e0f", QK_OK },
        { "a65959a600000009", "00010203040506070800000000000000", QK_OK },
        { "a65959a600000009", "00010203040506070801000000000000", QK_E_CIPHERTEXT_INVALID },
        { "a65959a6ffffffff", "000102030405060708090a0b0c0d0e0f", QK_E_CIPHERTEXT_INVALID },
        { "a6a6a6a600000010", "000102030405060708090a0b0c0d0e0f", QK_E_CIPHERTEXT_INVALID },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        QK_OWNED(rig_done) rig forge;
        QK_OWNED(rig_done) rig open;
        QK_OWNED(qk_buf_done) qk_buf bytes = unhex(cases[i].rest);
        qk_view wrapped;

        rig_init(&forge, CKM_AES_KEY_WRAP, key_hex, cases[i].first);
        rig_init(&open, CKM_AES_KEY_WRAP_KWP, key_hex, "");
        assert_int_equal(rig_encrypt(&forge, qk_buf_view(&bytes), &wrapped), QK_OK);
        in_one_call(&open, wrapped, cases[i].wanted);
    }
}

static void what_kw_opens_steers_nothing(void **state)
{
    QK_OWNED(rig_done) rig r;
    qk_view wrapped;

    (void)state;
    rig_init(&r, CKM_AES_KEY_WRAP_PKCS7, key_hex, "");
    assert_int_equal(rig_encrypt(&r, QK_VIEW_LITERAL("eleven byte"), &wrapped), QK_OK);
    in_one_call(&r, wrapped, QK_OK);
    r.use.iv = QK_VIEW_LITERAL("01234567");
    in_one_call(&r, wrapped, QK_E_CIPHERTEXT_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(padding_of_cbc_steers_nothing),
        cmocka_unit_test(what_kwp_opens_steers_nothing),
        cmocka_unit_test(what_kw_opens_steers_nothing),
    };
    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
