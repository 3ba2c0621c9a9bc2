/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the bytes of other keys: put together, added to data without carry, cut out. Who gets such a key gets the
 * base key or a part of it; that it is protected as well is seen to above (hsm/handle/derivation.c). Source: PKCS
 * #11 3.2, miscellaneous simple key derivation mechanisms. */
#include "crypto/derive/derive.h"

/* What goes in front and what behind. */
static void pieces_of(const qk_key *base, const qk_mech_use *use, qk_view out[2])
{
    qk_view key = qk_secret_reveal(&base->value);

    switch (use->mech->type) {
    case CKM_CONCATENATE_DATA_AND_BASE:
        out[0] = use->data.data;
        out[1] = key;
        break;
    case CKM_CONCATENATE_BASE_AND_KEY:
        out[0] = key;
        out[1] = qk_secret_reveal(&use->second.key->value);
        break;
    default:
        out[0] = key;
        out[1] = use->data.data;
    }
}

static qk_err join(const qk_key *base, const qk_mech_use *use, const qk_key_wanted *wanted, qk_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    qk_view pieces[2];
    size_t all, len;

    if (use->mech->type == CKM_CONCATENATE_BASE_AND_KEY && !use->second.key)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s: there is no second key", use->mech->name);
    pieces_of(base, use, pieces);
    all = pieces[0].len + pieces[1].len;
    QK_TRY(qk_derive_len(use, wanted, all, all, &len));
    QK_TRY(qk_secret_new(all, &value));
    memcpy(qk_secret_fill(&value), pieces[0].data, pieces[0].len);
    if (pieces[1].len > 0)
        memcpy(qk_secret_fill(&value) + pieces[0].len, pieces[1].data, pieces[1].len);
    qk_secret_shorten(&value, len);
    return qk_derive_key(wanted, &value, out_key);
}

static qk_err add(const qk_key *base, const qk_mech_use *use, const qk_key_wanted *wanted, qk_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    size_t most = base->value.len < use->data.data.len ? base->value.len : use->data.data.len, len;
    qk_view key = qk_secret_reveal(&base->value);

    QK_TRY(qk_derive_len(use, wanted, most, most, &len));
    QK_TRY(qk_secret_new(len, &value));
    for (size_t i = 0; i < len; i++)
        qk_secret_fill(&value)[i] = key.data[i] ^ use->data.data.data[i];
    return qk_derive_key(wanted, &value, out_key);
}

/* Byte `at` of the key's bits from `first` on, around its end. Bits are counted from the highest of the first byte. */
static uint8_t byte_at(qk_view key, size_t first, size_t at)
{
    size_t byte = (first / 8 + at) % key.len;
    unsigned shift = (unsigned)(first % 8), both = (unsigned)(key.data[byte] << 8 | key.data[(byte + 1) % key.len]);

    return (uint8_t)(both >> (8 - shift));
}

static qk_err cut(const qk_key *base, const qk_mech_use *use, const qk_key_wanted *wanted, qk_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    size_t len;

    if (use->first_bit / 8 >= base->value.len)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s: the base key has no bit %zu", use->mech->name, use->first_bit);
    QK_TRY(qk_derive_len(use, wanted, 0, base->value.len, &len));
    QK_TRY(qk_secret_new(len, &value));
    for (size_t i = 0; i < len; i++)
        qk_secret_fill(&value)[i] = byte_at(qk_secret_reveal(&base->value), use->first_bit, i);
    return qk_derive_key(wanted, &value, out_key);
}

const qk_engine qk_engine_derive_join = { .derive = join };
const qk_engine qk_engine_derive_xor = { .derive = add };
const qk_engine qk_engine_derive_extract = { .derive = cut };
