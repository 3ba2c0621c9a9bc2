/* SPDX-License-Identifier: Apache-2.0 */
/* Key derivation by iterating a MAC: counter, feedback and double pipeline mode. Step names are those of SP 800-108
 * (revision 1), section 4; what the MAC is fed is the caller's to arrange (p11/kdf108.h).
 * Several keys get blocks of their own: none begins inside a block of another one. Source: PKCS #11 3.2, SP800-108. */
#include "p11/kdf108.h"

#include "crypto/derive/derive.h"

/* One derivation under way. */
typedef struct kdf {
    const qk_key *base;
    const qk_mech_use *use;
    qk_mech_use prf;
    size_t block_len;  /* h */
    size_t blocks;     /* n */
    uint64_t key_bits; /* of all keys together */
    qk_arena *arena;   /* secret; wiped in the end */
    qk_view last;      /* K(i-1), or A(i) */
} kdf;

static void put_number(qk_buf *buf, uint64_t value, const qk_kdf108_piece *piece)
{
    size_t len = piece->bits / 8;

    for (size_t i = 0; i < len; i++)
        qk_buf_put_u8(buf, (uint8_t)(value >> 8 * (piece->little ? i : len - 1 - i)));
}

/* L, in bits. */
static uint64_t dkm_bits(const kdf *it, const qk_kdf108_piece *piece)
{
    return piece->method == CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS ? it->key_bits
                                                                : 8 * (uint64_t)it->blocks * it->block_len;
}

static void put_piece(const kdf *it, uint32_t number, const qk_kdf108_piece *piece, qk_buf *out)
{
    switch (piece->type) {
    case CK_SP800_108_ITERATION_VARIABLE:
        if (piece->bits == 0)
            qk_buf_put(out, it->last);
        else
            put_number(out, number, piece);
        break;
    case CK_SP800_108_OPTIONAL_COUNTER:
        put_number(out, number, piece);
        break;
    case CK_SP800_108_DKM_LENGTH:
        put_number(out, dkm_bits(it, piece), piece);
        break;
    case CK_SP800_108_KEY_HANDLE:
        qk_buf_put(out, qk_secret_reveal(&it->use->second.key->value));
        break;
    default:
        qk_buf_put(out, piece->bytes);
    }
}

static bool is_fixed(const qk_kdf108_piece *piece)
{
    return piece->type != CK_SP800_108_ITERATION_VARIABLE && piece->type != CK_SP800_108_OPTIONAL_COUNTER;
}

/* What the function is fed in round `number`; 0: the fixed pieces alone, which are A(0) of the double pipeline. */
static qk_err gather(const kdf *it, uint32_t number, qk_buf *out)
{
    qk_reader reader = qk_reader_of(it->use->kdf108.segments);
    qk_kdf108_piece piece;

    while (qk_kdf108_next(&reader, &piece))
        if (number > 0 || is_fixed(&piece))
            put_piece(it, number, &piece, out);
    return qk_buf_check(out);
}

static qk_err one_round(kdf *it, uint32_t number, qk_view *out_block)
{
    QK_OWNED(qk_buf_done) qk_buf data = QK_BUF_NONE;
    bool pipeline = it->use->mech->type == CKM_SP800_108_DOUBLE_PIPELINE_KDF;

    if (pipeline)
        QK_TRY(qk_crypto_sign(it->base, &it->prf, it->last, it->arena, &it->last)); /* A(i) */
    QK_TRY(gather(it, number, &data));
    QK_TRY(qk_crypto_sign(it->base, &it->prf, qk_buf_view(&data), it->arena, out_block)); /* K(i) */
    if (!pipeline)
        it->last = *out_block;
    return QK_OK;
}

