/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/entropy_token/entropy_token_fixture.h"

static const int64_t second_ns = 1000000000;

static void date_is(const char *text)
{
    struct tm date = { 0 };

    assert_non_null(strptime(text, "%Y-%m-%d %H:%M:%S", &date));
    now_s = timegm(&date);
}

/* ---- rate ---- */

static qk_token_use *make_rated(fixture *f, uint64_t requests, uint64_t seconds)
{
    qk_token_record record = plain_record("rated");
    qk_secret text;
    qk_token_use *use;

    record.rate_requests = requests;
    record.rate_seconds = seconds;
    text = make_token(f->tokens, record);
    use = use_of(f->tokens, &text);
    qk_secret_free(&text);
    return use;
}

static void the_burst_is_let_through_and_nothing_more(void **state)
{
    qk_token_use *use = make_rated(*state, 30, 10);
    qk_rate_answer rate;

    for (uint64_t i = 0; i < 30; i++) {
        qk_token_use_rate(use, &rate);
        assert_true(rate.allowed && rate.limited);
        assert_int_equal(rate.limit, 30);
        assert_int_equal(rate.remaining, 29 - i);
        assert_int_equal(rate.reset_s, (i + 3) / 3);
        assert_int_equal(rate.retry_after_s, 0);
    }
    for (int i = 0; i < 100; i++) {
        qk_token_use_rate(use, &rate);
        assert_false(rate.allowed);
        assert_int_equal(rate.remaining, 0);
        assert_int_equal(rate.retry_after_s, 1);
        assert_int_equal(rate.reset_s, 10);
    }
    qk_token_use_unref(&use);
}

static void the_bucket_is_refilled_evenly(void **state)
{
    qk_token_use *use = make_rated(*state, 30, 10);
    qk_rate_answer rate;
    int allowed = 0;

    for (int i = 0; i < 30; i++)
        qk_token_use_rate(use, &rate);
    now_ns += second_ns / 3 - 10;
    qk_token_use_rate(use, &rate);
    assert_false(rate.allowed);
    now_ns += 10;
    for (int i = 0; i < 5; i++) {
        qk_token_use_rate(use, &rate);
        allowed += rate.allowed;
    }
    assert_int_equal(allowed, 1);
    now_ns += 1000 * second_ns; /* never more than the burst */
    for (int i = 0; i < 100; i++) {
        qk_token_use_rate(use, &rate);
        allowed += rate.allowed;
    }
    assert_int_equal(allowed, 31);
    qk_token_use_unref(&use);
}

static void slow_rates_say_how_long_to_wait(void **state)
{
    qk_token_use *use = make_rated(*state, 1, 3600);
    qk_rate_answer rate;

    qk_token_use_rate(use, &rate);
    assert_true(rate.allowed);
    now_ns += 600 * second_ns;
    qk_token_use_rate(use, &rate);
    assert_false(rate.allowed);
    assert_int_equal(rate.retry_after_s, 3000);
    now_ns += 3000 * second_ns;
    qk_token_use_rate(use, &rate);
    assert_true(rate.allowed);
    qk_token_use_unref(&use);
}

static void a_token_without_a_rate_is_never_held_up(void **state)
{
    qk_token_use *use = make_rated(*state, 0, 0);
    qk_rate_answer rate;

    for (int i = 0; i < 10000; i++) {
        qk_token_use_rate(use, &rate);
        assert_true(rate.allowed);
        assert_false(rate.limited);
    }
    qk_token_use_unref(&use);
}

static void tokens_do_not_share_their_rate(void **state)
{
    fixture *f = *state;
    qk_token_record record = plain_record("other");
    qk_token_use *use = make_rated(f, 1, 10), *other;
    qk_rate_answer rate;

    record.rate_requests = record.rate_seconds = 1;
    qk_secret text = make_token(f->tokens, record);
    other = use_of(f->tokens, &text);
    qk_token_use_rate(use, &rate);
    qk_token_use_rate(use, &rate);
    assert_false(rate.allowed);
    qk_token_use_rate(other, &rate);
    assert_true(rate.allowed);
    qk_token_use_unref(&use);
    qk_token_use_unref(&other);
    qk_secret_free(&text);
}

/* ---- allotment ---- */

