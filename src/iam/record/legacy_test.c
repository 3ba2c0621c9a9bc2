/* SPDX-License-Identifier: Apache-2.0 */
/* An instance that an older version made goes on, with policies in the place of bits. */
#include "iam/iam_fixture.h"
#include "iam/record/legacy.h"
#include "iam/record/role.h"

static const char text_of_key[] = "0123456789012345678901234567890123456789012";

__attribute__((format(printf, 2, 3))) static void run_sql(fixture *f, const char *format, ...)
{
    char sql[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sql, sizeof sql, format, arguments);
    va_end(arguments);
    tamper(f, sql);
}

static void mac_text(fixture *f, const char *label, const qk_buf *data, char out[QK_HASH_TEXT])
{
    uint8_t mac[QK_IAM_MAC_LEN];

    assert_ok(qk_iam_mac(&f->iam->secrets, label, qk_buf_view(data), mac));
    qk_hex_write(qk_view_of(mac, sizeof mac), out);
}

/* As version 0.1 wrote it. */
static void put_old_identity(fixture *f, const char *name, unsigned roles, unsigned keystore_roles,
                             const qk_uuid *keystore)
{
    QK_OWNED(qk_buf_done) qk_buf data = QK_BUF_NONE;
    char mac[QK_HASH_TEXT], id[33] = "";

    qk_buf_put_counted(&data, qk_view_text(name));
    qk_buf_put_u64(&data, 3);
    qk_buf_put_u32(&data, roles);
    qk_buf_put_u32(&data, keystore_roles);
    qk_buf_put_counted(&data, keystore ? qk_view_of(keystore->bytes, 16) : QK_VIEW_NONE);
    mac_text(f, "identity", &data, mac);
    if (keystore)
        qk_hex_write(qk_view_of(keystore->bytes, 16), id);
    run_sql(f, "INSERT INTO iam_identities VALUES ('%s', 3, %u, %u, x'%s', 1700000000, x'%s')", name, roles,
            keystore_roles, id, mac);
}

static void put_old_key(fixture *f, const char *identity, const char *text, bool revoked)
{
    QK_OWNED(qk_buf_done) qk_buf data = QK_BUF_NONE;
    char mac[QK_HASH_TEXT], hash[QK_HASH_TEXT];

    assert_ok(qk_api_key_hash(&f->iam->secrets, qk_view_text(text), hash));
    assert_ok(qk_hex_read(hash, &data));
    qk_buf_put_counted(&data, qk_view_text(identity));
    qk_buf_put_u8(&data, revoked);
    mac_text(f, "api key of identity", &data, mac);
    run_sql(f, "INSERT INTO iam_api_keys VALUES (x'%s', '%s', 'made by quantoki init', 1700000000, %d, x'%s')", hash,
            identity, revoked, mac);
}

static qk_err log_in_with(fixture *f, const char *text, qk_caller *out)
{
    qk_token_answer answer;

    QK_TRY(qk_iam_login(f->iam, qk_view_text(text), &f->arena, &answer));
    return qk_iam_verify(f->iam, answer.access_token, out);
}

static void the_three_users_get_their_policies(void **state)
{
    fixture *f = *state;
    qk_uuid public_keystore = { { 5, 6 } }, other = { { 1 } };
    qk_iam_policy *policies;
    qk_caller caller;
    size_t count;

    put_old_identity(f, "so", 7, 0, NULL);
    put_old_identity(f, "user", 3, 0, NULL);
    put_old_identity(f, "anonymous", 1, 2, &public_keystore);
    put_old_key(f, "user", text_of_key, false);
    put_old_key(f, "anonymous", "the anonymous key", false);
    put_old_key(f, "user", "a revoked key", true);
    qk_iam_close(&f->iam);
    f->iam = open_iam(f);
    assert_ok(log_in_with(f, text_of_key, &caller));
    assert_string_equal(caller.identity, "user");
    assert_true(caller.actions ==
                (qk_role_predefined("CryptoOperator")->actions | qk_role_predefined("KeyOperator")->actions));
    assert_ok(log_in_with(f, "the anonymous key", &caller));
    assert_true(caller.actions == qk_role_predefined("CryptoOperator")->actions);
    assert_ok(qk_caller_may_in(&caller, QK_ACTION_STORE_KEY, &public_keystore));
    assert_err(qk_caller_may_in(&caller, QK_ACTION_STORE_KEY, &other), QK_E_NOT_AUTHORIZED);
    assert_err(log_in_with(f, "a revoked key", &caller), QK_E_PIN_INCORRECT);
    assert_ok(qk_iam_policy_list(f->iam, NULL, &policies, &count));
    assert_int_equal(count, 4);
    assert_int_equal(policies[2].role_count, 3); /* of so */
    free(policies);
    qk_iam_close(&f->iam); /* and once only */
    f->iam = open_iam(f);
    assert_ok(qk_iam_policy_list(f->iam, NULL, &policies, &count));
    assert_int_equal(count, 4);
    free(policies);
}

static void old_rows_in_other_hands_are_not_believed(void **state)
{
    fixture *f = *state;
    qk_iam *iam = NULL;

    put_old_identity(f, "app", 1, 0, NULL);
    tamper(f, "UPDATE iam_identities SET instance_roles = 7");
    assert_err(qk_iam_open(f->database, f->ring, &iam), QK_E_STORE_BROKEN);
    assert_null(iam);
    tamper(f, "UPDATE iam_identities SET instance_roles = 1");
    put_old_key(f, "app", "a revoked key", true);
    tamper(f, "UPDATE iam_api_keys SET revoked = 0");
    assert_err(qk_iam_open(f->database, f->ring, &iam), QK_E_STORE_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IAM_TEST(the_three_users_get_their_policies),
        IAM_TEST(old_rows_in_other_hands_are_not_believed),
    };
    return cmocka_run_group_tests(tests, start_crypto, stop_crypto);
}
