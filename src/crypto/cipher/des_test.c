/* SPDX-License-Identifier: Apache-2.0 */
/* DES with two and three keys: the example of SP 800-67, appendix B, and messages made by OpenSSL 3.0; then what keys
 * of each type must be. */
#include "crypto/cipher/cipher_testing.h"
#include "crypto/key/secret_key.h"

static const char three[] = "0123456789abcdef23456789abcdef01456789abcdef0123";
static const char two[] = "0123456789abcdef23456789abcdef01";
static const char iv[] = "0001020304050607";

/* clang-format off */
static const struct {
    const char *source;
    CK_MECHANISM_TYPE type;
    CK_KEY_TYPE key_type;
    const char *key, *plain, *cipher;
} examples[] = {
    { "SP 800-67, B.1", CKM_DES3_ECB, CKK_DES3, three, "54686520717566636b2062726f776e20666f78206a756d70",
      "a826fd8ce53b855fcce21c8112256fe668d5c05dd9b6b900" },
    { "OpenSSL", CKM_DES3_CBC, CKK_DES3, three, "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c",
      "df4fb48a5c3414fa340a1553efae84317b4c6aab8845fb92" },
    { "OpenSSL", CKM_DES3_CBC, CKK_DES2, two, "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c",
      "ebbbf774adb48eb5471016d5ff74521d46211aa17ae09cca" },
    { "OpenSSL", CKM_DES3_CBC_PAD, CKK_DES3, three, "6bc1bee22e409f96e93d7e117393172aae2d8a571e",
      "df4fb48a5c3414fa340a1553efae84312ab09d9c669d7739" },
};
/* clang-format on */

static void examples_come_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        QK_OWNED(rig_done) rig r;

        rig_init_key(&r, examples[i].type, examples[i].key_type, examples[i].key, iv);
        assert_cipher(&r, examples[i].plain, examples[i].cipher);
    }
}

static void cmac_examples_come_out(void **state)
{
    QK_OWNED(rig_done) rig r;
    QK_OWNED(rig_done) rig shorter;
    QK_OWNED(qk_buf_done) qk_buf plain = unhex(EXAMPLE_PLAIN_HEX);

    (void)state;
    rig_init(&r, CKM_DES3_CMAC, "8aa83bf8cbda10620bc1bf19fbb6cd58bc313d4a371ca8b5", "");
    assert_mac(&r, qk_view_slice(qk_buf_view(&plain), 0, 20), "743ddbe0ce2dc2ed");
    rig_init(&shorter, CKM_DES3_CMAC_GENERAL, "8aa83bf8cbda10620bc1bf19fbb6cd58bc313d4a371ca8b5", "");
    shorter.use.mac_len = 4;
    assert_mac(&shorter, qk_view_slice(qk_buf_view(&plain), 0, 20), "743ddbe0");
}

static void lengths_that_no_block_fits_are_refused(void **state)
{
    static const uint8_t bytes[9];
    QK_OWNED(rig_done) rig r;
    qk_view out;

    (void)state;
    rig_init(&r, CKM_DES3_CBC, three, iv);
    assert_int_equal(rig_encrypt(&r, qk_view_of(bytes, 7), &out), QK_E_BAD_LENGTH);
    assert_int_equal(rig_decrypt(&r, qk_view_of(bytes, 9), &out), QK_E_CIPHERTEXT_LENGTH);
}

static void malformed_padding_is_refused_in_one_way(void **state)
{
    static const char *const lasts[] = { "0000000000000000", "0000000000000009", "0000000000000102",
                                         "08080808080808ff", "0908080808080808", "0000000000030203" };
    (void)state;
    for (size_t i = 0; i < COUNT(lasts); i++) {
        QK_OWNED(rig_done) rig plain;
        QK_OWNED(rig_done) rig padded;
        QK_OWNED(qk_buf_done) qk_buf last = unhex(lasts[i]);
        qk_view cipher, back;

        rig_init(&plain, CKM_DES3_CBC, three, iv);
        rig_init(&padded, CKM_DES3_CBC_PAD, three, iv);
        assert_int_equal(rig_encrypt(&plain, qk_buf_view(&last), &cipher), QK_OK);
        assert_int_equal(rig_decrypt(&padded, cipher, &back), QK_E_CIPHERTEXT_INVALID);
    }
}

