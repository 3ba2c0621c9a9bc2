/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/wait.h>

#include "base/file.h"
#include "iam/entropy_token/entropy_token_fixture.h"

static const int64_t second_ns = 1000000000;

/* ---- texts ---- */

static void a_token_is_a_prefix_and_256_random_bits(void **state)
{
    fixture *f = *state;
    qk_secret one = make_token(f->tokens, plain_record("one")), two = make_token(f->tokens, plain_record("two"));
    qk_view text = qk_secret_reveal(&one);

    assert_int_equal(text.len, 46);
    assert_memory_equal(text.data, "qt_", 3);
    for (size_t i = 3; i < text.len; i++)
        assert_true(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", text.data[i]));
    assert_memory_not_equal(text.data, qk_secret_reveal(&two).data, text.len);
    qk_secret_free(&one);
    qk_secret_free(&two);
}

static bool file_has(const char *path, qk_view needle)
{
    QK_OWNED(qk_buf_done) qk_buf content = QK_BUF_NONE;
    qk_err err = qk_file_read(path, 64 << 20, &content);

    return err == QK_OK && content.len && memmem(content.data, content.len, needle.data, needle.len);
}

static bool database_has(fixture *f, qk_view needle)
{
    char wal[160];

    snprintf(wal, sizeof wal, "%s-wal", f->path);
    return file_has(f->path, needle) || file_has(wal, needle);
}

static void the_database_holds_the_hash_and_not_the_text(void **state)
{
    fixture *f = *state;
    qk_secret text = make_token(f->tokens, plain_record("hidden"));
    uint8_t hash[QK_TOKEN_HASH];

    assert_int_equal(verdict_of(f->tokens, &text), QK_TOKEN_GOOD);
    assert_true(qk_tokens_hash(qk_secret_reveal(&text), hash));
    assert_true(database_has(f, qk_view_of(hash, sizeof hash)));
    assert_false(database_has(f, qk_view_slice(qk_secret_reveal(&text), 3, 43)));
    assert_false(database_has(f, qk_view_slice(qk_secret_reveal(&text), 3, 12)));
    qk_secret_free(&text);
}

static void texts_that_cannot_be_tokens_never_reach_the_database(void **state)
{
    static const char *const texts[] = {
        "",
        "qt_",
        "qt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "qt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "qT_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "eyJhbGciOiJFUzI1NiJ9.e30.AAAAAAAAAAAAAAAAAAAAAA",
    };
    fixture *f = *state;
    qk_token_use *use = NULL;
    bool ask = true;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(qk_tokens_verify(f->tokens, qk_view_text(texts[i]), &use, &ask), QK_TOKEN_INVALID);
        assert_false(ask);
        assert_int_equal(qk_tokens_look_up(f->tokens, qk_view_text(texts[i]), &use), QK_TOKEN_INVALID);
        assert_null(use);
    }
}

/* ---- verdicts ---- */

static void a_good_token_is_known_without_asking(void **state)
{
    fixture *f = *state;
    qk_token_record record = plain_record("good");
    qk_token_use *use = NULL;
    qk_secret text;
    bool ask = true;

    record.scopes = QK_SCOPE_ENTROPY | QK_SCOPE_ADMIN;
    text = make_token(f->tokens, record);
    assert_int_equal(qk_tokens_verify(f->tokens, qk_secret_reveal(&text), &use, &ask), QK_TOKEN_GOOD);
    assert_false(ask);
    assert_int_equal(qk_token_use_scopes(use), QK_SCOPE_ENTROPY | QK_SCOPE_ADMIN);
    assert_string_equal(qk_token_use_name(use), "good");
    qk_token_use_unref(&use);
    assert_null(use);
    qk_secret_free(&text);
}

static void a_changed_character_makes_it_invalid(void **state)
{
    fixture *f = *state;
    qk_secret text = make_token(f->tokens, plain_record("good"));
    qk_token_use *use = NULL;
    char changed[46];

    for (size_t i = 0; i < sizeof changed; i++) {
        memcpy(changed, qk_secret_reveal(&text).data, sizeof changed);
        changed[i] ^= 1;
        now_ns += second_ns;
        assert_qk_ok(qk_tokens_refresh(f->tokens));
        assert_int_equal(verify(f->tokens, qk_view_of(changed, sizeof changed), &use), QK_TOKEN_INVALID);
        assert_null(use);
    }
    qk_secret_free(&text);
}

