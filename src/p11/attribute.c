/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of attributes. Values are copied to the heap one by one and wiped when they go, because a template may carry a
 * key's value. Lists are short (a key has some thirty attributes), so they are searched from the front. */
#include "p11/attribute.h"

#include <stdlib.h>

#include "base/secret.h"
#include "p11/nested.h"

enum {
    TEMPLATE_MOST = 512,            /* entries an application may give */
    TEMPLATE_MOST_BYTES = 16 << 20, /* of all values together */
};

static void value_free(qk_view *value)
{
    /* The list allocated it; views are const for those who borrow. */
    void *bytes = (void *)(uintptr_t)value->data;

    if (bytes)
        explicit_bzero(bytes, value->len);
    free(bytes);
    *value = QK_VIEW_NONE;
}

static qk_err value_copy(qk_view from, qk_view *out_value)
{
    uint8_t *copy;

    if (from.len == 0) {
        *out_value = QK_VIEW_NONE;
        return QK_OK;
    }
    copy = malloc(from.len);
    if (!copy)
        return qk_fail(QK_E_NO_MEMORY, "no memory for an attribute of %zu bytes", from.len);
    memcpy(copy, from.data, from.len);
    *out_value = qk_view_of(copy, from.len);
    return QK_OK;
}

void qk_attrs_done(qk_attrs *attrs)
{
    for (size_t i = 0; i < attrs->count; i++)
        value_free(&attrs->items[i].value);
    free(attrs->items);
    *attrs = QK_ATTRS_NONE;
}

static qk_attr *attrs_find(const qk_attrs *attrs, CK_ATTRIBUTE_TYPE type)
{
    for (size_t i = 0; i < attrs->count; i++)
        if (attrs->items[i].type == type)
            return &attrs->items[i];
    return NULL;
}

static qk_err make_room(qk_attrs *attrs)
{
    size_t cap = attrs->cap ? attrs->cap * 2 : 16;
    qk_attr *items;

    if (attrs->count < attrs->cap)
        return QK_OK;
    items = realloc(attrs->items, cap * sizeof(*items));
    if (!items)
        return qk_fail(QK_E_NO_MEMORY, "no memory for %zu attributes", cap);
    attrs->items = items;
    attrs->cap = cap;
    return QK_OK;
}

/* Takes the value, also when it fails. */
static qk_err attrs_take(qk_attrs *attrs, CK_ATTRIBUTE_TYPE type, qk_view value)
{
    qk_attr *attr = attrs_find(attrs, type);
    qk_err err;

    if (attr) {
        value_free(&attr->value);
        attr->value = value;
        return QK_OK;
    }
    err = make_room(attrs);
    if (err != QK_OK) {
        value_free(&value);
        return err;
    }
    attrs->items[attrs->count++] = (qk_attr){ type, value };
    return QK_OK;
}

qk_err qk_attrs_set(qk_attrs *attrs, CK_ATTRIBUTE_TYPE type, qk_view value)
{
    qk_view copy;

    /* Copied before the old value goes: the new one may be a part of it. */
    QK_TRY(value_copy(value, &copy));
    return attrs_take(attrs, type, copy);
}

qk_err qk_attrs_set_bool(qk_attrs *attrs, CK_ATTRIBUTE_TYPE type, bool value)
{
    CK_BBOOL byte = value ? CK_TRUE : CK_FALSE;

    return qk_attrs_set(attrs, type, qk_view_of(&byte, sizeof(byte)));
}

qk_err qk_attrs_set_ulong(qk_attrs *attrs, CK_ATTRIBUTE_TYPE type, CK_ULONG value)
{
    return qk_attrs_set(attrs, type, qk_view_of(&value, sizeof(value)));
}

qk_err qk_attrs_merge(qk_attrs *attrs, const qk_attrs *from)
{
    for (size_t i = 0; i < from->count; i++)
        QK_TRY(qk_attrs_set(attrs, from->items[i].type, from->items[i].value));
    return QK_OK;
}

void qk_attrs_remove(qk_attrs *attrs, CK_ATTRIBUTE_TYPE type)
{
    qk_attr *attr = attrs_find(attrs, type);
    size_t behind;

    if (!attr)
        return;
    value_free(&attr->value);
    behind = attrs->count - (size_t)(attr - attrs->items) - 1;
    memmove(attr, attr + 1, behind * sizeof(*attr));
    attrs->count--;
}

const qk_attr *qk_attrs_find(const qk_attrs *attrs, CK_ATTRIBUTE_TYPE type)
{
    return attrs_find(attrs, type);
}

