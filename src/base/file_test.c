/* SPDX-License-Identifier: Apache-2.0 */
/* Disk failures are made by the linker: write, fsync and the renames come through here (--wrap). */
#include "base/file.h"

#include <errno.h>
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/testing.h"

typedef enum call {
    CALL_NONE,
    CALL_WRITE,
    CALL_FSYNC,
    CALL_RENAME,
} call;

static struct {
    call which;
    int with, countdown; /* fails when the countdown reaches 0 */
} broken;

static bool breaks(call which)
{
    if (broken.which != which || --broken.countdown != 0)
        return false;
    errno = broken.with;
    return true;
}

ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len)
{
    if (breaks(CALL_WRITE))
        return -1;
    return __real_write(fd, data, broken.which == CALL_WRITE && len > 1 ? len / 2 : len); /* short writes too */
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    return breaks(CALL_FSYNC) ? -1 : __real_fsync(fd);
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to)
{
    return breaks(CALL_RENAME) ? -1 : __real_rename(from, to);
}

int __real_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int __wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int __wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
    return breaks(CALL_RENAME) ? -1 : __real_renameat2(from_fd, from, to_fd, to, flags);
}

static void break_call(call which, int with, int countdown)
{
    broken.which = which;
    broken.with = with;
    broken.countdown = countdown;
}

static void assert_content(const char *path, const char *text)
{
    QK_OWNED(qk_buf_done) qk_buf content = QK_BUF_NONE;

    assert_qk_ok(qk_file_read(path, 1 << 20, &content));
    assert_string_equal(qk_buf_text(&content), text);
}

static unsigned mode_of(const char *path)
{
    struct stat about;

    assert_int_equal(stat(path, &about), 0);
    return (unsigned)about.st_mode & 07777;
}

/* How many entries of the folder begin like this. */
static int count_files(const char *beginning)
{
    DIR *folder = opendir(test_folder);
    int count = 0;

    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += strncmp(entry->d_name, beginning, strlen(beginning)) == 0;
    closedir(folder);
    return count;
}

#define TEXT(literal) QK_VIEW_LITERAL(literal)

static void a_written_file_reads_back(void **state)
{
    (void)state;
    assert_qk_ok(qk_file_write(test_path("plain"), 0644, TEXT("first")));
    assert_qk_ok(qk_file_write(test_path("plain"), 0600, TEXT("second")));
    assert_content(test_path("plain"), "second");
    assert_int_equal(mode_of(test_path("plain")), 0600);
    assert_int_equal(count_files("plain"), 1);
}

static void the_mode_does_not_depend_on_the_umask(void **state)
{
    mode_t before = umask(0077);

    (void)state;
    assert_qk_ok(qk_file_write(test_path("umask"), 0644, TEXT("x")));
    umask(before);
    assert_int_equal(mode_of(test_path("umask")), 0644);
}

static void an_empty_file_is_fine(void **state)
{
    (void)state;
    assert_qk_ok(qk_file_write(test_path("empty"), 0600, QK_VIEW_NONE));
    assert_content(test_path("empty"), "");
}

static void a_large_file_reads_back(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf content = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf back = QK_BUF_NONE;
    uint64_t noise = 7;

    (void)state;
    for (int i = 0; i < 16 * 1024; i++)
        qk_buf_put_u64(&content, test_noise(&noise));
    break_call(CALL_WRITE, 0, -1);
    assert_qk_ok(qk_file_write(test_path("large"), 0600, qk_buf_view(&content)));
    break_call(CALL_NONE, 0, 0);
    assert_qk_ok(qk_file_read(test_path("large"), content.len, &back));
    assert_true(qk_view_equal(qk_buf_view(&content), qk_buf_view(&back)));
    assert_qk_err(qk_file_read(test_path("large"), content.len - 1, &back), QK_E_SYSTEM);
    assert_words("larger than");
}

static void an_interrupted_write_goes_on(void **state)
{
    (void)state;
    break_call(CALL_WRITE, EINTR, 2);
    assert_qk_ok(qk_file_write(test_path("interrupted"), 0600, TEXT("all of it")));
    break_call(CALL_NONE, 0, 0);
    assert_content(test_path("interrupted"), "all of it");
}

