/* SPDX-License-Identifier: Apache-2.0 */
/* Predictors that look at the samples just before: the commonest of a window, and the one some steps back. */
#include <math.h>
#include <stdlib.h>

#include "statistics/min_entropy/min_entropy.h"
#include "statistics/min_entropy/predictions.h"

enum { WINDOWS = 4, MOST_LAGS = 128 };

static void free_hits(uint16_t **hits)
{
    free(*hits);
}

/* The values of one window: how many of each, and where it was last. */
typedef struct window_state {
    uint32_t count[256];
    size_t last[256];
    unsigned k, commonest; /* the latest one of equals */
} window_state;

static void window_add(window_state *window, uint8_t value, size_t at)
{
    window->count[value]++;
    window->last[value] = at;
    if (window->count[value] >= window->count[window->commonest])
        window->commonest = value;
}

static void window_drop(window_state *window, uint8_t value)
{
    unsigned best = 0;

    window->count[value]--;
    if (value != window->commonest)
        return;
    for (unsigned i = 1; i < window->k; i++)
        if (window->count[i] > window->count[best] ||
            (window->count[i] == window->count[best] && window->last[i] > window->last[best]))
            best = i;
    window->commonest = best;
}

static void mark_window_hits(const qk_samples *samples, unsigned len, uint16_t mark, uint16_t *hits)
{
    window_state window = { .k = samples->k };

    for (size_t i = 0; i < samples->n; i++) {
        if (i >= len && window.commonest == samples->at[i])
            hits[i] |= mark;
        window_add(&window, samples->at[i], i);
        if (i >= len)
            window_drop(&window, samples->at[i - len]);
    }
}

qk_err qk_estimate_multi_mcw(const qk_samples *samples, const unsigned windows[4], double *out_entropy)
{
    QK_OWNED(free_hits) uint16_t *hits = calloc(samples->n, sizeof *hits);
    qk_predictions predictions;

    if (!hits)
        return qk_fail(QK_E_NO_MEMORY, "no memory to predict %zu samples", samples->n);
    for (unsigned i = 0; i < WINDOWS; i++)
        mark_window_hits(samples, windows[i], (uint16_t)(1u << i), hits);
    qk_predictions_follow_best(hits, windows[0], samples->n, &predictions);
    *out_entropy = qk_predictions_entropy(&predictions, samples->k);
    return QK_OK;
}

/* Adds a point to every lag that is right about sample i; returns the best one after that. */
static size_t score_lags(const uint8_t *now, size_t lags, uint32_t *score, size_t best)
{
    uint32_t most = score[best];

    for (size_t lag = 1; lag <= lags; lag++) {
        uint32_t hit = *(now - lag) == *now;

        score[lag] += hit;
        if (hit & (score[lag] >= most)) { /* rarely true: one branch to foresee instead of two */
            most = score[lag];
            best = lag;
        }
    }
    return best;
}

double qk_estimate_lag(const qk_samples *samples, unsigned lags)
{
    uint32_t score[MOST_LAGS + 1] = { 0 };
    qk_predictions predictions = { 0 };
    size_t best = 1;

    for (size_t i = 1; i < samples->n; i++) {
        qk_predictions_add(&predictions, best <= i && samples->at[i - best] == samples->at[i]);
        best = score_lags(samples->at + i, i < lags ? i : lags, score, best);
    }
    return qk_predictions_entropy(&predictions, samples->k);
}
