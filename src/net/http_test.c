/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/testing.h"
#include "crypto/crypto.h"
#include "net/http_parser.h"
#include "net/test_server.h"

enum { LONG_MS = 60000, SHORT_MS = 300 };

/* --- URLs --- */

static void urls_are_taken_apart(void **state)
{
    static const struct {
        const char *text, *host, *path;
        uint16_t port;
        bool tls, loopback;
    } cases[] = {
        { "https://iam.example/identity/token", "iam.example", "/identity/token", 443, true, false },
        { "http://localhost:8080", "localhost", "/", 8080, false, true },
        { "HTTPS://LocalHost:1/a?b=c%20d", "LocalHost", "/a?b=c%20d", 1, true, true },
        { "http://h?x=1", "h", "/?x=1", 80, false, false },
        { "https://[::1]:9443/x", "::1", "/x", 9443, true, true },
        { "https://[2001:db8::1]/", "2001:db8::1", "/", 443, true, false },
        { "http://127.0.0.53/", "127.0.0.53", "/", 80, false, true },
        { "http://127.example/", "127.example", "/", 80, false, false },
        { "https://a:65535/", "a", "/", 65535, true, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        qk_url url;
        assert_qk_ok(qk_url_read(cases[i].text, &url));
        assert_string_equal(url.host, cases[i].host);
        assert_string_equal(url.path, cases[i].path);
        assert_int_equal(url.port, cases[i].port);
        assert_int_equal(url.tls, cases[i].tls);
        assert_int_equal(qk_url_is_loopback(&url), cases[i].loopback);
    }
}

static void malformed_urls_are_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "iam.example",
        "ftp://a/",
        "https:/a",
        "https://",
        "https:///path",
        "https://a:0/",
        "https://a:65536/",
        "https://a:/",
        "https://a:x/",
        "https://a:99999999999999999999/",
        "https://u@a/",
        "https://[::1/",
        "https://[]/",
        "https://[x]/",
        "https://a b/",
        "https://a/b c",
        "https://a/\r\nX: y",
        "https://a/#part",
        "https://a\\b/",
        "https://a/\xc3\xa9",
        "https://a:+1/",
        "https://a:1x/",
    };
    char deep[2048] = "https://a/", host[512] = "https://";
    qk_url url;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (qk_url_read(texts[i], &url) == QK_OK)
            fail_msg("%s was taken", texts[i]);
        assert_words("https://host:port/path");
    }
    memset(deep + 10, 'x', 1100);
    assert_qk_err(qk_url_read(deep, &url), QK_E_CONFIG);
    memset(host + 8, 'x', 300);
    assert_qk_err(qk_url_read(host, &url), QK_E_CONFIG);
}

/* --- the parser --- */

typedef struct parsed {
    qk_err err;
    int status;
    bool complete;
    char body[512], type[128];
} parsed;

/* Feeds the text in pieces of `step` bytes and then the end of the connection. */
static parsed parse(qk_view text, size_t step, size_t max_body, bool no_body)
{
    QK_OWNED(qk_http_parser_done) qk_http_parser parser;
    parsed result = { .err = QK_OK };

    qk_http_parser_init(&parser, max_body, no_body);
    for (size_t at = 0; result.err == QK_OK && at < text.len; at += step)
        result.err = qk_http_parser_feed(&parser, qk_view_slice(text, at, step));
    if (result.err == QK_OK)
        result.err = qk_http_parser_end(&parser);
    result.complete = qk_http_parser_complete(&parser);
    result.status = parser.status;
    assert_true(parser.body.len <= max_body);
    if (parser.body.len && parser.body.len < sizeof result.body)
        memcpy(result.body, parser.body.data, parser.body.len);
    memcpy(result.type, parser.content_type, sizeof result.type);
    return result;
}

