/* SPDX-License-Identifier: Apache-2.0 */
/* Is the library initialised, and in this process?
 *
 * The answer lies on a page that the kernel wipes in a forked child (MADV_WIPEONFORK), so a child reads "no" with one
 * load and touches nothing that it inherited: no mutex, no SSL object, no database. It stays "no" until the child
 * calls C_Initialize. Where the kernel cannot wipe, the process id is compared instead. */
#ifndef QK_BASE_LIFE_H
#define QK_BASE_LIFE_H

#include "base/error.h"

/* True between C_Initialize and C_Finalize, in the process that called them. */
bool qk_life_live(void);

/* Claims the change from "not initialised" to "initialised"; qk_life_settle ends it. A second thread waits for the
 * first, unless the process ends. QK_E_ALREADY_INITIALIZED. */
QK_MUST_CHECK qk_err qk_life_begin(void);
/* Claims the change back. QK_E_NOT_INITIALIZED. */
QK_MUST_CHECK qk_err qk_life_end(void);
void qk_life_settle(bool live);

/* Between begin and settle: this process inherited an initialised library from the process that forked it. */
bool qk_life_inherited(void);

#endif
