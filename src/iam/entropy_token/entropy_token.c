/* SPDX-License-Identifier: Apache-2.0 */
/* Verifying, and keeping memory and database alike.
 *
 * Memory holds all tokens of the database as of the last refresh. What is missing there may have been made since, by
 * the command line: the database is asked, by hash, but no more often than qk_token_table_may_ask allows, or anybody
 * could make us read it with texts that cost nothing to invent. Who is not let through then is answered "unknowable":
 * the next refresh, a second later, brings a new token into memory anyway, and clients take a 401 as final.
 *
 * If the database cannot be read for ten seconds, revocations may be missed, and nobody is let in before it answers. */
#include "base/clock.h"
#include "base/log.h"
#include "crypto/hash/sha.h"
#include "iam/entropy_token/entropy_token_core.h"

#include <stdlib.h>

enum { BATCH = 64, PREFIX = 3, TEXT = PREFIX + 43 };

static const int64_t second_ns = 1000000000, too_old_ns = 10 * second_ns;

/* ---- opening, closing ---- */

qk_err qk_tokens_open_with(qk_database *database, const qk_token_clocks *clocks, qk_tokens **out_tokens)
{
    QK_OWNED(qk_tokens_close) qk_tokens *tokens = calloc(1, sizeof *tokens);

    if (!tokens)
        return qk_fail(QK_E_NO_MEMORY, "no memory for tokens");
    tokens->database = database;
    tokens->clocks = *clocks;
    tokens->changes = -1;
    pthread_mutex_init(&tokens->refreshing, NULL);
    QK_TRY(qk_token_table_new(clocks, &tokens->table));
    QK_TRY(qk_token_rows_migrate(database));
    QK_TRY(qk_tokens_refresh(tokens));
    *out_tokens = tokens;
    tokens = NULL;
    return QK_OK;
}

qk_err qk_tokens_open(qk_database *database, qk_tokens **out_tokens)
{
    static const qk_token_clocks clocks = { qk_clock_unix_s, qk_clock_monotonic_ns };

    return qk_tokens_open_with(database, &clocks, out_tokens);
}

/* ---- counts ---- */

typedef struct unsaved {
    qk_token_use *use;
    qk_token_unsaved count;
    qk_token_row row; /* as it will stand in the database */
    bool gone;
} unsaved;

static qk_err write_count(qk_transaction *transaction, unsaved *it, int64_t now)
{
    bool found;

    QK_TRY(qk_token_rows_find(transaction, it->use->hash, &it->row, &found));
    it->gone = !found;
    if (!found)
        return QK_OK;
    qk_token_row_add(&it->row, &it->count, now);
    return qk_token_rows_count(transaction, &it->row);
}

static qk_err write_counts(qk_tokens *tokens, unsaved *batch, size_t count, int64_t now)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;

    if (count == 0)
        return QK_OK;
    QK_TRY(qk_transaction_begin(tokens->database, true, &transaction));
    for (size_t i = 0; i < count; i++)
        QK_TRY(write_count(transaction, &batch[i], now));
    QK_TRY(qk_transaction_commit(&transaction));
    for (size_t i = 0; i < count; i++)
        if (batch[i].gone) /* somebody deleted the row by hand: like a revocation */
            atomic_store(&batch[i].use->revoked, true);
        else
            qk_token_use_saved(batch[i].use, &batch[i].count, &batch[i].row);
    return QK_OK;
}

/* The lock `refreshing` is held. */
static qk_err save_counts(qk_tokens *tokens)
{
    int64_t now = tokens->clocks.unix_s();
    unsaved batch[BATCH];
    size_t count = 0;

    for (qk_token_use *use = qk_token_table_first(tokens->table); use; use = use->next) {
        if (!qk_token_use_unsaved(use, now, &batch[count].count))
            continue;
        batch[count++].use = use;
        if (count < BATCH)
            continue;
        QK_TRY(write_counts(tokens, batch, count, now));
        count = 0;
    }
    return write_counts(tokens, batch, count, now);
}

/* ---- changes ---- */

static qk_err put_row(void *context, const qk_token_row *row)
{
    return qk_token_table_put(context, row);
}

/* The lock `refreshing` is held. Most of the time the count of changes is all that is read. */
static qk_err read_changes(qk_tokens *tokens)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    int64_t changes, now = tokens->clocks.monotonic_ns();

    atomic_store(&tokens->tried_ns, now);
    QK_TRY(qk_transaction_begin(tokens->database, false, &transaction));
    QK_TRY(qk_token_rows_changes(transaction, &changes));
    if (changes < tokens->changes) /* another state of the database was put in its place */
        tokens->changes = -1;
    if (changes != tokens->changes)
        QK_TRY(qk_token_rows_each(transaction, tokens->changes, put_row, tokens->table));
    tokens->changes = changes;
    atomic_store(&tokens->read_ns, now);
    return QK_OK;
}

qk_err qk_tokens_read_changes(qk_tokens *tokens)
{
    qk_err err;

    pthread_mutex_lock(&tokens->refreshing);
    err = read_changes(tokens);
    pthread_mutex_unlock(&tokens->refreshing);
    return err;
}

qk_err qk_tokens_refresh(qk_tokens *tokens)
{
    qk_err err;

    pthread_mutex_lock(&tokens->refreshing);
    err = read_changes(tokens);
    if (err == QK_OK)
        err = save_counts(tokens);
    pthread_mutex_unlock(&tokens->refreshing);
    return err;
}

