/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the HTTP server: what a session and its exchanges are made of. For the files of this room alone.
 *
 * A session has at most one exchange: `current` while its body is read, `owed` from on_request until its answer. With
 * an answer owed nothing further is read out of `in`. */
#ifndef QK_HTTP_SESSION_H
#define QK_HTTP_SESSION_H

#include "http/body.h"
#include "http/reader.h"
#include "http/server.h"

typedef struct qk_http_added {
    struct qk_http_added *next;
    const char *name, *value;
} qk_http_added;

/* An exchange as this room sees it; the public part is its beginning. */
typedef struct qk_http_work {
    qk_http_exchange public;
    qk_http_session *session; /* NULL: nobody waits for the answer any more */
    const qk_http_callbacks *callbacks;
    void *context;
    qk_buf body;
    size_t body_granted; /* by on_body */
    bool keep_alive;     /* the connection may go on after the answer */
    bool old;            /* HTTP/1.0 */
    size_t answer_at;    /* of the body in the session's `out`, from qk_http_answer_begin to _end */
    qk_http_added *added, **last_added;
    qk_http_head head;
} qk_http_work;

struct qk_http_session {
    const qk_http_callbacks *callbacks;
    void *context;
    qk_http_limits limits;
    char peer[sizeof((qk_http_exchange *)0)->peer];
    qk_buf in;    /* not looked at yet */
    size_t in_at; /* of it was taken already */
    size_t seen;  /* of the head that has begun */
    qk_buf out;
    size_t granted, lent;     /* of answers: in `out`; handed over with the last drain */
    qk_http_work *current;    /* its body is being read */
    qk_http_work *owed;       /* with its owner */
    qk_http_body_reader body; /* of current, or of one that was answered early */
    uint64_t requests;
    int64_t since_ms; /* what is waited for has been since then: a request, its rest, its body */
    bool began;       /* the first byte of a head has come */
    bool skipped;     /* the empty line that may come before it */
    bool ending;      /* after what is owed the connection closes */
    bool ended;       /* the peer sends no more */
    bool cut;         /* what the peer sends is not read to its end */
    bool closing;     /* it closes once `out` is written */
};

static inline qk_http_work *qk_http_work_of(qk_http_exchange *exchange)
{
    return (qk_http_work *)(void *)exchange;
}

/* A new exchange from a whole head (exchange.c). NULL with a refusal. */
qk_http_work *qk_http_work_new(qk_http_session *session, qk_view head, qk_http_refusal *out_refusal);
/* Wipes, gives back what was granted, frees. */
void qk_http_work_free(qk_http_work *work);
/* More of the body; false if the budget or memory is out. */
bool qk_http_work_add_body(qk_http_work *work, qk_view data);

/* Answers with an error of the session's own and closes; the exchange under way, if any, is dropped (answer.c). */
void qk_http_refuse(qk_http_session *session, const qk_http_refusal *refusal);
void qk_http_continue(qk_http_session *session);

/* The value of a Date header; this thread's, until the next call (date.c). */
const char *qk_http_date(void);

#endif
