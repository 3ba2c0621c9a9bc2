/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/service/service.h"

#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/file.h"
#include "base/testing.h"
#include "crypto/crypto.h"
#include "net/test_server.h"

enum { LONG_MS = 60000, SHORT_MS = 200, MOST = 524288 };

/* ---- a service that speaks the protocol ---- */

/* Bytes of the answer are 0, 1, 2, ... from the request's first on, so a test sees what went where. */
typedef struct service {
    raw_server server;
    atomic_int connections, requests;
    char asked[4096];
    /* Faults. A status other than 0 answers with it; a body stands for any other. */
    int status;
    const char *headers, *body;
    bool closes;
} service;

static void put_blocks(qk_buf *body, const char *member, size_t count, size_t block_len)
{
    uint8_t block[1024], next = 0;

    qk_buf_printf(body, "{\"%s\":[", member);
    for (size_t i = 0; i < count; i++) {
        for (size_t b = 0; b < block_len; b++)
            block[b] = next++;
        qk_buf_put_text(body, i ? ",\"" : "\"");
        qk_base64_write(qk_view_of(block, block_len), body);
        qk_buf_put_text(body, "\"");
    }
    qk_buf_printf(body, "]%s}", strcmp(member, "random") == 0 ? "" : ",\"extensions\":[]");
}

static void put_body(const service *it, qk_buf *body)
{
    unsigned long size = 0, count = 0;

    if (it->body)
        qk_buf_put_text(body, it->body);
    else if (sscanf(it->asked, "GET /prefix/api/v1/quantum-entropy?size=%lu ", &size) == 1)
        put_blocks(body, "random", size, 1024);
    else if (strncmp(it->asked, "POST /prefix/api/v1/entropy ", 28) == 0 &&
             sscanf(strstr(it->asked, "\r\n\r\n"), " {\"block_size\":%lu,\"block_count\":%lu", &size, &count) == 2)
        put_blocks(body, "entropy", count, size);
    else if (sscanf(it->asked, "GET /prefix/api/v1/random/raw?bytes=%lu ", &size) == 1)
        for (size_t i = 0; i < size; i++)
            qk_buf_put_u8(body, (uint8_t)i);
    else
        qk_buf_put_text(body, "{\"error\":{\"message\":\"what?\"}}");
}

static void serve_connection(int fd, const void *context)
{
    service *it = *(service *const *)context;

    it->connections++;
    while (take_request(fd, it->asked, sizeof it->asked)) {
        QK_OWNED(qk_buf_done) qk_buf body = QK_BUF_NONE;
        QK_OWNED(qk_buf_done) qk_buf answer = QK_BUF_NONE;
        it->requests++;
        put_body(it, &body);
        qk_buf_printf(&answer, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n", it->status ? it->status : 200,
                      body.len, it->headers ? it->headers : "");
        qk_buf_put(&answer, qk_buf_view(&body));
        send_all(fd, answer.data, answer.len);
        if (it->closes)
            return;
    }
}

typedef struct fixture {
    service service;
    struct service *context;
    char url[64];
    qk_entropy_service *client;
} fixture;

static void connect_client(fixture *f, qk_entropy_api api, const char *token)
{
    qk_entropy_service_config config = { .url = f->url, .api = api, .token = qk_view_text(token) };

    qk_entropy_service_free(&f->client);
    assert_qk_ok(qk_entropy_service_new(&config, &f->client));
}

static int set_up_fixture(void **state)
{
    fixture *f = calloc(1, sizeof *f);

    f->context = &f->service;
    start_raw_server(&f->service.server, serve_connection, &f->context);
    snprintf(f->url, sizeof f->url, "http://127.0.0.1:%u/prefix/", f->service.server.port);
    connect_client(f, QK_ENTROPY_API_GET, "secret-token");
    *state = f;
    return 0;
}

static int tear_down_fixture(void **state)
{
    fixture *f = *state;

    qk_entropy_service_free(&f->client);
    stop_raw_server(&f->service.server);
    free(f);
    return 0;
}

#define SERVICE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_fixture, tear_down_fixture)