void qk_tokens_close(qk_tokens **tokens)
{
    qk_tokens *it = *tokens;
    qk_err err = QK_OK;

    *tokens = NULL;
    if (!it)
        return;
    if (it->table)
        err = save_counts(it);
    if (err != QK_OK)
        qk_log_failure(QK_LOG_ERROR, err, "op=close-tokens the last second's use of tokens is not counted");
    qk_token_table_free(&it->table);
    pthread_mutex_destroy(&it->refreshing);
    free(it);
}

/* ---- verifying ---- */

bool qk_tokens_hash(qk_view text, uint8_t out_hash[QK_TOKEN_HASH])
{
    qk_sha sha;

    if (text.len != TEXT || memcmp(text.data, "qt_", PREFIX) != 0) /* public */
        return false;
    qk_sha_init(&sha, qk_sha_find(CKM_SHA256));
    qk_sha_update(&sha, text);
    qk_sha_final(&sha, out_hash);
    qk_sha_done(&sha);
    return true;
}

static bool is_older(const atomic_llong *time, int64_t now, int64_t age)
{
    return now - atomic_load_explicit(time, memory_order_relaxed) >= age;
}

/* The verdict on a token in memory; the reference is given to *out_use if it is good, else given back. */
static qk_token_verdict judge(qk_token_use **use, qk_token_use **out_use)
{
    qk_token_verdict verdict = qk_token_use_verdict(*use);

    if (verdict != QK_TOKEN_GOOD) {
        qk_token_use_unref(use);
        return verdict;
    }
    *out_use = *use;
    *use = NULL;
    return verdict;
}

qk_token_verdict qk_tokens_verify(qk_tokens *tokens, qk_view text, qk_token_use **out_use, bool *out_ask)
{
    int64_t now = tokens->clocks.monotonic_ns();
    uint8_t hash[QK_TOKEN_HASH];
    qk_token_use *use;

    *out_use = NULL;
    *out_ask = false;
    if (!qk_tokens_hash(text, hash))
        return QK_TOKEN_INVALID;
    if (is_older(&tokens->read_ns, now, too_old_ns)) {
        *out_ask = is_older(&tokens->tried_ns, now, second_ns);
        return QK_TOKEN_UNKNOWABLE;
    }
    use = qk_token_table_find(tokens->table, hash);
    if (use)
        return judge(&use, out_use);
    if (qk_token_table_is_absent(tokens->table, hash))
        return QK_TOKEN_INVALID;
    *out_ask = qk_token_table_may_ask(tokens->table, false);
    return QK_TOKEN_UNKNOWABLE;
}

static qk_err find_row(qk_tokens *tokens, const uint8_t hash[QK_TOKEN_HASH], qk_token_row *out_row, bool *out_found)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;

    QK_TRY(qk_transaction_begin(tokens->database, false, &transaction));
    return qk_token_rows_find(transaction, hash, out_row, out_found);
}

/* Brings the row of this hash into memory, if the database has it. Does not wait for a refresh that is under way, which
 * may have to wait for the database's other writers. */
static qk_err fetch(qk_tokens *tokens, const uint8_t hash[QK_TOKEN_HASH])
{
    qk_token_row row;
    bool found;

    QK_TRY(find_row(tokens, hash, &row, &found));
    if (found)
        return qk_token_table_put(tokens->table, &row);
    qk_token_table_note_absent(tokens->table, hash);
    return QK_OK;
}

/* Reads the database again if what is in memory is too old to be believed, though not before a second has passed. */
static bool is_fresh(qk_tokens *tokens)
{
    int64_t now = tokens->clocks.monotonic_ns();
    qk_err err = QK_OK;

    if (!is_older(&tokens->read_ns, now, too_old_ns))
        return true;
    if (pthread_mutex_trylock(&tokens->refreshing) != 0)
        return false;
    if (is_older(&tokens->tried_ns, now, second_ns))
        err = read_changes(tokens);
    pthread_mutex_unlock(&tokens->refreshing);
    if (err != QK_OK)
        qk_log_failure(QK_LOG_WARNING, err, "op=read-tokens");
    return !is_older(&tokens->read_ns, now, too_old_ns);
}

qk_token_verdict qk_tokens_look_up(qk_tokens *tokens, qk_view text, qk_token_use **out_use)
{
    uint8_t hash[QK_TOKEN_HASH];
    qk_token_use *use;
    qk_err err;

    *out_use = NULL;
    if (!qk_tokens_hash(text, hash))
        return QK_TOKEN_INVALID;
    if (!is_fresh(tokens))
        return QK_TOKEN_UNKNOWABLE;
    use = qk_token_table_find(tokens->table, hash);
    if (use)
        return judge(&use, out_use);
    if (qk_token_table_is_absent(tokens->table, hash))
        return QK_TOKEN_INVALID;
    if (!qk_token_table_may_ask(tokens->table, true))
        return QK_TOKEN_UNKNOWABLE;
    err = fetch(tokens, hash);
    if (err != QK_OK) {
        qk_log_failure(QK_LOG_WARNING, err, "op=look-up-token");
        return QK_TOKEN_UNKNOWABLE;
    }
    use = qk_token_table_find(tokens->table, hash);
    return use ? judge(&use, out_use) : QK_TOKEN_INVALID;
}
