/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cipher/cipher.h"

#include <stdlib.h>

#include <openssl/core_names.h>

#include "crypto/library.h"

enum { LARGEST_UPDATE = 1 << 30, MAX_TAG = 16 };

/* clang-format off */
#define AES(mode, suffix) \
    { CKK_AES, QK_MODE_##mode, 16, "AES-128-" suffix }, { CKK_AES, QK_MODE_##mode, 24, "AES-192-" suffix }, \
    { CKK_AES, QK_MODE_##mode, 32, "AES-256-" suffix }
#define DES(mode) \
    { CKK_DES2, QK_MODE_##mode, 16, "DES-EDE-" #mode }, { CKK_DES3, QK_MODE_##mode, 24, "DES-EDE3-" #mode }

static const struct cipher_row {
    CK_KEY_TYPE type;
    qk_cipher_mode mode;
    size_t key_len;
    const char *name;
} rows[] = {
    AES(ECB, "ECB"),
    AES(CBC, "CBC"),
    AES(CTR, "CTR"),
    AES(GCM, "GCM"),
    AES(CCM, "CCM"),
    AES(OFB, "OFB"),
    AES(CFB8, "CFB8"),
    AES(CFB128, "CFB"),
    AES(CTS, "CBC-CTS"),
    { CKK_AES_XTS, QK_MODE_XTS, 32, "AES-128-XTS" },
    { CKK_AES_XTS, QK_MODE_XTS, 64, "AES-256-XTS" },
    { CKK_CHACHA20, QK_MODE_CHACHA20, 32, "ChaCha20" },
    { CKK_CHACHA20, QK_MODE_CHACHA20_POLY1305, 32, "ChaCha20-Poly1305" },
    DES(ECB),
    DES(CBC),
};
/* clang-format on */

/* The first rows are those without which nothing here works: blobs are sealed with GCM. */
enum { ROWS = sizeof rows / sizeof rows[0], NEEDED_ROWS = 4 * 3 };

static EVP_CIPHER *ciphers[ROWS];

qk_err qk_cipher_start(void)
{
    for (unsigned i = 0; i < ROWS; i++) {
        ciphers[i] = EVP_CIPHER_fetch(qk_openssl(), rows[i].name, NULL);
        if (!ciphers[i] && i < NEEDED_ROWS)
            return qk_openssl_fail(QK_E_GENERAL, rows[i].name);
    }
    qk_openssl_forget();
    return QK_OK;
}

void qk_cipher_stop(void)
{
    for (unsigned i = 0; i < ROWS; i++)
        EVP_CIPHER_free(ciphers[i]);
    qk_cipher_abandon();
}

void qk_cipher_abandon(void)
{
    memset(ciphers, 0, sizeof ciphers);
}

const EVP_CIPHER *qk_cipher_of(CK_KEY_TYPE type, qk_cipher_mode mode, size_t key_len)
{
    for (unsigned i = 0; i < ROWS; i++)
        if (rows[i].type == type && rows[i].mode == mode && rows[i].key_len == key_len)
            return ciphers[i];
    return NULL;
}

bool qk_cipher_offered(CK_KEY_TYPE type, qk_cipher_mode mode)
{
    for (unsigned i = 0; i < ROWS; i++)
        if (rows[i].type == type && rows[i].mode == mode && ciphers[i])
            return true;
    return false;
}

size_t qk_cipher_block_len(const qk_key *key)
{
    return key->type == CKK_DES3 || key->type == CKK_DES2 ? QK_DES_BLOCK : QK_AES_BLOCK;
}

/* ---- contexts ---- */

static void ready_free(qk_ready *head)
{
    qk_cipher_ready *ready = (qk_cipher_ready *)(void *)head;

    EVP_CIPHER_CTX_free(ready->context);
    free(ready);
}

/* A context of an AEAD that is told of padding costs OpenSSL extra work at every IV. */
static bool is_aead(qk_cipher_mode mode)
{
    return mode == QK_MODE_GCM || mode == QK_MODE_CCM || mode == QK_MODE_CHACHA20_POLY1305;
}

static qk_err ready_new(const qk_key *key, qk_cipher_mode mode, bool encrypt, const void *purpose,
                        qk_cipher_ready **out_ready)
{
    const EVP_CIPHER *cipher = qk_cipher_of(key->type, mode, key->value.len);
    qk_view value = qk_secret_reveal(&key->value);
    qk_cipher_ready *ready;

    if (!cipher)
        return qk_fail(QK_E_KEY_SIZE, "no such cipher for a %s key of %zu bytes", qk_name_of_key_type(key->type),
                       value.len);
    ready = calloc(1, sizeof *ready);
    if (!ready)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a cipher context");
    ready->head = (qk_ready){ .purpose = purpose, .free = ready_free };
    ready->iv_len = (size_t)EVP_CIPHER_get_iv_length(cipher);
    ready->context = EVP_CIPHER_CTX_new();
    if (!ready->context || EVP_CipherInit_ex2(ready->context, cipher, value.data, NULL, encrypt, NULL) != 1 ||
        (!is_aead(mode) && EVP_CIPHER_CTX_set_padding(ready->context, 0) != 1)) {
        ready_free(&ready->head);
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "cipher");
    }
    *out_ready = ready;
    return QK_OK;
}

qk_err qk_cipher_take(const qk_key *key, qk_cipher_mode mode, bool encrypt, qk_cipher_ready **out_ready)
{
    static const char purposes[QK_MODES][2];
    const void *purpose = &purposes[mode][mode == QK_MODE_GCM ? 0 : encrypt];
    qk_ready *head = qk_key_take(key, purpose);

    if (head) {
        *out_ready = (qk_cipher_ready *)(void *)head;
        return QK_OK;
    }
    return ready_new(key, mode, encrypt, purpose, out_ready);
}

qk_err qk_cipher_put(const qk_key *key, qk_cipher_ready *ready, bool well)
{
    if (well) {
        qk_key_put(key, &ready->head);
        return QK_OK;
    }
    ready_free(&ready->head);
    return qk_openssl_fail(QK_E_FUNCTION_FAILED, "cipher");
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

/* Straight for the parameter: EVP_CIPHER_CTX_ctrl looks through many commands first. */
bool qk_cipher_read_tag(EVP_CIPHER_CTX *context, uint8_t *out, size_t tag_len)
{
    OSSL_PARAM wanted[] = { OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, out, tag_len), OSSL_PARAM_END };

    return EVP_CIPHER_CTX_get_params(context, wanted) == 1;
}

bool qk_cipher_expect_tag(EVP_CIPHER_CTX *context, const uint8_t *tag, size_t tag_len)
{
    uint8_t expected[MAX_TAG];

    memcpy(expected, tag, tag_len); /* OpenSSL wants to be able to write to it */
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, (int)tag_len, expected) == 1;
}

qk_err qk_cipher_whole(const qk_key *key, qk_cipher_mode mode, bool encrypt, const uint8_t *iv, qk_view in,
                       uint8_t *out)
{
    qk_cipher_ready *ready;
    bool well;

    QK_TRY(qk_cipher_take(key, mode, encrypt, &ready));
    well = EVP_CipherInit_ex2(ready->context, NULL, NULL, iv, encrypt, NULL) == 1 &&
           qk_cipher_update(ready->context, in, out);
    return qk_cipher_put(key, ready, well);
}

size_t qk_cipher_same_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    (void)key;
    (void)use;
    (void)function;
    return input_len;
}
