/* SPDX-License-Identifier: Apache-2.0 */
/* The private OpenSSL context, for the rooms that must talk to OpenSSL themselves: crypto, net (TLS), entropy.
 * Explicit fetches from it only; implicit ones (EVP_sha256(), SSL_CTX_new, ...) read the host's configuration and are
 * refused by the build. qk_crypto_start draws no random from it, so the entropy room can put its generator in front
 * afterwards (RAND_set_DRBG_type works only before the first draw). */
#ifndef QK_CRYPTO_OPENSSL_H
#define QK_CRYPTO_OPENSSL_H

#include <openssl/ec.h>
#include <openssl/evp.h>

#include "p11/mechanism.h"

/* NULL before qk_crypto_start. */
OSSL_LIB_CTX *qk_openssl(void);
/* Records OpenSSL's newest error as words for `code` ("<what>: <OpenSSL's reason>"), forgets OpenSSL's errors as
 * qk_openssl_forget does, returns `code`. If OpenSSL says that memory ran out, the code becomes QK_E_NO_MEMORY. */
qk_err qk_openssl_fail(qk_err code, const char *what);
/* Empties this thread's OpenSSL error queue down to the newest mark, and keeps the mark: what the host of a module had
 * in the queue stays. For failures that are answers, such as a signature that does not verify. */
void qk_openssl_forget(void);

/* The fetched digest of a digest mechanism (CKM_SHA256, IBM's numbers too); NULL if it is none or this OpenSSL lacks
 * it. Lives until qk_crypto_stop. */
const EVP_MD *qk_digest_of(CK_MECHANISM_TYPE hash);
/* False if this OpenSSL does not have the curve; probed at start. */
bool qk_curve_supported(const qk_curve *curve);
/* The group of a Weierstrass curve, for arithmetic that EVP does not offer; NULL for others. Shared by all threads:
 * making one takes as long as a P-256 signature. Lives until qk_crypto_stop. */
const EC_GROUP *qk_curve_group(const qk_curve *curve);

#endif
