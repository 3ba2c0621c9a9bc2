/* SPDX-License-Identifier: Apache-2.0 */
/* Short draws are cut from a buffer of output drawn at once: a call of the DRBG costs three quarters of a microsecond
 * for 32 bytes as for 500. The buffer is locked, each byte is wiped as it leaves, and it is thrown away with each
 * reseed. */
#include "entropy/generator/generator.h"

#include <stdlib.h>

#include <openssl/core_names.h>

#include "crypto/openssl.h"
#include "entropy/pipeline.h"
#include "entropy/generator/provider.h"

enum { BUFFER_LEN = 512, SHORT_DRAW = 128, STRENGTH_BITS = 256 };

struct qk_generator {
    EVP_RAND_CTX *drbg;
    uint64_t instance, epoch; /* of the pipeline at the last seed */
    size_t drawn;             /* bytes since then */
    uint64_t seeds;
    qk_secret buffer; /* its last `ready` bytes are to be handed out */
    size_t ready;
};

qk_err qk_generator_new(qk_generator **out_generator)
{
    QK_OWNED(qk_generator_free) qk_generator *generator = calloc(1, sizeof *generator);

    if (!generator)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a generator");
    QK_TRY(qk_secret_new(BUFFER_LEN, &generator->buffer));
    *out_generator = generator;
    generator = NULL;
    return QK_OK;
}

void qk_generator_free(qk_generator **generator)
{
    qk_generator *gone = *generator;

    *generator = NULL;
    if (!gone)
        return;
    EVP_RAND_CTX_free(gone->drbg);
    qk_secret_free(&gone->buffer);
    free(gone);
}

uint64_t qk_generator_seeds(const qk_generator *generator)
{
    return generator->seeds;
}

/* No interval of OpenSSL's own: the rules are ours. */
static qk_err instantiate(qk_generator *generator, qk_view additional)
{
    char cipher[] = "AES-256-CTR";
    int derivation_function = 1;
    unsigned requests = 0;
    time_t interval = 0;
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_DRBG_PARAM_CIPHER, cipher, 0),
                            OSSL_PARAM_construct_int(OSSL_DRBG_PARAM_USE_DF, &derivation_function),
                            OSSL_PARAM_construct_uint(OSSL_DRBG_PARAM_RESEED_REQUESTS, &requests),
                            OSSL_PARAM_construct_time_t(OSSL_DRBG_PARAM_RESEED_TIME_INTERVAL, &interval),
                            OSSL_PARAM_construct_end() };

    generator->drbg = qk_provider_drbg_new();
    if (!generator->drbg ||
        EVP_RAND_instantiate(generator->drbg, STRENGTH_BITS, 0, additional.data, additional.len, params) != 1) {
        EVP_RAND_CTX_free(generator->drbg);
        generator->drbg = NULL;
        return qk_openssl_fail(QK_E_NO_RANDOM, "the generator cannot be instantiated");
    }
    return QK_OK;
}

static void forget_drbg(qk_generator *generator)
{
    EVP_RAND_CTX_free(generator->drbg);
    generator->drbg = NULL;
}

static qk_err feed(qk_generator *generator, qk_view additional)
{
    if (!generator->drbg)
        return instantiate(generator, additional);
    if (EVP_RAND_reseed(generator->drbg, 0, NULL, 0, additional.data, additional.len) == 1)
        return QK_OK;
    forget_drbg(generator); /* whatever state it is in, it starts anew */
    return qk_openssl_fail(QK_E_NO_RANDOM, "the generator cannot be reseeded");
}

static void discard_ready(qk_generator *generator)
{
    explicit_bzero(qk_secret_fill(&generator->buffer), BUFFER_LEN);
    generator->ready = 0;
}

void qk_generator_forget(qk_generator *generator)
{
    forget_drbg(generator);
    discard_ready(generator);
}

