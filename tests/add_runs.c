/* SPDX-License-Identifier: Apache-2.0 */
/* Puts statistical runs into the log of an instance: six that passed and, older, two that failed. Real runs take
 * minutes; the log endpoints and the page show these.
 *
 * usage: add-runs DATABASE */
#include <stdio.h>
#include <time.h>

#include "crypto/crypto.h"
#include "rest/record/test_log.h"

enum { RUNS = 8, FAILED = 2, APART_S = 600, PASSES = 18611, FAILS = 189, FAILS_MANY = 700 };

static qk_err add(qk_test_log *log, int number, const char *source)
{
    bool failed = number < FAILED;
    uint8_t bits[128];
    qk_test_run run = {
        .unix_s = (double)(time(NULL) - APART_S * (RUNS - number)) + 0.25,
        .sequences = 100,
        .verdict = {
            .tests_passed = !failed,
            .nist_all_passed = !failed,
            .nist_passes = failed ? PASSES + FAILS - FAILS_MANY : PASSES,
            .nist_fails = failed ? FAILS_MANY : FAILS,
            .nist_success_rate = failed ? 0.962 : 0.98996,
            .uniformity_all_passed = !failed,
            .uniformity_passes = failed ? 12 : 15,
            .uniformity_fails = failed ? 3 : 0,
            .uniformity_success_rate = failed ? 0.8 : 1.0,
        },
    };

    memset(bits, 0xa5, sizeof bits);
    snprintf(run.source, sizeof run.source, "%s", source);
    return qk_test_log_add(log, &run, failed ? qk_view_of(bits, sizeof bits) : QK_VIEW_NONE);
}

static qk_err fill(const char *path)
{
    QK_OWNED(qk_database_close) qk_database *database = NULL;
    QK_OWNED(qk_test_log_close) qk_test_log *log = NULL;

    QK_TRY(qk_crypto_start());
    QK_TRY(qk_database_open(path, &database));
    QK_TRY(qk_test_log_open(database, &log));
    for (int i = 0; i < RUNS; i++)
        QK_TRY(add(log, i, i % 2 ? "noise" : "output"));
    return QK_OK;
}

int main(int argc, char **argv)
{
    qk_err err = argc == 2 ? fill(argv[1]) : qk_fail(QK_E_BAD_ARGUMENT, "usage: add-runs DATABASE");

    if (err != QK_OK)
        fprintf(stderr, "add-runs: %s\n", qk_err_words(err));
    return err != QK_OK;
}
