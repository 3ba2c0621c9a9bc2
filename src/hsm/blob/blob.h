/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed blobs: how any secret of the HSM leaves it. qk_seal and qk_unseal are in hsm.h; this is their format, also in
 * FORMATS.md. */
#ifndef QK_HSM_BLOB_H
#define QK_HSM_BLOB_H

#include "hsm/blob/login_session.h"
#include "hsm/blob/ring.h"

/*  0   3  "QKB"
 *  3   1  format version, 1
 *  4   1  purpose
 *  5   1  1: sealed in a login session, too; else 0
 *  6   2  zero
 *  8  16  WKID: which master key
 * 24  32  salt
 * 56  16  id of the login session, if there is one
 *         ciphertext, as long as the plaintext
 *     16  tag
 *
 * In a session the plaintext is itself a salt of 32 bytes, a ciphertext and a tag, under the session's secret. */
enum {
    QK_BLOB_VERSION = 1,
    QK_BLOB_PURPOSE_AT = 4,
    QK_BLOB_SESSION_AT = 5,
    QK_BLOB_WKID_AT = 8,
    QK_BLOB_SALT_AT = QK_BLOB_WKID_AT + QK_WKID_LEN,
    QK_BLOB_HEADER_LEN = QK_BLOB_SALT_AT + QK_SALT_LEN,
    QK_BLOB_TAG_LEN = 16,
    QK_BLOB_OVERHEAD = QK_BLOB_HEADER_LEN + QK_BLOB_TAG_LEN,
};

/* True if the bytes start as a sealed blob does; says nothing about the rest. */
bool qk_blob_looks_sealed(qk_view blob);
/* The id of the login session that a sealed blob says it is in (QK_SESSION_ID_LEN bytes); NULL: of none. */
const uint8_t *qk_blob_session(qk_view blob);
/* As qk_seal, and in a session, too, unless that is NULL. */
QK_MUST_CHECK qk_err qk_blob_seal(qk_ring *ring, qk_seal_under which, const qk_login_session *session,
                                  qk_purpose purpose, qk_view bound, qk_view plain, qk_buf *out_blob);
/* As qk_unseal, with the sessions of the call (may be NULL), and says under which register the blob is.
 * QK_E_NO_SESSION. */
QK_MUST_CHECK qk_err qk_blob_open(qk_ring *ring, const qk_logins *logins, qk_purpose purpose, qk_view bound,
                                  qk_view blob, qk_secret *out_plain, qk_seal_under *out_which);

static inline void qk_wipe_key(uint8_t (*key)[32])
{
    explicit_bzero(*key, sizeof *key);
}

#endif
