/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/err.h>

#include "base/file.h"
#include "base/testing.h"
#include "crypto/crypto.h"
#include "net/socket.h"
#include "net/test_server.h"

/* Long enough for any machine, since nothing waits for it unless something is broken. */
enum { LONG_MS = 60000, SHORT_MS = 300 };

static const char good_server[] = "-cert server.pem -key server.key";

static qk_tls_options to(uint16_t port)
{
    return (qk_tls_options){ .host = "localhost", .port = port, .tls = true, .connect_timeout_ms = LONG_MS };
}

static qk_tls_options trusting(uint16_t port)
{
    qk_tls_options options = to(port);

    options.ca_file = test_path("ca.pem");
    return options;
}

/* A client and one connection of it. */
typedef struct peer {
    qk_tls_client *client;
    qk_stream *stream;
} peer;

static void hang_up(peer *p)
{
    qk_stream_free(&p->stream);
    qk_tls_client_free(&p->client);
}

static qk_err dial(const qk_tls_options *options, peer *p)
{
    QK_TRY(qk_tls_client_new(options, &p->client));
    return qk_stream_connect(p->client, QK_DEADLINE_NEVER, &p->stream);
}

#define PEER(p) QK_OWNED(hang_up) peer p = { NULL, NULL }

static qk_err say(qk_stream *stream, const char *text)
{
    return qk_stream_write(stream, qk_view_text(text), qk_deadline_in(LONG_MS));
}

/* Reads until the text has come. */
static void assert_hears(qk_stream *stream, const char *text)
{
    char heard[256] = "";
    size_t len = 0, got = 0;

    while (len < strlen(text)) {
        assert_qk_ok(qk_stream_read(stream, (uint8_t *)heard + len, strlen(text) - len, qk_deadline_in(LONG_MS), &got));
        assert_true(got > 0);
        len += got;
    }
    assert_string_equal(heard, text);
}

static qk_err hear(qk_stream *stream, int64_t timeout_ms)
{
    uint8_t byte;
    size_t got = 0;

    return qk_stream_read(stream, &byte, 1, qk_deadline_in(timeout_ms), &got);
}

/* Connects to a server with these options; the failure's code and words are as said. */
static void assert_refused(const char *server_options, qk_tls_options options, qk_err code, const char *words)
{
    tls_server server = start_tls_server(test_folder, server_options);
    PEER(p);

    options.port = server.port;
    assert_qk_err(dial(&options, &p), code);
    assert_words(words);
    if (code != QK_E_CONFIG)
        assert_words("localhost:");
    stop_tls_server(&server);
}

/* --- trust --- */

static void a_trusted_server_answers(void **state)
{
    static const char *const hosts[] = { "localhost", "127.0.0.1" };
    tls_server server = start_tls_server(test_folder, "-cert server.pem -key server.key -rev");

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        qk_tls_options options = trusting(server.port);
        PEER(p);
        options.host = hosts[i];
        assert_qk_ok(dial(&options, &p));
        assert_qk_ok(say(p.stream, "hello\nagain\n"));
        assert_hears(p.stream, "olleh\nniaga\n");
    }
    stop_tls_server(&server);
}

static void both_tls_versions_work(void **state)
{
    static const char *const versions[] = { "-rev -cert server.pem -key server.key -tls1_2",
                                            "-rev -cert server.pem -key server.key -tls1_3" };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        tls_server server = start_tls_server(test_folder, versions[i]);
        qk_tls_options options = trusting(server.port);
        PEER(p);
        assert_qk_ok(dial(&options, &p));
        assert_qk_ok(say(p.stream, "abc\n"));
        assert_hears(p.stream, "cba\n");
        stop_tls_server(&server);
    }
}

static void an_older_tls_version_is_refused(void **state)
{
    (void)state;
    assert_refused("-cert server.pem -key server.key -tls1_1 -cipher DEFAULT@SECLEVEL=0", trusting(0), QK_E_PROTOCOL,
                   "neither TLS 1.2 nor 1.3");
}

static void a_server_of_another_ca_is_refused(void **state)
{
    qk_tls_options options = to(0);

    (void)state;
    options.ca_file = test_path("other-ca.pem");
    assert_refused(good_server, options, QK_E_SERVER_UNTRUSTED, "unknown CA");
}

