/* SPDX-License-Identifier: Apache-2.0 */
#include "base/testing.h"
#include "module/library/client_config.h"

/* Reads a file from memory; the document lives until the next call. */
static qk_client_config config;

static qk_err parse(const char *text)
{
    qk_client_config_done(&config);
    return qk_client_config_parse("client.yaml", qk_view_text(text), &config);
}

static const char typical[] =
    "iamcredentialtemplate: &iam { enabled: true, endpoint: \"https://iam.example\" }\n"
    "sessionauthtemplate: &sess { enabled: false, tokenspaceIDPassword: }\n"
    "tokens:\n"
    "  0:\n"
    "    grep11connection: { address: \"hsm.example\", port: \"9876\", tls: { enabled: true, mutual: false,\n"
    "                        cacert: \"/etc/ca.pem\", certfile: , keyfile: } }\n"
    "    storage: { remotestore: { enabled: true }, filestore: { enabled: false, storagepath: } }\n"
    "    users:\n"
    "      0: { name: \"SO\", iamauth: *iam }\n"
    "      1: { name: \"User\", tokenspaceID: \"11111111-2222-3333-4444-555555555555\", iamauth: *iam, sessionauth: "
    "*sess }\n"
    "      2:\n"
    "        name: \"Anonymous\"\n"
    "        tokenspaceID: \"66666666-7777-8888-9999-AAAAAAAAAAAA\"\n"
    "        iamauth: { <<: *iam, apikey: \"the-key\" }\n"
    "        sessionauth: *sess\n"
    "logging: { loglevel: warn, logpath: /var/log/grep11.log }\n";

static void a_typical_file_is_read(void **state)
{
    const qk_client_token *token;

    (void)state;
    assert_qk_ok(parse(typical));
    assert_int_equal(config.token_count, 1);
    token = &config.tokens[0];
    assert_int_equal(token->slot, 0);
    assert_string_equal(token->address, "hsm.example");
    assert_int_equal(token->port, 9876);
    assert_true(token->tls && !token->mutual && token->remotestore && !token->embedded);
    assert_string_equal(token->cacert, "/etc/ca.pem");
    assert_true(token->users[0].iam.enabled && !token->users[0].has_keystore);
    assert_string_equal(token->users[1].iam.endpoint, "https://iam.example");
    assert_null(token->users[1].iam.apikey);
    assert_string_equal(token->users[2].iam.apikey, "the-key");
    assert_int_equal(token->users[2].keystore.bytes[15], 0xaa);
    assert_int_equal(token->cache_max_age_ms, 1000);
    assert_int_equal(config.log_level, 3); /* warning */
    assert_string_equal(config.log_path, "/var/log/grep11.log");
}

static void slots_come_in_their_order(void **state)
{
    (void)state;
    assert_qk_ok(
        parse("tokens:\n  7: { embedded: { path: /a }, cache_max_age_ms: 5 }\n  2: { embedded: { path: /b } }\n"
              "cache_max_age_ms: 20\n"));
    assert_int_equal(config.token_count, 2);
    assert_int_equal(config.tokens[0].slot, 2);
    assert_int_equal(config.tokens[0].cache_max_age_ms, 20);
    assert_int_equal(config.tokens[1].slot, 7);
    assert_int_equal(config.tokens[1].cache_max_age_ms, 5);
    assert_true(config.tokens[1].embedded);
}

static void an_embedded_token_may_have_sources_of_its_own(void **state)
{
    (void)state;
    assert_qk_ok(
        parse("tokens:\n  0: { embedded: { path: /a, entropy: { sources: [ { driver: kernel, name: k } ] } } }\n"
              "  1: { embedded: { path: /b } }\n"));
    assert_true(qk_config_is_map(config.tokens[0].entropy));
    assert_null(config.tokens[1].entropy);
}

static void an_embedded_token_may_have_a_policy_of_its_own(void **state)
{
    (void)state;
    assert_qk_ok(parse("tokens:\n  0: { embedded: { path: /a } }\n"
                       "  1: { embedded: { policy: { legacy_mechanisms: false, weak_wrapping: true, hide_values: true }"
                       " } }\n"));
    assert_true(config.tokens[0].legacy && !config.tokens[0].weak_wrapping && !config.tokens[0].values_hidden);
    assert_true(!config.tokens[1].legacy && config.tokens[1].weak_wrapping && config.tokens[1].values_hidden);
}

static void an_embedded_token_may_choose_openssls_lattices(void **state)
{
    (void)state;
    assert_qk_ok(parse("tokens:\n  0: { embedded: { crypto: { lattice: openssl } } }\n"
                       "  1: { embedded: { path: /b } }\n"));
    assert_true(config.tokens[0].lattice != 0);
    assert_int_equal(config.tokens[1].lattice, 0);
    assert_qk_err(parse("tokens: { 0: { embedded: { crypto: { lattice: other } } } }"), QK_E_CONFIG);
}

