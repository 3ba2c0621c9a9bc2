/* SPDX-License-Identifier: Apache-2.0 */
/* "QUANTOKI-GENERATOR": what OpenSSL makes for a context and for each of its threads; behind each a qk_generator. */
#include <pthread.h>
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/proverr.h>

#include "entropy/generator/generator.h"
#include "entropy/generator/provider_inside.h"

static _Thread_local bool proving;
static _Thread_local unsigned asked;

void qk_provider_prove(bool on)
{
    if (on)
        asked = 0;
    proving = on;
}

unsigned qk_provider_asked(void)
{
    return asked;
}

typedef struct rand_context {
    qk_generator *generator;
    int state;
    bool locking;
    pthread_mutex_t lock;
} rand_context;

static void *generator_new(void *provider, void *parent, const OSSL_DISPATCH *parent_calls)
{
    rand_context *rand = calloc(1, sizeof *rand);

    (void)provider;
    (void)parent; /* each generator asks the pipeline itself */
    (void)parent_calls;
    if (!rand || qk_generator_new(&rand->generator) != QK_OK) {
        free(rand);
        return NULL;
    }
    rand->state = EVP_RAND_STATE_UNINITIALISED;
    pthread_mutex_init(&rand->lock, NULL);
    return rand;
}

static void generator_free(void *context)
{
    rand_context *rand = context;

    if (!rand)
        return;
    qk_generator_free(&rand->generator);
    pthread_mutex_destroy(&rand->lock);
    free(rand);
}

/* The seed comes with the first draw: OpenSSL makes a primary generator that nobody draws from. */
static int generator_instantiate(void *context, unsigned strength, int resistance, const unsigned char *text,
                                 size_t text_len, const OSSL_PARAM params[])
{
    rand_context *rand = context;

    (void)resistance;
    (void)text;
    (void)text_len;
    (void)params;
    if (strength > QK_RAND_STRENGTH)
        return 0;
    rand->state = EVP_RAND_STATE_READY;
    return 1;
}

static int generator_uninstantiate(void *context)
{
    rand_context *rand = context;

    qk_generator_forget(rand->generator);
    rand->state = EVP_RAND_STATE_UNINITIALISED;
    return 1;
}

static int refuse(void)
{
    ERR_raise(ERR_LIB_PROV, PROV_R_ERROR_RETRIEVING_ENTROPY);
    return 0;
}

static int generator_generate(void *context, unsigned char *out, size_t len, unsigned strength, int resistance,
                              const unsigned char *additional, size_t additional_len)
{
    rand_context *rand = context;

    if (proving) {
        asked++;
        return 0;
    }
    if (strength > QK_RAND_STRENGTH || rand->state != EVP_RAND_STATE_READY)
        return refuse();
    if ((resistance || additional_len > 0) &&
        qk_generator_reseed(rand->generator, qk_view_of(additional, additional_len)) != QK_OK)
        return refuse();
    return qk_generator_draw(rand->generator, out, len) == QK_OK ? 1 : refuse();
}

static int generator_reseed(void *context, int resistance, const unsigned char *entropy, size_t entropy_len,
                            const unsigned char *additional, size_t additional_len)
{
    rand_context *rand = context;
    qk_view given = qk_view_of(additional, additional_len);

    (void)resistance;
    if (entropy_len > 0 && qk_generator_reseed(rand->generator, qk_view_of(entropy, entropy_len)) != QK_OK)
        return refuse();
    return qk_generator_reseed(rand->generator, given) == QK_OK ? 1 : refuse();
}

static int generator_params(void *context, OSSL_PARAM params[])
{
    rand_context *rand = context;
    return qk_provider_answer_params(params, rand->state, (unsigned)qk_generator_seeds(rand->generator) + 1);
}

static int generator_enable_locking(void *context)
{
    rand_context *rand = context;

    rand->locking = true;
    return 1;
}

static int generator_lock(void *context)
{
    rand_context *rand = context;
    return !rand || !rand->locking || pthread_mutex_lock(&rand->lock) == 0;
}

static void generator_unlock(void *context)
{
    rand_context *rand = context;

    if (rand && rand->locking)
        pthread_mutex_unlock(&rand->lock);
}

const OSSL_DISPATCH qk_provider_generator_calls[] = {
    QK_PROVIDER_CALL(OSSL_FUNC_RAND_NEWCTX, generator_new),
    QK_PROVIDER_CALL(OSSL_FUNC_RAND_FREECTX, generator_free),
    QK_PROVIDER_CALL(OSSL_FUNC_RAND_INSTANTIATE, generator_instantiate),
    QK_PROVIDER_CALL(OSSL_FUNC_RAND_UNINSTANTIATE, generator_uninstantiate),
    QK_PROVIDER_CALL(OSSL_FUNC_RAND_GENERATE, generator_generate),
    QK_PROVIDER_CALL(OSSL_FUNC_RAND_RESEED, generator_reseed),
    QK_PROVIDER_CALL(OSSL_FUNC_RAND_ENABLE_LOCKING, generator_enable_locking),
    QK_PROVIDER_CALL(OSSL_FUNC_RAND_LOCK, generator_lock),
    QK_PROVIDER_CALL(OSSL_FUNC_RAND_UNLOCK, generator_unlock),
    QK_PROVIDER_CALL(OSSL_FUNC_RAND_GETTABLE_CTX_PARAMS, qk_provider_gettable_params),
    QK_PROVIDER_CALL(OSSL_FUNC_RAND_GET_CTX_PARAMS, generator_params),
    { 0, NULL },
};
