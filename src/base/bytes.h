/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes: a view borrows, a buffer owns, a reader walks.
 *
 * qk_view is a plain value: a pointer and a length in bytes that somebody else owns. qk_buf is a growing buffer on the
 * heap; it remembers that a write failed, so a caller writes a whole message and checks once (qk_buf_check). It wipes
 * what it frees. qk_reader walks a view from the front and remembers that it ran short, so a parser checks once too.
 * Integers in our formats are big endian. */
#ifndef QK_BASE_BYTES_H
#define QK_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

typedef struct qk_view {
    const uint8_t *data;
    size_t len;
} qk_view;

#define QK_VIEW_NONE ((qk_view){ NULL, 0 })
/* A view of a string literal, without its terminator. */
#define QK_VIEW_LITERAL(text) ((qk_view){ (const uint8_t *)("" text), sizeof(text) - 1 })

static inline qk_view qk_view_of(const void *data, size_t len)
{
    return (qk_view){ (const uint8_t *)data, len };
}

static inline qk_view qk_view_text(const char *text)
{
    return qk_view_of(text, text ? strlen(text) : 0);
}

/* The bytes from `offset`, at most `len` of them; never beyond the view. */
qk_view qk_view_slice(qk_view view, size_t offset, size_t len);
/* For public data only; secrets are compared with qk_ct_equal. */
bool qk_view_equal(qk_view a, qk_view b);
bool qk_view_is_zero(qk_view view);
/* What comes before the first CR or LF: tokens and PINs in files, as the known clients take them. */
qk_view qk_view_first_line(qk_view text);

typedef struct qk_buf {
    uint8_t *data;
    size_t len, cap;
    bool failed;
} qk_buf;

#define QK_BUF_NONE ((qk_buf){ NULL, 0, 0, false })

void qk_buf_done(qk_buf *buf);  /* wipes, frees, leaves QK_BUF_NONE */
void qk_buf_clear(qk_buf *buf); /* wipes the content, keeps the memory */
/* Appends `len` bytes to be filled by the caller; NULL (and failed) if memory is out. */
uint8_t *qk_buf_grow(qk_buf *buf, size_t len);
void qk_buf_put(qk_buf *buf, qk_view bytes);
void qk_buf_put_text(qk_buf *buf, const char *text);
void qk_buf_put_u8(qk_buf *buf, uint8_t value);
void qk_buf_put_u16(qk_buf *buf, uint16_t value);
void qk_buf_put_u32(qk_buf *buf, uint32_t value);
void qk_buf_put_u64(qk_buf *buf, uint64_t value);
/* A 32-bit length, then the bytes. */
void qk_buf_put_counted(qk_buf *buf, qk_view bytes);
void qk_buf_printf(qk_buf *buf, const char *format, ...) QK_PRINTF(2, 3);
/* QK_E_NO_MEMORY if any write failed. */
QK_MUST_CHECK qk_err qk_buf_check(const qk_buf *buf);
/* A zero-terminated text of the content, owned by the buffer; NULL if memory is out. */
const char *qk_buf_text(qk_buf *buf);
/* Moves the content to `out`, which is freed first. */
void qk_buf_give(qk_buf *from, qk_buf *out);

static inline qk_view qk_buf_view(const qk_buf *buf)
{
    return (qk_view){ buf->data, buf->len };
}

typedef struct qk_reader {
    qk_view rest;
    bool failed;
} qk_reader;

static inline qk_reader qk_reader_of(qk_view view)
{
    return (qk_reader){ view, false };
}

/* Past the end they return zero or an empty view and set `failed`. */
qk_view qk_read(qk_reader *reader, size_t len);
uint8_t qk_read_u8(qk_reader *reader);
uint16_t qk_read_u16(qk_reader *reader);
uint32_t qk_read_u32(qk_reader *reader);
uint64_t qk_read_u64(qk_reader *reader);
qk_view qk_read_counted(qk_reader *reader);
/* True if nothing failed and nothing is left. */
bool qk_reader_ended(const qk_reader *reader);

#endif
