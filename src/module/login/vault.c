/* SPDX-License-Identifier: Apache-2.0 */
/* Wrapping: key = scrypt(PIN, salt of 32 bytes, N = 2^15, r = 8, p = 1), new for each wrap, so AES-256-GCM with a zero
 * nonce is safe (crypto.h, qk_aead_seal). Bound to it are the format's name and the user, so that the two wraps cannot
 * be exchanged. Stored: 32 bytes salt, 32 bytes ciphertext, 16 bytes tag. */
#include "module/login/vault.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "crypto/crypto.h"
#include "entropy/random.h"

enum {
    SALT_LEN = 32,
    TAG_LEN = 16,
    WRAP_LEN = SALT_LEN + QK_MASTER_KEY_LEN + TAG_LEN,
    LOG2_N = 15,
    FREE_TRIES = 3,
    LONGEST_DELAY_S = 600,
    PATIENCE_S = 4, /* waits up to this pass inside the call */
};

static const char *const migrations[] = {
    "CREATE TABLE vault ("
    " one INTEGER PRIMARY KEY CHECK (one = 1),"
    " label TEXT NOT NULL,"
    " serial TEXT NOT NULL,"
    " public_store BLOB NOT NULL,"
    " private_store BLOB NOT NULL,"
    " so_wrap BLOB NOT NULL,"
    " user_wrap BLOB,"
    " so_fails INTEGER NOT NULL DEFAULT 0,"
    " so_failed_at INTEGER NOT NULL DEFAULT 0,"
    " user_fails INTEGER NOT NULL DEFAULT 0,"
    " user_failed_at INTEGER NOT NULL DEFAULT 0)",
};

/* Statements by user, since a column's name cannot be a parameter. */
static const struct {
    const char *read_wrap, *count, *restart, *forgive, *store, *bound;
} words[] = {
    [QK_USER] = { "SELECT user_wrap, user_fails, user_failed_at FROM vault",
                  "UPDATE vault SET user_fails = user_fails + 1, user_failed_at = ?1",
                  "UPDATE vault SET user_failed_at = ?1", "UPDATE vault SET user_fails = 0",
                  "UPDATE vault SET user_wrap = ?1, user_fails = 0", "quantoki vault 1 user" },
    [QK_SO] = { "SELECT so_wrap, so_fails, so_failed_at FROM vault",
                "UPDATE vault SET so_fails = so_fails + 1, so_failed_at = ?1", "UPDATE vault SET so_failed_at = ?1",
                "UPDATE vault SET so_fails = 0", "UPDATE vault SET so_wrap = ?1, so_fails = 0", "quantoki vault 1 so" },
};

qk_err qk_vault_prepare(qk_database *database)
{
    return qk_database_migrate(database, "vault", migrations, sizeof migrations / sizeof migrations[0]);
}

/* --- how long to wait --- */

static int64_t delay_after(int64_t fails)
{
    int64_t delay = 1;

    if (fails <= FREE_TRIES)
        return 0;
    for (int64_t i = FREE_TRIES + 1; i < fails && delay < LONGEST_DELAY_S; i++)
        delay *= 2;
    return delay < LONGEST_DELAY_S ? delay : LONGEST_DELAY_S;
}

/* Seconds until the next try. */
static int64_t wait_s(int64_t fails, int64_t failed_at)
{
    int64_t delay = delay_after(fails), passed = qk_clock_unix_s() - failed_at;

    if (passed < 0) /* the clock was set back: the delay begins anew */
        return delay;
    return passed < delay ? delay - passed : 0;
}

/* --- reading --- */

static qk_err copy_id(qk_statement *row, int column, qk_uuid *out)
{
    qk_view id = qk_statement_bytes(row, column);

    if (id.len != sizeof out->bytes)
        return qk_fail(QK_E_STORE_BROKEN, "the token's vault has an id of %zu bytes; restore the folder from a backup",
                       id.len);
    memcpy(out->bytes, id.data, id.len);
    return QK_OK;
}

static qk_err read_row(qk_statement *row, qk_vault_state *state)
{
    const char *label = qk_statement_text(row, 0), *serial = qk_statement_text(row, 1);

    state->initialized = true;
    snprintf(state->label, sizeof state->label, "%s", label ? label : "");
    snprintf(state->serial, sizeof state->serial, "%s", serial ? serial : "");
    QK_TRY(copy_id(row, 2, &state->public_store));
    QK_TRY(copy_id(row, 3, &state->private_store));
    state->user_pin_set = qk_statement_bytes(row, 4).len > 0;
    state->so_fails = (unsigned)qk_statement_int(row, 5);
    state->so_waits = wait_s(state->so_fails, qk_statement_int(row, 6)) > PATIENCE_S;
    state->user_fails = (unsigned)qk_statement_int(row, 7);
    state->user_waits = wait_s(state->user_fails, qk_statement_int(row, 8)) > PATIENCE_S;
    return QK_OK;
}

