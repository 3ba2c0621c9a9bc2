/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/testing.h"
#include "crypto/crypto.h"
#include "entropy/entropy.h"
#include "seeder/supervisor.h"

static qk_seeder seeder = { .once = true }; /* commands are waited for */

static qk_seed_target target_of(const char *name)
{
    qk_seed_target target = { .config = { .library = "/x.so", .login_type = CKU_USER, .wanted = "a" } };

    target.config.choice = QK_SEED_BY_LABEL;
    target.config.pin_file = test_path("pin");
    snprintf(target.name, sizeof target.name, "%s", name);
    return target;
}

static void write_pin(const char *pin)
{
    unlink(test_path("pin"));
    assert_qk_ok(qk_file_write(test_path("pin"), 0600, qk_view_text(pin)));
}

/* As after a login that was refused. */
static void refuse(qk_seeder *by, qk_seed_target *target, CK_RV code)
{
    QK_OWNED(qk_seed_try_done) qk_seed_try tried = { 0 };

    assert_qk_ok(qk_seed_try_read(&by->hashes, &target->config, &tried));
    qk_seed_latch_set(by, target, code, &tried);
}

static qk_buf read_note(const char *name)
{
    qk_buf note = QK_BUF_NONE;

    assert_qk_ok(qk_file_read(test_path(name), 8192, &note));
    return note;
}

/* As another process, which has hashed nothing. */
static bool is_set_after_restart(const char *name, qk_seed_target *out)
{
    qk_seeder fresh = { .config = seeder.config };
    bool is_set;

    *out = target_of(name);
    is_set = qk_seed_latch_is_set(&fresh, out);
    qk_secret_free(&fresh.hashes.key);
    return is_set;
}

static void a_latch_is_found_by_the_next_process(void **state)
{
    qk_seed_target target = target_of("a/b.c"), again, other;

    (void)state;
    write_pin("wrong");
    assert_false(is_set_after_restart("a/b.c", &again));
    refuse(&seeder, &target, CKR_PIN_LOCKED);
    assert_true(is_set_after_restart("a/b.c", &again));
    assert_int_equal(again.latch.code, CKR_PIN_LOCKED);
    assert_string_equal(again.latch.note, "wrong-pin-a%2fb%2ec");
    assert_false(is_set_after_restart("a_b_c", &other)); /* another name, though it looks alike */
    qk_seed_latch_clear(&seeder, &target);
    assert_false(is_set_after_restart("a/b.c", &again));
}

static void the_same_pin_in_another_file_is_no_new_pin(void **state)
{
    qk_seed_target target = target_of("t"), again;

    (void)state;
    write_pin("wrong\n");
    refuse(&seeder, &target, CKR_PIN_INCORRECT);
    write_pin("wrong\r\nwhatever comes then\n"); /* another file, size and time; the same PIN */
    assert_true(is_set_after_restart("t", &again));
    assert_true(qk_seed_latch_holds(&seeder, &target));
    assert_memory_equal(again.latch.source, target.latch.source, QK_SEED_DIGEST); /* renewed, also on the disk */
    unlink(test_path("pin"));
    assert_true(qk_seed_latch_holds(&seeder, &target)); /* nothing can be seen: nothing is tried */
    assert_true(target.latch.undecided);
    write_pin("other\n");
    assert_false(is_set_after_restart("t", &again));
    assert_false(qk_seed_latch_holds(&seeder, &target));
}

static void another_user_or_token_or_slot_is_another_try(void **state)
{
    qk_seed_target target = target_of("u"), other = target_of("u");

    (void)state;
    write_pin("wrong");
    refuse(&seeder, &target, CKR_PIN_INCORRECT);
    other.config.login_type = CKU_SO;
    assert_false(qk_seed_latch_is_set(&seeder, &other));
    other = target_of("u");
    strcpy(other.config.wanted, "b");
    assert_false(qk_seed_latch_is_set(&seeder, &other));
    other = target_of("u");
    other.config.choice = QK_SEED_BY_SLOT;
    refuse(&seeder, &other, CKR_PIN_INCORRECT);
    other.config.slot_number = 7;
    assert_false(qk_seed_latch_is_set(&seeder, &other));
}

/* As before a login: what the latch says to the PIN that is kept now. */
static CK_RV admit(qk_seed_target *target)
{
    QK_OWNED(qk_seed_try_done) qk_seed_try tried = { 0 };

    assert_qk_ok(qk_seed_try_read(&seeder.hashes, &target->config, &tried));
    return qk_seed_latch_admit(&seeder, target, &tried);
}

static void see(qk_seed_target *target, const char *serial)
{
    snprintf(target->seen.serial, sizeof target->seen.serial, "%s", serial);
    assert_qk_ok(qk_seed_token_digest(&target->config, &target->seen, target->token_key));
}

