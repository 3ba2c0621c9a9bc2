/* SPDX-License-Identifier: Apache-2.0 */
#include "http/reader.h"

#include "base/testing.h"

typedef struct parsed {
    char text[4096];
    qk_http_head head;
    qk_http_refusal refusal;
    bool good;
} parsed;

static void parse(const char *text, size_t len, parsed *out)
{
    size_t seen = 0, head_len;

    out->refusal = (qk_http_refusal){ 0 };
    head_len = qk_http_head_len(qk_view_of(text, len), sizeof out->text - 1, &seen, &out->refusal);
    if (out->refusal.status) {
        out->good = false;
        return;
    }
    assert_int_equal(head_len, len);
    memcpy(out->text, text, len);
    out->text[len] = 0;
    out->good = qk_http_head_read(out->text, len, &out->head, &out->refusal);
}

/* A request with these lines after its first one. */
static int status_of(const char *line, const char *fields)
{
    static parsed it;
    char text[4096];

    snprintf(text, sizeof text, "%s\r\n%s\r\n", line, fields);
    parse(text, strlen(text), &it);
    assert_int_equal(it.good, it.refusal.status == 0);
    return it.refusal.status;
}

static void read_good(const char *text, parsed *out)
{
    parse(text, strlen(text), out);
    if (!out->good)
        fail_msg("%s: %d %s", text, out->refusal.status, out->refusal.words);
}

static void a_request_is_taken_apart(void **state)
{
    static parsed it;
    qk_view value;

    (void)state;
    read_good("POST /a/b?x=1&y=%20 HTTP/1.1\r\nHost: [::1]:9443\r\nX-Empty:\r\nX-Spaced: \t two  words \t\r\n"
              "x-spaced: second\r\ncontent-length: 0017\r\n\r\n",
              &it);
    assert_int_equal(it.head.method, QK_HTTP_POST);
    assert_string_equal(it.head.path, "/a/b");
    assert_true(it.head.has_query);
    assert_true(qk_view_equal(it.head.query, QK_VIEW_LITERAL("x=1&y=%20")));
    assert_true(it.head.has_length && it.head.length == 17 && !it.head.chunked && it.head.keep_alive);
    assert_int_equal(it.head.field_count, 5);
    assert_true(qk_http_head_find(&it.head, "X-SPACED", &value));
    assert_true(qk_view_equal(value, QK_VIEW_LITERAL("two  words")));
    assert_true(qk_http_head_find(&it.head, "x-empty", &value));
    assert_int_equal(value.len, 0);
    assert_false(qk_http_head_find(&it.head, "x-empt", &value));
}

static void targets_are_read_in_each_form(void **state)
{
    static const struct {
        const char *line, *path, *query;
    } rows[] = {
        { "GET / HTTP/1.1", "/", NULL },
        { "GET /? HTTP/1.1", "/", "" },
        { "GET /a?b?c HTTP/1.1", "/a", "b?c" },
        { "GET //a HTTP/1.1", "//a", NULL },
        { "GET http://host/a?b HTTP/1.1", "/a", "b" },
        { "GET HTTPS://host:1 HTTP/1.1", "/", NULL },
        { "GET http://host?b HTTP/1.1", "/", "b" },
        { "OPTIONS * HTTP/1.1", "*", NULL },
    };
    static parsed it;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "%s\r\nHost: x\r\n\r\n", rows[i].line);
        read_good(text, &it);
        assert_string_equal(it.head.path, rows[i].path);
        assert_int_equal(it.head.has_query, rows[i].query != NULL);
        assert_true(qk_view_equal(it.head.query, qk_view_text(rows[i].query)));
    }
}