static qk_err read_in(qk_transaction *transaction, qk_vault_state *out_state)
{
    QK_OWNED(qk_statement_end) qk_statement *row = NULL;
    qk_vault_state state = { 0 };
    bool found;

    QK_TRY(qk_statement_prepare(transaction,
                                "SELECT label, serial, public_store, private_store, user_wrap, so_fails, so_failed_at,"
                                " user_fails, user_failed_at FROM vault",
                                &row));
    QK_TRY(qk_statement_step(row, &found));
    if (found)
        QK_TRY(read_row(row, &state));
    *out_state = state;
    return QK_OK;
}

qk_err qk_vault_read(qk_database *database, qk_vault_state *out_state)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;

    QK_TRY(qk_transaction_begin(database, false, &transaction));
    return read_in(transaction, out_state);
}

/* --- wrapping --- */

qk_err qk_vault_check_pin_length(qk_view pin)
{
    if (pin.len < QK_PIN_MIN || pin.len > QK_PIN_MAX)
        return qk_fail(QK_E_PIN_LENGTH, "a PIN of this token has %d to %d characters", QK_PIN_MIN, QK_PIN_MAX);
    return QK_OK;
}

static qk_err derive(qk_view pin, qk_view salt, qk_secret *out_key)
{
    QK_TRY(qk_secret_new(32, out_key));
    return qk_scrypt(pin, salt, LOG2_N, qk_secret_fill(out_key), 32);
}

static qk_err wrap(qk_user user, qk_view pin, const qk_secret *master_key, uint8_t out[WRAP_LEN])
{
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE;
    uint8_t *cipher = out + SALT_LEN, *tag = cipher + QK_MASTER_KEY_LEN;

    QK_TRY(qk_random_bytes(out, SALT_LEN));
    QK_TRY(derive(pin, qk_view_of(out, SALT_LEN), &key));
    return qk_aead_seal(qk_secret_reveal(&key).data, qk_view_text(words[user].bound), qk_secret_reveal(master_key),
                        cipher, tag);
}

static qk_err unwrap(qk_user user, qk_view pin, const uint8_t wrapped[WRAP_LEN], qk_secret *out_master_key)
{
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE, master_key = QK_SECRET_NONE;
    const uint8_t *cipher = wrapped + SALT_LEN, *tag = cipher + QK_MASTER_KEY_LEN;

    QK_TRY(derive(pin, qk_view_of(wrapped, SALT_LEN), &key));
    QK_TRY(qk_secret_new(QK_MASTER_KEY_LEN, &master_key));
    if (qk_aead_open(qk_secret_reveal(&key).data, qk_view_text(words[user].bound),
                     qk_view_of(cipher, QK_MASTER_KEY_LEN), tag, qk_secret_fill(&master_key)) != QK_OK)
        return qk_fail(QK_E_PIN_INCORRECT, "the PIN of the %s is wrong", user == QK_SO ? "security officer" : "user");
    qk_secret_give(&master_key, out_master_key);
    return QK_OK;
}

static qk_err run_with(qk_transaction *transaction, const char *sql, qk_view bytes, int64_t number)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    bool row;

    QK_TRY(qk_statement_prepare(transaction, sql, &statement));
    if (bytes.len)
        qk_statement_bind_bytes(statement, 1, bytes);
    else if (number)
        qk_statement_bind_int(statement, 1, number);
    return qk_statement_step(statement, &row);
}

static qk_err run(qk_database *database, const char *sql, qk_view bytes)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;

    QK_TRY(qk_transaction_begin(database, true, &transaction));
    QK_TRY(run_with(transaction, sql, bytes, 0));
    return qk_transaction_commit(&transaction);
}

/* --- trying a PIN --- */

typedef struct attempt {
    uint8_t wrapped[WRAP_LEN];
    int64_t fails, failed_at;
} attempt;

static qk_err read_attempt(qk_transaction *transaction, qk_user user, attempt *out)
{
    QK_OWNED(qk_statement_end) qk_statement *row = NULL;
    qk_view wrapped;
    bool found;

    QK_TRY(qk_statement_prepare(transaction, words[user].read_wrap, &row));
    QK_TRY(qk_statement_step(row, &found));
    if (!found)
        return qk_fail(QK_E_TOKEN_UNRECOGNIZED, "the token is not initialised");
    wrapped = qk_statement_bytes(row, 0);
    if (!wrapped.len)
        return qk_fail(QK_E_PIN_NOT_SET, "the user has no PIN yet; the security officer sets it");
    if (wrapped.len != WRAP_LEN)
        return qk_fail(QK_E_STORE_BROKEN, "the token's vault is damaged; restore the folder from a backup");
    memcpy(out->wrapped, wrapped.data, WRAP_LEN);
    out->fails = qk_statement_int(row, 1);
    out->failed_at = qk_statement_int(row, 2);
    return QK_OK;
}

