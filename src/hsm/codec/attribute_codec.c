/* SPDX-License-Identifier: Apache-2.0 */
/* The form of an attribute (p11's table) decides its arm: bool AttributeTF, number AttributeI, everything else
 * AttributeB. On the way in other arms are understood where they can mean only one thing. */
#include "hsm/codec/attribute_codec.h"

#include "p11/nested.h"

enum { ENTRIES_MOST = 4096, NUMBER_LEN = 8 };

typedef Grep11__AttributeValue value_message;

/* Vendor numbers are 32 bits wide; clients with signed types send them sign-extended. All ones are
 * CK_UNAVAILABLE_INFORMATION and stay. */
static uint64_t fold(uint64_t number)
{
    return number >> 31 == UINT64_C(0x1ffffffff) && number != UINT64_MAX ? number & UINT32_MAX : number;
}

static uint64_t big_endian(qk_view bytes)
{
    uint64_t number = 0;
    for (size_t i = 0; i < bytes.len; i++)
        number = number << 8 | bytes.data[i];
    return number;
}

static void big_endian_write(uint64_t number, uint8_t out[NUMBER_LEN])
{
    for (size_t i = 0; i < NUMBER_LEN; i++)
        out[i] = (uint8_t)(number >> (8 * (NUMBER_LEN - 1 - i)));
}

static qk_view without_leading_zeros(qk_view integer)
{
    while (integer.len > 0 && integer.data[0] == 0)
        integer = qk_view_slice(integer, 1, integer.len - 1);
    return integer;
}

/* ---- in ---- */

static qk_err refuse(const qk_attribute *attribute)
{
    return qk_fail(QK_E_ATTRIBUTE_VALUE, "%s comes in a form that cannot be its value", attribute->name);
}

/* A number from AttributeI, or from AttributeB of 1, 4 or 8 bytes, big endian. */
static bool number_of(const value_message *value, uint64_t *out)
{
    qk_view bytes;

    if (value->one_attr_case == GREP11__ATTRIBUTE_VALUE__ONE_ATTR_ATTRIBUTE_I) {
        *out = (uint64_t)value->attributei;
        return true;
    }
    if (value->one_attr_case != GREP11__ATTRIBUTE_VALUE__ONE_ATTR_ATTRIBUTE_B)
        return false;
    bytes = qk_message_view(value->attributeb);
    *out = big_endian(bytes);
    return bytes.len == 1 || bytes.len == 4 || bytes.len == 8;
}

static qk_err set_bool(qk_attrs *attrs, const qk_attribute *attribute, const value_message *value)
{
    uint64_t number;

    if (value->one_attr_case == GREP11__ATTRIBUTE_VALUE__ONE_ATTR_ATTRIBUTE_TF)
        return qk_attrs_set_bool(attrs, attribute->type, value->attributetf);
    if (!number_of(value, &number) || number > 1)
        return refuse(attribute);
    return qk_attrs_set_bool(attrs, attribute->type, number == 1);
}

static qk_err set_ulong(qk_attrs *attrs, const qk_attribute *attribute, const value_message *value)
{
    uint64_t number;

    if (!number_of(value, &number))
        return refuse(attribute);
    number = fold(number);
    if (number > INT64_MAX && number != CK_UNAVAILABLE_INFORMATION)
        return refuse(attribute);
    return qk_attrs_set_ulong(attrs, attribute->type, (CK_ULONG)number);
}

/* Big integers also come as AttributeI: a public exponent of 65537. */
static qk_err set_integer(qk_attrs *attrs, const qk_attribute *attribute, const value_message *value)
{
    uint8_t number[NUMBER_LEN];

    if (value->one_attr_case == GREP11__ATTRIBUTE_VALUE__ONE_ATTR_ATTRIBUTE_B)
        return qk_attrs_set(attrs, attribute->type, without_leading_zeros(qk_message_view(value->attributeb)));
    if (value->one_attr_case != GREP11__ATTRIBUTE_VALUE__ONE_ATTR_ATTRIBUTE_I || value->attributei < 0)
        return refuse(attribute);
    big_endian_write((uint64_t)value->attributei, number);
    return qk_attrs_set(attrs, attribute->type, without_leading_zeros(qk_view_of(number, sizeof number)));
}