static void the_systems_store_does_not_know_our_ca(void **state)
{
    qk_tls_options both = to(0);

    (void)state;
    assert_refused(good_server, to(0), QK_E_SERVER_UNTRUSTED, "the system's store");
    both.ca_file = test_path("other-ca.pem");
    both.system_store_too = true;
    assert_refused(good_server, both, QK_E_SERVER_UNTRUSTED, "unknown CA");
}

static void a_certificate_for_another_name_is_refused(void **state)
{
    qk_tls_options by_address = trusting(0);

    (void)state;
    assert_refused("-cert wrong.pem -key wrong.key", trusting(0), QK_E_SERVER_UNTRUSTED, "another name");
    tls_server server = start_tls_server(test_folder, "-cert wrong.pem -key wrong.key");
    PEER(p);
    by_address.host = "127.0.0.1";
    by_address.port = server.port;
    assert_qk_err(dial(&by_address, &p), QK_E_SERVER_UNTRUSTED);
    assert_words("another address");
    stop_tls_server(&server);
}

static void an_expired_certificate_is_refused(void **state)
{
    (void)state;
    assert_refused("-cert expired.pem -key expired.key", trusting(0), QK_E_SERVER_UNTRUSTED, "has expired");
}

static void a_client_certificate_is_not_a_servers(void **state)
{
    (void)state;
    assert_refused("-cert client.pem -key client.key", trusting(0), QK_E_SERVER_UNTRUSTED, "not made for a server");
}

static void a_self_signed_certificate_is_trusted_only_if_named(void **state)
{
    tls_server server = start_tls_server(test_folder, "-cert selfsigned.pem -key selfsigned.key");
    qk_tls_options options = to(server.port);
    PEER(p);

    (void)state;
    assert_refused("-cert selfsigned.pem -key selfsigned.key", trusting(0), QK_E_SERVER_UNTRUSTED, "self-signed");
    options.ca_file = test_path("selfsigned.pem");
    assert_qk_ok(dial(&options, &p));
    stop_tls_server(&server);
}

/* --- a pinned key --- */

/* What an operator would do: openssl x509 -pubkey | openssl pkey -pubin -outform der | sha256, base64. */
static void pin_of(const char *name, char out[64])
{
    char command[1024];
    FILE *pipe;

    snprintf(command, sizeof command,
             "openssl x509 -in %s/%s.pem -noout -pubkey | openssl pkey -pubin -outform der | "
             "openssl dgst -sha256 -binary | openssl base64",
             test_folder, name);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_non_null(fgets(out, 64, pipe));
    pclose(pipe);
    out[strcspn(out, "\n")] = 0;
}

static void a_pinned_key_is_asked_for_besides_the_chain(void **state)
{
    qk_tls_options pinned = trusting(0), unchained = to(0);
    char own[64], other[64];

    (void)state;
    pin_of("server", own);
    pin_of("wrong", other);
    pinned.pinned_key = other;
    assert_refused(good_server, pinned, QK_E_SERVER_UNTRUSTED, "another key than the pinned one");
    unchained.pinned_key = own;
    assert_refused(good_server, unchained, QK_E_SERVER_UNTRUSTED, "unknown CA");
    tls_server server = start_tls_server(test_folder, good_server);
    PEER(p);
    pinned.port = server.port;
    pinned.pinned_key = own;
    assert_qk_ok(dial(&pinned, &p));
    stop_tls_server(&server);
}

static void a_pin_that_is_none_is_told_before_connecting(void **state)
{
    static const char *const bad[] = { "x", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                       "*AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        qk_tls_options options = trusting(1);
        QK_OWNED(qk_tls_client_free) qk_tls_client *client = NULL;
        options.pinned_key = bad[i];
        assert_qk_err(qk_tls_client_new(&options, &client), QK_E_CONFIG);
        assert_words("pinned key");
    }
}

/* --- our own certificate --- */

static const char wants_certificate[] = "-rev -cert server.pem -key server.key -CAfile ca.pem -Verify 1 "
                                        "-verify_return_error";

static void with_certificate(qk_tls_options *options, const char *cert, const char *key)
{
    options->cert_file = test_path(cert);
    options->key_file = test_path(key);
}

static void a_client_certificate_opens_the_door(void **state)
{
    tls_server server = start_tls_server(test_folder, wants_certificate);
    qk_tls_options options = trusting(server.port);
    PEER(p);

    (void)state;
    with_certificate(&options, "client.pem", "client.key");
    assert_qk_ok(dial(&options, &p));
    assert_qk_ok(say(p.stream, "in\n"));
    assert_hears(p.stream, "ni\n");
    stop_tls_server(&server);
}

