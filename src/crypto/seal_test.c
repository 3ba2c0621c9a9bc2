/* SPDX-License-Identifier: Apache-2.0 */
/* HKDF: RFC 5869, appendix A (the SHA-256 cases). scrypt: RFC 7914, section 12 (the case with r = 8 and p = 1), and
 * lengths and costs beside it. AEAD: the GCM specification's case for a zero key and IV. */
#include "crypto/testing.h"

static const struct {
    const char *key, *salt, *info, *okm;
} hkdf_cases[] = {
    { "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865" },
    { "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
      "303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
      "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f"
      "909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
      "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
      "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
      "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
      "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87" },
    { "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
      "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8" },
};

static void hkdf_cases_come_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(hkdf_cases); i++) {
        QK_OWNED(qk_buf_done) qk_buf key = unhex(hkdf_cases[i].key);
        QK_OWNED(qk_buf_done) qk_buf salt = unhex(hkdf_cases[i].salt);
        QK_OWNED(qk_buf_done) qk_buf info = unhex(hkdf_cases[i].info);
        uint8_t okm[128];
        size_t len = strlen(hkdf_cases[i].okm) / 2;

        assert_int_equal(qk_hkdf_sha256(qk_buf_view(&key), qk_buf_view(&salt), qk_buf_view(&info), okm, len), QK_OK);
        assert_hex(qk_view_of(okm, len), hkdf_cases[i].okm);
    }
}

static void hkdf_stops_at_255_blocks(void **state)
{
    uint8_t okm[255 * 32 + 1];

    (void)state;
    assert_int_equal(qk_hkdf_sha256(QK_VIEW_LITERAL("k"), QK_VIEW_NONE, QK_VIEW_NONE, okm, 255 * 32), QK_OK);
    assert_int_equal(qk_hkdf_sha256(QK_VIEW_LITERAL("k"), QK_VIEW_NONE, QK_VIEW_NONE, okm, 255 * 32 + 1),
                     QK_E_BAD_ARGUMENT);
}

static void sha256_and_hmac_are_the_standards(void **state)
{
    uint8_t out[32];

    (void)state;
    assert_int_equal(qk_sha256(QK_VIEW_LITERAL("abc"), out), QK_OK);
    assert_hex(qk_view_of(out, 32), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(qk_sha256(QK_VIEW_NONE, out), QK_OK);
    assert_hex(qk_view_of(out, 32), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_int_equal(qk_hmac_sha256(QK_VIEW_LITERAL("Jefe"), QK_VIEW_LITERAL("what do ya want for nothing?"), out),
                     QK_OK);
    assert_hex(qk_view_of(out, 32), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

/* ---- AEAD ---- */

static void sealing_is_gcm_with_a_zero_nonce(void **state)
{
    static const uint8_t key[32], plain[16];
    uint8_t cipher[16], tag[16];

    (void)state;
    assert_int_equal(qk_aead_seal(key, QK_VIEW_NONE, qk_view_of(plain, 16), cipher, tag), QK_OK);
    assert_hex(qk_view_of(cipher, 16), "cea7403d4d606b6e074ec5d3baf39d18");
    assert_hex(qk_view_of(tag, 16), "d0d1c8a799996bf0265b98b5d48ab919");
}

static void what_was_sealed_opens(void **state)
{
    uint8_t key[32], message[300], plain[300], tag[16];
    draws d = { 9 };

    (void)state;
    for (size_t len = 0; len <= sizeof message; len += 20) {
        draw_bytes(&d, key, sizeof key);
        draw_bytes(&d, plain, sizeof plain);
        memcpy(message, plain, len);
        assert_int_equal(qk_aead_seal(key, qk_view_of(plain, 40), qk_view_of(message, len), message, tag), QK_OK);
        assert_int_equal(qk_aead_open(key, qk_view_of(plain, 40), qk_view_of(message, len), tag, message), QK_OK);
        assert_memory_equal(message, plain, len);
    }
}

/* Changes one of the four inputs and expects a refusal that leaves zeros. */
static void what_was_changed_stays_shut(void **state)
{
    static const uint8_t zero[8];
    uint8_t parts[4][32] = { "the key", "bound to it", "a secret", "" }, *tag = parts[3];
    uint8_t out[8];

    (void)state;
    assert_int_equal(qk_aead_seal(parts[0], qk_view_of(parts[1], 11), qk_view_of(parts[2], 8), parts[2], tag), QK_OK);
    for (size_t part = 0; part < 4; part++) {
        parts[part][3] ^= 0x10;
        memset(out, 0xff, sizeof out);
        assert_int_equal(qk_aead_open(parts[0], qk_view_of(parts[1], 11), qk_view_of(parts[2], 8), tag, out),
                         QK_E_BLOB_DAMAGED);
        assert_memory_equal(out, zero, sizeof out);
        parts[part][3] ^= 0x10;
    }
    assert_int_equal(qk_aead_open(parts[0], qk_view_of(parts[1], 10), qk_view_of(parts[2], 8), tag, out),
                     QK_E_BLOB_DAMAGED);
    assert_int_equal(qk_aead_open(parts[0], qk_view_of(parts[1], 11), qk_view_of(parts[2], 8), tag, out), QK_OK);
    assert_memory_equal(out, "a secret", 8);
}

/* ---- scrypt ---- */

static void scrypt_cases_come_out(void **state)
{
    uint8_t out[64];

    (void)state;
    assert_int_equal(qk_scrypt(QK_VIEW_LITERAL("pleaseletmein"), QK_VIEW_LITERAL("SodiumChloride"), 14, out, 64),
                     QK_OK);
    assert_hex(qk_view_of(out, 64), "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                                    "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887");
    assert_int_equal(qk_scrypt(QK_VIEW_NONE, QK_VIEW_NONE, 4, out, 32), QK_OK);
    assert_hex(qk_view_of(out, 32), "e2b1883717d879f495cb7d86aa1eb8697e724978e8fc819881b007fbba2cf86b");
}

static void scrypt_refuses_absurd_costs(void **state)
{
    uint8_t out[32];

    (void)state;
    assert_int_equal(qk_scrypt(QK_VIEW_LITERAL("p"), QK_VIEW_LITERAL("s"), 0, out, 32), QK_E_BAD_ARGUMENT);
    assert_int_equal(qk_scrypt(QK_VIEW_LITERAL("p"), QK_VIEW_LITERAL("s"), 40, out, 32), QK_E_BAD_ARGUMENT);
}

static void the_room_starts_anew_after_a_stop(void **state)
{
    uint8_t out[32];

    (void)state;
    assert_int_equal(qk_sha256(QK_VIEW_LITERAL("abc"), out), QK_OK);
    qk_crypto_stop();
    assert_null(qk_openssl());
    assert_int_equal(qk_crypto_start(), QK_OK);
    assert_int_equal(qk_sha256(QK_VIEW_LITERAL("abc"), out), QK_OK);
    assert_hex(qk_view_of(out, 32), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hkdf_cases_come_out),
        cmocka_unit_test(hkdf_stops_at_255_blocks),
        cmocka_unit_test(sha256_and_hmac_are_the_standards),
        cmocka_unit_test(sealing_is_gcm_with_a_zero_nonce),
        cmocka_unit_test(what_was_sealed_opens),
        cmocka_unit_test(what_was_changed_stays_shut),
        cmocka_unit_test(scrypt_cases_come_out),
        cmocka_unit_test(scrypt_refuses_absurd_costs),
        cmocka_unit_test(the_room_starts_anew_after_a_stop),
    };
    return cmocka_run_group_tests_name("seal", tests, crypto_setup, crypto_teardown);
}
