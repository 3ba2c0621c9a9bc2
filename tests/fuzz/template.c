/* SPDX-License-Identifier: Apache-2.0 */
/* An application's template. Input: entries of type (two bytes: a row of the attribute table, or any number), length
 * and value. What is taken goes through every form attributes have and comes back. */
#include "fuzz.h"

#include "hsm/codec/attribute_codec.h"
#include "p11/attribute_bytes.h"
#include "p11/nested.h"

enum { MOST = 64, NO_VALUE = 0xff, ABSURD = 0xfe, NESTED = 3 };

static CK_ATTRIBUTE_TYPE type_of(unsigned number)
{
    return number < 0x8000 ? qk_attributes[number % qk_attribute_count].type : number - 0x8000;
}

static bool is_nested(CK_ATTRIBUTE_TYPE type)
{
    const qk_attribute *row = qk_attribute_find(type);

    return row && row->form == QK_FORM_TEMPLATE;
}

/* The value is copied, as an application may place it where no number of that size may lie. */
static void value_from(qk_reader *from, qk_arena *arena, CK_ATTRIBUTE *out)
{
    unsigned len;
    qk_view value;

    len = qk_read_u8(from);
    if (len >= ABSURD) {
        *out = (CK_ATTRIBUTE){ out->type, NULL, len == ABSURD ? ~0UL : 8 };
        return;
    }
    value = qk_read(from, len);
    must(qk_arena_copy(arena, value, &value));
    *out = (CK_ATTRIBUTE){ out->type, (void *)(uintptr_t)value.data, value.len };
}

/* A nested template comes as entries that follow. */
static void entry_from(qk_reader *from, qk_arena *arena, CK_ATTRIBUTE *out)
{
    CK_ATTRIBUTE *array;
    size_t count;

    out->type = type_of(qk_read_u16(from));
    if (!is_nested(out->type)) {
        value_from(from, arena, out);
        return;
    }
    count = qk_read_u8(from) % (NESTED + 1);
    array = qk_arena_zalloc(arena, (NESTED + 1) * sizeof *array);
    promise(array != NULL);
    for (size_t i = 0; i < count; i++) {
        array[i].type = type_of(qk_read_u16(from));
        value_from(from, arena, &array[i]);
    }
    *out = (CK_ATTRIBUTE){ out->type, array, count * sizeof *array };
}

static void promise_same(const qk_attrs *a, const qk_attrs *b)
{
    promise(a->count == b->count && qk_attrs_match(a, b));
}

/* As C_GetAttributeValue gives it: the array's length, then the lengths in it, then the values. */
static void give_back(const qk_attr *attr, qk_arena *arena, CK_ATTRIBUTE *out)
{
    CK_ATTRIBUTE *array;

    *out = (CK_ATTRIBUTE){ attr->type, (void *)(uintptr_t)attr->value.data, attr->value.len };
    if (!is_nested(attr->type))
        return;
    out->pValue = NULL;
    must(qk_nested_give(attr->value, out));
    out->pValue = array = qk_arena_zalloc(arena, out->ulValueLen + 1);
    promise(array != NULL);
    must(qk_nested_give(attr->value, out));
    for (size_t i = 0; i < out->ulValueLen / sizeof *array; i++)
        array[i].pValue = qk_arena_zalloc(arena, array[i].ulValueLen + 1);
    must(qk_nested_give(attr->value, out));
}

static void through_template(const qk_attrs *attrs, qk_arena *arena)
{
    QK_OWNED(qk_attrs_done) qk_attrs again = QK_ATTRS_NONE;
    CK_ATTRIBUTE entries[MOST];

    for (size_t i = 0; i < attrs->count; i++)
        give_back(&attrs->items[i], arena, &entries[i]);
    must(qk_attrs_from_template(entries, attrs->count, &again));
    promise_same(attrs, &again);
}

static void through_bytes(const qk_attrs *attrs)
{
    QK_OWNED(qk_attrs_done) qk_attrs again = QK_ATTRS_NONE;
    QK_OWNED(qk_buf_done) qk_buf bytes = QK_BUF_NONE;

    must(qk_attrs_write(attrs, &bytes));
    must(qk_attrs_read(qk_buf_view(&bytes), &again));
    promise_same(attrs, &again);
}

/* Numbers beyond 63 bits have no form in a message. */
static bool fits_message(const qk_attr *attr)
{
    qk_attribute_form form = qk_attribute_find(attr->type)->form;

    for (size_t at = 0; at < attr->value.len && (form == QK_FORM_ULONG || form == QK_FORM_ULONGS); at += 8) {
        CK_ULONG number;
        memcpy(&number, attr->value.data + at, sizeof number);
        if (number >> 63)
            return false;
    }
    return true;
}

static void through_message(const qk_attrs *attrs, qk_arena *arena)
{
    QK_OWNED(qk_attrs_done) qk_attrs again = QK_ATTRS_NONE;
    Grep11__GenerateKeyRequest request;

    grep11__generate_key_request__init(&request);
    for (size_t i = 0; i < attrs->count; i++)
        if (!fits_message(&attrs->items[i]))
            return;
    must(qk_attrs_to_map(attrs, &grep11__generate_key_request__template_entry__descriptor, arena, &request.template_,
                         &request.n_template_));
    must(qk_attrs_from_map(request.template_, request.n_template_, &again));
    promise_same(attrs, &again);
}

void fuzz(qk_view input)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    qk_reader from = qk_reader_of(input);
    CK_ATTRIBUTE entries[MOST];
    CK_ULONG count = 0;

    qk_arena_init(&arena, 0);
    while (from.rest.len && count < MOST)
        entry_from(&from, &arena, &entries[count++]);
    if (qk_attrs_from_template(entries, count, &attrs) != QK_OK)
        return;
    promise(attrs.count == count);
    through_template(&attrs, &arena);
    through_bytes(&attrs);
    through_message(&attrs, &arena);
}
