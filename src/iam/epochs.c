/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/epochs.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

enum { FRESH_MS = 1000, STALE_MS = 2000, TOO_OLD_MS = 10 * 1000 };

typedef struct row {
    char name[QK_IDENTITY_NAME];
    int64_t epoch;
} row;

typedef struct table {
    row *rows; /* ordered by name */
    size_t count, cap;
} table;

struct qk_epochs {
    qk_database *database;
    const qk_iam_secrets *secrets;
    pthread_mutex_t reader; /* held by whoever reads the database */
    int64_t changes;        /* the database's count at the last reading; the reader's */
    atomic_llong read_ms;   /* when it was last read */
    atomic_llong tried_ms;  /* when somebody last tried */
    atomic_ullong generation;
    pthread_mutex_t lock; /* of the table */
    table table;
};

static void table_done(table *it)
{
    free(it->rows);
    *it = (table){ NULL, 0, 0 };
}

static qk_err add(void *context, const char *name, int64_t epoch)
{
    table *it = context;
    size_t cap = it->cap ? it->cap * 2 : 16;
    row *rows = it->rows;

    if (it->count == it->cap) {
        rows = realloc(it->rows, cap * sizeof *rows);
        if (!rows)
            return qk_fail(QK_E_NO_MEMORY, "no memory for the epochs of %zu identities", cap);
        it->rows = rows;
        it->cap = cap;
    }
    strcpy(rows[it->count].name, name);
    rows[it->count++].epoch = epoch;
    return QK_OK;
}

/* The reader's lock is held. Most of the time the count of changes is all that is read. */
static qk_err read_table(qk_epochs *it)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    QK_OWNED(table_done) table fresh = { NULL, 0, 0 };
    table old;
    int64_t changes;

    QK_TRY(qk_transaction_begin(it->database, false, &transaction));
    QK_TRY(qk_identity_changes(transaction, &changes));
    if (changes == it->changes)
        return QK_OK;
    QK_TRY(qk_identity_epochs(transaction, it->secrets, add, &fresh));
    pthread_mutex_lock(&it->lock);
    old = it->table;
    it->table = fresh;
    atomic_fetch_add(&it->generation, 1);
    pthread_mutex_unlock(&it->lock);
    fresh = old;
    it->changes = changes;
    return QK_OK;
}

static qk_err read_and_note(qk_epochs *it, int64_t now_ms)
{
    qk_err err = read_table(it);

    atomic_store(&it->tried_ms, now_ms);
    if (err == QK_OK)
        atomic_store(&it->read_ms, now_ms);
    else
        qk_log_failure(QK_LOG_WARNING, err, "op=read-epochs");
    return err;
}

qk_err qk_epochs_refresh(qk_epochs *it, int64_t now_ms)
{
    qk_err err;

    pthread_mutex_lock(&it->reader);
    err = read_and_note(it, now_ms);
    pthread_mutex_unlock(&it->reader);
    return err;
}

static int64_t age_of(const qk_epochs *it, int64_t now_ms)
{
    return now_ms - atomic_load_explicit(&it->read_ms, memory_order_relaxed);
}

/* The next try is due. */
static bool is_due(const qk_epochs *it, int64_t now_ms)
{
    return now_ms - atomic_load_explicit(&it->tried_ms, memory_order_relaxed) >= FRESH_MS;
}

qk_err qk_epochs_keep_fresh(qk_epochs *it, int64_t now_ms)
{
    qk_err err = QK_OK;

    if (!is_due(it, now_ms))
        return age_of(it, now_ms) < TOO_OLD_MS ? QK_OK : qk_fail(QK_E_STORE_BUSY, "revocations cannot be read now");
    if (age_of(it, now_ms) >= STALE_MS)
        pthread_mutex_lock(&it->reader);
    else if (pthread_mutex_trylock(&it->reader) != 0)
        return QK_OK;
    if (is_due(it, now_ms))
        err = read_and_note(it, now_ms);
    pthread_mutex_unlock(&it->reader);
    return age_of(it, now_ms) < TOO_OLD_MS ? QK_OK : err != QK_OK ? err : qk_fail(QK_E_STORE_BUSY, "revocations");
}

uint64_t qk_epochs_generation(const qk_epochs *it)
{
    return atomic_load_explicit(&it->generation, memory_order_acquire);
}

static int compare(const void *name, const void *element)
{
    return strcmp(name, ((const row *)element)->name);
}

bool qk_epochs_match(qk_epochs *it, const char *identity, int64_t epoch, uint64_t *out_generation)
{
    const row *found = NULL;
    bool match;

    pthread_mutex_lock(&it->lock);
    if (it->table.count)
        found = bsearch(identity, it->table.rows, it->table.count, sizeof(row), compare);
    match = found && found->epoch == epoch;
    *out_generation = atomic_load(&it->generation);
    pthread_mutex_unlock(&it->lock);
    return match;
}

qk_err qk_epochs_new(qk_database *database, const qk_iam_secrets *secrets, qk_epochs **out)
{
    QK_OWNED(qk_epochs_free) qk_epochs *it = calloc(1, sizeof *it);

    if (!it)
        return qk_fail(QK_E_NO_MEMORY, "no memory for epochs");
    it->database = database;
    it->secrets = secrets;
    it->changes = -1;
    pthread_mutex_init(&it->reader, NULL);
    pthread_mutex_init(&it->lock, NULL);
    QK_TRY(qk_epochs_refresh(it, qk_clock_monotonic_ms()));
    *out = it;
    it = NULL;
    return QK_OK;
}

void qk_epochs_free(qk_epochs **epochs)
{
    qk_epochs *it = *epochs;

    *epochs = NULL;
    if (!it)
        return;
    table_done(&it->table);
    pthread_mutex_destroy(&it->reader);
    pthread_mutex_destroy(&it->lock);
    free(it);
}
