/* SPDX-License-Identifier: Apache-2.0 */
/* The two continuous health tests of SP 800-90B: repetition count (RCT) and adaptive proportion (APT).
 *
 * They see a source that fails outright, not one that is merely weaker than claimed by a little: RCT one value too many
 * times in a row, APT one value too often in a window. Cut-offs follow from the claimed min-entropy H and an acceptable
 * probability of a false alarm, alpha = 2^-bits, which is per sample for RCT and per window for APT.
 * APT has its corrected form here: the reference sample counts as one, so that only W - 1 samples are random; the
 * printed formula differs by at most one. Source: SP 800-90B, 4.4.1 and 4.4.2. */
#ifndef QK_ENTROPY_HEALTH_H
#define QK_ENTROPY_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct qk_health_limits {
    uint32_t window;                       /* of APT: 1024 for samples of one bit, else 512 */
    uint32_t rct, apt;                     /* reaching one is an intermittent failure */
    uint32_t rct_permanent, apt_permanent; /* at 2^-20 times that alpha */
} qk_health_limits;

/* Smallest k with P(more than k hits in n draws) <= 2^-alpha_bits, each hit having probability 2^-min_entropy. */
uint32_t qk_health_critical(uint32_t n, double min_entropy, unsigned alpha_bits);
/* 1 + ceil(alpha_bits / H) */
uint32_t qk_health_rct_cutoff(double min_entropy, unsigned alpha_bits);
/* min(W, 2 + critical(W - 1)) */
uint32_t qk_health_apt_cutoff(uint32_t window, double min_entropy, unsigned alpha_bits);
/* Bits of the alpha that lets a perfect source of that many samples per second raise one false alarm in ten years. */
unsigned qk_health_alpha_bits(uint64_t samples_per_second);
/* All of it for a source: alpha as above for RCT, log2(W) bits less for APT, never above 2^-20. */
void qk_health_limits_for(double min_entropy, unsigned sample_bits, uint64_t samples_per_second,
                          qk_health_limits *out_limits);

/* The state of both tests over one stream; a plain value. */
typedef struct qk_health {
    qk_health_limits limits;
    uint32_t mask;                       /* of the bits of a byte that are the sample */
    uint32_t last, run;                  /* RCT: value, and how often it came in a row */
    uint32_t reference, count, position; /* APT: value, how often it came in this window, samples of it seen */
} qk_health;

typedef enum qk_health_test { QK_HEALTH_RCT, QK_HEALTH_APT } qk_health_test;

typedef struct qk_health_finding {
    qk_health_test test;
    bool permanent;
    size_t at; /* samples up to and with the one that gave it away */
} qk_health_finding;

void qk_health_init(qk_health *health, const qk_health_limits *limits, unsigned sample_bits);
/* Forgets the stream, for a new start-up test. */
void qk_health_reset(qk_health *health);
/* Tests `len` samples, one per byte. False: a cut-off was reached; the rest of the samples then decides whether the
 * permanent one is reached as well, and the state is good for nothing but a reset. */
bool qk_health_run(qk_health *health, const uint8_t *samples, size_t len, qk_health_finding *out_finding);

#endif
