/* SPDX-License-Identifier: Apache-2.0 */
/* State blobs: the progress of an operation in parts, sealed, so that any server with the same master key takes the
 * next call. A state names its function, its mechanism and its key (by the key's own blob), and is in the login session
 * of its key. It is never changed: each call answers with a new one, so a client may fork or repeat an operation.
 * Format: FORMATS.md. */
#ifndef QK_HSM_STATE_H
#define QK_HSM_STATE_H

#include "hsm/blob/login_session.h"

typedef struct qk_state {
    unsigned function; /* QK_ENCRYPT, QK_DECRYPT, QK_DIGEST, QK_SIGN or QK_VERIFY */
    bool underway;     /* data has been given: only Update and Final may follow */
    qk_view mechanism; /* an encoded grep11.Mechanism */
    qk_view key_blob;  /* empty for digests */
    qk_view progress;  /* of qk_operation_save; empty unless underway */
} qk_state;

QK_MUST_CHECK qk_err qk_state_seal(qk_ring *ring, qk_seal_under which, const qk_login_session *session,
                                   const qk_state *state, qk_arena *arena, qk_view *out_blob);
/* The views point into *out_content. `function` is what the caller is about to do. QK_E_BLOB_PURPOSE for the state of
 * another function, else the errors of qk_blob_open. Digest states may be clear (qk_state_clear). */
QK_MUST_CHECK qk_err qk_state_open(qk_ring *ring, const qk_logins *logins, unsigned function, qk_view blob,
                                   qk_secret *out_content, qk_state *out_state);
/* A digest state that was begun elsewhere, not sealed, since it holds no secret. QK_E_BAD_ARGUMENT for others. */
QK_MUST_CHECK qk_err qk_state_clear(const qk_state *state, qk_arena *arena, qk_view *out_blob);

#endif
