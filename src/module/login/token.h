/* SPDX-License-Identifier: Apache-2.0 */
/* What a token is: an HSM, a keystore, and a way to log in.
 *
 * There are two kinds. An embedded token runs the HSM core on a database in its folder; a remote one reaches both
 * through a server. Past this page nothing asks which of the two it has.
 *
 * qk_login is the third interface of the house, beside qk_hsm and qk_keystore: embedded, PINs (login_embedded.c);
 * remote, API keys that are exchanged for bearer tokens (login_remote.c). Its functions are called one at a time
 * (slot.h, login_turn; log_out when the last session closes, too, while nobody else is about), `describe` and `ready`
 * apart. */
#ifndef QK_MODULE_TOKEN_H
#define QK_MODULE_TOKEN_H

#include "hsm/hsm.h"
#include "keystore/keystore.h"
#include "module/library/client_config.h"

typedef enum qk_user { QK_NOBODY, QK_USER, QK_SO } qk_user;

enum { QK_LABEL_LEN = 32 };

/* For C_GetTokenInfo. */
typedef struct qk_token_state {
    bool initialized;
    char label[QK_LABEL_LEN + 1];
    char serial[17];
    const char *model;
    CK_FLAGS pin_flags; /* CKF_USER_PIN_..., CKF_SO_PIN_... */
    CK_ULONG min_pin_len, max_pin_len;
} qk_token_state;

typedef struct qk_login qk_login;
struct qk_login {
    /* Opens what exists. QK_E_TOKEN_UNRECOGNIZED if the token was never initialised. Cheap once it has succeeded. */
    qk_err (*ready)(qk_login *login);
    qk_err (*describe)(qk_login *login, qk_token_state *out_state);
    /* QK_E_PIN_INCORRECT, QK_E_PIN_LENGTH, QK_E_PIN_LOCKED, QK_E_PIN_NOT_SET. */
    qk_err (*log_in)(qk_login *login, qk_user user, qk_view pin);
    /* Is this the PIN of the user who is logged in? For CKU_CONTEXT_SPECIFIC. */
    qk_err (*check_pin)(qk_login *login, qk_user user, qk_view pin);
    void (*log_out)(qk_login *login);
    /* Empties the keystores, creates them if they are absent, names the token. `label` without trailing blanks. */
    qk_err (*init_token)(qk_login *login, qk_view so_pin, const char *label);
    /* Sets the user's PIN; the security officer is logged in. QK_E_NOT_SUPPORTED. */
    qk_err (*init_pin)(qk_login *login, qk_view pin);
    qk_err (*set_pin)(qk_login *login, qk_user user, qk_view old_pin, qk_view new_pin);
    void (*free)(qk_login *login);
    /* In a forked child: wipes secrets, closes descriptors, frees nothing else. */
    void (*abandon)(qk_login *login);
};

typedef struct qk_token {
    qk_hsm *hsm; /* NULL until `ready`; then fixed until the end */
    qk_keystore *keystore;
    qk_login *login;
    bool remote;
    bool has_public_store, has_private_store;
    qk_uuid public_store, private_store;
    int64_t cache_max_age_ms;
} qk_token;

/* `config` is borrowed and must outlive the token. Connects to nothing and creates nothing. */
QK_MUST_CHECK qk_err qk_token_new(const qk_client_token *config, qk_token **out_token);
void qk_token_free(qk_token **token);
void qk_token_abandon(qk_token **token);

/* The two ways to log in. They fill hsm, keystore and stores of `token`, which they borrow. */
QK_MUST_CHECK qk_err qk_login_embedded_new(const qk_client_token *config, qk_token *token, qk_login **out_login);
QK_MUST_CHECK qk_err qk_login_remote_new(const qk_client_token *config, qk_token *token, qk_login **out_login);

#endif
