/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/post_quantum/prehash.h"

#include "crypto/lattice/keccak.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* The names differ in the last byte. */
#define HASH_OID(last) "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" last

/* clang-format off */
static const struct function {
    CK_MECHANISM_TYPE by[2]; /* the digest mechanism; of SHAKE, which has none, the mechanisms that hash with it */
    size_t len;
    const char *oid;
    uint8_t shake_rate;
} functions[] = {
    { { CKM_SHA256 },     32, HASH_OID("\x01"), 0 },
    { { CKM_SHA384 },     48, HASH_OID("\x02"), 0 },
    { { CKM_SHA512 },     64, HASH_OID("\x03"), 0 },
    { { CKM_SHA224 },     28, HASH_OID("\x04"), 0 },
    { { CKM_SHA512_224 }, 28, HASH_OID("\x05"), 0 },
    { { CKM_SHA512_256 }, 32, HASH_OID("\x06"), 0 },
    { { CKM_SHA3_224 },   28, HASH_OID("\x07"), 0 },
    { { CKM_SHA3_256 },   32, HASH_OID("\x08"), 0 },
    { { CKM_SHA3_384 },   48, HASH_OID("\x09"), 0 },
    { { CKM_SHA3_512 },   64, HASH_OID("\x0a"), 0 },
    { { CKM_HASH_ML_DSA_SHAKE128, CKM_HASH_SLH_DSA_SHAKE128 }, 32, HASH_OID("\x0b"), QK_SHAKE128_RATE },
    { { CKM_HASH_ML_DSA_SHAKE256, CKM_HASH_SLH_DSA_SHAKE256 }, 64, HASH_OID("\x0c"), QK_SHAKE256_RATE },
};
/* clang-format on */

static const struct function *find(CK_MECHANISM_TYPE by)
{
    for (size_t i = 0; i < COUNT(functions); i++)
        if (functions[i].by[0] == by || (functions[i].shake_rate && functions[i].by[1] == by))
            return &functions[i];
    return NULL;
}

qk_err qk_prehash_of_digest(const qk_mech_use *use, CK_MECHANISM_TYPE hash, qk_view digest, qk_prehash *out)
{
    const struct function *row = find(hash);

    if (!row)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s: the hash function is none of pre-hashing", use->mech->name);
    if (digest.len != row->len)
        return qk_fail(QK_E_BAD_LENGTH, "%s: a digest of %zu bytes instead of %zu", use->mech->name, digest.len,
                       row->len);
    *out = (qk_prehash){ .digest = digest, .oid = qk_view_of(row->oid, QK_PREHASH_OID_LEN) };
    return QK_OK;
}

static qk_view shake(const struct function *row, qk_view data, uint8_t digest[QK_PREHASH_DIGEST_MAX])
{
    qk_keccak sponge;

    qk_keccak_begin(&sponge, row->shake_rate);
    qk_keccak_absorb(&sponge, data.data, data.len);
    qk_keccak_finish(&sponge, QK_SHAKE_DOMAIN);
    qk_keccak_squeeze(&sponge, digest, row->len);
    qk_keccak_done(&sponge);
    return qk_view_of(digest, row->len);
}

qk_err qk_prehash_of_data(const qk_mech_use *use, qk_view data, uint8_t room[QK_PREHASH_DIGEST_MAX], bool *out_hashed,
                          qk_prehash *out)
{
    const struct function *row = find(use->mech->type);

    *out_hashed = true;
    if (use->mech->param == QK_PARAM_HASH_SIGN_CONTEXT)
        return qk_prehash_of_digest(use, use->sign_context.hash, data, out);
    if (row)
        return qk_prehash_of_digest(use, use->mech->type, shake(row, data, room), out);
    *out_hashed = false;
    return QK_OK;
}

qk_view qk_prehash_message(const qk_prehash *prehash, qk_view context, uint8_t room[QK_PREHASH_MESSAGE_MAX])
{
    size_t len = 2;

    room[0] = 1;
    room[1] = (uint8_t)context.len;
    if (context.len > 0)
        memcpy(room + len, context.data, context.len);
    len += context.len;
    memcpy(room + len, prehash->oid.data, prehash->oid.len);
    len += prehash->oid.len;
    memcpy(room + len, prehash->digest.data, prehash->digest.len);
    return qk_view_of(room, len + prehash->digest.len);
}
