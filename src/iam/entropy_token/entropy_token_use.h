/* SPDX-License-Identifier: Apache-2.0 */
/* A token in memory: what it may, its rate and its allotment. For the entropy_token files; others see it through
 * entropy_token.h.
 *
 * 1. It is counted: the table holds one reference for as long as the tokens are open, everybody who uses it one more.
 * 2. What it may is fixed when it is made, except that it may be revoked. Rate and counts are under its own lock, so
 *    that tokens never wait for each other.
 * 3. Counts go to the database as differences: qk_token_use_unsaved says what is not written yet, and
 *    qk_token_use_saved, after the commit, takes over what the row says, with what other processes counted. */
#ifndef QK_IAM_ENTROPY_TOKEN_USE_H
#define QK_IAM_ENTROPY_TOKEN_USE_H

#include <pthread.h>
#include <stdatomic.h>

#include "iam/entropy_token/entropy_token_period.h"
#include "iam/entropy_token/entropy_token_rows.h"

/* Fields, so that tests can move time. */
typedef struct qk_token_clocks {
    int64_t (*unix_s)(void);
    int64_t (*monotonic_ns)(void);
} qk_token_clocks;

struct qk_token_use {
    atomic_uint references;
    qk_token_use *next_in_bucket, *next; /* the table's */
    uint8_t hash[QK_TOKEN_HASH];
    qk_token_clocks clocks;
    qk_token_record record; /* as made; revocation and counts are below */
    atomic_bool revoked;

    pthread_mutex_t lock; /* of all that follows */
    qk_period period;
    uint64_t used, total;                /* in this period, ever; with what is not saved */
    int64_t unsaved_used, unsaved_total; /* below zero if more was returned than taken since */
    int64_t rate_full_ns;                /* when the bucket will be full again */
};

typedef struct qk_token_unsaved {
    int64_t used, total;
    qk_period period;
} qk_token_unsaved;

QK_MUST_CHECK qk_err qk_token_use_new(const qk_token_row *row, const qk_token_clocks *clocks, qk_token_use **out_use);
qk_token_use *qk_token_use_ref(qk_token_use *use);
/* GOOD, INVALID (not yet), EXPIRED or REVOKED. */
qk_token_verdict qk_token_use_verdict(const qk_token_use *use);

/* False if everything is written. */
bool qk_token_use_unsaved(qk_token_use *use, int64_t now, qk_token_unsaved *out);
/* Adds what is unsaved to the row as it stands in the database. */
void qk_token_row_add(qk_token_row *row, const qk_token_unsaved *unsaved, int64_t now);
void qk_token_use_saved(qk_token_use *use, const qk_token_unsaved *unsaved, const qk_token_row *row);

#endif
