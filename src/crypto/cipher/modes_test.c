/* SPDX-License-Identifier: Apache-2.0 */
/* CCM (SP 800-38C, appendix C), XTS (IEEE Std 1619, annex B), ciphertext stealing (RFC 3962, appendix B, its last two
 * blocks in the order of CS1), ChaCha20 and Poly1305 (RFC 8439). */
#include "crypto/cipher/cipher_testing.h"

#define SUNSCREEN                                                                                                      \
    "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966204920636f756c64206f66"   \
    "66657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73637265656e20776f756c6420626520" \
    "69742e"

/* ---- CCM ---- */

/* clang-format off */
static const struct {
    const char *source, *nonce, *aad, *plain;
    size_t mac_len;
    const char *cipher;
} ccm[] = {
    { "example 1", "10111213141516", "0001020304050607", "20212223", 4, "7162015b4dac255d" },
    { "example 2", "1011121314151617", "000102030405060708090a0b0c0d0e0f", "202122232425262728292a2b2c2d2e2f", 6,
      "d2a1f0e051ea5f62081a7792073d593d1fc64fbfaccd" },
    { "example 3", "101112131415161718191a1b", "000102030405060708090a0b0c0d0e0f10111213",
      "202122232425262728292a2b2c2d2e2f3031323334353637", 8,
      "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5484392fbc1b09951" },
    { "an empty message, by Python's cryptography", "101112131415161718191a1b1c", "0001020304050607", "", 16,
      "6703297fa4923930c3a67804f1378c0c" },
};
/* clang-format on */

static const char ccm_key[] = "404142434445464748494a4b4c4d4e4f";

typedef struct ccm_rig {
    rig r;
    qk_buf nonce, aad, plain;
} ccm_rig;

static void ccm_done(ccm_rig *it)
{
    rig_done(&it->r);
    qk_buf_done(&it->nonce);
    qk_buf_done(&it->aad);
    qk_buf_done(&it->plain);
}

static void ccm_init(ccm_rig *it, size_t i)
{
    rig_init(&it->r, CKM_AES_CCM, ccm_key, "");
    it->nonce = unhex(ccm[i].nonce);
    it->aad = unhex(ccm[i].aad);
    it->plain = unhex(ccm[i].plain);
    it->r.use.ccm.nonce = qk_buf_view(&it->nonce);
    it->r.use.ccm.aad = qk_buf_view(&it->aad);
    it->r.use.ccm.data_len = it->plain.len;
    it->r.use.ccm.mac_len = ccm[i].mac_len;
}

static void ccm_examples_come_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ccm); i++) {
        QK_OWNED(ccm_done) ccm_rig it;

        ccm_init(&it, i);
        assert_cipher(&it.r, ccm[i].plain, ccm[i].cipher);
    }
}

static void a_changed_ccm_message_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ccm); i++) {
        QK_OWNED(ccm_done) ccm_rig it;
        uint8_t changed[64];
        qk_view sealed, out;

        ccm_init(&it, i);
        assert_int_equal(rig_encrypt(&it.r, qk_buf_view(&it.plain), &sealed), QK_OK);
        for (size_t bit = 0; bit < 8 * sealed.len; bit++) {
            memcpy(changed, sealed.data, sealed.len);
            changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_equal(rig_decrypt(&it.r, qk_view_of(changed, sealed.len), &out), QK_E_CIPHERTEXT_INVALID);
        }
        it.aad.data[0] ^= 1;
        assert_int_equal(rig_decrypt(&it.r, sealed, &out), QK_E_CIPHERTEXT_INVALID);
        it.aad.data[0] ^= 1;
        it.nonce.data[0] ^= 1;
        assert_int_equal(rig_decrypt(&it.r, sealed, &out), QK_E_CIPHERTEXT_INVALID);
    }
}

static void ccm_messages_have_the_length_that_the_parameter_says(void **state)
{
    QK_OWNED(ccm_done) ccm_rig it;
    qk_view sealed, out;

    (void)state;
    ccm_init(&it, 1);
    assert_int_equal(rig_encrypt(&it.r, qk_buf_view(&it.plain), &sealed), QK_OK);
    assert_int_equal(rig_decrypt(&it.r, qk_view_slice(sealed, 0, sealed.len - 1), &out), QK_E_CIPHERTEXT_LENGTH);
    assert_int_equal(rig_decrypt(&it.r, QK_VIEW_NONE, &out), QK_E_CIPHERTEXT_LENGTH);
    it.r.use.ccm.data_len++;
    assert_int_equal(rig_encrypt(&it.r, qk_buf_view(&it.plain), &out), QK_E_BAD_LENGTH);
    assert_int_equal(rig_decrypt(&it.r, sealed, &out), QK_E_CIPHERTEXT_LENGTH);
}

