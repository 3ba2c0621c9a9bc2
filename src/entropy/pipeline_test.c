/* SPDX-License-Identifier: Apache-2.0 */
/* The pipeline without threads, as in an application's process. */
#include "entropy/pipeline_testing.h"

#include <openssl/core_names.h>
#include <openssl/rand.h>
#include <sys/wait.h>
#include <unistd.h>

static int clean_up(void **state)
{
    (void)state;
    stop_all();
    return 0;
}

/* ---- what comes out follows from what goes in ---- */

typedef struct outcome {
    uint8_t bytes[32], key[32];
} outcome;

static void read_key(EVP_PKEY *key, uint8_t out[32])
{
    BIGNUM *value = NULL;

    assert_non_null(key);
    assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &value), 1);
    assert_int_equal(BN_bn2binpad(value, out, 32), 32);
    BN_clear_free(value);
    EVP_PKEY_free(key);
}

/* A process' first bytes and key with these sources and nothing else. */
static outcome run_with(const qk_source_config *sources, size_t count)
{
    outcome out;

    start_with(sources, count, false);
    assert_qk_ok(qk_random_bytes(out.bytes, sizeof out.bytes));
    read_key(new_key(), out.key);
    stop_all();
    return out;
}

static outcome run_one(uint64_t seed)
{
    qk_source_config source = feed(0, seed, 0);
    return run_with(&source, 1);
}

static outcome run_two(uint64_t seed, uint64_t other)
{
    qk_source_config sources[] = { feed(0, seed, 0), feed(1, other, 0) };
    return run_with(sources, 2);
}

static void assert_same(const outcome *a, const outcome *b)
{
    assert_memory_equal(a->bytes, b->bytes, sizeof a->bytes);
    assert_memory_equal(a->key, b->key, sizeof a->key);
}

static void assert_different(const outcome *a, const outcome *b)
{
    assert_memory_not_equal(a->bytes, b->bytes, sizeof a->bytes);
    assert_memory_not_equal(a->key, b->key, sizeof a->key);
}

static void keys_come_from_the_source_and_from_nowhere_else(void **state)
{
    outcome first = run_one(1);
    outcome again = run_one(1);

    (void)state;
    assert_same(&first, &again);
}

static void keys_change_with_the_source(void **state)
{
    outcome first = run_one(1);
    outcome other = run_one(2);

    (void)state;
    assert_different(&first, &other);
}

/* Whichever of two sources an enemy knows, the other one alone makes the output. */
static void each_source_alone_changes_the_output(void **state)
{
    outcome base = run_two(1, 100);
    outcome same = run_two(1, 100);
    outcome first_changed = run_two(2, 100);
    outcome second_changed = run_two(1, 200);

    (void)state;
    assert_same(&base, &same);
    assert_different(&base, &first_changed);
    assert_different(&base, &second_changed);
    assert_different(&first_changed, &second_changed);
}

static void what_is_mixed_in_changes_the_output_and_replaces_nothing(void **state)
{
    qk_source_config source = feed(0, 1, 0);
    uint8_t out[4][32];

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        source = feed(0, i == 3 ? 2 : 1, 0);
        start_with(&source, 1, false);
        if (i > 0)
            assert_qk_ok(qk_random_mix(i == 2 ? QK_VIEW_LITERAL("coins") : QK_VIEW_LITERAL("dice")));
        assert_qk_ok(qk_random_bytes(out[i], sizeof out[i]));
        stop_all();
    }
    assert_memory_not_equal(out[0], out[1], 32);
    assert_memory_not_equal(out[1], out[2], 32);
    assert_memory_not_equal(out[1], out[3], 32);
}

static void who_mixes_in_all_the_time_does_not_use_up_the_source(void **state)
{
    qk_source_config source = feed(0, 1, 0);
    qk_entropy_status status;
    uint64_t before;
    int64_t began_ms;
    uint8_t out[16];

    (void)state;
    start_with(&source, 1, false);
    assert_qk_ok(qk_random_bytes(out, sizeof out));
    qk_entropy_status_get(&status);
    before = status.reseeds;
    began_ms = qk_clock_monotonic_ms();
    for (unsigned i = 0; i < 200; i++) {
        assert_qk_ok(qk_random_mix(QK_VIEW_LITERAL("dice")));
        assert_qk_ok(qk_random_bytes(out, sizeof out));
    }
    qk_entropy_status_get(&status);
    assert_true(status.reseeds > before); /* the first at once */
    assert_true(status.reseeds - before <= 1 + (uint64_t)(qk_clock_monotonic_ms() - began_ms) / 1000);
}

/* ---- draws ---- */

