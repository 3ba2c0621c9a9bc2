/* SPDX-License-Identifier: Apache-2.0 */
/* All functions as rows of a table, with the kinds of their arguments, so that a walk can call each with good arguments
 * but one. Functions are called through one type, all arguments as wide as a register: that is what the ABIs of our
 * platforms do anyway. */
#ifndef QK_TESTS_CONFORMANCE_FUNCTIONS_H
#define QK_TESTS_CONFORMANCE_FUNCTIONS_H

#include "conformance.h"

enum { FUNCTIONS = 104, MOST = 10, HUGE_COUNT = 1000 };
#define NONE_OF_IT ((CK_ULONG)-1)

/* What a letter of `kinds` means:
 *   s session     l slot       v, 1 values that cannot be wrong here (0, 1)   r reserved, NULL
 *   b bytes       n their length                                       B, N the same, and nothing at all is wrong
 *   o room        p its length, in and out                             P the same, may be NULL
 *   m mechanism   k key or object                                      h place for a handle, or for any answer
 *   t template    c its count  d the count of a template that is read or searched for */
typedef struct row {
    const char *name;
    size_t index; /* in the function list */
    const char *kinds;
    void (*prepare)(void);
} row;

extern const row rows[FUNCTIONS];
/* What 't' points at in good arguments. */
extern CK_ATTRIBUTE items[HUGE_COUNT];
extern CK_BYTE in[256];

/* The keys that good arguments name. */
void make_keys(void);
uintptr_t good(const row *r, size_t at);
CK_RV call(const row *r, const uintptr_t arguments[MOST]);
/* Its mechanism takes none of our keys: what it refuses first is the mechanism. */
bool refuses_mechanism(const row *r, CK_RV rv);
/* Codes that say nothing, or that PKCS #11 has not. */
bool is_no_answer(CK_RV rv);

#endif