static qk_err set_ulongs(qk_attrs *attrs, const qk_attribute *attribute, qk_view bytes)
{
    QK_OWNED(qk_buf_done) qk_buf numbers = QK_BUF_NONE;

    if (bytes.len % NUMBER_LEN != 0)
        return refuse(attribute);
    for (size_t at = 0; at < bytes.len; at += NUMBER_LEN) {
        CK_ULONG number = (CK_ULONG)fold(big_endian(qk_view_slice(bytes, at, NUMBER_LEN)));
        qk_buf_put(&numbers, qk_view_of(&number, sizeof number));
    }
    QK_TRY(qk_buf_check(&numbers));
    return qk_attrs_set(attrs, attribute->type, qk_buf_view(&numbers));
}

static qk_err set_nested(qk_attrs *attrs, const qk_attribute *attribute, qk_view bytes)
{
    QK_OWNED(qk_buf_done) qk_buf flat = QK_BUF_NONE;

    QK_TRY(qk_nested_accept(bytes, &flat));
    return qk_attrs_set(attrs, attribute->type, qk_buf_view(&flat));
}

static qk_err set_bytes(qk_attrs *attrs, const qk_attribute *attribute, const value_message *value)
{
    qk_view bytes;

    if (value->one_attr_case != GREP11__ATTRIBUTE_VALUE__ONE_ATTR_ATTRIBUTE_B)
        return refuse(attribute);
    bytes = qk_message_view(value->attributeb);
    if (attribute->form == QK_FORM_ULONGS)
        return set_ulongs(attrs, attribute, bytes);
    if (attribute->form == QK_FORM_DATE && bytes.len != 0 && bytes.len != sizeof(CK_DATE))
        return refuse(attribute);
    if (attribute->form == QK_FORM_TEMPLATE)
        return set_nested(attrs, attribute, bytes);
    return qk_attrs_set(attrs, attribute->type, bytes);
}

static qk_err set_value(qk_attrs *attrs, const qk_attribute *attribute, const value_message *value)
{
    if (!value || value->one_attr_case == GREP11__ATTRIBUTE_VALUE__ONE_ATTR__NOT_SET) {
        qk_attrs_remove(attrs, attribute->type);
        return QK_OK;
    }
    if (attribute->form == QK_FORM_BOOL)
        return set_bool(attrs, attribute, value);
    if (attribute->form == QK_FORM_ULONG)
        return set_ulong(attrs, attribute, value);
    if (attribute->form == QK_FORM_INTEGER)
        return set_integer(attrs, attribute, value);
    return set_bytes(attrs, attribute, value);
}

qk_err qk_attribute_from_key(uint64_t key, const qk_attribute **out_attribute)
{
    const qk_attribute *attribute = qk_attribute_find((CK_ATTRIBUTE_TYPE)fold(key));

    if (!attribute)
        return qk_fail(QK_E_ATTRIBUTE_TYPE, "attribute 0x%llx is unknown", (unsigned long long)key);
    *out_attribute = attribute;
    return QK_OK;
}

qk_err qk_attrs_from_map(const void *entries, size_t count, qk_attrs *out)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    const qk_map_entry *const *list = entries;

    if (count > ENTRIES_MOST)
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "%zu attributes; %d are the most", count, ENTRIES_MOST);
    for (size_t i = 0; i < count; i++) {
        const qk_attribute *attribute;
        QK_TRY(qk_attribute_from_key(list[i]->key, &attribute));
        QK_TRY(set_value(&attrs, attribute, list[i]->value));
    }
    qk_attrs_done(out);
    *out = attrs;
    attrs = QK_ATTRS_NONE;
    return QK_OK;
}

