/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTPS listener: tokens for API keys, and health. Served on the main loop by evhttp.
 *
 * evhttp restarts its timeout with every byte and does not say when a connection ends. So a TLS connection has a
 * deadline of its own, hung on its SSL object, whose end is the connection's; it is counted there, too. Without TLS
 * (loopback addresses only) there is neither: what stands in front has to see to it. */
#include "server/server.h"

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/log.h"

enum { MAX_BODY = 16 * 1024, MAX_HEADERS = 16 * 1024, TIMEOUT_SECONDS = 30, MAX_API_KEY = 1024 };

struct qk_https {
    qk_server *server;
    struct evhttp *http;
    struct evconnlistener *listener; /* http's */
    size_t connections;
};

typedef struct https_connection {
    qk_https *https;
    struct bufferevent *stream; /* it owns us: we go with its SSL */
    struct event *deadline;
} https_connection;

static int connection_index = -1; /* of an SSL's extra data */

static void send_json(struct evhttp_request *request, int status, json_t *object)
{
    struct evbuffer *body = evbuffer_new();
    char *text = json_dumps(object, JSON_COMPACT);
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);

    evhttp_add_header(headers, "Content-Type", "application/json");
    evhttp_add_header(headers, "Cache-Control", "no-store");
    if (body && text) {
        evbuffer_add(body, text, strlen(text));
        evhttp_send_reply(request, status, NULL, body);
    } else {
        evhttp_send_error(request, HTTP_INTERNAL, NULL);
    }
    if (body)
        evbuffer_free(body);
    free(text);
    json_decref(object);
}

/* ---- POST /identity/token ---- */

/* Finds a parameter in form encoding. '+' and %XX are decoded; other characters, also unescaped colons, count as they
 * are, since one of the known clients sends them so. */
static qk_err find_parameter(qk_view form, const char *name, qk_buf *out)
{
    size_t name_len = strlen(name);

    for (size_t at = 0; at < form.len;) {
        const uint8_t *end = memchr(form.data + at, '&', form.len - at);
        size_t len = (end ? (size_t)(end - form.data) : form.len) - at;
        if (len > name_len && memcmp(form.data + at, name, name_len) == 0 && form.data[at + name_len] == '=') {
            size_t decoded_len = 0;
            QK_OWNED(qk_buf_done) qk_buf value = QK_BUF_NONE;
            char *decoded;
            qk_buf_put(&value, qk_view_of(form.data + at + name_len + 1, len - name_len - 1));
            decoded = qk_buf_text(&value) ? evhttp_uridecode(qk_buf_text(&value), 1, &decoded_len) : NULL;
            if (!decoded)
                return qk_fail(QK_E_NO_MEMORY, "parameter %s", name);
            qk_buf_put(out, qk_view_of(decoded, decoded_len));
            explicit_bzero(decoded, decoded_len);
            free(decoded);
            return qk_buf_check(out);
        }
        at += len + 1;
    }
    return qk_fail(QK_E_BAD_ARGUMENT, "parameter %s is missing", name);
}

/* Both forms in use: parameters in the body, or in the query string. */
static qk_err read_parameters(struct evhttp_request *request, qk_buf *out_grant, qk_buf *out_api_key)
{
    struct evbuffer *input = evhttp_request_get_input_buffer(request);
    const char *query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(request));
    size_t len = evbuffer_get_length(input);
    qk_view form = len ? qk_view_of(evbuffer_pullup(input, -1), len) : qk_view_text(query ? query : "");

    QK_TRY(find_parameter(form, "grant_type", out_grant));
    QK_TRY(find_parameter(form, "apikey", out_api_key));
    if (!qk_view_equal(qk_buf_view(out_grant), QK_VIEW_LITERAL("urn:ibm:params:oauth:grant-type:apikey")))
        return qk_fail(QK_E_BAD_ARGUMENT, "grant_type must be urn:ibm:params:oauth:grant-type:apikey");
    if (out_api_key->len > MAX_API_KEY)
        return qk_fail(QK_E_BAD_ARGUMENT, "apikey is longer than %d characters", MAX_API_KEY);
    return QK_OK;
}

