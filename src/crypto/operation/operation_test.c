/* SPDX-License-Identifier: Apache-2.0 */
/* Operations in parts must give what the one-call functions give, however the message is cut and wherever the state
 * travels in between; and whatever bytes come as a state, loading them does no harm. */
#include "crypto/testing.h"

#include "crypto/cipher/cipher.h"

enum { MESSAGE = 150 };

static const char iv_hex[] = "000102030405060708090a0b0c0d0e0f";
static const char aes_hex[] = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";

/* Everything a case needs. `key` signs or encrypts, `opposite` verifies or decrypts. */
typedef struct bench {
    qk_key *key, *opposite;
    qk_mech_use use;
    qk_buf iv;
    qk_arena arena;
    uint8_t message[MESSAGE];
} bench;

static void bench_done(bench *b)
{
    qk_key_unref(&b->key);
    qk_key_unref(&b->opposite);
    qk_buf_done(&b->iv);
    qk_arena_done(&b->arena);
}

static void make_pair(bench *b, CK_MECHANISM_TYPE generation, qk_attrs *template_)
{
    qk_mech_use generate = use_of(generation);

    assert_int_equal(qk_key_generate_pair(&generate, template_, &b->opposite, &b->key), QK_OK);
    qk_attrs_done(template_);
}

static void make_keys(bench *b)
{
    static const uint8_t p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
    qk_attrs template_ = QK_ATTRS_NONE;

    if (b->use.mech->key == CKK_RSA) {
        assert_int_equal(qk_attrs_set_ulong(&template_, CKA_MODULUS_BITS, 2048), QK_OK);
        make_pair(b, CKM_RSA_PKCS_KEY_PAIR_GEN, &template_);
    } else if (b->use.mech->key == CKK_EC) {
        assert_int_equal(qk_attrs_set(&template_, CKA_EC_PARAMS, qk_view_of(p256, sizeof p256)), QK_OK);
        make_pair(b, CKM_EC_KEY_PAIR_GEN, &template_);
    } else if (b->use.mech->key != QK_NO_KEY) {
        b->key = secret_key_hex(CKK_AES, aes_hex);
        b->opposite = qk_key_ref(b->key);
    }
}

static void bench_init(bench *b, CK_MECHANISM_TYPE type)
{
    draws d = { type };

    *b = (bench){ .use = use_of(type), .iv = unhex(iv_hex) };
    qk_arena_init(&b->arena, 0);
    draw_bytes(&d, b->message, sizeof b->message);
    make_keys(b);
    if (b->use.mech->param == QK_PARAM_IV)
        b->use.iv = qk_buf_view(&b->iv);
    if (b->use.mech->param == QK_PARAM_CTR) {
        b->use.ctr.block[15] = 250; /* a carry comes soon */
        b->use.ctr.bits = 64;
    }
    if (b->use.mech->param == QK_PARAM_MAC_LEN)
        b->use.mac_len = 7;
    if (b->use.mech->param == QK_PARAM_GCM) {
        b->use.gcm.iv = qk_buf_view(&b->iv);
        b->use.gcm.tag_bits = 128;
    }
    if (b->use.mech->param == QK_PARAM_PSS) {
        b->use.pss.hash = b->use.pss.mgf_hash = b->use.mech->hash;
        b->use.pss.salt_len = 20;
    }
}

static qk_operation *begin(unsigned function, qk_key *key, const qk_mech_use *use, bool portable)
{
    qk_operation *op = NULL;
    assert_int_equal(qk_operation_begin(function, key, use, portable, &op), QK_OK);
    return op;
}

/* Sends the operation's progress through bytes, as between two servers. */
static void travel(qk_operation **op, unsigned function, qk_key *key, const qk_mech_use *use)
{
    QK_OWNED(qk_secret_free) qk_secret progress = QK_SECRET_NONE;

    assert_int_equal(qk_operation_save(*op, &progress), QK_OK);
    qk_operation_free(op);
    assert_int_equal(qk_operation_load(function, key, use, qk_secret_reveal(&progress), op), QK_OK);
}

