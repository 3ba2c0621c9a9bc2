/* SPDX-License-Identifier: Apache-2.0 */
/* Authorities of client certificates, the second layer besides tokens: as long as there is one, every connection to the
 * HSM and the keystores needs a certificate that one of them signed. Records as the others: nobody with the database
 * alone has an authority trusted. Taking one away by hand is seen too, since their names stand in a record of their
 * own.
 */
#ifndef QK_IAM_CLIENT_CA_H
#define QK_IAM_CLIENT_CA_H

#include "iam/iam.h"

enum { QK_CLIENT_CA_MOST = 64, QK_CLIENT_CA_PEM = 16 * 1024 };

typedef struct qk_client_ca {
    char name[QK_IAM_NAME];
    int64_t created_unix_s;
    char pem[QK_CLIENT_CA_PEM]; /* certificates, as text; what is in it is the server room's to judge */
} qk_client_ca;

/* QK_E_BAD_ARGUMENT for a bad name, more than QK_CLIENT_CA_MOST, or too long a text; QK_E_OBJECT_CONFLICT. */
QK_MUST_CHECK qk_err qk_client_ca_add(qk_iam *iam, const char *name, const char *pem);
QK_MUST_CHECK qk_err qk_client_ca_remove(qk_iam *iam, const char *name); /* QK_E_OBJECT_MISSING */
/* By name; freed by the caller. QK_E_STORE_BROKEN if they were changed by other hands. */
QK_MUST_CHECK qk_err qk_client_ca_list(qk_iam *iam, qk_client_ca **out_all, size_t *out_count);
/* A number that is another one after each change of the instance's access records: what to look at often. */
QK_MUST_CHECK qk_err qk_iam_changes(qk_iam *iam, int64_t *out_changes);

#endif
