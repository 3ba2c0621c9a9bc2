/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/service/service_supply.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/testing.h"
#include "crypto/crypto.h"
#include "net/socket.h"
#include "net/test_server.h"

enum { LEN = 16, LONG_MS = 60000, SERVICES = 6, SILENT = -1, MOST = 8192 };

/* Answers with the statuses of its script, the last one for ever. Its entropy is zeros, or counts up: then any four
 * bytes that are aligned come once. */
typedef struct service {
    raw_server server;
    char url[64];
    int script[4];
    atomic_int requests, gets;
    const char *headers;
    bool counts;
    uint32_t counter;
} service;

typedef struct fixture {
    service services[SERVICES];
    service *contexts[SERVICES];
    qk_supply_config config;
    qk_supply *supply;
    qk_supply_report report;
    int tokens_read;
    bool renews; /* another token each time that it is read */
} fixture;

static void put_blocks(service *it, size_t block_len, size_t count, qk_buf *out)
{
    uint8_t block[1024] = { 0 };

    for (size_t i = 0; i < count; i++) {
        for (size_t at = 0; it->counts && at + 4 <= block_len; at += 4)
            memcpy(block + at, &it->counter, 4), it->counter++;
        qk_buf_printf(out, "%s\"", i ? "," : "");
        qk_base64_write(qk_view_of(block, block_len), out);
        qk_buf_printf(out, "\"");
    }
}

static void put_answer(service *it, const char *asked, int status, qk_buf *out)
{
    QK_OWNED(qk_buf_done) qk_buf body = QK_BUF_NONE;
    bool get = strncmp(asked, "GET", 3) == 0;
    const char *size = strstr(asked, get ? "size=" : "block_size\":"), *count = strstr(asked, "block_count\":");

    qk_buf_printf(&body, "{\"%s\":[", get ? "random" : "entropy");
    if (get)
        put_blocks(it, 1024, strtoul(size + 5, NULL, 10), &body);
    else
        put_blocks(it, strtoul(size + 12, NULL, 10), strtoul(count + 13, NULL, 10), &body);
    qk_buf_printf(&body, "]}");
    qk_buf_printf(out, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n", status, body.len,
                  it->headers ? it->headers : "");
    qk_buf_put(out, qk_buf_view(&body));
}

/* Requests are small enough to come whole. */
static void serve_connection(int fd, const void *context)
{
    service *it = *(service *const *)context;
    char asked[4096];

    for (;;) {
        QK_OWNED(qk_buf_done) qk_buf answer = QK_BUF_NONE;
        ssize_t got = recv(fd, asked, sizeof asked - 1, 0);
        bool get = got > 3 && strncmp(asked, "GET", 3) == 0;
        int at = it->requests;
        if (got <= 0)
            return;
        asked[got] = 0;
        it->requests++;
        it->gets += get;
        while (at > 0 && (at >= 4 || it->script[at] == 0))
            at--;
        if (it->script[at] == SILENT) {
            wait_for_close(fd);
            return;
        }
        put_answer(it, asked, it->script[at] == 405 && get ? 200 : it->script[at], &answer);
        send_all(fd, answer.data, answer.len);
    }
}

static qk_err read_token(void *context, qk_secret *out)
{
    fixture *f = context;

    char token[24];

    snprintf(token, sizeof token, "token-%d", f->renews ? f->tokens_read : 0);
    f->tokens_read++;
    return qk_secret_copy(qk_view_text(token), out);
}

static int set_up_fixture(void **state)
{
    fixture *f = calloc(1, sizeof *f);

    for (size_t i = 0; i < SERVICES; i++) {
        f->contexts[i] = &f->services[i];
        f->services[i].script[0] = 200;
        start_raw_server(&f->services[i].server, serve_connection, &f->contexts[i]);
        snprintf(f->services[i].url, sizeof f->services[i].url, "http://127.0.0.1:%u", f->services[i].server.port);
        f->config.urls[i] = f->services[i].url;
    }
    f->config.url_count = 1;
    f->config.attempt_timeout_ms = LONG_MS;
    f->config.retries = 1;
    f->config.read_token = read_token;
    f->config.context = f;
    *state = f;
    return 0;
}

