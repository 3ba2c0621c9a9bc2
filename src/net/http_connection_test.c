/* SPDX-License-Identifier: Apache-2.0 */
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/testing.h"
#include "crypto/crypto.h"
#include "net/http.h"
#include "net/test_server.h"

enum { LONG_MS = 60000, SHORT_MS = 200 };

/* A server that answers `per_connection` requests of each connection with the same text, then closes it. A request is
 * whole when an empty line came. */
typedef struct host {
    raw_server server;
    const char *answer;
    int per_connection;
    int silent_after; /* no answer to what comes after that many requests in all; 0: never */
    atomic_int connections, requests;
} host;

static void converse(int fd, const void *context)
{
    host *it = *(host *const *)context;
    char asked[2048];

    it->connections++;
    for (int i = 0; i < it->per_connection && take_request(fd, asked, sizeof asked); i++) {
        it->requests++;
        if (it->silent_after && it->requests > it->silent_after)
            return;
        send_all(fd, it->answer, strlen(it->answer));
    }
}

typedef struct guest {
    host host;
    host *context;
    qk_url url;
    qk_tls_client *client;
    qk_http_connection *connection;
} guest;

static void visit(guest *g, const char *answer, int per_connection)
{
    qk_tls_options options = { .host = "localhost" };

    *g = (guest){ .host = { .answer = answer, .per_connection = per_connection } };
    g->context = &g->host;
    start_raw_server(&g->host.server, converse, &g->context);
    options.port = g->host.server.port;
    g->url = (qk_url){ .host = "localhost", .port = options.port, .path = "/" };
    assert_qk_ok(qk_tls_client_new(&options, &g->client));
    assert_qk_ok(qk_http_connection_new(g->client, &g->connection));
}

static void leave(guest *g)
{
    qk_http_connection_free(&g->connection);
    qk_tls_client_free(&g->client);
    stop_raw_server(&g->host.server);
}

static qk_err ask(guest *g, bool repeatable, int64_t timeout_ms, const char *wanted)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_http_answer answer = { 0 };

    qk_arena_init(&arena, 0);
    QK_TRY(qk_http_connection_request(g->connection, &g->url, "GET", "", QK_VIEW_NONE, repeatable, 1000,
                                      qk_deadline_in(timeout_ms), &arena, &answer));
    if (!qk_view_equal(answer.body, qk_view_text(wanted)))
        fail_msg("'%.*s' instead of '%s'", (int)answer.body.len, (const char *)answer.body.data, wanted);
    return QK_OK;
}

static void one_connection_serves_many_requests(void **state)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
    };
    guest g;

    (void)state;
    for (size_t a = 0; a < sizeof answers / sizeof answers[0]; a++) {
        visit(&g, answers[a], 1000);
        for (int i = 0; i < 20; i++)
            assert_qk_ok(ask(&g, true, LONG_MS, "ok"));
        assert_int_equal(g.host.connections, 1);
        assert_int_equal(g.host.requests, 20);
        leave(&g);
    }
}

static void a_server_that_closes_after_each_answer_is_asked_anew(void **state)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", /* closes without saying so */
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: Keep-Alive, Close\r\n\r\nok",
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\n\r\nok", /* ends with the connection */
    };
    guest g;

    (void)state;
    for (size_t a = 0; a < sizeof answers / sizeof answers[0]; a++) {
        visit(&g, answers[a], 1);
        for (int i = 0; i < 5; i++)
            assert_qk_ok(ask(&g, true, LONG_MS, "ok"));
        assert_int_equal(g.host.connections, 5);
        assert_int_equal(g.host.requests, 5);
        leave(&g);
    }
}

/* The server goes away when it sees the second request; the third connection's answer is never needed. */
static void a_lost_connection_is_made_anew_once_for_what_may_be_repeated(void **state)
{
    guest g;

    (void)state;
    visit(&g, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 1000);
    g.host.silent_after = 1;
    assert_qk_ok(ask(&g, false, LONG_MS, "ok"));
    assert_int_equal(ask(&g, false, LONG_MS, "ok"), QK_E_SERVER_AWAY);
    assert_words("on its way");
    assert_int_equal(g.host.requests, 2);
    assert_int_equal(g.host.connections, 1);
    assert_int_equal(ask(&g, true, LONG_MS, "ok"),
                     QK_E_SERVER_AWAY); /* a new connection that fails is no reason to retry */
    assert_int_equal(g.host.requests, 3);
    assert_int_equal(g.host.connections, 2);
    leave(&g);

    visit(&g, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 1000);
    assert_qk_ok(ask(&g, true, LONG_MS, "ok"));
    g.host.silent_after = 1;
    assert_int_equal(ask(&g, true, LONG_MS, "ok"), QK_E_SERVER_AWAY);
    assert_int_equal(g.host.requests, 3); /* sent twice, not more */
    g.host.silent_after = 0;
    assert_qk_ok(ask(&g, true, LONG_MS, "ok"));
    leave(&g);
}

