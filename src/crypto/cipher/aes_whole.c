/* SPDX-License-Identifier: Apache-2.0 */
/* Modes that OpenSSL does in one piece, because their end reaches back: XTS (SP 800-38E) and CBC with ciphertext
 * stealing, variant CS1 (addendum to SP 800-38A). What comes out is as long as what goes in. */
#include "crypto/cipher/cipher.h"
#include "crypto/engine.h"

static qk_cipher_mode mode_of(const qk_mech *mech)
{
    return mech->type == CKM_AES_XTS ? QK_MODE_XTS : QK_MODE_CTS;
}

/* XTS: at most 2^20 blocks belong to one data unit. OpenSSL counts in int. */
static size_t most_of(const qk_mech *mech)
{
    return mech->type == CKM_AES_XTS ? (size_t)QK_AES_BLOCK << 20 : (size_t)1 << 30;
}

static qk_err through(const qk_key *key, const qk_mech_use *use, bool encrypting, qk_view in, qk_arena *arena,
                      qk_view *out)
{
    uint8_t *place;

    if (in.len < QK_AES_BLOCK || in.len > most_of(use->mech))
        return qk_fail(encrypting ? QK_E_BAD_LENGTH : QK_E_CIPHERTEXT_LENGTH, "%s takes 16 to %zu bytes, not %zu",
                       use->mech->name, most_of(use->mech), in.len);
    QK_TRY(qk_arena_bytes(arena, in.len, &place));
    QK_TRY(qk_cipher_whole(key, mode_of(use->mech), encrypting, use->iv.data, in, place));
    *out = qk_view_of(place, in.len);
    return QK_OK;
}

static qk_err encrypt(const qk_key *key, const qk_mech_use *use, qk_view plain, qk_arena *arena, qk_view *out_cipher)
{
    return through(key, use, true, plain, arena, out_cipher);
}

static qk_err decrypt(const qk_key *key, const qk_mech_use *use, qk_view cipher, qk_arena *arena, qk_view *out_plain)
{
    return through(key, use, false, cipher, arena, out_plain);
}

static bool available(const qk_mech *mech)
{
    return qk_cipher_offered(mech->key, mode_of(mech));
}

const qk_engine qk_engine_whole = {
    .encrypt = encrypt,
    .decrypt = decrypt,
    .available = available,
    .output_len = qk_cipher_same_len,
};
