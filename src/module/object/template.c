/* SPDX-License-Identifier: Apache-2.0 */
#include "module/object/template.h"

#include "module/object/certificate.h"

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
    return qk_date_check(given);
}

static unsigned number_at(qk_view digits, size_t at, size_t len)
{
    unsigned number = 0;

    for (size_t i = at; i < at + len; i++)
        number = 10 * number + (unsigned)(digits.data[i] - '0');
    return number;
}

static bool is_leap(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* CK_DATE: YYYYMMDD, or empty. */
qk_err qk_date_check(const qk_attr *attr)
{
    static const unsigned days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    const qk_attribute *row = qk_attribute_find(attr->type);
    bool fits = true;
    unsigned month;

    if (!row || row->form != QK_FORM_DATE || attr->value.len == 0)
        return QK_OK;
    for (size_t i = 0; i < attr->value.len; i++)
        fits = fits && attr->value.data[i] >= '0' && attr->value.data[i] <= '9';
    month = fits ? number_at(attr->value, 4, 2) : 0;
    if (month < 1 || month > 12 || number_at(attr->value, 6, 2) < 1 ||
        number_at(attr->value, 6, 2) > days[month - 1] + (month == 2 && is_leap(number_at(attr->value, 0, 4))))
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "%s is no date (YYYYMMDD)", row->name);
    return QK_OK;
}

/* Dates only inform, but one that ends before it begins informs of nothing. */
static qk_err check_period(const qk_attrs *attrs)
{
    qk_view start = qk_attrs_view(attrs, CKA_START_DATE), end = qk_attrs_view(attrs, CKA_END_DATE);

    if (start.len && end.len && memcmp(start.data, end.data, start.len) > 0) /* public */
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "CKA_END_DATE lies before CKA_START_DATE");
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
    QK_TRY(check_period(&template_.object));
    if (!is_private && qk_attrs_bool(given, CKA_ALWAYS_AUTHENTICATE, false))
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "CKA_ALWAYS_AUTHENTICATE goes with CKA_PRIVATE only");
    if (names_a_usage(given))
        QK_TRY(deny_other_usages(&template_.key, kind));
    QK_TRY(add_row_defaults(&template_.object, kind));
    QK_TRY(qk_attrs_set_bool(&template_.key, CKA_PRIVATE, is_private));
    *out = template_;
    template_ = QK_KEY_TEMPLATE_NONE;
    return QK_OK;
}

/* --- certificates, data, domain parameters --- */

/* Bits of a big endian number without leading zeros. */
static CK_ULONG top_bits(qk_view number)
{
    CK_ULONG bits = number.len * 8;

    for (unsigned top = number.len ? number.data[0] : 0x80; !(top & 0x80); top <<= 1)
        bits--;
    return bits;
}

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

/* Parameters made elsewhere. Source: PKCS #11 3.2, "Domain parameter objects" of DSA and of the two kinds of DH. */
static qk_err complete_domain(qk_attrs *attrs)
{
    CK_KEY_TYPE type = qk_attrs_ulong(attrs, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION);
    bool has_subprime = type == CKK_DSA || type == CKK_X9_42_DH;
    size_t bytes = qk_attrs_view(attrs, CKA_PRIME).len;

    if (!qk_attrs_find(attrs, CKA_KEY_TYPE))
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "domain parameters need CKA_KEY_TYPE");
    if (!has_subprime && type != CKK_DH)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "keys of type %s have no domain parameter objects",
                       qk_name_of_key_type(type));
    if (qk_attrs_find(attrs, CKA_PRIME_BITS) || qk_attrs_find(attrs, CKA_SUBPRIME_BITS))
        return qk_fail(QK_E_ATTRIBUTE_READ_ONLY, "the length of given parameters follows from them");
    if (!bytes || !qk_attrs_view(attrs, CKA_BASE).len || (has_subprime && !qk_attrs_view(attrs, CKA_SUBPRIME).len))
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE,
                       "domain parameters need CKA_PRIME, CKA_BASE and, but for %s, "
                       "CKA_SUBPRIME",
                       qk_name_of_key_type(CKK_DH));
    QK_TRY(qk_attrs_set_bool(attrs, CKA_LOCAL, false));
    return qk_attrs_set_ulong(attrs, CKA_PRIME_BITS, top_bits(qk_attrs_view(attrs, CKA_PRIME)));
}

static qk_err complete(CK_OBJECT_CLASS class, qk_attrs *attrs)
{
    if (class == CKO_CERTIFICATE)
        return qk_certificate_complete(attrs);
    return class == CKO_DOMAIN_PARAMETERS ? complete_domain(attrs) : set_if_absent(attrs, CKA_VALUE, QK_VIEW_NONE);
}

/* Empty texts that certificates of another type have are none of this one. */
static void drop_foreign(qk_attrs *attrs)
{
    for (size_t i = attrs->count; i > 0; i--)
        if (!qk_certificate_has(attrs, attrs->items[i - 1].type))
            qk_attrs_remove(attrs, attrs->items[i - 1].type);
}

qk_err qk_other_template_read(const qk_attrs *given, CK_OBJECT_CLASS class, qk_user user, qk_attrs *out_attrs)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    unsigned kind = qk_attribute_kind_of(class);

    QK_TRY(copy_given(given, kind, user, &attrs));
    QK_TRY(check_period(&attrs));
    QK_TRY(complete(class, &attrs));
    QK_TRY(set_bool_if_absent(&attrs, CKA_MODIFIABLE, true));
    QK_TRY(set_bool_if_absent(&attrs, CKA_COPYABLE, true));
    QK_TRY(add_row_defaults(&attrs, kind));
    if (class == CKO_CERTIFICATE) {
        QK_TRY(set_if_absent(&attrs, CKA_VALUE, QK_VIEW_NONE));
        drop_foreign(&attrs);
    }
    *out_attrs = attrs;
    attrs = QK_ATTRS_NONE;
    return QK_OK;
}