static int tear_down_fixture(void **state)
{
    fixture *f = *state;

    qk_supply_free(&f->supply);
    for (size_t i = 0; i < SERVICES; i++)
        stop_raw_server(&f->services[i].server);
    free(f);
    return 0;
}

static qk_err fetch(fixture *f, int64_t timeout_ms)
{
    uint8_t out[LEN];

    if (!f->supply)
        assert_qk_ok(qk_supply_new(&f->config, &f->supply));
    memset(out, 0xee, sizeof out);
    QK_TRY(qk_supply_fetch(f->supply, out, sizeof out, qk_deadline_in(timeout_ms)));
    assert_true(qk_view_is_zero(qk_view_of(out, sizeof out)));
    return QK_OK;
}

static void the_next_service_is_asked_when_one_fails(void **state)
{
    fixture *f = *state;

    f->config.url_count = 2;
    f->services[0].script[0] = 503;
    assert_qk_ok(fetch(f, LONG_MS));
    assert_int_equal(f->services[0].requests, 1);
    assert_int_equal(f->services[1].requests, 1);
    assert_qk_ok(fetch(f, LONG_MS)); /* it stays with the one that works */
    assert_int_equal(f->services[0].requests, 1);
    assert_int_equal(f->services[1].requests, 2);
}

static void what_passes_is_outlasted(void **state)
{
    fixture *f = *state;

    f->services[0].script[0] = 500;
    f->services[0].script[1] = 200;
    assert_qk_ok(fetch(f, LONG_MS));
    assert_int_equal(f->services[0].requests, 2);
}

static void what_does_not_pass_ends(void **state)
{
    fixture *f = *state;

    f->services[0].script[0] = 503;
    assert_qk_err(fetch(f, LONG_MS), QK_E_NO_RANDOM);
    assert_int_equal(f->services[0].requests, 2);
}

static void a_refusal_is_not_repeated(void **state)
{
    fixture *f = *state;

    f->services[0].script[0] = 403;
    assert_qk_err(fetch(f, LONG_MS), QK_E_NOT_AUTHORIZED);
    f->services[0].script[0] = 400;
    assert_qk_err(fetch(f, LONG_MS), QK_E_REQUEST_REFUSED);
    assert_int_equal(f->services[0].requests, 2);
}

static void another_service_is_asked_after_a_refusal(void **state)
{
    static const int refusals[] = { 400, 401, 403, 422 };
    fixture *f = *state;

    f->config.url_count = 2;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        f->services[0].script[0] = refusals[i];
        assert_qk_ok(fetch(f, LONG_MS));
        qk_supply_free(&f->supply);
    }
    assert_int_equal(f->services[1].requests, 4);
}

static void what_all_services_refuse_is_not_repeated(void **state)
{
    fixture *f = *state;

    f->config.url_count = 2;
    f->config.retries = 5;
    f->services[0].script[0] = 403;
    f->services[1].script[0] = 422;
    assert_qk_err(fetch(f, LONG_MS), QK_E_NOT_AUTHORIZED); /* another allotment may come; another request will not */
    assert_int_equal(f->services[0].requests + f->services[1].requests, 2);
}

static void a_refusal_does_not_hide_that_another_may_come_back(void **state)
{
    fixture *f = *state;

    f->config.url_count = 2;
    f->services[0].script[0] = 503;
    f->services[1].script[0] = 400;
    assert_qk_err(fetch(f, LONG_MS), QK_E_NO_RANDOM);
    f->services[0].script[0] = 403;
    f->services[1].script[0] = 500;
    assert_qk_err(fetch(f, LONG_MS), QK_E_NO_RANDOM);
}

static void a_service_without_post_is_found_out_once(void **state)
{
    fixture *f = *state;

    f->services[0].script[0] = 405;
    assert_qk_ok(fetch(f, LONG_MS));
    assert_qk_ok(fetch(f, LONG_MS));
    assert_int_equal(f->services[0].requests, 3);
    assert_int_equal(f->services[0].gets, 2);
}

