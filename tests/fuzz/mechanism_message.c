/* SPDX-License-Identifier: Apache-2.0 */
/* A peer's Mechanism message. Input: function, the message. What is taken is written and taken again. */
#include "fuzz.h"

#include "hsm/codec/mechanism_codec.h"

void fuzz(qk_view input)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_reader from = qk_reader_of(input);
    unsigned function = 1U << qk_read_u8(&from) % 10;
    Grep11__Mechanism *message;
    qk_mech_use use, again;
    qk_view first, second;

    qk_arena_init(&arena, 1 << 20);
    if (qk_message_read(&grep11__mechanism__descriptor, fuzz_rest(&from), &arena, (void **)&message) != QK_OK ||
        qk_mech_use_from_message(message, function, &use) != QK_OK)
        return;
    must(qk_mech_use_to_message(&use, &arena, &message));
    must(qk_message_write(&message->base, 0, &arena, &first));
    must(qk_mech_use_from_message(message, function, &again));
    must(qk_mech_use_to_message(&again, &arena, &message));
    must(qk_message_write(&message->base, 0, &arena, &second));
    promise(qk_view_equal(first, second));
}
