/* SPDX-License-Identifier: Apache-2.0 */
#include "seeder/worker/process.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/testing.h"

/* A child that ends at once with a status, or (-1) never. */
static qk_seed_process *child_that_ends(int status)
{
    qk_seed_process *process = NULL;

    assert_qk_ok(qk_seed_process_new("test", &process));
    process->pid = fork();
    assert_true(process->pid >= 0);
    if (process->pid == 0) {
        while (status < 0)
            pause();
        _exit(status);
    }
    return process;
}

static void wait_for_news(void)
{
    assert_int_equal(poll(&(struct pollfd){ .fd = qk_seed_processes_fd(), .events = POLLIN }, 1, 60000), 1);
    qk_seed_processes_news();
}

static void a_child_that_has_ended_is_news_and_has_a_status(void **state)
{
    qk_seed_process *process = child_that_ends(7);
    int status = 0;

    (void)state;
    wait_for_news();
    assert_true(qk_seed_process_has_ended(process, &status));
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_true(qk_seed_process_has_ended(process, &status)); /* and no other with its number is waited for */
    free(process);
}

static void a_child_that_goes_on_is_not_waited_for(void **state)
{
    qk_seed_process *process = child_that_ends(-1);
    int status = 0;

    (void)state;
    assert_false(qk_seed_process_has_ended(process, &status));
    qk_seed_process_part(&process, qk_clock_monotonic_ms() + 3600000);
    assert_null(process);
    qk_seed_processes_collect(qk_clock_monotonic_ms());
    assert_int_equal(qk_seed_processes_stuck("test", qk_clock_monotonic_ms()), 0); /* its time is not over */
    assert_int_equal(qk_seed_processes_stuck("test", INT64_MAX), 1);
    assert_int_equal(qk_seed_processes_stuck("another", INT64_MAX), 0);
    qk_seed_processes_collect(qk_clock_monotonic_ms() + 3600000);
    wait_for_news();
    qk_seed_processes_collect(0);
    assert_int_equal(qk_seed_processes_stuck("test", INT64_MAX), 0);
}

static void at_the_end_nobody_is_left(void **state)
{
    (void)state;
    for (int status = -1; status < 2; status++) {
        qk_seed_process *process = child_that_ends(status);
        qk_seed_process_part(&process, qk_clock_monotonic_ms() + 3600000);
    }
    qk_seed_processes_end(qk_deadline_in(1), 60000); /* who does not end by then is killed */
    assert_int_equal(qk_seed_processes_stuck("test", INT64_MAX), 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_that_has_ended_is_news_and_has_a_status),
        cmocka_unit_test(a_child_that_goes_on_is_not_waited_for),
        cmocka_unit_test(at_the_end_nobody_is_left),
    };
    qk_seed_processes_fd(); /* blocks SIGCHLD */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
