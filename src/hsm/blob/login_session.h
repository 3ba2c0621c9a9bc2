/* SPDX-License-Identifier: Apache-2.0 */
/* Login sessions: what binds keys to the password of their keystore.
 *
 * A session is a secret that follows from the password and the keystore's salt, and an id that follows from the secret.
 * What is sealed in a session is sealed twice: under the session's secret, and around that under the master key
 * (blob.c). Neither of the two opens it alone.
 *
 * The HSM remembers no session. Login gives it to the client as a PIN blob: sealed under the master key, bound to the
 * caller, good until its time is over. The client sends its PIN blobs with each call (qk_call.login), one behind the
 * other. If they are of two keystores, what is made as CKA_PRIVATE is sealed in the session of the first, what is not
 * in that of the last; all of them open. Format: FORMATS.md. */
#ifndef QK_HSM_LOGIN_SESSION_H
#define QK_HSM_LOGIN_SESSION_H

#include "base/encoding.h"
#include "base/secret.h"
#include "hsm/blob/ring.h"

enum {
    QK_SESSION_ID_LEN = 16,
    QK_SESSION_SALT_LEN = 32,
    QK_SESSION_LIFE_S = 3600,   /* of a PIN blob */
    QK_LOGINS_MOST = 4,         /* PIN blobs with one call */
    QK_PASSWORD_MIN = 6,        /* bytes of a keystore's password */
    QK_PASSWORD_MAX = 64,       /* IBM's have 6 to 8 characters */
    QK_SESSION_LAYER = 32 + 16, /* what the inner layer adds: salt and tag */
};

typedef struct qk_login_session {
    uint8_t id[QK_SESSION_ID_LEN]; /* public */
    qk_secret secret;
    qk_uuid keystore; /* if it comes from a PIN blob: whose password it follows from */
} qk_login_session;

/* scrypt: some 60 ms and 32 MiB. The password's length is the caller's to check. */
QK_MUST_CHECK qk_err qk_login_session_derive(qk_view password, const uint8_t salt[QK_SESSION_SALT_LEN],
                                             qk_login_session *out_session);
void qk_login_session_done(qk_login_session *session);

/* `caller` NULL: the embedding process. `until_s`: Unix time at which it ends. QK_E_NO_MASTER_KEY. */
QK_MUST_CHECK qk_err qk_pin_blob_make(qk_ring *ring, const qk_login_session *session, const qk_uuid *keystore,
                                      const qk_caller *caller, int64_t until_s, qk_buf *out_blob);

/* ---- the sessions of a call ---- */

typedef struct qk_logins {
    size_t count;
    qk_login_session items[QK_LOGINS_MOST];
} qk_logins;

#define QK_LOGINS_NONE ((qk_logins){ .count = 0 })

/* Opens the call's PIN blobs; none is no error. QK_E_NO_SESSION if one has expired, is another caller's, is damaged or
 * of another master key: whatever it is, to log in again helps. */
QK_MUST_CHECK qk_err qk_logins_open(qk_ring *ring, const qk_call *call, qk_logins *out_logins);
void qk_logins_done(qk_logins *logins);
/* QK_E_NO_SESSION if it is not among them. `logins` may be NULL. */
QK_MUST_CHECK qk_err qk_logins_find(const qk_logins *logins, const uint8_t id[QK_SESSION_ID_LEN],
                                    const qk_login_session **out_session);
/* Is one of them of this keystore, whichever password it had then? */
bool qk_logins_name(const qk_logins *logins, const qk_uuid *keystore);
/* In which session something is made; NULL: in none. */
const qk_login_session *qk_logins_for(const qk_logins *logins, bool is_private);

/* ---- the inner layer of a blob ---- */

/* `out` has plain.len + QK_SESSION_LAYER bytes. */
QK_MUST_CHECK qk_err qk_session_layer_seal(const qk_login_session *session, qk_purpose purpose, qk_view bound,
                                           qk_view plain, uint8_t *out);
/* QK_E_BLOB_DAMAGED. */
QK_MUST_CHECK qk_err qk_session_layer_open(const qk_login_session *session, qk_purpose purpose, qk_view bound,
                                           qk_view layer, qk_secret *out_plain);

#endif