bool qk_attrs_bool(const qk_attrs *attrs, CK_ATTRIBUTE_TYPE type, bool fallback)
{
    const qk_attr *attr = attrs_find(attrs, type);

    return attr && attr->value.len == sizeof(CK_BBOOL) ? attr->value.data[0] != CK_FALSE : fallback;
}

CK_ULONG qk_attrs_ulong(const qk_attrs *attrs, CK_ATTRIBUTE_TYPE type, CK_ULONG fallback)
{
    const qk_attr *attr = attrs_find(attrs, type);
    CK_ULONG value;

    if (!attr || attr->value.len != sizeof(value))
        return fallback;
    memcpy(&value, attr->value.data, sizeof(value));
    return value;
}

qk_view qk_attrs_view(const qk_attrs *attrs, CK_ATTRIBUTE_TYPE type)
{
    const qk_attr *attr = attrs_find(attrs, type);

    return attr ? attr->value : QK_VIEW_NONE;
}

bool qk_attrs_match(const qk_attrs *attrs, const qk_attrs *wanted)
{
    for (size_t i = 0; i < wanted->count; i++) {
        const qk_attr *have = attrs_find(attrs, wanted->items[i].type);
        /* A list may hold a key's value, so the comparison tells nothing by its time. */
        if (!have || !qk_ct_equal(have->value, wanted->items[i].value))
            return false;
    }
    return true;
}

/* ---- an application's template ---- */

bool qk_attribute_length_fits(qk_attribute_form form, size_t len)
{
    switch (form) {
    case QK_FORM_BOOL:
        return len == sizeof(CK_BBOOL);
    case QK_FORM_ULONG:
        return len == sizeof(CK_ULONG);
    case QK_FORM_DATE:
        return len == 0 || len == sizeof(CK_DATE);
    case QK_FORM_ULONGS:
        return len % sizeof(CK_ULONG) == 0;
    case QK_FORM_TEMPLATE:
    case QK_FORM_BYTES:
    case QK_FORM_TEXT:
    case QK_FORM_INTEGER:
        break;
    }
    return true;
}

static qk_view without_leading_zeros(qk_view integer)
{
    while (integer.len > 0 && integer.data[0] == 0) {
        integer.data++;
        integer.len--;
    }
    return integer;
}

static qk_err nested_read(CK_ATTRIBUTE_TYPE type, qk_view array, qk_attrs *attrs)
{
    QK_OWNED(qk_buf_done) qk_buf flat = QK_BUF_NONE;

    QK_TRY(qk_nested_from_array(array, &flat));
    return qk_attrs_set(attrs, type, qk_buf_view(&flat));
}

static qk_err entry_read(const CK_ATTRIBUTE *entry, qk_attrs *attrs)
{
    const qk_attribute *known = qk_attribute_find(entry->type);
    qk_view value = qk_view_of(entry->pValue, entry->ulValueLen);

    if (!known)
        return qk_fail(QK_E_ATTRIBUTE_TYPE, "attribute 0x%lx is unknown", entry->type);
    if (value.len > 0 && !value.data)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "%s has a length and no value", known->name);
    if (!qk_attribute_length_fits(known->form, value.len))
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "%s cannot have a value of %zu bytes", known->name, value.len);
    if (attrs_find(attrs, entry->type))
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "%s is given twice", known->name);
    if (known->form == QK_FORM_TEMPLATE)
        return nested_read(entry->type, value, attrs);
    if (known->form == QK_FORM_BOOL) /* any byte but zero is true to a C program; kept as CK_TRUE */
        return qk_attrs_set_bool(attrs, entry->type, value.data[0] != CK_FALSE);
    return qk_attrs_set(attrs, entry->type, known->form == QK_FORM_INTEGER ? without_leading_zeros(value) : value);
}

qk_err qk_attrs_from_template(const CK_ATTRIBUTE *template_, CK_ULONG count, qk_attrs *out)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    size_t room = TEMPLATE_MOST_BYTES;

    if (count > 0 && !template_)
        return qk_fail(QK_E_BAD_ARGUMENT, "a template of %lu attributes is NULL", count);
    if (count > TEMPLATE_MOST)
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "a template of %lu attributes; %d are the most", count,
                       TEMPLATE_MOST);
    for (CK_ULONG i = 0; i < count; i++) {
        if (template_[i].ulValueLen > room)
            return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "a template of more than %d bytes", TEMPLATE_MOST_BYTES);
        room -= template_[i].ulValueLen;
        QK_TRY(entry_read(&template_[i], &attrs));
    }
    qk_attrs_done(out);
    *out = attrs;
    attrs = QK_ATTRS_NONE;
    return QK_OK;
}
