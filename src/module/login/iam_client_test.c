/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange of API keys, with a service of a few lines that answers once. */
#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/testing.h"
#include "crypto/crypto.h"
#include "entropy/entropy.h"
#include "module/login/iam_client.h"

/* --- the service --- */

typedef struct service {
    int listener;
    const char *answer;
    char request[4096];
    pthread_t thread;
} service;

static void *serve_once(void *context)
{
    service *s = context;
    int peer = accept(s->listener, NULL, NULL);
    size_t len = 0;
    ssize_t got;

    while (len < sizeof s->request - 1 && !strstr(s->request, "apikey=") &&
           (got = read(peer, s->request + len, sizeof s->request - 1 - len)) > 0)
        len += (size_t)got;
    if (write(peer, s->answer, strlen(s->answer)) < 0)
        s->request[0] = 0;
    close(peer);
    return NULL;
}

static uint16_t start(service *s, const char *answer)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;

    memset(s, 0, sizeof *s);
    s->answer = answer;
    s->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(s->listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(s->listener, 1), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&address, &len), 0);
    assert_int_equal(pthread_create(&s->thread, NULL, serve_once, s), 0);
    return ntohs(address.sin_port);
}

static void stop(service *s)
{
    pthread_join(s->thread, NULL);
    close(s->listener);
}

static qk_err exchange_at(uint16_t port, const char *key, qk_secret *out_token, int64_t *out_life_s)
{
    QK_OWNED(qk_iam_client_free) qk_iam_client *client = NULL;
    char endpoint[64];
    qk_iam_options options = { .endpoint = endpoint, .connect_timeout_ms = 5000, .timeout_ms = 20000 };

    snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u/", port);
    QK_TRY(qk_iam_client_new(&options, &client));
    return qk_iam_client_exchange(client, qk_view_text(key), out_token, out_life_s);
}

#define ANSWER(status, body_len, body)                                                                                 \
    "HTTP/1.1 " status "\r\nContent-Type: application/json\r\nContent-Length: " body_len                               \
    "\r\nConnection: close\r\n\r\n" body

static qk_err exchange(const char *answer, const char *key, service *s)
{
    QK_OWNED(qk_secret_free) qk_secret token = QK_SECRET_NONE;
    int64_t life_s = -1;
    qk_err err = exchange_at(start(s, answer), key, &token, &life_s);

    stop(s);
    if (err == QK_OK) {
        assert_int_equal(life_s, 3600);
        assert_true(qk_view_equal(qk_secret_reveal(&token), QK_VIEW_LITERAL("a.b.c")));
    }
    return err;
}

/* --- the tests --- */

static void a_good_key_gives_a_token(void **state)
{
    service s;

    (void)state;
    assert_qk_ok(exchange(ANSWER("200 OK", "45", "{\"access_token\": \"a.b.c\", \"expires_in\": 3600}"), "a key+", &s));
    assert_non_null(strstr(s.request, "POST /identity/token HTTP/1.1\r\n"));
    assert_non_null(strstr(s.request, "grant_type=urn:ibm:params:oauth:grant-type:apikey&apikey=a%20key%2B"));
}

static void a_refused_key_is_a_wrong_pin(void **state)
{
    service s;

    (void)state;
    assert_qk_err(exchange(ANSWER("400 Bad Request", "2", "{}"), "key", &s), QK_E_PIN_INCORRECT);
    assert_qk_err(exchange(ANSWER("401 Unauthorized", "2", "{}"), "key", &s), QK_E_PIN_INCORRECT);
}

static void a_broken_service_is_no_wrong_pin(void **state)
{
    QK_OWNED(qk_secret_free) qk_secret token = QK_SECRET_NONE;
    int64_t life_s;
    service s;

    (void)state;
    assert_qk_err(exchange(ANSWER("500 Oops", "2", "{}"), "key", &s), QK_E_SERVER_AWAY);
    assert_qk_err(exchange(ANSWER("200 OK", "2", "{}"), "key", &s), QK_E_PROTOCOL);
    assert_qk_err(exchange(ANSWER("200 OK", "5", "never"), "key", &s), QK_E_PROTOCOL);
    assert_qk_err(exchange_at(1, "key", &token, &life_s), QK_E_SERVER_AWAY);
}

static void keys_travel_in_clear_on_loopback_alone(void **state)
{
    qk_iam_options options = { .endpoint = "http://iam.example", .connect_timeout_ms = 1, .timeout_ms = 1 };
    qk_iam_client *client = NULL;

    (void)state;
    assert_qk_err(qk_iam_client_new(&options, &client), QK_E_CONFIG);
    assert_words("https");
    options.endpoint = "not a url";
    assert_qk_err(qk_iam_client_new(&options, &client), QK_E_CONFIG);
}

static void answers_are_read_carefully(void **state)
{
    static const char *const bad[] = { "",
                                       "null",
                                       "[]",
                                       "{\"access_token\": 5}",
                                       "{\"access_token\": \"\"}",
                                       "{\"access_token\": \"a\", \"access_token\": \"b\"}",
                                       "{\"access_token\": \"a\"" };
    QK_OWNED(qk_secret_free) qk_secret token = QK_SECRET_NONE;
    int64_t life_s;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_qk_err(qk_iam_answer_read(qk_view_text(bad[i]), &token, &life_s), QK_E_PROTOCOL);
    assert_qk_ok(qk_iam_answer_read(QK_VIEW_LITERAL("{\"access_token\": \"a\"}"), &token, &life_s));
    assert_int_equal(life_s, 0); /* not said: good for this call */
}

static int begin(void **state)
{
    (void)state;
    return qk_crypto_start() == QK_OK && qk_entropy_start(NULL) == QK_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    qk_entropy_stop();
    qk_crypto_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_key_gives_a_token),         cmocka_unit_test(a_refused_key_is_a_wrong_pin),
        cmocka_unit_test(a_broken_service_is_no_wrong_pin), cmocka_unit_test(keys_travel_in_clear_on_loopback_alone),
        cmocka_unit_test(answers_are_read_carefully),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
