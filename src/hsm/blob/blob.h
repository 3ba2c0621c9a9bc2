/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed blobs: how any secret of the HSM leaves it. qk_seal and qk_unseal are in hsm.h; this is their format, also in
 * FORMATS.md. */
#ifndef QK_HSM_BLOB_H
#define QK_HSM_BLOB_H

#include "hsm/blob/ring.h"

/*  0   3  "QKB"
 *  3   1  format version, 1
 *  4   1  purpose
 *  5   3  zero
 *  8  16  WKID: which master key
 * 24  32  salt
 * 56      ciphertext, as long as the plaintext
 *     16  tag                                          */
enum {
    QK_BLOB_VERSION = 1,
    QK_BLOB_PURPOSE_AT = 4,
    QK_BLOB_WKID_AT = 8,
    QK_BLOB_SALT_AT = QK_BLOB_WKID_AT + QK_WKID_LEN,
    QK_BLOB_HEADER_LEN = QK_BLOB_SALT_AT + QK_SALT_LEN,
    QK_BLOB_TAG_LEN = 16,
    QK_BLOB_OVERHEAD = QK_BLOB_HEADER_LEN + QK_BLOB_TAG_LEN,
};

/* True if the bytes start as a sealed blob does; says nothing about the rest. */
bool qk_blob_looks_sealed(qk_view blob);
/* As qk_unseal, and says under which register the blob is. */
QK_MUST_CHECK qk_err qk_blob_open(qk_ring *ring, qk_purpose purpose, qk_view bound, qk_view blob, qk_secret *out_plain,
                                  qk_seal_under *out_which);

#endif
