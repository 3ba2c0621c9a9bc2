/* SPDX-License-Identifier: Apache-2.0 */
/* The end of an operation on secrets: its own memory is wiped, and the stack below it, where the functions it called
 * kept what did not fit into registers. Called from the destructor of the operation's workspace. */
#ifndef QK_CRYPTO_LATTICE_WIPE_H
#define QK_CRYPTO_LATTICE_WIPE_H

#include <stddef.h>

void qk_lattice_wipe(void *workspace, size_t len);

#endif
