/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/testing.h"

/* Opens a fresh log, and what it says afterwards. */
static const char *open_log(const char *name, qk_log_level level)
{
    const char *path = test_path(name);

    unlink(path);
    assert_qk_ok(qk_log_open(path, level));
    return path;
}

static void read_log(const char *path, qk_buf *out)
{
    qk_log_close();
    assert_qk_ok(qk_file_read(path, 1 << 20, out));
}

static void level_names_are_read(void **state)
{
    static const char *const names[] = { "panic", "fatal", "error", "warning", "info", "debug", "trace" };
    qk_log_level level;

    (void)state;
    for (size_t i = 0; i < 7; i++) {
        assert_true(qk_log_level_parse(names[i], &level));
        assert_int_equal(level, i);
        assert_string_equal(qk_log_level_name(level), names[i]);
    }
    assert_true(qk_log_level_parse("Warn", &level));
    assert_int_equal(level, QK_LOG_WARNING);
    assert_true(qk_log_level_parse("DEBUG", &level));
    assert_int_equal(level, QK_LOG_DEBUG);
    assert_false(qk_log_level_parse("loud", &level));
    assert_false(qk_log_level_parse("", &level));
}

static void nothing_is_written_until_it_is_opened(void **state)
{
    (void)state;
    for (int level = QK_LOG_PANIC; level <= QK_LOG_TRACE; level++)
        assert_false(qk_log_wants((qk_log_level)level));
}

static void lines_up_to_the_level_are_written(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf said = QK_BUF_NONE;
    const char *path = open_log("levels", QK_LOG_WARNING);

    (void)state;
    qk_log(QK_LOG_ERROR, "op=sign err=%s", "no-session");
    qk_log(QK_LOG_WARNING, "op=second");
    qk_log(QK_LOG_INFO, "op=hidden");
    read_log(path, &said);
    assert_non_null(strstr(qk_buf_text(&said), " level=error op=sign err=no-session\n"));
    assert_non_null(strstr(qk_buf_text(&said), " level=warning op=second\n"));
    assert_null(strstr(qk_buf_text(&said), "hidden"));
    assert_false(qk_log_wants(QK_LOG_PANIC));
}

static void a_line_has_time_and_process(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf said = QK_BUF_NONE;
    const char *path = open_log("time", QK_LOG_INFO);
    char pid[32], *text;

    (void)state;
    qk_log(QK_LOG_INFO, "op=x");
    read_log(path, &said);
    text = (char *)(uintptr_t)qk_buf_text(&said);
    snprintf(pid, sizeof pid, " pid=%ld ", (long)getpid());
    assert_memory_equal(text + 4, "-", 1);
    assert_memory_equal(text + 10, "T", 1);
    assert_memory_equal(text + 23, "Z", 1);
    assert_memory_equal(text + 24, pid, strlen(pid));
}

/* What a line to standard error is when that is `path`, and $JOURNAL_STREAM says `stream` or, if NULL, the truth. */
static void log_to_stderr_as(const char *path, const char *stream, qk_buf *out)
{
    int before = dup(STDERR_FILENO), fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct stat about;
    char own[48];

    assert_true(before >= 0 && fd >= 0 && fstat(fd, &about) == 0);
    snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)about.st_dev, (uintmax_t)about.st_ino);
    setenv("JOURNAL_STREAM", stream ? stream : own, 1);
    assert_true(dup2(fd, STDERR_FILENO) >= 0);
    assert_qk_ok(qk_log_open(NULL, QK_LOG_INFO));
    qk_log(QK_LOG_WARNING, "op=told");
    dup2(before, STDERR_FILENO);
    unsetenv("JOURNAL_STREAM");
    close(before);
    close(fd);
    read_log(path, out);
}

static void the_journal_gets_severities(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf said = QK_BUF_NONE;

    (void)state;
    log_to_stderr_as(test_path("journal"), NULL, &said);
    assert_string_equal(qk_buf_text(&said), "<4>level=warning op=told\n");
}

static void what_is_not_the_journal_gets_none(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf said = QK_BUF_NONE;

    (void)state;
    log_to_stderr_as(test_path("inherited"), "1:2", &said); /* of a unit that started us with another stream */
    assert_non_null(strstr(qk_buf_text(&said), "Z pid="));
    assert_null(strstr(qk_buf_text(&said), "<"));
}