static qk_err exchange(qk_https *https, struct evhttp_request *request, qk_arena *arena, json_t **out_answer)
{
    QK_OWNED(qk_buf_done) qk_buf grant = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf api_key = QK_BUF_NONE;
    qk_token_answer token;

    QK_TRY(read_parameters(request, &grant, &api_key));
    QK_TRY(qk_iam_login(https->server->instance.iam, qk_buf_view(&api_key), arena, &token));
    *out_answer = json_pack("{s:s%, s:s, s:s, s:I, s:I, s:s}", "access_token", token.access_token.data,
                            token.access_token.len, "refresh_token", "not_supported", "token_type", "Bearer",
                            "expires_in", (json_int_t)token.expires_in_s, "expiration",
                            (json_int_t)token.expiration_unix_s, "scope", "ibm openid");
    return *out_answer ? QK_OK : qk_fail(QK_E_NO_MEMORY, "token answer");
}

/* IBM's error codes, which clients show: an unknown API key, and everything else that is wrong with a request. */
static json_t *error_answer(qk_err err)
{
    if (err == QK_E_PIN_INCORRECT)
        return json_pack("{s:s, s:s}", "errorCode", "BXNIM0415E", "errorMessage",
                         "Provided API key could not be found.");
    return json_pack("{s:s, s:s}", "errorCode", "BXNIM0109E", "errorMessage", qk_err_words(err));
}

static void serve_token(struct evhttp_request *request, void *arg)
{
    qk_https *https = arg;
    QK_OWNED(qk_arena_done) qk_arena arena;
    json_t *object = NULL;
    char *peer = NULL;
    ev_uint16_t port = 0;
    qk_err err;

    qk_arena_init(&arena, MAX_BODY * 4);
    err = exchange(https, request, &arena, &object);
    if (err == QK_OK) {
        send_json(request, HTTP_OK, object);
        return;
    }
    evhttp_connection_get_peer(evhttp_request_get_connection(request), &peer, &port);
    qk_log_failure(QK_LOG_WARNING, err, "op=token peer=%s", peer ? peer : "-");
    send_json(request, err == QK_E_PIN_INCORRECT ? HTTP_BADREQUEST : qk_err_to_http(err), error_answer(err));
}

/* ---- the rest ---- */

static void serve_health(struct evhttp_request *request, void *arg)
{
    (void)arg;
    send_json(request, HTTP_OK, json_pack("{s:s, s:s}", "status", "ok", "version", QK_VERSION));
}

static void serve_unknown(struct evhttp_request *request, void *arg)
{
    (void)arg;
    send_json(request, HTTP_NOTFOUND,
              json_pack("{s:s, s:s}", "errorCode", "NOT_FOUND", "errorMessage", "There is nothing at this path."));
}

typedef struct route {
    const char *path;
    enum evhttp_cmd_type method;
    void (*serve)(struct evhttp_request *request, void *arg);
} route;

static const route routes[] = {
    { "/identity/token", EVHTTP_REQ_POST, serve_token },
    { "/healthz", EVHTTP_REQ_GET, serve_health },
};

/* Without memory for an SSL object evhttp falls back to plain text. Nothing secret goes that way. */
static bool is_as_configured(const qk_https *https, struct evhttp_request *request)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(request);

    return !https->server->https_tls || bufferevent_openssl_get_ssl(evhttp_connection_get_bufferevent(connection));
}

static void serve(struct evhttp_request *request, void *arg)
{
    const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(request));

    if (!is_as_configured(arg, request)) {
        evhttp_send_error(request, HTTP_SERVUNAVAIL, NULL);
        return;
    }
    for (size_t i = 0; path && i < sizeof routes / sizeof routes[0]; i++) {
        if (strcmp(path, routes[i].path) != 0)
            continue;
        if (evhttp_request_get_command(request) == routes[i].method)
            routes[i].serve(request, arg);
        else
            send_json(
                request, HTTP_BADMETHOD,
                json_pack("{s:s, s:s}", "errorCode", "METHOD", "errorMessage", "This path takes another method."));
        return;
    }
    serve_unknown(request, arg);
}

/* ---- connections ---- */

/* With its socket shut, evhttp finds the connection ended. */
static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    const https_connection *it = arg;

    (void)fd;
    (void)what;
    shutdown(bufferevent_getfd(it->stream), SHUT_RDWR);
}