static void nothing_is_served_twice(void **state)
{
    enum { ALL = 1 << 20 };
    qk_source_config source = feed(0, 3, 0);
    uint8_t *all = malloc(ALL);
    size_t done = 0;

    (void)state;
    assert_non_null(all);
    start_with(&source, 1, false);
    for (size_t len = 16; done + len <= ALL; done += len, len = len * 3 % 40960 / 16 * 16 + 16)
        assert_qk_ok(qk_entropy_draw(QK_ENTROPY_MIXED, all + done, len));
    assert_false(repeats_16(all, done));
    free(all);
}

static void a_generator_is_reseeded_after_2_to_17_bits(void **state)
{
    qk_source_config source = feed(0, 4, 0);
    qk_entropy_status status;
    uint8_t out[1024];

    (void)state;
    start_with(&source, 1, false);
    for (unsigned i = 0; i < 16; i++)
        assert_qk_ok(qk_random_bytes(out, sizeof out));
    qk_entropy_status_get(&status);
    assert_int_equal(status.reseeds, 1);
    assert_qk_ok(qk_random_bytes(out, sizeof out));
    qk_entropy_status_get(&status);
    assert_int_equal(status.reseeds, 2);
    assert_int_equal(status.conditioned_bytes, 128);
}

/* OpenSSL's word for wiping a generator. */
static void an_uninstantiated_generator_keeps_nothing(void **state)
{
    qk_source_config source = feed(0, 4, 0);
    EVP_RAND_CTX *generator;
    qk_entropy_status before, after;
    uint8_t out[16];

    (void)state;
    start_with(&source, 1, false);
    assert_qk_ok(qk_entropy_draw(QK_ENTROPY_MIXED, out, sizeof out));
    qk_entropy_status_get(&before);
    generator = RAND_get0_public(qk_openssl());
    assert_int_equal(EVP_RAND_uninstantiate(generator), 1);
    assert_qk_err(qk_entropy_draw(QK_ENTROPY_MIXED, out, sizeof out), QK_E_NO_RANDOM);
    assert_int_equal(EVP_RAND_instantiate(generator, 256, 0, NULL, 0, NULL), 1);
    assert_qk_ok(qk_entropy_draw(QK_ENTROPY_MIXED, out, sizeof out));
    qk_entropy_status_get(&after);
    assert_int_equal(after.reseeds, before.reseeds + 1);
}

static void drawn_bytes_are_counted_by_type(void **state)
{
    qk_source_config source = feed(0, 4, 0);
    qk_entropy_status status;
    uint8_t out[100];

    (void)state;
    source.kind = QK_SOURCE_QUANTUM;
    start_with(&source, 1, false);
    assert_qk_ok(qk_entropy_draw(QK_ENTROPY_MIXED, out, 100));
    assert_qk_ok(qk_entropy_draw(QK_ENTROPY_QUANTUM, out, 40));
    qk_entropy_status_get(&status);
    assert_int_equal(status.drawn_bytes[QK_ENTROPY_MIXED], 100);
    assert_int_equal(status.drawn_bytes[QK_ENTROPY_QUANTUM], 40);
    assert_int_equal(status.state, QK_ENTROPY_READY);
    assert_int_equal(status.reserve_capacity, 0);
}

static void quantum_needs_a_quantum_source(void **state)
{
    qk_source_config sources[] = { feed(0, 5, 0), feed(1, 6, 0) };
    uint8_t out[4] = { 1, 2, 3, 4 };

    (void)state;
    start_with(sources, 2, false);
    assert_int_equal(qk_entropy_types(), 1u << QK_ENTROPY_MIXED);
    assert_qk_err(qk_entropy_draw(QK_ENTROPY_QUANTUM, out, sizeof out), QK_E_NO_RANDOM);
    stop_all();

    sources[1].kind = QK_SOURCE_QUANTUM;
    start_with(sources, 2, false);
    assert_int_equal(qk_entropy_types(), 1u << QK_ENTROPY_MIXED | 1u << QK_ENTROPY_QUANTUM);
    assert_qk_ok(qk_entropy_draw(QK_ENTROPY_QUANTUM, out, sizeof out));
}

/* Conditioned bits of the source XOR the generator: another byte of the source changes what the generator does not. */
static void quantum_takes_a_fresh_block_for_each_64_bytes(void **state)
{
    qk_source_config source = feed(0, 5, 0);
    qk_entropy_status before, after;
    uint8_t out[1024];

    (void)state;
    source.kind = QK_SOURCE_QUANTUM;
    start_with(&source, 1, false);
    assert_qk_ok(qk_entropy_draw(QK_ENTROPY_MIXED, out, 1));
    qk_entropy_status_get(&before);
    assert_qk_ok(qk_entropy_draw(QK_ENTROPY_QUANTUM, out, sizeof out));
    qk_entropy_status_get(&after);
    assert_int_equal(after.conditioned_bytes - before.conditioned_bytes, sizeof out);
    assert_false(repeats_16(out, sizeof out));
}