/* How a message is put through: in two parts cut at `cut`, with a journey after each part if `travels`. */
typedef struct way {
    size_t cut;
    bool portable, travels;
} way;

static qk_operation *put_through(bench *b, unsigned function, qk_key *key, qk_view message, way w, qk_buf *out)
{
    qk_operation *op = begin(function, key, &b->use, w.portable);
    qk_view pieces[] = { qk_view_slice(message, 0, w.cut), qk_view_slice(message, w.cut, message.len) };

    for (size_t i = 0; i < COUNT(pieces); i++) {
        size_t most = qk_operation_output_len(op, pieces[i].len, false);
        qk_view bytes;

        assert_int_equal(qk_operation_update(op, pieces[i], &b->arena, &bytes), QK_OK);
        assert_true(bytes.len <= most);
        qk_buf_put(out, bytes);
        if (w.travels)
            travel(&op, function, key, &b->use);
    }
    return op;
}

static qk_err run(bench *b, unsigned function, qk_key *key, qk_view message, way w, qk_buf *out)
{
    QK_OWNED(qk_operation_free) qk_operation *op = put_through(b, function, key, message, w, out);
    size_t most = qk_operation_output_len(op, 0, true);
    qk_view bytes;

    QK_TRY(qk_operation_finish(op, &b->arena, &bytes));
    assert_true(bytes.len <= most);
    qk_buf_put(out, bytes);
    return QK_OK;
}

static qk_err run_verify(bench *b, qk_view message, way w, qk_view signature)
{
    QK_OWNED(qk_buf_done) qk_buf nothing = QK_BUF_NONE;
    QK_OWNED(qk_operation_free) qk_operation *op = put_through(b, QK_VERIFY, b->opposite, message, w, &nothing);

    assert_int_equal(nothing.len, 0);
    return qk_operation_finish_verify(op, signature);
}

/* The three ways for each cut that can make a difference. */
static const way ways[] = { { 0, false, false }, { 0, true, false }, { 0, true, true } };

/* ---- digests and signatures ---- */

static void digests_in_parts_agree_with_one_call(void **state)
{
    static const CK_MECHANISM_TYPE types[] = { CKM_SHA_1,          CKM_SHA224,     CKM_SHA256,     CKM_SHA384,
                                               CKM_SHA512,         CKM_SHA512_224, CKM_SHA512_256, CKM_IBM_SHA512_224,
                                               CKM_IBM_SHA512_256, CKM_SHA3_224,   CKM_SHA3_256,   CKM_SHA3_384,
                                               CKM_IBM_SHA3_512 };
    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        QK_OWNED(bench_done) bench b;
        qk_view whole;

        bench_init(&b, types[i]);
        assert_int_equal(qk_crypto_digest(&b.use, qk_view_of(b.message, MESSAGE), &b.arena, &whole), QK_OK);
        for (size_t round = 0; round <= 3 * MESSAGE; round++) {
            QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;
            way w = ways[round % 3];

            w.cut = round / 3;
            assert_int_equal(run(&b, QK_DIGEST, NULL, qk_view_of(b.message, MESSAGE), w, &out), QK_OK);
            assert_bytes(qk_buf_view(&out), whole);
        }
    }
}

