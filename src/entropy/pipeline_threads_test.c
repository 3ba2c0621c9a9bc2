/* SPDX-License-Identifier: Apache-2.0 */
/* The pipeline with threads, as in quantokid: reserve, taps, failures, and the end of the process in the middle. */
#include "entropy/pipeline_testing.h"

#include <openssl/rand.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "entropy/pipeline.h"

enum { RESERVE = 64 * 1024, DRAWERS = 8, DRAW_LEN = 4096, DRAWS = 32 };

static int clean_up(void **state)
{
    (void)state;
    stop_all();
    return 0;
}

static qk_entropy_config config_with(const qk_source_config *sources, size_t count)
{
    return (qk_entropy_config){ .sources = sources, .source_count = count, .threads = true, .reserve = RESERVE };
}

static void start_config(const qk_entropy_config *config)
{
    assert_qk_ok(qk_crypto_start());
    assert_qk_ok(qk_entropy_start(config));
}

static qk_source_config quantum_feed(unsigned index, uint64_t seed, size_t fault_at)
{
    qk_source_config source = feed(index, seed, fault_at);

    source.kind = QK_SOURCE_QUANTUM;
    source.rate = 1000000;
    return source;
}

static const char *reserve_path(void)
{
    static char path[192];

    snprintf(path, sizeof path, "%s/disk", test_folder);
    return path;
}

static void sleep_ms(int ms)
{
    nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000L }, NULL);
}

/* Threads need their time: asks again for up to ten seconds, with short pauses. */
#define eventually(condition)                                                                                          \
    do {                                                                                                               \
        unsigned tries_ = 0;                                                                                           \
        while (!(condition)) {                                                                                         \
            assert_true(++tries_ < 2000);                                                                              \
            sleep_ms(5);                                                                                               \
        }                                                                                                              \
    } while (0)

static qk_entropy_status status_now(void)
{
    qk_entropy_status status;

    qk_entropy_status_get(&status);
    return status;
}

/* ---- drawing ---- */

static void the_first_draw_waits_for_the_start_up_tests(void **state)
{
    qk_source_config source = feed(0, 1, 0);
    qk_entropy_config config = config_with(&source, 1);
    uint8_t out[32];

    (void)state;
    start_config(&config);
    assert_qk_ok(qk_random_bytes(out, sizeof out));
    assert_qk_ok(qk_entropy_check());
    assert_int_equal(qk_entropy_state_get(), QK_ENTROPY_READY);
}

typedef struct drawer {
    uint8_t *out;
    qk_entropy_type type;
    bool failed;
} drawer;

static void *draw_much(void *argument)
{
    drawer *d = argument;

    for (size_t i = 0; i < DRAWS; i++)
        if (qk_entropy_draw_by(d->type, d->out + i * DRAW_LEN, DRAW_LEN, qk_deadline_in(10000)) != QK_OK)
            d->failed = true;
    return NULL;
}

static void draw_from_all_sides(bool quantum_too)
{
    enum { EACH = DRAWS * DRAW_LEN };
    uint8_t *all = malloc(DRAWERS * (size_t)EACH);
    pthread_t threads[DRAWERS];
    drawer drawers[DRAWERS];

    assert_non_null(all);
    for (size_t i = 0; i < DRAWERS; i++) {
        drawers[i] =
            (drawer){ .out = all + i * EACH, .type = quantum_too && i % 2 ? QK_ENTROPY_QUANTUM : QK_ENTROPY_MIXED };
        assert_int_equal(pthread_create(&threads[i], NULL, draw_much, &drawers[i]), 0);
    }
    for (size_t i = 0; i < DRAWERS; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < DRAWERS; i++)
        assert_false(drawers[i].failed);
    assert_false(repeats_16(all, DRAWERS * (size_t)EACH));
    free(all);
}

static void eight_threads_are_served_nothing_twice(void **state)
{
    qk_source_config sources[] = { quantum_feed(0, 1, 0), feed(1, 2, 0) };
    qk_entropy_config config = config_with(sources, 2);

    (void)state;
    start_config(&config);
    draw_from_all_sides(true);
}