static void self_hosted_files_may_leave_much_out(void **state)
{
    (void)state;
    assert_qk_ok(parse("tokens: { 0: { grep11connection: { address: localhost, tls: { enabled: false } } } }"));
    assert_false(config.tokens[0].users[1].iam.enabled);
    assert_false(config.tokens[0].users[1].has_keystore);
    assert_int_equal(config.tokens[0].port, 9876);
    assert_null(config.log_path);
}

static void keys_that_nobody_knows_do_not_stop_the_module(void **state)
{
    (void)state;
    assert_qk_ok(parse("tokens: { 0: { embedded: { path: /a }, colour: blue } }\nmood: good\n"));
}

static void without_a_file_there_is_one_embedded_token(void **state)
{
    (void)state;
    qk_client_config_done(&config);
    assert_qk_ok(qk_client_config_default(&config));
    assert_int_equal(config.token_count, 1);
    assert_true(config.tokens[0].embedded);
    assert_null(config.tokens[0].embedded_path);
}

static void mistakes_are_told_with_file_line_and_key(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        { "logging: {}\n", "tokens" },
        { "tokens: {}\n", "client.yaml:1: tokens" },
        { "tokens: none\n", "client.yaml:1: tokens" },
        { "tokens:\n  zero: { embedded: { path: /a } }\n", "client.yaml:2: tokens.zero" },
        { "tokens:\n  0: {}\n", "grep11connection.address" },
        { "tokens:\n  0: { grep11connection: { address: h, port: many } }\n", "client.yaml:2: tokens.0" },
        { "tokens:\n  0: { grep11connection: { address: h, tls: { enabled: false } } }\n", "loopback" },
        { "tokens:\n  0: { grep11connection: { address: h, tls: { mutual: true } } }\n", "certfile" },
        { "tokens:\n  0: { embedded: { path: /a }, grep11connection: { address: h } }\n", "choose one" },
        { "tokens:\n  0: { grep11connection: { address: h }, storage: { filestore: { enabled: true } } }\n",
          "filestore" },
        { "tokens:\n  0: { grep11connection: { address: h }, storage: { localpostgres: { enabled: true } } }\n",
          "localpostgres" },
        { "tokens:\n  0:\n    embedded: { path: /a }\n    users: { 1: { iamauth: { enabled: true } } }\n",
          "users.1.iamauth.endpoint" },
        { "tokens:\n  0:\n    embedded: { path: /a }\n    users: { 2: { tokenspaceID: 12 } }\n",
          "users.2.tokenspaceID" },
        { "tokens:\n  0:\n    embedded: { path: /a }\n    users:\n"
          "      1: { tokenspaceID: 11111111-2222-3333-4444-555555555555 }\n"
          "      2: { tokenspaceID: 11111111-2222-3333-4444-555555555555 }\n",
          "same tokenspaceID" },
        { "tokens: { 0: { embedded: { path: /a } } }\nlogging: { loglevel: chatty }\n",
          "client.yaml:2: logging.loglevel" },
        { "tokens: { 0: [", "client.yaml:" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (parse(cases[i].text) != QK_E_CONFIG)
            fail_msg("accepted: %s", cases[i].text);
        assert_words(cases[i].words);
        assert_words("client.yaml");
    }
}

static void a_missing_file_is_an_error(void **state)
{
    (void)state;
    qk_client_config_done(&config);
    assert_qk_err(qk_client_config_load("/nonexistent/grep11client.yaml", &config), QK_E_CONFIG);
    assert_words("/nonexistent/grep11client.yaml");
}

static int forget(void **state)
{
    (void)state;
    qk_client_config_done(&config);
    return 0;
}

/* ---- passwords of keystores ---- */

#define PRIVATE_STORE "tokenspaceID: 11111111-2222-3333-4444-555555555555"
#define PUBLIC_STORE  "tokenspaceID: 66666666-7777-8888-9999-aaaaaaaaaaaa"

/* A remote token whose users 1 and 2 have these lines more. */
static const char *with_users(const char *normal, const char *anonymous)
{
    static char text[1024];

    snprintf(text, sizeof text,
             "tokens:\n  0:\n    grep11connection: { address: h }\n    users:\n      1: { %s }\n      2: { %s }\n",
             normal, anonymous);
    return text;
}

#define ON(password) "sessionauth: { enabled: true, tokenspaceIDPassword: " password " }"

