/* SPDX-License-Identifier: Apache-2.0 */
/* Known answers of RFC 3394, section 4, and of RFC 5649, section 6; then everything that must not open. */
#include "crypto/cipher/cipher_testing.h"

static const char kek_128[] = "000102030405060708090a0b0c0d0e0f";
static const char kek_192[] = "000102030405060708090a0b0c0d0e0f1011121314151617";
static const char kek_256[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
static const char kwp_kek[] = "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8";

static const CK_MECHANISM_TYPE types[] = { CKM_AES_KEY_WRAP, CKM_AES_KEY_WRAP_PAD, CKM_AES_KEY_WRAP_PKCS7,
                                           CKM_AES_KEY_WRAP_KWP };

/* clang-format off */
static const struct {
    const char *source;
    CK_MECHANISM_TYPE type;
    const char *kek, *plain, *wrapped;
} examples[] = {
    { "RFC 3394, 4.1", CKM_AES_KEY_WRAP, kek_128, "00112233445566778899aabbccddeeff",
      "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5" },
    { "RFC 3394, 4.2", CKM_AES_KEY_WRAP, kek_192, "00112233445566778899aabbccddeeff",
      "96778b25ae6ca435f92b5b97c050aed2468ab8a17ad84e5d" },
    { "RFC 3394, 4.6", CKM_AES_KEY_WRAP, kek_256, "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f",
      "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21" },
    { "RFC 5649, 6, 20 bytes", CKM_AES_KEY_WRAP_KWP, kwp_kek, "c37b7e6492584340bed12207808941155068f738",
      "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a" },
    { "RFC 5649, 6, 7 bytes", CKM_AES_KEY_WRAP_KWP, kwp_kek, "466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f" },
};
/* clang-format on */

static void the_rfcs_examples_come_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        QK_OWNED(rig_done) rig r;

        rig_init(&r, examples[i].type, examples[i].kek, "");
        assert_cipher(&r, examples[i].plain, examples[i].wrapped);
    }
}

/* PKCS #7 padding in front of RFC 3394: the same as plain wrapping of the padded bytes. */
static void pkcs7_padding_comes_before_wrapping(void **state)
{
    QK_OWNED(rig_done) rig plain;
    QK_OWNED(qk_buf_done) qk_buf padded = unhex("00112233445566778899aabbcc030303");
    qk_view wrapped, back;

    (void)state;
    rig_init(&plain, CKM_AES_KEY_WRAP, kek_256, "");
    assert_int_equal(rig_encrypt(&plain, qk_buf_view(&padded), &wrapped), QK_OK);
    for (size_t i = 1; i <= 2; i++) {
        QK_OWNED(rig_done) rig r;

        rig_init(&r, types[i], kek_256, "");
        assert_int_equal(rig_decrypt(&r, wrapped, &back), QK_OK);
        assert_hex(back, "00112233445566778899aabbcc");
    }
}

static void every_length_opens_again(void **state)
{
    uint8_t message[80];
    draws d = { 3 };

    (void)state;
    draw_bytes(&d, message, sizeof message);
    for (size_t i = 0; i < COUNT(types); i++) {
        QK_OWNED(rig_done) rig r;
        bool plain = types[i] == CKM_AES_KEY_WRAP, kwp = types[i] == CKM_AES_KEY_WRAP_KWP;

        rig_init(&r, types[i], kek_192, "");
        for (size_t len = 0; len <= sizeof message; len++) {
            bool fits = plain ? len >= 16 && len % 8 == 0 : len >= (kwp ? 1 : 8);
            qk_view wrapped, back;

            assert_int_equal(rig_encrypt(&r, qk_view_of(message, len), &wrapped), fits ? QK_OK : QK_E_BAD_LENGTH);
            if (!fits)
                continue;
            assert_int_equal(wrapped.len, qk_crypto_output_len(NULL, &r.use, QK_ENCRYPT, len));
            assert_int_equal(rig_decrypt(&r, wrapped, &back), QK_OK);
            assert_bytes(back, qk_view_of(message, len));
        }
    }
}

static void an_initial_value_may_be_given(void **state)
{
    static const char *const ivs[] = { "0102030405060708", "0102030405060708", "0102030405060708", "01020304" };

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        QK_OWNED(rig_done) rig r;
        qk_view wrapped, back;

        rig_init(&r, types[i], kek_128, ivs[i]);
        assert_int_equal(rig_encrypt(&r, QK_VIEW_LITERAL("sixteen bytes..."), &wrapped), QK_OK);
        assert_int_equal(rig_decrypt(&r, wrapped, &back), QK_OK);
        assert_bytes(back, QK_VIEW_LITERAL("sixteen bytes..."));
        r.use.iv = QK_VIEW_NONE;
        assert_int_equal(rig_decrypt(&r, wrapped, &back), QK_E_CIPHERTEXT_INVALID);
    }
}

