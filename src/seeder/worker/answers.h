/* SPDX-License-Identifier: Apache-2.0 */
/* What a token's return code means for its seeding: a row each. Source: spec of the seeder, section 7.3. */
#ifndef QK_SEEDER_ANSWERS_H
#define QK_SEEDER_ANSWERS_H

#include <quantoki/pkcs11.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum qk_seed_class {
    QK_SEED_DONE,
    QK_SEED_CONFIGURATION, /* off until the configuration is read again */
    QK_SEED_CREDENTIAL,    /* never tried again until the PIN's source changes: a latch on disk */
    QK_SEED_IMPOSSIBLE,    /* the token takes no seeds */
    QK_SEED_LOGIN_NEEDED,
    QK_SEED_SESSION_LOST,
    QK_SEED_BUSY,      /* next cycle */
    QK_SEED_TRANSIENT, /* back-off */
} qk_seed_class;

/* Is it in the table? */
bool qk_seed_code_is_known(CK_RV rv);
/* QK_SEED_TRANSIENT of what is not. */
qk_seed_class qk_seed_classify(CK_RV rv);
/* "CKR_PIN_INCORRECT"; "0x80000123" for others, in a buffer of the thread. */
const char *qk_seed_code_name(CK_RV rv);
/* What an operator should do; "" if nothing. */
const char *qk_seed_advice(CK_RV rv);
const char *qk_seed_class_name(qk_seed_class class);
/* The codes of the table, one after the other: false when `index` is past the end. */
bool qk_seed_code_at(size_t index, CK_RV *out_rv);

#endif
