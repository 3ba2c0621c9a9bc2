/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of the statistical tests, and the bits that failed. */
#include "rest/rest_fixture.h"

static void a_run_has_all_fields_of_the_log(void **state)
{
    (void)state;
    add_runs();
    parse(get("/api/v1/logs?num=1"));
    assert_int_equal(json_array_size(document), 1);
    assert_string_equal(at(document, "0"),
                        "{\"tests_passed\":true,\"time_of_completion\":1793610840.25,"
                        "\"time_of_completion_string\":\"11/02/2026 09:14\",\"nist_all_passed\":true,"
                        "\"nist_passes\":18611,\"nist_fails\":189,\"nist_success_rate\":0.98995999999999995,"
                        "\"uniformity_all_passed\":true,\"uniformity_passes\":15,\"uniformity_fails\":0,"
                        "\"uniformity_success_rate\":1.0,\"source\":\"output\"}");
    parse(get("/api/v1/logs"));
    assert_int_equal(json_array_size(document), 3);
    assert_string_equal(at(document, "1.source"), "\"quantis0\"");
}

static void simple_logs_have_three_fields(void **state)
{
    (void)state;
    add_runs();
    assert_string_equal(at(fetch("/api/v1/logs?num=1&simple=true"), "0"),
                        "{\"tests_passed\":true,\"time_of_completion\":1793610840.25,"
                        "\"time_of_completion_string\":\"11/02/2026 09:14\"}");
    assert_string_equal(at(fetch("/api/v1/failing_logs?simple=true"), "0.tests_passed"), "false");
    assert_int_equal(json_object_size(json_array_get(document, 0)), 3);
}

static void failing_logs_are_strict_unless_told_otherwise(void **state)
{
    (void)state;
    add_runs();
    assert_int_equal(json_array_size(fetch("/api/v1/failing_logs")), 1);
    assert_string_equal(at(document, "0.nist_fails"), "9800");
    assert_string_equal(at(document, "0.random"), "");
    assert_int_equal(json_array_size(fetch("/api/v1/failing_logs?strict=false")), 2);
    assert_string_equal(at(document, "0.source"), "\"quantis0\"");
    assert_int_equal(json_array_size(fetch("/api/v1/failing_logs?strict=true&num=100")), 1);
}

static void failing_bits_come_from_the_log_alone(void **state)
{
    (void)state;
    add_runs();
    assert_string_equal(at(fetch("/api/v1/failing_random?num=1&randsize=10"), "0"),
                        "{\"createdAt\":\"Mon, 02 Nov 2026 09:04:00 GMT\",\"time_of_completion\":1793610240.0,"
                        "\"random\":\"1011000010\"}");
    assert_int_equal(
        strlen(json_string_value(json_object_get(json_array_get(fetch("/api/v1/failing_random"), 0), "random"))), 1024);
    fetch("/api/v1/failing_random?num=1&randsize=5242880");
    assert_int_equal(json_string_length(json_object_get(json_array_get(document, 0), "random")), 5242880);
    assert_string_equal(at(fetch("/api/v1/failing_logs?include_random=true&randsize=4"), "0.random"), "\"1011\"");
    assert_string_equal(at(document, "0.nist_passes"), "9000");
    assert_int_equal(world.drawn, 0);
}

static void bad_parameters_of_the_logs_are_400(void **state)
{
    static const char *const targets[] = {
        "logs?num=0",
        "logs?num=101",
        "logs?num=x",
        "logs?num=1&num=2",
        "logs?simple=yes",
        "logs?simple=TRUE",
        "logs?simple=",
        "failing_logs?num=0",
        "failing_logs?strict=1",
        "failing_logs?include_random=0",
        "failing_logs?strict=false&include_random=true",
        "failing_logs?randsize=8",
        "failing_logs?include_random=true&randsize=0",
        "failing_logs?include_random=true&randsize=5242881",
        "failing_random?randsize=0",
        "failing_random?randsize=5242881",
        "failing_random?num=101",
        "failing_random?num=100&randsize=5242880",
    };
    char target[128];

    (void)state;
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        snprintf(target, sizeof target, "/api/v1/%s", targets[i]);
        assert_refused(get(target), 400, "parameter");
    }
    assert_int_equal(get("/api/v1/logs?strict=maybe&randsize=x")->status, 200);
}

static void an_empty_log_is_an_empty_array(void **state)
{
    (void)state;
    assert_string_equal(get("/api/v1/logs")->body, "[]");
    assert_string_equal(get("/api/v1/failing_random")->body, "[]");
}

static void a_log_that_does_not_answer_is_503_a_broken_one_500(void **state)
{
    (void)state;
    world.log_err = QK_E_STORE_BUSY;
    assert_refused(get("/api/v1/logs"), 503, "source_unavailable");
    world.log_err = QK_E_STORE_BROKEN;
    assert_refused(get("/api/v1/failing_random"), 500, "internal");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_run_has_all_fields_of_the_log),
        TEST(simple_logs_have_three_fields),
        TEST(failing_logs_are_strict_unless_told_otherwise),
        TEST(failing_bits_come_from_the_log_alone),
        TEST(bad_parameters_of_the_logs_are_400),
        TEST(an_empty_log_is_an_empty_array),
        TEST(a_log_that_does_not_answer_is_503_a_broken_one_500),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
