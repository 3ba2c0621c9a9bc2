/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/testing.h"
#include "crypto/crypto.h"
#include "entropy/entropy.h"
#include "module/login/vault.h"

static qk_database *database;

static qk_view so_pin(void)
{
    return QK_VIEW_LITERAL("the officer");
}

static qk_view user_pin(void)
{
    return QK_VIEW_LITERAL("the user");
}

static qk_view wrong_pin(void)
{
    return QK_VIEW_LITERAL("nobody");
}

static qk_err try_pin(qk_user user, qk_view pin)
{
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE;
    return qk_vault_open(database, user, pin, &key);
}

/* `sql` with one number. */
static void run(const char *sql, int64_t number)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    qk_statement *statement = NULL;
    bool row;

    assert_qk_ok(qk_transaction_begin(database, true, &transaction));
    assert_qk_ok(qk_statement_prepare(transaction, sql, &statement));
    qk_statement_bind_int(statement, 1, number);
    assert_qk_ok(qk_statement_step(statement, &row));
    qk_statement_end(&statement);
    assert_qk_ok(qk_transaction_commit(&transaction));
}

static void reset(void)
{
    qk_vault_state fresh = { .serial = "0123456789abcdef", .public_store = { { 1 } }, .private_store = { { 2 } } };

    assert_qk_ok(qk_vault_reset(database, so_pin(), "label", &fresh));
}

/* With both PINs set. */
static void reset_with_user(void)
{
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE;

    reset();
    assert_qk_ok(qk_vault_open(database, QK_SO, so_pin(), &key));
    assert_qk_ok(qk_vault_set_pin(database, QK_USER, user_pin(), &key));
}

static void an_empty_vault_says_so(void **state)
{
    qk_vault_state vault;

    (void)state;
    assert_qk_ok(qk_vault_read(database, &vault));
    assert_false(vault.initialized);
    assert_qk_err(try_pin(QK_SO, so_pin()), QK_E_TOKEN_UNRECOGNIZED);
}

static void both_pins_open_the_same_key(void **state)
{
    QK_OWNED(qk_secret_free) qk_secret of_so = QK_SECRET_NONE, of_user = QK_SECRET_NONE;

    (void)state;
    reset_with_user();
    assert_qk_ok(qk_vault_open(database, QK_SO, so_pin(), &of_so));
    assert_qk_ok(qk_vault_open(database, QK_USER, user_pin(), &of_user));
    assert_int_equal(of_so.len, QK_MASTER_KEY_LEN);
    assert_true(qk_ct_equal(qk_secret_reveal(&of_so), qk_secret_reveal(&of_user)));
}

static void the_user_has_no_pin_at_first(void **state)
{
    qk_vault_state vault;

    (void)state;
    reset();
    assert_qk_ok(qk_vault_read(database, &vault));
    assert_true(vault.initialized && !vault.user_pin_set);
    assert_string_equal(vault.label, "label");
    assert_qk_err(try_pin(QK_USER, user_pin()), QK_E_PIN_NOT_SET);
}

static void a_new_initialisation_makes_a_new_key_and_keeps_the_ids(void **state)
{
    QK_OWNED(qk_secret_free) qk_secret before = QK_SECRET_NONE, after = QK_SECRET_NONE;
    qk_vault_state fresh = { .serial = "another", .public_store = { { 3 } }, .private_store = { { 4 } } }, vault;

    (void)state;
    reset();
    assert_qk_ok(qk_vault_open(database, QK_SO, so_pin(), &before));
    assert_qk_ok(qk_vault_reset(database, so_pin(), "new label", &fresh));
    assert_qk_ok(qk_vault_open(database, QK_SO, so_pin(), &after));
    assert_false(qk_ct_equal(qk_secret_reveal(&before), qk_secret_reveal(&after)));
    assert_qk_ok(qk_vault_read(database, &vault));
    assert_string_equal(vault.label, "new label");
    assert_string_equal(vault.serial, "0123456789abcdef");
    assert_int_equal(vault.public_store.bytes[0], 1);
}

