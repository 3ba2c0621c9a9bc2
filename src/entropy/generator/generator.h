/* SPDX-License-Identifier: Apache-2.0 */
/* A generator: OpenSSL's CTR_DRBG (AES-256, derivation function) under the pipeline's rules.
 *
 * Each draw first looks whether a credited source is healthy (else it fails), whether a source failed or came back,
 * whether somebody mixed something in, and how much was drawn since the last seed; then it reseeds. One thread at a
 * time. It may outlive the pipeline: it then refuses, and reseeds from the next one.
 * Source: SP 800-90A 10.2.1, SP 800-90C 5.2.3. */
#ifndef QK_ENTROPY_GENERATOR_H
#define QK_ENTROPY_GENERATOR_H

#include "base/secret.h"

typedef struct qk_generator qk_generator;

/* Touches no source yet. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_generator_new(qk_generator **out_generator);
void qk_generator_free(qk_generator **generator); /* wipes; accepts a pointer to NULL */

/* Fills `out`, or wipes what it wrote and fails: QK_E_NO_RANDOM. */
QK_MUST_CHECK qk_err qk_generator_draw(qk_generator *generator, uint8_t *out, size_t len);
/* A seed before the next draw, with `additional` bytes; they add but never replace. QK_E_NO_RANDOM. */
QK_MUST_CHECK qk_err qk_generator_reseed(qk_generator *generator, qk_view additional);
/* Wipes its state; the next draw begins with a seed. */
void qk_generator_forget(qk_generator *generator);
/* Seeds it has had. */
uint64_t qk_generator_seeds(const qk_generator *generator);

#endif
