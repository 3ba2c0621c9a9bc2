/* SPDX-License-Identifier: Apache-2.0 */
/* The error that a peer's trailers tell. Input: options; then, up to a line end each, grpc-status and grpc-message; the
 * rest is grpc-status-details-bin, or the bytes in it. The same bytes are also the words of an error of ours. */
#include "fuzz.h"

#include "base/encoding.h"
#include "rpc/error_detail.h"

enum { DETAILS_ARE_BYTES = 0x80 };

static void read_trailers(unsigned options, qk_reader *from, qk_arena *arena)
{
    QK_OWNED(qk_buf_done) qk_buf base64 = QK_BUF_NONE;
    qk_error_trailers trailers = { .status = fuzz_until(from, '\n'), .message = fuzz_until(from, '\n') };

    trailers.details = fuzz_rest(from);
    if (options & DETAILS_ARE_BYTES) {
        qk_base64_write(trailers.details, &base64);
        trailers.details = qk_buf_view(&base64);
    }
    if (qk_error_detail_read(&trailers, arena) != QK_OK)
        fuzz_touch(qk_view_text(qk_failure_last()->words));
}

/* An error keeps its number on the wire, and its words are readable to everybody. */
static void both_ways(qk_err code, const char *words, qk_arena *arena)
{
    qk_error_trailers trailers;

    must(qk_error_detail_write(code, words, arena, &trailers));
    for (size_t i = 0; i < trailers.message.len; i++)
        promise(trailers.message.data[i] >= 0x20 && trailers.message.data[i] < 0x7f);
    promise(qk_err_to_grep11(qk_error_detail_read(&trailers, arena)) == qk_err_to_grep11(code));
    promise(strlen(qk_failure_last()->words) > 0);
}

void fuzz(qk_view input)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_reader from = qk_reader_of(input);
    unsigned options = qk_read_u8(&from);
    const char *words;

    qk_arena_init(&arena, 0);
    words = qk_arena_text(&arena, fuzz_rest(&from));
    promise(words);
    both_ways((qk_err)(1 + options % (QK_ERROR_COUNT - 1)), words, &arena);
    read_trailers(options, &from, &arena);
}
