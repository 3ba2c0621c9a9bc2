/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/signature/signing_key.h"

#include <openssl/pem.h>
#include <stdlib.h>

#include "base/encoding.h"
#include "base/file.h"
#include "crypto/crypto.h"
#include "crypto/openssl.h"

enum { MOST_PEM = 16 * 1024, PUBLIC_LEN = 32, ED25519_BITS = 255 };

struct qk_signing_key {
    qk_key *key;
    qk_mech_use sign, verify;
    char id[QK_SIGNING_KEY_ID];
};

/* ---- files ---- */

/* What PEM_read_bio allocates. */
typedef struct pem {
    char *name, *header;
    unsigned char *data;
    long len;
} pem;

static void free_pem(pem *it)
{
    OPENSSL_free(it->name);
    OPENSSL_free(it->header);
    OPENSSL_clear_free(it->data, it->len > 0 ? (size_t)it->len : 0);
}

static void free_bio(BIO **bio)
{
    BIO_free(*bio);
}

typedef struct wanted {
    const char *name; /* between the dashes */
    CK_OBJECT_CLASS class;
    const char *words;
} wanted;

static const wanted private_key = { "PRIVATE KEY", CKO_PRIVATE_KEY,
                                    "an Ed25519 private key (openssl genpkey -algorithm ed25519)" };
static const wanted public_key = { "PUBLIC KEY", CKO_PUBLIC_KEY, "an Ed25519 public key (openssl pkey -pubout)" };

static qk_err fail(const char *path, const wanted *want)
{
    qk_openssl_forget();
    return qk_fail(QK_E_CONFIG, "%.150s: this is not the PEM file of %s", path, want->words);
}

static qk_err read_key(const char *path, qk_view text, const wanted *want, qk_key **out_key)
{
    QK_OWNED(free_bio) BIO *bio = BIO_new_mem_buf(text.data, (int)text.len);
    QK_OWNED(free_pem) pem it = { 0 };

    if (!bio || !PEM_read_bio(bio, &it.name, &it.header, &it.data, &it.len) || strcmp(it.name, want->name) != 0 ||
        *it.header)
        return fail(path, want);
    if (qk_key_read(want->class, CKK_EC_EDWARDS, qk_view_of(it.data, (size_t)it.len), out_key) != QK_OK ||
        qk_key_bits(*out_key) != ED25519_BITS)
        return fail(path, want);
    return QK_OK;
}

/* ---- keys ---- */

static qk_err write_id(qk_signing_key *it)
{
    QK_OWNED(qk_buf_done) qk_buf spki = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;
    uint8_t digest[32];

    QK_TRY(qk_key_write_spki(it->key, true, &spki));
    qk_buf_put_text(&text, "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"");
    qk_base64url_write(qk_view_slice(qk_buf_view(&spki), spki.len - PUBLIC_LEN, PUBLIC_LEN), &text);
    qk_buf_put_text(&text, "\"}");
    QK_TRY(qk_buf_check(&text));
    QK_TRY(qk_sha256(qk_buf_view(&text), digest));
    qk_buf_clear(&text);
    qk_base64url_write(qk_view_of(digest, sizeof digest), &text);
    QK_TRY(qk_buf_check(&text));
    snprintf(it->id, sizeof it->id, "%s", qk_buf_text(&text));
    return QK_OK;
}

static qk_err make(const char *path, qk_view text, const wanted *want, qk_signing_key **out_key)
{
    static const CK_MECHANISM eddsa = { CKM_EDDSA, NULL, 0 };
    QK_OWNED(qk_signing_key_free) qk_signing_key *it = calloc(1, sizeof *it);

    if (!it)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a key");
    QK_TRY(read_key(path, text, want, &it->key));
    QK_TRY(qk_mech_use_read(&eddsa, QK_SIGN, &it->sign));
    QK_TRY(qk_mech_use_read(&eddsa, QK_VERIFY, &it->verify));
    QK_TRY(write_id(it));
    *out_key = it;
    it = NULL;
    return QK_OK;
}

/* A file that is not there is a mistake of the configuration. */
static qk_err as_configured(qk_err err)
{
    return err == QK_E_OBJECT_MISSING || err == QK_E_SYSTEM ? qk_fail(QK_E_CONFIG, "%s", qk_err_words(err)) : err;
}

qk_err qk_signing_key_load(const char *path, qk_signing_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret text = QK_SECRET_NONE;

    QK_TRY(as_configured(qk_file_read_secret(path, MOST_PEM, &text)));
    return make(path, qk_secret_reveal(&text), &private_key, out_key);
}

qk_err qk_signer_key_load(const char *path, qk_signing_key **out_key)
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;

    QK_TRY(as_configured(qk_file_read(path, MOST_PEM, &text)));
    return make(path, qk_buf_view(&text), &public_key, out_key);
}

void qk_signing_key_free(qk_signing_key **key)
{
    if (!*key)
        return;
    qk_key_unref(&(*key)->key);
    free(*key);
    *key = NULL;
}

/* ---- use ---- */

const char *qk_signing_key_id(const qk_signing_key *key)
{
    return key->id;
}

qk_err qk_signing_key_sign(const qk_signing_key *key, qk_view base, uint8_t out[QK_SIGNATURE_LEN])
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_view signature;

    qk_arena_init(&arena, 0);
    QK_TRY(qk_crypto_sign(key->key, &key->sign, base, &arena, &signature));
    memcpy(out, signature.data, QK_SIGNATURE_LEN);
    return QK_OK;
}

qk_err qk_signing_key_verify(const qk_signing_key *key, qk_view base, const uint8_t signature[QK_SIGNATURE_LEN])
{
    return qk_crypto_verify(key->key, &key->verify, base, qk_view_of(signature, QK_SIGNATURE_LEN));
}
