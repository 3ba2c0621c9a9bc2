/* SPDX-License-Identifier: Apache-2.0 */
/* What happens when a program ends by exit() while threads of it are at work in the library.
 *
 * OpenSSL takes down its tables in an exit handler, and a thread that is in one of its functions then crashes the
 * program at its very end. So a handler of ours, registered after OpenSSL's and therefore run before it, refuses all
 * other threads from then on and waits for the calls under way. The ending thread itself may still call: hosts finalize
 * in handlers of their own. */
#ifndef QK_MODULE_ENDING_H
#define QK_MODULE_ENDING_H

#include <stdbool.h>

/* Registers the handler, once; after OpenSSL was initialised. */
void qk_ending_watch(void);
/* True for a thread that comes too late. */
bool qk_ending_refuses(void);

#endif
