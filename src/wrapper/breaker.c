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

bool qk_breaker_may_ask(qk_breaker *breaker, qk_deadline_ms deadline)
{
    int64_t until_ms = atomic_load(&breaker->rests_until_ms), now_ms;

    if (until_ms == 0)
        return true;
    now_ms = qk_clock_monotonic_ms();
    return now_ms >= until_ms &&
           atomic_compare_exchange_strong(&breaker->rests_until_ms, &until_ms,
                                          (deadline > now_ms ? deadline : now_ms) + breaker->rest_ms);
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
