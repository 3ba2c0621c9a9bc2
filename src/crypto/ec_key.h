/* SPDX-License-Identifier: Apache-2.0 */
/* Keys on elliptic curves, Weierstrass and Edwards: made, read, written, described.
 *
 * CKK_EC holds every curve (IBM's form puts Edwards curves there too), CKK_EC_EDWARDS Edwards curves alone.
 * Sources: SEC 1, 2.3 and 3.2; RFC 5915; RFC 8032, 5.1.5; RFC 8410. */
#ifndef QK_CRYPTO_EC_KEY_H
#define QK_CRYPTO_EC_KEY_H

#include "crypto/der.h"
#include "crypto/key.h"

/* `octets` is the content of PKCS #8's privateKey: DER of ECPrivateKey, or of the seed's OCTET STRING. `outer_public`
 * is PKCS #8's own public key (RFC 5958), empty if it has none. QK_E_WRAPPED_KEY if malformed; QK_E_ATTRIBUTE_VALUE
 * if out of range or if its public key is another's; QK_E_CURVE_NOT_SUPPORTED. */
QK_MUST_CHECK qk_err qk_ec_read_private(CK_KEY_TYPE type, const qk_curve *curve, qk_view octets, qk_view outer_public,
                                        qk_key **out_key);
/* The content of PKCS #8's privateKey. */
QK_MUST_CHECK qk_err qk_ec_write_private(const qk_key *key, qk_der_writer *writer);
/* A public key of its point, uncompressed or compressed; Edwards: the encoded point. QK_E_PUBLIC_KEY_INVALID,
 * QK_E_CURVE_NOT_SUPPORTED. */
QK_MUST_CHECK qk_err qk_ec_make_public(CK_KEY_TYPE type, const qk_curve *curve, qk_view point, qk_key **out_key);

QK_MUST_CHECK qk_err qk_ec_from_attrs(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const qk_attrs *attrs, qk_key **out_key);
QK_MUST_CHECK qk_err qk_ec_describe(const qk_key *key, qk_attrs *attrs);
QK_MUST_CHECK qk_err qk_ec_reveal(const qk_key *key, CK_ATTRIBUTE_TYPE type, qk_secret *out_value);

#endif
