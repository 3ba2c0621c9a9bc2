/* SPDX-License-Identifier: Apache-2.0 */
/* Inside a foreign process: threads, forks, and what must be left as it was found. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/err.h>

#include "module/contract/testing.h"

static CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };

static CK_RV sign_once(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
    CK_BYTE hash[32] = { 5 }, signature[64];
    CK_ULONG len = sizeof signature;
    CK_RV rv = p11->C_SignInit(session, &ecdsa, key);

    return rv == CKR_OK ? p11->C_Sign(session, hash, sizeof hash, signature, &len) : rv;
}

/* --- threads --- */

static CK_OBJECT_HANDLE shared_public, shared_private;
static atomic_int failures;

static void check(CK_RV rv)
{
    if (rv != CKR_OK)
        atomic_fetch_add(&failures, 1);
}

/* Everything that touches shared tables: sessions, keys, searches, random. */
static void *work_in_own_session(void *unused)
{
    CK_ATTRIBUTE label = ATTR_TEXT(CKA_LABEL, "shared");

    (void)unused;
    for (int i = 0; i < 40; i++) {
        CK_SESSION_HANDLE session = test_open(CKF_RW_SESSION);
        CK_OBJECT_HANDLE found[4];
        CK_ULONG count = 0;
        CK_BYTE bytes[32];
        check(sign_once(session, shared_private));
        check(p11->C_FindObjectsInit(session, &label, 1));
        check(p11->C_FindObjects(session, found, 4, &count));
        check(p11->C_FindObjectsFinal(session));
        check(count == 2 ? CKR_OK : CKR_GENERAL_ERROR);
        check(p11->C_GenerateRandom(session, bytes, sizeof bytes));
        check(p11->C_CloseSession(session));
    }
    return NULL;
}

static void threads_work_side_by_side(void **state)
{
    pthread_t threads[4];

    (void)state;
    atomic_store(&failures, 0);
    test_ec_pair(test_session, true, "shared", &shared_public, &shared_private);
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work_in_own_session, NULL), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&failures), 0);
    assert_ok(p11->C_DestroyObject(test_session, shared_private));
    assert_ok(p11->C_DestroyObject(test_session, shared_public));
}

/* Calls on one session take turns; what they meet is another's operation, never a broken one. */
static void *fight_for_one_session(void *unused)
{
    (void)unused;
    for (int i = 0; i < 200; i++) {
        CK_RV rv = sign_once(test_session, shared_private);
        if (rv != CKR_OK && rv != CKR_OPERATION_ACTIVE && rv != CKR_OPERATION_NOT_INITIALIZED)
            atomic_fetch_add(&failures, 1);
    }
    return NULL;
}

static void threads_may_share_a_session(void **state)
{
    pthread_t threads[4];

    (void)state;
    atomic_store(&failures, 0);
    test_ec_pair(test_session, false, "", &shared_public, &shared_private);
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, fight_for_one_session, NULL), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&failures), 0);
}

/* --- fork --- */

/* Runs `child` in a child; its answer is the line that failed, or 0. */
static int in_child(int (*child)(void))
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        alarm(60); /* a deadlock ends too */
        _exit(child());
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}

/* Lines do not fit into an exit status. */
#define EXPECT(number, condition)                                                                                      \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            return (number);                                                                                           \
    } while (0)

static int use_without_initialising(void)
{
    CK_SESSION_INFO info;
    CK_BYTE byte;

    EXPECT(1, p11->C_GetSessionInfo(test_session, &info) == CKR_CRYPTOKI_NOT_INITIALIZED);
    EXPECT(2, p11->C_GenerateRandom(test_session, &byte, 1) == CKR_CRYPTOKI_NOT_INITIALIZED);
    EXPECT(3, sign_once(test_session, shared_private) == CKR_CRYPTOKI_NOT_INITIALIZED);
    EXPECT(4, p11->C_Finalize(NULL) == CKR_CRYPTOKI_NOT_INITIALIZED);
    return 0;
}