static qk_err fetch(fixture *f, uint8_t *out, size_t len, int64_t *out_retry_after_ms)
{
    return qk_entropy_service_fetch(f->client, out, len, qk_deadline_in(LONG_MS), out_retry_after_ms);
}

/* ---- what works ---- */

static void every_way_of_asking_gives_exactly_what_was_asked_for(void **state)
{
    static const size_t lens[] = { 1, 31, 1023, 1024, 1025, 4096, 100000, MOST };
    fixture *f = *state;
    uint8_t *out = malloc(MOST + 1);

    for (qk_entropy_api api = QK_ENTROPY_API_GET; api <= QK_ENTROPY_API_RAW; api++) {
        connect_client(f, api, "secret-token");
        for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
            memset(out, 0xee, MOST + 1);
            assert_qk_ok(fetch(f, out, lens[i], NULL));
            for (size_t b = 0; b < lens[i]; b++)
                if (out[b] != (uint8_t)b)
                    fail_msg("byte %zu of %zu is %u", b, lens[i], out[b]);
            assert_int_equal(out[lens[i]], 0xee);
        }
    }
    assert_int_equal(f->service.connections, 3); /* one for each client */
    free(out);
}

static void requests_are_what_services_expect(void **state)
{
    fixture *f = *state;
    uint8_t out[2000];

    assert_qk_ok(fetch(f, out, 2000, NULL));
    assert_non_null(strstr(f->service.asked, "GET /prefix/api/v1/quantum-entropy?size=2 HTTP/1.1\r\n"));
    assert_non_null(strstr(f->service.asked, "\r\nAuthorization: Bearer secret-token\r\n"));
    assert_non_null(strstr(f->service.asked, "\r\nAccept: application/json\r\n"));
    assert_null(strstr(f->service.asked, "Content-Type"));
    connect_client(f, QK_ENTROPY_API_POST, "secret-token");
    assert_qk_ok(fetch(f, out, 10, NULL));
    assert_non_null(strstr(f->service.asked, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(f->service.asked, "\r\n\r\n{\"block_size\":10,\"block_count\":1}"));
    qk_entropy_service_free(&f->client);
    qk_entropy_service_config typed = { .url = f->url, .api = QK_ENTROPY_API_POST, .entropy_type = "quantum" };
    assert_qk_ok(qk_entropy_service_new(&typed, &f->client));
    assert_qk_ok(fetch(f, out, 10, NULL));
    assert_non_null(strstr(f->service.asked, "{\"block_size\":10,\"block_count\":1,\"entropy_type\":\"quantum\"}"));
    connect_client(f, QK_ENTROPY_API_RAW, "");
    assert_qk_ok(fetch(f, out, 10, NULL));
    assert_null(strstr(f->service.asked, "Authorization"));
}

static void a_server_that_closes_each_time_is_no_trouble(void **state)
{
    fixture *f = *state;
    uint8_t out[100];

    f->service.closes = true;
    for (int i = 0; i < 10; i++)
        assert_qk_ok(fetch(f, out, 100, NULL));
    assert_int_equal(f->service.requests, 10);
}

static void other_pages_come_as_they_are(void **state)
{
    fixture *f = *state;
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_view body;
    int status;

    qk_arena_init(&arena, 0);
    f->service.body = "{\"state\":\"ready\"}";
    assert_qk_ok(qk_entropy_service_get(f->client, "/api/v1/status", qk_deadline_in(LONG_MS), &arena, &status, &body));
    assert_int_equal(status, 200);
    assert_true(qk_view_equal(body, qk_view_text(f->service.body)));
    f->service.status = 404;
    assert_qk_ok(qk_entropy_service_get(f->client, "/nowhere", qk_deadline_in(LONG_MS), &arena, &status, &body));
    assert_int_equal(status, 404);
    assert_memory_equal(f->service.asked, "GET /prefix/nowhere HTTP/1.1\r\n", 30);
}

/* ---- what does not ---- */

static void statuses_have_their_errors(void **state)
{
    static const struct {
        int status;
        qk_err err;
    } cases[] = { { 400, QK_E_REQUEST_REFUSED },
                  { 401, QK_E_NOT_AUTHENTICATED },
                  { 403, QK_E_NOT_AUTHORIZED },
                  { 404, QK_E_METHOD_UNKNOWN },
                  { 405, QK_E_METHOD_UNKNOWN },
                  { 422, QK_E_REQUEST_REFUSED },
                  { 429, QK_E_RATE },
                  { 500, QK_E_NO_RANDOM },
                  { 501, QK_E_NO_RANDOM },
                  { 507, QK_E_NO_RANDOM },
                  { 520, QK_E_NO_RANDOM },
                  { 502, QK_E_NO_RANDOM },
                  { 503, QK_E_NO_RANDOM },
                  { 504, QK_E_NO_RANDOM },
                  { 301, QK_E_PROTOCOL },
                  { 204, QK_E_PROTOCOL },
                  { 206, QK_E_PROTOCOL } };
    fixture *f = *state;
    uint8_t out[10];

    f->service.body = "{\"error\":{\"message\":\"reason given\"}}";
    for (qk_entropy_api api = QK_ENTROPY_API_GET; api <= QK_ENTROPY_API_RAW; api++) {
        connect_client(f, api, "secret-token");
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            f->service.status = cases[i].status;
            f->service.closes = cases[i].status == 204; /* which has no body */
            assert_qk_err(fetch(f, out, 10, NULL), cases[i].err);
            if (cases[i].status != 204)
                assert_words("reason given");
            assert_null(strstr(qk_failure_last()->words, "secret-token"));
        }
    }
}

