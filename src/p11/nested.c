/* SPDX-License-Identifier: Apache-2.0 */
#include "p11/nested.h"

#include <stdlib.h>

#include "p11/attribute_bytes.h"

/* ---- flat forms ---- */

static int compare_types(const void *a, const void *b)
{
    CK_ATTRIBUTE_TYPE one = (*(const qk_attr *const *)a)->type, two = (*(const qk_attr *const *)b)->type;

    return one < two ? -1 : one > two;
}

/* What a nested template may hold. */
static qk_err check_one(const qk_attr *attr)
{
    const qk_attribute *row = qk_attribute_find(attr->type);

    if (!row)
        return qk_fail(QK_E_ATTRIBUTE_TYPE, "attribute 0x%lx of a nested template is unknown", attr->type);
    if (row->form == QK_FORM_TEMPLATE)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "%s within a nested template; one level is the most", row->name);
    if (row->flags & QK_ATTRIBUTE_SECRET)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "%s has no place in a nested template", row->name);
    if (!qk_attribute_length_fits(row->form, attr->value.len))
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "%s of a nested template cannot have a value of %zu bytes", row->name,
                       attr->value.len);
    return QK_OK;
}

qk_err qk_nested_write(const qk_attrs *attrs, qk_buf *out)
{
    QK_OWNED(qk_attrs_done) qk_attrs sorted = QK_ATTRS_NONE;
    const qk_attr *order[QK_NESTED_MOST];
    size_t before = out->len;

    if (attrs->count > QK_NESTED_MOST)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "a nested template of %zu attributes; %d are the most", attrs->count,
                       QK_NESTED_MOST);
    for (size_t i = 0; i < attrs->count; i++) {
        QK_TRY(check_one(&attrs->items[i]));
        order[i] = &attrs->items[i];
    }
    if (attrs->count == 0)
        return QK_OK;
    qsort(order, attrs->count, sizeof order[0], compare_types);
    for (size_t i = 0; i < attrs->count; i++)
        QK_TRY(qk_attribute_find(order[i]->type)->form == QK_FORM_BOOL
                   ? qk_attrs_set_bool(&sorted, order[i]->type, order[i]->value.data[0] != CK_FALSE)
                   : qk_attrs_set(&sorted, order[i]->type, order[i]->value));
    QK_TRY(qk_attrs_write(&sorted, out));
    if (out->len - before > QK_NESTED_MOST_BYTES)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "a nested template of more than %d bytes", QK_NESTED_MOST_BYTES);
    return QK_OK;
}

qk_err qk_nested_read(qk_view flat, qk_attrs *out)
{
    if (flat.len)
        return qk_attrs_read(flat, out);
    qk_attrs_done(out);
    return QK_OK;
}

qk_err qk_nested_accept(qk_view foreign, qk_buf *out)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    if (foreign.len > QK_NESTED_MOST_BYTES)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "a nested template of more than %d bytes", QK_NESTED_MOST_BYTES);
    if (qk_nested_read(foreign, &attrs) == QK_E_BLOB_DAMAGED)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "a nested template cannot be read");
    return qk_nested_write(&attrs, out);
}

qk_err qk_nested_add(CK_ATTRIBUTE_TYPE nested, qk_view flat, qk_attrs *template_)
{
    QK_OWNED(qk_attrs_done) qk_attrs adds = QK_ATTRS_NONE;

    QK_TRY(qk_nested_read(flat, &adds));
    for (size_t i = 0; i < adds.count; i++) {
        const qk_attr *given = qk_attrs_find(template_, adds.items[i].type);
        if (given && !qk_view_equal(given->value, adds.items[i].value))
            return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "%s of the key that it comes of has another %s",
                           qk_attribute_find(nested)->name, qk_attribute_find(given->type)->name);
    }
    return qk_attrs_merge(template_, &adds);
}

/* ---- an application's array ---- */

/* Arrays lie where the application put them, maybe not aligned. */
static CK_ATTRIBUTE element(qk_view bytes, size_t i)
{
    CK_ATTRIBUTE one;

    memcpy(&one, bytes.data + i * sizeof one, sizeof one);
    return one;
}

qk_err qk_nested_from_array(qk_view bytes, qk_buf *out)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    CK_ATTRIBUTE items[QK_NESTED_MOST];
    size_t count = bytes.len / sizeof(CK_ATTRIBUTE);

    if (bytes.len % sizeof(CK_ATTRIBUTE) != 0 || count > QK_NESTED_MOST)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "a nested template of %zu bytes is no array of up to %d CK_ATTRIBUTEs",
                       bytes.len, QK_NESTED_MOST);
    for (size_t i = 0; i < count; i++) {
        const qk_attribute *row;
        items[i] = element(bytes, i);
        row = qk_attribute_find(items[i].type);
        if (row && row->form == QK_FORM_TEMPLATE) /* judged before anybody follows its pointers */
            return qk_fail(QK_E_ATTRIBUTE_VALUE, "%s within a nested template; one level is the most", row->name);
    }
    QK_TRY(qk_attrs_from_template(items, count, &attrs));
    return qk_nested_write(&attrs, out);
}

static qk_err give_one(const qk_attr *attr, CK_ATTRIBUTE *place)
{
    CK_ULONG room = place->ulValueLen;

    place->type = attr->type;
    place->ulValueLen = attr->value.len;
    if (!place->pValue)
        return QK_OK;
    if (room < attr->value.len) {
        place->ulValueLen = CK_UNAVAILABLE_INFORMATION;
        return qk_fail(QK_E_BUFFER_SMALL, "an attribute of a nested template has %zu bytes", attr->value.len);
    }
    if (attr->value.len)
        memcpy(place->pValue, attr->value.data, attr->value.len);
    return QK_OK;
}

qk_err qk_nested_give(qk_view flat, CK_ATTRIBUTE *array)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    CK_ULONG room = array->ulValueLen;
    qk_err first = QK_OK;

    QK_TRY(qk_nested_read(flat, &attrs));
    array->ulValueLen = attrs.count * sizeof(CK_ATTRIBUTE);
    if (!array->pValue)
        return QK_OK;
    if (room < array->ulValueLen) {
        array->ulValueLen = CK_UNAVAILABLE_INFORMATION;
        return qk_fail(QK_E_BUFFER_SMALL, "a nested template has %zu attributes", attrs.count);
    }
    for (size_t i = 0; i < attrs.count; i++) {
        uint8_t *at = (uint8_t *)array->pValue + i * sizeof(CK_ATTRIBUTE);
        CK_ATTRIBUTE place = element(qk_view_of(array->pValue, array->ulValueLen), i);
        qk_err err = give_one(&attrs.items[i], &place);
        memcpy(at, &place, sizeof place);
        first = first == QK_OK ? err : first;
    }
    return first;
}
