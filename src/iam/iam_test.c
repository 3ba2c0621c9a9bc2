/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/iam_fixture.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

/* Somebody with the database alone. */
static void tamper(fixture *f, const char *sql)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_true(sqlite3_changes(db) > 0);
    sqlite3_close(db);
}

static qk_err login(fixture *f, qk_view key)
{
    qk_token_answer answer;
    return qk_iam_login(f->iam, key, &f->arena, &answer);
}

static qk_err verify(qk_iam *iam, qk_view token)
{
    qk_caller caller;
    return qk_iam_verify(iam, token, &caller);
}

/* ---- identities and API keys ---- */

static void an_api_key_has_44_characters_and_is_not_in_the_database(void **state)
{
    fixture *f = *state;
    QK_OWNED(qk_secret_free) qk_secret key = make_api_key(f, "app");
    QK_OWNED(qk_secret_free) qk_secret other = make_api_key(f, "app");
    qk_view text = qk_secret_reveal(&key);
    static char file[4 << 20];
    FILE *stream;
    size_t len;

    assert_int_equal(text.len, 44);
    assert_false(qk_view_equal(text, qk_secret_reveal(&other)));
    qk_iam_close(&f->iam);
    qk_database_close(&f->database); /* so that all is in the one file */
    stream = fopen(f->path, "r");
    len = fread(file, 1, sizeof file, stream);
    fclose(stream);
    assert_true(len > 0);
    assert_null(memmem(file, len, text.data, text.len));
}

static void bad_identities_are_refused(void **state)
{
    fixture *f = *state;
    static const char *const names[] = {
        "", "-a", "a b", "a\n", "a/b", "ä", "0123456789012345678901234567890123456789012345678901234567890123"
    };
    qk_uuid keystores[9] = { { { 1 } } };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_err(qk_iam_create_identity(f->iam, names[i], QK_ROLE_CRYPTO_OPERATOR, 0, NULL, 0), QK_E_BAD_ARGUMENT);
    assert_err(qk_iam_create_identity(f->iam, "a", 64, 0, NULL, 0), QK_E_BAD_ARGUMENT);
    assert_err(qk_iam_create_identity(f->iam, "a", 0, QK_ROLE_KEY_OPERATOR, NULL, 0), QK_E_BAD_ARGUMENT);
    assert_err(qk_iam_create_identity(f->iam, "a", 0, QK_ROLE_KEY_OPERATOR, keystores, 9), QK_E_BAD_ARGUMENT);
    assert_err(qk_iam_create_identity(f->iam, "a", 0, 0, keystores, 1), QK_E_BAD_ARGUMENT);
}

static void an_identity_exists_once(void **state)
{
    fixture *f = *state;

    assert_ok(qk_iam_create_identity(f->iam, "so@example.com", QK_ROLE_CRYPTO_OPERATOR, 0, NULL, 0));
    assert_err(qk_iam_create_identity(f->iam, "so@example.com", QK_ROLE_KEY_OPERATOR, 0, NULL, 0),
               QK_E_OBJECT_CONFLICT);
}

static void a_key_needs_an_identity(void **state)
{
    fixture *f = *state;
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE;
    char description[300];

    assert_err(qk_iam_create_api_key(f->iam, "nobody", "", &key), QK_E_OBJECT_MISSING);
    assert_err(qk_iam_revoke(f->iam, "nobody"), QK_E_OBJECT_MISSING);
    memset(description, 'd', sizeof description - 1);
    description[sizeof description - 1] = 0;
    assert_ok(qk_iam_create_identity(f->iam, "app", 0, 0, NULL, 0));
    assert_err(qk_iam_create_api_key(f->iam, "app", description, &key), QK_E_BAD_ARGUMENT);
    assert_int_equal(key.len, 0);
}

/* ---- login ---- */

static void a_key_is_exchanged_for_a_token(void **state)
{
    fixture *f = *state;
    QK_OWNED(qk_secret_free) qk_secret key = make_api_key(f, "app");
    qk_token_answer answer = { .expires_in_s = 0 };
    qk_caller caller;

    assert_ok(qk_iam_login(f->iam, qk_secret_reveal(&key), &f->arena, &answer));
    assert_int_equal(answer.expires_in_s, 3600);
    assert_int_equal(answer.expiration_unix_s, now_s + 3600);
    assert_ok(qk_iam_verify(f->iam, answer.access_token, &caller));
    assert_string_equal(caller.identity, "app");
    assert_true(caller.actions == qk_role_actions(QK_ROLE_CRYPTO_OPERATOR | QK_ROLE_KEY_OPERATOR));
    assert_true(caller.keystore_actions == 0);
    assert_int_equal(caller.keystore_count, 0);
}

