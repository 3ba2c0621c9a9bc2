/* SPDX-License-Identifier: Apache-2.0 */
/* One thread turns, others take, look, judge and restart; run under ThreadSanitizer this finds unlocked sharing. What
 * comes out must be each sample once: the device counts. */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "entropy/source/source_script.h"

enum { TAKERS = 3, WORDS_WANTED = 300000 };

static qk_source *source;
static atomic_bool stopping;
static atomic_uint taken_words;
static uint64_t counter;
static _Atomic uint8_t seen[1 << 23];

/* Every 8 bytes are a number of their own, mixed so that the tests find nothing. */
static qk_err counting_read(void *handle, qk_driver_read *read)
{
    (void)handle;
    for (size_t i = 0; i + 8 <= read->room; i += 8) {
        uint64_t word = counter++;
        word = (word + 1) * UINT64_C(0x9e3779b97f4a7c15); /* odd: can be undone */
        word ^= word >> 32;
        memcpy(read->out + i, &word, 8);
        read->len = i + 8;
    }
    return QK_OK;
}

static uint64_t number_of(uint64_t word)
{
    uint64_t inverse = 1;

    word ^= word >> 32;
    for (unsigned i = 0; i < 6; i++) /* Newton: each step doubles the bits that are right */
        inverse *= 2 - UINT64_C(0x9e3779b97f4a7c15) * inverse;
    return word * inverse - 1;
}

static void *turner(void *unused)
{
    while (!atomic_load(&stopping))
        qk_source_wait(source, qk_source_turn(source, qk_deadline_in(10)));
    return unused;
}

static void *taker(void *unused)
{
    uint64_t words[64];

    while (!atomic_load(&stopping)) {
        size_t len = qk_source_take(source, (uint8_t *)words, sizeof words);

        if (len == 0)
            usleep(10);
        if (len % 8 != 0)
            fail_msg("a word was torn");
        for (size_t i = 0; i < len / 8; i++) {
            uint64_t number = number_of(words[i]);
            if (number >= sizeof seen || atomic_fetch_add(&seen[number], 1) != 0)
                fail_msg("number %llu came twice or was never sent", (unsigned long long)number);
        }
        atomic_fetch_add(&taken_words, (unsigned)(len / 8));
    }
    return unused;
}

static void *onlooker(void *unused)
{
    qk_source_status status;

    for (unsigned i = 0; !atomic_load(&stopping); i++) {
        qk_source_status_get(source, &status);
        if (i % 64 == 0)
            qk_source_judge(source, i % 128 == 0, true, "only for a moment");
        if (i % 512 == 100)
            qk_source_restart(source);
        usleep(20);
    }
    return unused;
}

static void every_sample_comes_out_at_most_once_whoever_does_what(void **state)
{
    qk_driver driver = script_driver;
    qk_source_config config = script_config(8, 7.8);
    pthread_t threads[2 + TAKERS];

    (void)state;
    driver.read = counting_read;
    driver.queue = 16 * 1024;
    assert_qk_ok(qk_source_new_with_driver(&config, &driver, qk_clock_monotonic_ms, &source));
    assert_int_equal(pthread_create(&threads[0], NULL, turner, NULL), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, onlooker, NULL), 0);
    for (unsigned i = 0; i < TAKERS; i++)
        assert_int_equal(pthread_create(&threads[2 + i], NULL, taker, NULL), 0);
    while (atomic_load(&taken_words) < WORDS_WANTED)
        usleep(1000);
    atomic_store(&stopping, true);
    qk_source_interrupt(source);
    for (unsigned i = 0; i < 2 + TAKERS; i++)
        pthread_join(threads[i], NULL);
    qk_source_free(&source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sample_comes_out_at_most_once_whoever_does_what),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
