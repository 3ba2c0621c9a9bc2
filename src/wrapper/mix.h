/* SPDX-License-Identifier: Apache-2.0 */
/* Local random over what the service gave. */
#ifndef QK_WRAPPER_MIX_H
#define QK_WRAPPER_MIX_H

#include "base/bytes.h"

/* XORs local random (entropy/random.h) into the bytes: a service that lies can then not choose what is served. Errors
 * of qk_random_bytes, and QK_E_NO_MEMORY; the bytes are then not to be used. */
QK_MUST_CHECK qk_err qk_mix_local(uint8_t *place, size_t len);

#endif
