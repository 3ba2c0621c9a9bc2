/* SPDX-License-Identifier: Apache-2.0 */
/* The integers of an RSA key, and the missing ones computed from those that are there.
 *
 * A private key always ends up with all eight: OpenSSL blinds only if e is known, checks its CRT result only with e,
 * and is four times slower without the primes. */
#ifndef QK_CRYPTO_RSA_PARTS_H
#define QK_CRYPTO_RSA_PARTS_H

#include <openssl/bn.h>

#include "base/bytes.h"

/* In the order of PKCS #1's RSAPrivateKey. */
enum { QK_RSA_N, QK_RSA_E, QK_RSA_D, QK_RSA_P, QK_RSA_Q, QK_RSA_DP, QK_RSA_DQ, QK_RSA_QINV, QK_RSA_PARTS };

typedef struct qk_rsa_parts {
    BIGNUM *part[QK_RSA_PARTS]; /* NULL if not there */
} qk_rsa_parts;

void qk_rsa_parts_done(qk_rsa_parts *parts); /* wipes */
/* Sets one part from big endian bytes; an empty view leaves it out. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_rsa_parts_set(qk_rsa_parts *parts, unsigned which, qk_view magnitude);

/* Sizes allowed: n of 1024 to 16384 bits (keys made here have at most 8192); e odd, 3 or more, at most 256 bits, and at
 * most 64 if n has more than 3072, as OpenSSL wants it. QK_E_TEMPLATE_INCOMPLETE without n or e, QK_E_KEY_SIZE,
 * QK_E_ATTRIBUTE_VALUE. */
QK_MUST_CHECK qk_err qk_rsa_parts_check_public(const qk_rsa_parts *parts);

/* Computes what is missing of a private key and checks what was given: needs n and d, or the primes and e or d.
 *   e missing: from d and the primes; without primes, the usual exponents are tried.
 *   primes missing: n is factored with d and e (SP 800-56B revision 2, appendix C.1).
 * QK_E_TEMPLATE_INCOMPLETE if that is not enough; QK_E_ATTRIBUTE_VALUE if the parts contradict each other. */
QK_MUST_CHECK qk_err qk_rsa_parts_complete(qk_rsa_parts *parts);

#endif
