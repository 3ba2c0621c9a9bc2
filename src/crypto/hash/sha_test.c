/* SPDX-License-Identifier: Apache-2.0 */
/* Known answers of the example documents for FIPS 180-4 and FIPS 202, then agreement with OpenSSL on random lengths and
 * splits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "base/encoding.h"
#include "crypto/hash/sha.h"

#define EMPTY      ""
#define ABC        "abc"
#define TWO_BLOCKS "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
#define FOUR_BLOCKS                                                                                                    \
    "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"

typedef struct known_answer {
    CK_MECHANISM_TYPE type;
    const char *message, *digest;
} known_answer;

/* clang-format off */
static const known_answer answers[] = {
    { CKM_SHA_1, EMPTY, "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
    { CKM_SHA_1, ABC, "a9993e364706816aba3e25717850c26c9cd0d89d" },
    { CKM_SHA_1, TWO_BLOCKS, "84983e441c3bd26ebaae4aa1f95129e5e54670f1" },
    { CKM_SHA_1, FOUR_BLOCKS, "a49b2446a02c645bf419f995b67091253a04a259" },
    { CKM_SHA224, EMPTY, "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f" },
    { CKM_SHA224, ABC, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7" },
    { CKM_SHA224, TWO_BLOCKS, "75388b16512776cc5dba5da1fd890150b0c6455cb4f58b1952522525" },
    { CKM_SHA224, FOUR_BLOCKS, "c97ca9a559850ce97a04a96def6d99a9e0e0e2ab14e6b8df265fc0b3" },
    { CKM_SHA256, EMPTY, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { CKM_SHA256, ABC, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { CKM_SHA256, TWO_BLOCKS, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    { CKM_SHA256, FOUR_BLOCKS, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
    { CKM_SHA384, EMPTY, "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b" },
    { CKM_SHA384, ABC, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7" },
    { CKM_SHA384, TWO_BLOCKS, "3391fdddfc8dc7393707a65b1b4709397cf8b1d162af05abfe8f450de5f36bc6b0455a8520bc4e6f5fe95b1fe3c8452b" },
    { CKM_SHA384, FOUR_BLOCKS, "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746039" },
    { CKM_SHA512, EMPTY, "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e" },
    { CKM_SHA512, ABC, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
    { CKM_SHA512, TWO_BLOCKS, "204a8fc6dda82f0a0ced7beb8e08a41657c16ef468b228a8279be331a703c33596fd15c13b1b07f9aa1d3bea57789ca031ad85c7a71dd70354ec631238ca3445" },
    { CKM_SHA512, FOUR_BLOCKS, "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909" },
    { CKM_SHA512_224, EMPTY, "6ed0dd02806fa89e25de060c19d3ac86cabb87d6a0ddd05c333b84f4" },
    { CKM_SHA512_224, ABC, "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa" },
    { CKM_SHA512_224, TWO_BLOCKS, "e5302d6d54bb242275d1e7622d68df6eb02dedd13f564c13dbda2174" },
    { CKM_SHA512_224, FOUR_BLOCKS, "23fec5bb94d60b23308192640b0c453335d664734fe40e7268674af9" },
    { CKM_SHA512_256, EMPTY, "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a" },
    { CKM_SHA512_256, ABC, "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23" },
    { CKM_SHA512_256, TWO_BLOCKS, "bde8e1f9f19bb9fd3406c90ec6bc47bd36d8ada9f11880dbc8a22a7078b6a461" },
    { CKM_SHA512_256, FOUR_BLOCKS, "3928e184fb8690f840da3988121d31be65cb9d3ef83ee6146feac861e19b563a" },
    { CKM_SHA3_224, EMPTY, "6b4e03423667dbb73b6e15454f0eb1abd4597f9a1b078e3f5b5a6bc7" },
    { CKM_SHA3_224, ABC, "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf" },
    { CKM_SHA3_224, TWO_BLOCKS, "8a24108b154ada21c9fd5574494479ba5c7e7ab76ef264ead0fcce33" },
    { CKM_SHA3_224, FOUR_BLOCKS, "543e6868e1666c1a643630df77367ae5a62a85070a51c14cbf665cbc" },
    { CKM_SHA3_256, EMPTY, "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a" },
    { CKM_SHA3_256, ABC, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532" },
    { CKM_SHA3_256, TWO_BLOCKS, "41c0dba2a9d6240849100376a8235e2c82e1b9998a999e21db32dd97496d3376" },
    { CKM_SHA3_256, FOUR_BLOCKS, "916f6061fe879741ca6469b43971dfdb28b1a32dc36cb3254e812be27aad1d18" },
    { CKM_SHA3_384, EMPTY, "0c63a75b845e4f7d01107d852e4c2485c51a50aaaa94fc61995e71bbee983a2ac3713831264adb47fb6bd1e058d5f004" },
    { CKM_SHA3_384, ABC, "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25" },
    { CKM_SHA3_384, TWO_BLOCKS, "991c665755eb3a4b6bbdfb75c78a492e8c56a22c5c4d7e429bfdbc32b9d4ad5aa04a1f076e62fea19eef51acd0657c22" },
    { CKM_SHA3_384, FOUR_BLOCKS, "79407d3b5916b59c3e30b09822974791c313fb9ecc849e406f23592d04f625dc8c709b98b43b3852b337216179aa7fc7" },
    { CKM_SHA3_512, EMPTY, "a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a615b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26" },
    { CKM_SHA3_512, ABC, "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0" },
    { CKM_SHA3_512, TWO_BLOCKS, "04a371e84ecfb5b8b77cb48610fca8182dd457ce6f326a0fd3d7ec2f1e91636dee691fbe0c985302ba1b0d8dc78c086346b533b49c030d99a27daf1139d6e75e" },
    { CKM_SHA3_512, FOUR_BLOCKS, "afebb2ef542e6579c50cad06d2e578f9f8dd6881d7dc824d26360feebf18a4fa73e3261122948efcfd492e74e82e2189ed0fb440d187f382270cb455f21dd185" },
};

static const known_answer million_a[] = {
    { CKM_SHA_1, NULL, "34aa973cd4c4daa4f61eeb2bdbad27316534016f" },
    { CKM_SHA224, NULL, "20794655980c91d8bbb4c1ea97618a4bf03f42581948b2ee4ee7ad67" },
    { CKM_SHA256, NULL, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
    { CKM_SHA384, NULL, "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b07b8b3dc38ecc4ebae97ddd87f3d8985" },
    { CKM_SHA512, NULL, "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b" },
    { CKM_SHA512_224, NULL, "37ab331d76f0d36de422bd0edeb22a28accd487b7a8453ae965dd287" },
    { CKM_SHA512_256, NULL, "9a59a052930187a97038cae692f30708aa6491923ef5194394dc68d56c74fb21" },
    { CKM_SHA3_224, NULL, "d69335b93325192e516a912e6d19a15cb51c6ed5c15243e7a7fd653c" },
    { CKM_SHA3_256, NULL, "5c8875ae474a3634ba4fd55ec85bffd661f32aca75c6d699d0cdcb6c115891c1" },
    { CKM_SHA3_384, NULL, "eee9e24d78c1855337983451df97c8ad9eedf256c6334f8e948d252d5e0e76847aa0774ddb90a842190d2c558b4b8340" },
    { CKM_SHA3_512, NULL, "3c3a876da14034ab60627c077bb98f7e120a2a5370212dffb3385a18d4f38859ed311d0a9d5141ce9cc5c66ee689b266a8aa18ace8282a0e0db596c90b0a7b87" },
};
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct {
    CK_MECHANISM_TYPE type;
    const char *openssl_name;
} functions[] = {
    { CKM_SHA_1, "SHA1" },
    { CKM_SHA224, "SHA2-224" },
    { CKM_SHA256, "SHA2-256" },
    { CKM_SHA384, "SHA2-384" },
    { CKM_SHA512, "SHA2-512" },
    { CKM_SHA512_224, "SHA2-512/224" },
    { CKM_SHA512_256, "SHA2-512/256" },
    { CKM_SHA3_224, "SHA3-224" },
    { CKM_SHA3_256, "SHA3-256" },
    { CKM_SHA3_384, "SHA3-384" },
    { CKM_SHA3_512, "SHA3-512" },
};

static uint64_t seed;

static size_t draw(size_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (size_t)((seed >> 33) % below);
}

static void assert_digest(const qk_sha_kind *kind, const uint8_t *digest, const char *expected)
{
    char hex[2 * QK_SHA_MAX_DIGEST + 1];

    qk_hex_write(qk_view_of(digest, kind->digest_len), hex);
    assert_string_equal(hex, expected);
}

static void the_standards_examples_come_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        const qk_sha_kind *kind = qk_sha_find(answers[i].type);
        uint8_t digest[QK_SHA_MAX_DIGEST];
        qk_sha sha;

        qk_sha_init(&sha, kind);
        qk_sha_update(&sha, qk_view_text(answers[i].message));
        qk_sha_final(&sha, digest);
        assert_digest(kind, digest, answers[i].digest);
    }
}

static void a_million_letters_come_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(million_a); i++) {
        const qk_sha_kind *kind = qk_sha_find(million_a[i].type);
        uint8_t digest[QK_SHA_MAX_DIGEST], piece[1000];
        qk_sha sha;

        memset(piece, 'a', sizeof piece);
        qk_sha_init(&sha, kind);
        for (unsigned times = 0; times < 1000; times++)
            qk_sha_update(&sha, qk_view_of(piece, sizeof piece));
        qk_sha_final(&sha, digest);
        assert_digest(kind, digest, million_a[i].digest);
    }
}

static void random_lengths_and_splits_agree_with_openssl(void **state)
{
    OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();
    uint8_t data[1200], ours[QK_SHA_MAX_DIGEST], theirs[QK_SHA_MAX_DIGEST];

    (void)state;
    seed = 1;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)draw(256);
    for (size_t f = 0; f < COUNT(functions); f++) {
        const qk_sha_kind *kind = qk_sha_find(functions[f].type);
        EVP_MD *md = EVP_MD_fetch(context, functions[f].openssl_name, NULL);

        assert_non_null(md);
        for (unsigned round = 0; round < 500; round++) {
            size_t len = draw(sizeof data + 1), first = draw(len + 1), second = draw(len - first + 1);
            qk_view all = qk_view_of(data, len);
            unsigned digest_len;
            qk_sha sha;

            qk_sha_init(&sha, kind);
            qk_sha_update(&sha, qk_view_slice(all, 0, first));
            qk_sha_update(&sha, qk_view_slice(all, first, second));
            qk_sha_update(&sha, qk_view_slice(all, first + second, len));
            qk_sha_final(&sha, ours);
            assert_int_equal(EVP_Digest(data, len, theirs, &digest_len, md, NULL), 1);
            assert_int_equal(digest_len, kind->digest_len);
            assert_memory_equal(ours, theirs, digest_len);
        }
        EVP_MD_free(md);
    }
    OSSL_LIB_CTX_free(context);
}

static void a_state_travels_at_every_split(void **state)
{
    uint8_t data[300], straight[QK_SHA_MAX_DIGEST], travelled[QK_SHA_MAX_DIGEST];

    (void)state;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    for (size_t f = 0; f < COUNT(functions); f++) {
        const qk_sha_kind *kind = qk_sha_find(functions[f].type);
        qk_sha sha;

        qk_sha_init(&sha, kind);
        qk_sha_update(&sha, qk_view_of(data, sizeof data));
        qk_sha_final(&sha, straight);
        for (size_t split = 0; split <= sizeof data; split++) {
            QK_OWNED(qk_buf_done) qk_buf saved = QK_BUF_NONE;
            qk_reader reader;

            qk_sha_init(&sha, kind);
            qk_sha_update(&sha, qk_view_of(data, split));
            qk_sha_save(&sha, &saved);
            assert_int_equal(qk_buf_check(&saved), QK_OK);
            qk_sha_done(&sha);
            reader = qk_reader_of(qk_buf_view(&saved));
            assert_int_equal(qk_sha_load(kind, &reader, &sha), QK_OK);
            assert_true(qk_reader_ended(&reader));
            qk_sha_update(&sha, qk_view_of(data + split, sizeof data - split));
            qk_sha_final(&sha, travelled);
            assert_memory_equal(straight, travelled, kind->digest_len);
        }
    }
}

static void a_saved_state_is_big_endian(void **state)
{
    /* SHA-256 after "abc": the initial value, the length, the three bytes. */
    static const char expected[] = "6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19"
                                   "0000000000000003"
                                   "616263";
    QK_OWNED(qk_buf_done) qk_buf saved = QK_BUF_NONE;
    char hex[sizeof expected];
    qk_sha sha;

    (void)state;
    qk_sha_init(&sha, qk_sha_find(CKM_SHA256));
    qk_sha_update(&sha, QK_VIEW_LITERAL("abc"));
    qk_sha_save(&sha, &saved);
    assert_int_equal(2 * saved.len + 1, sizeof hex);
    qk_hex_write(qk_buf_view(&saved), hex);
    assert_string_equal(hex, expected);
}

static void a_shortened_state_is_refused(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf saved = QK_BUF_NONE;
    const qk_sha_kind *kind = qk_sha_find(CKM_SHA512);
    qk_sha sha;

    (void)state;
    qk_sha_init(&sha, kind);
    qk_sha_update(&sha, QK_VIEW_LITERAL("some waiting bytes"));
    qk_sha_save(&sha, &saved);
    for (size_t len = 0; len < saved.len; len++) {
        qk_reader reader = qk_reader_of(qk_view_of(saved.data, len));
        assert_int_equal(qk_sha_load(kind, &reader, &sha), QK_E_STATE_INVALID);
    }
}

static void a_state_of_impossible_length_is_refused(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf saved = QK_BUF_NONE;
    const qk_sha_kind *kind = qk_sha_find(CKM_SHA256);
    qk_reader reader;
    qk_sha sha;

    (void)state;
    qk_sha_init(&sha, kind);
    qk_sha_save(&sha, &saved);
    saved.data[32] = 0x1f; /* 0x1f00... bytes: the last that fit in 2^64 bits */
    reader = qk_reader_of(qk_buf_view(&saved));
    assert_int_equal(qk_sha_load(kind, &reader, &sha), QK_OK);
    saved.data[32] = 0x20;
    reader = qk_reader_of(qk_buf_view(&saved));
    assert_int_equal(qk_sha_load(kind, &reader, &sha), QK_E_STATE_INVALID);
}

/* The table may have OpenSSL's; ours are there for builds of OpenSSL that have none apart. */
static void our_blocks_are_those_of_the_table(void **state)
{
    static const struct {
        CK_MECHANISM_TYPE type;
        void (*ours)(qk_sha_chain *chain, const uint8_t *data, size_t blocks);
    } rows[] = { { CKM_SHA_1, qk_sha1_compress },
                 { CKM_SHA256, qk_sha256_compress },
                 { CKM_SHA512, qk_sha512_compress } };
    uint8_t data[3 * QK_SHA_MAX_BLOCK];

    (void)state;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + i / 5);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const qk_sha_kind *kind = qk_sha_find(rows[i].type);
        qk_sha_chain ours = kind->start, theirs = kind->start;
        rows[i].ours(&ours, data, 3);
        kind->compress(&theirs, data, 3);
        assert_memory_equal(&ours, &theirs, kind->words * kind->word_len);
    }
}

static void ibm_numbers_name_the_same_functions(void **state)
{
    (void)state;
    assert_ptr_equal(qk_sha_find(CKM_IBM_SHA512_224), qk_sha_find(CKM_SHA512_224));
    assert_ptr_equal(qk_sha_find(CKM_IBM_SHA512_256), qk_sha_find(CKM_SHA512_256));
}

static void other_mechanisms_are_not_found(void **state)
{
    (void)state;
    assert_null(qk_sha_find(CKM_MD5));
    assert_null(qk_sha_find(CKM_AES_CBC));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standards_examples_come_out),
        cmocka_unit_test(a_million_letters_come_out),
        cmocka_unit_test(random_lengths_and_splits_agree_with_openssl),
        cmocka_unit_test(a_state_travels_at_every_split),
        cmocka_unit_test(a_saved_state_is_big_endian),
        cmocka_unit_test(a_shortened_state_is_refused),
        cmocka_unit_test(a_state_of_impossible_length_is_refused),
        cmocka_unit_test(our_blocks_are_those_of_the_table),
        cmocka_unit_test(ibm_numbers_name_the_same_functions),
        cmocka_unit_test(other_mechanisms_are_not_found),
    };
    return cmocka_run_group_tests_name("sha", tests, NULL, NULL);
}
