/* SPDX-License-Identifier: Apache-2.0 */
/* Many threads at once. Whatever answers come, they must be of those the standard allows, and nothing may fall over. */
#include "conformance.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum { THREADS = 16, LAST_MS = 1000 };

static CK_OBJECT_HANDLE shared_key, shared_public, shared_private;
static atomic_bool over;

static void run_threads(void *(*work)(void *), int count)
{
    struct timespec pause = { LAST_MS / 1000, LAST_MS % 1000 * 1000000L };
    pthread_t threads[THREADS];

    atomic_store(&over, false);
    for (intptr_t i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, work, (void *)i);
    nanosleep(&pause, NULL);
    atomic_store(&over, true);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

static void sign_and_verify(CK_SESSION_HANDLE at)
{
    CK_BYTE data[16] = "data", signature[64];
    CK_ULONG len = sizeof signature;

    OK(p11->C_SignInit(at, &ecdsa_sha256, shared_private));
    OK(p11->C_Sign(at, data, sizeof data, signature, &len));
    OK(p11->C_VerifyInit(at, &ecdsa_sha256, shared_public));
    OK(p11->C_Verify(at, data, sizeof data, signature, len));
}

static void *work_in_own_session(void *number)
{
    CK_SESSION_HANDLE at = open_session(CKF_RW_SESSION);
    CK_BYTE noise[40];
    char label[32];

    snprintf(label, sizeof label, "thread %d", (int)(intptr_t)number);
    for (int round = 0; !atomic_load(&over); round++) {
        CK_OBJECT_HANDLE key;
        sign_and_verify(at);
        OK(p11->C_GenerateRandom(at, noise, sizeof noise));
        if (round % 4)
            continue;
        key = make_aes(at, round % 8 == 0, true, label);
        CHECK(count_label(at, label) == 1);
        OK(p11->C_DestroyObject(at, key));
        CHECK(count_label(at, label) == 0);
        if (round % 16 == 0) {
            OK(p11->C_CloseSession(at));
            at = open_session(CKF_RW_SESSION);
        }
    }
    OK(p11->C_CloseSession(at));
    return NULL;
}

static void threads_work_in_own_sessions(void)
{
    make_ec(session, &shared_public, &shared_private);
    run_threads(work_in_own_session, THREADS);
}

/* In one session calls of threads come between each other's. */
static void *work_in_shared_session(void *number)
{
    CK_BYTE data[16] = "data", tag[32];
    CK_ULONG len = sizeof tag;
    CK_RV rv;

    (void)number;
    while (!atomic_load(&over)) {
        rv = p11->C_SignInit(session, &hmac, shared_key);
        CHECK(rv == CKR_OK || rv == CKR_OPERATION_ACTIVE);
        len = sizeof tag;
        rv = p11->C_Sign(session, data, sizeof data, tag, &len);
        CHECK(rv == CKR_OK || rv == CKR_OPERATION_NOT_INITIALIZED);
        rv = p11->C_FindObjectsInit(session, NULL, 0);
        CHECK(rv == CKR_OK || rv == CKR_OPERATION_ACTIVE);
        rv = p11->C_FindObjectsFinal(session);
        CHECK(rv == CKR_OK || rv == CKR_OPERATION_NOT_INITIALIZED);
    }
    return NULL;
}

static void threads_share_a_session(void)
{
    shared_key = make_hmac(session);
    run_threads(work_in_shared_session, THREADS);
}

/* Some log in and out, some close all sessions, the others work: any refusal is fine, a crash or a leak is not. */
static void *disturb(int number, CK_SESSION_HANDLE at)
{
    if (number == 0) {
        (void)p11->C_Logout(at);
        (void)login(at, CKU_USER);
    } else {
        (void)p11->C_CloseAllSessions(0);
    }
    return NULL;
}

static void use_what_may_vanish(CK_SESSION_HANDLE at)
{
    CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_ULONG len = 16, room = 64;
    CK_ATTRIBUTE items[] = { VALUE(CKA_VALUE_LEN, len), BOOL(CKA_PRIVATE, true), TEXT(CKA_LABEL, "vanishing") };
    CK_OBJECT_HANDLE key = 0, found[8];
    CK_BYTE data[64] = { 0 };

    (void)p11->C_GenerateKey(at, &mechanism, items, COUNT(items), &key);
    (void)p11->C_EncryptInit(at, &aes_ecb, key);
    (void)p11->C_Encrypt(at, data, 16, data, &room);
    (void)p11->C_SignInit(at, &hmac, shared_key);
    (void)p11->C_Sign(at, data, 16, data, &room);
    if (p11->C_FindObjectsInit(at, &items[2], 1) == CKR_OK) {
        (void)p11->C_FindObjects(at, found, COUNT(found), &len);
        (void)p11->C_FindObjectsFinal(at);
    }
    (void)p11->C_SetAttributeValue(at, key, &items[2], 1);
    (void)p11->C_DestroyObject(at, key);
}

static void *work_amid_logouts(void *number)
{
    struct timespec pause = { 0, 20 * 1000 * 1000 };
    int n = (int)(intptr_t)number;

    while (!atomic_load(&over)) {
        CK_SESSION_HANDLE at = 0;
        (void)p11->C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &at);
        if (n < 2) {
            disturb(n, at);
            nanosleep(&pause, NULL);
        } else {
            use_what_may_vanish(at);
        }
        (void)p11->C_CloseSession(at);
    }
    return NULL;
}

