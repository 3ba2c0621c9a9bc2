/* SPDX-License-Identifier: Apache-2.0 */
/* Anybody may watch, without a token, for as long as he likes, and keeps a connection by it. So watches are counted: a
 * few on each connection, one while many watch, and all of them together never take more than a quarter of the
 * connections there may be (or one). */
#include "server/protocol/health.h"

#include <stdlib.h>

#include "base/log.h"
#include "entropy/entropy.h"
#include "server/server.h"
#include "server/protocol/service.h"

#include "health.pb-c.h"

enum {
    SERVING = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING,
    NOT_SERVING = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING,
    SERVICE_UNKNOWN = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN,
    BELIEVED_MS = 5000, /* without a further look; there is one each second */
    WATCHES_OF_ONE = 8,
    SHARE_OF_WATCHES = 4,
    UNPACKED = 8 * 1024,
};

/* ---- the state ---- */

static qk_err ask(qk_server *server)
{
    uint8_t mac[32];

    QK_TRY(qk_server_check_database(server));
    return qk_ring_mac(server->instance.ring, QK_UNDER_INSTANCE, QK_PURPOSE_ROW, QK_VIEW_LITERAL("health"), mac);
}

void qk_health_look(qk_server *server)
{
    qk_err err = ask(server);

    if (err != QK_OK && atomic_load(&server->health.good))
        qk_log_failure(QK_LOG_ERROR, err, "op=health state=not-serving");
    atomic_store(&server->health.good, err == QK_OK);
    atomic_store(&server->health.looked_ms, qk_clock_monotonic_ms());
}

static int state_of(qk_server *server)
{
    if (atomic_load(&server->stopping) || !atomic_load(&server->health.good) || !qk_entropy_types())
        return NOT_SERVING;
    return qk_clock_monotonic_ms() - atomic_load(&server->health.looked_ms) < BELIEVED_MS ? SERVING : NOT_SERVING;
}

/* ---- those that watch ---- */

typedef struct watcher {
    qk_service_call *call;
    int told;
    bool unknown; /* the service: nothing will change */
    struct watcher *next, **link;
} watcher;

static _Thread_local watcher *watchers; /* this worker's */

static qk_err send_status(qk_service_call *call, int status)
{
    Grpc__Health__V1__HealthCheckResponse answer = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;

    answer.status = (Grpc__Health__V1__HealthCheckResponse__ServingStatus)status;
    return qk_service_send(call, &answer.base);
}

static qk_err tell(watcher *it, int status)
{
    it->told = status;
    return send_status(it->call, it->unknown ? SERVICE_UNKNOWN : status);
}

static watcher *find_untold(int status)
{
    for (watcher *it = watchers; it; it = it->next)
        if (it->told != status && !it->unknown)
            return it;
    return NULL;
}

typedef struct news {
    qk_task task;
    int status;
} news;

/* Writing to a peer may end its connection, and with it any of the watchers. */
static void tell_watchers(qk_task *task)
{
    int status = ((news *)(void *)task)->status;

    free(task);
    for (watcher *it = find_untold(status); it; it = find_untold(status)) {
        qk_connection *connection = it->call->connection;
        qk_err err = tell(it, status);

        if (err != QK_OK)
            qk_rpc_stream_end(it->call->rpc, err, qk_err_words(err));
        qk_connection_flush(connection);
    }
}

void qk_health_tell(qk_server *server)
{
    int status = state_of(server);

    if (status == atomic_load(&server->health.told))
        return;
    qk_log(QK_LOG_INFO, "op=health serving=%s", status == SERVING ? "yes" : "no");
    atomic_store(&server->health.told, status);
    for (unsigned i = 0; i < server->worker_count; i++) {
        news *it = calloc(1, sizeof *it);

        if (!it) { /* again in a second */
            atomic_store(&server->health.told, 0);
            return;
        }
        it->task.run = tell_watchers;
        it->status = status;
        qk_worker_post(server->workers[i], &it->task);
    }
}

/* ---- the methods ---- */

