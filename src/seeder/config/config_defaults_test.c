/* SPDX-License-Identifier: Apache-2.0 */
#include "base/testing.h"
#include "seeder/config/config.h"

/* A configuration with these defaults and one target. */
static qk_err parse(const char *defaults, const char *target, qk_seed_config *out)
{
    char text[1024];

    snprintf(text, sizeof text,
             "service: { url: 'https://entropy.test', token_file: /t }\ndefaults: %s\ntargets:\n  - { name: a, %s }\n",
             defaults, target);
    return qk_seed_config_parse("seed.yaml", qk_view_text(text), out);
}

#define COMMON "{ library: /lib/x.so, pin_file: /p, size: 64, period: 60, keep_session: false, on_unsupported: retry }"

static void a_target_has_what_it_does_not_say_itself(void **state)
{
    QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 };
    const qk_seed_target_config *target;

    (void)state;
    assert_qk_ok(parse(COMMON, "token_label: b, period: 5", &config));
    target = &config.targets[0];
    assert_string_equal(target->library, "/lib/x.so");
    assert_string_equal(target->pin_file, "/p");
    assert_int_equal(target->size, 64);
    assert_int_equal(target->period, 5);
    assert_false(target->keep_session);
    assert_int_equal(target->on_unsupported, QK_SEED_RETRY);
    assert_int_equal(target->jitter_percent, 10); /* nobody said it */
}

static void what_is_said_in_one_way_takes_no_default_in_another(void **state)
{
    static const struct {
        const char *defaults, *target;
    } cases[] = {
        { COMMON, "token_label: b, pin_command: c" },
        { COMMON, "token_label: b, pin_credential: c" },
        { COMMON, "token_label: b, login: none" },
        { "{ library: /x, token_label: b, login: none }", "token_serial: '77'" },
        { "{ library: /x, all_tokens: true, login: none }", "slot: 0" },
        { "{ sink: esxi, url: 'https://v', user: u, password_file: /p }", "host: h, password_credential: c" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 };
        assert_qk_ok(parse(cases[i].defaults, cases[i].target, &config));
        assert_null(config.targets[0].pin_file);
    }
}

static void a_target_of_another_kind_takes_what_is_for_it(void **state)
{
    QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 }, tpm = { 0 };

    (void)state;
    assert_qk_ok(parse(COMMON, "sink: Kernel", &config));
    assert_string_equal(config.targets[0].library, "kernel:/dev/urandom");
    assert_null(config.targets[0].pin_file);
    assert_int_equal(config.targets[0].size, 64);
    assert_qk_ok(parse("{ sink: tpm, device: /run/t }", "period: 5", &tpm));
    assert_string_equal(tpm.targets[0].library, "tpm:/run/t");
}

static void a_pin_of_the_defaults_is_taken_out_of_the_document(void **state)
{
    QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 };
    QK_OWNED(qk_secret_free) qk_secret pin = QK_SECRET_NONE;

    (void)state;
    assert_qk_ok(parse("{ library: /x, pin: secret-pin }", "slot: 1 }\n  - { name: b, slot: 2", &config));
    assert_int_equal(config.target_count, 2);
    assert_string_equal(config.targets[0].pin, "");
    assert_string_equal(config.targets[1].pin, "");
    assert_qk_ok(qk_seed_pin_read(&config.targets[1], &pin));
    assert_true(qk_view_equal(qk_secret_reveal(&pin), qk_view_text("secret-pin")));
}

static void defaults_that_make_no_sense_are_refused_where_they_stand(void **state)
{
    static const struct {
        const char *defaults, *target, *words;
    } cases[] = {
        { "{ sise: 48 }", "library: /x, slot: 1, login: none", "seed.yaml:2: defaults.sise" },
        { "{ name: b }", "library: /x, slot: 1, login: none", "name" },
        { "{ size: 0 }", "library: /x, slot: 1, login: none", "seed.yaml:2: defaults.size" },
        { "{ size: 0 }", "library: /x, slot: 1, login: none, size: 48", "seed.yaml:2: defaults.size" },
        { "{ sink: printer }", "library: /x, slot: 1, login: none", "seed.yaml:2: defaults.sink" },
        { "{ library: [ /x ] }", "slot: 1, login: none", "seed.yaml:2: defaults.library" },
        { "[ 1 ]", "library: /x, slot: 1, login: none", "defaults" },
        { "{ library: x }", "slot: 1, login: none", "absolute" },
        { "{ size: 48 }", "slot: 1, login: none", "library is missing" },
        { "{ pin: '' }", "library: /x, slot: 1", "the PIN is empty" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 };
        assert_qk_err(parse(cases[i].defaults, cases[i].target, &config), QK_E_CONFIG);
        assert_words(cases[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_has_what_it_does_not_say_itself),
        cmocka_unit_test(what_is_said_in_one_way_takes_no_default_in_another),
        cmocka_unit_test(a_target_of_another_kind_takes_what_is_for_it),
        cmocka_unit_test(a_pin_of_the_defaults_is_taken_out_of_the_document),
        cmocka_unit_test(defaults_that_make_no_sense_are_refused_where_they_stand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
