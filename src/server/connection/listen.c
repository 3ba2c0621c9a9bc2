/* SPDX-License-Identifier: Apache-2.0 */
#include "server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum { BACKLOG = 4096, REFUSED_EVERY_MS = 1000, NEWCOMERS = 64 };

static const char *advice(int reason)
{
    static const struct {
        int reason;
        const char *words;
    } rows[] = {
        { EADDRINUSE, "; another program has it, perhaps another quantokid: stop that one or choose another port" },
        { EADDRNOTAVAIL, "; the address must be one of this machine's" },
        { EACCES, "; ports under 1024 need a privilege: choose another port" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].reason == reason)
            return rows[i].words;
    return "";
}

static qk_err bind_one(const char *name, const qk_listen_config *listen_, const struct addrinfo *info, int *out_fd)
{
    const int one = 1;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return qk_fail(QK_E_SYSTEM, "%s: socket: %s", name, strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, info->ai_addr, info->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        int reason = errno;
        close(fd);
        return qk_fail(QK_E_CONFIG, "%s: cannot listen on %s port %u: %s%s", name, listen_->address,
                       (unsigned)listen_->port, strerror(reason), advice(reason));
    }
    *out_fd = fd;
    return QK_OK;
}

static qk_err listening_socket(const char *name, const qk_listen_config *listen_, int *out_fd)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV }, *found = NULL;
    char port[8];
    int failed;
    qk_err err;

    snprintf(port, sizeof port, "%u", (unsigned)listen_->port);
    failed = getaddrinfo(listen_->address, port, &hints, &found);
    if (failed)
        return qk_fail(QK_E_CONFIG, "%s: address %s: %s", name, listen_->address, gai_strerror(failed));
    err = bind_one(name, listen_, found, out_fd);
    freeaddrinfo(found);
    return err;
}

/* ---- no descriptors ---- */

/* For when the process has no descriptor left: the connections that wait are closed instead of waking the loop for
 * ever. */
static int spare = -1; /* given up for a moment to take a connection that cannot be kept; the main thread's */

static void take_and_close(struct evconnlistener *listener, void *arg)
{
    int reason = errno, fd;

    (void)arg;
    close(spare);
    fd = accept4(evconnlistener_get_fd(listener), NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        close(fd);
    spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    qk_log(QK_LOG_ERROR, "op=accept err=\"%s\" advice=\"raise RLIMIT_NOFILE or lower limits.connections\"",
           strerror(reason));
}

/* ---- listeners ---- */

static void refuse(qk_listener *listener, int fd, const char *peer)
{
    close(fd);
    listener->refused++;
    if (qk_clock_monotonic_ms() - listener->logged_ms < REFUSED_EVERY_MS)
        return;
    qk_log(QK_LOG_WARNING, "op=refuse listener=%s peer=%s refused=%u connections=%zu limit=limits.connections",
           listener->protocol->name, peer, listener->refused, atomic_load(&listener->connections));
    listener->logged_ms = qk_clock_monotonic_ms();
    listener->refused = 0;
}

/* Newcomers for whom a worker may find room are let in above the limit. */
static bool is_full(const qk_listener *listener)
{
    return atomic_load(&listener->connections) >=
           listener->server->config.max_connections + (listener->protocol->idle_since ? NEWCOMERS : 0);
}

static void on_connection(struct evconnlistener *socket, evutil_socket_t fd, struct sockaddr *address, int len,
                          void *arg)
{
    qk_listener *listener = arg;
    qk_server *server = listener->server;
    char host[64] = "?", port[8] = "?", peer[64];

    (void)socket;
    getnameinfo(address, (socklen_t)len, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(peer, sizeof peer, "%.48s:%.7s", host, port);
    if (is_full(listener)) {
        refuse(listener, fd, peer);
        return;
    }
    qk_connection_accept(listener, server->workers[listener->next_worker], fd, peer);
    listener->next_worker = (listener->next_worker + 1) % server->worker_count;
}

qk_err qk_listener_open(qk_listener *listener, qk_server *server, const qk_protocol *protocol,
                        const qk_listen_config *config, qk_server_tls *tls)
{
    int fd = -1;

    listener->server = server;
    listener->protocol = protocol;
    listener->tls = tls;
    listener->idle_ms = (int64_t)config->idle_seconds * 1000;
    QK_TRY(listening_socket(protocol->name, config, &fd));
    listener->socket =
        evconnlistener_new(server->base, on_connection, listener, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
    if (!listener->socket) {
        close(fd);
        return qk_fail(QK_E_NO_MEMORY, "%s listener", protocol->name);
    }
    if (spare < 0)
        spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    evconnlistener_set_error_cb(listener->socket, take_and_close);
    return QK_OK;
}

void qk_listener_pause(qk_listener *listener)
{
    evconnlistener_disable(listener->socket);
}

void qk_listener_close(qk_listener *listener)
{
    if (listener->socket)
        evconnlistener_free(listener->socket);
    listener->socket = NULL;
}
