/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation fails once, in turn (--wrap): the error is said, nothing leaks, and the result stays as it was. */
#include "statistics/statistics.h"

#include "base/testing.h"

static bool failing;
static unsigned until_failure;

void *__real_malloc(size_t len);
void *__real_calloc(size_t count, size_t len);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t count, size_t len);

static bool fails_now(void)
{
    return failing && until_failure-- == 0;
}

void *__wrap_malloc(size_t len)
{
    return fails_now() ? NULL : __real_malloc(len);
}

void *__wrap_calloc(size_t count, size_t len)
{
    return fails_now() ? NULL : __real_calloc(count, len);
}

static uint8_t bytes[131072];

static void fill(void)
{
    uint64_t noise = 9;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(test_noise(&noise) >> 24);
}

static void sp80022_without_memory(void **state)
{
    qk_err err = QK_E_NO_MEMORY;
    unsigned allocations = 0;

    (void)state;
    fill();
    for (; err != QK_OK; allocations++) {
        qk_sp80022_result result = { .applied = 77 };

        assert_in_range(allocations, 0, 100);
        failing = true;
        until_failure = allocations;
        err = qk_sp80022_run(qk_view_of(bytes, sizeof bytes), &result);
        failing = false;
        assert_true(err == QK_OK || err == QK_E_NO_MEMORY);
        assert_int_equal(result.applied == 77, err == QK_E_NO_MEMORY);
    }
    assert_true(allocations > 3);
}

static void min_entropy_without_memory(void **state)
{
    qk_err err = QK_E_NO_MEMORY;
    unsigned allocations = 0;

    (void)state;
    fill();
    for (; err != QK_OK; allocations++) {
        qk_min_entropy entropy = { .assessed = 77 };

        assert_in_range(allocations, 0, 200);
        failing = true;
        until_failure = allocations;
        err = qk_min_entropy_estimate(qk_view_of(bytes, 1200), 8, &entropy);
        failing = false;
        assert_true(err == QK_OK || err == QK_E_NO_MEMORY);
        assert_int_equal(entropy.assessed == 77, err == QK_E_NO_MEMORY);
    }
    assert_true(allocations > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sp80022_without_memory),
        cmocka_unit_test(min_entropy_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
