/* SPDX-License-Identifier: Apache-2.0 */
#include "seeder/config/config.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/testing.h"

#define SERVICE "service: { url: 'https://entropy.test', token_file: /t }\n"
#define TARGET  "targets:\n  - { name: a, library: /lib/x.so, pin_file: /p, "

static qk_err parse(const char *text, qk_seed_config *out)
{
    return qk_seed_config_parse("seed.yaml", qk_view_text(text), out);
}

/* One target with these keys. */
static qk_err parse_target(const char *keys, qk_seed_config *out)
{
    char text[1024];

    snprintf(text, sizeof text, SERVICE TARGET "%s }\n", keys);
    return parse(text, out);
}

static void our_format_has_the_defaults_of_the_specification(void **state)
{
    QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 };

    (void)state;
    assert_qk_ok(parse_target("token_label: b", &config));
    assert_int_equal(config.target_count, 1);
    assert_int_equal(config.targets[0].size, 48);
    assert_int_equal(config.targets[0].period, 10);
    assert_int_equal(config.targets[0].jitter_percent, 10);
    assert_int_equal(config.targets[0].login_type, CKU_USER);
    assert_true(config.targets[0].keep_session);
    assert_int_equal(config.targets[0].on_unsupported, QK_SEED_DISABLE);
    assert_int_equal(config.targets[0].choice, QK_SEED_BY_LABEL);
    assert_string_equal(config.targets[0].wanted, "b");
}

static void services_are_taken_in_order(void **state)
{
    QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 }, other = { 0 };
    const char *text =
        "service: { url: [ 'https://a.test', 'https://b.test' ], token_file: /t, verify: none }\n" TARGET "slot: 1 }\n";

    (void)state;
    assert_qk_ok(parse(text, &config));
    assert_int_equal(config.services.url_count, 2);
    assert_string_equal(config.services.urls[1], "https://b.test");
    assert_int_equal(config.verify, QK_SEED_VERIFY_NONE);
    setenv("QUANTOKI_ENTROPY_URL", " https://c.test,https://d.test  https://e.test", 1);
    assert_qk_ok(parse(text, &other));
    unsetenv("QUANTOKI_ENTROPY_URL");
    assert_int_equal(other.services.url_count, 3);
    assert_string_equal(other.services.urls[0], "https://c.test");
    assert_string_equal(other.services.urls[2], "https://e.test");
}

static void a_ninth_service_is_refused(void **state)
{
    QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 };

    (void)state;
    assert_qk_err(
        parse("service: { url: [ a, b, c, d, e, f, g, h, i ], token_file: /t }\n" TARGET "slot: 1 }\n", &config),
        QK_E_CONFIG);
    assert_words("more than 8");
    assert_qk_err(parse("service: { url: 'https://a', token_file: /t, verify: none, ca_file: /ca }\n" TARGET
                        "slot: 1 }\n",
                        &config),
                  QK_E_CONFIG);
    assert_words("ca_file has no use");
}

static void signatures_are_checked_with_a_key_and_only_then(void **state)
{
    static const char *const alone[] = { "verify: signature", "signer_key: /k", "verify: tls, signer_key: /k",
                                         "verify: none, signer_key: /k" };
    QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 };
    char text[300];

    (void)state;
    assert_qk_ok(
        parse("service: { url: 'https://a', token_file: /t, verify: signature, signer_key: /k, ca_file: /ca }\n" TARGET
              "slot: 1 }\n",
              &config));
    assert_int_equal(config.verify, QK_SEED_VERIFY_SIGNATURE);
    assert_string_equal(config.signer_key, "/k");
    for (size_t i = 0; i < sizeof alone / sizeof alone[0]; i++) {
        QK_OWNED(qk_seed_config_done) qk_seed_config bad = { 0 };
        snprintf(text, sizeof text, "service: { url: 'https://a', token_file: /t, %s }\n" TARGET "slot: 1 }\n",
                 alone[i]);
        assert_qk_err(parse(text, &bad), QK_E_CONFIG);
        assert_words("need each other");
    }
}

