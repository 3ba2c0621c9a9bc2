/* SPDX-License-Identifier: Apache-2.0 */
/* Entropy from one or more services, asked one after the other, with retries and pauses: for the wrapper and the
 * seeder. One thread at a time.
 *
 * 1. A round asks every service once, one at once after the other, until one gives entropy.
 * 2. Each gets at most attempt_timeout_ms, and no more than its part of the time that the call has left.
 * 3. Further rounds ask only those whose failure may pass (429, 5xx, network), after a pause, and not before their
 *    Retry-After (at most an hour).
 * 4. A service that failed is asked last for a minute; if it then fails again, for two, up to sixteen; and for as long
 *    as its Retry-After. Otherwise the list's order counts.
 * 5. An interruption (qk_socket_interrupt_by) ends the call, and blames no service. */
#ifndef QK_ENTROPY_SERVICE_SUPPLY_H
#define QK_ENTROPY_SERVICE_SUPPLY_H

#include "entropy/service/service.h"

enum { QK_SUPPLY_SERVICES = 8 };

typedef enum qk_supply_api { QK_SUPPLY_AUTO, QK_SUPPLY_ENTROPY, QK_SUPPLY_QUANTUM_ENTROPY } qk_supply_api;

typedef struct qk_supply_config {
    const char *urls[QK_SUPPLY_SERVICES];
    size_t url_count;
    const char *ca_file;                               /* NULL: the system's authorities */
    const char *client_cert, *client_key, *pinned_key; /* as qk_entropy_service_config has them */
    bool unverified;                                   /* likewise */
    const char *signer_key;                            /* likewise */
    const char *proxy;                                 /* likewise */
    int64_t connect_timeout_ms;
    qk_supply_api api; /* auto: POST, and GET where there is no POST */
    int64_t attempt_timeout_ms;
    uint64_t retries;     /* further rounds */
    int64_t rest_ms;      /* how long a service that failed is asked last at first; 0: a minute */
    int64_t stock_age_ms; /* of what a download of blocks left over; 0: five minutes */
    /* Gives the token, as it is now. Asked before the first connection, and again after a 401. */
    qk_err (*read_token)(void *context, qk_secret *out_token);
    void *context;
} qk_supply_config;

typedef struct qk_supply qk_supply;

/* One more service, asked after those before it. The text is borrowed; NULL is none. QK_E_CONFIG: that is one too many,
 * or none. */
QK_MUST_CHECK qk_err qk_supply_add(qk_supply_config *config, const char *url);

/* Texts are borrowed. Connects with the first fetch. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_supply_new(const qk_supply_config *config, qk_supply **out_supply);
void qk_supply_free(qk_supply **supply);
/* In a forked child: closes descriptors, frees nothing that another thread may have held. */
void qk_supply_abandon(qk_supply **supply);

/* Can the services be asked at all: addresses, proxy and files for TLS? Asks nobody. QK_E_CONFIG. */
QK_MUST_CHECK qk_err qk_supply_check(const qk_supply_config *config);

/* Fills `out` with `len` bytes, in downloads of at most 524,288. Errors as qk_entropy_service_fetch and read_token: one
 * that may pass, if there was any; QK_E_CONFIG without a service. */
QK_MUST_CHECK qk_err qk_supply_fetch(qk_supply *supply, uint8_t *out, size_t len, qk_deadline_ms deadline);

typedef struct qk_supply_report {
    int64_t retry_after_ms;    /* what the service asks for whose error is told; at most an hour; 0: nothing */
    uint64_t downloads, bytes; /* answers with entropy, and how much was in them */
} qk_supply_report;

/* `count` blocks of `block_len` bytes in one request if the service's limits allow, else as qk_supply_fetch. A service
 * that gives whole KiB alone gives more: up to 1023 bytes are kept in locked memory for the next call, which takes them
 * first (so there may be no download at all), each once, until they are too old, or the token was refused. */
QK_MUST_CHECK qk_err qk_supply_fetch_blocks(qk_supply *supply, uint8_t *out, size_t block_len, size_t count,
                                            qk_deadline_ms deadline, qk_supply_report *out_report);
/* An operator says so: who asked to be left alone may be asked. */
void qk_supply_ask_again(qk_supply *supply);
/* What was kept is wiped: what came with it was no good. */
void qk_supply_drop_stock(qk_supply *supply);

#endif
