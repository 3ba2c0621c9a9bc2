/* SPDX-License-Identifier: Apache-2.0 */
/* What an interruption ends, and what it leaves alone. The rest of socket.c is tested through streams. */
#include "net/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/testing.h"

typedef struct fixture {
    int here, there; /* the ends of a connection */
    int alarm;       /* can be read soon after it was set */
} fixture;

static int begin(void **state)
{
    static fixture f;
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    f = (fixture){ ends[0], ends[1], timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK) };
    qk_socket_interrupt_by(f.alarm);
    alarm(60); /* a wait that goes on for ever is a failure */
    *state = &f;
    return 0;
}

static int end(void **state)
{
    fixture *f = *state;

    qk_socket_interrupt_by(-1);
    close(f->here);
    close(f->there);
    close(f->alarm);
    alarm(0);
    return 0;
}

static void set_alarm(const fixture *f)
{
    assert_int_equal(timerfd_settime(f->alarm, 0, &(struct itimerspec){ .it_value.tv_nsec = 20000000 }, NULL), 0);
}

static void await_alarm(const fixture *f)
{
    set_alarm(f);
    while (!qk_socket_interrupted())
        continue;
}

static qk_io receive(const fixture *f, qk_deadline_ms deadline)
{
    uint8_t byte;
    size_t len = 0;

    return qk_socket_recv(f->here, &byte, 1, deadline, &len);
}

static void a_wait_for_bytes_is_interrupted(void **state)
{
    set_alarm(*state);
    assert_int_equal(receive(*state, QK_DEADLINE_NEVER), QK_IO_LATE);
    assert_true(qk_socket_interrupted());
    assert_int_equal(receive(*state, qk_deadline_in(60000)), QK_IO_LATE); /* and so is the next */
}

static void a_wait_for_room_is_interrupted(void **state)
{
    static const uint8_t piece[65536];
    fixture *f = *state;
    size_t len;

    set_alarm(f);
    while (qk_socket_send(f->here, piece, sizeof piece, QK_DEADLINE_NEVER, &len) == QK_IO_DONE)
        continue;
    assert_true(qk_socket_interrupted());
}

/* Its backlog is full, so the kernel answers nobody else. */
static uint16_t listen_to_nobody(int fds[4])
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;

    fds[0] = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fds[0], (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(fds[0], 0), 0);
    assert_int_equal(getsockname(fds[0], (struct sockaddr *)&address, &len), 0);
    for (int i = 1; i < 4; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(fds[i], (struct sockaddr *)&address, len);
    }
    return ntohs(address.sin_port);
}

static void a_wait_for_a_connection_is_interrupted(void **state)
{
    int fds[4], fd = -1;
    uint16_t port = listen_to_nobody(fds);

    set_alarm(*state);
    assert_qk_err(qk_socket_connect("127.0.0.1", port, QK_DEADLINE_NEVER, &fd), QK_E_SERVER_AWAY);
    assert_true(qk_socket_interrupted());
    for (int i = 0; i < 4; i++)
        close(fds[i]);
}

static void what_does_not_wait_is_not_interrupted(void **state)
{
    fixture *f = *state;

    await_alarm(f);
    assert_int_equal(receive(f, QK_IO_NO_WAIT), QK_IO_LATE);
    assert_int_equal(write(f->there, "x", 1), 1);
    assert_true(qk_socket_readable(f->here));
    assert_int_equal(receive(f, QK_IO_NO_WAIT), QK_IO_DONE);
}

static void without_an_interruption_a_wait_goes_on(void **state)
{
    fixture *f = *state;

    assert_false(qk_socket_interrupted());
    assert_int_equal(receive(f, qk_deadline_in(10)), QK_IO_LATE);
    assert_int_equal(write(f->there, "x", 1), 1);
    assert_int_equal(receive(f, QK_DEADLINE_NEVER), QK_IO_DONE);
    await_alarm(f);
    qk_socket_interrupt_by(-1);
    assert_false(qk_socket_interrupted());
    assert_int_equal(write(f->there, "x", 1), 1);
    assert_int_equal(receive(f, QK_DEADLINE_NEVER), QK_IO_DONE);
}

#define SOCKET_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SOCKET_TEST(a_wait_for_bytes_is_interrupted),        SOCKET_TEST(a_wait_for_room_is_interrupted),
        SOCKET_TEST(a_wait_for_a_connection_is_interrupted), SOCKET_TEST(what_does_not_wait_is_not_interrupted),
        SOCKET_TEST(without_an_interruption_a_wait_goes_on),
    };
    return cmocka_run_group_tests_name("socket", tests, NULL, NULL);
}
