/* SPDX-License-Identifier: Apache-2.0 */
/* Known answers of SP 800-38A, appendix F, and of McGrew and Viega's GCM specification, appendix B; then padding, long
 * IVs, and refusals. */
#include "crypto/testing.h"

#include "crypto/cipher/cipher.h"
#include "crypto/engine.h"
#include "crypto/cipher/gcm_iv.h"

static const char blocks_plain[] = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                                   "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
static const char cbc_iv[] = "000102030405060708090a0b0c0d0e0f";

/* clang-format off */
static const struct {
    const char *source;
    CK_MECHANISM_TYPE type;
    const char *key, *cipher;
} blocks[] = {
    { "F.1.1", CKM_AES_ECB, "2b7e151628aed2a6abf7158809cf4f3c", "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf43b1cd7f598ece23881b00e3ed0306887b0c"
"785e27e8ad3f8223207104725dd4" },
    { "F.1.3", CKM_AES_ECB, "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b", "bd334f1d6e45f25ff712a214571fa5cc974104846d0ad3ad7734ecb3ecee4eefef7afd2270e2e60adce0ba2face6444e9a4b"
"41ba738d6c72fb16691603c18e0e" },
    { "F.1.5", CKM_AES_ECB, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "f3eed1bdb5d2a03c064b5a7e3db181f8591ccb10d410ed26dc5ba74a31362870b6ed21b99ca6f4f9f153e7b1beafed1d2330"
"4b7a39f9f3ff067d8d8f9e24ecc7" },
    { "F.2.1", CKM_AES_CBC, "2b7e151628aed2a6abf7158809cf4f3c", "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b273bed6b8e3c1743b7116e69e222295163ff1"
"caa1681fac09120eca307586e1a7" },
    { "F.2.3", CKM_AES_CBC, "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b", "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a571b242012fb7ae07fa9baac3df102e008b0"
"e27988598881d920a9e64f5615cd" },
    { "F.2.5", CKM_AES_CBC, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d39f23369a9d9bacfa530e26304231461b2eb"
"05e2c39be9fcda6c19078c6a9d1b" },
};

