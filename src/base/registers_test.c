/* SPDX-License-Identifier: Apache-2.0 */
#include "base/registers.h"

#include "base/testing.h"

static void vector_registers_are_zero_afterwards(void **state)
{
#if defined(__x86_64__)
    uint64_t pattern[2] = { UINT64_C(0x0123456789ABCDEF), UINT64_C(0xFEDCBA9876543210) }, first[2], last[2];

    __asm__ volatile("movdqu %0, %%xmm0\n\tmovdqu %0, %%xmm15" ::"m"(pattern) : "xmm0", "xmm15");
    qk_registers_wipe();
    __asm__ volatile("movdqu %%xmm0, %0\n\tmovdqu %%xmm15, %1" : "=m"(first), "=m"(last));
    assert_int_equal(first[0] | first[1] | last[0] | last[1], 0);
#elif defined(__aarch64__)
    uint64_t pattern[2] = { UINT64_C(0x0123456789ABCDEF), UINT64_C(0xFEDCBA9876543210) }, first[2], last[2];

    __asm__ volatile("ldr q0, %0\n\tldr q31, %0" ::"m"(pattern) : "v0", "v31");
    qk_registers_wipe();
    __asm__ volatile("str q0, %0\n\tstr q31, %1" : "=m"(first), "=m"(last));
    assert_int_equal(first[0] | first[1] | last[0] | last[1], 0);
#else
    qk_registers_wipe();
    skip();
#endif
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vector_registers_are_zero_afterwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
