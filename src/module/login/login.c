/* SPDX-License-Identifier: Apache-2.0 */
/* C_Login, C_Logout, C_InitToken, C_InitPIN, C_SetPIN: the rules that hold for both kinds of tokens. */
#include "module/slot/session.h"

#include "module/library/module.h"

/* --- out --- */

static bool is_private(const qk_object *object, const void *context)
{
    (void)context;
    return object->is_private;
}

static bool is_any(const qk_object *object, const void *context)
{
    (void)object;
    (void)context;
    return true;
}

/* Private session objects die and handles of private token objects become invalid for good (PKCS #11, C_Logout). First
 * nobody is the user any more, then it is counted: a call that already knows the new count may make nothing private,
 * one that knows the old takes back what it made (slot_objects.c). */
void qk_slot_log_out_locked(qk_slot *slot)
{
    atomic_store(&slot->user, QK_NOBODY);
    atomic_fetch_add(&slot->log_outs, 1);
    qk_object_table_remove_if(slot->objects, is_private, NULL);
    slot->token->login->log_out(slot->token->login);
}

static qk_err check_somebody(const qk_slot *slot)
{
    return qk_slot_user(slot) != QK_NOBODY ? QK_OK : qk_fail(QK_E_NOT_LOGGED_IN, "nobody is logged in");
}

static qk_err log_out_locked(qk_slot *slot)
{
    QK_TRY(check_somebody(slot));
    qk_slot_log_out_locked(slot);
    return QK_OK;
}

qk_err qk_logout(CK_SESSION_HANDLE handle)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    qk_err err;

    QK_TRY(qk_session_enter(handle, &session));
    QK_TRY(check_somebody(session->slot)); /* a login that is under way keeps nobody waiting */
    pthread_mutex_lock(&session->slot->login_turn);
    pthread_mutex_lock(&session->slot->login_lock);
    err = log_out_locked(session->slot);
    pthread_mutex_unlock(&session->slot->login_lock);
    pthread_mutex_unlock(&session->slot->login_turn);
    return err;
}

/* --- in --- */

static qk_err check_pin_place(qk_view pin)
{
    if (!pin.data)
        return qk_fail(QK_E_BAD_ARGUMENT, "the PIN is NULL, and the token has no PIN pad");
    return qk_in_check(pin);
}

static qk_err check_nobody(const qk_slot *slot, qk_user user)
{
    qk_user now = qk_slot_user(slot);

    if (now == user)
        return qk_fail(QK_E_ALREADY_LOGGED_IN, "this user is logged in already");
    if (now != QK_NOBODY)
        return qk_fail(QK_E_OTHER_LOGGED_IN, "the other user is logged in");
    if (user == QK_SO && atomic_load(&slot->session_count) > atomic_load(&slot->rw_session_count))
        return qk_fail(QK_E_SESSION_RO_EXISTS, "the security officer cannot log in while read-only sessions are open");
    return QK_OK;
}

/* From here on no read-only session opens if the security officer arrives. */
static qk_err arrive(qk_slot *slot, qk_user user)
{
    qk_err err;

    pthread_mutex_lock(&slot->login_lock);
    err = check_nobody(slot, user);
    if (err == QK_OK)
        slot->arriving = user;
    pthread_mutex_unlock(&slot->login_lock);
    return err;
}

static void be_there(qk_slot *slot, qk_user user, bool admitted)
{
    pthread_mutex_lock(&slot->login_lock);
    slot->arriving = QK_NOBODY;
    if (admitted)
        atomic_store_explicit(&slot->user, user, memory_order_release);
    pthread_mutex_unlock(&slot->login_lock);
}

/* The PIN is checked without login_lock: a server may take its time, and other sessions have their own business. */
static qk_err log_in_in_turn(qk_slot *slot, qk_user user, qk_view pin)
{
    qk_err err;

    QK_TRY(arrive(slot, user));
    err = slot->token->login->log_in(slot->token->login, user, pin);
    be_there(slot, user, err == QK_OK);
    return err;
}

static void log_out_now(qk_slot *slot)
{
    pthread_mutex_lock(&slot->login_lock);
    if (qk_slot_user(slot) != QK_NOBODY)
        qk_slot_log_out_locked(slot);
    pthread_mutex_unlock(&slot->login_lock);
}

/* A PIN for one operation of this session, whose key asks for it each time. A wrong one changes nothing, except that
 * too many of them log the user out (PKCS #11 3.2, private key objects). */
static qk_err log_in_for_operation(qk_session *session, qk_view pin)
{
    qk_login *login = session->slot->token->login;
    qk_user user = qk_slot_user(session->slot);
    qk_err err;

    if (!qk_work_wants_pin(session))
        return qk_fail(QK_E_OPERATION_NONE, "no operation waits for a PIN");
    if (user == QK_NOBODY)
        return qk_fail(QK_E_NOT_LOGGED_IN, "nobody is logged in");
    err = login->check_pin(login, user, pin);
    if (err == QK_E_PIN_LOCKED)
        log_out_now(session->slot);
    QK_TRY(err);
    return qk_work_admit(session);
}