static void a_service_whose_paths_were_gone_for_a_while_is_asked_both_ways_again(void **state)
{
    fixture *f = *state;

    f->services[0].script[0] = 404; /* both ways */
    f->services[0].script[1] = 404;
    f->services[0].script[2] = 200;
    assert_qk_err(fetch(f, LONG_MS), QK_E_METHOD_UNKNOWN);
    assert_int_equal(f->services[0].gets, 1);
    assert_qk_ok(fetch(f, LONG_MS));
    assert_int_equal(f->services[0].gets, 1);
    f->services[0].script[3] = 404; /* the POST, and then the GET */
    assert_qk_err(fetch(f, LONG_MS), QK_E_METHOD_UNKNOWN);
    assert_int_equal(f->services[0].requests, 5);
}

static void a_service_that_gets_post_and_loses_get_is_found_out_too(void **state)
{
    fixture *f = *state;

    f->services[0].script[0] = 405; /* the GET is answered */
    f->services[0].script[1] = 405;
    assert_qk_ok(fetch(f, LONG_MS));
    f->services[0].script[2] = 404;
    f->services[0].script[3] = 200;
    assert_qk_ok(fetch(f, LONG_MS));
    assert_int_equal(f->services[0].requests, 4);
    assert_int_equal(f->services[0].gets, 2);
}

static void the_way_of_asking_may_be_fixed(void **state)
{
    fixture *f = *state;

    f->config.api = QK_SUPPLY_ENTROPY;
    f->services[0].script[0] = 405;
    assert_qk_err(fetch(f, LONG_MS), QK_E_METHOD_UNKNOWN);
    assert_int_equal(f->services[0].gets, 0);
    qk_supply_free(&f->supply);
    f->config.api = QK_SUPPLY_QUANTUM_ENTROPY;
    assert_qk_ok(fetch(f, LONG_MS));
    assert_int_equal(f->services[0].gets, 1);
}

static void the_token_is_read_again_after_a_refusal(void **state)
{
    fixture *f = *state;

    f->renews = true;
    f->services[0].script[0] = 401;
    f->services[0].script[1] = 200;
    assert_qk_ok(fetch(f, LONG_MS));
    assert_int_equal(f->tokens_read, 3); /* is there another one? then it is used */
    assert_qk_ok(fetch(f, LONG_MS));
    assert_int_equal(f->tokens_read, 3);
}

static void a_token_that_was_refused_is_sent_once(void **state)
{
    fixture *f = *state;

    f->services[0].script[0] = 401;
    assert_qk_err(fetch(f, LONG_MS), QK_E_NOT_AUTHENTICATED);
    assert_int_equal(f->services[0].requests, 1);
    assert_int_equal(f->tokens_read, 2);
    f->services[0].script[0] = 200;
    assert_qk_ok(fetch(f, LONG_MS)); /* and read anew the next time */
    assert_int_equal(f->tokens_read, 3);
}

static void another_token_that_is_bad_too_is_told(void **state)
{
    fixture *f = *state;

    f->renews = true;
    f->services[0].script[0] = 401;
    assert_qk_err(fetch(f, LONG_MS), QK_E_NOT_AUTHENTICATED);
    assert_int_equal(f->services[0].requests, 2);
}

static void a_renewed_token_and_a_service_without_post_come_together(void **state)
{
    fixture *f = *state;

    f->renews = true;
    f->services[0].script[0] = 401;
    f->services[0].script[1] = 405; /* which gives to those who get */
    assert_qk_ok(fetch(f, LONG_MS));
    assert_int_equal(f->services[0].requests, 3);
    assert_int_equal(f->services[0].gets, 1);
}

static void a_pause_beyond_the_deadline_is_not_waited_for(void **state)
{
    fixture *f = *state;
    int64_t begin = qk_clock_monotonic_ms();

    f->services[0].script[0] = 429;
    f->services[0].headers = "Retry-After: 3600\r\n";
    assert_qk_err(fetch(f, LONG_MS), QK_E_RATE);
    assert_int_equal(f->services[0].requests, 1);
    assert_true(qk_clock_monotonic_ms() - begin < LONG_MS);
}

/* ---- rounds ---- */

static void a_round_asks_every_service_once(void **state)
{
    fixture *f = *state;

    f->config.url_count = SERVICES;
    f->config.retries = 0;
    for (size_t i = 0; i + 1 < SERVICES; i++)
        f->services[i].script[0] = 503;
    assert_qk_ok(fetch(f, LONG_MS));
    for (size_t i = 0; i < SERVICES; i++)
        assert_int_equal(f->services[i].requests, 1);
}

