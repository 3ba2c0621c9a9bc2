/* SPDX-License-Identifier: Apache-2.0 */
/* The pipeline as OpenSSL sees it: a provider built into the private context, with two EVP_RANDs.
 *
 * "QUANTOKI-SEED" hands out conditioned blocks of full entropy. "QUANTOKI-GENERATOR" is the type of the context's
 * primary, public and private generators; behind each stands a qk_generator whose DRBG has the seed source as parent.
 * OpenSSL's own way of choosing a seed source fails open (an unknown name silently means the system's), so the choice
 * is proved: qk_provider_install counts whether our generator is really asked. */
#ifndef QK_ENTROPY_PROVIDER_H
#define QK_ENTROPY_PROVIDER_H

#include <openssl/evp.h>

#include "base/secret.h"

/* Makes the generators of qk_openssl() ours; fine if they are already. QK_E_GENERAL if something of OpenSSL's draws
 * elsewhere all the same: it drew before, or the host has replaced OpenSSL's generator for the whole process. */
QK_MUST_CHECK qk_err qk_provider_install(void);
/* Lets go of what install fetched; the context's generators stay ours. */
void qk_provider_release(void);
/* In a forked child: forgets, frees nothing. */
void qk_provider_abandon(void);

/* An OpenSSL CTR_DRBG with our seed source as parent, not instantiated; NULL if OpenSSL refuses. */
EVP_RAND_CTX *qk_provider_drbg_new(void);
/* The block that the seed source gives to this thread next, once; NULL: none is offered. Borrowed, wiped when given. */
void qk_provider_offer_seed(qk_secret *block);

/* Draws from this thread's public or private generator of the context. QK_E_NO_RANDOM. */
QK_MUST_CHECK qk_err qk_provider_draw(bool private, uint8_t *out, size_t len);

#endif
