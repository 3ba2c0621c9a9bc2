/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the Dilithium and Kyber families, of all generations, inside qk_key: for the files of this room.
 *
 * A set is one row for keys of the standards (CKK_ML_DSA, CKK_ML_KEM; under IBM's names CKK_IBM_ML_DSA, CKK_IBM_ML_KEM)
 * and of IBM's earlier generations (CKK_IBM_PQC_DILITHIUM, CKK_IBM_PQC_KYBER). A key holds its bytes in the standard's
 * encoding: the public ones in `open`, also of a private key; the private ones in `value`; and in `seed` what ML-DSA
 * and ML-KEM pairs were made of, if it is known. What the arithmetic needs besides is made once, at first use, and
 * shared by all threads. */
#ifndef QK_CRYPTO_LATTICE_KEY_H
#define QK_CRYPTO_LATTICE_KEY_H

#include "crypto/key/key.h"
#include "crypto/lattice/dilithium.h"
#include "crypto/lattice/kyber.h"

typedef struct qk_lattice_set {
    CK_KEY_TYPE type;
    CK_ULONG number;   /* CKA_PARAMETER_SET; of IBM's the value of CKA_IBM_..._KEYFORM, 0 if it has none */
    unsigned strength; /* bits of a secret key that is as hard to find */
    unsigned id;       /* qk_dilithium_id or qk_kyber_id, by the type */
} qk_lattice_set;

/* The part of the lattices in the functions of crypto.h with these names (qk_post_quantum_...). */
size_t qk_lattice_signature_len(CK_KEY_TYPE type, const qk_attrs *attrs);
CK_KEY_TYPE qk_lattice_type_of_oid(qk_view content);
QK_MUST_CHECK qk_err qk_lattice_set_agrees(const qk_key *key, const qk_attrs *attrs);

/* NULL if keys of that type have no such set. `oid`: complete DER. */
const qk_lattice_set *qk_lattice_by_number(CK_KEY_TYPE type, CK_ULONG number);
const qk_lattice_set *qk_lattice_by_oid(CK_KEY_TYPE type, qk_view oid);

bool qk_lattice_is_standard(CK_KEY_TYPE type); /* of FIPS 203 or 204, under either name */
bool qk_lattice_is_kem(CK_KEY_TYPE type);
const qk_dilithium_set *qk_lattice_dilithium(const qk_lattice_set *set); /* of those that sign */
const qk_kyber_set *qk_lattice_kyber(const qk_lattice_set *set);         /* of KEMs */
qk_view qk_lattice_oid(const qk_lattice_set *set);
size_t qk_lattice_public_len(const qk_lattice_set *set);
size_t qk_lattice_private_len(const qk_lattice_set *set);
size_t qk_lattice_seed_len(const qk_lattice_set *set); /* what a pair is made of */

/* QK_E_ATTRIBUTE_VALUE for bytes that are no key of the set; QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_lattice_public(const qk_lattice_set *set, qk_view bytes, qk_key **out_key);
/* Of a seed, of the private key's bytes, or of both, which then must belong together; of what is not there the view is
 * empty. Source: FIPS 204, algorithm 6; FIPS 203, algorithm 16 and section 7.3. */
QK_MUST_CHECK qk_err qk_lattice_private(const qk_lattice_set *set, qk_view seed, qk_view bytes, qk_key **out_key);

/* The prepared form, which lives as long as the key: one of the five, by the key's class and type. */
typedef struct qk_lattice_ready {
    qk_ready head;
    qk_dilithium_signer *signer;
    qk_dilithium_verifier *verifier;
    qk_kyber_sealer *sealer;
    qk_kyber_opener *opener;
    EVP_PKEY *openssls; /* instead of these, where OpenSSL computes */
} qk_lattice_ready;

/* QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_lattice_prepared(const qk_key *key, const qk_lattice_ready **out_ready);

/* generate_pair of the engines. */
QK_MUST_CHECK qk_err qk_lattice_generate_pair(const qk_mech_use *use, const qk_attrs *public_template,
                                              qk_key **out_public, qk_key **out_private);
/* Secret random bytes from the generator of the room's context. QK_E_FUNCTION_FAILED. */
QK_MUST_CHECK qk_err qk_lattice_random(uint8_t *out, size_t len);

#endif
