/* SPDX-License-Identifier: Apache-2.0 */
/* RSA by RFC 8017: an encoding of rsa_padding.h and one raw RSA operation. */
#include "base/secret.h"
#include "crypto/encapsulate.h"
#include "crypto/engine.h"
#include "crypto/rsa/rsa_op.h"

/* ---- PKCS #1 v1.5 signatures ---- */

/* The expected encoding is built anew and compared: nothing of the signature is parsed, so nothing can be slipped in.
 */
static qk_err verify_pkcs1(const qk_key *key, qk_view prefix, qk_view data, qk_view signature)
{
    uint8_t expected[QK_RSA_MAX_LEN], given[QK_RSA_MAX_LEN];
    size_t len = qk_rsa_len(key);

    QK_TRY(qk_pkcs1_sign_encode(prefix, data, (qk_em){ expected, len }));
    QK_TRY(qk_rsa_open_signature(key, signature, (qk_em){ given, len }));
    return qk_rsa_match(expected, given, len);
}

static qk_err sign_pkcs1(const qk_key *key, qk_view prefix, qk_view data, qk_arena *arena, qk_view *out_signature)
{
    uint8_t memory[QK_RSA_MAX_LEN];
    qk_em em = { memory, qk_rsa_len(key) };

    QK_TRY(qk_pkcs1_sign_encode(prefix, data, em));
    return qk_rsa_sign_encoded(key, em, arena, out_signature);
}

/* What stands before the data. A digest must be as long as DigestInfo says, or the signature would be of something
 * else; CKM_RSA_PKCS signs the data as they are. */
static qk_err prefix_of(const qk_mech_use *use, qk_view digest, qk_view *out_prefix)
{
    *out_prefix = QK_VIEW_NONE;
    if (use->mech->hash == QK_NO_HASH)
        return QK_OK;
    *out_prefix = qk_pkcs1_digest_info(use->mech->hash);
    if (out_prefix->len == 0)
        return qk_fail(QK_E_MECHANISM_INVALID, "%s has no DigestInfo", use->mech->name);
    if (digest.len != out_prefix->data[out_prefix->len - 1])
        return qk_fail(QK_E_BAD_LENGTH, "%s: a digest of %zu bytes", use->mech->name, digest.len);
    return QK_OK;
}

static qk_err pkcs_sign_digest(const qk_key *key, const qk_mech_use *use, qk_view digest, qk_arena *arena,
                               qk_view *out_signature)
{
    qk_view prefix;

    QK_TRY(prefix_of(use, digest, &prefix));
    return sign_pkcs1(key, prefix, digest, arena, out_signature);
}

static qk_err pkcs_verify_digest(const qk_key *key, const qk_mech_use *use, qk_view digest, qk_view signature)
{
    qk_view prefix;

    QK_TRY(prefix_of(use, digest, &prefix));
    return verify_pkcs1(key, prefix, digest, signature);
}

/* ---- signatures that carry their data: CKM_RSA_PKCS ---- */

static qk_err pkcs_sign_recover(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena,
                                qk_view *out_signature)
{
    (void)use;
    return sign_pkcs1(key, QK_VIEW_NONE, data, arena, out_signature);
}

static qk_err pkcs_verify_recover(const qk_key *key, const qk_mech_use *use, qk_view signature, qk_arena *arena,
                                  qk_view *out_data)
{
    uint8_t memory[QK_RSA_MAX_LEN];
    qk_em em = { memory, qk_rsa_len(key) };
    size_t start;

    (void)use;
    QK_TRY(qk_rsa_open_signature(key, signature, em));
    QK_TRY(qk_pkcs1_sign_decode(em, &start));
    return qk_arena_copy(arena, qk_view_of(em.data + start, em.len - start), out_data);
}

/* ---- PSS ---- */

static qk_err pss_sign_digest(const qk_key *key, const qk_mech_use *use, qk_view digest, qk_arena *arena,
                              qk_view *out_signature)
{
    uint8_t memory[QK_RSA_MAX_LEN];
    qk_em em = { memory, qk_rsa_len(key) };

    QK_TRY(qk_pss_encode(use, digest, key->bits, em));
    return qk_rsa_sign_encoded(key, em, arena, out_signature);
}

