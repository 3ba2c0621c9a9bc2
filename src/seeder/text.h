/* SPDX-License-Identifier: Apache-2.0 */
/* Names as others may read them. A token's label and serial number are any bytes; in a log, a metric or a JSON text
 * they must not end a line, close a quote or break a reader of UTF-8. */
#ifndef QK_SEEDER_TEXT_H
#define QK_SEEDER_TEXT_H

#include "base/bytes.h"

/* For a line of the log: between quotes, with \" and \\ inside, '?' for what is no printable character, cut after some
 * 300 bytes. In one of eight buffers of the thread, which take turns. */
const char *qk_seed_quoted(const char *text);
/* The same, without quotes if it is one plain word. */
const char *qk_seed_shown(const char *text);

/* Appends what stands between the quotes of a JSON text (RFC 8259, section 7), or of a label's value in Prometheus'
 * text format. What is no UTF-8 becomes U+FFFD. */
void qk_seed_put_json(qk_buf *out, const char *text);
void qk_seed_put_label(qk_buf *out, const char *text);

/* Printable ASCII without blanks, and not empty: what may be part of a name. */
bool qk_seed_is_word(const char *text);

#endif