static qk_secret make_allotted(fixture *f, uint64_t bytes)
{
    qk_token_record record = plain_record("allotted");

    record.allotment_bytes = bytes;
    return make_token(f->tokens, record);
}

static void what_is_not_left_is_not_granted(void **state)
{
    fixture *f = *state;
    qk_secret text = make_allotted(f, 3 * 1024);
    qk_token_use *use = use_of(f->tokens, &text);

    assert_true(qk_token_use_take(use, 2048));
    assert_false(qk_token_use_take(use, 2048));
    assert_false(qk_token_use_has(use, 2048));
    assert_true(qk_token_use_has(use, 1024));
    assert_true(qk_token_use_take(use, 1024));
    assert_false(qk_token_use_has(use, 1));
    assert_false(qk_token_use_take(use, 1));
    assert_true(qk_token_use_take(use, 0));
    assert_false(qk_token_use_take(use, UINT64_MAX));
    assert_int_equal(record_of(f->tokens, "allotted").used_bytes, 3072);
    qk_token_use_unref(&use);
    qk_secret_free(&text);
}

static void what_was_not_served_is_given_back(void **state)
{
    fixture *f = *state;
    qk_secret text = make_allotted(f, 1000);
    qk_token_use *use = use_of(f->tokens, &text);

    assert_true(qk_token_use_take(use, 1000));
    assert_qk_ok(qk_tokens_refresh(f->tokens)); /* also after it was written */
    qk_token_use_return(use, 400);
    assert_false(qk_token_use_take(use, 401));
    assert_true(qk_token_use_take(use, 300));
    assert_qk_ok(qk_tokens_refresh(f->tokens));
    assert_int_equal(record_of(f->tokens, "allotted").used_bytes, 900);
    assert_int_equal(record_of(f->tokens, "allotted").total_bytes, 900);
    qk_token_use_return(use, 5000); /* never below nothing */
    assert_qk_ok(qk_tokens_refresh(f->tokens));
    assert_int_equal(record_of(f->tokens, "allotted").used_bytes, 0);
    assert_true(qk_token_use_take(use, 1000));
    assert_false(qk_token_use_take(use, 1));
    qk_token_use_unref(&use);
    qk_secret_free(&text);
}

static void a_token_without_an_allotment_is_counted_all_the_same(void **state)
{
    fixture *f = *state;
    qk_secret text = make_allotted(f, 0);
    qk_token_use *use = use_of(f->tokens, &text);

    for (int i = 0; i < 1000; i++)
        assert_true(qk_token_use_take(use, 524288));
    assert_int_equal(record_of(f->tokens, "allotted").used_bytes, 524288000);
    qk_token_use_unref(&use);
    qk_secret_free(&text);
}

/* ---- many threads ---- */

enum { THREADS = 8, TRIES = 20000, PIECE = 7, ALLOTMENT = 400003 };

typedef struct taker {
    qk_token_use *use;
    uint64_t granted;
} taker;

static void *take_many(void *context)
{
    taker *it = context;

    for (int i = 0; i < TRIES; i++)
        it->granted += qk_token_use_take(it->use, PIECE) ? PIECE : 0;
    return NULL;
}

static void eight_threads_are_granted_exactly_the_allotment(void **state)
{
    fixture *f = *state;
    qk_secret text = make_allotted(f, ALLOTMENT);
    pthread_t threads[THREADS];
    taker takers[THREADS];
    uint64_t granted = 0;
    qk_token_use *use;

    for (int i = 0; i < THREADS; i++) {
        takers[i] = (taker){ use_of(f->tokens, &text), 0 };
        assert_int_equal(pthread_create(&threads[i], NULL, take_many, &takers[i]), 0);
    }
    for (int i = 0; i < 20; i++)
        assert_qk_ok(qk_tokens_refresh(f->tokens)); /* while they take */
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        granted += takers[i].granted;
        qk_token_use_unref(&takers[i].use);
    }
    assert_int_equal(granted, ALLOTMENT / PIECE * PIECE);
    use = use_of(f->tokens, &text);
    assert_true(qk_token_use_take(use, ALLOTMENT % PIECE));
    assert_false(qk_token_use_take(use, 1));
    assert_qk_ok(qk_tokens_refresh(f->tokens));
    assert_int_equal(record_of(f->tokens, "allotted").used_bytes, ALLOTMENT);
    assert_int_equal(record_of(f->tokens, "allotted").total_bytes, ALLOTMENT);
    qk_token_use_unref(&use);
    qk_secret_free(&text);
}

