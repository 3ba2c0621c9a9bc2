/* SPDX-License-Identifier: Apache-2.0 */
/* Every method of the HSM, on a real one. Input: method, request (fuzz_hsm.h says how it names good blobs). */
#include "fuzz_hsm.h"

enum { ROOM = 16 << 20 };

void fuzz_start(void)
{
    fuzz_hsm_start();
}

void fuzz(qk_view input)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_reader from = qk_reader_of(input);
    const qk_method *method = &qk_hsm_methods[qk_read_u8(&from) % QK_HSM_METHOD_COUNT];

    qk_arena_init(&arena, ROOM);
    fuzz_call(fuzz_hsm(), method, fuzz_rest(&from), &arena);
}
