/* SPDX-License-Identifier: Apache-2.0 */
#include "seeder/worker/message.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/testing.h"

static const qk_seed_order order = {
    .ask = QK_SEED_ASK_SEED,
    .target = 7,
    .choice = QK_SEED_BY_LABEL,
    .slot = 0x123456789a,
    .name = "signing",
    .serial = "A1",
    .login = CKU_USER,
    .keep_session = true,
    .pin_proven = true,
    .entered = true,
    .split = 40,
    .credit_bits = 256,
    .pin = { (const uint8_t *)"1234", 4 },
    .seed = { (const uint8_t *)"seed\0seed", 9 },
};

static void an_order_is_read_as_it_was_written(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf message = QK_BUF_NONE;
    qk_seed_order got;

    (void)state;
    qk_seed_order_write(&order, &message);
    assert_qk_ok(qk_seed_order_read(qk_buf_view(&message), &got));
    assert_int_equal(got.ask, order.ask);
    assert_int_equal(got.target, order.target);
    assert_int_equal(got.choice, order.choice);
    assert_int_equal(got.slot, order.slot);
    assert_string_equal(got.name, order.name);
    assert_string_equal(got.serial, order.serial);
    assert_int_equal(got.login, order.login);
    assert_true(got.keep_session && got.pin_proven && got.entered);
    assert_int_equal(got.split, order.split);
    assert_int_equal(got.credit_bits, order.credit_bits);
    assert_true(qk_view_equal(got.pin, order.pin));
    assert_true(qk_view_equal(got.seed, order.seed));
}

static qk_seed_listed listed[QK_SEED_MOST_TOKENS], place[QK_SEED_MOST_TOKENS];

static qk_seed_report some_report(void)
{
    qk_seed_report report = { .ask = QK_SEED_ASK_LIST,
                              .target = 3,
                              .rv = CKR_PIN_INCORRECT,
                              .step = QK_SEED_STEP_LOGIN,
                              .login_tried = true,
                              .pin_low = true,
                              .logged_in = true,
                              .login_held = true,
                              .micros = 77,
                              .taken = 48,
                              .token = { 5, "label", "serial" },
                              .token_count = QK_SEED_MOST_TOKENS,
                              .tokens = listed };

    for (size_t i = 0; i < QK_SEED_MOST_TOKENS; i++)
        listed[i] =
            (qk_seed_listed){ { i, "0123456789abcdef0123456789abcdef", "0123456789abcdef" }, CKR_DEVICE_ERROR, true };
    return report;
}

static void a_report_is_read_as_it_was_written(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf message = QK_BUF_NONE;
    qk_seed_report report = some_report(), got = { .tokens = place };

    (void)state;
    qk_seed_report_write(&report, &message);
    assert_qk_ok(qk_seed_report_read(qk_buf_view(&message), &got));
    assert_int_equal(got.rv, report.rv);
    assert_int_equal(got.step, report.step);
    assert_true(got.logged_in && got.login_held && got.login_tried && got.pin_low);
    assert_int_equal(got.micros, 77);
    assert_string_equal(got.token.label, "label");
    assert_int_equal(got.token_count, QK_SEED_MOST_TOKENS);
    assert_ptr_equal(got.tokens, place);
    assert_int_equal(place[63].token.slot, 63);
    assert_string_equal(place[63].token.label, listed[63].token.label);
    assert_string_equal(place[63].token.serial, listed[63].token.serial);
    assert_int_equal(place[63].rv, CKR_DEVICE_ERROR);
    assert_true(place[63].initialised);
}

static void a_message_cut_short_anywhere_or_too_long_is_refused(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE, in = QK_BUF_NONE;
    qk_seed_report report = some_report(), got_report = { .tokens = place };
    qk_seed_order got;

    (void)state;
    report.token_count = 64;
    qk_seed_order_write(&order, &out);
    qk_seed_report_write(&report, &in);
    for (size_t len = 0; len < out.len; len++)
        assert_qk_err(qk_seed_order_read(qk_view_of(out.data, len), &got), QK_E_PROTOCOL);
    for (size_t len = 0; len < in.len; len++)
        assert_qk_err(qk_seed_report_read(qk_view_of(in.data, len), &got_report), QK_E_PROTOCOL);
    qk_buf_put_u8(&out, 0);
    qk_buf_put_u8(&in, 0);
    assert_qk_err(qk_seed_order_read(qk_buf_view(&out), &got), QK_E_PROTOCOL);
    assert_qk_err(qk_seed_report_read(qk_buf_view(&in), &got_report), QK_E_PROTOCOL);
}

static void names_and_counts_that_do_not_fit_are_refused(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf message = QK_BUF_NONE, tokens = QK_BUF_NONE;
    qk_seed_report report = { .step = QK_SEED_STEP_SEED + 1 }, got = { .tokens = place };

    (void)state;
    qk_seed_report_write(&report, &message);
    assert_qk_err(qk_seed_report_read(qk_buf_view(&message), &got), QK_E_PROTOCOL); /* no such step */
    report.step = 0;
    qk_seed_report_write(&report, &tokens);
    tokens.data[tokens.len - 2] = QK_SEED_MOST_TOKENS / 256;
    tokens.data[tokens.len - 1] = 1; /* more tokens than there is place for */
    assert_qk_err(qk_seed_report_read(qk_buf_view(&tokens), &got), QK_E_PROTOCOL);
    report = some_report();
    report.token_count = 1;
    qk_buf_clear(&tokens);
    qk_seed_report_write(&report, &tokens);
    assert_qk_ok(qk_seed_report_read(qk_buf_view(&tokens), &got));
    got.tokens = NULL; /* none was asked for */
    assert_qk_err(qk_seed_report_read(qk_buf_view(&tokens), &got), QK_E_PROTOCOL);
}