static const struct {
    int number;
    const char *key, *iv, *aad, *plain, *cipher, *tag;
} gcm[] = {
    { 1, "00000000000000000000000000000000", "000000000000000000000000", "", "",
 "", "58e2fccefa7e3061367f1d57a4e7455a" },
    { 2, "00000000000000000000000000000000", "000000000000000000000000", "", "00000000000000000000000000000000",
 "0388dace60b6a392f328c2b971b2fe78", "ab6e47d42cec13bdf53a67b21257bddf" },
    { 3, "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "", "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16a"
"edf5aa0de657ba637b391aafd255",
 "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba3"
"0b396a0aac973d58e091473f5985", "4d5c2af327cd64a62cf35abd2ba6fab4" },
    { 4, "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2", "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16a"
"edf5aa0de657ba637b39",
 "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba3"
"0b396a0aac973d58e091", "5bc94fbc3221a5db94fae95ae7121a47" },
    { 5, "feffe9928665731c6d6a8f9467308308", "cafebabefacedbad", "feedfacedeadbeeffeedfacedeadbeefabaddad2", "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16a"
"edf5aa0de657ba637b39",
 "61353b4c2806934a777ff51fa22a4755699b2a714fcdc6f83766e5f97b6c742373806900e49f24b22b097544d4896b424989"
"b5e1ebac0f07c23f4598", "3612d2e79e3b0785561be14aaca2fccb" },
    { 6, "feffe9928665731c6d6a8f9467308308", "9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728c3c0c95156809539fcf0e2429a6b525416ae"
"dbf5a0de6a57a637b39b", "feedfacedeadbeeffeedfacedeadbeefabaddad2", "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16a"
"edf5aa0de657ba637b39",
 "8ce24998625615b603a033aca13fb894be9112a5c3a211a8ba262a3cca7e2ca701e4a9a4fba43c90ccdcb281d48c7c6fd628"
"75d2aca417034c34aee5", "619cc5aefffe0bfa462af43c1699d050" },
    { 7, "000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "",
 "", "cd33b28ac773f74ba00ed1f312572435" },
    { 8, "000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "00000000000000000000000000000000",
 "98e7247c07f0fe411c267e4384b0f600", "2ff58d80033927ab8ef4d4587514f0fb" },
    { 9, "feffe9928665731c6d6a8f9467308308feffe9928665731c", "cafebabefacedbaddecaf888", "", "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16a"
"edf5aa0de657ba637b391aafd255",
 "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c7d773d00c144c525ac619d18c84a3f4718e2"
"448b2fe324d9ccda2710acade256", "9924a7c8587336bfb118024db8674a14" },
    { 10, "feffe9928665731c6d6a8f9467308308feffe9928665731c", "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2", "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16a"
"edf5aa0de657ba637b39",
 "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c7d773d00c144c525ac619d18c84a3f4718e2"
"448b2fe324d9ccda2710", "2519498e80f1478f37ba55bd6d27618c" },
    { 11, "feffe9928665731c6d6a8f9467308308feffe9928665731c", "cafebabefacedbad", "feedfacedeadbeeffeedfacedeadbeefabaddad2", "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16a"
"edf5aa0de657ba637b39",
 "0f10f599ae14a154ed24b36e25324db8c566632ef2bbb34f8347280fc4507057fddc29df9a471f75c66541d4d4dad1c9e93a"
"19a58e8b473fa0f062f7", "65dcc57fcf623a24094fcca40d3533f8" },
    { 12, "feffe9928665731c6d6a8f9467308308feffe9928665731c", "9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728c3c0c95156809539fcf0e2429a6b525416ae"
"dbf5a0de6a57a637b39b", "feedfacedeadbeeffeedfacedeadbeefabaddad2", "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16a"
"edf5aa0de657ba637b39",
 "d27e88681ce3243c4830165a8fdcf9ff1de9a1d8e6b447ef6ef7b79828666e4581e79012af34ddd9e2f037589b292db3e67c"
"036745fa22e7e9b7373b", "dcf566ff291c25bbb8568fc3d376a6d9" },
    { 13, "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "",
 "", "530f8afbc74536b9a963b4f1c4cb738b" },
    { 14, "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "00000000000000000000000000000000",
 "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919" },
    { 15, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "", "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16a"
"edf5aa0de657ba637b391aafd255",
 "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f6"
"1e6393ba7a0abcc9f662898015ad", "b094dac5d93471bdec1a502270e3cc6c" },
    { 16, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2", "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16a"
"edf5aa0de657ba637b39",
 "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f6"
"1e6393ba7a0abcc9f662", "76fc6ece0f4e1768cddf8853bb2d551b" },
    { 17, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbad", "feedfacedeadbeeffeedfacedeadbeefabaddad2", "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16a"
"edf5aa0de657ba637b39",
 "c3762df1ca787d32ae47c13bf19844cbaf1ae14d0b976afac52ff7d79bba9de0feb582d33934a4f0954cc2363bc73f7862ac"
"430e64abe499f47c9b1f", "3a337dbf46a792c45e454913fe2ea8f2" },
    { 18, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728c3c0c95156809539fcf0e2429a6b525416ae"
"dbf5a0de6a57a637b39b", "feedfacedeadbeeffeedfacedeadbeefabaddad2", "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16a"
"edf5aa0de657ba637b39",
 "5a8def2f0c9e53f1f75d7853659e2a20eeb2b22aafde6419a058ab4f6f746bf40fc0c3b780f244452da3ebf1c5d82cdea241"
"8997200ef82e44ae7e3f", "a44a8266ee1c8eb0c8b5d4cf5ae9f19a" },
};

/* IV byte i is 3 * i + its length; key, plaintext and data are those of case 16. Computed from the definition with an
 * independent GHASH. */
static const struct {
    size_t iv_len;
    const char *cipher, *tag;
} long_ivs[] = {
    { 129, "49d50d93c1e46f55e812c1c10b2688a74f91b0e145e8dd6fb50540eac5cdff14c9e3ae26e1df34a3c2619de5c825f47653cc3146b94ba4668b4afb25", "aba9ee5ff7000a86db018151b70abee9" },
    { 200, "fa6ad9acfb7fa7df1c18f3d0d7f759032cde037f7299dc3b4ffc46722fb3af28162939dea36c85eb73c9accff50d9468477c5978cb24273e4e0ad0b1", "1893ae8d3bfeb3e00376f6e6a5615957" },
    { 256, "cdfbdab011bb761bb4419507723660812dd70493ffe535c9480ee182bd54fdae82cdb4a53a052bbb37f1a25e50ab4d719ebc38b936a6f9aefbe529a4", "721ed91fd712b29050aa8895d89221b1" },
};
/* clang-format on */

