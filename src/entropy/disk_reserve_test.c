/* SPDX-License-Identifier: Apache-2.0 */
#include "base/testing.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/crypto.h"
#include "entropy/disk_reserve.h"

enum { SLOTS = 3, SIZE = QK_DISK_HEADER + SLOTS * QK_SLOT_SEALED };

static qk_disk_reserve disk;

static int start(void **state)
{
    return make_test_folder(state) == 0 && qk_crypto_start() == QK_OK ? 0 : -1;
}

static int stop(void **state)
{
    qk_crypto_stop();
    return remove_test_folder(state);
}

static int clean_up(void **state)
{
    (void)state;
    qk_disk_reserve_done(&disk);
    return 0;
}

static void open_reserve(uint64_t size)
{
    static char path[192];
    uint8_t key[QK_BLOCK_LEN] = "a key";

    snprintf(path, sizeof path, "%s/reserve", test_folder);
    qk_disk_reserve_init(&disk, path, size);
    assert_qk_ok(qk_disk_reserve_set_key(&disk, key));
}

static void fill(uint8_t slot[QK_SLOT_LEN], uint8_t value)
{
    memset(slot, value, QK_SLOT_LEN);
}

static bool put(uint8_t value)
{
    uint8_t slot[QK_SLOT_LEN];

    fill(slot, value);
    return qk_disk_reserve_put(&disk, slot);
}

static void assert_takes(uint8_t value)
{
    uint8_t slot[QK_SLOT_LEN], wanted[QK_SLOT_LEN];

    fill(wanted, value);
    assert_true(qk_disk_reserve_take(&disk, slot));
    assert_memory_equal(slot, wanted, sizeof slot);
}

static void assert_message(const char *part)
{
    char message[200];

    qk_disk_reserve_message(&disk, message, sizeof message);
    if (!strstr(message, part))
        fail_msg("\"%s\" does not say \"%s\"", message, part);
}

static void assert_without(const char *part)
{
    assert_message(part);
    assert_false(qk_disk_reserve_has_room(&disk));
    assert_false(put(1));
}

/* ---- what it keeps ---- */

static void slots_come_back_once_and_in_order(void **state)
{
    uint8_t slot[QK_SLOT_LEN];

    (void)state;
    open_reserve(SIZE);
    assert_message("");
    for (uint8_t round = 0; round < 4; round++) {
        assert_true(put((uint8_t)(1 + round)));
        assert_true(put((uint8_t)(101 + round)));
        assert_takes((uint8_t)(1 + round));
        assert_takes((uint8_t)(101 + round));
        assert_false(qk_disk_reserve_take(&disk, slot));
    }
}

static void a_full_reserve_takes_no_more(void **state)
{
    (void)state;
    open_reserve(SIZE);
    for (uint8_t i = 0; i < SLOTS; i++)
        assert_true(put(i));
    assert_false(qk_disk_reserve_has_room(&disk));
    assert_false(put(9));
    assert_takes(0);
    assert_true(put(9));
}

static qk_buf read_reserve(void)
{
    qk_buf content = QK_BUF_NONE;

    assert_qk_ok(qk_file_read(test_path("reserve"), 1 << 20, &content));
    return content;
}

