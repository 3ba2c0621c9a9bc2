/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/rights.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "iam/record/policy.h"
#include "iam/record/role.h"

enum { FRESH_MS = 1000, STALE_MS = 2000, TOO_OLD_MS = 10 * 1000 };

typedef struct row {
    int64_t epoch;
    qk_caller caller;
} row;

typedef struct table {
    row *rows;     /* ordered by name */
    int64_t *keys; /* numbers of the API keys in force, in order */
    size_t count, key_count;
} table;

struct qk_rights {
    qk_database *database;
    const qk_iam_secrets *secrets;
    pthread_mutex_t reader; /* held by whoever reads the database */
    atomic_llong changes;   /* the database's count at the last reading; written by the reader */
    atomic_llong read_ms;   /* when it was last read */
    atomic_llong tried_ms;  /* when somebody last tried */
    atomic_ullong generation;
    pthread_mutex_t lock; /* of the table */
    table table;
};

static void table_done(table *it)
{
    free(it->rows);
    free(it->keys);
    *it = (table){ NULL, NULL, 0, 0 };
}

/* ---- reading ---- */

static int compare_names(const void *name, const void *element)
{
    return strcmp(name, ((const row *)element)->caller.identity);
}

static int compare_numbers(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

    return (first > second) - (first < second);
}

static row *find_row(const table *it, const char *name)
{
    return it->count ? bsearch(name, it->rows, it->count, sizeof(row), compare_names) : NULL;
}

static qk_err read_identities(qk_rights *it, qk_transaction *transaction, table *out)
{
    QK_OWNED(qk_record_free) qk_iam_identity *identities = NULL;
    size_t count;

    QK_TRY(qk_identities_read(transaction, it->secrets, &identities, &count));
    out->rows = calloc(count + 1, sizeof *out->rows);
    if (!out->rows)
        return qk_fail(QK_E_NO_MEMORY, "no memory for the rights of %zu identities", count);
    for (; out->count < count; out->count++) {
        row *fresh = &out->rows[out->count];
        fresh->epoch = identities[out->count].epoch;
        strcpy(fresh->caller.identity, identities[out->count].name);
    }
    return QK_OK;
}

static qk_err read_policies(qk_rights *it, qk_transaction *transaction, table *out)
{
    QK_OWNED(qk_record_free) qk_iam_policy *policies = NULL;
    QK_OWNED(qk_record_free) qk_iam_role *roles = NULL;
    size_t count, role_count;

    QK_TRY(qk_roles_read(transaction, it->secrets, &roles, &role_count));
    QK_TRY(qk_policies_read(transaction, it->secrets, &policies, &count));
    for (size_t i = 0; i < count; i++) {
        row *owner = find_row(out, policies[i].identity);
        if (owner && !qk_policy_apply(&policies[i], roles, role_count, &owner->caller))
            return qk_fail(QK_E_STORE_BROKEN, "%s has policies for more than %d keystores", policies[i].identity,
                           QK_CALLER_KEYSTORES);
    }
    return QK_OK;
}

static qk_err read_keys(qk_rights *it, qk_transaction *transaction, table *out)
{
    QK_OWNED(qk_record_free) qk_iam_api_key *keys = NULL;
    size_t count;

    QK_TRY(qk_api_keys_read(transaction, it->secrets, &keys, &count));
    out->keys = calloc(count + 1, sizeof *out->keys);
    if (!out->keys)
        return qk_fail(QK_E_NO_MEMORY, "no memory for %zu API keys", count);
    for (size_t i = 0; i < count; i++)
        if (!keys[i].revoked)
            out->keys[out->key_count++] = keys[i].number;
    qsort(out->keys, out->key_count, sizeof *out->keys, compare_numbers);
    return QK_OK;
}

/* The reader's lock is held. Most of the time the count of changes is all that is read. */
static qk_err read_table(qk_rights *it)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    QK_OWNED(table_done) table fresh = { NULL, NULL, 0, 0 };
    table old;
    int64_t changes;

    QK_TRY(qk_transaction_begin(it->database, false, &transaction));
    QK_TRY(qk_record_changes(transaction, &changes));
    if (changes == it->changes)
        return QK_OK;
    QK_TRY(read_identities(it, transaction, &fresh));
    QK_TRY(read_policies(it, transaction, &fresh));
    QK_TRY(read_keys(it, transaction, &fresh));
    pthread_mutex_lock(&it->lock);
    old = it->table;
    it->table = fresh;
    atomic_fetch_add(&it->generation, 1);
    pthread_mutex_unlock(&it->lock);
    fresh = old;
    it->changes = changes;
    return QK_OK;
}

static qk_err read_and_note(qk_rights *it, int64_t now_ms)
{
    qk_err err = read_table(it);

    atomic_store(&it->tried_ms, now_ms);
    if (err == QK_OK)
        atomic_store(&it->read_ms, now_ms);
    else
        qk_log_failure(QK_LOG_WARNING, err, "op=read-rights");
    return err;
}

qk_err qk_rights_refresh(qk_rights *it, int64_t now_ms)
{
    qk_err err;

    pthread_mutex_lock(&it->reader);
    err = read_and_note(it, now_ms);
    pthread_mutex_unlock(&it->reader);
    return err;
}

static int64_t age_of(const qk_rights *it, int64_t now_ms)
{
    return now_ms - atomic_load_explicit(&it->read_ms, memory_order_relaxed);
}

/* The next try is due. */
static bool is_due(const qk_rights *it, int64_t now_ms)
{
    return now_ms - atomic_load_explicit(&it->tried_ms, memory_order_relaxed) >= FRESH_MS;
}

qk_err qk_rights_keep_fresh(qk_rights *it, int64_t now_ms)
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

uint64_t qk_rights_generation(const qk_rights *it)
{
    return atomic_load_explicit(&it->generation, memory_order_acquire);
}

bool qk_rights_are_older(const qk_rights *it, int64_t number)
{
    return number > atomic_load_explicit(&it->changes, memory_order_relaxed);
}

bool qk_rights_of(qk_rights *it, const char *identity, int64_t epoch, int64_t key, qk_caller *out_caller,
                  uint64_t *out_generation)
{
    const table *from = &it->table;
    const row *found;
    bool good;

    pthread_mutex_lock(&it->lock);
    found = find_row(from, identity);
    good = found && found->epoch == epoch &&
           bsearch(&key, from->keys, from->key_count, sizeof key, compare_numbers) != NULL;
    if (good)
        *out_caller = found->caller;
    *out_generation = atomic_load(&it->generation);
    pthread_mutex_unlock(&it->lock);
    return good;
}

qk_err qk_rights_new(qk_database *database, const qk_iam_secrets *secrets, qk_rights **out)
{
    QK_OWNED(qk_rights_free) qk_rights *it = calloc(1, sizeof *it);

    if (!it)
        return qk_fail(QK_E_NO_MEMORY, "no memory for rights");
    it->database = database;
    it->secrets = secrets;
    it->changes = -1;
    pthread_mutex_init(&it->reader, NULL);
    pthread_mutex_init(&it->lock, NULL);
    QK_TRY(qk_rights_refresh(it, qk_clock_monotonic_ms()));
    *out = it;
    it = NULL;
    return QK_OK;
}

void qk_rights_free(qk_rights **rights)
{
    qk_rights *it = *rights;

    *rights = NULL;
    if (!it)
        return;
    table_done(&it->table);
    pthread_mutex_destroy(&it->reader);
    pthread_mutex_destroy(&it->lock);
    free(it);
}
