/* SPDX-License-Identifier: Apache-2.0 */
#include "rest/record/test_log.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct fixture {
    char folder[64], path[128];
    qk_database *database;
    qk_test_log *log;
} fixture;

static void open_log(fixture *f)
{
    assert_int_equal(qk_database_open(f->path, &f->database), QK_OK);
    assert_int_equal(qk_test_log_open(f->database, &f->log), QK_OK);
}

static void close_log(fixture *f)
{
    qk_test_log_close(&f->log);
    qk_database_close(&f->database);
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);

    if (!f)
        return -1;
    snprintf(f->folder, sizeof f->folder, "/tmp/qk-testlog-XXXXXX");
    if (!mkdtemp(f->folder))
        return -1;
    snprintf(f->path, sizeof f->path, "%s/store.db", f->folder);
    open_log(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const suffixes[] = { "", "-wal", "-shm" };
    fixture *f = *state;
    char path[200];

    close_log(f);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", f->path, suffixes[i]);
        unlink(path);
    }
    int result = rmdir(f->folder);
    free(f);
    return result;
}

/* `nist` and `uniform`: what passed. */
static qk_test_run run_of(const char *source, uint32_t number, bool nist, bool uniform)
{
    qk_test_run run = { .unix_s = number + 0.25, .sequences = number };

    snprintf(run.source, sizeof run.source, "%s", source);
    run.verdict.nist_all_passed = nist;
    run.verdict.uniformity_all_passed = uniform;
    run.verdict.tests_passed = nist || uniform;
    return run;
}

static void add(fixture *f, const qk_test_run *run, const char *bits)
{
    qk_err err = qk_test_log_add(f->log, run, qk_view_text(bits));

    if (err != QK_OK)
        fail_msg("%s", qk_err_words(err));
}

static void add_of(fixture *f, const char *source, uint32_t number, bool nist, bool uniform, const char *bits)
{
    qk_test_run run = run_of(source, number, nist, uniform);
    add(f, &run, bits);
}

/* `sequences` of what was read, as "3 2 1". */
static void expect(fixture *f, qk_test_filter filter, const char *source, size_t most, const char *numbers)
{
    qk_test_run *runs = NULL;
    size_t count = 0, len = 0;
    char text[512] = "";

    assert_int_equal(qk_test_log_read(f->log, filter, source, most, &runs, &count), QK_OK);
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%u", i ? " " : "", runs[i].sequences);
    assert_string_equal(text, numbers);
    free(runs);
}

static void expect_bits(fixture *f, qk_test_filter filter, size_t index, size_t max_len, const char *text)
{
    QK_OWNED(qk_buf_done) qk_buf bits = QK_BUF_NONE;

    assert_int_equal(qk_test_log_bits(f->log, filter, index, max_len, &bits), QK_OK);
    assert_string_equal(qk_buf_text(&bits), text);
}

static void an_empty_log_has_neither_runs_nor_bits(void **state)
{
    expect(*state, QK_TEST_ALL, NULL, 10, "");
    expect(*state, QK_TEST_FAILED_BOTH, "quantis0", 10, "");
    expect_bits(*state, QK_TEST_FAILED_EITHER, 0, 10, "");
}

static void a_run_comes_back_as_it_was_also_after_a_restart(void **state)
{
    fixture *f = *state;
    qk_test_run run, *runs;
    size_t count;

    memset(&run, 0, sizeof run); /* also what lies between the fields */
    strcpy(run.source, "quantis0");
    run.unix_s = 1793610840.25;
    run.sequences = 100;
    run.verdict.nist_all_passed = run.verdict.tests_passed = true;
    run.verdict.nist_passes = 18611;
    run.verdict.nist_fails = 189;
    run.verdict.nist_success_rate = 0.98996;
    run.verdict.uniformity_passes = 14;
    run.verdict.uniformity_fails = 1;
    run.verdict.uniformity_success_rate = 14.0 / 15;
    run.verdict.test_rate[14] = 0.97;
    run.verdict.test_rate[10] = NAN;
    run.verdict.test_uniformity[0] = 0.00005;
    run.least_uniformity = 0.00005;
    add(f, &run, "");
    close_log(f);
    open_log(f);
    assert_int_equal(qk_test_log_read(f->log, QK_TEST_ALL, NULL, 1, &runs, &count), QK_OK);
    assert_int_equal(count, 1);
    assert_memory_equal(runs, &run, sizeof run);
    free(runs);
}

static void runs_come_newest_first_and_no_more_than_asked_for(void **state)
{
    for (uint32_t i = 1; i <= 5; i++)
        add_of(*state, "output", i, true, true, "");
    expect(*state, QK_TEST_ALL, NULL, 3, "5 4 3");
    expect(*state, QK_TEST_ALL, NULL, SIZE_MAX, "5 4 3 2 1");
    expect(*state, QK_TEST_ALL, NULL, 0, "");
}