static void macs_in_parts_agree_with_one_call(void **state)
{
    static const CK_MECHANISM_TYPE types[] = { CKM_SHA_1_HMAC,    CKM_SHA256_HMAC,       CKM_SHA512_HMAC,
                                               CKM_AES_CMAC,      CKM_AES_CMAC_GENERAL,  CKM_IBM_CMAC,
                                               CKM_SHA3_224_HMAC, CKM_IBM_SHA3_512_HMAC, CKM_SHA256_HMAC_GENERAL };

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        QK_OWNED(bench_done) bench b;
        qk_view message, whole;

        bench_init(&b, types[i]);
        message = qk_view_of(b.message, MESSAGE);
        assert_int_equal(qk_crypto_sign(b.key, &b.use, message, &b.arena, &whole), QK_OK);
        for (size_t round = 0; round <= 3 * MESSAGE; round++) {
            QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;
            way w = ways[round % 3];

            w.cut = round / 3;
            assert_int_equal(run(&b, QK_SIGN, b.key, message, w, &out), QK_OK);
            assert_bytes(qk_buf_view(&out), whole);
            assert_int_equal(run_verify(&b, message, w, whole), QK_OK);
        }
    }
}

/* Signatures in parts verify in one call and the other way round, and not for another message. */
static void hashed_signatures_in_parts_verify(void **state)
{
    static const CK_MECHANISM_TYPE types[] = { CKM_SHA256_RSA_PKCS, CKM_SHA256_RSA_PKCS_PSS, CKM_ECDSA_SHA256,
                                               CKM_IBM_ECDSA_SHA384 };
    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        QK_OWNED(bench_done) bench b;
        qk_view message, whole;

        bench_init(&b, types[i]);
        message = qk_view_of(b.message, MESSAGE);
        assert_int_equal(qk_crypto_sign(b.key, &b.use, message, &b.arena, &whole), QK_OK);
        for (size_t round = 0; round < COUNT(ways); round++) {
            QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;
            way w = ways[round];

            w.cut = 64;
            assert_int_equal(run(&b, QK_SIGN, b.key, message, w, &out), QK_OK);
            assert_int_equal(qk_crypto_verify(b.opposite, &b.use, message, qk_buf_view(&out)), QK_OK);
            assert_int_equal(run_verify(&b, message, w, whole), QK_OK);
            assert_int_equal(run_verify(&b, qk_view_slice(message, 1, MESSAGE), w, whole), QK_E_SIGNATURE_INVALID);
        }
    }
}

static void a_wrong_mac_in_parts_is_refused(void **state)
{
    QK_OWNED(bench_done) bench b;
    uint8_t zero[33] = { 0 };
    qk_view message;

    (void)state;
    bench_init(&b, CKM_SHA256_HMAC);
    message = qk_view_of(b.message, MESSAGE);
    assert_int_equal(run_verify(&b, message, ways[0], qk_view_of(zero, 32)), QK_E_SIGNATURE_INVALID);
    assert_int_equal(run_verify(&b, message, ways[0], qk_view_of(zero, 33)), QK_E_SIGNATURE_LENGTH);
}

/* ---- block modes ---- */

static const CK_MECHANISM_TYPE block_types[] = { CKM_AES_ECB, CKM_AES_CBC, CKM_AES_CBC_PAD };

static void block_modes_in_parts_agree_with_one_call(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(block_types); i++) {
        QK_OWNED(bench_done) bench b;
        bool padded = block_types[i] == CKM_AES_CBC_PAD;

        bench_init(&b, block_types[i]);
        for (size_t len = 0; len < 50; len += padded ? 1 : 16)
            for (size_t round = 0; round <= 3 * len; round++) {
                QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;
                QK_OWNED(qk_buf_done) qk_buf back = QK_BUF_NONE;
                way w = ways[round % 3];
                qk_view message = qk_view_of(b.message, len), whole;

                w.cut = round / 3;
                assert_int_equal(qk_crypto_encrypt(b.key, &b.use, message, &b.arena, &whole), QK_OK);
                assert_int_equal(run(&b, QK_ENCRYPT, b.key, message, w, &out), QK_OK);
                assert_bytes(qk_buf_view(&out), whole);
                assert_int_equal(run(&b, QK_DECRYPT, b.key, whole, w, &back), QK_OK);
                assert_bytes(qk_buf_view(&back), message);
            }
    }
}

