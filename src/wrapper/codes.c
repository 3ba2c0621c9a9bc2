/* SPDX-License-Identifier: Apache-2.0 */
/* Where qk_err becomes CK_RV, and a failure a line in the log: the same one at most once in ten seconds, with a count.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "wrapper/wrapper.h"

enum { QUIET_MS = 10000 };

/* What the entropy service answers means something of its own here; all other codes are the table's of error_table.h.
 * Words say what happened to what; where to look then is said here. Source: spec of the wrapper, section 6.1. */
static const struct code_row {
    qk_err err;
    bool services; /* of the service, or of what we know of it */
    CK_RV rv;
    const char *look_at;
} code_rows[] = {
    /* clang-format off */
    { QK_E_TOKEN_EMPTY,       true, CKR_QRYPT_TOKEN_EMPTY,      "token_file, or QRYPT_EAAS_TOKEN" },
    { QK_E_NOT_AUTHENTICATED, true, CKR_QRYPT_TOKEN_INVALID,    "token_file, or QRYPT_EAAS_TOKEN: renew the token" },
    { QK_E_NOT_AUTHORIZED,    true, CKR_QRYPT_TOKEN_OTHER_FAIL, "the token's allotment, or whether it is blocked, at the service" },
    { QK_E_SERVER_UNTRUSTED,  true, CKR_QRYPT_CA_CERT_FAILURE,  "ca_file (QRYPT_CA_CERT_PATH), pinned_key, client_cert, signer_key" },
    { QK_E_PROTOCOL,          true, CKR_FUNCTION_FAILED,        "url: is it an entropy service?" },
    { QK_E_MESSAGE_SIZE,      true, CKR_FUNCTION_FAILED,        "url: is it an entropy service?" },
    { QK_E_REQUEST_REFUSED,   true, CKR_FUNCTION_FAILED,        "api, pool_bytes" },
    { QK_E_METHOD_UNKNOWN,    true, CKR_FUNCTION_FAILED,        "url, api" },
    { QK_E_RATE,              true, CKR_FUNCTION_FAILED,        "the token's rate at the service, pool_bytes" },
    { QK_E_NO_RANDOM,         true, CKR_FUNCTION_FAILED,        "the service's own log; url may name a second one" },
    { QK_E_SERVER_AWAY,       true, CKR_DEVICE_ERROR,           "url, proxy, and whether the service runs; url may name a second one" },
    { QK_E_TIMEOUT,           true, CKR_DEVICE_ERROR,           "url, attempt_timeout_ms, call_timeout_ms" },
    { QK_E_BASE_EMPTY,       false, CKR_QRYPT_BASE_HSM_EMPTY,   "base, or QRYPT_BASE_HSM_PATH" },
    { QK_E_BASE_OPEN,        false, CKR_QRYPT_BASE_HSM_OPEN_FAILED, "base, or QRYPT_BASE_HSM_PATH" },
    { QK_E_CONFIG,           false, CKR_GENERAL_ERROR,          "the settings" },
    { QK_E_SYSTEM,           false, CKR_GENERAL_ERROR,          "the settings, and what the system says" },
    { QK_E_NO_MEMORY,        false, CKR_HOST_MEMORY,            "memory, and how much is asked for" },
    { QK_E_CANT_LOCK,        false, CKR_CANT_LOCK,              "the application: its mutex callbacks" },
    { QK_E_BAD_ARGUMENT,     false, CKR_ARGUMENTS_BAD,          "the application" },
    /* clang-format on */
};

static const struct code_row *row_of(qk_err err)
{
    for (size_t i = 0; i < sizeof code_rows / sizeof code_rows[0]; i++)
        if (code_rows[i].err == err)
            return &code_rows[i];
    return NULL;
}

bool qk_wrapper_is_services(qk_err err)
{
    const struct code_row *row = row_of(err);

    return row && row->services;
}

const char *qk_wrapper_look_at(qk_err err)
{
    const struct code_row *row = row_of(err);

    return row ? row->look_at : "the words";
}

static CK_RV code_of(qk_err err)
{
    const struct code_row *row = row_of(err);

    return row ? row->rv : qk_err_to_ckr(err);
}

static void log_now_and_then(const char *function, qk_err err)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct {
        int64_t told_ms;
        unsigned untold;
    } of[QK_ERROR_COUNT];
    int64_t now_ms = qk_clock_monotonic_ms();
    unsigned untold;
    bool tell;

    if (pthread_mutex_trylock(&lock) != 0)
        return; /* a fork may have left it locked, and a line of a log is not worth waiting for */
    tell = of[err].told_ms == 0 || now_ms - of[err].told_ms >= QUIET_MS;
    untold = of[err].untold;
    of[err].untold = tell ? 0 : untold + 1;
    of[err].told_ms = tell ? now_ms : of[err].told_ms;
    pthread_mutex_unlock(&lock);
    if (tell)
        qk_log_failure(QK_LOG_ERROR, err, "op=%s untold=%u see=\"%s\"", function, untold, qk_wrapper_look_at(err));
}

CK_RV qk_wrapper_leave(const char *function, qk_err err)
{
    int saved_errno = errno;

    if (err == QK_OK)
        return CKR_OK;
    if (err == QK_E_NOT_INITIALIZED || err == QK_E_ALREADY_INITIALIZED)
        qk_log_failure(QK_LOG_DEBUG, err, "op=%s", function);
    else
        log_now_and_then(function, err);
    errno = saved_errno;
    return code_of(err);
}
