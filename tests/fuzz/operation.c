/* SPDX-License-Identifier: Apache-2.0 */
/* The saved progress of an operation. Clients may hand in digest states of their own making; the others are sealed, and
 * read with the same care. Input: row of the mechanism table, function, progress. What loads goes on, is saved, and
 * ends in the same result from there. */
#include "fuzz.h"

#include "crypto/crypto.h"
#include "entropy/entropy.h"

static qk_key *aes, *des, *chacha, *generic, *rsa, *ec;
static const uint8_t iv[16] = "initialisation!";

static void make_pair(CK_MECHANISM_TYPE type, const qk_attrs *template_, qk_key **out_private)
{
    qk_mech_use use = { .mech = qk_mech_find(type) };
    qk_key *public = NULL;

    must(qk_key_generate_pair(&use, template_, &public, out_private));
    qk_key_unref(&public);
}

void fuzz_start(void)
{
    static const uint8_t value[32] = "the same key in each of the runs";
    static const uint8_t des_value[] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
                                         0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01 };
    static const uint8_t p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    must(qk_crypto_start());

    must(qk_entropy_start(NULL));
    must(qk_key_read(CKO_SECRET_KEY, CKK_AES, qk_view_of(value, sizeof value), &aes));
    must(qk_key_read(CKO_SECRET_KEY, CKK_DES2, qk_view_of(des_value, sizeof des_value), &des));
    must(qk_key_read(CKO_SECRET_KEY, CKK_CHACHA20, qk_view_of(value, sizeof value), &chacha));
    must(qk_key_read(CKO_SECRET_KEY, CKK_GENERIC_SECRET, qk_view_of(value, sizeof value), &generic));
    must(qk_attrs_set_ulong(&attrs, CKA_MODULUS_BITS, 1024));
    must(qk_attrs_set(&attrs, CKA_EC_PARAMS, qk_view_of(p256, sizeof p256)));
    make_pair(CKM_RSA_PKCS_KEY_PAIR_GEN, &attrs, &rsa);
    make_pair(CKM_EC_KEY_PAIR_GEN, &attrs, &ec);
}

static qk_key *key_for(const qk_mech *mech)
{
    return mech->key == CKK_AES         ? aes
           : mech->key == CKK_DES3      ? des
           : mech->key == CKK_CHACHA20  ? chacha
           : mech->type == CKM_IBM_CMAC ? aes
           : mech->key == CKK_RSA       ? rsa
           : mech->key == CKK_EC        ? ec
           : mech->key == QK_NO_KEY     ? NULL
                                        : generic;
}

static void set_parameter(qk_mech_use *use)
{
    if (use->mech->param == QK_PARAM_IV)
        use->iv = qk_view_of(iv, use->mech->iv_len);
    if (use->mech->param == QK_PARAM_CTR)
        use->ctr.bits = 64;
    if (use->mech->param == QK_PARAM_CHACHA20) {
        use->chacha.nonce = qk_view_of(iv, 12);
        use->chacha.counter_bits = 32;
    }
    if (use->mech->param == QK_PARAM_MAC_LEN)
        use->mac_len = 4;
    if (use->mech->param == QK_PARAM_GCM) {
        use->gcm.iv = qk_view_of(iv, 12);
        use->gcm.tag_bits = 128;
    }
    if (use->mech->param == QK_PARAM_PSS) {
        use->pss.hash = use->pss.mgf_hash = use->mech->hash == QK_NO_HASH ? CKM_SHA256 : use->mech->hash;
        use->pss.salt_len = 0;
    }
}

/* Ends it; the result, or empty if it ends in an error. Signatures may differ, so they count as empty. */
static qk_view finish(qk_operation *operation, unsigned function, qk_arena *arena)
{
    static const uint8_t more[] = "some more data, of no round length";
    qk_view part = QK_VIEW_NONE, result = QK_VIEW_NONE;

    if (qk_operation_update(operation, qk_view_of(more, sizeof more), arena, &part) != QK_OK)
        return QK_VIEW_NONE;
    fuzz_touch(part);
    if (function == QK_VERIFY)
        return qk_operation_finish_verify(operation, part) == QK_OK ? part : QK_VIEW_NONE;
    if (qk_operation_finish(operation, arena, &result) != QK_OK)
        return QK_VIEW_NONE;
    fuzz_touch(result);
    return function == QK_SIGN ? QK_VIEW_NONE : result;
}

static void go_on(unsigned function, const qk_mech_use *use, qk_view progress, qk_arena *arena)
{
    QK_OWNED(qk_operation_free) qk_operation *operation = NULL;
    QK_OWNED(qk_operation_free) qk_operation *again = NULL;
    QK_OWNED(qk_secret_free) qk_secret saved = QK_SECRET_NONE;
    qk_view result;

    if (qk_operation_load(function, key_for(use->mech), use, progress, &operation) != QK_OK)
        return;
    must(qk_operation_save(operation, &saved));
    must(qk_operation_load(function, key_for(use->mech), use, qk_secret_reveal(&saved), &again));
    result = finish(operation, function, arena);
    promise(qk_view_equal(result, finish(again, function, arena)));
}

void fuzz(qk_view input)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_reader from = qk_reader_of(input);
    unsigned row = qk_read_u8(&from), function = 1U << qk_read_u8(&from) % 5;
    qk_mech_use use = { .mech = &qk_mechs[row % qk_mech_count] };

    set_parameter(&use);
    qk_arena_init(&arena, 1 << 20);
    if (qk_mech_use_check(&use, function) == QK_OK)
        go_on(function, &use, fuzz_rest(&from), &arena);
}
