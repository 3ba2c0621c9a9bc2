/* SPDX-License-Identifier: Apache-2.0 */
#include "base/testing.h"
#include "seeder/config/config.h"

/* One target with these keys. */
static qk_err parse(const char *keys, qk_seed_config *out)
{
    char text[1024];

    snprintf(text, sizeof text,
             "service: { url: 'https://entropy.test', token_file: /t }\ntargets:\n  - { name: a, %s }\n", keys);
    return qk_seed_config_parse("seed.yaml", qk_view_text(text), out);
}

#define ESXI "sink: esxi, url: 'https://vc.test', host: host-21, user: u@vsphere.local, password_file: /p"

static void each_kind_of_sink_has_its_address(void **state)
{
    static const struct {
        const char *keys, *address;
    } cases[] = {
        { "library: /lib/x.so, slot: 1, login: none", "/lib/x.so" },
        { "sink: token, library: /lib/x.so, slot: 1, login: none", "/lib/x.so" },
        { "sink: kernel", "kernel:/dev/urandom" },
        { "sink: kernel, device: /dev/random", "kernel:/dev/random" },
        { "sink: TPM", "tpm:/dev/tpmrm0" },
        { "sink: tpm, device: /run/swtpm", "tpm:/run/swtpm" },
        { "sink: file, path: /run/a pipe", "file:/run/a pipe" },
        { ESXI, "esxi:u@vsphere.local@https://vc.test#" },
        { ESXI ", ca_file: /etc/a b.pem", "esxi:u@vsphere.local@https://vc.test#/etc/a b.pem" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 };
        assert_qk_ok(parse(cases[i].keys, &config));
        assert_string_equal(config.targets[0].library, cases[i].address);
    }
}

static void what_has_no_login_needs_no_pin(void **state)
{
    static const char *const sinks[] = { "sink: kernel, credit_bits: 384", "sink: tpm", "sink: file, path: /x" };

    (void)state;
    for (size_t i = 0; i < sizeof sinks / sizeof sinks[0]; i++) {
        QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 };
        QK_OWNED(qk_secret_free) qk_secret pin = QK_SECRET_NONE;
        assert_qk_ok(parse(sinks[i], &config));
        assert_true(config.targets[0].login_type == QK_SEED_NO_LOGIN);
        assert_qk_ok(qk_seed_pin_read(&config.targets[0], &pin));
        assert_int_equal(pin.len, 0);
    }
}

static void a_vcenters_password_is_its_pin(void **state)
{
    QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 };

    (void)state;
    assert_qk_ok(parse(ESXI, &config));
    assert_string_equal(config.targets[0].pin_file, "/p");
    assert_string_equal(config.targets[0].wanted, "host-21");
    assert_true(config.targets[0].login_type != QK_SEED_NO_LOGIN);
}

static void keys_of_other_kinds_are_refused_with_file_line_and_target(void **state)
{
    static const struct {
        const char *keys, *words;
    } cases[] = {
        { "sink: kernel, library: /x", "seed.yaml:3: target a: library is no key of a target with sink: kernel" },
        { "sink: kernel, path: /x", "path is no key of a target with sink: kernel" },
        { "sink: kernel, login: none", "login is no key" },
        { "sink: tpm, credit_bits: 1", "credit_bits is no key of a target with sink: tpm" },
        { "sink: tpm, split: 64", "split is no key" },
        { "sink: tpm, pin_file: /p", "pin_file is no key" },
        { "sink: file, path: /x, device: /y", "device is no key of a target with sink: file" },
        { "sink: file, path: /x, slot: 1", "slot is no key" },
        { "sink: file, path: /x, all_tokens: false", "all_tokens is no key" },
        { ESXI ", pin: x", "pin is no key of a target with sink: esxi" },
        { ESXI ", keep_session: true", "keep_session is no key" },
        { "library: /x, slot: 1, login: none, user: u", "user is no key of a target with sink: token" },
        { "library: /x, slot: 1, login: none, ca_file: /c", "ca_file is no key of a target with sink: token" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 };
        assert_qk_err(parse(cases[i].keys, &config), QK_E_CONFIG);
        assert_words(cases[i].words);
    }
}

static void what_a_sink_cannot_do_without_is_asked_for(void **state)
{
    static const struct {
        const char *keys, *words;
    } cases[] = {
        { "slot: 1", "seed.yaml:3: target a: library is missing, which sink: token needs" },
        { "sink: file", "path is missing" },
        { "sink: esxi, host: h, user: u, password_file: /p", "url is missing" },
        { "sink: esxi, url: 'https://v', user: u, password_file: /p", "host is missing" },
        { "sink: esxi, url: 'https://v', host: h, password_file: /p", "user is missing" },
        { "sink: esxi, url: 'https://v', host: h, user: u", "exactly one of password_file" },
        { ESXI ", password_credential: c", "exactly one of password_file" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 };
        assert_qk_err(parse(cases[i].keys, &config), QK_E_CONFIG);
        assert_words(cases[i].words);
    }
}

#define VCENTER(url, host, user) "sink: esxi, url: '" url "', host: '" host "', user: '" user "', password_file: /p"

static void what_makes_no_sense_is_refused(void **state)
{
    static const struct {
        const char *keys, *words;
    } cases[] = {
        { "sink: printer", "targets.0.sink" },
        { "sink: kernel, device: random", "absolute" },
        { "sink: kernel, credit_bits: 385", "credit_bits are more" },
        { "sink: kernel, size: 1, credit_bits: 9", "credit_bits are more" },
        { "sink: kernel, credit_bits: 524289", "credit_bits" },
        { "sink: tpm, device: ''", "absolute" },
        { "sink: file, path: pipe", "absolute" },
        { ESXI ", ca_file: ca.pem", "ca_file must be an absolute path" },
        { VCENTER("http://vc.test", "h", "u"), "https" },
        { VCENTER("https://vc.test/api", "h", "u"), "nothing more" },
        { VCENTER("https://vc.test#x", "h", "u"), "something unexpected" },
        { VCENTER("vc.test", "h", "u"), "seed.yaml: target a: url: an address must" },
        { VCENTER("https://vc.test", "a/b", "u"), "user or host" },
        { VCENTER("https://vc.test", "a?b", "u"), "user or host" },
        { VCENTER("https://vc.test", "", "u"), "user or host" },
        { VCENTER("https://vc.test", "h", "u:v"), "user or host" },
        { VCENTER("https://vc.test", "h", "u#v"), "user or host" },
        { VCENTER("https://vc.test", "0123456789012345678901234567890123456789012345678901234567890123456789", "u"),
          "too long" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 };
        assert_qk_err(parse(cases[i].keys, &config), QK_E_CONFIG);
        assert_words(cases[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_sink_has_its_address),
        cmocka_unit_test(what_has_no_login_needs_no_pin),
        cmocka_unit_test(a_vcenters_password_is_its_pin),
        cmocka_unit_test(keys_of_other_kinds_are_refused_with_file_line_and_target),
        cmocka_unit_test(what_a_sink_cannot_do_without_is_asked_for),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
