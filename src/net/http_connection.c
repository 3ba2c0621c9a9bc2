/* SPDX-License-Identifier: Apache-2.0 */
/* Requests: on a connection that is kept, or on one of their own ("Connection: close") for what asks once an hour.
 *
 * A kept connection is not watched between requests. Before it is used again it is asked whether something has come or
 * it has ended (qk_stream_stale); what that misses, since the end may be on its way, shows as an end before the first
 * byte of the answer. */
#include "net/http.h"

#include <stdio.h>
#include <stdlib.h>

#include "net/http_parser.h"

struct qk_http_connection {
    qk_tls_client *client;
    qk_stream *stream; /* NULL: not connected */
};

/* --- one exchange --- */

static void put_head(qk_buf *request, const qk_url *url, const char *method, const char *headers, bool keep,
                     size_t body_len)
{
    bool address = strchr(url->host, ':') != NULL;

    qk_buf_printf(request, "%s %s HTTP/1.1\r\nHost: %s%s%s", method, url->path, address ? "[" : "", url->host,
                  address ? "]" : "");
    if (url->port != (url->tls ? 443 : 80))
        qk_buf_printf(request, ":%u", url->port);
    qk_buf_put_text(request, "\r\nUser-Agent: quantoki/" QK_VERSION "\r\n");
    if (!keep)
        qk_buf_put_text(request, "Connection: close\r\n");
    if (body_len > 0 || strcmp(method, "GET") != 0)
        qk_buf_printf(request, "Content-Length: %zu\r\n", body_len);
    qk_buf_put_text(request, headers);
    qk_buf_put_text(request, "\r\n");
}

/* Bodies may be secret: nothing of them stays on the stack. */
static void wipe_piece(uint8_t (*piece)[16 * 1024])
{
    explicit_bzero(piece, sizeof *piece);
}

/* *out_any: a byte of the answer came. */
static qk_err receive(qk_stream *stream, qk_http_parser *parser, qk_deadline_ms deadline, bool *out_any)
{
    QK_OWNED(wipe_piece) uint8_t piece[16 * 1024];
    size_t len = 0;

    while (!qk_http_parser_complete(parser)) {
        QK_TRY(qk_stream_read(stream, piece, sizeof piece, deadline, &len));
        if (len == 0)
            return qk_http_parser_end(parser);
        *out_any = true;
        QK_TRY(qk_http_parser_feed(parser, qk_view_of(piece, len)));
    }
    return QK_OK;
}

static qk_err exchange(qk_stream *stream, qk_view request, qk_http_parser *parser, qk_deadline_ms deadline,
                       bool *out_any)
{
    *out_any = false;
    QK_TRY(qk_stream_write(stream, request, deadline));
    return receive(stream, parser, deadline, out_any);
}

static qk_err take_answer(const qk_url *url, const char *method, const qk_http_parser *parser, qk_err err,
                          qk_arena *arena, qk_http_answer *out)
{
    qk_http_answer answer = { .status = parser->status, .retry_after_s = (int64_t)parser->retry_after_s };

    if (err == QK_E_PROTOCOL || err == QK_E_MESSAGE_SIZE || err == QK_E_SERVER_AWAY)
        return qk_fail_context(err, "%s %s://%s:%u%.80s: ", method, url->tls ? "https" : "http", url->host, url->port,
                               url->path);
    QK_TRY(err);
    memcpy(answer.content_type, parser->content_type, sizeof answer.content_type);
    QK_TRY(qk_arena_copy(arena, qk_buf_view(&parser->body), &answer.body));
    QK_TRY(qk_arena_copy(arena, qk_buf_view(&parser->fields), &answer.fields));
    *out = answer;
    return QK_OK;
}

/* --- a connection of its own --- */

static qk_err exchange_once(qk_tls_client *client, qk_view request, qk_http_parser *parser, qk_deadline_ms deadline)
{
    QK_OWNED(qk_stream_free) qk_stream *stream = NULL;
    bool any;

    QK_TRY(qk_stream_connect(client, deadline, &stream));
    return exchange(stream, request, parser, deadline, &any);
}

qk_err qk_http_request(qk_tls_client *client, const qk_url *url, const char *method, const char *headers, qk_view body,
                       size_t max_body, qk_deadline_ms deadline, qk_arena *arena, qk_http_answer *out)
{
    QK_OWNED(qk_buf_done) qk_buf request = QK_BUF_NONE; /* wiped: it may carry an API key */
    QK_OWNED(qk_http_parser_done) qk_http_parser parser;

    qk_http_parser_init(&parser, max_body, strcmp(method, "HEAD") == 0);
    put_head(&request, url, method, headers, false, body.len);
    qk_buf_put(&request, body);
    QK_TRY(qk_buf_check(&request));
    return take_answer(url, method, &parser, exchange_once(client, qk_buf_view(&request), &parser, deadline), arena,
                       out);
}

/* --- a kept connection --- */

qk_err qk_http_connection_new(qk_tls_client *client, qk_http_connection **out_connection)
{
    qk_http_connection *connection = calloc(1, sizeof *connection);

    if (!connection)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a connection");
    connection->client = client;
    *out_connection = connection;
    return QK_OK;
}

void qk_http_connection_free(qk_http_connection **connection)
{
    if (!*connection)
        return;
    qk_stream_free(&(*connection)->stream);
    free(*connection);
    *connection = NULL;
}

void qk_http_connection_abandon(qk_http_connection **connection)
{
    if (!*connection)
        return;
    qk_stream_abandon(&(*connection)->stream);
    free(*connection);
    *connection = NULL;
}

static qk_err exchange_kept(qk_http_connection *connection, qk_view request, bool repeatable, qk_http_parser *parser,
                            qk_deadline_ms deadline)
{
    bool kept, any = false;
    qk_err err;

    if (connection->stream && qk_stream_stale(connection->stream))
        qk_stream_free(&connection->stream);
    kept = connection->stream != NULL;
    if (!kept)
        QK_TRY(qk_stream_connect(connection->client, deadline, &connection->stream));
    err = exchange(connection->stream, request, parser, deadline, &any);
    if (err == QK_OK && qk_http_parser_reusable(parser))
        return QK_OK;
    qk_stream_free(&connection->stream);
    if (err == QK_OK || !kept || any || (err != QK_E_SERVER_AWAY && err != QK_E_PROTOCOL))
        return err;
    if (!repeatable)
        return qk_fail(QK_E_SERVER_AWAY, "the server closed the connection while a request was on its way");
    QK_TRY(qk_stream_connect(connection->client, deadline, &connection->stream));
    err = exchange(connection->stream, request, parser, deadline, &any);
    if (err != QK_OK || !qk_http_parser_reusable(parser))
        qk_stream_free(&connection->stream);
    return err;
}

qk_err qk_http_connection_request(qk_http_connection *connection, const qk_url *url, const char *method,
                                  const char *headers, qk_view body, bool repeatable, size_t max_body,
                                  qk_deadline_ms deadline, qk_arena *arena, qk_http_answer *out)
{
    QK_OWNED(qk_buf_done) qk_buf request = QK_BUF_NONE; /* wiped: it may carry a token */
    QK_OWNED(qk_http_parser_done) qk_http_parser parser;

    qk_http_parser_init(&parser, max_body, strcmp(method, "HEAD") == 0);
    put_head(&request, url, method, headers, true, body.len);
    qk_buf_put(&request, body);
    QK_TRY(qk_buf_check(&request));
    return take_answer(url, method, &parser,
                       exchange_kept(connection, qk_buf_view(&request), repeatable, &parser, deadline), arena, out);
}
