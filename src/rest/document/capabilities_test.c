/* SPDX-License-Identifier: Apache-2.0 */
/* What can be asked for, and how the tests stand. */
#include "rest/rest_fixture.h"

static void capabilities_name_bounds_types_and_tests(void **state)
{
    (void)state;
    add_runs();
    fetch("/api/v1/capabilities");
    assert_string_equal(at(document, "entropy"),
                        "{\"min_block_size\":1,\"max_block_size\":1024,\"min_block_count\":1,\"max_block_count\":512,"
                        "\"entropy_types\":[\"quantum\",\"mixed\"],\"extensions\":[]}");
    assert_string_equal(at(document, "source_count"), "2");
    assert_string_equal(at(document, "healthtest.source_count"), "2");
    assert_string_equal(at(document, "healthtest.extensions"), "[]");
    assert_string_equal(at(document, "healthtest.test_threshold.0.test_type"), "\"nist_90b\"");
    assert_string_equal(at(document, "healthtest.test_threshold.1"),
                        "{\"test_type\":\"nist_800_22\",\"good\":0.98699999999999999,\"warning\":0.98399999999999999,"
                        "\"error\":0.98099999999999998,\"time_stamp\":\"2026-11-02T09:14:00Z\","
                        "\"report_link\":\"https://qrng.example/api/v1/logs?num=1\"}");
    assert_non_null(fetch("/api/v1/get_capabilities"));
    assert_non_null(fetch("/v1/capabilities"));
}

static void without_a_quantum_source_capabilities_list_mixed_alone(void **state)
{
    (void)state;
    world.types = 1u << QK_ENTROPY_MIXED;
    assert_string_equal(at(fetch("/api/v1/capabilities"), "entropy.entropy_types"), "[\"mixed\"]");
}

static void capabilities_do_not_need_the_log(void **state)
{
    (void)state;
    world.log_err = QK_E_STORE_BUSY;
    assert_int_equal(
        json_array_size(json_object_get(json_object_get(fetch("/v1/capabilities"), "healthtest"), "test_threshold")),
        1);
}

static void links_use_the_configured_address(void **state)
{
    (void)state;
    fixture_new(&(qk_rest_config){ .public_url = "https://entropy.example:9443/" });
    add_runs();
    assert_string_equal(at(fetch("/v1/healthtest"), "test_result.1.report_link"),
                        "\"https://entropy.example:9443/api/v1/logs?num=1\"");
}

static void links_take_what_may_stand_in_a_url_from_the_host_header(void **state)
{
    (void)state;
    add_runs();
    fixture_set_host("[2001:db8::1]:9443");
    assert_string_equal(at(fetch("/v1/healthtest"), "test_result.1.report_link"),
                        "\"https://[2001:db8::1]:9443/api/v1/logs?num=1\"");
    fixture_set_host("a;b");
    assert_string_equal(at(fetch("/v1/healthtest"), "test_result.1.report_link"), "");
}

static void health_tests_tell_the_share_that_passes(void **state)
{
    (void)state;
    add_runs();
    assert_string_equal(at(fetch("/api/v1/healthtest"), "test_result.0.test_result"), "1.0");
    world.sources[1].state = QK_SOURCE_ERROR;
    assert_string_equal(at(fetch("/v1/healthtest"), "test_result.0.test_result"), "0.5");
    assert_string_equal(at(document, "test_result.1.time_stamp"), "\"2026-11-02T09:14:00Z\"");
    assert_true(json_real_value(json_object_get(json_array_get(json_object_get(document, "test_result"), 1),
                                                "test_result")) > 0.98);
    world.types = 0;
    world.sources[0].state = QK_SOURCE_FAILED;
    world.state = QK_ENTROPY_FAILED;
    assert_string_equal(at(fetch("/v1/healthtest"), "test_result.0.test_result"), "0.0");
    world.source_count = 0;
    assert_refused(get("/v1/healthtest"), 503, "health_test_failed");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(capabilities_name_bounds_types_and_tests),
        TEST(without_a_quantum_source_capabilities_list_mixed_alone),
        TEST(capabilities_do_not_need_the_log),
        TEST(links_use_the_configured_address),
        TEST(links_take_what_may_stand_in_a_url_from_the_host_header),
        TEST(health_tests_tell_the_share_that_passes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
