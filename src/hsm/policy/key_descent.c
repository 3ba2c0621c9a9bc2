/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that come of other keys: what nested templates add, what a derived key inherits. */
#include "hsm/policy/key_policy.h"
#include "p11/nested.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

qk_err qk_policy_template(const qk_held_key *by, CK_ATTRIBUTE_TYPE nested, qk_attrs *template_)
{
    bool was = qk_attrs_bool(template_, CKA_TRUSTED, false);

    QK_TRY(qk_nested_add(nested, qk_attrs_view(&by->attrs, nested), template_));
    if (!was && qk_attrs_bool(template_, CKA_TRUSTED, false))
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "%s trusts a key that the security officer has not seen",
                       qk_attribute_find(nested)->name);
    return QK_OK;
}

/* ---- keys of the same bytes ---- */

static const CK_MECHANISM_TYPE movers[] = { CKM_CONCATENATE_BASE_AND_KEY, CKM_CONCATENATE_BASE_AND_DATA,
                                            CKM_CONCATENATE_DATA_AND_BASE, CKM_XOR_BASE_AND_DATA,
                                            CKM_EXTRACT_KEY_FROM_KEY };

bool qk_policy_moves_bytes(const qk_mech *mech)
{
    for (size_t i = 0; i < COUNT(movers); i++)
        if (movers[i] == mech->type)
            return true;
    return false;
}

bool qk_policy_has_twins(const qk_attrs *attrs)
{
    if (!qk_attrs_bool(attrs, CKA_DERIVE, false))
        return false;
    if (!qk_attrs_find(attrs, CKA_ALLOWED_MECHANISMS))
        return true;
    for (size_t i = 0; i < COUNT(movers); i++)
        if (qk_policy_lists(attrs, qk_mech_find(movers[i])))
            return true;
    return false;
}

/* ---- what is inherited ---- */

/* What a key of which the new one lets know asks for, and the template may not deny. */
static qk_err demand(CK_ATTRIBUTE_TYPE type, bool value, const qk_attrs *template_, qk_attrs *attrs)
{
    if (qk_attrs_bool(template_, type, value) != value)
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "%s must be %s: the new key lets know the key that it comes of",
                       qk_attribute_find(type)->name, value ? "true" : "false");
    return qk_attrs_set_bool(attrs, type, value);
}

qk_err qk_policy_inherit(const qk_held_key *part, const qk_attrs *template_, qk_attrs *attrs)
{
    if (part->class == CKO_PUBLIC_KEY)
        return QK_OK;
    if (qk_attrs_bool(&part->attrs, CKA_SENSITIVE, true))
        QK_TRY(demand(CKA_SENSITIVE, true, template_, attrs));
    else
        QK_TRY(qk_attrs_set_bool(attrs, CKA_ALWAYS_SENSITIVE, false));
    if (!qk_attrs_bool(&part->attrs, CKA_EXTRACTABLE, false))
        QK_TRY(demand(CKA_EXTRACTABLE, false, template_, attrs));
    else
        QK_TRY(qk_attrs_set_bool(attrs, CKA_NEVER_EXTRACTABLE, false));
    if (qk_attrs_bool(&part->attrs, CKA_WRAP_WITH_TRUSTED, false))
        QK_TRY(demand(CKA_WRAP_WITH_TRUSTED, true, template_, attrs));
    return QK_OK;
}

static qk_err keep(const qk_held_key *part, CK_ATTRIBUTE_TYPE type, qk_attrs *attrs)
{
    const qk_attr *has = qk_attrs_find(&part->attrs, type), *now = qk_attrs_find(attrs, type);

    if (!has)
        return QK_OK;
    if (now && !qk_view_equal(now->value, has->value))
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "%s stays what it is of the key whose bytes the new one has",
                       qk_attribute_find(type)->name);
    return qk_attrs_set(attrs, type, has->value);
}

qk_err qk_policy_keep_limits(const qk_held_key *part, const qk_attrs *template_, qk_attrs *attrs)
{
    static const CK_ATTRIBUTE_TYPE limits[] = { CKA_DERIVE_TEMPLATE, CKA_UNWRAP_TEMPLATE, CKA_WRAP_TEMPLATE,
                                                CKA_ALLOWED_MECHANISMS };

    if (qk_policy_readable(part))
        return QK_OK;
    for (size_t i = 0; i < COUNT(limits); i++)
        QK_TRY(keep(part, limits[i], attrs));
    return qk_attrs_bool(&part->attrs, CKA_COPYABLE, true) ? QK_OK : demand(CKA_COPYABLE, false, template_, attrs);
}

