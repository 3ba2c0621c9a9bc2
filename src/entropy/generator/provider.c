/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/generator/provider.h"

#include <openssl/provider.h>
#include <openssl/rand.h>

#include "crypto/openssl.h"
#include "entropy/generator/provider_inside.h"

#define PROVIDER_NAME  "quantoki-entropy"
#define SEED_NAME      "QUANTOKI-SEED"
#define GENERATOR_NAME "QUANTOKI-GENERATOR"
#define PROPERTIES     "provider=" PROVIDER_NAME

enum { QUESTIONS = 4 };

static struct installed {
    OSSL_PROVIDER *provider;
    EVP_RAND *ctr_drbg;
    EVP_RAND_CTX *seed_source; /* parent of every DRBG; stateless, so threads need no lock */
} installed;

static struct installed abandoned __attribute__((used)); /* leaked on purpose, in sight of leak checkers */

/* ---- the provider ---- */

static const OSSL_ALGORITHM algorithms[] = {
    { SEED_NAME, PROPERTIES, qk_provider_seed_calls, "conditioned blocks of the entropy pipeline" },
    { GENERATOR_NAME, PROPERTIES, qk_provider_generator_calls, "CTR_DRBG under the entropy pipeline's rules" },
    { NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_cache)
{
    (void)provider;
    *no_cache = 0;
    return operation == OSSL_OP_RAND ? algorithms : NULL;
}

static const OSSL_DISPATCH provider_calls[] = {
    QK_PROVIDER_CALL(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
    { 0, NULL },
};

static int provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
                         void **out_context)
{
    static char nothing;

    (void)handle;
    (void)in;
    *out = provider_calls;
    *out_context = &nothing;
    return 1;
}

/* ---- installing ---- */

static qk_err load(void)
{
    EVP_RAND *seed;

    if (OSSL_PROVIDER_add_builtin(qk_openssl(), PROVIDER_NAME, provider_init) != 1)
        return qk_openssl_fail(QK_E_GENERAL, "the entropy provider cannot be added to OpenSSL");
    installed.provider = OSSL_PROVIDER_load(qk_openssl(), PROVIDER_NAME);
    installed.ctr_drbg = EVP_RAND_fetch(qk_openssl(), "CTR-DRBG", "provider=default");
    seed = EVP_RAND_fetch(qk_openssl(), SEED_NAME, PROPERTIES);
    installed.seed_source = seed ? EVP_RAND_CTX_new(seed, NULL) : NULL;
    EVP_RAND_free(seed);
    if (!installed.provider || !installed.ctr_drbg || !installed.seed_source ||
        EVP_RAND_instantiate(installed.seed_source, QK_RAND_STRENGTH, 0, NULL, 0, NULL) != 1)
        return qk_openssl_fail(QK_E_GENERAL, "the entropy provider cannot be used");
    return QK_OK;
}

/* Asks as OpenSSL's own algorithms do, and as we do. */
static unsigned count_questions(void)
{
    uint8_t out[1];
    EVP_RAND_CTX *public, *private;

    qk_provider_prove(true);
    public = RAND_get0_public(qk_openssl());
    private = RAND_get0_private(qk_openssl());
    (void)(public && EVP_RAND_generate(public, out, 1, QK_RAND_STRENGTH, 0, NULL, 0));
    (void)(private && EVP_RAND_generate(private, out, 1, QK_RAND_STRENGTH, 0, NULL, 0));
    (void)RAND_bytes_ex(qk_openssl(), out, 1, QK_RAND_STRENGTH);
    (void)RAND_priv_bytes_ex(qk_openssl(), out, 1, QK_RAND_STRENGTH);
    qk_provider_prove(false);
    return qk_provider_asked();
}

qk_err qk_provider_install(void)
{
    QK_TRY(load());
    /* They refuse once something was drawn, be it because an earlier start set them: the proof decides. */
    (void)RAND_set_seed_source_type(qk_openssl(), SEED_NAME, PROPERTIES);
    (void)RAND_set_DRBG_type(qk_openssl(), GENERATOR_NAME, PROPERTIES, NULL, NULL);
    unsigned count = count_questions();
    qk_openssl_forget();
    if (count != QUESTIONS)
        return qk_fail(QK_E_GENERAL, "OpenSSL draws its random from elsewhere (%u of %u draws came to our generator)",
                       count, QUESTIONS);
    return QK_OK;
}

void qk_provider_release(void)
{
    EVP_RAND_CTX_free(installed.seed_source);
    EVP_RAND_free(installed.ctr_drbg);
    if (installed.provider)
        OSSL_PROVIDER_unload(installed.provider);
    installed = (struct installed){ 0 };
}

void qk_provider_abandon(void)
{
    abandoned = installed;
    installed = (struct installed){ 0 };
}

EVP_RAND_CTX *qk_provider_drbg_new(void)
{
    return installed.ctr_drbg ? EVP_RAND_CTX_new(installed.ctr_drbg, installed.seed_source) : NULL;
}

qk_err qk_provider_draw(bool private, uint8_t *out, size_t len)
{
    EVP_RAND_CTX *generator = private ? RAND_get0_private(qk_openssl()) : RAND_get0_public(qk_openssl());

    if (generator && EVP_RAND_generate(generator, out, len, QK_RAND_STRENGTH, 0, NULL, 0) == 1)
        return QK_OK;
    if (qk_failure_last()->code != QK_E_NO_RANDOM) /* the pipeline's own words are better than OpenSSL's */
        return qk_openssl_fail(QK_E_NO_RANDOM, "the random generator");
    qk_openssl_forget();
    return QK_E_NO_RANDOM;
}