static void roles_on_keystores_reach_the_caller(void **state)
{
    fixture *f = *state;
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE;
    qk_uuid public_keystore = { { 9, 8, 7 } }, other = { { 1 } };
    qk_token_answer answer = { .expires_in_s = 0 };
    qk_caller caller;

    assert_ok(qk_iam_create_identity(f->iam, "anonymous", QK_ROLE_CRYPTO_OPERATOR, QK_ROLE_KEY_OPERATOR,
                                     &public_keystore, 1));
    assert_ok(qk_iam_create_api_key(f->iam, "anonymous", "", &key));
    assert_ok(qk_iam_login(f->iam, qk_secret_reveal(&key), &f->arena, &answer));
    assert_ok(qk_iam_verify(f->iam, answer.access_token, &caller));
    assert_ok(qk_caller_may(&caller, QK_ACTION_SIGN));
    assert_ok(qk_caller_may_in(&caller, QK_ACTION_STORE_KEY, &public_keystore));
    assert_err(qk_caller_may_in(&caller, QK_ACTION_STORE_KEY, &other), QK_E_NOT_AUTHORIZED);
    assert_err(qk_caller_may(&caller, QK_ACTION_CREATE_KEYSTORE), QK_E_NOT_AUTHORIZED);
}

static void a_wrong_key_is_refused(void **state)
{
    fixture *f = *state;
    QK_OWNED(qk_secret_free) qk_secret key = make_api_key(f, "app");
    char longer[1000] = { 0 };

    assert_err(login(f, QK_VIEW_NONE), QK_E_PIN_INCORRECT);
    assert_err(login(f, QK_VIEW_LITERAL("0000000000000000000000000000000000000000000")), QK_E_PIN_INCORRECT);
    assert_err(login(f, qk_view_of(longer, sizeof longer)), QK_E_PIN_INCORRECT);
    assert_err(login(f, qk_view_slice(qk_secret_reveal(&key), 0, key.len - 1)), QK_E_PIN_INCORRECT);
    qk_secret_fill(&key)[10] ^= 1;
    assert_err(login(f, qk_secret_reveal(&key)), QK_E_PIN_INCORRECT);
    qk_secret_fill(&key)[10] ^= 1;
    assert_ok(login(f, qk_secret_reveal(&key)));
}

static void keys_survive_a_restart(void **state)
{
    fixture *f = *state;
    QK_OWNED(qk_secret_free) qk_secret key = make_api_key(f, "app");
    qk_view token = make_token(f, "app");

    qk_iam_close(&f->iam);
    f->iam = open_iam(f);
    assert_ok(login(f, qk_secret_reveal(&key)));
    assert_ok(verify(f->iam, token));
}

static void the_lifetime_of_tokens_can_be_set(void **state)
{
    fixture *f = *state;
    qk_view token;

    qk_iam_set_token_seconds(f->iam, 1);
    token = make_token(f, "app");
    assert_ok(verify(f->iam, token));
    now_s += 1;
    assert_err(verify(f->iam, token), QK_E_NOT_AUTHENTICATED);
}

/* ---- verification ---- */

static void a_token_expires_also_when_it_is_remembered(void **state)
{
    fixture *f = *state;
    qk_view token = make_token(f, "app");

    assert_ok(verify(f->iam, token));
    now_s += 3599;
    assert_ok(verify(f->iam, token));
    now_s += 1;
    assert_err(verify(f->iam, token), QK_E_NOT_AUTHENTICATED);
    assert_non_null(strstr(qk_failure_last()->words, "expired"));
    assert_err(verify(f->iam, token), QK_E_NOT_AUTHENTICATED);
}

static void a_token_from_the_future_is_refused(void **state)
{
    fixture *f = *state;
    qk_view token;

    now_s += 1000;
    token = make_token(f, "app");
    now_s -= 1000;
    assert_err(verify(f->iam, token), QK_E_NOT_AUTHENTICATED);
}

