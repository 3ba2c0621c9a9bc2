/* SPDX-License-Identifier: Apache-2.0 */
/* Tools for the rooms above: derivation and sealing with everything fetched beforehand, since each blob that a server
 * opens passes through here. */
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "crypto/cipher/cipher.h"
#include "crypto/engine.h"
#include "crypto/hash/hmac.h"
#include "crypto/library.h"
#include "crypto/pool.h"

enum { HASH_LEN = 32, KEY_LEN = 32, TAG_LEN = 16 };

qk_err qk_sha256(qk_view data, uint8_t out[32])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t len;

    QK_TRY(qk_digest_once(CKM_SHA256, data, digest, &len));
    memcpy(out, digest, HASH_LEN);
    return QK_OK;
}

static qk_err hmac(qk_view key, const qk_view *pieces, size_t count, uint8_t out[HASH_LEN])
{
    uint8_t mac[EVP_MAX_MD_SIZE];
    size_t len;

    QK_TRY(qk_hmac_pieces(CKM_SHA256, key, pieces, count, mac, &len));
    memcpy(out, mac, HASH_LEN);
    explicit_bzero(mac, sizeof mac);
    return QK_OK;
}

qk_err qk_hmac_sha256(qk_view key, qk_view data, uint8_t out[32])
{
    return hmac(key, &data, 1, out);
}

/* RFC 5869, section 2.3: T(i) = HMAC(PRK, T(i-1) | info | i). */
static qk_err expand(const uint8_t prk[HASH_LEN], qk_view info, uint8_t *out, size_t out_len)
{
    uint8_t block[HASH_LEN], count = 0;
    qk_err err = QK_OK;

    while (out_len > 0 && err == QK_OK) {
        size_t take = out_len < HASH_LEN ? out_len : HASH_LEN;
        qk_view pieces[] = { { block, count > 0 ? HASH_LEN : 0 }, info, { &count, 1 } };

        count++;
        err = hmac(qk_view_of(prk, HASH_LEN), pieces, 3, block);
        if (err == QK_OK)
            memcpy(out, block, take);
        out += take;
        out_len -= take;
    }
    explicit_bzero(block, sizeof block);
    return err;
}

qk_err qk_hkdf_sha256(qk_view key, qk_view salt, qk_view info, uint8_t *out, size_t out_len)
{
    uint8_t prk[HASH_LEN];
    qk_err err;

    if (out_len > 255 * HASH_LEN)
        return qk_fail(QK_E_BAD_ARGUMENT, "HKDF-SHA-256 gives no %zu bytes", out_len);
    QK_TRY(hmac(salt, &key, 1, prk)); /* section 2.2; HMAC pads an empty salt with zeros by itself */
    err = expand(prk, info, out, out_len);
    explicit_bzero(prk, sizeof prk);
    return err;
}

/* ---- AEAD ---- */

static qk_pool contexts;

static void free_context(void *item)
{
    EVP_CIPHER_CTX_free(item);
}

void qk_seal_stop(void)
{
    qk_pool_drain(&contexts, free_context);
}

void qk_seal_abandon(void)
{
    qk_pool_forget(&contexts);
}

static const uint8_t zero[KEY_LEN];

static bool set_key(EVP_CIPHER_CTX *context, const uint8_t *key, bool encrypt)
{
    const EVP_CIPHER *cipher = qk_cipher_of(CKK_AES, QK_MODE_GCM, KEY_LEN);

    return EVP_CipherInit_ex2(context, cipher, key, zero, encrypt, NULL) == 1;
}

static EVP_CIPHER_CTX *take_context(void)
{
    EVP_CIPHER_CTX *context = qk_pool_take(&contexts);

    return context ? context : EVP_CIPHER_CTX_new();
}

/* The one-time key's schedule does not stay behind in an idle context. */
static void put_context(EVP_CIPHER_CTX *context, bool well)
{
    if (!well || !set_key(context, zero, true) || !qk_pool_put(&contexts, context))
        EVP_CIPHER_CTX_free(context);
}

qk_err qk_aead_seal(const uint8_t key[32], qk_view bound, qk_view plain, uint8_t *out, uint8_t tag[16])
{
    EVP_CIPHER_CTX *context = take_context();
    uint8_t last[QK_AES_BLOCK];
    bool well;
    int none;

    well = context && set_key(context, key, true) && qk_cipher_bind(context, bound) &&
           qk_cipher_update(context, plain, out) && EVP_CipherFinal_ex(context, last, &none) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, tag) == 1;
    put_context(context, well);
    return well ? QK_OK : qk_openssl_fail(QK_E_FUNCTION_FAILED, "sealing");
}

qk_err qk_aead_open(const uint8_t key[32], qk_view bound, qk_view cipher, const uint8_t tag[16], uint8_t *out)
{
    uint8_t expected[TAG_LEN], last[QK_AES_BLOCK];
    EVP_CIPHER_CTX *context = take_context();
    bool well, genuine;
    int none;

    memcpy(expected, tag, TAG_LEN); /* OpenSSL wants to be able to write to it */
    well = context && set_key(context, key, false) && qk_cipher_bind(context, bound) &&
           qk_cipher_update(context, cipher, out) &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, expected) == 1;
    genuine = well && EVP_CipherFinal_ex(context, last, &none) == 1;
    put_context(context, well);
    if (genuine)
        return QK_OK;
    if (out)
        explicit_bzero(out, cipher.len);
    if (!well)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "opening");
    qk_openssl_forget();
    return qk_fail(QK_E_BLOB_DAMAGED, "sealed bytes or what they are bound to were changed");
}

/* ---- passwords ---- */

enum { SCRYPT_MAX_LOG2_N = 20, SCRYPT_R = 8 }; /* 1 GiB */

static bool derive_scrypt(EVP_KDF_CTX *context, qk_view password, qk_view salt, uint64_t n, uint8_t *out,
                          size_t out_len)
{
    uint32_t r = SCRYPT_R, p = 1;
    uint64_t memory = 128 * SCRYPT_R * (n + 3); /* section 2: the vector V of n blocks, B and work space */
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, (void *)(uintptr_t)password.data, password.len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)(uintptr_t)salt.data, salt.len),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
        OSSL_PARAM_construct_end(),
    };

    return EVP_KDF_derive(context, out, out_len, params) == 1;
}

qk_err qk_scrypt(qk_view password, qk_view salt, unsigned log2_n, uint8_t *out, size_t out_len)
{
    EVP_KDF *kdf;
    EVP_KDF_CTX *context;
    bool well;

    if (log2_n < 1 || log2_n > SCRYPT_MAX_LOG2_N)
        return qk_fail(QK_E_BAD_ARGUMENT, "scrypt with N = 2^%u", log2_n);
    if (!password.data)
        password = QK_VIEW_LITERAL("");
    if (!salt.data)
        salt = QK_VIEW_LITERAL("");
    kdf = EVP_KDF_fetch(qk_openssl(), "SCRYPT", NULL);
    context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    well = context && derive_scrypt(context, password, salt, (uint64_t)1 << log2_n, out, out_len);
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    return well ? QK_OK : qk_openssl_fail(QK_E_FUNCTION_FAILED, "scrypt");
}
