/* SPDX-License-Identifier: Apache-2.0 */
/* Who may what: the table in memory that stands for all identities, API keys, policies and roles of the database.
 *
 * It is looked at once a second by whichever call comes first, and read anew if anything has changed; the others go on
 * with what is there meanwhile, unless that is older than two seconds (nobody had called for a while): then they wait
 * for the reader. If the database cannot be read, the table is believed for ten seconds more, then no token is. Each
 * change starts a generation, so that a remembered token is looked up here once per change and not once per call. */
#ifndef QK_IAM_RIGHTS_H
#define QK_IAM_RIGHTS_H

#include "iam/record/identity.h"

typedef struct qk_rights qk_rights;

/* Borrows both, and reads the table. */
QK_MUST_CHECK qk_err qk_rights_new(qk_database *database, const qk_iam_secrets *secrets, qk_rights **out);
void qk_rights_free(qk_rights **rights);

/* Reads the table if it is time. `now_ms` of the monotonic clock. */
QK_MUST_CHECK qk_err qk_rights_keep_fresh(qk_rights *rights, int64_t now_ms);
/* Reads it now. */
QK_MUST_CHECK qk_err qk_rights_refresh(qk_rights *rights, int64_t now_ms);

uint64_t qk_rights_generation(const qk_rights *rights);
/* True if the table was read before this number was given: whoever carries it is too new for it. */
bool qk_rights_are_older(const qk_rights *rights, int64_t number);
/* What an identity may. False if there is none, its epoch is another one, or the API key has ended. *out_generation:
 * the table this holds for. */
bool qk_rights_of(qk_rights *rights, const char *identity, int64_t epoch, int64_t key, qk_caller *out_caller,
                  uint64_t *out_generation);

#endif