static void a_command_is_asked_when_a_login_would_be_tried(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf asked = QK_BUF_NONE;
    qk_seed_target target = target_of("c"), again;
    char command[256];

    (void)state;
    write_pin("wrong");
    see(&target, "C1");
    snprintf(command, sizeof command, "echo >>%s; cat %s", test_path("asked"), test_path("pin"));
    target.config.pin_file = NULL;
    target.config.pin_command = command;
    refuse(&seeder, &target, CKR_PIN_INCORRECT);
    again = target;
    target.latched = true;
    seeder.targets = &target;
    seeder.looked_ms = -1000000;
    write_pin("right");
    qk_seed_latches_look(&seeder, 1000000);
    seeder.targets = NULL;
    assert_true(target.latched);
    assert_false(qk_seed_latch_is_set(&seeder, &again)); /* nothing is known before it is asked */
    asked = read_note("asked");
    assert_int_equal(asked.len, 1); /* by the try alone */
    assert_int_equal(admit(&again), CKR_OK);
    write_pin("wrong");
    assert_int_equal(admit(&again), CKR_PIN_INCORRECT);
    assert_string_equal(again.latch.note, "wrong-pin-c");
}

static void a_wrong_pin_is_one_for_every_target_of_the_token(void **state)
{
    qk_seed_target target = target_of("first"), other = target_of("second");

    (void)state;
    write_pin("wrong");
    see(&target, "D1");
    see(&other, "D1");
    refuse(&seeder, &target, CKR_PIN_LOCKED);
    assert_int_equal(admit(&other), CKR_PIN_LOCKED);
    assert_string_equal(other.latch.note, "wrong-pin-first");
    see(&other, "D2"); /* another token */
    assert_int_equal(admit(&other), CKR_OK);
    see(&other, "D1");
    other.config.login_type = CKU_SO; /* another user */
    see(&other, "D1");
    assert_int_equal(admit(&other), CKR_OK);
    other = target_of("second");
    see(&other, "D1");
    write_pin("right"); /* another PIN */
    assert_int_equal(admit(&other), CKR_OK);
    write_pin("wrong");
    other.may_try_low = true; /* the operator's word, but the PIN was wrong since */
    assert_int_equal(admit(&other), CKR_PIN_LOCKED);
    memset(seeder.hashes.salt, 1, sizeof seeder.hashes.salt); /* as after a restart */
    assert_int_equal(admit(&other), CKR_OK);
    other.may_try_low = false;
    assert_int_equal(admit(&other), CKR_OK); /* the note is gone */
}

static void a_login_that_was_never_answered_counts_as_wrong(void **state)
{
    qk_seed_target target = target_of("e"), again;
    qk_seed_try tried = { 0 };

    (void)state;
    write_pin("who knows");
    see(&target, "E1");
    assert_qk_ok(qk_seed_try_read(&seeder.hashes, &target.config, &tried));
    assert_qk_ok(qk_seed_latch_begin(&seeder, &target, &tried));
    assert_true(is_set_after_restart("e", &again));
    assert_int_equal(again.latch.code, QK_SEED_LOGIN_UNFINISHED);
    assert_string_equal(again.latch.note, "trying-pin-e");
    assert_int_equal(admit(&target), QK_SEED_LOGIN_UNFINISHED);
    qk_seed_latch_end(&seeder, &target);
    assert_false(is_set_after_restart("e", &again));
    assert_qk_ok(qk_file_write(test_path("trying-pin-e"), 0600, QK_VIEW_NONE)); /* it was not begun */
    assert_false(is_set_after_restart("e", &again));
    qk_seed_latch_end(&seeder, &target);
    qk_seed_try_done(&tried);
}

static void a_token_is_the_same_by_each_path_of_its_library(void **state)
{
    qk_seed_target target = target_of("g"), other = target_of("h");

    (void)state;
    write_pin("wrong");
    see(&target, "G1");
    refuse(&seeder, &target, CKR_PIN_INCORRECT);
    other.config.library = "/x-2.so";
    see(&other, "G1");
    assert_int_equal(admit(&other), CKR_PIN_INCORRECT);
    see(&target, ""); /* but not without a serial number */
    see(&other, "");
    assert_memory_not_equal(target.token_key, other.token_key, QK_SEED_DIGEST);
    qk_seed_latch_clear(&seeder, &target);
}

static CK_RV admit_pin(qk_seed_target *target, const char *pin)
{
    write_pin(pin);
    return admit(target);
}

