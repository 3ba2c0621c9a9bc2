/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>
#include <unistd.h>

#include "base/testing.h"
#include "module/library/config_search.h"

static void write_file(const char *path, mode_t mode)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs("tokens: {}\n", file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static void a_named_file_wins_and_need_not_exist(void **state)
{
    char path[PATH_MAX];
    bool found = false;

    (void)state;
    setenv("EP11CLIENT_CFG", "/somewhere/else.yaml", 1);
    assert_qk_ok(qk_config_search(path, &found));
    assert_true(found);
    assert_string_equal(path, "/somewhere/else.yaml");
    unsetenv("EP11CLIENT_CFG");
}

static void the_current_folder_counts_if_it_is_safe(void **state)
{
    const char *folder = test_path("here"), *file = test_path("here/grep11client.yaml");
    char path[PATH_MAX], before[PATH_MAX];
    bool found;

    (void)state;
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(mkdir(folder, 0755), 0);
    assert_int_equal(chdir(folder), 0);
    write_file(file, 0644);
    assert_qk_ok(qk_config_search(path, &found));
    assert_true(found);
    assert_non_null(strstr(path, "/here/grep11client.yaml"));
    assert_int_equal(chmod(file, 0664), 0); /* a group may write it */
    assert_qk_ok(qk_config_search(path, &found));
    assert_true(!found || !strstr(path, "/here/"));
    assert_int_equal(chmod(file, 0644), 0);
    assert_int_equal(chmod(folder, 01777), 0); /* like /tmp */
    assert_qk_ok(qk_config_search(path, &found));
    assert_true(!found || !strstr(path, "/here/"));
    assert_int_equal(chdir(before), 0);
}

static void a_link_is_as_safe_as_what_it_points_to(void **state)
{
    const char *safe = test_path("safe.yaml"), *folder = test_path("open"), *unsafe = test_path("open/unsafe.yaml"),
               *link = test_path("link.yaml");

    (void)state;
    assert_int_equal(chmod(test_folder, 0755), 0);
    write_file(safe, 0600);
    assert_true(qk_config_is_safe(safe));
    assert_false(qk_config_is_safe(test_folder)); /* not a file */
    assert_false(qk_config_is_safe("/nonexistent/file"));
    assert_int_equal(mkdir(folder, 0755), 0);
    write_file(unsafe, 0644);
    assert_int_equal(chmod(folder, 0777), 0);
    assert_int_equal(symlink(unsafe, link), 0);
    assert_false(qk_config_is_safe(link));
    assert_int_equal(unlink(link), 0);
    assert_int_equal(symlink(safe, link), 0);
    assert_true(qk_config_is_safe(link));
}

static void the_data_folder_is_the_users(void **state)
{
    char path[PATH_MAX];

    (void)state;
    setenv("HOME", "/home/somebody", 1);
    setenv("XDG_DATA_HOME", "/data", 1);
    assert_qk_ok(qk_config_data_folder(path));
    assert_string_equal(path, "/data/quantoki/token");
    setenv("XDG_DATA_HOME", "relative/does/not/count", 1);
    assert_qk_ok(qk_config_data_folder(path));
    assert_string_equal(path, "/home/somebody/.local/share/quantoki/token");
    unsetenv("XDG_DATA_HOME");
    assert_qk_ok(qk_config_data_folder(path));
    assert_string_equal(path, "/home/somebody/.local/share/quantoki/token");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_named_file_wins_and_need_not_exist),
        cmocka_unit_test(the_current_folder_counts_if_it_is_safe),
        cmocka_unit_test(a_link_is_as_safe_as_what_it_points_to),
        cmocka_unit_test(the_data_folder_is_the_users),
    };

    unsetenv("EP11CLIENT_CFG");
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
