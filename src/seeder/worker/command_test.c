/* SPDX-License-Identifier: Apache-2.0 */
#include "seeder/worker/command.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/testing.h"
#include "seeder/worker/process.h"

static void a_commands_first_line_is_the_pin(void **state)
{
    static const struct {
        const char *text, *pin;
    } cases[] = {
        { "echo 1234", "1234" },
        { "printf 1234", "1234" },
        { "printf '1234\\r\\nmore'", "1234" },
        { "printf 12; sleep 0.1; echo 34", "1234" },
        { "echo ' 12 34 '", " 12 34 " },
        { "echo 1234; exec >&-; sleep 0.1", "1234" }, /* its end is waited for */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        QK_OWNED(qk_secret_free) qk_secret pin = QK_SECRET_NONE;
        assert_qk_ok(qk_seed_command_run(cases[i].text, &pin));
        assert_true(qk_view_equal(qk_secret_reveal(&pin), qk_view_text(cases[i].pin)));
        assert_int_equal(qk_seed_commands_running(), 0);
    }
}

static void a_command_that_gives_none_is_refused(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        { "true", "first line is empty" },
        { "echo; echo 1234", "first line is empty" },
        { "echo 1234; exit 3", "ends with status 3" },
        { "/nowhere/at/all", "ends with status 127" },
        { "echo 1234; kill -9 $$", "ends with status -1" },
        { "yes 1234", "ends with status" }, /* what it says does not end, and has no reader after 8 KiB */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        QK_OWNED(qk_secret_free) qk_secret pin = QK_SECRET_NONE;
        assert_qk_err(qk_seed_command_run(cases[i].text, &pin), QK_E_CONFIG);
        assert_words(cases[i].words);
        assert_int_equal(pin.len, 0);
    }
}

static void nobody_waits_for_a_command_to_be_looked_at(void **state)
{
    QK_OWNED(qk_seed_command_free) qk_seed_command *command = NULL;
    QK_OWNED(qk_secret_free) qk_secret pin = QK_SECRET_NONE;
    qk_err err = QK_OK;

    (void)state;
    assert_qk_ok(qk_seed_command_start("echo 1234; sleep 600", &command));
    assert_int_equal(qk_seed_commands_running(), 1);
    assert_int_equal(poll(&(struct pollfd){ .fd = qk_seed_command_fd(command), .events = POLLIN }, 1, 60000), 1);
    for (int i = 0; i < 3; i++)
        assert_false(qk_seed_command_is_over(command, &err, &pin));
    assert_int_equal(pin.len, 0);
}

static bool is_running(pid_t pid)
{
    char path[64], is = 'Z'; /* a zombie is whoever's that inherited it */
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    file = fopen(path, "r");
    if (file && fscanf(file, "%*d %*s %c", &is) != 1)
        is = 'Z';
    if (file)
        fclose(file);
    return is != 'Z';
}

/* With what it has started: a lock that a shell holds for its child would outlive it. */
static void a_command_that_is_given_up_ends_with_its_children(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf told = QK_BUF_NONE;
    qk_seed_command *command = NULL;
    char text[512];
    pid_t child;

    (void)state;
    snprintf(text, sizeof text, "sleep 600 & echo $! >%s; echo; wait", test_path("child"));
    assert_qk_ok(qk_seed_command_start(text, &command));
    assert_int_equal(poll(&(struct pollfd){ .fd = qk_seed_command_fd(command), .events = POLLIN }, 1, 60000), 1);
    assert_qk_ok(qk_file_read(test_path("child"), 100, &told));
    child = (pid_t)strtol(qk_buf_text(&told), NULL, 10);
    assert_true(child > 1 && kill(child, 0) == 0);
    qk_seed_command_free(&command);
    assert_null(command);
    assert_int_equal(qk_seed_commands_running(), 0);
    qk_seed_processes_end(qk_deadline_in(60000), 0);
    assert_int_equal(qk_seed_processes_stuck("pin_command", INT64_MAX), 0);
    for (int i = 0; is_running(child); i++) {
        assert_true(i < 6000);
        poll(NULL, 0, 10); /* its end is nobody's news here */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_commands_first_line_is_the_pin),
        cmocka_unit_test(a_command_that_gives_none_is_refused),
        cmocka_unit_test(nobody_waits_for_a_command_to_be_looked_at),
        cmocka_unit_test(a_command_that_is_given_up_ends_with_its_children),
    };
    qk_seed_processes_fd(); /* blocks SIGCHLD, as the supervisor does */
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
