/* SPDX-License-Identifier: Apache-2.0 */
/* The upstream source on a client that plays a script; the client itself has tests of its own. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/testing.h"
#include "entropy/driver/driver.h"
#include "entropy/service/service.h"

static struct {
    char token[64];
    char signer_key[64];
    qk_entropy_api api;
    size_t fetches, shortest, longest;
    qk_err err;
    int64_t retry_after_ms;
    uint64_t noise;
} service;

qk_err __wrap_qk_entropy_service_new(const qk_entropy_service_config *config, qk_entropy_service **out_service);
void __wrap_qk_entropy_service_free(qk_entropy_service **out_service);
qk_err __wrap_qk_entropy_service_fetch(qk_entropy_service *it, uint8_t *out, size_t len, qk_deadline_ms deadline,
                                       int64_t *out_retry_after_ms);

qk_err __wrap_qk_entropy_service_new(const qk_entropy_service_config *config, qk_entropy_service **out_service)
{
    snprintf(service.token, sizeof service.token, "%.*s", (int)config->token.len, (const char *)config->token.data);
    snprintf(service.signer_key, sizeof service.signer_key, "%s", config->signer_key ? config->signer_key : "");
    service.api = config->api;
    *out_service = (qk_entropy_service *)(void *)&service;
    return QK_OK;
}

void __wrap_qk_entropy_service_free(qk_entropy_service **out_service)
{
    *out_service = NULL;
}

qk_err __wrap_qk_entropy_service_fetch(qk_entropy_service *it, uint8_t *out, size_t len, qk_deadline_ms deadline,
                                       int64_t *out_retry_after_ms)
{
    assert_ptr_equal(it, &service);
    assert_true(qk_deadline_left(deadline) > 1000); /* a call over the network gets its time */
    service.fetches++;
    service.shortest = !service.shortest || len < service.shortest ? len : service.shortest;
    service.longest = len > service.longest ? len : service.longest;
    if (service.err != QK_OK) {
        *out_retry_after_ms = service.retry_after_ms;
        return qk_fail(service.err, "scripted");
    }
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)((test_noise(&service.noise) * UINT64_C(0x2545f4914f6cdd1d)) >> 56);
    return QK_OK;
}