qk_err qk_login_user(CK_SESSION_HANDLE handle, CK_USER_TYPE type, qk_view pin)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    qk_err err;

    QK_TRY(qk_session_enter(handle, &session));
    if (type != CKU_USER && type != CKU_SO && type != CKU_CONTEXT_SPECIFIC)
        return qk_fail(QK_E_USER_TYPE, "user type %lu is unknown", type);
    QK_TRY(check_pin_place(pin));
    pthread_mutex_lock(&session->slot->login_turn);
    if (type == CKU_CONTEXT_SPECIFIC)
        err = log_in_for_operation(session, pin);
    else
        err = log_in_in_turn(session->slot, type == CKU_SO ? QK_SO : QK_USER, pin);
    pthread_mutex_unlock(&session->slot->login_turn);
    return err;
}

/* PKCS #11 leaves it to the token which names it knows. Here each type of user has one user, without a name. */
qk_err qk_login_named_user(CK_SESSION_HANDLE handle, CK_USER_TYPE type, qk_view pin, qk_view name)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;

    QK_TRY(qk_session_enter(handle, &session));
    if (name.len)
        return qk_fail(QK_E_BAD_ARGUMENT, "the token's users have no names; leave the name empty");
    qk_session_leave(&session);
    return qk_login_user(handle, type, pin);
}

/* --- PINs --- */

static qk_err init_pin_in_turn(const qk_session *session, qk_view pin)
{
    qk_login *login = session->slot->token->login;

    if (qk_slot_user(session->slot) != QK_SO)
        return qk_fail(QK_E_NOT_LOGGED_IN, "the security officer is not logged in");
    return login->init_pin(login, pin);
}

qk_err qk_init_pin(CK_SESSION_HANDLE handle, qk_view pin)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    qk_err err;

    QK_TRY(qk_session_enter(handle, &session));
    QK_TRY(check_pin_place(pin));
    pthread_mutex_lock(&session->slot->login_turn);
    err = init_pin_in_turn(session, pin);
    pthread_mutex_unlock(&session->slot->login_turn);
    return err;
}

/* Of whoever is logged in; of the user if nobody is. */
static qk_err set_pin_in_turn(const qk_session *session, qk_view old_pin, qk_view new_pin)
{
    qk_login *login = session->slot->token->login;
    qk_user user = qk_slot_user(session->slot) == QK_SO ? QK_SO : QK_USER;

    if (!session->rw)
        return qk_fail(QK_E_SESSION_READ_ONLY, "a PIN is set in a R/W session");
    return login->set_pin(login, user, old_pin, new_pin);
}

qk_err qk_set_pin(CK_SESSION_HANDLE handle, qk_view old_pin, qk_view new_pin)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    qk_err err;

    QK_TRY(qk_session_enter(handle, &session));
    QK_TRY(check_pin_place(old_pin));
    QK_TRY(check_pin_place(new_pin));
    pthread_mutex_lock(&session->slot->login_turn);
    err = set_pin_in_turn(session, old_pin, new_pin);
    pthread_mutex_unlock(&session->slot->login_turn);
    return err;
}

/* --- initialisation --- */

static qk_err read_label(const CK_UTF8CHAR *label, char out[QK_LABEL_LEN + 1])
{
    size_t len = QK_LABEL_LEN;

    if (!label)
        return qk_fail(QK_E_BAD_ARGUMENT, "the label is NULL");
    while (len && label[len - 1] == ' ')
        len--;
    if (memchr(label, 0, len))
        return qk_fail(QK_E_BAD_ARGUMENT, "the label is padded with zero bytes, not with blanks");
    memcpy(out, label, len);
    out[len] = 0;
    return QK_OK;
}

static qk_err init_token_locked(qk_slot *slot, qk_view so_pin, const char *label)
{
    if (atomic_load(&slot->session_count))
        return qk_fail(QK_E_SESSION_EXISTS, "close all sessions of the slot before the token is initialised");
    QK_TRY(slot->token->login->init_token(slot->token->login, so_pin, label));
    qk_object_table_remove_if(slot->objects, is_any, NULL);
    return QK_OK;
}

qk_err qk_slot_init_token(CK_SLOT_ID id, qk_view so_pin, const CK_UTF8CHAR *label)
{
    char text[QK_LABEL_LEN + 1];
    qk_slot *slot;
    qk_err err;

    QK_TRY(qk_module_slot(id, &slot));
    QK_TRY(check_pin_place(so_pin));
    QK_TRY(read_label(label, text));
    pthread_mutex_lock(&slot->login_turn);
    pthread_mutex_lock(&slot->login_lock); /* a token that is being emptied opens no session */
    err = init_token_locked(slot, so_pin, text);
    pthread_mutex_unlock(&slot->login_lock);
    pthread_mutex_unlock(&slot->login_turn);
    return err;
}