static void a_failed_write_leaves_the_old_file_alone(void **state)
{
    static const struct {
        call which;
        int with, countdown;
        qk_err err;
    } cases[] = {
        { CALL_WRITE, ENOSPC, 1, QK_E_DEVICE_FULL }, { CALL_WRITE, EDQUOT, 2, QK_E_DEVICE_FULL },
        { CALL_WRITE, EIO, 1, QK_E_SYSTEM },         { CALL_FSYNC, EIO, 1, QK_E_SYSTEM },
        { CALL_FSYNC, ENOSPC, 1, QK_E_DEVICE_FULL }, { CALL_RENAME, EACCES, 1, QK_E_SYSTEM },
    };

    (void)state;
    assert_qk_ok(qk_file_write(test_path("kept"), 0600, TEXT("old")));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        break_call(cases[i].which, cases[i].with, cases[i].countdown);
        assert_qk_err(qk_file_write(test_path("kept"), 0600, TEXT("new")), cases[i].err);
        assert_words("kept");
        break_call(cases[i].which, cases[i].with, cases[i].countdown);
        assert_qk_err(qk_file_create(test_path("never"), 0600, TEXT("new")), cases[i].err);
        break_call(CALL_NONE, 0, 0);
        assert_content(test_path("kept"), "old");
        assert_int_equal(count_files("kept"), 1);
        assert_int_equal(count_files("never"), 0);
    }
}

static void a_folder_that_does_not_sync_is_an_error(void **state)
{
    (void)state;
    break_call(CALL_FSYNC, EIO, 2);
    assert_qk_err(qk_file_write(test_path("unsynced"), 0600, TEXT("x")), QK_E_SYSTEM);
    assert_words("sync folder");
    break_call(CALL_NONE, 0, 0);
}

static void create_does_not_overwrite(void **state)
{
    (void)state;
    assert_qk_ok(qk_file_create(test_path("key"), 0600, TEXT("one")));
    assert_qk_err(qk_file_create(test_path("key"), 0600, TEXT("two")), QK_E_SYSTEM);
    assert_words("exists already");
    assert_content(test_path("key"), "one");
    assert_int_equal(count_files("key"), 1);
}

/* A dangling link escapes the look before; taking the name must refuse it. */
static void create_does_not_follow_a_dangling_link(void **state)
{
    (void)state;
    assert_int_equal(symlink("/nonexistent/elsewhere", test_path("dangling")), 0);
    assert_qk_err(qk_file_create(test_path("dangling"), 0600, TEXT("two")), QK_E_SYSTEM);
    assert_words("exists already");
    assert_int_equal(count_files("dangling"), 1);
}

static void create_works_where_rename_cannot_refuse(void **state)
{
    (void)state;
    break_call(CALL_RENAME, EINVAL, 1);
    assert_qk_ok(qk_file_create(test_path("linked"), 0600, TEXT("one")));
    assert_content(test_path("linked"), "one");
    assert_int_equal(symlink("/nonexistent/elsewhere", test_path("taken")), 0);
    break_call(CALL_RENAME, EINVAL, 1);
    assert_qk_err(qk_file_create(test_path("taken"), 0600, TEXT("two")), QK_E_SYSTEM);
    break_call(CALL_NONE, 0, 0);
    assert_int_equal(count_files("linked"), 1);
    assert_int_equal(count_files("taken"), 1);
}

static void a_missing_file_is_told_apart(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf content = QK_BUF_NONE;
    QK_OWNED(qk_secret_free) qk_secret secret = QK_SECRET_NONE;

    (void)state;
    assert_false(qk_file_exists(test_path("missing")));
    assert_qk_err(qk_file_read(test_path("missing"), 10, &content), QK_E_OBJECT_MISSING);
    assert_words(test_path("missing"));
    assert_qk_err(qk_file_read_secret(test_path("missing"), 10, &secret), QK_E_OBJECT_MISSING);
    assert_qk_err(qk_file_write(test_path("no/such/folder"), 0600, TEXT("x")), QK_E_SYSTEM);
}

static void a_folder_is_not_a_file(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf content = QK_BUF_NONE;

    (void)state;
    assert_qk_err(qk_file_read(test_folder, 10, &content), QK_E_SYSTEM);
    assert_words("folder");
}

