/* SPDX-License-Identifier: Apache-2.0 */
/* A service that failed is left alone for a while, where callers have other random then: none of them waits for it
 * again and again. After the rest one caller asks, and the others stay away until he knows. */
#ifndef QK_WRAPPER_BREAKER_H
#define QK_WRAPPER_BREAKER_H

#include <stdatomic.h>

#include "base/clock.h"
#include "base/error.h"

typedef struct qk_breaker {
    int64_t rest_ms; /* 0: each call asks */
    _Atomic(int64_t) rests_until_ms;
    _Atomic(qk_err) failed_with;
    atomic_uint_fast64_t failures;
} qk_breaker;

/* What asking came to. Success ends the rest; memory that is out says nothing about the service. */
void qk_breaker_note(qk_breaker *breaker, qk_err err);
/* May this call ask? If so, and it ends a rest, it has until its deadline: then `out_probe` is not 0. */
bool qk_breaker_may_ask(qk_breaker *breaker, qk_deadline_ms deadline, int64_t *out_probe);
/* It ended without having asked: another may. Nothing happens if that `probe` is 0 or the service was asked after all
 * (`failures` from before may_ask). */
void qk_breaker_forgo(qk_breaker *breaker, int64_t probe, uint64_t failures);
/* For who waited for his turn: has the service failed in the meantime? */
uint64_t qk_breaker_failures(const qk_breaker *breaker);
/* The failure once more. */
QK_MUST_CHECK qk_err qk_breaker_fail(const qk_breaker *breaker);

#endif
