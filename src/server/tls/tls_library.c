/* SPDX-License-Identifier: Apache-2.0 */
#include "server/tls/tls_library.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#include "base/log.h"
#include "crypto/openssl.h"
#include "entropy/entropy.h"

enum { STIRRED_LEN = 48 }; /* 3/2 of the strength, as to instantiate. Source: SP 800-90C, 5.3 */

static struct {
    OSSL_LIB_CTX *context;
    OSSL_PROVIDER *provider;
} library;

qk_err qk_tls_library_start(void)
{
    library.context = OSSL_LIB_CTX_new();
    if (!library.context)
        return qk_openssl_fail(QK_E_NO_MEMORY, "no OpenSSL context for TLS");
    library.provider = OSSL_PROVIDER_load(library.context, "default");
    if (library.provider)
        return QK_OK;
    qk_tls_library_stop();
    return qk_openssl_fail(QK_E_GENERAL, "OpenSSL's default provider cannot be loaded");
}

void qk_tls_library_stop(void)
{
    if (library.provider)
        OSSL_PROVIDER_unload(library.provider);
    OSSL_LIB_CTX_free(library.context);
    library.provider = NULL;
    library.context = NULL;
}

OSSL_LIB_CTX *qk_tls_library(void)
{
    return library.context;
}

/* As additional input of a reseed, which can only add. The threads' generators follow with their next draw. */
void qk_tls_library_stir(void)
{
    QK_OWNED(qk_secret_free) qk_secret bytes = QK_SECRET_NONE;
    EVP_RAND_CTX *primary = RAND_get0_primary(library.context);

    if (!primary || qk_secret_new(STIRRED_LEN, &bytes) != QK_OK ||
        qk_entropy_draw(QK_ENTROPY_MIXED, qk_secret_fill(&bytes), STIRRED_LEN) != QK_OK)
        return;
    if (EVP_RAND_reseed(primary, 0, NULL, 0, qk_secret_reveal(&bytes).data, STIRRED_LEN) != 1)
        qk_log_failure(QK_LOG_WARNING, qk_openssl_fail(QK_E_GENERAL, "generator of TLS"), "op=stir");
}
