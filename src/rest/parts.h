/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share: the object, a route, a request under way. */
#ifndef QK_REST_PARTS_H
#define QK_REST_PARTS_H

#include "entropy/signature/signing_key.h"
#include "iam/attempts.h"
#include "rest/record/counters.h"
#include "rest/record/history.h"
#include "rest/text/json.h"
#include "rest/rest.h"

/* A log bundle as it was made last (bundle.c). */
typedef struct qk_rest_bundle {
    bool making; /* by a thread that does not hold the lock */
    int64_t made_ms;
    char folder[48];
    qk_buf document; /* empty: none yet */
} qk_rest_bundle;

struct qk_rest {
    qk_rest_config config;
    qk_iam *iam;
    qk_attempts *attempts; /* log-ins that failed */
    qk_tokens *tokens;
    qk_signing_key *signing_key; /* of answers; NULL: none */
    qk_test_log *log;
    qk_rest_host host;
    int64_t started_ms;
    qk_rest_counters *counters;
    qk_rest_history history;
    pthread_mutex_t bundle_lock;
    qk_rest_bundle bundles[2]; /* without and with the server's log */
};

/* ---- a request under way: lies in the exchange's arena ---- */

enum { QK_REST_HEADERS = 6 };

typedef struct qk_rest_call {
    qk_http_exchange *exchange;
    const qk_rest_route *route; /* NULL: no such path */
    int64_t started_ns;
    qk_token_use *use; /* given back before the answer is sent; NULL: nobody's, or to be verified again */
    bool ask;          /* the database has to be asked for the token */
    bool rated;        /* this request has been counted */
    qk_rate_answer rate;
    char name[64]; /* what stands in the place of {name} */
    /* the answer */
    int status; /* 0: none yet */
    int64_t hold_back_ms;
    const char *content_type;
    qk_buf body;
    struct {
        const char *name, *value;
    } headers[QK_REST_HEADERS];
    unsigned header_count;
} qk_rest_call;

/* A header of the answer; the value is copied. */
void qk_rest_header(qk_rest_call *call, const char *name, const char *value);
/* The answer is what was written to call->body. */
void qk_rest_reply(qk_rest_call *call, int status, const char *content_type);
/* The same with JSON and 200, or a refusal if memory was out. */
void qk_rest_reply_json(qk_rest_call *call);
/* Puts what is kept in the call, and what every answer has, into the exchange; gives the token back; counts. After it
 * comes an answer of the exchange, and nothing else. */
void qk_rest_close(qk_rest *rest, qk_rest_call *call, int status);

/* ---- refusals (refusal.c) ---- */

typedef enum qk_refusal {
    QK_REFUSE_REQUEST,
    QK_REFUSE_PARAMETER, /* 422 where the route says so */
    QK_REFUSE_TOKEN_MISSING,
    QK_REFUSE_TOKEN_INVALID,
    QK_REFUSE_TOKEN_EXPIRED,
    QK_REFUSE_TOKEN_REVOKED,
    QK_REFUSE_SCOPE,
    QK_REFUSE_ALLOTMENT,
    QK_REFUSE_PATH,
    QK_REFUSE_METHOD,
    QK_REFUSE_TYPE,
    QK_REFUSE_RATE,
    QK_REFUSE_INTERNAL,
    QK_REFUSE_UNAVAILABLE,
    QK_REFUSE_STARTING,
    QK_REFUSE_UNHEALTHY,
} qk_refusal;

/* Makes it the call's answer, in the style of its route. */
void qk_rest_refuse(qk_rest_call *call, qk_refusal refusal, const char *format, ...) QK_PRINTF(3, 4);
/* With seconds after which another try makes sense. */
void qk_rest_refuse_for(qk_rest_call *call, qk_refusal refusal, uint64_t retry_after_s, const char *format, ...)
    QK_PRINTF(4, 5);
/* 503 with the code that the state of the sources gives. */
void qk_rest_refuse_supply(qk_rest_call *call);
/* Whatever else failed: logged, 503 if it may work later, else 500. */
void qk_rest_refuse_failure(qk_rest_call *call, qk_err err);

/* ---- routes (routes.c) ---- */

