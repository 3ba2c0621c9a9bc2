/* SPDX-License-Identifier: Apache-2.0 */
/* What is taken away while another thread uses it: the login, the session, the object. A call that began before
 * completes, or ends with a code that the standard names for it; afterwards everything private is gone.
 *
 * Nothing here watches the clock: those who take away count their turns, the others work until they are done. */
#include "conformance.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { WORKERS = 4, TURNS = 3, CLOSINGS = 150, MADE_MOST = 20000 };

static atomic_bool over;
static CK_BYTE text[32] = "thirty-two bytes of plain text..";
static CK_ATTRIBUTE of_vanishing[] = { TEXT(CKA_LABEL, "vanishing") };

/* Codes that a call may end with; the list ends with CKR_OK, which is always among them. */
#define ONE_OF(call, ...) must_be_one_of(__LINE__, #call, (call), (const CK_RV[]){ __VA_ARGS__ __VA_OPT__(, ) CKR_OK })

static CK_RV must_be_one_of(int line, const char *call, CK_RV rv, const CK_RV *allowed)
{
    while (*allowed != CKR_OK && *allowed != rv)
        allowed++;
    if (*allowed != rv)
        complain(__FILE__, line, "%s: 0x%lx", call, rv);
    return rv;
}

static atomic_uint rounds; /* of all workers */

static void await_rounds(unsigned more)
{
    unsigned from = atomic_load(&rounds);

    while (atomic_load(&rounds) - from < more)
        sched_yield();
}

static void run(void *(*takes)(void *), void *(*works)(void *))
{
    pthread_t taker, workers[WORKERS];

    atomic_store(&over, false);
    for (intptr_t i = 0; i < WORKERS; i++)
        CHECK(pthread_create(&workers[i], NULL, works, (void *)i) == 0);
    CHECK(pthread_create(&taker, NULL, takes, NULL) == 0);
    CHECK(pthread_join(taker, NULL) == 0);
    for (int i = 0; i < WORKERS; i++)
        CHECK(pthread_join(workers[i], NULL) == 0);
}

/* ---- the login is taken away ---- */

static CK_OBJECT_HANDLE made[WORKERS][MADE_MOST]; /* private session keys, dead with the login they were made in */

static CK_RV make_private(CK_SESSION_HANDLE at, bool token, CK_OBJECT_HANDLE *out_key)
{
    CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_ULONG len = 16;
    CK_ATTRIBUTE items[] = { VALUE(CKA_VALUE_LEN, len),   BOOL(CKA_PRIVATE, true), BOOL(CKA_TOKEN, token),
                             BOOL(CKA_ENCRYPT, true),     BOOL(CKA_DECRYPT, true), BOOL(CKA_EXTRACTABLE, true),
                             TEXT(CKA_LABEL, "vanishing") };

    return p11->C_GenerateKey(at, &mechanism, items, COUNT(items), out_key);
}

static void encrypt_in_parts(CK_SESSION_HANDLE at, CK_OBJECT_HANDLE key)
{
    CK_BYTE out[64];
    CK_ULONG len = sizeof out;

    if (ONE_OF(p11->C_EncryptInit(at, &aes_cbc_pad, key), CKR_KEY_HANDLE_INVALID) != CKR_OK)
        return;
    if (ONE_OF(p11->C_EncryptUpdate(at, text, 20, out, &len), CKR_USER_NOT_LOGGED_IN, CKR_OPERATION_NOT_INITIALIZED) ==
        CKR_OK) {
        len = sizeof out;
        ONE_OF(p11->C_EncryptFinal(at, out, &len), CKR_USER_NOT_LOGGED_IN, CKR_OPERATION_NOT_INITIALIZED);
    }
}

static void encrypt_whole(CK_SESSION_HANDLE at, CK_OBJECT_HANDLE key)
{
    CK_BYTE out[64];
    CK_ULONG len = sizeof out;

    if (ONE_OF(p11->C_EncryptInit(at, &aes_ecb, key), CKR_KEY_HANDLE_INVALID) == CKR_OK)
        ONE_OF(p11->C_Encrypt(at, text, 32, out, &len), CKR_USER_NOT_LOGGED_IN, CKR_OPERATION_NOT_INITIALIZED);
}

static void look_and_change(CK_SESSION_HANDLE at, CK_OBJECT_HANDLE key)
{
    CK_ATTRIBUTE rename = TEXT(CKA_ID, "another id");
    CK_OBJECT_HANDLE found[4], copy = 0;
    CK_BYTE check[3];
    CK_ATTRIBUTE value = VALUE(CKA_CHECK_VALUE, check);
    CK_ULONG count = 0;

    ONE_OF(p11->C_GetAttributeValue(at, key, &value, 1), CKR_OBJECT_HANDLE_INVALID, CKR_USER_NOT_LOGGED_IN);
    ONE_OF(p11->C_SetAttributeValue(at, key, &rename, 1), CKR_OBJECT_HANDLE_INVALID, CKR_USER_NOT_LOGGED_IN);
    ONE_OF(p11->C_CopyObject(at, key, &rename, 1, &copy), CKR_OBJECT_HANDLE_INVALID, CKR_USER_NOT_LOGGED_IN);
    if (ONE_OF(p11->C_FindObjectsInit(at, of_vanishing, 1), CKR_USER_NOT_LOGGED_IN) != CKR_OK)
        return;
    ONE_OF(p11->C_FindObjects(at, found, COUNT(found), &count), CKR_USER_NOT_LOGGED_IN);
    OK(p11->C_FindObjectsFinal(at));
}

