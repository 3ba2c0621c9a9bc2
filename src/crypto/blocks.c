/* SPDX-License-Identifier: Apache-2.0 */
/* ECB, CBC and CBC_PAD (SP 800-38A; padding: RFC 5652, section 6.3).
 *
 * Expanding a key and filling a fresh context cost as much as some hundred bytes of AES, so contexts with the key
 * expanded wait in the key's slots and a message only sets its IV. Padding is ours, because OpenSSL's removal branches
 * on what it reads; how much of a plaintext is padding must not show in time before it is known to be well-formed. */
#include "crypto/aes.h"

#include <assert.h>
#include <stdlib.h>

#include "crypto/ct.h"
#include "crypto/engine.h"
#include "crypto/library.h"

enum { KEY_SIZES = 3, LARGEST_UPDATE = 1 << 30 };

static const char *const names[QK_AES_MODES][KEY_SIZES] = {
    [QK_AES_ECB] = { "AES-128-ECB", "AES-192-ECB", "AES-256-ECB" },
    [QK_AES_CBC] = { "AES-128-CBC", "AES-192-CBC", "AES-256-CBC" },
    [QK_AES_GCM] = { "AES-128-GCM", "AES-192-GCM", "AES-256-GCM" },
};

static EVP_CIPHER *ciphers[QK_AES_MODES][KEY_SIZES];

static const qk_aes_mech mechs[] = {
    { CKM_AES_ECB, QK_AES_ECB, false },
    { CKM_AES_CBC, QK_AES_CBC, false },
    { CKM_AES_CBC_PAD, QK_AES_CBC, true },
    { CKM_AES_GCM, QK_AES_GCM, false },
};

qk_err qk_aes_start(void)
{
    for (unsigned mode = 0; mode < QK_AES_MODES; mode++)
        for (unsigned size = 0; size < KEY_SIZES; size++) {
            ciphers[mode][size] = EVP_CIPHER_fetch(qk_openssl(), names[mode][size], NULL);
            if (!ciphers[mode][size])
                return qk_openssl_fail(QK_E_GENERAL, names[mode][size]);
        }
    return QK_OK;
}

void qk_aes_stop(void)
{
    for (unsigned mode = 0; mode < QK_AES_MODES; mode++)
        for (unsigned size = 0; size < KEY_SIZES; size++)
            EVP_CIPHER_free(ciphers[mode][size]);
    qk_aes_abandon();
}

void qk_aes_abandon(void)
{
    memset(ciphers, 0, sizeof ciphers);
}

const EVP_CIPHER *qk_aes_cipher(qk_aes_mode mode, size_t key_len)
{
    if (key_len != 16 && key_len != 24 && key_len != 32)
        return NULL;
    return ciphers[mode][(key_len - 16) / 8];
}

const qk_aes_mech *qk_aes_mech_of(const qk_mech *mech)
{
    size_t i = 0;

    while (i + 1 < sizeof mechs / sizeof mechs[0] && mechs[i].type != mech->type)
        i++;
    assert(mechs[i].type == mech->type);
    return &mechs[i];
}

/* ---- contexts ---- */

static void ready_free(qk_ready *head)
{
    qk_aes_ready *ready = (qk_aes_ready *)(void *)head;

    EVP_CIPHER_CTX_free(ready->context);
    free(ready);
}

