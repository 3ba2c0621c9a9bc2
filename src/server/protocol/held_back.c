/* SPDX-License-Identifier: Apache-2.0 */
#include "server/protocol/held_back.h"

#include <stdio.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "server/server.h"

/* A call that waits keeps memory and, should its peer leave, the connection's place. */
enum { MOST_HELD = 1024, SHARE_OF_CONNECTIONS = 4 };

/* An answer needs some time to arrive before the peer gives up. */
enum { ON_THE_WAY_MS = 100 };

enum { REFUSALS_LOGGED = 20, REFUSALS_MS = 1000 };

qk_view qk_bearer_of(const qk_rpc_call *call)
{
    static const char scheme[] = "Bearer ";
    qk_view header = call->authorization;
    size_t len = sizeof scheme - 1;

    if (header.len < len || strncasecmp((const char *)header.data, scheme, len) != 0)
        return QK_VIEW_NONE;
    return qk_view_slice(header, len, header.len);
}

typedef struct held {
    qk_connection *connection;
    qk_rpc_call *call;
    qk_err err;
    char words[sizeof((qk_failure *)0)->words];
} held;

static bool take_place(qk_server *server)
{
    size_t most = server->config.max_connections / SHARE_OF_CONNECTIONS;

    if (atomic_fetch_add(&server->held_back, 1) < (most < MOST_HELD ? most : MOST_HELD))
        return true;
    atomic_fetch_sub(&server->held_back, 1);
    return false;
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
    held *it = arg;
    qk_connection *connection = it->connection;

    (void)fd;
    (void)what;
    atomic_fetch_sub(&connection->server->held_back, 1);
    qk_rpc_call_fail(it->call, it->err, it->words); /* takes `it` with it */
    qk_connection_let_go(connection);
}

static bool wait_first(qk_connection *connection, qk_rpc_call *call, qk_err err, int64_t ms)
{
    const struct timeval wait = { .tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000 * 1000) };
    held *it = qk_arena_zalloc(&call->arena, sizeof *it);

    if (!it)
        return false;
    *it = (held){ .connection = connection, .call = call, .err = err };
    snprintf(it->words, sizeof it->words, "%s", qk_err_words(err));
    return event_base_once(qk_worker_base(connection->worker), -1, EV_TIMEOUT, on_time, it, &wait) == 0;
}

static int64_t least(int64_t wait_ms, qk_deadline_ms deadline)
{
    int64_t left_ms = deadline == QK_DEADLINE_NEVER ? INT64_MAX : qk_deadline_left(deadline) - ON_THE_WAY_MS;

    return wait_ms < left_ms ? wait_ms : left_ms > 0 ? left_ms : 0;
}

qk_err qk_hold_back(qk_connection *connection, qk_rpc_call *call, qk_err err)
{
    qk_server *server = connection->server;
    qk_attempts_verdict verdict = qk_attempts_failed_at(server->attempts, connection->peer, qk_clock_monotonic_ms());

    int64_t wait_ms = least(verdict.hold_back_ms, call->deadline);

    if (verdict.too_many && !qk_iam_issued(server->instance.iam, qk_bearer_of(call)))
        err = qk_fail(QK_E_RATE, "too many calls without a good token: get one, and come again more slowly");
    if (wait_ms == 0 || atomic_load(&server->stopping) || !take_place(server))
        return err;
    if (!wait_first(connection, call, err, wait_ms)) {
        atomic_fetch_sub(&server->held_back, 1);
        return err;
    }
    qk_connection_hold(connection);
    call->later = true;
    return err;
}

/* ---- the log ---- */

/* Anybody can have as many calls refused as he likes, and a log is slow: so many lines of a worker in a second, the
 * next one tells how many more there were. */
static bool worth_a_line(unsigned *out_unlogged)
{
    static _Thread_local int64_t since_ms;
    static _Thread_local unsigned logged, unlogged;
    int64_t now_ms = qk_clock_monotonic_ms();

    if (now_ms - since_ms >= REFUSALS_MS) {
        since_ms = now_ms;
        logged = 0;
    }
    if (logged >= REFUSALS_LOGGED) {
        unlogged++;
        return false;
    }
    logged++;
    *out_unlogged = unlogged;
    unlogged = 0;
    return true;
}

/* The method is whatever the peer sent; a quotation mark in it must not end the words early. */
void qk_log_refusal(const qk_rpc_call *call, const char *peer, qk_err err)
{
    char path[sizeof call->path];
    unsigned unlogged = 0;

    if (err != QK_E_NOT_AUTHORIZED && !worth_a_line(&unlogged))
        return;
    snprintf(path, sizeof path, "%s", call->path);
    for (char *quote = path; (quote = strchr(quote, '"')) != NULL;)
        *quote = '\'';
    qk_log_failure(QK_LOG_WARNING, err, "op=refuse method=%s peer=%s unlogged=%u", path, peer, unlogged);
}
