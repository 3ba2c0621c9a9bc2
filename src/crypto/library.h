/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of this room with something to prepare: qk_crypto_start, _stop and _abandon call them. */
#ifndef QK_CRYPTO_LIBRARY_H
#define QK_CRYPTO_LIBRARY_H

#include "base/error.h"

/* engines.c: joins engines with the mechanism table. */
QK_MUST_CHECK qk_err qk_engines_start(void);
void qk_engines_stop(void);
void qk_engines_abandon(void);

#endif
