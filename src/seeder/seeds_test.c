/* SPDX-License-Identifier: Apache-2.0 */
/* What each answer of the service leads to. The supply and the workers are the test's own. */
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/testing.h"
#include "crypto/crypto.h"
#include "entropy/entropy.h"
#include "net/socket.h"
#include "seeder/supervisor.h"

enum { TARGETS = 6, MOST_SEED = 1024, HOUR_MS = 3600000, TEN_MINUTES_MS = 600000, PERIOD_S = 10, DUE_MS = 50000 };

/* The supply of the test: it counts up, or fails (also for one size alone), or has nothing but zeros. */
static struct {
    qk_err fails, fails_for_size;
    size_t of_size;
    int64_t retry_after_ms, answered_ms;
    bool takes_its_time, is_zero;
    uint64_t counter;
    unsigned calls, drops;
} supply;

/* Seeds as the workers got them. */
static struct {
    const qk_seed_target *target;
    uint8_t seed[MOST_SEED];
    size_t len;
} orders[TARGETS * 4];
static size_t order_count;

qk_err __wrap_qk_supply_fetch_blocks(qk_supply *unused, uint8_t *out, size_t block_len, size_t count,
                                     qk_deadline_ms deadline, qk_supply_report *out_report);
void __wrap_qk_supply_drop_stock(qk_supply *unused);
qk_err __wrap_qk_seed_worker_order(qk_seed_worker *worker, qk_seed_target *target, qk_seed_ask ask, qk_secret *seed);

qk_err __wrap_qk_supply_fetch_blocks(qk_supply *unused, uint8_t *out, size_t block_len, size_t count,
                                     qk_deadline_ms deadline, qk_supply_report *out_report)
{
    qk_err err = supply.of_size && supply.of_size == block_len ? supply.fails_for_size : supply.fails;

    (void)unused, (void)deadline;
    supply.calls++;
    *out_report = (qk_supply_report){ .retry_after_ms = err == QK_OK ? 0 : supply.retry_after_ms };
    for (int64_t begin = qk_clock_monotonic_ms(); supply.takes_its_time && qk_clock_monotonic_ms() < begin + 20;)
        continue;
    supply.answered_ms = qk_clock_monotonic_ms();
    if (err != QK_OK)
        return qk_fail(err, "the test's");
    memset(out, 0, block_len * count);
    for (size_t at = 0; at + sizeof supply.counter <= block_len * count && !supply.is_zero;
         at += sizeof supply.counter) {
        supply.counter++;
        memcpy(out + at, &supply.counter, sizeof supply.counter);
    }
    out_report->downloads = 1;
    out_report->bytes = block_len * count;
    return QK_OK;
}

void __wrap_qk_supply_drop_stock(qk_supply *unused)
{
    (void)unused;
    supply.drops++;
}

qk_err __wrap_qk_seed_worker_order(qk_seed_worker *worker, qk_seed_target *target, qk_seed_ask ask, qk_secret *seed)
{
    (void)worker;
    assert_int_equal(ask, QK_SEED_ASK_SEED);
    orders[order_count].target = target;
    orders[order_count].len = seed->len;
    memcpy(orders[order_count].seed, qk_secret_reveal(seed).data, seed->len);
    order_count++;
    target->waiting = true;
    qk_secret_free(seed);
    return QK_OK;
}

static qk_seeder seeder;
static qk_seed_target targets[TARGETS];

static int begin(void **state)
{
    static const uint64_t sizes[TARGETS] = { 48, 32, 64, 32, 48, 64 };

    (void)state;
    memset(&supply, 0, sizeof supply);
    memset(&seeder, 0, sizeof seeder);
    memset(targets, 0, sizeof targets);
    order_count = 0;
    seeder.config.mix = 1; /* none */
    for (size_t i = 0; i < TARGETS; i++) {
        targets[i].config.size = sizes[i];
        targets[i].config.period = PERIOD_S;
        targets[i].due_ms = DUE_MS + PERIOD_S * 1000; /* planned */
    }
    return 0;
}

static void give_out(size_t count)
{
    qk_seed_target *due[TARGETS];

    for (size_t i = 0; i < count; i++)
        due[i] = &targets[i];
    qk_seeds_give_out(&seeder, due, count);
}

/* Milliseconds from the service's answer until it is asked again. */
static int64_t pause_of(qk_err err, int64_t retry_after_ms)
{
    supply.fails = err;
    supply.retry_after_ms = retry_after_ms;
    give_out(1);
    return seeder.service_pause_until_ms - supply.answered_ms;
}