static void tokens_expire_and_begin_by_the_second(void **state)
{
    fixture *f = *state;
    qk_token_record record = plain_record("short");
    qk_secret text;

    record.not_before_unix_s = now_s + 10;
    record.expires_unix_s = now_s + 20;
    text = make_token(f->tokens, record);
    assert_int_equal(verdict_of(f->tokens, &text), QK_TOKEN_INVALID);
    now_s += 9;
    assert_int_equal(verdict_of(f->tokens, &text), QK_TOKEN_INVALID);
    now_s += 1;
    assert_int_equal(verdict_of(f->tokens, &text), QK_TOKEN_GOOD);
    now_s += 9;
    assert_int_equal(verdict_of(f->tokens, &text), QK_TOKEN_GOOD);
    now_s += 1;
    assert_int_equal(verdict_of(f->tokens, &text), QK_TOKEN_EXPIRED);
    qk_secret_free(&text);
}

static void a_revoked_token_is_refused_at_once_and_its_name_is_free(void **state)
{
    fixture *f = *state;
    qk_secret old = make_token(f->tokens, plain_record("app")), new;

    assert_qk_ok(qk_tokens_revoke(f->tokens, "app"));
    assert_int_equal(verdict_of(f->tokens, &old), QK_TOKEN_REVOKED);
    new = make_token(f->tokens, plain_record("app"));
    assert_int_equal(verdict_of(f->tokens, &new), QK_TOKEN_GOOD);
    assert_int_equal(verdict_of(f->tokens, &old), QK_TOKEN_REVOKED);
    qk_secret_free(&old);
    qk_secret_free(&new);
}

static void tokens_outlive_the_process(void **state)
{
    fixture *f = *state;
    qk_token_record record = plain_record("kept");
    qk_secret text, gone = make_token(f->tokens, plain_record("gone"));
    qk_token_use *use;

    record.allotment_bytes = 1000;
    text = make_token(f->tokens, record);
    assert_qk_ok(qk_tokens_revoke(f->tokens, "gone"));
    use = use_of(f->tokens, &text);
    assert_true(qk_token_use_take(use, 700));
    qk_tokens_close(&f->tokens); /* writes the count */
    qk_token_use_unref(&use);    /* which may come late */
    f->tokens = open_tokens(f->database);
    use = use_of(f->tokens, &text);
    assert_false(qk_token_use_take(use, 301));
    assert_true(qk_token_use_take(use, 300));
    qk_token_use_unref(&use);
    assert_int_equal(verdict_of(f->tokens, &gone), QK_TOKEN_REVOKED);
    qk_secret_free(&text);
    qk_secret_free(&gone);
}

/* ---- unknown texts ---- */

static void invent(char text[46], unsigned number)
{
    char whole[64];

    snprintf(whole, sizeof whole, "qt_%043u", number);
    memcpy(text, whole, 46);
}

static void random_texts_do_not_cost_a_question_each(void **state)
{
    fixture *f = *state;
    qk_token_use *use = NULL;
    unsigned asked = 0;
    char text[46];
    bool ask;

    for (unsigned i = 0; i < 100000; i++) {
        invent(text, i);
        assert_int_equal(qk_tokens_verify(f->tokens, qk_view_of(text, 46), &use, &ask), QK_TOKEN_UNKNOWABLE);
        if (!ask)
            continue;
        asked++;
        assert_int_equal(qk_tokens_look_up(f->tokens, qk_view_of(text, 46), &use), QK_TOKEN_INVALID);
    }
    assert_int_equal(asked, 100);
    assert_int_equal(qk_tokens_look_up(f->tokens, qk_view_of(text, 46), &use), QK_TOKEN_UNKNOWABLE);
    now_ns += second_ns; /* later some more */
    for (unsigned i = 0; i < 1000; i++) {
        invent(text, 200000 + i);
        asked += qk_tokens_look_up(f->tokens, qk_view_of(text, 46), &use) == QK_TOKEN_INVALID;
    }
    assert_int_equal(asked, 150);
}