/* ---- the reserve ---- */

static void the_reserve_fills_and_is_served(void **state)
{
    qk_source_config sources[] = { quantum_feed(0, 1, 0), feed(1, 2, 0) };
    qk_entropy_config config = config_with(sources, 2);
    uint8_t out[10000];

    (void)state;
    start_config(&config);
    eventually(status_now().reserve_bytes == RESERVE);
    assert_int_equal(status_now().reserve_capacity, RESERVE);
    assert_qk_ok(qk_entropy_draw(QK_ENTROPY_QUANTUM, out, sizeof out));
    assert_int_equal(status_now().drawn_bytes[QK_ENTROPY_QUANTUM], sizeof out);
    eventually(status_now().reserve_bytes == RESERVE);
    assert_false(repeats_16(out, sizeof out));
}

static void more_than_the_reserve_comes_with_patience_only(void **state)
{
    qk_source_config source = quantum_feed(0, 1, 0);
    qk_entropy_config config = config_with(&source, 1);
    uint8_t *out = malloc(4 * RESERVE);

    (void)state;
    assert_non_null(out);
    start_config(&config);
    eventually(status_now().reserve_bytes == RESERVE);
    assert_qk_err(qk_entropy_draw(QK_ENTROPY_QUANTUM, out, 4 * RESERVE), QK_E_NO_RANDOM);
    assert_words("ask again");
    assert_qk_ok(qk_entropy_draw_by(QK_ENTROPY_QUANTUM, out, 4 * RESERVE, qk_deadline_in(20000)));
    assert_false(repeats_16(out, 4 * RESERVE));
    free(out);
}

static void without_a_quantum_source_there_is_no_reserve(void **state)
{
    qk_source_config source = feed(0, 1, 0);
    qk_entropy_config config = config_with(&source, 1);
    uint8_t out[16];

    (void)state;
    start_config(&config);
    assert_qk_ok(qk_random_bytes(out, sizeof out));
    assert_int_equal(status_now().reserve_capacity, 0);
    assert_int_equal(qk_entropy_types(), 1u << QK_ENTROPY_MIXED);
    assert_qk_err(qk_entropy_draw(QK_ENTROPY_QUANTUM, out, sizeof out), QK_E_NO_RANDOM);
    assert_qk_err(qk_entropy_draw_by(QK_ENTROPY_QUANTUM, out, sizeof out, qk_deadline_in(10000)), QK_E_NO_RANDOM);
    assert_words("no quantum source");
}

/* ---- failures ---- */

static void fail_the_source(void)
{
    qk_source_judge(qk_entropy_source(0), false, false, "looks like a ramp");
}

static void everything_is_refused_at_the_next_call(void **state)
{
    qk_source_config source = quantum_feed(0, 1, 0);
    qk_entropy_config config = config_with(&source, 1);
    uint8_t out[64];

    (void)state;
    start_config(&config);
    eventually(status_now().reserve_bytes == RESERVE);
    assert_qk_ok(qk_random_bytes(out, sizeof out));
    fail_the_source();
    assert_null(new_key());
    assert_qk_err(qk_random_bytes(out, sizeof out), QK_E_NO_RANDOM);
    assert_qk_err(qk_entropy_check(), QK_E_NO_RANDOM);
    assert_words("looks like a ramp");
    assert_qk_err(qk_entropy_draw(QK_ENTROPY_QUANTUM, out, sizeof out), QK_E_NO_RANDOM);
    assert_qk_err(qk_entropy_draw_by(QK_ENTROPY_QUANTUM, out, sizeof out, qk_deadline_in(10000)), QK_E_NO_RANDOM);
    assert_int_equal(qk_entropy_types(), 0);
}

/* Not once more a second for each call, on threads that others wait for. */
static void what_never_was_there_is_waited_for_once(void **state)
{
    qk_source_config source = feed(0, 1, 0);
    qk_entropy_config config = config_with(&source, 1);
    qk_pipeline *pipeline;
    uint8_t out[16];

    (void)state;
    source.driver = QK_DRIVER_DEVICE;
    source.loop = false;
    source.path = "/nowhere/at/all";
    start_config(&config);
    assert_qk_ok(qk_pipeline_get(&pipeline));
    assert_qk_err(qk_entropy_check(), QK_E_NO_RANDOM);
    assert_words("nowhere");
    assert_true(qk_pipeline_settled(pipeline));
    assert_qk_err(qk_random_bytes(out, sizeof out), QK_E_NO_RANDOM);
}

