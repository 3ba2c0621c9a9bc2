/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of an entropy service. Input: number of blocks, their length, how many bytes are wanted, the answer. */
#include "fuzz.h"

#include "entropy/service/service_answer.h"

void fuzz(qk_view input)
{
    qk_reader from = qk_reader_of(input);
    qk_service_blocks wanted = { "random", "size", 1 + qk_read_u8(&from) % 4u, 1 + qk_read_u8(&from) % 8u };
    size_t len = qk_read_u8(&from) % (wanted.count * wanted.block_len + 1);
    uint8_t out[4 * 8 + 1], again[4 * 8 + 1];
    char message[32];
    qk_view answer = fuzz_rest(&from);

    memset(out, 0xee, sizeof out);
    memset(again, 0xee, sizeof again);
    if (qk_service_answer_read(answer, &wanted, out, len) == QK_OK)
        promise(qk_service_answer_read(answer, &wanted, again, len) == QK_OK && memcmp(out, again, sizeof out) == 0);
    else
        promise(qk_view_is_zero(qk_view_of(out, len)));
    promise(out[len] == 0xee);
    qk_service_answer_message(answer, message, sizeof message);
    promise(strlen(message) < sizeof message);
}
