/* SPDX-License-Identifier: Apache-2.0 */
/* The report for people. */
#include <math.h>

#include "cli/entropy/examination.h"

static const char *word(qk_opinion opinion)
{
    return opinion == QK_OPINION_GOOD ? "passed" : opinion == QK_OPINION_BAD ? "FAILED" : "doubtful";
}

static void print_bytes(const qk_examination *it, const char *name, FILE *out)
{
    unsigned distinct = 0, common = 0, rare = 0;
    double shannon = 0, ones = 0, bytes = (double)it->bytes;

    for (unsigned i = 0; i < 256; i++) {
        double share = (double)it->count[i] / bytes;

        distinct += it->count[i] ? 1 : 0;
        common = it->count[i] > it->count[common] ? i : common;
        rare = it->count[i] < it->count[rare] ? i : rare;
        shannon -= share > 0 ? share * log2(share) : 0;
        ones += share * __builtin_popcount(i) / 8;
    }
    fprintf(out, "%s: %llu bytes\n\n", name, (unsigned long long)it->bytes);
    fprintf(
        out,
        "Bytes\n  %u different values; the commonest is %02x (%.4f %%), the rarest %02x (%.4f %%); even: 0.3906 %%\n",
        distinct, common, 100 * (double)it->count[common] / bytes, rare, 100 * (double)it->count[rare] / bytes);
    fprintf(out, "  ones: %.4f %% of all bits; Shannon entropy of single bytes: %.6f bits\n\n", 100 * ones,
            fabs(shannon));
}

static void print_health(const qk_examination *it, FILE *out)
{
    fprintf(out, "Health tests of SP 800-90B for %.4g bits per byte, false alarms 2^-%d: %s\n", it->order.min_entropy,
            (int)QK_EXAMINATION_ALPHA_BITS, word(qk_examination_health(it)));
    fprintf(out, "  repetition count, %u in a row:          failed in %llu of %llu pieces of 4096 bytes\n",
            it->health.limits.rct, (unsigned long long)it->rct_failures, (unsigned long long)(it->bytes + 4095) / 4096);
    fprintf(out, "  adaptive proportion, %u of %u:        failed in %llu\n", it->health.limits.apt,
            it->health.limits.window, (unsigned long long)it->apt_failures);
    if (qk_examination_health(it) != QK_OPINION_GOOD)
        fprintf(out, "  first at byte %llu\n", (unsigned long long)it->first_failure);
    fprintf(out, "\n");
}

static void print_blocks(const qk_examination *it, FILE *out)
{
    static const char *const names[5] = { "monobit", "poker", "runs", "long run", "continuous" };

    fprintf(out, "FIPS 140-2 blocks of 20,000 bits: %s\n  %llu of %llu failed (a perfect source: about %.1f)\n",
            word(qk_examination_blocks(it)), (unsigned long long)it->blocks_failed, (unsigned long long)it->blocks,
            0.0008 * (double)it->blocks);
    for (unsigned i = 0; it->blocks_failed && i < 5; i++)
        fprintf(out, "  %s %llu%s", names[i], (unsigned long long)it->failed_by[i], i < 4 ? "," : "\n");
    fprintf(out, "\n");
}

static void print_number(double value, int decimals, const char *unit, FILE *out)
{
    if (isnan(value))
        fprintf(out, "%12s%s", "-", unit);
    else
        fprintf(out, "%12.*f%s", decimals, value, unit);
}

static const char *test_word(const qk_examination *it, unsigned test)
{
    if (it->judge.total[test] == 0)
        return "does not apply";
    if (it->verdict.test_rate[test] < qk_sp80022_proportion_bound(it->judge.total[test]))
        return "few pass";
    return it->verdict.test_uniformity[test] < 0.0001 ? "not uniform" : "ok";
}

static void print_test(const qk_examination *it, unsigned test, FILE *out)
{
    fprintf(out, "  %-28s%7u of %6u", qk_sp80022_name(test), it->judge.passes[test], it->judge.total[test]);
    print_number(100 * it->verdict.test_rate[test], 2, " %", out);
    print_number(it->verdict.test_uniformity[test], 6, "   ", out);
    fprintf(out, "%s\n", test_word(it, test));
}