static void the_file_is_private_and_says_nothing(void **state)
{
    static const uint8_t pattern[16] = { 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7 };
    struct stat info;

    (void)state;
    open_reserve(SIZE);
    assert_true(put(7));
    assert_true(put(7));
    assert_int_equal(stat(test_path("reserve"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    QK_OWNED(qk_buf_done) qk_buf content = read_reserve();
    assert_null(memmem(content.data, content.len, pattern, sizeof pattern));
    /* equal contents are sealed differently */
    assert_memory_not_equal(content.data + QK_DISK_HEADER, content.data + QK_DISK_HEADER + QK_SLOT_SEALED, 64);
}

static void what_was_taken_is_erased(void **state)
{
    (void)state;
    open_reserve(SIZE);
    assert_true(put(7));
    assert_takes(7);
    QK_OWNED(qk_buf_done) qk_buf content = read_reserve();
    assert_true(qk_view_is_zero(qk_view_slice(qk_buf_view(&content), QK_DISK_HEADER, QK_SLOT_SEALED)));
}

static void the_file_goes_with_the_reserve(void **state)
{
    (void)state;
    open_reserve(SIZE);
    assert_true(qk_file_exists(test_path("reserve")));
    qk_disk_reserve_done(&disk);
    assert_false(qk_file_exists(test_path("reserve")));
}

/* ---- what it finds ---- */

/* As after kill -9. */
static void leave_a_file_behind(void)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        open_reserve(SIZE);
        _exit(put(5) && put(6) ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(qk_file_exists(test_path("reserve")));
}

static void what_a_dead_process_left_is_erased_unread(void **state)
{
    uint8_t slot[QK_SLOT_LEN];
    struct stat info;

    (void)state;
    leave_a_file_behind();
    open_reserve(SIZE);
    assert_message("");
    assert_false(qk_disk_reserve_take(&disk, slot));
    assert_int_equal(stat(test_path("reserve"), &info), 0);
    assert_int_equal(info.st_size, QK_DISK_HEADER);
}

static void a_foreign_file_stays_as_it_is(void **state)
{
    (void)state;
    assert_qk_ok(qk_file_write(test_path("reserve"), 0600, QK_VIEW_LITERAL("my thesis")));
    open_reserve(SIZE);
    assert_without("not a reserve of ours");
    qk_disk_reserve_done(&disk);
    QK_OWNED(qk_buf_done) qk_buf content = read_reserve();
    assert_true(qk_view_equal(qk_buf_view(&content), QK_VIEW_LITERAL("my thesis")));
    unlink(test_path("reserve"));
}

static void a_symbolic_link_is_not_followed(void **state)
{
    (void)state;
    assert_qk_ok(qk_file_write(test_path("target"), 0600, QK_VIEW_LITERAL("my thesis")));
    assert_int_equal(symlink(test_path("target"), test_path("reserve")), 0);
    open_reserve(SIZE);
    assert_without("symbolic link");
    qk_disk_reserve_done(&disk);
    unlink(test_path("reserve"));
}

static void a_hard_link_is_not_ours(void **state)
{
    (void)state;
    leave_a_file_behind();
    assert_int_equal(link(test_path("reserve"), test_path("other name")), 0);
    open_reserve(SIZE);
    assert_without("not a reserve of ours");
    unlink(test_path("other name"));
    unlink(test_path("reserve"));
}

static void another_process_keeps_its_file(void **state)
{
    qk_disk_reserve second;
    char path[192], message[200];

    (void)state;
    open_reserve(SIZE);
    snprintf(path, sizeof path, "%s/reserve", test_folder);
    qk_disk_reserve_init(&second, path, SIZE);
    qk_disk_reserve_message(&second, message, sizeof message);
    assert_non_null(strstr(message, "another process"));
    qk_disk_reserve_done(&second);
    assert_true(put(3));
    assert_takes(3);
}

static void a_missing_folder_is_told(void **state)
{
    (void)state;
    qk_disk_reserve_init(&disk, "/nowhere/at/all", SIZE);
    assert_message("No such file");
    assert_false(qk_disk_reserve_has_room(&disk));
}

static void a_folder_is_told(void **state)
{
    (void)state;
    qk_disk_reserve_init(&disk, test_folder, SIZE);
    assert_message(test_folder);
    assert_false(qk_disk_reserve_has_room(&disk));
}

static void a_size_that_holds_nothing_is_told(void **state)
{
    (void)state;
    open_reserve(QK_DISK_HEADER);
    assert_without("holds nothing");
}

static void without_a_path_there_is_none_and_nothing_to_tell(void **state)
{
    (void)state;
    qk_disk_reserve_init(&disk, NULL, 0);
    assert_message("");
    assert_false(qk_disk_reserve_has_room(&disk));
}

/* ---- trouble ---- */

static void a_damaged_slot_is_dropped(void **state)
{
    uint8_t slot[QK_SLOT_LEN];
    uint8_t bit = 1;
    int fd;

    (void)state;
    open_reserve(SIZE);
    assert_true(put(1));
    assert_true(put(2));
    fd = open(test_path("reserve"), O_WRONLY);
    assert_int_equal(pwrite(fd, &bit, 1, QK_DISK_HEADER + 100), 1);
    close(fd);
    assert_false(qk_disk_reserve_take(&disk, slot));
    assert_message("damaged");
    assert_takes(2);
}

static void a_truncated_file_is_told(void **state)
{
    uint8_t slot[QK_SLOT_LEN];

    (void)state;
    open_reserve(SIZE);
    assert_true(put(1));
    assert_int_equal(truncate(test_path("reserve"), QK_DISK_HEADER), 0);
    assert_false(qk_disk_reserve_take(&disk, slot));
    assert_message("damaged");
}

/* A limit on the size of files stands for a full disk: it works without privileges. */
static void a_full_disk_is_told_and_what_is_there_still_comes(void **state)
{
    struct rlimit before, small;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    open_reserve(SIZE);
    assert_true(put(1));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = QK_DISK_HEADER + QK_SLOT_SEALED + 100;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_false(put(2));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_message("cannot be written");
    assert_false(qk_disk_reserve_has_room(&disk)); /* not asked again at once */
    assert_takes(1);
    disk.retry_ms = 0;
    assert_true(put(3));
    assert_message("");
    assert_takes(3);
}

static void what_is_thrown_away_cannot_be_taken(void **state)
{
    uint8_t slot[QK_SLOT_LEN], key[QK_BLOCK_LEN] = "another key";
    struct stat info;

    (void)state;
    open_reserve(SIZE);
    assert_true(put(1));
    assert_true(put(2));
    qk_disk_reserve_empty(&disk);
    assert_false(qk_disk_reserve_take(&disk, slot));
    assert_false(qk_disk_reserve_has_key(&disk));
    assert_int_equal(fstat(disk.fd, &info), 0);
    assert_int_equal(info.st_size, QK_DISK_HEADER);
    assert_qk_ok(qk_disk_reserve_set_key(&disk, key));
    assert_true(put(3));
    assert_takes(3);
}

static void without_a_key_nothing_is_written(void **state)
{
    char path[192];
    uint8_t slot[QK_SLOT_LEN] = { 1 };

    (void)state;
    snprintf(path, sizeof path, "%s/reserve", test_folder);
    qk_disk_reserve_init(&disk, path, SIZE);
    assert_false(qk_disk_reserve_has_key(&disk));
    assert_false(qk_disk_reserve_put(&disk, slot));
    qk_disk_reserve_done(&disk);
}

#define CASE(test) cmocka_unit_test_teardown(test, clean_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(slots_come_back_once_and_in_order),
        CASE(a_full_reserve_takes_no_more),
        CASE(the_file_is_private_and_says_nothing),
        CASE(what_was_taken_is_erased),
        CASE(the_file_goes_with_the_reserve),
        CASE(what_a_dead_process_left_is_erased_unread),
        CASE(a_foreign_file_stays_as_it_is),
        CASE(a_symbolic_link_is_not_followed),
        CASE(a_hard_link_is_not_ours),
        CASE(another_process_keeps_its_file),
        CASE(a_missing_folder_is_told),
        CASE(a_folder_is_told),
        CASE(a_size_that_holds_nothing_is_told),
        CASE(without_a_path_there_is_none_and_nothing_to_tell),
        CASE(a_damaged_slot_is_dropped),
        CASE(a_truncated_file_is_told),
        CASE(a_full_disk_is_told_and_what_is_there_still_comes),
        CASE(what_is_thrown_away_cannot_be_taken),
        CASE(without_a_key_nothing_is_written),
    };
    return cmocka_run_group_tests_name("disk_reserve", tests, start, stop);
}
