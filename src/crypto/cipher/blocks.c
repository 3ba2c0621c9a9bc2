/* SPDX-License-Identifier: Apache-2.0 */
/* ECB, CBC and CBC_PAD (SP 800-38A; padding: RFC 5652, section 6.3) of AES and of DES with two and three keys.
 *
 * Padding is ours, because OpenSSL's removal branches on what it reads; how much of a plaintext is padding must not
 * show in time before it is known to be well-formed. */
#include "crypto/cipher/blocks.h"

#include <assert.h>

#include "crypto/ct.h"
#include "crypto/engine.h"

static const qk_blocks_mech mechs[] = {
    { CKM_AES_ECB, QK_MODE_ECB, false, QK_AES_BLOCK },    { CKM_AES_CBC, QK_MODE_CBC, false, QK_AES_BLOCK },
    { CKM_AES_CBC_PAD, QK_MODE_CBC, true, QK_AES_BLOCK }, { CKM_DES3_ECB, QK_MODE_ECB, false, QK_DES_BLOCK },
    { CKM_DES3_CBC, QK_MODE_CBC, false, QK_DES_BLOCK },   { CKM_DES3_CBC_PAD, QK_MODE_CBC, true, QK_DES_BLOCK },
};

const qk_blocks_mech *qk_blocks_mech_find(CK_MECHANISM_TYPE type)
{
    for (size_t i = 0; i < sizeof mechs / sizeof mechs[0]; i++)
        if (mechs[i].type == type)
            return &mechs[i];
    return NULL;
}

static const qk_blocks_mech *mech_of(const qk_mech *mech)
{
    const qk_blocks_mech *found = qk_blocks_mech_find(mech->type);

    assert(found);
    return found;
}

/* ---- padding ---- */

void qk_blocks_pad(uint8_t *rest, size_t rest_len, size_t block_len)
{
    memset(rest + rest_len, (int)(block_len - rest_len), block_len - rest_len);
}

size_t qk_blocks_padding(const uint8_t *last, size_t block_len)
{
    size_t count = last[block_len - 1];
    qk_mask bad = qk_ct_is_zero(count) | qk_ct_below(block_len, count);

    for (size_t i = 0; i < block_len; i++)
        bad |= qk_ct_below(i, count) & ~qk_ct_is(last[block_len - 1 - i], count);
    count = qk_ct_select(bad, 0, count);
    qk_ct_declassify(&count, sizeof count);
    return count;
}

/* ---- one call ---- */

static const uint8_t *iv_of(const qk_blocks_mech *mech, const qk_mech_use *use)
{
    return mech->mode == QK_MODE_CBC ? use->iv.data : NULL;
}

static qk_err encrypt_plain(const qk_key *key, const qk_blocks_mech *mech, const qk_mech_use *use, qk_view plain,
                            qk_arena *arena, qk_view *out_cipher)
{
    uint8_t *place;

    if (plain.len % mech->block_len != 0)
        return qk_fail(QK_E_BAD_LENGTH, "%s of %zu bytes: no multiple of %zu", use->mech->name, plain.len,
                       mech->block_len);
    QK_TRY(qk_arena_bytes(arena, plain.len, &place));
    QK_TRY(qk_cipher_whole(key, mech->mode, true, iv_of(mech, use), plain, place));
    *out_cipher = qk_view_of(place, plain.len);
    return QK_OK;
}

/* The padded message is laid out in the arena and encrypted in place. */
static qk_err encrypt_padded(const qk_key *key, const qk_blocks_mech *mech, const qk_mech_use *use, qk_view plain,
                             qk_arena *arena, qk_view *out_cipher)
{
    size_t whole = plain.len / mech->block_len * mech->block_len, len = whole + mech->block_len;
    uint8_t *place;

    if (plain.len > SIZE_MAX - QK_MAX_CIPHER_BLOCK)
        return qk_fail(QK_E_BAD_LENGTH, "a message of %zu bytes", plain.len);
    QK_TRY(qk_arena_bytes(arena, len, &place));
    if (plain.len > 0)
        memcpy(place, plain.data, plain.len);
    qk_blocks_pad(place + whole, plain.len - whole, mech->block_len);
    QK_TRY(qk_cipher_whole(key, mech->mode, true, iv_of(mech, use), qk_view_of(place, len), place));
    *out_cipher = qk_view_of(place, len);
    return QK_OK;
}

static qk_err encrypt(const qk_key *key, const qk_mech_use *use, qk_view plain, qk_arena *arena, qk_view *out_cipher)
{
    const qk_blocks_mech *mech = mech_of(use->mech);

    return (mech->padded ? encrypt_padded : encrypt_plain)(key, mech, use, plain, arena, out_cipher);
}

static qk_err decrypt(const qk_key *key, const qk_mech_use *use, qk_view cipher, qk_arena *arena, qk_view *out_plain)
{
    const qk_blocks_mech *mech = mech_of(use->mech);
    size_t padding = 0;
    uint8_t *place;

    if (cipher.len % mech->block_len != 0 || (mech->padded && cipher.len == 0))
        return qk_fail(QK_E_CIPHERTEXT_LENGTH, "%s: a ciphertext of %zu bytes", use->mech->name, cipher.len);
    QK_TRY(qk_arena_bytes(arena, cipher.len, &place));
    QK_TRY(qk_cipher_whole(key, mech->mode, false, iv_of(mech, use), cipher, place));
    if (mech->padded) {
        qk_ct_poison(place, cipher.len);
        padding = qk_blocks_padding(place + cipher.len - mech->block_len, mech->block_len);
        qk_ct_declassify(place, cipher.len);
        if (padding == 0) {
            explicit_bzero(place, cipher.len);
            return qk_fail(QK_E_CIPHERTEXT_INVALID, "the ciphertext does not decrypt");
        }
    }
    *out_plain = qk_view_of(place, cipher.len - padding);
    return QK_OK;
}

static size_t output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    const qk_blocks_mech *mech = mech_of(use->mech);

    (void)key;
    if (function == QK_DECRYPT || !mech->padded)
        return input_len;
    return (input_len / mech->block_len + 1) * mech->block_len;
}

static bool available(const qk_mech *mech)
{
    return qk_cipher_offered(mech->key, mech_of(mech)->mode);
}

const qk_engine qk_engine_blocks = {
    .encrypt = encrypt,
    .decrypt = decrypt,
    .available = available,
    .output_len = output_len,
};
