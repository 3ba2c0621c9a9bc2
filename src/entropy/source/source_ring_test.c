/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/source/source_ring.h"

#include "base/testing.h"

static void done(qk_source_ring *ring)
{
    qk_source_ring_done(ring);
}

/* How many bytes of the ring's memory are not wiped. */
static size_t left_behind(const qk_source_ring *ring)
{
    qk_view memory = qk_secret_reveal(&ring->memory);
    size_t count = 0;

    for (size_t i = 0; i < memory.len; i++)
        count += memory.data[i] != 0;
    return count;
}

static void bytes_come_out_once_in_order_and_late(void **state)
{
    QK_OWNED(done) qk_source_ring ring;
    uint8_t in[7], out[64], next_in = 1, next_out = 1;

    (void)state;
    assert_qk_ok(qk_source_ring_init(&ring, 20, 5));
    for (unsigned round = 0; round < 500; round++) {
        size_t len = round % 7 + 1 < qk_source_ring_free(&ring) ? round % 7 + 1 : qk_source_ring_free(&ring);
        for (size_t i = 0; i < len; i++)
            in[i] = next_in++;
        qk_source_ring_push(&ring, in, len);
        len = qk_source_ring_take(&ring, out, round % 5 + 1);
        for (size_t i = 0; i < len; i++)
            assert_int_equal(out[i], next_out++);
        assert_true((uint8_t)(next_in - next_out) >= 5 || round < 5);
    }
    assert_true(next_out != 1);
}

static void what_is_taken_pushed_out_or_emptied_is_wiped(void **state)
{
    QK_OWNED(done) qk_source_ring ring;
    uint8_t in[30], out[30];

    (void)state;
    memset(in, 0xaa, sizeof in);
    assert_qk_ok(qk_source_ring_init(&ring, 20, 10));
    qk_source_ring_push(&ring, in, 25);
    assert_int_equal(qk_source_ring_take(&ring, out, 30), 15);
    assert_int_equal(left_behind(&ring), 10);
    qk_source_ring_push(&ring, in, 30); /* all the old ones give way */
    assert_int_equal(qk_source_ring_ready(&ring), 20);
    assert_int_equal(qk_source_ring_free(&ring), 0);
    qk_source_ring_empty(&ring);
    assert_int_equal(left_behind(&ring), 0);
    assert_int_equal(qk_source_ring_take(&ring, out, 30), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_out_once_in_order_and_late),
        cmocka_unit_test(what_is_taken_pushed_out_or_emptied_is_wiped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
