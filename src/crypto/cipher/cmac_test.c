/* SPDX-License-Identifier: Apache-2.0 */
/* Known answers of SP 800-38B, appendix D, and of NIST's CAVP vectors for GCM without plaintext. */
#include "crypto/cipher/cipher_testing.h"

/* clang-format off */
static const struct {
    const char *source;
    CK_MECHANISM_TYPE type;
    CK_KEY_TYPE key_type;
    const char *key;
    struct {
        size_t len; /* of the example plaintext's start */
        const char *mac;
    } macs[4];
} examples[] = {
    { "D.1", CKM_AES_CMAC, CKK_AES, "2b7e151628aed2a6abf7158809cf4f3c",
      { { 0, "bb1d6929e95937287fa37d129b756746" }, { 16, "070a16b46b4d4144f79bdd9dd04a287c" },
        { 40, "dfa66747de9ae63030ca32611497c827" }, { 64, "51f0bebf7e3b9d92fc49741779363cfe" } } },
    { "D.2", CKM_AES_CMAC, CKK_AES, "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
      { { 0, "d17ddf46adaacde531cac483de7a9367" }, { 16, "9e99a7bf31e710900662f65e617c5184" },
        { 40, "8a1de5be2eb31aad089a82e6ee908b0e" }, { 64, "a1d5df0eed790f794d77589659f39a11" } } },
    { "D.3", CKM_AES_CMAC, CKK_AES, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
      { { 0, "028962f61b7bf89efc6b551f4667d983" }, { 16, "28a7023f452e8f82bd4bf28d8c37c35c" },
        { 40, "aaf3d8f1de5640c232f5b169b9c911e6" }, { 64, "e1992190549f6ed5696a2c056c315410" } } },
    { "D.1", CKM_IBM_CMAC, CKK_AES, "2b7e151628aed2a6abf7158809cf4f3c",
      { { 0, "bb1d6929e95937287fa37d129b756746" }, { 16, "070a16b46b4d4144f79bdd9dd04a287c" },
        { 40, "dfa66747de9ae63030ca32611497c827" }, { 64, "51f0bebf7e3b9d92fc49741779363cfe" } } },
    { "D.4", CKM_IBM_CMAC, CKK_DES3, "8aa83bf8cbda10620bc1bf19fbb6cd58bc313d4a371ca8b5",
      { { 0, "b7a688e122ffaf95" }, { 8, "8e8f293136283797" }, { 20, "743ddbe0ce2dc2ed" }, { 32, "33e6b1092400eae5" } } },
    { "D.5", CKM_IBM_CMAC, CKK_DES2, "4cf15134a2850dd58a3d10ba80570d38",
      { { 0, "bd2ebf9a3ba00361" }, { 8, "4ff2ab813c53ce83" }, { 20, "62dd1b471902bd4e" }, { 32, "31b1e431dabc4eb8" } } },
};
/* clang-format on */

static void sp_800_38b_examples_come_out(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf plain = unhex(EXAMPLE_PLAIN_HEX);

    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        QK_OWNED(rig_done) rig r;

        rig_init_key(&r, examples[i].type, examples[i].key_type, examples[i].key, "");
        for (size_t j = 0; j < COUNT(examples[i].macs); j++)
            assert_mac(&r, qk_view_slice(qk_buf_view(&plain), 0, examples[i].macs[j].len), examples[i].macs[j].mac);
    }
}

static void a_shorter_mac_is_the_start_of_the_whole(void **state)
{
    QK_OWNED(rig_done) rig r;
    char mac[] = "bb1d6929e95937287fa37d129b756746";

    (void)state;
    rig_init(&r, CKM_AES_CMAC_GENERAL, examples[0].key, "");
    for (r.use.mac_len = 16; r.use.mac_len > 0; r.use.mac_len--) {
        mac[2 * r.use.mac_len] = '\0';
        assert_mac(&r, QK_VIEW_NONE, mac);
    }
}

static void a_key_of_no_block_cipher_is_refused(void **state)
{
    QK_OWNED(rig_done) rig r;
    QK_OWNED(qk_operation_free) qk_operation *op = NULL;
    qk_view out;

    (void)state;
    rig_init_key(&r, CKM_IBM_CMAC, CKK_GENERIC_SECRET, examples[0].key, "");
    assert_int_equal(qk_crypto_sign(r.key, &r.use, QK_VIEW_NONE, &r.arena, &out), QK_E_KEY_TYPE);
    assert_int_equal(qk_operation_begin(QK_SIGN, r.key, &r.use, true, &op), QK_E_KEY_TYPE);
}

static void gmac_examples_come_out(void **state)
{
    QK_OWNED(rig_done) rig r;
    QK_OWNED(qk_buf_done) qk_buf message = unhex("7a43ec1d9c0a5a78a0b16533a6213cab");

    (void)state;
    rig_init(&r, CKM_AES_GMAC, "77be63708971c4e240d1cb79e8d77feb", "e0e00f19fed7ba0136a797f3");
    assert_mac(&r, qk_buf_view(&message), "209fcc8d3675ed938e9c7166709dd946");
    assert_mac(&r, qk_buf_view(&message), "209fcc8d3675ed938e9c7166709dd946");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sp_800_38b_examples_come_out),
        cmocka_unit_test(a_shorter_mac_is_the_start_of_the_whole),
        cmocka_unit_test(a_key_of_no_block_cipher_is_refused),
        cmocka_unit_test(gmac_examples_come_out),
    };
    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
