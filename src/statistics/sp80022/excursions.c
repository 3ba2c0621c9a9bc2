/* SPDX-License-Identifier: Apache-2.0 */
/* The random walk of the bits (a one steps up, a zero down), cut into cycles at its returns to zero. */
#include <math.h>

#include "statistics/sp80022/sp80022.h"
#include "statistics/sp80022/special.h"

enum { NEAR = 4, FAR = 9 };

/* Index of state x among -limit..-1, 1..limit. */
static unsigned index_of(long x, long limit)
{
    return (unsigned)(x < 0 ? x + limit : x + limit - 1);
}

static long state_at(unsigned index, long limit)
{
    long x = (long)index - limit;

    return x < 0 ? x : x + 1;
}

static void end_cycle(qk_walk *walk, uint32_t seen[QK_EXCURSION_STATES])
{
    walk->cycles++;
    for (unsigned i = 0; i < QK_EXCURSION_STATES; i++)
        walk->visited[i][seen[i] < 5 ? seen[i] : 5]++;
    memset(seen, 0, QK_EXCURSION_STATES * sizeof *seen);
}

/* SP 800-22, 2.14.4 (1) to (5). A walk that does not end at zero is led there: its last part is a cycle too. */
void qk_walk_of(const qk_bits *bits, qk_walk *out)
{
    uint32_t seen[QK_EXCURSION_STATES] = { 0 };
    long x = 0;

    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < bits->n; i++) {
        x += 2 * (long)qk_bit(bits, i) - 1;
        if (x == 0)
            end_cycle(out, seen);
        else if (x >= -FAR && x <= FAR) {
            out->visits[index_of(x, FAR)]++;
            if (x >= -NEAR && x <= NEAR)
                seen[index_of(x, NEAR)]++;
        }
    }
    if (x != 0)
        end_cycle(out, seen);
}

/* SP 800-22, 2.14.4 (6) and 3.14: probability of k visits (5: five and more) of state x in a cycle. */
static double visits_probability(long x, int k)
{
    double twice = 2 * fabs((double)x), stay = 1 - 1 / twice;

    if (k == 0)
        return stay;
    return k < 5 ? pow(stay, k - 1) / (twice * twice) : pow(stay, 4) / twice;
}

void qk_excursions(const qk_walk *walk, double out_p[QK_EXCURSION_STATES])
{
    double probability[6];

    for (unsigned i = 0; i < QK_EXCURSION_STATES; i++) {
        for (int k = 0; k < 6; k++)
            probability[k] = visits_probability(state_at(i, NEAR), k);
        out_p[i] = qk_chi_square_p(walk->visited[i], probability, 6, walk->cycles);
    }
}

/* SP 800-22, 2.15.4. */
void qk_excursions_variant(const qk_walk *walk, double out_p[QK_VARIANT_STATES])
{
    double j = walk->cycles;

    for (unsigned i = 0; i < QK_VARIANT_STATES; i++) {
        double x = fabs((double)state_at(i, FAR));

        out_p[i] = erfc(fabs(walk->visits[i] - j) / sqrt(2 * j * (4 * x - 2)));
    }
}
