/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the tokens in the database. Inside a transaction each; no clocks, no memory. For the entropy_token files. */
#ifndef QK_IAM_ENTROPY_TOKEN_ROWS_H
#define QK_IAM_ENTROPY_TOKEN_ROWS_H

#include "iam/entropy_token/entropy_token.h"

enum { QK_TOKEN_HASH = 32 };

typedef struct qk_token_row {
    int64_t id;
    uint8_t hash[QK_TOKEN_HASH]; /* SHA-256 of the token's text */
    qk_token_record record;
} qk_token_row;

QK_MUST_CHECK qk_err qk_token_rows_migrate(qk_database *database);

/* The number of changes that others must see (not of counts): what a replica looks at once a second. */
QK_MUST_CHECK qk_err qk_token_rows_changes(qk_transaction *transaction, int64_t *out_changes);

/* All fields of the record are written. QK_E_OBJECT_CONFLICT if the name is in use. */
QK_MUST_CHECK qk_err qk_token_rows_insert(qk_transaction *transaction, const uint8_t hash[QK_TOKEN_HASH],
                                          const qk_token_record *record);
/* QK_E_OBJECT_MISSING if there is no such token, or only revoked ones. */
QK_MUST_CHECK qk_err qk_token_rows_revoke(qk_transaction *transaction, const char *name);

/* *out_found false: there is none. */
QK_MUST_CHECK qk_err qk_token_rows_find(qk_transaction *transaction, const uint8_t hash[QK_TOKEN_HASH],
                                        qk_token_row *out_row, bool *out_found);
typedef qk_err (*qk_token_row_visitor)(void *context, const qk_token_row *row);
/* Those that were made or revoked after the count of changes stood at `since`, oldest first; -1: all. */
QK_MUST_CHECK qk_err qk_token_rows_each(qk_transaction *transaction, int64_t since, qk_token_row_visitor visit,
                                        void *context);
/* Writes used_bytes, total_bytes and the period of a row. */
QK_MUST_CHECK qk_err qk_token_rows_count(qk_transaction *transaction, const qk_token_row *row);

#endif
