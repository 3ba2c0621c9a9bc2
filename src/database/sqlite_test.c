/* SPDX-License-Identifier: Apache-2.0 */
#include "database/database_fixture.h"

#include "database/sqlite.h"

/* ---- files ---- */

static unsigned mode_of(const char *folder, const char *name)
{
    char path[300];
    struct stat status;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 0777;
}

static void all_files_are_0600_whatever_the_umask(void **state)
{
    fixture *f = *state;
    static const mode_t masks[] = { 0, 0777 };

    for (size_t i = 0; i < 2; i++) {
        mode_t before = umask(masks[i]);
        open_fixture(f);
        make_table(f->database);
        umask(before);
        assert_int_equal(mode_of(f->folder, "store.db"), 0600);
        assert_int_equal(mode_of(f->folder, "store.db-wal"), 0600);
        assert_int_equal(mode_of(f->folder, "store.db-shm"), 0600);
        qk_database_close(&f->database);
        assert_int_equal(unlink(f->path), 0);
    }
}

static void a_file_that_others_could_read_is_closed_to_them(void **state)
{
    fixture *f = *state;

    open_fixture(f);
    make_table(f->database);
    qk_database_close(&f->database);
    assert_int_equal(chmod(f->path, 0644), 0);
    open_fixture(f);
    assert_int_equal(mode_of(f->folder, "store.db"), 0600);
}

static void rows_are_there_after_closing_and_opening(void **state)
{
    fixture *f = *state;

    open_fixture(f);
    make_table(f->database);
    assert_int_equal(insert(f->database, 1), QK_OK);
    qk_database_close(&f->database);
    open_fixture(f);
    assert_int_equal(count_rows(f->database), 1);
}

static void opening_leaves_no_other_files_behind(void **state)
{
    fixture *f = *state;
    size_t files = 0;
    struct dirent *entry;
    DIR *folder;

    open_fixture(f);
    make_table(f->database);
    qk_database_close(&f->database);
    folder = opendir(f->folder);
    while ((entry = readdir(folder)))
        files += entry->d_name[0] != '.';
    closedir(folder);
    assert_int_equal(files, 1);
}

static void a_relative_path_survives_chdir(void **state)
{
    fixture *f = *state;
    char before[300];

    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(f->folder), 0);
    assert_int_equal(qk_database_open("store.db", &f->database), QK_OK);
    assert_int_equal(chdir("/"), 0);
    make_table(f->database);
    assert_int_equal(count_rows(f->database), 0); /* a reader connects only now */
    assert_int_equal(chdir(before), 0);
}

static void opening_a_second_time_in_one_process_keeps_the_locks_of_the_first(void **state)
{
    fixture *f = *state;
    qk_transaction *transaction = NULL;
    pid_t child;

    open_fixture(f);
    make_table(f->database);
    child = fork_child();
    if (child == 0) { /* waits for the parent's lock to be taken, then must not get it */
        char go;
        qk_database_abandon(&f->database);
        if (read(f->pipe[0], &go, 1) != 1)
            _exit(9);
        sqlite3 *other = NULL;
        if (sqlite3_open(f->path, &other) != SQLITE_OK)
            _exit(8);
        int rc = sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL);
        sqlite3_close(other);
        _exit(rc == SQLITE_BUSY ? 0 : 1);
    }
    assert_int_equal(qk_transaction_begin(f->database, true, &transaction), QK_OK);
    qk_database *second = NULL;
    assert_int_equal(qk_database_open(f->path, &second), QK_OK);
    qk_database_close(&second);
    assert_int_equal(write(f->pipe[1], "x", 1), 1);
    assert_int_equal(exit_of(child), 0);
    qk_transaction_end(&transaction);
}

/* ---- refusals at opening ---- */

static void a_missing_folder_is_an_error_with_its_path(void **state)
{
    fixture *f = *state;

    assert_int_equal(qk_database_open("/nonexistent/folder/store.db", &f->database), QK_E_SYSTEM);
    assert_non_null(strstr(qk_failure_last()->words, "/nonexistent/folder/store.db"));
    assert_null(f->database);
}

static void a_folder_is_not_a_database(void **state)
{
    fixture *f = *state;
    char path[300];

    assert_int_equal(qk_database_open(f->folder, &f->database), QK_E_CONFIG);
    snprintf(path, sizeof path, "%s/", f->folder);
    assert_int_equal(qk_database_open(path, &f->database), QK_E_CONFIG);
}

static void a_file_that_is_no_database_is_reported_and_left_alone(void **state)
{
    fixture *f = *state;
    char content[4096];

    memset(content, 'x', sizeof content);
    write_file(f->path, content, sizeof content);
    assert_int_equal(qk_database_open(f->path, &f->database), QK_E_STORE_BROKEN);
    assert_non_null(strstr(qk_failure_last()->words, f->path));
    assert_non_null(strstr(qk_failure_last()->words, "backup"));
    assert_int_equal(size_of(f->path), sizeof content);
}

static void a_damaged_page_is_reported_when_it_is_read(void **state)
{
    fixture *f = *state;
    char garbage[8192];
    int fd;

    open_fixture(f);
    make_table(f->database);
    for (int i = 0; i < 2000; i++)
        assert_int_equal(insert(f->database, i), QK_OK);
    qk_database_close(&f->database);
    memset(garbage, 0xa5, sizeof garbage);
    fd = open(f->path, O_WRONLY);
    for (off_t place = 8192; place < (off_t)size_of(f->path); place += (off_t)sizeof garbage)
        assert_int_equal(pwrite(fd, garbage, sizeof garbage, place), sizeof garbage);
    close(fd);
    open_fixture(f);
    assert_int_equal(try_count_rows(f->database, NULL), QK_E_STORE_BROKEN);
    assert_non_null(strstr(qk_failure_last()->words, "damaged"));
}

