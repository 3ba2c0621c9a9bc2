/* SPDX-License-Identifier: Apache-2.0 */
/* C_GenerateRandom from the pool, C_SeedRandom as configured. */
#include "base/log.h"
#include "base/registers.h"
#include "entropy/random.h"
#include "wrapper/wrapper.h"

#define ENTRY __attribute__((visibility("default")))

enum { MOST_AT_ONCE = 64 * 1024 * 1024 };

/* ---- is the session open? ---- */

static CK_RV check_tracked(CK_SESSION_HANDLE session)
{
    return qk_sessions_has(qk_wrapper.sessions, session) ? CKR_OK : CKR_SESSION_HANDLE_INVALID;
}

static CK_RV check_info(CK_SESSION_HANDLE session)
{
    CK_SESSION_INFO info;
    CK_RV rv = CKR_FUNCTION_NOT_SUPPORTED;

    if (qk_wrapper.base.functions.C_GetSessionInfo)
        rv = qk_wrapper.base.functions.C_GetSessionInfo(session, &info);
    return rv;
}

static CK_RV ask_base(CK_SESSION_HANDLE session, CK_BYTE_PTR out, CK_ULONG len)
{
    const uint64_t asked = qk_sessions_now();
    CK_RV rv = CKR_FUNCTION_NOT_SUPPORTED;

    if (qk_wrapper.base.functions.C_GenerateRandom)
        rv = qk_wrapper.base.functions.C_GenerateRandom(session, out, len);
    qk_sessions_note(session, rv, asked);
    return rv;
}

/* The base fails for reasons of its generator, which we do not need. */
static bool is_about_random(CK_RV rv)
{
    return rv == CKR_DEVICE_ERROR || rv == CKR_DEVICE_MEMORY || rv == CKR_FUNCTION_FAILED || rv == CKR_HOST_MEMORY ||
           rv == CKR_RANDOM_NO_RNG;
}

static CK_RV check_by_probe(CK_SESSION_HANDLE session)
{
    CK_BYTE nothing = 0;
    CK_RV rv = ask_base(session, &nothing, 0);

    return is_about_random(rv) ? CKR_OK : rv;
}

static CK_RV check_session(CK_SESSION_HANDLE session)
{
    static CK_RV (*const checks[])(CK_SESSION_HANDLE) = {
        [QK_WRAPPER_CHECK_TRACK] = check_tracked,
        [QK_WRAPPER_CHECK_INFO] = check_info,
        [QK_WRAPPER_CHECK_PROBE] = check_by_probe,
    };

    return checks[qk_wrapper.settings.session_check](session);
}

/* ---- C_GenerateRandom ---- */

/* XORs the base's own random in; `out` gets the result, or nothing. */
static CK_RV mix_base(CK_SESSION_HANDLE session, qk_secret *served, CK_BYTE_PTR out)
{
    QK_OWNED(qk_secret_free) qk_secret own = QK_SECRET_NONE;
    qk_err err = qk_secret_new(served->len, &own);
    CK_RV rv = err == QK_OK ? ask_base(session, qk_secret_fill(&own), own.len) : qk_err_to_ckr(err);

    if (rv != CKR_OK)
        return rv;
    for (size_t i = 0; i < served->len; i++)
        out[i] = qk_secret_reveal(served).data[i] ^ qk_secret_reveal(&own).data[i];
    qk_registers_wipe();
    return CKR_OK;
}

static qk_err take(uint8_t *out, size_t len)
{
    if (len > MOST_AT_ONCE)
        return qk_fail(QK_E_NO_MEMORY, "%zu random bytes at once: ask for at most %d", len, MOST_AT_ONCE);
    return qk_pool_of_random_take(qk_wrapper.pool, out, len, (int64_t)qk_wrapper.settings.call_timeout_ms);
}

/* With the base's random to come the service's waits in a place of our own. */
static qk_err take_to_mix(qk_secret *out, size_t len)
{
    if (len <= MOST_AT_ONCE)
        QK_TRY(qk_secret_new(len, out));
    return take(qk_secret_fill(out), len);
}