static qk_err ready_new(const qk_key *key, qk_aes_mode mode, bool encrypt, const void *purpose,
                        qk_aes_ready **out_ready)
{
    const EVP_CIPHER *cipher = qk_aes_cipher(mode, key->value.len);
    qk_view value = qk_secret_reveal(&key->value);
    qk_aes_ready *ready;

    if (!cipher)
        return qk_fail(QK_E_KEY_SIZE, "an AES key of %zu bytes", value.len);
    ready = calloc(1, sizeof *ready);
    if (!ready)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a cipher context");
    ready->head = (qk_ready){ .purpose = purpose, .free = ready_free };
    ready->iv_len = (size_t)EVP_CIPHER_get_iv_length(cipher);
    ready->context = EVP_CIPHER_CTX_new();
    /* GCM knows no padding, and a context that was told so costs OpenSSL extra work at every IV. */
    if (!ready->context || EVP_CipherInit_ex2(ready->context, cipher, value.data, NULL, encrypt, NULL) != 1 ||
        (mode != QK_AES_GCM && EVP_CIPHER_CTX_set_padding(ready->context, 0) != 1)) {
        ready_free(&ready->head);
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "AES");
    }
    *out_ready = ready;
    return QK_OK;
}

qk_err qk_aes_take(const qk_key *key, qk_aes_mode mode, bool encrypt, qk_aes_ready **out_ready)
{
    static const char purposes[QK_AES_MODES][2];
    const void *purpose = &purposes[mode][mode == QK_AES_GCM ? 0 : encrypt];
    qk_ready *head = qk_key_take(key, purpose);

    if (head) {
        *out_ready = (qk_aes_ready *)(void *)head;
        return QK_OK;
    }
    return ready_new(key, mode, encrypt, purpose, out_ready);
}

qk_err qk_aes_put(const qk_key *key, qk_aes_ready *ready, bool well)
{
    if (well) {
        qk_key_put(key, &ready->head);
        return QK_OK;
    }
    ready_free(&ready->head);
    return qk_openssl_fail(QK_E_FUNCTION_FAILED, "AES");
}

bool qk_cipher_update(EVP_CIPHER_CTX *context, qk_view in, uint8_t *out)
{
    while (in.len > 0) {
        int piece = in.len < LARGEST_UPDATE ? (int)in.len : LARGEST_UPDATE, done;

        if (EVP_CipherUpdate(context, out, &done, in.data, piece) != 1 || done != piece)
            return false;
        in = qk_view_slice(in, (size_t)piece, in.len);
        out += piece;
    }
    return true;
}

bool qk_cipher_bind(EVP_CIPHER_CTX *context, qk_view aad)
{
    while (aad.len > 0) {
        int piece = aad.len < LARGEST_UPDATE ? (int)aad.len : LARGEST_UPDATE, done;

        if (EVP_CipherUpdate(context, NULL, &done, aad.data, piece) != 1)
            return false;
        aad = qk_view_slice(aad, (size_t)piece, aad.len);
    }
    return true;
}

qk_err qk_aes_blocks(const qk_key *key, qk_aes_mode mode, bool encrypt, const uint8_t *iv, qk_view in, uint8_t *out)
{
    qk_aes_ready *ready;
    bool well;

    QK_TRY(qk_aes_take(key, mode, encrypt, &ready));
    well = EVP_CipherInit_ex2(ready->context, NULL, NULL, iv, encrypt, NULL) == 1 &&
           qk_cipher_update(ready->context, in, out);
    return qk_aes_put(key, ready, well);
}

/* ---- padding ---- */

void qk_aes_pad(uint8_t rest[QK_AES_BLOCK], size_t rest_len)
{
    memset(rest + rest_len, (int)(QK_AES_BLOCK - rest_len), QK_AES_BLOCK - rest_len);
}

size_t qk_aes_padding(const uint8_t last[QK_AES_BLOCK])
{
    size_t count = last[QK_AES_BLOCK - 1];
    qk_mask bad = qk_ct_is_zero(count) | qk_ct_below(QK_AES_BLOCK, count);

    for (size_t i = 0; i < QK_AES_BLOCK; i++)
        bad |= qk_ct_below(i, count) & ~qk_ct_is(last[QK_AES_BLOCK - 1 - i], count);
    count = qk_ct_select(bad, 0, count);
    qk_ct_declassify(&count, sizeof count);
    return count;
}

/* ---- one call ---- */

static bool is_whole(size_t len)
{
    return len % QK_AES_BLOCK == 0;
}

