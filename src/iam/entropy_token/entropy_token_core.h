/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the entropy_token files: what a qk_tokens holds. The clocks are fields so that tests can move them. */
#ifndef QK_IAM_ENTROPY_TOKEN_CORE_H
#define QK_IAM_ENTROPY_TOKEN_CORE_H

#include "iam/entropy_token/entropy_token_table.h"

struct qk_tokens {
    qk_database *database;
    qk_token_clocks clocks;
    qk_token_table *table;
    pthread_mutex_t refreshing; /* whoever reads or writes the database for all; and `changes` */
    int64_t changes;            /* the database's count when it was last read */
    atomic_llong read_ns;       /* when the database was last read */
    atomic_llong tried_ns;      /* when somebody last tried */
};

/* As qk_tokens_open, with clocks of the caller's. */
QK_MUST_CHECK qk_err qk_tokens_open_with(qk_database *database, const qk_token_clocks *clocks, qk_tokens **out_tokens);
/* Sees what others changed. */
QK_MUST_CHECK qk_err qk_tokens_read_changes(qk_tokens *tokens);
/* SHA-256 of a token's text; false if the text does not look like a token. */
bool qk_tokens_hash(qk_view text, uint8_t out_hash[QK_TOKEN_HASH]);

#endif
