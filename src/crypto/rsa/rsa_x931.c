/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures by ANSI X9.31, which was withdrawn: for old systems.
 *
 * The encoding is 6B BB .. BB BA, then data and CC; or 6A, data and CC if they fill the modulus. Data are the digest
 * and a byte that names the hash: the caller's to bring with CKM_RSA_X9_31. A signature is the smaller of s and n - s,
 * so a verifier takes that one of m and n - m that ends in C. Source: ANSI X9.31-1998, section 4; PKCS #11 3.2, section
 * on ANSI X9.31 RSA. */
#include "crypto/bn.h"
#include "crypto/engine.h"
#include "crypto/rsa/rsa_op.h"

#include <openssl/core_names.h>

enum { TRAILER = 0xcc, LAST_HALF = 0x0c, OVERHEAD = 2, SHA1_NAME = 0x33, SHA1_LEN = 20 };

static qk_err encode(const qk_key *key, qk_view data, uint8_t *em)
{
    size_t len = qk_rsa_len(key);

    if (data.len > len || data.len + OVERHEAD > len)
        return qk_fail(QK_E_BAD_LENGTH, "%zu bytes do not fit an RSA key of %zu bytes", data.len, len);
    size_t fill = len - OVERHEAD - data.len;
    em[0] = fill > 0 ? 0x6b : 0x6a;
    if (fill > 0) {
        memset(em + 1, 0xbb, fill - 1);
        em[fill] = 0xba;
    }
    if (data.len > 0)
        memcpy(em + 1 + fill, data.data, data.len);
    em[len - 1] = TRAILER;
    return QK_OK;
}

/* number = modulus - number, if that is smaller (`smallest`) or ends in the other half of the trailer. */
static qk_err turn(const qk_key *key, bool smallest, uint8_t *number)
{
    QK_OWNED(qk_bn_wipe) BIGNUM *n = NULL, *value = BN_bin2bn(number, (int)qk_rsa_len(key), NULL);
    QK_OWNED(qk_bn_wipe) BIGNUM *other = BN_new();

    if (!value || !other || EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_RSA_N, &n) <= 0 ||
        !BN_sub(other, n, value))
        return qk_bn_no_memory();
    bool take = smallest ? BN_cmp(other, value) < 0 : (number[qk_rsa_len(key) - 1] & 0x0f) != LAST_HALF;
    if (take && BN_bn2binpad(other, number, (int)qk_rsa_len(key)) < 0)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "X9.31 signature");
    return QK_OK;
}

static qk_err sign_data(const qk_key *key, qk_view data, qk_arena *arena, qk_view *out_signature)
{
    uint8_t em[QK_RSA_MAX_LEN], *signature;
    size_t len = qk_rsa_len(key);

    QK_TRY(encode(key, data, em));
    QK_TRY(qk_arena_bytes(arena, len, &signature));
    QK_TRY(qk_rsa_private(key, QK_E_KEY_SIZE, em, signature));
    QK_TRY(turn(key, true, signature));
    *out_signature = qk_view_of(signature, len);
    return QK_OK;
}

static qk_err verify_data(const qk_key *key, qk_view data, qk_view signature)
{
    uint8_t expected[QK_RSA_MAX_LEN], given[QK_RSA_MAX_LEN];
    size_t len = qk_rsa_len(key);

    QK_TRY(encode(key, data, expected));
    QK_TRY(qk_rsa_open_signature(key, signature, (qk_em){ given, len }));
    QK_TRY(turn(key, false, given));
    return qk_rsa_match(expected, given, len);
}

/* The digest with the name of its hash behind it. */
static qk_err name_digest(qk_view digest, uint8_t out[SHA1_LEN + 1])
{
    if (digest.len != SHA1_LEN)
        return qk_fail(QK_E_BAD_LENGTH, "X9.31: a digest of %zu bytes", digest.len);
    memcpy(out, digest.data, SHA1_LEN);
    out[SHA1_LEN] = SHA1_NAME;
    return QK_OK;
}

static qk_err sign_digest(const qk_key *key, const qk_mech_use *use, qk_view digest, qk_arena *arena,
                          qk_view *out_signature)
{
    uint8_t named[SHA1_LEN + 1];

    if (use->mech->hash == QK_NO_HASH)
        return sign_data(key, digest, arena, out_signature);
    QK_TRY(name_digest(digest, named));
    return sign_data(key, qk_view_of(named, sizeof(named)), arena, out_signature);
}

static qk_err verify_digest(const qk_key *key, const qk_mech_use *use, qk_view digest, qk_view signature)
{
    uint8_t named[SHA1_LEN + 1];

    if (use->mech->hash == QK_NO_HASH)
        return verify_data(key, digest, signature);
    QK_TRY(name_digest(digest, named));
    return verify_data(key, qk_view_of(named, sizeof(named)), signature);
}

static size_t output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    (void)use;
    (void)input_len;
    return function == QK_SIGN ? qk_rsa_len(key) : 0;
}

const qk_engine qk_engine_rsa_x931 = {
    .sign = qk_sign_message,
    .verify = qk_verify_message,
    .sign_digest = sign_digest,
    .verify_digest = verify_digest,
    .output_len = output_len,
};
