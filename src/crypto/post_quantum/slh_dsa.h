/* SPDX-License-Identifier: Apache-2.0 */
/* SLH-DSA: signatures that rest on hash functions alone. OpenSSL computes them, from 3.5 on; with an older one keys of
 * this type are refused (QK_E_SET_NOT_SUPPORTED) and the mechanisms are not there.
 *
 * A key holds its bytes in the standard's encoding: the public ones in `open`, also of a private key; the private ones,
 * SK.seed || SK.prf || PK.seed || PK.root, in `value`; and OpenSSL's key in `pkey`.
 * Sources: FIPS 205; PKCS #11 3.2, SLH-DSA; RFC 9909. */
#ifndef QK_CRYPTO_SLH_DSA_H
#define QK_CRYPTO_SLH_DSA_H

#include "crypto/key/key.h"

typedef struct qk_slh_dsa_set {
    CK_ULONG number;  /* CKA_PARAMETER_SET */
    const char *name; /* OpenSSL's */
    size_t n;         /* bytes of a hash: a public key has two of them, a private one four, its seed three */
    size_t signature_len;
    const char *oid; /* complete DER */
} qk_slh_dsa_set;

enum { QK_SLH_DSA_N_MAX = 32, QK_SLH_DSA_OID_LEN = 11 };

/* NULL if there is no such set. */
const qk_slh_dsa_set *qk_slh_dsa_by_number(CK_ULONG number);
const qk_slh_dsa_set *qk_slh_dsa_by_oid(qk_view oid); /* complete DER */
qk_view qk_slh_dsa_oid(const qk_slh_dsa_set *set);
/* That a template names. QK_E_TEMPLATE_INCOMPLETE; QK_E_SET_NOT_SUPPORTED if there is none, or not with this OpenSSL.
 */
QK_MUST_CHECK qk_err qk_slh_dsa_template_set(const qk_attrs *attrs, const qk_slh_dsa_set **out_set);

/* QK_E_ATTRIBUTE_VALUE for bytes that are no key of the set; QK_E_SET_NOT_SUPPORTED. */
QK_MUST_CHECK qk_err qk_slh_dsa_public(const qk_slh_dsa_set *set, qk_view bytes, qk_key **out_key);
/* Of the whole private key, or of its first three parts (the seed), which give the fourth. A whole one is judged by
 * making it anew, which takes as long as making a pair.
 * Source: FIPS 205, algorithm 18. */
QK_MUST_CHECK qk_err qk_slh_dsa_private(const qk_slh_dsa_set *set, qk_view bytes, qk_key **out_key);

#endif
