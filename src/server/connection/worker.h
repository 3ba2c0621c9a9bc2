/* SPDX-License-Identifier: Apache-2.0 */
/* Workers: one event loop on one thread each. Other threads hand them work with qk_worker_post; everything that
 * belongs to a loop (connections, sessions, calls) is touched by its thread alone. */
#ifndef QK_SERVER_WORKER_H
#define QK_SERVER_WORKER_H

#include <event2/event.h>

#include "base/error.h"

typedef struct qk_worker qk_worker;

/* A piece of work, embedded in what it is about; run once, on the worker's thread. */
typedef struct qk_task {
    struct qk_task *next;
    void (*run)(struct qk_task *task);
} qk_task;

/* Starts the thread. */
QK_MUST_CHECK qk_err qk_worker_start(unsigned number, qk_worker **out_worker);
struct event_base *qk_worker_base(qk_worker *worker);
/* Any thread. The task must stay alive until it has run. */
void qk_worker_post(qk_worker *worker, qk_task *task);
/* Ends the loop after what was posted before, joins the thread, frees. */
void qk_worker_stop(qk_worker **worker);

#endif