static void a_secret_file_reads_back(void **state)
{
    QK_OWNED(qk_secret_free) qk_secret secret = QK_SECRET_NONE;

    (void)state;
    assert_qk_ok(qk_file_write(test_path("secret"), 0600, TEXT("hush")));
    assert_qk_ok(qk_file_read_secret(test_path("secret"), 4, &secret));
    assert_true(qk_view_equal(qk_secret_reveal(&secret), TEXT("hush")));
    assert_qk_err(qk_file_read_secret(test_path("secret"), 3, &secret), QK_E_SYSTEM);
    assert_words("larger than");
    assert_int_equal(secret.len, 4);
}

static void a_secret_that_others_may_read_is_refused(void **state)
{
    static const unsigned modes[] = { 0640, 0604, 0660, 0644, 0610 };
    QK_OWNED(qk_secret_free) qk_secret secret = QK_SECRET_NONE;

    (void)state;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_qk_ok(qk_file_write(test_path("open"), modes[i], TEXT("hush")));
        assert_qk_err(qk_file_read_secret(test_path("open"), 10, &secret), QK_E_CONFIG);
        assert_words("chmod 600");
    }
    assert_qk_ok(qk_file_write(test_path("open"), 0400, TEXT("hush")));
    assert_qk_ok(qk_file_read_secret(test_path("open"), 10, &secret));
}

static void a_credential_may_be_readable_for_a_group_and_no_more(void **state)
{
    static const unsigned good[] = { 0400, 0440, 0640 }, bad[] = { 0444, 0460, 0450, 0404, 0442 };
    QK_OWNED(qk_secret_free) qk_secret secret = QK_SECRET_NONE;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_qk_ok(qk_file_write(test_path("credential"), bad[i], TEXT("hush")));
        assert_qk_err(qk_file_read_credential(test_path("credential"), 10, &secret), QK_E_CONFIG);
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_qk_ok(qk_file_write(test_path("credential"), good[i], TEXT("hush")));
        assert_qk_ok(qk_file_read_credential(test_path("credential"), 10, &secret));
        assert_true(qk_view_equal(qk_secret_reveal(&secret), TEXT("hush")));
        qk_secret_free(&secret);
    }
}

static void folders_are_made_with_their_parents(void **state)
{
    (void)state;
    assert_qk_ok(qk_folder_make(test_path("a/b//c/"), 0700));
    assert_int_equal(mode_of(test_path("a")), 0700);
    assert_int_equal(mode_of(test_path("a/b/c")), 0700);
    assert_qk_ok(qk_folder_make(test_path("a/b"), 0755));
    assert_int_equal(mode_of(test_path("a/b")), 0700);
    assert_qk_ok(qk_folder_make("/", 0700));
}

static void a_file_in_the_way_of_a_folder_is_an_error(void **state)
{
    (void)state;
    assert_qk_ok(qk_file_write(test_path("block"), 0600, TEXT("x")));
    assert_qk_err(qk_folder_make(test_path("block/below"), 0700), QK_E_SYSTEM);
    assert_qk_err(qk_folder_make(test_path("block"), 0700), QK_E_SYSTEM);
    assert_qk_err(qk_folder_make("", 0700), QK_E_SYSTEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_written_file_reads_back),
        cmocka_unit_test(the_mode_does_not_depend_on_the_umask),
        cmocka_unit_test(an_empty_file_is_fine),
        cmocka_unit_test(a_large_file_reads_back),
        cmocka_unit_test(an_interrupted_write_goes_on),
        cmocka_unit_test(a_failed_write_leaves_the_old_file_alone),
        cmocka_unit_test(a_folder_that_does_not_sync_is_an_error),
        cmocka_unit_test(create_does_not_overwrite),
        cmocka_unit_test(create_does_not_follow_a_dangling_link),
        cmocka_unit_test(create_works_where_rename_cannot_refuse),
        cmocka_unit_test(a_missing_file_is_told_apart),
        cmocka_unit_test(a_folder_is_not_a_file),
        cmocka_unit_test(a_secret_file_reads_back),
        cmocka_unit_test(a_secret_that_others_may_read_is_refused),
        cmocka_unit_test(a_credential_may_be_readable_for_a_group_and_no_more),
        cmocka_unit_test(folders_are_made_with_their_parents),
        cmocka_unit_test(a_file_in_the_way_of_a_folder_is_an_error),
    };
    return cmocka_run_group_tests_name("file", tests, make_test_folder, remove_test_folder);
}