/* Root may write everything, so the child becomes somebody else first. */
static void a_read_only_file_can_be_neither_opened_nor_damaged(void **state)
{
    fixture *f = *state;
    pid_t child;

    open_fixture(f);
    make_table(f->database);
    qk_database_close(&f->database);
    assert_int_equal(chmod(f->path, 0400), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(f->path, 65534, 65534), 0);
        assert_int_equal(chown(f->folder, 65534, 65534), 0);
    }
    child = fork_child();
    if (child == 0) {
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(9);
        qk_err err = qk_database_open(f->path, &f->database);
        _exit((int)(err == QK_OK ? insert(f->database, 1) : err));
    }
    assert_int_equal(exit_of(child), QK_E_TOKEN_READ_ONLY);
}

static void network_file_systems_are_known_and_local_ones_pass(void **state)
{
    fixture *f = *state;

    assert_string_equal(qk_sqlite_network_name(0x6969), "NFS");
    assert_string_equal(qk_sqlite_network_name(0xff534d42), "CIFS");
    assert_null(qk_sqlite_network_name(0xef53));     /* ext4 */
    assert_null(qk_sqlite_network_name(0x01021994)); /* tmpfs */
    assert_null(qk_sqlite_network_name(0x58465342)); /* XFS */
    assert_null(qk_sqlite_network_name(0x9123683e)); /* Btrfs */
    assert_int_equal(qk_sqlite_file_check_local(f->folder), QK_OK);
}

/* ---- no space ---- */

/* A limit on file size stands for a full disk. Returns in a child: 0 if the first failure was DEVICE_FULL, nothing of
 * the failed transaction stayed, and writing works again with space. */
static int fill_up(fixture *f)
{
    struct rlimit limit = { 300 * 1024, RLIM_INFINITY };
    int64_t stored = 0;
    qk_err err = QK_OK;

    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    while (stored < 100000 && (err = insert(f->database, stored)) == QK_OK)
        stored++;
    if (err != QK_E_DEVICE_FULL || !strstr(qk_failure_last()->words, f->path))
        return 1;
    if (count_rows(f->database) != stored)
        return 2;
    limit.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_FSIZE, &limit);
    if (insert(f->database, stored) != QK_OK)
        return 3;
    return count_rows(f->database) == stored + 1 ? 0 : 4;
}

static void a_full_disk_is_an_error_and_space_heals_it(void **state)
{
    fixture *f = *state;
    pid_t child = fork_child();

    if (child == 0) {
        open_fixture(f);
        make_table(f->database);
        int code = fill_up(f);
        qk_database_close(&f->database);
        _exit(code);
    }
    assert_int_equal(exit_of(child), 0);
}

/* ---- durability ---- */

/* Writes one row per transaction and reports each on the pipe after its commit. */
static void commit_until_killed(fixture *f)
{
    for (int64_t id = 0;; id++) {
        if (insert(f->database, id) != QK_OK || write(f->pipe[1], &id, sizeof id) != sizeof id)
            _exit(9);
    }
}

static void what_was_committed_survives_kill_9(void **state)
{
    fixture *f = *state;
    int64_t last = -1, id;

    for (int round = 0; round < 5; round++) {
        pid_t child = fork_child();
        if (child == 0) {
            open_fixture(f);
            if (round == 0)
                make_table(f->database);
            else
                run_sql(f->database, "DELETE FROM things");
            commit_until_killed(f);
        }
        last = -1;
        while (last < 50 + 37 * round && read(f->pipe[0], &id, sizeof id) == sizeof id)
            last = id;
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        assert_int_equal(fcntl(f->pipe[0], F_SETFL, O_NONBLOCK), 0);
        while (read(f->pipe[0], &id, sizeof id) == sizeof id)
            last = id;
        assert_int_equal(fcntl(f->pipe[0], F_SETFL, 0), 0);
        open_fixture(f);
        /* One more may have been committed and not reported yet. */
        assert_true(count_rows(f->database) == last + 1 || count_rows(f->database) == last + 2);
        qk_database_close(&f->database);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DATABASE_TEST(all_files_are_0600_whatever_the_umask),
        DATABASE_TEST(a_file_that_others_could_read_is_closed_to_them),
        DATABASE_TEST(rows_are_there_after_closing_and_opening),
        DATABASE_TEST(opening_leaves_no_other_files_behind),
        DATABASE_TEST(a_relative_path_survives_chdir),
        DATABASE_TEST(opening_a_second_time_in_one_process_keeps_the_locks_of_the_first),
        DATABASE_TEST(a_missing_folder_is_an_error_with_its_path),
        DATABASE_TEST(a_folder_is_not_a_database),
        DATABASE_TEST(a_file_that_is_no_database_is_reported_and_left_alone),
        DATABASE_TEST(a_damaged_page_is_reported_when_it_is_read),
        DATABASE_TEST(a_read_only_file_can_be_neither_opened_nor_damaged),
        DATABASE_TEST(network_file_systems_are_known_and_local_ones_pass),
        DATABASE_TEST(a_full_disk_is_an_error_and_space_heals_it),
        DATABASE_TEST(what_was_committed_survives_kill_9),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