static void retries_are_further_rounds(void **state)
{
    fixture *f = *state;

    f->config.url_count = 3;
    f->config.retries = 2;
    for (size_t i = 0; i < 3; i++)
        f->services[i].script[0] = 503;
    f->services[1].script[0] = 403;
    assert_qk_err(fetch(f, LONG_MS), QK_E_NO_RANDOM);
    assert_int_equal(f->services[0].requests, 3);
    assert_int_equal(f->services[1].requests, 1); /* asking it again would be in vain */
    assert_int_equal(f->services[2].requests, 3);
}

static void a_silent_service_leaves_the_others_their_time(void **state)
{
    fixture *f = *state;

    f->config.url_count = SERVICES;
    f->config.retries = 0;
    f->services[0].script[0] = SILENT;
    assert_qk_ok(fetch(f, 6000)); /* a sixth of it is for the first */
    assert_int_equal(f->services[1].requests, 1);
}

static void a_preferred_service_that_came_back_is_found(void **state)
{
    fixture *f = *state;
    int64_t begin;

    f->config.url_count = 2;
    f->config.rest_ms = 1;
    f->services[0].script[0] = 503;
    f->services[0].script[1] = 200;
    assert_qk_ok(fetch(f, LONG_MS));
    for (begin = qk_clock_monotonic_ms(); qk_clock_monotonic_ms() < begin + 2;)
        continue;
    assert_qk_ok(fetch(f, LONG_MS));
    assert_int_equal(f->services[0].requests, 2);
    assert_int_equal(f->services[1].requests, 1);
}

static void who_cannot_be_asked_is_passed_over(void **state)
{
    fixture *f = *state;

    f->config.url_count = 2;
    f->config.urls[0] = "http://entropy.example:1"; /* the token would travel in the clear */
    assert_qk_ok(fetch(f, LONG_MS));
    assert_int_equal(f->services[1].requests, 1);
}

/* ---- Retry-After ---- */

static qk_err fetch_block(fixture *f)
{
    uint8_t out[LEN];

    if (!f->supply)
        assert_qk_ok(qk_supply_new(&f->config, &f->supply));
    return qk_supply_fetch_blocks(f->supply, out, sizeof out, 1, qk_deadline_in(LONG_MS), &f->report);
}

static void no_retry_after_is_longer_than_an_hour(void **state)
{
    static const struct {
        const char *header;
        int64_t ms;
    } cases[] = {
        { "Retry-After: 7\r\n", 7000 },
        { "Retry-After: 3600\r\n", 3600000 },
        { "Retry-After: 3601\r\n", 3600000 },
        { "Retry-After: 1000000000000000000\r\n", 3600000 },
        { "Retry-After: 99999999999999999999999999999999\r\n", 3600000 },
        { "Retry-After: -5\r\n", 0 },
        { "Retry-After: 1e9\r\n", 0 },
        { "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n", 0 },
        { "Retry-After: \r\n", 0 },
        { "Retry-After: 7 8\r\n", 0 },
    };
    fixture *f = *state;

    f->config.retries = 0;
    f->services[0].script[0] = 429;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        f->services[0].headers = cases[i].header;
        assert_qk_err(fetch_block(f), QK_E_RATE);
        assert_int_equal(f->report.retry_after_ms, cases[i].ms);
        qk_supply_ask_again(f->supply);
    }
}

static void who_wants_to_be_left_alone_is_not_asked_by_later_calls(void **state)
{
    fixture *f = *state;

    f->config.retries = 0; /* it would wait, and ask again */
    f->services[0].script[0] = 429;
    f->services[0].headers = "Retry-After: 50\r\n";
    assert_qk_err(fetch_block(f), QK_E_RATE);
    for (int i = 0; i < 50; i++) {
        assert_qk_err(fetch_block(f), QK_E_RATE);
        assert_in_range(f->report.retry_after_ms, 1, 50000);
    }
    assert_int_equal(f->services[0].requests, 1);
    f->services[0].script[0] = 200;
    qk_supply_ask_again(f->supply); /* an operator's word */
    assert_qk_ok(fetch_block(f));
}

