/* SPDX-License-Identifier: Apache-2.0 */
/* A thread of ours in somebody else's process, when that process ends by exit().
 *
 * exit() runs handlers while threads go on, and OpenSSL's frees the tables that all its functions use: a thread in one
 * of them then crashes the program at its very end. Nobody can end a thread that waits for a network, but it need not
 * end: it must not come back. So it says when it waits (for a socket, a name, a lock, time); a handler of ours,
 * registered after OpenSSL's and so run before it, waits until every thread of ours waits, and from then on none
 * returns from there. Between two waits it only computes, so that takes milliseconds.
 *
 * The application's own threads pass through the same functions and are not held: somebody may wait for them. */
#ifndef QK_BASE_OWN_THREAD_H
#define QK_BASE_OWN_THREAD_H

#include <stdbool.h>

/* Has the handler work at the end of this process; after OpenSSL was initialised, before the first thread. */
void qk_own_threads_watch(void);
/* True once the process ends. Threads of ours may then stand still with whatever they hold. */
bool qk_process_ends(void);

/* First and last thing that a thread of ours does. */
void qk_own_thread_begin(void);
void qk_own_thread_end(void);
/* Around whatever may wait long. In between the thread touches nothing but its own stack. Keep errno. */
void qk_own_thread_waits(void);
void qk_own_thread_works(void);

/* In a forked child, where no thread is ours any more. */
void qk_own_threads_forget(void);

#endif
