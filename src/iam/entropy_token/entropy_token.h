/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of the REST API: opaque, made by the operator, each with scopes, expiry, a rate and a monthly allotment.
 *
 * A token is "qt_" and 43 characters (256 random bits, base64url); the database keeps its SHA-256 alone. Verifying is a
 * look-up in memory by hash; a token that is not there is looked for in the database (rarely: misses are limited in
 * rate), so one made by the command line beside a running server works at once; revocation and changes are seen within
 * a second. Use is counted in memory and written to the database every second and at the end; what a kill -9 loses is
 * at most a second of counting. Any thread. */
#ifndef QK_IAM_ENTROPY_TOKEN_H
#define QK_IAM_ENTROPY_TOKEN_H

#include "database/database.h"
#include "base/secret.h"

typedef struct qk_tokens qk_tokens;
typedef struct qk_token_use qk_token_use; /* a token in memory, counted; see below */

typedef enum qk_scope {
    QK_SCOPE_ENTROPY = 1, /* entropy endpoints */
    QK_SCOPE_KEYGEN = 2,  /* known from the original service; kept, opens nothing */
    QK_SCOPE_METRICS = 4, /* /metrics, status and logs where these are not open */
    QK_SCOPE_ADMIN = 8,   /* restart of a source */
} qk_scope;
const char *qk_scope_name(qk_scope scope); /* "entropy" */
/* "entropy,metrics" -> bits; QK_E_BAD_ARGUMENT names what is unknown. */
QK_MUST_CHECK qk_err qk_scopes_parse(const char *text, unsigned *out_scopes);

typedef struct qk_token_record {
    char name[64]; /* unique among tokens that are not revoked */
    unsigned scopes;
    int64_t created_unix_s, not_before_unix_s, expires_unix_s; /* expires 0: never */
    bool revoked;
    uint64_t rate_requests, rate_seconds; /* default 30 in 10 s; requests 0: unlimited */
    uint64_t allotment_bytes;             /* a month; 0: unlimited */
    uint64_t used_bytes, total_bytes;     /* in this period; ever */
    int64_t period_starts_unix_s, period_ends_unix_s;
} qk_token_record;

/* Database borrowed; migrates its tables. */
QK_MUST_CHECK qk_err qk_tokens_open(qk_database *database, qk_tokens **out_tokens);
/* Writes the counts. */
void qk_tokens_close(qk_tokens **tokens);
/* Once a second, on a thread that may wait for the database: writes counts, sees changes. */
QK_MUST_CHECK qk_err qk_tokens_refresh(qk_tokens *tokens);

/* ---- managing ---- */

/* `record` gives name, scopes, not_before, expires, rate, allotment. The period begins on the day of the month of
 * creation (29 to 31: the last day of a shorter month; UTC). QK_E_OBJECT_CONFLICT if the name is in use,
 * QK_E_BAD_ARGUMENT. `out_text` is shown once. */
QK_MUST_CHECK qk_err qk_tokens_create(qk_tokens *tokens, const qk_token_record *record, qk_secret *out_text);
QK_MUST_CHECK qk_err qk_tokens_revoke(qk_tokens *tokens, const char *name); /* QK_E_OBJECT_MISSING */
/* All, oldest first; freed by the caller. */
QK_MUST_CHECK qk_err qk_tokens_list(qk_tokens *tokens, qk_token_record **out_records, size_t *out_count);

/* ---- using ---- */

typedef enum qk_token_verdict {
    QK_TOKEN_GOOD,
    QK_TOKEN_INVALID,    /* unknown or not yet valid: 401 */
    QK_TOKEN_EXPIRED,    /* 401 */
    QK_TOKEN_REVOKED,    /* 401 */
    QK_TOKEN_UNKNOWABLE, /* the database does not answer: 503, never 401 */
} qk_token_verdict;

/* On an event loop: looks in memory alone; *out_ask is set if the database should be asked (then call
 * qk_tokens_look_up on a thread that may wait). GOOD: *out_use is a reference to give back. */
qk_token_verdict qk_tokens_verify(qk_tokens *tokens, qk_view text, qk_token_use **out_use, bool *out_ask);
qk_token_verdict qk_tokens_look_up(qk_tokens *tokens, qk_view text, qk_token_use **out_use);
void qk_token_use_unref(qk_token_use **use);

unsigned qk_token_use_scopes(const qk_token_use *use);
const char *qk_token_use_name(const qk_token_use *use);

typedef struct qk_rate_answer {
    bool allowed;
    bool limited;                       /* false: this token has no limit */
    uint64_t limit, remaining, reset_s; /* RateLimit-... headers */
    uint64_t retry_after_s;             /* if not allowed */
} qk_rate_answer;
/* One request: a token bucket (burst `rate_requests`, refilled evenly over rate_seconds) on the monotonic clock. */
void qk_token_use_rate(qk_token_use *use, qk_rate_answer *out);
/* Takes `bytes` of the allotment or, if that many are not left, nothing and false. */
bool qk_token_use_take(qk_token_use *use, uint64_t bytes);
/* Whether that many are left; takes nothing. */
bool qk_token_use_has(qk_token_use *use, uint64_t bytes);
/* What was taken but not served (503 after all). */
void qk_token_use_return(qk_token_use *use, uint64_t bytes);

#endif