static void print_sp80022(const qk_examination *it, FILE *out)
{
    const qk_sp80022_verdict *verdict = &it->verdict;
    uint32_t total = verdict->nist_passes + verdict->nist_fails;

    fprintf(out, "SP 800-22, %u sequences of %zu bits: %s\n", it->judge.sequences, it->sequence_bits,
            word(qk_examination_sp80022(it)));
    fprintf(out, "  %-28s%17s%14s%12s\n", "test", "P >= 0.01", "rate", "uniformity");
    for (unsigned test = 0; test < QK_SP80022_TESTS; test++)
        print_test(it, test, out);
    fprintf(out, "  proportions: %.4f %% of %u P-values pass, %.4f %% should: %s\n",
            100.0 * verdict->nist_passes / total, total, 100 * qk_sp80022_proportion_bound(total),
            verdict->nist_all_passed                ? "held"
            : qk_sp80022_proportions_sound(verdict) ? "missed, as random bytes do in 1 to 3 of 100 tests"
                                                    : "MISSED");
    if (it->judge.sequences < QK_EXAMINATION_FEWEST_UNIFORM)
        fprintf(out, "  uniformity: needs %d sequences, so not judged\n\n", (int)QK_EXAMINATION_FEWEST_UNIFORM);
    else
        fprintf(out, "  uniformity: %u of 15 tests: %s\n\n", verdict->uniformity_passes,
                verdict->uniformity_all_passed ? "held" : "MISSED");
}

static void print_estimate(const char *name, double bits, FILE *out)
{
    if (!isnan(bits))
        fprintf(out, "  %-32s%10.6f\n", name, bits);
}

static void print_min_entropy(const qk_examination *it, FILE *out)
{
    const qk_min_entropy *entropy = &it->entropy;
    qk_opinion opinion = qk_examination_min_entropy(it);

    fprintf(out, "Min-entropy of the first %zu bytes (SP 800-90B, 6.3), bits per byte: %s\n", it->samples,
            word(opinion));
    print_estimate("most common value", entropy->most_common, out);
    print_estimate("t-tuple", entropy->t_tuple, out);
    print_estimate("longest repeated substring", entropy->longest_repeat, out);
    print_estimate("most common in window", entropy->multi_mcw, out);
    print_estimate("lag", entropy->lag, out);
    print_estimate("Markov models", entropy->multi_mmc, out);
    print_estimate("LZ78Y", entropy->lz78y, out);
    print_estimate("lowest on bits, times 8", entropy->bitstring_lowest, out);
    fprintf(out, "  assessed: %.4f; claimed: %.4g: %s\n\n", entropy->assessed, it->order.min_entropy,
            opinion == QK_OPINION_BAD ? "less than half, which refutes the claim"
            : entropy->assessed >= it->order.min_entropy
                ? "the claim is met"
                : "not refuted, not confirmed (lower bounds: perfect bytes are assessed at 6.5 to 7.3)");
}

static void print_verdict(const qk_examination *it, FILE *out)
{
    static const char *const words[] = {
        [QK_OPINION_GOOD] = "no defect found",
        [QK_OPINION_DOUBTFUL] = "doubtful: rarely seen with random bytes, but possible; test fresh data",
        [QK_OPINION_BAD] = "FAILED: these bytes have defects that random bytes do not have; see the parts above",
    };

    fprintf(out, "Verdict: %s.\n", words[qk_examination_overall(it)]);
    fprintf(out, "Statistics cannot prove unpredictability: the output of a generator with a known seed passes all of "
                 "this.\nWhat they can show is that a source is broken.\n");
}

void qk_examination_print(const qk_examination *it, const char *name, FILE *out)
{
    print_bytes(it, name, out);
    print_health(it, out);
    print_blocks(it, out);
    print_sp80022(it, out);
    print_min_entropy(it, out);
    print_verdict(it, out);
}