static void each_kind_of_login_is_known(void **state)
{
    static const struct {
        const char *text;
        uint64_t type;
    } cases[] = {
        { "user", CKU_USER },         { "so", CKU_SO }, { "context", CKU_CONTEXT_SPECIFIC }, { "limited", 0x80000001 },
        { "0x08000001", 0x08000001 }, { "3", 3 }
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 };
        char keys[64];
        snprintf(keys, sizeof keys, "slot: 1, login: %s", cases[i].text);
        assert_qk_ok(parse_target(keys, &config));
        assert_int_equal(config.targets[0].login_type, cases[i].type);
    }
}

static void a_token_is_named_by_uri_too(void **state)
{
    static const struct {
        const char *uri, *wanted;
        qk_seed_choice choice;
    } cases[] = { { "pkcs11:token=a%20b%3b", "a b;", QK_SEED_BY_LABEL },
                  { "pkcs11:token=x;serial=77", "77", QK_SEED_BY_SERIAL },
                  { "pkcs11:manufacturer=m;serial=77?pin-source=y", "77", QK_SEED_BY_SERIAL },
                  { "pkcs11:slot-id=5", "", QK_SEED_BY_SLOT } };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 };
        char keys[128];
        snprintf(keys, sizeof keys, "uri: \"%s\"", cases[i].uri);
        assert_qk_ok(parse_target(keys, &config));
        assert_int_equal(config.targets[0].choice, cases[i].choice);
        assert_string_equal(config.targets[0].wanted, cases[i].wanted);
    }
}

static void what_makes_no_sense_is_refused_with_words(void **state)
{
    static const struct {
        const char *keys, *words;
    } cases[] = {
        { "sise: 48, slot: 1", "seed.yaml:3: targets.0.sise" },
        { "slot: 1, size: 0", "size" },
        { "slot: 1, size: 65537", "size" },
        { "slot: 1, size: abc", "size" },
        { "slot: 1, period: 0", "period" },
        { "slot: 1, period: 31536001", "period" },
        { "slot: 1, jitter: 51", "jitter" },
        { "slot: 1, worker: 012345678901234567890123456789012", "worker is longer" },
        { "slot: abc", "slot must be a number" },
        { "slot: -1", "slot must be a number" },
        { "slot: 99999999999999999999", "slot must be a number" },
        { "slot: 1, token_label: b", "exactly one of" },
        { "size: 48", "exactly one of" },
        { "slot: 1, login: root", "login must be" },
        { "slot: 1, login: none", "exactly one of pin_file" },
        { "slot: 1, pin_command: x", "exactly one of pin_file" },
        { "uri: 'pkcs11:object=x'", "uri must begin" },
        { "uri: 'http:token=x'", "uri must begin" },
        { "uri: 'pkcs11:token=%zz'", "uri must begin" },
        { "uri: 'pkcs11:token=0123456789012345678901234567890123456789012345678901234567890123456789'", "uri must" },
        { "token_label: 0123456789012345678901234567890123456789012345678901234567890123456789", "too long" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 };
        assert_qk_err(parse_target(cases[i].keys, &config), QK_E_CONFIG);
        assert_words(cases[i].words);
    }
}

static void a_configuration_that_is_no_whole_is_refused(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        { "", "targets" },
        { SERVICE, "targets" },
        { SERVICE "targets: []\n", "no targets" },
        { SERVICE TARGET "slot: 1 }\n  - { name: a, library: /y, slot: 2, login: none }\n", "two of this name" },
        { TARGET "slot: 1 }\n", "service.url" },
        { SERVICE "targets:\n  - { name: a, library: x.so, pin_file: /p, slot: 1 }\n", "absolute" },
        { SERVICE "targets:\n  - { name: a, library: /x.so, pin: '', slot: 1 }\n", "the PIN is empty" },
        { SERVICE "servce: 1\n" TARGET "slot: 1 }\n", "servce" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 };
        assert_qk_err(parse(cases[i].text, &config), QK_E_CONFIG);
        assert_words(cases[i].words);
    }
}