static void a_remembered_token_with_one_character_changed_is_refused(void **state)
{
    fixture *f = *state;
    qk_view token = make_token(f, "app"), changed = QK_VIEW_NONE;

    assert_ok(verify(f->iam, token));
    assert_ok(qk_arena_copy(&f->arena, token, &changed));
    for (size_t i = 0; i < token.len; i += 17) {
        uint8_t *at = (uint8_t *)(uintptr_t)changed.data + i, before = *at;
        *at = before == 'A' ? 'B' : 'A';
        assert_err(verify(f->iam, changed), QK_E_NOT_AUTHENTICATED);
        *at = before;
    }
    assert_ok(verify(f->iam, changed));
}

static void replicas_verify_each_others_tokens(void **state)
{
    fixture *f = *state;
    qk_iam *replica = open_iam(f);
    qk_view token = make_token(f, "app");

    now_ms += 1000; /* the identity is new to the replica */
    assert_ok(verify(replica, token));
    qk_iam_close(&replica);
}

static void another_instance_refuses_the_token(void **state)
{
    fixture *f = *state, *other;
    void *other_state;
    qk_view token = make_token(f, "app");

    assert_int_equal(set_up_fixture(&other_state), 0);
    other = other_state;
    make_token(other, "app");
    assert_err(verify(other->iam, token), QK_E_NOT_AUTHENTICATED);
    tear_down_fixture(&other_state);
}

/* ---- revocation ---- */

static void a_revoked_identity_is_out_at_once(void **state)
{
    fixture *f = *state;
    QK_OWNED(qk_secret_free) qk_secret key = make_api_key(f, "app");
    qk_view remembered = make_token(f, "app"), fresh = make_token(f, "app"), other = make_token(f, "other");

    assert_ok(verify(f->iam, remembered));
    assert_ok(qk_iam_revoke(f->iam, "app"));
    assert_err(verify(f->iam, remembered), QK_E_NOT_AUTHENTICATED);
    assert_non_null(strstr(qk_failure_last()->words, "revoked"));
    assert_err(verify(f->iam, fresh), QK_E_NOT_AUTHENTICATED);
    assert_err(login(f, qk_secret_reveal(&key)), QK_E_PIN_INCORRECT);
    assert_ok(verify(f->iam, other));
    assert_ok(verify(f->iam, make_token(f, "app"))); /* with a new key */
    assert_err(verify(f->iam, remembered), QK_E_NOT_AUTHENTICATED);
}

static void a_revoked_key_cannot_be_made_good_in_the_database(void **state)
{
    fixture *f = *state;
    QK_OWNED(qk_secret_free) qk_secret first = make_api_key(f, "app");
    QK_OWNED(qk_secret_free) qk_secret second = make_api_key(f, "app");

    assert_ok(qk_iam_revoke(f->iam, "app"));
    assert_err(login(f, qk_secret_reveal(&first)), QK_E_PIN_INCORRECT);
    assert_err(login(f, qk_secret_reveal(&second)), QK_E_PIN_INCORRECT);
    tamper(f, "UPDATE iam_api_keys SET revoked = 0");
    assert_err(login(f, qk_secret_reveal(&first)), QK_E_STORE_BROKEN);
}

static void replicas_learn_of_it_within_a_second(void **state)
{
    fixture *f = *state;
    qk_view token = make_token(f, "app");
    qk_iam *replica = open_iam(f);

    assert_ok(verify(replica, token));
    assert_ok(qk_iam_revoke(f->iam, "app"));
    now_ms += 999;
    assert_ok(verify(replica, token)); /* believed for a second without a look-up */
    now_ms += 1;
    assert_err(verify(replica, token), QK_E_NOT_AUTHENTICATED);
    qk_iam_close(&replica);
}

static void without_the_database_tokens_are_believed_for_ten_seconds(void **state)
{
    fixture *f = *state;
    qk_view token = make_token(f, "app");

    assert_ok(verify(f->iam, token));
    tamper(f, "DELETE FROM iam_changes");
    now_ms += 9000;
    assert_ok(verify(f->iam, token));
    now_ms += 1000;
    assert_err(verify(f->iam, token), QK_E_STORE_BROKEN);
    assert_err(verify(f->iam, token), QK_E_STORE_BUSY); /* the next try is a second away */
    tamper(f, "INSERT INTO iam_changes VALUES (1)");
    now_ms += 1000;
    assert_ok(verify(f->iam, token));
}

/* ---- a database in other hands ---- */

