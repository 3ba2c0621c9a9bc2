/* SPDX-License-Identifier: Apache-2.0 */
#include "base/life.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own_thread.h"
#include "base/testing.h"

enum { FINE = 0, CLAIMED = 1, CANNOT = 2, LATE_S = 60 };

static void it_begins_and_ends_once(void **state)
{
    (void)state;
    assert_qk_err(qk_life_end(), QK_E_NOT_INITIALIZED);
    assert_qk_ok(qk_life_begin());
    assert_false(qk_life_live());
    assert_qk_err(qk_life_begin(), QK_E_ALREADY_INITIALIZED);
    qk_life_settle(true);
    assert_true(qk_life_live());
    assert_qk_err(qk_life_begin(), QK_E_ALREADY_INITIALIZED);
    assert_qk_ok(qk_life_end());
    qk_life_settle(false);
    assert_false(qk_life_live());
}

/* ---- a change that never ends ---- */

static atomic_bool changing;

static void *change_for_ever(void *arg)
{
    if (qk_life_begin() != QK_OK)
        _exit(CANNOT);
    atomic_store(&changing, true);
    for (;;)
        pause();
    return arg;
}

/* Registered before the handler that says so, and with that run after it. */
static void end_late(void)
{
    if (qk_life_end() == QK_OK || qk_life_begin() == QK_OK)
        _exit(CLAIMED);
}

static void leave_in_the_middle(void)
{
    pthread_t thread;

    alarm(LATE_S);
    if (atexit(end_late) != 0)
        _exit(CANNOT);
    qk_own_threads_watch();
    if (pthread_create(&thread, NULL, change_for_ever, NULL) != 0)
        _exit(CANNOT);
    while (!atomic_load(&changing))
        sched_yield();
    exit(FINE);
}

static void nobody_waits_for_another_when_the_process_ends(void **state)
{
    int status = 0;
    pid_t child;

    (void)state;
    fflush(stdout);
    child = fork();
    if (child == 0)
        leave_in_the_middle();
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), FINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_begins_and_ends_once),
        cmocka_unit_test(nobody_waits_for_another_when_the_process_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
