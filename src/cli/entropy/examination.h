/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that can be found out about a file of random bytes in one pass, at any size and in bounded memory: health
 * tests and FIPS 140-2 blocks over all of it, SP 800-22 on the first sequences, min-entropy of the first million bytes.
 *
 * Begin with qk_examination_new, feed all bytes in any pieces, then finish, then read. */
#ifndef QK_CLI_EXAMINATION_H
#define QK_CLI_EXAMINATION_H

#include <stdio.h>

#include "entropy/source/health.h"
#include "statistics/statistics.h"

enum {
    QK_EXAMINATION_LEAST = QK_FIPS140_BLOCK, /* bytes */
    QK_EXAMINATION_SAMPLES = 1000000,        /* for min-entropy */
    QK_EXAMINATION_ALPHA_BITS = 40,          /* of the health tests: SP 800-90B allows 20 to 40 and more */
    QK_EXAMINATION_FEWEST_UNIFORM = 55,      /* sequences that make uniformity meaningful */
};

typedef struct qk_examination_order {
    double min_entropy;   /* claimed, in bits per byte */
    size_t sequence_bits; /* a multiple of 8 */
    unsigned sequences;   /* at most */
} qk_examination_order;

typedef struct qk_examination {
    qk_examination_order order;
    uint64_t bytes, count[256];

    qk_health health;
    uint64_t rct_failures, apt_failures; /* pieces of 4096 samples in which it failed */
    uint64_t first_failure;              /* byte, counted from 0; meaningful if there was one */

    uint64_t blocks, blocks_failed, failed_by[5]; /* FIPS 140-2; by test, in the order of its bits */

    qk_sp80022_judge judge;
    qk_sp80022_verdict verdict;
    size_t sequence_bits; /* as tested: less for a short file */

    qk_min_entropy entropy;
    size_t samples;

    /* inside */
    uint8_t *sequence, *sample, piece[4096], block[QK_FIPS140_BLOCK];
    size_t sequence_len, piece_len, block_len;
    uint32_t last_word;
} qk_examination;

/* What the parts say. */
typedef enum qk_opinion {
    QK_OPINION_GOOD,
    QK_OPINION_DOUBTFUL, /* happens to a perfect source now and then: look again with fresh data */
    QK_OPINION_BAD
} qk_opinion;

qk_opinion qk_examination_health(const qk_examination *examination);
qk_opinion qk_examination_blocks(const qk_examination *examination);
qk_opinion qk_examination_sp80022(const qk_examination *examination);
qk_opinion qk_examination_min_entropy(const qk_examination *examination);
/* The worst of them. */
qk_opinion qk_examination_overall(const qk_examination *examination);

/* QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_examination_new(const qk_examination_order *order, qk_examination **out);
void qk_examination_free(qk_examination **examination);
QK_MUST_CHECK qk_err qk_examination_feed(qk_examination *examination, qk_view bytes);
/* QK_E_BAD_LENGTH if there were fewer than 2500 bytes. */
QK_MUST_CHECK qk_err qk_examination_finish(qk_examination *examination);

/* The report for people, and as one JSON object. */
void qk_examination_print(const qk_examination *examination, const char *name, FILE *out);
QK_MUST_CHECK qk_err qk_examination_print_json(const qk_examination *examination, const char *name, FILE *out);

#endif
