/* SPDX-License-Identifier: Apache-2.0 */
/* What the wrapper is told: by the reference's environment variables, by ours (QUANTOKI_ENTROPY_ and the key in
 * capitals), and by a file. The environment wins over the file, ours over the reference's. A set-uid or set-gid program
 * gets the file below /etc alone. */
#ifndef QK_WRAPPER_SETTINGS_H
#define QK_WRAPPER_SETTINGS_H

#include "base/config.h"
#include "base/secret.h"

typedef enum qk_wrapper_mix { QK_WRAPPER_MIX_KERNEL, QK_WRAPPER_MIX_BASE, QK_WRAPPER_MIX_NONE } qk_wrapper_mix;
typedef enum qk_wrapper_seed { QK_WRAPPER_SEED_REFUSE, QK_WRAPPER_SEED_FORWARD, QK_WRAPPER_SEED_MIX } qk_wrapper_seed;
typedef enum qk_wrapper_check {
    QK_WRAPPER_CHECK_TRACK,
    QK_WRAPPER_CHECK_INFO,
    QK_WRAPPER_CHECK_PROBE
} qk_wrapper_check;

typedef enum qk_wrapper_verify { QK_WRAPPER_VERIFY_TLS, QK_WRAPPER_VERIFY_SIGNATURE } qk_wrapper_verify;
typedef enum qk_wrapper_fallback { QK_WRAPPER_FALLBACK_NONE, QK_WRAPPER_FALLBACK_BASE } qk_wrapper_fallback;

enum { QK_WRAPPER_COPIES = 32 };

typedef struct qk_wrapper_settings {
    qk_config *file, *environment; /* own their texts and lists; NULL: there is none */
    /* The environment's texts, copied: the application may change its environment, or blank the token there. */
    char *copies[QK_WRAPPER_COPIES];
    size_t copy_count;
    qk_secret token_copy;
    const char *base;
    const qk_config_node *urls;
    const char *url; /* of the reference, if nothing else is named */
    int api;         /* qk_supply_api */
    const char *token, *token_file, *ca_file, *client_cert, *client_key, *pinned_key, *signer_key, *proxy;
    uint64_t connect_timeout_ms, attempt_timeout_ms, call_timeout_ms, retries;
    uint64_t pool_bytes, low_water, max_age_s;
    bool background;
    int mix, seed, session_check;
    int fallback; /* qk_wrapper_fallback */
    int verify;   /* qk_wrapper_verify */
    int log_level;
    bool log_time;
    const char *log_to;
} qk_wrapper_settings;

extern const qk_config_row qk_wrapper_rows[];
extern const size_t qk_wrapper_row_count;

/* Finds and reads the file, then the environment. QK_E_CONFIG with file, line and key, or the variable. */
QK_MUST_CHECK qk_err qk_wrapper_settings_read(qk_wrapper_settings *out);
/* The service's token: of the environment or the file, or the first line of token_file, read anew. QK_E_TOKEN_EMPTY;
 * the errors of qk_file_read_secret. */
QK_MUST_CHECK qk_err qk_wrapper_token_read(const qk_wrapper_settings *settings, qk_secret *out_token);
void qk_wrapper_settings_done(qk_wrapper_settings *settings);

#endif
