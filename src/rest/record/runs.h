/* SPDX-License-Identifier: Apache-2.0 */
/* Results of statistical runs as JSON. */
#ifndef QK_REST_RUNS_H
#define QK_REST_RUNS_H

#include "rest/parts.h"

/* Members of one element of /api/v1/logs, into an object that is open. `simple`: three of them. */
void qk_run_write(qk_json *json, const qk_test_run *run, bool simple);
/* The newest run of a source, or of "output". False if there is none, or the database does not answer. */
bool qk_run_last(qk_rest *rest, const char *source, qk_test_run *out_run);
/* Share of single tests that passed; 0 if there were none. */
double qk_run_share(const qk_test_run *run);
/* Elements of /api/v1/logs, newest first. */
QK_MUST_CHECK qk_err qk_runs_write(qk_rest *rest, qk_test_filter filter, size_t most, bool simple, qk_buf *out);
/* "11/02/2026 09:14" and "Mon, 02 Nov 2026 09:04:00 GMT", both UTC. */
void qk_run_time(double unix_s, char out[32]);
void qk_run_http_date(double unix_s, char out[40]);

#endif
