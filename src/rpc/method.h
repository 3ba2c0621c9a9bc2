/* SPDX-License-Identifier: Apache-2.0 */
/* Methods and who performs them: the shape that is the same on both sides of the wire.
 *
 * A qk_method is a row: path, messages, the IAM action it needs, its handler. A qk_endpoint performs methods: a local
 * one runs the handler, a remote one sends the same message to a server. qk_hsm and qk_keystore are endpoints over
 * different tables (hsm/hsm.h, keystore/keystore.h). The one set of rows drives local dispatch, the client, the server,
 * authorization, metrics and audit. */
#ifndef QK_RPC_METHOD_H
#define QK_RPC_METHOD_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/encoding.h"
#include "rpc/action.h"

enum { QK_CALLER_KEYSTORES = 32 };

/* Actions that hold in one keystore. */
typedef struct qk_keystore_grant {
    qk_uuid keystore;
    uint64_t actions;
} qk_keystore_grant;

/* Who calls. Filled by the server from a verified token; NULL in a qk_call means the embedding process itself, which
 * may do everything. */
typedef struct qk_caller {
    char identity[64]; /* name of the service ID, for logs and audit */
    uint64_t actions;  /* bit 1 << qk_action for each action allowed on the instance */
    /* What is allowed in some keystores only (the anonymous user: in the public one), and all of that together. */
    qk_keystore_grant keystores[QK_CALLER_KEYSTORES];
    size_t keystore_count;
    uint64_t keystore_actions;
} qk_caller;

/* May the caller do this at all / with this keystore? QK_E_NOT_AUTHORIZED with words. A NULL caller may. */
QK_MUST_CHECK qk_err qk_caller_may(const qk_caller *caller, qk_action action);
QK_MUST_CHECK qk_err qk_caller_may_in(const qk_caller *caller, qk_action action, const qk_uuid *keystore);
/* The same as an answer, for those who leave out what the caller may not see. */
bool qk_caller_can_in(const qk_caller *caller, qk_action action, const qk_uuid *keystore);

/* Under which master key new blobs are sealed. */
typedef enum qk_seal_under { QK_UNDER_INSTANCE, QK_UNDER_USER } qk_seal_under;

/* One call under way. Answers lie in its arena. */
typedef struct qk_call {
    qk_arena *arena;
    const qk_caller *caller;
    qk_seal_under seal_under; /* embedded tokens: private objects are sealed under the user's master key */
    bool strict;              /* PKCS #11 rules where they differ from IBM's GREP11 habits (empty digests, ...); modules
                               * ask for them, over the wire with the header quantoki-rules: pkcs11 */
    /* Other connections wait for this call. A method that finds out that it would take long does nothing and returns
     * QK_E_NEED_THREADS; it is then called again on a pool. */
    bool on_event_loop;
    qk_deadline_ms deadline;
    qk_view token; /* bearer token for a remote endpoint; empty: the endpoint's own */
    qk_view login; /* PIN blobs of authenticated keystores, one behind the other (hsm/blob/login_session.h); over the
                    * wire the header quantoki-login-bin */
} qk_call;

typedef struct qk_method qk_method;

/* Runs a method. `context` is the endpoint's own (HSM core, keystore); `request` is decoded; `response` is zeroed and
 * initialised, to be filled with memory of call->arena. */
typedef qk_err (*qk_handler)(void *context, const qk_call *call, const void *request, void *response);

enum {
    QK_METHOD_SLOW = 1 << 0, /* generates, or touches disk or database: runs on a pool, never on an event loop */
    QK_METHOD_NEEDS_RANDOM = 1 << 1, /* health of the random sources is checked first */
    /* Performing it twice does no harm: no side effects (every stateless HSM method), or the server recognises the
     * repetition. The client repeats such a call when a connection died without an answer. */
    QK_METHOD_IDEMPOTENT = 1 << 2,
    QK_METHOD_KEYLESS = 1 << 3, /* touches neither keys nor objects: needs no login to an authenticated keystore */
};

struct qk_method {
    const char *path; /* "/grep11.Crypto/SignSingle" */
    const ProtobufCMessageDescriptor *request, *response;
    qk_action action, second_action; /* the second may be QK_ACTION_NONE */
    unsigned flags;
    qk_handler handler;
};

typedef struct qk_endpoint qk_endpoint;
struct qk_endpoint {
    /* `out_response` lies in call->arena. */
    qk_err (*perform)(qk_endpoint *endpoint, const qk_call *call, const qk_method *method,
                      const ProtobufCMessage *request, void **out_response);
    void (*free)(qk_endpoint *endpoint);
};

static inline qk_err qk_perform(qk_endpoint *endpoint, const qk_call *call, const qk_method *method,
                                const ProtobufCMessage *request, void **out_response)
{
    return endpoint->perform(endpoint, call, method, request, out_response);
}

void qk_endpoint_free(qk_endpoint **endpoint); /* accepts a pointer to NULL */

/* What every local endpoint does with a row: checks the caller's actions, makes the response, runs the handler. */
QK_MUST_CHECK qk_err qk_method_run(const qk_method *method, void *context, const qk_call *call, const void *request,
                                   void **out_response);

#endif