static void answers_are_read_however_they_are_cut(void **state)
{
    static const struct {
        const char *text;
        int status;
        const char *body, *type;
    } cases[] = {
        { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello", 200, "hello", "text/plain" },
        { "HTTP/1.1 200 OK\r\ncontent-length:5 \r\n\r\nhello, and more", 200, "hello", "" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "", "" },
        { "HTTP/1.1 204 No Content\r\n\r\n", 204, "", "" },
        { "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", 304, "", "" },
        { "HTTP/1.0 404 Not Found\nContent-Type: \ta/b \n\nto the end\n", 404, "to the end\n", "a/b" },
        { "HTTP/1.1 500\r\n\r\nx", 500, "x", "" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\n\r\n", 200,
          "hello world", "" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n00a\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nrest", 200,
          "0123456789", "" },
        { "HTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok", 201, "ok", "" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", 200, "ok", "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t step = 1; step < 200; step += step < 5 ? 1 : 39) {
            parsed p = parse(qk_view_text(cases[i].text), step, 100, false);
            assert_qk_ok(p.err);
            assert_int_equal(p.status, cases[i].status);
            assert_string_equal(p.body, cases[i].body);
            assert_string_equal(p.type, cases[i].type);
        }
}

static void headers_are_kept_with_their_values(void **state)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\nEarly: x\r\n\r\nHTTP/1.1 200 OK\r\nA: one \r\nEmpty:\r\n"
                               "AA: other\r\na:two, three\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "1\r\nx\r\n0\r\nLate: x\r\n\r\n";
    static const struct {
        const char *name, *value; /* NULL: not there */
    } cases[] = { { "A", "one, two, three" }, { "aa", "other" }, { "empty", "" }, { "Early", NULL },
                  { "Late", NULL },           { "", NULL },      { "B", NULL },   { "Transfer", NULL } };

    (void)state;
    for (size_t step = 1; step < 400; step += 57) {
        QK_OWNED(qk_http_parser_done) qk_http_parser parser;
        qk_view rest = qk_view_text(text);
        qk_http_parser_init(&parser, 100, false);
        for (size_t at = 0; at < rest.len; at += step)
            assert_qk_ok(qk_http_parser_feed(&parser, qk_view_slice(rest, at, step)));
        assert_true(qk_http_parser_complete(&parser));
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            QK_OWNED(qk_buf_done) qk_buf value = QK_BUF_NONE;
            qk_http_answer answer = { .fields = qk_buf_view(&parser.fields) };
            assert_int_equal(qk_http_answer_field(&answer, cases[i].name, &value), cases[i].value != NULL);
            assert_string_equal(qk_buf_text(&value), cases[i].value ? cases[i].value : "");
        }
    }
}

static void an_answer_to_head_has_no_body(void **state)
{
    parsed p = parse(QK_VIEW_LITERAL("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"), 7, 100, true);

    (void)state;
    assert_qk_ok(p.err);
    assert_true(p.complete);
}