static void a_text_that_was_asked_for_is_not_asked_for_again(void **state)
{
    fixture *f = *state;
    qk_token_use *use = NULL;
    bool ask = false;
    char text[46];

    invent(text, 7);
    assert_int_equal(qk_tokens_verify(f->tokens, qk_view_of(text, 46), &use, &ask), QK_TOKEN_UNKNOWABLE);
    assert_true(ask);
    assert_int_equal(qk_tokens_look_up(f->tokens, qk_view_of(text, 46), &use), QK_TOKEN_INVALID);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(qk_tokens_verify(f->tokens, qk_view_of(text, 46), &use, &ask), QK_TOKEN_INVALID);
        assert_false(ask);
    }
}

/* ---- beside others ---- */

static void another_instance_finds_new_tokens_at_once_and_revocations_by_refresh(void **state)
{
    fixture *f = *state;
    qk_database *database = NULL;
    qk_tokens *other;
    qk_secret text;

    assert_qk_ok(qk_database_open(f->path, &database));
    other = open_tokens(database);
    text = make_token(other, plain_record("beside"));
    assert_int_equal(verdict_of(f->tokens, &text), QK_TOKEN_GOOD);
    assert_qk_ok(qk_tokens_revoke(other, "beside"));
    assert_int_equal(verdict_of(f->tokens, &text), QK_TOKEN_GOOD); /* not seen yet */
    assert_qk_ok(qk_tokens_refresh(f->tokens));
    assert_int_equal(verdict_of(f->tokens, &text), QK_TOKEN_REVOKED);
    qk_tokens_close(&other);
    qk_database_close(&database);
    qk_secret_free(&text);
}

static void counts_of_two_instances_add_up(void **state)
{
    fixture *f = *state;
    qk_token_record record = plain_record("shared");
    qk_token_use *here, *there;
    qk_tokens *other;
    qk_secret text;

    record.allotment_bytes = 1000;
    text = make_token(f->tokens, record);
    other = open_tokens(f->database);
    here = use_of(f->tokens, &text);
    there = use_of(other, &text);
    assert_true(qk_token_use_take(here, 300));
    assert_true(qk_token_use_take(there, 500));
    assert_qk_ok(qk_tokens_refresh(f->tokens));
    assert_qk_ok(qk_tokens_refresh(other));
    assert_int_equal(record_of(f->tokens, "shared").used_bytes, 800);
    assert_false(qk_token_use_take(there, 201));
    assert_true(qk_token_use_take(here, 1)); /* this one learns of the other's when it writes its own */
    assert_qk_ok(qk_tokens_refresh(f->tokens));
    assert_false(qk_token_use_take(here, 200));
    assert_true(qk_token_use_take(here, 199));
    qk_token_use_unref(&here);
    qk_token_use_unref(&there);
    qk_tokens_close(&other);
    qk_secret_free(&text);
}

static void wait_for_byte(int fd)
{
    char byte;

    if (read(fd, &byte, 1) != 1)
        _exit(9);
}

/* The command line beside the server: makes a token when told, and revokes it when told again. */
static void be_command_line(const char *path, int orders, int answers)
{
    qk_token_record record = plain_record("from-outside");
    qk_database *database = NULL;
    qk_tokens *tokens;
    qk_secret text = QK_SECRET_NONE;

    qk_entropy_abandon();
    qk_crypto_abandon();
    wait_for_byte(orders);
    if (start_crypto(NULL) != 0 || qk_database_open(path, &database) != QK_OK)
        _exit(1);
    tokens = open_tokens(database);
    if (qk_tokens_create(tokens, &record, &text) != QK_OK)
        _exit(2);
    if (write(answers, qk_secret_reveal(&text).data, text.len) != (ssize_t)text.len)
        _exit(3);
    wait_for_byte(orders);
    if (qk_tokens_revoke(tokens, "from-outside") != QK_OK)
        _exit(4);
    qk_tokens_close(&tokens);
    qk_database_close(&database);
    _exit(write(answers, "!", 1) == 1 ? 0 : 5);
}

