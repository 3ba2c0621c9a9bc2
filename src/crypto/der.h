/* SPDX-License-Identifier: Apache-2.0 */
/* DER, as much as keys need: a strict reader over a view and a writer that fills memory from its end.
 *
 * The reader accepts definite, shortest lengths alone, never looks beyond the view, and never recurses. A take that
 * fails leaves the view as it was, so an optional element is a take that may fail.
 * The writer goes backwards, so that the length of an element is known when its head is written: write the content last
 * part first, then wrap it. It remembers that room ran out.
 * Source: X.690, clauses 8.1, 8.3, 10.1. */
#ifndef QK_CRYPTO_DER_H
#define QK_CRYPTO_DER_H

#include "base/bytes.h"

enum {
    QK_DER_INTEGER = 0x02,
    QK_DER_BIT_STRING = 0x03,
    QK_DER_OCTET_STRING = 0x04,
    QK_DER_NULL = 0x05,
    QK_DER_OID = 0x06,
    QK_DER_SEQUENCE = 0x30,
    QK_DER_CONTEXT_0 = 0xa0, /* [0], constructed */
    QK_DER_CONTEXT_1 = 0xa1,
    QK_DER_CONTEXT_1_PRIMITIVE = 0x81, /* [1] IMPLICIT BIT STRING */
};

/* Takes the element at the front of `from` if it has the tag, and gives its content. */
QK_MUST_CHECK bool qk_der_take(qk_view *from, uint8_t tag, qk_view *out_content);
/* Takes it whole, head and content. */
QK_MUST_CHECK bool qk_der_take_whole(qk_view *from, uint8_t tag, qk_view *out_element);
/* A non-negative INTEGER in its shortest form, without leading zeros (zero itself is empty). */
QK_MUST_CHECK bool qk_der_take_uint(qk_view *from, qk_view *out_magnitude);
/* The INTEGER `value`, below 128. */
QK_MUST_CHECK bool qk_der_take_small(qk_view *from, uint8_t value);
/* A BIT STRING of whole bytes, with tag `tag`. */
QK_MUST_CHECK bool qk_der_take_bits(qk_view *from, uint8_t tag, qk_view *out_bytes);

typedef struct qk_der_writer {
    uint8_t *start, *place; /* what is written lies from `place` to the end of the memory */
    uint8_t *end;
    bool failed;
} qk_der_writer;

static inline qk_der_writer qk_der_writer_of(uint8_t *memory, size_t len)
{
    return (qk_der_writer){ memory, memory + len, memory + len, false };
}

/* Room for `len` bytes in front of what is written, for filling; NULL if there is none. */
uint8_t *qk_der_room(qk_der_writer *writer, size_t len);
void qk_der_put(qk_der_writer *writer, qk_view bytes);
/* Puts a head in front of what was written since `writer->place` was `content_end`. */
void qk_der_wrap(qk_der_writer *writer, uint8_t tag, const uint8_t *content_end);
/* INTEGER of a big endian magnitude; leading zeros do no harm. */
void qk_der_put_uint(qk_der_writer *writer, qk_view magnitude);
void qk_der_put_small(qk_der_writer *writer, uint8_t value);
/* An element of given tag and content. */
void qk_der_put_element(qk_der_writer *writer, uint8_t tag, qk_view content);
/* BIT STRING of what was written since `content_end`. */
void qk_der_wrap_bits(qk_der_writer *writer, uint8_t tag, const uint8_t *content_end);
/* What is written so far. */
qk_view qk_der_written(const qk_der_writer *writer);

#endif
