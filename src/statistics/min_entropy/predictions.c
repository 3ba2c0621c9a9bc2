/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "statistics/min_entropy/min_entropy.h"
#include "statistics/min_entropy/predictions.h"

void qk_predictions_add(qk_predictions *predictions, bool correct)
{
    predictions->made++;
    predictions->correct += correct ? 1 : 0;
    predictions->run = correct ? predictions->run + 1 : 0;
    if (predictions->run > predictions->longest)
        predictions->longest = predictions->run;
}

/* Logarithm of the probability that `made` guesses, each right with probability p, have no run of r right ones. x is
 * the root of 1 - x + q p^r x^(r+1) next to 1; Feller, "An Introduction to Probability Theory", XIII.7. */
static double log_no_run(double p, double r, double made)
{
    double q = 1 - p, log_rare = log(q) + r * log(p), x = 1, rest;

    for (int i = 0; i < 10; i++)
        x = 1 + exp(log_rare + (r + 1) * log(x));
    rest = r + 1 - r * x;
    if (rest <= 0 || p * x >= 1)
        return -INFINITY;
    return log1p(-p * x) - log(rest * q) - (made + 1) * log(x);
}

/* Below r / (r + 1) the root stays the right one, and the probability falls as p grows. */
double qk_predictions_local(size_t length, size_t made)
{
    double r = (double)length, low = 0, high = r / (r + 1);

    for (int i = 0; i < 60; i++) {
        double p = (low + high) / 2;

        if (log_no_run(p, r, (double)made) > log(0.99))
            low = p;
        else
            high = p;
    }
    return low;
}

double qk_predictions_entropy(const qk_predictions *predictions, unsigned k)
{
    double global, made = (double)predictions->made;

    if (predictions->made < 2)
        return NAN;
    if (predictions->correct == predictions->made)
        return 0;
    global = predictions->correct ? qk_share_upper((double)predictions->correct / made, predictions->made)
                                  : 1 - pow(0.01, 1 / made);
    global = fmax(global, qk_predictions_local(predictions->longest + 1, predictions->made));
    return fabs(log2(fmax(global, 1.0 / k)));
}

void qk_predictions_follow_best(const uint16_t *hits, size_t from, size_t n, qk_predictions *out)
{
    size_t score[16] = { 0 };
    unsigned best = 0;

    memset(out, 0, sizeof *out);
    for (size_t i = from; i < n; i++) {
        qk_predictions_add(out, hits[i] >> best & 1);
        for (unsigned left = hits[i]; left; left &= left - 1) {
            unsigned j = (unsigned)__builtin_ctz(left);

            if (++score[j] >= score[best])
                best = j;
        }
    }
}
