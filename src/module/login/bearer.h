/* SPDX-License-Identifier: Apache-2.0 */
/* The bearer tokens of a remote token's users.
 *
 * Calls carry the token of whoever is logged in, else the anonymous user's. A token is renewed a minute before it
 * expires, or when the server says that it is not good any more; hence the API key stays (in a qk_secret) while its
 * user is logged in. A user without iamauth has no token: any PIN will do, and the server relies on client
 * certificates. Functions may be called from any thread. */
#ifndef QK_MODULE_BEARER_H
#define QK_MODULE_BEARER_H

#include "module/login/token.h"

typedef struct qk_bearers qk_bearers;

enum { QK_API_KEY_MOST = 1024 };

/* The configuration is borrowed. Connects to nothing. */
QK_MUST_CHECK qk_err qk_bearers_new(const qk_client_token *config, qk_bearers **out_bearers);
void qk_bearers_free(qk_bearers **bearers);
/* In a forked child: wipes keys and tokens, frees nothing. */
void qk_bearers_abandon(qk_bearers *bearers);

/* The source of tokens for calls: a qk_token_source whose context is the bearers (rpc/client.h). */
qk_err qk_bearers_give(void *bearers, bool renew, qk_arena *arena, qk_view *out_token);

/* Exchanges a key without logging in; the token is empty for users without iamauth. QK_E_PIN_INCORRECT,
 * QK_E_PIN_LENGTH. */
QK_MUST_CHECK qk_err qk_bearers_exchange(qk_bearers *bearers, qk_user user, qk_view api_key, qk_secret *out_token,
                                         int64_t *out_life_s);
/* From now on calls are this user's. */
QK_MUST_CHECK qk_err qk_bearers_log_in(qk_bearers *bearers, qk_user user, qk_view api_key);
/* From now on calls are the anonymous user's. */
void qk_bearers_log_out(qk_bearers *bearers);

#endif