/* ---- failures ---- */

/* Makes keys until the source has met its fault; returns how many were made. */
static unsigned make_keys_until_the_fault(void)
{
    unsigned made = 0;

    assert_qk_ok(qk_entropy_check());
    while (qk_source_healthy(qk_entropy_source(0))) {
        if (qk_entropy_check() == QK_OK) {
            EVP_PKEY *key = new_key();
            made += key != NULL;
            EVP_PKEY_free(key);
        }
        uint8_t out[8192];
        (void)!qk_random_bytes(out, sizeof out); /* uses the source up */
        assert_true(made < 10000);
    }
    return made;
}

static void keys_are_refused_at_the_next_call_after_the_source_failed(void **state)
{
    qk_source_config source = feed(0, 7, 100000);
    QK_OWNED(qk_secret_free) qk_secret secret = QK_SECRET_NONE;
    uint8_t out[32];

    (void)state;
    start_with(&source, 1, false);
    assert_qk_ok(qk_entropy_check());
    assert_true(make_keys_until_the_fault() > 0);
    assert_null(new_key());
    assert_qk_err(qk_entropy_check(), QK_E_NO_RANDOM);
    assert_words("first");
    assert_qk_err(qk_random_bytes(out, sizeof out), QK_E_NO_RANDOM);
    assert_words("no source of randomness is healthy");
    assert_qk_err(qk_random_secret(32, &secret), QK_E_NO_RANDOM);
    assert_qk_err(qk_entropy_draw(QK_ENTROPY_MIXED, out, sizeof out), QK_E_NO_RANDOM);
    assert_int_equal(RAND_priv_bytes_ex(qk_openssl(), out, sizeof out, 256), 0);
    assert_int_equal(qk_entropy_types(), 0);
    assert_int_equal(qk_entropy_state_get(), QK_ENTROPY_FAILED);
}

static void a_source_that_came_back_serves_again_with_new_seeds(void **state)
{
    qk_source_config source = feed(0, 7, 100000);
    qk_entropy_status before, after;
    qk_source_status status;
    uint8_t out[32];

    (void)state;
    start_with(&source, 1, false);
    make_keys_until_the_fault();
    assert_qk_err(qk_random_bytes(out, sizeof out), QK_E_NO_RANDOM);
    qk_entropy_status_get(&before);
    qk_source_restart(qk_entropy_source(0));
    for (unsigned i = 0; i < 100 && qk_entropy_check() != QK_OK; i++) {
        qk_source_status_get(qk_entropy_source(0), &status);
        if (status.state == QK_SOURCE_ERROR) /* its fault lay across two blocks */
            qk_source_restart(qk_entropy_source(0));
    }
    assert_qk_ok(qk_random_bytes(out, sizeof out));
    EVP_PKEY *key = new_key();
    assert_non_null(key);
    EVP_PKEY_free(key);
    qk_entropy_status_get(&after);
    assert_true(after.reseeds > before.reseeds);
    assert_int_equal(after.state, QK_ENTROPY_READY);
}

static void the_other_source_carries_on_and_generators_reseed(void **state)
{
    qk_source_config sources[] = { feed(0, 7, 0), feed(1, 8, 0) };
    qk_entropy_status before, after;
    uint8_t out[32];

    (void)state;
    start_with(sources, 2, false);
    assert_qk_ok(qk_random_bytes(out, sizeof out));
    qk_entropy_status_get(&before);
    qk_source_judge(qk_entropy_source(0), false, false, "looks like a ramp");
    assert_false(qk_source_healthy(qk_entropy_source(0)));
    assert_qk_ok(qk_entropy_check());
    assert_qk_ok(qk_random_bytes(out, sizeof out));
    assert_qk_ok(qk_random_bytes(out, sizeof out));
    qk_entropy_status_get(&after);
    assert_int_equal(after.reseeds, before.reseeds + 1);
}

static void a_source_without_credit_carries_nothing(void **state)
{
    qk_source_config source = feed(0, 9, 0);
    uint8_t out[16];

    (void)state;
    source.credited = false;
    start_with(&source, 1, false);
    assert_qk_err(qk_random_bytes(out, sizeof out), QK_E_NO_RANDOM);
    assert_words("credited");
    assert_qk_err(qk_entropy_check(), QK_E_NO_RANDOM);
}