static void it_serves_again_after_a_restart(void **state)
{
    qk_source_config source = quantum_feed(0, 1, 0);
    qk_entropy_config config = config_with(&source, 1);
    uint64_t reseeds;
    uint8_t out[64];

    (void)state;
    start_config(&config);
    assert_qk_ok(qk_random_bytes(out, sizeof out));
    fail_the_source();
    assert_qk_err(qk_random_bytes(out, sizeof out), QK_E_NO_RANDOM);
    reseeds = status_now().reseeds;
    qk_source_restart(qk_entropy_source(0));
    eventually(qk_entropy_check() == QK_OK);
    assert_qk_ok(qk_random_bytes(out, sizeof out));
    assert_true(status_now().reseeds > reseeds);
}

/* Another source is healthy, and the quantum one in a start-up test that does not end. */
static void the_reserve_is_not_served_while_its_source_is_starting(void **state)
{
    qk_source_config sources[] = { quantum_feed(0, 1, 0), feed(1, 2, 0) };
    qk_entropy_config config = config_with(sources, 2);
    uint8_t out[64];

    (void)state;
    start_config(&config);
    eventually(status_now().reserve_bytes == RESERVE && qk_source_healthy(qk_entropy_source(1)));
    qk_source_set_strict(qk_entropy_source(0), true);
    qk_source_restart(qk_entropy_source(0));
    assert_int_equal(qk_entropy_types(), 1u << QK_ENTROPY_MIXED);
    assert_qk_ok(qk_entropy_draw(QK_ENTROPY_MIXED, out, sizeof out));
    assert_qk_err(qk_entropy_draw(QK_ENTROPY_QUANTUM, out, sizeof out), QK_E_NO_RANDOM);
    assert_words("no quantum source is healthy");
    assert_qk_err(qk_entropy_draw_by(QK_ENTROPY_QUANTUM, out, sizeof out, qk_deadline_in(20)), QK_E_NO_RANDOM);
    eventually((qk_source_judge(qk_entropy_source(0), true, true, ""),
                qk_entropy_draw(QK_ENTROPY_QUANTUM, out, sizeof out) == QK_OK));
}

static void the_reserve_is_served_while_down_if_the_operator_wants_it(void **state)
{
    qk_source_config source = quantum_feed(0, 1, 0);
    qk_entropy_config config = config_with(&source, 1);
    uint8_t out[RESERVE / 2];

    (void)state;
    config.serve_reserve_when_down = true;
    start_config(&config);
    eventually(status_now().reserve_bytes == RESERVE);
    assert_int_equal(truncate(source.path, 0), 0);
    eventually(!qk_source_healthy(qk_entropy_source(0)));
    assert_qk_ok(qk_entropy_draw(QK_ENTROPY_QUANTUM, out, sizeof out));
    assert_false(repeats_16(out, sizeof out));
    assert_qk_err(qk_random_bytes(out, sizeof out), QK_E_NO_RANDOM);
    assert_int_equal(qk_entropy_types(), 1u << QK_ENTROPY_QUANTUM);
    assert_qk_ok(qk_entropy_draw(QK_ENTROPY_QUANTUM, out, sizeof out));
    assert_qk_err(qk_entropy_draw(QK_ENTROPY_QUANTUM, out, 1), QK_E_NO_RANDOM);
}

