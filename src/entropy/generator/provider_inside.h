/* SPDX-License-Identifier: Apache-2.0 */
/* What the provider's two EVP_RANDs share (provider_seed.c, provider_generator.c). */
#ifndef QK_ENTROPY_PROVIDER_INSIDE_H
#define QK_ENTROPY_PROVIDER_INSIDE_H

#include <openssl/core_dispatch.h>
#include <openssl/evp.h>

#include "base/bytes.h"

enum { QK_RAND_STRENGTH = 256 };

#define QK_PROVIDER_CALL(id, function)                                                                                 \
    {                                                                                                                  \
        id, (void (*)(void))(function)                                                                                 \
    }

extern const OSSL_DISPATCH qk_provider_seed_calls[], qk_provider_generator_calls[];

/* The parameters both answer. */
const OSSL_PARAM *qk_provider_gettable_params(void *context, void *provider);
int qk_provider_answer_params(OSSL_PARAM *params, int state, unsigned reseeds);

/* While it is on, draws of this thread from generators are counted and not answered: the proof who is asked. */
void qk_provider_prove(bool on);
unsigned qk_provider_asked(void);

#endif