/* Takes so long that most logouts come in between: the key is there, and cannot be sealed any more. */
static void *make_pairs(void)
{
    CK_MECHANISM mechanism = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
    CK_SESSION_HANDLE at = open_session(CKF_RW_SESSION);
    CK_ULONG bits = 2048;
    CK_ATTRIBUTE of_public[] = { VALUE(CKA_MODULUS_BITS, bits), BOOL(CKA_PRIVATE, false),
                                 TEXT(CKA_LABEL, "vanishing") };
    CK_ATTRIBUTE of_private[] = { BOOL(CKA_PRIVATE, true), TEXT(CKA_LABEL, "vanishing") };

    while (!atomic_load(&over)) {
        CK_OBJECT_HANDLE public_key = 0, key = 0;
        if (ONE_OF(p11->C_GenerateKeyPair(at, &mechanism, of_public, COUNT(of_public), of_private, COUNT(of_private),
                                          &public_key, &key),
                   CKR_USER_NOT_LOGGED_IN) == CKR_OK)
            OK(p11->C_DestroyObject(at, public_key));
    }
    OK(p11->C_CloseSession(at));
    return NULL;
}

static void *use_what_is_private(void *number)
{
    CK_OBJECT_HANDLE *mine = made[(intptr_t)number];
    CK_SESSION_HANDLE at = open_session(CKF_RW_SESSION);
    size_t count = 0;

    if (number == NULL)
        return make_pairs();
    while (!atomic_load(&over) && count < MADE_MOST - 1) {
        CK_OBJECT_HANDLE key = 0, stays = 0;
        if (ONE_OF(make_private(at, false, &key), CKR_USER_NOT_LOGGED_IN) != CKR_OK)
            continue;
        mine[count++] = key;
        encrypt_whole(at, key);
        encrypt_in_parts(at, key);
        look_and_change(at, key);
        if (count % 4 == 0 && ONE_OF(make_private(at, true, &stays), CKR_USER_NOT_LOGGED_IN) == CKR_OK)
            ONE_OF(p11->C_DestroyObject(at, stays), CKR_OBJECT_HANDLE_INVALID, CKR_USER_NOT_LOGGED_IN);
        if (count % 2)
            ONE_OF(p11->C_DestroyObject(at, key), CKR_OBJECT_HANDLE_INVALID, CKR_USER_NOT_LOGGED_IN);
        atomic_fetch_add(&rounds, 1);
    }
    OK(p11->C_CloseSession(at));
    return NULL;
}

/* Each time after the workers have been in the middle of it. */
static void *log_out_and_in(void *unused)
{
    (void)unused;
    for (int i = 0; i < TURNS; i++) {
        await_rounds(3 * WORKERS + (unsigned)i);
        OK(p11->C_Logout(session));
        OK(login(session, CKU_USER));
    }
    await_rounds(WORKERS);
    OK(p11->C_Logout(session));
    atomic_store(&over, true);
    return NULL;
}

static void must_all_be_gone(void)
{
    for (int i = 1; i < WORKERS; i++)
        for (size_t k = 0; made[i][k]; k++) {
            CK_ULONG size;
            RV(p11->C_GetObjectSize(session, made[i][k], &size), CKR_OBJECT_HANDLE_INVALID);
        }
}

/* Every worker keeps its session open beyond the last logout, so that nothing dies with a session. */
static void a_logout_takes_all_that_is_private(void)
{
    CK_SESSION_HANDLE other = open_session(CKF_RW_SESSION);

    memset(made, 0, sizeof made);
    run(log_out_and_in, use_what_is_private);
    CHECK(made[1][0] != 0);
    must_all_be_gone();
    CHECK(count_label(other, "vanishing") == 0);
    OK(login(session, CKU_USER));
    must_all_be_gone();
    destroy_label(session, "vanishing"); /* token objects: a logout may come before they are destroyed */
    CHECK(count_label(session, "vanishing") == 0);
    OK(p11->C_CloseSession(other));
}

/* ---- the session is taken away ---- */

static _Atomic(CK_SESSION_HANDLE) closing;

