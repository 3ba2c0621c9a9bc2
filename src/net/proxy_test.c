/* SPDX-License-Identifier: Apache-2.0 */
#include "net/proxy.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/testing.h"
#include "crypto/crypto.h"
#include "net/socket.h"
#include "net/test_server.h"

enum { LONG_MS = 60000, SHORT_MS = 200 };

/* ---- which one ---- */

static void forget_environment(void)
{
    static const char *const names[] = {
        "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
}

/* The proxy as host:port, or "". */
static const char *chosen(const char *setting, const char *address)
{
    static char text[300];
    qk_url url, proxy;

    assert_qk_ok(qk_url_read(address, &url));
    assert_qk_ok(qk_proxy_choose(setting, &url, &proxy));
    snprintf(text, sizeof text, "%s:%u", proxy.host, proxy.port);
    return *proxy.host ? text : "";
}

static void a_setting_names_the_proxy(void **state)
{
    (void)state;
    forget_environment();
    assert_string_equal(chosen("http://p.test:3128", "https://a.test"), "p.test:3128");
    assert_string_equal(chosen("http://p.test:3128/", "https://127.0.0.1:9443"), "p.test:3128");
    assert_string_equal(chosen("none", "https://a.test"), "");
    assert_string_equal(chosen(NULL, "https://a.test"), "");
    assert_string_equal(chosen("http://p.test:3128", "http://127.0.0.1:9443"), ""); /* plain, to loopback alone */
}

static void the_environment_names_it_otherwise(void **state)
{
    (void)state;
    forget_environment();
    setenv("ALL_PROXY", "http://all.test:1", 1);
    assert_string_equal(chosen(NULL, "https://a.test"), "all.test:1");
    setenv("HTTPS_PROXY", "http://upper.test:2", 1);
    setenv("https_proxy", "http://lower.test:3", 1);
    assert_string_equal(chosen("", "https://a.test"), "lower.test:3");
    assert_string_equal(chosen("http://p.test:4", "https://a.test"), "p.test:4");
    assert_string_equal(chosen("none", "https://a.test"), "");
    assert_string_equal(chosen(NULL, "https://localhost"), "");
    assert_string_equal(chosen(NULL, "https://[::1]:9443"), "");
    setenv("no_proxy", "x.test, .below.test,a.test", 1);
    assert_string_equal(chosen(NULL, "https://a.test"), "");
    assert_string_equal(chosen(NULL, "https://sub.A.test"), "");
    assert_string_equal(chosen(NULL, "https://nota.test"), "lower.test:3");
    assert_string_equal(chosen(NULL, "https://x.below.test"), "");
    assert_string_equal(chosen("http://p.test:4", "https://a.test"), "p.test:4");
    setenv("no_proxy", "*", 1);
    assert_string_equal(chosen(NULL, "https://b.test"), "");
    forget_environment();
}

static void what_is_no_proxy_is_refused(void **state)
{
    static const char *const bad[] = { "p.test:3128", "https://p.test:3128", "http://u:secret@p.test:3128",
                                       "socks5://p.test:80", "http://p.test:3128/path" };
    qk_url url, proxy;

    (void)state;
    assert_qk_ok(qk_url_read("https://a.test", &url));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_qk_err(qk_proxy_choose(bad[i], &url, &proxy), QK_E_CONFIG);
        assert_null(strstr(qk_failure_last()->words, "secret"));
    }
}

/* ---- the tunnel ---- */

typedef struct proxy {
    raw_server server;
    const char *answer; /* to CONNECT; NULL: none, and the connection stays open */
    uint16_t target;    /* 0: nothing follows the answer */
    char asked[512];
    atomic_int tunnels;
} proxy;

static void pass_on(int from, int to)
{
    struct pollfd both[2] = { { .fd = from, .events = POLLIN }, { .fd = to, .events = POLLIN } };
    uint8_t piece[4096];

    while (poll(both, 2, LONG_MS) > 0)
        for (int i = 0; i < 2; i++) {
            ssize_t len = both[i].revents ? recv(both[i].fd, piece, sizeof piece, 0) : 1;
            if (len <= 0)
                return;
            if (both[i].revents)
                send_all(both[1 - i].fd, piece, (size_t)len);
        }
}

static void serve_tunnel(int fd, const void *context)
{
    proxy *it = *(proxy *const *)context;
    size_t len = 0;
    int target = -1;

    memset(it->asked, 0, sizeof it->asked);
    while (!strstr(it->asked, "\r\n\r\n")) {
        ssize_t got = recv(fd, it->asked + len, sizeof it->asked - 1 - len, 0);
        if (got <= 0)
            return;
        len += (size_t)got;
    }
    if (!it->answer) {
        wait_for_close(fd);
        return;
    }
    if (it->target && qk_socket_connect("127.0.0.1", it->target, qk_deadline_in(LONG_MS), &target) != QK_OK)
        return;
    send_all(fd, it->answer, strlen(it->answer));
    if (target < 0)
        return;
    it->tunnels++;
    pass_on(fd, target);
    close(target);
}

static qk_err ask_for_tunnel(const char *answer, int64_t timeout_ms, char asked[512])
{
    proxy it = { .answer = answer }, *context = &it;
    int fd = -1;
    qk_err err;

    start_raw_server(&it.server, serve_tunnel, &context);
    assert_qk_ok(qk_socket_connect("127.0.0.1", it.server.port, qk_deadline_in(LONG_MS), &fd));
    err = qk_proxy_tunnel(fd, "::1", 443, qk_deadline_in(timeout_ms));
    close(fd);
    stop_raw_server(&it.server);
    if (asked)
        memcpy(asked, it.asked, sizeof it.asked);
    return err;
}

