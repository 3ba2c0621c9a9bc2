/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/source/health.h"

#include <math.h>

enum { NO_VALUE = 256, ALPHA_LEAST_BITS = 20, PERMANENT_MORE_BITS = 20 };

static const double ten_years_s = 10 * 365.25 * 86400;

/* log of P(exactly k hits in n draws). Source: binomial distribution, in logarithms because p^n is beyond a double. */
static double log_hits(uint32_t n, uint32_t k, double log_p, double log_q)
{
    int sign;
    double ways = lgamma_r(n + 1.0, &sign) - lgamma_r(k + 1.0, &sign) - lgamma_r((double)(n - k) + 1.0, &sign);

    return ways + k * log_p + (double)(n - k) * log_q;
}

uint32_t qk_health_critical(uint32_t n, double min_entropy, unsigned alpha_bits)
{
    double log_p = -min_entropy * M_LN2, log_q = log(-expm1(log_p)), alpha = exp2(-(double)alpha_bits), tail = 0;
    uint32_t k = n;

    while (k > 0) {
        tail += exp(log_hits(n, k, log_p, log_q)); /* P(k or more hits); terms too small for a double do not matter */
        if (tail > alpha)
            break;
        k--;
    }
    return k;
}

uint32_t qk_health_rct_cutoff(double min_entropy, unsigned alpha_bits)
{
    /* 30 / 0.3 is a hair more than 100 in a double, or less; the claim is not that exact. */
    return 1 + (uint32_t)ceil(alpha_bits / min_entropy - 1e-9);
}

uint32_t qk_health_apt_cutoff(uint32_t window, double min_entropy, unsigned alpha_bits)
{
    uint32_t cutoff = 2 + qk_health_critical(window - 1, min_entropy, alpha_bits);

    return cutoff < window ? cutoff : window; /* beyond the window the test could not fail */
}

unsigned qk_health_alpha_bits(uint64_t samples_per_second)
{
    return (unsigned)ceil(log2((double)(samples_per_second ? samples_per_second : 1) * ten_years_s));
}

void qk_health_limits_for(double min_entropy, unsigned sample_bits, uint64_t samples_per_second,
                          qk_health_limits *out_limits)
{
    uint32_t window = sample_bits == 1 ? 1024 : 512;
    unsigned rct_bits = qk_health_alpha_bits(samples_per_second), apt_bits = rct_bits - (window == 1024 ? 10 : 9);

    if (apt_bits < ALPHA_LEAST_BITS)
        apt_bits = ALPHA_LEAST_BITS;
    *out_limits = (qk_health_limits){
        .window = window,
        .rct = qk_health_rct_cutoff(min_entropy, rct_bits),
        .apt = qk_health_apt_cutoff(window, min_entropy, apt_bits),
        .rct_permanent = qk_health_rct_cutoff(min_entropy, rct_bits + PERMANENT_MORE_BITS),
        .apt_permanent = qk_health_apt_cutoff(window, min_entropy, apt_bits + PERMANENT_MORE_BITS),
    };
}

void qk_health_init(qk_health *health, const qk_health_limits *limits, unsigned sample_bits)
{
    health->limits = *limits;
    health->mask = (1u << sample_bits) - 1;
    qk_health_reset(health);
}

void qk_health_reset(qk_health *health)
{
    health->last = NO_VALUE;
    health->run = 0;
    health->reference = NO_VALUE;
    health->count = 0;
    health->position = 0;
}

/* Both tests over samples of one window, without a branch that depends on them but the one for failure, which is hardly
 * ever taken: some 3 cycles a sample. Returns how many were looked at; fewer than `len` or `*out_hit`: a cut-off. */
static size_t scan_window(qk_health *health, const uint8_t *samples, size_t len, uint32_t rct, uint32_t apt,
                          bool *out_hit)
{
    uint32_t mask = health->mask, last = health->last, run = health->run, count = health->count;
    uint32_t reference = health->reference;
    size_t i = 0;
    bool hit = false;

    while (i < len && !hit) {
        uint32_t sample = samples[i++] & mask;
        run = (run & -(uint32_t)(sample == last)) + 1;
        last = sample;
        count += sample == reference;
        hit = (run >= rct) | (count >= apt);
    }
    health->last = last;
    health->run = run;
    health->count = count;
    *out_hit = hit;
    return i;
}

/* Samples up to the first hit of a cut-off, or all of them. */
static size_t scan(qk_health *health, const uint8_t *samples, size_t len, uint32_t rct, uint32_t apt, bool *out_hit)
{
    size_t at = 0;

    *out_hit = false;
    while (at < len && !*out_hit) {
        size_t left = health->limits.window - health->position;

        if (health->position == 0) { /* a new window; its first sample counts itself below */
            health->reference = samples[at] & health->mask;
            health->count = 0;
        }
        left = scan_window(health, samples + at, left < len - at ? left : len - at, rct, apt, out_hit);
        at += left;
        health->position = (health->position + (uint32_t)left) % health->limits.window;
    }
    return at;
}

bool qk_health_run(qk_health *health, const uint8_t *samples, size_t len, qk_health_finding *out_finding)
{
    const qk_health_limits *limits = &health->limits;
    bool hit, permanent;
    size_t at = scan(health, samples, len, limits->rct, limits->apt, &hit);

    if (!hit)
        return true;
    out_finding->test = health->run >= limits->rct ? QK_HEALTH_RCT : QK_HEALTH_APT;
    out_finding->at = at;
    permanent = health->run >= limits->rct_permanent || health->count >= limits->apt_permanent;
    if (!permanent)
        scan(health, samples + at, len - at, limits->rct_permanent, limits->apt_permanent, &permanent);
    out_finding->permanent = permanent;
    return false;
}
