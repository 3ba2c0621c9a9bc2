/* SPDX-License-Identifier: Apache-2.0 */
/* Pools: threads for work that must not hold up an event loop (key generation, database, large messages). A task runs
 * on one of them and posts its result back to the worker it came from. */
#ifndef QK_SERVER_POOL_H
#define QK_SERVER_POOL_H

#include "server/connection/worker.h"

typedef struct qk_pool qk_pool;

/* `nice_by`: how much the threads yield to the event loops, as nice(1) counts; so that signatures stay quick while
 * RSA keys are made. */
QK_MUST_CHECK qk_err qk_pool_start(const char *name, unsigned threads, int nice_by, qk_pool **out_pool);
/* Any thread. The task must stay alive until it has run. */
void qk_pool_post(qk_pool *pool, qk_task *task);
/* Before all that waits. */
void qk_pool_post_first(qk_pool *pool, qk_task *task);
/* Unless `most` tasks wait already: then false, and the task stays the caller's. */
QK_MUST_CHECK bool qk_pool_try_post(qk_pool *pool, qk_task *task, size_t most);
/* Runs what was posted, joins the threads, frees. */
void qk_pool_stop(qk_pool **pool);

#endif