/* A source that is switched off is as good as none. */
static void a_disabled_source_gives_nothing(void **state)
{
    qk_source_config source = feed(0, 9, 0);
    uint8_t out[16];

    (void)state;
    source.enabled = false;
    start_with(&source, 1, false);
    assert_qk_err(qk_random_bytes(out, sizeof out), QK_E_NO_RANDOM);
    assert_int_equal(qk_entropy_state_get(), QK_ENTROPY_AWAY);
}

static void a_strict_start_that_nothing_can_end_is_refused(void **state)
{
    qk_source_config source = feed(0, 9, 0);
    qk_entropy_config config = { .sources = &source, .source_count = 1, .strict_start = true };

    (void)state;
    assert_qk_ok(qk_crypto_start());
    assert_qk_err(qk_entropy_start(&config), QK_E_CONFIG); /* nobody runs tests without threads */
    assert_words("strict_start");
    config.threads = true;
    assert_qk_err(qk_entropy_start(&config), QK_E_CONFIG);
    assert_words("statistics.enabled");
    config.judged = true;
    assert_qk_err(qk_entropy_start(&config), QK_E_CONFIG);
    assert_words("source first");
    source.statistics = 0;
    assert_qk_ok(qk_entropy_start(&config));
}

/* ---- starting ---- */

static void the_first_configuration_stays(void **state)
{
    qk_source_config source = feed(0, 10, 0);

    (void)state;
    start_with(&source, 1, false);
    assert_qk_ok(qk_entropy_start(NULL));
    assert_int_equal(qk_entropy_source_count(), 1);
    assert_string_equal(qk_source_config_of(qk_entropy_source(0))->name, "first");
    assert_null(qk_entropy_source(1));
}

static void sources_are_told_in_the_order_of_the_configuration(void **state)
{
    qk_source_config sources[] = { feed(0, 1, 0), feed(1, 2, 0), feed(2, 3, 0) };

    (void)state;
    sources[0].priority = 9;
    start_with(sources, 3, false);
    for (unsigned i = 0; i < 3; i++)
        assert_string_equal(qk_source_config_of(qk_entropy_source(i))->name, sources[i].name);
}

/* The OpenSSL context stays what it became, for the life of a process: this one has its own. */
static void draw_and_start(void)
{
    uint8_t out[4];
    bool refused = qk_crypto_start() == QK_OK && RAND_bytes_ex(qk_openssl(), out, sizeof out, 256) == 1 &&
                   qk_entropy_start(NULL) == QK_E_GENERAL && strstr(qk_failure_last()->words, "elsewhere") &&
                   !qk_entropy_started();

    stop_all();
    _exit(refused ? 0 : 1);
}