/* ---- XTS and CTS ---- */

/* clang-format off */
static const struct {
    const char *source;
    CK_MECHANISM_TYPE type;
    const char *key, *iv, *plain, *cipher;
} whole[] = {
    { "IEEE 1619, vector 2", CKM_AES_XTS, "1111111111111111111111111111111122222222222222222222222222222222",
      "33333333330000000000000000000000", "4444444444444444444444444444444444444444444444444444444444444444",
      "c454185e6a16936e39334038acef838bfb186fff7480adc4289382ecd6d394f0" },
    { "IEEE 1619, vector 15", CKM_AES_XTS, "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0",
      "9a785634120000000000000000000000", "000102030405060708090a0b0c0d0e0f10", "6c1625db4671522d3d7599601de7ca09ed" },
    { "RFC 3962, 17 bytes", CKM_AES_CTS, "636869636b656e207465726979616b69", "00000000000000000000000000000000",
      "4920776f756c64206c696b652074686520", "97c6353568f2bf8cb4d8a580362da7ff7f" },
    { "RFC 3962, 31 bytes", CKM_AES_CTS, "636869636b656e207465726979616b69", "00000000000000000000000000000000",
      "4920776f756c64206c696b65207468652047656e6572616c20476175277320",
      "97687268d6ecccc0c07b25e25ecfe5fc00783e0efdb2c1d445d4c8eff7ed22" },
    { "RFC 3962, 32 bytes", CKM_AES_CTS, "636869636b656e207465726979616b69", "00000000000000000000000000000000",
      "4920776f756c64206c696b65207468652047656e6572616c2047617527732043",
      "97687268d6ecccc0c07b25e25ecfe58439312523a78662d5be7fcbcc98ebf5a8" },
};
/* clang-format on */

static void whole_examples_come_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(whole); i++) {
        QK_OWNED(rig_done) rig r;

        rig_init(&r, whole[i].type, whole[i].key, whole[i].iv);
        assert_cipher(&r, whole[i].plain, whole[i].cipher);
    }
}

static void less_than_a_block_is_refused(void **state)
{
    static const uint8_t bytes[15];
    qk_view out;

    (void)state;
    for (size_t i = 1; i < 3; i++) {
        QK_OWNED(rig_done) rig r;

        rig_init(&r, whole[i].type, whole[i].key, whole[i].iv);
        for (size_t len = 0; len <= sizeof bytes; len++) {
            assert_int_equal(rig_encrypt(&r, qk_view_of(bytes, len), &out), QK_E_BAD_LENGTH);
            assert_int_equal(rig_decrypt(&r, qk_view_of(bytes, len), &out), QK_E_CIPHERTEXT_LENGTH);
        }
    }
}

static void a_data_unit_of_xts_has_an_end(void **state)
{
    enum { MOST = 16 << 20 };
    QK_OWNED(rig_done) rig r;
    QK_OWNED(qk_buf_done) qk_buf message = QK_BUF_NONE;
    qk_view out;

    (void)state;
    rig_init(&r, CKM_AES_XTS, whole[0].key, whole[0].iv);
    assert_non_null(qk_buf_grow(&message, MOST + 1));
    memset(message.data, 0, MOST + 1);
    assert_int_equal(rig_encrypt(&r, qk_view_of(message.data, MOST), &out), QK_OK);
    assert_int_equal(rig_encrypt(&r, qk_buf_view(&message), &out), QK_E_BAD_LENGTH);
}

/* ---- ChaCha20 and Poly1305 ---- */

