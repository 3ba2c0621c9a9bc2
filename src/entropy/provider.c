/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/provider.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/proverr.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#include "crypto/openssl.h"
#include "entropy/generator.h"
#include "entropy/pipeline.h"

#define PROVIDER_NAME  "quantoki-entropy"
#define SEED_NAME      "QUANTOKI-SEED"
#define GENERATOR_NAME "QUANTOKI-GENERATOR"
#define PROPERTIES     "provider=" PROVIDER_NAME

enum { STRENGTH_BITS = 256, QUESTIONS = 4 };

static struct installed {
    OSSL_PROVIDER *provider;
    EVP_RAND *ctr_drbg;
    EVP_RAND_CTX *seed_source; /* parent of every DRBG; stateless, so threads need no lock */
} installed;

static struct installed abandoned __attribute__((used)); /* leaked on purpose, in sight of leak checkers */

static _Thread_local qk_secret *offered;

/* While the start proves who is asked, questions are counted and not answered. */
static _Thread_local bool proving;
static _Thread_local unsigned asked;

/* ---- parameters that both answer ---- */

static const OSSL_PARAM known_params[] = { OSSL_PARAM_int(OSSL_RAND_PARAM_STATE, NULL),
                                           OSSL_PARAM_uint(OSSL_RAND_PARAM_STRENGTH, NULL),
                                           OSSL_PARAM_size_t(OSSL_RAND_PARAM_MAX_REQUEST, NULL),
                                           OSSL_PARAM_uint(OSSL_DRBG_PARAM_RESEED_COUNTER, NULL), OSSL_PARAM_END };

static const OSSL_PARAM *gettable_params(void *context, void *provider)
{
    (void)context;
    (void)provider;
    return known_params;
}

/* Asked before each draw, hence one pass without OSSL_PARAM_locate. */
static int answer_params(OSSL_PARAM *params, int state, unsigned reseeds)
{
    for (OSSL_PARAM *param = params; param && param->key; param++) {
        int known = 1;
        if (strcmp(param->key, OSSL_RAND_PARAM_MAX_REQUEST) == 0)
            known = OSSL_PARAM_set_size_t(param, SIZE_MAX / 2);
        else if (strcmp(param->key, OSSL_RAND_PARAM_STRENGTH) == 0)
            known = OSSL_PARAM_set_uint(param, STRENGTH_BITS);
        else if (strcmp(param->key, OSSL_RAND_PARAM_STATE) == 0)
            known = OSSL_PARAM_set_int(param, state);
        else if (strcmp(param->key, OSSL_DRBG_PARAM_RESEED_COUNTER) == 0)
            known = OSSL_PARAM_set_uint(param, reseeds);
        if (!known)
            return 0;
    }
    return 1;
}

/* ---- the seed source ---- */

static void *seed_new(void *provider, void *parent, const OSSL_DISPATCH *parent_calls)
{
    static char nothing; /* it has no state */

    (void)provider;
    (void)parent;
    (void)parent_calls;
    return &nothing;
}

static void seed_free(void *context)
{
    (void)context;
}

static int seed_instantiate(void *context, unsigned strength, int resistance, const unsigned char *text,
                            size_t text_len, const OSSL_PARAM params[])
{
    (void)context;
    (void)resistance;
    (void)text;
    (void)text_len;
    (void)params;
    return strength <= STRENGTH_BITS;
}

static int seed_uninstantiate(void *context)
{
    (void)context;
    return 1;
}

/* A count of reseeds that is not 0 would make OpenSSL reseed a new DRBG at once. */
static int seed_params(void *context, OSSL_PARAM params[])
{
    (void)context;
    return answer_params(params, EVP_RAND_STATE_READY, 0);
}

static qk_err next_block(qk_secret *out)
{
    qk_pipeline *pipeline;

    QK_TRY(qk_pipeline_get(&pipeline));
    QK_TRY(qk_secret_new(QK_BLOCK_LEN, out));
    if (offered) {
        qk_secret_give(offered, out);
        offered = NULL;
        return QK_OK;
    }
    return qk_supply_seed(pipeline, qk_secret_fill(out));
}

/* Full entropy: a block serves any strength up to 256 bits, also with the nonce drawn along (SP 800-90A 8.6.7). */
static size_t seed_get(void *context, unsigned char **out, int entropy_bits, size_t min_len, size_t max_len,
                       int resistance, const unsigned char *additional, size_t additional_len)
{
    QK_OWNED(qk_secret_free) qk_secret block = QK_SECRET_NONE;

    (void)context;
    (void)resistance;
    (void)additional;
    (void)additional_len;
    if (entropy_bits > QK_BLOCK_LEN * 8 || min_len > QK_BLOCK_LEN || max_len < QK_BLOCK_LEN ||
        next_block(&block) != QK_OK) {
        ERR_raise(ERR_LIB_PROV, PROV_R_ERROR_RETRIEVING_ENTROPY);
        return 0;
    }
    *out = qk_secret_fill(&block);
    block = QK_SECRET_NONE; /* comes back in seed_clear */
    return QK_BLOCK_LEN;
}

static void seed_clear(void *context, unsigned char *data, size_t len)
{
    qk_secret block = { .data_ = data, .len = len, .allocated_ = len };

    (void)context;
    qk_secret_free(&block);
}