static void another_process_makes_and_revokes_tokens_beside_us(void **state)
{
    fixture *f = *state;
    int orders[2], answers[2], status = 0;
    qk_token_use *use = NULL;
    char text[46], byte;
    pid_t child;

    assert_int_equal(pipe(orders), 0);
    assert_int_equal(pipe(answers), 0);
    qk_tokens_close(&f->tokens);
    qk_database_close(&f->database); /* the child inherits no connection */
    child = fork();
    if (child == 0)
        be_command_line(f->path, orders[0], answers[1]);
    close(orders[0]);
    close(answers[1]); /* a child that dies is an end, not a wait */
    assert_qk_ok(qk_database_open(f->path, &f->database));
    f->tokens = open_tokens(f->database);
    assert_int_equal(write(orders[1], "!", 1), 1);
    assert_int_equal(read(answers[0], text, sizeof text), sizeof text);
    assert_int_equal(verify(f->tokens, qk_view_of(text, sizeof text), &use), QK_TOKEN_GOOD);
    qk_token_use_unref(&use);
    assert_int_equal(write(orders[1], "!", 1), 1);
    assert_int_equal(read(answers[0], &byte, 1), 1);
    assert_qk_ok(qk_tokens_refresh(f->tokens));
    assert_int_equal(verify(f->tokens, qk_view_of(text, sizeof text), &use), QK_TOKEN_REVOKED);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(orders[1]);
    close(answers[0]);
}

/* ---- a database that does not answer ---- */

static void run_sql(fixture *f, const char *sql)
{
    qk_transaction *transaction = NULL;
    qk_statement *statement = NULL;

    assert_qk_ok(qk_transaction_begin(f->database, true, &transaction));
    assert_qk_ok(qk_statement_prepare(transaction, sql, &statement));
    assert_qk_ok(qk_statement_run(statement));
    qk_statement_end(&statement);
    assert_qk_ok(qk_transaction_commit(&transaction));
}

static void what_the_database_cannot_say_is_unknowable_and_never_invalid(void **state)
{
    fixture *f = *state;
    qk_secret known = make_token(f->tokens, plain_record("known"));
    qk_token_use *use = NULL;
    char text[46];

    invent(text, 3);
    run_sql(f, "ALTER TABLE entropy_tokens RENAME TO elsewhere");
    assert_int_equal(verify(f->tokens, qk_view_of(text, 46), &use), QK_TOKEN_UNKNOWABLE);
    assert_int_equal(verdict_of(f->tokens, &known), QK_TOKEN_GOOD); /* memory serves on */
    run_sql(f, "ALTER TABLE elsewhere RENAME TO entropy_tokens");
    assert_int_equal(verify(f->tokens, qk_view_of(text, 46), &use), QK_TOKEN_INVALID);
    qk_secret_free(&known);
}

static void after_ten_seconds_without_the_database_nobody_is_let_in(void **state)
{
    fixture *f = *state;
    qk_secret known = make_token(f->tokens, plain_record("known"));

    run_sql(f, "ALTER TABLE entropy_token_changes RENAME TO elsewhere");
    for (int i = 0; i < 9; i++) {
        now_ns += second_ns;
        assert_int_not_equal(qk_tokens_refresh(f->tokens), QK_OK);
        assert_int_equal(verdict_of(f->tokens, &known), QK_TOKEN_GOOD);
    }
    now_ns += second_ns;
    assert_int_equal(verdict_of(f->tokens, &known), QK_TOKEN_UNKNOWABLE);
    run_sql(f, "ALTER TABLE elsewhere RENAME TO entropy_token_changes");
    now_ns += second_ns;
    assert_int_equal(verdict_of(f->tokens, &known), QK_TOKEN_GOOD); /* asked by the look-up itself */
    qk_secret_free(&known);
}

/* While another program holds the database's write lock, new tokens are found all the same. */
static void a_writer_elsewhere_does_not_hold_up_look_ups(void **state)
{
    fixture *f = *state;
    qk_transaction *writing = NULL;
    qk_database *database = NULL;
    qk_tokens *other;
    qk_secret text;

    assert_qk_ok(qk_database_open(f->path, &database));
    other = open_tokens(database);
    text = make_token(other, plain_record("new"));
    assert_qk_ok(qk_transaction_begin(database, true, &writing));
    assert_int_equal(verdict_of(f->tokens, &text), QK_TOKEN_GOOD);
    qk_transaction_end(&writing);
    qk_tokens_close(&other);
    qk_database_close(&database);
    qk_secret_free(&text);
}