static void nothing_falls_over_amid_logouts(void)
{
    CK_SESSION_HANDLE at;

    shared_key = make_hmac(session);
    run_threads(work_amid_logouts, 8);
    OK(p11->C_CloseAllSessions(0));
    at = open_session(CKF_RW_SESSION);
    OK(login(at, CKU_USER));
    CHECK(count_label(at, "vanishing") == 0); /* all of them were session objects */
}

/* Attributes that can only go one way never come back, however many change the object at once. */
static void *change_label(void *number)
{
    CK_SESSION_HANDLE at = open_session(CKF_RW_SESSION);
    CK_RV rv;

    (void)number;
    for (unsigned round = 0; !atomic_load(&over); round++) {
        CK_ATTRIBUTE name = { CKA_LABEL, &round, sizeof round };
        rv = p11->C_SetAttributeValue(at, shared_key, &name, 1);
        CHECK(rv == CKR_OK || rv == CKR_OBJECT_HANDLE_INVALID);
    }
    OK(p11->C_CloseSession(at));
    return NULL;
}

static bool forbid_and_look(CK_SESSION_HANDLE at)
{
    CK_ATTRIBUTE forbid = BOOL(CKA_SIGN, false);
    struct timespec pause = { 0, 200 * 1000 };
    bool kept = true;

    OK(p11->C_SetAttributeValue(at, shared_key, &forbid, 1));
    for (int look = 0; look < 20 && kept; look++) {
        CK_BBOOL may = CK_TRUE;
        CK_ATTRIBUTE now = VALUE(CKA_SIGN, may);
        OK(p11->C_GetAttributeValue(at, shared_key, &now, 1));
        kept = may == CK_FALSE;
        nanosleep(&pause, NULL);
    }
    return kept;
}

static void *forbid_signing(void *number)
{
    CK_SESSION_HANDLE at;

    if ((intptr_t)number != 0)
        return change_label(number);
    at = open_session(CKF_RW_SESSION);
    while (!atomic_load(&over)) {
        CK_ATTRIBUTE allow = BOOL(CKA_SIGN, true);
        bool kept = forbid_and_look(at);
        CHECK(kept);
        if (!kept)
            break;
        OK(p11->C_SetAttributeValue(at, shared_key, &allow, 1));
    }
    OK(p11->C_CloseSession(at));
    return NULL;
}

static void no_change_undoes_another(void)
{
    shared_key = make_hmac(session);
    run_threads(forbid_signing, 4);
}

const test_case thread_cases[] = {
    { "threads work in sessions of their own", threads_work_in_own_sessions, true, false },
    { "threads share a session", threads_share_a_session, true, false },
    { "nothing falls over while others log out and close", nothing_falls_over_amid_logouts, true, false },
    { "no change of an object undoes another thread's", no_change_undoes_another, true, false },
    { NULL, NULL, false, false },
};
