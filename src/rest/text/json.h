/* SPDX-License-Identifier: Apache-2.0 */
/* Writes JSON straight into a buffer: commas and quotation marks come by themselves. `key` is NULL inside an array.
 * Whether memory was enough is asked once, of the buffer, at the end. */
#ifndef QK_REST_JSON_H
#define QK_REST_JSON_H

#include "base/bytes.h"

typedef struct qk_json {
    qk_buf *out;
    bool comma; /* something stands before in this object or array */
} qk_json;

static inline qk_json qk_json_to(qk_buf *out)
{
    return (qk_json){ out, false };
}

void qk_json_open(qk_json *json, const char *key, char bracket); /* '{' or '[' */
void qk_json_close(qk_json *json, char bracket);                 /* '}' or ']' */
void qk_json_text(qk_json *json, const char *key, const char *value);
/* As it stands: JSON already, or (raw) characters between quotation marks that need no escape. */
void qk_json_raw(qk_json *json, const char *key, qk_view value);
void qk_json_bool(qk_json *json, const char *key, bool value);
void qk_json_uint(qk_json *json, const char *key, uint64_t value);
void qk_json_int(qk_json *json, const char *key, int64_t value);
/* Always with a point or an exponent; null if it is not finite. */
void qk_json_real(qk_json *json, const char *key, double value);
void qk_json_null(qk_json *json, const char *key);
/* "2026-11-21T14:00:00Z". */
void qk_json_time(qk_json *json, const char *key, int64_t unix_s);

#endif
