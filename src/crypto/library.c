/* SPDX-License-Identifier: Apache-2.0 */
/* The private OpenSSL context and what is fetched from it once.
 *
 * Started and stopped by one thread while no other is in this room; read without locks in between.
 *
 * The context itself is made once and stays until the process ends. A thread that drew random from it has a generator
 * there, which OpenSSL frees when the thread ends: if the context were gone by then, as after C_Finalize in a host
 * whose threads live on, the host would crash (seen with OpenSSL 3.0). */
#include "crypto/openssl.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/provider.h>

#include "crypto/crypto.h"
#include "crypto/curve/bls.h"
#include "crypto/engine.h"
#include "crypto/library.h"

/* clang-format off */
static const struct digest_row {
    CK_MECHANISM_TYPE type, alias;
    const char *name;
} digest_rows[] = {
    { CKM_SHA_1,      QK_NO_HASH,         "SHA1" },
    { CKM_SHA256,     QK_NO_HASH,         "SHA2-256" },
    { CKM_SHA384,     QK_NO_HASH,         "SHA2-384" },
    { CKM_SHA512,     QK_NO_HASH,         "SHA2-512" },
    { CKM_SHA224,     QK_NO_HASH,         "SHA2-224" },
    { CKM_SHA512_224, CKM_IBM_SHA512_224, "SHA2-512/224" },
    { CKM_SHA512_256, CKM_IBM_SHA512_256, "SHA2-512/256" },
    { CKM_SHA3_224,   CKM_IBM_SHA3_224,   "SHA3-224" },
    { CKM_SHA3_256,   CKM_IBM_SHA3_256,   "SHA3-256" },
    { CKM_SHA3_384,   CKM_IBM_SHA3_384,   "SHA3-384" },
    { CKM_SHA3_512,   CKM_IBM_SHA3_512,   "SHA3-512" },
};
/* clang-format on */

enum { DIGESTS = sizeof(digest_rows) / sizeof(digest_rows[0]), MAX_CURVES = 64 };

typedef struct library_state {
    OSSL_LIB_CTX *context;
    OSSL_PROVIDER *provider, *own_names;
    EVP_MD *digests[DIGESTS];
    EC_GROUP *groups[MAX_CURVES]; /* beside qk_curves; Weierstrass */
    bool curves[MAX_CURVES];
} library_state;

static library_state library;

/* Between a stop and the next start. */
static OSSL_LIB_CTX *kept_context;
static OSSL_PROVIDER *kept_provider, *kept_own_names;

/* What a forked child leaks on purpose, kept in sight of leak checkers. */
static library_state abandoned __attribute__((used));

OSSL_LIB_CTX *qk_openssl(void)
{
    return library.context;
}

void qk_openssl_forget(void)
{
    if (ERR_peek_error() == 0)
        return;
    if (ERR_pop_to_mark())
        ERR_set_mark();
}

qk_err qk_openssl_fail(qk_err code, const char *what)
{
    unsigned long error = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(error);

    if (error != 0 && ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
        code = QK_E_NO_MEMORY;
    qk_openssl_forget();
    return qk_fail(code, "%s: %s", what, reason ? reason : "OpenSSL gives no reason");
}

const EVP_MD *qk_digest_of(CK_MECHANISM_TYPE hash)
{
    for (size_t i = 0; i < DIGESTS; i++)
        if (digest_rows[i].type == hash || (digest_rows[i].alias == hash && hash != QK_NO_HASH))
            return library.digests[i];
    return NULL;
}

bool qk_curve_supported(const qk_curve *curve)
{
    size_t index = (size_t)(curve - qk_curves);
    return index < MAX_CURVES && library.curves[index];
}

const EC_GROUP *qk_curve_group(const qk_curve *curve)
{
    return qk_curve_supported(curve) ? library.groups[curve - qk_curves] : NULL;
}

/* Finds out whether this OpenSSL has the curve. Needs no random. */
static bool probe(const qk_curve *curve, EC_GROUP **out_group)
{
    EVP_KEYMGMT *found;

    if (curve->kind == QK_CURVE_PAIRING)
        return qk_bls_is_here();
    if (curve->kind == QK_CURVE_WEIERSTRASS) {
        *out_group = EC_GROUP_new_by_curve_name_ex(library.context, NULL, OBJ_sn2nid(curve->openssl_name));
        return *out_group != NULL;
    }
    found = EVP_KEYMGMT_fetch(library.context, curve->openssl_name, NULL);
    EVP_KEYMGMT_free(found);
    return found != NULL;
}

static qk_err take_context(void)
{
    library.context = kept_context ? kept_context : OSSL_LIB_CTX_new();
    if (!library.context)
        return qk_openssl_fail(QK_E_NO_MEMORY, "no OpenSSL context");
    library.provider = kept_provider ? kept_provider : OSSL_PROVIDER_load(library.context, "default");
    if (!library.provider)
        return qk_openssl_fail(QK_E_GENERAL, "OpenSSL's default provider cannot be loaded");
    library.own_names = kept_own_names;
    return library.own_names ? QK_OK : qk_own_names_load(library.context, library.provider, &library.own_names);
}

static qk_err start(void)
{
    QK_TRY(take_context());
    for (size_t i = 0; i < DIGESTS; i++)
        library.digests[i] = EVP_MD_fetch(library.context, digest_rows[i].name, NULL);
    for (size_t i = 0; i < qk_curve_count && i < MAX_CURVES; i++)
        library.curves[i] = probe(&qk_curves[i], &library.groups[i]);
    qk_openssl_forget();
    QK_TRY(qk_cipher_start());
    qk_poly1305_start();
    qk_openssl_forget();
    return qk_engines_start();
}

qk_err qk_crypto_start(void)
{
    if (library.context)
        return QK_OK;
    qk_err err = start();
    if (err == QK_OK)
        err = qk_crypto_choose_lattice(false);
    if (err != QK_OK)
        qk_crypto_stop();
    return err;
}

static void forget(void)
{
    memset(&library, 0, sizeof(library));
    qk_seal_abandon();
    qk_cipher_abandon();
    qk_poly1305_abandon();
    qk_digest_abandon();
}

void qk_crypto_stop(void)
{
    qk_seal_stop();
    qk_cipher_stop();
    qk_poly1305_stop();
    qk_digest_stop();
    for (size_t i = 0; i < DIGESTS; i++)
        EVP_MD_free(library.digests[i]);
    for (size_t i = 0; i < MAX_CURVES; i++)
        EC_GROUP_free(library.groups[i]);
    if (library.context) {
        kept_context = library.context;
        kept_provider = library.provider;
        kept_own_names = library.own_names;
    }
    forget();
}

void qk_crypto_abandon(void)
{
    abandoned = library;
    if (kept_context)
        abandoned.context = kept_context;
    kept_context = NULL;
    kept_provider = NULL;
    kept_own_names = NULL;
    forget();
}