#define REFERENCE                                                                                                      \
    "qrypt_token: \"abc\"\nunknown: 1\ncryptoki_lib: /lib/x.so\ncryptoki_slot_id: 3\ncryptoki_user_pin: \"12 34\"\n"

static void a_file_of_the_reference_is_one_target(void **state)
{
    QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 };
    QK_OWNED(qk_secret_free) qk_secret pin = QK_SECRET_NONE, token = QK_SECRET_NONE;

    (void)state;
    assert_qk_ok(parse(REFERENCE, &config));
    assert_int_equal(config.target_count, 1);
    assert_string_equal(config.url, "https://api-eus.qrypt.com");
    assert_int_equal(config.targets[0].slot_number, 3);
    assert_int_equal(config.targets[0].size, 48);
    assert_int_equal(config.targets[0].period, 10);
    assert_qk_ok(qk_seed_pin_read(&config.targets[0], &pin));
    assert_true(qk_view_equal(qk_secret_reveal(&pin), qk_view_text("12 34")));
    assert_qk_ok(qk_seed_token_read(&config, &token));
    assert_true(qk_view_equal(qk_secret_reveal(&token), qk_view_text("abc")));
}

static void a_reference_file_with_a_wrong_number_is_refused(void **state)
{
    static const char *const lines[] = { "size: abc\n", "size: 0\n", "size: 65537\n", "period: 0\n" };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 };
        char text[512];
        snprintf(text, sizeof text, REFERENCE "%s", lines[i]);
        assert_qk_err(parse(text, &config), QK_E_CONFIG);
    }
}

static void a_pin_in_the_file_is_taken_out_of_the_document(void **state)
{
    QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 };
    QK_OWNED(qk_secret_free) qk_secret pin = QK_SECRET_NONE;
    const char *path = test_path("seed.yaml");
    static const char text[] = SERVICE "targets:\n  - { name: a, library: /x, slot: 1, pin: &p secret-pin }\n"
                                       "  - { name: b, library: /x, slot: 2, pin: *p }\n";

    (void)state;
    assert_qk_ok(qk_file_write(path, 0600, qk_view_text(text)));
    assert_qk_ok(qk_seed_config_load(path, &config));
    assert_string_equal(config.targets[0].pin, "");
    assert_string_equal(config.targets[1].pin, "");
    assert_qk_ok(qk_seed_pin_read(&config.targets[1], &pin));
    assert_true(qk_view_equal(qk_secret_reveal(&pin), qk_view_text("secret-pin")));
}

static void a_pin_in_a_file_that_others_may_read_is_refused(void **state)
{
    const char *path = test_path("open.yaml");
    static const char text[] = SERVICE "targets:\n  - { name: a, library: /x, slot: 1, pin: secret-pin }\n";

    (void)state;
    for (unsigned mode = 0604; mode <= 0640; mode += 034) {
        QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 };
        assert_qk_ok(qk_file_write(path, mode, qk_view_text(text)));
        assert_int_equal(chmod(path, mode), 0);
        assert_qk_err(qk_seed_config_load(path, &config), QK_E_CONFIG);
        assert_words("chmod 600");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_format_has_the_defaults_of_the_specification),
        cmocka_unit_test(services_are_taken_in_order),
        cmocka_unit_test(a_ninth_service_is_refused),
        cmocka_unit_test(signatures_are_checked_with_a_key_and_only_then),
        cmocka_unit_test(each_kind_of_login_is_known),
        cmocka_unit_test(a_token_is_named_by_uri_too),
        cmocka_unit_test(what_makes_no_sense_is_refused_with_words),
        cmocka_unit_test(a_configuration_that_is_no_whole_is_refused),
        cmocka_unit_test(a_file_of_the_reference_is_one_target),
        cmocka_unit_test(a_reference_file_with_a_wrong_number_is_refused),
        cmocka_unit_test(a_pin_in_the_file_is_taken_out_of_the_document),
        cmocka_unit_test(a_pin_in_a_file_that_others_may_read_is_refused),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
