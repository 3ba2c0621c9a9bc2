/* SPDX-License-Identifier: Apache-2.0 */
/* Ways to wrap and unwrap that differ from "serialise the key and encrypt it" (handle_wrap.c). */
#ifndef QK_HSM_WRAP_WAYS_H
#define QK_HSM_WRAP_WAYS_H

#include "hsm/core.h"

/* A key together with its attributes, which win over those of a template. QK_E_KEY_NOT_WRAPPABLE unless all keys are
 * bound (CKA_IBM_ATTRBOUND); QK_E_WRAPPED_KEY for whatever is wrong with wrapped bytes. */
QK_MUST_CHECK qk_err qk_wrap_bound(qk_core *core, const qk_call *call, const Grep11__WrapKeyRequest *asked,
                                   qk_mech_use *use, qk_view *out_wrapped);
QK_MUST_CHECK qk_err qk_unwrap_bound(qk_core *core, const qk_call *call, const Grep11__UnwrapKeyRequest *asked,
                                     qk_mech_use *use, Grep11__UnwrapKeyResponse *answer);
/* A plain SubjectPublicKeyInfo becomes a public key that the HSM vouches for. QK_E_WRAPPED_KEY. */
QK_MUST_CHECK qk_err qk_unwrap_transported(qk_core *core, const qk_call *call, const Grep11__UnwrapKeyRequest *asked,
                                           qk_mech_use *use, Grep11__UnwrapKeyResponse *answer);

/* CheckSum of an unwrapped key: a secret key's check value; a private key's public key as a blob, then its bit count.
 * Source: GREP11 protocol, section 7. */
QK_MUST_CHECK qk_err qk_answer_unwrapped_checksum(qk_core *core, const qk_call *call, const qk_held_key *held,
                                                  ProtobufCBinaryData *out);

#endif
