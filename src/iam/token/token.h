/* SPDX-License-Identifier: Apache-2.0 */
/* Bearer tokens: JSON Web Tokens (RFC 7519) signed with ES256 (RFC 7518), and with nothing else.
 *
 * Claims: iss "quantoki", sub the identity, iat, exp, jti; ours: ep the identity's epoch, ak the number of the API key.
 * Rights are not in it: they are looked up in memory (rights.h), so that a token that is out follows the policies. It
 * has some 300 characters. */
#ifndef QK_IAM_TOKEN_H
#define QK_IAM_TOKEN_H

#include "iam/record/identity.h"

enum { QK_TOKEN_MOST = 1024 }; /* characters */

typedef struct qk_token_claims {
    char identity[QK_IAM_NAME];
    int64_t epoch, key; /* of the identity, of the API key */
    int64_t issued_unix_s, expires_unix_s;
} qk_token_claims;

QK_MUST_CHECK qk_err qk_token_write(const qk_iam_secrets *secrets, const qk_token_claims *claims, qk_arena *arena,
                                    qk_view *out_token);
/* Checks form, algorithm and signature, not time and epoch. QK_E_NOT_AUTHENTICATED with words. */
QK_MUST_CHECK qk_err qk_token_read(const qk_iam_secrets *secrets, qk_view token, qk_token_claims *out_claims);

#endif
