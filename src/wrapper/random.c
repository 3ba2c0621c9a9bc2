/* SPDX-License-Identifier: Apache-2.0 */
/* C_GenerateRandom from the pool, C_SeedRandom as configured. */
#include "base/log.h"
#include "entropy/random.h"
#include "wrapper/wrapper.h"

#define ENTRY __attribute__((visibility("default")))

/* ---- is the session open? ---- */

static CK_RV check_tracked(CK_SESSION_HANDLE session)
{
    return qk_sessions_has(qk_wrapper.sessions, session) ? CKR_OK : CKR_SESSION_HANDLE_INVALID;
}

static CK_RV check_info(CK_SESSION_HANDLE session)
{
    CK_SESSION_INFO info;

    return qk_wrapper.base.functions.C_GetSessionInfo ? qk_wrapper.base.functions.C_GetSessionInfo(session, &info)
                                                      : CKR_FUNCTION_NOT_SUPPORTED;
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
    CK_RV rv = qk_wrapper.base.functions.C_GenerateRandom
                   ? qk_wrapper.base.functions.C_GenerateRandom(session, &nothing, 0)
                   : CKR_FUNCTION_NOT_SUPPORTED;

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

static CK_RV ask_base(CK_SESSION_HANDLE session, CK_BYTE_PTR out, CK_ULONG len)
{
    const uint64_t asked = qk_sessions_now();
    CK_RV rv;

    if (!qk_wrapper.base.functions.C_GenerateRandom)
        return CKR_FUNCTION_NOT_SUPPORTED;
    rv = qk_wrapper.base.functions.C_GenerateRandom(session, out, len);
    qk_sessions_note(session, rv, asked);
    return rv;
}

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
    return CKR_OK;
}

static qk_err take(uint8_t *out, size_t len)
{
    return qk_pool_of_random_take(qk_wrapper.pool, out, len, (int64_t)qk_wrapper.settings.call_timeout_ms);
}

static CK_RV generate_mixed_with_base(CK_SESSION_HANDLE session, CK_BYTE_PTR out, CK_ULONG len)
{
    QK_OWNED(qk_secret_free) qk_secret served = QK_SECRET_NONE;
    qk_err err = qk_secret_new(len, &served);

    if (err == QK_OK)
        err = take(qk_secret_fill(&served), len);
    return err == QK_OK ? mix_base(session, &served, out) : qk_wrapper_leave("C_GenerateRandom", err);
}

static CK_RV generate(CK_SESSION_HANDLE session, CK_BYTE_PTR out, CK_ULONG len)
{
    if (qk_wrapper.settings.mix == QK_WRAPPER_MIX_BASE)
        return generate_mixed_with_base(session, out, len);
    return qk_wrapper_leave("C_GenerateRandom", take(out, len));
}

static CK_RV generate_or_fall_back(CK_SESSION_HANDLE session, CK_BYTE_PTR out, CK_ULONG len)
{
    CK_RV rv = check_session(session);

    if (rv != CKR_OK)
        return rv;
    if (!out)
        return CKR_ARGUMENTS_BAD;
    if (len == 0)
        return CKR_OK;
    rv = generate(session, out, len);
    if (rv == CKR_OK || qk_wrapper.settings.fallback != QK_WRAPPER_FALLBACK_BASE)
        return rv;
    qk_log(QK_LOG_WARNING, "op=C_GenerateRandom fallback=base bytes=%lu answer=0x%lx", len, rv);
    return ask_base(session, out, len);
}

ENTRY CK_RV C_GenerateRandom(CK_SESSION_HANDLE session, CK_BYTE_PTR out, CK_ULONG len)
{
    CK_RV rv;

    if (!qk_visit_begin())
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    rv = generate_or_fall_back(session, out, len);
    qk_visit_end();
    return rv;
}

/* ---- C_SeedRandom ---- */

static CK_RV forward_seed(CK_SESSION_HANDLE session, CK_BYTE_PTR seed, CK_ULONG len)
{
    const uint64_t asked = qk_sessions_now();
    CK_RV rv;

    if (!qk_wrapper.base.functions.C_SeedRandom)
        return CKR_RANDOM_SEED_NOT_SUPPORTED;
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

    if (!qk_visit_begin())
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    rv = use_seed(session, seed, len);
    qk_visit_end();
    return rv;
}
