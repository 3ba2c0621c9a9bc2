/* SPDX-License-Identifier: Apache-2.0 */
/* Public key blobs: a complete DER SubjectPublicKeyInfo, then a trailer with attributes and a MAC.
 *
 * GREP11 clients parse the DER at the start and ignore what follows; they also concatenate such blobs, so each part
 * says how long it is. A SubjectPublicKeyInfo without a trailer is a public key that nobody vouches for. */
#ifndef QK_HSM_PUBLIC_BLOB_H
#define QK_HSM_PUBLIC_BLOB_H

#include "hsm/blob/ring.h"

/* The parts of the first blob in `bytes`; the trailer is empty if none follows. QK_E_BLOB_DAMAGED if the bytes do not
 * start with a whole DER SEQUENCE, or if a trailer is cut short. Checks no MAC. */
QK_MUST_CHECK qk_err qk_public_blob_split(qk_view bytes, qk_view *out_spki, qk_view *out_trailer, qk_view *out_rest);

QK_MUST_CHECK qk_err qk_public_blob_make(qk_ring *ring, qk_seal_under which, qk_view spki, const qk_attrs *attrs,
                                         qk_buf *out_blob);
/* Opens exactly one blob. A plain SubjectPublicKeyInfo comes back without attributes, with *out_vouched false.
 * QK_E_BLOB_DAMAGED, QK_E_BLOB_MASTER_KEY. */
QK_MUST_CHECK qk_err qk_public_blob_open(qk_ring *ring, qk_view blob, qk_view *out_spki, qk_attrs *out_attrs,
                                         qk_seal_under *out_which, bool *out_vouched);

/* CKK_RSA, CKK_EC, CKK_EC_EDWARDS as the algorithm of a SubjectPublicKeyInfo tells. QK_E_PUBLIC_KEY_INVALID. */
QK_MUST_CHECK qk_err qk_spki_key_type(qk_view spki, CK_KEY_TYPE *out_type);

#endif
