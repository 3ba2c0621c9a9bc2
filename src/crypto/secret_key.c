/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/secret_key.h"

#include <openssl/rand.h>

#include "crypto/cipher.h"
#include "crypto/engine.h"
#include "crypto/key_family.h"

/* clang-format off */
static const struct secret_row {
    CK_KEY_TYPE type;
    size_t min, max, step; /* bytes */
} secret_rows[] = {
    { CKK_AES,             16, 32, 8 },
    { CKK_GENERIC_SECRET,  1, QK_MAX_SECRET_KEY, 1 },
    { CKK_HKDF,            1, QK_MAX_SECRET_KEY, 1 },
    { CKK_SHA_1_HMAC,      1, QK_MAX_SECRET_KEY, 1 },
    { CKK_SHA224_HMAC,     1, QK_MAX_SECRET_KEY, 1 },
    { CKK_SHA256_HMAC,     1, QK_MAX_SECRET_KEY, 1 },
    { CKK_SHA384_HMAC,     1, QK_MAX_SECRET_KEY, 1 },
    { CKK_SHA512_HMAC,     1, QK_MAX_SECRET_KEY, 1 },
    { CKK_SHA512_224_HMAC, 1, QK_MAX_SECRET_KEY, 1 },
    { CKK_SHA512_256_HMAC, 1, QK_MAX_SECRET_KEY, 1 },
};
/* clang-format on */

static const struct secret_row *find_row(CK_KEY_TYPE type)
{
    for (size_t i = 0; i < sizeof(secret_rows) / sizeof(secret_rows[0]); i++)
        if (secret_rows[i].type == type)
            return &secret_rows[i];
    return NULL;
}

qk_err qk_secret_key_check(CK_KEY_TYPE type, size_t len)
{
    const struct secret_row *row = find_row(type);

    if (!row)
        return qk_fail(QK_E_KEY_TYPE, "secret keys of type 0x%lx are not known here", type);
    if (len < row->min || len > row->max || (len - row->min) % row->step != 0)
        return qk_fail(QK_E_KEY_SIZE, "%s of %zu bytes", qk_name_of_key_type(type), len);
    return QK_OK;
}

static qk_err from_attrs(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const qk_attrs *attrs, qk_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    qk_view given = qk_attrs_view(attrs, CKA_VALUE);

    (void)class;
    if (!qk_attrs_find(attrs, CKA_VALUE))
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "secret key: CKA_VALUE is missing");
    QK_TRY(qk_secret_key_check(type, given.len));
    if (qk_attrs_ulong(attrs, CKA_VALUE_LEN, given.len) != given.len)
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "CKA_VALUE_LEN is not the length of CKA_VALUE");
    QK_TRY(qk_secret_copy(given, &value));
    return qk_key_new_secret(type, &value, out_key);
}

/* The first three bytes of a zero block encrypted, or of the value's SHA-1 (PKCS #11 3.2, common key attributes). */
static qk_err check_value(const qk_key *key, uint8_t out[3])
{
    static const uint8_t zeros[QK_AES_BLOCK];
    uint8_t block[64];
    size_t len;

    if (key->type == CKK_AES)
        QK_TRY(qk_cipher_whole(key, QK_MODE_ECB, true, NULL, qk_view_of(zeros, sizeof(zeros)), block));
    else
        QK_TRY(qk_digest_once(CKM_SHA_1, qk_secret_reveal(&key->value), block, &len));
    memcpy(out, block, 3);
    explicit_bzero(block, sizeof(block));
    return QK_OK;
}

static qk_err describe(const qk_key *key, qk_attrs *attrs)
{
    uint8_t check[3];

    QK_TRY(qk_attrs_set_ulong(attrs, CKA_VALUE_LEN, key->value.len));
    QK_TRY(check_value(key, check));
    return qk_attrs_set(attrs, CKA_CHECK_VALUE, qk_view_of(check, sizeof(check)));
}

static qk_err reveal(const qk_key *key, CK_ATTRIBUTE_TYPE type, qk_secret *out_value)
{
    if (type != CKA_VALUE)
        return qk_fail(QK_E_ATTRIBUTE_TYPE, "a secret key has no secret attribute 0x%lx", type);
    return qk_secret_copy(qk_secret_reveal(&key->value), out_value);
}

const qk_key_family qk_family_secret = { .from_attrs = from_attrs, .describe = describe, .reveal = reveal };

/* A template may ask a generic secret to be a key of one HMAC, as applications of PKCS #11 3.0 do. */
static CK_KEY_TYPE wanted_type(const qk_mech_use *use, const qk_attrs *template_)
{
    CK_KEY_TYPE type = qk_attrs_ulong(template_, CKA_KEY_TYPE, use->mech->key);

    return use->mech->key == CKK_GENERIC_SECRET && type != CKK_AES && find_row(type) ? type : use->mech->key;
}

static qk_err generate(const qk_mech_use *use, const qk_attrs *template_, qk_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    CK_KEY_TYPE type = wanted_type(use, template_);
    CK_ULONG len = qk_attrs_ulong(template_, CKA_VALUE_LEN, 0);

    if (!qk_attrs_find(template_, CKA_VALUE_LEN))
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "%s: CKA_VALUE_LEN is missing", use->mech->name);
    QK_TRY(qk_secret_key_check(type, len));
    QK_TRY(qk_secret_new(len, &value));
    if (RAND_priv_bytes_ex(qk_openssl(), qk_secret_fill(&value), len, 0) <= 0)
        return qk_openssl_fail(QK_E_NO_RANDOM, use->mech->name);
    return qk_key_new_secret(type, &value, out_key);
}

const qk_engine qk_engine_secret_key_gen = { .generate = generate };
