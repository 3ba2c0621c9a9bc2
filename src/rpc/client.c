/* SPDX-License-Identifier: Apache-2.0 */
/* The pool and the decision to try again.
 *
 * Idle connections are a stack: the warmest is used next, and those that a quiet time leaves at the bottom die alone.
 * Whether an idle connection still lives is not asked before an idempotent call (that costs a system call): if it turns
 * out dead, the call is repeated on a new one. Before other calls it is asked.
 *
 * Every connection is also in the list `all`, which a forked child walks without the lock: it is changed by single
 * stores only, so it is whole at any moment. */
#include "rpc/client.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "rpc/client_connection.h"
#include "rpc/message.h"

enum { DEFAULT_TIMEOUT_MS = 60 * 1000, DEFAULT_MAX_IDLE = 16, AUTHORITY_LEN = 300, TIMEOUT_LEN = 16 };

struct qk_rpc_client {
    qk_tls_client *tls;
    connection_peer peer;
    int64_t call_timeout_ms;
    size_t max_idle, max_answer;
    char authority[AUTHORITY_LEN];
    pthread_mutex_t lock; /* for what follows */
    connection *idle, *all;
    size_t idle_count;
};

/* ---- the pool ---- */

qk_err qk_rpc_client_new(const qk_rpc_options *options, qk_rpc_client **out_client)
{
    QK_OWNED(qk_rpc_client_free) qk_rpc_client *client = calloc(1, sizeof *client);
    qk_tls_options peer = options->peer;

    if (!client)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a client");
    pthread_mutex_init(&client->lock, NULL);
    client->call_timeout_ms = options->call_timeout_ms > 0 ? options->call_timeout_ms : DEFAULT_TIMEOUT_MS;
    client->max_idle = options->max_idle ? options->max_idle : DEFAULT_MAX_IDLE;
    client->max_answer = options->max_answer;
    snprintf(client->authority, sizeof client->authority, strchr(peer.host, ':') ? "[%s]:%u" : "%s:%u", peer.host,
             peer.port);
    client->peer = (connection_peer){ peer.tls ? "https" : "http", client->authority };
    peer.alpn = "h2";
    QK_TRY(qk_tls_client_new(&peer, &client->tls));
    *out_client = client;
    client = NULL;
    return QK_OK;
}

static void unlist(qk_rpc_client *client, const connection *c)
{
    connection **link = &client->all;

    while (*link && *link != c)
        link = &(*link)->next;
    if (*link)
        __atomic_store_n(link, c->next, __ATOMIC_RELEASE);
}

static void enlist(qk_rpc_client *client, connection *c)
{
    pthread_mutex_lock(&client->lock);
    c->next = client->all;
    __atomic_store_n(&client->all, c, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&client->lock);
}

static connection *take_idle(qk_rpc_client *client)
{
    connection *c;

    pthread_mutex_lock(&client->lock);
    c = client->idle;
    if (c) {
        client->idle = c->next_idle;
        client->idle_count--;
    }
    pthread_mutex_unlock(&client->lock);
    return c;
}

static void close_connection(qk_rpc_client *client, connection *c)
{
    pthread_mutex_lock(&client->lock);
    unlist(client, c);
    pthread_mutex_unlock(&client->lock);
    connection_free(&c);
}

static void give_idle(qk_rpc_client *client, connection *c)
{
    bool kept;

    pthread_mutex_lock(&client->lock);
    kept = client->idle_count < client->max_idle;
    if (kept) {
        c->next_idle = client->idle;
        client->idle = c;
        client->idle_count++;
    }
    pthread_mutex_unlock(&client->lock);
    if (!kept)
        close_connection(client, c);
}

void qk_rpc_client_free(qk_rpc_client **client)
{
    if (!*client)
        return;
    for (connection *c = (*client)->all, *next; c; c = next) {
        next = c->next;
        connection_free(&c);
    }
    qk_tls_client_free(&(*client)->tls);
    pthread_mutex_destroy(&(*client)->lock);
    free(*client);
    *client = NULL;
}

void qk_rpc_client_abandon(qk_rpc_client **client)
{
    if (!*client)
        return;
    for (connection *c = (*client)->all; c; c = c->next)
        connection_abandon(c);
    qk_tls_client_abandon(&(*client)->tls);
    *client = NULL;
}