static void a_broken_generator_is_no_reason_to_serve_the_reserve_alone(void **state)
{
    qk_source_config source = quantum_feed(0, 1, 0);
    qk_entropy_config config = config_with(&source, 1);
    EVP_RAND_CTX *generator;
    uint8_t out[64];

    (void)state;
    config.serve_reserve_when_down = true;
    start_config(&config);
    eventually(status_now().reserve_bytes == RESERVE);
    assert_qk_ok(qk_entropy_draw(QK_ENTROPY_QUANTUM, out, sizeof out));
    generator = RAND_get0_public(qk_openssl());
    assert_int_equal(EVP_RAND_uninstantiate(generator), 1);
    assert_qk_err(qk_entropy_draw(QK_ENTROPY_QUANTUM, out, sizeof out), QK_E_NO_RANDOM);
    assert_int_equal(EVP_RAND_instantiate(generator, 256, 0, NULL, 0, NULL), 1);
    assert_qk_ok(qk_entropy_draw(QK_ENTROPY_QUANTUM, out, sizeof out));
}

/* Two runs of statistics say that what a source gave was bad: it is in everything that waits to be served. */
static void what_a_source_that_was_cut_off_is_in_goes_with_it(void **state)
{
    qk_source_config sources[] = { quantum_feed(0, 1, 0), feed(1, 2, 0) };
    qk_entropy_config config = config_with(sources, 2);
    uint64_t reseeds;
    uint8_t out[64];

    (void)state;
    config.serve_reserve_when_down = true;
    config.reserve_file = reserve_path();
    config.reserve_file_size = 256 * 1024;
    start_config(&config);
    eventually(status_now().reserve_bytes == RESERVE && status_now().disk_bytes > 100000);
    assert_qk_ok(qk_random_bytes(out, sizeof out));
    reseeds = status_now().reseeds;
    fail_the_source();
    assert_int_equal(status_now().reserve_bytes, 0);
    assert_qk_err(qk_entropy_draw(QK_ENTROPY_QUANTUM, out, sizeof out), QK_E_NO_RANDOM);
    eventually(status_now().disk_bytes == 0);
    assert_qk_ok(qk_random_bytes(out, sizeof out));
    assert_true(status_now().reseeds > reseeds);
    qk_source_restart(qk_entropy_source(0));
    eventually(status_now().reserve_bytes == RESERVE && status_now().disk_bytes > 100000);
}