/* ---- periods ---- */

static void at_the_end_of_the_period_the_allotment_is_there_again(void **state)
{
    fixture *f = *state;
    qk_token_use *use;
    qk_secret text;

    date_is("2026-01-31 12:00:00");
    text = make_allotted(f, 100);
    use = use_of(f->tokens, &text);
    assert_true(qk_token_use_take(use, 100));
    date_is("2026-02-27 23:59:59");
    assert_false(qk_token_use_take(use, 1));
    date_is("2026-02-28 00:00:00"); /* while running: nobody refreshed */
    assert_true(qk_token_use_take(use, 60));
    assert_qk_ok(qk_tokens_refresh(f->tokens));
    assert_int_equal(record_of(f->tokens, "allotted").used_bytes, 60);
    assert_int_equal(record_of(f->tokens, "allotted").total_bytes, 160);
    date_is("2026-03-31 00:00:00");
    assert_int_equal(record_of(f->tokens, "allotted").used_bytes, 0);
    assert_true(qk_token_use_take(use, 100));
    qk_token_use_unref(&use);
    qk_secret_free(&text);
}

static void a_clock_set_back_grants_nothing_twice(void **state)
{
    fixture *f = *state;
    qk_token_use *use;
    qk_secret text;

    date_is("2026-01-10 12:00:00");
    text = make_allotted(f, 100);
    use = use_of(f->tokens, &text);
    date_is("2026-02-10 00:00:05");
    assert_true(qk_token_use_take(use, 100));
    date_is("2026-02-09 23:59:50");
    assert_false(qk_token_use_take(use, 1));
    assert_qk_ok(qk_tokens_refresh(f->tokens));
    date_is("2026-02-10 00:00:05");
    assert_false(qk_token_use_take(use, 1));
    assert_qk_ok(qk_tokens_refresh(f->tokens));
    assert_int_equal(record_of(f->tokens, "allotted").used_bytes, 100);
    date_is("2026-03-10 00:00:00"); /* and the end comes as it should */
    assert_true(qk_token_use_take(use, 100));
    qk_token_use_unref(&use);
    qk_secret_free(&text);
}

static void a_clock_that_had_been_years_ahead_does_not_stop_the_months(void **state)
{
    fixture *f = *state;
    qk_token_use *use;
    qk_secret text;

    date_is("2026-01-10 12:00:00");
    text = make_allotted(f, 100);
    use = use_of(f->tokens, &text);
    date_is("2031-05-01 00:00:00");
    assert_true(qk_token_use_take(use, 100));
    assert_qk_ok(qk_tokens_refresh(f->tokens));
    date_is("2026-01-11 00:00:00");
    assert_false(qk_token_use_take(use, 1));
    date_is("2026-02-10 00:00:00");
    assert_true(qk_token_use_take(use, 100));
    assert_qk_ok(qk_tokens_refresh(f->tokens));
    assert_int_equal(record_of(f->tokens, "allotted").period_starts_unix_s, 1770681600);
    qk_token_use_unref(&use);
    qk_secret_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TOKEN_TEST(the_burst_is_let_through_and_nothing_more),
        TOKEN_TEST(the_bucket_is_refilled_evenly),
        TOKEN_TEST(slow_rates_say_how_long_to_wait),
        TOKEN_TEST(a_token_without_a_rate_is_never_held_up),
        TOKEN_TEST(tokens_do_not_share_their_rate),
        TOKEN_TEST(what_is_not_left_is_not_granted),
        TOKEN_TEST(what_was_not_served_is_given_back),
        TOKEN_TEST(a_token_without_an_allotment_is_counted_all_the_same),
        TOKEN_TEST(eight_threads_are_granted_exactly_the_allotment),
        TOKEN_TEST(at_the_end_of_the_period_the_allotment_is_there_again),
        TOKEN_TEST(a_clock_set_back_grants_nothing_twice),
        TOKEN_TEST(a_clock_that_had_been_years_ahead_does_not_stop_the_months),
    };

    return cmocka_run_group_tests(tests, start_crypto, stop_crypto);
}
