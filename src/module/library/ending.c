/* SPDX-License-Identifier: Apache-2.0 */
#include "module/library/ending.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "module/library/module.h"

enum { PATIENCE_MS = 2000 }; /* a call to a dead server may take longer; then the program's end does not wait for it */

static atomic_bool ending;
static pthread_t ending_thread;

bool qk_ending_refuses(void)
{
    return atomic_load_explicit(&ending, memory_order_acquire) && !pthread_equal(ending_thread, pthread_self());
}

static void process_ends(void)
{
    qk_module *module;

    if (qk_module_get(&module) != QK_OK)
        return;
    ending_thread = pthread_self();
    atomic_store_explicit(&ending, true, memory_order_release);
    qk_session_table_await(module->sessions, PATIENCE_MS);
}

static void watch_once(void)
{
    (void)atexit(process_ends); /* cannot help it if there is no memory for it */
}

void qk_ending_watch(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, watch_once);
}