static void a_changed_bit_is_found(void **state)
{
    static const char *const messages[] = { "sixteen bytes...", "eleven byte", "eleven byte", "eleven byte" };

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        QK_OWNED(rig_done) rig r;
        uint8_t changed[64];
        qk_view wrapped, back;

        rig_init(&r, types[i], kek_128, "");
        assert_int_equal(rig_encrypt(&r, qk_view_text(messages[i]), &wrapped), QK_OK);
        for (size_t bit = 0; bit < 8 * wrapped.len; bit++) {
            memcpy(changed, wrapped.data, wrapped.len);
            changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_equal(rig_decrypt(&r, qk_view_of(changed, wrapped.len), &back), QK_E_CIPHERTEXT_INVALID);
        }
    }
}

static void lengths_that_nothing_has_are_refused(void **state)
{
    static const uint8_t bytes[33];
    static const size_t lens[] = { 0, 8, 15, 17, 20, 25, 33 };
    qk_view back;

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        QK_OWNED(rig_done) rig r;

        rig_init(&r, types[i], kek_128, "");
        for (size_t j = 0; j < COUNT(lens); j++)
            assert_int_equal(rig_decrypt(&r, qk_view_of(bytes, lens[j]), &back), QK_E_CIPHERTEXT_LENGTH);
        assert_int_equal(rig_decrypt(&r, qk_view_of(bytes, 16), &back),
                         types[i] == CKM_AES_KEY_WRAP_KWP ? QK_E_CIPHERTEXT_INVALID : QK_E_CIPHERTEXT_LENGTH);
    }
}

/* What opens to a right initial value but a wrong length or padding: made with plain wrapping and KWP's first eight
 * bytes as its initial value. */
static qk_err open_forged(const char *first, const char *rest)
{
    QK_OWNED(rig_done) rig forge;
    QK_OWNED(rig_done) rig open;
    QK_OWNED(qk_buf_done) qk_buf bytes = unhex(rest);
    qk_view wrapped, back;

    rig_init(&forge, CKM_AES_KEY_WRAP, kek_128, first);
    rig_init(&open, CKM_AES_KEY_WRAP_KWP, kek_128, "");
    assert_int_equal(rig_encrypt(&forge, qk_buf_view(&bytes), &wrapped), QK_OK);
    return rig_decrypt(&open, wrapped, &back);
}

static void kwp_checks_length_and_padding(void **state)
{
    (void)state;
    assert_int_equal(open_forged("a65959a600000010", "000102030405060708090a0b0c0d0e0f"), QK_OK);
    assert_int_equal(open_forged("a65959a600000009", "00010203040506070800000000000000"), QK_OK);
    assert_int_equal(open_forged("a65959a600000011", "000102030405060708090a0b0c0d0e0f"), QK_E_CIPHERTEXT_INVALID);
    assert_int_equal(open_forged("a65959a6ffffffff", "000102030405060708090a0b0c0d0e0f"), QK_E_CIPHERTEXT_INVALID);
    assert_int_equal(open_forged("a65959a600000008", "00010203040506070000000000000000"), QK_E_CIPHERTEXT_INVALID);
    assert_int_equal(open_forged("a65959a600000000", "00000000000000000000000000000000"), QK_E_CIPHERTEXT_INVALID);
    assert_int_equal(open_forged("a65959a60000000f", "000102030405060708090a0b0c0d0e0f"), QK_E_CIPHERTEXT_INVALID);
    assert_int_equal(open_forged("a65959a600000009", "00010203040506070801000000000000"), QK_E_CIPHERTEXT_INVALID);
    assert_int_equal(open_forged("a65959a700000010", "000102030405060708090a0b0c0d0e0f"), QK_E_CIPHERTEXT_INVALID);
}

static void key_wrapping_does_not_work_in_parts(void **state)
{
    QK_OWNED(rig_done) rig r;
    qk_operation *op = NULL;

    (void)state;
    rig_init(&r, CKM_AES_KEY_WRAP, kek_128, "");
    assert_int_equal(qk_operation_begin(QK_ENCRYPT, r.key, &r.use, false, &op), QK_E_MECHANISM_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rfcs_examples_come_out),    cmocka_unit_test(pkcs7_padding_comes_before_wrapping),
        cmocka_unit_test(every_length_opens_again),      cmocka_unit_test(an_initial_value_may_be_given),
        cmocka_unit_test(a_changed_bit_is_found),        cmocka_unit_test(lengths_that_nothing_has_are_refused),
        cmocka_unit_test(kwp_checks_length_and_padding), cmocka_unit_test(key_wrapping_does_not_work_in_parts),
    };
    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
