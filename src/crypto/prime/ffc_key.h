/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in prime fields, Diffie-Hellman and DSA, and their domain parameters: made of their numbers. A key of class
 * CKO_DOMAIN_PARAMETERS holds p, g and, for DSA, q alone.
 *
 * Sources: PKCS #3; SP 800-56A revision 3, 5.5 and 5.6; FIPS 186-4, 4 and B.1; RFC 7919. */
#ifndef QK_CRYPTO_FFC_KEY_H
#define QK_CRYPTO_FFC_KEY_H

#include "crypto/bn.h"
#include "crypto/der.h"
#include "crypto/key/key.h"

enum { QK_FFC_P, QK_FFC_Q, QK_FFC_G, QK_FFC_Y, QK_FFC_X, QK_FFC_PARTS };
enum { QK_DSA_MIN_BITS = 1024, QK_DSA_MAX_BITS = 3072, QK_DH_MIN_BITS = 1024, QK_DH_MAX_BITS = 8192 };

typedef struct qk_ffc {
    BIGNUM *part[QK_FFC_PARTS]; /* NULL if not there; q is of DSA alone */
} qk_ffc;

#define QK_FFC_NONE ((qk_ffc){ { NULL } })

void qk_ffc_done(qk_ffc *ffc); /* wipes */
/* Sets one part from big endian bytes; an empty view leaves it out. QK_E_KEY_SIZE if it is longer than any prime
 * allowed; QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_ffc_set(qk_ffc *ffc, unsigned which, qk_view magnitude);
/* Reads the parts of a key that exists, as far as it has them: p, q, g and y; x with `secret`. */
QK_MUST_CHECK qk_err qk_ffc_of(const qk_key *key, bool secret, qk_ffc *out);

/* Checks the numbers, computes y of a private key, and makes the key. A y that came with x must be its own.
 * `foreign`: the parameters come from an application, so p and q are tested for being primes, too, unless the group is
 * a known one.
 * QK_E_TEMPLATE_INCOMPLETE, QK_E_KEY_SIZE, QK_E_ATTRIBUTE_VALUE. */
QK_MUST_CHECK qk_err qk_ffc_make(CK_OBJECT_CLASS class, CK_KEY_TYPE type, bool foreign, qk_ffc *ffc, qk_key **out_key);
/* Is this a pair of lengths that FIPS 186-4, 4.2 allows? */
bool qk_dsa_lengths_fit(size_t p_bits, size_t q_bits);
/* Is its group one of RFC 7919 or RFC 3526, whose primes need no test? */
bool qk_ffc_is_known_group(const qk_key *key);

#endif
