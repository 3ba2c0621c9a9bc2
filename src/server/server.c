/* SPDX-License-Identifier: Apache-2.0 */
#include "server/server.h"

#include <event2/thread.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"
#include "crypto/crypto.h"
#include "entropy/entropy.h"
#include "server/tls/client_cas.h"
#include "server/protocol/service.h"
#include "server/tick.h"
#include "server/tls/tls_library.h"

enum {
    KEYS_NICE = 15,
    WEB_THREADS = 2,
    STOP_POLL_MS = 20,
    ANNOUNCED_MS = 250,
    OTHER_DESCRIPTORS = 256,
    STACK_SIZE = 1 << 20
};

struct running {
    qk_server *server;
    qk_watch *watch;
    qk_tick *tick;
    struct event *terminate, *interrupt, *hangup, *stop_timer;
    qk_deadline_ms announced, stop_deadline;
    bool told; /* the end has been announced long enough */
};

/* Locked memory is resident, so with the usual 8 MiB the stacks would be most of the process. */
static void limit_stacks(void)
{
    pthread_attr_t attributes;

    if (pthread_attr_init(&attributes) != 0)
        return;
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);
}

/* Keys pass through OpenSSL's own memory: nothing of this process may reach the swap or a core file. */
static void protect_memory(void)
{
    limit_stacks();
    prctl(PR_SET_DUMPABLE, 0);
    if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
        qk_log(QK_LOG_WARNING,
               "op=start warning=\"memory cannot be locked and may reach the swap: raise RLIMIT_MEMLOCK (ulimit -l)\"");
}

/* Two listeners with so many connections each, and room for databases and certificates. */
static void raise_descriptor_limit(qk_server_config *config)
{
    uint64_t wanted = 2 * config->max_connections + OTHER_DESCRIPTORS;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max >= wanted)
        return;
    config->max_connections = limit.rlim_max > 2 * OTHER_DESCRIPTORS ? (limit.rlim_max - OTHER_DESCRIPTORS) / 2 : 1;
    qk_log(QK_LOG_WARNING, "op=start limits.connections=%ju warning=\"RLIMIT_NOFILE is %ju, which allows no more\"",
           (uintmax_t)config->max_connections, (uintmax_t)limit.rlim_max);
}

static unsigned or_cores(uint64_t configured)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return configured ? (unsigned)configured : cores > 0 ? (unsigned)cores : 1;
}

/* ---- events of the main loop ---- */

static void end_connections(qk_server *server, qk_ending how)
{
    for (unsigned i = 0; i < server->worker_count; i++)
        qk_connections_end(server->workers[i], how);
}

static void on_stop_poll(evutil_socket_t fd, short what, void *arg)
{
    struct running *running = arg;
    const struct timeval pause = { .tv_usec = STOP_POLL_MS * 1000 };

    (void)fd;
    (void)what;
    if (!running->told && qk_deadline_left(running->announced) == 0) {
        running->told = true;
        end_connections(running->server, QK_END_GRACEFULLY);
    }
    if (atomic_load(&running->server->open_connections) == 0 || qk_deadline_left(running->stop_deadline) == 0)
        event_base_loopbreak(running->server->base);
    else
        evtimer_add(running->stop_timer, &pause);
}

static void on_terminate(evutil_socket_t signal_number, short what, void *arg)
{
    struct running *running = arg;
    qk_server *server = running->server;

    (void)what;
    if (atomic_exchange(&server->stopping, true))
        return;
    qk_notify("STOPPING=1");
    qk_log(QK_LOG_INFO, "op=stop signal=%d connections=%zu calls=%zu", (int)signal_number,
           atomic_load(&server->open_connections), atomic_load(&server->open_calls));
    qk_listener_pause(&server->grpc);
    qk_listener_pause(&server->https);
    qk_health_tell(server);
    end_connections(server, QK_END_IS_NEAR);
    running->announced = qk_deadline_in(ANNOUNCED_MS);
    running->stop_deadline = qk_deadline_in((int64_t)server->config.stop_seconds * 1000);
    on_stop_poll(-1, 0, running);
}

static void reload_one(const char *name, qk_server_tls *tls)
{
    qk_err err = tls ? qk_server_tls_reload(tls) : QK_OK;

    if (err == QK_OK)
        qk_log(QK_LOG_INFO, "op=reload listener=%s", name);
    else
        qk_log_failure(QK_LOG_ERROR, err, "op=reload listener=%s kept=old", name);
}

static void on_hangup(evutil_socket_t signal_number, short what, void *arg)
{
    struct running *running = arg;

    (void)signal_number;
    (void)what;
    reload_one("grpc", running->server->grpc_tls);
    reload_one("https", running->server->https_tls);
}

/* ---- starting and stopping ---- */

static qk_err watch_signals(struct running *running)
{
    struct event_base *base = running->server->base;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of the write */
    running->terminate = evsignal_new(base, SIGTERM, on_terminate, running);
    running->interrupt = evsignal_new(base, SIGINT, on_terminate, running);
    running->hangup = evsignal_new(base, SIGHUP, on_hangup, running);
    running->stop_timer = evtimer_new(base, on_stop_poll, running);
    if (!running->terminate || !running->interrupt || !running->hangup || !running->stop_timer ||
        event_add(running->terminate, NULL) || event_add(running->interrupt, NULL) || event_add(running->hangup, NULL))
        return qk_fail(QK_E_NO_MEMORY, "signals");
    return QK_OK;
}