static void a_message_passes_a_socket_whole(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf message = QK_BUF_NONE, got = QK_BUF_NONE;
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    qk_seed_order_write(&order, &message);
    assert_qk_ok(qk_seed_send(ends[0], &message));
    assert_qk_ok(qk_seed_receive(ends[1], &got));
    assert_true(qk_view_equal(qk_buf_view(&got), qk_buf_view(&message)));
    assert_int_equal(write(ends[0], "\xff\xff\xff\xff", 4), 4); /* a length beyond any message */
    assert_qk_err(qk_seed_receive(ends[1], &got), QK_E_PROTOCOL);
    assert_int_equal(write(ends[0],
                           "\0\0\0\x05"
                           "ab",
                           6),
                     6); /* the other side dies in the middle */
    close(ends[0]);
    assert_qk_err(qk_seed_receive(ends[1], &got), QK_E_SERVER_AWAY);
    assert_qk_err(qk_seed_receive(ends[1], &got), QK_E_SERVER_AWAY);
    assert_qk_err(qk_seed_send(ends[1], &message), QK_E_SERVER_AWAY);
    close(ends[1]);
}

static void half_a_message_is_not_waited_for(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf message = QK_BUF_NONE, framed = QK_BUF_NONE, incoming = QK_BUF_NONE;
    qk_view got;
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    qk_seed_order_write(&order, &message);
    assert_qk_ok(qk_seed_queue(&message, &framed));
    for (size_t at = 0; at < framed.len; at++) { /* nothing, or a part, is there */
        assert_qk_ok(qk_seed_gather(ends[1], &incoming, &got));
        assert_null(got.data);
        assert_int_equal(incoming.len, at);
        assert_int_equal(write(ends[0], framed.data + at, 1), 1);
    }
    assert_int_equal(write(ends[0], "\0\0", 2), 2); /* the next one begins */
    assert_qk_ok(qk_seed_gather(ends[1], &incoming, &got));
    assert_true(qk_view_equal(got, qk_buf_view(&message)));
    qk_buf_clear(&incoming);
    assert_qk_ok(qk_seed_gather(ends[1], &incoming, &got));
    assert_null(got.data);
    assert_int_equal(write(ends[0], "\xff\xff", 2), 2);
    assert_qk_ok(qk_seed_gather(ends[1], &incoming, &got)); /* 65,535 bytes are to come */
    close(ends[0]);
    assert_qk_err(qk_seed_gather(ends[1], &incoming, &got), QK_E_SERVER_AWAY);
    close(ends[1]);
}

static void a_length_beyond_any_message_is_refused_at_once(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf incoming = QK_BUF_NONE;
    qk_view got;
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(write(ends[0], "xxxx", 4), 4);
    assert_qk_err(qk_seed_gather(ends[1], &incoming, &got), QK_E_PROTOCOL);
    close(ends[0]);
    close(ends[1]);
}

static void what_finds_no_place_is_sent_later_and_whole(void **state)
{
    enum { MESSAGES = 64 };
    QK_OWNED(qk_buf_done) qk_buf message = QK_BUF_NONE, outgoing = QK_BUF_NONE, got = QK_BUF_NONE;
    static uint8_t seed[QK_SEED_MOST];
    qk_seed_order large = order, read;
    int ends[2];

    (void)state;
    memset(seed, 's', sizeof seed);
    large.seed = qk_view_of(seed, sizeof seed);
    qk_seed_order_write(&large, &message);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    for (int i = 0; i < MESSAGES; i++)
        assert_qk_ok(qk_seed_queue(&message, &outgoing));
    assert_qk_ok(qk_seed_flush(ends[0], &outgoing));
    assert_true(outgoing.len > 0); /* the socket is full */
    assert_qk_ok(qk_seed_flush(ends[0], &outgoing));
    for (int i = 0; i < MESSAGES; i++) {
        assert_qk_ok(qk_seed_receive(ends[1], &got));
        assert_qk_ok(qk_seed_order_read(qk_buf_view(&got), &read));
        assert_true(qk_view_equal(read.seed, large.seed));
        assert_qk_ok(qk_seed_flush(ends[0], &outgoing));
    }
    assert_int_equal(outgoing.len, 0);
    close(ends[1]);
    assert_qk_ok(qk_seed_flush(ends[0], &outgoing)); /* nothing to send: nothing fails */
    assert_qk_ok(qk_seed_queue(&message, &outgoing));
    assert_qk_err(qk_seed_flush(ends[0], &outgoing), QK_E_SERVER_AWAY);
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_is_read_as_it_was_written),
        cmocka_unit_test(a_report_is_read_as_it_was_written),
        cmocka_unit_test(a_message_cut_short_anywhere_or_too_long_is_refused),
        cmocka_unit_test(names_and_counts_that_do_not_fit_are_refused),
        cmocka_unit_test(a_message_passes_a_socket_whole),
        cmocka_unit_test(half_a_message_is_not_waited_for),
        cmocka_unit_test(a_length_beyond_any_message_is_refused_at_once),
        cmocka_unit_test(what_finds_no_place_is_sent_later_and_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
