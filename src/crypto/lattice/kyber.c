/* SPDX-License-Identifier: Apache-2.0 */
/* The key encapsulation around the inner scheme, and the keys. */
#include "crypto/lattice/kyber_inside.h"

#include <stdlib.h>

#include "crypto/ct.h"
#include "crypto/lattice/backend.h"
#include "crypto/lattice/wipe.h"

enum { INNER = QK_KYBER_VECTOR_BYTES, TAIL = 64 /* H(public key) and z, at a private key's end */ };

qk_err qk_kyber_generate(const qk_kyber_set *set, qk_view seed, uint8_t *out_public, uint8_t *out_private)
{
    uint8_t *inner_end = out_private + (size_t)INNER * set->k, *tail = inner_end + set->public_len;

    if (seed.len != QK_KYBER_SEED_LEN)
        return qk_fail(QK_E_BAD_LENGTH, "a seed of %zu bytes instead of 64", seed.len);
    qk_kyber_inner_generate(set, seed.data, out_public, out_private);
    memcpy(inner_end, out_public, set->public_len);
    qk_sha3_256(out_public, set->public_len, tail);
    memcpy(tail + 32, seed.data + 32, 32);
    return QK_OK;
}

/* ML-KEM: every 12 bits of the vector are below q. */
static bool reduced(const qk_kyber_set *set, const uint8_t *bytes)
{
    for (size_t i = 0; i < (size_t)INNER * set->k; i += 3) {
        unsigned low = bytes[i] | (bytes[i + 1] & 15u) << 8, high = bytes[i + 1] >> 4 | (unsigned)bytes[i + 2] << 4;

        if (low >= QK_KYBER_Q || high >= QK_KYBER_Q)
            return false;
    }
    return true;
}

qk_err qk_kyber_check_public(const qk_kyber_set *set, qk_view public_key)
{
    if (public_key.len != set->public_len)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "a public key of %zu bytes; %s has %zu", public_key.len, set->name,
                       set->public_len);
    if (set->generation == QK_KYBER_FIPS203 && !reduced(set, public_key.data))
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "a public key of %s with a coefficient out of range", set->name);
    return QK_OK;
}

qk_err qk_kyber_public_of(const qk_kyber_set *set, qk_view private_key, qk_view *out_public)
{
    if (private_key.len != set->private_len)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "a private key of %zu bytes; %s has %zu", private_key.len, set->name,
                       set->private_len);
    *out_public = qk_view_slice(private_key, (size_t)INNER * set->k, set->public_len);
    qk_ct_declassify(out_public->data, out_public->len);
    return QK_OK;
}

qk_err qk_kyber_check_private(const qk_kyber_set *set, qk_view private_key)
{
    qk_view public_key, stored;
    uint8_t hash[32];

    QK_TRY(qk_kyber_public_of(set, private_key, &public_key));
    stored = qk_view_slice(private_key, set->private_len - TAIL, 32);
    qk_ct_declassify(stored.data, stored.len);
    qk_sha3_256(public_key.data, public_key.len, hash);
    if (!qk_ct_equal(qk_view_of(hash, 32), stored))
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "a private key of %s whose parts do not belong together", set->name);
    return qk_kyber_check_public(set, public_key);
}

/* `hash`: H(public key). */
static qk_err make_sealer(const qk_kyber_set *set, qk_view public_key, const uint8_t hash[32],
                          qk_kyber_sealer **out_sealer)
{
    qk_kyber_sealer *sealer = aligned_alloc(_Alignof(qk_kyber_sealer), sizeof *sealer);

    if (!sealer)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a public key of %s", set->name);
    sealer->set = set;
    sealer->ops = qk_lattice_backend()->kyber;
    qk_kyber_sample_matrix(set, sealer->ops, public_key.data + (size_t)INNER * set->k, true, &sealer->transposed);
    qk_kyber_unpack_vector(set, sealer->ops, public_key.data, sealer->t);
    memcpy(sealer->hash, hash, sizeof sealer->hash);
    *out_sealer = sealer;
    return QK_OK;
}

qk_err qk_kyber_sealer_new(const qk_kyber_set *set, qk_view public_key, qk_kyber_sealer **out_sealer)
{
    uint8_t hash[32];

    QK_TRY(qk_kyber_check_public(set, public_key));
    qk_sha3_256(public_key.data, public_key.len, hash);
    return make_sealer(set, public_key, hash, out_sealer);
}

void qk_kyber_sealer_free(qk_kyber_sealer **sealer)
{
    free(*sealer);
    *sealer = NULL;
}

const qk_kyber_set *qk_kyber_sealer_set(const qk_kyber_sealer *sealer)
{
    return sealer->set;
}

