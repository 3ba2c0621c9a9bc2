/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key/secret_key.h"

#include <openssl/rand.h>

#include "crypto/cipher/cipher.h"
#include "crypto/engine.h"
#include "crypto/key/key_family.h"

#define ANY_BYTES 1, QK_MAX_SECRET_KEY, 1

/* clang-format off */
static const struct secret_row {
    CK_KEY_TYPE type;
    size_t min, max, step; /* bytes */
    bool any;              /* no cipher's key: a generic secret may be asked to be one */
} secret_rows[] = {
    { CKK_AES,             16, 32, 8,  false },
    { CKK_AES_XTS,         32, 64, 32, false },
    { CKK_DES2,            16, 16, 1,  false },
    { CKK_DES3,            24, 24, 1,  false },
    { CKK_CHACHA20,        32, 32, 1,  false },
    { CKK_POLY1305,        32, 32, 1,  false },
    { CKK_GENERIC_SECRET,  ANY_BYTES, true },
    { CKK_HKDF,            ANY_BYTES, true },
    { CKK_SHA_1_HMAC,      ANY_BYTES, true },
    { CKK_SHA224_HMAC,     ANY_BYTES, true },
    { CKK_SHA256_HMAC,     ANY_BYTES, true },
    { CKK_SHA384_HMAC,     ANY_BYTES, true },
    { CKK_SHA512_HMAC,     ANY_BYTES, true },
    { CKK_SHA512_224_HMAC, ANY_BYTES, true },
    { CKK_SHA512_256_HMAC, ANY_BYTES, true },
    { CKK_SHA3_224_HMAC,   ANY_BYTES, true },
    { CKK_SHA3_256_HMAC,   ANY_BYTES, true },
    { CKK_SHA3_384_HMAC,   ANY_BYTES, true },
    { CKK_SHA3_512_HMAC,   ANY_BYTES, true },
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

/* ---- values ---- */

static bool is_des(CK_KEY_TYPE type)
{
    return type == CKK_DES2 || type == CKK_DES3;
}

/* The lowest bit that makes the number of ones odd. */
static uint8_t parity_bit(uint8_t byte)
{
    unsigned ones = byte >> 1;

    ones ^= ones >> 4;
    ones ^= ones >> 2;
    ones ^= ones >> 1;
    return (uint8_t)(~ones & 1);
}

void qk_des_set_parity(uint8_t *value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        value[i] = (uint8_t)((value[i] & 0xfe) | parity_bit(value[i]));
}

static bool has_parity(qk_view value)
{
    unsigned wrong = 0;

    for (size_t i = 0; i < value.len; i++)
        wrong |= (value.data[i] & 1U) ^ parity_bit(value.data[i]);
    qk_ct_declassify(&wrong, sizeof wrong);
    return wrong == 0;
}

/* Equal halves would make XTS leak (SP 800-38E; FIPS 140-3 IG C.I). */
static bool has_two_halves(qk_view value)
{
    return !qk_ct_equal(qk_view_slice(value, 0, value.len / 2), qk_view_slice(value, value.len / 2, value.len));
}

qk_err qk_secret_key_check_value(CK_KEY_TYPE type, qk_view value)
{
    QK_TRY(qk_secret_key_check(type, value.len));
    if (is_des(type) && !has_parity(value))
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "the bytes of a DES key have odd parity, those of this one not");
    if (type == CKK_AES_XTS && !has_two_halves(value))
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "the halves of an XTS key differ, those of this one not");
    return QK_OK;
}

static qk_err from_attrs(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const qk_attrs *attrs, qk_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    qk_view given = qk_attrs_view(attrs, CKA_VALUE);

    (void)class;
    if (!qk_attrs_find(attrs, CKA_VALUE))
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "secret key: CKA_VALUE is missing");
    QK_TRY(qk_secret_key_check_value(type, given));
    if (qk_attrs_ulong(attrs, CKA_VALUE_LEN, given.len) != given.len)
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "CKA_VALUE_LEN is not the length of CKA_VALUE");
    QK_TRY(qk_secret_copy(given, &value));
    return qk_key_new_secret(type, &value, out_key);
}

/* The first three bytes of a zero block encrypted, or (keys of no block cipher) of the value's SHA-1 (PKCS #11 3.2,
 * common key attributes). */
static qk_err check_value(const qk_key *key, uint8_t out[3])
{
    static const uint8_t zeros[QK_AES_BLOCK];
    uint8_t block[64];
    size_t len;

    if (qk_cipher_of(key->type, QK_MODE_ECB, key->value.len))
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

    if (!is_des(key->type)) /* whose keys do not have it */
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

/* ---- generation ---- */

/* A template may ask a generic secret to be a key of one HMAC, as applications of PKCS #11 3.0 do. */
static CK_KEY_TYPE wanted_type(const qk_mech_use *use, const qk_attrs *template_)
{
    CK_KEY_TYPE type = qk_attrs_ulong(template_, CKA_KEY_TYPE, use->mech->key);
    const struct secret_row *row = find_row(type);

    return use->mech->key == CKK_GENERIC_SECRET && row && row->any ? type : use->mech->key;
}

/* Keys of one length need not say it; if they do, it must be right. */
static qk_err wanted_len(const qk_mech_use *use, CK_KEY_TYPE type, const qk_attrs *template_, CK_ULONG *out_len)
{
    const struct secret_row *row = find_row(type);
    size_t fixed = row && row->min == row->max ? row->min : 0;

    *out_len = qk_attrs_ulong(template_, CKA_VALUE_LEN, fixed);
    if (fixed > 0 && *out_len != fixed)
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "%s makes keys of %zu bytes", use->mech->name, fixed);
    if (fixed == 0 && !qk_attrs_find(template_, CKA_VALUE_LEN))
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "%s: CKA_VALUE_LEN is missing", use->mech->name);
    return qk_secret_key_check(type, *out_len);
}

static qk_err generate(const qk_mech_use *use, const qk_attrs *template_, qk_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    CK_KEY_TYPE type = wanted_type(use, template_);
    CK_ULONG len;

    QK_TRY(wanted_len(use, type, template_, &len));
    QK_TRY(qk_secret_new(len, &value));
    if (RAND_priv_bytes_ex(qk_openssl(), qk_secret_fill(&value), len, 0) <= 0)
        return qk_openssl_fail(QK_E_NO_RANDOM, use->mech->name);
    if (is_des(type))
        qk_des_set_parity(qk_secret_fill(&value), len);
    QK_TRY(qk_secret_key_check_value(type, qk_secret_reveal(&value)));
    return qk_key_new_secret(type, &value, out_key);
}

static bool available(const qk_mech *mech)
{
    return (mech->key != CKK_DES2 && mech->key != CKK_DES3) || qk_cipher_offered(mech->key, QK_MODE_ECB);
}

const qk_engine qk_engine_secret_key_gen = { .generate = generate, .available = available };