static void every_wrong_pin_is_remembered(void **state)
{
    static const char *const pins[] = { "one", "two", "three", "two" };
    qk_seed_target target = target_of("i"), other = target_of("j");

    (void)state;
    see(&target, "I1");
    see(&other, "I1");
    for (size_t i = 0; i < sizeof pins / sizeof pins[0]; i++) {
        write_pin(pins[i]);
        refuse(&seeder, &target, CKR_PIN_INCORRECT);
    }
    assert_int_equal(target.latch.earlier_count, 2);
    for (size_t i = 0; i < sizeof pins / sizeof pins[0]; i++)
        assert_int_equal(admit_pin(&other, pins[i]), CKR_PIN_INCORRECT);
    assert_int_equal(admit_pin(&other, "four"), CKR_OK);
    write_pin("two");
    assert_int_equal(admit(&other), CKR_PIN_INCORRECT);
    write_pin("two"); /* in another file: the note is renewed, with all it knows */
    assert_true(qk_seed_latch_holds(&seeder, &other));
    assert_int_equal(admit_pin(&other, "one"), CKR_PIN_INCORRECT);
    qk_seed_latch_clear(&seeder, &target);
}

static void a_pin_that_works_clears_no_note_that_another_target_needs(void **state)
{
    qk_seed_target target = target_of("k"), other = target_of("l");
    qk_seed_try tried = { 0 };

    (void)state;
    write_pin("wrong");
    see(&target, "K1");
    see(&other, "K1");
    refuse(&seeder, &target, CKR_PIN_INCORRECT);
    write_pin("right");
    assert_qk_ok(qk_seed_try_read(&seeder.hashes, &target.config, &tried));
    target.next = &other;
    seeder.targets = &target;
    qk_seed_latch_prove(&seeder, &target, &tried);
    assert_int_equal(admit_pin(&other, "wrong"), CKR_PIN_INCORRECT);
    other.pin_proven = true; /* nobody is left who may have it */
    qk_seed_latch_prove(&seeder, &target, &tried);
    assert_int_equal(admit_pin(&other, "wrong"), CKR_OK);
    seeder.targets = NULL;
    qk_seed_try_done(&tried);
}

static void what_cannot_be_noted_is_not_begun(void **state)
{
    qk_seeder nowhere = { .config = { .state_folder = "/proc/nowhere" } }, file = { .config = { 0 } };
    qk_seed_target target = target_of("f");
    qk_seed_try tried = { 0 };

    (void)state;
    write_pin("wrong");
    file.config.state_folder = test_path("pin"); /* no folder */
    assert_qk_ok(qk_seed_try_read(&nowhere.hashes, &target.config, &tried));
    assert_int_not_equal(qk_seed_latch_begin(&nowhere, &target, &tried), QK_OK);
    assert_int_equal(qk_seed_latch_admit(&nowhere, &target, &tried), CKR_OK);
    assert_int_equal(qk_seed_latch_admit(&file, &target, &tried), QK_SEED_STATE_UNWRITABLE);
    qk_seed_try_done(&tried);
    qk_secret_free(&nowhere.hashes.key);
}

