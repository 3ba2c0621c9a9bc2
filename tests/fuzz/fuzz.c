/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void fuzz_broken(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: does not hold: %s (last failure: %s)\n", file, line, condition, qk_failure_last()->words);
    abort();
}

void fuzz_touch(qk_view bytes)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < bytes.len; i++)
        sum ^= bytes.data[i];
    __asm__ volatile("" : : "r"(sum)); /* the compiler may not leave it out */
}

qk_view fuzz_until(qk_reader *reader, uint8_t end)
{
    size_t len = 0;
    qk_view taken;

    while (len < reader->rest.len && reader->rest.data[len] != end)
        len++;
    taken = qk_read(reader, len);
    if (reader->rest.len)
        (void)qk_read_u8(reader);
    return taken;
}

qk_view fuzz_piece(qk_view *rest, size_t piece)
{
    qk_view taken = qk_view_slice(*rest, 0, piece ? piece : rest->len);

    *rest = qk_view_slice(*rest, taken.len, rest->len);
    return taken;
}

/* For targets that have nothing to start. */
__attribute__((weak)) void fuzz_start(void)
{
}

/* libfyaml 0.7 loses a buffer on some malformed texts. That our own code gives back what it takes from the library is
 * for config_test to show, which runs without this. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml.so\n";
}