static void stream_modes_in_parts_agree_with_one_call(void **state)
{
    static const CK_MECHANISM_TYPE types[] = { CKM_AES_CTR, CKM_AES_OFB, CKM_AES_CFB8, CKM_AES_CFB128 };

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        QK_OWNED(bench_done) bench b;
        qk_view message, whole;

        bench_init(&b, types[i]);
        message = qk_view_of(b.message, MESSAGE);
        assert_int_equal(qk_crypto_encrypt(b.key, &b.use, message, &b.arena, &whole), QK_OK);
        for (size_t round = 0; round <= 3 * MESSAGE; round++) {
            QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;
            QK_OWNED(qk_buf_done) qk_buf back = QK_BUF_NONE;
            way w = ways[round % 3];

            w.cut = round / 3;
            assert_int_equal(run(&b, QK_ENCRYPT, b.key, message, w, &out), QK_OK);
            assert_bytes(qk_buf_view(&out), whole);
            assert_int_equal(run(&b, QK_DECRYPT, b.key, whole, w, &back), QK_OK);
            assert_bytes(qk_buf_view(&back), message);
        }
    }
}

/* Every part gives its bytes at once, whatever its length. */
static void small_parts_of_a_stream_come_at_once(void **state)
{
    static const CK_MECHANISM_TYPE types[] = { CKM_AES_CTR, CKM_AES_OFB, CKM_AES_CFB8, CKM_AES_CFB128 };

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++)
        for (size_t part = 1; part < 40; part += 3) {
            QK_OWNED(bench_done) bench b;
            QK_OWNED(qk_operation_free) qk_operation *op = NULL;
            QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;
            qk_view message, whole, bytes;

            bench_init(&b, types[i]);
            message = qk_view_of(b.message, MESSAGE);
            assert_int_equal(qk_crypto_encrypt(b.key, &b.use, message, &b.arena, &whole), QK_OK);
            op = begin(QK_DECRYPT, b.key, &b.use, true);
            for (size_t at = 0; at < whole.len; at += part) {
                assert_int_equal(qk_operation_update(op, qk_view_slice(whole, at, part), &b.arena, &bytes), QK_OK);
                assert_int_equal(bytes.len, qk_view_slice(whole, at, part).len);
                qk_buf_put(&out, bytes);
                travel(&op, QK_DECRYPT, b.key, &b.use);
            }
            assert_bytes(qk_buf_view(&out), message);
        }
}

static void many_small_parts_make_one_message(void **state)
{
    (void)state;
    for (size_t part = 1; part < 40; part++) {
        QK_OWNED(bench_done) bench b;
        QK_OWNED(qk_operation_free) qk_operation *op = NULL;
        QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;
        qk_view message, whole, bytes;

        bench_init(&b, CKM_AES_CBC_PAD);
        message = qk_view_of(b.message, MESSAGE);
        assert_int_equal(qk_crypto_encrypt(b.key, &b.use, message, &b.arena, &whole), QK_OK);
        op = begin(QK_DECRYPT, b.key, &b.use, true);
        for (size_t at = 0; at < whole.len; at += part) {
            assert_int_equal(qk_operation_update(op, qk_view_slice(whole, at, part), &b.arena, &bytes), QK_OK);
            assert_int_equal(bytes.len % 16, 0);
            qk_buf_put(&out, bytes);
        }
        assert_int_equal(out.len, whole.len - 16); /* the last block waits for the end */
        assert_int_equal(qk_operation_finish(op, &b.arena, &bytes), QK_OK);
        qk_buf_put(&out, bytes);
        assert_bytes(qk_buf_view(&out), message);
    }
}

static void an_incomplete_last_block_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(block_types); i++) {
        QK_OWNED(bench_done) bench b;
        QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;
        qk_view message;

        bench_init(&b, block_types[i]);
        message = qk_view_of(b.message, 33);
        if (block_types[i] != CKM_AES_CBC_PAD)
            assert_int_equal(run(&b, QK_ENCRYPT, b.key, message, ways[0], &out), QK_E_BAD_LENGTH);
        assert_int_equal(run(&b, QK_DECRYPT, b.key, message, ways[0], &out), QK_E_CIPHERTEXT_LENGTH);
    }
}

