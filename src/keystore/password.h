/* SPDX-License-Identifier: Apache-2.0 */
/* The password of an authenticated keystore, as far as the keystore knows it: a salt, and the id of the login session
 * that follows from password and salt (hsm/blob/login_session.h). Both lie in the keystore's row, sealed under the
 * master key and bound to the keystore, so that who has the database alone cannot even guess. */
#ifndef QK_KEYSTORE_PASSWORD_H
#define QK_KEYSTORE_PASSWORD_H

#include "hsm/blob/login_session.h"

typedef struct qk_password {
    uint8_t salt[QK_SESSION_SALT_LEN];
    uint8_t session[QK_SESSION_ID_LEN];
    bool provisional; /* taken from a Login while the keystore was empty: settled once something lies there */
} qk_password;

/* QK_E_PIN_LENGTH. */
QK_MUST_CHECK qk_err qk_password_check_length(qk_view password);
/* A new password: what to store, and the session. Takes as long as scrypt does. The salt is random, or, if it is
 * provisional, follows from the master key and the keystore: clients may have kept keys of the session that the
 * keystore has forgotten since, and the same password must give the same session again. */
QK_MUST_CHECK qk_err qk_password_make(qk_ring *ring, const qk_uuid *keystore, qk_view password, bool provisional,
                                      qk_buf *out_record, qk_login_session *out_session);
/* What to store from now on: the same password, provisional no more. */
QK_MUST_CHECK qk_err qk_password_settle(qk_ring *ring, const qk_uuid *keystore, const qk_password *known,
                                        qk_buf *out_record);
/* QK_E_STORE_BROKEN if the record was changed by other hands, QK_E_BLOB_MASTER_KEY. */
QK_MUST_CHECK qk_err qk_password_read(qk_ring *ring, const qk_uuid *keystore, qk_view record, qk_password *out);
/* The session of the right password; QK_E_PIN_INCORRECT. */
QK_MUST_CHECK qk_err qk_password_try(const qk_password *known, const qk_uuid *keystore, qk_view password,
                                     qk_login_session *out_session);

#endif