static void a_password_of_both_keystores_is_read(void **state)
{
    (void)state;
    assert_int_equal(parse(with_users(PRIVATE_STORE ", " ON("secret12"), PUBLIC_STORE ", " ON("secret12"))), QK_OK);
    assert_string_equal(config.tokens[0].keystore_password, "secret12");
    /* a keystore alone */
    assert_int_equal(parse(with_users(PRIVATE_STORE ", " ON("secret"), "name: anonymous")), QK_OK);
    assert_string_equal(config.tokens[0].keystore_password, "secret");
    assert_int_equal(
        parse("tokens:\n  0:\n    embedded: {}\n    users: { 1: { " ON("secret") " }, 2: { " ON("secret") " } }\n"),
        QK_OK);
    assert_string_equal(config.tokens[0].keystore_password, "secret");
}

static void a_password_that_is_not_enabled_is_ignored(void **state)
{
    (void)state;
    assert_int_equal(parse(with_users(PRIVATE_STORE ", sessionauth: { tokenspaceIDPassword: secret }", PUBLIC_STORE)),
                     QK_OK);
    assert_null(config.tokens[0].keystore_password);
    assert_int_equal(parse(with_users(PRIVATE_STORE ", keystorePassword: , sessionauth: ", PUBLIC_STORE)), QK_OK);
    assert_null(config.tokens[0].keystore_password);
    assert_int_equal(
        parse(with_users(PRIVATE_STORE ", keystorePassword: secret, sessionauth: { enabled: false }", PUBLIC_STORE)),
        QK_OK);
    assert_null(config.tokens[0].keystore_password);
}

static void the_older_spelling_of_a_password_enables_it(void **state)
{
    (void)state;
    assert_int_equal(
        parse(with_users(PRIVATE_STORE ", keystorePassword: older123", PUBLIC_STORE ", keystorePassword: older123")),
        QK_OK);
    assert_string_equal(config.tokens[0].keystore_password, "older123");
    assert_int_equal(parse(with_users(PRIVATE_STORE ", keystorePassword: older123, sessionauth: { enabled: true }",
                                      PUBLIC_STORE ", " ON("older123"))),
                     QK_OK);
    assert_string_equal(config.tokens[0].keystore_password, "older123");
}

static void bad_passwords_name_their_key(void **state)
{
    static const struct {
        const char *normal, *anonymous, *words;
    } cases[] = {
        { PRIVATE_STORE ", sessionauth: { enabled: true }", PUBLIC_STORE, "users.1.sessionauth.tokenspaceIDPassword" },
        { PRIVATE_STORE ", " ON("short"), PUBLIC_STORE ", " ON("short"), "expected 6 to 64 characters" },
        { PRIVATE_STORE ", " ON("01234567890123456789012345678901234567890123456789012345678901234"), PUBLIC_STORE,
          "expected 6 to 64 characters" },
        { PRIVATE_STORE ", " ON("secret"), PUBLIC_STORE, "both keystores are authenticated, or none" },
        { PRIVATE_STORE, PUBLIC_STORE ", " ON("secret"), "users.2.sessionauth.enabled is true" },
        { PRIVATE_STORE ", " ON("secret"), PUBLIC_STORE ", " ON("secret2"), "different tokenspaceIDPasswords" },
        { ON("secret"), PUBLIC_STORE ", " ON("secret"), "needs users.1.tokenspaceID" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(parse(with_users(cases[i].normal, cases[i].anonymous)), QK_E_CONFIG);
        assert_words(cases[i].words);
        assert_words("client.yaml:");
        assert_words("tokens.0");
    }
    assert_int_equal(
        parse("tokens:\n  0:\n    grep11connection: { address: h }\n    storage: { remotestore: { enabled: "
              "false } }\n    users: { 1: { " PRIVATE_STORE ", " ON("secret") " } }\n"),
        QK_E_CONFIG);
    assert_words("remotestore");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_typical_file_is_read),
        cmocka_unit_test(slots_come_in_their_order),
        cmocka_unit_test(an_embedded_token_may_have_sources_of_its_own),
        cmocka_unit_test(an_embedded_token_may_have_a_policy_of_its_own),
        cmocka_unit_test(an_embedded_token_may_choose_openssls_lattices),
        cmocka_unit_test(self_hosted_files_may_leave_much_out),
        cmocka_unit_test(keys_that_nobody_knows_do_not_stop_the_module),
        cmocka_unit_test(without_a_file_there_is_one_embedded_token),
        cmocka_unit_test(mistakes_are_told_with_file_line_and_key),
        cmocka_unit_test(a_password_of_both_keystores_is_read),
        cmocka_unit_test(a_password_that_is_not_enabled_is_ignored),
        cmocka_unit_test(the_older_spelling_of_a_password_enables_it),
        cmocka_unit_test(bad_passwords_name_their_key),
        cmocka_unit_test(a_missing_file_is_an_error),
    };

    config = QK_CLIENT_CONFIG_NONE;
    return cmocka_run_group_tests(tests, NULL, forget);
}
