/* SPDX-License-Identifier: Apache-2.0 */
/* The secrets of the IAM: the key that signs tokens and the key of hashes and MACs. Both lie in the database, sealed
 * under the master key. The MAC key is one of its own, not derived from the master key, so that API keys, of which only
 * the hash exists, outlive a change of master keys: re-sealing two rows is all it takes. */
#ifndef QK_IAM_SECRETS_H
#define QK_IAM_SECRETS_H

#include "crypto/crypto.h"
#include "database/database.h"
#include "hsm/hsm.h"

enum { QK_IAM_MAC_LEN = 32 };

typedef struct qk_iam_secrets {
    qk_secret mac_key;
    qk_key *private_key, *public_key; /* P-256 */
} qk_iam_secrets;

#define QK_IAM_SECRETS_NONE ((qk_iam_secrets){ QK_SECRET_NONE, NULL, NULL })

/* Reads them, or makes those that are absent. */
QK_MUST_CHECK qk_err qk_iam_secrets_load(qk_database *database, qk_ring *ring, qk_iam_secrets *out);
void qk_iam_secrets_done(qk_iam_secrets *secrets);

/* HMAC-SHA-256 over a label, which keeps uses apart, and data. */
QK_MUST_CHECK qk_err qk_iam_mac(const qk_iam_secrets *secrets, const char *label, qk_view data,
                                uint8_t out[QK_IAM_MAC_LEN]);

#endif
