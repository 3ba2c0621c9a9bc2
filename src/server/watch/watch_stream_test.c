/* SPDX-License-Identifier: Apache-2.0 */
/* The tests of SP 800-22 are acted: a sequence's first byte says how it fares. Their verdicts are the real ones. */
#include "server/watch/watch_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LEN = 64, SEQUENCES = 60, INTERVAL_MS = 1000 };

enum { GOOD = 'g', NOT_UNIFORM = 'u', BAD_SHARE = 'n', BAD = 'b' };

typedef struct scene {
    qk_watch_stream stream;
    char content; /* what the tap gives */
    size_t left;  /* so many bytes of it */
    size_t most;  /* in one call */
    bool usable;
    uint64_t failures;
    unsigned tested, ended;
    qk_test_run run; /* the last one */
    size_t kept_len;
    char kept_first;
} scene;

static size_t tap(void *context, uint8_t *out, size_t len)
{
    scene *s = context;
    size_t got = len < s->most ? len : s->most;

    got = got < s->left ? got : s->left;
    memset(out, s->content, got);
    s->left -= got;
    return got;
}

static bool usable(void *context, uint64_t *out_failures)
{
    const scene *s = context;

    *out_failures = s->failures;
    return s->usable;
}

static unsigned tested; /* the acted test has no context */

/* P-values that are spread evenly, all in one bin, spread but with the lowest tenth too low, or all zero. */
static qk_err act(qk_view bytes, qk_sp80022_result *out)
{
    char content = (char)bytes.data[0];

    for (size_t i = 0; i < bytes.len; i++)
        assert_int_equal(bytes.data[i], content);
    out->applied = QK_SP80022_VALUES;
    for (unsigned i = 0; i < QK_SP80022_VALUES; i++) {
        double spread = ((tested / 2 + i) % 10 + 0.5) / 10;
        out->p[i] = content == GOOD ? spread : content == NOT_UNIFORM ? 0.55 : content == BAD ? 0 : spread;
        if (content == BAD_SHARE && spread < 0.1) /* as many in the lowest tenth as there should be, but too low */
            out->p[i] = 0.001;
    }
    tested++;
    return QK_OK;
}

static void ended(void *context, const qk_test_run *run, qk_view bits)
{
    scene *s = context;

    s->ended++;
    s->run = *run;
    s->kept_len = bits.len;
    s->kept_first = bits.len ? (char)bits.data[0] : 0;
}

static const qk_watch_stream_ops ops = { tap, usable, act, ended };

static int set_up(void **state)
{
    scene *s = calloc(1, sizeof *s);

    if (!s)
        return -1;
    tested = 0;
    s->content = GOOD;
    s->left = s->most = SIZE_MAX;
    s->usable = true;
    s->stream = (qk_watch_stream){ .ops = &ops,
                                   .context = s,
                                   .name = "quantis0",
                                   .sequence_len = LEN,
                                   .sequences = SEQUENCES,
                                   .interval_ms = INTERVAL_MS };
    *state = s;
    return qk_watch_stream_init(&s->stream, 0) == QK_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    scene *s = *state;

    qk_watch_stream_done(&s->stream);
    free(s);
    return 0;
}

/* Turns until the run has ended or nothing moves. */
static void run_at(scene *s, int64_t now_ms, char content)
{
    unsigned before = s->ended;

    s->content = content;
    while (s->ended == before && qk_watch_stream_turn(&s->stream, now_ms))
        ;
}

static void a_good_run_passes_both_verdicts(void **state)
{
    scene *s = *state;

    run_at(s, 0, GOOD);
    assert_int_equal(s->ended, 1);
    assert_string_equal(s->run.source, "quantis0");
    assert_int_equal(s->run.sequences, SEQUENCES);
    assert_true(s->run.verdict.nist_all_passed);
    assert_true(s->run.verdict.uniformity_all_passed);
    assert_true(s->run.least_uniformity > 0.0001);
    assert_true(s->run.unix_s > 1.5e9);
}

static void the_next_run_waits_for_the_interval(void **state)
{
    scene *s = *state;

    run_at(s, 5, GOOD);
    assert_false(qk_watch_stream_turn(&s->stream, 5 + INTERVAL_MS - 1));
    run_at(s, 5 + INTERVAL_MS, GOOD);
    assert_int_equal(s->ended, 2);
}