static const uint8_t *iv_of(const qk_aes_mech *mech, const qk_mech_use *use)
{
    return mech->mode == QK_AES_CBC ? use->iv.data : NULL;
}

static qk_err encrypt_plain(const qk_key *key, const qk_aes_mech *mech, const qk_mech_use *use, qk_view plain,
                            qk_arena *arena, qk_view *out_cipher)
{
    uint8_t *place;

    if (!is_whole(plain.len))
        return qk_fail(QK_E_BAD_LENGTH, "%s of %zu bytes: no multiple of 16", use->mech->name, plain.len);
    QK_TRY(qk_arena_bytes(arena, plain.len, &place));
    QK_TRY(qk_aes_blocks(key, mech->mode, true, iv_of(mech, use), plain, place));
    *out_cipher = qk_view_of(place, plain.len);
    return QK_OK;
}

/* The padded message is laid out in the arena and encrypted in place. */
static qk_err encrypt_padded(const qk_key *key, const qk_aes_mech *mech, const qk_mech_use *use, qk_view plain,
                             qk_arena *arena, qk_view *out_cipher)
{
    size_t whole = plain.len / QK_AES_BLOCK * QK_AES_BLOCK;
    uint8_t *place;

    if (plain.len > SIZE_MAX - QK_AES_BLOCK)
        return qk_fail(QK_E_BAD_LENGTH, "a message of %zu bytes", plain.len);
    QK_TRY(qk_arena_bytes(arena, whole + QK_AES_BLOCK, &place));
    if (plain.len > 0)
        memcpy(place, plain.data, plain.len);
    qk_aes_pad(place + whole, plain.len - whole);
    QK_TRY(qk_aes_blocks(key, mech->mode, true, iv_of(mech, use), qk_view_of(place, whole + QK_AES_BLOCK), place));
    *out_cipher = qk_view_of(place, whole + QK_AES_BLOCK);
    return QK_OK;
}

static qk_err encrypt(const qk_key *key, const qk_mech_use *use, qk_view plain, qk_arena *arena, qk_view *out_cipher)
{
    const qk_aes_mech *mech = qk_aes_mech_of(use->mech);

    if (mech->mode == QK_AES_GCM)
        return qk_aes_gcm_encrypt(key, use, plain, arena, out_cipher);
    return (mech->padded ? encrypt_padded : encrypt_plain)(key, mech, use, plain, arena, out_cipher);
}

static qk_err decrypt(const qk_key *key, const qk_mech_use *use, qk_view cipher, qk_arena *arena, qk_view *out_plain)
{
    const qk_aes_mech *mech = qk_aes_mech_of(use->mech);
    size_t padding = 0;
    uint8_t *place;

    if (mech->mode == QK_AES_GCM)
        return qk_aes_gcm_decrypt(key, use, cipher, arena, out_plain);
    if (!is_whole(cipher.len) || (mech->padded && cipher.len == 0))
        return qk_fail(QK_E_CIPHERTEXT_LENGTH, "%s: a ciphertext of %zu bytes", use->mech->name, cipher.len);
    QK_TRY(qk_arena_bytes(arena, cipher.len, &place));
    QK_TRY(qk_aes_blocks(key, mech->mode, false, iv_of(mech, use), cipher, place));
    if (mech->padded) {
        padding = qk_aes_padding(place + cipher.len - QK_AES_BLOCK);
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
    const qk_aes_mech *mech = qk_aes_mech_of(use->mech);
    size_t tag_len = mech->mode == QK_AES_GCM ? use->gcm.tag_bits / 8 : 0;

    (void)key;
    if (function == QK_DECRYPT)
        return input_len > tag_len ? input_len - tag_len : 0;
    if (mech->padded)
        return (input_len / QK_AES_BLOCK + 1) * QK_AES_BLOCK;
    return input_len + tag_len;
}

const qk_engine qk_engine_aes = {
    .encrypt = encrypt,
    .decrypt = decrypt,
    .output_len = output_len,
};
