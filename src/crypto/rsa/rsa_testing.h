/* SPDX-License-Identifier: Apache-2.0 */
/* The RSA pair that tests of this room share. */
#ifndef QK_CRYPTO_RSA_TESTING_H
#define QK_CRYPTO_RSA_TESTING_H

#include "crypto/key/pair_testing.h"
#include "crypto/rsa/rsa_vectors.h"

static qk_key *private_key, *public_key;

static inline int rsa_setup(void **state)
{
    if (crypto_setup(state) != 0)
        return -1;
    private_key = read_hex(CKO_PRIVATE_KEY, CKK_RSA, RSA_PKCS8_HEX);
    public_key = read_hex(CKO_PUBLIC_KEY, CKK_RSA, RSA_SPKI_HEX);
    return 0;
}

static inline int rsa_teardown(void **state)
{
    qk_key_unref(&private_key);
    qk_key_unref(&public_key);
    return crypto_teardown(state);
}

#endif
