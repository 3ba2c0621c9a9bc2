/* SPDX-License-Identifier: Apache-2.0 */
/* What operators write for a token's rate, allotment and time of validity, and how these are written for them. */
#ifndef QK_CLI_TOKEN_TEXT_H
#define QK_CLI_TOKEN_TEXT_H

#include "iam/entropy_token/entropy_token.h"

/* "unlimited", "30/10s", "5/1m": requests per time. QK_E_BAD_ARGUMENT says what is expected; so do the others. */
QK_MUST_CHECK qk_err qk_token_rate_read(const char *text, uint64_t *out_requests, uint64_t *out_seconds);
/* "unlimited", "500000", "64k", "100M", "5G", "1T" (powers of 1024). Unlimited is 0; "0" is refused. */
QK_MUST_CHECK qk_err qk_token_bytes_read(const char *text, uint64_t *out_bytes);
/* "never" (0), "90s", "12h", "365d" after `now`, or "2027-01-01", "2027-01-01T12:00:00Z" (UTC). */
QK_MUST_CHECK qk_err qk_token_time_read(const char *text, int64_t now, int64_t *out_unix_s);

enum { QK_TOKEN_TEXT = 64 };
/* "30 in 10 s", "unlimited" */
void qk_token_rate_write(const qk_token_record *record, char out[QK_TOKEN_TEXT]);
/* "512 B", "64 KiB", "1.5 GiB" */
void qk_token_bytes_write(uint64_t bytes, char out[QK_TOKEN_TEXT]);
/* "2027-01-01 12:00 UTC"; "never" for 0 */
void qk_token_time_write(int64_t unix_s, char out[QK_TOKEN_TEXT]);
/* "entropy,metrics" */
void qk_token_scopes_write(unsigned scopes, char out[QK_TOKEN_TEXT]);
/* "valid", "not yet valid", "expired", "revoked" */
const char *qk_token_state(const qk_token_record *record, int64_t now);

#endif