static void parts_agree_with_one_call(void **state)
{
    static const uint8_t message[50] = { 1, 2, 3 };

    (void)state;
    for (size_t cut = 0; cut <= sizeof message; cut++) {
        QK_OWNED(rig_done) rig r;
        QK_OWNED(qk_operation_free) qk_operation *op = NULL;
        QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;
        QK_OWNED(qk_secret_free) qk_secret progress = QK_SECRET_NONE;
        qk_view whole, bytes;

        rig_init_key(&r, CKM_DES3_CBC_PAD, CKK_DES2, two, iv);
        assert_int_equal(rig_encrypt(&r, qk_view_of(message, sizeof message), &whole), QK_OK);
        assert_int_equal(qk_operation_begin(QK_ENCRYPT, r.key, &r.use, true, &op), QK_OK);
        assert_int_equal(qk_operation_update(op, qk_view_of(message, cut), &r.arena, &bytes), QK_OK);
        assert_int_equal(bytes.len, qk_crypto_part_len(&r.use, QK_ENCRYPT, 0, cut, false));
        qk_buf_put(&out, bytes);
        assert_int_equal(qk_operation_save(op, &progress), QK_OK);
        qk_operation_free(&op);
        assert_int_equal(qk_operation_load(QK_ENCRYPT, r.key, &r.use, qk_secret_reveal(&progress), &op), QK_OK);
        assert_int_equal(qk_operation_update(op, qk_view_of(message + cut, sizeof message - cut), &r.arena, &bytes),
                         QK_OK);
        qk_buf_put(&out, bytes);
        assert_int_equal(qk_operation_finish(op, &r.arena, &bytes), QK_OK);
        qk_buf_put(&out, bytes);
        assert_bytes(qk_buf_view(&out), whole);
    }
}

/* ---- keys ---- */

static qk_key *generated(CK_MECHANISM_TYPE type, size_t len)
{
    QK_OWNED(qk_attrs_done) qk_attrs template_ = QK_ATTRS_NONE;
    qk_mech_use use = use_of(type);
    qk_key *key = NULL;

    if (len > 0)
        assert_int_equal(qk_attrs_set_ulong(&template_, CKA_VALUE_LEN, len), QK_OK);
    assert_int_equal(qk_key_generate(&use, &template_, &key), QK_OK);
    return key;
}