static void a_message_cannot_forge_a_second_line(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf said = QK_BUF_NONE;
    const char *path = open_log("forged", QK_LOG_INFO);

    (void)state;
    qk_log(QK_LOG_INFO, "op=find label=%s", "a\nlevel=panic\r\x1b[2J\x7f");
    read_log(path, &said);
    assert_non_null(strstr(qk_buf_text(&said), "label=a?level=panic??[2J?\n"));
    assert_ptr_equal(strchr((const char *)said.data, '\n'), said.data + said.len - 1);
}

static void a_failure_is_logged_with_words_and_place(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf said = QK_BUF_NONE;
    const char *path = open_log("failure", QK_LOG_INFO);

    (void)state;
    qk_fail_at("../src/deep/x.c", 7, QK_E_BAD_LENGTH, "label \"a\" err=OK");
    qk_log_failure(QK_LOG_ERROR, QK_E_BAD_LENGTH, "op=%s", "open");
    qk_log_failure(QK_LOG_ERROR, QK_E_NO_SESSION, "op=other");
    qk_log_failure(QK_LOG_DEBUG, QK_E_NO_SESSION, "op=hidden");
    read_log(path, &said);
    assert_non_null(
        strstr(qk_buf_text(&said), "op=open err=BAD_LENGTH words=\"label 'a' err=OK\" at=src/deep/x.c:7\n"));
    assert_non_null(strstr(qk_buf_text(&said), "op=other err=NO_SESSION words=\"no such session\" at=-:0\n"));
    assert_null(strstr(qk_buf_text(&said), "hidden"));
}

static void a_long_line_is_cut_and_still_ends(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf said = QK_BUF_NONE;
    const char *path = open_log("long", QK_LOG_INFO);
    char text[5000];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    qk_log(QK_LOG_INFO, "%s", text);
    qk_log_failure(QK_LOG_INFO, qk_fail(QK_E_CONFIG, "%s", text), "%s", text);
    read_log(path, &said);
    assert_in_range(said.len, 1000, 2 * 1024);
    assert_int_equal(said.data[said.len - 1], '\n');
}

static void a_file_is_appended_to_and_private(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf said = QK_BUF_NONE;
    const char *path = open_log("append", QK_LOG_INFO);
    struct stat about;

    (void)state;
    qk_log(QK_LOG_INFO, "op=first");
    assert_qk_ok(qk_log_open(path, QK_LOG_INFO));
    qk_log(QK_LOG_INFO, "op=second");
    read_log(path, &said);
    assert_non_null(strstr(qk_buf_text(&said), "op=first\n"));
    assert_non_null(strstr(qk_buf_text(&said), "op=second\n"));
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
}

static void a_file_that_cannot_be_opened_is_told_and_the_old_one_stays(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf said = QK_BUF_NONE;
    const char *path = open_log("old", QK_LOG_INFO);

    (void)state;
    assert_qk_err(qk_log_open("/nonexistent/folder/log", QK_LOG_INFO), QK_E_CONFIG);
    assert_words("/nonexistent/folder/log");
    qk_log(QK_LOG_INFO, "op=still");
    read_log(path, &said);
    assert_non_null(strstr(qk_buf_text(&said), "op=still"));
}

static void logging_keeps_errno(void **state)
{
    open_log("errno", QK_LOG_INFO);
    (void)state;
    errno = 77;
    qk_log(QK_LOG_INFO, "op=x");
    assert_int_equal(errno, 77);
    qk_log_close();
}

static void *log_a_lot(void *argument)
{
    for (int i = 0; i < 500; i++)
        qk_log(QK_LOG_INFO, "op=count thread=%s end", (const char *)argument);
    return NULL;
}

