/* SPDX-License-Identifier: Apache-2.0 */
/* The generators of the private context, asked without RAND_bytes_ex: that function first takes a lock of the whole
 * process. Public and private generator belong to the thread; behind both is the pipeline (provider.c). */
#include "entropy/random.h"

#include "entropy/pipeline.h"
#include "entropy/generator/provider.h"

qk_err qk_random_bytes(uint8_t *out, size_t len)
{
    qk_pipeline *pipeline;

    QK_TRY(qk_pipeline_get(&pipeline)); /* a context of ours without a pipeline would draw from elsewhere */
    return qk_provider_draw(false, out, len);
}

qk_err qk_random_secret(size_t len, qk_secret *out_secret)
{
    QK_OWNED(qk_secret_free) qk_secret secret = QK_SECRET_NONE;
    qk_pipeline *pipeline;

    QK_TRY(qk_pipeline_get(&pipeline));
    QK_TRY(qk_secret_new(len, &secret));
    QK_TRY(qk_provider_draw(true, qk_secret_fill(&secret), len));
    *out_secret = secret;
    secret = QK_SECRET_NONE;
    return QK_OK;
}

qk_err qk_random_uuid(qk_uuid *out_uuid)
{
    uint8_t random[16];

    QK_TRY(qk_random_bytes(random, sizeof random));
    *out_uuid = qk_uuid_from_random(random);
    return QK_OK;
}

/* From now on each generator's seeds come with a digest of it as additional input, beside fresh entropy: so a caller's
 * bytes can add but not replace. */
qk_err qk_random_mix(qk_view seed)
{
    qk_pipeline *pipeline;

    QK_TRY(qk_pipeline_get(&pipeline));
    return seed.len > 0 ? qk_supply_mix(pipeline, seed) : QK_OK;
}
