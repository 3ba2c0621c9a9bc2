/* SPDX-License-Identifier: Apache-2.0 */
/* Making, revoking and listing tokens: what the operator does, in this process or beside it. */
#include <stdlib.h>

#include "base/encoding.h"
#include "entropy/random.h"
#include "iam/entropy_token/entropy_token_core.h"

enum { RANDOM = 32, MOST_SECONDS = 86400, MOST_PER_SECOND = 1000000 };

static const unsigned all_scopes = QK_SCOPE_ENTROPY | QK_SCOPE_KEYGEN | QK_SCOPE_METRICS | QK_SCOPE_ADMIN;

/* ---- making ---- */

/* Names stand in logs and metrics. */
static bool name_is_good(const char *name, size_t most)
{
    size_t len = strnlen(name, most);

    return len > 0 && len < most && strchr("-_.@+:", name[0]) == NULL &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.@+:") == len;
}

static qk_err check_rate(const qk_token_record *record)
{
    if (record->rate_requests == 0)
        return QK_OK;
    if (record->rate_seconds == 0 || record->rate_seconds > MOST_SECONDS)
        return qk_fail(QK_E_BAD_ARGUMENT, "a rate is a number of requests in 1 to %d seconds", MOST_SECONDS);
    if (record->rate_requests > record->rate_seconds * MOST_PER_SECOND)
        return qk_fail(QK_E_BAD_ARGUMENT, "a rate is at most %d requests a second; or leave it unlimited",
                       MOST_PER_SECOND);
    return QK_OK;
}

static qk_err check(const qk_token_record *record)
{
    if (!name_is_good(record->name, sizeof record->name))
        return qk_fail(QK_E_BAD_ARGUMENT, "a token's name has 1 to 63 letters, digits and '-_.@+:', and starts with a "
                                          "letter or digit");
    if (record->scopes == 0 || (record->scopes & ~all_scopes) != 0)
        return qk_fail(QK_E_BAD_ARGUMENT, "token %s: it needs a scope, and only known ones", record->name);
    if (record->expires_unix_s < 0 || record->not_before_unix_s < 0 ||
        (record->expires_unix_s != 0 && record->expires_unix_s <= record->not_before_unix_s))
        return qk_fail(QK_E_BAD_ARGUMENT, "token %s: it would expire before it becomes valid", record->name);
    if (record->allotment_bytes > INT64_MAX)
        return qk_fail(QK_E_BAD_ARGUMENT, "token %s: the allotment is too large; leave it unlimited", record->name);
    return check_rate(record);
}

/* "qt_" and 256 random bits as base64url: RFC 4648, section 5. The buffer wipes what it frees. */
static qk_err draw(qk_secret *out_text)
{
    QK_OWNED(qk_secret_free) qk_secret random = QK_SECRET_NONE;
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;

    QK_TRY(qk_random_secret(RANDOM, &random));
    qk_buf_put_text(&text, "qt_");
    qk_base64url_write(qk_secret_reveal(&random), &text);
    QK_TRY(qk_buf_check(&text));
    return qk_secret_copy(qk_buf_view(&text), out_text);
}

static qk_err insert(qk_tokens *tokens, const uint8_t hash[QK_TOKEN_HASH], const qk_token_record *record)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;

    QK_TRY(qk_transaction_begin(tokens->database, true, &transaction));
    QK_TRY(qk_token_rows_insert(transaction, hash, record));
    return qk_transaction_commit(&transaction);
}

/* After a change of our own that is in the database already: if this fails, the next refresh sees it. */
static void see_own_change(qk_tokens *tokens)
{
    qk_err err = qk_tokens_read_changes(tokens);

    (void)err;
}

qk_err qk_tokens_create(qk_tokens *tokens, const qk_token_record *record, qk_secret *out_text)
{
    QK_OWNED(qk_secret_free) qk_secret text = QK_SECRET_NONE;
    qk_token_record made = *record;
    uint8_t hash[QK_TOKEN_HASH];
    qk_period period;

    QK_TRY(check(record));
    made.created_unix_s = tokens->clocks.unix_s();
    period = qk_period_of(made.created_unix_s, made.created_unix_s);
    made.period_starts_unix_s = period.starts;
    made.period_ends_unix_s = period.ends;
    made.revoked = false;
    made.used_bytes = made.total_bytes = 0;
    QK_TRY(draw(&text));
    if (!qk_tokens_hash(qk_secret_reveal(&text), hash))
        return qk_fail(QK_E_GENERAL, "a new token has the wrong length");
    QK_TRY(insert(tokens, hash, &made));
    see_own_change(tokens);
    qk_secret_give(&text, out_text);
    return QK_OK;
}

/* ---- revoking ---- */

qk_err qk_tokens_revoke(qk_tokens *tokens, const char *name)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;

    QK_TRY(qk_transaction_begin(tokens->database, true, &transaction));
    QK_TRY(qk_token_rows_revoke(transaction, name));
    QK_TRY(qk_transaction_commit(&transaction));
    see_own_change(tokens);
    return QK_OK;
}

/* ---- listing ---- */

typedef struct list {
    qk_tokens *tokens;
    qk_token_record *records;
    size_t count, room;
} list;

static void list_done(list *it)
{
    free(it->records);
}

static qk_err add(void *context, const qk_token_row *row)
{
    static const qk_token_unsaved none = { .used = 0 };
    list *it = context;
    int64_t now = it->tokens->clocks.unix_s();
    QK_OWNED(qk_token_use_unref) qk_token_use *use = qk_token_table_find(it->tokens->table, row->hash);
    qk_token_unsaved unsaved;
    qk_token_row current = *row;

    if (it->count == it->room) {
        size_t room = it->room ? it->room * 2 : 16;
        qk_token_record *records = reallocarray(it->records, room, sizeof *records);
        if (!records)
            return qk_fail(QK_E_NO_MEMORY, "no memory for a list of %zu tokens", room);
        it->records = records;
        it->room = room;
    }
    qk_token_row_add(&current, use && qk_token_use_unsaved(use, now, &unsaved) ? &unsaved : &none, now);
    it->records[it->count++] = current.record;
    return QK_OK;
}

qk_err qk_tokens_list(qk_tokens *tokens, qk_token_record **out_records, size_t *out_count)
{
    QK_OWNED(list_done) list found = { .tokens = tokens };
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;

    QK_TRY(qk_transaction_begin(tokens->database, false, &transaction));
    QK_TRY(qk_token_rows_each(transaction, -1, add, &found));
    *out_records = found.records;
    *out_count = found.count;
    found.records = NULL;
    return QK_OK;
}
