/* SPDX-License-Identifier: Apache-2.0 */
/* Pre-hashing, as ML-DSA and SLH-DSA have it: the digest of the message is signed together with the name of its hash
 * function. The two standards take the same functions and frame them alike.
 * Sources: FIPS 204, 5.4; FIPS 205, 10.2.2; PKCS #11 3.2, HashML-DSA and HashSLH-DSA. */
#ifndef QK_CRYPTO_PREHASH_H
#define QK_CRYPTO_PREHASH_H

#include "p11/mechanism.h"

enum {
    QK_PREHASH_DIGEST_MAX = 64,
    QK_PREHASH_OID_LEN = 11,
    QK_PREHASH_MESSAGE_MAX = 2 + 255 + QK_PREHASH_OID_LEN + QK_PREHASH_DIGEST_MAX,
};

/* What is signed instead of the message. */
typedef struct qk_prehash {
    qk_view digest;
    qk_view oid; /* complete DER, constant */
} qk_prehash;

/* `digest` is of the function `hash`: a digest mechanism, or of SHAKE the mechanism that hashes with it.
 * QK_E_MECHANISM_PARAM if pre-hashing has no such function; QK_E_BAD_LENGTH if its digests have another length. */
QK_MUST_CHECK qk_err qk_prehash_of_digest(const qk_mech_use *use, CK_MECHANISM_TYPE hash, qk_view digest,
                                          qk_prehash *out);
/* Of mechanisms that do not hash by a digest mechanism: whose parameter names the function of a digest given as `data`,
 * or that hash `data` with SHAKE, into `room`. False: it is none of these, and signs the data themselves. */
QK_MUST_CHECK qk_err qk_prehash_of_data(const qk_mech_use *use, qk_view data, uint8_t room[QK_PREHASH_DIGEST_MAX],
                                        bool *out_hashed, qk_prehash *out);
/* M' of a pre-hashing signature: what the inner algorithm signs. `context`: 255 bytes at most.
 * Source: FIPS 204, algorithm 4, step 23; FIPS 205, algorithm 23, step 24. */
qk_view qk_prehash_message(const qk_prehash *prehash, qk_view context, uint8_t room[QK_PREHASH_MESSAGE_MAX]);

#endif
