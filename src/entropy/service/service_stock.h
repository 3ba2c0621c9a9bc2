/* SPDX-License-Identifier: Apache-2.0 */
/* The rest of a download that came in whole KiB: less than one of them, in locked memory, each byte taken once and
 * wiped as it is taken. All zeros is an empty one. */
#ifndef QK_ENTROPY_SERVICE_STOCK_H
#define QK_ENTROPY_SERVICE_STOCK_H

#include "base/clock.h"
#include "base/secret.h"

typedef struct qk_service_stock {
    qk_secret place; /* `left` bytes at its end are in stock */
    size_t left;
    int64_t came_ms;
} qk_service_stock;

/* The oldest `len` bytes; at most `left`. */
void qk_service_stock_take(qk_service_stock *stock, uint8_t *out, size_t len);
/* Copies fresh bytes, at most 1023, in place of what was there. Without memory for them they are just not kept. */
void qk_service_stock_keep(qk_service_stock *stock, qk_view fresh);
/* Drops what came `most_ms` ago or earlier. */
void qk_service_stock_age(qk_service_stock *stock, int64_t most_ms);
/* Wipes and frees. */
void qk_service_stock_drop(qk_service_stock *stock);

#endif
