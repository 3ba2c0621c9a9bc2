/* SPDX-License-Identifier: Apache-2.0 */
#include "base/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/testing.h"

/* A service manager's socket; `name` begins with @ for one without a file. */
static int listen_at(const char *name)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    size_t len = strlen(name);

    memcpy(address.sun_path, name, len);
    if (*name == '@')
        address.sun_path[0] = 0;
    assert_return_code(bind(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
                       0);
    setenv("NOTIFY_SOCKET", name, 1);
    return fd;
}

static void assert_heard(int fd, const char *wanted)
{
    char heard[64];
    ssize_t len = recv(fd, heard, sizeof heard, MSG_DONTWAIT);

    assert_int_equal(len, strlen(wanted));
    assert_memory_equal(heard, wanted, strlen(wanted));
    close(fd);
    unsetenv("NOTIFY_SOCKET");
}

static void a_socket_with_a_file_hears(void **state)
{
    int fd = listen_at(test_path("notify"));

    (void)state;
    qk_notify("READY=1");
    assert_heard(fd, "READY=1");
}

static void a_socket_without_a_file_hears(void **state)
{
    char name[64];
    int fd;

    (void)state;
    snprintf(name, sizeof name, "@quantoki-notify-test-%ld", (long)getpid());
    fd = listen_at(name);
    qk_notify("STOPPING=1");
    assert_heard(fd, "STOPPING=1");
}

static void nobody_need_listen(void **state)
{
    char longest[200];

    (void)state;
    memset(longest, 'x', sizeof longest - 1);
    longest[0] = '/';
    longest[sizeof longest - 1] = 0;
    qk_notify("READY=1");
    for (size_t i = 0; i < 4; i++) {
        setenv("NOTIFY_SOCKET", (const char *const[]){ "", "relative", "/nowhere/at/all", longest }[i], 1);
        qk_notify("READY=1");
    }
    unsetenv("NOTIFY_SOCKET");
}

static void the_watchdog_is_ours_alone(void **state)
{
    char own[24];

    (void)state;
    unsetenv("WATCHDOG_USEC");
    assert_int_equal(qk_notify_watchdog_ms(), 0);
    setenv("WATCHDOG_USEC", "30000000", 1);
    assert_int_equal(qk_notify_watchdog_ms(), 15000);
    setenv("WATCHDOG_PID", "1", 1);
    assert_int_equal(qk_notify_watchdog_ms(), 0);
    snprintf(own, sizeof own, "%ld", (long)getpid());
    setenv("WATCHDOG_PID", own, 1);
    assert_int_equal(qk_notify_watchdog_ms(), 15000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_socket_with_a_file_hears),
        cmocka_unit_test(a_socket_without_a_file_hears),
        cmocka_unit_test(nobody_need_listen),
        cmocka_unit_test(the_watchdog_is_ours_alone),
    };

    return cmocka_run_group_tests_name("notify", tests, make_test_folder, remove_test_folder);
}