/* Source: PKCS #11 3.2, each mechanism's "Key derivation": if the base key was not always sensitive, nor is the new
 * one; else it is if it is sensitive. The same for CKA_NEVER_EXTRACTABLE. */
static qk_err history(const qk_held_key *base, qk_attrs *attrs)
{
    bool sensitive = qk_attrs_bool(&base->attrs, CKA_ALWAYS_SENSITIVE, false);
    bool bound = qk_attrs_bool(&base->attrs, CKA_NEVER_EXTRACTABLE, false);

    if (!qk_attrs_find(attrs, CKA_SENSITIVE)) /* a public key was derived */
        return QK_OK;
    QK_TRY(qk_attrs_set_bool(attrs, CKA_ALWAYS_SENSITIVE, sensitive && qk_attrs_bool(attrs, CKA_SENSITIVE, false)));
    return qk_attrs_set_bool(attrs, CKA_NEVER_EXTRACTABLE, bound && !qk_attrs_bool(attrs, CKA_EXTRACTABLE, true));
}

/* Source: GREP11 protocol, "Attribute-bound wrap". */
static qk_err bind(const qk_held_key *base, qk_attrs *attrs)
{
    bool base_bound = qk_attrs_bool(&base->attrs, CKA_IBM_ATTRBOUND, false);

    if (!base_bound && qk_attrs_bool(attrs, CKA_IBM_ATTRBOUND, false))
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "CKA_IBM_ATTRBOUND comes from the base key, which has it not");
    return base_bound ? qk_attrs_set_bool(attrs, CKA_IBM_ATTRBOUND, true) : QK_OK;
}

qk_err qk_policy_derived(const qk_new_key *key, const qk_held_key *base, bool shows_base, const qk_attrs *template_,
                         qk_attrs *out_attrs)
{
    qk_new_key derived = *key;

    derived.origin = QK_DERIVED;
    derived.lax = key->lax && qk_policy_is_lax(base);
    QK_TRY(qk_policy_new(&derived, template_, out_attrs));
    QK_TRY(bind(base, out_attrs));
    if (key->class == CKO_PUBLIC_KEY)
        return QK_OK;
    QK_TRY(history(base, out_attrs));
    return shows_base ? qk_policy_inherit(base, template_, out_attrs) : QK_OK;
}

/* ---- bound keys ---- */

static bool fits_form(const qk_attribute *attribute, qk_view value)
{
    if (attribute->form == QK_FORM_BOOL)
        return value.len == 1;
    return attribute->form != QK_FORM_ULONG || value.len == sizeof(CK_ULONG);
}

static bool is_mark(CK_ATTRIBUTE_TYPE type)
{
    return type == QK_MARK_LAX || type == QK_MARK_DECRYPTS;
}

/* Marks only take rights away, so they stay. */
static qk_err keep_marks(const qk_attrs *inside, qk_attrs *marks)
{
    for (size_t i = 0; i < inside->count; i++)
        if (is_mark(inside->items[i].type) && qk_attrs_bool(inside, inside->items[i].type, false))
            QK_TRY(qk_attrs_set_bool(marks, inside->items[i].type, true));
    return QK_OK;
}

qk_err qk_policy_bound(CK_OBJECT_CLASS class, CK_KEY_TYPE type, qk_attrs *inside, qk_attrs *out_attrs)
{
    /* Like an imported key, which need not be sensitive: this one leaves no other way than it came. */
    qk_new_key key = { .origin = QK_IMPORTED, .class = class, .type = type, .mechanism = CK_UNAVAILABLE_INFORMATION };
    QK_OWNED(qk_attrs_done) qk_attrs marks = QK_ATTRS_NONE;

    if (!qk_attrs_bool(inside, CKA_IBM_ATTRBOUND, false))
        return qk_fail(QK_E_WRAPPED_KEY, "the key inside is not bound");
    QK_TRY(keep_marks(inside, &marks));
    for (size_t i = inside->count; i > 0; i--) {
        const qk_attribute *attribute = qk_attribute_find(inside->items[i - 1].type);
        if (attribute && !fits_form(attribute, inside->items[i - 1].value))
            return qk_fail(QK_E_WRAPPED_KEY, "%s inside has the wrong length", attribute->name);
        if (!attribute || (attribute->flags & QK_ATTRIBUTE_NOT_GIVEN))
            qk_attrs_remove(inside, inside->items[i - 1].type);
    }
    QK_TRY(qk_policy_new(&key, inside, out_attrs));
    return qk_attrs_merge(out_attrs, &marks);
}
