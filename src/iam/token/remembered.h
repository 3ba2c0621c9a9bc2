/* SPDX-License-Identifier: Apache-2.0 */
/* Remembered tokens: a bounded table of tokens whose signature was verified.
 *
 * A token is found by a keyed hash (SipHash-1-3, key drawn at start) of its end, which is its signature, and then
 * compared whole. Nobody outside can aim at a slot, or learn from the time of the comparison, without the key of the
 * hash. The table has shards with a lock each; an entry is copied out under the lock. */
#ifndef QK_IAM_REMEMBERED_H
#define QK_IAM_REMEMBERED_H

#include "iam/token/token.h"

typedef struct qk_remembered qk_remembered;

typedef struct qk_remembered_entry {
    qk_caller caller;
    int64_t expires_unix_s;
    int64_t epoch;       /* of the identity when the token was issued */
    int64_t key;         /* the API key's number */
    uint64_t generation; /* of the table of rights from which `caller` is */
} qk_remembered_entry;

QK_MUST_CHECK qk_err qk_remembered_new(qk_remembered **out);
void qk_remembered_free(qk_remembered **remembered);

bool qk_remembered_find(qk_remembered *remembered, qk_view token, qk_remembered_entry *out_entry);
/* Adds or replaces; throws another token out if its place is taken. */
void qk_remembered_put(qk_remembered *remembered, qk_view token, const qk_remembered_entry *entry);
void qk_remembered_drop(qk_remembered *remembered, qk_view token);

#endif
