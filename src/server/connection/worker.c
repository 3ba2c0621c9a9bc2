/* SPDX-License-Identifier: Apache-2.0 */
#include "server/connection/worker.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct qk_worker {
    pthread_t thread;
    bool running;
    struct event_base *base;
    struct event *wake;
    int wake_fd;
    pthread_mutex_t lock;
    qk_task *first, **last; /* guarded by lock, in the order of posting */
    qk_task stop;
};

static void run_tasks(evutil_socket_t fd, short what, void *arg)
{
    qk_worker *worker = arg;
    qk_task *task;
    uint64_t count;

    (void)what;
    if (read(fd, &count, sizeof count) < 0)
        return;
    pthread_mutex_lock(&worker->lock);
    task = worker->first;
    worker->first = NULL;
    worker->last = &worker->first;
    pthread_mutex_unlock(&worker->lock);
    for (qk_task *next; task; task = next) {
        next = task->next;
        task->run(task);
    }
}

static void *run_loop(void *arg)
{
    qk_worker *worker = arg;

    event_base_dispatch(worker->base);
    return NULL;
}

static void end_loop(qk_task *task)
{
    qk_worker *worker = (qk_worker *)(void *)((char *)task - offsetof(qk_worker, stop));
    event_base_loopbreak(worker->base);
}

static void free_worker(qk_worker **worker)
{
    if (!*worker)
        return;
    if ((*worker)->wake)
        event_free((*worker)->wake);
    if ((*worker)->base)
        event_base_free((*worker)->base);
    if ((*worker)->wake_fd >= 0)
        close((*worker)->wake_fd);
    pthread_mutex_destroy(&(*worker)->lock);
    free(*worker);
    *worker = NULL;
}

/* Without locks: other threads reach a loop through its eventfd alone. */
static struct event_base *new_base(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    if (config && event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0)
        base = event_base_new_with_config(config);
    if (config)
        event_config_free(config);
    return base;
}

qk_err qk_worker_start(unsigned number, qk_worker **out_worker)
{
    QK_OWNED(free_worker) qk_worker *worker = calloc(1, sizeof *worker);
    char name[16];

    if (!worker)
        return qk_fail(QK_E_NO_MEMORY, "worker %u", number);
    pthread_mutex_init(&worker->lock, NULL);
    worker->last = &worker->first;
    worker->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    worker->base = new_base();
    if (worker->wake_fd < 0 || !worker->base)
        return qk_fail(QK_E_SYSTEM, "worker %u: no event loop", number);
    worker->wake = event_new(worker->base, worker->wake_fd, EV_READ | EV_PERSIST, run_tasks, worker);
    if (!worker->wake || event_add(worker->wake, NULL) != 0)
        return qk_fail(QK_E_NO_MEMORY, "worker %u: no event", number);
    if (pthread_create(&worker->thread, NULL, run_loop, worker) != 0)
        return qk_fail(QK_E_SYSTEM, "worker %u: no thread", number);
    snprintf(name, sizeof name, "worker-%u", number);
    pthread_setname_np(worker->thread, name);
    worker->running = true;
    *out_worker = worker;
    worker = NULL;
    return QK_OK;
}

struct event_base *qk_worker_base(qk_worker *worker)
{
    return worker->base;
}

void qk_worker_post(qk_worker *worker, qk_task *task)
{
    const uint64_t one = 1;
    bool was_empty;

    task->next = NULL;
    pthread_mutex_lock(&worker->lock);
    was_empty = worker->first == NULL;
    *worker->last = task;
    worker->last = &task->next;
    pthread_mutex_unlock(&worker->lock);
    if (was_empty && write(worker->wake_fd, &one, sizeof one) < 0) {
        /* The counter is full: the loop is awake already. */
    }
}

void qk_worker_stop(qk_worker **worker)
{
    if (!*worker)
        return;
    (*worker)->stop.run = end_loop;
    qk_worker_post(*worker, &(*worker)->stop);
    pthread_join((*worker)->thread, NULL);
    free_worker(worker);
}