static qk_err start_threads(qk_server *server)
{
    unsigned workers = or_cores(server->config.workers), slow = or_cores(server->config.slow_threads);

    server->workers = calloc(workers, sizeof *server->workers);
    if (!server->workers)
        return qk_fail(QK_E_NO_MEMORY, "workers");
    for (; server->worker_count < workers; server->worker_count++)
        QK_TRY(qk_worker_start(server->worker_count, &server->workers[server->worker_count]));
    QK_TRY(qk_pool_start("keys", slow, KEYS_NICE, &server->keys));
    QK_TRY(qk_pool_start("web", WEB_THREADS, 0, &server->web));
    return qk_pool_start("disk", slow, 0, &server->disk);
}

/* The REST API, and what happens by the clock. Sources may still be starting, or away: then it answers 503. */
static qk_err start_rest(struct running *running)
{
    qk_server *server = running->server;
    const qk_instance *instance = &server->instance;
    qk_rest_host host;

    qk_server_host(server, &host);
    QK_TRY(
        qk_rest_new(&server->config.rest, instance->iam, instance->tokens, instance->test_log, &host, &server->rest));
    QK_TRY(qk_watch_start(&server->config.statistics, instance->test_log, &running->watch));
    return qk_tick_start(server, &running->tick);
}

static void stop(struct running *running)
{
    qk_server *server = running->server;
    struct event *events[] = { running->terminate, running->interrupt, running->hangup, running->stop_timer };

    qk_listener_close(&server->grpc);
    qk_listener_close(&server->https);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (events[i])
            event_free(events[i]);
    qk_watch_stop(&running->watch);
    /* First nobody posts to the pools any more, then these stop: what still waits there is not wanted, and goes back to
     * workers that still run. */
    for (unsigned i = 0; i < server->worker_count; i++)
        qk_connections_close(server->workers[i]);
    qk_pool_stop(&server->keys);
    qk_pool_stop(&server->web);
    qk_pool_stop(&server->disk);
    qk_tick_stop(&running->tick);
    for (unsigned i = 0; i < server->worker_count; i++)
        qk_worker_stop(&server->workers[i]);
    free(server->workers);
    if (server->base)
        event_base_free(server->base);
    qk_server_tls_free(&server->grpc_tls);
    qk_server_tls_free(&server->https_tls);
    free(server->client_cas);
    qk_rest_free(&server->rest);
    qk_attempts_free(&server->attempts);
    qk_reflection_free(&server->reflection);
    qk_instance_close(&server->instance);
}

static qk_err start_and_loop(struct running *running)
{
    qk_server *server = running->server;
    const qk_server_config *config = &server->config;
    qk_hsm_options options = { .cache_keys = config->cache_keys,
                               .legacy_off = !config->legacy,
                               .values_hidden = config->values_hidden,
                               .lax_keys = config->lax_keys,
                               .weak_wrapping = config->weak_wrapping };

    evthread_use_pthreads();
    server->base = event_base_new();
    if (!server->base)
        return qk_fail(QK_E_NO_MEMORY, "event loop");
    QK_TRY(qk_server_tls_new(&config->grpc, "h2", &server->grpc_tls));
    QK_TRY(qk_server_tls_new(&config->https, "http/1.1", &server->https_tls));
    QK_TRY(qk_instance_open(config->database, config->master_key, &options, &server->instance));
    qk_iam_set_token_seconds(server->instance.iam, (int64_t)config->token_seconds);
    server->client_cas_changes = -1;
    QK_TRY(qk_client_cas_refresh(server));
    QK_TRY(qk_attempts_new(&server->attempts));
    if (config->reflection)
        QK_TRY(qk_reflection_new(&server->reflection));
    QK_TRY(start_threads(server));
    QK_TRY(start_rest(running));
    qk_health_look(server);
    QK_TRY(watch_signals(running));
    QK_TRY(qk_listener_open(&server->grpc, server, &qk_grpc_protocol, &config->grpc, server->grpc_tls));
    QK_TRY(qk_listener_open(&server->https, server, &qk_https_protocol, &config->https, server->https_tls));
    qk_log(QK_LOG_INFO, "op=ready version=%s grpc=%s:%u https=%s:%u workers=%u", QK_VERSION, config->grpc.address,
           (unsigned)config->grpc.port, config->https.address, (unsigned)config->https.port, server->worker_count);
    qk_notify("READY=1");
    event_base_dispatch(server->base);
    qk_log(QK_LOG_INFO, "op=stopped");
    return QK_OK;
}

static qk_err run_with_tls(struct running *running)
{
    qk_err err;

    QK_TRY(qk_tls_library_start());
    err = start_and_loop(running);
    stop(running);
    qk_tls_library_stop();
    return err;
}

static qk_err run_on_entropy(struct running *running)
{
    qk_err err;

    running->server->config.entropy.judged = running->server->config.statistics.enabled;
    QK_TRY(qk_entropy_start(&running->server->config.entropy));
    err = run_with_tls(running);
    qk_entropy_stop();
    return err;
}

qk_err qk_server_run(const qk_server_config *config)
{
    static qk_server server;
    struct running running = { .server = &server };
    qk_err err;

    server.config = *config;
    protect_memory();
    raise_descriptor_limit(&server.config);
    QK_TRY(qk_crypto_start());
    err = qk_crypto_choose_lattice(config->lattice != 0);
    if (err == QK_OK)
        err = run_on_entropy(&running);
    qk_crypto_stop();
    return err;
}
