/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/entropy/examination.h"

#include <math.h>
#include <stdlib.h>

qk_err qk_examination_new(const qk_examination_order *order, qk_examination **out)
{
    QK_OWNED(qk_examination_free) qk_examination *made = calloc(1, sizeof *made);
    const qk_health_limits limits = {
        .window = 512,
        .rct = qk_health_rct_cutoff(order->min_entropy, QK_EXAMINATION_ALPHA_BITS),
        .apt = qk_health_apt_cutoff(512, order->min_entropy, QK_EXAMINATION_ALPHA_BITS),
        .rct_permanent = UINT32_MAX, /* files have no second threshold */
        .apt_permanent = UINT32_MAX,
    };

    if (made) {
        made->sequence = malloc(order->sequence_bits / 8);
        made->sample = malloc(QK_EXAMINATION_SAMPLES);
    }
    if (!made || !made->sequence || !made->sample)
        return qk_fail(QK_E_NO_MEMORY, "no memory to examine bytes");
    made->order = *order;
    made->sequence_bits = order->sequence_bits;
    qk_health_init(&made->health, &limits, 8);
    *out = made;
    made = NULL;
    return QK_OK;
}

void qk_examination_free(qk_examination **examination)
{
    if (!*examination)
        return;
    free((*examination)->sequence);
    free((*examination)->sample);
    free(*examination);
    *examination = NULL;
}

/* After a failure the tests start anew with the next piece, so a dead source costs no more than a good one. */
static void end_piece(qk_examination *it, uint64_t begin)
{
    qk_health_finding finding;

    if (!qk_health_run(&it->health, it->piece, it->piece_len, &finding)) {
        if (it->rct_failures + it->apt_failures == 0)
            it->first_failure = begin + finding.at - 1;
        if (finding.test == QK_HEALTH_RCT)
            it->rct_failures++;
        else
            it->apt_failures++;
        qk_health_reset(&it->health);
    }
    it->piece_len = 0;
}

static void end_block(qk_examination *it)
{
    /* The first block has none before it. */
    unsigned failed = qk_fips140_test(it->block, it->blocks ? &it->last_word : NULL);

    memcpy(&it->last_word, it->block + sizeof it->block - sizeof it->last_word, sizeof it->last_word);
    it->blocks++;
    it->blocks_failed += failed ? 1 : 0;
    for (unsigned i = 0; i < 5; i++)
        it->failed_by[i] += failed >> i & 1;
    it->block_len = 0;
}

static qk_err end_sequence(qk_examination *it)
{
    qk_sp80022_result result;

    QK_TRY(qk_sp80022_run(qk_view_of(it->sequence, it->sequence_len), &result));
    qk_sp80022_judge_add(&it->judge, &result);
    it->sequence_len = 0;
    return QK_OK;
}

/* Moves bytes from the front of `from` to what is filled up to `full`. True when it is. */
static bool fill(uint8_t *to, size_t *len, size_t full, qk_view *from)
{
    size_t take = full - *len < from->len ? full - *len : from->len;

    if (take)
        memcpy(to + *len, from->data, take);
    *len += take;
    *from = qk_view_slice(*from, take, SIZE_MAX);
    return *len == full;
}

qk_err qk_examination_feed(qk_examination *it, qk_view bytes)
{
    qk_view rest = bytes;
    uint64_t begin = it->bytes - it->piece_len;

    for (size_t i = 0; i < bytes.len; i++)
        it->count[bytes.data[i]]++;
    it->bytes += bytes.len;
    while (fill(it->piece, &it->piece_len, sizeof it->piece, &rest)) {
        end_piece(it, begin);
        begin += sizeof it->piece;
    }
    rest = bytes;
    while (fill(it->block, &it->block_len, sizeof it->block, &rest))
        end_block(it);
    rest = bytes;
    (void)fill(it->sample, &it->samples, QK_EXAMINATION_SAMPLES, &rest);
    rest = bytes;
    while (it->judge.sequences < it->order.sequences &&
           fill(it->sequence, &it->sequence_len, it->order.sequence_bits / 8, &rest))
        QK_TRY(end_sequence(it));
    return QK_OK;
}

qk_err qk_examination_finish(qk_examination *it)
{
    if (it->bytes < QK_EXAMINATION_LEAST)
        return qk_fail(QK_E_BAD_LENGTH, "%llu bytes are too few to say anything; give at least %d",
                       (unsigned long long)it->bytes, (int)QK_EXAMINATION_LEAST);
    if (it->piece_len)
        end_piece(it, it->bytes - it->piece_len);
    if (it->judge.sequences == 0) { /* a short file is one short sequence */
        it->sequence_bits = it->sequence_len * 8;
        QK_TRY(end_sequence(it));
    }
    qk_sp80022_judge_verdict(&it->judge, &it->verdict);
    return qk_min_entropy_estimate(qk_view_of(it->sample, it->samples), 8, &it->entropy);
}

qk_opinion qk_examination_health(const qk_examination *it)
{
    return it->rct_failures + it->apt_failures ? QK_OPINION_BAD : QK_OPINION_GOOD;
}

/* A perfect source fails 8 of 10,000 blocks; more than 20 of 1000 are too many, and of a few blocks more than two. */
qk_opinion qk_examination_blocks(const qk_examination *it)
{
    if (it->blocks_failed == 0 || it->blocks_failed * 50 <= it->blocks)
        return QK_OPINION_GOOD;
    return it->blocks_failed > 2 || it->blocks_failed == it->blocks ? QK_OPINION_BAD : QK_OPINION_DOUBTFUL;
}

/* A perfect source misses the publication's bound in 1 to 3 of 100 runs, and one of the 15 uniformities in one of some
 * hundred: only what it never misses is a defect. */
qk_opinion qk_examination_sp80022(const qk_examination *it)
{
    const double hopeless = 1e-8;
    qk_opinion opinion = qk_sp80022_proportions_sound(&it->verdict) ? QK_OPINION_GOOD : QK_OPINION_BAD;

    for (unsigned test = 0; test < QK_SP80022_TESTS; test++)
        if (it->verdict.test_uniformity[test] < hopeless)
            opinion = QK_OPINION_BAD;
    if (opinion == QK_OPINION_GOOD && it->judge.sequences >= QK_EXAMINATION_FEWEST_UNIFORM)
        return it->verdict.uniformity_all_passed ? QK_OPINION_GOOD : QK_OPINION_DOUBTFUL;
    return opinion;
}

/* Estimates are lower bounds and stay below the truth, the more so the fewer samples: only less than half of the claim
 * refutes it, as in the restart test (SP 800-90B, 3.1.4.2). */
qk_opinion qk_examination_min_entropy(const qk_examination *it)
{
    return it->entropy.assessed < it->order.min_entropy / 2 ? QK_OPINION_BAD : QK_OPINION_GOOD;
}

static qk_opinion worse(qk_opinion a, qk_opinion b)
{
    return a > b ? a : b;
}

qk_opinion qk_examination_overall(const qk_examination *it)
{
    return worse(worse(qk_examination_health(it), qk_examination_blocks(it)),
                 worse(qk_examination_sp80022(it), qk_examination_min_entropy(it)));
}
