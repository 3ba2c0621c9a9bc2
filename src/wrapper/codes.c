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
 * Source: spec of the wrapper, section 6.1. */
static const struct code_row {
    qk_err err;
    CK_RV rv;
} code_rows[] = {
    { QK_E_TOKEN_EMPTY, CKR_QRYPT_TOKEN_EMPTY },
    { QK_E_NOT_AUTHENTICATED, CKR_QRYPT_TOKEN_INVALID },
    { QK_E_NOT_AUTHORIZED, CKR_QRYPT_TOKEN_OTHER_FAIL },
    { QK_E_SERVER_UNTRUSTED, CKR_QRYPT_CA_CERT_FAILURE },
    { QK_E_PROTOCOL, CKR_FUNCTION_FAILED },
    { QK_E_MESSAGE_SIZE, CKR_FUNCTION_FAILED },
    { QK_E_REQUEST_REFUSED, CKR_FUNCTION_FAILED },
    { QK_E_RATE, CKR_FUNCTION_FAILED },
    { QK_E_NO_RANDOM, CKR_FUNCTION_FAILED },
    { QK_E_METHOD_UNKNOWN, CKR_FUNCTION_FAILED },
    { QK_E_SERVER_AWAY, CKR_DEVICE_ERROR },
    { QK_E_TIMEOUT, CKR_DEVICE_ERROR },
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
    return row_of(err) != NULL;
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
        qk_log_failure(QK_LOG_ERROR, err, "op=%s untold=%u", function, untold);
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
