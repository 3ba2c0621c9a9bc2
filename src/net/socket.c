/* SPDX-License-Identifier: Apache-2.0 */
#include "net/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/own_thread.h"

enum { TICK_MS = 250 };

static int interrupting = -1; /* set before anything waits */

static void free_addresses(struct addrinfo **addresses)
{
    if (*addresses)
        freeaddrinfo(*addresses);
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* poll() that goes on after a signal handler: 1 ready, 0 too late or interrupted, -1 failed. */
static int wait_for(int fd, short events, qk_deadline_ms deadline)
{
    struct pollfd pollers[] = { { .fd = fd, .events = events }, { .fd = interrupting, .events = POLLIN } };
    bool no_wait = deadline == QK_IO_NO_WAIT;
    int ready;

    qk_own_thread_waits();
    do
        ready = poll(pollers, no_wait ? 1 : 2, no_wait ? 0 : qk_deadline_left(deadline));
    while (ready < 0 && errno == EINTR);
    qk_own_thread_works();
    return pollers[1].revents ? 0 : ready;
}

void qk_socket_interrupt_by(int fd)
{
    interrupting = fd;
}

bool qk_socket_interrupted(void)
{
    return interrupting >= 0 && wait_for(interrupting, POLLIN, QK_IO_NO_WAIT) != 0;
}

static bool set_up(int fd)
{
    struct timeval tick = { .tv_usec = TICK_MS * 1000 };
    int on = 1, flags = fcntl(fd, F_GETFL);

    return flags >= 0 && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == 0 &&
           setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof tick) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tick, sizeof tick) == 0;
}

/* 0, or what errno would say. */
static int connect_one(const struct addrinfo *address, qk_deadline_ms deadline, int *out_fd)
{
    QK_OWNED(close_fd)
    int fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->ai_protocol);
    int reason = 0, ready;
    socklen_t len = sizeof reason;

    if (fd < 0)
        return errno;
    if (connect(fd, address->ai_addr, address->ai_addrlen) != 0 && errno != EINPROGRESS && errno != EINTR)
        return errno;
    ready = wait_for(fd, POLLOUT, deadline);
    if (ready <= 0)
        return ready < 0 ? errno : ETIMEDOUT;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &reason, &len) != 0)
        return errno;
    if (reason == 0 && !set_up(fd))
        return errno;
    if (reason != 0)
        return reason;
    *out_fd = fd;
    fd = -1;
    return 0;
}

static qk_err resolve(const char *host, uint16_t port, struct addrinfo **out)
{
    struct addrinfo want = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
    char service[8];
    int result;

    snprintf(service, sizeof service, "%u", port);
    qk_own_thread_waits();
    result = getaddrinfo(host, service, &want, out);
    qk_own_thread_works();
    if (result == 0)
        return QK_OK;
    *out = NULL;
    return qk_fail(QK_E_SERVER_AWAY, "%s:%u: the name does not resolve (%s); check address and DNS", host, port,
                   result == EAI_SYSTEM ? strerror(errno) : gai_strerror(result));
}

qk_err qk_socket_connect(const char *host, uint16_t port, qk_deadline_ms deadline, int *out_fd)
{
    QK_OWNED(free_addresses) struct addrinfo *addresses = NULL;
    int count = 0, reason = 0;

    QK_TRY(resolve(host, port, &addresses));
    for (const struct addrinfo *a = addresses; a; a = a->ai_next)
        count++;
    for (const struct addrinfo *a = addresses; a; a = a->ai_next, count--) {
        int left = qk_deadline_left(deadline), tried;
        if (left == 0 && a != addresses)
            break;
        tried = connect_one(a, left < 0 ? QK_DEADLINE_NEVER : qk_deadline_in(left / count), out_fd);
        if (tried == 0)
            return QK_OK;
        if (reason == 0 || reason == ENETUNREACH || reason == EADDRNOTAVAIL || reason == EAFNOSUPPORT)
            reason = tried; /* "no IPv6 here" says less than what the next address answers */
    }
    return qk_fail(QK_E_SERVER_AWAY, "%s:%u: %s; check address and port, and that the server runs", host, port,
                   reason == ETIMEDOUT ? "no answer in time" : strerror(reason));
}

/* One send() or recv(); `flags` carries MSG_DONTWAIT once the kernel's tick is too long for the time that is left. */
typedef ssize_t (*transfer)(int fd, void *data, size_t len, int flags);

static ssize_t do_recv(int fd, void *data, size_t len, int flags)
{
    ssize_t got;

    qk_own_thread_waits();
    got = recv(fd, data, len, flags);
    qk_own_thread_works();
    return got;
}

static ssize_t do_send(int fd, void *data, size_t len, int flags)
{
    ssize_t gone;

    qk_own_thread_waits();
    gone = send(fd, data, len, flags | MSG_NOSIGNAL);
    qk_own_thread_works();
    return gone;
}

static inline qk_io move(int fd, void *data, size_t len, qk_deadline_ms deadline, short events, transfer step,
                         size_t *out_len)
{
    bool no_wait = deadline == QK_IO_NO_WAIT;

    for (;;) {
        int left = no_wait ? 0 : qk_deadline_left(deadline);
        bool in_kernel = interrupting < 0 && (left < 0 || left >= TICK_MS);
        int ready = in_kernel || no_wait ? 1 : wait_for(fd, events, deadline);
        ssize_t moved = ready > 0 ? step(fd, data, len, in_kernel ? 0 : MSG_DONTWAIT) : -1;

        if (moved > 0 || (moved == 0 && len == 0)) {
            *out_len = (size_t)moved;
            return QK_IO_DONE;
        }
        if (moved == 0)
            return QK_IO_END;
        if (ready == 0 || (no_wait && errno == EAGAIN))
            return QK_IO_LATE;
        if (ready < 0 || (errno != EAGAIN && errno != EINTR))
            return QK_IO_FAILED;
    }
}

qk_io qk_socket_recv(int fd, void *place, size_t room, qk_deadline_ms deadline, size_t *out_len)
{
    return move(fd, place, room, deadline, POLLIN, do_recv, out_len);
}

qk_io qk_socket_send(int fd, const void *data, size_t len, qk_deadline_ms deadline, size_t *out_len)
{
    return move(fd, (void *)(uintptr_t)data, len, deadline, POLLOUT, do_send, out_len);
}

bool qk_socket_readable(int fd)
{
    return wait_for(fd, POLLIN, QK_IO_NO_WAIT) != 0;
}
