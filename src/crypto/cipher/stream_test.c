/* SPDX-License-Identifier: Apache-2.0 */
/* Known answers of SP 800-38A, appendix F; then counters that come to their end. How messages in parts agree with whole
 * ones is in operation_test.c. */
#include "crypto/cipher/cipher_testing.h"

/* clang-format off */
static const struct {
    const char *source;
    CK_MECHANISM_TYPE type;
    const char *key, *iv, *cipher;
} examples[] = {
    { "F.5.1", CKM_AES_CTR, "2b7e151628aed2a6abf7158809cf4f3c", "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee" },
    { "F.5.3", CKM_AES_CTR, "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b", "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", "1abc932417521ca24f2b0459fe7e6e0b090339ec0aa6faefd5ccc2c6f4ce8e941e36b26bd1ebc670d1bd1d665620abf74f78a7f6d29809585a97daec58c6b050" },
    { "F.5.5", CKM_AES_CTR, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c52b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6" },
    { "F.4.1", CKM_AES_OFB, "2b7e151628aed2a6abf7158809cf4f3c", "000102030405060708090a0b0c0d0e0f", "3b3fd92eb72dad20333449f8e83cfb4a7789508d16918f03f53c52dac54ed8259740051e9c5fecf64344f7a82260edcc304c6528f659c77866a510d9c1d6ae5e" },
    { "F.4.5", CKM_AES_OFB, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "000102030405060708090a0b0c0d0e0f", "dc7e84bfda79164b7ecd8486985d38604febdc6740d20b3ac88f6ad82a4fb08d71ab47a086e86eedf39d1c5bba97c4080126141d67f37be8538f5a8be740e484" },
    { "F.3.13", CKM_AES_CFB128, "2b7e151628aed2a6abf7158809cf4f3c", "000102030405060708090a0b0c0d0e0f", "3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b26751f67a3cbb140b1808cf187a4f4dfc04b05357c5d1c0eeac4c66f9ff7f2e6" },
    { "F.3.17", CKM_AES_CFB128, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "000102030405060708090a0b0c0d0e0f", "dc7e84bfda79164b7ecd8486985d386039ffed143b28b1c832113c6331e5407bdf10132415e54b92a13ed0a8267ae2f975a385741ab9cef82031623d55b1e471" },
    { "F.3.7", CKM_AES_CFB8, "2b7e151628aed2a6abf7158809cf4f3c", "000102030405060708090a0b0c0d0e0f", "3b79424c9c0dd436bace9e0ed4586a4f32b9" },
    { "F.3.11", CKM_AES_CFB8, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "000102030405060708090a0b0c0d0e0f", "dc1f1a8520a64db55fcc8ac554844e889700" },
};
/* clang-format on */

static void sp_800_38a_examples_come_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        QK_OWNED(rig_done) rig r;
        char plain[] = EXAMPLE_PLAIN_HEX;

        rig_init(&r, examples[i].type, examples[i].key, examples[i].iv);
        plain[strlen(examples[i].cipher)] = '\0'; /* CFB8's examples are shorter */
        assert_cipher(&r, plain, examples[i].cipher);
    }
}

static void a_message_of_no_bytes_is_one(void **state)
{
    static const CK_MECHANISM_TYPE types[] = { CKM_AES_CTR, CKM_AES_OFB, CKM_AES_CFB8, CKM_AES_CFB128 };

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        QK_OWNED(rig_done) rig r;

        rig_init(&r, types[i], examples[0].key, examples[0].iv);
        assert_cipher(&r, "", "");
    }
}

/* PKCS #11 3.2, AES-CTR: with 2 bits that start as 1 only 3 blocks can be processed. */
static void a_counter_does_not_start_again(void **state)
{
    static const uint8_t zeros[16 * 300];
    static const struct {
        const char *counter;
        unsigned bits;
        size_t blocks;
    } cases[] = {
        { "00000000000000000000000000000001", 2, 3 },   { "ffffffffffffffffffffffffffffffff", 1, 1 },
        { "ffffffffffffffffffffffffffffffff", 128, 1 }, { "fffffffffffffffffffffffffffffffe", 128, 2 },
        { "00000000000000000000000000000000", 8, 256 }, { "000000000000000000000000000001ff", 9, 1 },
        { "000000000000000000000000000000ff", 9, 257 }, { "aaaaaaaaaaaaaaaaaaaaaaaaaaffff00", 24, 256 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        QK_OWNED(rig_done) rig r;
        size_t most = 16 * cases[i].blocks;
        qk_view out;

        rig_init(&r, CKM_AES_CTR, examples[0].key, cases[i].counter);
        r.use.ctr.bits = cases[i].bits;
        assert_int_equal(rig_encrypt(&r, qk_view_of(zeros, most), &out), QK_OK);
        assert_int_equal(rig_encrypt(&r, qk_view_of(zeros, most + 1), &out), QK_E_BAD_LENGTH);
        assert_int_equal(rig_decrypt(&r, qk_view_of(zeros, most + 1), &out), QK_E_CIPHERTEXT_LENGTH);
    }
}

static void a_counter_ends_in_parts_too(void **state)
{
    QK_OWNED(rig_done) rig r;
    QK_OWNED(qk_operation_free) qk_operation *op = NULL;
    static const uint8_t zeros[48];
    qk_view out;

    (void)state;
    rig_init(&r, CKM_AES_CTR, examples[0].key, "00000000000000000000000000000001");
    r.use.ctr.bits = 2;
    assert_int_equal(qk_operation_begin(QK_ENCRYPT, r.key, &r.use, true, &op), QK_OK);
    assert_int_equal(qk_operation_update(op, qk_view_of(zeros, 47), &r.arena, &out), QK_OK);
    assert_int_equal(qk_operation_update(op, qk_view_of(zeros, 1), &r.arena, &out), QK_OK);
    assert_int_equal(qk_operation_update(op, qk_view_of(zeros, 1), &r.arena, &out), QK_E_BAD_LENGTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sp_800_38a_examples_come_out),
        cmocka_unit_test(a_message_of_no_bytes_is_one),
        cmocka_unit_test(a_counter_does_not_start_again),
        cmocka_unit_test(a_counter_ends_in_parts_too),
    };
    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