static void what_is_not_http_is_refused(void **state)
{
    static const struct {
        const char *text;
        qk_err err;
        const char *words;
    } cases[] = {
        { "", QK_E_SERVER_AWAY, "before its answer ended" },
        { "SSH-2.0-OpenSSH\r\n", QK_E_PROTOCOL, "not an HTTP" },
        { "HTTP/2 200\r\n", QK_E_PROTOCOL, "not an HTTP" },
        { "HTTP/1.1 99 x\r\n", QK_E_PROTOCOL, "not an HTTP" },
        { "HTTP/1.1 2000 x\r\n", QK_E_PROTOCOL, "not an HTTP" },
        { "HTTP/1.1 20a x\r\n", QK_E_PROTOCOL, "not an HTTP" },
        { "HTTP/1.1\r\n", QK_E_PROTOCOL, "not an HTTP" },
        { "HTTP/1.1 200 OK\r\nno colon\r\n", QK_E_PROTOCOL, "malformed header" },
        { "HTTP/1.1 200 OK\r\nA: b\r\n folded: x\r\n", QK_E_PROTOCOL, "malformed header" },
        { "HTTP/1.1 200 OK\r\n: x\r\n", QK_E_PROTOCOL, "malformed header" },
        { "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n", QK_E_PROTOCOL, "malformed header" },
        { "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n", QK_E_PROTOCOL, "not a number" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n", QK_E_PROTOCOL, "not a number" },
        { "HTTP/1.1 200 OK\r\nContent-Length:\r\n", QK_E_PROTOCOL, "not a number" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n", QK_E_PROTOCOL, "not a number" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n", QK_E_MESSAGE_SIZE, "larger than 100" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", QK_E_MESSAGE_SIZE, "larger than 100" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n", QK_E_PROTOCOL, "two lengths" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", QK_E_SERVER_AWAY, "before its answer ended" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", QK_E_SERVER_AWAY, "before its answer ended" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n", QK_E_PROTOCOL, "other than chunked" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", QK_E_PROTOCOL, "both" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", QK_E_PROTOCOL, "malformed chunk" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", QK_E_PROTOCOL, "malformed chunk" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", QK_E_PROTOCOL, "longer than its size" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", QK_E_SERVER_AWAY,
          "before its answer" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n", QK_E_MESSAGE_SIZE, "larger than 100" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", QK_E_MESSAGE_SIZE, "larger" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\n", QK_E_PROTOCOL, "malformed" },
        { "HTTP/1.1 101 Switching Protocols\r\n\r\n", QK_E_PROTOCOL, "protocol switch" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t step = 1; step < 100; step += 32) {
            parsed p = parse(qk_view_text(cases[i].text), step, 100, false);
            assert_qk_err(p.err, cases[i].err);
            assert_words(cases[i].words);
            assert_false(p.complete);
        }
}

static void a_zero_byte_in_a_header_is_refused(void **state)
{
    parsed p = parse(QK_VIEW_LITERAL("HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n"), 100, 100, false);

    (void)state;
    assert_qk_err(p.err, QK_E_PROTOCOL);
}

/* `head`, then `count` times `part`. */
static parsed parse_repeated(const char *head, const char *part, size_t count, size_t max_body)
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;

    qk_buf_put_text(&text, head);
    for (size_t i = 0; i < count; i++)
        qk_buf_put_text(&text, part);
    return parse(qk_buf_view(&text), 1000, max_body, false);
}

static void endless_headers_and_bodies_are_refused(void **state)
{
    (void)state;
    assert_qk_err(parse_repeated("HTTP/1.1 200 OK\r\n", "Header: value\r\n", 2000, 100).err, QK_E_PROTOCOL);
    assert_words("headers larger than");
    assert_qk_err(parse_repeated("HTTP/1.1 200 OK\r\nX: ", "xxxxxxxxxx", 2000, 100).err, QK_E_PROTOCOL);
    assert_qk_err(parse_repeated("", "xxxxxxxxxx", 2000, 100).err, QK_E_PROTOCOL);
    assert_qk_err(parse_repeated("HTTP/1.1 200 OK\r\n\r\n", "xxxxxxxxxx", 11, 100).err, QK_E_MESSAGE_SIZE);
    assert_qk_ok(parse_repeated("HTTP/1.1 200 OK\r\n\r\n", "xxxxxxxxxx", 10, 100).err);
    assert_qk_err(
        parse_repeated("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "A\r\nxxxxxxxxxx\r\n", 11, 100).err,
        QK_E_MESSAGE_SIZE);
    assert_qk_err(parse_repeated("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n", 5000, 9).err,
                  QK_E_PROTOCOL);
    assert_qk_err(parse_repeated("", "HTTP/1.1 100 Continue\r\n\r\n", 5000, 100).err, QK_E_PROTOCOL);
    assert_words("headers larger than");
}

static const char sample[] =
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    "Transfer-Encoding: chunked\r\n\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n3;x\r\n{}\n\r\n0\r\n"
    "T: u\r\n\r\n";

static void an_answer_cut_anywhere_is_never_taken_for_whole(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof sample - 1; len++)
        assert_qk_err(parse(qk_view_of(sample, len), 3, 100, false).err, QK_E_SERVER_AWAY);
    assert_qk_ok(parse(qk_view_of(sample, sizeof sample - 1), 3, 100, false).err);
}

/* Whatever comes, it comes out the same in pieces as whole, and within the bounds (parse() checks them). */
static void changed_answers_do_no_harm(void **state)
{
    static const char marks[] = "\r\n :;0123456789abfF\t,-\x80";
    uint64_t noise = 42;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        char text[sizeof sample];
        memcpy(text, sample, sizeof sample);
        for (uint64_t changes = 1 + test_noise(&noise) % 5; changes > 0; changes--)
            text[test_noise(&noise) % (sizeof sample - 1)] = marks[test_noise(&noise) % (sizeof marks)];
        parsed whole = parse(qk_view_of(text, sizeof sample - 1), sizeof sample, 60, false);
        parsed pieces = parse(qk_view_of(text, sizeof sample - 1), 1 + test_noise(&noise) % 7, 60, false);
        assert_int_equal(whole.err, pieces.err);
        assert_int_equal(whole.status, pieces.status);
        assert_string_equal(whole.type, pieces.type);
        if (whole.err == QK_OK)
            assert_memory_equal(whole.body, pieces.body, sizeof whole.body);
    }
}

/* --- requests to servers --- */

static qk_err ask_with(const qk_tls_options *options, const qk_url *url, const char *method, const char *headers,
                       qk_view body, size_t max_body, int64_t timeout_ms, qk_arena *arena, qk_http_answer *answer)
{
    QK_OWNED(qk_tls_client_free) qk_tls_client *client = NULL;

    QK_TRY(qk_tls_client_new(options, &client));
    return qk_http_request(client, url, method, headers, body, max_body, qk_deadline_in(timeout_ms), arena, answer);
}

/* Asks a server on this port. */
static qk_err ask(uint16_t port, bool tls, const char *path, size_t max_body, int64_t timeout_ms, qk_arena *arena,
                  qk_http_answer *answer)
{
    qk_url url = { .tls = tls, .host = "localhost", .port = port };
    qk_tls_options options = {
        .host = url.host, .port = port, .tls = tls, .ca_file = tls ? test_path("ca.pem") : NULL
    };

    snprintf(url.path, sizeof url.path, "%s", path);
    return ask_with(&options, &url, "GET", "", QK_VIEW_NONE, max_body, timeout_ms, arena, answer);
}

#define ARENA(arena)                                                                                                   \
    QK_OWNED(qk_arena_done) qk_arena arena;                                                                            \
    qk_arena_init(&arena, 0)

static void a_file_comes_over_tls(void **state)
{
    tls_server server = start_tls_server(test_folder, "-cert server.pem -key server.key -WWW");
    QK_OWNED(qk_buf_done) qk_buf content = QK_BUF_NONE;
    qk_http_answer answer = { 0 };
    uint64_t noise = 5;
    ARENA(arena);

    (void)state;
    for (int i = 0; i < 128 * 1024; i++)
        qk_buf_put_u64(&content, test_noise(&noise));
    assert_qk_ok(qk_file_write(test_path("served"), 0600, qk_buf_view(&content)));
    assert_qk_ok(ask(server.port, true, "/served", 2 << 20, LONG_MS, &arena, &answer));
    assert_int_equal(answer.status, 200);
    assert_true(qk_view_equal(answer.body, qk_buf_view(&content)));
    assert_qk_err(ask(server.port, true, "/served", content.len - 1, LONG_MS, &arena, &answer), QK_E_MESSAGE_SIZE);
    assert_words("GET https://localhost:");
    stop_tls_server(&server);
}

static void a_status_page_comes_over_tls(void **state)
{
    tls_server server = start_tls_server(test_folder, "-cert server.pem -key server.key -www");
    qk_http_answer answer = { 0 };
    ARENA(arena);

    (void)state;
    assert_qk_ok(ask(server.port, true, "/", 1 << 20, LONG_MS, &arena, &answer));
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.content_type, "text/html");
    stop_tls_server(&server);
}

