/* SPDX-License-Identifier: Apache-2.0 */
/* CKM_RSA_X_509: RSA without an encoding. Data are a number, filled up with zeros in front to the modulus' length; what
 * comes out of the key has always that length. Whoever uses it brings an encoding of their own. Source: RFC 8017, 5.1
 * and 5.2; PKCS #11 3.2, section on X.509 (raw) RSA. */
#include "base/secret.h"
#include "crypto/engine.h"
#include "crypto/rsa/rsa_op.h"

static qk_err fill(const qk_key *key, qk_view data, uint8_t out[QK_RSA_MAX_LEN])
{
    size_t len = qk_rsa_len(key);

    if (data.len > len)
        return qk_fail(QK_E_BAD_LENGTH, "%zu bytes do not fit an RSA key of %zu bytes", data.len, len);
    memset(out, 0, len - data.len);
    if (data.len > 0)
        memcpy(out + len - data.len, data.data, data.len);
    return QK_OK;
}

static qk_err encrypt_in(const qk_key *key, qk_view plain, uint8_t *memory, qk_arena *arena, qk_view *out_cipher)
{
    uint8_t *cipher;

    QK_TRY(fill(key, plain, memory));
    QK_TRY(qk_arena_bytes(arena, qk_rsa_len(key), &cipher));
    QK_TRY(qk_rsa_public(key, QK_E_DATA_INVALID, memory, cipher));
    *out_cipher = qk_view_of(cipher, qk_rsa_len(key));
    return QK_OK;
}

static qk_err encrypt(const qk_key *key, const qk_mech_use *use, qk_view plain, qk_arena *arena, qk_view *out_cipher)
{
    uint8_t memory[QK_RSA_MAX_LEN];
    qk_err err = encrypt_in(key, plain, memory, arena, out_cipher);

    (void)use;
    explicit_bzero(memory, sizeof(memory));
    return err;
}

static qk_err decrypt(const qk_key *key, const qk_mech_use *use, qk_view cipher, qk_arena *arena, qk_view *out_plain)
{
    size_t len = qk_rsa_len(key);
    uint8_t *plain;

    (void)use;
    if (cipher.len != len)
        return qk_fail(QK_E_CIPHERTEXT_LENGTH, "an RSA ciphertext of %zu bytes; the key's have %zu", cipher.len, len);
    QK_TRY(qk_arena_bytes(arena, len, &plain));
    QK_TRY(qk_rsa_private(key, QK_E_CIPHERTEXT_INVALID, cipher.data, plain));
    *out_plain = qk_view_of(plain, len);
    return QK_OK;
}

static qk_err sign(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena, qk_view *out_signature)
{
    uint8_t memory[QK_RSA_MAX_LEN];

    (void)use;
    QK_TRY(fill(key, data, memory));
    return qk_rsa_sign_encoded(key, (qk_em){ memory, qk_rsa_len(key) }, arena, out_signature);
}

static qk_err verify(const qk_key *key, const qk_mech_use *use, qk_view data, qk_view signature)
{
    uint8_t expected[QK_RSA_MAX_LEN], given[QK_RSA_MAX_LEN];
    size_t len = qk_rsa_len(key);

    (void)use;
    QK_TRY(fill(key, data, expected));
    QK_TRY(qk_rsa_open_signature(key, signature, (qk_em){ given, len }));
    return qk_rsa_match(expected, given, len);
}

static qk_err verify_recover(const qk_key *key, const qk_mech_use *use, qk_view signature, qk_arena *arena,
                             qk_view *out_data)
{
    uint8_t given[QK_RSA_MAX_LEN];
    size_t len = qk_rsa_len(key);

    (void)use;
    QK_TRY(qk_rsa_open_signature(key, signature, (qk_em){ given, len }));
    return qk_arena_copy(arena, qk_view_of(given, len), out_data);
}

static size_t output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    (void)use;
    (void)input_len;
    return function == QK_VERIFY ? 0 : qk_rsa_len(key);
}

const qk_engine qk_engine_rsa_raw = {
    .encrypt = encrypt,
    .decrypt = decrypt,
    .sign = sign,
    .verify = verify,
    .sign_recover = sign,
    .verify_recover = verify_recover,
    .output_len = output_len,
};
