/* SPDX-License-Identifier: Apache-2.0 */
/* One request on a connection of its own ("Connection: close"): tokens are fetched once an hour, and a connection that
 * is kept would have to be watched for its end. TLS sessions resume, which is most of the cost. */
#include "net/http.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "net/http_parser.h"

/* --- URLs --- */

static qk_err fail_url(const char *what)
{
    return qk_fail(QK_E_CONFIG, "an address must look like https://host:port/path: %s", what);
}

/* "host", "host:port", "[::1]:port" -> host and what follows it. */
static qk_err read_host(const char **text, qk_url *out)
{
    static const char name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    bool bracket = **text == '[';
    const char *start = *text + bracket;
    size_t len = strspn(start, bracket ? "0123456789abcdefABCDEF:." : name);

    if (len == 0 || len >= sizeof out->host)
        return fail_url("the host is missing, too long, or has characters that hosts do not have");
    memcpy(out->host, start, len);
    out->host[len] = 0;
    if (bracket && start[len] != ']')
        return fail_url("']' is missing");
    *text = start + len + bracket;
    return QK_OK;
}

static qk_err read_port(const char **text, qk_url *out)
{
    unsigned long port;
    char *end;

    if (**text != ':')
        return QK_OK;
    if (!isdigit((unsigned char)(*text)[1]))
        return fail_url("the port is not a number");
    port = strtoul(*text + 1, &end, 10);
    if (port == 0 || port > 65535)
        return fail_url("the port is not within 1 to 65535");
    out->port = (uint16_t)port;
    *text = end;
    return QK_OK;
}

static qk_err read_path(const char *text, qk_url *out)
{
    if (*text && *text != '/' && *text != '?')
        return fail_url("something unexpected follows the host");
    for (const char *c = text; *c; c++)
        if (*c <= 0x20 || *c >= 0x7f || *c == '#')
            return fail_url("spaces, '#' and characters beyond ASCII must be written as %XX");
    if ((size_t)snprintf(out->path, sizeof out->path, "%s%s", *text == '/' ? "" : "/", text) >= sizeof out->path)
        return fail_url("the path is too long");
    return QK_OK;
}

qk_err qk_url_read(const char *text, qk_url *out)
{
    qk_url url = { .tls = strncasecmp(text, "https://", 8) == 0 };

    if (!url.tls && strncasecmp(text, "http://", 7) != 0)
        return fail_url("it must begin with https:// or http://");
    text += url.tls ? 8 : 7;
    url.port = url.tls ? 443 : 80;
    QK_TRY(read_host(&text, &url));
    QK_TRY(read_port(&text, &url));
    QK_TRY(read_path(text, &url));
    *out = url;
    return QK_OK;
}

/* 127.0.0.1, and any other of 127.0.0.0/8 in full; "127.example" is a name like any other. */
static bool is_loopback_ipv4(const char *host)
{
    return strncmp(host, "127.", 4) == 0 && host[strspn(host, "0123456789.")] == 0;
}

bool qk_url_is_loopback(const qk_url *url)
{
    return is_loopback_ipv4(url->host) || strcmp(url->host, "::1") == 0 || strcasecmp(url->host, "localhost") == 0;
}

/* --- a request --- */

static void put_head(qk_buf *request, const qk_url *url, const char *method, const char *headers, size_t body_len)
{
    bool address = strchr(url->host, ':') != NULL;

    qk_buf_printf(request, "%s %s HTTP/1.1\r\nHost: %s%s%s", method, url->path, address ? "[" : "", url->host,
                  address ? "]" : "");
    if (url->port != (url->tls ? 443 : 80))
        qk_buf_printf(request, ":%u", url->port);
    qk_buf_put_text(request, "\r\nUser-Agent: quantoki/" QK_VERSION "\r\nConnection: close\r\n");
    if (body_len > 0 || strcmp(method, "GET") != 0)
        qk_buf_printf(request, "Content-Length: %zu\r\n", body_len);
    qk_buf_put_text(request, headers);
    qk_buf_put_text(request, "\r\n");
}

static qk_err receive(qk_stream *stream, qk_http_parser *parser, qk_deadline_ms deadline)
{
    uint8_t piece[16 * 1024];
    size_t len = 0;

    while (!qk_http_parser_complete(parser)) {
        QK_TRY(qk_stream_read(stream, piece, sizeof piece, deadline, &len));
        if (len == 0)
            return qk_http_parser_end(parser);
        QK_TRY(qk_http_parser_feed(parser, qk_view_of(piece, len)));
    }
    return QK_OK;
}

static qk_err exchange(qk_tls_client *client, qk_view request, qk_http_parser *parser, qk_deadline_ms deadline)
{
    QK_OWNED(qk_stream_free) qk_stream *stream = NULL;

    QK_TRY(qk_stream_connect(client, deadline, &stream));
    QK_TRY(qk_stream_write(stream, request, deadline));
    return receive(stream, parser, deadline);
}

qk_err qk_http_request(qk_tls_client *client, const qk_url *url, const char *method, const char *headers, qk_view body,
                       size_t max_body, qk_deadline_ms deadline, qk_arena *arena, qk_http_answer *out)
{
    QK_OWNED(qk_buf_done) qk_buf request = QK_BUF_NONE; /* wiped: it may carry an API key */
    QK_OWNED(qk_http_parser_done) qk_http_parser parser;
    qk_http_answer answer = { 0 };
    qk_err err;

    qk_http_parser_init(&parser, max_body, strcmp(method, "HEAD") == 0);
    put_head(&request, url, method, headers, body.len);
    qk_buf_put(&request, body);
    QK_TRY(qk_buf_check(&request));
    err = exchange(client, qk_buf_view(&request), &parser, deadline);
    if (err == QK_E_PROTOCOL || err == QK_E_MESSAGE_SIZE)
        return qk_fail_context(err, "%s %s://%s:%u%.80s: ", method, url->tls ? "https" : "http", url->host, url->port,
                               url->path);
    QK_TRY(err);
    answer.status = parser.status;
    memcpy(answer.content_type, parser.content_type, sizeof answer.content_type);
    QK_TRY(qk_arena_copy(arena, qk_buf_view(&parser.body), &answer.body));
    *out = answer;
    return QK_OK;
}
