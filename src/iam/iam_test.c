/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/iam_fixture.h"
#include "iam/record/role.h"

#include <pthread.h>
#include <stdatomic.h>

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
    static const char *const names[] = { "", "-a", "a b", "a\n", "a/b", "ä", "so!" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_err(create_identity(f->iam, names[i]), QK_E_BAD_ARGUMENT);
}

static void an_identity_exists_once(void **state)
{
    fixture *f = *state;

    assert_ok(create_identity(f->iam, "so@example.com"));
    assert_err(create_identity(f->iam, "so@example.com"), QK_E_OBJECT_CONFLICT);
}

static void a_key_needs_an_identity_and_a_name(void **state)
{
    fixture *f = *state;
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE;

    assert_err(create_key(f->iam, "nobody", "key", 0, &key), QK_E_OBJECT_MISSING);
    assert_err(qk_iam_revoke(f->iam, "nobody"), QK_E_OBJECT_MISSING);
    assert_ok(create_identity(f->iam, "app"));
    assert_err(create_key(f->iam, "app", "", 0, &key), QK_E_BAD_ARGUMENT);
    assert_err(create_key(f->iam, "app", "a\nb", 0, &key), QK_E_BAD_ARGUMENT);
    assert_err(create_key(f->iam, "app", "late", now_s, &key), QK_E_BAD_ARGUMENT);
    assert_int_equal(key.len, 0);
}

/* They are shown in lists: nobody adds lines to those, or talks to the terminal. */
static void a_description_is_one_line_without_control_characters(void **state)
{
    static const char *const texts[] = { "a\nso  service ID", "\x1b[2J", "a\tb", "\x7f" };
    fixture *f = *state;

    assert_ok(create_identity(f->iam, "app"));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        QK_OWNED(qk_secret_free) qk_secret text = QK_SECRET_NONE;
        qk_iam_identity identity = { .name = "other" };
        qk_iam_api_key key = { .identity = "app", .name = "key" };
        qk_iam_role role = { .id = "Role", .actions = 2 };
        strcpy(identity.description, texts[i]);
        strcpy(key.description, texts[i]);
        strcpy(role.description, texts[i]);
        assert_err(qk_iam_identity_create(f->iam, &identity), QK_E_BAD_ARGUMENT);
        assert_err(qk_iam_api_key_create(f->iam, &key, &text), QK_E_BAD_ARGUMENT);
        assert_err(qk_iam_role_create(f->iam, &role), QK_E_BAD_ARGUMENT);
    }
}

static void names_of_keys_in_force_are_unique(void **state)
{
    fixture *f = *state;
    QK_OWNED(qk_secret_free) qk_secret first = QK_SECRET_NONE;
    QK_OWNED(qk_secret_free) qk_secret second = QK_SECRET_NONE;
    qk_iam_api_key *keys;
    size_t count;

    assert_ok(create_identity(f->iam, "app"));
    assert_ok(create_identity(f->iam, "other"));
    assert_ok(create_key(f->iam, "app", "laptop", 0, &first));
    assert_err(create_key(f->iam, "app", "laptop", 0, &second), QK_E_OBJECT_CONFLICT);
    assert_ok(create_key(f->iam, "other", "laptop", 0, &second));
    assert_ok(qk_iam_api_key_revoke(f->iam, "app", "laptop"));
    assert_err(qk_iam_api_key_revoke(f->iam, "app", "laptop"), QK_E_OBJECT_MISSING);
    assert_ok(create_key(f->iam, "app", "laptop", now_s + 5, &first));
    assert_ok(qk_iam_api_key_list(f->iam, "app", &keys, &count));
    assert_int_equal(count, 2);
    assert_true(keys[0].revoked && !keys[1].revoked);
    assert_int_equal(keys[1].expires_unix_s, now_s + 5);
    assert_true(keys[0].number < keys[1].number);
    free(keys);
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
    assert_true(caller.actions ==
                (qk_role_predefined("CryptoOperator")->actions | qk_role_predefined("KeyOperator")->actions));
    assert_true(caller.keystore_actions == 0);
    assert_int_equal(caller.keystore_count, 0);
}