static void the_time_to_wait_comes_back(void **state)
{
    fixture *f = *state;
    int64_t wait_ms = 5;
    uint8_t out[10];

    assert_qk_ok(fetch(f, out, 10, &wait_ms));
    assert_int_equal(wait_ms, 0);
    f->service.status = 429;
    f->service.headers = "Retry-After: 4\r\n";
    assert_qk_err(fetch(f, out, 10, &wait_ms), QK_E_RATE);
    assert_int_equal(wait_ms, 4000);
    f->service.status = 503;
    assert_qk_err(fetch(f, out, 10, &wait_ms), QK_E_NO_RANDOM);
    assert_int_equal(wait_ms, 4000);
}

static void answers_that_are_short_long_or_no_json_are_not_used(void **state)
{
    static const char *const bodies[] = { "",
                                          "{}",
                                          "no",
                                          "{\"random\":[\"AAEC\"],\"size\":1}",
                                          "{\"entropy\":[\"AAECAwQFBgc=\"]}",
                                          "{\"entropy\":[\"AAECAwQFBgcICQo=\"]}",
                                          "012345678",
                                          "01234567890" };
    fixture *f = *state;
    uint8_t out[10];

    for (qk_entropy_api api = QK_ENTROPY_API_GET; api <= QK_ENTROPY_API_RAW; api++) {
        connect_client(f, api, "secret-token");
        for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
            f->service.body = bodies[i];
            assert_qk_err(fetch(f, out, 10, NULL), QK_E_PROTOCOL);
        }
    }
}

static void bad_descriptions_are_refused(void **state)
{
    static const char *const urls[] = { "", "ftp://h/", "http://example.org/", "https://h/?a=b", "https://h:0/" };
    static const char *const tokens[] = { "two words", "line\r\nX: y", "zero\x01", "\xc3\xa9" };
    qk_entropy_service_config config = { .url = "https://localhost:1" };
    qk_entropy_service *client = NULL;
    uint8_t byte;

    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        config.url = urls[i];
        assert_qk_err(qk_entropy_service_new(&config, &client), QK_E_CONFIG);
    }
    config.url = "https://localhost:1";
    config.entropy_type = "holy";
    assert_qk_err(qk_entropy_service_new(&config, &client), QK_E_CONFIG);
    config.entropy_type = NULL;
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        config.token = qk_view_text(tokens[i]);
        assert_qk_err(qk_entropy_service_new(&config, &client), QK_E_CONFIG);
    }
    config.token = QK_VIEW_NONE;
    config.cacert = "/nowhere/ca.pem";
    assert_qk_err(qk_entropy_service_new(&config, &client), QK_E_CONFIG);
    assert_null(client);
    assert_qk_err(fetch(*state, &byte, 0, NULL), QK_E_BAD_LENGTH);
    assert_qk_err(fetch(*state, &byte, MOST + 1, NULL), QK_E_BAD_LENGTH);
}

