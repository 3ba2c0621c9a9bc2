/* SPDX-License-Identifier: Apache-2.0 */
/* CCM (SP 800-38C). The lengths of message, nonce and MAC go into its first block, so that they come before the key:
 * every message sets up the context anew. The MAC follows the ciphertext. */
#include "crypto/cipher/aead.h"
#include "crypto/engine.h"

enum { MOST = 1 << 30 }; /* bytes; OpenSSL wants the message in one piece and counts in int */

static bool set_up(const qk_key *key, const qk_mech_use *use, bool encrypt, const uint8_t *mac, qk_cipher_ready *ready)
{
    uint8_t expected[16];
    int mac_len = (int)use->ccm.mac_len;

    if (mac)
        memcpy(expected, mac, use->ccm.mac_len); /* OpenSSL wants to be able to write to it */
    return EVP_CIPHER_CTX_ctrl(ready->context, EVP_CTRL_AEAD_SET_IVLEN, (int)use->ccm.nonce.len, NULL) == 1 &&
           EVP_CIPHER_CTX_ctrl(ready->context, EVP_CTRL_AEAD_SET_TAG, mac_len, mac ? expected : NULL) == 1 &&
           EVP_CipherInit_ex2(ready->context, NULL, qk_secret_reveal(&key->value).data, use->ccm.nonce.data, encrypt,
                              NULL) == 1;
}

/* The message's length first, then additional data, then the message. */
static bool feed(const qk_mech_use *use, qk_cipher_ready *ready, size_t len)
{
    int none;

    return EVP_CipherUpdate(ready->context, NULL, &none, NULL, (int)len) == 1 &&
           qk_cipher_bind(ready->context, use->ccm.aad);
}

/* An empty message, too, must go through: without it OpenSSL makes and checks no MAC. */
static bool through(qk_cipher_ready *ready, qk_view in, uint8_t *out)
{
    static const uint8_t nothing;
    int done;

    return EVP_CipherUpdate(ready->context, out, &done, in.len > 0 ? in.data : &nothing, (int)in.len) == 1;
}

static qk_err encrypt(const qk_key *key, const qk_mech_use *use, qk_view plain, qk_arena *arena, qk_view *out_cipher)
{
    qk_cipher_ready *ready;
    uint8_t *place;
    bool well;

    if (plain.len != use->ccm.data_len || plain.len > MOST)
        return qk_fail(QK_E_BAD_LENGTH, "a CCM message of %zu bytes; its parameter says %zu", plain.len,
                       use->ccm.data_len);
    QK_TRY(qk_arena_bytes(arena, plain.len + use->ccm.mac_len, &place));
    QK_TRY(qk_cipher_take(key, QK_MODE_CCM, true, &ready));
    well = set_up(key, use, true, NULL, ready) && feed(use, ready, plain.len) && through(ready, plain, place) &&
           qk_cipher_read_tag(ready->context, place + plain.len, use->ccm.mac_len);
    QK_TRY(qk_cipher_put(key, ready, well));
    *out_cipher = qk_view_of(place, plain.len + use->ccm.mac_len);
    return QK_OK;
}

static qk_err decrypt(const qk_key *key, const qk_mech_use *use, qk_view cipher, qk_arena *arena, qk_view *out_plain)
{
    size_t len = use->ccm.data_len;
    qk_cipher_ready *ready;
    uint8_t *place;
    bool well, opened = false;

    if (cipher.len < use->ccm.mac_len || cipher.len - use->ccm.mac_len != len || len > MOST)
        return qk_fail(QK_E_CIPHERTEXT_LENGTH, "a CCM ciphertext of %zu bytes; its parameter says %zu and a MAC of %zu",
                       cipher.len, len, use->ccm.mac_len);
    QK_TRY(qk_arena_bytes(arena, len + 1, &place)); /* never NULL: that would be additional data to OpenSSL */
    QK_TRY(qk_cipher_take(key, QK_MODE_CCM, false, &ready));
    well = set_up(key, use, false, cipher.data + len, ready) && feed(use, ready, len);
    if (well)
        opened = through(ready, qk_view_of(cipher.data, len), place);
    QK_TRY(qk_cipher_put(key, ready, well));
    if (!opened)
        return qk_aead_refuse(place, len);
    *out_plain = qk_view_of(place, len);
    return QK_OK;
}

static size_t output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    (void)key;
    return qk_aead_output_len(use->ccm.mac_len, function, input_len);
}

const qk_engine qk_engine_ccm = {
    .encrypt = encrypt,
    .decrypt = decrypt,
    .output_len = output_len,
};
