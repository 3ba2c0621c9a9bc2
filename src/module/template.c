/* SPDX-License-Identifier: Apache-2.0 */
#include "module/template.h"

#include "crypto/crypto.h"

void qk_key_template_done(qk_key_template *template_)
{
    qk_attrs_done(&template_->key);
    qk_attrs_done(&template_->object);
}

/* --- what any new object's attribute must obey --- */

static qk_err check_given(const qk_attr *given, unsigned kind, qk_user user, const qk_attribute **out_row)
{
    const qk_attribute *row = qk_attribute_find(given->type);

    if (!row || !(row->of & kind))
        return qk_fail(QK_E_ATTRIBUTE_TYPE, "%s does not belong to such an object", row ? row->name : "an attribute");
    if (row->flags & QK_ATTRIBUTE_NOT_GIVEN)
        return qk_fail(QK_E_ATTRIBUTE_READ_ONLY, "%s is set by the token alone", row->name);
    if (given->type == CKA_TRUSTED && given->value.data[0] != CK_FALSE && user != QK_SO)
        return qk_fail(QK_E_ATTRIBUTE_READ_ONLY, "only the security officer may set CKA_TRUSTED");
    *out_row = row;
    return QK_OK;
}

static qk_err set_if_absent(qk_attrs *attrs, CK_ATTRIBUTE_TYPE type, qk_view value)
{
    return qk_attrs_find(attrs, type) ? QK_OK : qk_attrs_set(attrs, type, value);
}

static qk_err set_bool_if_absent(qk_attrs *attrs, CK_ATTRIBUTE_TYPE type, bool value)
{
    CK_BBOOL byte = value ? CK_TRUE : CK_FALSE;
    return set_if_absent(attrs, type, qk_view_of(&byte, sizeof byte));
}

/* Attributes of the row that were not given: texts, bytes and dates are empty, CKA_DESTROYABLE is true. */
static qk_err add_row_defaults(qk_attrs *attrs, unsigned kind)
{
    for (size_t i = 0; i < qk_attribute_count; i++) {
        const qk_attribute *row = &qk_attributes[i];
        if (row->home != QK_HOME_OBJECT || !(row->of & kind) || !(row->flags & QK_ATTRIBUTE_SETTABLE))
            continue;
        if (row->form == QK_FORM_BOOL)
            QK_TRY(set_bool_if_absent(attrs, row->type, true));
        else
            QK_TRY(set_if_absent(attrs, row->type, QK_VIEW_NONE));
    }
    return QK_OK;
}

/* --- keys --- */

static bool names_a_usage(const qk_attrs *given)
{
    for (size_t i = 0; i < given->count; i++) {
        const qk_attribute *row = qk_attribute_find(given->items[i].type);
        if (row && (row->flags & QK_ATTRIBUTE_USAGE) && qk_attrs_bool(given, row->type, false))
            return true;
    }
    return false;
}

static qk_err deny_other_usages(qk_attrs *key, unsigned kind)
{
    for (size_t i = 0; i < qk_attribute_count; i++) {
        const qk_attribute *row = &qk_attributes[i];
        if ((row->flags & QK_ATTRIBUTE_USAGE) && (row->of & kind))
            QK_TRY(set_bool_if_absent(key, row->type, false));
    }
    return QK_OK;
}

static qk_err part(const qk_attrs *given, unsigned kind, qk_user user, qk_key_template *out)
{
    for (size_t i = 0; i < given->count; i++) {
        const qk_attr *attr = &given->items[i];
        const qk_attribute *row;
        QK_TRY(check_given(attr, kind, user, &row));
        if (row->home != QK_HOME_PLACE)
            QK_TRY(qk_attrs_set(row->home == QK_HOME_OBJECT ? &out->object : &out->key, attr->type, attr->value));
    }
    return QK_OK;
}