static void lines_of_several_threads_stay_whole(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf said = QK_BUF_NONE;
    const char *path = open_log("threads", QK_LOG_INFO);
    static char names[2][2] = { "a", "b" };
    pthread_t threads[2];
    int lines = 0;

    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_a_lot, names[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    read_log(path, &said);
    for (char *line = strtok((char *)(uintptr_t)qk_buf_text(&said), "\n"); line; line = strtok(NULL, "\n"), lines++) {
        assert_string_equal(line + strlen(line) - 4, " end");
        assert_ptr_equal(strstr(line, "op=count"), strstr(line, "op="));
    }
    assert_int_equal(lines, 1000);
}

static void deadlines_count_down_and_never_below_nothing(void **state)
{
    (void)state;
    assert_int_equal(qk_deadline_left(QK_DEADLINE_NEVER), -1);
    assert_int_equal(qk_deadline_in(-1), QK_DEADLINE_NEVER);
    assert_int_equal(qk_deadline_left(qk_clock_monotonic_ms() - 5), 0);
    assert_in_range(qk_deadline_left(qk_deadline_in(1000000)), 1, 1000000);
    assert_int_equal(qk_deadline_left(qk_deadline_in(INT64_C(1) << 50)), INT32_MAX);
    assert_true(qk_clock_unix_s() > 1700000000);
}

/* What a guest says on standard error. */
static void hear_guest(bool with_time, char *line, size_t room)
{
    int pipe_ends[2], before = dup(STDERR_FILENO);
    ssize_t len;

    assert_int_equal(pipe(pipe_ends), 0);
    dup2(pipe_ends[1], STDERR_FILENO);
    qk_log_open_guest("the-guest", QK_LOG_WARNING);
    if (with_time)
        qk_log_tell_time();
    qk_log(QK_LOG_WARNING, "op=%s", "test");
    qk_log(QK_LOG_INFO, "op=hidden");
    qk_log_close();
    dup2(before, STDERR_FILENO);
    close(before);
    close(pipe_ends[1]);
    len = read(pipe_ends[0], line, room - 1);
    close(pipe_ends[0]);
    assert_true(len > 0);
    line[len] = 0;
}

static void a_guests_lines_bear_its_name_and_no_time(void **state)
{
    char line[200];

    (void)state;
    hear_guest(false, line, sizeof line);
    assert_string_equal(line, "the-guest: level=warning op=test\n");
}

static void a_guest_may_be_asked_for_the_time(void **state)
{
    char line[200], expected[200];

    (void)state;
    hear_guest(true, line, sizeof line);
    snprintf(expected, sizeof expected, "Z pid=%ld level=warning op=test\n", (long)getpid());
    assert_memory_equal(line, "the-guest: 20", 13);
    assert_string_equal(line + strlen("the-guest: 2026-11-21T10:33:10.123"), expected);
    hear_guest(false, line, sizeof line);
    assert_string_equal(line, "the-guest: level=warning op=test\n");
}

static void the_system_log_gets_datagrams(void **state)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int listener = socket(AF_UNIX, SOCK_DGRAM, 0);
    char line[200] = "", expected[200];

    (void)state;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", test_path("log.socket"));
    assert_qk_ok(qk_log_open_syslog(address.sun_path, "the-guest", QK_LOG_WARNING));
    qk_log(QK_LOG_ERROR, "nobody listens yet");
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    qk_log(QK_LOG_WARNING, "op=test");
    qk_log_close();
    snprintf(expected, sizeof expected, "<12>the-guest[%ld]: level=warning op=test\n", (long)getpid());
    assert_true(recv(listener, line, sizeof line - 1, MSG_DONTWAIT) > 0);
    assert_string_equal(line, expected);
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(level_names_are_read),
        cmocka_unit_test(nothing_is_written_until_it_is_opened),
        cmocka_unit_test(lines_up_to_the_level_are_written),
        cmocka_unit_test(a_line_has_time_and_process),
        cmocka_unit_test(the_journal_gets_severities),
        cmocka_unit_test(what_is_not_the_journal_gets_none),
        cmocka_unit_test(a_message_cannot_forge_a_second_line),
        cmocka_unit_test(a_failure_is_logged_with_words_and_place),
        cmocka_unit_test(a_long_line_is_cut_and_still_ends),
        cmocka_unit_test(a_file_is_appended_to_and_private),
        cmocka_unit_test(a_file_that_cannot_be_opened_is_told_and_the_old_one_stays),
        cmocka_unit_test(logging_keeps_errno),
        cmocka_unit_test(lines_of_several_threads_stay_whole),
        cmocka_unit_test(deadlines_count_down_and_never_below_nothing),
        cmocka_unit_test(a_guests_lines_bear_its_name_and_no_time),
        cmocka_unit_test(a_guest_may_be_asked_for_the_time),
        cmocka_unit_test(the_system_log_gets_datagrams),
    };
    return cmocka_run_group_tests_name("log", tests, make_test_folder, remove_test_folder);
}
