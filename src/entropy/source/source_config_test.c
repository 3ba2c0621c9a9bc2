/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/source/source_config.h"

#include "base/testing.h"
#include "entropy/driver/driver.h"

typedef struct reading {
    qk_config *file;
    qk_source_config *sources;
    size_t count;
} reading;

static qk_err read_sources(const char *text, reading *out)
{
    *out = (reading){ 0 };
    QK_TRY(qk_config_parse("test.yaml", qk_view_text(text), &out->file));
    return qk_source_configs_read(out->file, qk_config_get(qk_config_root(out->file), "sources"), &out->sources,
                                  &out->count);
}

static void done(reading *r)
{
    free(r->sources);
    qk_config_free(&r->file);
}

static void by_default_there_are_the_kernel_and_the_processor(void **state)
{
    QK_OWNED(done) reading r = { 0 };

    (void)state;
    assert_qk_ok(qk_source_configs_read(NULL, NULL, &r.sources, &r.count));
    assert_int_equal(r.count, qk_driver_cpu_present() ? 2 : 1);
    assert_string_equal(r.sources[0].name, "kernel");
    assert_int_equal(r.sources[0].kind, QK_SOURCE_OTHER);
    assert_true(r.sources[0].credited);
    assert_true(r.sources[0].min_entropy == 7.8);
    assert_int_equal(r.sources[0].priority, 1);
    for (size_t i = 0; i < r.count; i++)
        assert_qk_ok(qk_source_config_check(&r.sources[i]));
    if (r.count == 2) {
        assert_string_equal(r.sources[1].name, "cpu");
        assert_int_equal(r.sources[1].kind, QK_SOURCE_PHYSICAL);
        assert_int_equal(r.sources[1].priority, 2);
    }
}

static void what_is_not_said_comes_from_the_driver(void **state)
{
    QK_OWNED(done) reading r;

    (void)state;
    assert_qk_ok(
        read_sources("sources:\n"
                     "  - { name: quantis0, driver: device, kind: quantum, path: /dev/qrandom0, rate: 500000 }\n"
                     "  - { name: rng, driver: hwrng }\n"
                     "  - { name: raw, driver: device, path: /dev/bits, sample_bits: 1, min_entropy: 0.7,\n"
                     "      credited: no, priority: 9, timeout_ms: 500 }\n"
                     "  - { name: kernel, driver: Kernel, enabled: off, statistics: off }\n",
                     &r));
    assert_int_equal(r.count, 4);
    assert_int_equal(r.sources[0].kind, QK_SOURCE_QUANTUM);
    assert_int_equal(r.sources[0].rate, 500000);
    assert_true(r.sources[0].min_entropy == 7.8);
    assert_true(r.sources[0].credited);
    assert_true(r.sources[0].enabled);
    assert_int_equal(r.sources[0].timeout_ms, 10000);
    assert_int_equal(r.sources[0].statistics, 0);
    assert_int_equal(r.sources[1].kind, QK_SOURCE_PHYSICAL);
    assert_int_equal(r.sources[1].priority, 2);
    assert_true(r.sources[2].min_entropy == 0.7);
    assert_false(r.sources[2].credited);
    assert_int_equal(r.sources[2].priority, 9);
    assert_int_equal(r.sources[2].statistics, 1); /* of raw bits a suite for finished ones would say nothing good */
    assert_false(r.sources[3].enabled);
    assert_int_equal(r.sources[3].statistics, 2);
}

static void what_others_may_see_is_not_credited_by_default(void **state)
{
    (void)state;
    assert_false(qk_driver_upstream.credited);
    assert_false(qk_driver_file.credited);
}

static void mistakes_are_named_with_their_place(void **state)
{
    static const struct {
        const char *text, *words;
    } bad[] = {
        { "sources: []\n", "at least one source" },
        { "sources: { name: a }\n", "expected a list" },
        { "sources:\n  - { driver: kernel }\n", "test.yaml:2: sources.0.name: is missing" },
        { "sources:\n  - { name: a }\n", "sources.0.driver: is missing" },
        { "sources:\n  - { name: a, driver: magic }\n", "expected one of device, hwrng, kernel" },
        { "sources:\n  - { name: a, driver: kernel, colour: red }\n", "sources.0.colour: no such key" },
        { "sources:\n  - { name: a b, driver: kernel }\n", "test.yaml:2: entropy source: name: expected" },
        { "sources:\n  - { name: a, driver: kernel }\n  - { name: a, driver: kernel }\n",
          "test.yaml:3: entropy source a: name: there are two" },
        { "sources:\n  - { name: a, driver: device }\n", "path: is missing" },
        { "sources:\n  - { name: a, driver: upstream }\n", "url: is missing" },
        { "sources:\n  - { name: a, driver: kernel, path: /dev/x }\n", "path: the driver `kernel` has no such key" },
        { "sources:\n  - { name: a, driver: device, path: /dev/x, loop: yes }\n", "loop: the driver `device`" },
        { "sources:\n  - { name: a, driver: hwrng, baud: 9600 }\n", "baud: the driver `hwrng`" },
        { "sources:\n  - { name: a, driver: device, path: /dev/x, baud: 9601 }\n", "no serial speed of 9601" },
        { "sources:\n  - { name: a, driver: kernel, token_file: /x }\n", "token_file: the driver `kernel`" },
        { "sources:\n  - { name: a, driver: kernel, signer_key: /x }\n", "signer_key: the driver `kernel`" },
        { "sources:\n  - { name: a, driver: kernel, min_entropy: 7.9 }\n", "expected 0.1 to 7.8" },
        { "sources:\n  - { name: a, driver: kernel, min_entropy: 0.01 }\n", "min_entropy: expected a number from 0.1" },
        { "sources:\n  - { name: a, driver: kernel, sample_bits: 1, min_entropy: 1.1 }\n", "expected 0.1 to 1.0" },
        { "sources:\n  - { name: a, driver: kernel, sample_bits: 4 }\n", "expected 0.1 to 4.0" },
        { "sources:\n  - { name: a, driver: kernel, sample_bits: 9 }\n", "whole number from 1 to 8" },
        { "sources:\n  - { name: a, driver: kernel, rate: 0 }\n", "rate: expected" },
        { "sources:\n  - { name: a, driver: kernel, timeout_ms: 1 }\n", "timeout_ms: expected" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        QK_OWNED(done) reading r;
        qk_err err = read_sources(bad[i].text, &r);

        if (err != QK_E_CONFIG)
            fail_msg("accepted: %s", bad[i].text);
        assert_words(bad[i].words);
    }
}

static void names_have_63_characters_at_most(void **state)
{
    qk_source_config config = { .driver = QK_DRIVER_KERNEL, .sample_bits = 8, .min_entropy = 7.8 };
    char name[65];

    (void)state;
    memset(name, 'n', sizeof name);
    config.name = name;
    name[64] = 0;
    assert_qk_err(qk_source_config_check(&config), QK_E_CONFIG);
    name[63] = 0;
    assert_qk_ok(qk_source_config_check(&config));
    name[0] = 0;
    assert_qk_err(qk_source_config_check(&config), QK_E_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_default_there_are_the_kernel_and_the_processor),
        cmocka_unit_test(what_is_not_said_comes_from_the_driver),
        cmocka_unit_test(what_others_may_see_is_not_credited_by_default),
        cmocka_unit_test(mistakes_are_named_with_their_place),
        cmocka_unit_test(names_have_63_characters_at_most),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