/* The narrowest counter among the data must not come round. SP 800-108, 4.1: n <= 2^r - 1. */
static qk_err check_counters(const kdf *it)
{
    qk_reader reader = qk_reader_of(it->use->kdf108.segments);
    qk_kdf108_piece piece;

    while (qk_kdf108_next(&reader, &piece))
        if (!is_fixed(&piece) && piece.bits > 0 && piece.bits < 32 && it->blocks >= (size_t)1 << piece.bits)
            return qk_fail(QK_E_KEY_SIZE, "%s: a counter of %u bits does not reach that far", it->use->mech->name,
                           piece.bits);
        else if (piece.type == CK_SP800_108_KEY_HANDLE && !it->use->second.key)
            return qk_fail(QK_E_MECHANISM_PARAM, "%s: there is no key for the data", it->use->mech->name);
    return QK_OK;
}

static size_t blocks_of(const kdf *it, size_t len)
{
    return (len + it->block_len - 1) / it->block_len;
}

static qk_err fill_key(kdf *it, uint32_t *number, qk_secret *value)
{
    for (size_t done = 0; done < value->len;) {
        qk_view block;
        QK_TRY(one_round(it, ++*number, &block));
        size_t part = block.len < value->len - done ? block.len : value->len - done;
        memcpy(qk_secret_fill(value) + done, block.data, part);
        done += part;
    }
    return QK_OK;
}

static qk_err begin(kdf *it)
{
    it->prf.mech = qk_mech_find(it->use->kdf108.prf);
    it->block_len = it->prf.mech ? qk_crypto_output_len(it->base, &it->prf, QK_SIGN, 0) : 0;
    if (it->block_len == 0)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s: the pseudo-random function is not there", it->use->mech->name);
    return QK_OK;
}

static qk_err first_iv(kdf *it)
{
    QK_OWNED(qk_buf_done) qk_buf fixed = QK_BUF_NONE;

    if (it->use->mech->type == CKM_SP800_108_FEEDBACK_KDF)
        it->last = it->use->kdf108.iv;
    if (it->use->mech->type != CKM_SP800_108_DOUBLE_PIPELINE_KDF)
        return QK_OK;
    QK_TRY(gather(it, 0, &fixed));
    return qk_arena_copy(it->arena, qk_buf_view(&fixed), &it->last);
}

static qk_err derive_all(kdf *it, const qk_key_wanted *wanted, size_t count, qk_key **out_keys)
{
    size_t lens[QK_DERIVE_KEYS_MOST];
    uint32_t number = 0;

    QK_TRY(begin(it));
    for (size_t i = 0; i < count; i++) {
        QK_TRY(qk_derive_len(it->use, &wanted[i], 0, SIZE_MAX, &lens[i]));
        it->key_bits += 8 * (uint64_t)lens[i];
        it->blocks += blocks_of(it, lens[i]);
    }
    QK_TRY(check_counters(it));
    QK_TRY(first_iv(it));
    for (size_t i = 0; i < count; i++) {
        QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
        QK_TRY(qk_secret_new(lens[i], &value));
        QK_TRY(fill_key(it, &number, &value));
        QK_TRY(qk_derive_key(&wanted[i], &value, &out_keys[i]));
    }
    return QK_OK;
}

static qk_err derive_keys(const qk_key *base, const qk_mech_use *use, const qk_key_wanted *wanted, size_t count,
                          qk_arena *arena, qk_key **out_keys, qk_view *out_rest)
{
    QK_OWNED(qk_arena_done) qk_arena secret;
    kdf it = { .base = base, .use = use, .arena = &secret };

    (void)arena;
    qk_arena_init(&secret, 0);
    *out_rest = QK_VIEW_NONE;
    return derive_all(&it, wanted, count, out_keys);
}

static qk_err derive(const qk_key *base, const qk_mech_use *use, const qk_key_wanted *wanted, qk_key **out_key)
{
    qk_view rest;

    return derive_keys(base, use, wanted, 1, NULL, out_key, &rest);
}

const qk_engine qk_engine_kdf108 = { .derive = derive, .derive_keys = derive_keys };
