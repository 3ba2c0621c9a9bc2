/* SPDX-License-Identifier: Apache-2.0 */
/* What happens at a process's end is seen in children, by how they ended. */
#include "base/own_thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/testing.h"

enum { FINE = 0, CAME_BACK = 1, HELD = 2, CANNOT = 3 };

static int way[2]; /* what a thread waits for */
static int *volatile tables;
static atomic_int seen;

/* How a child ended that did this and then called exit(0). */
static int end_of_child(void (*run)(void))
{
    int status = 0;
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        run();
        exit(FINE);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void start(void *(*run)(void *))
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, run, NULL) != 0)
        _exit(CANNOT);
    while (atomic_load(&seen) == 0)
        sched_yield();
}

/* ---- a thread that waits ---- */

static void *wait_and_come_back(void *arg)
{
    char byte;

    qk_own_thread_begin();
    qk_own_thread_waits();
    atomic_store(&seen, gettid());
    if (read(way[0], &byte, 1) == 1)
        qk_own_thread_works();
    _exit(CAME_BACK);
    return arg;
}

/* In pause(), unless it has ended the process. */
static bool stands_still(void)
{
    char path[64], state = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/self/task/%d/stat", atomic_load(&seen));
    file = fopen(path, "r");
    if (!file || fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
        state = 0;
    if (file)
        fclose(file);
    return state == 'S';
}

/* Runs after the handler that it tests, because it was registered before it. */
static void end_its_waiting(void)
{
    int left = 1;

    if (write(way[1], "x", 1) != 1)
        _exit(CANNOT);
    while (ioctl(way[0], FIONREAD, &left) == 0 && left > 0)
        sched_yield();
    while (!stands_still())
        sched_yield();
    qk_own_thread_waits(); /* who is no thread of ours passes */
    qk_own_thread_works();
}

static void leave_a_thread_waiting(void)
{
    if (pipe(way) != 0 || atexit(end_its_waiting) != 0)
        _exit(CANNOT);
    qk_own_threads_watch();
    start(wait_and_come_back);
}

static void who_waits_does_not_come_back(void **state)
{
    (void)state;
    assert_int_equal(end_of_child(leave_a_thread_waiting), FINE);
}

/* ---- a thread at work ---- */

static void *use_tables(void *arg)
{
    qk_own_thread_begin();
    for (;;) {
        for (int i = 0; i < 1000; i++)
            atomic_store(&seen, *tables);
        qk_own_thread_waits();
        qk_own_thread_works();
    }
    return arg;
}

static void take_tables_down(void)
{
    free(tables);
    tables = NULL;
    for (int i = 0; i < 1000; i++)
        sched_yield();
}

static void leave_a_thread_at_work(void)
{
    tables = malloc(sizeof *tables);
    if (!tables || atexit(take_tables_down) != 0)
        _exit(CANNOT);
    *tables = 1;
    qk_own_threads_watch();
    start(use_tables);
}

static void who_works_is_waited_for(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++)
        assert_int_equal(end_of_child(leave_a_thread_at_work), FINE);
}

/* ---- forks, and threads that end ---- */

static void was_it_held(void)
{
    if (qk_process_ends())
        _exit(HELD);
}

static void *work_for_ever(void *arg)
{
    qk_own_thread_begin();
    atomic_store(&seen, 1);
    for (;;)
        sched_yield();
    return arg;
}

static void fork_beside_a_thread_at_work(void)
{
    int status;
    pid_t child;

    if (atexit(was_it_held) != 0)
        _exit(CANNOT);
    qk_own_threads_watch();
    start(work_for_ever);
    child = fork();
    if (child == 0)
        exit(FINE);
    if (waitpid(child, &status, 0) != child)
        _exit(CANNOT);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : CANNOT);
}

static void a_child_ends_without_its_parents_threads(void **state)
{
    (void)state;
    assert_int_equal(end_of_child(fork_beside_a_thread_at_work), FINE);
}

static void *begin_and_end(void *arg)
{
    qk_own_thread_begin();
    qk_own_thread_end();
    return arg;
}

static void end_a_thread_first(void)
{
    pthread_t thread;

    qk_own_threads_watch();
    if (pthread_create(&thread, NULL, begin_and_end, NULL) != 0 || pthread_join(thread, NULL) != 0)
        _exit(CANNOT);
    if (qk_process_ends())
        _exit(HELD);
}

static void a_process_without_threads_of_ours_ends(void **state)
{
    (void)state;
    assert_int_equal(end_of_child(end_a_thread_first), FINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_waits_does_not_come_back),
        cmocka_unit_test(who_works_is_waited_for),
        cmocka_unit_test(a_child_ends_without_its_parents_threads),
        cmocka_unit_test(a_process_without_threads_of_ours_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