/* A failure in the future would delay until then. */
static qk_err begin_delay_anew(qk_transaction **transaction, qk_user user, const attempt *a)
{
    if (a->failed_at <= qk_clock_unix_s())
        return QK_OK;
    QK_TRY(run_with(*transaction, words[user].restart, QK_VIEW_NONE, qk_clock_unix_s()));
    return qk_transaction_commit(transaction);
}

/* Counts the try as wrong beforehand. *out_wait_s > 0: nothing was counted, come back later. */
static qk_err begin_attempt(qk_database *database, qk_user user, attempt *out, int64_t *out_wait_s)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;

    QK_TRY(qk_transaction_begin(database, true, &transaction));
    QK_TRY(read_attempt(transaction, user, out));
    *out_wait_s = wait_s(out->fails, out->failed_at);
    if (*out_wait_s > 0)
        return begin_delay_anew(&transaction, user, out);
    QK_TRY(run_with(transaction, words[user].count, QK_VIEW_NONE, qk_clock_unix_s()));
    return qk_transaction_commit(&transaction);
}

static qk_err wait_and_begin(qk_database *database, qk_user user, attempt *out)
{
    int64_t wait, waited = 0;

    for (;;) {
        QK_TRY(begin_attempt(database, user, out, &wait));
        if (wait == 0)
            return QK_OK;
        if (wait > PATIENCE_S || waited > PATIENCE_S)
            return qk_fail(QK_E_PIN_LOCKED, "%jd wrong PINs; try again in %jd seconds", (intmax_t)out->fails,
                           (intmax_t)wait);
        nanosleep(&(struct timespec){ .tv_sec = wait }, NULL);
        waited += wait;
    }
}

qk_err qk_vault_open(qk_database *database, qk_user user, qk_view pin, qk_secret *out_master_key)
{
    attempt a;

    if (pin.len > QK_PIN_MAX) /* cannot be right, and need not cost a try */
        return qk_fail(QK_E_PIN_INCORRECT, "a PIN of this token has at most %d characters", QK_PIN_MAX);
    QK_TRY(wait_and_begin(database, user, &a));
    QK_TRY(unwrap(user, pin, a.wrapped, out_master_key));
    return run(database, words[user].forgive, QK_VIEW_NONE);
}

qk_err qk_vault_set_pin(qk_database *database, qk_user user, qk_view pin, const qk_secret *master_key)
{
    uint8_t wrapped[WRAP_LEN];

    QK_TRY(qk_vault_check_pin_length(pin));
    QK_TRY(wrap(user, pin, master_key, wrapped));
    return run(database, words[user].store, qk_view_of(wrapped, sizeof wrapped));
}

/* --- initialisation --- */

static qk_err write_row(qk_transaction *transaction, const qk_vault_state *state, const char *label, qk_view so_wrap)
{
    QK_OWNED(qk_statement_end) qk_statement *row = NULL;
    bool any;

    QK_TRY(qk_statement_prepare(transaction,
                                "INSERT OR REPLACE INTO vault"
                                " (one, label, serial, public_store, private_store, so_wrap)"
                                " VALUES (1, ?1, ?2, ?3, ?4, ?5)",
                                &row));
    qk_statement_bind_text(row, 1, label);
    qk_statement_bind_text(row, 2, state->serial);
    qk_statement_bind_bytes(row, 3, qk_view_of(state->public_store.bytes, 16));
    qk_statement_bind_bytes(row, 4, qk_view_of(state->private_store.bytes, 16));
    qk_statement_bind_bytes(row, 5, so_wrap);
    return qk_statement_step(row, &any);
}

qk_err qk_vault_reset(qk_database *database, qk_view so_pin, const char *label, const qk_vault_state *fresh)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    QK_OWNED(qk_secret_free) qk_secret master_key = QK_SECRET_NONE;
    uint8_t wrapped[WRAP_LEN];
    qk_vault_state state;

    QK_TRY(qk_vault_check_pin_length(so_pin));
    QK_TRY(qk_random_secret(QK_MASTER_KEY_LEN, &master_key));
    QK_TRY(wrap(QK_SO, so_pin, &master_key, wrapped));
    QK_TRY(qk_transaction_begin(database, true, &transaction));
    QK_TRY(read_in(transaction, &state));
    QK_TRY(write_row(transaction, state.initialized ? &state : fresh, label, qk_view_of(wrapped, sizeof wrapped)));
    return qk_transaction_commit(&transaction);
}
