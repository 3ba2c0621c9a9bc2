/* SPDX-License-Identifier: Apache-2.0 */
/* Families of keys: how the keys of some types are read, written, described and revealed. A family is a record of
 * functions in its own file; key_family.c says which types are whose. A new type of key is a row there, one in
 * p11/key_type.c, its attributes in p11/attribute_table.c and its default usages in hsm/policy/key_policy.c. */
#ifndef QK_CRYPTO_KEY_FAMILY_H
#define QK_CRYPTO_KEY_FAMILY_H

#include "crypto/der.h"
#include "crypto/key/key.h"

/* What an AlgorithmIdentifier says, and what its reader wants. */
typedef struct qk_algorithm {
    CK_KEY_TYPE type;      /* the wanted one, which is of the family */
    const qk_curve *curve; /* EC; may be one that is not supported */
    qk_view oid;           /* complete DER */
    qk_view parameters;    /* what follows the OID */
} qk_algorithm;

typedef struct qk_key_family {
    /* Complete DER of the AlgorithmIdentifier's OID. Empty: has no such form, or several; then reading judges it, and
     * write_parameters writes it too. */
    qk_view oid;
    /* QK_E_TEMPLATE_INCOMPLETE, QK_E_ATTRIBUTE_VALUE, QK_E_KEY_SIZE, ...: see qk_key_from_attrs. */
    qk_err (*from_attrs)(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const qk_attrs *attrs, qk_key **out_key);
    qk_err (*describe)(const qk_key *key, qk_attrs *attrs);
    qk_err (*reveal)(const qk_key *key, CK_ATTRIBUTE_TYPE type, qk_secret *out_value);
    /* `octets`: the content of PKCS #8's privateKey; `outer_public`: its own public key (RFC 5958), or empty.
     * QK_E_WRAPPED_KEY if malformed, QK_E_ATTRIBUTE_VALUE if out of range or contradicting. */
    qk_err (*read_private)(const qk_algorithm *algorithm, qk_view octets, qk_view outer_public, qk_key **out_key);
    /* `bits`: the content of subjectPublicKey. QK_E_PUBLIC_KEY_INVALID, QK_E_ATTRIBUTE_VALUE. */
    qk_err (*read_public)(const qk_algorithm *algorithm, qk_view bits, qk_key **out_key);
    /* In front of what is there: the content of privateKey, of subjectPublicKey, and the algorithm's parameters. */
    qk_err (*write_private)(const qk_key *key, qk_der_writer *writer);
    qk_err (*write_public)(const qk_key *key, qk_der_writer *writer);
    qk_err (*write_parameters)(const qk_key *key, qk_der_writer *writer);
} qk_key_family;

extern const qk_key_family qk_family_secret;            /* secret_key.c */
extern const qk_key_family qk_family_rsa;               /* rsa_key.c */
extern const qk_key_family qk_family_ec;                /* ec_codec.c: Weierstrass, Edwards, Montgomery */
extern const qk_key_family qk_family_dh, qk_family_dsa; /* ffc_codec.c */
extern const qk_key_family qk_family_slh_dsa;           /* slh_dsa_key.c */
extern const qk_key_family qk_family_lattice;           /* lattice_codec.c: ML-DSA, ML-KEM, IBM's Dilithium and Kyber */

/* NULL if there is no such kind of key. */
const qk_key_family *qk_key_family_find(CK_OBJECT_CLASS class, CK_KEY_TYPE type);
/* Of a key that exists. */
const qk_key_family *qk_key_family_of(const qk_key *key);

#endif
