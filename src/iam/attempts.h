/* SPDX-License-Identifier: Apache-2.0 */
/* Failed log-ins, counted by address and by API key, to delay and limit them; calls with bad tokens, by address.
 *
 * A failure puts a mark on both; a mark fades in a second. From the fourth mark on answers to failures are held back, a
 * tenth of a second first, then twice as long each time, two seconds at most. Beyond thirty marks an API key is refused
 * unseen: it was wrong thirty times, and no unknown key ever becomes a good one. An address with as many is told to
 * slow down, but a good key from there is still good: behind one address there may be many clients, and one that forgot
 * its key must not lock the others out. Bounded memory: who shares a place with another shares its marks. Any thread.
 */
#ifndef QK_IAM_ATTEMPTS_H
#define QK_IAM_ATTEMPTS_H

#include "base/bytes.h"

typedef struct qk_attempts qk_attempts;

QK_MUST_CHECK qk_err qk_attempts_new(qk_attempts **out_attempts);
/* The same with a seed of the caller's, which decides who shares a place: for tests. */
QK_MUST_CHECK qk_err qk_attempts_new_seeded(uint64_t seed, qk_attempts **out_attempts);
void qk_attempts_free(qk_attempts **attempts);

/* False if this API key has failed so often that it is not worth looking at. */
bool qk_attempts_may_try(qk_attempts *attempts, qk_view api_key, int64_t now_ms);

typedef struct qk_attempts_verdict {
    int64_t hold_back_ms; /* the answer */
    bool too_many;        /* it is 429 */
} qk_attempts_verdict;

/* `peer` is an address with a port behind the last colon. IPv6 addresses of one network (/64) count as one. */
qk_attempts_verdict qk_attempts_failed(qk_attempts *attempts, const char *peer, qk_view api_key, int64_t now_ms);
/* The same where there is no key to count by: of a bearer token nobody guesses another. */
qk_attempts_verdict qk_attempts_failed_at(qk_attempts *attempts, const char *peer, int64_t now_ms);

#endif
