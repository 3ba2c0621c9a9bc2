/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/testing.h"
#include "seeder/supervisor.h"

static qk_seed_target target;
static qk_seeder seeder = { .targets = &target,
                            .ask = QK_SEED_ASK_SEED,
                            .stopping = true }; /* stopping: written at once */

static const char *written(const char *name)
{
    static qk_buf text;

    seeder.config.metrics_file = test_path("metrics");
    seeder.config.status_file = test_path("status");
    qk_seeder_write_status(&seeder, 0);
    assert_qk_ok(qk_file_read(test_path(name), 1 << 20, &text));
    return qk_buf_text(&text);
}

static void has(const char *name, const char *part)
{
    if (!strstr(written(name), part))
        fail_msg("%s is not in %s", part, written(name));
}

static void make_target(const char *name)
{
    target = (qk_seed_target){ .config = { .library = "/x.so" } };
    snprintf(target.name, sizeof target.name, "%s", name);
}

static void names_of_any_bytes_keep_the_formats_whole(void **state)
{
    (void)state;
    make_target("a\"b");
    strcpy(target.token.label, "q\"b\\n\nx\xff");
    has("metrics", "quantoki_seed_off{target=\"a\\\"b\",token=\"q\\\"b\\\\n\\nx\xef\xbf\xbd\",serial=\"\"} 0\n");
    has("status", "\"name\":\"a\\\"b\"");
    has("status", "\"token\":\"q\\\"b\\\\n\\u000ax\xef\xbf\xbd\"");
}

static void an_age_is_never_negative_whatever_the_calendar_says(void **state)
{
    const char *at;

    (void)state;
    make_target("t");
    has("metrics", "last_success_age_seconds{target=\"t\",token=\"\",serial=\"\"} -1\n"); /* never */
    target.last_success_unix_s = qk_clock_unix_s() + 86400; /* the clock was set back by a day since */
    target.last_success_ms = qk_clock_monotonic_ms() - 7000;
    at = strstr(written("metrics"), "last_success_age_seconds{");
    assert_non_null(at);
    assert_in_range(strtol(strchr(at, '}') + 1, NULL, 10), 7, 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_any_bytes_keep_the_formats_whole),
        cmocka_unit_test(an_age_is_never_negative_whatever_the_calendar_says),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
