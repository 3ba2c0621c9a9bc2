/* SPDX-License-Identifier: Apache-2.0 */
/* BLS public keys that are added up: to a new key (DeriveKey with CKM_IBM_EC_AGGREGATE and no base), or for one
 * verification (VerifySingle with several public key blobs, one after another, in the place of one).
 * Source: GREP11 protocol, section 11. */
#ifndef QK_HSM_AGGREGATE_H
#define QK_HSM_AGGREGATE_H

#include "hsm/core.h"

/* Is it CKM_IBM_EC_AGGREGATE? `mechanism` may be NULL: no. */
bool qk_aggregate_is_asked(const Grep11__Mechanism *mechanism);
/* DeriveKey. Every element is a blob of this HSM with CKA_DERIVE, and another key. QK_E_MECHANISM_PARAM, QK_E_KEY_TYPE,
 * QK_E_BAD_ARGUMENT, QK_E_KEY_NOT_PERMITTED, QK_E_TEMPLATE_INCONSISTENT, QK_E_PUBLIC_KEY_INVALID. */
QK_MUST_CHECK qk_err qk_aggregate_derive(qk_core *core, const qk_call *call, const Grep11__DeriveKeyRequest *asked,
                                         Grep11__DeriveKeyResponse *answer);

/* Can `use` verify with several keys, and are these more than one? */
bool qk_aggregate_is_several(const qk_mech_use *use, qk_view blobs);
/* A signature of one message by the holders of all these keys, blobs of this HSM, none of them twice.
 * QK_E_SIGNATURE_INVALID, QK_E_KEY_NOT_PERMITTED, QK_E_BAD_ARGUMENT; QK_E_NEED_THREADS on an event loop. */
QK_MUST_CHECK qk_err qk_aggregate_verify(qk_core *core, const qk_call *call, const qk_mech_use *use, qk_view blobs,
                                         qk_view data, qk_view signature);

#endif