static void a_retry_after_is_of_the_service_whose_error_is_told(void **state)
{
    fixture *f = *state;

    f->config.url_count = 2;
    f->config.retries = 0;
    f->services[0].script[0] = 429;
    f->services[0].headers = "Retry-After: 3600\r\n";
    f->services[1].script[0] = 403;
    assert_qk_err(fetch_block(f), QK_E_RATE);
    assert_int_equal(f->report.retry_after_ms, 3600000);
    f->services[1].script[0] = 503; /* it may be back sooner */
    assert_qk_err(fetch_block(f), QK_E_NO_RANDOM);
    assert_int_equal(f->report.retry_after_ms, 0);
    assert_int_equal(f->services[0].requests, 1);
    f->services[1].script[0] = 200;
    assert_qk_ok(fetch_block(f));
    assert_int_equal(f->report.retry_after_ms, 0);
}

static void who_wants_to_be_left_alone_holds_up_no_other(void **state)
{
    fixture *f = *state;

    f->config.url_count = 2;
    f->services[0].script[0] = 429;
    f->services[0].headers = "Retry-After: 3600\r\n";
    f->services[1].script[0] = 503;
    f->services[1].script[1] = 200;
    assert_qk_ok(fetch(f, LONG_MS));
    assert_int_equal(f->services[0].requests, 1);
    assert_int_equal(f->services[1].requests, 2);
}

static void a_refusal_with_retry_after_is_told_as_a_refusal(void **state)
{
    static const int refusals[] = { 400, 422 };
    fixture *f = *state;

    f->services[0].headers = "Retry-After: 3600\r\n";
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        f->services[0].script[0] = refusals[i];
        assert_qk_err(fetch_block(f), QK_E_REQUEST_REFUSED);
        assert_int_equal(f->report.retry_after_ms, 3600000);
        qk_supply_free(&f->supply);
    }
}

/* ---- interruptions ---- */

static void an_interruption_ends_the_call_and_blames_nobody(void **state)
{
    fixture *f = *state;
    int ends[2];

    f->config.url_count = 2;
    f->config.retries = 5;
    assert_qk_ok(fetch(f, LONG_MS));
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    qk_socket_interrupt_by(ends[0]);
    assert_qk_err(fetch(f, LONG_MS), QK_E_TIMEOUT);
    qk_socket_interrupt_by(-1);
    assert_int_equal(f->services[1].requests, 0);
    assert_qk_ok(fetch(f, LONG_MS));
    assert_int_equal(f->services[1].requests, 0); /* the first does not rest for it */
    close(ends[0]);
    close(ends[1]);
}

static void come_back(int number)
{
    (void)number;
}

/* One that is over too soon finds the service still to be left alone, and the call fails. */
static void signals_do_not_shorten_a_pause(void **state)
{
    const struct itimerspec often = { .it_interval.tv_nsec = 5000000, .it_value.tv_nsec = 5000000 };
    const struct sigaction action = { .sa_handler = come_back };
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
    fixture *f = *state;
    timer_t timer;

    f->services[0].script[0] = 503;
    f->services[0].script[1] = 200;
    f->services[0].headers = "Retry-After: 1\r\n";
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    assert_int_equal(timer_settime(timer, 0, &often, NULL), 0);
    assert_qk_ok(fetch(f, LONG_MS));
    assert_int_equal(timer_delete(timer), 0);
}

/* ---- what a download of whole KiB leaves over ---- */

static void fetch_more(fixture *f, size_t block_len, size_t count, uint8_t *all, size_t *len)
{
    if (!f->supply) {
        f->services[0].counts = true;
        assert_qk_ok(qk_supply_new(&f->config, &f->supply));
    }
    assert_true(*len + block_len * count <= MOST);
    assert_qk_ok(qk_supply_fetch_blocks(f->supply, all + *len, block_len, count, qk_deadline_in(LONG_MS), &f->report));
    *len += block_len * count;
}

/* The service counts, so any word that came twice would show. */
static void assert_counts_on(const uint8_t *all, size_t len, uint32_t first)
{
    for (size_t at = 0; at < len; at += 4, first++) {
        uint32_t word;
        memcpy(&word, all + at, 4);
        assert_int_equal(word, first);
    }
}