static void counts_that_could_not_be_written_are_written_later(void **state)
{
    fixture *f = *state;
    qk_secret text = make_token(f->tokens, plain_record("counted"));
    qk_token_use *use = use_of(f->tokens, &text);

    assert_true(qk_token_use_take(use, 5));
    run_sql(f, "ALTER TABLE entropy_tokens RENAME TO elsewhere");
    assert_int_not_equal(qk_tokens_refresh(f->tokens), QK_OK);
    run_sql(f, "ALTER TABLE elsewhere RENAME TO entropy_tokens");
    assert_true(qk_token_use_take(use, 6));
    assert_qk_ok(qk_tokens_refresh(f->tokens));
    assert_qk_ok(qk_tokens_refresh(f->tokens));
    assert_int_equal(record_of(f->tokens, "counted").total_bytes, 11);
    qk_token_use_unref(&use);
    qk_secret_free(&text);
}

static void a_row_deleted_by_hand_is_a_revocation(void **state)
{
    fixture *f = *state;
    qk_secret text = make_token(f->tokens, plain_record("deleted"));
    qk_token_use *use = use_of(f->tokens, &text);

    run_sql(f, "DELETE FROM entropy_tokens");
    assert_true(qk_token_use_take(use, 5));
    assert_qk_ok(qk_tokens_refresh(f->tokens));
    assert_int_equal(verdict_of(f->tokens, &text), QK_TOKEN_REVOKED);
    qk_token_use_unref(&use);
    qk_secret_free(&text);
}

/* ---- managing ---- */

static void a_name_in_use_is_refused(void **state)
{
    fixture *f = *state;
    qk_token_record record = plain_record("taken");
    qk_secret text = make_token(f->tokens, record), again = QK_SECRET_NONE;

    assert_qk_err(qk_tokens_create(f->tokens, &record, &again), QK_E_OBJECT_CONFLICT);
    assert_words("taken");
    assert_null(qk_secret_reveal(&again).data);
    assert_int_equal(verdict_of(f->tokens, &text), QK_TOKEN_GOOD);
    qk_secret_free(&text);
}

static void senseless_records_are_refused(void **state)
{
    static const qk_token_record cases[] = {
        { .name = "", .scopes = QK_SCOPE_ENTROPY },
        { .name = "a b", .scopes = QK_SCOPE_ENTROPY },
        { .name = "-a", .scopes = QK_SCOPE_ENTROPY },
        { .name = "a\"b", .scopes = QK_SCOPE_ENTROPY },
        { .name = "a", .scopes = 0 },
        { .name = "a", .scopes = 64 },
        { .name = "a", .scopes = 1, .not_before_unix_s = 20, .expires_unix_s = 20 },
        { .name = "a", .scopes = 1, .expires_unix_s = -1 },
        { .name = "a", .scopes = 1, .rate_requests = 30 },
        { .name = "a", .scopes = 1, .rate_requests = 30, .rate_seconds = 86401 },
        { .name = "a", .scopes = 1, .rate_requests = 1000001, .rate_seconds = 1 },
        { .name = "a", .scopes = 1, .allotment_bytes = UINT64_MAX },
    };
    fixture *f = *state;
    qk_token_record unended = { .scopes = 1 };
    qk_secret text = QK_SECRET_NONE;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (qk_tokens_create(f->tokens, &cases[i], &text) != QK_E_BAD_ARGUMENT)
            fail_msg("case %zu was taken", i);
    memset(unended.name, 'a', sizeof unended.name);
    assert_qk_err(qk_tokens_create(f->tokens, &unended, &text), QK_E_BAD_ARGUMENT);
}

static void revoking_what_is_not_there_says_so(void **state)
{
    fixture *f = *state;
    qk_secret text = make_token(f->tokens, plain_record("once"));

    assert_qk_err(qk_tokens_revoke(f->tokens, "never"), QK_E_OBJECT_MISSING);
    assert_words("never");
    assert_qk_ok(qk_tokens_revoke(f->tokens, "once"));
    assert_qk_err(qk_tokens_revoke(f->tokens, "once"), QK_E_OBJECT_MISSING);
    qk_secret_free(&text);
}