/* The SSL object goes, and the connection with it. */
static void on_ssl_freed(void *parent, void *data, CRYPTO_EX_DATA *all, int index, long number, void *pointer)
{
    https_connection *it = data;

    (void)parent;
    (void)all;
    (void)index;
    (void)number;
    (void)pointer;
    if (!it)
        return;
    if (it->https->connections-- == it->https->server->config.max_connections && it->https->listener &&
        !atomic_load(&it->https->server->stopping))
        evconnlistener_enable(it->https->listener);
    event_free(it->deadline);
    free(it);
}

/* From here the connection is counted; those beyond the limit wait to be accepted. */
static bool watch(qk_https *https, struct event_base *base, SSL *ssl, struct bufferevent *stream)
{
    const struct timeval patience = { .tv_sec = (time_t)https->server->config.stall_seconds };
    https_connection *it = calloc(1, sizeof *it);

    if (!it)
        return false;
    it->https = https;
    it->stream = stream;
    it->deadline = evtimer_new(base, on_deadline, it);
    if (!it->deadline || event_add(it->deadline, &patience) != 0 || SSL_set_ex_data(ssl, connection_index, it) != 1) {
        if (it->deadline)
            event_free(it->deadline);
        free(it);
        return false;
    }
    if (++https->connections == https->server->config.max_connections) {
        qk_log(QK_LOG_WARNING, "op=refuse listener=https connections=%zu limit=limits.connections", https->connections);
        evconnlistener_disable(https->listener);
    }
    return true;
}

static struct bufferevent *make_tls_connection(qk_https *https, struct event_base *base)
{
    SSL *ssl = qk_server_tls_accept(https->server->https_tls, false);
    struct bufferevent *stream;

    if (!ssl)
        return NULL;
    stream = bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    if (!stream) {
        SSL_free(ssl);
        return NULL;
    }
    bufferevent_openssl_set_allow_dirty_shutdown(stream, 1);
    if (watch(https, base, ssl, stream))
        return stream;
    bufferevent_free(stream);
    return NULL;
}

static struct bufferevent *make_connection(struct event_base *base, void *arg)
{
    qk_https *https = arg;

    if (!https->server->https_tls)
        return bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    return make_tls_connection(https, base);
}

static qk_err open_listener(qk_https *https)
{
    struct evhttp_bound_socket *bound;
    int fd = -1;

    QK_TRY(qk_listen_socket("https", &https->server->config.https, &fd));
    bound = evhttp_accept_socket_with_handle(https->http, fd);
    if (!bound) {
        close(fd);
        return qk_fail(QK_E_NO_MEMORY, "HTTPS listener");
    }
    https->listener = evhttp_bound_socket_get_listener(bound);
    qk_listen_guard(https->listener);
    return QK_OK;
}

qk_err qk_https_start(qk_server *server, qk_https **out_https)
{
    QK_OWNED(qk_https_stop) qk_https *https = calloc(1, sizeof *https);

    if (!https || !(https->http = evhttp_new(server->base)))
        return qk_fail(QK_E_NO_MEMORY, "HTTPS listener");
    https->server = server;
    if (connection_index < 0)
        connection_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, on_ssl_freed);
    if (connection_index < 0)
        return qk_fail(QK_E_NO_MEMORY, "HTTPS listener");
    evhttp_set_bevcb(https->http, make_connection, https);
    evhttp_set_gencb(https->http, serve, https);
    evhttp_set_max_body_size(https->http, MAX_BODY);
    evhttp_set_max_headers_size(https->http, MAX_HEADERS);
    evhttp_set_timeout(https->http, TIMEOUT_SECONDS);
    evhttp_set_allowed_methods(https->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD);
    QK_TRY(open_listener(https));
    *out_https = https;
    https = NULL;
    return QK_OK;
}

void qk_https_stop(qk_https **https)
{
    if (!*https)
        return;
    (*https)->listener = NULL;
    if ((*https)->http) {
        evhttp_free((*https)->http);
        /* libevent frees the last connections in a turn of the loop; they still count themselves down. */
        event_base_loop((*https)->server->base, EVLOOP_NONBLOCK);
    }
    free(*https);
    *https = NULL;
}
