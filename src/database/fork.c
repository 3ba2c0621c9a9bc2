/* SPDX-License-Identifier: Apache-2.0 */
/* Databases and fork().
 *
 * SQLite keeps a table of its files and of the locks that this process has on them. A child inherits the table but not
 * the locks: a connection it opens to the same file would take the parent's locks for its own, and another process
 * could then remove the log under it. So a child must first close what it inherited, and closing is safe only if no
 * thread was inside SQLite when it forked. Hence fork() waits here until all our transactions are over; the parent then
 * goes on with its connections, and the child closes them in qk_database_abandon (its closing touches neither the
 * parent's locks nor the files). */
#include "database/sqlite.h"

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static qk_database *list;
static pthread_once_t handlers = PTHREAD_ONCE_INIT;

static void before_fork(void)
{
    pthread_mutex_lock(&list_lock);
    for (qk_database *database = list; database; database = database->next) {
        pthread_mutex_lock(&database->lock);
        database->forking = true;
        while (database->writing || database->group_open || database->reading > 0)
            pthread_cond_wait(&database->quiet, &database->lock);
    }
}

static void in_parent(void)
{
    for (qk_database *database = list; database; database = database->next) {
        database->forking = false;
        pthread_cond_broadcast(&database->turn);
        pthread_mutex_unlock(&database->lock);
    }
    pthread_mutex_unlock(&list_lock);
}

/* The parent's other threads may have been waiting on the conditions; they do not exist here. */
static void in_child(void)
{
    for (qk_database *database = list; database; database = database->next) {
        database->forking = false;
        database->waiting = 0;
        pthread_cond_init(&database->turn, NULL);
        pthread_cond_init(&database->settled, NULL);
        pthread_cond_init(&database->quiet, NULL);
        pthread_mutex_unlock(&database->lock);
    }
    pthread_mutex_unlock(&list_lock);
}

static void install(void)
{
    pthread_atfork(before_fork, in_parent, in_child);
}

void qk_sqlite_fork_add(qk_database *database)
{
    pthread_once(&handlers, install);
    pthread_mutex_lock(&list_lock);
    database->next = list;
    list = database;
    pthread_mutex_unlock(&list_lock);
}

void qk_sqlite_fork_remove(qk_database *database)
{
    pthread_mutex_lock(&list_lock);
    for (qk_database **place = &list; *place; place = &(*place)->next)
        if (*place == database) {
            *place = database->next;
            break;
        }
    pthread_mutex_unlock(&list_lock);
}