qk_err qk_kyber_opener_new(const qk_kyber_set *set, qk_view private_key, qk_kyber_opener **out_opener)
{
    QK_OWNED(qk_kyber_opener_free) qk_kyber_opener *opener = NULL;
    qk_kyber_private *secrets;
    qk_view public_key;

    QK_TRY(qk_kyber_check_private(set, private_key));
    QK_TRY(qk_kyber_public_of(set, private_key, &public_key));
    opener = calloc(1, sizeof *opener);
    if (!opener)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a private key of %s", set->name);
    QK_TRY(make_sealer(set, public_key, private_key.data + set->private_len - TAIL, &opener->sealer));
    QK_TRY(qk_secret_new(sizeof *secrets, &opener->secrets));
    secrets = (qk_kyber_private *)(void *)qk_secret_fill(&opener->secrets);
    qk_kyber_unpack_vector(set, opener->sealer->ops, private_key.data, secrets->s);
    memcpy(secrets->z, private_key.data + set->private_len - 32, 32);
    *out_opener = opener;
    opener = NULL;
    return QK_OK;
}

void qk_kyber_opener_free(qk_kyber_opener **opener)
{
    if (!*opener)
        return;
    qk_kyber_sealer_free(&(*opener)->sealer);
    qk_secret_free(&(*opener)->secrets);
    free(*opener);
    *opener = NULL;
}

const qk_kyber_set *qk_kyber_opener_set(const qk_kyber_opener *opener)
{
    return opener->sealer->set;
}

/* m, and what comes of it. */
typedef struct sealing {
    uint8_t message[32], keys[64]; /* Kbar or K, then r */
    uint8_t other[64];             /* what the secret is made of, beside; the secret of a forged ciphertext */
    uint8_t ciphertext[QK_KYBER_CIPHERTEXT_MAX];
} sealing;

static void sealing_done(sealing *s)
{
    qk_lattice_wipe(s, sizeof *s);
}

/* Round 2's last step: KDF(key || H(c)). */
static void round2_secret(const qk_kyber_set *set, const uint8_t key[32], const uint8_t *ciphertext, uint8_t out[32])
{
    uint8_t hash[32];

    qk_sha3_256(ciphertext, set->ciphertext_len, hash);
    qk_shake256(key, 32, hash, 32, out, 32);
}

void qk_kyber_seal(const qk_kyber_sealer *sealer, const uint8_t coins[QK_KYBER_COINS_LEN], uint8_t *out_ciphertext,
                   uint8_t out_shared[QK_KYBER_SHARED_LEN])
{
    QK_OWNED(sealing_done) sealing s;
    bool round2 = sealer->set->generation == QK_KYBER_ROUND2;

    if (round2)
        qk_sha3_256(coins, 32, s.message);
    else
        memcpy(s.message, coins, 32);
    qk_sha3_512(s.message, 32, sealer->hash, 32, s.keys);
    qk_kyber_inner_seal(sealer, s.message, s.keys + 32, out_ciphertext);
    qk_ct_declassify(out_ciphertext, sealer->set->ciphertext_len);
    if (round2)
        round2_secret(sealer->set, s.keys, out_ciphertext, out_shared);
    else
        memcpy(out_shared, s.keys, 32);
}

/* All ones if they are equal. */
static qk_mask same(const uint8_t *a, const uint8_t *b, size_t len)
{
    uint8_t difference = 0;

    for (size_t i = 0; i < len; i++)
        difference = (uint8_t)(difference | (a[i] ^ b[i]));
    return qk_ct_is_zero(difference);
}

qk_err qk_kyber_open(const qk_kyber_opener *opener, qk_view ciphertext, uint8_t out_shared[QK_KYBER_SHARED_LEN])
{
    const qk_kyber_set *set = opener->sealer->set;
    const qk_kyber_private *secrets = (const qk_kyber_private *)(const void *)qk_secret_reveal(&opener->secrets).data;
    QK_OWNED(sealing_done) sealing s;
    bool round2 = set->generation == QK_KYBER_ROUND2;
    qk_mask genuine;

    if (ciphertext.len != set->ciphertext_len)
        return qk_fail(QK_E_CIPHERTEXT_LENGTH, "a ciphertext of %zu bytes; %s has %zu", ciphertext.len, set->name,
                       set->ciphertext_len);
    qk_kyber_inner_open(opener, ciphertext.data, s.message);
    qk_sha3_512(s.message, 32, opener->sealer->hash, 32, s.keys);
    qk_kyber_inner_seal(opener->sealer, s.message, s.keys + 32, s.ciphertext);
    genuine = same(ciphertext.data, s.ciphertext, set->ciphertext_len);
    if (round2)
        memcpy(s.other, secrets->z, 32);
    else
        qk_shake256(secrets->z, 32, ciphertext.data, ciphertext.len, s.other, 32);
    for (unsigned i = 0; i < 32; i++)
        s.keys[i] = (uint8_t)qk_ct_select(genuine, s.keys[i], s.other[i]);
    if (round2)
        round2_secret(set, s.keys, ciphertext.data, out_shared);
    else
        memcpy(out_shared, s.keys, 32);
    return QK_OK;
}