/* A key, a mechanism and an arena: what each test needs. */
typedef struct bench {
    qk_key *key;
    qk_mech_use use;
    qk_buf iv, aad;
    qk_arena arena;
} bench;

static void bench_init(bench *b, CK_MECHANISM_TYPE type, const char *key, const char *iv)
{
    b->key = secret_key_hex(CKK_AES, key);
    b->use = use_of(type);
    b->iv = unhex(iv);
    b->aad = QK_BUF_NONE;
    if (b->use.mech->param == QK_PARAM_IV)
        b->use.iv = qk_buf_view(&b->iv);
    qk_arena_init(&b->arena, 0);
}

static void bench_init_gcm(bench *b, const char *key, const char *iv, const char *aad, unsigned tag_bits)
{
    bench_init(b, CKM_AES_GCM, key, iv);
    b->aad = unhex(aad);
    b->use.gcm.iv = qk_buf_view(&b->iv);
    b->use.gcm.aad = qk_buf_view(&b->aad);
    b->use.gcm.tag_bits = tag_bits;
}

static void bench_done(bench *b)
{
    qk_key_unref(&b->key);
    qk_buf_done(&b->iv);
    qk_buf_done(&b->aad);
    qk_arena_done(&b->arena);
}

static qk_err encrypt(bench *b, qk_view plain, qk_view *out)
{
    return qk_engine_of(b->use.mech)->encrypt(b->key, &b->use, plain, &b->arena, out);
}

static qk_err decrypt(bench *b, qk_view cipher, qk_view *out)
{
    return qk_engine_of(b->use.mech)->decrypt(b->key, &b->use, cipher, &b->arena, out);
}

static const char key_128[] = "2b7e151628aed2a6abf7158809cf4f3c";

/* ---- block modes ---- */

static void sp_800_38a_examples_come_out(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf plain = unhex(blocks_plain);

    (void)state;
    for (size_t i = 0; i < COUNT(blocks); i++) {
        QK_OWNED(bench_done) bench b;
        qk_view cipher, back;

        bench_init(&b, blocks[i].type, blocks[i].key, cbc_iv);
        for (unsigned twice = 0; twice < 2; twice++) { /* with a fresh context, then with a kept one */
            assert_int_equal(encrypt(&b, qk_buf_view(&plain), &cipher), QK_OK);
            assert_hex(cipher, blocks[i].cipher);
            assert_int_equal(decrypt(&b, cipher, &back), QK_OK);
            assert_bytes(back, qk_buf_view(&plain));
        }
    }
}

static void padding_fits_every_length(void **state)
{
    QK_OWNED(bench_done) bench b;
    uint8_t plain[65];

    (void)state;
    bench_init(&b, CKM_AES_CBC_PAD, key_128, cbc_iv);
    memset(plain, 7, sizeof plain);
    for (size_t len = 0; len <= sizeof plain; len++) {
        qk_view cipher, back;

        assert_int_equal(encrypt(&b, qk_view_of(plain, len), &cipher), QK_OK);
        assert_int_equal(cipher.len, (len / 16 + 1) * 16);
        assert_int_equal(cipher.len, qk_engine_of(b.use.mech)->output_len(b.key, &b.use, QK_ENCRYPT, len));
        assert_int_equal(decrypt(&b, cipher, &back), QK_OK);
        assert_bytes(back, qk_view_of(plain, len));
    }
}

/* Decrypts, with padding, what was encrypted without: the last block is ours to choose. */
static qk_err unpad(const uint8_t last[16], size_t *out_len)
{
    QK_OWNED(bench_done) bench plain;
    QK_OWNED(bench_done) bench padded;
    uint8_t message[32] = { 1, 2, 3 };
    qk_view cipher, back = QK_VIEW_NONE;
    qk_err err;

    bench_init(&plain, CKM_AES_CBC, key_128, cbc_iv);
    bench_init(&padded, CKM_AES_CBC_PAD, key_128, cbc_iv);
    memcpy(message + 16, last, 16);
    assert_int_equal(encrypt(&plain, qk_view_of(message, sizeof message), &cipher), QK_OK);
    err = decrypt(&padded, cipher, &back);
    *out_len = back.len;
    return err;
}

