/* SPDX-License-Identifier: Apache-2.0 */
/* The report as one JSON object. Numbers that do not apply are null. */
#include <jansson.h>
#include <math.h>

#include "cli/entropy/examination.h"

static const char *word(qk_opinion opinion)
{
    return opinion == QK_OPINION_GOOD ? "passed" : opinion == QK_OPINION_BAD ? "failed" : "doubtful";
}

static json_t *number(double value)
{
    return isnan(value) ? json_null() : json_real(value);
}

static json_t *count(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *histogram(const qk_examination *it)
{
    json_t *counts = json_array();

    for (unsigned i = 0; i < 256; i++)
        json_array_append_new(counts, count(it->count[i]));
    return counts;
}

static json_t *health(const qk_examination *it)
{
    bool failed = it->rct_failures + it->apt_failures > 0;

    return json_pack("{s:s, s:f, s:i, s:{s:i, s:o}, s:{s:i, s:i, s:o}, s:o}", "verdict",
                     word(qk_examination_health(it)), "min_entropy", it->order.min_entropy, "alpha_bits",
                     (int)QK_EXAMINATION_ALPHA_BITS, "repetition_count", "cutoff", (int)it->health.limits.rct,
                     "failures", count(it->rct_failures), "adaptive_proportion", "window",
                     (int)it->health.limits.window, "cutoff", (int)it->health.limits.apt, "failures",
                     count(it->apt_failures), "first_failure", failed ? count(it->first_failure) : json_null());
}

static json_t *blocks(const qk_examination *it)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "verdict", word(qk_examination_blocks(it)), "blocks",
                     count(it->blocks), "failed", count(it->blocks_failed), "monobit", count(it->failed_by[0]), "poker",
                     count(it->failed_by[1]), "runs", count(it->failed_by[2]), "long_run", count(it->failed_by[3]),
                     "continuous", count(it->failed_by[4]));
}

static json_t *tests(const qk_examination *it)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < QK_SP80022_TESTS; i++)
        json_array_append_new(
            list,
            json_pack("{s:s, s:i, s:i, s:o, s:o, s:o}", "name", qk_sp80022_name(i), "passes", (int)it->judge.passes[i],
                      "total", (int)it->judge.total[i], "rate", number(it->verdict.test_rate[i]), "bound",
                      number(it->judge.total[i] ? qk_sp80022_proportion_bound(it->judge.total[i]) : NAN), "uniformity",
                      number(it->verdict.test_uniformity[i])));
    return list;
}

static json_t *sp80022(const qk_examination *it)
{
    const qk_sp80022_verdict *verdict = &it->verdict;

    return json_pack("{s:s, s:i, s:o, s:b, s:b, s:i, s:i, s:f, s:b, s:i, s:i, s:f, s:o}", "verdict",
                     word(qk_examination_sp80022(it)), "sequences", (int)it->judge.sequences, "bits",
                     count(it->sequence_bits), "tests_passed", verdict->tests_passed, "nist_all_passed",
                     verdict->nist_all_passed, "nist_passes", (int)verdict->nist_passes, "nist_fails",
                     (int)verdict->nist_fails, "nist_success_rate", verdict->nist_success_rate, "uniformity_all_passed",
                     verdict->uniformity_all_passed, "uniformity_passes", (int)verdict->uniformity_passes,
                     "uniformity_fails", (int)verdict->uniformity_fails, "uniformity_success_rate",
                     verdict->uniformity_success_rate, "tests", tests(it));
}

static json_t *min_entropy(const qk_examination *it)
{
    const qk_min_entropy *entropy = &it->entropy;

    return json_pack("{s:s, s:o, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "verdict",
                     word(qk_examination_min_entropy(it)), "samples", count(it->samples), "claimed",
                     it->order.min_entropy, "most_common", number(entropy->most_common), "t_tuple",
                     number(entropy->t_tuple), "longest_repeat", number(entropy->longest_repeat), "multi_mcw",
                     number(entropy->multi_mcw), "lag", number(entropy->lag), "multi_mmc", number(entropy->multi_mmc),
                     "lz78y", number(entropy->lz78y), "lowest", number(entropy->lowest), "bitstring_lowest",
                     number(entropy->bitstring_lowest), "assessed", number(entropy->assessed));
}

qk_err qk_examination_print_json(const qk_examination *it, const char *name, FILE *out)
{
    json_t *report =
        json_pack("{s:s%, s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "file", name, strlen(name), "bytes", count(it->bytes),
                  "verdict", word(qk_examination_overall(it)), "histogram", histogram(it), "health", health(it),
                  "fips_140_2", blocks(it), "sp_800_22", sp80022(it), "min_entropy", min_entropy(it));
    int written = report ? json_dumpf(report, out, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) : -1;

    json_decref(report);
    if (written != 0 || fputc('\n', out) == EOF)
        return qk_fail(QK_E_SYSTEM, "the report could not be written");
    return QK_OK;
}