static const char chacha_key[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

static void chacha20_comes_out(void **state)
{
    QK_OWNED(rig_done) rig r;
    QK_OWNED(qk_buf_done) qk_buf nonce = unhex("000000000000004a00000000");

    (void)state;
    rig_init(&r, CKM_CHACHA20, chacha_key, "");
    r.use.chacha.nonce = qk_buf_view(&nonce);
    r.use.chacha.counter = 1;
    r.use.chacha.counter_bits = 32;
    assert_cipher(&r, SUNSCREEN,
                  "6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0bf91b65c5524733ab8f593dabcd62b357"
                  "1639d624e65152ab8f530c359f0861d807ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818ce91ab7793736"
                  "5af90bbf74a35be6b40b8eedf2785e42874d");
}

/* The same block, with a counter of 64 bits and the nonce's first half in it. */
static void both_widths_of_the_counter_agree(void **state)
{
    QK_OWNED(rig_done) rig narrow;
    QK_OWNED(rig_done) rig wide;
    static const uint8_t nonce[12] = { 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8 };
    qk_view a, b;

    (void)state;
    rig_init(&narrow, CKM_CHACHA20, chacha_key, "");
    rig_init(&wide, CKM_CHACHA20, chacha_key, "");
    narrow.use.chacha.nonce = qk_view_of(nonce, 12);
    narrow.use.chacha.counter = 5;
    narrow.use.chacha.counter_bits = 32;
    wide.use.chacha.nonce = qk_view_of(nonce + 4, 8);
    wide.use.chacha.counter = UINT64_C(0x0900000000000005);
    wide.use.chacha.counter_bits = 64;
    assert_int_equal(rig_encrypt(&narrow,
                                 QK_VIEW_LITERAL("a message of more than one block, so that the counter moves"
                                                 " on: and on, and on, and on"),
                                 &a),
                     QK_OK);
    assert_int_equal(rig_encrypt(&wide,
                                 QK_VIEW_LITERAL("a message of more than one block, so that the counter moves"
                                                 " on: and on, and on, and on"),
                                 &b),
                     QK_OK);
    assert_bytes(a, b);
}

static void a_chacha20_counter_does_not_start_again(void **state)
{
    QK_OWNED(rig_done) rig r;
    static const uint8_t zeros[129];
    qk_view out;

    (void)state;
    rig_init(&r, CKM_CHACHA20, chacha_key, "");
    r.use.chacha.nonce = qk_view_of(zeros, 12);
    r.use.chacha.counter = 0xfffffffe;
    r.use.chacha.counter_bits = 32;
    assert_int_equal(rig_encrypt(&r, qk_view_of(zeros, 128), &out), QK_OK);
    assert_int_equal(rig_encrypt(&r, qk_view_of(zeros, 129), &out), QK_E_BAD_LENGTH);
}

static void chacha20_poly1305_comes_out(void **state)
{
    QK_OWNED(rig_done) rig r;
    QK_OWNED(qk_buf_done) qk_buf nonce = unhex("070000004041424344454647"), aad = unhex("50515253c0c1c2c3c4c5c6c7");
    qk_view sealed, out;
    uint8_t changed[130];

    (void)state;
    rig_init(&r, CKM_CHACHA20_POLY1305, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", "");
    r.use.chacha.nonce = qk_buf_view(&nonce);
    r.use.chacha.aad = qk_buf_view(&aad);
    assert_cipher(&r, SUNSCREEN,
                  "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b"
                  "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
                  "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691");
    assert_int_equal(rig_encrypt(&r, QK_VIEW_LITERAL("text"), &sealed), QK_OK);
    for (size_t bit = 0; bit < 8 * sealed.len; bit++) {
        memcpy(changed, sealed.data, sealed.len);
        changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(rig_decrypt(&r, qk_view_of(changed, sealed.len), &out), QK_E_CIPHERTEXT_INVALID);
    }
    assert_int_equal(rig_decrypt(&r, qk_view_slice(sealed, 0, 15), &out), QK_E_CIPHERTEXT_LENGTH);
}

static void poly1305_comes_out(void **state)
{
    QK_OWNED(rig_done) rig r;

    (void)state;
    rig_init(&r, CKM_POLY1305, "85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b", "");
    assert_mac(&r, QK_VIEW_LITERAL("Cryptographic Forum Research Group"), "a8061dc1305136c6c22b8baf0c0127a9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ccm_examples_come_out),
        cmocka_unit_test(a_changed_ccm_message_is_refused),
        cmocka_unit_test(ccm_messages_have_the_length_that_the_parameter_says),
        cmocka_unit_test(whole_examples_come_out),
        cmocka_unit_test(less_than_a_block_is_refused),
        cmocka_unit_test(a_data_unit_of_xts_has_an_end),
        cmocka_unit_test(chacha20_comes_out),
        cmocka_unit_test(both_widths_of_the_counter_agree),
        cmocka_unit_test(a_chacha20_counter_does_not_start_again),
        cmocka_unit_test(chacha20_poly1305_comes_out),
        cmocka_unit_test(poly1305_comes_out),
    };
    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
