/* SPDX-License-Identifier: Apache-2.0 */
/* Mechanisms between qk_mech_use and GREP11's Mechanism message. Source: GREP11 protocol, sections 3 and 9. */
#ifndef QK_HSM_MECHANISM_CODEC_H
#define QK_HSM_MECHANISM_CODEC_H

#include "p11/mechanism.h"
#include "rpc/message.h"

/* Views point into the message. `function` is one QK_ENCRYPT, ... bit. Errors as qk_mech_use_read. */
QK_MUST_CHECK qk_err qk_mech_use_from_message(const Grep11__Mechanism *message, unsigned function, qk_mech_use *out);
QK_MUST_CHECK qk_err qk_mech_use_to_message(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism **out_message);

#endif
