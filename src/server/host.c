/* SPDX-License-Identifier: Apache-2.0 */
/* What the process tells the REST API for status, metrics and readiness. */
#include "server/server.h"

#include "base/clock.h"

enum { KEPT_MS = 1000 };

static qk_err ask_database(qk_database *database)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    bool row;

    QK_TRY(qk_transaction_begin(database, false, &transaction));
    QK_TRY(qk_statement_prepare(transaction, "SELECT count(*) FROM (SELECT 1 FROM test_runs LIMIT 1)", &statement));
    return qk_statement_step(statement, &row);
}

/* Anybody may ask for readiness as often as he likes: the database is asked once a second. */
qk_err qk_server_check_database(void *context)
{
    qk_server *server = context;
    int64_t now_ms = qk_clock_monotonic_ms();
    qk_err err = (qk_err)atomic_load(&server->database_result);

    if (now_ms - atomic_load(&server->database_checked_ms) < KEPT_MS)
        return err == QK_OK ? QK_OK : qk_fail(err, "the database did not answer a moment ago");
    err = ask_database(server->instance.database);
    atomic_store(&server->database_result, (int)err);
    atomic_store(&server->database_checked_ms, now_ms);
    return err;
}

static size_t open_connections(void *context)
{
    qk_server *server = context;
    return atomic_load(&server->open_connections);
}

void qk_server_host(qk_server *server, qk_rest_host *out_host)
{
    atomic_store(&server->database_checked_ms, -KEPT_MS);
    *out_host = (qk_rest_host){ .context = server,
                                .check_database = qk_server_check_database,
                                .open_connections = open_connections,
                                .log_path = server->config.log_path };
}
