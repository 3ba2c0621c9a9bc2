/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of RFC 4231 (SHA-2) and RFC 2202 (SHA-1), and the examples of NIST for HMAC with SHA-3. */
#include "crypto/testing.h"

#include "crypto/engine.h"
#include "crypto/hash/hmac.h"

/* clang-format off */
static const struct {
    const char *source;
    CK_MECHANISM_TYPE type;
    const char *key, *data, *mac;
} cases[] = {
    { "NIST example, HMAC_SHA3-224, 1", CKM_SHA3_224_HMAC, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b", "53616d706c65206d65737361676520666f72206b65796c656e3c626c6f636b6c656e", "332cfd59347fdb8e576e77260be4aba2d6dc53117b3bfb52c6d18c04" },
    { "NIST example, HMAC_SHA3-256, 1", CKM_SHA3_256_HMAC, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "53616d706c65206d65737361676520666f72206b65796c656e3c626c6f636b6c656e", "4fe8e202c4f058e8dddc23d8c34e467343e23555e24fc2f025d598f558f67205" },
    { "NIST example, HMAC_SHA3-384, 1", CKM_SHA3_384_HMAC, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f", "53616d706c65206d65737361676520666f72206b65796c656e3c626c6f636b6c656e", "d588a3c51f3f2d906e8298c1199aa8ff6296218127f6b38a90b6afe2c5617725bc99987f79b22a557b6520db710b7f42" },
    { "NIST example, HMAC_SHA3-512, 1", CKM_SHA3_512_HMAC, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f", "53616d706c65206d65737361676520666f72206b65796c656e3c626c6f636b6c656e", "4efd629d6c71bf86162658f29943b1c308ce27cdfa6db0d9c3ce81763f9cbce5f7ebe9868031db1a8f8eb7b6b95e5c5e3f657a8996c86a2f6527e307f0213196" },
    { "RFC 4231, case 1", CKM_SHA224_HMAC, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265", "896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22" },
    { "RFC 4231, case 1", CKM_SHA256_HMAC, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
    { "RFC 4231, case 1", CKM_SHA384_HMAC, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265", "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6" },
    { "RFC 4231, case 1", CKM_SHA512_HMAC, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265", "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854" },
    { "RFC 4231, case 2", CKM_SHA224_HMAC, "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f", "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44" },
    { "RFC 4231, case 2", CKM_SHA256_HMAC, "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    { "RFC 4231, case 2", CKM_SHA384_HMAC, "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f", "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649" },
    { "RFC 4231, case 2", CKM_SHA512_HMAC, "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f", "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },
    { "RFC 4231, case 3", CKM_SHA224_HMAC, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd", "7fb3cb3588c6c1f6ffa9694d7d6ad2649365b0c1f65d69d1ec8333ea" },
    { "RFC 4231, case 3", CKM_SHA256_HMAC, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd", "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
    { "RFC 4231, case 3", CKM_SHA384_HMAC, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd", "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e101a34f27" },
    { "RFC 4231, case 3", CKM_SHA512_HMAC, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd", "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb" },
    { "RFC 4231, case 4", CKM_SHA224_HMAC, "0102030405060708090a0b0c0d0e0f10111213141516171819", "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd", "6c11506874013cac6a2abc1bb382627cec6a90d86efc012de7afec5a" },
    { "RFC 4231, case 4", CKM_SHA256_HMAC, "0102030405060708090a0b0c0d0e0f10111213141516171819", "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd", "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
    { "RFC 4231, case 4", CKM_SHA384_HMAC, "0102030405060708090a0b0c0d0e0f10111213141516171819", "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd", "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e6801dd23c4a7d679ccf8a386c674cffb" },
    { "RFC 4231, case 4", CKM_SHA512_HMAC, "0102030405060708090a0b0c0d0e0f10111213141516171819", "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd", "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3dba91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd" },
    { "RFC 4231, case 6", CKM_SHA224_HMAC, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374", "95e9a0db962095adaebe9b2d6f0dbce2d499f112f2d2b7273fa6870e" },
    { "RFC 4231, case 6", CKM_SHA256_HMAC, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374", "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
    { "RFC 4231, case 6", CKM_SHA384_HMAC, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374", "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952" },
    { "RFC 4231, case 6", CKM_SHA512_HMAC, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374", "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598" },
    { "RFC 4231, case 7", CKM_SHA224_HMAC, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b657920616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565647320746f20626520686173686564206265666f7265206265696e6720757365642062792074686520484d414320616c676f726974686d2e", "3a854166ac5d9f023f54d517d0b39dbd946770db9c2b95c9f6f565d1" },
    { "RFC 4231, case 7", CKM_SHA256_HMAC, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b657920616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565647320746f20626520686173686564206265666f7265206265696e6720757365642062792074686520484d414320616c676f726974686d2e", "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
    { "RFC 4231, case 7", CKM_SHA384_HMAC, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b657920616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565647320746f20626520686173686564206265666f7265206265696e6720757365642062792074686520484d414320616c676f726974686d2e", "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5a678cc31e799176d3860e6110c46523e" },
    { "RFC 4231, case 7", CKM_SHA512_HMAC, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b657920616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565647320746f20626520686173686564206265666f7265206265696e6720757365642062792074686520484d414320616c676f726974686d2e", "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58" },
    { "RFC 2202, case 1", CKM_SHA_1_HMAC, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265", "b617318655057264e28bc0b6fb378c8ef146be00" },
    { "RFC 2202, case 2", CKM_SHA_1_HMAC, "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
    { "RFC 2202, case 3", CKM_SHA_1_HMAC, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd", "125d7342b9ac11cd91a39af48aa17b4f63f175d3" },
    { "RFC 2202, case 4", CKM_SHA_1_HMAC, "0102030405060708090a0b0c0d0e0f10111213141516171819", "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd", "4c9007f4026250c6bc8414f9bf50c86c2d7235da" },
    { "RFC 2202, case 6", CKM_SHA_1_HMAC, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374", "aa4ae5e15272d00e95705637ce8a3b55ed402112" },
    { "RFC 2202, case 7", CKM_SHA_1_HMAC, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b657920616e64204c6172676572205468616e204f6e6520426c6f636b2d53697a652044617461", "e8e99d0f45237d786d6bbaa7965c7808bbff1a91" },
};
/* clang-format on */

static qk_key *key_of_case(size_t i)
{
    return secret_key_hex(CKK_GENERIC_SECRET, cases[i].key);
}

static void published_macs_come_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        QK_OWNED(qk_key_unref) qk_key *key = key_of_case(i);
        QK_OWNED(qk_buf_done) qk_buf data = unhex(cases[i].data);
        QK_OWNED(qk_arena_done) qk_arena arena;
        qk_mech_use use = use_of(cases[i].type);
        qk_view mac;

        qk_arena_init(&arena, 0);
        assert_int_equal(qk_engine_hmac.sign(key, &use, qk_buf_view(&data), &arena, &mac), QK_OK);
        assert_hex(mac, cases[i].mac);
        assert_int_equal(mac.len, qk_engine_hmac.output_len(key, &use, QK_SIGN, data.len));
        assert_int_equal(qk_engine_hmac.verify(key, &use, qk_buf_view(&data), mac), QK_OK);
    }
}

/* Both forms of the inner hash, the data split at every place. */
static void macs_in_two_parts_come_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        QK_OWNED(qk_key_unref) qk_key *key = key_of_case(i);
        QK_OWNED(qk_buf_done) qk_buf data = unhex(cases[i].data);
        CK_MECHANISM_TYPE hash = qk_mech_find(cases[i].type)->hash;
        qk_view value = qk_secret_reveal(&key->value), all = qk_buf_view(&data);

        for (size_t split = 0; split <= 2 * data.len; split++) {
            QK_OWNED(qk_hash_done) qk_hash inner = { 0 };
            uint8_t mac[EVP_MAX_MD_SIZE];
            size_t len, first = split / 2;

            assert_int_equal(qk_hmac_begin(&inner, hash, value, split % 2 == 1), QK_OK);
            assert_int_equal(qk_hash_update(&inner, qk_view_slice(all, 0, first)), QK_OK);
            assert_int_equal(qk_hash_update(&inner, qk_view_slice(all, first, all.len)), QK_OK);
            assert_int_equal(qk_hmac_end(&inner, hash, value, mac, &len), QK_OK);
            assert_hex(qk_view_of(mac, len), cases[i].mac);
        }
    }
}

static void ibm_numbers_give_the_same_macs(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *key = key_of_case(0);
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_mech_use standard = use_of(CKM_SHA512_256_HMAC), ibm = use_of(CKM_IBM_SHA512_256_HMAC);
    qk_view first, second;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_int_equal(qk_engine_hmac.sign(key, &standard, QK_VIEW_LITERAL("abc"), &arena, &first), QK_OK);
    assert_int_equal(qk_engine_hmac.sign(key, &ibm, QK_VIEW_LITERAL("abc"), &arena, &second), QK_OK);
    assert_int_equal(first.len, 32);
    assert_bytes(first, second);
}

static void a_changed_mac_is_refused(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *key = key_of_case(0);
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_SHA256_HMAC);
    uint8_t changed[32];
    qk_view mac;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_int_equal(qk_engine_hmac.sign(key, &use, QK_VIEW_LITERAL("abc"), &arena, &mac), QK_OK);
    for (unsigned bit = 0; bit < 256; bit++) {
        memcpy(changed, mac.data, sizeof changed);
        changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(qk_engine_hmac.verify(key, &use, QK_VIEW_LITERAL("abc"), qk_view_of(changed, 32)),
                         QK_E_SIGNATURE_INVALID);
    }
}

static void changed_data_are_refused(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *key = key_of_case(0);
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_SHA256_HMAC);
    qk_view mac;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_int_equal(qk_engine_hmac.sign(key, &use, QK_VIEW_LITERAL("abc"), &arena, &mac), QK_OK);
    assert_int_equal(qk_engine_hmac.verify(key, &use, QK_VIEW_LITERAL("abd"), mac), QK_E_SIGNATURE_INVALID);
}

static void a_mac_of_another_length_is_refused(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *key = key_of_case(0);
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_SHA256_HMAC);
    qk_view mac;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_int_equal(qk_engine_hmac.sign(key, &use, QK_VIEW_LITERAL("abc"), &arena, &mac), QK_OK);
    assert_int_equal(qk_engine_hmac.verify(key, &use, QK_VIEW_LITERAL("abc"), qk_view_slice(mac, 0, 31)),
                     QK_E_SIGNATURE_LENGTH);
    assert_int_equal(qk_engine_hmac.verify(key, &use, QK_VIEW_LITERAL("abc"), QK_VIEW_NONE), QK_E_SIGNATURE_LENGTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_macs_come_out),        cmocka_unit_test(macs_in_two_parts_come_out),
        cmocka_unit_test(ibm_numbers_give_the_same_macs), cmocka_unit_test(a_changed_mac_is_refused),
        cmocka_unit_test(changed_data_are_refused),       cmocka_unit_test(a_mac_of_another_length_is_refused),
    };
    return cmocka_run_group_tests_name("hmac", tests, crypto_setup, crypto_teardown);
}