static void the_rest_of_a_kib_serves_the_next(void **state)
{
    static const struct {
        size_t block_len, count, downloads;
    } calls[] = {
        { 48, 1, 1 },  { 48, 1, 0 }, { 48, 20, 1 }, { 992, 1, 0 }, { 4, 2, 1 },
        { 4, 254, 0 }, { 32, 1, 1 }, { 900, 1, 0 }, { 48, 3, 1 },
    };
    fixture *f = *state;
    uint8_t all[MOST];
    size_t len = 0;

    f->config.api = QK_SUPPLY_QUANTUM_ENTROPY;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        fetch_more(f, calls[i].block_len, calls[i].count, all, &len);
        assert_int_equal(f->report.downloads, calls[i].downloads);
        assert_int_equal(f->report.bytes, calls[i].downloads * 1024);
    }
    assert_counts_on(all, len, 0);
    assert_int_equal(f->services[0].requests, (len + 1023) / 1024); /* not one byte was thrown away */
}

static void a_service_that_turns_out_to_have_no_post_wastes_nothing_either(void **state)
{
    fixture *f = *state;
    uint8_t all[MOST];
    size_t len = 0;

    f->services[0].script[0] = 405;
    for (int i = 0; i < 21; i++)
        fetch_more(f, 48, 1, all, &len);
    assert_int_equal(f->services[0].gets, 1);
    assert_counts_on(all, len, f->services[0].counter - 256);
}

static void blocks_beyond_a_kib_waste_nothing(void **state)
{
    fixture *f = *state;
    uint8_t all[MOST];
    size_t len = 0;

    fetch_more(f, 1028, 1, all, &len);
    fetch_more(f, 1020, 1, all, &len);
    assert_int_equal(f->services[0].requests, 1);
    assert_counts_on(all, len, 0);
}

static void a_service_with_post_is_asked_for_what_is_wanted(void **state)
{
    fixture *f = *state;
    uint8_t all[MOST];
    size_t len = 0;

    fetch_more(f, 48, 2, all, &len);
    assert_int_equal(f->report.bytes, 96);
    fetch_more(f, 48, 2, all, &len);
    assert_int_equal(f->services[0].requests, 2);
    assert_counts_on(all, len, 0);
}

static void a_failure_leaves_the_rest_for_later(void **state)
{
    fixture *f = *state;
    uint8_t all[MOST];
    size_t len = 0;

    f->config.api = QK_SUPPLY_QUANTUM_ENTROPY;
    f->config.retries = 0;
    f->services[0].script[0] = 200;
    f->services[0].script[1] = 503;
    f->services[0].script[2] = 200;
    fetch_more(f, 1000, 1, all, &len);
    assert_qk_err(qk_supply_fetch_blocks(f->supply, all + len, 48, 1, qk_deadline_in(LONG_MS), &f->report),
                  QK_E_NO_RANDOM);
    assert_int_equal(f->report.downloads, 0);
    fetch_more(f, 24, 1, all, &len);
    assert_counts_on(all, len, 0);
}

static void what_is_old_or_dropped_serves_nobody(void **state)
{
    fixture *f = *state;
    uint8_t all[MOST];
    size_t len = 0;
    int64_t begin;

    f->config.api = QK_SUPPLY_QUANTUM_ENTROPY;
    f->config.stock_age_ms = LONG_MS;
    fetch_more(f, 48, 1, all, &len);
    qk_supply_drop_stock(f->supply);
    len = 0;
    fetch_more(f, 48, 1, all, &len);
    assert_counts_on(all, len, 256);
    qk_supply_free(&f->supply);
    f->config.stock_age_ms = 1;
    len = 0;
    fetch_more(f, 48, 1, all, &len);
    for (begin = qk_clock_monotonic_ms(); qk_clock_monotonic_ms() < begin + 2;)
        continue;
    len = 0;
    fetch_more(f, 48, 1, all, &len);
    assert_counts_on(all, len, 3 * 256);
}

static void with_another_token_comes_other_entropy(void **state)
{
    fixture *f = *state;
    uint8_t all[MOST];
    size_t len = 0;

    f->config.api = QK_SUPPLY_QUANTUM_ENTROPY;
    f->renews = true;
    f->services[0].script[1] = 401;
    f->services[0].script[2] = 200;
    fetch_more(f, 1000, 1, all, &len); /* 24 bytes stay */
    len = 0;
    fetch_more(f, 48, 1, all, &len);
    assert_counts_on(all, len, f->services[0].counter - 256);
    assert_int_equal(f->tokens_read, 3);
}

