/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/token/remembered.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

enum { SHARDS = 64, WAYS = 16, HASHED = 64 };

typedef struct place {
    qk_remembered_entry entry;
    size_t len;
    char token[QK_TOKEN_MOST];
} place;

typedef struct shard {
    _Alignas(64) pthread_mutex_t lock;
    unsigned next;         /* thrown out when all ways are taken */
    uint64_t hashes[WAYS]; /* 0: free */
    place *places;         /* WAYS of them, made when the first comes */
} shard;

struct qk_remembered {
    uint64_t key[2];
    shard shards[SHARDS];
};

/* ---- SipHash-1-3. Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" ---- */

static uint64_t rotate(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

/* Never 0. The order of bytes in a word is the machine's: the hash stays in this process. */
static uint64_t hash_of(const uint64_t key[2], qk_view token)
{
    qk_view end = qk_view_slice(token, token.len > HASHED ? token.len - HASHED : 0, HASHED);
    uint64_t v[4] = { key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261,
                      key[1] ^ 0x7465646279746573 };
    uint64_t hash;

    for (size_t at = 0; at < end.len; at += 8) {
        uint64_t word = 0;
        qk_view part = qk_view_slice(end, at, 8);
        memcpy(&word, part.data, part.len);
        sip_word(v, word);
    }
    sip_word(v, token.len);
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    hash = v[0] ^ v[1] ^ v[2] ^ v[3];
    return hash ? hash : 1;
}

/* ---- the table ---- */

/* From the kernel: nothing is kept secret by this key but which tokens share a place, and a server starts before its
 * noise sources have been tested. */
static qk_err draw_key(uint64_t key[2])
{
    if (getrandom(key, 2 * sizeof key[0], 0) == (ssize_t)(2 * sizeof key[0]))
        return QK_OK;
    return qk_fail(QK_E_SYSTEM, "the kernel gives no random bytes");
}

qk_err qk_remembered_new(qk_remembered **out)
{
    uint64_t key[2];
    qk_remembered *it;

    QK_TRY(draw_key(key));
    it = aligned_alloc(64, sizeof *it);
    if (!it)
        return qk_fail(QK_E_NO_MEMORY, "no memory for remembered tokens");
    memset(it, 0, sizeof *it);
    memcpy(it->key, key, sizeof key);
    for (size_t i = 0; i < SHARDS; i++)
        pthread_mutex_init(&it->shards[i].lock, NULL);
    *out = it;
    return QK_OK;
}

void qk_remembered_free(qk_remembered **remembered)
{
    qk_remembered *it = *remembered;

    *remembered = NULL;
    if (!it)
        return;
    for (size_t i = 0; i < SHARDS; i++) {
        pthread_mutex_destroy(&it->shards[i].lock);
        if (it->shards[i].places)
            explicit_bzero(it->shards[i].places, WAYS * sizeof(place));
        free(it->shards[i].places);
    }
    free(it);
}

/* The lock is held. NULL if absent. */
static place *find(shard *in, uint64_t hash, qk_view token, size_t *out_way)
{
    for (size_t way = 0; way < WAYS; way++) {
        place *it = &in->places[way];
        if (in->hashes[way] != hash || !qk_ct_equal(qk_view_of(it->token, it->len), token))
            continue;
        *out_way = way;
        return it;
    }
    return NULL;
}

static shard *shard_of(qk_remembered *remembered, uint64_t hash)
{
    return &remembered->shards[hash >> 32 & (SHARDS - 1)];
}

bool qk_remembered_find(qk_remembered *remembered, qk_view token, qk_remembered_entry *out_entry)
{
    uint64_t hash = hash_of(remembered->key, token);
    shard *in = shard_of(remembered, hash);
    const place *it;
    size_t way;

    pthread_mutex_lock(&in->lock);
    it = in->places ? find(in, hash, token, &way) : NULL;
    if (it)
        *out_entry = it->entry;
    pthread_mutex_unlock(&in->lock);
    return it != NULL;
}

/* The lock is held. A free way, else the ways in turn. */
static size_t choose_way(shard *in)
{
    for (size_t way = 0; way < WAYS; way++)
        if (in->hashes[way] == 0)
            return way;
    return in->next++ % WAYS;
}

void qk_remembered_put(qk_remembered *remembered, qk_view token, const qk_remembered_entry *entry)
{
    uint64_t hash = hash_of(remembered->key, token);
    shard *in = shard_of(remembered, hash);
    size_t way;

    if (token.len > QK_TOKEN_MOST)
        return;
    pthread_mutex_lock(&in->lock);
    if (!in->places)
        in->places = calloc(WAYS, sizeof(place));
    if (in->places) { /* without memory nothing is remembered, and the next call verifies again */
        if (!find(in, hash, token, &way))
            way = choose_way(in);
        in->hashes[way] = hash;
        in->places[way].entry = *entry;
        in->places[way].len = token.len;
        memcpy(in->places[way].token, token.data, token.len);
    }
    pthread_mutex_unlock(&in->lock);
}

void qk_remembered_drop(qk_remembered *remembered, qk_view token)
{
    uint64_t hash = hash_of(remembered->key, token);
    shard *in = shard_of(remembered, hash);
    size_t way;

    pthread_mutex_lock(&in->lock);
    if (in->places && find(in, hash, token, &way)) {
        in->hashes[way] = 0;
        explicit_bzero(&in->places[way], sizeof in->places[way]);
    }
    pthread_mutex_unlock(&in->lock);
}