static void a_service_that_is_away_or_silent_is_told(void **state)
{
    qk_entropy_service_config config = { .cacert = NULL };
    QK_OWNED(qk_entropy_service_free) qk_entropy_service *client = NULL;
    fixture *f = *state;
    char url[64];
    uint8_t out[10];

    snprintf(url, sizeof url, "http://127.0.0.1:%u", unused_port());
    config.url = url;
    assert_qk_ok(qk_entropy_service_new(&config, &client));
    assert_qk_err(qk_entropy_service_fetch(client, out, 10, qk_deadline_in(LONG_MS), NULL), QK_E_SERVER_AWAY);
    f->service.headers = "Content-Length: 9999\r\n"; /* contradicts the first */
    assert_qk_err(fetch(f, out, 10, NULL), QK_E_PROTOCOL);
}

/* ---- TLS, fork ---- */

static void put_file(const char *folder, const char *name, const char *content)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_qk_ok(qk_file_write(path, 0600, qk_view_text(content)));
}

static void only_a_service_with_a_good_certificate_is_asked(void **state)
{
    char folder[200], url[64], ca[256];
    QK_OWNED(qk_buf_done) qk_buf body = QK_BUF_NONE;
    qk_entropy_service_config config = { .url = url, .cacert = ca };
    uint8_t out[1024];

    (void)state;
    snprintf(folder, sizeof folder, "%s/api/v1", test_folder);
    assert_qk_ok(qk_folder_make(folder, 0700));
    put_blocks(&body, "random", 1, 1024);
    put_file(folder, "quantum-entropy?size=1", qk_buf_text(&body));
    snprintf(ca, sizeof ca, "%s/ca.pem", test_folder);
    for (int good = 0; good < 2; good++) {
        QK_OWNED(qk_entropy_service_free) qk_entropy_service *client = NULL;
        tls_server server = start_tls_server(test_folder, good ? "-cert server.pem -key server.key -WWW"
                                                               : "-cert wrong.pem -key wrong.key -WWW");
        snprintf(url, sizeof url, "https://localhost:%u", server.port);
        assert_qk_ok(qk_entropy_service_new(&config, &client));
        for (int i = 0; i < 3; i++)
            assert_qk_err(qk_entropy_service_fetch(client, out, 1024, qk_deadline_in(LONG_MS), NULL),
                          good ? QK_OK : QK_E_SERVER_UNTRUSTED);
        stop_tls_server(&server);
    }
    assert_int_equal(out[1023], 255);
}

static void a_child_makes_its_own_and_the_parent_goes_on(void **state)
{
    fixture *f = *state;
    int status = 0;
    uint8_t out[10];
    pid_t child;

    assert_qk_ok(fetch(f, out, 10, NULL));
    child = fork();
    if (child == 0) {
        qk_entropy_service_abandon(&f->client);
        _exit(f->client != NULL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_qk_ok(fetch(f, out, 10, NULL));
    assert_int_equal(f->service.connections, 1);
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
        SERVICE_TEST(every_way_of_asking_gives_exactly_what_was_asked_for),
        SERVICE_TEST(requests_are_what_services_expect),
        SERVICE_TEST(a_server_that_closes_each_time_is_no_trouble),
        SERVICE_TEST(other_pages_come_as_they_are),
        SERVICE_TEST(statuses_have_their_errors),
        SERVICE_TEST(the_time_to_wait_comes_back),
        SERVICE_TEST(answers_that_are_short_long_or_no_json_are_not_used),
        SERVICE_TEST(bad_descriptions_are_refused),
        SERVICE_TEST(a_service_that_is_away_or_silent_is_told),
        cmocka_unit_test(only_a_service_with_a_good_certificate_is_asked),
        SERVICE_TEST(a_child_makes_its_own_and_the_parent_goes_on),
    };
    return cmocka_run_group_tests_name("service", tests, set_up, tear_down);
}
