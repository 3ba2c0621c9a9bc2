/* SPDX-License-Identifier: Apache-2.0 */
/* Big numbers of OpenSSL, for the files of this room: owned, and in and out of bytes. */
#ifndef QK_CRYPTO_BN_H
#define QK_CRYPTO_BN_H

#include <openssl/bn.h>

#include "base/secret.h"
#include "crypto/openssl.h"

static inline void qk_bn_wipe(BIGNUM **number)
{
    BN_clear_free(*number);
}

static inline void qk_bn_context_free(BN_CTX **context)
{
    BN_CTX_free(*context);
}

static inline qk_err qk_bn_no_memory(void)
{
    return qk_openssl_fail(QK_E_NO_MEMORY, "no memory for a big number");
}

/* A number as big endian bytes, as many as it has. */
QK_MUST_CHECK qk_err qk_bn_bytes(const BIGNUM *number, qk_secret *out_bytes);

/* One number of a key, by OpenSSL's name of the parameter, as big endian bytes. */
QK_MUST_CHECK qk_err qk_bn_of_key(const EVP_PKEY *pkey, const char *parameter, qk_secret *out_bytes);

/* The EVP_PKEY of numbers, each with OpenSSL's name of the parameter. OpenSSL's parameter builder would leave copies of
 * secret numbers in freed memory, so they are laid out in a secret of ours.
 *
 *   type        "RSA", "DH", ...
 *   selection   EVP_PKEY_KEYPAIR, EVP_PKEY_PUBLIC_KEY, EVP_PKEY_KEY_PARAMETERS
 *   count       at most QK_BN_MOST; NULL numbers are left out */
enum { QK_BN_MOST = 8 };
QK_MUST_CHECK qk_err qk_bn_build_key(const char *type, int selection, const char *const *parameters,
                                     BIGNUM *const *numbers, unsigned count, EVP_PKEY **out_pkey);

#endif
