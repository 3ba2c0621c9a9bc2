/* SPDX-License-Identifier: Apache-2.0 */
/* The one thread of ours, if the settings ask for it and the application allows it: it fills the pool before it is
 * empty, so that hardly any call waits for a download, and wipes what is too old even if nobody calls. When the process
 * ends by exit() without C_Finalize it stands still for good (base/own_thread.h). */
#ifndef QK_WRAPPER_REFILLER_H
#define QK_WRAPPER_REFILLER_H

#include "wrapper/pool.h"

typedef struct qk_refiller qk_refiller;

/* Made before the pool, which wakes it; works from start on. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_refiller_new(qk_refiller **out_refiller);
/* For qk_pool_config.on_low_water; never waits. */
void qk_refiller_wake(void *refiller);
/* Each filling may take attempt_ms. QK_E_NO_MEMORY if the system has no thread to give. */
QK_MUST_CHECK qk_err qk_refiller_start(qk_refiller *refiller, qk_pool_of_random *pool, int64_t attempt_ms);
/* Ends the thread, which may take the rest of an attempt; before the pool is freed. In a forked child the pointer is
 * forgotten instead, and in a process that ends (qk_process_ends) all that the thread may have in hand is left alone.
 */
void qk_refiller_free(qk_refiller **refiller);

#endif
