/* SPDX-License-Identifier: Apache-2.0 */
/* The suite that every keystore must pass: local and remote alike. For tests only. */
#ifndef QK_KEYSTORE_KEYSTORE_CONTRACT_H
#define QK_KEYSTORE_KEYSTORE_CONTRACT_H

#include "hsm/hsm.h"
#include "keystore/keystore.h"

/* A keystore with nothing in it, and an HSM whose key blobs it accepts. Its callers may do everything. */
typedef struct qk_keystore_subject {
    qk_keystore *keystore;
    qk_hsm *hsm;
    void *own; /* the factory's */
} qk_keystore_subject;

typedef struct qk_keystore_factory {
    const char *name; /* of the group of tests */
    qk_err (*open)(qk_keystore_subject *out_subject);
    void (*close)(qk_keystore_subject *subject);
} qk_keystore_factory;

/* Runs the suite, with a new subject for each test. Returns the number of failed tests. */
int qk_keystore_contract_run(const qk_keystore_factory *factory);

#endif