static void a_single_miss_is_followed_by_one_run_at_once(void **state)
{
    scene *s = *state;

    run_at(s, 0, NOT_UNIFORM);
    assert_true(s->run.verdict.nist_all_passed);
    assert_false(s->run.verdict.uniformity_all_passed);
    run_at(s, 1, NOT_UNIFORM);
    assert_int_equal(s->ended, 2);
    assert_false(qk_watch_stream_turn(&s->stream, 2));
    run_at(s, 1 + INTERVAL_MS, BAD_SHARE);
    assert_false(s->run.verdict.nist_all_passed);
    assert_true(s->run.verdict.uniformity_all_passed);
    run_at(s, 2 + INTERVAL_MS, GOOD);
    assert_int_equal(s->ended, 4);
}

static void a_run_that_misses_both_is_not_repeated_at_once(void **state)
{
    scene *s = *state;

    run_at(s, 0, BAD);
    assert_false(s->run.verdict.tests_passed);
    assert_false(qk_watch_stream_turn(&s->stream, INTERVAL_MS - 1));
}

static void the_bytes_of_a_run_are_handed_over_with_it(void **state)
{
    scene *s = *state;

    run_at(s, 0, BAD);
    assert_int_equal(s->kept_len, LEN * SEQUENCES);
    assert_int_equal(s->kept_first, BAD);
    assert_int_equal(s->stream.kept_len, 0);
    for (size_t i = 0; i < LEN * SEQUENCES; i++)
        assert_int_equal(qk_secret_reveal(&s->stream.kept).data[i], 0);
}

static void sequences_are_gathered_from_crumbs(void **state)
{
    scene *s = *state;

    s->most = 7;
    run_at(s, 0, GOOD);
    assert_int_equal(s->ended, 1);
    assert_int_equal(tested, SEQUENCES);
}

static void a_source_that_runs_dry_waits_and_goes_on(void **state)
{
    scene *s = *state;

    s->left = LEN * SEQUENCES - 1;
    run_at(s, 0, GOOD);
    assert_int_equal(s->ended, 0);
    assert_false(qk_watch_stream_turn(&s->stream, 10 * INTERVAL_MS));
    s->left = 1;
    run_at(s, 10 * INTERVAL_MS, GOOD);
    assert_int_equal(s->ended, 1);
}

static void sequences_are_spread_over_time_after_the_first_run(void **state)
{
    scene *s = *state;

    s->stream.pace_ms = 10;
    run_at(s, 0, GOOD);
    assert_int_equal(s->ended, 1);
    run_at(s, INTERVAL_MS, GOOD);
    assert_int_equal(s->stream.judge.sequences, 1);
    assert_false(qk_watch_stream_turn(&s->stream, INTERVAL_MS + 9));
    for (int64_t now_ms = INTERVAL_MS + 10; s->ended < 2; now_ms += 10)
        assert_true(qk_watch_stream_turn(&s->stream, now_ms));
}

static void the_run_after_a_single_miss_is_not_spread(void **state)
{
    scene *s = *state;

    s->stream.pace_ms = 10;
    run_at(s, 0, NOT_UNIFORM);
    run_at(s, 1, GOOD);
    assert_int_equal(s->ended, 2);
}

static void a_failed_source_is_left_alone(void **state)
{
    scene *s = *state;

    s->usable = false;
    assert_false(qk_watch_stream_turn(&s->stream, 0));
    assert_int_equal(tested, 0);
}

static void what_came_before_a_failure_does_not_count(void **state)
{
    scene *s = *state;

    s->left = LEN * SEQUENCES / 2;
    run_at(s, 0, BAD);
    s->failures++;
    s->left = LEN * SEQUENCES;
    run_at(s, 1, GOOD);
    assert_int_equal(s->ended, 1);
    assert_true(s->run.verdict.nist_all_passed);
    assert_int_equal(s->kept_first, GOOD);
}

static void half_a_run_is_no_run(void **state)
{
    scene *s = *state;

    s->left = LEN * (SEQUENCES - 1);
    run_at(s, 0, GOOD);
    assert_int_equal(s->ended, 0);
    assert_int_equal(s->stream.judge.sequences, SEQUENCES - 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_good_run_passes_both_verdicts),
        TEST(the_next_run_waits_for_the_interval),
        TEST(a_single_miss_is_followed_by_one_run_at_once),
        TEST(a_run_that_misses_both_is_not_repeated_at_once),
        TEST(the_bytes_of_a_run_are_handed_over_with_it),
        TEST(sequences_are_gathered_from_crumbs),
        TEST(a_source_that_runs_dry_waits_and_goes_on),
        TEST(sequences_are_spread_over_time_after_the_first_run),
        TEST(the_run_after_a_single_miss_is_not_spread),
        TEST(a_failed_source_is_left_alone),
        TEST(what_came_before_a_failure_does_not_count),
        TEST(half_a_run_is_no_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
