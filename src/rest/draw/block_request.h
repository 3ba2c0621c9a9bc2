/* SPDX-License-Identifier: Apache-2.0 */
/* Body of POST /api/v1/entropy: which blocks are asked for. */
#ifndef QK_REST_BLOCK_REQUEST_H
#define QK_REST_BLOCK_REQUEST_H

#include "base/bytes.h"

enum { QK_BLOCK_MOST = 1024, QK_BLOCKS_MOST = 512, QK_BLOCK_DEPTH = 8 };

typedef enum qk_wanted { QK_WANTED_ANY, QK_WANTED_QUANTUM, QK_WANTED_MIXED } qk_wanted;

typedef struct qk_block_request {
    size_t block_len, count;
    qk_wanted wanted;
} qk_block_request;

/* QK_E_BAD_ARGUMENT says what is wrong with it. */
QK_MUST_CHECK qk_err qk_block_request_read(qk_view body, qk_block_request *out);
/* The same without the short way for what clients usually send; for comparison in tests. */
QK_MUST_CHECK qk_err qk_block_request_read_any(qk_view body, qk_block_request *out);

#endif