static void malformed_padding_in_parts_is_refused(void **state)
{
    QK_OWNED(bench_done) bench b;
    QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;
    qk_view cipher;

    (void)state;
    bench_init(&b, CKM_AES_CBC);
    memset(b.message, 0x77, 32);
    assert_int_equal(qk_crypto_encrypt(b.key, &b.use, qk_view_of(b.message, 32), &b.arena, &cipher), QK_OK);
    b.use.mech = qk_mech_find(CKM_AES_CBC_PAD);
    assert_int_equal(run(&b, QK_DECRYPT, b.key, cipher, ways[0], &out), QK_E_CIPHERTEXT_INVALID);
    assert_int_equal(out.len, 16);
}

/* ---- gathered ---- */

static void gcm_in_parts_answers_at_the_end(void **state)
{
    QK_OWNED(bench_done) bench b;
    QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf back = QK_BUF_NONE;
    QK_OWNED(qk_operation_free) qk_operation *op = NULL;
    qk_view message, whole;
    way w = { 70, false, false };

    (void)state;
    bench_init(&b, CKM_AES_GCM);
    message = qk_view_of(b.message, MESSAGE);
    assert_int_equal(qk_crypto_encrypt(b.key, &b.use, message, &b.arena, &whole), QK_OK);
    op = put_through(&b, QK_ENCRYPT, b.key, message, w, &out);
    assert_int_equal(out.len, 0);
    assert_int_equal(qk_operation_output_len(op, 0, true), whole.len);
    assert_int_equal(run(&b, QK_ENCRYPT, b.key, message, w, &out), QK_OK);
    assert_bytes(qk_buf_view(&out), whole);
    assert_int_equal(run(&b, QK_DECRYPT, b.key, whole, w, &back), QK_OK);
    assert_bytes(qk_buf_view(&back), message);
}

static void a_changed_gcm_message_gives_nothing(void **state)
{
    QK_OWNED(bench_done) bench b;
    QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf back = QK_BUF_NONE;

    (void)state;
    bench_init(&b, CKM_AES_GCM);
    assert_int_equal(run(&b, QK_ENCRYPT, b.key, qk_view_of(b.message, MESSAGE), ways[0], &out), QK_OK);
    out.data[5] ^= 1;
    assert_int_equal(run(&b, QK_DECRYPT, b.key, qk_buf_view(&out), ways[0], &back), QK_E_CIPHERTEXT_INVALID);
    assert_int_equal(back.len, 0);
}

static void more_than_64_mib_are_not_gathered(void **state)
{
    enum { PART = 8 << 20 };
    QK_OWNED(bench_done) bench b;
    QK_OWNED(qk_buf_done) qk_buf part = QK_BUF_NONE;
    QK_OWNED(qk_operation_free) qk_operation *op = NULL;
    qk_view out;

    (void)state;
    bench_init(&b, CKM_AES_GCM);
    assert_non_null(qk_buf_grow(&part, PART));
    memset(part.data, 0, PART);
    op = begin(QK_ENCRYPT, b.key, &b.use, false);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(qk_operation_update(op, qk_buf_view(&part), &b.arena, &out), QK_OK);
    assert_int_equal(qk_operation_update(op, QK_VIEW_LITERAL("x"), &b.arena, &out), QK_E_BAD_LENGTH);
}

/* ---- what cannot be begun, saved or gone on with ---- */

static void single_part_mechanisms_cannot_be_begun(void **state)
{
    QK_OWNED(bench_done) bench b;
    qk_operation *op = NULL;

    (void)state;
    bench_init(&b, CKM_ECDSA);
    assert_int_equal(qk_operation_begin(QK_SIGN, b.key, &b.use, false, &op), QK_E_MECHANISM_INVALID);
    assert_null(op);
}

