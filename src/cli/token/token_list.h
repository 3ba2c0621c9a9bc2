/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens as a table, one by one, and as JSON. */
#ifndef QK_CLI_TOKEN_LIST_H
#define QK_CLI_TOKEN_LIST_H

#include "iam/entropy_token/entropy_token.h"

void qk_token_print_table(const qk_token_record *records, size_t count, int64_t now);
void qk_token_print(const qk_token_record *record, int64_t now);
/* An array of objects, or one object if `array` is false. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_token_print_json(const qk_token_record *records, size_t count, bool array, int64_t now);

#endif