static void roles_cannot_be_given_in_the_database(void **state)
{
    fixture *f = *state;
    QK_OWNED(qk_secret_free) qk_secret key = make_api_key(f, "app");

    tamper(f, "UPDATE iam_identities SET instance_roles = 7");
    assert_err(login(f, qk_secret_reveal(&key)), QK_E_STORE_BROKEN);
}

static void a_key_cannot_be_handed_to_another_identity(void **state)
{
    fixture *f = *state;
    QK_OWNED(qk_secret_free) qk_secret key = make_api_key(f, "app");

    assert_ok(qk_iam_create_identity(f->iam, "so", 7, 0, NULL, 0));
    tamper(f, "UPDATE iam_api_keys SET identity = 'so'");
    assert_err(login(f, qk_secret_reveal(&key)), QK_E_STORE_BROKEN);
}

static void another_master_key_does_not_open_the_iam(void **state)
{
    fixture *f = *state;
    qk_iam *iam = NULL;

    load_master_key(f, 2);
    assert_err(qk_iam_open(f->database, f->ring, &iam), QK_E_BLOB_MASTER_KEY);
    assert_non_null(strstr(qk_failure_last()->words, "signing key"));
    assert_null(iam);
    load_master_key(f, 1);
    tamper(f, "UPDATE iam_secrets SET sealed = zeroblob(length(sealed))");
    assert_err(qk_iam_open(f->database, f->ring, &iam), QK_E_BLOB_DAMAGED);
}

static void the_sealed_secrets_cannot_be_exchanged(void **state)
{
    fixture *f = *state;
    qk_iam *iam = NULL;

    tamper(f, "UPDATE iam_secrets SET sealed = (SELECT sealed FROM iam_secrets AS o WHERE o.name <> iam_secrets.name)");
    assert_int_not_equal(qk_iam_open(f->database, f->ring, &iam), QK_OK);
    assert_null(iam);
}

/* ---- threads ---- */

typedef struct worker {
    fixture *f;
    qk_view token;
    atomic_int *failures;
} worker;

static void *verify_often(void *context)
{
    worker *w = context;

    for (int i = 0; i < 500; i++)
        if (verify(w->f->iam, w->token) != QK_OK)
            atomic_fetch_add(w->failures, 1);
    return NULL;
}

static void threads_verify_while_others_are_revoked(void **state)
{
    fixture *f = *state;
    atomic_int failures = 0;
    worker w = { f, make_token(f, "app"), &failures };
    pthread_t threads[4];

    assert_ok(qk_iam_create_identity(f->iam, "other", 0, 0, NULL, 0));
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, verify_often, &w);
    for (int i = 0; i < 20; i++)
        assert_ok(qk_iam_revoke(f->iam, "other"));
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&failures), 0);
    assert_ok(qk_iam_revoke(f->iam, "app"));
    assert_err(verify(f->iam, w.token), QK_E_NOT_AUTHENTICATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IAM_TEST(an_api_key_has_44_characters_and_is_not_in_the_database),
        IAM_TEST(bad_identities_are_refused),
        IAM_TEST(an_identity_exists_once),
        IAM_TEST(a_key_needs_an_identity),
        IAM_TEST(a_key_is_exchanged_for_a_token),
        IAM_TEST(roles_on_keystores_reach_the_caller),
        IAM_TEST(a_wrong_key_is_refused),
        IAM_TEST(keys_survive_a_restart),
        IAM_TEST(the_lifetime_of_tokens_can_be_set),
        IAM_TEST(a_token_expires_also_when_it_is_remembered),
        IAM_TEST(a_token_from_the_future_is_refused),
        IAM_TEST(a_remembered_token_with_one_character_changed_is_refused),
        IAM_TEST(replicas_verify_each_others_tokens),
        IAM_TEST(another_instance_refuses_the_token),
        IAM_TEST(a_revoked_identity_is_out_at_once),
        IAM_TEST(a_revoked_key_cannot_be_made_good_in_the_database),
        IAM_TEST(replicas_learn_of_it_within_a_second),
        IAM_TEST(without_the_database_tokens_are_believed_for_ten_seconds),
        IAM_TEST(roles_cannot_be_given_in_the_database),
        IAM_TEST(a_key_cannot_be_handed_to_another_identity),
        IAM_TEST(another_master_key_does_not_open_the_iam),
        IAM_TEST(the_sealed_secrets_cannot_be_exchanged),
        IAM_TEST(threads_verify_while_others_are_revoked),
    };
    return cmocka_run_group_tests(tests, start_crypto, stop_crypto);
}
