/* SPDX-License-Identifier: Apache-2.0 */
/* An Ed25519 key that signs answers, or knows who signed them. Kept in a PEM file: PKCS #8 (openssl genpkey -algorithm
 * ed25519) or SubjectPublicKeyInfo (openssl pkey -pubout). Immutable; any number of threads may use one. */
#ifndef QK_ENTROPY_SIGNING_KEY_H
#define QK_ENTROPY_SIGNING_KEY_H

#include "entropy/signature/message_signature.h"

enum { QK_SIGNING_KEY_ID = 44 }; /* characters, with a terminator */

typedef struct qk_signing_key qk_signing_key;

/* A private key to sign with; nobody else may read the file. QK_E_CONFIG says what is wrong with which file. */
QK_MUST_CHECK qk_err qk_signing_key_load(const char *path, qk_signing_key **out_key);
/* A public key to check with. */
QK_MUST_CHECK qk_err qk_signer_key_load(const char *path, qk_signing_key **out_key);
void qk_signing_key_free(qk_signing_key **key);

/* The key's JWK thumbprint with SHA-256, in base64url: the same on both sides, without an agreement.
 * Source: RFC 7638, section 3; RFC 8037, section 2 and appendix A.3. */
const char *qk_signing_key_id(const qk_signing_key *key);
QK_MUST_CHECK qk_err qk_signing_key_sign(const qk_signing_key *key, qk_view base, uint8_t out[QK_SIGNATURE_LEN]);
/* QK_E_SIGNATURE_INVALID. */
QK_MUST_CHECK qk_err qk_signing_key_verify(const qk_signing_key *key, qk_view base,
                                           const uint8_t signature[QK_SIGNATURE_LEN]);

#endif