/* ---- out ---- */

static CK_ULONG host_ulong(qk_view value)
{
    CK_ULONG number = CK_UNAVAILABLE_INFORMATION;

    if (value.len == sizeof number)
        memcpy(&number, value.data, sizeof number);
    return number;
}

static qk_err ulongs_write(qk_view value, qk_arena *arena, qk_view *out)
{
    size_t count = value.len / sizeof(CK_ULONG);
    uint8_t *place;

    QK_TRY(qk_arena_bytes(arena, count * NUMBER_LEN, &place));
    for (size_t i = 0; i < count; i++)
        big_endian_write(host_ulong(qk_view_slice(value, i * sizeof(CK_ULONG), sizeof(CK_ULONG))),
                         place + i * NUMBER_LEN);
    *out = qk_view_of(place, count * NUMBER_LEN);
    return QK_OK;
}

static qk_err value_write(const qk_attr *attr, qk_arena *arena, value_message *out)
{
    const qk_attribute *attribute = qk_attribute_find(attr->type);
    qk_attribute_form form = attribute ? attribute->form : QK_FORM_BYTES;
    qk_view bytes;

    if (form == QK_FORM_BOOL) {
        out->one_attr_case = GREP11__ATTRIBUTE_VALUE__ONE_ATTR_ATTRIBUTE_TF;
        out->attributetf = attr->value.len == 1 && attr->value.data[0] != CK_FALSE;
        return QK_OK;
    }
    if (form == QK_FORM_ULONG) {
        out->one_attr_case = GREP11__ATTRIBUTE_VALUE__ONE_ATTR_ATTRIBUTE_I;
        out->attributei = (int64_t)host_ulong(attr->value);
        return QK_OK;
    }
    QK_TRY(form == QK_FORM_ULONGS ? ulongs_write(attr->value, arena, &bytes)
                                  : qk_arena_copy(arena, attr->value, &bytes));
    out->one_attr_case = GREP11__ATTRIBUTE_VALUE__ONE_ATTR_ATTRIBUTE_B;
    out->attributeb = qk_message_bytes(bytes);
    return QK_OK;
}

qk_err qk_attrs_to_map(const qk_attrs *attrs, const ProtobufCMessageDescriptor *entry_descriptor, qk_arena *arena,
                       void *out_entries, size_t *out_count)
{
    qk_map_entry **list = qk_arena_alloc(arena, (attrs->count ? attrs->count : 1) * sizeof *list);

    if (!list)
        return qk_fail(QK_E_NO_MEMORY, "no memory for %zu attributes of an answer", attrs->count);
    for (size_t i = 0; i < attrs->count; i++) {
        qk_map_entry *entry = qk_message_new(entry_descriptor, arena);
        value_message *value = qk_message_new(&grep11__attribute_value__descriptor, arena);
        if (!entry || !value)
            return qk_fail(QK_E_NO_MEMORY, "no memory for %zu attributes of an answer", attrs->count);
        QK_TRY(value_write(&attrs->items[i], arena, value));
        entry->key = attrs->items[i].type;
        entry->value = value;
        list[i] = entry;
    }
    *(qk_map_entry ***)out_entries = list;
    *out_count = attrs->count;
    return QK_OK;
}

qk_err qk_attr_to_bytes(const qk_attr *attr, qk_arena *arena, qk_view *out)
{
    const qk_attribute *attribute = qk_attribute_find(attr->type);
    uint8_t number[NUMBER_LEN];

    if (attribute && attribute->form == QK_FORM_ULONGS)
        return ulongs_write(attr->value, arena, out);
    if (!attribute || attribute->form != QK_FORM_ULONG)
        return qk_arena_copy(arena, attr->value, out);
    big_endian_write(host_ulong(attr->value), number);
    return qk_arena_copy(arena, qk_view_of(number, sizeof number), out);
}
