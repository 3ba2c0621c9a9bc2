/* SPDX-License-Identifier: Apache-2.0 */
/* Many at once on one token: 64 threads, eight processes, forks in the middle of everything, ends without C_Finalize.
 * Nothing may be lost, double or stuck. */
#include "conformance.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 64, ROUNDS = 4, PROCESSES = 8, OBJECTS = 10 };

static CK_OBJECT_HANDLE standing_public, standing_private;

/* ---- threads ---- */

static void sign_with(CK_SESSION_HANDLE at, CK_OBJECT_HANDLE private, CK_OBJECT_HANDLE public)
{
    CK_BYTE data[100] = "data", signature[64];
    CK_ULONG len = sizeof signature;

    OK(p11->C_SignInit(at, &ecdsa_sha256, private));
    OK(p11->C_SignUpdate(at, data, 50));
    OK(p11->C_SignUpdate(at, data + 50, 50));
    OK(p11->C_SignFinal(at, signature, &len));
    OK(p11->C_VerifyInit(at, &ecdsa_sha256, public));
    OK(p11->C_Verify(at, data, sizeof data, signature, len));
}

static void *work_in_the_crowd(void *number)
{
    CK_SESSION_HANDLE at = open_session(CKF_RW_SESSION);
    char label[32], other[32];

    snprintf(label, sizeof label, "crowd %d", (int)(intptr_t)number);
    snprintf(other, sizeof other, "renamed %d", (int)(intptr_t)number);
    for (int round = 0; round < ROUNDS; round++) {
        CK_ATTRIBUTE rename = { CKA_LABEL, other, strlen(other) };
        CK_OBJECT_HANDLE key = make_aes(at, true, round % 2, label);
        sign_with(at, standing_private, standing_public);
        CHECK(count_label(at, label) == 1);
        OK(p11->C_SetAttributeValue(at, key, &rename, 1));
        CHECK(count_label(at, label) == 0);
        CHECK(count_label(at, other) == 1);
        OK(p11->C_DestroyObject(at, key));
        CHECK(count_label(at, other) == 0);
    }
    OK(p11->C_CloseSession(at));
    return NULL;
}

static void sixty_four_threads_lose_nothing(void)
{
    pthread_t threads[THREADS];
    CK_SESSION_INFO info;
    CK_TOKEN_INFO token;

    make_ec(session, &standing_public, &standing_private);
    for (int i = 0; i < OBJECTS; i++)
        make_data(session, true, i % 2, "standing");
    for (intptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, work_in_the_crowd, (void *)i) == 0);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(count_label(session, "standing") == OBJECTS);
    OK(p11->C_GetSessionInfo(session, &info));
    OK(p11->C_GetTokenInfo(0, &token));
    CHECK(token.ulSessionCount == 1);
    destroy_label(session, "standing");
}

/* ---- processes ---- */

/* Runs `work` in a child; what it complains of is told there, and counted here. */
static pid_t start_child(void (*work)(int number), int number)
{
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        case_failures_forget();
        work(number);
        fflush(stdout);
        _exit(case_failures_any() ? 1 : 0);
    }
    return child;
}

static void await_child(pid_t child)
{
    int status = -1;

    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        complain(__FILE__, __LINE__, "the child ended with status 0x%x", (unsigned)status);
}

static CK_SESSION_HANDLE begin_anew(void)
{
    CK_SESSION_HANDLE at;

    OK(p11->C_Initialize(NULL));
    at = open_session(CKF_RW_SESSION);
    OK(login(at, CKU_USER));
    return at;
}

/* Makes objects and destroys every second one. */
static void populate(int number)
{
    CK_SESSION_HANDLE at = begin_anew();
    char label[32];

    snprintf(label, sizeof label, "process %d", number);
    for (int i = 0; i < OBJECTS; i++) {
        CK_OBJECT_HANDLE object = make_data(at, true, i / 2 % 2, label);
        if (i % 2)
            OK(p11->C_DestroyObject(at, object));
        else
            make_aes(at, false, true, label); /* a session object: nobody else sees it, and it ends here */
    }
    CHECK(count_label(at, label) == OBJECTS);
    OK(p11->C_Finalize(NULL));
}

static void eight_processes_make_and_destroy_at_once(void)
{
    pid_t children[PROCESSES];
    char label[32];

    for (int i = 0; i < PROCESSES; i++)
        children[i] = start_child(populate, i);
    for (int i = 0; i < PROCESSES; i++)
        await_child(children[i]);
    session = begin_anew();
    for (int i = 0; i < PROCESSES; i++) {
        snprintf(label, sizeof label, "process %d", i);
        CHECK(count_label(session, label) == OBJECTS / 2);
        destroy_label(session, label);
        CHECK(count_label(session, label) == 0);
    }
    OK(p11->C_Finalize(NULL));
}

/* ---- forks ---- */