static void use_closing_session(CK_SESSION_HANDLE at)
{
    CK_OBJECT_HANDLE key = 0, found;
    CK_BYTE out[64];
    CK_ULONG len = sizeof out, count;

    ONE_OF(make_private(at, false, &key), CKR_SESSION_HANDLE_INVALID);
    ONE_OF(p11->C_EncryptInit(at, &aes_ecb, key), CKR_SESSION_HANDLE_INVALID, CKR_KEY_HANDLE_INVALID,
           CKR_OPERATION_ACTIVE);
    ONE_OF(p11->C_Encrypt(at, text, 32, out, &len), CKR_SESSION_HANDLE_INVALID, CKR_OPERATION_NOT_INITIALIZED);
    ONE_OF(p11->C_DigestInit(at, &sha256), CKR_SESSION_HANDLE_INVALID, CKR_OPERATION_ACTIVE);
    ONE_OF(p11->C_DigestUpdate(at, text, 32), CKR_SESSION_HANDLE_INVALID, CKR_OPERATION_NOT_INITIALIZED);
    len = sizeof out;
    ONE_OF(p11->C_DigestFinal(at, out, &len), CKR_SESSION_HANDLE_INVALID, CKR_OPERATION_NOT_INITIALIZED);
    ONE_OF(p11->C_FindObjectsInit(at, of_vanishing, 1), CKR_SESSION_HANDLE_INVALID, CKR_OPERATION_ACTIVE);
    ONE_OF(p11->C_FindObjects(at, &found, 1, &count), CKR_SESSION_HANDLE_INVALID, CKR_OPERATION_NOT_INITIALIZED);
    ONE_OF(p11->C_FindObjectsFinal(at), CKR_SESSION_HANDLE_INVALID, CKR_OPERATION_NOT_INITIALIZED);
}

static void *use_sessions_that_close(void *number)
{
    (void)number;
    while (!atomic_load(&over))
        use_closing_session(atomic_load(&closing));
    return NULL;
}

static void *close_sessions(void *unused)
{
    CK_SESSION_HANDLE old;

    (void)unused;
    for (int i = 0; i < CLOSINGS; i++) {
        CK_SESSION_INFO info;
        old = atomic_exchange(&closing, open_session(CKF_RW_SESSION));
        use_closing_session(atomic_load(&closing));
        OK(p11->C_CloseSession(old));
        RV(p11->C_GetSessionInfo(old, &info), CKR_SESSION_HANDLE_INVALID);
    }
    atomic_store(&over, true);
    return NULL;
}

static void a_session_takes_its_objects_along(void)
{
    CK_TOKEN_INFO info;

    atomic_store(&closing, open_session(CKF_RW_SESSION));
    run(close_sessions, use_sessions_that_close);
    OK(p11->C_CloseSession(atomic_load(&closing)));
    CHECK(count_label(session, "vanishing") == 0);
    OK(p11->C_GetTokenInfo(0, &info));
    CHECK(info.ulSessionCount == 1 && info.ulRwSessionCount == 1);
}

/* ---- the object is taken away ---- */

static _Atomic(CK_OBJECT_HANDLE) dying;

static void *use_keys_that_die(void *number)
{
    CK_SESSION_HANDLE at = open_session(CKF_RW_SESSION);

    (void)number;
    while (!atomic_load(&over)) {
        CK_OBJECT_HANDLE key = atomic_load(&dying), copy = 0;
        CK_ATTRIBUTE label = TEXT(CKA_LABEL, "vanishing");
        CK_ULONG size;
        encrypt_whole(at, key);
        encrypt_in_parts(at, key);
        ONE_OF(p11->C_GetObjectSize(at, key, &size), CKR_OBJECT_HANDLE_INVALID);
        ONE_OF(p11->C_SetAttributeValue(at, key, &label, 1), CKR_OBJECT_HANDLE_INVALID);
        if (ONE_OF(p11->C_CopyObject(at, key, &label, 1, &copy), CKR_OBJECT_HANDLE_INVALID) == CKR_OK)
            OK(p11->C_DestroyObject(at, copy));
    }
    OK(p11->C_CloseSession(at));
    return NULL;
}

static void *destroy_keys(void *unused)
{
    (void)unused;
    for (int i = 0; i < CLOSINGS; i++) {
        CK_OBJECT_HANDLE fresh = 0, old;
        CK_ULONG size;
        OK(make_private(session, i % 4 == 0, &fresh));
        old = atomic_exchange(&dying, fresh);
        encrypt_whole(session, fresh);
        OK(p11->C_DestroyObject(session, old));
        RV(p11->C_GetObjectSize(session, old, &size), CKR_OBJECT_HANDLE_INVALID);
    }
    atomic_store(&over, true);
    return NULL;
}

static void an_object_may_be_destroyed_in_use(void)
{
    CK_OBJECT_HANDLE first = 0;

    OK(make_private(session, false, &first));
    atomic_store(&dying, first);
    run(destroy_keys, use_keys_that_die);
    OK(p11->C_DestroyObject(session, atomic_load(&dying)));
    CHECK(count_label(session, "vanishing") == 0);
}

const test_case race_cases[] = {
    { "a logout takes all that is private along", a_logout_takes_all_that_is_private, true, false },
    { "a session takes its objects along while they are used", a_session_takes_its_objects_along, true, false },
    { "an object may be destroyed while it is used", an_object_may_be_destroyed_in_use, true, false },
    { NULL, NULL, false, false },
};