static void stopping_does_not_wait_for_a_silent_source(void **state)
{
    char path[192];
    qk_source_config sources[] = { feed(0, 1, 0), feed(1, 2, 0) };
    qk_entropy_config config = config_with(sources, 2);
    uint8_t out[16];
    int64_t before;

    (void)state;
    snprintf(path, sizeof path, "%s/silent", test_folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    sources[0].driver = QK_DRIVER_DEVICE;
    sources[0].loop = false;
    sources[0].path = path;
    start_config(&config);
    assert_qk_ok(qk_random_bytes(out, sizeof out));
    before = qk_clock_monotonic_ms();
    stop_all();
    assert_true(qk_clock_monotonic_ms() - before < 9000); /* its timeout is ten seconds */
    unlink(path);
}

/* ---- taps ---- */

static size_t tap_all(size_t source, uint8_t *out, size_t len)
{
    size_t have = 0;

    eventually((have += qk_entropy_tap(source, out + have, len - have)) == len);
    return have;
}

static void taps_give_bytes_that_nobody_else_gets(void **state)
{
    enum { LEN = 20000 };
    qk_source_config sources[] = { quantum_feed(0, 1, 0), quantum_feed(1, 2, 0), feed(2, 3, 0) };
    qk_entropy_config config = config_with(sources, 3);
    uint8_t *all = malloc(4 * LEN);

    (void)state;
    assert_non_null(all);
    sources[0].statistics = 0; /* raw */
    sources[1].statistics = 1; /* conditioned */
    sources[2].statistics = 2; /* off */
    config.tap_every = 4;
    start_config(&config);
    tap_all(0, all, LEN);
    tap_all(1, all + LEN, LEN);
    tap_all(QK_ENTROPY_TAP_OUTPUT, all + 2 * LEN, LEN);
    assert_qk_ok(qk_entropy_draw_by(QK_ENTROPY_QUANTUM, all + 3 * LEN, LEN, qk_deadline_in(10000)));
    assert_false(repeats_16(all, 4 * LEN));
    assert_int_equal(qk_entropy_tap(2, all, LEN), 0);
    assert_int_equal(qk_entropy_tap(3, all, LEN), 0);
    free(all);
}

/* A slow source whose queue is full, and nobody draws. */
static void taps_fill_from_full_queues(void **state)
{
    enum { LEN = 200 * 1000 };
    qk_source_config source = feed(0, 1, 0);
    qk_entropy_config config = config_with(&source, 1);
    uint8_t *out = malloc(LEN);

    (void)state;
    assert_non_null(out);
    source.statistics = 0; /* raw */
    start_config(&config);
    tap_all(0, out, LEN);
    assert_false(repeats_16(out, LEN));
    free(out);
}

static qk_source_status source_now(void)
{
    qk_source_status status;

    qk_source_status_get(qk_entropy_source(0), &status);
    return status;
}

/* The first samples after the start-up test wait in the tap; a run shall not have them beside those of another stream.
 */
static void a_restart_empties_the_tap(void **state)
{
    enum { STARTUP = 4096, TAP = 64 * 1024 };
    qk_source_config source = feed(0, 1, 0);
    qk_entropy_config config = config_with(&source, 1);
    QK_OWNED(qk_buf_done) qk_buf given = QK_BUF_NONE;
    uint8_t *out = malloc(TAP);
    size_t len;

    (void)state;
    assert_non_null(out);
    assert_qk_ok(qk_file_read(source.path, FEED_LEN, &given));
    source.statistics = 0; /* raw */
    start_config(&config);
    eventually(source_now().samples > TAP + 2 * STARTUP); /* the tap is full, or nearly */
    qk_source_restart(qk_entropy_source(0));
    eventually(source_now().startups == 2 && source_now().queued > 0);
    len = qk_entropy_tap(0, out, TAP);
    assert_null(memmem(out, len, given.data + STARTUP, 16));
    assert_null(memmem(out, len, given.data + STARTUP + TAP / 2, 16));
    free(out);
}

static void a_strict_start_lets_the_tap_through_first(void **state)
{
    qk_source_config source = feed(0, 1, 0);
    qk_entropy_config config = config_with(&source, 1);
    uint8_t out[16384];

    (void)state;
    source.statistics = 0;
    config.strict_start = config.judged = true;
    start_config(&config);
    tap_all(0, out, sizeof out);
    assert_int_equal(qk_entropy_state_get(), QK_ENTROPY_STARTING);
    assert_qk_err(qk_entropy_draw(QK_ENTROPY_MIXED, out, 16), QK_E_NO_RANDOM);
    qk_source_judge(qk_entropy_source(0), true, true, "");
    eventually(qk_entropy_check() == QK_OK);
    assert_qk_ok(qk_entropy_draw(QK_ENTROPY_MIXED, out, 16));
}

/* ---- the reserve on disk ---- */

static qk_entropy_config config_with_disk(const qk_source_config *sources, size_t count)
{
    qk_entropy_config config = config_with(sources, count);

    config.reserve_file = reserve_path();
    config.reserve_file_size = 256 * 1024;
    return config;
}

static void the_disk_fills_after_memory_and_flows_back(void **state)
{
    enum { MUCH = 5 * RESERVE };
    qk_source_config source = quantum_feed(0, 1, 0);
    qk_entropy_config config = config_with_disk(&source, 1);
    uint8_t *out = malloc(MUCH);
    struct stat info;

    (void)state;
    assert_non_null(out);
    start_config(&config);
    eventually(status_now().disk_bytes == status_now().disk_capacity && status_now().disk_capacity > 200000);
    assert_string_equal(status_now().disk_message, "");
    assert_int_equal(stat(reserve_path(), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_qk_ok(qk_entropy_draw_by(QK_ENTROPY_QUANTUM, out, MUCH, qk_deadline_in(20000)));
    assert_false(repeats_16(out, MUCH));
    free(out);
    stop_all();
    assert_int_equal(stat(reserve_path(), &info), -1);
}

static void without_the_disk_it_goes_on(void **state)
{
    qk_source_config source = quantum_feed(0, 1, 0);
    qk_entropy_config config = config_with_disk(&source, 1);
    uint8_t out[64];

    (void)state;
    config.reserve_file = "/nowhere/at/all";
    start_config(&config);
    eventually(status_now().reserve_bytes == RESERVE);
    assert_non_null(strstr(status_now().disk_message, "No such file"));
    assert_int_equal(status_now().disk_capacity, 0);
    assert_qk_ok(qk_entropy_draw(QK_ENTROPY_QUANTUM, out, sizeof out));
}

/* Serves into the pipe until it is killed. */
static void serve_for_ever(int fd)
{
    qk_source_config source = quantum_feed(0, 77, 0);
    qk_entropy_config config = config_with_disk(&source, 1);
    uint8_t out[2048];

    if (qk_crypto_start() != QK_OK || qk_entropy_start(&config) != QK_OK)
        _exit(1);
    while (status_now().disk_bytes == 0)
        sleep_ms(1);
    while (qk_entropy_draw_by(QK_ENTROPY_QUANTUM, out, sizeof out, qk_deadline_in(10000)) == QK_OK &&
           write(fd, out, sizeof out) == sizeof out)
        ;
    _exit(1);
}

static void read_all(int fd, uint8_t *out, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t got = read(fd, out + done, len - done);
        assert_true(got > 0);
        done += (size_t)got;
    }
}

static void assert_nothing_of_it_is_readable(const uint8_t *served, size_t len)
{
    QK_OWNED(qk_buf_done) qk_buf left = QK_BUF_NONE;

    assert_qk_ok(qk_file_read(reserve_path(), 1 << 20, &left));
    assert_true(left.len > 4096);
    for (size_t i = 0; i + 16 <= len; i += 16)
        assert_null(memmem(left.data, left.len, served + i, 16));
}

static void a_killed_process_leaves_nothing_that_can_be_read_or_served(void **state)
{
    enum { SERVED = 128 * 1024 };
    qk_source_config source = quantum_feed(1, 78, 0);
    qk_entropy_config config = config_with_disk(&source, 1);
    uint8_t *served = malloc(2 * SERVED);
    int ends[2], status;
    pid_t child;

    (void)state;
    assert_non_null(served);
    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0)
        serve_for_ever(ends[1]);
    close(ends[1]);
    read_all(ends[0], served, SERVED);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    close(ends[0]);
    assert_nothing_of_it_is_readable(served, SERVED);

    start_config(&config);
    assert_string_equal(status_now().disk_message, "");
    assert_qk_ok(qk_entropy_draw_by(QK_ENTROPY_QUANTUM, served + SERVED, SERVED, qk_deadline_in(20000)));
    assert_false(repeats_16(served, 2 * SERVED));
    free(served);
}

#define CASE(test) cmocka_unit_test_teardown(test, clean_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_first_draw_waits_for_the_start_up_tests),
        CASE(eight_threads_are_served_nothing_twice),
        CASE(the_reserve_fills_and_is_served),
        CASE(more_than_the_reserve_comes_with_patience_only),
        CASE(without_a_quantum_source_there_is_no_reserve),
        CASE(everything_is_refused_at_the_next_call),
        CASE(what_never_was_there_is_waited_for_once),
        CASE(it_serves_again_after_a_restart),
        CASE(the_reserve_is_not_served_while_its_source_is_starting),
        CASE(the_reserve_is_served_while_down_if_the_operator_wants_it),
        CASE(a_broken_generator_is_no_reason_to_serve_the_reserve_alone),
        CASE(what_a_source_that_was_cut_off_is_in_goes_with_it),
        CASE(stopping_does_not_wait_for_a_silent_source),
        CASE(taps_give_bytes_that_nobody_else_gets),
        CASE(taps_fill_from_full_queues),
        CASE(a_restart_empties_the_tap),
        CASE(a_strict_start_lets_the_tap_through_first),
        CASE(the_disk_fills_after_memory_and_flows_back),
        CASE(without_the_disk_it_goes_on),
        CASE(a_killed_process_leaves_nothing_that_can_be_read_or_served),
    };
    return cmocka_run_group_tests_name("pipeline_threads", tests, make_test_folder, remove_test_folder);
}