static void mechanisms_do_only_what_they_can(void **state)
{
    QK_OWNED(bench_done) bench b;
    qk_operation *op = NULL;

    (void)state;
    bench_init(&b, CKM_SHA256_HMAC);
    assert_int_equal(qk_operation_begin(QK_ENCRYPT, b.key, &b.use, false, &op), QK_E_MECHANISM_INVALID);
    assert_int_equal(qk_operation_begin(QK_DIGEST, NULL, &b.use, false, &op), QK_E_MECHANISM_INVALID);
}

static void gathered_mechanisms_cannot_travel(void **state)
{
    QK_OWNED(bench_done) bench b;
    qk_operation *op = NULL;

    (void)state;
    bench_init(&b, CKM_AES_GCM);
    assert_int_equal(qk_operation_begin(QK_ENCRYPT, b.key, &b.use, true, &op), QK_E_MECHANISM_INVALID);
}

static void only_portable_operations_can_be_saved(void **state)
{
    QK_OWNED(bench_done) bench b;
    QK_OWNED(qk_operation_free) qk_operation *op = NULL;
    QK_OWNED(qk_secret_free) qk_secret progress = QK_SECRET_NONE;

    (void)state;
    bench_init(&b, CKM_SHA256);
    op = begin(QK_DIGEST, NULL, &b.use, false);
    assert_int_equal(qk_operation_save(op, &progress), QK_E_STATE_UNSAVEABLE);
}

static void an_ended_operation_does_not_go_on(void **state)
{
    QK_OWNED(bench_done) bench b;
    QK_OWNED(qk_operation_free) qk_operation *op = NULL;
    QK_OWNED(qk_secret_free) qk_secret progress = QK_SECRET_NONE;
    qk_view out;

    (void)state;
    bench_init(&b, CKM_SHA256);
    op = begin(QK_DIGEST, NULL, &b.use, true);
    assert_int_equal(qk_operation_finish(op, &b.arena, &out), QK_OK);
    assert_int_equal(qk_operation_update(op, QK_VIEW_LITERAL("x"), &b.arena, &out), QK_E_OPERATION_NONE);
    assert_int_equal(qk_operation_finish(op, &b.arena, &out), QK_E_OPERATION_NONE);
    assert_int_equal(qk_operation_save(op, &progress), QK_E_OPERATION_NONE);
}

static void the_parameter_may_go_away_after_the_begin(void **state)
{
    QK_OWNED(bench_done) bench b;
    QK_OWNED(qk_operation_free) qk_operation *op = NULL;
    qk_view whole, first, last;

    (void)state;
    bench_init(&b, CKM_AES_GCM);
    assert_int_equal(qk_crypto_encrypt(b.key, &b.use, QK_VIEW_LITERAL("text"), &b.arena, &whole), QK_OK);
    op = begin(QK_ENCRYPT, b.key, &b.use, false);
    memset(b.iv.data, 0xff, b.iv.len);
    qk_key_unref(&b.key);
    qk_key_unref(&b.opposite);
    assert_int_equal(qk_operation_update(op, QK_VIEW_LITERAL("text"), &b.arena, &first), QK_OK);
    assert_int_equal(qk_operation_finish(op, &b.arena, &last), QK_OK);
    assert_bytes(last, whole);
}

/* ---- states from outside ---- */

static void save_after(bench *b, unsigned function, qk_view message, qk_secret *out)
{
    QK_OWNED(qk_operation_free) qk_operation *op = begin(function, b->key, &b->use, true);
    qk_view bytes;

    assert_int_equal(qk_operation_update(op, message, &b->arena, &bytes), QK_OK);
    assert_int_equal(qk_operation_save(op, out), QK_OK);
}

