/* SPDX-License-Identifier: Apache-2.0 */
/* One attempt at one service: its client is made with the first, the way of asking and a token that was renewed are
 * found out on the way. For service_supply.c alone. */
#ifndef QK_ENTROPY_SERVICE_ATTEMPT_H
#define QK_ENTROPY_SERVICE_ATTEMPT_H

#include "entropy/service/service_stock.h"
#include "entropy/service/service_supply.h"

/* All zeros: not asked yet. */
typedef struct qk_service_place {
    qk_entropy_service *client;
    bool post_missing; /* api auto: it has no POST */
} qk_service_place;

/* What is to be downloaded at once, and what came of it. */
typedef struct qk_service_wish {
    uint8_t *out;
    size_t len, block_len; /* block_len 0: as the client likes */
    qk_service_stock
        *stock; /* less than `len` bytes, taken first; what comes beyond `len` is kept in it. NULL: wiped */
    qk_supply_report report; /* counters */
} qk_service_wish;

/* A client of the service at `url`, without a token yet. */
qk_entropy_service_config qk_service_config_of(const qk_supply_config *config, const char *url);

/* Errors as qk_entropy_service_fetch and read_token. *out_retry_after_ms belongs to the error; 0: nothing was said. */
QK_MUST_CHECK qk_err qk_service_attempt(qk_service_place *place, const qk_supply_config *config, const char *url,
                                        qk_service_wish *wish, qk_deadline_ms deadline, int64_t *out_retry_after_ms);

#endif
