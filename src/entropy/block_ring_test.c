/* SPDX-License-Identifier: Apache-2.0 */
#include "base/testing.h"

#include "entropy/block_ring.h"

static void block_of(uint8_t value, uint8_t out[QK_BLOCK_LEN])
{
    memset(out, value, QK_BLOCK_LEN);
}

static bool put(qk_block_ring *ring, uint8_t value)
{
    uint8_t block[QK_BLOCK_LEN];

    block_of(value, block);
    return qk_block_ring_put(ring, block);
}

static void blocks_come_out_once_and_in_order(void **state)
{
    QK_OWNED(qk_block_ring_done) qk_block_ring ring;
    uint8_t out[2 * QK_BLOCK_LEN], wanted[QK_BLOCK_LEN];

    (void)state;
    assert_qk_ok(qk_block_ring_init(&ring, 3));
    for (uint8_t round = 0; round < 5; round++) {
        assert_true(put(&ring, (uint8_t)(1 + round)));
        assert_true(put(&ring, (uint8_t)(101 + round)));
        assert_true(qk_block_ring_take(&ring, out, 2));
        block_of((uint8_t)(1 + round), wanted);
        assert_memory_equal(out, wanted, QK_BLOCK_LEN);
        block_of((uint8_t)(101 + round), wanted);
        assert_memory_equal(out + QK_BLOCK_LEN, wanted, QK_BLOCK_LEN);
        assert_int_equal(qk_block_ring_count(&ring), 0);
    }
}

static void what_was_taken_is_wiped(void **state)
{
    QK_OWNED(qk_block_ring_done) qk_block_ring ring;
    uint8_t out[QK_BLOCK_LEN];

    (void)state;
    assert_qk_ok(qk_block_ring_init(&ring, 2));
    assert_true(put(&ring, 5));
    assert_true(qk_block_ring_take(&ring, out, 1));
    assert_true(qk_view_is_zero(qk_secret_reveal(&ring.memory_)));
}

static void an_emptied_ring_is_wiped_and_takes_anew(void **state)
{
    QK_OWNED(qk_block_ring_done) qk_block_ring ring;
    uint8_t out[QK_BLOCK_LEN], wanted[QK_BLOCK_LEN];

    (void)state;
    assert_qk_ok(qk_block_ring_init(&ring, 2));
    assert_true(put(&ring, 5));
    assert_true(qk_block_ring_take(&ring, out, 1));
    assert_true(put(&ring, 6) && put(&ring, 7));
    qk_block_ring_empty(&ring);
    assert_int_equal(qk_block_ring_count(&ring), 0);
    assert_true(qk_view_is_zero(qk_secret_reveal(&ring.memory_)));
    assert_true(put(&ring, 8));
    assert_true(qk_block_ring_take(&ring, out, 1));
    block_of(8, wanted);
    assert_memory_equal(out, wanted, QK_BLOCK_LEN);
}

static void too_few_blocks_are_none(void **state)
{
    QK_OWNED(qk_block_ring_done) qk_block_ring ring;
    uint8_t out[2 * QK_BLOCK_LEN] = { 42 };

    (void)state;
    assert_qk_ok(qk_block_ring_init(&ring, 2));
    assert_true(put(&ring, 5));
    assert_false(qk_block_ring_take(&ring, out, 2));
    assert_int_equal(out[0], 42);
    assert_int_equal(qk_block_ring_count(&ring), 1);
}

static void a_full_ring_takes_no_more(void **state)
{
    QK_OWNED(qk_block_ring_done) qk_block_ring ring;

    (void)state;
    assert_qk_ok(qk_block_ring_init(&ring, 1));
    assert_true(put(&ring, 1));
    assert_false(put(&ring, 2));
}

static void a_ring_without_places_is_full_and_empty(void **state)
{
    QK_OWNED(qk_block_ring_done) qk_block_ring ring;
    uint8_t out[QK_BLOCK_LEN];

    (void)state;
    assert_qk_ok(qk_block_ring_init(&ring, 0));
    assert_false(put(&ring, 1));
    assert_false(qk_block_ring_take(&ring, out, 1));
    assert_qk_err(qk_block_ring_init(&ring, SIZE_MAX / 2), QK_E_NO_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_come_out_once_and_in_order),
        cmocka_unit_test(what_was_taken_is_wiped),
        cmocka_unit_test(an_emptied_ring_is_wiped_and_takes_anew),
        cmocka_unit_test(too_few_blocks_are_none),
        cmocka_unit_test(a_full_ring_takes_no_more),
        cmocka_unit_test(a_ring_without_places_is_full_and_empty),
    };
    return cmocka_run_group_tests_name("block_ring", tests, NULL, NULL);
}