static void bytes_nobody_asked_for_are_not_taken_for_the_next_answer(void **state)
{
    guest g;

    (void)state;
    visit(&g, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", 1000);
    for (int i = 0; i < 5; i++)
        assert_qk_ok(ask(&g, true, LONG_MS, "ok"));
    assert_int_equal(g.host.connections, 5);
    leave(&g);
}

static void after_an_answer_that_is_late_or_wrong_the_connection_is_not_used_again(void **state)
{
    static const char *const wrong[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok",
    };
    static const qk_err errors[] = { QK_E_TIMEOUT, QK_E_MESSAGE_SIZE, QK_E_PROTOCOL };
    guest g;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        visit(&g, wrong[i], 1000);
        assert_qk_err(ask(&g, true, SHORT_MS, ""), errors[i]);
        g.host.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        assert_qk_ok(ask(&g, true, LONG_MS, "ok"));
        assert_int_equal(g.host.connections, 2);
        leave(&g);
    }
}

static void the_time_to_wait_is_read(void **state)
{
    static const struct {
        const char *value;
        int64_t seconds;
    } cases[] = { { "7", 7 },  { "0", 0 },       { "soon", 0 },    { "Fri, 31 Dec 1999 23:59:59 GMT", 0 }, { "-7", 0 },
                  { "7s", 0 }, { "3600", 3600 }, { "3601", 3600 }, { "99999999999999999999999", 3600 } };
    char text[200];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        QK_OWNED(qk_arena_done) qk_arena arena;
        qk_http_answer answer = { 0 };
        guest g;
        qk_arena_init(&arena, 0);
        snprintf(text, sizeof text, "HTTP/1.1 429 Slow\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n",
                 cases[i].value);
        visit(&g, text, 1);
        assert_qk_ok(qk_http_connection_request(g.connection, &g.url, "GET", "", QK_VIEW_NONE, true, 100,
                                                qk_deadline_in(LONG_MS), &arena, &answer));
        assert_int_equal(answer.status, 429);
        assert_int_equal(answer.retry_after_s, cases[i].seconds);
        leave(&g);
    }
}

static void over_tls_the_connection_is_kept_too(void **state)
{
    tls_server server = start_tls_server(test_folder, "-cert server.pem -key server.key -WWW");
    qk_tls_options options = { .host = "localhost", .port = server.port, .tls = true, .ca_file = test_path("ca.pem") };
    qk_url url = { .tls = true, .host = "localhost", .port = server.port, .path = "/empty.cnf" };
    QK_OWNED(qk_tls_client_free) qk_tls_client *client = NULL;
    QK_OWNED(qk_http_connection_free) qk_http_connection *connection = NULL;
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_http_answer answer;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_qk_ok(qk_tls_client_new(&options, &client));
    assert_qk_ok(qk_http_connection_new(client, &connection));
    for (int i = 0; i < 5; i++) { /* s_server closes after each: resumption and reconnection */
        assert_qk_ok(qk_http_connection_request(connection, &url, "GET", "", QK_VIEW_NONE, true, 1000,
                                                qk_deadline_in(LONG_MS), &arena, &answer));
        assert_int_equal(answer.status, 200);
    }
    stop_tls_server(&server);
    assert_qk_err(qk_http_connection_request(connection, &url, "GET", "", QK_VIEW_NONE, true, 1000,
                                             qk_deadline_in(LONG_MS), &arena, &answer),
                  QK_E_SERVER_AWAY);
}

static void a_child_forgets_it_and_the_parent_goes_on(void **state)
{
    int status = 0;
    guest g;
    pid_t child;

    (void)state;
    visit(&g, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 1000);
    assert_qk_ok(ask(&g, true, LONG_MS, "ok"));
    child = fork();
    if (child == 0) {
        qk_http_connection_abandon(&g.connection);
        _exit(g.connection != NULL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_qk_ok(ask(&g, true, LONG_MS, "ok"));
    assert_int_equal(g.host.connections, 1);
    leave(&g);
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
        cmocka_unit_test(one_connection_serves_many_requests),
        cmocka_unit_test(a_server_that_closes_after_each_answer_is_asked_anew),
        cmocka_unit_test(a_lost_connection_is_made_anew_once_for_what_may_be_repeated),
        cmocka_unit_test(bytes_nobody_asked_for_are_not_taken_for_the_next_answer),
        cmocka_unit_test(after_an_answer_that_is_late_or_wrong_the_connection_is_not_used_again),
        cmocka_unit_test(the_time_to_wait_is_read),
        cmocka_unit_test(over_tls_the_connection_is_kept_too),
        cmocka_unit_test(a_child_forgets_it_and_the_parent_goes_on),
    };
    return cmocka_run_group_tests_name("http-connection", tests, set_up, tear_down);
}