static void the_list_is_complete_and_in_order(void **state)
{
    fixture *f = *state;
    qk_token_record record = plain_record("token-00"), *records = NULL;
    qk_secret text;
    size_t count = 7;

    assert_qk_ok(qk_tokens_list(f->tokens, &records, &count));
    assert_int_equal(count, 0);
    free(records);
    for (unsigned i = 0; i < 40; i++) {
        snprintf(record.name, sizeof record.name, "token-%02u", i);
        record.allotment_bytes = i;
        text = make_token(f->tokens, record);
        qk_secret_free(&text);
    }
    assert_qk_ok(qk_tokens_revoke(f->tokens, "token-03"));
    assert_qk_ok(qk_tokens_list(f->tokens, &records, &count));
    assert_int_equal(count, 40);
    for (unsigned i = 0; i < 40; i++) {
        snprintf(record.name, sizeof record.name, "token-%02u", i);
        assert_string_equal(records[i].name, record.name);
        assert_int_equal(records[i].allotment_bytes, i);
        assert_int_equal(records[i].revoked, i == 3);
        assert_int_equal(records[i].created_unix_s, now_s);
        assert_true(records[i].period_starts_unix_s <= now_s && now_s < records[i].period_ends_unix_s);
    }
    free(records);
}

static void scopes_have_names(void **state)
{
    static const char *const wrong[] = { "", ",", "entropy,", "entropy,,metrics", "Entropy", "all", " entropy" };
    unsigned scopes = 0;

    (void)state;
    assert_qk_ok(qk_scopes_parse("entropy", &scopes));
    assert_int_equal(scopes, QK_SCOPE_ENTROPY);
    assert_qk_ok(qk_scopes_parse("admin,keygen,metrics,entropy", &scopes));
    assert_int_equal(scopes, 15);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_qk_err(qk_scopes_parse(wrong[i], &scopes), QK_E_BAD_ARGUMENT);
    assert_int_equal(scopes, 15);
    assert_string_equal(qk_scope_name(QK_SCOPE_METRICS), "metrics");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TOKEN_TEST(a_token_is_a_prefix_and_256_random_bits),
        TOKEN_TEST(the_database_holds_the_hash_and_not_the_text),
        TOKEN_TEST(texts_that_cannot_be_tokens_never_reach_the_database),
        TOKEN_TEST(a_good_token_is_known_without_asking),
        TOKEN_TEST(a_changed_character_makes_it_invalid),
        TOKEN_TEST(tokens_expire_and_begin_by_the_second),
        TOKEN_TEST(a_revoked_token_is_refused_at_once_and_its_name_is_free),
        TOKEN_TEST(tokens_outlive_the_process),
        TOKEN_TEST(random_texts_do_not_cost_a_question_each),
        TOKEN_TEST(a_text_that_was_asked_for_is_not_asked_for_again),
        TOKEN_TEST(another_instance_finds_new_tokens_at_once_and_revocations_by_refresh),
        TOKEN_TEST(counts_of_two_instances_add_up),
        TOKEN_TEST(another_process_makes_and_revokes_tokens_beside_us),
        TOKEN_TEST(what_the_database_cannot_say_is_unknowable_and_never_invalid),
        TOKEN_TEST(after_ten_seconds_without_the_database_nobody_is_let_in),
        TOKEN_TEST(a_writer_elsewhere_does_not_hold_up_look_ups),
        TOKEN_TEST(counts_that_could_not_be_written_are_written_later),
        TOKEN_TEST(a_row_deleted_by_hand_is_a_revocation),
        TOKEN_TEST(a_name_in_use_is_refused),
        TOKEN_TEST(senseless_records_are_refused),
        TOKEN_TEST(revoking_what_is_not_there_says_so),
        TOKEN_TEST(the_list_is_complete_and_in_order),
        cmocka_unit_test(scopes_have_names),
    };

    return cmocka_run_group_tests(tests, start_crypto, stop_crypto);
}
