/* SPDX-License-Identifier: Apache-2.0 */
/* CKM_IBM_ATTRIBUTEBOUND_WRAP. The format is our own (src/hsm/FORMATS.md, "Bound keys"), so the known answer was made
 * from that description with other software: Python's cryptography package for RFC 5649 and GCM, its standard library
 * for HMAC. */
#include "crypto/testing.h"

static const char *const kek_value = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
static const char *const mac_value = "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f";

/* An AES key of 16 bytes that is extractable and bound. */
static const char *const content = "01"
                                   "00000048"
                                   "0004"
                                   "0000000000000000"
                                   "02"
                                   "00000008"
                                   "0000000000000004"
                                   "0000000000000100"
                                   "02"
                                   "00000008"
                                   "000000000000001f"
                                   "0000000000000162"
                                   "01"
                                   "00000001"
                                   "01"
                                   "0000000080010004"
                                   "01"
                                   "00000001"
                                   "01"
                                   "00000010"
                                   "6120313620627974652076616c75652e";
/* Under the temporary key 8081...9f. */
static const char *const wrapped = "514b4101"
                                   "00000028"
                                   "0b0607b05fd577de7c1cefae2313277d0d36fcb4b3f04f1332c5023c0388e342164f8531741a21ae"
                                   "7645f6e10e2bf0572b21773a719f35ec60b67d300131f1311d9e28c0dabc0d63d9ea64c6705f4f8d"
                                   "27f8844c25a4b245acc1770f795d45e296876338c580e458d1378acbebb5953d31bccbe6c674c9f5"
                                   "4e62e724c81187b03168b64afdc6d8042f"
                                   "e32c5fe7cb56aa360a98b51682fbbc62"
                                   "b96a435dfae7851ff365c3892a8dc9ad0627d9e9b9654aed4b343e0e2edfe8cd";

enum { HEAD_AT = 8, BODY_AT = HEAD_AT + 40, MAC_LEN = 32 };

typedef struct keys {
    qk_key *kek, *mac;
    qk_mech_use use;
    qk_arena arena;
} keys;

static void keys_done(keys *it)
{
    qk_key_unref(&it->kek);
    qk_key_unref(&it->mac);
    qk_arena_done(&it->arena);
}

static void keys_init(keys *it)
{
    qk_arena_init(&it->arena, 0);
    it->kek = secret_key_hex(CKK_AES, kek_value);
    it->mac = secret_key_hex(CKK_GENERIC_SECRET, mac_value);
    it->use = use_of(CKM_IBM_ATTRIBUTEBOUND_WRAP);
    it->use.second.key = it->mac;
}

static qk_err open(keys *it, qk_view bytes, qk_view *out_plain)
{
    return qk_crypto_decrypt(it->kek, &it->use, bytes, &it->arena, out_plain);
}

/* The first bytes, with a MAC that is right. */
static qk_err open_with_mac(keys *it, qk_view covered)
{
    QK_OWNED(qk_buf_done) qk_buf whole = QK_BUF_NONE;
    qk_mech_use hmac = use_of(CKM_SHA256_HMAC);
    qk_view mac, plain;

    assert_int_equal(qk_crypto_sign(it->mac, &hmac, covered, &it->arena, &mac), QK_OK);
    qk_buf_put(&whole, covered);
    qk_buf_put(&whole, mac);
    return open(it, qk_buf_view(&whole), &plain);
}

static void what_the_description_makes_opens(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf bytes = unhex(wrapped);
    QK_OWNED(keys_done) keys it;
    qk_view plain;

    (void)state;
    keys_init(&it);
    assert_int_equal(open(&it, qk_buf_view(&bytes), &plain), QK_OK);
    assert_hex(plain, content);
}

static void what_is_wrapped_has_the_form_and_opens(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf known = unhex(wrapped);
    QK_OWNED(keys_done) keys it;
    qk_view data = QK_VIEW_LITERAL("a key and its attributes"), one, two, plain;

    (void)state;
    keys_init(&it);
    assert_int_equal(qk_crypto_encrypt(it.kek, &it.use, data, &it.arena, &one), QK_OK);
    assert_int_equal(qk_crypto_encrypt(it.kek, &it.use, data, &it.arena, &two), QK_OK);
    assert_int_equal(one.len, BODY_AT + data.len + 16 + MAC_LEN);
    assert_memory_equal(one.data, known.data, HEAD_AT);
    assert_memory_not_equal(one.data + HEAD_AT, two.data + HEAD_AT, 40); /* another temporary key each time */
    assert_int_equal(open(&it, one, &plain), QK_OK);
    assert_bytes(plain, data);
}

static void any_changed_byte_is_seen(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf bytes = unhex(wrapped);
    QK_OWNED(keys_done) keys it;
    qk_view plain;

    (void)state;
    keys_init(&it);
    for (size_t i = 0; i < bytes.len; i++) {
        bytes.data[i] ^= 0x20;
        assert_int_equal(open(&it, qk_buf_view(&bytes), &plain), QK_E_CIPHERTEXT_INVALID);
        bytes.data[i] ^= 0x20;
        assert_int_not_equal(open(&it, qk_view_slice(qk_buf_view(&bytes), 0, i), &plain), QK_OK);
    }
    assert_int_equal(open(&it, qk_view_slice(qk_buf_view(&bytes), 0, BODY_AT), &plain), QK_E_CIPHERTEXT_LENGTH);
}

/* Who has the MAC key alone makes nothing that opens. */
static void a_right_mac_is_not_enough(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf bytes = unhex(wrapped);
    QK_OWNED(keys_done) keys it;
    qk_view covered = qk_view_slice(qk_buf_view(&bytes), 0, bytes.len - MAC_LEN);

    (void)state;
    keys_init(&it);
    assert_int_equal(open_with_mac(&it, covered), QK_OK);
    for (size_t i = 0; i < covered.len; i++) {
        bytes.data[i] ^= 1;
        assert_int_equal(open_with_mac(&it, covered), QK_E_CIPHERTEXT_INVALID);
        bytes.data[i] ^= 1;
    }
    for (size_t len = HEAD_AT + 17; len < covered.len; len++)
        assert_int_equal(open_with_mac(&it, qk_view_slice(covered, 0, len)), QK_E_CIPHERTEXT_INVALID);
}

static void other_keys_do_not_open_it(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *other = secret_key_hex(CKK_AES, mac_value);
    QK_OWNED(qk_buf_done) qk_buf bytes = unhex(wrapped);
    QK_OWNED(keys_done) keys it;
    qk_view plain;

    (void)state;
    keys_init(&it);
    assert_int_equal(qk_crypto_decrypt(other, &it.use, qk_buf_view(&bytes), &it.arena, &plain),
                     QK_E_CIPHERTEXT_INVALID);
    it.use.second.key = it.kek;
    assert_int_equal(open(&it, qk_buf_view(&bytes), &plain), QK_E_CIPHERTEXT_INVALID);
    it.use.second.key = NULL;
    assert_int_equal(open(&it, qk_buf_view(&bytes), &plain), QK_E_KEY_NEEDED);
    assert_int_equal(qk_crypto_encrypt(it.kek, &it.use, QK_VIEW_NONE, &it.arena, &plain), QK_E_KEY_NEEDED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_description_makes_opens), cmocka_unit_test(what_is_wrapped_has_the_form_and_opens),
        cmocka_unit_test(any_changed_byte_is_seen),         cmocka_unit_test(a_right_mac_is_not_enough),
        cmocka_unit_test(other_keys_do_not_open_it),
    };
    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