static qk_err pss_verify_digest(const qk_key *key, const qk_mech_use *use, qk_view digest, qk_view signature)
{
    uint8_t memory[QK_RSA_MAX_LEN];
    qk_em em = { memory, qk_rsa_len(key) };

    QK_TRY(qk_rsa_open_signature(key, signature, em));
    return qk_pss_verify(use, digest, key->bits, em);
}

/* ---- encryption ---- */

static qk_err encrypt_encoded(const qk_key *key, qk_em em, qk_arena *arena, qk_view *out_cipher)
{
    uint8_t *cipher;

    QK_TRY(qk_arena_bytes(arena, em.len, &cipher));
    QK_TRY(qk_rsa_public(key, QK_E_FUNCTION_FAILED, em.data, cipher));
    *out_cipher = qk_view_of(cipher, em.len);
    return QK_OK;
}

static qk_err encrypt(const qk_key *key, const qk_mech_use *use, qk_view plain, qk_arena *arena, qk_view *out_cipher)
{
    uint8_t memory[QK_RSA_MAX_LEN];
    qk_em em = { memory, qk_rsa_len(key) };
    qk_err err =
        use->mech->param == QK_PARAM_OAEP ? qk_oaep_encode(use, plain, em) : qk_pkcs1_encrypt_encode(plain, em);

    if (err == QK_OK)
        err = encrypt_encoded(key, em, arena, out_cipher);
    explicit_bzero(memory, em.len);
    return err;
}

static qk_err decrypt_in(const qk_key *key, const qk_mech_use *use, qk_view cipher, qk_em em, qk_arena *arena,
                         qk_view *out_plain)
{
    size_t start;

    QK_TRY(qk_rsa_private(key, QK_E_CIPHERTEXT_INVALID, cipher.data, em.data));
    qk_ct_poison(em.data, em.len);
    if (use->mech->param == QK_PARAM_OAEP)
        QK_TRY(qk_oaep_decode(use, em, &start));
    else
        QK_TRY(qk_pkcs1_decrypt_decode(em, &start));
    qk_ct_declassify(em.data, em.len);
    return qk_arena_copy(arena, qk_view_of(em.data + start, em.len - start), out_plain);
}

static qk_err decrypt(const qk_key *key, const qk_mech_use *use, qk_view cipher, qk_arena *arena, qk_view *out_plain)
{
    uint8_t memory[QK_RSA_MAX_LEN];
    qk_em em = { memory, qk_rsa_len(key) };

    if (cipher.len != em.len)
        return qk_fail(QK_E_CIPHERTEXT_LENGTH, "an RSA ciphertext of %zu bytes; the key's have %zu", cipher.len,
                       em.len);
    qk_err err = decrypt_in(key, use, cipher, em, arena, out_plain);
    explicit_bzero(memory, em.len);
    return err;
}

static size_t output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    size_t len = qk_rsa_len(key);

    (void)input_len;
    if (function == QK_VERIFY)
        return 0;
    if (function == QK_VERIFY_RECOVER)
        return len - QK_PKCS1_OVERHEAD;
    if (function != QK_DECRYPT)
        return len;
    return use->mech->param == QK_PARAM_OAEP ? qk_oaep_capacity(use, len) : len - QK_PKCS1_OVERHEAD;
}

const qk_engine qk_engine_rsa_pkcs = {
    .encrypt = encrypt,
    .decrypt = decrypt,
    .sign = qk_sign_message,
    .verify = qk_verify_message,
    .sign_digest = pkcs_sign_digest,
    .verify_digest = pkcs_verify_digest,
    .sign_recover = pkcs_sign_recover,
    .verify_recover = pkcs_verify_recover,
    .encapsulate = qk_rsa_encapsulate,
    .decapsulate = qk_rsa_decapsulate,
    .output_len = output_len,
};

const qk_engine qk_engine_rsa_pss = {
    .sign = qk_sign_message,
    .verify = qk_verify_message,
    .sign_digest = pss_sign_digest,
    .verify_digest = pss_verify_digest,
    .output_len = output_len,
};

const qk_engine qk_engine_rsa_oaep = {
    .encrypt = encrypt,
    .decrypt = decrypt,
    .encapsulate = qk_rsa_encapsulate,
    .decapsulate = qk_rsa_decapsulate,
    .output_len = output_len,
};