/* TLS 1.3 servers say so after the handshake, when the client already writes or reads. */
static void assert_refused_later(const char *version, const char *cert, const char *key, const char *words)
{
    char server_options[256];
    qk_err err;

    snprintf(server_options, sizeof server_options, "%s %s", wants_certificate, version);
    tls_server server = start_tls_server(test_folder, server_options);
    qk_tls_options options = trusting(server.port);
    PEER(p);

    if (cert)
        with_certificate(&options, cert, key);
    err = dial(&options, &p);
    if (err == QK_OK)
        err = hear(p.stream, LONG_MS);
    assert_qk_err(err, QK_E_CONFIG);
    assert_words(words);
    stop_tls_server(&server);
}

static void a_missing_client_certificate_is_told(void **state)
{
    (void)state;
    assert_refused_later("-tls1_3", NULL, NULL, "asks for a client certificate");
    assert_refused_later("-tls1_2", NULL, NULL, "client certificate");
}

static void a_client_certificate_of_another_ca_is_told(void **state)
{
    (void)state;
    assert_refused_later("-tls1_3", "foreign.pem", "foreign.key", "client certificate");
    assert_refused_later("-tls1_2", "foreign.pem", "foreign.key", "client certificate");
}

static void unusable_files_are_told_before_connecting(void **state)
{
    static const struct {
        const char *ca, *cert, *key, *words;
    } cases[] = {
        { "missing.pem", NULL, NULL, "missing.pem: no such file" },
        { "client.key", NULL, NULL, "no certificate" },
        { "damaged.pem", NULL, NULL, "damaged certificate" },
        { "ca.pem", "client.pem", NULL, "only certfile is given" },
        { "ca.pem", NULL, "client.key", "only keyfile is given" },
        { "ca.pem", "missing.pem", "client.key", "missing.pem: no such file" },
        { "ca.pem", "client.pem", "missing.key", "missing.key: no such file" },
        { "ca.pem", "client.pem", "foreign.key", "does not belong" },
        { "ca.pem", "client.pem", "client.pem", "no private key" },
        { "ca.pem", "client.pem", "locked.key", "without a password" },
    };

    (void)state;
    assert_qk_ok(qk_file_write(test_path("damaged.pem"), 0600,
                               QK_VIEW_LITERAL("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        qk_tls_options options = to(1);
        qk_tls_client *client = NULL;
        options.ca_file = test_path(cases[i].ca);
        options.cert_file = cases[i].cert ? test_path(cases[i].cert) : NULL;
        options.key_file = cases[i].key ? test_path(cases[i].key) : NULL;
        assert_qk_err(qk_tls_client_new(&options, &client), QK_E_CONFIG);
        assert_words(cases[i].words);
    }
}

static void an_address_is_needed(void **state)
{
    qk_tls_options nowhere = { .host = "", .port = 1 }, no_port = { .host = "localhost" };
    qk_tls_client *client = NULL;

    (void)state;
    assert_qk_err(qk_tls_client_new(&nowhere, &client), QK_E_CONFIG);
    assert_qk_err(qk_tls_client_new(&no_port, &client), QK_E_CONFIG);
}

/* --- ALPN, resumption --- */

static void the_protocol_is_agreed(void **state)
{
    tls_server server = start_tls_server(test_folder, "-cert server.pem -key server.key -alpn http/1.1,h2 -rev");
    qk_tls_options options = trusting(server.port);
    PEER(p);

    (void)state;
    options.alpn = "h2";
    assert_qk_ok(dial(&options, &p));
    stop_tls_server(&server);
}

static void a_server_without_our_protocol_is_refused(void **state)
{
    qk_tls_options options = trusting(0);

    (void)state;
    options.alpn = "h2";
    assert_refused("-cert server.pem -key server.key", options, QK_E_PROTOCOL, "does not speak h2");
    assert_refused("-cert server.pem -key server.key -alpn other", options, QK_E_PROTOCOL, "ALPN");
}

/* `s_server -www` says on its page how the session came about. */
static void assert_page_says(qk_tls_client *client, const char *words)
{
    QK_OWNED(qk_buf_done) qk_buf page = QK_BUF_NONE;
    QK_OWNED(qk_stream_free) qk_stream *stream = NULL;
    size_t got = 1;

    assert_qk_ok(qk_stream_connect(client, QK_DEADLINE_NEVER, &stream));
    assert_qk_ok(say(stream, "GET / HTTP/1.0\r\n\r\n"));
    while (got > 0) {
        uint8_t *place = qk_buf_grow(&page, 4096);
        assert_qk_ok(qk_stream_read(stream, place, 4096, qk_deadline_in(LONG_MS), &got));
        page.len -= 4096 - got;
    }
    if (!strstr(qk_buf_text(&page), words))
        fail_msg("\"%s\" is not on the page:\n%s", words, qk_buf_text(&page));
}

static void a_second_connection_resumes_the_session(void **state)
{
    static const char *const versions[] = { "-www -cert server.pem -key server.key -tls1_2",
                                            "-www -cert server.pem -key server.key -tls1_3" };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        tls_server server = start_tls_server(test_folder, versions[i]);
        qk_tls_options options = trusting(server.port);
        PEER(p);
        assert_qk_ok(qk_tls_client_new(&options, &p.client));
        assert_page_says(p.client, "New, TLS");
        assert_page_says(p.client, "Reused, TLS");
        assert_page_says(p.client, "Reused, TLS");
        stop_tls_server(&server);
    }
}

/* --- peers that misbehave --- */

static void send_text(int fd, const void *text)
{
    send_all(fd, text, strlen(text));
    wait_for_close(fd);
}

static void send_noise(int fd, const void *context)
{
    uint64_t noise = *(const uint64_t *)context, word;

    for (int i = 0; i < 4096; i++) {
        word = test_noise(&noise);
        send_all(fd, &word, sizeof word);
    }
    wait_for_close(fd);
}

static void close_at_once(int fd, const void *context)
{
    (void)fd, (void)context;
}

static void reset_at_once(int fd, const void *context)
{
    struct linger hard = { .l_onoff = 1, .l_linger = 0 };
    char byte;

    (void)context;
    (void)!recv(fd, &byte, 1, 0);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

static void say_nothing(int fd, const void *context)
{
    (void)context;
    wait_for_close(fd);
}

static qk_err dial_raw(raw_handler handle, const void *context, int64_t timeout_ms)
{
    raw_server server;
    PEER(p);
    qk_err err;

    start_raw_server(&server, handle, context);
    qk_tls_options options = trusting(server.port);
    options.connect_timeout_ms = timeout_ms;
    err = dial(&options, &p);
    hang_up(&p);
    stop_raw_server(&server);
    return err;
}

static void a_peer_that_does_not_speak_tls_is_told(void **state)
{
    uint64_t seed = 1;

    (void)state;
    assert_qk_err(dial_raw(send_text, "HTTP/1.1 400 Bad Request\r\n\r\n", LONG_MS), QK_E_PROTOCOL);
    assert_words("does not speak TLS");
    for (; seed < 20; seed++)
        assert_qk_err(dial_raw(send_noise, &seed, LONG_MS), QK_E_PROTOCOL);
}

static void a_peer_that_closes_or_stalls_is_away(void **state)
{
    (void)state;
    assert_qk_err(dial_raw(close_at_once, NULL, LONG_MS), QK_E_SERVER_AWAY);
    assert_words("localhost:");
    assert_qk_err(dial_raw(reset_at_once, NULL, LONG_MS), QK_E_SERVER_AWAY);
    assert_qk_err(dial_raw(say_nothing, NULL, SHORT_MS), QK_E_SERVER_AWAY);
    assert_words("no answer in time");
}

static void nobody_listening_and_unknown_names_are_away(void **state)
{
    qk_tls_options closed = trusting(unused_port()), unknown = trusting(1);
    PEER(p);
    PEER(q);

    (void)state;
    assert_qk_err(dial(&closed, &p), QK_E_SERVER_AWAY);
    assert_words("Connection refused");
    unknown.host = "no such host";
    assert_qk_err(dial(&unknown, &q), QK_E_SERVER_AWAY);
    assert_words("does not resolve");
}

/* --- plain streams and deadlines --- */

static qk_tls_options plain(uint16_t port)
{
    return (qk_tls_options){ .host = "localhost", .port = port, .connect_timeout_ms = LONG_MS };
}

static void echo(int fd, const void *context)
{
    char piece[4096];
    ssize_t got;

    (void)context;
    while ((got = recv(fd, piece, sizeof piece, 0)) > 0)
        send_all(fd, piece, (size_t)got);
}

static void a_plain_stream_answers(void **state)
{
    raw_server server;
    PEER(p);

    (void)state;
    start_raw_server(&server, echo, NULL);
    qk_tls_options options = plain(server.port);
    assert_qk_ok(dial(&options, &p));
    for (int i = 0; i < 100; i++) {
        assert_qk_ok(say(p.stream, "over and over"));
        assert_hears(p.stream, "over and over");
    }
    hang_up(&p);
    stop_raw_server(&server);
}

static void send_and_close(int fd, const void *text)
{
    send_all(fd, text, strlen(text));
}

static void a_closed_plain_stream_reads_as_the_end(void **state)
{
    raw_server server;
    uint8_t byte;
    size_t got = 1;
    PEER(p);

    (void)state;
    start_raw_server(&server, send_and_close, "bye");
    qk_tls_options options = plain(server.port);
    assert_qk_ok(dial(&options, &p));
    assert_hears(p.stream, "bye");
    assert_qk_ok(qk_stream_read(p.stream, &byte, 1, qk_deadline_in(LONG_MS), &got));
    assert_int_equal(got, 0);
    hang_up(&p);
    stop_raw_server(&server);
}

/* Answers one byte for each that it gets. */
static void a_read_that_came_too_late_may_go_on(void **state)
{
    tls_server tls = start_tls_server(test_folder, "-rev -cert server.pem -key server.key");
    raw_server raw;
    PEER(p);
    PEER(q);

    (void)state;
    start_raw_server(&raw, echo, NULL);
    qk_tls_options options = trusting(tls.port), plain_options = plain(raw.port);
    assert_qk_ok(dial(&options, &p));
    assert_qk_ok(dial(&plain_options, &q));
    for (int i = 0; i < 2; i++) {
        qk_stream *stream = i ? p.stream : q.stream;
        assert_qk_err(hear(stream, 0), QK_E_TIMEOUT);
        assert_qk_err(hear(stream, 20), QK_E_TIMEOUT);
        assert_qk_err(hear(stream, SHORT_MS), QK_E_TIMEOUT); /* longer than the kernel's tick */
        assert_qk_ok(say(stream, "x\n"));
        assert_hears(stream, "x\n");
    }
    hang_up(&q);
    stop_raw_server(&raw);
    stop_tls_server(&tls);
}

static void sleep_until_told(int fd, const void *context)
{
    char byte;

    (void)fd;
    (void)!read(*(const int *)context, &byte, 1);
}

/* A peer that does not read: the socket's buffers fill, then the deadline passes. */
static void a_write_that_nobody_reads_comes_too_late(void **state)
{
    static char much[1 << 20];
    qk_err err = QK_OK;
    raw_server server;
    int wake[2];
    PEER(p);

    (void)state;
    assert_int_equal(pipe(wake), 0);
    start_raw_server(&server, sleep_until_told, &wake[0]);
    qk_tls_options options = plain(server.port);
    assert_qk_ok(dial(&options, &p));
    for (int i = 0; i < 1000 && err == QK_OK; i++)
        err = qk_stream_write(p.stream, qk_view_of(much, sizeof much), qk_deadline_in(SHORT_MS));
    assert_qk_err(err, QK_E_TIMEOUT);
    assert_true(qk_stream_stale(p.stream));
    assert_qk_err(say(p.stream, "x"), QK_E_SERVER_AWAY);
    assert_words("broken");
    assert_int_equal(write(wake[1], "x", 1), 1);
    hang_up(&p);
    stop_raw_server(&server);
    close(wake[0]);
    close(wake[1]);
}

/* The server is killed: no TLS goodbye. Writing to it must be an error and not a signal. */
static void a_killed_server_is_an_error_and_no_signal(void **state)
{
    tls_server server = start_tls_server(test_folder, "-rev -cert server.pem -key server.key");
    qk_tls_options options = trusting(server.port);
    qk_err err = QK_OK;
    PEER(p);

    (void)state;
    assert_int_equal(signal(SIGPIPE, SIG_DFL) == SIG_ERR, 0);
    assert_qk_ok(dial(&options, &p));
    assert_qk_ok(say(p.stream, "x\n"));
    assert_hears(p.stream, "x\n");
    stop_tls_server(&server);
    assert_true(qk_stream_stale(p.stream));
    assert_qk_err(hear(p.stream, LONG_MS), QK_E_SERVER_AWAY);
    for (int i = 0; i < 10 && err == QK_OK; i++)
        err = say(p.stream, "x\n");
    assert_qk_err(err, QK_E_SERVER_AWAY);
}

/* Sends all in a process of its own, since somebody must read the server's output meanwhile; stays until the end. */
static pid_t send_apart(const qk_tls_options *options, qk_view bytes)
{
    pid_t child = fork();
    peer p = { NULL, NULL };

    if (child != 0)
        return child;
    if (dial(options, &p) == QK_OK && qk_stream_write(p.stream, bytes, qk_deadline_in(LONG_MS)) == QK_OK)
        hear(p.stream, LONG_MS);
    hang_up(&p);
    _exit(0);
}

static void a_large_message_arrives_whole(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf arrived = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf sent = QK_BUF_NONE;
    tls_server server = start_tls_server(test_folder, good_server);
    qk_tls_options options = trusting(server.port);
    const uint8_t *found = NULL;
    uint64_t noise = 99;
    ssize_t got = 1;
    pid_t sender;

    (void)state;
    for (int i = 0; i < 128 * 1024; i++)
        qk_buf_put_u64(&sent, test_noise(&noise));
    sender = send_apart(&options, qk_buf_view(&sent));
    while (got > 0 && !found) {
        uint8_t *place = qk_buf_grow(&arrived, 65536);
        got = read(server.output, place, 65536);
        arrived.len -= 65536 - (size_t)(got > 0 ? got : 0);
        if (arrived.len >= sent.len) /* s_server talks before it */
            found = memmem(arrived.data, arrived.len, sent.data, sent.len);
    }
    stop_tls_server(&server);
    waitpid(sender, NULL, 0);
    assert_non_null(found);
}

/* --- idle connections --- */

static void session_tickets_do_not_make_a_connection_stale(void **state)
{
    tls_server server = start_tls_server(test_folder, "-cert server.pem -key server.key -tls1_3");
    qk_tls_options options = trusting(server.port);
    PEER(p);

    (void)state;
    assert_qk_ok(dial(&options, &p));
    /* Wait until something lies there: these are the tickets. */
    assert_qk_err(hear(p.stream, SHORT_MS), QK_E_TIMEOUT);
    assert_false(qk_stream_stale(p.stream));
    assert_int_equal(write(server.input, "news\n", 5), 5);
    while (!qk_stream_stale(p.stream))
        usleep(1000);
    assert_hears(p.stream, "news\n");
    assert_false(qk_stream_stale(p.stream));
    stop_tls_server(&server);
}

static void an_idle_plain_connection_tells_that_it_was_closed(void **state)
{
    raw_server server;
    PEER(p);

    (void)state;
    start_raw_server(&server, send_and_close, "");
    qk_tls_options options = plain(server.port);
    assert_qk_ok(dial(&options, &p));
    while (!qk_stream_stale(p.stream))
        usleep(1000);
    hang_up(&p);
    stop_raw_server(&server);
}

/* --- inside another process --- */

/* libssl empties the thread's error queue in a handshake; the host must not notice. */
static void the_hosts_openssl_errors_stay(void **state)
{
    tls_server server = start_tls_server(test_folder, "-rev -cert server.pem -key server.key");
    qk_tls_options options = trusting(server.port), bad = to(server.port);
    const char *data = NULL;
    int flags = 0;
    PEER(p);
    PEER(q);

    (void)state;
    ERR_raise_data(ERR_LIB_USER, 77, "the host's own");
    ERR_raise_data(ERR_LIB_USER, 78, "and another");
    assert_int_equal(ERR_set_mark(), 1);
    assert_qk_ok(dial(&options, &p));
    assert_qk_ok(say(p.stream, "x\n"));
    assert_hears(p.stream, "x\n");
    hang_up(&p); /* s_server serves one after the other */
    assert_qk_err(dial(&bad, &q), QK_E_SERVER_UNTRUSTED);
    hang_up(&q);
    assert_int_equal(ERR_pop_to_mark(), 1);
    assert_int_equal(ERR_GET_REASON(ERR_get_error_all(NULL, NULL, NULL, &data, &flags)), 77);
    assert_string_equal(data, "the host's own");
    assert_int_equal(ERR_GET_REASON(ERR_get_error_all(NULL, NULL, NULL, &data, &flags)), 78);
    assert_string_equal(data, "and another");
    assert_int_equal(ERR_get_error(), 0);
    stop_tls_server(&server);
}

static void nothing_is_left_in_an_empty_error_queue(void **state)
{
    tls_server server = start_tls_server(test_folder, good_server);
    qk_tls_options bad = to(server.port);
    PEER(p);

    (void)state;
    ERR_clear_error();
    assert_qk_err(dial(&bad, &p), QK_E_SERVER_UNTRUSTED);
    assert_int_equal(ERR_peek_error(), 0);
    stop_tls_server(&server);
}

static void a_forked_child_forgets_and_the_parent_goes_on(void **state)
{
    static peer kept; /* in the child: what is leaked on purpose stays reachable for leak checkers */
    tls_server server = start_tls_server(test_folder, "-rev -cert server.pem -key server.key");
    qk_tls_options options = trusting(server.port);
    int status = -1;
    pid_t child;
    PEER(p);

    (void)state;
    assert_qk_ok(dial(&options, &p));
    assert_qk_ok(say(p.stream, "before\n"));
    assert_hears(p.stream, "erofeb\n");
    child = fork();
    if (child == 0) {
        kept = p;
        qk_stream_abandon(&p.stream);
        qk_tls_client_abandon(&p.client);
        _exit(p.stream || p.client || !kept.stream);
    }
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_qk_ok(say(p.stream, "after\n"));
    assert_hears(p.stream, "retfa\n");
    stop_tls_server(&server);
}

static void descriptors_do_not_survive_exec(void **state)
{
    raw_server server;
    int fd = -1;

    (void)state;
    start_raw_server(&server, say_nothing, NULL);
    assert_qk_ok(qk_socket_connect("127.0.0.1", server.port, QK_DEADLINE_NEVER, &fd));
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    close(fd);
    stop_raw_server(&server);
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
        cmocka_unit_test(a_trusted_server_answers),
        cmocka_unit_test(both_tls_versions_work),
        cmocka_unit_test(an_older_tls_version_is_refused),
        cmocka_unit_test(a_server_of_another_ca_is_refused),
        cmocka_unit_test(the_systems_store_does_not_know_our_ca),
        cmocka_unit_test(a_certificate_for_another_name_is_refused),
        cmocka_unit_test(an_expired_certificate_is_refused),
        cmocka_unit_test(a_client_certificate_is_not_a_servers),
        cmocka_unit_test(a_self_signed_certificate_is_trusted_only_if_named),
        cmocka_unit_test(a_pinned_key_is_asked_for_besides_the_chain),
        cmocka_unit_test(a_pin_that_is_none_is_told_before_connecting),
        cmocka_unit_test(a_client_certificate_opens_the_door),
        cmocka_unit_test(a_missing_client_certificate_is_told),
        cmocka_unit_test(a_client_certificate_of_another_ca_is_told),
        cmocka_unit_test(unusable_files_are_told_before_connecting),
        cmocka_unit_test(an_address_is_needed),
        cmocka_unit_test(the_protocol_is_agreed),
        cmocka_unit_test(a_server_without_our_protocol_is_refused),
        cmocka_unit_test(a_second_connection_resumes_the_session),
        cmocka_unit_test(a_peer_that_does_not_speak_tls_is_told),
        cmocka_unit_test(a_peer_that_closes_or_stalls_is_away),
        cmocka_unit_test(nobody_listening_and_unknown_names_are_away),
        cmocka_unit_test(a_plain_stream_answers),
        cmocka_unit_test(a_closed_plain_stream_reads_as_the_end),
        cmocka_unit_test(a_read_that_came_too_late_may_go_on),
        cmocka_unit_test(a_write_that_nobody_reads_comes_too_late),
        cmocka_unit_test(a_killed_server_is_an_error_and_no_signal),
        cmocka_unit_test(a_large_message_arrives_whole),
        cmocka_unit_test(session_tickets_do_not_make_a_connection_stale),
        cmocka_unit_test(an_idle_plain_connection_tells_that_it_was_closed),
        cmocka_unit_test(the_hosts_openssl_errors_stay),
        cmocka_unit_test(nothing_is_left_in_an_empty_error_queue),
        cmocka_unit_test(a_forked_child_forgets_and_the_parent_goes_on),
        cmocka_unit_test(descriptors_do_not_survive_exec),
    };
    return cmocka_run_group_tests_name("tls", tests, set_up, tear_down);
}
