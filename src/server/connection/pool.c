/* SPDX-License-Identifier: Apache-2.0 */
#include "server/connection/pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

struct qk_pool {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    qk_task *first, **last;
    size_t waiting;
    bool stopping;
    int nice_by;
    unsigned started;
    pthread_t threads[];
};

/* NULL when the pool stops and nothing is left. */
static qk_task *next_task(qk_pool *pool)
{
    qk_task *task;

    pthread_mutex_lock(&pool->lock);
    while (!pool->first && !pool->stopping)
        pthread_cond_wait(&pool->changed, &pool->lock);
    task = pool->first;
    if (task) {
        pool->first = task->next;
        pool->waiting--;
        if (!pool->first)
            pool->last = &pool->first;
    }
    pthread_mutex_unlock(&pool->lock);
    return task;
}

static void *run_thread(void *arg)
{
    qk_pool *pool = arg;
    qk_task *task;

    /* On Linux a nice value belongs to a thread. If it is refused, work goes on at the usual priority. */
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), pool->nice_by);
    while ((task = next_task(pool)))
        task->run(task);
    return NULL;
}

qk_err qk_pool_start(const char *name, unsigned threads, int nice_by, qk_pool **out_pool)
{
    qk_pool *pool = calloc(1, sizeof *pool + threads * sizeof pool->threads[0]);

    if (!pool)
        return qk_fail(QK_E_NO_MEMORY, "pool %s", name);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->changed, NULL);
    pool->last = &pool->first;
    pool->nice_by = nice_by;
    for (; pool->started < threads; pool->started++) {
        if (pthread_create(&pool->threads[pool->started], NULL, run_thread, pool) != 0) {
            qk_pool_stop(&pool);
            return qk_fail(QK_E_SYSTEM, "pool %s: no thread", name);
        }
        pthread_setname_np(pool->threads[pool->started], name);
    }
    *out_pool = pool;
    return QK_OK;
}

bool qk_pool_try_post(qk_pool *pool, qk_task *task, size_t most)
{
    bool room;

    pthread_mutex_lock(&pool->lock);
    room = pool->waiting < most;
    if (room) {
        task->next = NULL;
        *pool->last = task;
        pool->last = &task->next;
        pool->waiting++;
        pthread_cond_signal(&pool->changed);
    }
    pthread_mutex_unlock(&pool->lock);
    return room;
}

void qk_pool_post(qk_pool *pool, qk_task *task)
{
    (void)!qk_pool_try_post(pool, task, SIZE_MAX);
}

void qk_pool_post_first(qk_pool *pool, qk_task *task)
{
    pthread_mutex_lock(&pool->lock);
    task->next = pool->first;
    pool->first = task;
    if (!task->next)
        pool->last = &task->next;
    pool->waiting++;
    pthread_cond_signal(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
}

void qk_pool_stop(qk_pool **pool)
{
    if (!*pool)
        return;
    pthread_mutex_lock(&(*pool)->lock);
    (*pool)->stopping = true;
    pthread_cond_broadcast(&(*pool)->changed);
    pthread_mutex_unlock(&(*pool)->lock);
    for (unsigned i = 0; i < (*pool)->started; i++)
        pthread_join((*pool)->threads[i], NULL);
    pthread_cond_destroy(&(*pool)->changed);
    pthread_mutex_destroy(&(*pool)->lock);
    free(*pool);
    *pool = NULL;
}
