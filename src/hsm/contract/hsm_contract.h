/* SPDX-License-Identifier: Apache-2.0 */
/* The suite that every qk_hsm must pass, local or remote: what the methods promise to GREP11 clients of both
 * generations, with known answers, refusals and misuse. */
#ifndef QK_HSM_HSM_CONTRACT_H
#define QK_HSM_HSM_CONTRACT_H

#include "hsm/hsm.h"

typedef struct qk_hsm_factory {
    const char *name; /* "local HSM", for the report */
    /* An HSM whose instance master key is loaded; it may do everything. The suite frees it. */
    qk_err (*make)(void *context, qk_hsm **out_hsm);
    void *context;
} qk_hsm_factory;

/* Runs the suite as one cmocka group; qk_crypto_start must have run. Returns the number of failed tests. */
int qk_hsm_contract(const qk_hsm_factory *factory);

#endif
