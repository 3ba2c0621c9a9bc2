/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of an operation in parts, the same for every function: Init makes a state; each later call opens the state,
 * goes on from there, and answers with a result or a new state. */
#ifndef QK_HSM_STEPS_H
#define QK_HSM_STEPS_H

#include "hsm/core.h"
#include "hsm/blob/state.h"

/* A state opened for one call. Zero-initialise; end with qk_step_done. */
typedef struct qk_step {
    qk_secret content; /* the state's, to which its views point */
    qk_state state;
    qk_mech_use use;
    qk_held_key *held;       /* NULL for digests */
    qk_operation *operation; /* NULL for whole calls */
} qk_step;
void qk_step_done(qk_step *step);

/* Init: checks mechanism and key, and makes a fresh state. `key` NULL and `v1` empty for digests. */
QK_MUST_CHECK qk_err qk_step_init(qk_core *core, const qk_call *call, unsigned function,
                                  const Grep11__Mechanism *mechanism, const Grep11__KeyBlob *key,
                                  ProtobufCBinaryData v1, ProtobufCBinaryData *out_state);
/* For the single-part call after Init (Encrypt, Sign, ...). QK_E_OPERATION_ACTIVE if data was given before. */
QK_MUST_CHECK qk_err qk_step_whole(qk_core *core, const qk_call *call, unsigned function, ProtobufCBinaryData state,
                                   qk_step *out_step);
/* For Update and Final: with the operation as far as it has come. QK_E_MECHANISM_INVALID for mechanisms without
 * Updates. */
QK_MUST_CHECK qk_err qk_step_resume(qk_core *core, const qk_call *call, unsigned function, ProtobufCBinaryData state,
                                    qk_step *out_step);
/* The state after an Update. */
QK_MUST_CHECK qk_err qk_step_save(qk_core *core, const qk_call *call, const qk_step *step,
                                  ProtobufCBinaryData *out_state);

#endif
