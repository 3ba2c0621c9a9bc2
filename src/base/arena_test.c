/* SPDX-License-Identifier: Apache-2.0 */
/* Memory runs out where the test says: malloc comes through here (--wrap). */
#include "base/arena.h"

#include "base/testing.h"

static bool no_memory;

void *__real_malloc(size_t len);
void *__wrap_malloc(size_t len);
void *__wrap_malloc(size_t len)
{
    return no_memory ? NULL : __real_malloc(len);
}

#define ARENA(arena, limit)                                                                                            \
    QK_OWNED(qk_arena_done) qk_arena arena;                                                                            \
    qk_arena_init(&arena, (limit))

static void places_are_aligned_and_do_not_overlap(void **state)
{
    enum { COUNT = 500 };
    uint8_t *places[COUNT];
    size_t lens[COUNT];
    uint64_t noise = 1;
    ARENA(arena, 0);

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        lens[i] = test_noise(&noise) % (i % 50 ? 300 : 40000);
        places[i] = qk_arena_alloc(&arena, lens[i]);
        assert_non_null(places[i]);
        assert_int_equal((uintptr_t)places[i] % 16, 0);
        memset(places[i], (int)(i % 251), lens[i]);
    }
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < lens[i]; j++)
            if (places[i][j] != i % 251)
                fail_msg("place %zu was overwritten", i);
}

static void a_small_request_needs_no_heap(void **state)
{
    ARENA(arena, 0);

    (void)state;
    no_memory = true;
    for (int i = 0; i < 128; i++)
        assert_non_null(qk_arena_alloc(&arena, 16));
    assert_null(qk_arena_alloc(&arena, 1));
    no_memory = false;
    assert_non_null(qk_arena_alloc(&arena, 1));
}

static void the_limit_holds(void **state)
{
    ARENA(arena, 4096);

    (void)state;
    assert_null(qk_arena_alloc(&arena, 4097));
    assert_non_null(qk_arena_alloc(&arena, 4000));
    assert_null(qk_arena_alloc(&arena, 97));
    assert_non_null(qk_arena_alloc(&arena, 96));
    assert_null(qk_arena_alloc(&arena, 1));
    qk_arena_reset(&arena);
    assert_non_null(qk_arena_alloc(&arena, 4096));
}

static void absurd_lengths_fail(void **state)
{
    ARENA(arena, 0);

    (void)state;
    for (size_t less = 0; less < 64; less++)
        assert_null(qk_arena_alloc(&arena, SIZE_MAX - less));
    assert_null(qk_arena_zalloc(&arena, SIZE_MAX / 2 + 1));
}

static void the_end_wipes(void **state)
{
    ARENA(arena, 0);
    uint8_t *place = qk_arena_alloc(&arena, 100);

    (void)state;
    memset(place, 0xaa, 100);
    qk_arena_reset(&arena);
    assert_true(qk_view_is_zero(qk_view_of(arena.first, sizeof arena.first > 100 ? 100 : 0)));
    place = qk_arena_alloc(&arena, 2048);
    memset(place, 0xaa, 2048);
    assert_non_null(qk_arena_alloc(&arena, 100)); /* goes to a block, so `first` is wiped as a whole */
    qk_arena_reset(&arena);
    assert_true(qk_view_is_zero(qk_view_of(arena.first, sizeof arena.first)));
}

static void zeroed_places_are_zero_after_others_used_them(void **state)
{
    ARENA(arena, 0);

    (void)state;
    for (int i = 0; i < 3; i++) {
        uint8_t *place = qk_arena_zalloc(&arena, 1000);
        assert_true(qk_view_is_zero(qk_view_of(place, 1000)));
        memset(place, 0xaa, 1000);
        qk_arena_reset(&arena);
    }
}

static void copies_and_texts(void **state)
{
    ARENA(arena, 0);
    qk_view copy = QK_VIEW_NONE;
    uint8_t *place = NULL;

    (void)state;
    assert_qk_ok(qk_arena_copy(&arena, QK_VIEW_LITERAL("abc"), &copy));
    assert_true(qk_view_equal(copy, QK_VIEW_LITERAL("abc")));
    assert_qk_ok(qk_arena_copy(&arena, QK_VIEW_NONE, &copy));
    assert_int_equal(copy.len, 0);
    assert_string_equal(qk_arena_text(&arena, QK_VIEW_LITERAL("text")), "text");
    assert_string_equal(qk_arena_text(&arena, QK_VIEW_NONE), "");
    assert_qk_ok(qk_arena_bytes(&arena, 0, &place));
    assert_non_null(place);
}

static void without_memory_the_output_is_untouched(void **state)
{
    ARENA(arena, 64);
    qk_view copy = QK_VIEW_LITERAL("before");
    uint8_t *place = NULL;
    char large[100] = "";

    (void)state;
    assert_qk_err(qk_arena_copy(&arena, qk_view_of(large, sizeof large), &copy), QK_E_NO_MEMORY);
    assert_true(qk_view_equal(copy, QK_VIEW_LITERAL("before")));
    assert_qk_err(qk_arena_bytes(&arena, 65, &place), QK_E_NO_MEMORY);
    assert_null(place);
    assert_null(qk_arena_text(&arena, qk_view_of(large, 64)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_aligned_and_do_not_overlap),
        cmocka_unit_test(a_small_request_needs_no_heap),
        cmocka_unit_test(the_limit_holds),
        cmocka_unit_test(absurd_lengths_fail),
        cmocka_unit_test(the_end_wipes),
        cmocka_unit_test(zeroed_places_are_zero_after_others_used_them),
        cmocka_unit_test(copies_and_texts),
        cmocka_unit_test(without_memory_the_output_is_untouched),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
