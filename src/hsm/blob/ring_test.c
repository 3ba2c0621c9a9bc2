/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/blob/ring.h"
#include "entropy/entropy.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "hsm/testing.h"

static int setup(void **state)
{
    works(qk_crypto_start());
    works(qk_entropy_start(NULL));
    *state = ring_new(1);
    return 0;
}

static int teardown(void **state)
{
    qk_ring *ring = *state;

    qk_ring_free(&ring);
    qk_entropy_stop();
    qk_crypto_stop();
    return 0;
}

static void the_wkid_is_the_start_of_the_keys_sha256(void **state)
{
    uint8_t key[32], pattern[32], wkid[QK_WKID_LEN];

    memset(key, 1, sizeof key);
    works(qk_sha256(qk_view_of(key, sizeof key), pattern));
    assert_true(qk_ring_wkid(*state, QK_UNDER_INSTANCE, wkid));
    assert_memory_equal(wkid, pattern, sizeof wkid);
}

static void an_empty_register_has_no_wkid(void **state)
{
    uint8_t wkid[QK_WKID_LEN];

    assert_false(qk_ring_has(*state, QK_UNDER_USER));
    assert_false(qk_ring_wkid(*state, QK_UNDER_USER, wkid));
}

static void a_cleared_register_is_empty(void **state)
{
    uint8_t mac[32];

    ring_set(*state, QK_UNDER_USER, 7);
    assert_true(qk_ring_has(*state, QK_UNDER_USER));
    qk_ring_clear(*state, QK_UNDER_USER);
    assert_false(qk_ring_has(*state, QK_UNDER_USER));
    refuses(qk_ring_mac(*state, QK_UNDER_USER, QK_PURPOSE_ROW, QK_VIEW_NONE, mac), QK_E_NO_MASTER_KEY);
}

static void a_master_key_has_32_bytes(void **state)
{
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE;
    uint8_t before[QK_WKID_LEN], after[QK_WKID_LEN];

    works(qk_secret_new(16, &key));
    assert_true(qk_ring_wkid(*state, QK_UNDER_INSTANCE, before));
    refuses(qk_ring_set(*state, QK_UNDER_INSTANCE, &key), QK_E_KEY_SIZE);
    assert_true(qk_ring_wkid(*state, QK_UNDER_INSTANCE, after));
    assert_memory_equal(before, after, sizeof before);
}

static void macs_differ_by_purpose_data_and_master_key(void **state)
{
    uint8_t mac[32], other[32];
    qk_view data = QK_VIEW_LITERAL("row");

    works(qk_ring_mac(*state, QK_UNDER_INSTANCE, QK_PURPOSE_ROW, data, mac));
    works(qk_ring_mac(*state, QK_UNDER_INSTANCE, QK_PURPOSE_ROW, data, other));
    assert_memory_equal(mac, other, sizeof mac);
    works(qk_ring_mac(*state, QK_UNDER_INSTANCE, QK_PURPOSE_IAM, data, other));
    assert_memory_not_equal(mac, other, sizeof mac);
    works(qk_ring_mac(*state, QK_UNDER_INSTANCE, QK_PURPOSE_ROW, QK_VIEW_LITERAL("roW"), other));
    assert_memory_not_equal(mac, other, sizeof mac);
    ring_set(*state, QK_UNDER_INSTANCE, 2);
    works(qk_ring_mac(*state, QK_UNDER_INSTANCE, QK_PURPOSE_ROW, data, other));
    assert_memory_not_equal(mac, other, sizeof mac);
}

static void count(void *context)
{
    ++*(int *)context;
}

static void each_change_starts_an_epoch_and_is_told(void **state)
{
    int told = 0;
    qk_ring_watch watch = { .changed = count, .context = &told };
    uint64_t epoch = qk_ring_epoch(*state);

    qk_ring_watch_begin(*state, &watch);
    ring_set(*state, QK_UNDER_USER, 3);
    assert_true(qk_ring_epoch(*state) > epoch);
    epoch = qk_ring_epoch(*state);
    qk_ring_clear(*state, QK_UNDER_USER);
    assert_true(qk_ring_epoch(*state) > epoch);
    assert_int_equal(told, 2);
    qk_ring_watch_end(*state, &watch);
    ring_set(*state, QK_UNDER_USER, 3);
    assert_int_equal(told, 2);
}

/* ---- files ---- */

static char folder[64];

