/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hash/digest.h"

#include "crypto/engine.h"
#include "crypto/library.h"
#include "crypto/pool.h"

enum { POOLS = 16 }; /* more than there are digests */

/* A digest claims the first free pool when its first context comes back. */
static struct {
    _Atomic(const EVP_MD *) md;
    qk_pool contexts;
} pools[POOLS];

static qk_pool *pool_of(const EVP_MD *md)
{
    for (unsigned i = 0; i < POOLS; i++) {
        const EVP_MD *owner = atomic_load_explicit(&pools[i].md, memory_order_relaxed);
        if (owner == md)
            return &pools[i].contexts;
        if (!owner) {
            if (atomic_compare_exchange_strong(&pools[i].md, &owner, md) || owner == md)
                return &pools[i].contexts;
        }
    }
    return NULL;
}

EVP_MD_CTX *qk_md_take(const EVP_MD *md)
{
    qk_pool *pool = pool_of(md);
    EVP_MD_CTX *context = pool ? qk_pool_take(pool) : NULL;

    return context ? context : EVP_MD_CTX_new();
}

void qk_md_put(EVP_MD_CTX *context, bool keyed)
{
    const EVP_MD *md = context ? EVP_MD_CTX_get0_md(context) : NULL;
    qk_pool *pool = md ? pool_of(md) : NULL;

    if (keyed && pool && EVP_DigestInit_ex2(context, NULL, NULL) != 1)
        pool = NULL;
    if (!pool || !qk_pool_put(pool, context))
        EVP_MD_CTX_free(context);
}

static void free_context(void *item)
{
    EVP_MD_CTX_free(item);
}

void qk_digest_stop(void)
{
    for (unsigned i = 0; i < POOLS; i++) {
        qk_pool_drain(&pools[i].contexts, free_context);
        atomic_store(&pools[i].md, NULL);
    }
}

void qk_digest_abandon(void)
{
    for (unsigned i = 0; i < POOLS; i++) {
        qk_pool_forget(&pools[i].contexts);
        atomic_store(&pools[i].md, NULL);
    }
}

qk_err qk_md_pieces(EVP_MD_CTX *context, const EVP_MD *md, const qk_view *pieces, size_t count, uint8_t *out)
{
    bool well = EVP_DigestInit_ex2(context, md, NULL) == 1;

    for (size_t i = 0; well && i < count; i++)
        well = pieces[i].len == 0 || EVP_DigestUpdate(context, pieces[i].data, pieces[i].len) == 1;
    if (!well || EVP_DigestFinal_ex(context, out, NULL) != 1)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "digest");
    return QK_OK;
}

static qk_err find_md(CK_MECHANISM_TYPE hash, const EVP_MD **out_md)
{
    *out_md = qk_digest_of(hash);
    return *out_md ? QK_OK : qk_fail(QK_E_MECHANISM_INVALID, "no digest for mechanism 0x%lx", hash);
}

qk_err qk_digest_once(CK_MECHANISM_TYPE hash, qk_view data, uint8_t out[64], size_t *out_len)
{
    const EVP_MD *md;
    EVP_MD_CTX *context;
    qk_err err;

    QK_TRY(find_md(hash, &md));
    context = qk_md_take(md);
    if (!context)
        return qk_openssl_fail(QK_E_NO_MEMORY, "digest");
    err = qk_md_pieces(context, md, &data, 1, out);
    qk_md_put(context, false);
    if (err == QK_OK)
        *out_len = (size_t)EVP_MD_get_size(md);
    return err;
}

/* ---- a hash under way ---- */

static qk_err begin_ours(qk_hash *hash, CK_MECHANISM_TYPE digest)
{
    const qk_sha_kind *kind = qk_sha_find(digest);

    if (!kind)
        return qk_fail(QK_E_MECHANISM_INVALID, "no portable digest for mechanism 0x%lx", digest);
    qk_sha_init(&hash->ours, kind);
    return QK_OK;
}

static qk_err begin_theirs(qk_hash *hash, CK_MECHANISM_TYPE digest)
{
    const EVP_MD *md;

    QK_TRY(find_md(digest, &md));
    hash->theirs = qk_md_take(md);
    if (!hash->theirs)
        return qk_openssl_fail(QK_E_NO_MEMORY, "digest");
    if (EVP_DigestInit_ex2(hash->theirs, md, NULL) != 1)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "digest");
    return QK_OK;
}

qk_err qk_hash_begin(qk_hash *hash, CK_MECHANISM_TYPE digest, bool portable, bool keyed)
{
    hash->portable = portable;
    hash->keyed = keyed;
    hash->theirs = NULL;
    return portable ? begin_ours(hash, digest) : begin_theirs(hash, digest);
}

qk_err qk_hash_update(qk_hash *hash, qk_view data)
{
    if (hash->portable)
        qk_sha_update(&hash->ours, data);
    else if (data.len > 0 && EVP_DigestUpdate(hash->theirs, data.data, data.len) != 1)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "digest");
    return QK_OK;
}

qk_err qk_hash_end(qk_hash *hash, uint8_t *out, size_t *out_len)
{
    unsigned len;

    if (hash->portable) {
        *out_len = hash->ours.kind->digest_len;
        qk_sha_final(&hash->ours, out);
        return QK_OK;
    }
    if (EVP_DigestFinal_ex(hash->theirs, out, &len) != 1)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "digest");
    *out_len = len;
    return QK_OK;
}

void qk_hash_done(qk_hash *hash)
{
    if (hash->portable)
        qk_sha_done(&hash->ours);
    qk_md_put(hash->theirs, hash->keyed);
    hash->theirs = NULL;
}

/* ---- the engine ---- */

static qk_err digest(const qk_mech_use *use, qk_view data, qk_arena *arena, qk_view *out_digest)
{
    uint8_t *place;
    size_t len;

    QK_TRY(qk_arena_bytes(arena, EVP_MAX_MD_SIZE, &place));
    QK_TRY(qk_digest_once(use->mech->hash, data, place, &len));
    *out_digest = qk_view_of(place, len);
    return QK_OK;
}

static size_t output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    const EVP_MD *md = qk_digest_of(use->mech->hash);

    (void)key;
    (void)function;
    (void)input_len;
    return md ? (size_t)EVP_MD_get_size(md) : 0;
}

const qk_engine qk_engine_digest = {
    .digest = digest,
    .output_len = output_len,
};
