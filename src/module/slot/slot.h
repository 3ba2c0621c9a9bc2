/* SPDX-License-Identifier: Apache-2.0 */
/* A slot: a token, who is logged in to it, and the handles of its objects.
 *
 * Login is per slot and for the whole application, whatever the number of sessions. `user` is read without a lock on
 * every operation; it changes only under login_lock, which also covers the counts of sessions. Whoever logs in, changes
 * a PIN or initialises the token takes `login_turn` for all of it and login_lock for moments only, so that no session
 * waits for a slow server; `arriving` keeps "no read-only session is open" true while the security officer logs in.
 * Changes of objects (C_SetAttributeValue) take turns under change_lock: each begins on what the one before has made.
 * Order of locks: a session's, then one of its slot's. */
#ifndef QK_MODULE_SLOT_H
#define QK_MODULE_SLOT_H

#include <pthread.h>

#include "module/slot/mechanisms.h"
#include "module/object/object_table.h"
#include "module/slot/random.h"
#include "module/login/token.h"
#include "module/work/message_param.h"

typedef struct qk_slot {
    CK_SLOT_ID id;
    qk_token *token;
    qk_object_table *objects;
    qk_random_pool random;
    qk_slot_mechs mechs;
    qk_nonces wraps; /* of keys that are wrapped (wrap.h); under wraps_lock */
    pthread_mutex_t login_turn, login_lock, change_lock, wraps_lock;
    qk_user arriving;     /* who is logging in; under login_lock */
    atomic_int user;      /* qk_user */
    atomic_uint log_outs; /* how often somebody has logged out: operations with private keys end by it */
    atomic_ulong session_count, rw_session_count;
} qk_slot;

QK_MUST_CHECK qk_err qk_slot_init(qk_slot *slot, const qk_client_token *config);
void qk_slot_done(qk_slot *slot); /* accepts a zeroed one */
void qk_slot_abandon(qk_slot *slot);

static inline qk_user qk_slot_user(const qk_slot *slot)
{
    return (qk_user)atomic_load_explicit(&slot->user, memory_order_acquire);
}

/* ---- what C_ functions ask of slots ---- */

QK_MUST_CHECK qk_err qk_slot_list(CK_SLOT_ID *out_ids, CK_ULONG *count);
QK_MUST_CHECK qk_err qk_slot_info(CK_SLOT_ID id, CK_SLOT_INFO *out_info);
QK_MUST_CHECK qk_err qk_slot_token_info(CK_SLOT_ID id, CK_TOKEN_INFO *out_info);
/* The token's own list, asked once (mechanisms.c). Whatever the server's absence gives until then. */
QK_MUST_CHECK qk_err qk_slot_mechanism_list(CK_SLOT_ID id, CK_MECHANISM_TYPE *out_types, CK_ULONG *count);
QK_MUST_CHECK qk_err qk_slot_mechanism_info(CK_SLOT_ID id, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *out_info);

/* For what is computed in this process, which the HSM would not hear of: QK_E_MECHANISM_INVALID if the token does not
 * offer it. Only legacy mechanisms are worth a question if the token was never asked; its failure is told then. */
QK_MUST_CHECK qk_err qk_slot_check_offer(qk_slot *slot, const qk_mech *mech);

/* ---- login ---- */

/* `label`: 32 bytes, padded with blanks. */
QK_MUST_CHECK qk_err qk_slot_init_token(CK_SLOT_ID id, qk_view so_pin, const CK_UTF8CHAR *label);
QK_MUST_CHECK qk_err qk_login_user(CK_SESSION_HANDLE session, CK_USER_TYPE user, qk_view pin);
/* C_LoginUser: a name that is not empty is QK_E_BAD_ARGUMENT. */
QK_MUST_CHECK qk_err qk_login_named_user(CK_SESSION_HANDLE session, CK_USER_TYPE user, qk_view pin, qk_view name);
QK_MUST_CHECK qk_err qk_logout(CK_SESSION_HANDLE session);
QK_MUST_CHECK qk_err qk_init_pin(CK_SESSION_HANDLE session, qk_view pin);
QK_MUST_CHECK qk_err qk_set_pin(CK_SESSION_HANDLE session, qk_view old_pin, qk_view new_pin);

/* Ends the login, with login_lock held: handles of private objects die. */
void qk_slot_log_out_locked(qk_slot *slot);

#endif