static void broken_lines_are_refused(void **state)
{
    static const struct {
        const char *line;
        int status;
    } rows[] = {
        { "GET /", 400 },
        { "GET", 400 },
        { "", 400 },
        { " GET / HTTP/1.1", 400 },
        { "GET  / HTTP/1.1", 400 },
        { "GET /  HTTP/1.1", 400 },
        { "GET / HTTP/1.1 ", 400 },
        { "GET\t/ HTTP/1.1", 400 },
        { "GET /a b HTTP/1.1", 400 },
        { "GET /\x80 HTTP/1.1", 400 },
        { "GET /\x01 HTTP/1.1", 400 },
        { "GET /# HTTP/1.1", 400 },
        { "GET a HTTP/1.1", 400 },
        { "GET * HTTP/1.1", 400 },
        { "GET http:///a HTTP/1.1", 400 },
        { "GET http://user@host/ HTTP/1.1", 400 },
        { "GET ftp://host/ HTTP/1.1", 400 },
        { "CONNECT host:443 HTTP/1.1", 400 },
        { "G(T / HTTP/1.1", 400 },
        { "GET / http/1.1", 400 },
        { "GET / HTTP/1.", 400 },
        { "GET / HTTP/1.10", 400 },
        { "GET / HTTP/11", 400 },
        { "GET / HTTP/1.1\rX", 400 },
        { "GET / HTTP/0.9", 505 },
        { "GET / HTTP/2.0", 505 },
        { "PRI * HTTP/2.0", 505 },
        { "get / HTTP/1.1", 0 },
        { "GET / HTTP/1.2", 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (status_of(rows[i].line, "Host: x\r\n") != rows[i].status)
            fail_msg("%s: not %d", rows[i].line, rows[i].status);
}

static void broken_headers_are_refused(void **state)
{
    static const struct {
        const char *fields;
        int status;
    } rows[] = {
        { "Host : x\r\n", 400 },
        { "Host: x\r\nX\r\n", 400 },
        { "Host: x\r\n: x\r\n", 400 },
        { "Host: x\r\nX Y: z\r\n", 400 },
        { " Host: x\r\n", 400 },
        { "Host: x\r\nX: a\r\n folded\r\n", 400 },
        { "Host: x\r\nX: a\r\n\tfolded: b\r\n", 400 },
        { "Host: x\r\nX: a\rb\r\n", 400 },
        { "Host: x\r\nX: a\nb: c\r\n", 400 },
        { "Host: x\r\nX: \x01\r\n", 400 },
        { "Host: x\r\nX: \x7f\r\n", 400 },
        { "Host: x\r\nX\x80: y\r\n", 400 },
        { "Host: x\r\n\"X\": y\r\n", 400 },
        { "Host: x\r\nX: \x80\xff\r\n", 0 },
        { "", 400 },
        { "Host: x\r\nHost: x\r\n", 400 },
        { "Host: a b\r\n", 400 },
        { "Host: a/b\r\n", 400 },
        { "Host:\r\n", 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (status_of("GET / HTTP/1.1", rows[i].fields) != rows[i].status)
            fail_msg("%s: not %d", rows[i].fields, rows[i].status);
}

/* Each of these has been used to make two servers disagree on where a request ends. */
static void what_smuggles_is_refused(void **state)
{
    static const struct {
        const char *fields;
        int status;
    } rows[] = {
        { "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", 400 },
        { "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", 400 },
        { "Content-Length: 3\r\nContent-Length: 4\r\n", 400 },
        { "Content-Length: 3\r\ncontent-length: 03\r\n", 0 },
        { "Content-Length: 3, 3\r\n", 400 },
        { "Content-Length: +3\r\n", 400 },
        { "Content-Length: -3\r\n", 400 },
        { "Content-Length: 0x3\r\n", 400 },
        { "Content-Length: 3 4\r\n", 400 },
        { "Content-Length: 3.0\r\n", 400 },
        { "Content-Length:\r\n", 400 },
        { "Content-Length : 3\r\n", 400 },
        { "Transfer-Encoding : chunked\r\n", 400 },
        { "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400 },
        { "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", 400 },
        { "Transfer-Encoding:\r\n", 400 },
        { "Transfer-Encoding: xchunked\r\n", 501 },
        { "Transfer-Encoding: gzip, chunked\r\n", 501 },
        { "Transfer-Encoding: chunked, identity\r\n", 501 },
        { "Transfer-Encoding: \x0b"
          "chunked\r\n",
          400 },
        { "Transfer-Encoding: \"chunked\"\r\n", 501 },
        { "Transfer-Encoding: CHUNKED\r\n", 0 },
        { "X: y\r\n Transfer-Encoding: chunked\r\n", 400 },
        { "X: y\nTransfer-Encoding: chunked\r\n", 400 },
        { "X: y\r\rTransfer-Encoding: chunked\r\n", 400 },
        { "Expect: 100-continue\r\n", 0 },
        { "Expect: 200-ok\r\n", 417 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char fields[512];
        snprintf(fields, sizeof fields, "Host: x\r\n%s", rows[i].fields);
        if (status_of("POST / HTTP/1.1", fields) != rows[i].status)
            fail_msg("%s: not %d", rows[i].fields, rows[i].status);
    }
    assert_int_equal(status_of("POST / HTTP/1.0", "Transfer-Encoding: chunked\r\n"), 400);
}

static void a_zero_byte_hides_nothing(void **state)
{
    static parsed it;
    static const char in_value[] = "GET / HTTP/1.1\r\nHost: x\0y\r\n\r\n",
                      in_target[] = "GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n";

    (void)state;
    parse(in_value, sizeof in_value - 1, &it);
    assert_int_equal(it.refusal.status, 400);
    parse(in_target, sizeof in_target - 1, &it);
    assert_int_equal(it.refusal.status, 400);
}

static void who_keeps_the_connection_is_read(void **state)
{
    static const struct {
        const char *text;
        bool keep_alive;
    } rows[] = {
        { "GET / HTTP/1.1\r\nHost: x\r\n\r\n", true },
        { "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false },
        { "GET / HTTP/1.1\r\nHost: x\r\nConnection: TE , CLOSE\r\n\r\n", false },
        { "GET / HTTP/1.1\r\nHost: x\r\nConnection: closed\r\n\r\n", true },
        { "GET / HTTP/1.0\r\n\r\n", false },
        { "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true },
        { "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false },
    };
    static parsed it;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        read_good(rows[i].text, &it);
        if (it.head.keep_alive != rows[i].keep_alive)
            fail_msg("%s", rows[i].text);
    }
}

static void too_much_is_refused(void **state)
{
    static char text[8192];
    qk_http_refusal refusal = { 0 };
    size_t seen = 0, len = 0;

    (void)state;
    len = (size_t)snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: x\r\n");
    for (unsigned i = 0; i < QK_HTTP_MOST_FIELDS; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "X: y\r\n");
    assert_int_equal(status_of("GET / HTTP/1.1", strchr(text, '\n') + 1), 431);
    memset(text, 'a', sizeof text);
    assert_int_equal(qk_http_head_len(qk_view_of(text, 2047), 4096, &seen, &refusal), 0);
    assert_int_equal(refusal.status, 0);
    assert_int_equal(qk_http_head_len(qk_view_of(text, 2048), 4096, &seen, &refusal), 0);
    assert_int_equal(refusal.status, 414);
    text[99] = '\r';
    text[100] = '\n';
    refusal.status = 0;
    seen = 0;
    assert_int_equal(qk_http_head_len(qk_view_of(text, 4095), 4096, &seen, &refusal), 0);
    assert_int_equal(refusal.status, 0);
    assert_int_equal(qk_http_head_len(qk_view_of(text, 4096), 4096, &seen, &refusal), 0);
    assert_int_equal(refusal.status, 431);
}

static void the_longest_number_is_still_a_number(void **state)
{
    static parsed it;

    (void)state;
    read_good("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999999\r\n\r\n", &it);
    assert_true(it.head.length == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_taken_apart),
        cmocka_unit_test(targets_are_read_in_each_form),
        cmocka_unit_test(broken_lines_are_refused),
        cmocka_unit_test(broken_headers_are_refused),
        cmocka_unit_test(what_smuggles_is_refused),
        cmocka_unit_test(a_zero_byte_hides_nothing),
        cmocka_unit_test(who_keeps_the_connection_is_read),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(the_longest_number_is_still_a_number),
    };

    return cmocka_run_group_tests_name("http reader", tests, NULL, NULL);
}