static void every_type_is_generated(void **state)
{
    static const struct {
        CK_MECHANISM_TYPE mech;
        CK_KEY_TYPE type;
        size_t asked, len;
    } cases[] = {
        { CKM_DES2_KEY_GEN, CKK_DES2, 0, 16 },         { CKM_DES3_KEY_GEN, CKK_DES3, 0, 24 },
        { CKM_DES3_KEY_GEN, CKK_DES3, 24, 24 },        { CKM_AES_XTS_KEY_GEN, CKK_AES_XTS, 64, 64 },
        { CKM_CHACHA20_KEY_GEN, CKK_CHACHA20, 0, 32 }, { CKM_POLY1305_KEY_GEN, CKK_POLY1305, 0, 32 },
        { CKM_SHA_1_KEY_GEN, CKK_SHA_1_HMAC, 20, 20 }, { CKM_SHA3_512_KEY_GEN, CKK_SHA3_512_HMAC, 64, 64 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        QK_OWNED(qk_key_unref) qk_key *key = generated(cases[i].mech, cases[i].asked);

        assert_int_equal(qk_key_type(key), cases[i].type);
        assert_int_equal(key->value.len, cases[i].len);
        assert_int_equal(qk_secret_key_check_value(cases[i].type, qk_secret_reveal(&key->value)), QK_OK);
    }
}

static void lengths_that_a_type_has_not_are_not_generated(void **state)
{
    static const struct {
        CK_MECHANISM_TYPE mech;
        size_t asked;
        qk_err wanted;
    } cases[] = {
        { CKM_DES3_KEY_GEN, 16, QK_E_TEMPLATE_INCONSISTENT },     { CKM_AES_XTS_KEY_GEN, 48, QK_E_KEY_SIZE },
        { CKM_AES_XTS_KEY_GEN, 0, QK_E_TEMPLATE_INCOMPLETE },     { CKM_SHA256_KEY_GEN, 0, QK_E_TEMPLATE_INCOMPLETE },
        { CKM_CHACHA20_KEY_GEN, 16, QK_E_TEMPLATE_INCONSISTENT },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        QK_OWNED(qk_attrs_done) qk_attrs template_ = QK_ATTRS_NONE;
        qk_mech_use use = use_of(cases[i].mech);
        qk_key *key = NULL;

        if (cases[i].asked > 0)
            assert_int_equal(qk_attrs_set_ulong(&template_, CKA_VALUE_LEN, cases[i].asked), QK_OK);
        assert_int_equal(qk_key_generate(&use, &template_, &key), cases[i].wanted);
    }
}

static qk_err import(CK_KEY_TYPE type, const char *hex)
{
    QK_OWNED(qk_attrs_done) qk_attrs template_ = QK_ATTRS_NONE;
    QK_OWNED(qk_buf_done) qk_buf value = unhex(hex);
    QK_OWNED(qk_key_unref) qk_key *key = NULL;

    assert_int_equal(qk_attrs_set_ulong(&template_, CKA_CLASS, CKO_SECRET_KEY), QK_OK);
    assert_int_equal(qk_attrs_set_ulong(&template_, CKA_KEY_TYPE, type), QK_OK);
    assert_int_equal(qk_attrs_set(&template_, CKA_VALUE, qk_buf_view(&value)), QK_OK);
    return qk_key_from_attrs(&template_, &key);
}

/* PKCS #11 3.2, DES3 secret keys: "Attempting to create or unwrap a DES key with incorrect parity will return an
 * error". */
static void keys_without_parity_are_refused(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf value = unhex("0123456789abcdef23456789abcdef01456789abcdef0122");
    QK_OWNED(qk_key_unref) qk_key *key = NULL;

    (void)state;
    assert_int_equal(import(CKK_DES3, three), QK_OK);
    assert_int_equal(import(CKK_DES2, two), QK_OK);
    assert_int_equal(import(CKK_DES3, two), QK_E_ATTRIBUTE_VALUE);
    assert_int_equal(import(CKK_DES3, "0123456789abcdef23456789abcdef01456789abcdef0122"), QK_E_ATTRIBUTE_VALUE);
    assert_int_equal(import(CKK_DES2, "0023456789abcdef23456789abcdef01"), QK_E_ATTRIBUTE_VALUE);
    assert_int_equal(qk_key_read(CKO_SECRET_KEY, CKK_DES3, qk_buf_view(&value), &key), QK_E_WRAPPED_KEY);
}

static void halves_of_an_xts_key_differ(void **state)
{
    (void)state;
    assert_int_equal(import(CKK_AES_XTS, "00000000000000000000000000000000"
                                         "00000000000000000000000000000001"),
                     QK_OK);
    assert_int_equal(import(CKK_AES_XTS, "00000000000000000000000000000001"
                                         "00000000000000000000000000000001"),
                     QK_E_ATTRIBUTE_VALUE);
}

/* A zero block encrypted: `openssl enc -des-ede3`; of ChaCha20 keys the SHA-1. */
static void check_values_are_the_standards(void **state)
{
    static const struct {
        CK_KEY_TYPE type;
        const char *key, *check;
    } cases[] = {
        { CKK_DES3, "0123456789abcdef23456789abcdef01456789abcdef0123", "4eba73" },
        { CKK_DES2, "0123456789abcdef23456789abcdef01", "86e965" },
        { CKK_CHACHA20, "0000000000000000000000000000000000000000000000000000000000000000", "de8a84" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        QK_OWNED(qk_key_unref) qk_key *key = secret_key_hex(cases[i].type, cases[i].key);
        QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

        assert_int_equal(qk_key_describe(key, &attrs), QK_OK);
        assert_hex(qk_attrs_view(&attrs, CKA_CHECK_VALUE), cases[i].check);
        assert_int_equal(qk_attrs_find(&attrs, CKA_VALUE_LEN) != NULL, cases[i].type == CKK_CHACHA20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_come_out),
        cmocka_unit_test(cmac_examples_come_out),
        cmocka_unit_test(lengths_that_no_block_fits_are_refused),
        cmocka_unit_test(malformed_padding_is_refused_in_one_way),
        cmocka_unit_test(parts_agree_with_one_call),
        cmocka_unit_test(every_type_is_generated),
        cmocka_unit_test(lengths_that_a_type_has_not_are_not_generated),
        cmocka_unit_test(keys_without_parity_are_refused),
        cmocka_unit_test(halves_of_an_xts_key_differ),
        cmocka_unit_test(check_values_are_the_standards),
    };
    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