qk_err qk_key_template_read(const qk_attrs *given, CK_OBJECT_CLASS class, bool is_private, qk_user user,
                            qk_key_template *out)
{
    QK_OWNED(qk_key_template_done) qk_key_template template_ = QK_KEY_TEMPLATE_NONE;
    unsigned kind = qk_attribute_kind_of(class);

    QK_TRY(part(given, kind, user, &template_));
    if (names_a_usage(given))
        QK_TRY(deny_other_usages(&template_.key, kind));
    QK_TRY(add_row_defaults(&template_.object, kind));
    QK_TRY(qk_attrs_set_bool(&template_.key, CKA_PRIVATE, is_private));
    *out = template_;
    template_ = QK_KEY_TEMPLATE_NONE;
    return QK_OK;
}

/* --- certificates and data --- */

static qk_err copy_given(const qk_attrs *given, unsigned kind, qk_user user, qk_attrs *out)
{
    for (size_t i = 0; i < given->count; i++) {
        const qk_attr *attr = &given->items[i];
        const qk_attribute *row;
        QK_TRY(check_given(attr, kind, user, &row));
        if (row->home != QK_HOME_PLACE)
            QK_TRY(qk_attrs_set(out, attr->type, attr->value));
    }
    return QK_OK;
}

/* First three bytes of the certificate's SHA-1. Source: PKCS #11 3.2, "Certificate objects". */
static qk_err add_check_value(qk_attrs *attrs)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_mech_use sha1 = { .mech = qk_mech_find(CKM_SHA_1) };
    qk_view value = qk_attrs_view(attrs, CKA_VALUE), digest;

    qk_arena_init(&arena, 0);
    if (!value.len)
        return QK_OK;
    QK_TRY(qk_crypto_digest(&sha1, value, &arena, &digest));
    return set_if_absent(attrs, CKA_CHECK_VALUE, qk_view_slice(digest, 0, 3));
}

static qk_err complete_certificate(qk_attrs *attrs)
{
    static const CK_ATTRIBUTE_TYPE unspecified[] = { CKA_CERTIFICATE_CATEGORY, CKA_JAVA_MIDP_SECURITY_DOMAIN };
    CK_ULONG zero = 0, sha1 = CKM_SHA_1;

    if (!qk_attrs_find(attrs, CKA_CERTIFICATE_TYPE))
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "a certificate needs CKA_CERTIFICATE_TYPE");
    if (!qk_attrs_view(attrs, CKA_VALUE).len && !qk_attrs_view(attrs, CKA_URL).len)
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "a certificate needs CKA_VALUE or CKA_URL");
    for (size_t i = 0; i < sizeof unspecified / sizeof unspecified[0]; i++)
        QK_TRY(set_if_absent(attrs, unspecified[i], qk_view_of(&zero, sizeof zero)));
    QK_TRY(set_if_absent(attrs, CKA_NAME_HASH_ALGORITHM, qk_view_of(&sha1, sizeof sha1)));
    QK_TRY(set_bool_if_absent(attrs, CKA_TRUSTED, false));
    return add_check_value(attrs);
}

qk_err qk_other_template_read(const qk_attrs *given, CK_OBJECT_CLASS class, qk_user user, qk_attrs *out_attrs)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    unsigned kind = qk_attribute_kind_of(class);

    QK_TRY(copy_given(given, kind, user, &attrs));
    if (class == CKO_CERTIFICATE)
        QK_TRY(complete_certificate(&attrs));
    QK_TRY(set_if_absent(&attrs, CKA_VALUE, QK_VIEW_NONE));
    QK_TRY(set_bool_if_absent(&attrs, CKA_MODIFIABLE, true));
    QK_TRY(set_bool_if_absent(&attrs, CKA_COPYABLE, true));
    QK_TRY(add_row_defaults(&attrs, kind));
    *out_attrs = attrs;
    attrs = QK_ATTRS_NONE;
    return QK_OK;
}
