/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and their attributes. A row per kind of key says which family reads, describes and reveals it. */
#include "base/secret.h"
#include "crypto/ec_key.h"
#include "crypto/key.h"
#include "crypto/rsa_key.h"
#include "crypto/secret_key.h"

static qk_err rsa_from_attrs(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const qk_attrs *attrs, qk_key **out_key)
{
    (void)type;
    return qk_rsa_from_attrs(class, attrs, out_key);
}

static qk_err secret_from_attrs(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const qk_attrs *attrs, qk_key **out_key)
{
    (void)class;
    return qk_secret_key_from_attrs(type, attrs, out_key);
}

static qk_err secret_reveal(const qk_key *key, CK_ATTRIBUTE_TYPE type, qk_secret *out_value)
{
    if (type != CKA_VALUE)
        return qk_fail(QK_E_ATTRIBUTE_TYPE, "a secret key has no secret attribute 0x%lx", type);
    return qk_secret_copy(qk_secret_reveal(&key->value), out_value);
}

typedef struct family {
    qk_err (*from_attrs)(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const qk_attrs *attrs, qk_key **out_key);
    qk_err (*describe)(const qk_key *key, qk_attrs *attrs);
    qk_err (*reveal)(const qk_key *key, CK_ATTRIBUTE_TYPE type, qk_secret *out_value);
} family;

static const family secret_family = { secret_from_attrs, qk_secret_key_describe, secret_reveal };
static const family rsa_family = { rsa_from_attrs, qk_rsa_describe, qk_rsa_reveal };
static const family ec_family = { qk_ec_from_attrs, qk_ec_describe, qk_ec_reveal };

/* NULL if there is no such kind of key. */
static const family *find_family(CK_OBJECT_CLASS class, CK_KEY_TYPE type)
{
    static const struct {
        CK_KEY_TYPE type;
        const family *family;
    } pairs[] = { { CKK_RSA, &rsa_family }, { CKK_EC, &ec_family }, { CKK_EC_EDWARDS, &ec_family } };

    if (class == CKO_SECRET_KEY)
        return &secret_family;
    if (class != CKO_PUBLIC_KEY && class != CKO_PRIVATE_KEY)
        return NULL;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        if (pairs[i].type == type)
            return pairs[i].family;
    return NULL;
}

static const family *family_of(const qk_key *key)
{
    if (key->class == CKO_SECRET_KEY)
        return &secret_family;
    return key->curve ? &ec_family : &rsa_family;
}

/* C_CreateObject knows no size or type errors of keys: a template that asks for such a key has a wrong value. */
static qk_err as_template_error(qk_err err)
{
    return err == QK_E_KEY_SIZE || err == QK_E_KEY_TYPE || err == QK_E_PUBLIC_KEY_INVALID
               ? qk_key_recode(QK_E_ATTRIBUTE_VALUE)
               : err;
}

/* Attributes that follow from the key may be given all the same; then they must be right. An empty CKA_CHECK_VALUE says
 * that the caller wants none. */
static qk_err check_computed(const qk_key *key, const qk_attrs *attrs)
{
    QK_OWNED(qk_attrs_done) qk_attrs described = QK_ATTRS_NONE;
    QK_OWNED(qk_buf_done) qk_buf spki = QK_BUF_NONE;
    qk_view check = qk_attrs_view(attrs, CKA_CHECK_VALUE), info = qk_attrs_view(attrs, CKA_PUBLIC_KEY_INFO);

    if (check.len > 0 && key->class == CKO_SECRET_KEY) {
        QK_TRY(qk_secret_key_describe(key, &described));
        if (!qk_view_equal(check, qk_attrs_view(&described, CKA_CHECK_VALUE)))
            return qk_fail(QK_E_ATTRIBUTE_VALUE, "CKA_CHECK_VALUE is not that of CKA_VALUE");
    }
    if (info.len == 0 || key->class == CKO_SECRET_KEY)
        return QK_OK;
    for (int rfc8410 = 0; rfc8410 <= 1; rfc8410++) {
        qk_buf_clear(&spki);
        QK_TRY(qk_key_write_spki(key, rfc8410, &spki));
        if (qk_view_equal(info, qk_buf_view(&spki)))
            return QK_OK;
    }
    return qk_fail(QK_E_ATTRIBUTE_VALUE, "CKA_PUBLIC_KEY_INFO is not that of the key");
}

qk_err qk_key_from_attrs(const qk_attrs *attrs, qk_key **out_key)
{
    CK_OBJECT_CLASS class = qk_attrs_ulong(attrs, CKA_CLASS, 0);
    CK_KEY_TYPE type = qk_attrs_ulong(attrs, CKA_KEY_TYPE, 0);
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    const family *found = find_family(class, type);

    if (!qk_attrs_find(attrs, CKA_CLASS) || !qk_attrs_find(attrs, CKA_KEY_TYPE))
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "a key needs CKA_CLASS and CKA_KEY_TYPE");
    if (!found)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "keys of class 0x%lx and type 0x%lx are not known here", class, type);
    qk_err err = found->from_attrs(class, type, attrs, &key);
    if (err != QK_OK)
        return as_template_error(err);
    QK_TRY(check_computed(key, attrs));
    *out_key = key;
    key = NULL;
    return QK_OK;
}

qk_err qk_key_describe(const qk_key *key, qk_attrs *attrs)
{
    QK_OWNED(qk_buf_done) qk_buf spki = QK_BUF_NONE;

    QK_TRY(family_of(key)->describe(key, attrs));
    if (key->class == CKO_SECRET_KEY)
        return QK_OK;
    QK_TRY(qk_key_write_spki(key, key->type == CKK_EC_EDWARDS, &spki));
    return qk_attrs_set(attrs, CKA_PUBLIC_KEY_INFO, qk_buf_view(&spki));
}

qk_err qk_key_reveal(const qk_key *key, CK_ATTRIBUTE_TYPE type, qk_secret *out_value)
{
    if (key->class == CKO_PUBLIC_KEY)
        return qk_fail(QK_E_ATTRIBUTE_TYPE, "a public key has no secret attributes");
    return family_of(key)->reveal(key, type, out_value);
}
