/* SPDX-License-Identifier: Apache-2.0 */
/* t-tuple and longest repeated substring estimates, from how often substrings of every length occur. In the sorted
 * suffixes a substring is a run of neighbours that have its length in common; runs that are as long as they can be
 * nest, and are met with a stack. */
#include <math.h>
#include <stdlib.h>

#include "statistics/min_entropy/min_entropy.h"
#include "statistics/min_entropy/suffix_array.h"

/* For each length: the largest count of one substring, and pairs of equal ones in all. */
typedef struct repeat_counts {
    uint32_t *most;
    uint64_t *pairs;
    size_t longest;
} repeat_counts;

typedef struct run {
    uint32_t common, left; /* what its suffixes have in common, and the first of them */
} run;

static void repeats_done(repeat_counts *repeats)
{
    free(repeats->most);
    free(repeats->pairs);
}

static void free_runs(run **runs)
{
    free(*runs);
}

/* `count` suffixes share `common` samples, and not all of them more than `outer` with their neighbours. `pairs` takes
 * differences from one length to the next, added up at the end. */
static void end_run(repeat_counts *repeats, size_t common, size_t outer, uint64_t count)
{
    uint64_t pairs = count * (count - 1) / 2;

    repeats->pairs[outer + 1] += pairs;
    repeats->pairs[common + 1] -= pairs;
    if (count > repeats->most[common])
        repeats->most[common] = (uint32_t)count;
    if (common > repeats->longest)
        repeats->longest = common;
}

static void sum_up(repeat_counts *repeats, size_t n)
{
    for (size_t i = 1; i <= n; i++)
        repeats->pairs[i] += repeats->pairs[i - 1];
    for (size_t i = n; i > 0; i--)
        if (repeats->most[i - 1] < repeats->most[i])
            repeats->most[i - 1] = repeats->most[i];
}

static qk_err find_repeats(const qk_samples *samples, repeat_counts *out)
{
    QK_OWNED(qk_suffixes_done) qk_suffixes suffixes = { 0 };
    QK_OWNED(free_runs) run *stack = malloc((samples->n + 1) * sizeof *stack);
    size_t depth = 0;

    out->most = calloc(samples->n + 2, sizeof *out->most);
    out->pairs = calloc(samples->n + 2, sizeof *out->pairs);
    if (!stack || !out->most || !out->pairs)
        return qk_fail(QK_E_NO_MEMORY, "no memory for the substrings of %zu samples", samples->n);
    QK_TRY(qk_suffixes_init(&suffixes, qk_view_of(samples->at, samples->n)));
    stack[0] = (run){ 0, 0 };
    for (size_t i = 1; i <= samples->n; i++) {
        uint32_t common = i < samples->n ? (uint32_t)suffixes.common[i] : 0, left = (uint32_t)i - 1;

        while (stack[depth].common > common) {
            run ended = stack[depth--];
            uint32_t outer = stack[depth].common > common ? stack[depth].common : common;

            end_run(out, ended.common, outer, i - ended.left);
            left = ended.left;
        }
        if (stack[depth].common < common)
            stack[++depth] = (run){ common, left };
    }
    sum_up(out, samples->n);
    return QK_OK;
}

static double entropy_of(double share, size_t n)
{
    return fabs(log2(qk_share_upper(share, n)));
}

/* SP 800-90B, 6.3.6: from the shortest length that is rare to the longest that repeats. */
static double longest_repeat(const repeat_counts *repeats, size_t shortest, size_t n)
{
    double best = 0;

    if (repeats->longest < shortest)
        return NAN;
    for (size_t len = shortest; len <= repeats->longest; len++) {
        double strings = (double)(n - len + 1);
        double equal = (double)repeats->pairs[len] / (strings * (strings - 1) / 2);

        best = fmax(best, pow(equal, 1 / (double)len));
    }
    return entropy_of(best, n);
}

/* SP 800-90B, 6.3.5. */
qk_err qk_estimate_substrings(const qk_samples *samples, uint32_t cutoff, double *out_t_tuple,
                              double *out_longest_repeat)
{
    QK_OWNED(repeats_done) repeat_counts repeats = { 0 };
    double best = 0;
    size_t len = 1;

    QK_TRY(find_repeats(samples, &repeats));
    for (; len <= samples->n && repeats.most[len] >= cutoff; len++)
        best = fmax(best, pow(repeats.most[len] / (double)(samples->n - len + 1), 1 / (double)len));
    *out_t_tuple = len > 1 ? entropy_of(best, samples->n) : NAN;
    *out_longest_repeat = longest_repeat(&repeats, len, samples->n);
    return QK_OK;
}
