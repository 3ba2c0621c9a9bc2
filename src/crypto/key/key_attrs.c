/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and their attributes, by family. */
#include "crypto/key/key_family.h"

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
        QK_TRY(qk_family_secret.describe(key, &described));
        if (!qk_view_equal(check, qk_attrs_view(&described, CKA_CHECK_VALUE)))
            return qk_fail(QK_E_ATTRIBUTE_VALUE, "CKA_CHECK_VALUE is not that of CKA_VALUE");
    }
    if (info.len == 0 || (key->class != CKO_PUBLIC_KEY && key->class != CKO_PRIVATE_KEY))
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
    const qk_key_family *found = qk_key_family_find(class, type);

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

    QK_TRY(qk_key_family_of(key)->describe(key, attrs));
    if (key->class != CKO_PUBLIC_KEY && key->class != CKO_PRIVATE_KEY)
        return QK_OK;
    QK_TRY(qk_key_write_spki(key, key->type == CKK_EC_EDWARDS || key->type == CKK_EC_MONTGOMERY, &spki));
    return qk_attrs_set(attrs, CKA_PUBLIC_KEY_INFO, qk_buf_view(&spki));
}

qk_err qk_key_reveal(const qk_key *key, CK_ATTRIBUTE_TYPE type, qk_secret *out_value)
{
    if (key->class != CKO_PRIVATE_KEY && key->class != CKO_SECRET_KEY)
        return qk_fail(QK_E_ATTRIBUTE_TYPE, "a %s has no secret attributes", qk_name_of_class(key->class));
    return qk_key_family_of(key)->reveal(key, type, out_value);
}