static void a_state_of_another_function_is_refused(void **state)
{
    QK_OWNED(bench_done) bench b;
    QK_OWNED(qk_secret_free) qk_secret progress = QK_SECRET_NONE;
    qk_operation *op = NULL;

    (void)state;
    bench_init(&b, CKM_AES_CBC);
    save_after(&b, QK_ENCRYPT, qk_view_of(b.message, 20), &progress);
    assert_int_equal(qk_operation_load(QK_DECRYPT, b.key, &b.use, qk_secret_reveal(&progress), &op),
                     QK_E_STATE_INVALID);
    assert_null(op);
}

static void a_state_of_another_version_is_refused(void **state)
{
    QK_OWNED(bench_done) bench b;
    QK_OWNED(qk_secret_free) qk_secret progress = QK_SECRET_NONE;
    qk_operation *op = NULL;

    (void)state;
    bench_init(&b, CKM_SHA256);
    save_after(&b, QK_DIGEST, qk_view_of(b.message, 20), &progress);
    qk_secret_fill(&progress)[0]++;
    assert_int_equal(qk_operation_load(QK_DIGEST, NULL, &b.use, qk_secret_reveal(&progress), &op), QK_E_STATE_INVALID);
}

static void an_hmac_state_without_its_key_block_is_refused(void **state)
{
    QK_OWNED(bench_done) bench b;
    QK_OWNED(qk_secret_free) qk_secret progress = QK_SECRET_NONE;
    qk_operation *op = NULL;
    uint8_t *bytes;

    (void)state;
    bench_init(&b, CKM_SHA256_HMAC);
    save_after(&b, QK_SIGN, QK_VIEW_NONE, &progress);
    bytes = qk_secret_fill(&progress);
    assert_int_equal(bytes[2 + 4 + 32 + 7], 64); /* the count's last byte: one block */
    bytes[2 + 4 + 32 + 7] = 0;
    assert_int_equal(qk_operation_load(QK_SIGN, b.key, &b.use, qk_secret_reveal(&progress), &op), QK_E_STATE_INVALID);
}

static void shortened_and_lengthened_states_are_refused(void **state)
{
    static const CK_MECHANISM_TYPE types[] = { CKM_SHA512, CKM_AES_CBC_PAD, CKM_SHA_1_HMAC };
    static const unsigned functions[] = { QK_DIGEST, QK_ENCRYPT, QK_SIGN };

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        QK_OWNED(bench_done) bench b;
        QK_OWNED(qk_secret_free) qk_secret progress = QK_SECRET_NONE;
        uint8_t longer[512] = { 0 };
        qk_operation *op = NULL;
        qk_view all;

        bench_init(&b, types[i]);
        save_after(&b, functions[i], qk_view_of(b.message, 77), &progress);
        all = qk_secret_reveal(&progress);
        for (size_t len = 0; len < all.len; len++)
            assert_int_equal(qk_operation_load(functions[i], b.key, &b.use, qk_view_slice(all, 0, len), &op),
                             QK_E_STATE_INVALID);
        memcpy(longer, all.data, all.len);
        assert_int_equal(qk_operation_load(functions[i], b.key, &b.use, qk_view_of(longer, all.len + 1), &op),
                         QK_E_STATE_INVALID);
    }
}

/* Changes some bytes of a good state, or makes up a whole one. What loads must also run to its end. */
static void fuzz_once(bench *b, unsigned function, qk_view good, draws *d)
{
    QK_OWNED(qk_operation_free) qk_operation *op = NULL;
    uint8_t bytes[512];
    size_t len = good.len;
    qk_view out;
    qk_err err;

    memcpy(bytes, good.data, good.len);
    for (size_t times = draw(d, 4) + 1; times > 0; times--)
        bytes[draw(d, len)] = (uint8_t)(draw(d, 2) ? draw(d, 256) : draw(d, 40));
    if (draw(d, 4) == 0)
        len = draw(d, sizeof bytes);
    if (len > good.len)
        draw_bytes(d, bytes + good.len, len - good.len);
    err = qk_operation_load(function, b->key, &b->use, qk_view_of(bytes, len), &op);
    if (err != QK_OK) {
        assert_int_equal(err, QK_E_STATE_INVALID);
        return;
    }
    assert_int_equal(qk_operation_update(op, qk_view_of(b->message, draw(d, MESSAGE)), &b->arena, &out), QK_OK);
    if (function == QK_VERIFY)
        err = qk_operation_finish_verify(op, qk_view_of(b->message, 32));
    else
        err = qk_operation_finish(op, &b->arena, &out);
    (void)err; /* any answer is a good one */
}

