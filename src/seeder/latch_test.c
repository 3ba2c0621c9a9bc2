/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/testing.h"
#include "crypto/crypto.h"
#include "seeder/supervisor.h"

static qk_seeder seeder;

static qk_seed_target target_of(const char *name)
{
    qk_seed_target target = { .config = { .library = "/x.so", .login_type = CKU_USER, .wanted = "a" } };

    target.config.pin_file = test_path("pin");
    snprintf(target.name, sizeof target.name, "%s", name);
    return target;
}

static void write_pin(const char *pin)
{
    unlink(test_path("pin"));
    assert_qk_ok(qk_file_write(test_path("pin"), 0600, qk_view_text(pin)));
}

static void a_latch_is_found_by_the_next_process(void **state)
{
    qk_seed_target target = target_of("a/b.c"), again = target_of("a/b.c"), other = target_of("a_b_c");

    (void)state;
    write_pin("wrong");
    assert_false(qk_seed_latch_is_set(&seeder, &target));
    qk_seed_latch_set(&seeder, &target);
    assert_true(qk_seed_latch_is_set(&seeder, &again));
    assert_false(qk_seed_latch_is_set(&seeder, &other)); /* another name, though it looks alike */
    qk_seed_latch_clear(&seeder, &target);
    assert_false(qk_seed_latch_is_set(&seeder, &again));
}

static void a_pin_that_was_written_anew_counts_as_new(void **state)
{
    qk_seed_target target = target_of("t");

    (void)state;
    write_pin("wrong");
    qk_seed_latch_set(&seeder, &target);
    assert_false(qk_seed_latch_is_stale(&target));
    write_pin("other");
    assert_true(qk_seed_latch_is_stale(&target));
    assert_false(qk_seed_latch_is_set(&seeder, &target));
}

static void another_user_or_token_is_another_try(void **state)
{
    qk_seed_target target = target_of("u"), other = target_of("u");

    (void)state;
    write_pin("wrong");
    qk_seed_latch_set(&seeder, &target);
    other.config.login_type = CKU_SO;
    assert_false(qk_seed_latch_is_set(&seeder, &other));
    other = target_of("u");
    strcpy(other.config.wanted, "b");
    assert_false(qk_seed_latch_is_set(&seeder, &other));
}

static void a_latch_says_nothing_of_the_pin(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf kept = QK_BUF_NONE;
    qk_seed_target target = target_of("v");
    struct stat about;

    (void)state;
    write_pin("wrong-pin-87654321");
    qk_seed_latch_set(&seeder, &target);
    assert_qk_ok(qk_file_read(test_path("wrong-pin-v"), 8192, &kept));
    assert_null(memmem(kept.data, kept.len, "87654321", 8));
    assert_int_equal(stat(test_path("wrong-pin-v"), &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
}

static void without_a_place_for_it_the_latch_holds_in_memory(void **state)
{
    qk_seeder nowhere = { .config = { .state_folder = "/proc/nowhere" } };
    qk_seed_target target = target_of("w");

    (void)state;
    write_pin("wrong");
    qk_seed_latch_set(&nowhere, &target);
    assert_false(qk_seed_latch_is_stale(&target));
    write_pin("right");
    assert_true(qk_seed_latch_is_stale(&target));
}

static int start(void **state)
{
    if (make_test_folder(state) != 0 || qk_crypto_start() != QK_OK)
        return -1;
    seeder.config.state_folder = test_folder;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_latch_is_found_by_the_next_process),
        cmocka_unit_test(a_pin_that_was_written_anew_counts_as_new),
        cmocka_unit_test(another_user_or_token_is_another_try),
        cmocka_unit_test(a_latch_says_nothing_of_the_pin),
        cmocka_unit_test(without_a_place_for_it_the_latch_holds_in_memory),
    };
    return cmocka_run_group_tests(tests, start, remove_test_folder);
}
