/* SPDX-License-Identifier: Apache-2.0 */
/* Who is logged in to which keystore. */
#ifndef QK_KEYSTORE_LOGIN_H
#define QK_KEYSTORE_LOGIN_H

#include "hsm/blob/login_session.h"
#include "keystore/local.h"
#include "keystore/password.h"

/* A keystore that a call has entered. */
typedef struct qk_keystore_place {
    qk_uuid keystore;
    int64_t number;       /* that stands for it in the table of objects */
    qk_password password; /* provisional: nothing was stored under it yet; the call may be logged in or not */
    qk_logins logins;
    const qk_login_session *session; /* one of `logins`, if the keystore is authenticated, else NULL */
    qk_secret attributes, blob;      /* of the row that was loaded last, opened */
} qk_keystore_place;

#define QK_KEYSTORE_PLACE_NONE ((qk_keystore_place){ .number = 0 })

/* QK_E_KEYSTORE_MISSING; QK_E_NO_SESSION if it is authenticated and the call has no PIN blob of it, and if it is
 * not and the call has one, or one that does not open. */
QK_MUST_CHECK qk_err qk_keystore_enter(const qk_keystore_local *local, const qk_call *call, qk_transaction *transaction,
                                       const qk_uuid *keystore, qk_keystore_place *out_place);
void qk_keystore_place_done(qk_keystore_place *place);
/* Before something is stored there: a provisional password is settled by what is stored with it, and ends by what is
 * stored without it. */
QK_MUST_CHECK qk_err qk_keystore_settle(const qk_keystore_local *local, qk_transaction *transaction,
                                        const qk_keystore_place *place);
/* May the blob of an object lie there? QK_E_TEMPLATE_INCONSISTENT if it was made elsewhere, QK_E_BLOB_PURPOSE if it is
 * neither a key's (`is_key`) nor data. */
QK_MUST_CHECK qk_err qk_keystore_check_blob(const qk_keystore_place *place, qk_view blob, bool is_key);

/* Login and Logout of grep11.Crypto. */
QK_MUST_CHECK qk_err qk_keystore_login(void *context, const qk_call *call, const void *request, void *response);
QK_MUST_CHECK qk_err qk_keystore_logout(void *context, const qk_call *call, const void *request, void *response);

#endif
