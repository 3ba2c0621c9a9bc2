/* SPDX-License-Identifier: Apache-2.0 */
/* Keystores: where token objects live.
 *
 * qk_keystore is an endpoint whose messages are quantoki.v1.Keystore's (proto/quantoki.proto says what each call
 * promises). The local one keeps rows in a database; a remote one is qk_endpoint_remote_new.
 *
 * Rows of key objects are checked against their blob before they are stored, and every row carries a MAC under the
 * master key over id, keystore, version and content, so that nobody with the database alone can move, mix or edit
 * objects: a row whose MAC is wrong is reported as QK_E_STORE_BROKEN, never returned.
 *
 * An authenticated keystore has a password: its secrets are sealed in the login session that follows from it
 * (hsm/blob/login_session.h), and calls for its objects need the session's PIN blob, else QK_E_NO_SESSION. */
#ifndef QK_KEYSTORE_KEYSTORE_H
#define QK_KEYSTORE_KEYSTORE_H

#include "database/database.h"
#include "hsm/hsm.h"

typedef enum qk_keystore_method {
    QK_CREATE_KEYSTORE,
    QK_DELETE_KEYSTORE,
    QK_LIST_KEYSTORES,
    QK_RESET_KEYSTORES,
    QK_STORE_OBJECTS,
    QK_UPDATE_OBJECT,
    QK_DELETE_OBJECTS,
    QK_FIND_OBJECTS,
    QK_GET_OBJECTS,
    QK_LOGIN, /* of grep11.Crypto: here, since it is the keystore that has the password */
    QK_LOGOUT,
    QK_KEYSTORE_METHOD_COUNT
} qk_keystore_method;

extern const qk_method qk_keystore_methods[QK_KEYSTORE_METHOD_COUNT];
const qk_method *qk_keystore_method_find(const char *path);

typedef qk_endpoint qk_keystore;

static inline qk_err qk_keystore_call(qk_keystore *keystore, const qk_call *call, qk_keystore_method method,
                                      const ProtobufCMessage *request, void **out_response)
{
    return qk_perform(keystore, call, &qk_keystore_methods[method], request, out_response);
}

/* Database, ring and HSM are borrowed and must outlive it. Migrates its tables. */
QK_MUST_CHECK qk_err qk_keystore_local_new(qk_database *database, qk_ring *ring, qk_hsm *local_hsm,
                                           qk_keystore **out_keystore);

#endif
