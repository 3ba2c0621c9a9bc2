/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens in memory by the hash of their text, and what is known of texts that are none.
 *
 * Looking up takes the read side of one of many locks, so event loops do not wait for each other. Nothing is ever taken
 * out: revoked and expired tokens stay, for whoever shows one is to be told why it is refused. For entropy_token.c. */
#ifndef QK_IAM_ENTROPY_TOKEN_TABLE_H
#define QK_IAM_ENTROPY_TOKEN_TABLE_H

#include "iam/entropy_token/entropy_token_use.h"

typedef struct qk_token_table qk_token_table;

QK_MUST_CHECK qk_err qk_token_table_new(const qk_token_clocks *clocks, qk_token_table **out_table);
/* Gives its references back. */
void qk_token_table_free(qk_token_table **table);
/* A reference, or NULL. */
qk_token_use *qk_token_table_find(qk_token_table *table, const uint8_t hash[QK_TOKEN_HASH]);
/* Adds the row's token or, if it is there, notes that it was revoked. What is revoked stays so, whatever an older row
 * says. */
QK_MUST_CHECK qk_err qk_token_table_put(qk_token_table *table, const qk_token_row *row);
/* All of them, newest first, along `next`; borrowed. */
qk_token_use *qk_token_table_first(qk_token_table *table);

/* ---- texts that are no tokens ---- */

/* Says whether the database may be asked for one more unknown text now: 100 at once, then 50 a second. `take` false:
 * only looks. */
bool qk_token_table_may_ask(qk_token_table *table, bool take);
/* True if the database was asked for this hash and had none. That never becomes wrong: texts are drawn when tokens are
 * made, so one that was shown before cannot be given out after. */
bool qk_token_table_is_absent(qk_token_table *table, const uint8_t hash[QK_TOKEN_HASH]);
void qk_token_table_note_absent(qk_token_table *table, const uint8_t hash[QK_TOKEN_HASH]);

#endif