static void a_tunnel_is_asked_for(void **state)
{
    char asked[512];

    (void)state;
    assert_qk_ok(ask_for_tunnel("HTTP/1.0 200 Connection established\r\nX: y\r\n\r\n", LONG_MS, asked));
    assert_ptr_equal(strstr(asked, "CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n"), asked);
}

static void a_refusal_of_the_proxy_is_told(void **state)
{
    (void)state;
    assert_qk_err(ask_for_tunnel("HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nnever", LONG_MS, NULL),
                  QK_E_SERVER_AWAY);
    assert_words("HTTP 403");
    assert_qk_err(ask_for_tunnel("HTTP/1.1 407 Login\r\n\r\n", LONG_MS, NULL), QK_E_SERVER_AWAY);
    assert_words("wants a login");
    assert_qk_err(ask_for_tunnel("SSH-2.0-OpenSSH_9.2\r\n\r\n", LONG_MS, NULL), QK_E_PROTOCOL);
    assert_qk_err(ask_for_tunnel("HTTP/1.1 200 OK\r\n", LONG_MS, NULL), QK_E_SERVER_AWAY);
    assert_words("closed");
    assert_qk_err(ask_for_tunnel(NULL, SHORT_MS, NULL), QK_E_SERVER_AWAY);
    assert_words("not in time");
}

/* ---- TLS through it ---- */

typedef struct fixture {
    tls_server server;
    proxy proxy, *context;
} fixture;

static int set_up_fixture(void **state)
{
    fixture *f = calloc(1, sizeof *f);

    f->server = start_tls_server(test_folder, "-cert server.pem -key server.key -rev");
    f->proxy.answer = "HTTP/1.1 200 OK\r\n\r\n";
    f->proxy.target = f->server.port;
    f->context = &f->proxy;
    start_raw_server(&f->proxy.server, serve_tunnel, &f->context);
    *state = f;
    return 0;
}

static int tear_down_fixture(void **state)
{
    fixture *f = *state;

    stop_raw_server(&f->proxy.server);
    stop_tls_server(&f->server);
    free(f);
    return 0;
}

static qk_err talk(const fixture *f, qk_tls_options options)
{
    QK_OWNED(qk_tls_client_free) qk_tls_client *client = NULL;
    QK_OWNED(qk_stream_free) qk_stream *stream = NULL;
    uint8_t answer[8];
    size_t len = 0;

    options.host = "localhost";
    options.port = f->server.port;
    options.tls = true;
    options.connect_timeout_ms = LONG_MS;
    QK_TRY(qk_tls_client_new(&options, &client));
    QK_TRY(qk_stream_connect(client, QK_DEADLINE_NEVER, &stream));
    QK_TRY(qk_stream_write(stream, qk_view_text("abc\n"), qk_deadline_in(LONG_MS)));
    QK_TRY(qk_stream_read(stream, answer, sizeof answer, qk_deadline_in(LONG_MS), &len));
    assert_memory_equal(answer, "cba", 3);
    return QK_OK;
}

static void tls_goes_through_a_tunnel(void **state)
{
    const fixture *f = *state;
    qk_tls_options options = { .ca_file = test_path("ca.pem"),
                               .proxy_host = "127.0.0.1",
                               .proxy_port = f->proxy.server.port };

    assert_qk_ok(talk(f, options));
    assert_int_equal(f->proxy.tunnels, 1);
    assert_non_null(strstr(f->proxy.asked, "CONNECT localhost:"));
    options.proxy_port = unused_port();
    assert_qk_err(talk(f, options), QK_E_SERVER_AWAY);
}

static void the_server_is_judged_through_a_tunnel_too(void **state)
{
    const fixture *f = *state;
    qk_tls_options options = { .ca_file = test_path("other-ca.pem"),
                               .proxy_host = "127.0.0.1",
                               .proxy_port = f->proxy.server.port };

    assert_qk_err(talk(f, options), QK_E_SERVER_UNTRUSTED);
}

static void any_certificate_will_do_only_if_somebody_says_so(void **state)
{
    const fixture *f = *state;
    qk_tls_options options = { .ca_file = test_path("other-ca.pem") };

    assert_qk_err(talk(f, options), QK_E_SERVER_UNTRUSTED);
    options.unverified = true;
    assert_qk_ok(talk(f, options));
    options.pinned_key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    assert_qk_err(talk(f, options), QK_E_SERVER_UNTRUSTED); /* a pin counts all the same */
}

static int start(void **state)
{
    alarm(300);
    if (make_test_folder(state) != 0 || qk_crypto_start() != QK_OK)
        return 1;
    make_certificates(test_folder);
    return 0;
}

static int stop(void **state)
{
    qk_crypto_stop();
    return remove_test_folder(state);
}

#define PROXY_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_fixture, tear_down_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_setting_names_the_proxy),
        cmocka_unit_test(the_environment_names_it_otherwise),
        cmocka_unit_test(what_is_no_proxy_is_refused),
        cmocka_unit_test(a_tunnel_is_asked_for),
        cmocka_unit_test(a_refusal_of_the_proxy_is_told),
        PROXY_TEST(tls_goes_through_a_tunnel),
        PROXY_TEST(the_server_is_judged_through_a_tunnel_too),
        PROXY_TEST(any_certificate_will_do_only_if_somebody_says_so),
    };
    return cmocka_run_group_tests_name("proxy", tests, start, stop);
}
