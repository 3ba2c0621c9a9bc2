/* SPDX-License-Identifier: Apache-2.0 */
/* What a fuzz target is: a file with fuzz(), which takes any bytes, and fuzz_start() if there is something to make
 * once.
 *
 * The same file is linked with libfuzzer.c, which searches for new inputs, and with replay.c, an ordinary test that
 * feeds the kept ones and mutations of them. A target must give the same answer to the same bytes, whatever came
 * before, and take milliseconds. */
#ifndef QK_FUZZ_FUZZ_H
#define QK_FUZZ_FUZZ_H

#include "base/arena.h"
#include "base/bytes.h"

void fuzz_start(void);
void fuzz(qk_view input);

/* What must hold for any input. A broken promise ends the program, which is how the fuzzer learns of it. */
#define promise(condition) ((condition) ? (void)0 : fuzz_broken(__FILE__, __LINE__, #condition))
/* A step of ours that no input can make fail. */
#define must(step) promise((step) == QK_OK)
_Noreturn void fuzz_broken(const char *file, int line, const char *condition);

/* Reads every byte, so that a sanitizer sees views that point nowhere. */
void fuzz_touch(qk_view bytes);
/* What the reader has not taken yet. */
static inline qk_view fuzz_rest(const qk_reader *reader)
{
    return reader->rest;
}
/* The next bytes up to `end`, which is taken too but not given; everything if it does not come. */
qk_view fuzz_until(qk_reader *reader, uint8_t end);
/* A piece of `rest`: at most `piece` bytes, or all if that is 0. */
qk_view fuzz_piece(qk_view *rest, size_t piece);

#endif
