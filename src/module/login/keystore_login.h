/* SPDX-License-Identifier: Apache-2.0 */
/* The password of a token's keystores (sessionauth), between the module and the token's two endpoints.
 *
 * The password stands in the configuration, so nobody asks for it: with C_Login, and before the first call that touches
 * a key or an object, the module logs in to the keystores that the user may see (the private and the public one;
 * without C_Login the public one), and sends the PIN blobs it got with each such call. When they are good no longer it
 * logs in again, once. Any thread. */
#ifndef QK_MODULE_KEYSTORE_LOGIN_H
#define QK_MODULE_KEYSTORE_LOGIN_H

#include "module/login/token.h"

typedef struct qk_keystore_login qk_keystore_login;

/* `password` NULL: the keystores are not authenticated. Password and token are borrowed. */
QK_MUST_CHECK qk_err qk_keystore_login_new(const char *password, const qk_token *token, qk_keystore_login **out_login);
void qk_keystore_login_free(qk_keystore_login **login); /* after the token's endpoints */

/* Puts itself in front of the token's endpoints, which are freed with what stands in their place. */
void qk_keystore_login_guard(qk_keystore_login *login, qk_token *token);

/* `user` has logged in. QK_E_PIN_INCORRECT, QK_E_PIN_LENGTH, QK_E_PIN_LOCKED; QK_E_PIN_NOT_SET if a keystore holds
 * objects that were made without a password. Then nobody is logged in. */
QK_MUST_CHECK qk_err qk_keystore_login_begin(qk_keystore_login *login, qk_user user);
void qk_keystore_login_end(qk_keystore_login *login);
/* For who makes or resets the keystores; empty: without a password. */
ProtobufCBinaryData qk_keystore_login_password(const qk_keystore_login *login);

#endif
