/* SPDX-License-Identifier: Apache-2.0 */
/* Results of statistical runs, kept in the database for the log endpoints: the last 10,000, and of failing runs up to
 * 640 KiB of the bits under test (which nobody was ever given). Any thread; all calls may wait for the database. */
#ifndef QK_REST_TEST_LOG_H
#define QK_REST_TEST_LOG_H

#include "database/database.h"
#include "statistics/statistics.h"

typedef struct qk_test_log qk_test_log;

typedef struct qk_test_run {
    char source[64]; /* name, or "output" */
    double unix_s;   /* time of completion, with fraction */
    uint32_t sequences;
    qk_sp80022_verdict verdict;
    double least_uniformity; /* smallest P_T of the fifteen */
} qk_test_run;

QK_MUST_CHECK qk_err qk_test_log_open(qk_database *database, qk_test_log **out_log);
void qk_test_log_close(qk_test_log **log);

/* `bits`: the bytes under test, kept if the run failed; may be empty. */
QK_MUST_CHECK qk_err qk_test_log_add(qk_test_log *log, const qk_test_run *run, qk_view bits);

typedef enum qk_test_filter {
    QK_TEST_ALL,
    QK_TEST_FAILED_BOTH, /* both verdicts failed */
    QK_TEST_FAILED_EITHER,
} qk_test_filter;

/* The newest `most` that fit, newest first; `source` NULL: every one. *out_runs is freed by the caller. */
QK_MUST_CHECK qk_err qk_test_log_read(qk_test_log *log, qk_test_filter filter, const char *source, size_t most,
                                      qk_test_run **out_runs, size_t *out_count);
/* Bits of the index-th newest failing run, at most `max_len` bytes; empty if none were kept. */
QK_MUST_CHECK qk_err qk_test_log_bits(qk_test_log *log, qk_test_filter filter, size_t index, size_t max_len,
                                      qk_buf *out);

#endif