static void other_fetches_take_nothing_of_it(void **state)
{
    fixture *f = *state;
    uint8_t all[MOST], other[1024];
    size_t len = 0;

    f->config.api = QK_SUPPLY_QUANTUM_ENTROPY;
    fetch_more(f, 48, 1, all, &len);
    assert_qk_ok(qk_supply_fetch(f->supply, other, sizeof other, qk_deadline_in(LONG_MS)));
    assert_counts_on(other, sizeof other, 256);
    fetch_more(f, 48, 20, all, &len);
    assert_counts_on(all, len, 0);
}

static void without_a_service_there_is_nothing_to_ask(void **state)
{
    fixture *f = *state;

    f->config.url_count = 0;
    assert_qk_err(fetch(f, LONG_MS), QK_E_CONFIG);
    assert_int_equal(f->tokens_read, 0);
}

static int start(void **state)
{
    (void)state;
    alarm(300);
    return qk_crypto_start() == QK_OK ? 0 : 1;
}

static int stop(void **state)
{
    (void)state;
    qk_crypto_stop();
    return 0;
}

#define SUPPLY_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_fixture, tear_down_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUPPLY_TEST(the_next_service_is_asked_when_one_fails),
        SUPPLY_TEST(what_passes_is_outlasted),
        SUPPLY_TEST(what_does_not_pass_ends),
        SUPPLY_TEST(a_refusal_is_not_repeated),
        SUPPLY_TEST(another_service_is_asked_after_a_refusal),
        SUPPLY_TEST(what_all_services_refuse_is_not_repeated),
        SUPPLY_TEST(a_refusal_does_not_hide_that_another_may_come_back),
        SUPPLY_TEST(a_service_without_post_is_found_out_once),
        SUPPLY_TEST(a_service_whose_paths_were_gone_for_a_while_is_asked_both_ways_again),
        SUPPLY_TEST(a_service_that_gets_post_and_loses_get_is_found_out_too),
        SUPPLY_TEST(the_way_of_asking_may_be_fixed),
        SUPPLY_TEST(the_token_is_read_again_after_a_refusal),
        SUPPLY_TEST(a_token_that_was_refused_is_sent_once),
        SUPPLY_TEST(another_token_that_is_bad_too_is_told),
        SUPPLY_TEST(a_renewed_token_and_a_service_without_post_come_together),
        SUPPLY_TEST(a_pause_beyond_the_deadline_is_not_waited_for),
        SUPPLY_TEST(a_round_asks_every_service_once),
        SUPPLY_TEST(retries_are_further_rounds),
        SUPPLY_TEST(a_silent_service_leaves_the_others_their_time),
        SUPPLY_TEST(a_preferred_service_that_came_back_is_found),
        SUPPLY_TEST(who_cannot_be_asked_is_passed_over),
        SUPPLY_TEST(no_retry_after_is_longer_than_an_hour),
        SUPPLY_TEST(a_retry_after_is_of_the_service_whose_error_is_told),
        SUPPLY_TEST(who_wants_to_be_left_alone_holds_up_no_other),
        SUPPLY_TEST(who_wants_to_be_left_alone_is_not_asked_by_later_calls),
        SUPPLY_TEST(a_refusal_with_retry_after_is_told_as_a_refusal),
        SUPPLY_TEST(an_interruption_ends_the_call_and_blames_nobody),
        SUPPLY_TEST(signals_do_not_shorten_a_pause),
        SUPPLY_TEST(the_rest_of_a_kib_serves_the_next),
        SUPPLY_TEST(a_service_that_turns_out_to_have_no_post_wastes_nothing_either),
        SUPPLY_TEST(blocks_beyond_a_kib_waste_nothing),
        SUPPLY_TEST(a_service_with_post_is_asked_for_what_is_wanted),
        SUPPLY_TEST(a_failure_leaves_the_rest_for_later),
        SUPPLY_TEST(what_is_old_or_dropped_serves_nobody),
        SUPPLY_TEST(with_another_token_comes_other_entropy),
        SUPPLY_TEST(other_fetches_take_nothing_of_it),
        SUPPLY_TEST(without_a_service_there_is_nothing_to_ask),
    };
    return cmocka_run_group_tests_name("service_supply", tests, start, stop);
}