static const char *in_folder(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int files_setup(void **state)
{
    (void)state;
    works(qk_crypto_start());
    works(qk_entropy_start(NULL));
    snprintf(folder, sizeof folder, "/tmp/qk-ring-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int files_teardown(void **state)
{
    (void)state;
    unlink(in_folder("key"));
    rmdir(folder);
    qk_entropy_stop();
    qk_crypto_stop();
    return 0;
}

static void a_created_key_file_reads_back_and_is_private(void **state)
{
    QK_OWNED(qk_secret_free) qk_secret made = QK_SECRET_NONE, read = QK_SECRET_NONE;
    struct stat file;

    (void)state;
    works(qk_master_key_create(in_folder("key"), &made));
    works(qk_master_key_load(in_folder("key"), &read));
    assert_int_equal(made.len, QK_MASTER_KEY_LEN);
    assert_true(qk_ct_equal(qk_secret_reveal(&made), qk_secret_reveal(&read)));
    assert_false(qk_view_is_zero(qk_secret_reveal(&made)));
    assert_int_equal(stat(in_folder("key"), &file), 0);
    assert_int_equal(file.st_mode & 0777, 0600);
}

static void a_key_file_is_never_overwritten(void **state)
{
    QK_OWNED(qk_secret_free) qk_secret made = QK_SECRET_NONE, again = QK_SECRET_NONE, read = QK_SECRET_NONE;

    (void)state;
    works(qk_master_key_create(in_folder("key"), &made));
    assert_int_not_equal(qk_master_key_create(in_folder("key"), &again), QK_OK);
    works(qk_master_key_load(in_folder("key"), &read));
    assert_true(qk_ct_equal(qk_secret_reveal(&made), qk_secret_reveal(&read)));
}

static void a_raw_key_file_is_read(void **state)
{
    QK_OWNED(qk_secret_free) qk_secret read = QK_SECRET_NONE;
    uint8_t raw[32];

    (void)state;
    memset(raw, 0xab, sizeof raw);
    works(qk_file_write(in_folder("key"), 0600, qk_view_of(raw, sizeof raw)));
    works(qk_master_key_load(in_folder("key"), &read));
    assert_view_equal(qk_secret_reveal(&read), qk_view_of(raw, sizeof raw));
}

static void a_readable_key_file_is_refused(void **state)
{
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE;

    (void)state;
    works(qk_master_key_create(in_folder("key"), &key));
    assert_int_equal(chmod(in_folder("key"), 0644), 0);
    refuses(qk_master_key_load(in_folder("key"), &key), QK_E_CONFIG);
}

static void what_is_no_key_is_refused(void **state)
{
    static const char *const contents[] = {
        "",
        "secret",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g\n",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 1",
    };
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE;

    (void)state;
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        works(qk_file_write(in_folder("key"), 0600, qk_view_text(contents[i])));
        refuses(qk_master_key_load(in_folder("key"), &key), QK_E_CONFIG);
        assert_int_equal(key.len, 0);
    }
    unlink(in_folder("key"));
    refuses(qk_master_key_load(in_folder("key"), &key), QK_E_OBJECT_MISSING);
}

static void a_master_key_of_zeros_is_refused(void **state)
{
    QK_OWNED(qk_secret_free) qk_secret zeros = QK_SECRET_NONE;
    QK_OWNED(qk_ring_free) qk_ring *ring = NULL;

    (void)state;
    works(qk_secret_new(QK_MASTER_KEY_LEN, &zeros));
    works(qk_ring_new(&ring));
    refuses(qk_ring_set(ring, QK_UNDER_INSTANCE, &zeros), QK_E_KEY_SIZE);
    assert_false(qk_ring_has(ring, QK_UNDER_INSTANCE));
}

/* Its secrets are wiped: sealing under the zeros that are left would be worse than failing. */
static void a_forked_child_has_no_master_key(void **state)
{
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE;
    QK_OWNED(qk_ring_free) qk_ring *ring = NULL;
    uint8_t mac[32];
    int status = 0;
    pid_t child;

    (void)state;
    works(qk_secret_new(QK_MASTER_KEY_LEN, &key));
    memset(qk_secret_fill(&key), 7, QK_MASTER_KEY_LEN);
    works(qk_ring_new(&ring));
    works(qk_ring_set(ring, QK_UNDER_INSTANCE, &key));
    child = fork();
    if (child == 0)
        _exit(qk_ring_mac(ring, QK_UNDER_INSTANCE, QK_PURPOSE_ROW, QK_VIEW_NONE, mac) == QK_E_NO_MASTER_KEY ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    works(qk_ring_mac(ring, QK_UNDER_INSTANCE, QK_PURPOSE_ROW, QK_VIEW_NONE, mac));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_wkid_is_the_start_of_the_keys_sha256, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_register_has_no_wkid, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cleared_register_is_empty, setup, teardown),
        cmocka_unit_test_setup_teardown(a_master_key_has_32_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(macs_differ_by_purpose_data_and_master_key, setup, teardown),
        cmocka_unit_test_setup_teardown(each_change_starts_an_epoch_and_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_master_key_of_zeros_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_forked_child_has_no_master_key, setup, teardown),
        cmocka_unit_test_setup_teardown(a_created_key_file_reads_back_and_is_private, files_setup, files_teardown),
        cmocka_unit_test_setup_teardown(a_key_file_is_never_overwritten, files_setup, files_teardown),
        cmocka_unit_test_setup_teardown(a_raw_key_file_is_read, files_setup, files_teardown),
        cmocka_unit_test_setup_teardown(a_readable_key_file_is_refused, files_setup, files_teardown),
        cmocka_unit_test_setup_teardown(what_is_no_key_is_refused, files_setup, files_teardown),
    };
    return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
