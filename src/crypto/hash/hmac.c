/* SPDX-License-Identifier: Apache-2.0 */
/* Step numbers are those of FIPS 198-1, table 1. */
#include "crypto/hash/hmac.h"

#include <assert.h>

#include "crypto/engine.h"
#include "crypto/hash/mac.h"

enum { MAX_BLOCK = 144, INNER_PAD = 0x36, OUTER_PAD = 0x5c }; /* SHA3-224 has the longest block */

typedef struct pads {
    size_t block_len;
    uint8_t inner[MAX_BLOCK], outer[MAX_BLOCK];
} pads;

static void pads_done(pads *p)
{
    explicit_bzero(p, sizeof *p);
}

/* Steps 1 to 4 and 7: the key as a block, xored with each pad. */
static qk_err pads_make(EVP_MD_CTX *context, const EVP_MD *md, qk_view key, pads *out)
{
    uint8_t block[MAX_BLOCK] = { 0 };

    out->block_len = (size_t)EVP_MD_get_block_size(md);
    if (out->block_len > MAX_BLOCK)
        return qk_fail(QK_E_MECHANISM_INVALID, "a digest with blocks of %zu bytes", out->block_len);
    if (key.len > out->block_len)
        QK_TRY(qk_md_pieces(context, md, &key, 1, block));
    else if (key.len > 0)
        memcpy(block, key.data, key.len);
    for (size_t i = 0; i < out->block_len; i++) {
        out->inner[i] = block[i] ^ INNER_PAD;
        out->outer[i] = block[i] ^ OUTER_PAD;
    }
    explicit_bzero(block, sizeof block);
    return QK_OK;
}

/* Steps 8 and 9. `mac` holds the inner digest and receives the MAC. */
static qk_err outer_hash(EVP_MD_CTX *context, const EVP_MD *md, const pads *p, uint8_t *mac)
{
    qk_view pieces[] = { { p->outer, p->block_len }, { mac, (size_t)EVP_MD_get_size(md) } };

    return qk_md_pieces(context, md, pieces, 2, mac);
}

static qk_err hmac(EVP_MD_CTX *context, const EVP_MD *md, qk_view key, const qk_view *pieces, size_t count,
                   uint8_t *out)
{
    QK_OWNED(pads_done) pads p;
    qk_view inner[1 + QK_HMAC_MAX_PIECES];

    QK_TRY(pads_make(context, md, key, &p));
    inner[0] = qk_view_of(p.inner, p.block_len);
    for (size_t i = 0; i < count && i < QK_HMAC_MAX_PIECES; i++)
        inner[1 + i] = pieces[i];
    QK_TRY(qk_md_pieces(context, md, inner, 1 + count, out)); /* steps 5 and 6 */
    return outer_hash(context, md, &p, out);
}

static qk_err take_context(CK_MECHANISM_TYPE hash, const EVP_MD **out_md, EVP_MD_CTX **out_context)
{
    *out_md = qk_digest_of(hash);
    if (!*out_md)
        return qk_fail(QK_E_MECHANISM_INVALID, "no digest for mechanism 0x%lx", hash);
    *out_context = qk_md_take(*out_md);
    return *out_context ? QK_OK : qk_openssl_fail(QK_E_NO_MEMORY, "HMAC");
}

qk_err qk_hmac_pieces(CK_MECHANISM_TYPE hash, qk_view key, const qk_view *pieces, size_t count, uint8_t *out,
                      size_t *out_len)
{
    const EVP_MD *md;
    EVP_MD_CTX *context;
    qk_err err;

    assert(count <= QK_HMAC_MAX_PIECES);
    QK_TRY(take_context(hash, &md, &context));
    err = hmac(context, md, key, pieces, count, out);
    qk_md_put(context, true);
    if (err == QK_OK)
        *out_len = (size_t)EVP_MD_get_size(md);
    return err;
}

/* ---- over parts ---- */

static qk_err make_pads(CK_MECHANISM_TYPE hash, qk_view key, pads *out)
{
    const EVP_MD *md;
    EVP_MD_CTX *context;
    qk_err err;

    QK_TRY(take_context(hash, &md, &context));
    err = pads_make(context, md, key, out);
    qk_md_put(context, true);
    return err;
}

qk_err qk_hmac_begin(qk_hash *inner, CK_MECHANISM_TYPE hash, qk_view key, bool portable)
{
    QK_OWNED(pads_done) pads p;

    QK_TRY(make_pads(hash, key, &p));
    QK_TRY(qk_hash_begin(inner, hash, portable, true));
    return qk_hash_update(inner, qk_view_of(p.inner, p.block_len));
}

qk_err qk_hmac_end(qk_hash *inner, CK_MECHANISM_TYPE hash, qk_view key, uint8_t *out, size_t *out_len)
{
    QK_OWNED(pads_done) pads p;
    const EVP_MD *md;
    EVP_MD_CTX *context;
    qk_err err;

    QK_TRY(make_pads(hash, key, &p));
    QK_TRY(qk_hash_end(inner, out, out_len));
    QK_TRY(take_context(hash, &md, &context));
    err = outer_hash(context, md, &p, out);
    qk_md_put(context, true);
    return err;
}

/* ---- the engine ---- */

static qk_err whole(const qk_key *key, const qk_mech_use *use, qk_view data, uint8_t out[QK_MAX_MAC], size_t *out_len)
{
    QK_TRY(qk_hmac_pieces(use->mech->hash, qk_secret_reveal(&key->value), &data, 1, out, out_len));
    *out_len = qk_mac_len(use, *out_len);
    return QK_OK;
}

static qk_err sign(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena, qk_view *out_signature)
{
    return qk_mac_sign(whole, key, use, data, arena, out_signature);
}

static qk_err verify(const qk_key *key, const qk_mech_use *use, qk_view data, qk_view signature)
{
    return qk_mac_verify(whole, key, use, data, signature);
}

static size_t output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    const EVP_MD *md = qk_digest_of(use->mech->hash);

    (void)key;
    (void)function;
    (void)input_len;
    return md ? qk_mac_len(use, (size_t)EVP_MD_get_size(md)) : 0;
}

const qk_engine qk_engine_hmac = {
    .sign = sign,
    .verify = verify,
    .output_len = output_len,
};
