/* SPDX-License-Identifier: Apache-2.0 */
/* A run is a row: its source, how badly it failed, and the rest of it as one value. The bits of failing runs lie in a
 * table of their own, so that reading runs never touches them. Both tables are cut in the transaction that adds. */
#include "rest/record/test_log.h"

#include <stdlib.h>

enum { RUNS_MOST = 10000, BITS_RUNS = 100, BITS_MOST = 640 * 1024, BODY_VERSION = 1 };

/* The column `failed`. */
enum { FAILED_NONE, FAILED_ONE, FAILED_BOTH };

struct qk_test_log {
    qk_database *database;
};

static const char *const migrations[] = {
    "CREATE TABLE test_runs ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT,"
    " source TEXT NOT NULL,"
    " failed INTEGER NOT NULL,"
    " body BLOB NOT NULL);"
    "CREATE INDEX test_runs_source ON test_runs (source, number);"
    "CREATE INDEX test_runs_failed ON test_runs (number) WHERE failed > 0;"
    "CREATE TABLE test_bits (run INTEGER PRIMARY KEY, bits BLOB NOT NULL);",
};

qk_err qk_test_log_open(qk_database *database, qk_test_log **out_log)
{
    qk_test_log *log;

    QK_TRY(qk_database_migrate(database, "test_log", migrations, sizeof migrations / sizeof migrations[0]));
    log = calloc(1, sizeof *log);
    if (!log)
        return qk_fail(QK_E_NO_MEMORY, "log of statistical runs");
    log->database = database;
    *out_log = log;
    return QK_OK;
}

void qk_test_log_close(qk_test_log **log)
{
    free(*log);
    *log = NULL;
}

/* ---- a run as bytes ---- */

static void put_double(qk_buf *out, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    qk_buf_put_u64(out, bits);
}

static double read_double(qk_reader *reader)
{
    uint64_t bits = qk_read_u64(reader);
    double value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

static void write_body(const qk_test_run *run, qk_buf *out)
{
    const qk_sp80022_verdict *verdict = &run->verdict;

    qk_buf_put_u8(out, BODY_VERSION);
    put_double(out, run->unix_s);
    qk_buf_put_u32(out, run->sequences);
    qk_buf_put_u8(out, verdict->tests_passed);
    qk_buf_put_u8(out, verdict->nist_all_passed);
    qk_buf_put_u32(out, verdict->nist_passes);
    qk_buf_put_u32(out, verdict->nist_fails);
    put_double(out, verdict->nist_success_rate);
    qk_buf_put_u8(out, verdict->uniformity_all_passed);
    qk_buf_put_u32(out, verdict->uniformity_passes);
    qk_buf_put_u32(out, verdict->uniformity_fails);
    put_double(out, verdict->uniformity_success_rate);
    for (size_t i = 0; i < QK_SP80022_TESTS; i++) {
        put_double(out, verdict->test_rate[i]);
        put_double(out, verdict->test_uniformity[i]);
    }
    put_double(out, run->least_uniformity);
}

static qk_err read_body(qk_view body, qk_test_run *run)
{
    qk_reader reader = qk_reader_of(body);
    qk_sp80022_verdict *verdict = &run->verdict;

    if (qk_read_u8(&reader) != BODY_VERSION)
        return qk_fail(QK_E_STORE_BROKEN, "a statistical run in the database is of an unknown version");
    run->unix_s = read_double(&reader);
    run->sequences = qk_read_u32(&reader);
    verdict->tests_passed = qk_read_u8(&reader) != 0;
    verdict->nist_all_passed = qk_read_u8(&reader) != 0;
    verdict->nist_passes = qk_read_u32(&reader);
    verdict->nist_fails = qk_read_u32(&reader);
    verdict->nist_success_rate = read_double(&reader);
    verdict->uniformity_all_passed = qk_read_u8(&reader) != 0;
    verdict->uniformity_passes = qk_read_u32(&reader);
    verdict->uniformity_fails = qk_read_u32(&reader);
    verdict->uniformity_success_rate = read_double(&reader);
    for (size_t i = 0; i < QK_SP80022_TESTS; i++) {
        verdict->test_rate[i] = read_double(&reader);
        verdict->test_uniformity[i] = read_double(&reader);
    }
    run->least_uniformity = read_double(&reader);
    return qk_reader_ended(&reader) ? QK_OK
                                    : qk_fail(QK_E_STORE_BROKEN, "a statistical run in the database is damaged");
}

/* ---- adding ---- */

static const char add_run[] = "INSERT INTO test_runs (source, failed, body) VALUES (?1, ?2, ?3)";
static const char add_bits[] = "INSERT INTO test_bits (run, bits) SELECT max(number), ?1 FROM test_runs";
/* Numbers follow one another without a gap, since rows go from the old end alone. */
static const char cut_runs[] = "DELETE FROM test_runs WHERE number <= (SELECT max(number) FROM test_runs) - ?1";
static const char cut_bits[] = "DELETE FROM test_bits WHERE run < (SELECT min(number) FROM test_runs)"
                               " OR run NOT IN (SELECT run FROM test_bits ORDER BY run DESC LIMIT ?1)";

static int how_failed(const qk_sp80022_verdict *verdict)
{
    return !verdict->nist_all_passed + !verdict->uniformity_all_passed;
}

static qk_err insert_run(qk_transaction *transaction, const qk_test_run *run)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    QK_OWNED(qk_buf_done) qk_buf body = QK_BUF_NONE;

    write_body(run, &body);
    QK_TRY(qk_buf_check(&body));
    QK_TRY(qk_statement_prepare(transaction, add_run, &statement));
    qk_statement_bind_text(statement, 1, run->source);
    qk_statement_bind_int(statement, 2, how_failed(&run->verdict));
    qk_statement_bind_bytes(statement, 3, qk_buf_view(&body));
    return qk_statement_run(statement);
}

