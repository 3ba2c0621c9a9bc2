/* SPDX-License-Identifier: Apache-2.0 */
/* Key blobs of secret and private keys: the key and its attributes, sealed together. Format: FORMATS.md. */
#ifndef QK_HSM_KEY_BLOB_H
#define QK_HSM_KEY_BLOB_H

#include "crypto/crypto.h"
#include "hsm/blob/login_session.h"

/* What is sealed, as it also lies in a bound key: `attrs`, CKA_CLASS and CKA_KEY_TYPE among them, and the key. */
QK_MUST_CHECK qk_err qk_key_content_write(const qk_key *key, const qk_attrs *attrs, qk_secret *out_content);
/* QK_E_BLOB_DAMAGED, and errors of qk_key_read. */
QK_MUST_CHECK qk_err qk_key_content_read(qk_view content, qk_key **out_key, qk_attrs *out_attrs);

/* `attrs` are those to be sealed; CKA_CLASS and CKA_KEY_TYPE must be among them. `session` may be NULL. */
QK_MUST_CHECK qk_err qk_key_blob_seal(qk_ring *ring, qk_seal_under which, const qk_login_session *session,
                                      const qk_key *key, const qk_attrs *attrs, qk_buf *out_blob);
/* Errors of qk_blob_open. */
QK_MUST_CHECK qk_err qk_key_blob_open(qk_ring *ring, const qk_logins *logins, qk_view blob, qk_key **out_key,
                                      qk_attrs *out_attrs, qk_seal_under *out_which);

#endif
