/* SPDX-License-Identifier: Apache-2.0 */
/* RSA keys: made, read, written, described. Source: RFC 8017, appendix A.1. */
#ifndef QK_CRYPTO_RSA_KEY_H
#define QK_CRYPTO_RSA_KEY_H

#include "crypto/der.h"
#include "crypto/key.h"

/* The body of PKCS #8 (RSAPrivateKey) and of SPKI (RSAPublicKey). QK_E_WRAPPED_KEY / QK_E_PUBLIC_KEY_INVALID if
 * malformed, else the errors of rsa_parts.h. */
QK_MUST_CHECK qk_err qk_rsa_read_private(qk_view body, qk_key **out_key);
QK_MUST_CHECK qk_err qk_rsa_read_public(qk_view body, qk_key **out_key);
QK_MUST_CHECK qk_err qk_rsa_write_private(const qk_key *key, qk_der_writer *writer);
QK_MUST_CHECK qk_err qk_rsa_write_public(const qk_key *key, qk_der_writer *writer);

QK_MUST_CHECK qk_err qk_rsa_from_attrs(CK_OBJECT_CLASS class, const qk_attrs *attrs, qk_key **out_key);
QK_MUST_CHECK qk_err qk_rsa_describe(const qk_key *key, qk_attrs *attrs);
QK_MUST_CHECK qk_err qk_rsa_reveal(const qk_key *key, CK_ATTRIBUTE_TYPE type, qk_secret *out_value);

#endif