/* For whoever draws instead of seeding. */
static int seed_generate(void *context, unsigned char *out, size_t len, unsigned strength, int resistance,
                         const unsigned char *additional, size_t additional_len)
{
    (void)context;
    (void)resistance;
    (void)additional;
    (void)additional_len;
    if (strength > STRENGTH_BITS)
        return 0;
    for (size_t done = 0; done < len; done += QK_BLOCK_LEN) {
        QK_OWNED(qk_secret_free) qk_secret block = QK_SECRET_NONE;
        if (next_block(&block) != QK_OK)
            return 0;
        memcpy(out + done, qk_secret_reveal(&block).data, len - done < QK_BLOCK_LEN ? len - done : QK_BLOCK_LEN);
    }
    return 1;
}

#define CALL(id, function)                                                                                             \
    {                                                                                                                  \
        id, (void (*)(void))(function)                                                                                 \
    }

static const OSSL_DISPATCH seed_calls[] = {
    CALL(OSSL_FUNC_RAND_NEWCTX, seed_new),
    CALL(OSSL_FUNC_RAND_FREECTX, seed_free),
    CALL(OSSL_FUNC_RAND_INSTANTIATE, seed_instantiate),
    CALL(OSSL_FUNC_RAND_UNINSTANTIATE, seed_uninstantiate),
    CALL(OSSL_FUNC_RAND_GENERATE, seed_generate),
    CALL(OSSL_FUNC_RAND_GETTABLE_CTX_PARAMS, gettable_params),
    CALL(OSSL_FUNC_RAND_GET_CTX_PARAMS, seed_params),
    CALL(OSSL_FUNC_RAND_GET_SEED, seed_get),
    CALL(OSSL_FUNC_RAND_CLEAR_SEED, seed_clear),
    { 0, NULL },
};

/* ---- the generator ---- */

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
    if (strength > STRENGTH_BITS)
        return 0;
    rand->state = EVP_RAND_STATE_READY;
    return 1;
}

static int generator_uninstantiate(void *context)
{
    rand_context *rand = context;

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
    if (strength > STRENGTH_BITS || rand->state != EVP_RAND_STATE_READY)
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
    return answer_params(params, rand->state, (unsigned)qk_generator_seeds(rand->generator) + 1);
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

static const OSSL_DISPATCH generator_calls[] = {
    CALL(OSSL_FUNC_RAND_NEWCTX, generator_new),
    CALL(OSSL_FUNC_RAND_FREECTX, generator_free),
    CALL(OSSL_FUNC_RAND_INSTANTIATE, generator_instantiate),
    CALL(OSSL_FUNC_RAND_UNINSTANTIATE, generator_uninstantiate),
    CALL(OSSL_FUNC_RAND_GENERATE, generator_generate),
    CALL(OSSL_FUNC_RAND_RESEED, generator_reseed),
    CALL(OSSL_FUNC_RAND_ENABLE_LOCKING, generator_enable_locking),
    CALL(OSSL_FUNC_RAND_LOCK, generator_lock),
    CALL(OSSL_FUNC_RAND_UNLOCK, generator_unlock),
    CALL(OSSL_FUNC_RAND_GETTABLE_CTX_PARAMS, gettable_params),
    CALL(OSSL_FUNC_RAND_GET_CTX_PARAMS, generator_params),
    { 0, NULL },
};

/* ---- the provider ---- */

static const OSSL_ALGORITHM algorithms[] = {
    { SEED_NAME, PROPERTIES, seed_calls, "conditioned blocks of the entropy pipeline" },
    { GENERATOR_NAME, PROPERTIES, generator_calls, "CTR_DRBG under the entropy pipeline's rules" },
    { NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_cache)
{
    (void)provider;
    *no_cache = 0;
    return operation == OSSL_OP_RAND ? algorithms : NULL;
}

static const OSSL_DISPATCH provider_calls[] = {
    CALL(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
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
        EVP_RAND_instantiate(installed.seed_source, STRENGTH_BITS, 0, NULL, 0, NULL) != 1)
        return qk_openssl_fail(QK_E_GENERAL, "the entropy provider cannot be used");
    return QK_OK;
}

/* Asks as OpenSSL's own algorithms do, and as we do. */
static unsigned count_questions(void)
{
    uint8_t out[1];
    EVP_RAND_CTX *public, *private;

    asked = 0;
    proving = true;
    public = RAND_get0_public(qk_openssl());
    private = RAND_get0_private(qk_openssl());
    (void)(public && EVP_RAND_generate(public, out, 1, STRENGTH_BITS, 0, NULL, 0));
    (void)(private && EVP_RAND_generate(private, out, 1, STRENGTH_BITS, 0, NULL, 0));
    (void)RAND_bytes_ex(qk_openssl(), out, 1, STRENGTH_BITS);
    (void)RAND_priv_bytes_ex(qk_openssl(), out, 1, STRENGTH_BITS);
    proving = false;
    return asked;
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

void qk_provider_offer_seed(qk_secret *block)
{
    offered = block;
}

qk_err qk_provider_draw(bool private, uint8_t *out, size_t len)
{
    EVP_RAND_CTX *generator = private ? RAND_get0_private(qk_openssl()) : RAND_get0_public(qk_openssl());

    if (generator && EVP_RAND_generate(generator, out, len, STRENGTH_BITS, 0, NULL, 0) == 1)
        return QK_OK;
    if (qk_failure_last()->code != QK_E_NO_RANDOM) /* the pipeline's own words are better than OpenSSL's */
        return qk_openssl_fail(QK_E_NO_RANDOM, "the random generator");
    qk_openssl_forget();
    return QK_E_NO_RANDOM;
}
