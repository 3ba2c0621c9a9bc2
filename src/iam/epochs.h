/* SPDX-License-Identifier: Apache-2.0 */
/* The table of epochs: what revokes tokens without a look-up.
 *
 * It is re-read once a second by whichever call comes first; the others go on with what is there meanwhile, unless that
 * is older than two seconds (nobody had called for a while): then they wait for the reader. If the database cannot be
 * read, the table is believed for ten seconds more, then no token is. Each change of the table starts a generation, so
 * that a remembered token is looked up here once per change and not once per call. */
#ifndef QK_IAM_EPOCHS_H
#define QK_IAM_EPOCHS_H

#include "iam/identity.h"

typedef struct qk_epochs qk_epochs;

/* Borrows both, and reads the table. */
QK_MUST_CHECK qk_err qk_epochs_new(qk_database *database, const qk_iam_secrets *secrets, qk_epochs **out);
void qk_epochs_free(qk_epochs **epochs);

/* Reads the table if it is time. `now_ms` of the monotonic clock. */
QK_MUST_CHECK qk_err qk_epochs_keep_fresh(qk_epochs *epochs, int64_t now_ms);
/* Reads it now. */
QK_MUST_CHECK qk_err qk_epochs_refresh(qk_epochs *epochs, int64_t now_ms);

uint64_t qk_epochs_generation(const qk_epochs *epochs);
/* False if there is no such identity or its epoch is another one. *out_generation: the table this holds for. */
bool qk_epochs_match(qk_epochs *epochs, const char *identity, int64_t epoch, uint64_t *out_generation);

#endif
