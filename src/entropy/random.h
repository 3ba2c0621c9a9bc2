/* SPDX-License-Identifier: Apache-2.0 */
/* Randomness for everything of ours: the one place where random bytes come from.
 *
 * Behind it are the generators that entropy.h seeds; qk_entropy_start must have run. Never falls back silently: without
 * a healthy source a call fails. */
#ifndef QK_ENTROPY_RANDOM_H
#define QK_ENTROPY_RANDOM_H

#include "base/encoding.h"
#include "base/secret.h"

/* Public random: salts, ids, C_GenerateRandom. QK_E_NO_RANDOM. */
QK_MUST_CHECK qk_err qk_random_bytes(uint8_t *out, size_t len);
/* Random that stays secret: keys. A generator of its own, so that public output says nothing about it. */
QK_MUST_CHECK qk_err qk_random_secret(size_t len, qk_secret *out_secret);
QK_MUST_CHECK qk_err qk_random_uuid(qk_uuid *out_uuid);
/* Mixes in bytes from a caller; never lowers what is there. QK_E_NO_RANDOM. */
QK_MUST_CHECK qk_err qk_random_mix(qk_view seed);

#endif