static void well_formed_padding_is_taken_off(void **state)
{
    (void)state;
    for (size_t padding = 1; padding <= 16; padding++) {
        uint8_t last[16] = { 0 };
        size_t len;

        memset(last + 16 - padding, (int)padding, padding);
        assert_int_equal(unpad(last, &len), QK_OK);
        assert_int_equal(len, 32 - padding);
    }
}

static void malformed_padding_is_refused_in_one_way(void **state)
{
    uint8_t last[16];
    size_t len;

    (void)state;
    for (unsigned count = 0; count < 256; count++) { /* a count that is zero or too large, or bytes that differ */
        memset(last, 0xa5, sizeof last);
        last[15] = (uint8_t)count;
        if (count != 1)
            assert_int_equal(unpad(last, &len), QK_E_CIPHERTEXT_INVALID);
    }
    for (size_t place = 0; place < 15; place++) { /* one wrong byte */
        memset(last, 16, sizeof last);
        last[place] ^= 1;
        assert_int_equal(unpad(last, &len), QK_E_CIPHERTEXT_INVALID);
    }
}

static void lengths_that_no_block_fits_are_refused(void **state)
{
    static const CK_MECHANISM_TYPE types[] = { CKM_AES_ECB, CKM_AES_CBC, CKM_AES_CBC_PAD };
    static const uint8_t bytes[17];
    qk_view out;

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        QK_OWNED(bench_done) bench b;

        bench_init(&b, types[i], key_128, cbc_iv);
        assert_int_equal(decrypt(&b, qk_view_of(bytes, 15), &out), QK_E_CIPHERTEXT_LENGTH);
        assert_int_equal(decrypt(&b, qk_view_of(bytes, 17), &out), QK_E_CIPHERTEXT_LENGTH);
        if (types[i] == CKM_AES_CBC_PAD) {
            assert_int_equal(decrypt(&b, QK_VIEW_NONE, &out), QK_E_CIPHERTEXT_LENGTH);
            continue;
        }
        assert_int_equal(encrypt(&b, qk_view_of(bytes, 15), &out), QK_E_BAD_LENGTH);
        assert_int_equal(encrypt(&b, qk_view_of(bytes, 17), &out), QK_E_BAD_LENGTH);
        assert_int_equal(encrypt(&b, QK_VIEW_NONE, &out), QK_OK);
        assert_int_equal(out.len, 0);
    }
}

static void keys_of_other_sizes_are_refused(void **state)
{
    QK_OWNED(bench_done) bench b;
    qk_view out;

    (void)state;
    bench_init(&b, CKM_AES_ECB, "0011223344", "");
    assert_int_equal(encrypt(&b, QK_VIEW_NONE, &out), QK_E_KEY_SIZE);
}

/* ---- GCM ---- */

static void gcm_examples_come_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(gcm); i++) {
        QK_OWNED(bench_done) bench b;
        QK_OWNED(qk_buf_done) qk_buf plain = unhex(gcm[i].plain);
        qk_view sealed, back;

        bench_init_gcm(&b, gcm[i].key, gcm[i].iv, gcm[i].aad, 128);
        for (unsigned twice = 0; twice < 2; twice++) {
            assert_int_equal(encrypt(&b, qk_buf_view(&plain), &sealed), QK_OK);
            assert_int_equal(sealed.len, plain.len + 16);
            assert_int_equal(sealed.len, qk_engine_of(b.use.mech)->output_len(b.key, &b.use, QK_ENCRYPT, plain.len));
            assert_hex(qk_view_slice(sealed, 0, plain.len), gcm[i].cipher);
            assert_hex(qk_view_slice(sealed, plain.len, 16), gcm[i].tag);
            assert_int_equal(decrypt(&b, sealed, &back), QK_OK);
            assert_int_equal(back.len, qk_engine_of(b.use.mech)->output_len(b.key, &b.use, QK_DECRYPT, sealed.len));
            assert_bytes(back, qk_buf_view(&plain));
        }
    }
}

static const char gcm_key[] = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
static const char gcm_aad[] = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
static const char gcm_plain[] = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a31"
                                "8a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";