static void roles_on_keystores_reach_the_caller(void **state)
{
    fixture *f = *state;
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE;
    qk_uuid public_keystore = { { 9, 8, 7 } }, other = { { 1 } };
    qk_caller caller;
    qk_uuid id;

    assert_ok(create_identity(f->iam, "anonymous"));
    assert_ok(grant(f->iam, "anonymous", "CryptoOperator", NULL, &id));
    assert_ok(grant(f->iam, "anonymous", "KeyOperator", &public_keystore, &id));
    assert_ok(create_key(f->iam, "anonymous", "key", 0, &key));
    assert_ok(qk_iam_verify(f->iam, log_in(f, &key), &caller));
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

    /* The identity is new to the replica, and counts there at once. */
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
    assert_true(qk_iam_issued(f->iam, token));
    assert_false(qk_iam_issued(other->iam, token));
    assert_false(qk_iam_issued(f->iam, QK_VIEW_LITERAL("nothing")));
    assert_false(qk_iam_issued(f->iam, QK_VIEW_NONE));
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
    assert_true(qk_iam_issued(f->iam, remembered));
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
    tamper(f, "UPDATE iam_records SET content = substr(content, 1, length(content) - 1) || x'00' WHERE kind = 2");
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

/* ---- policies ---- */

static qk_caller caller_of(fixture *f, qk_view token)
{
    qk_caller caller = { .identity = "" };

    assert_ok(qk_iam_verify(f->iam, token, &caller));
    return caller;
}

static void a_token_that_is_out_follows_the_policies(void **state)
{
    fixture *f = *state;
    qk_iam *replica = open_iam(f);
    qk_view token = make_token(f, "app");
    qk_caller caller;
    qk_uuid id;

    now_ms += 1000;
    assert_ok(qk_iam_verify(replica, token, &caller));
    assert_err(qk_caller_may(&caller, QK_ACTION_CREATE_KEYSTORE), QK_E_NOT_AUTHORIZED);
    assert_ok(grant(f->iam, "app", "KeystoreOperator", NULL, &id));
    caller = caller_of(f, token);
    assert_ok(qk_caller_may(&caller, QK_ACTION_CREATE_KEYSTORE));
    now_ms += 1000;
    assert_ok(qk_iam_verify(replica, token, &caller));
    assert_ok(qk_caller_may(&caller, QK_ACTION_CREATE_KEYSTORE));
    assert_ok(qk_iam_policy_delete(f->iam, &id));
    assert_err(qk_iam_policy_delete(f->iam, &id), QK_E_OBJECT_MISSING);
    now_ms += 1000;
    assert_ok(qk_iam_verify(replica, token, &caller));
    assert_err(qk_caller_may(&caller, QK_ACTION_CREATE_KEYSTORE), QK_E_NOT_AUTHORIZED);
    qk_iam_close(&replica);
}

static void keystores_may_have_different_roles(void **state)
{
    fixture *f = *state;
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE;
    qk_uuid read = { { 1 } }, keep = { { 2 } }, id;
    qk_caller caller;

    assert_ok(create_identity(f->iam, "app"));
    assert_ok(grant(f->iam, "app", "Reader", &read, &id));
    assert_ok(grant(f->iam, "app", "Key operator", &keep, &id));
    assert_ok(create_key(f->iam, "app", "key", 0, &key));
    caller = caller_of(f, log_in(f, &key));
    assert_ok(qk_caller_may_in(&caller, QK_ACTION_GET_KEYS, &read));
    assert_err(qk_caller_may_in(&caller, QK_ACTION_DELETE_KEY, &read), QK_E_NOT_AUTHORIZED);
    assert_ok(qk_caller_may_in(&caller, QK_ACTION_DELETE_KEY, &keep));
    assert_err(qk_caller_may(&caller, QK_ACTION_SIGN), QK_E_NOT_AUTHORIZED); /* Reader has it, but on the instance */
    assert_int_equal(caller.keystore_count, 2);
}

static void a_policy_on_all_keystores_grants_nothing_else(void **state)
{
    fixture *f = *state;
    qk_iam_policy policy = {
        .identity = "app", .roles = { "Manager" }, .role_count = 1, .resource = QK_RESOURCE_KEYSTORES
    };
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE;
    qk_uuid any = { { 77 } }, id;
    qk_caller caller;

    assert_ok(create_identity(f->iam, "app"));
    assert_ok(qk_iam_policy_create(f->iam, &policy, &id));
    assert_ok(create_key(f->iam, "app", "key", 0, &key));
    caller = caller_of(f, log_in(f, &key));
    assert_ok(qk_caller_may_in(&caller, QK_ACTION_DELETE_KEY, &any));
    assert_err(qk_caller_may(&caller, QK_ACTION_SIGN), QK_E_NOT_AUTHORIZED);
    assert_err(qk_caller_may(&caller, QK_ACTION_EP11_USE), QK_E_NOT_AUTHORIZED);
}

static void policies_that_make_no_sense_are_refused(void **state)
{
    fixture *f = *state;
    qk_iam_policy none = { .identity = "app" };
    qk_uuid keystore = { { 1 } }, id;

    assert_ok(create_identity(f->iam, "app"));
    assert_err(grant(f->iam, "nobody", "Manager", NULL, &id), QK_E_OBJECT_MISSING);
    assert_err(grant(f->iam, "app", "Emperor", NULL, &id), QK_E_OBJECT_MISSING);
    assert_err(grant(f->iam, "app", "CryptoOperator", &keystore, &id), QK_E_BAD_ARGUMENT);
    assert_err(qk_iam_policy_create(f->iam, &none, &id), QK_E_BAD_ARGUMENT);
    for (uint8_t i = 0; i < QK_CALLER_KEYSTORES; i++) {
        keystore.bytes[1] = i;
        assert_ok(grant(f->iam, "app", "KeyOperator", &keystore, &id));
    }
    assert_ok(grant(f->iam, "app", "Reader", &keystore, &id));
    keystore.bytes[1] = 200;
    assert_err(grant(f->iam, "app", "KeyOperator", &keystore, &id), QK_E_BAD_ARGUMENT);
}

static void custom_roles_grant_their_actions(void **state)
{
    fixture *f = *state;
    qk_iam_role role = { .id = "Signer", .name = "Signs only", .description = "for the web" };
    QK_OWNED(qk_secret_free) qk_secret key = make_api_key(f, "other");
    qk_iam_policy *policies;
    qk_iam_role *roles;
    qk_caller caller;
    size_t count;
    qk_uuid id;

    assert_ok(qk_iam_actions_parse("hs-crypto.crypto.sign, ep11.use", &role.actions));
    assert_ok(qk_iam_role_create(f->iam, &role));
    assert_err(qk_iam_role_create(f->iam, &role), QK_E_OBJECT_CONFLICT);
    assert_ok(qk_iam_role_list(f->iam, &roles, &count));
    assert_string_equal(roles[count - 1].name, "Signs only");
    assert_true(roles[0].predefined && !roles[count - 1].predefined);
    free(roles);
    assert_ok(create_identity(f->iam, "web"));
    assert_ok(grant(f->iam, "web", "Signs only", NULL, &id));
    assert_ok(qk_iam_policy_list(f->iam, "web", &policies, &count));
    assert_int_equal(count, 1);
    assert_string_equal(policies[0].roles[0], "Signer");
    free(policies);
    qk_secret_free(&key);
    assert_ok(create_key(f->iam, "web", "key", 0, &key));
    caller = caller_of(f, log_in(f, &key));
    assert_true(caller.actions == (QK_ACTION_BIT(QK_ACTION_SIGN) | QK_ACTION_BIT(QK_ACTION_EP11_USE)));
    assert_err(qk_iam_role_delete(f->iam, "Signer"), QK_E_OBJECT_CONFLICT); /* in use */
    assert_ok(qk_iam_policy_delete(f->iam, &id));
    assert_ok(qk_iam_role_delete(f->iam, "Signs only"));
    assert_err(qk_iam_role_delete(f->iam, "Signer"), QK_E_OBJECT_MISSING);
    assert_err(qk_iam_role_delete(f->iam, "Manager"), QK_E_BAD_ARGUMENT);
}

static void bad_roles_are_refused(void **state)
{
    fixture *f = *state;
    qk_iam_role lower = { .id = "signer", .actions = 2 }, dashed = { .id = "A-B", .actions = 2 },
                idle = { .id = "Idle" };
    qk_iam_role taken = { .id = "Mine", .name = "Key operator", .actions = 2 };

    assert_err(qk_iam_role_create(f->iam, &lower), QK_E_BAD_ARGUMENT);
    assert_err(qk_iam_role_create(f->iam, &dashed), QK_E_BAD_ARGUMENT);
    assert_err(qk_iam_role_create(f->iam, &idle), QK_E_BAD_ARGUMENT);
    assert_err(qk_iam_role_create(f->iam, &taken), QK_E_OBJECT_CONFLICT);
}

/* ---- ends ---- */

static void one_key_of_several_is_revoked_with_its_tokens(void **state)
{
    fixture *f = *state;
    QK_OWNED(qk_secret_free) qk_secret first = make_api_key(f, "app");
    QK_OWNED(qk_secret_free) qk_secret second = QK_SECRET_NONE;
    qk_view from_first = log_in(f, &first), from_second;

    assert_ok(create_key(f->iam, "app", "second", 0, &second));
    from_second = log_in(f, &second);
    assert_ok(verify(f->iam, from_second));
    assert_ok(qk_iam_api_key_revoke(f->iam, "app", "second"));
    assert_err(verify(f->iam, from_second), QK_E_NOT_AUTHENTICATED);
    assert_err(login(f, qk_secret_reveal(&second)), QK_E_PIN_INCORRECT);
    assert_ok(verify(f->iam, from_first));
    assert_ok(login(f, qk_secret_reveal(&first)));
}

static void an_expired_key_is_refused_and_no_token_outlives_it(void **state)
{
    fixture *f = *state;
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE;
    qk_token_answer answer = { .expires_in_s = 0 };

    assert_ok(create_identity(f->iam, "app"));
    assert_ok(create_key(f->iam, "app", "brief", now_s + 60, &key));
    assert_ok(qk_iam_login(f->iam, qk_secret_reveal(&key), &f->arena, &answer));
    assert_int_equal(answer.expires_in_s, 60);
    assert_ok(verify(f->iam, answer.access_token));
    now_s += 60;
    assert_err(verify(f->iam, answer.access_token), QK_E_NOT_AUTHENTICATED);
    assert_err(login(f, qk_secret_reveal(&key)), QK_E_PIN_INCORRECT);
}

static void a_deleted_identity_leaves_nothing_to_its_successor(void **state)
{
    fixture *f = *state;
    QK_OWNED(qk_secret_free) qk_secret key = make_api_key(f, "app");
    qk_view token = log_in(f, &key);
    qk_iam_policy *policies;
    qk_iam_identity *all;
    size_t count;

    assert_ok(verify(f->iam, token));
    assert_ok(qk_iam_identity_delete(f->iam, "app"));
    assert_err(qk_iam_identity_delete(f->iam, "app"), QK_E_OBJECT_MISSING);
    assert_err(verify(f->iam, token), QK_E_NOT_AUTHENTICATED);
    assert_err(login(f, qk_secret_reveal(&key)), QK_E_PIN_INCORRECT);
    assert_ok(create_identity(f->iam, "app"));
    assert_err(verify(f->iam, token), QK_E_NOT_AUTHENTICATED);
    assert_err(login(f, qk_secret_reveal(&key)), QK_E_PIN_INCORRECT);
    assert_ok(qk_iam_policy_list(f->iam, NULL, &policies, &count));
    assert_int_equal(count, 0);
    free(policies);
    assert_ok(qk_iam_identity_list(f->iam, &all, &count));
    assert_int_equal(count, 1);
    free(all);
}

/* ---- a database in other hands ---- */

static void roles_cannot_be_given_in_the_database(void **state)
{
    fixture *f = *state;
    qk_view token = make_token(f, "app");

    tamper(f, "UPDATE iam_records SET name = 'f1e2d3c4-0000-4000-8000-000000000000' WHERE kind = 4 AND"
              " name = (SELECT min(name) FROM iam_records WHERE kind = 4)");
    tamper(f, "UPDATE iam_changes SET number = number + 1");
    now_ms += 1000;
    assert_ok(verify(f->iam, token)); /* what was read last is believed for ten seconds */
    now_ms += 10000;
    assert_err(verify(f->iam, token), QK_E_STORE_BROKEN);
}

static void a_key_cannot_be_handed_to_another_identity(void **state)
{
    fixture *f = *state;
    QK_OWNED(qk_secret_free) qk_secret app = make_api_key(f, "app");
    QK_OWNED(qk_secret_free) qk_secret so = make_api_key(f, "so");

    assert_ok(login(f, qk_secret_reveal(&so)));
    /* 'so' and 'app' as bytes of the content */
    tamper(f, "UPDATE iam_records SET (content, mac) = (SELECT content, mac FROM iam_records WHERE kind = 2 AND"
              " instr(content, x'736f') > 0) WHERE kind = 2 AND instr(content, x'617070') > 0");
    assert_err(login(f, qk_secret_reveal(&app)), QK_E_STORE_BROKEN);
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

    assert_ok(create_identity(f->iam, "other"));
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
        IAM_TEST(a_key_needs_an_identity_and_a_name),
        IAM_TEST(a_description_is_one_line_without_control_characters),
        IAM_TEST(names_of_keys_in_force_are_unique),
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
        IAM_TEST(a_token_that_is_out_follows_the_policies),
        IAM_TEST(keystores_may_have_different_roles),
        IAM_TEST(a_policy_on_all_keystores_grants_nothing_else),
        IAM_TEST(policies_that_make_no_sense_are_refused),
        IAM_TEST(custom_roles_grant_their_actions),
        IAM_TEST(bad_roles_are_refused),
        IAM_TEST(one_key_of_several_is_revoked_with_its_tokens),
        IAM_TEST(an_expired_key_is_refused_and_no_token_outlives_it),
        IAM_TEST(a_deleted_identity_leaves_nothing_to_its_successor),
        IAM_TEST(roles_cannot_be_given_in_the_database),
        IAM_TEST(a_key_cannot_be_handed_to_another_identity),
        IAM_TEST(another_master_key_does_not_open_the_iam),
        IAM_TEST(the_sealed_secrets_cannot_be_exchanged),
        IAM_TEST(threads_verify_while_others_are_revoked),
    };
    return cmocka_run_group_tests(tests, start_crypto, stop_crypto);
}