static int initialise_anew(void)
{
    CK_ATTRIBUTE template_[] = { ATTR_TEXT(CKA_LABEL, "inherited"), ATTR_BOOL(CKA_SIGN, true) };
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key = 0;
    CK_SESSION_INFO info;
    CK_ULONG count = 0;

    EXPECT(1, p11->C_Initialize(NULL) == CKR_OK);
    EXPECT(2, p11->C_GetSessionInfo(test_session, &info) == CKR_SESSION_HANDLE_INVALID);
    session = test_open(CKF_RW_SESSION);
    EXPECT(3, session != 0 && session != test_session);
    EXPECT(4, test_login(session, CKU_USER) == CKR_OK); /* the parent's login is not the child's */
    EXPECT(5, p11->C_FindObjectsInit(session, template_, 2) == CKR_OK);
    EXPECT(6, p11->C_FindObjects(session, &key, 1, &count) == CKR_OK && count == 1);
    EXPECT(7, p11->C_FindObjectsFinal(session) == CKR_OK);
    EXPECT(8, sign_once(session, key) == CKR_OK);
    EXPECT(9, p11->C_Finalize(NULL) == CKR_OK);
    EXPECT(10, p11->C_Initialize(NULL) == CKR_OK);
    EXPECT(11, p11->C_Finalize(NULL) == CKR_OK);
    return 0;
}

static int grandchild(void)
{
    EXPECT(1, p11->C_Initialize(NULL) == CKR_OK);
    EXPECT(2, in_child(use_without_initialising) == 0);
    EXPECT(3, in_child(initialise_anew) == 0);
    EXPECT(4, p11->C_Finalize(NULL) == CKR_OK);
    return 0;
}

static void a_child_starts_anew_and_the_parent_goes_on(void **state)
{
    (void)state;
    test_ec_pair(test_session, true, "inherited", &shared_public, &shared_private);
    assert_int_equal(in_child(use_without_initialising), 0);
    assert_ok(sign_once(test_session, shared_private));
    assert_int_equal(in_child(initialise_anew), 0);
    assert_ok(sign_once(test_session, shared_private));
    assert_int_equal(in_child(grandchild), 0);
    assert_ok(sign_once(test_session, shared_private));
    assert_ok(p11->C_DestroyObject(test_session, shared_private));
    assert_ok(p11->C_DestroyObject(test_session, shared_public));
}

#ifndef __SANITIZE_ADDRESS__
static atomic_bool stop;

static void *keep_busy(void *unused)
{
    CK_SESSION_HANDLE session = test_open(CKF_RW_SESSION);

    (void)unused;
    while (!atomic_load(&stop)) {
        CK_OBJECT_HANDLE key = test_aes_key(session, true, "busy");
        check(sign_once(session, shared_private));
        check(p11->C_DestroyObject(session, key));
    }
    return NULL;
}

/* The child is born while other threads hold whatever locks there are. */
static void a_fork_in_the_middle_of_everything_works(void **state)
{
    pthread_t threads[3];
    int results = 0;

    (void)state;
    atomic_store(&failures, 0);
    atomic_store(&stop, false);
    test_ec_pair(test_session, true, "inherited", &shared_public, &shared_private);
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, keep_busy, NULL), 0);
    for (int i = 0; i < 5; i++)
        results |= in_child(i % 2 ? use_without_initialising : initialise_anew);
    atomic_store(&stop, true);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(results, 0);
    assert_int_equal(atomic_load(&failures), 0);
    assert_ok(p11->C_DestroyObject(test_session, shared_private));
    assert_ok(p11->C_DestroyObject(test_session, shared_public));
}
#endif

/* --- a guest leaves no traces --- */

static void errno_and_the_error_queue_stay_as_they_were(void **state)
{
    CK_BYTE forged[64] = { 1 }, hash[32] = { 2 };

    (void)state;
    test_ec_pair(test_session, false, "", &shared_public, &shared_private);
    ERR_clear_error();
    errno = 4711;
    assert_ok(p11->C_VerifyInit(test_session, &ecdsa, shared_public));
    assert_rv(p11->C_Verify(test_session, hash, 32, forged, 64), CKR_SIGNATURE_INVALID);
    assert_int_equal(errno, 4711);
    assert_int_equal(ERR_peek_error(), 0);
    ERR_raise(ERR_LIB_USER, 42); /* the host's own error outlives ours */
    assert_ok(p11->C_VerifyInit(test_session, &ecdsa, shared_public));
    assert_rv(p11->C_Verify(test_session, hash, 32, forged, 64), CKR_SIGNATURE_INVALID);
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), 42);
    assert_int_equal(ERR_peek_error(), 0);
}

