/* SPDX-License-Identifier: Apache-2.0 */
#include "loopback_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_PEERS = 64, ROOM = 64 * 1024 };

typedef struct peer {
    int fd;
    behaviour behaves;
    qk_rpc_session *session;
    qk_buf out;
    bool shut;
} peer;

static void check(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    abort();
}

static void close_peer(loopback_server *server, peer *p)
{
    qk_rpc_session_free(&p->session);
    qk_buf_done(&p->out);
    close(p->fd);
    p->fd = -1;
    atomic_fetch_sub(&server->open, 1);
}

static bool send_all(int fd, qk_view bytes)
{
    while (bytes.len) {
        ssize_t len = send(fd, bytes.data, bytes.len, MSG_NOSIGNAL);

        if (len < 0 && errno == EINTR)
            continue;
        if (len <= 0)
            return false;
        bytes = qk_view_slice(bytes, (size_t)len, SIZE_MAX);
    }
    return true;
}

static void send_garbage(int fd)
{
    uint8_t noise[4096];
    uint32_t seed = 3;

    for (size_t i = 0; i < sizeof noise; i++) {
        seed = seed * 1664525 + 1013904223;
        noise[i] = (uint8_t)(seed >> 16);
    }
    send_all(fd, qk_view_of(noise, sizeof noise));
}

static void accept_peer(loopback_server *server, peer *p)
{
    static const qk_rpc_limits limits = { 64 << 20, 128 };
    int fd = accept(server->listener, NULL, NULL), one = 1;

    check(fd >= 0, "accept");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    *p = (peer){ .fd = fd, .behaves = SERVES };
    if (atomic_load(&server->misbehaves) != 0) {
        p->behaves = atomic_load(&server->behaves);
        if (atomic_load(&server->misbehaves) > 0)
            atomic_fetch_sub(&server->misbehaves, 1);
    }
    atomic_fetch_add(&server->connections, 1);
    atomic_fetch_add(&server->open, 1);
    check(qk_rpc_session_new(&server->callbacks, server->context, &limits, &p->session) == QK_OK, "session");
    if (p->behaves == SPEAKS_GARBAGE) {
        send_garbage(fd);
        close_peer(server, p);
    }
}

/* False: the connection ends. */
static bool flush(peer *p)
{
    do {
        qk_buf_clear(&p->out);
        if (qk_rpc_session_drain(p->session, 256 * 1024, &p->out) != QK_OK || !send_all(p->fd, qk_buf_view(&p->out)))
            return false;
    } while (p->out.len);
    return !qk_rpc_session_finished(p->session);
}

static bool serve(loopback_server *server, peer *p)
{
    static uint8_t bytes[ROOM];
    ssize_t len = recv(p->fd, bytes, sizeof bytes, 0);
    bool fed;

    if (len <= 0)
        return false;
    if (p->behaves == IS_SILENT)
        return true;
    if (p->behaves == HANGS_UP)
        return false;
    if (p->behaves == SAYS || p->behaves == SAYS_AND_HANGS_UP) {
        send_all(p->fd, server->script);
        return p->behaves == SAYS;
    }
    fed = qk_rpc_session_feed(p->session, qk_view_of(bytes, (size_t)len)) == QK_OK;
    if (p->behaves == PERFORMS_AND_DIES)
        return false;
    return flush(p) && fed;
}

static void say_goodbye(loopback_server *server, peer *p)
{
    p->shut = true;
    qk_rpc_session_shutdown(p->session);
    if (!flush(p))
        close_peer(server, p);
}

static void *run(void *argument)
{
    loopback_server *server = argument;
    peer *peers = calloc(MAX_PEERS, sizeof *peers);
    struct pollfd polled[MAX_PEERS + 2];

    check(peers != NULL, "calloc");
    for (size_t i = 0; i < MAX_PEERS; i++)
        peers[i].fd = -1;
    for (;;) {
        size_t free_place = MAX_PEERS;

        for (size_t i = 0; i < MAX_PEERS; i++) {
            polled[i] = (struct pollfd){ peers[i].fd, POLLIN, 0 };
            if (peers[i].fd < 0)
                free_place = i;
        }
        polled[MAX_PEERS] = (struct pollfd){ free_place < MAX_PEERS ? server->listener : -1, POLLIN, 0 };
        polled[MAX_PEERS + 1] = (struct pollfd){ server->wake[0], POLLIN, 0 };
        check(poll(polled, MAX_PEERS + 2, 5) >= 0 || errno == EINTR, "poll");
        if (polled[MAX_PEERS + 1].revents)
            break;
        for (size_t i = 0; i < MAX_PEERS; i++) {
            if (peers[i].fd >= 0 && polled[i].revents && !serve(server, &peers[i]))
                close_peer(server, &peers[i]);
            if (peers[i].fd >= 0 && atomic_load(&server->shutdown) && !peers[i].shut)
                say_goodbye(server, &peers[i]);
        }
        if (polled[MAX_PEERS].revents)
            accept_peer(server, &peers[free_place]);
    }
    for (size_t i = 0; i < MAX_PEERS; i++)
        if (peers[i].fd >= 0)
            close_peer(server, &peers[i]);
    free(peers);
    return NULL;
}

void loopback_start(loopback_server *server)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(server->port) };
    socklen_t len = sizeof address;
    int one = 1;

    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(server->listener >= 0, "socket");
    setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    check(bind(server->listener, (struct sockaddr *)&address, sizeof address) == 0, "bind");
    check(listen(server->listener, 64) == 0, "listen");
    check(getsockname(server->listener, (struct sockaddr *)&address, &len) == 0, "getsockname");
    server->port = ntohs(address.sin_port);
    atomic_store(&server->shutdown, false);
    check(pipe(server->wake) == 0, "pipe");
    check(pthread_create(&server->thread, NULL, run, server) == 0, "pthread_create");
}

void loopback_kill(loopback_server *server)
{
    check(write(server->wake[1], "", 1) == 1, "write");
    pthread_join(server->thread, NULL);
    close(server->wake[0]);
    close(server->wake[1]);
    close(server->listener);
}