static const char *token_file(const char *name, const char *content, mode_t mode)
{
    const char *path = test_path(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    return path;
}

static qk_source_config config_of(const char *token)
{
    memset(&service, 0, sizeof service);
    service.noise = 42;
    return (qk_source_config){ .name = "up",
                               .driver = QK_DRIVER_UPSTREAM,
                               .enabled = true,
                               .url = "https://entropy.example.org",
                               .token_file = token,
                               .signer_key = "/etc/quantoki/signer.pem",
                               .api = QK_ENTROPY_API_POST,
                               .sample_bits = 8,
                               .min_entropy = 7.8,
                               .rate = 1000000,
                               .priority = 1,
                               .timeout_ms = 10000 };
}

static uint8_t bytes[64 * 1024];

static void several_kib_are_fetched_at_a_time_until_the_queue_is_full(void **state)
{
    qk_source_config config = config_of(token_file("good", "secret-token\r\nrest", 0600));
    QK_OWNED(qk_source_free) qk_source *source = NULL;
    size_t fetches;

    (void)state;
    assert_qk_ok(qk_source_new(&config, &source));
    while (qk_source_turn(source, qk_deadline_in(0)) == 0)
        ;
    assert_true(qk_source_healthy(source));
    assert_string_equal(service.token, "secret-token");
    assert_string_equal(service.signer_key, "/etc/quantoki/signer.pem");
    assert_int_equal(service.api, QK_ENTROPY_API_POST);
    assert_true(service.shortest >= 4096 && service.longest <= 16 * 1024);
    fetches = service.fetches;
    assert_true(qk_source_turn(source, qk_deadline_in(0)) > 0);
    assert_int_equal(qk_source_take(source, bytes, 3000), 3000);
    qk_source_turn(source, qk_deadline_in(0));
    assert_int_equal(service.fetches, fetches); /* not for a few bytes */
    assert_int_equal(qk_source_take(source, bytes, 3000), 3000);
    qk_source_turn(source, qk_deadline_in(0));
    assert_int_equal(service.fetches, fetches + 1);
}

static void a_server_that_is_asked_too_often_says_when_to_come_back(void **state)
{
    qk_source_config config = config_of(NULL);
    QK_OWNED(qk_source_free) qk_source *source = NULL;
    qk_source_status status;
    int wait;

    (void)state;
    service.err = QK_E_RATE;
    service.retry_after_ms = 20000;
    assert_qk_ok(qk_source_new(&config, &source));
    wait = qk_source_turn(source, qk_deadline_in(0));
    assert_in_range(wait, 19000, 20000);
    qk_source_status_get(source, &status);
    assert_int_equal(status.state, QK_SOURCE_ERROR);
    qk_source_turn(source, qk_deadline_in(0));
    assert_int_equal(service.fetches, 1);
}

static void a_throttled_source_stays_active_and_waits(void **state)
{
    qk_source_config config = config_of(NULL);
    QK_OWNED(qk_source_free) qk_source *source = NULL;
    size_t fetches;

    (void)state;
    assert_qk_ok(qk_source_new(&config, &source));
    for (unsigned i = 0; i < 3; i++)
        qk_source_turn(source, qk_deadline_in(0));
    service.err = QK_E_RATE;
    service.retry_after_ms = 4000;
    qk_source_turn(source, qk_deadline_in(0));
    fetches = service.fetches;
    service.err = QK_OK;
    for (unsigned i = 0; i < 3; i++)
        qk_source_turn(source, qk_deadline_in(0));
    assert_int_equal(service.fetches, fetches); /* as it was asked to */
    assert_true(qk_source_healthy(source));
    assert_int_equal(qk_source_take(source, bytes, 100), 100);
}

static void a_throttled_source_asks_again_when_it_may(void **state)
{
    qk_source_config config = config_of(NULL);
    QK_OWNED(qk_source_free) qk_source *source = NULL;
    size_t fetches;

    (void)state;
    assert_qk_ok(qk_source_new(&config, &source));
    service.err = QK_E_RATE;
    service.retry_after_ms = 10;
    qk_source_turn(source, qk_deadline_in(0));
    service.err = QK_OK;
    fetches = service.fetches;
    qk_source_turn(source, QK_DEADLINE_NEVER); /* waits for these 10 ms */
    qk_source_turn(source, QK_DEADLINE_NEVER);
    assert_int_equal(service.fetches, fetches + 1);
    assert_true(qk_source_healthy(source));
}

static void a_server_without_entropy_is_asked_again_a_little_later(void **state)
{
    qk_source_config config = config_of(NULL);
    QK_OWNED(qk_source_free) qk_source *source = NULL;

    (void)state;
    service.err = QK_E_NO_RANDOM;
    assert_qk_ok(qk_source_new(&config, &source));
    assert_in_range(qk_source_turn(source, qk_deadline_in(0)), 900, 1000);
    service.err = QK_OK;
    qk_source_restart(source);
    qk_source_turn(source, qk_deadline_in(0));
    assert_true(qk_source_healthy(source));
}

static void a_token_that_others_may_read_is_not_sent(void **state)
{
    qk_source_config config = config_of(token_file("open", "secret-token", 0644));
    QK_OWNED(qk_source_free) qk_source *source = NULL;
    qk_source_status status;

    (void)state;
    assert_qk_ok(qk_source_new(&config, &source));
    qk_source_turn(source, qk_deadline_in(0));
    qk_source_status_get(source, &status);
    assert_int_equal(status.state, QK_SOURCE_ERROR);
    assert_non_null(strstr(status.messages[0].words, "600"));
    assert_int_equal(service.fetches, 0);
    assert_string_equal(service.token, "");
}

static void urls_that_cannot_be_right_are_refused(void **state)
{
    static const char *const urls[] = { "entropy.example.org", "ftp://x", "http://entropy.example.org", "" };
    qk_source_config config = config_of(NULL);
    qk_source *source = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        config.url = urls[i];
        assert_qk_err(qk_source_new(&config, &source), QK_E_CONFIG);
        assert_words("entropy source up: url: ");
    }
    config.url = "http://127.0.0.1:8080/prefix";
    assert_qk_ok(qk_source_new(&config, &source));
    qk_source_free(&source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_kib_are_fetched_at_a_time_until_the_queue_is_full),
        cmocka_unit_test(a_server_that_is_asked_too_often_says_when_to_come_back),
        cmocka_unit_test(a_throttled_source_stays_active_and_waits),
        cmocka_unit_test(a_throttled_source_asks_again_when_it_may),
        cmocka_unit_test(a_server_without_entropy_is_asked_again_a_little_later),
        cmocka_unit_test(a_token_that_others_may_read_is_not_sent),
        cmocka_unit_test(urls_that_cannot_be_right_are_refused),
    };

    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