static qk_err insert_bits(qk_transaction *transaction, qk_view bits)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;

    QK_TRY(qk_statement_prepare(transaction, add_bits, &statement));
    qk_statement_bind_bytes(statement, 1, qk_view_slice(bits, 0, BITS_MOST));
    return qk_statement_run(statement);
}

static qk_err cut(qk_transaction *transaction, const char *sql, int64_t keep)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;

    QK_TRY(qk_statement_prepare(transaction, sql, &statement));
    qk_statement_bind_int(statement, 1, keep);
    return qk_statement_run(statement);
}

qk_err qk_test_log_add(qk_test_log *log, const qk_test_run *run, qk_view bits)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;

    QK_TRY(qk_transaction_begin(log->database, true, &transaction));
    QK_TRY(insert_run(transaction, run));
    if (how_failed(&run->verdict) != FAILED_NONE && bits.len > 0)
        QK_TRY(insert_bits(transaction, bits));
    QK_TRY(cut(transaction, cut_runs, RUNS_MOST));
    QK_TRY(cut(transaction, cut_bits, BITS_RUNS));
    return qk_transaction_commit(&transaction);
}

/* ---- reading ---- */

/* A text for each filter, with the words of the partial index in it, or SQLite would not use it. */
#define READ_RUNS(which)    "SELECT source, body FROM test_runs WHERE " which " ORDER BY number DESC LIMIT ?1"
#define READ_RUNS_OF(which) READ_RUNS("source = ?2 AND " which)
#define READ_BITS(which)                                                                                               \
    "SELECT substr(bits, 1, ?2) FROM (SELECT number FROM test_runs WHERE " which                                       \
    " ORDER BY number DESC LIMIT 1 OFFSET ?1) JOIN test_bits ON run = number"
#define ANY    "1"
#define BOTH   "failed > 0 AND failed = 2"
#define EITHER "failed > 0"

static const char *const read_runs[] = { READ_RUNS(ANY), READ_RUNS(BOTH), READ_RUNS(EITHER) };
static const char *const read_runs_of[] = { READ_RUNS_OF(ANY), READ_RUNS_OF(BOTH), READ_RUNS_OF(EITHER) };
static const char *const read_bits[] = { READ_BITS(ANY), READ_BITS(BOTH), READ_BITS(EITHER) };

static void free_runs(qk_test_run **runs)
{
    free(*runs);
}

static qk_err read_row(qk_statement *statement, qk_test_run *run)
{
    const char *source = qk_statement_text(statement, 0);
    size_t len = source ? strlen(source) : 0;

    if (len >= sizeof run->source)
        return qk_fail(QK_E_STORE_BROKEN, "a statistical run in the database names a source of %zu characters", len);
    if (source)
        memcpy(run->source, source, len);
    return read_body(qk_statement_bytes(statement, 1), run);
}

qk_err qk_test_log_read(qk_test_log *log, qk_test_filter filter, const char *source, size_t most,
                        qk_test_run **out_runs, size_t *out_count)
{
    size_t room = most < RUNS_MOST ? most : RUNS_MOST, count = 0;
    QK_OWNED(free_runs) qk_test_run *runs = calloc(room ? room : 1, sizeof *runs);
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    bool row = room > 0;

    if (!runs)
        return qk_fail(QK_E_NO_MEMORY, "%zu statistical runs", room);
    QK_TRY(qk_transaction_begin(log->database, false, &transaction));
    QK_TRY(qk_statement_prepare(transaction, source ? read_runs_of[filter] : read_runs[filter], &statement));
    qk_statement_bind_int(statement, 1, (int64_t)room);
    if (source)
        qk_statement_bind_text(statement, 2, source);
    while (row && count < room) {
        QK_TRY(qk_statement_step(statement, &row));
        if (row)
            QK_TRY(read_row(statement, &runs[count++]));
    }
    *out_runs = runs;
    *out_count = count;
    runs = NULL;
    return QK_OK;
}

qk_err qk_test_log_bits(qk_test_log *log, qk_test_filter filter, size_t index, size_t max_len, qk_buf *out)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    bool row;

    QK_TRY(qk_transaction_begin(log->database, false, &transaction));
    QK_TRY(qk_statement_prepare(transaction, read_bits[filter], &statement));
    qk_statement_bind_int(statement, 1, (int64_t)index);
    qk_statement_bind_int(statement, 2, (int64_t)(max_len < BITS_MOST ? max_len : BITS_MOST));
    QK_TRY(qk_statement_step(statement, &row));
    if (row)
        qk_buf_put(out, qk_statement_bytes(statement, 0));
    return qk_buf_check(out);
}
