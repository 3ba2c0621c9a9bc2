/* SPDX-License-Identifier: Apache-2.0 */
/* What can be asked for, and how the sources and the output stand.
 *
 * Two kinds of test are reported: nist_90b, the share of sources in use whose continuous health tests (SP 800-90B, 4.4)
 * are content at this moment, and nist_800_22, the share of single tests that the last run over the output passed.
 * Source: the project's facts on the entropy REST API, sections 5 and 6 (the union of the two descriptions). */
#include <math.h>
#include <stdio.h>

#include "rest/draw/block_request.h"
#include "rest/text/parameters.h"
#include "rest/record/runs.h"
#include "rest/document/status.h"

typedef struct test_report {
    const char *type;
    double good, warning, error;
    double result;
    int64_t unix_s;
    bool linked;
} test_report;

/* NaN if no source is in use. */
static double healthy_share(void)
{
    size_t used = 0, healthy = 0;

    for (size_t i = 0; i < qk_entropy_source_count(); i++) {
        qk_source_status source;
        qk_source_status_get(qk_entropy_source(i), &source);
        used += source.state != QK_SOURCE_OFF;
        healthy += source.state == QK_SOURCE_ACTIVE || source.state == QK_SOURCE_SUSPECT;
    }
    return used ? (double)healthy / (double)used : NAN;
}

/* Returns how many there are: no run, no report of it. */
static size_t read_reports(qk_rest *rest, test_report out[2])
{
    qk_test_run run;
    size_t count = 0;
    double share = healthy_share();

    if (!isnan(share))
        out[count++] = (test_report){ "nist_90b", 1.0, 0.99, 0.98, share, qk_clock_unix_s(), false };
    if (qk_run_last(rest, "output", &run))
        out[count++] =
            (test_report){ "nist_800_22", 0.987, 0.984, 0.981, qk_run_share(&run), (int64_t)run.unix_s, true };
    return count;
}

/* Only what may stand in a URL; whoever asks chooses the Host header. */
static bool is_host(qk_view host)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]";

    if (!host.len || host.len > 255)
        return false;
    for (size_t i = 0; i < host.len; i++)
        if (!memchr(allowed, host.data[i], sizeof allowed - 1))
            return false;
    return true;
}

static void write_link(qk_rest *rest, qk_rest_call *call, qk_json *json)
{
    const char *path = "/api/v1/logs?num=1", *base = rest->config.public_url;
    char url[600];
    qk_view host;

    if (base && *base)
        snprintf(url, sizeof url, "%.*s%s", (int)(strlen(base) - (base[strlen(base) - 1] == '/')), base, path);
    else if (qk_http_header(call->exchange, "Host", &host) && is_host(host))
        snprintf(url, sizeof url, "https://%.*s%s", (int)host.len, (const char *)host.data, path);
    else
        return;
    qk_json_text(json, "report_link", url);
}

static void write_no_extensions(qk_json *json)
{
    qk_json_open(json, "extensions", '[');
    qk_json_close(json, ']');
}

static void write_entropy(qk_json *json)
{
    qk_json_open(json, "entropy", '{');
    qk_json_uint(json, "min_block_size", 1);
    qk_json_uint(json, "max_block_size", QK_BLOCK_MOST);
    qk_json_uint(json, "min_block_count", 1);
    qk_json_uint(json, "max_block_count", QK_BLOCKS_MOST);
    qk_status_write_types(json, "entropy_types");
    write_no_extensions(json);
    qk_json_close(json, '}');
}

static void write_thresholds(qk_rest *rest, qk_rest_call *call, qk_json *json)
{
    test_report reports[2];
    size_t count = read_reports(rest, reports);

    qk_json_open(json, "test_threshold", '[');
    for (size_t i = 0; i < count; i++) {
        qk_json_open(json, NULL, '{');
        qk_json_text(json, "test_type", reports[i].type);
        qk_json_real(json, "good", reports[i].good);
        qk_json_real(json, "warning", reports[i].warning);
        qk_json_real(json, "error", reports[i].error);
        qk_json_time(json, "time_stamp", reports[i].unix_s);
        if (reports[i].linked)
            write_link(rest, call, json);
        qk_json_close(json, '}');
    }
    qk_json_close(json, ']');
}

void qk_rest_make_capabilities(qk_rest *rest, qk_rest_call *call)
{
    qk_json json = qk_json_to(&call->body);

    if (!qk_entropy_types()) {
        qk_rest_refuse_supply(call);
        return;
    }
    qk_json_open(&json, NULL, '{');
    write_entropy(&json);
    qk_json_open(&json, "healthtest", '{');
    write_thresholds(rest, call, &json);
    qk_json_uint(&json, "source_count", qk_entropy_source_count());
    write_no_extensions(&json);
    qk_json_close(&json, '}');
    qk_json_uint(&json, "source_count", qk_entropy_source_count());
    qk_json_close(&json, '}');
    qk_rest_reply_json(call);
}

/* Also with sources that failed: that is what it is asked for. */
void qk_rest_make_healthtest(qk_rest *rest, qk_rest_call *call)
{
    qk_json json = qk_json_to(&call->body);
    test_report reports[2];
    size_t count = read_reports(rest, reports);

    if (isnan(healthy_share()) || qk_entropy_state_get() == QK_ENTROPY_STARTING) {
        qk_rest_refuse_supply(call);
        return;
    }
    qk_json_open(&json, NULL, '{');
    qk_json_open(&json, "test_result", '[');
    for (size_t i = 0; i < count; i++) {
        qk_json_open(&json, NULL, '{');
        qk_json_text(&json, "test_type", reports[i].type);
        qk_json_real(&json, "test_result", reports[i].result);
        qk_json_time(&json, "time_stamp", reports[i].unix_s);
        if (reports[i].linked)
            write_link(rest, call, &json);
        qk_json_close(&json, '}');
    }
    qk_json_close(&json, ']');
    write_no_extensions(&json);
    qk_json_close(&json, '}');
    qk_rest_reply_json(call);
}