static void pins_have_four_to_255_characters(void **state)
{
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE;
    uint8_t long_pin[256];

    (void)state;
    memset(long_pin, 'x', sizeof long_pin);
    reset();
    assert_qk_ok(qk_vault_open(database, QK_SO, so_pin(), &key));
    assert_qk_err(qk_vault_set_pin(database, QK_USER, QK_VIEW_LITERAL("abc"), &key), QK_E_PIN_LENGTH);
    assert_qk_err(qk_vault_set_pin(database, QK_USER, qk_view_of(long_pin, 256), &key), QK_E_PIN_LENGTH);
    assert_qk_ok(qk_vault_set_pin(database, QK_USER, qk_view_of(long_pin, 255), &key));
    assert_qk_ok(try_pin(QK_USER, qk_view_of(long_pin, 255)));
    assert_qk_err(try_pin(QK_USER, qk_view_of(long_pin, 256)), QK_E_PIN_INCORRECT);
}

static void wraps_cannot_be_exchanged(void **state)
{
    (void)state;
    reset_with_user();
    run("UPDATE vault SET user_wrap = so_wrap WHERE one = ?1", 1);
    assert_qk_err(try_pin(QK_USER, so_pin()), QK_E_PIN_INCORRECT);
}

static void wrong_pins_are_counted_and_a_right_one_sets_back(void **state)
{
    qk_vault_state vault;

    (void)state;
    reset_with_user();
    assert_qk_err(try_pin(QK_USER, wrong_pin()), QK_E_PIN_INCORRECT);
    assert_qk_err(try_pin(QK_USER, wrong_pin()), QK_E_PIN_INCORRECT);
    assert_qk_ok(qk_vault_read(database, &vault));
    assert_int_equal(vault.user_fails, 2);
    assert_int_equal(vault.so_fails, 0);
    assert_qk_ok(try_pin(QK_USER, user_pin()));
    assert_qk_ok(qk_vault_read(database, &vault));
    assert_int_equal(vault.user_fails, 0);
}

static void many_wrong_pins_lock_for_a_while(void **state)
{
    qk_vault_state vault;

    (void)state;
    reset_with_user();
    run("UPDATE vault SET user_fails = 12, user_failed_at = ?1", qk_clock_unix_s());
    assert_qk_err(try_pin(QK_USER, user_pin()), QK_E_PIN_LOCKED); /* the right one too */
    assert_qk_ok(qk_vault_read(database, &vault));
    assert_true(vault.user_waits && !vault.so_waits);
    assert_int_equal(vault.user_fails, 12); /* refused tries are not counted */
    assert_qk_ok(try_pin(QK_SO, so_pin()));
    run("UPDATE vault SET user_failed_at = ?1", qk_clock_unix_s() - 601);
    assert_qk_ok(try_pin(QK_USER, user_pin()));
}

static void a_clock_that_was_set_back_locks_nobody_out_for_long(void **state)
{
    (void)state;
    reset_with_user();
    run("UPDATE vault SET user_fails = 4, user_failed_at = ?1", qk_clock_unix_s() + 1000000);
    assert_qk_ok(try_pin(QK_USER, user_pin()));
}

static int open_vault(void **state)
{
    if (make_test_folder(state) != 0 || qk_crypto_start() != QK_OK || qk_entropy_start(NULL) != QK_OK)
        return -1;
    return qk_database_open(test_path("vault.db"), &database) == QK_OK && qk_vault_prepare(database) == QK_OK ? 0 : -1;
}

static int close_vault(void **state)
{
    qk_database_close(&database);
    qk_entropy_stop();
    qk_crypto_stop();
    return remove_test_folder(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_vault_says_so),
        cmocka_unit_test(both_pins_open_the_same_key),
        cmocka_unit_test(the_user_has_no_pin_at_first),
        cmocka_unit_test(a_new_initialisation_makes_a_new_key_and_keeps_the_ids),
        cmocka_unit_test(pins_have_four_to_255_characters),
        cmocka_unit_test(wraps_cannot_be_exchanged),
        cmocka_unit_test(wrong_pins_are_counted_and_a_right_one_sets_back),
        cmocka_unit_test(many_wrong_pins_lock_for_a_while),
        cmocka_unit_test(a_clock_that_was_set_back_locks_nobody_out_for_long),
    };

    return cmocka_run_group_tests(tests, open_vault, close_vault);
}
