/* SPDX-License-Identifier: Apache-2.0 */
/* Sources on real descriptors: FIFO, pseudo-terminal as a serial line, file, processor. */
#include "entropy/driver/driver.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/testing.h"

enum { ENOUGH = 4096 + 1024 + 2000 };

static uint8_t bytes[64 * 1024];

static qk_source_config config_of(int driver, const char *path)
{
    return (qk_source_config){ .name = "one",
                               .driver = driver,
                               .enabled = true,
                               .path = path,
                               .sample_bits = 8,
                               .min_entropy = 7.8,
                               .rate = 1000000,
                               .priority = 1,
                               .timeout_ms = 10000 };
}

static void fill_noise(uint8_t *out, size_t len, uint64_t seed)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)((test_noise(&seed) * UINT64_C(0x2545f4914f6cdd1d)) >> 56);
}

static void send_all(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t sent = write(fd, data, len);
        assert_true(sent > 0);
        data += sent;
        len -= (size_t)sent;
    }
}

static void turn_often(qk_source *source, unsigned turns)
{
    while (turns-- > 0)
        qk_source_turn(source, qk_deadline_in(0));
}

static qk_source_state state_now(qk_source *source, qk_source_status *status)
{
    qk_source_status_get(source, status);
    return status->state;
}

static const char *make_fifo(const char *name)
{
    const char *path = test_path(name);

    assert_int_equal(mkfifo(path, 0600), 0);
    return path;
}

static void a_fifo_gives_what_its_writer_sends(void **state)
{
    qk_source_config config = config_of(QK_DRIVER_DEVICE, make_fifo("fifo"));
    QK_OWNED(qk_source_free) qk_source *source = NULL;
    qk_source_status status;
    static uint8_t sent[ENOUGH];
    int writer;

    (void)state;
    fill_noise(sent, sizeof sent, 7);
    assert_qk_ok(qk_source_new(&config, &source));
    turn_often(source, 1); /* opens; no writer is no fault yet */
    assert_int_equal(state_now(source, &status), QK_SOURCE_STARTING);
    writer = open(config.path, O_WRONLY);
    send_all(writer, sent, sizeof sent);
    turn_often(source, 5);
    assert_true(qk_source_healthy(source));
    assert_int_equal(qk_source_take(source, bytes, sizeof bytes), 2000);
    assert_memory_equal(bytes, sent + 4096, 2000);
    close(writer);
}

static void a_fifo_whose_writer_goes_and_comes_back_recovers(void **state)
{
    qk_source_config config = config_of(QK_DRIVER_DEVICE, make_fifo("comeback"));
    QK_OWNED(qk_source_free) qk_source *source = NULL;
    qk_source_status status;
    static uint8_t sent[4 * ENOUGH];
    int writer;

    (void)state;
    fill_noise(sent, sizeof sent, 11);
    assert_qk_ok(qk_source_new(&config, &source));
    turn_often(source, 1);
    writer = open(config.path, O_WRONLY);
    send_all(writer, sent, ENOUGH);
    turn_often(source, 5);
    close(writer);
    turn_often(source, 5);
    assert_int_equal(state_now(source, &status), QK_SOURCE_ERROR);
    assert_non_null(strstr(status.messages[0].words, "nobody writes the FIFO"));
    assert_int_equal(qk_source_take(source, bytes, sizeof bytes), 0);
    qk_source_restart(source); /* rather than wait for a second here */
    turn_often(source, 1);
    writer = open(config.path, O_WRONLY);
    send_all(writer, sent + ENOUGH, ENOUGH);
    turn_often(source, 5);
    assert_true(qk_source_healthy(source));
    assert_int_equal(qk_source_take(source, bytes, sizeof bytes), 2000);
    close(writer);
}

static void *turn_without_end(void *source)
{
    qk_source_turn((qk_source *)source, QK_DEADLINE_NEVER);
    return NULL;
}