static CK_RV fall_back(CK_SESSION_HANDLE session, CK_BYTE_PTR out, CK_ULONG len, qk_err err)
{
    qk_log_failure(QK_LOG_WARNING, err, "op=C_GenerateRandom fallback=base bytes=%lu see=\"%s\"", len,
                   qk_wrapper_look_at(err));
    return ask_base(session, out, len);
}

static CK_RV generate(CK_SESSION_HANDLE session, CK_BYTE_PTR out, CK_ULONG len)
{
    QK_OWNED(qk_secret_free) qk_secret served = QK_SECRET_NONE;
    qk_err err;
    CK_RV rv;

    if (qk_wrapper.settings.mix != QK_WRAPPER_MIX_BASE)
        err = take(out, len);
    else if ((err = take_to_mix(&served, len)) == QK_OK)
        return mix_base(session, &served, out);
    rv = qk_wrapper_leave("C_GenerateRandom", err);
    if (qk_wrapper.settings.fallback != QK_WRAPPER_FALLBACK_BASE || !qk_wrapper_is_services(err))
        return rv;
    return fall_back(session, out, len, err);
}

static CK_RV check_and_generate(CK_SESSION_HANDLE session, CK_BYTE_PTR out, CK_ULONG len)
{
    CK_RV rv = check_session(session);

    if (rv != CKR_OK)
        return rv;
    if (!out)
        return CKR_ARGUMENTS_BAD;
    return len == 0 ? CKR_OK : generate(session, out, len);
}

/* What nearly all calls are: no clock, no system call, nowhere that the thread could be cancelled, as it could be in a
 * lock of the application's. */
static bool serve_at_once(CK_SESSION_HANDLE session, CK_BYTE_PTR out, CK_ULONG len)
{
    return !qk_wrapper.locking.callbacks && qk_wrapper.settings.session_check == QK_WRAPPER_CHECK_TRACK &&
           qk_wrapper.settings.mix != QK_WRAPPER_MIX_BASE && out && len > 0 &&
           qk_sessions_has(qk_wrapper.sessions, session) && qk_pool_of_random_take_stock(qk_wrapper.pool, out, len);
}

ENTRY CK_RV C_GenerateRandom(CK_SESSION_HANDLE session, CK_BYTE_PTR out, CK_ULONG len)
{
    CK_RV rv = CKR_OK;
    int cancel_state;

    if (!qk_visit_begin())
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    if (!serve_at_once(session, out, len)) {
        cancel_state = qk_visit_hold();
        rv = check_and_generate(session, out, len);
        qk_visit_release(cancel_state);
    }
    qk_visit_end();
    return rv;
}

/* ---- C_SeedRandom ---- */

static CK_RV forward_seed(CK_SESSION_HANDLE session, CK_BYTE_PTR seed, CK_ULONG len)
{
    const uint64_t asked = qk_sessions_now();
    CK_RV rv = CKR_RANDOM_SEED_NOT_SUPPORTED;

    if (qk_wrapper.base.functions.C_SeedRandom)
        rv = qk_wrapper.base.functions.C_SeedRandom(session, seed, len);
    qk_sessions_note(session, rv, asked);
    return rv;
}

static CK_RV use_seed(CK_SESSION_HANDLE session, CK_BYTE_PTR seed, CK_ULONG len)
{
    CK_RV rv = check_session(session);

    if (rv != CKR_OK)
        return rv;
    if (!seed && len > 0)
        return CKR_ARGUMENTS_BAD;
    if (qk_wrapper.settings.seed == QK_WRAPPER_SEED_REFUSE)
        return CKR_RANDOM_SEED_NOT_SUPPORTED;
    if (qk_wrapper.settings.seed == QK_WRAPPER_SEED_FORWARD)
        return forward_seed(session, seed, len);
    rv = qk_wrapper_leave("C_SeedRandom", qk_random_mix(qk_view_of(seed, len)));
    if (rv == CKR_OK)
        (void)forward_seed(session, seed, len); /* the base may well refuse: the seed counts here */
    return rv;
}

ENTRY CK_RV C_SeedRandom(CK_SESSION_HANDLE session, CK_BYTE_PTR seed, CK_ULONG len)
{
    CK_RV rv;
    int cancel_state;

    if (!qk_visit_begin())
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    cancel_state = qk_visit_hold();
    rv = use_seed(session, seed, len);
    qk_visit_release(cancel_state);
    qk_visit_end();
    return rv;
}