static void a_latch_says_nothing_of_the_pin(void **state)
{
    qk_seed_target target = target_of("v");
    struct stat about;
    qk_buf kept;

    (void)state;
    write_pin("wrong-pin-87654321");
    refuse(&seeder, &target, CKR_PIN_INCORRECT);
    kept = read_note("wrong-pin-v");
    assert_null(memmem(kept.data, kept.len, "87654321", 8));
    assert_non_null(strstr(qk_buf_text(&kept), "code 0xa0 CKR_PIN_INCORRECT\n"));
    assert_int_equal(stat(test_path("wrong-pin-v"), &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    qk_buf_done(&kept);
}

static void without_a_place_for_it_the_latch_holds_in_memory(void **state)
{
    qk_seeder nowhere = { .config = { .state_folder = "/proc/nowhere" } };
    qk_seed_target target = target_of("w");

    (void)state;
    write_pin("wrong");
    refuse(&nowhere, &target, CKR_PIN_INCORRECT);
    assert_string_equal(target.latch.note, "");
    write_pin("wrong");
    assert_true(qk_seed_latch_holds(&nowhere, &target));
    target.latched = true;
    nowhere.targets = &target;
    qk_seed_latches_look(&nowhere, 1000000);
    assert_true(target.latched); /* that there is no note says nothing, since there never was one */
    write_pin("right");
    assert_false(qk_seed_latch_holds(&nowhere, &target));
    qk_secret_free(&nowhere.hashes.key);
}

static void a_note_that_is_removed_is_the_operators_word(void **state)
{
    qk_seed_target target = target_of("x");

    (void)state;
    write_pin("wrong");
    refuse(&seeder, &target, CKR_PIN_INCORRECT);
    target.latched = target.off = true;
    seeder.targets = &target;
    seeder.looked_ms = 0;
    qk_seed_latches_look(&seeder, 1000000);
    assert_true(target.latched);
    unlink(test_path("wrong-pin-x"));
    qk_seed_latches_look(&seeder, 1000001); /* not all the time */
    assert_true(target.latched);
    qk_seed_latches_look(&seeder, 1002000);
    seeder.targets = NULL;
    assert_false(target.latched || target.off);
}

static void write_note_text(const char *text)
{
    assert_qk_ok(qk_file_write(test_path("wrong-pin-n"), 0600, qk_view_text(text)));
}

static void a_note_that_nobody_understands_stands_for_a_wrong_pin(void **state)
{
    static const char *const broken[] = { "", "hello\n", "quantoki-seed wrong-pin 2\n",
                                          "library /x.so token a login 1\n", "library /x.so token a login 1\nfile /p" };
    qk_seed_target target = target_of("n"), again;
    qk_buf whole;

    (void)state;
    write_pin("wrong");
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        write_note_text(broken[i]);
        assert_true(is_set_after_restart("n", &again));
        assert_int_equal(again.latch.code, QK_SEED_PIN_REFUSED);
    }
    refuse(&seeder, &target, CKR_PIN_INCORRECT);
    whole = read_note("wrong-pin-n");
    for (size_t len = 0; len < whole.len; len += 7) { /* cut short anywhere */
        char *text = strndup((const char *)whole.data, len);
        write_note_text(text);
        free(text);
        assert_true(is_set_after_restart("n", &again));
        assert_int_equal(again.latch.code, QK_SEED_PIN_REFUSED);
    }
    qk_buf_done(&whole);
    unlink(test_path("wrong-pin-n"));
    assert_int_equal(mkdir(test_path("wrong-pin-n"), 0700), 0); /* cannot be read at all */
    assert_true(is_set_after_restart("n", &again));
    rmdir(test_path("wrong-pin-n"));
}

static void a_note_of_the_first_version_is_understood(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf note = QK_BUF_NONE;
    qk_seed_target target = target_of("n"), again;

    (void)state;
    write_pin("wrong");
    qk_buf_put_text(&note, "library /x.so token a login 1\n");
    qk_seed_source_put(&target.config, &note);
    write_note_text(qk_buf_text(&note));
    assert_true(is_set_after_restart("n", &again));
    assert_int_equal(again.latch.code, QK_SEED_PIN_REFUSED); /* it does not say which code it was */
    write_pin("wrong");                                      /* nor which PIN */
    assert_false(is_set_after_restart("n", &again));
    target.config.login_type = CKU_SO;
    assert_false(qk_seed_latch_is_set(&seeder, &target));
    unlink(test_path("wrong-pin-n"));
}

static void the_longest_name_has_a_note(void **state)
{
    char name[130];
    qk_seed_target target, again;

    (void)state;
    memset(name, '/', sizeof name - 1);
    name[sizeof name - 1] = 0;
    target = target_of(name);
    write_pin("wrong");
    refuse(&seeder, &target, CKR_PIN_INCORRECT);
    assert_int_equal(target.latch.note[0], 'w');
    assert_true(is_set_after_restart(name, &again));
    name[128] = 'x'; /* what differs at the end alone is another */
    assert_false(is_set_after_restart(name, &again));
}

static int start(void **state)
{
    if (make_test_folder(state) != 0 || qk_crypto_start() != QK_OK || qk_entropy_start(NULL) != QK_OK)
        return -1;
    seeder.config.state_folder = test_folder;
    return 0;
}

static int stop(void **state)
{
    qk_secret_free(&seeder.hashes.key);
    return remove_test_folder(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_latch_is_found_by_the_next_process),
        cmocka_unit_test(the_same_pin_in_another_file_is_no_new_pin),
        cmocka_unit_test(another_user_or_token_or_slot_is_another_try),
        cmocka_unit_test(a_command_is_asked_when_a_login_would_be_tried),
        cmocka_unit_test(a_wrong_pin_is_one_for_every_target_of_the_token),
        cmocka_unit_test(a_login_that_was_never_answered_counts_as_wrong),
        cmocka_unit_test(a_token_is_the_same_by_each_path_of_its_library),
        cmocka_unit_test(every_wrong_pin_is_remembered),
        cmocka_unit_test(a_pin_that_works_clears_no_note_that_another_target_needs),
        cmocka_unit_test(what_cannot_be_noted_is_not_begun),
        cmocka_unit_test(a_latch_says_nothing_of_the_pin),
        cmocka_unit_test(without_a_place_for_it_the_latch_holds_in_memory),
        cmocka_unit_test(a_note_that_is_removed_is_the_operators_word),
        cmocka_unit_test(a_note_that_nobody_understands_stands_for_a_wrong_pin),
        cmocka_unit_test(a_note_of_the_first_version_is_understood),
        cmocka_unit_test(the_longest_name_has_a_note),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