static void ivs_up_to_256_bytes_work(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf plain = unhex(gcm_plain);

    (void)state;
    for (size_t i = 0; i < COUNT(long_ivs); i++) {
        QK_OWNED(bench_done) bench b;
        uint8_t iv[256];
        qk_view sealed, back;

        bench_init_gcm(&b, gcm_key, "", gcm_aad, 128);
        for (size_t at = 0; at < sizeof iv; at++)
            iv[at] = (uint8_t)(at * 3 + long_ivs[i].iv_len);
        b.use.gcm.iv = qk_view_of(iv, long_ivs[i].iv_len);
        assert_int_equal(encrypt(&b, qk_buf_view(&plain), &sealed), QK_OK);
        assert_hex(qk_view_slice(sealed, 0, plain.len), long_ivs[i].cipher);
        assert_hex(qk_view_slice(sealed, plain.len, 16), long_ivs[i].tag);
        assert_int_equal(decrypt(&b, sealed, &back), QK_OK);
        assert_bytes(back, qk_buf_view(&plain));
    }
}

/* OpenSSL judges the replacement of IVs that it takes itself. */
static void a_replaced_iv_encrypts_alike(void **state)
{
    static const size_t lens[] = { 1, 8, 13, 15, 16, 17, 32, 60, 127, 128 };
    static const uint8_t zero[16];
    uint8_t iv[128], hash_key[16], equal[16];
    draws d = { 5 };

    (void)state;
    draw_bytes(&d, iv, sizeof iv);
    for (size_t i = 0; i < COUNT(lens); i++) {
        QK_OWNED(bench_done) bench b;
        qk_view straight, replaced;

        bench_init_gcm(&b, gcm_key, "", gcm_aad, 128);
        assert_int_equal(qk_cipher_whole(b.key, QK_MODE_ECB, true, NULL, qk_view_of(zero, 16), hash_key), QK_OK);
        qk_gcm_equal_iv(hash_key, qk_view_of(iv, lens[i]), equal);
        b.use.gcm.iv = qk_view_of(iv, lens[i]);
        assert_int_equal(encrypt(&b, QK_VIEW_LITERAL("some text"), &straight), QK_OK);
        b.use.gcm.iv = qk_view_of(equal, sizeof equal);
        assert_int_equal(encrypt(&b, QK_VIEW_LITERAL("some text"), &replaced), QK_OK);
        assert_bytes(replaced, straight);
    }
}

static void shorter_tags_are_the_start_of_the_whole(void **state)
{
    static const unsigned sizes[] = { 32, 64, 96, 104, 112, 120 };
    QK_OWNED(bench_done) bench b;
    qk_view whole, shorter, back;

    (void)state;
    bench_init_gcm(&b, gcm_key, "cafebabefacedbaddecaf888", gcm_aad, 128);
    assert_int_equal(encrypt(&b, QK_VIEW_LITERAL("text"), &whole), QK_OK);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        b.use.gcm.tag_bits = sizes[i];
        assert_int_equal(encrypt(&b, QK_VIEW_LITERAL("text"), &shorter), QK_OK);
        assert_bytes(shorter, qk_view_slice(whole, 0, 4 + sizes[i] / 8));
        assert_int_equal(decrypt(&b, shorter, &back), QK_OK);
        assert_bytes(back, QK_VIEW_LITERAL("text"));
    }
}

static void a_changed_gcm_message_is_refused(void **state)
{
    QK_OWNED(bench_done) bench b;
    uint8_t changed[64];
    qk_view sealed, out;

    (void)state;
    bench_init_gcm(&b, gcm_key, "cafebabefacedbaddecaf888", gcm_aad, 128);
    assert_int_equal(encrypt(&b, QK_VIEW_LITERAL("a text"), &sealed), QK_OK);
    for (size_t bit = 0; bit < 8 * sealed.len; bit++) {
        memcpy(changed, sealed.data, sealed.len);
        changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(decrypt(&b, qk_view_of(changed, sealed.len), &out), QK_E_CIPHERTEXT_INVALID);
    }
    b.iv.data[0] ^= 1;
    assert_int_equal(decrypt(&b, sealed, &out), QK_E_CIPHERTEXT_INVALID);
    b.iv.data[0] ^= 1;
    b.aad.data[0] ^= 1;
    assert_int_equal(decrypt(&b, sealed, &out), QK_E_CIPHERTEXT_INVALID);
    b.aad.data[0] ^= 1;
    assert_int_equal(decrypt(&b, sealed, &out), QK_OK);
    assert_bytes(out, QK_VIEW_LITERAL("a text"));
}

