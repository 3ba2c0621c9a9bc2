/* SPDX-License-Identifier: Apache-2.0 */
/* Words for people, beside the log. CKR_DEVICE_ERROR alone helps nobody who tries the module out. */
#ifndef QK_MODULE_TELL_H
#define QK_MODULE_TELL_H

#include "base/error.h"

/* Says on standard error what kept C_Initialize from working, if it is something to mend: QK_E_CONFIG, QK_E_SYSTEM. */
void qk_tell(qk_err err);

/* The same after any call, for failures of configuration, network, rights, files and database, but only while no log is
 * open and standard error is a terminal, and not the same words twice in a row: we are guests in this process. */
void qk_tell_at_terminal(qk_err err);

#endif
