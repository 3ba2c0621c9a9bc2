/* SPDX-License-Identifier: Apache-2.0 */
#include "server/tick.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/notify.h"
#include "entropy/entropy.h"
#include "server/tls/client_cas.h"
#include "server/tls/tls_library.h"

enum { SAMPLE_EVERY = 10 };

struct qk_tick {
    qk_server *server;
    struct event *second;
    qk_entropy_state state; /* as the log was told last */
    unsigned types;
    bool told;
    qk_task refresh;
    atomic_bool refreshing; /* the task is on the pool: the next second does not post it again */
    unsigned seconds;
    unsigned watchdog_s; /* a sign of life each time; 0: nobody waits for one */
};

/* Half of what the service manager waits for, in whole seconds. */
static unsigned watchdog_seconds(void)
{
    int64_t ms = qk_notify_watchdog_ms();

    return ms == 0 ? 0 : ms < 2000 ? 1 : (unsigned)(ms / 1000);
}

static void refresh_tokens(qk_task *task)
{
    qk_tick *tick = (qk_tick *)(void *)((char *)task - offsetof(qk_tick, refresh));
    qk_err err = qk_tokens_refresh(tick->server->instance.tokens);

    if (err != QK_OK)
        qk_log_failure(QK_LOG_ERROR, err, "op=refresh what=tokens");
    err = qk_client_cas_refresh(tick->server);
    if (err != QK_OK)
        qk_log_failure(QK_LOG_ERROR, err, "op=refresh what=client-authorities kept=old");
    qk_health_look(tick->server);
    atomic_store(&tick->refreshing, false);
}

static const char *yes_no(unsigned types, qk_entropy_type type)
{
    return types & (1U << type) ? "yes" : "no";
}

static void tell_state(qk_tick *tick)
{
    qk_entropy_state state = qk_entropy_state_get();
    unsigned types = qk_entropy_types();

    if (tick->told && state == tick->state && types == tick->types)
        return;
    qk_log(state == QK_ENTROPY_READY || state == QK_ENTROPY_STARTING ? QK_LOG_INFO : QK_LOG_WARNING,
           "op=entropy state=%s quantum=%s mixed=%s", qk_entropy_state_name(state), yes_no(types, QK_ENTROPY_QUANTUM),
           yes_no(types, QK_ENTROPY_MIXED));
    tick->state = state;
    tick->types = types;
    tick->told = true;
}

static void on_second(evutil_socket_t fd, short what, void *arg)
{
    qk_tick *tick = arg;

    (void)fd;
    (void)what;
    tell_state(tick);
    qk_health_tell(tick->server);
    if (tick->watchdog_s && tick->seconds % tick->watchdog_s == 0)
        qk_notify("WATCHDOG=1");
    if (!atomic_exchange(&tick->refreshing, true))
        qk_pool_post_first(tick->server->disk, &tick->refresh); /* a revocation counts within a second */
    if (++tick->seconds % SAMPLE_EVERY != 0)
        return;
    qk_rest_sample(tick->server->rest);
    qk_tls_library_stir();
}

qk_err qk_tick_start(qk_server *server, qk_tick **out_tick)
{
    static const struct timeval second = { .tv_sec = 1 };
    QK_OWNED(qk_tick_stop) qk_tick *tick = calloc(1, sizeof *tick);

    if (!tick)
        return qk_fail(QK_E_NO_MEMORY, "timer");
    tick->server = server;
    tick->refresh.run = refresh_tokens;
    tick->watchdog_s = watchdog_seconds();
    tick->second = event_new(server->base, -1, EV_PERSIST, on_second, tick);
    if (!tick->second || event_add(tick->second, &second) != 0)
        return qk_fail(QK_E_NO_MEMORY, "timer");
    tell_state(tick);
    *out_tick = tick;
    tick = NULL;
    return QK_OK;
}

void qk_tick_stop(qk_tick **tick)
{
    qk_tick *it = *tick;

    *tick = NULL;
    if (!it)
        return;
    if (it->second)
        event_free(it->second);
    free(it);
}