static void a_turn_that_waits_can_be_interrupted(void **state)
{
    qk_source_config config = config_of(QK_DRIVER_DEVICE, make_fifo("silent"));
    QK_OWNED(qk_source_free) qk_source *source = NULL;
    pthread_t thread;

    (void)state;
    assert_qk_ok(qk_source_new(&config, &source));
    assert_int_equal(pthread_create(&thread, NULL, turn_without_end, source), 0);
    qk_source_interrupt(source); /* before or during: both end it */
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void only_one_wait_ends_by_an_interrupt(void **state)
{
    qk_source_config config = config_of(QK_DRIVER_DEVICE, make_fifo("once-only"));
    QK_OWNED(qk_source_free) qk_source *source = NULL;
    qk_source_status status;

    (void)state;
    config.timeout_ms = 50;
    assert_qk_ok(qk_source_new(&config, &source));
    qk_source_interrupt(source);
    qk_source_turn(source, QK_DEADLINE_NEVER);
    qk_source_turn(source, QK_DEADLINE_NEVER); /* waits until the time is up */
    assert_int_equal(state_now(source, &status), QK_SOURCE_ERROR);
}

static void silence_ends_a_turn_without_a_deadline(void **state)
{
    qk_source_config config = config_of(QK_DRIVER_DEVICE, make_fifo("dumb"));
    QK_OWNED(qk_source_free) qk_source *source = NULL;
    qk_source_status status;

    (void)state;
    config.timeout_ms = 20;
    assert_qk_ok(qk_source_new(&config, &source));
    assert_in_range(qk_source_turn(source, QK_DEADLINE_NEVER), 900, 1000);
    assert_int_equal(state_now(source, &status), QK_SOURCE_ERROR);
    assert_non_null(strstr(status.messages[0].words, "no samples for 20 ms"));
}

/* ---- a serial line ---- */

static void a_serial_line_is_raw_and_loses_its_first_64_bytes(void **state)
{
    qk_source_config config;
    QK_OWNED(qk_source_free) qk_source *source = NULL;
    static uint8_t sent[64 + ENOUGH];
    struct termios line;
    qk_source_status status;
    int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
    char path[64];

    (void)state;
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    assert_int_equal(ptsname_r(master, path, sizeof path), 0);
    slave = open(path, O_RDWR | O_NOCTTY);
    fill_noise(sent, sizeof sent, 3);
    config = config_of(QK_DRIVER_DEVICE, path);
    config.baud = 115200;
    assert_qk_ok(qk_source_new(&config, &source));
    turn_often(source, 1);
    assert_int_equal(tcgetattr(slave, &line), 0);
    assert_int_equal(line.c_lflag & (ECHO | ICANON | ISIG), 0);
    assert_int_equal(line.c_iflag & (IXON | IXOFF | ICRNL | ISTRIP), 0);
    assert_int_equal(cfgetispeed(&line), B115200);
    for (size_t at = 0; at < sizeof sent; at += 512) {
        send_all(master, sent + at, sizeof sent - at < 512 ? sizeof sent - at : 512);
        turn_often(source, 2);
    }
    assert_true(qk_source_healthy(source));
    assert_int_equal(qk_source_take(source, bytes, sizeof bytes), 2000);
    assert_memory_equal(bytes, sent + 64 + 4096, 2000); /* with every byte value as it was sent */
    close(slave);
    close(master);
    turn_often(source, 2);
    assert_int_equal(state_now(source, &status), QK_SOURCE_ERROR);
}

/* ---- files ---- */

static const char *make_file(const char *name, size_t len)
{
    const char *path = test_path(name);
    FILE *file = fopen(path, "w");

    fill_noise(bytes, len, 21);
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    fclose(file);
    return path;
}

static void a_file_ends_for_good(void **state)
{
    qk_source_config config = config_of(QK_DRIVER_FILE, make_file("file", ENOUGH));
    QK_OWNED(qk_source_free) qk_source *source = NULL;
    qk_source_status status;

    (void)state;
    assert_qk_ok(qk_source_new(&config, &source));
    assert_int_equal(qk_source_turn(source, 0), 0);
    assert_int_equal(qk_source_turn(source, 0), 0);
    assert_int_equal(qk_source_take(source, bytes, sizeof bytes), 2000);
    assert_int_equal(qk_source_turn(source, 0), -1);
    assert_int_equal(state_now(source, &status), QK_SOURCE_FAILED);
    assert_non_null(strstr(status.messages[0].words, "no more bytes"));
}

static void a_restart_never_gives_the_same_bytes_again(void **state)
{
    qk_source_config config = config_of(QK_DRIVER_FILE, make_file("once", 4096 + 100));
    QK_OWNED(qk_source_free) qk_source *source = NULL;
    qk_source_status status;

    (void)state;
    assert_qk_ok(qk_source_new(&config, &source));
    turn_often(source, 4);
    assert_int_equal(state_now(source, &status), QK_SOURCE_FAILED);
    qk_source_restart(source);
    assert_int_equal(qk_source_turn(source, 0), -1);
    assert_int_equal(state_now(source, &status), QK_SOURCE_FAILED);
}

static void a_file_that_loops_goes_on(void **state)
{
    qk_source_config config = config_of(QK_DRIVER_FILE, make_file("loop", 5000));
    QK_OWNED(qk_source_free) qk_source *source = NULL;

    (void)state;
    config.loop = true;
    assert_qk_ok(qk_source_new(&config, &source));
    for (unsigned i = 0; i < 100; i++) {
        turn_often(source, 1);
        qk_source_take(source, bytes, sizeof bytes);
    }
    assert_true(qk_source_healthy(source));
}

static void a_looped_file_of_512_bytes_is_a_fault(void **state)
{
    qk_source_config config = config_of(QK_DRIVER_FILE, make_file("short", 512));
    QK_OWNED(qk_source_free) qk_source *source = NULL;
    qk_source_status status;

    (void)state;
    config.loop = true;
    assert_qk_ok(qk_source_new(&config, &source));
    turn_often(source, 2);
    assert_int_equal(state_now(source, &status), QK_SOURCE_ERROR);
    assert_non_null(strstr(status.messages[0].words, "same 512 samples"));
}

/* ---- refusals ---- */

static void a_device_that_is_a_file_is_refused_with_the_right_driver(void **state)
{
    qk_source_config config = config_of(QK_DRIVER_DEVICE, make_file("regular", 10));
    qk_source *source = NULL;

    (void)state;
    assert_qk_err(qk_source_new(&config, &source), QK_E_CONFIG);
    assert_words("driver `file`");
    config.path = test_folder;
    assert_qk_err(qk_source_new(&config, &source), QK_E_CONFIG);
    assert_words("neither a character device nor a FIFO");
}

static void a_device_that_turns_out_to_be_a_file_is_not_read(void **state)
{
    qk_source_config config = config_of(QK_DRIVER_DEVICE, test_path("later"));
    QK_OWNED(qk_source_free) qk_source *source = NULL;
    qk_source_status status;

    (void)state;
    assert_qk_ok(qk_source_new(&config, &source)); /* it may be plugged in later */
    turn_often(source, 1);
    assert_int_equal(state_now(source, &status), QK_SOURCE_ERROR);
    make_file("later", ENOUGH);
    qk_source_restart(source);
    turn_often(source, 1);
    assert_int_equal(state_now(source, &status), QK_SOURCE_ERROR);
    assert_non_null(strstr(status.messages[0].words, "driver `file`"));
    assert_int_equal(status.samples, 0);
}

static void a_file_that_is_a_device_is_refused(void **state)
{
    qk_source_config config = config_of(QK_DRIVER_FILE, "/dev/null");
    qk_source *source = NULL;

    (void)state;
    assert_qk_err(qk_source_new(&config, &source), QK_E_CONFIG);
    assert_words("driver `device`");
    config.path = test_path("nothing");
    assert_qk_err(qk_source_new(&config, &source), QK_E_CONFIG);
}

static void dev_null_is_at_its_end(void **state)
{
    qk_source_config config = config_of(QK_DRIVER_DEVICE, "/dev/null");
    QK_OWNED(qk_source_free) qk_source *source = NULL;
    qk_source_status status;

    (void)state;
    assert_qk_ok(qk_source_new(&config, &source));
    turn_often(source, 1);
    assert_int_equal(state_now(source, &status), QK_SOURCE_ERROR);
}

static void dev_zero_is_failed_beyond_doubt(void **state)
{
    qk_source_config config = config_of(QK_DRIVER_DEVICE, "/dev/zero");
    QK_OWNED(qk_source_free) qk_source *source = NULL;
    qk_source_status status;

    (void)state;
    assert_qk_ok(qk_source_new(&config, &source));
    turn_often(source, 1);
    assert_int_equal(state_now(source, &status), QK_SOURCE_FAILED);
}

static void a_character_device_is_read(void **state)
{
    qk_source_config config = config_of(QK_DRIVER_DEVICE, "/dev/urandom");
    QK_OWNED(qk_source_free) qk_source *source = NULL;

    (void)state;
    assert_qk_ok(qk_source_new(&config, &source));
    turn_often(source, 3);
    assert_true(qk_source_healthy(source));
    assert_true(qk_source_take(source, bytes, 100) == 100);
}

static void the_processor_is_a_source_where_it_has_the_instruction(void **state)
{
    qk_source_config config = config_of(QK_DRIVER_CPU, NULL);
    QK_OWNED(qk_source_free) qk_source *source = NULL;
    qk_err err = qk_source_new(&config, &source);

    (void)state;
    if (!qk_driver_cpu_present()) {
        assert_qk_err(err, QK_E_CONFIG);
        assert_words("no instruction for entropy");
        return;
    }
    assert_qk_ok(err);
    for (unsigned i = 0; i < 10000 && !qk_source_healthy(source); i++)
        qk_source_turn(source, qk_deadline_in(100));
    assert_true(qk_source_healthy(source));
}

static void the_table_and_the_names_agree(void **state)
{
    (void)state;
    for (size_t i = 0; i < qk_driver_count; i++)
        assert_string_equal(qk_drivers[i]->name, qk_driver_names[i]);
    assert_null(qk_driver_names[qk_driver_count]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fifo_gives_what_its_writer_sends),
        cmocka_unit_test(a_fifo_whose_writer_goes_and_comes_back_recovers),
        cmocka_unit_test(a_turn_that_waits_can_be_interrupted),
        cmocka_unit_test(only_one_wait_ends_by_an_interrupt),
        cmocka_unit_test(silence_ends_a_turn_without_a_deadline),
        cmocka_unit_test(a_serial_line_is_raw_and_loses_its_first_64_bytes),
        cmocka_unit_test(a_file_ends_for_good),
        cmocka_unit_test(a_restart_never_gives_the_same_bytes_again),
        cmocka_unit_test(a_file_that_loops_goes_on),
        cmocka_unit_test(a_looped_file_of_512_bytes_is_a_fault),
        cmocka_unit_test(a_device_that_is_a_file_is_refused_with_the_right_driver),
        cmocka_unit_test(a_device_that_turns_out_to_be_a_file_is_not_read),
        cmocka_unit_test(a_file_that_is_a_device_is_refused),
        cmocka_unit_test(dev_null_is_at_its_end),
        cmocka_unit_test(dev_zero_is_failed_beyond_doubt),
        cmocka_unit_test(a_character_device_is_read),
        cmocka_unit_test(the_processor_is_a_source_where_it_has_the_instruction),
        cmocka_unit_test(the_table_and_the_names_agree),
    };

    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