static void what_drew_before_the_start_is_noticed(void **state)
{
    pid_t child = fork();
    int status;

    (void)state;
    if (child == 0)
        draw_and_start();
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void a_start_after_a_stop_seeds_anew(void **state)
{
    qk_source_config source = feed(0, 10, 0);
    qk_entropy_config config = { .sources = &source, .source_count = 1 };
    qk_entropy_status status;
    uint8_t out[16];

    (void)state;
    start_with(&source, 1, false);
    assert_qk_ok(qk_random_bytes(out, sizeof out));
    qk_entropy_stop();
    assert_qk_err(qk_random_bytes(out, sizeof out), QK_E_NO_RANDOM);
    assert_qk_ok(qk_entropy_start(&config));
    assert_qk_ok(qk_random_bytes(out, sizeof out));
    qk_entropy_status_get(&status);
    assert_int_equal(status.reseeds, 1);
}

static void a_source_that_claims_next_to_nothing_is_refused(void **state)
{
    qk_source_config source = feed(0, 10, 0);
    qk_entropy_config config = { .sources = &source, .source_count = 1 };

    (void)state;
    source.min_entropy = 0.01;
    assert_qk_ok(qk_crypto_start());
    assert_qk_err(qk_entropy_start(&config), QK_E_CONFIG);
    assert_words("first");
}

/* Its TLS would wait for a seed that only it could bring. */
static void a_service_behind_tls_is_refused_as_the_only_credited_source(void **state)
{
    qk_source_config sources[] = { feed(0, 10, 0), feed(1, 11, 0) };
    qk_entropy_config config = { .sources = sources, .source_count = 2 };

    (void)state;
    sources[0].driver = QK_DRIVER_UPSTREAM;
    sources[0].path = NULL;
    sources[0].loop = false;
    sources[0].url = "HTTPS://far.example";
    sources[1].credited = false;
    assert_qk_ok(qk_crypto_start());
    assert_qk_err(qk_entropy_start(&config), QK_E_CONFIG);
    assert_words("source first cannot be the only credited one");
    sources[1].credited = true;
    sources[1].enabled = false;
    assert_qk_err(qk_entropy_start(&config), QK_E_CONFIG);
    sources[1].enabled = true;
    assert_qk_ok(qk_entropy_start(&config));
    qk_entropy_stop();

    sources[0].url = "http://127.0.0.1:1";
    assert_qk_ok(qk_entropy_start(&(qk_entropy_config){ .sources = sources, .source_count = 1 }));
}

static void nothing_is_known_before_the_start(void **state)
{
    qk_entropy_status status;
    uint8_t out[4];

    (void)state;
    assert_qk_err(qk_entropy_check(), QK_E_NO_RANDOM);
    assert_qk_err(qk_entropy_draw(QK_ENTROPY_MIXED, out, sizeof out), QK_E_NO_RANDOM);
    assert_int_equal(qk_entropy_types(), 0);
    assert_int_equal(qk_entropy_tap(QK_ENTROPY_TAP_OUTPUT, out, sizeof out), 0);
    qk_entropy_status_get(&status);
    assert_int_equal(status.state, QK_ENTROPY_AWAY);
}

/* ---- fork ---- */

/* What the child says through the pipe: its bytes, after it was refused what it inherited. */
static void be_the_child(int fd)
{
    uint8_t out[32];
    qk_source_config source = feed(1, 12, 0);
    qk_entropy_config config = { .sources = &source, .source_count = 1 };
    bool refused = qk_random_bytes(out, sizeof out) == QK_E_NO_RANDOM && qk_entropy_check() == QK_E_NO_RANDOM &&
                   RAND_priv_bytes_ex(qk_openssl(), out, sizeof out, 256) != 1 && !qk_entropy_started();

    qk_entropy_abandon();
    qk_crypto_abandon();
    bool anew = qk_crypto_start() == QK_OK && qk_entropy_start(&config) == QK_OK &&
                qk_random_bytes(out, sizeof out) == QK_OK && write(fd, out, sizeof out) == sizeof out;
    stop_all();
    _exit(refused && anew ? 0 : 1);
}

static void a_forked_child_starts_anew_and_differs(void **state)
{
    qk_source_config source = feed(0, 11, 0);
    uint8_t mine[32], its[32];
    int ends[2], status;
    pid_t child;

    (void)state;
    start_with(&source, 1, false);
    assert_qk_ok(qk_random_bytes(mine, sizeof mine));
    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0)
        be_the_child(ends[1]);
    assert_qk_ok(qk_random_bytes(mine, sizeof mine));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(read(ends[0], its, sizeof its), sizeof its);
    assert_memory_not_equal(mine, its, sizeof mine);
    close(ends[0]);
    close(ends[1]);
}

#define CASE(test) cmocka_unit_test_teardown(test, clean_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_drew_before_the_start_is_noticed), /* before any other start in this process */
        CASE(keys_come_from_the_source_and_from_nowhere_else),
        CASE(keys_change_with_the_source),
        CASE(each_source_alone_changes_the_output),
        CASE(what_is_mixed_in_changes_the_output_and_replaces_nothing),
        CASE(who_mixes_in_all_the_time_does_not_use_up_the_source),
        CASE(nothing_is_served_twice),
        CASE(a_generator_is_reseeded_after_2_to_17_bits),
        CASE(an_uninstantiated_generator_keeps_nothing),
        CASE(drawn_bytes_are_counted_by_type),
        CASE(quantum_needs_a_quantum_source),
        CASE(quantum_takes_a_fresh_block_for_each_64_bytes),
        CASE(keys_are_refused_at_the_next_call_after_the_source_failed),
        CASE(a_source_that_came_back_serves_again_with_new_seeds),
        CASE(the_other_source_carries_on_and_generators_reseed),
        CASE(a_source_without_credit_carries_nothing),
        CASE(a_disabled_source_gives_nothing),
        CASE(a_strict_start_that_nothing_can_end_is_refused),
        CASE(the_first_configuration_stays),
        CASE(sources_are_told_in_the_order_of_the_configuration),
        CASE(a_start_after_a_stop_seeds_anew),
        CASE(a_source_that_claims_next_to_nothing_is_refused),
        CASE(a_service_behind_tls_is_refused_as_the_only_credited_source),
        CASE(nothing_is_known_before_the_start),
        CASE(a_forked_child_starts_anew_and_differs),
    };
    return cmocka_run_group_tests_name("pipeline", tests, make_test_folder, remove_test_folder);
}