/* "grep11.Crypto" is there if some path begins with "/grep11.Crypto/". */
static bool is_of(const qk_method *methods, size_t count, const char *service)
{
    size_t len = strlen(service);

    for (size_t i = 0; i < count; i++)
        if (strncmp(methods[i].path + 1, service, len) == 0 && methods[i].path[1 + len] == '/')
            return true;
    return false;
}

static bool has_service(const char *name)
{
    return !*name || is_of(qk_hsm_methods, QK_HSM_METHOD_COUNT, name) ||
           is_of(qk_keystore_methods, QK_KEYSTORE_METHOD_COUNT, name);
}

static void free_arena(qk_arena *arena)
{
    qk_arena_done(arena);
}

/* QK_E_OBJECT_MISSING if there is no such service. What the message unpacks to is not kept: a stream may last. */
static qk_err read_request(qk_view message)
{
    QK_OWNED(free_arena) qk_arena arena;
    const char *name;
    void *request;

    qk_arena_init(&arena, UNPACKED);
    QK_TRY(qk_message_read(&grpc__health__v1__health_check_request__descriptor, message, &arena, &request));
    name = ((Grpc__Health__V1__HealthCheckRequest *)request)->service;
    return has_service(name) ? QK_OK : qk_fail(QK_E_OBJECT_MISSING, "there is no service %.64s", name);
}

static qk_err check(qk_service_call *call, qk_view message)
{
    QK_TRY(read_request(message));
    return send_status(call, state_of(call->connection->server));
}

static qk_err make_room(const qk_connection *connection)
{
    qk_server *server = connection->server;
    size_t quarter = server->config.max_connections / SHARE_OF_WATCHES, most = quarter ? quarter : 1, of_one = 0;

    for (const watcher *it = watchers; it; it = it->next)
        of_one += it->call->connection == connection;
    if (of_one > 0 && atomic_load(&server->health.watches) > most / 2)
        return qk_fail(QK_E_RATE, "many watch this server: a connection may do so once");
    if (of_one >= WATCHES_OF_ONE)
        return qk_fail(QK_E_RATE, "a connection may watch %d times at once", WATCHES_OF_ONE);
    if (atomic_fetch_add(&server->health.watches, 1) < most)
        return QK_OK;
    atomic_fetch_sub(&server->health.watches, 1);
    return qk_fail(QK_E_RATE, "too many watch this server; ask with Check");
}

/* Those that watch hear what changes: so what the others were told last comes first, and not what is the case a moment
 * later, which may be over before anybody is told. */
static int first_word(qk_server *server)
{
    int told = atomic_load(&server->health.told);

    return told ? told : state_of(server);
}

static qk_err watch(qk_service_call *call, qk_view message)
{
    watcher *it = qk_arena_zalloc(&call->rpc->arena, sizeof *it);
    qk_err err = read_request(message);
    bool known = err != QK_E_OBJECT_MISSING;

    if (!it)
        return qk_fail(QK_E_NO_MEMORY, "watch");
    QK_TRY(known ? err : QK_OK);
    QK_TRY(make_room(call->connection));
    call->rpc->kept = true;
    *it = (watcher){ .call = call, .unknown = !known, .next = watchers, .link = &watchers };
    if (watchers)
        watchers->link = &it->next;
    watchers = it;
    call->user = it;
    return tell(it, first_word(call->connection->server));
}

static void forget(qk_service_call *call)
{
    watcher *it = call->user;

    if (!it)
        return;
    *it->link = it->next;
    if (it->next)
        it->next->link = it->link;
    atomic_fetch_sub(&call->connection->server->health.watches, 1);
}

const qk_service_method qk_health_check = {
    .path = "/grpc.health.v1.Health/Check", .for_anybody = true, .one_message = true, .on_message = check
};
const qk_service_method qk_health_watch = { .path = "/grpc.health.v1.Health/Watch",
                                            .for_anybody = true,
                                            .one_message = true,
                                            .stays = true,
                                            .on_message = watch,
                                            .on_gone = forget };
