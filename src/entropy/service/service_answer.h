/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what an entropy service answers: one JSON object with blocks in base64. For service.c.
 *
 * A general JSON library would leave the entropy in heap memory that nobody wipes; this reads exactly these answers,
 * straight from the body to where the bytes go. Values that are not asked for are stepped over, at most 16 deep. */
#ifndef QK_ENTROPY_SERVICE_ANSWER_H
#define QK_ENTROPY_SERVICE_ANSWER_H

#include "base/bytes.h"

enum { QK_SERVICE_MAX_BLOCK = 1024 };

typedef struct qk_service_blocks {
    const char *member; /* "random" or "entropy": an array of strings */
    const char *number; /* a member that, if it is there, must be the number of blocks: "size"; or NULL */
    size_t count, block_len;
} qk_service_blocks;

/* The array must hold exactly `count` blocks of `block_len` bytes; the first `len` bytes of them go to `out`. What
 * comes beyond is dropped, and nothing stays anywhere else. QK_E_PROTOCOL says what is wrong; `out` is wiped then.
 * The time depends on lengths and on where escapes stand, not on the bytes. */
QK_MUST_CHECK qk_err qk_service_answer_read(qk_view json, const qk_service_blocks *wanted, uint8_t *out, size_t len);

/* The text of error.message, as far as it is plain ASCII; "" if there is none. */
void qk_service_answer_message(qk_view json, char *out, size_t room);

#endif