static void assert_pause(qk_err err, int64_t retry_after_ms, int64_t least, int64_t most)
{
    int64_t pause = pause_of(err, retry_after_ms);

    if (pause < least || pause > most + 60000) /* the most is for the clock of a busy machine */
        fail_msg("%s, Retry-After %jd: %jd ms", qk_err_name(err), (intmax_t)retry_after_ms, (intmax_t)pause);
}

/* ---- pauses ---- */

static void each_kind_of_failure_has_its_pause(void **state)
{
    static const struct {
        qk_err err;
        int64_t retry_after_ms, pause;
    } rows[] = {
        { QK_E_NOT_AUTHENTICATED, 0, TEN_MINUTES_MS },
        { QK_E_NOT_AUTHENTICATED, 5000, TEN_MINUTES_MS },
        { QK_E_METHOD_UNKNOWN, 0, TEN_MINUTES_MS },
        { QK_E_CONFIG, 0, TEN_MINUTES_MS },
        { QK_E_NOT_AUTHORIZED, 0, HOUR_MS },
        { QK_E_NOT_AUTHORIZED, 1200000, 1200000 },
        { QK_E_RATE, 3000000, 3000000 },
        { QK_E_RATE, HOUR_MS, HOUR_MS },
        { QK_E_NO_RANDOM, 240000, 240000 },
        { QK_E_SERVER_AWAY, 240000, 240000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_pause(rows[i].err, rows[i].retry_after_ms, rows[i].pause, rows[i].pause);
    assert_int_equal(seeder.download_failures, sizeof rows / sizeof rows[0]);
}

static void what_the_service_refuses_is_not_asked_for_again(void **state)
{
    (void)state;
    for (int64_t retry_after_ms = 0; retry_after_ms <= 1000; retry_after_ms += 1000)
        assert_true(pause_of(QK_E_REQUEST_REFUSED, retry_after_ms) > (int64_t)100 * 365 * 24 * HOUR_MS);
    qk_seeds_ask_again(&seeder);
    assert_int_equal(seeder.service_pause_until_ms, 0);
}

static void a_pause_begins_when_the_service_has_failed(void **state)
{
    (void)state;
    supply.takes_its_time = true;
    assert_true(pause_of(QK_E_TIMEOUT, 1000) >= 1000);
    assert_true(pause_of(QK_E_TIMEOUT, 0) >= 750);
}

static void the_back_off_grows_and_begins_anew(void **state)
{
    static const qk_err passing[] = { QK_E_SERVER_AWAY, QK_E_TIMEOUT, QK_E_NO_RANDOM, QK_E_RATE, QK_E_PROTOCOL };
    int64_t wanted = 1000;

    (void)state;
    for (size_t i = 0; i < 20; i++) {
        assert_pause(passing[i % 5], 0, wanted * 3 / 4, wanted);
        assert_int_equal(seeder.service_back_off_ms, wanted);
        wanted = wanted * 2 < 300000 ? wanted * 2 : 300000;
    }
    supply.fails = QK_OK;
    give_out(1);
    assert_pause(QK_E_TIMEOUT, 0, 750, 1000);
    assert_pause(QK_E_TIMEOUT, 0, 1500, 2000);
    assert_int_equal(seeder.service_back_off_ms, 2000);
    qk_seeds_ask_again(&seeder);
    pause_of(QK_E_TIMEOUT, 0);
    assert_int_equal(seeder.service_back_off_ms, 1000);
}

/* ---- who gets what ---- */

static void every_target_gets_bytes_of_its_own(void **state)
{
    (void)state;
    give_out(TARGETS);
    assert_int_equal(order_count, TARGETS);
    assert_int_equal(supply.calls, 3); /* a size, a download */
    assert_int_equal(seeder.downloads, 3);
    assert_int_equal(seeder.downloaded_bytes, 2 * (32 + 48 + 64));
    for (size_t i = 0; i < order_count; i++) {
        assert_int_equal(orders[i].len, orders[i].target->config.size);
        for (size_t j = 0; j < i; j++) {
            assert_ptr_not_equal(orders[i].target, orders[j].target);
            assert_memory_not_equal(orders[i].seed, orders[j].seed, 8);
        }
    }
}

/* Many slow downloads, all of which succeed, are no reason to be ended by the service manager. */
static void each_download_is_a_sign_of_life(void **state)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    socklen_t len = sizeof(sa_family_t);
    int manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    char said[20];

    (void)state;
    assert_int_equal(bind(manager, (struct sockaddr *)&address, len), 0); /* the system chooses an abstract name */
    len = sizeof address;
    assert_int_equal(getsockname(manager, (struct sockaddr *)&address, &len), 0);
    address.sun_path[0] = '@';
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    setenv("WATCHDOG_USEC", "4000", 1);
    unsetenv("WATCHDOG_PID");
    supply.takes_its_time = true;
    give_out(TARGETS);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    for (int i = 0; i < 3; i++)
        assert_int_equal(recv(manager, said, sizeof said, 0), strlen("WATCHDOG=1"));
    close(manager);
}

static void after_a_failure_the_other_sizes_are_due_still(void **state)
{
    (void)state;
    supply.of_size = 48;
    supply.fails_for_size = QK_E_TIMEOUT;
    give_out(TARGETS);
    assert_int_equal(supply.calls, 2); /* the service is left alone after its failure */
    for (size_t i = 0; i < TARGETS; i++) {
        assert_int_equal(targets[i].waiting, targets[i].config.size == 32);
        assert_int_equal(targets[i].due_ms, targets[i].waiting ? DUE_MS + PERIOD_S * 1000 : DUE_MS);
        assert_int_equal(targets[i].missed, 0); /* its cycle is not over */
    }
    assert_int_equal(seeder.download_failures, 1);
    assert_int_equal(seeder.downloads, 1);
}

static void with_once_a_target_has_one_turn(void **state)
{
    (void)state;
    seeder.once = true;
    supply.fails = QK_E_TIMEOUT;
    give_out(TARGETS);
    for (size_t i = 0; i < TARGETS; i++)
        assert_int_equal(targets[i].due_ms, DUE_MS + PERIOD_S * 1000);
}

static void a_signal_puts_off_a_download_and_is_no_failure(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    qk_socket_interrupt_by(ends[0]);
    supply.fails = QK_E_TIMEOUT;
    for (int once = 0; once < 2; once++) {
        seeder.once = once;
        targets[0].due_ms = DUE_MS + PERIOD_S * 1000;
        give_out(1);
        assert_int_equal(targets[0].due_ms, once ? 0 : DUE_MS);
    }
    qk_socket_interrupt_by(-1);
    assert_int_equal(seeder.download_failures, 0);
    assert_int_equal(seeder.service_pause_until_ms, 0);
    close(ends[0]);
    close(ends[1]);
}

/* ---- what is no random ---- */

static void one_value_seeds_nobody(void **state)
{
    (void)state;
    supply.is_zero = true;
    give_out(TARGETS);
    assert_int_equal(order_count, 0);
    assert_int_equal(supply.drops, 1); /* what came with it is no better */
    assert_int_equal(seeder.downloads, 0);
    assert_int_equal(seeder.downloaded_bytes, 2 * 32); /* it came all the same */
    assert_words("one value");
}

static void a_block_seeds_once(void **state)
{
    (void)state;
    give_out(1);
    targets[0].waiting = false;
    supply.counter -= 6; /* of 48 bytes */
    give_out(1);
    assert_int_equal(order_count, 1);
    assert_int_equal(supply.drops, 1);
    assert_words("gave before");
    give_out(1);
    assert_int_equal(order_count, 2);
}

static int start(void **state)
{
    (void)state;
    return qk_crypto_start() == QK_OK && qk_entropy_start(NULL) == QK_OK ? 0 : 1;
}

static int stop(void **state)
{
    (void)state;
    qk_entropy_stop();
    qk_crypto_stop();
    return 0;
}

#define SEEDS_TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SEEDS_TEST(each_kind_of_failure_has_its_pause),
        SEEDS_TEST(what_the_service_refuses_is_not_asked_for_again),
        SEEDS_TEST(a_pause_begins_when_the_service_has_failed),
        SEEDS_TEST(the_back_off_grows_and_begins_anew),
        SEEDS_TEST(every_target_gets_bytes_of_its_own),
        SEEDS_TEST(each_download_is_a_sign_of_life),
        SEEDS_TEST(after_a_failure_the_other_sizes_are_due_still),
        SEEDS_TEST(with_once_a_target_has_one_turn),
        SEEDS_TEST(a_signal_puts_off_a_download_and_is_no_failure),
        SEEDS_TEST(one_value_seeds_nobody),
        SEEDS_TEST(a_block_seeds_once),
    };
    return cmocka_run_group_tests_name("seeder_seeds", tests, start, stop);
}