static void an_untrusted_server_gets_no_request(void **state)
{
    tls_server server = start_tls_server(test_folder, "-cert wrong.pem -key wrong.key -www");
    qk_http_answer answer = { 0 };
    ARENA(arena);

    (void)state;
    assert_qk_err(ask(server.port, true, "/", 1 << 20, LONG_MS, &arena, &answer), QK_E_SERVER_UNTRUSTED);
    stop_tls_server(&server);
}

/* A raw server that keeps what it was asked, up to the body's end, and answers. */
typedef struct exchange {
    char asked[1024];
    const char *until, *answer;
} exchange;

static void take_and_answer(int fd, const void *context)
{
    exchange *e = *(exchange *const *)context;
    size_t len = 0;

    while (len + 1 < sizeof e->asked && !strstr(e->asked, e->until)) {
        ssize_t got = recv(fd, e->asked + len, sizeof e->asked - 1 - len, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
        e->asked[len] = 0;
    }
    send_all(fd, e->answer, strlen(e->answer));
}

static void a_request_says_what_servers_need(void **state)
{
    exchange e = { .until = "a=b", .answer = "HTTP/1.1 400 Bad\r\nContent-Length: 2\r\n\r\nno" }, *context = &e;
    qk_url url = { .host = "localhost", .path = "/identity/token?x" };
    qk_http_answer answer = { 0 };
    raw_server server;
    char host[64];
    ARENA(arena);

    (void)state;
    start_raw_server(&server, take_and_answer, &context);
    url.port = server.port;
    qk_tls_options options = { .host = "localhost", .port = server.port };
    assert_qk_ok(ask_with(&options, &url, "POST", "Accept: application/json\r\n", QK_VIEW_LITERAL("a=b"), 100, LONG_MS,
                          &arena, &answer));
    stop_raw_server(&server);
    assert_int_equal(answer.status, 400);
    assert_true(qk_view_equal(answer.body, QK_VIEW_LITERAL("no")));
    snprintf(host, sizeof host, "\r\nHost: localhost:%u\r\n", url.port);
    assert_memory_equal(e.asked, "POST /identity/token?x HTTP/1.1\r\n", 33);
    assert_non_null(strstr(e.asked, host));
    assert_non_null(strstr(e.asked, "\r\nConnection: close\r\n"));
    assert_non_null(strstr(e.asked, "\r\nContent-Length: 3\r\n"));
    assert_non_null(strstr(e.asked, "\r\nAccept: application/json\r\n\r\na=b"));
}

static qk_err ask_raw(const char *text, qk_http_answer *answer, qk_arena *arena)
{
    exchange e = { .until = "\r\n\r\n", .answer = text }, *context = &e;
    raw_server server;
    qk_err err;

    start_raw_server(&server, take_and_answer, &context);
    err = ask(server.port, false, "/", 100, LONG_MS, arena, answer);
    stop_raw_server(&server);
    assert_null(strstr(e.asked, "Content-Length"));
    return err;
}

static void plain_answers_of_every_kind_are_understood(void **state)
{
    qk_http_answer answer = { 0 };
    ARENA(arena);

    (void)state;
    assert_qk_ok(ask_raw("HTTP/1.1 200 OK\r\n\r\nto the end", &answer, &arena));
    assert_true(qk_view_equal(answer.body, QK_VIEW_LITERAL("to the end")));
    assert_qk_ok(ask_raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", &answer, &arena));
    assert_true(qk_view_equal(answer.body, QK_VIEW_LITERAL("ok")));
    assert_qk_err(ask_raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", &answer, &arena), QK_E_SERVER_AWAY);
    assert_words("GET http://localhost:");
    assert_qk_err(ask_raw("garbage\r\n\r\n", &answer, &arena), QK_E_PROTOCOL);
    assert_qk_err(ask_raw("", &answer, &arena), QK_E_SERVER_AWAY);
}

static void say_nothing(int fd, const void *context)
{
    (void)context;
    wait_for_close(fd);
}

static void a_server_that_stalls_takes_too_long(void **state)
{
    qk_http_answer answer = { 0 };
    raw_server server;
    ARENA(arena);

    (void)state;
    start_raw_server(&server, say_nothing, NULL);
    assert_qk_err(ask(server.port, false, "/", 100, SHORT_MS, &arena, &answer), QK_E_TIMEOUT);
    stop_raw_server(&server);
    assert_qk_err(ask(unused_port(), false, "/", 100, LONG_MS, &arena, &answer), QK_E_SERVER_AWAY);
}

static int set_up(void **state)
{
    alarm(300); /* whatever happens, this ends */
    if (make_test_folder(state) != 0 || qk_crypto_start() != QK_OK)
        return -1;
    make_certificates(test_folder);
    return 0;
}

static int tear_down(void **state)
{
    qk_crypto_stop();
    return remove_test_folder(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_are_taken_apart),
        cmocka_unit_test(malformed_urls_are_refused),
        cmocka_unit_test(answers_are_read_however_they_are_cut),
        cmocka_unit_test(headers_are_kept_with_their_values),
        cmocka_unit_test(an_answer_to_head_has_no_body),
        cmocka_unit_test(what_is_not_http_is_refused),
        cmocka_unit_test(a_zero_byte_in_a_header_is_refused),
        cmocka_unit_test(endless_headers_and_bodies_are_refused),
        cmocka_unit_test(an_answer_cut_anywhere_is_never_taken_for_whole),
        cmocka_unit_test(changed_answers_do_no_harm),
        cmocka_unit_test(a_file_comes_over_tls),
        cmocka_unit_test(a_status_page_comes_over_tls),
        cmocka_unit_test(an_untrusted_server_gets_no_request),
        cmocka_unit_test(a_request_says_what_servers_need),
        cmocka_unit_test(plain_answers_of_every_kind_are_understood),
        cmocka_unit_test(a_server_that_stalls_takes_too_long),
    };
    return cmocka_run_group_tests_name("http", tests, set_up, tear_down);
}