static void a_gcm_message_shorter_than_its_tag_is_refused(void **state)
{
    QK_OWNED(bench_done) bench b;
    qk_view out;

    (void)state;
    bench_init_gcm(&b, gcm_key, "cafebabefacedbaddecaf888", gcm_aad, 128);
    assert_int_equal(decrypt(&b, QK_VIEW_LITERAL("fifteen bytes.."), &out), QK_E_CIPHERTEXT_LENGTH);
    assert_int_equal(qk_engine_of(b.use.mech)->output_len(b.key, &b.use, QK_DECRYPT, 15), 0);
}

static void gcm_parameters_out_of_range_are_refused(void **state)
{
    static const unsigned sizes[] = { 0, 24, 31, 33, 136 };
    QK_OWNED(bench_done) bench b;
    qk_view out;

    (void)state;
    bench_init_gcm(&b, gcm_key, "cafebabefacedbaddecaf888", gcm_aad, 128);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        b.use.gcm.tag_bits = sizes[i];
        assert_int_equal(encrypt(&b, QK_VIEW_NONE, &out), QK_E_MECHANISM_PARAM);
    }
    b.use.gcm.tag_bits = 128;
    b.use.gcm.iv = QK_VIEW_NONE;
    assert_int_equal(encrypt(&b, QK_VIEW_NONE, &out), QK_E_MECHANISM_PARAM);
}

/* One key, every mode and both directions by turns: kept contexts never mix. */
static void modes_share_a_key_by_turns(void **state)
{
    static const CK_MECHANISM_TYPE types[] = { CKM_AES_ECB, CKM_AES_CBC, CKM_AES_CBC_PAD, CKM_AES_GCM };
    QK_OWNED(bench_done) bench b;
    uint8_t plain[160];
    draws d = { 3 };

    (void)state;
    bench_init_gcm(&b, gcm_key, cbc_iv, gcm_aad, 128);
    draw_bytes(&d, plain, sizeof plain);
    for (unsigned round = 0; round < 300; round++) {
        qk_view text = qk_view_of(plain, 16 * draw(&d, sizeof plain / 16)), cipher, back;

        b.use = use_of(types[draw(&d, COUNT(types))]);
        if (b.use.mech->param == QK_PARAM_GCM) {
            b.use.gcm.iv = qk_view_slice(qk_buf_view(&b.iv), 0, 1 + draw(&d, 16));
            b.use.gcm.aad = qk_view_slice(qk_buf_view(&b.aad), 0, draw(&d, 20));
            b.use.gcm.tag_bits = 128;
        } else if (b.use.mech->param == QK_PARAM_IV) {
            b.use.iv = qk_buf_view(&b.iv);
        }
        assert_int_equal(encrypt(&b, text, &cipher), QK_OK);
        assert_int_equal(decrypt(&b, cipher, &back), QK_OK);
        assert_bytes(back, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sp_800_38a_examples_come_out),
        cmocka_unit_test(padding_fits_every_length),
        cmocka_unit_test(well_formed_padding_is_taken_off),
        cmocka_unit_test(malformed_padding_is_refused_in_one_way),
        cmocka_unit_test(lengths_that_no_block_fits_are_refused),
        cmocka_unit_test(keys_of_other_sizes_are_refused),
        cmocka_unit_test(gcm_examples_come_out),
        cmocka_unit_test(ivs_up_to_256_bytes_work),
        cmocka_unit_test(a_replaced_iv_encrypts_alike),
        cmocka_unit_test(shorter_tags_are_the_start_of_the_whole),
        cmocka_unit_test(a_changed_gcm_message_is_refused),
        cmocka_unit_test(a_gcm_message_shorter_than_its_tag_is_refused),
        cmocka_unit_test(gcm_parameters_out_of_range_are_refused),
        cmocka_unit_test(modes_share_a_key_by_turns),
    };
    return cmocka_run_group_tests_name("aes", tests, crypto_setup, crypto_teardown);
}
