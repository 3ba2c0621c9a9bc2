/* SPDX-License-Identifier: Apache-2.0 */
/* The client of an entropy service (REST API as in docs/rest-api.md; the cloud service, an appliance, quantokid): for
 * the upstream source, the command line, and later the wrapper and the seeder.
 *
 * One client keeps one connection (TLS trust, session and connection are reused); one call at a time on it, on any
 * thread. No thread, no signal, nothing but src/net below. After fork() the child calls qk_entropy_service_abandon. */
#ifndef QK_ENTROPY_SERVICE_H
#define QK_ENTROPY_SERVICE_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/secret.h"

typedef struct qk_entropy_service qk_entropy_service;

typedef enum qk_entropy_api {
    QK_ENTROPY_API_GET,  /* GET /api/v1/quantum-entropy?size=KiB */
    QK_ENTROPY_API_POST, /* POST /api/v1/entropy */
    QK_ENTROPY_API_RAW,  /* GET /api/v1/random/raw?bytes=N */
} qk_entropy_api;

typedef struct qk_entropy_service_config {
    const char *url;                      /* https://host[:port][/prefix]; http only to loopback */
    const char *cacert;                   /* PEM file; NULL: the system's */
    const char *client_cert, *client_key; /* PEM files; NULL: none */
    const char *pinned_key;               /* as qk_tls_options has it; NULL: any */
    bool unverified;                      /* likewise */
    const char *proxy;                    /* as qk_proxy_choose has it; NULL: as the environment says */
    /* PEM file of the Ed25519 key whose signature every answer with entropy must bear, besides what TLS asks for
     * (signature/question.h); NULL: none */
    const char *signer_key;
    int64_t connect_timeout_ms; /* 0: five seconds */
    qk_entropy_api api;
    qk_view token; /* borrowed at new, kept as a secret; may be empty */
    /* "quantum" or "mixed", asked for with the POST alone (others have no place for it); NULL: as the service likes */
    const char *entropy_type;
} qk_entropy_service_config;

/* Is it the one that the client was made with? */
bool qk_entropy_service_uses_token(const qk_entropy_service *service, qk_view token);
/* Connects lazily. QK_E_CONFIG for a bad URL, certificate or key file. */
QK_MUST_CHECK qk_err qk_entropy_service_new(const qk_entropy_service_config *config, qk_entropy_service **out_service);
void qk_entropy_service_free(qk_entropy_service **service);
void qk_entropy_service_abandon(qk_entropy_service **service);

/* Fresh entropy of at least 1 and at most 524,288 bytes; exactly `len` is written, what came beyond is wiped.
 * QK_E_NOT_AUTHENTICATED (401), QK_E_NOT_AUTHORIZED (403), QK_E_RATE (429; *out_retry_after_ms, 0 if not given),
 * QK_E_NO_RANDOM (503), QK_E_METHOD_UNKNOWN (404, 405), QK_E_REQUEST_REFUSED (400, 422), QK_E_SERVER_AWAY,
 * QK_E_SERVER_UNTRUSTED (also: not signed as it should be), QK_E_TIMEOUT, QK_E_PROTOCOL (answer that does not hold what
 * was asked for; nothing of it is used). out_retry_after_ms may be NULL.
 */
QK_MUST_CHECK qk_err qk_entropy_service_fetch(qk_entropy_service *service, uint8_t *out, size_t len,
                                              qk_deadline_ms deadline, int64_t *out_retry_after_ms);
/* The same as `count` blocks (1 to 512) of `block_len` bytes (1 to 1024), one after the other in `out`: a POST then
 * asks for exactly so many, and no entropy is thrown away. */
QK_MUST_CHECK qk_err qk_entropy_service_fetch_blocks(qk_entropy_service *service, uint8_t *out, size_t block_len,
                                                     size_t count, qk_deadline_ms deadline,
                                                     int64_t *out_retry_after_ms);
/* Any GET of the service, for status pages: body in the arena, at most 4 MiB. */
QK_MUST_CHECK qk_err qk_entropy_service_get(qk_entropy_service *service, const char *path, qk_deadline_ms deadline,
                                            qk_arena *arena, int *out_status, qk_view *out_body);
/* QK_OK for the status 200; for any other the error that fetch would give, with words for people. */
QK_MUST_CHECK qk_err qk_entropy_service_check(const qk_entropy_service *service, int status, qk_view body);

#endif