/* The epoch is read before the seed is: what happens in between makes another reseed. */
static qk_err seed(qk_generator *generator, qk_pipeline *pipeline, qk_view caller)
{
    QK_OWNED(qk_secret_free) qk_secret block = QK_SECRET_NONE;
    QK_OWNED(qk_secret_free) qk_secret additional = QK_SECRET_NONE;
    uint64_t epoch = atomic_load(&pipeline->epoch);
    size_t mixed_len;
    qk_err err;

    QK_TRY(qk_secret_new(QK_BLOCK_LEN, &block));
    QK_TRY(qk_secret_new(QK_BLOCK_LEN + caller.len, &additional));
    QK_TRY(qk_supply_seed(pipeline, qk_secret_fill(&block)));
    if (generator->instance != pipeline->instance)
        forget_drbg(generator);
    mixed_len = qk_supply_mixed(pipeline, qk_secret_fill(&additional));
    if (caller.len > 0)
        memcpy(qk_secret_fill(&additional) + mixed_len, caller.data, caller.len);

    qk_provider_offer_seed(&block);
    err = feed(generator, qk_view_slice(qk_secret_reveal(&additional), 0, mixed_len + caller.len));
    qk_provider_offer_seed(NULL);
    QK_TRY(err);

    discard_ready(generator);
    generator->instance = pipeline->instance;
    generator->epoch = epoch;
    generator->drawn = 0;
    generator->seeds++;
    atomic_fetch_add_explicit(&pipeline->reseeds, 1, memory_order_relaxed);
    return QK_OK;
}

static bool due(const qk_generator *generator, const qk_pipeline *pipeline)
{
    return !generator->drbg || generator->drawn >= QK_RESEED_AFTER || generator->instance != pipeline->instance ||
           generator->epoch != atomic_load_explicit(&pipeline->epoch, memory_order_acquire);
}

/* Health counts at each draw, not at each seed. */
static qk_err refresh(qk_generator *generator, qk_pipeline *pipeline)
{
    uint32_t healthy = qk_pipeline_healthy(pipeline);

    if (__builtin_expect(healthy != atomic_load_explicit(&pipeline->seen, memory_order_relaxed), 0))
        qk_pipeline_observe(pipeline);
    if (__builtin_expect(!(healthy & pipeline->credited), 0))
        QK_TRY(qk_pipeline_await(pipeline));
    return due(generator, pipeline) ? seed(generator, pipeline, QK_VIEW_NONE) : QK_OK;
}

static qk_err generate(qk_generator *generator, uint8_t *out, size_t len)
{
    if (EVP_RAND_generate(generator->drbg, out, len, STRENGTH_BITS, 0, NULL, 0) != 1)
        return qk_openssl_fail(QK_E_NO_RANDOM, "the generator");
    generator->drawn += len;
    return QK_OK;
}

/* A buffer is drawn within the bound too, not only what leaves it. */
static qk_err draw_short(qk_generator *generator, qk_pipeline *pipeline, uint8_t *out, size_t len)
{
    uint8_t *from;

    if (generator->ready < len) {
        if (generator->drawn + BUFFER_LEN > QK_RESEED_AFTER)
            QK_TRY(seed(generator, pipeline, QK_VIEW_NONE));
        generator->ready = 0;
        QK_TRY(generate(generator, qk_secret_fill(&generator->buffer), BUFFER_LEN));
        generator->ready = BUFFER_LEN;
    }
    from = qk_secret_fill(&generator->buffer) + BUFFER_LEN - generator->ready;
    memcpy(out, from, len);
    explicit_bzero(from, len);
    generator->ready -= len;
    return QK_OK;
}

static qk_err draw_piece(qk_generator *generator, qk_pipeline *pipeline, uint8_t *out, size_t *inout_len)
{
    size_t left;

    QK_TRY(refresh(generator, pipeline));
    if (*inout_len <= SHORT_DRAW)
        return draw_short(generator, pipeline, out, *inout_len);
    left = QK_RESEED_AFTER - generator->drawn;
    if (*inout_len > left)
        *inout_len = left;
    return generate(generator, out, *inout_len);
}

qk_err qk_generator_draw(qk_generator *generator, uint8_t *out, size_t len)
{
    qk_pipeline *pipeline;

    QK_TRY(qk_pipeline_get(&pipeline));
    for (size_t done = 0, piece; done < len; done += piece) {
        piece = len - done;
        qk_err err = draw_piece(generator, pipeline, out + done, &piece);
        if (err != QK_OK) {
            explicit_bzero(out, done);
            return err;
        }
    }
    return QK_OK;
}

qk_err qk_generator_reseed(qk_generator *generator, qk_view additional)
{
    qk_pipeline *pipeline;

    QK_TRY(qk_pipeline_get(&pipeline));
    QK_TRY(refresh(generator, pipeline));
    return seed(generator, pipeline, additional);
}
