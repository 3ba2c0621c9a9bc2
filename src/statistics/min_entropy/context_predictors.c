/* SPDX-License-Identifier: Apache-2.0 */
/* Predictors that remember what followed the last few samples before. A context looked up for a guess is the one that
 * learns its follower at the next sample, so each is looked up once. */
#include <math.h>
#include <stdlib.h>

#include "statistics/min_entropy/contexts.h"
#include "statistics/min_entropy/min_entropy.h"
#include "statistics/min_entropy/predictions.h"

static void free_hits(uint16_t **hits)
{
    free(*hits);
}

/* One order of 6.3.9 (4), over all samples: orders only meet on the score board. */
static qk_err mark_order_hits(const qk_samples *samples, unsigned order, size_t entries, qk_contexts *contexts,
                              uint16_t *hits)
{
    qk_recent recent = { 0 }, before = { 0 };
    qk_context *context = NULL;

    qk_contexts_clear(contexts);
    for (size_t i = 0; i < samples->n; i++) {
        if (i > order) {
            if (!context && contexts->follower_count < entries)
                context = qk_contexts_add(contexts, &before, order);
            if (context)
                QK_TRY(qk_contexts_count(contexts, context, samples->at[i - 1], entries));
        }
        if (i >= order) {
            context = qk_contexts_find(contexts, &recent, order);
            if (context && context->follower == samples->at[i])
                hits[i] |= (uint16_t)(1u << (order - 1));
        }
        before = recent;
        qk_recent_push(&recent, samples->at[i]);
    }
    return QK_OK;
}

qk_err qk_estimate_multi_mmc(const qk_samples *samples, unsigned orders, size_t entries, double *out_entropy)
{
    QK_OWNED(free_hits) uint16_t *hits = calloc(samples->n, sizeof *hits);
    QK_OWNED(qk_contexts_done) qk_contexts contexts = { 0 };
    qk_predictions predictions;

    if (!hits)
        return qk_fail(QK_E_NO_MEMORY, "no memory to predict %zu samples", samples->n);
    QK_TRY(qk_contexts_init(&contexts, entries));
    for (unsigned order = 1; order <= orders; order++)
        QK_TRY(mark_order_hits(samples, order, entries, &contexts, hits));
    qk_predictions_follow_best(hits, 2, samples->n, &predictions);
    *out_entropy = qk_predictions_entropy(&predictions, samples->k);
    return QK_OK;
}

typedef struct lz78y {
    qk_contexts dictionary;
    qk_context *current[QK_CONTEXT_LONGEST + 1]; /* of the samples before the one to guess, by length */
    size_t most;
    unsigned longest;
} lz78y;

static void lz78y_done(lz78y *lz)
{
    qk_contexts_done(&lz->dictionary);
}

/* SP 800-90B, 6.3.10 (3a): `before` are the samples before `follower`. */
static qk_err lz78y_learn(lz78y *lz, const qk_recent *before, uint8_t follower)
{
    for (unsigned len = lz->longest; len > 0; len--) {
        if (!lz->current[len] && lz->dictionary.context_count < lz->most)
            lz->current[len] = qk_contexts_add(&lz->dictionary, before, len);
        if (lz->current[len])
            QK_TRY(qk_contexts_count(&lz->dictionary, lz->current[len], follower, SIZE_MAX));
    }
    return QK_OK;
}

/* 6.3.10 (3b): the follower seen most often after any of the contexts, of the longest one if equally often. */
static int lz78y_guess(lz78y *lz, const qk_recent *recent)
{
    uint32_t most = 0;
    int guess = -1;

    for (unsigned len = lz->longest; len > 0; len--) {
        const qk_context *context = lz->current[len] = qk_contexts_find(&lz->dictionary, recent, len);

        if (context && context->count > most) {
            most = context->count;
            guess = context->follower;
        }
    }
    return guess;
}

qk_err qk_estimate_lz78y(const qk_samples *samples, unsigned longest, size_t contexts, double *out_entropy)
{
    QK_OWNED(lz78y_done) lz78y lz = { .most = contexts, .longest = longest };
    qk_recent recent = { 0 }, before = { 0 };
    qk_predictions predictions = { 0 };

    QK_TRY(qk_contexts_init(&lz.dictionary, contexts));
    for (size_t i = 0; i < samples->n; i++) {
        if (i > longest) {
            QK_TRY(lz78y_learn(&lz, &before, samples->at[i - 1]));
            qk_predictions_add(&predictions, lz78y_guess(&lz, &recent) == samples->at[i]);
        }
        before = recent;
        qk_recent_push(&recent, samples->at[i]);
    }
    *out_entropy = qk_predictions_entropy(&predictions, samples->k);
    return QK_OK;
}
