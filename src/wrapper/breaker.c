/* SPDX-License-Identifier: Apache-2.0 */
#include "wrapper/breaker.h"

void qk_breaker_note(qk_breaker *breaker, qk_err err)
{
    if (breaker->rest_ms == 0 || err == QK_E_NO_MEMORY)
        return;
    if (err == QK_OK) {
        atomic_store(&breaker->rests_until_ms, 0);
        return;
    }
    atomic_store(&breaker->failed_with, err);
    atomic_store(&breaker->rests_until_ms, qk_clock_monotonic_ms() + breaker->rest_ms);
    atomic_fetch_add(&breaker->failures, 1);
}

bool qk_breaker_may_ask(qk_breaker *breaker, qk_deadline_ms deadline, int64_t *out_probe)
{
    int64_t until_ms = atomic_load(&breaker->rests_until_ms), now_ms, probe;

    *out_probe = 0;
    if (until_ms == 0)
        return true;
    now_ms = qk_clock_monotonic_ms();
    probe = (deadline > now_ms ? deadline : now_ms) + breaker->rest_ms;
    if (now_ms < until_ms || !atomic_compare_exchange_strong(&breaker->rests_until_ms, &until_ms, probe))
        return false;
    *out_probe = probe;
    return true;
}

void qk_breaker_forgo(qk_breaker *breaker, int64_t probe, uint64_t failures)
{
    if (probe != 0 && qk_breaker_failures(breaker) == failures)
        atomic_compare_exchange_strong(&breaker->rests_until_ms, &probe, qk_clock_monotonic_ms());
}

uint64_t qk_breaker_failures(const qk_breaker *breaker)
{
    return atomic_load(&breaker->failures);
}

qk_err qk_breaker_fail(const qk_breaker *breaker)
{
    return qk_fail(atomic_load(&breaker->failed_with),
                   "the entropy service failed a moment ago and is left alone for %lld s",
                   (long long)(breaker->rest_ms / 1000));
}