/* ---- a call ---- */

static qk_err take_connection(qk_rpc_client *client, const exchange *x, bool fresh, connection **out_connection)
{
    connection *c;

    while (!fresh && (c = take_idle(client))) {
        if (x->idempotent || !qk_stream_stale(c->stream)) {
            *out_connection = c;
            return QK_OK;
        }
        close_connection(client, c);
    }
    QK_TRY(connection_open(client->tls, x->deadline, &c));
    enlist(client, c);
    *out_connection = c;
    return QK_OK;
}

/* HTTP status without a gRPC status comes from a proxy or a server that is no gRPC server. Source: gRPC, "HTTP to gRPC
 * Status Code Mapping". */
static qk_err judge_http(const exchange *x)
{
    static const struct {
        const char *status;
        qk_err err;
    } rows[] = {
        { "401", QK_E_NOT_AUTHENTICATED }, { "403", QK_E_NOT_AUTHORIZED },
        { "404", QK_E_METHOD_UNKNOWN },    { "429", QK_E_RATE },
        { "502", QK_E_SERVER_AWAY },       { "503", QK_E_SERVER_AWAY },
        { "504", QK_E_SERVER_AWAY },
    };
    qk_err err = QK_E_PROTOCOL;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (qk_view_equal(qk_view_text(rows[i].status), x->http_status))
            err = rows[i].err;
    return qk_fail(err, "answered with HTTP status %.*s and no gRPC status", (int)x->http_status.len,
                   x->http_status.len ? (const char *)x->http_status.data : "");
}

static qk_err judge_unanswered(const exchange *x)
{
    if (x->close_code == 7) /* REFUSED_STREAM */
        return qk_fail(QK_E_SERVER_AWAY, "the server is stopping and took no more calls");
    if (x->close_code == 11) /* ENHANCE_YOUR_CALM */
        return qk_fail(QK_E_RATE, "the server asks for fewer calls");
    if (x->http_status.len && !qk_view_equal(x->http_status, QK_VIEW_LITERAL("200")))
        return judge_http(x);
    return qk_fail(QK_E_PROTOCOL, "the answer has no gRPC status (HTTP/2 error %u)", x->close_code);
}

/* One try: what the server said, or what went wrong before it could. */
static qk_err attempt(qk_rpc_client *client, bool fresh, exchange *x)
{
    connection *c;
    qk_err err;

    exchange_again(x);
    QK_TRY(take_connection(client, x, fresh, &c));
    x->connected = true;
    err = connection_perform(c, &client->peer, x);
    if (c->usable)
        give_idle(client, c);
    else
        close_connection(client, c);
    if (err == QK_OK && !x->trailers.status.data)
        err = judge_unanswered(x);
    else if (err == QK_OK)
        return qk_error_detail_read(&x->trailers, x->arena);
    if (err == QK_OK || strstr(qk_err_words(err), client->authority)) /* the net room names the peer itself */
        return err;
    return qk_fail_context(err, "%s: ", client->authority);
}

static bool may_repeat(const exchange *x, qk_err err)
{
    return err == QK_E_SERVER_AWAY && x->connected && (x->unseen || x->idempotent) && !x->trailers.status.data;
}

static qk_err perform_exchange(qk_rpc_client *client, exchange *x)
{
    const char *words;
    qk_err err = attempt(client, false, x);

    if (may_repeat(x, err))
        err = attempt(client, true, x);
    if (err != QK_E_SERVER_AWAY || !x->connected || x->trailers.status.data)
        return err;
    words = qk_arena_text(x->arena, qk_view_text(qk_err_words(err)));
    return qk_fail(err, "%s; check that quantokid runs there and is reachable, then repeat the call",
                   words ? words : client->authority);
}

/* ---- the remote endpoint ---- */

typedef struct remote {
    qk_endpoint base;
    qk_rpc_client *client;
    qk_token_source token;
    void *token_context;
} remote;