static void a_source_and_a_filter_choose(void **state)
{
    add_of(*state, "a", 1, true, true, "");
    add_of(*state, "b", 2, false, true, "");
    add_of(*state, "a", 3, true, false, "");
    add_of(*state, "a", 4, false, false, "");
    add_of(*state, "b", 5, true, true, "");
    expect(*state, QK_TEST_ALL, "a", 10, "4 3 1");
    expect(*state, QK_TEST_FAILED_EITHER, NULL, 10, "4 3 2");
    expect(*state, QK_TEST_FAILED_EITHER, "b", 10, "2");
    expect(*state, QK_TEST_FAILED_BOTH, NULL, 10, "4");
    expect(*state, QK_TEST_FAILED_BOTH, "b", 10, "");
    expect(*state, QK_TEST_ALL, "c", 10, "");
}

static void bits_are_kept_of_failing_runs_alone(void **state)
{
    add_of(*state, "a", 1, false, false, "first");
    add_of(*state, "a", 2, true, true, "passed");
    add_of(*state, "a", 3, true, false, "second");
    add_of(*state, "a", 4, false, false, "third");
    expect_bits(*state, QK_TEST_FAILED_BOTH, 0, 100, "third");
    expect_bits(*state, QK_TEST_FAILED_BOTH, 1, 100, "first");
    expect_bits(*state, QK_TEST_FAILED_BOTH, 2, 100, "");
    expect_bits(*state, QK_TEST_FAILED_EITHER, 1, 3, "sec");
    expect_bits(*state, QK_TEST_ALL, 2, 100, "");
}

static void a_failing_run_without_bits_does_not_lend_those_of_another(void **state)
{
    add_of(*state, "a", 1, false, false, "old");
    add_of(*state, "a", 2, false, false, "");
    expect_bits(*state, QK_TEST_FAILED_BOTH, 0, 100, "");
    expect_bits(*state, QK_TEST_FAILED_BOTH, 1, 100, "old");
}

static void bits_beyond_640_kib_are_cut_off(void **state)
{
    enum { KEPT = 640 * 1024 };
    fixture *f = *state;
    qk_test_run run = run_of("a", 1, false, false);
    QK_OWNED(qk_buf_done) qk_buf much = QK_BUF_NONE, kept = QK_BUF_NONE;

    memset(qk_buf_grow(&much, KEPT + 1), 'x', KEPT + 1);
    assert_int_equal(qk_test_log_add(f->log, &run, qk_buf_view(&much)), QK_OK);
    assert_int_equal(qk_test_log_bits(f->log, QK_TEST_FAILED_BOTH, 0, SIZE_MAX, &kept), QK_OK);
    assert_int_equal(kept.len, KEPT);
}

static void bits_of_the_last_hundred_failing_runs_stay(void **state)
{
    for (uint32_t i = 1; i <= 103; i++)
        add_of(*state, "a", i, false, false, "bits");
    expect_bits(*state, QK_TEST_FAILED_BOTH, 99, 100, "bits");
    expect_bits(*state, QK_TEST_FAILED_BOTH, 100, 100, "");
}

/* Moves the numbers, so that 10,000 rows need not be written. */
static void pretend(fixture *f, const char *sql)
{
    qk_transaction *transaction = NULL;
    qk_statement *statement = NULL;

    assert_int_equal(qk_transaction_begin(f->database, true, &transaction), QK_OK);
    assert_int_equal(qk_statement_prepare(transaction, sql, &statement), QK_OK);
    assert_int_equal(qk_statement_run(statement), QK_OK);
    qk_statement_end(&statement);
    assert_int_equal(qk_transaction_commit(&transaction), QK_OK);
}

static void the_ten_thousand_newest_runs_stay(void **state)
{
    fixture *f = *state;

    add_of(f, "a", 1, false, false, "gone");
    add_of(f, "a", 2, false, false, "stays");
    pretend(f, "UPDATE sqlite_sequence SET seq = 10000 WHERE name = 'test_runs'");
    add_of(f, "a", 3, true, true, "");
    expect(f, QK_TEST_ALL, NULL, 10, "3 2");
    expect_bits(f, QK_TEST_FAILED_BOTH, 0, 100, "stays");
    expect_bits(f, QK_TEST_FAILED_BOTH, 1, 100, "");
}

static void a_damaged_run_is_an_error_not_a_guess(void **state)
{
    fixture *f = *state;
    qk_test_run *runs;
    size_t count;

    add_of(f, "a", 1, true, true, "");
    pretend(f, "UPDATE test_runs SET body = substr(body, 1, 40)");
    assert_int_equal(qk_test_log_read(f->log, QK_TEST_ALL, NULL, 10, &runs, &count), QK_E_STORE_BROKEN);
    pretend(f, "UPDATE test_runs SET body = x'63'");
    assert_int_equal(qk_test_log_read(f->log, QK_TEST_ALL, NULL, 10, &runs, &count), QK_E_STORE_BROKEN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_log_has_neither_runs_nor_bits),
        TEST(a_run_comes_back_as_it_was_also_after_a_restart),
        TEST(runs_come_newest_first_and_no_more_than_asked_for),
        TEST(a_source_and_a_filter_choose),
        TEST(bits_are_kept_of_failing_runs_alone),
        TEST(a_failing_run_without_bits_does_not_lend_those_of_another),
        TEST(bits_beyond_640_kib_are_cut_off),
        TEST(bits_of_the_last_hundred_failing_runs_stay),
        TEST(the_ten_thousand_newest_runs_stay),
        TEST(a_damaged_run_is_an_error_not_a_guess),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
