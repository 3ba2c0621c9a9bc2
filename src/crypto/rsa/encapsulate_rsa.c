/* SPDX-License-Identifier: Apache-2.0 */
/* Key transport: a random key, encrypted. Padding failures have the one error of decryption, without a hint in time. */
#include <openssl/rand.h>

#include "crypto/encapsulate.h"
#include "crypto/openssl.h"

/* Types of one length; others take what the template says. */
static size_t fixed_len(CK_KEY_TYPE type)
{
    return type == CKK_DES2 ? 16 : type == CKK_DES3 ? 24 : type == CKK_CHACHA20 ? 32 : 0;
}

static qk_err choose_len(const qk_key_wanted *wanted, size_t *out_len)
{
    size_t fixed = fixed_len(wanted->type);

    if (wanted->len && fixed && wanted->len != fixed)
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "a key of this type has %zu bytes, not %zu", fixed, wanted->len);
    *out_len = fixed ? fixed : wanted->len;
    if (*out_len == 0)
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "the new key needs a CKA_VALUE_LEN");
    return QK_OK;
}

qk_err qk_rsa_encapsulate(const qk_key *key, const qk_mech_use *use, const qk_key_wanted *wanted, qk_arena *arena,
                          qk_view *out_cipher, qk_key **out_key)
{
    QK_OWNED(qk_key_unref) qk_key *shared = NULL;
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    qk_err err;
    size_t len;

    QK_TRY(choose_len(wanted, &len));
    QK_TRY(qk_secret_new(len, &value));
    if (RAND_priv_bytes_ex(qk_openssl(), qk_secret_fill(&value), len, 0) != 1)
        return qk_fail(QK_E_NO_RANDOM, "no random bytes for a key");
    QK_TRY(qk_key_read(wanted->class, wanted->type, qk_secret_reveal(&value), &shared));
    err = qk_crypto_encrypt(key, use, qk_secret_reveal(&value), arena, out_cipher);
    if (err == QK_E_BAD_LENGTH)
        return qk_fail(QK_E_KEY_SIZE, "a key of %zu bytes does not fit %s with this public key", len, use->mech->name);
    QK_TRY(err);
    *out_key = shared;
    shared = NULL;
    return QK_OK;
}

/* The mechanism decrypts what C_Encrypt makes, too; whether the key may, was decided for decapsulation. */
qk_err qk_rsa_decapsulate(const qk_key *key, const qk_mech_use *use, qk_view cipher, const qk_key_wanted *wanted,
                          qk_key **out_key)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_view value;
    qk_err err;

    qk_arena_init(&arena, 0);
    err = qk_crypto_decrypt(key, use, cipher, &arena, &value);
    if (err == QK_E_CIPHERTEXT_INVALID) /* wrong padding goes on as a value that is no key of any type */
        value = QK_VIEW_NONE;
    else
        QK_TRY(err);
    if (wanted->len && wanted->len != value.len)
        return qk_fail(QK_E_CIPHERTEXT_INVALID, "the ciphertext does not open to a key of this type and length");
    err = qk_key_read(wanted->class, wanted->type, value, out_key);
    return err == QK_OK || err == QK_E_NO_MEMORY
               ? err
               : qk_fail(QK_E_CIPHERTEXT_INVALID, "the ciphertext does not open to a key of this type and length");
}
