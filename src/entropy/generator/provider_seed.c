/* SPDX-License-Identifier: Apache-2.0 */
/* "QUANTOKI-SEED": conditioned blocks as OpenSSL's DRBGs ask a parent for them. */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/proverr.h>

#include "entropy/pipeline.h"
#include "entropy/generator/provider.h"
#include "entropy/generator/provider_inside.h"

static _Thread_local qk_secret *offered;

void qk_provider_offer_seed(qk_secret *block)
{
    offered = block;
}

/* ---- parameters that both answer ---- */

static const OSSL_PARAM known_params[] = { OSSL_PARAM_int(OSSL_RAND_PARAM_STATE, NULL),
                                           OSSL_PARAM_uint(OSSL_RAND_PARAM_STRENGTH, NULL),
                                           OSSL_PARAM_size_t(OSSL_RAND_PARAM_MAX_REQUEST, NULL),
                                           OSSL_PARAM_uint(OSSL_DRBG_PARAM_RESEED_COUNTER, NULL), OSSL_PARAM_END };

const OSSL_PARAM *qk_provider_gettable_params(void *context, void *provider)
{
    (void)context;
    (void)provider;
    return known_params;
}

/* Asked before each draw, hence one pass without OSSL_PARAM_locate. */
int qk_provider_answer_params(OSSL_PARAM *params, int state, unsigned reseeds)
{
    for (OSSL_PARAM *param = params; param && param->key; param++) {
        int known = 1;
        if (strcmp(param->key, OSSL_RAND_PARAM_MAX_REQUEST) == 0)
            known = OSSL_PARAM_set_size_t(param, SIZE_MAX / 2);
        else if (strcmp(param->key, OSSL_RAND_PARAM_STRENGTH) == 0)
            known = OSSL_PARAM_set_uint(param, QK_RAND_STRENGTH);
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
    return strength <= QK_RAND_STRENGTH;
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
    return qk_provider_answer_params(params, EVP_RAND_STATE_READY, 0);
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
    if (strength > QK_RAND_STRENGTH)
        return 0;
    for (size_t done = 0; done < len; done += QK_BLOCK_LEN) {
        QK_OWNED(qk_secret_free) qk_secret block = QK_SECRET_NONE;
        if (next_block(&block) != QK_OK)
            return 0;
        memcpy(out + done, qk_secret_reveal(&block).data, len - done < QK_BLOCK_LEN ? len - done : QK_BLOCK_LEN);
    }
    return 1;
}

const OSSL_DISPATCH qk_provider_seed_calls[] = {
    QK_PROVIDER_CALL(OSSL_FUNC_RAND_NEWCTX, seed_new),
    QK_PROVIDER_CALL(OSSL_FUNC_RAND_FREECTX, seed_free),
    QK_PROVIDER_CALL(OSSL_FUNC_RAND_INSTANTIATE, seed_instantiate),
    QK_PROVIDER_CALL(OSSL_FUNC_RAND_UNINSTANTIATE, seed_uninstantiate),
    QK_PROVIDER_CALL(OSSL_FUNC_RAND_GENERATE, seed_generate),
    QK_PROVIDER_CALL(OSSL_FUNC_RAND_GETTABLE_CTX_PARAMS, qk_provider_gettable_params),
    QK_PROVIDER_CALL(OSSL_FUNC_RAND_GET_CTX_PARAMS, seed_params),
    QK_PROVIDER_CALL(OSSL_FUNC_RAND_GET_SEED, seed_get),
    QK_PROVIDER_CALL(OSSL_FUNC_RAND_CLEAR_SEED, seed_clear),
    { 0, NULL },
};
