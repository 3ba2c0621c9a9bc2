/* SPDX-License-Identifier: Apache-2.0 */
/* Key blobs of secret and private keys: the key and its attributes, sealed together. Format: FORMATS.md. */
#ifndef QK_HSM_KEY_BLOB_H
#define QK_HSM_KEY_BLOB_H

#include "crypto/crypto.h"
#include "hsm/ring.h"

/* `attrs` are those to be sealed; CKA_CLASS and CKA_KEY_TYPE must be among them. */
QK_MUST_CHECK qk_err qk_key_blob_seal(qk_ring *ring, qk_seal_under which, const qk_key *key, const qk_attrs *attrs,
                                      qk_buf *out_blob);
/* Errors of qk_unseal. */
QK_MUST_CHECK qk_err qk_key_blob_open(qk_ring *ring, qk_view blob, qk_key **out_key, qk_attrs *out_attrs,
                                      qk_seal_under *out_which);

#endif
