/* SPDX-License-Identifier: Apache-2.0 */
/* A 16-bit count, then for each attribute its type (64 bits), its form (8 bits), and a counted value. The form stands
 * in the bytes, so that a reader needs no table of attributes. */
#include "p11/attribute_bytes.h"

/* Numbers of our format; never changed. */
enum { BYTE_BOOL = 1, BYTE_NUMBER = 2, BYTE_BYTES = 3, BYTE_NUMBERS = 4 };
enum { NUMBER_LEN = 8 };

static uint8_t form_of(CK_ATTRIBUTE_TYPE type)
{
    const qk_attribute *attribute = qk_attribute_find(type);

    if (attribute && attribute->form == QK_FORM_BOOL)
        return BYTE_BOOL;
    if (attribute && attribute->form == QK_FORM_ULONG)
        return BYTE_NUMBER;
    return attribute && attribute->form == QK_FORM_ULONGS ? BYTE_NUMBERS : BYTE_BYTES;
}

static void put_numbers(qk_view value, qk_buf *out)
{
    size_t count = value.len / sizeof(CK_ULONG);

    qk_buf_put_u32(out, (uint32_t)(count * NUMBER_LEN));
    for (size_t i = 0; i < count; i++) {
        CK_ULONG number;
        memcpy(&number, value.data + i * sizeof number, sizeof number);
        qk_buf_put_u64(out, number);
    }
}

qk_err qk_attrs_write(const qk_attrs *attrs, qk_buf *out)
{
    qk_buf_put_u16(out, (uint16_t)attrs->count);
    for (size_t i = 0; i < attrs->count; i++) {
        uint8_t form = form_of(attrs->items[i].type);
        qk_buf_put_u64(out, attrs->items[i].type);
        qk_buf_put_u8(out, form);
        if (form == BYTE_NUMBER || form == BYTE_NUMBERS)
            put_numbers(attrs->items[i].value, out);
        else
            qk_buf_put_counted(out, attrs->items[i].value);
    }
    return qk_buf_check(out);
}

static qk_err set_numbers(qk_attrs *attrs, CK_ATTRIBUTE_TYPE type, qk_view value)
{
    QK_OWNED(qk_buf_done) qk_buf numbers = QK_BUF_NONE;
    qk_reader reader = qk_reader_of(value);

    while (reader.rest.len >= NUMBER_LEN) {
        CK_ULONG number = (CK_ULONG)qk_read_u64(&reader);
        qk_buf_put(&numbers, qk_view_of(&number, sizeof number));
    }
    QK_TRY(qk_buf_check(&numbers));
    return qk_attrs_set(attrs, type, qk_buf_view(&numbers));
}

static qk_err read_one(qk_reader *reader, qk_attrs *attrs)
{
    CK_ATTRIBUTE_TYPE type = (CK_ATTRIBUTE_TYPE)qk_read_u64(reader);
    uint8_t form = qk_read_u8(reader);
    qk_view value = qk_read_counted(reader);

    if (reader->failed || form < BYTE_BOOL || form > BYTE_NUMBERS || (form == BYTE_BOOL && value.len != 1) ||
        (form == BYTE_NUMBER && value.len != NUMBER_LEN) || (form == BYTE_NUMBERS && value.len % NUMBER_LEN != 0))
        return qk_fail(QK_E_BLOB_DAMAGED, "the attributes of a blob cannot be read");
    if (form == BYTE_NUMBER || form == BYTE_NUMBERS)
        return set_numbers(attrs, type, value);
    return qk_attrs_set(attrs, type, value);
}

qk_err qk_attrs_read(qk_view bytes, qk_attrs *out)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    qk_reader reader = qk_reader_of(bytes);
    uint16_t count = qk_read_u16(&reader);

    for (uint16_t i = 0; i < count; i++)
        QK_TRY(read_one(&reader, &attrs));
    if (!qk_reader_ended(&reader))
        return qk_fail(QK_E_BLOB_DAMAGED, "the attributes of a blob have a rest");
    qk_attrs_done(out);
    *out = attrs;
    attrs = QK_ATTRS_NONE;
    return QK_OK;
}