static int count_threads(void)
{
    FILE *status = fopen("/proc/self/status", "r");
    char line[128];
    int threads = 0;

    assert_non_null(status);
    while (fgets(line, sizeof line, status))
        sscanf(line, "Threads: %d", &threads);
    fclose(status);
    return threads;
}

static void no_thread_and_no_signal_handler_is_added(void **state)
{
    struct sigaction before[32], after[32];
    int threads;

    test_end(state);
    threads = count_threads();
    for (int i = 1; i < 32; i++)
        sigaction(i, NULL, &before[i]);
    assert_int_equal(test_begin_logged_in(state), 0);
    test_ec_pair(test_session, false, "", &shared_public, &shared_private);
    assert_ok(sign_once(test_session, shared_private));
    for (int i = 1; i < 32; i++) {
        sigaction(i, NULL, &after[i]);
        assert_true(before[i].sa_handler == after[i].sa_handler);
    }
    assert_int_equal(count_threads(), threads);
}

/* dlclose and dlopen again: what OpenSSL and the C library still point to must be there when the process ends. */
static void the_library_can_be_closed_and_opened_again(void **state)
{
    CK_C_GetFunctionList get;
    CK_FUNCTION_LIST *list = NULL;

    test_end(state);
    for (int i = 0; i < 3; i++) {
        void *library = dlopen(getenv("QUANTOKI_MODULE"), RTLD_NOW);
        assert_non_null(library);
        *(void **)&get = dlsym(library, "C_GetFunctionList");
        assert_ok(get(&list));
        assert_ok(list->C_Initialize(NULL));
        assert_ok(list->C_Finalize(NULL));
        assert_int_equal(dlclose(library), 0);
    }
    assert_int_equal(test_begin(state), 0);
}

static atomic_bool may_end;

static void *draw_and_stay(void *drew)
{
    CK_SESSION_HANDLE session = test_open(CKF_SERIAL_SESSION);
    CK_BYTE bytes[32];

    check(p11->C_GenerateRandom(session, bytes, sizeof bytes));
    check(sign_once(session, shared_private));
    atomic_store((atomic_bool *)drew, true);
    while (!atomic_load(&may_end))
        usleep(1000);
    return NULL;
}

/* OpenSSL frees a thread's generators when the thread ends: what they belong to must be there, whatever came between.
 */
static void a_thread_may_end_after_the_library(void **state)
{
    atomic_bool drew[2] = { false, false };
    pthread_t threads[2];

    test_ec_pair(test_session, false, "", &shared_public, &shared_private);
    atomic_store(&failures, 0);
    atomic_store(&may_end, false);
    for (size_t i = 0; i < COUNT(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, draw_and_stay, &drew[i]), 0);
        while (!atomic_load(&drew[i]))
            usleep(1000);
    }
    test_end(state);
    assert_int_equal(test_begin(state), 0);
    atomic_store(&may_end, true);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&failures), 0);
}

#define IN(test) cmocka_unit_test_setup_teardown(test, test_begin_logged_in, test_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN(threads_work_side_by_side),
        IN(threads_may_share_a_session),
        IN(a_child_starts_anew_and_the_parent_goes_on),
/* AddressSanitizer's allocator of gcc 12 does not take its own locks at fork(): its children may hang in malloc. */
#ifndef __SANITIZE_ADDRESS__
        IN(a_fork_in_the_middle_of_everything_works),
#endif
        IN(errno_and_the_error_queue_stay_as_they_were),
        IN(no_thread_and_no_signal_handler_is_added),
        IN(the_library_can_be_closed_and_opened_again),
        IN(a_thread_may_end_after_the_library),
    };

    return cmocka_run_group_tests(tests, test_token_make, test_token_remove);
}
