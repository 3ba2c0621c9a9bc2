/* SPDX-License-Identifier: Apache-2.0 */
/* Structured fields, as much of them as signatures need: keys, strings, integers, byte sequences, and the punctuation
 * of dictionaries, inner lists and parameters. Read strictly: whatever else stands there, also what the standard would
 * allow in other fields, is a failure.
 *
 * A reader walks a field from the front and remembers that something did not fit, so its user checks once.
 * Source: RFC 9651, section 4.2 (and RFC 8941, which it replaces). */
#ifndef QK_ENTROPY_SIGNATURE_FIELD_H
#define QK_ENTROPY_SIGNATURE_FIELD_H

#include "base/bytes.h"

typedef struct qk_field {
    qk_view rest;
    bool failed;
} qk_field;

/* Without the spaces around it. */
qk_field qk_field_of(qk_view text);
/* Takes this character if it comes next. */
bool qk_field_take(qk_field *field, char character);
/* It must come next. */
void qk_field_expect(qk_field *field, char character);
/* Takes spaces; true if there was one. */
bool qk_field_spaces(qk_field *field);
/* What a dictionary or parameters call something: "sig1". */
qk_view qk_field_key(qk_field *field);
/* What stands between the quotes, with its backslashes: a text has one such form alone, so that forms can be compared
 * and written again as they are. */
qk_view qk_field_string(qk_field *field);
/* A number of at most 15 digits, not negative. */
int64_t qk_field_integer(qk_field *field);
/* Appends the bytes of ":base64:". */
void qk_field_bytes(qk_field *field, qk_buf *out);
/* Between two members of a dictionary: a comma, spaces or tabs around it, another member behind it. False: the field
 * ends here, or failed. */
bool qk_field_more(qk_field *field);

static inline bool qk_field_ended(const qk_field *field)
{
    return !field->failed && field->rest.len == 0;
}

#endif
