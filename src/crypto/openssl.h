/* SPDX-License-Identifier: Apache-2.0 */
/* The private OpenSSL context, for the rooms that must talk to OpenSSL themselves: crypto, net (TLS), entropy.
 * Explicit fetches from it only; implicit ones (EVP_sha256(), SSL_CTX_new, ...) read the host's configuration and are
 * refused by the build. */
#ifndef QK_CRYPTO_OPENSSL_H
#define QK_CRYPTO_OPENSSL_H

#include <openssl/evp.h>

#include "base/error.h"

/* NULL before qk_crypto_start. */
OSSL_LIB_CTX *qk_openssl(void);
/* Records OpenSSL's newest error as words for `code`, empties its queue, returns `code`. */
qk_err qk_openssl_fail(qk_err code, const char *what);

#endif