static qk_err authorize(const remote *r, const qk_call *call, bool renew, exchange *x)
{
    static const char scheme[] = "Bearer ";
    qk_view token = call->token;
    uint8_t *place;

    x->authorization = QK_VIEW_NONE;
    if (!token.len && r->token)
        QK_TRY(r->token(r->token_context, renew, call->arena, &token));
    if (!token.len)
        return QK_OK;
    QK_TRY(qk_arena_bytes(call->arena, sizeof scheme - 1 + token.len, &place));
    memcpy(place, scheme, sizeof scheme - 1);
    memcpy(place + sizeof scheme - 1, token.data, token.len);
    x->authorization = qk_view_of(place, sizeof scheme - 1 + token.len);
    return QK_OK;
}

static qk_err put_login(const qk_call *call, exchange *x)
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;

    if (!call->login.len)
        return QK_OK;
    qk_base64_write(call->login, &text);
    QK_TRY(qk_buf_check(&text));
    return qk_arena_copy(call->arena, qk_buf_view(&text), &x->login);
}

/* The deadline travels in milliseconds. The client's default is the same text each time, which HPACK makes one byte. */
static qk_err set_deadline(qk_rpc_client *client, const qk_call *call, char place[TIMEOUT_LEN], exchange *x)
{
    int64_t left = client->call_timeout_ms;

    x->usual_timeout = call->deadline <= 0;
    x->deadline = x->usual_timeout ? qk_deadline_in(left) : call->deadline;
    if (!x->usual_timeout)
        left = qk_deadline_left(call->deadline);
    if (left <= 0)
        return qk_fail(QK_E_TIMEOUT, "the call's deadline has passed before it was sent");
    snprintf(place, TIMEOUT_LEN, "%" PRId64 "m", left > 99999999 ? 99999999 : left);
    x->timeout = qk_view_text(place);
    return QK_OK;
}

static qk_err call_server(remote *r, const qk_call *call, exchange *x)
{
    qk_err err;

    QK_TRY(authorize(r, call, false, x));
    err = perform_exchange(r->client, x);
    if (err != QK_E_NOT_AUTHENTICATED || call->token.len || !r->token)
        return err;
    QK_TRY(authorize(r, call, true, x)); /* it may have expired or been revoked before its time */
    return perform_exchange(r->client, x);
}

/* What is wrong with an answer is the server's fault, not the caller's. */
static qk_err read_answer(exchange *x, const qk_method *method, void **out_response)
{
    qk_view message;
    qk_err err = qk_frame_finish(&x->reader, &message);

    if (err == QK_OK)
        err = qk_message_read(method->response, message, x->arena, out_response);
    if (err == QK_E_MESSAGE_MALFORMED)
        return qk_fail_context(QK_E_PROTOCOL, "the answer of %s: ", method->path);
    return err;
}

static qk_err perform(qk_endpoint *endpoint, const qk_call *call, const qk_method *method,
                      const ProtobufCMessage *request, void **out_response)
{
    remote *r = (remote *)endpoint;
    QK_OWNED(exchange_done)
    exchange x = { .arena = call->arena,
                   .path = method->path,
                   .strict = call->strict,
                   .max_answer = r->client->max_answer,
                   .idempotent = (method->flags & QK_METHOD_IDEMPOTENT) != 0 };
    char timeout[TIMEOUT_LEN];
    uint8_t *prefix;

    QK_TRY(set_deadline(r->client, call, timeout, &x));
    QK_TRY(put_login(call, &x));
    QK_TRY(qk_message_write(request, QK_FRAME_PREFIX_LEN, call->arena, &x.framed));
    prefix = (uint8_t *)(uintptr_t)x.framed.data; /* the room in front that the writer left */
    QK_TRY(qk_frame_put_prefix(prefix, x.framed.len - QK_FRAME_PREFIX_LEN));
    QK_TRY(call_server(r, call, &x));
    return read_answer(&x, method, out_response);
}

static void free_remote(qk_endpoint *endpoint)
{
    free(endpoint);
}

qk_err qk_endpoint_remote_new(qk_rpc_client *client, qk_token_source token, void *token_context,
                              qk_endpoint **out_endpoint)
{
    remote *r = malloc(sizeof *r);

    if (!r)
        return qk_fail(QK_E_NO_MEMORY, "no memory for an endpoint");
    *r = (remote){ { perform, free_remote }, client, token, token_context };
    *out_endpoint = &r->base;
    return QK_OK;
}