typedef enum qk_rest_access {
    QK_ACCESS_NONE,    /* everybody */
    QK_ACCESS_ENTROPY, /* scope entropy, unless rest.open */
    QK_ACCESS_LOGS,    /* as rest.logs says */
    QK_ACCESS_METRICS, /* as rest.metrics says */
    QK_ACCESS_ADMIN,   /* scope admin, always */
} qk_rest_access;

typedef enum qk_rest_style {
    QK_STYLE_OURS,
    QK_STYLE_OPEN_API, /* the QRNG Open API: 422 for parameters */
    QK_STYLE_IBM,      /* errorCode and errorMessage */
} qk_rest_style;

/* For the OpenAPI document. */
typedef struct qk_rest_parameter {
    const char *name;
    const char *type;     /* "integer", "boolean", "string" */
    uint64_t least, most; /* of an integer; most 0: no bounds */
    const char *fallback; /* as JSON; NULL: none */
    const char *help;
    bool needed;
} qk_rest_parameter;

struct qk_rest_route {
    const char *path; /* one of them holds "{name}" */
    unsigned methods; /* with HEAD where there is GET */
    qk_rest_access access;
    qk_rest_style style;
    bool slow;
    /* Makes the answer, on any thread, ... */
    void (*make)(qk_rest *rest, qk_rest_call *call);
    /* ... or gives it on the loop's; true if it did, else there is a refusal in the call. */
    bool (*give)(qk_rest *rest, qk_rest_call *call);
    const char *summary;
    const char *produces;            /* content type of a good answer */
    const qk_rest_parameter *query;  /* the last one without a name; NULL: none */
    const qk_rest_parameter *body;   /* members of a JSON object */
    const qk_rest_parameter *answer; /* members of a good answer, or of each of its elements */
    bool answers_array;
};

extern const qk_rest_route qk_rest_routes[];
extern const size_t qk_rest_route_count;
/* NULL if there is none; out_name receives what stands for {name}. */
const qk_rest_route *qk_rest_route_find(const char *path, char out_name[64]);
/* "GET, HEAD" */
void qk_rest_route_allow(const qk_rest_route *route, char out[64]);

/* ---- who asks (caller.c) ---- */

/* Token, scope and rate. Refuses in the call, or sets `ask` if memory does not know and it may not wait. */
void qk_rest_admit_caller(qk_rest *rest, qk_rest_call *call, bool may_wait);
/* Where no token is needed: whether there is a good one of this scope all the same. For slow routes. */
bool qk_rest_caller_has(qk_rest *rest, qk_rest_call *call, qk_scope scope);

/* ---- handlers ---- */

bool qk_rest_give_quantum_entropy(qk_rest *rest, qk_rest_call *call);
bool qk_rest_give_entropy(qk_rest *rest, qk_rest_call *call);
bool qk_rest_give_raw(qk_rest *rest, qk_rest_call *call);
bool qk_rest_give_page(qk_rest *rest, qk_rest_call *call);
void qk_rest_make_token(qk_rest *rest, qk_rest_call *call);
void qk_rest_make_health(qk_rest *rest, qk_rest_call *call);
void qk_rest_make_readiness(qk_rest *rest, qk_rest_call *call);
void qk_rest_make_capabilities(qk_rest *rest, qk_rest_call *call);
void qk_rest_make_healthtest(qk_rest *rest, qk_rest_call *call);
void qk_rest_make_logs(qk_rest *rest, qk_rest_call *call);
void qk_rest_make_failing_logs(qk_rest *rest, qk_rest_call *call);
void qk_rest_make_failing_random(qk_rest *rest, qk_rest_call *call);
void qk_rest_make_bundle(qk_rest *rest, qk_rest_call *call);
void qk_rest_make_status(qk_rest *rest, qk_rest_call *call);
void qk_rest_make_history(qk_rest *rest, qk_rest_call *call);
void qk_rest_make_metrics(qk_rest *rest, qk_rest_call *call);
void qk_rest_make_openapi(qk_rest *rest, qk_rest_call *call);
void qk_rest_make_restart(qk_rest *rest, qk_rest_call *call);

#endif