/* A child finds nothing of its parent's and starts anew. */
static void live_on(int number)
{
    CK_OBJECT_HANDLE key, private;
    CK_SESSION_HANDLE at;
    CK_INFO info;

    (void)number;
    RV(p11->C_GetInfo(&info), CKR_CRYPTOKI_NOT_INITIALIZED);
    RV(p11->C_CloseSession(session), CKR_CRYPTOKI_NOT_INITIALIZED);
    at = begin_anew();
    make_ec(at, &key, &private);
    sign_with(at, private, key);
    destroy_label(at, "of the child");
    OK(p11->C_Finalize(NULL));
}

static void fork_now(void)
{
    await_child(start_child(live_on, 0));
}

static void a_child_starts_anew_whatever_its_parent_was_doing(void)
{
    CK_BYTE data[64] = "data", out[128];
    CK_OBJECT_HANDLE key, found;
    CK_ULONG len, count;

    fork_now();
    OK(p11->C_Initialize(NULL));
    fork_now();
    session = open_session(CKF_RW_SESSION);
    fork_now();
    OK(login(session, CKU_USER));
    fork_now();
    key = make_aes(session, true, true, "of the parent");
    OK(p11->C_EncryptInit(session, &aes_cbc_pad, key));
    OK(p11->C_DigestInit(session, &sha256));
    OK(p11->C_FindObjectsInit(session, NULL, 0));
    fork_now();
    len = sizeof out;
    OK(p11->C_EncryptUpdate(session, data, 40, out, &len));
    OK(p11->C_DigestUpdate(session, data, 40));
    fork_now();
    len = sizeof out;
    OK(p11->C_EncryptFinal(session, out, &len));
    CHECK(len == 16);
    len = sizeof out;
    OK(p11->C_DigestFinal(session, out, &len));
    OK(p11->C_FindObjects(session, &found, 1, &count));
    OK(p11->C_FindObjectsFinal(session));
    CHECK(count_label(session, "of the parent") == 1);
    destroy_label(session, "of the parent");
    OK(p11->C_Finalize(NULL));
    fork_now();
}

/* ---- ends ---- */

static atomic_int signing;

/* Who leaves without a word leaves memory behind; a leak checker, if there is one, need not tell. */
void __lsan_disable(void) __attribute__((weak));

static void leave_memory_behind(void)
{
    if (__lsan_disable)
        __lsan_disable();
}

static void *keep_signing(void *unused)
{
    CK_OBJECT_HANDLE key, private;
    CK_SESSION_HANDLE at;

    leave_memory_behind();
    at = open_session(CKF_RW_SESSION);
    make_ec(at, &key, &private);
    atomic_fetch_add(&signing, 1);
    for (;;) {
        CK_BYTE data[16] = "data", signature[64];
        CK_ULONG len = sizeof signature;
        if (p11->C_SignInit(at, &ecdsa, private) != CKR_OK ||
            p11->C_Sign(at, data, sizeof data, signature, &len) != CKR_OK)
            return unused;
    }
}

/* exit(), with everything open, while threads are at work in the library. */
static void leave_at_once(int number)
{
    struct timespec pause = { 0, 1000 * 1000 };
    pthread_t thread;
    CK_SESSION_HANDLE at;

    leave_memory_behind();
    at = begin_anew();
    make_data(at, true, true, "left behind");
    for (int i = 0; i < number; i++)
        CHECK(pthread_create(&thread, NULL, keep_signing, NULL) == 0 && pthread_detach(thread) == 0);
    while (atomic_load(&signing) < number)
        nanosleep(&pause, NULL);
    fflush(stdout);
    exit(case_failures_any() ? 1 : 0);
}

/* Threads that work on while OpenSSL's exit handler frees its tables are a race indeed, which ThreadSanitizer sees;
 * that it does no harm here is for the other builds to show. */
#ifdef __SANITIZE_THREAD__
enum { LEFT_AT_WORK = 0 };
#else
enum { LEFT_AT_WORK = 4 };
#endif

static void a_program_may_end_without_finalizing(void)
{
    enum { TIMES = 6 };

    for (int i = 0; i < TIMES; i++)
        await_child(start_child(leave_at_once, i % 2 ? LEFT_AT_WORK : 0));
    session = begin_anew();
    CHECK(count_label(session, "left behind") == TIMES);
    destroy_label(session, "left behind");
    OK(p11->C_Finalize(NULL));
}

const test_case crowd_cases[] = {
    { "64 threads on one token lose nothing", sixty_four_threads_lose_nothing, .session = true },
    { "eight processes make and destroy objects at once", eight_processes_make_and_destroy_at_once },
    { "a child starts anew whatever its parent was doing", a_child_starts_anew_whatever_its_parent_was_doing },
    { "a program may end without finalizing, with threads at work", a_program_may_end_without_finalizing },
    { NULL },
};
