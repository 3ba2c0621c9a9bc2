/* SPDX-License-Identifier: Apache-2.0 */
/* Text forms of bytes: hexadecimal, base64 (RFC 4648), UUIDs (RFC 9562). */
#ifndef QK_BASE_ENCODING_H
#define QK_BASE_ENCODING_H

#include "base/bytes.h"

/* Lower case, 2 * bytes.len characters and a terminator. */
void qk_hex_write(qk_view bytes, char *out);
/* Any case, no spaces. QK_E_DATA_INVALID. */
QK_MUST_CHECK qk_err qk_hex_read(const char *text, qk_buf *out);

/* Appends. Standard alphabet with padding; the url form has '-', '_' and no padding. */
void qk_base64_write(qk_view bytes, qk_buf *out);
void qk_base64url_write(qk_view bytes, qk_buf *out);
/* Appends. Reads both alphabets, padding optional (gRPC: "-bin" headers come either way). QK_E_DATA_INVALID. */
QK_MUST_CHECK qk_err qk_base64_read(qk_view text, qk_buf *out);

typedef struct qk_uuid {
    uint8_t bytes[16];
} qk_uuid;

enum { QK_UUID_TEXT = 37 }; /* with terminator */
void qk_uuid_write(const qk_uuid *uuid, char out[QK_UUID_TEXT]);
/* Any case. QK_E_DATA_INVALID. */
QK_MUST_CHECK qk_err qk_uuid_read(const char *text, qk_uuid *out);
bool qk_uuid_equal(const qk_uuid *a, const qk_uuid *b);
/* Version 4 from 16 random bytes that the caller has drawn. */
qk_uuid qk_uuid_from_random(const uint8_t random[16]);

#endif