static void no_state_does_harm(void **state)
{
    static const struct {
        CK_MECHANISM_TYPE type;
        unsigned function;
    } cases[] = {
        { CKM_SHA_1, QK_DIGEST },     { CKM_SHA256, QK_DIGEST },       { CKM_SHA512_224, QK_DIGEST },
        { CKM_SHA256_HMAC, QK_SIGN }, { CKM_SHA384_HMAC, QK_VERIFY },  { CKM_AES_ECB, QK_ENCRYPT },
        { CKM_AES_CBC, QK_DECRYPT },  { CKM_AES_CBC_PAD, QK_ENCRYPT }, { CKM_AES_CBC_PAD, QK_DECRYPT },
        { CKM_AES_CMAC, QK_SIGN },    { CKM_AES_OFB, QK_ENCRYPT },     { CKM_AES_CFB128, QK_DECRYPT },
        { CKM_AES_CFB8, QK_ENCRYPT }, { CKM_AES_CTR, QK_DECRYPT },
    };
    draws d = { 2026 };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        QK_OWNED(bench_done) bench b;

        bench_init(&b, cases[i].type);
        for (unsigned round = 0; round < 2000; round++) {
            QK_OWNED(qk_secret_free) qk_secret good = QK_SECRET_NONE;

            save_after(&b, cases[i].function, qk_view_of(b.message, draw(&d, MESSAGE)), &good);
            fuzz_once(&b, cases[i].function, qk_secret_reveal(&good), &d);
            qk_arena_reset(&b.arena);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_in_parts_agree_with_one_call),
        cmocka_unit_test(macs_in_parts_agree_with_one_call),
        cmocka_unit_test(hashed_signatures_in_parts_verify),
        cmocka_unit_test(a_wrong_mac_in_parts_is_refused),
        cmocka_unit_test(block_modes_in_parts_agree_with_one_call),
        cmocka_unit_test(stream_modes_in_parts_agree_with_one_call),
        cmocka_unit_test(small_parts_of_a_stream_come_at_once),
        cmocka_unit_test(many_small_parts_make_one_message),
        cmocka_unit_test(an_incomplete_last_block_is_refused),
        cmocka_unit_test(malformed_padding_in_parts_is_refused),
        cmocka_unit_test(gcm_in_parts_answers_at_the_end),
        cmocka_unit_test(a_changed_gcm_message_gives_nothing),
        cmocka_unit_test(more_than_64_mib_are_not_gathered),
        cmocka_unit_test(single_part_mechanisms_cannot_be_begun),
        cmocka_unit_test(mechanisms_do_only_what_they_can),
        cmocka_unit_test(gathered_mechanisms_cannot_travel),
        cmocka_unit_test(only_portable_operations_can_be_saved),
        cmocka_unit_test(an_ended_operation_does_not_go_on),
        cmocka_unit_test(the_parameter_may_go_away_after_the_begin),
        cmocka_unit_test(a_state_of_another_function_is_refused),
        cmocka_unit_test(a_state_of_another_version_is_refused),
        cmocka_unit_test(an_hmac_state_without_its_key_block_is_refused),
        cmocka_unit_test(shortened_and_lengthened_states_are_refused),
        cmocka_unit_test(no_state_does_harm),
    };
    return cmocka_run_group_tests_name("operation", tests, crypto_setup, crypto_teardown);
}
