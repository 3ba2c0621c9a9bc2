/* SPDX-License-Identifier: Apache-2.0 */
/* The data behind the status page: /api/v1/status and /api/v1/history. */
#include "rest/document/status.h"

#include "base/log.h"
#include "rest/record/runs.h"

static const char *const kinds[] = {
    [QK_SOURCE_QUANTUM] = "quantum",
    [QK_SOURCE_PHYSICAL] = "physical",
    [QK_SOURCE_OTHER] = "other",
};

void qk_status_write_types(qk_json *json, const char *key)
{
    unsigned types = qk_entropy_types();

    qk_json_open(json, key, '[');
    for (unsigned type = 0; type < QK_ENTROPY_TYPES; type++)
        if (types & 1u << type)
            qk_json_text(json, NULL, qk_entropy_type_name((qk_entropy_type)type));
    qk_json_close(json, ']');
}

static void write_last_run(qk_rest *rest, qk_json *json, const char *source)
{
    qk_test_run run;

    if (!qk_run_last(rest, source, &run)) {
        qk_json_null(json, "last_run");
        return;
    }
    qk_json_open(json, "last_run", '{');
    qk_json_time(json, "time", (int64_t)run.unix_s);
    qk_json_bool(json, "tests_passed", run.verdict.tests_passed);
    qk_json_uint(json, "nist_passes", run.verdict.nist_passes);
    qk_json_uint(json, "nist_fails", run.verdict.nist_fails);
    qk_json_real(json, "nist_success_rate", run.verdict.nist_success_rate);
    qk_json_real(json, "uniformity_success_rate", run.verdict.uniformity_success_rate);
    qk_json_close(json, '}');
}

/* Cut-offs and failures of the two health tests. Source: SP 800-90B, 4.4. */
static void write_health(qk_json *json, const qk_source_status *source)
{
    qk_json_open(json, "rct", '{');
    qk_json_uint(json, "cutoff", source->rct_cutoff);
    qk_json_uint(json, "permanent_cutoff", source->rct_cutoff_permanent);
    qk_json_uint(json, "failures", source->rct_failures);
    qk_json_close(json, '}');
    qk_json_open(json, "apt", '{');
    qk_json_uint(json, "window", source->window);
    qk_json_uint(json, "cutoff", source->apt_cutoff);
    qk_json_uint(json, "permanent_cutoff", source->apt_cutoff_permanent);
    qk_json_uint(json, "failures", source->apt_failures);
    qk_json_close(json, '}');
}

static void write_messages(qk_json *json, const qk_source_status *source)
{
    qk_json_open(json, "messages", '[');
    for (size_t i = 0; i < source->message_count; i++) {
        qk_json_open(json, NULL, '{');
        qk_json_time(json, "time", source->messages[i].unix_s);
        qk_json_text(json, "text", source->messages[i].words);
        qk_json_close(json, '}');
    }
    qk_json_close(json, ']');
}

static void write_source(qk_rest *rest, qk_json *json, size_t index)
{
    qk_source_status source;

    qk_source_status_get(qk_entropy_source(index), &source);
    qk_json_open(json, NULL, '{');
    qk_json_text(json, "name", source.name);
    qk_json_text(json, "kind", kinds[source.kind]);
    qk_json_text(json, "driver", source.driver);
    qk_json_text(json, "path", source.path);
    qk_json_text(json, "state", qk_source_state_name(source.state));
    qk_json_text(json, "badge", qk_source_state_badge(source.state));
    qk_json_bool(json, "credited", source.credited);
    qk_json_uint(json, "priority", source.priority);
    qk_json_uint(json, "sample_bits", source.sample_bits);
    qk_json_real(json, "min_entropy", source.min_entropy);
    qk_json_uint(json, "bits_per_second", source.bits_per_second);
    qk_json_uint(json, "samples", source.samples);
    qk_json_uint(json, "queued_bytes", source.queued);
    qk_json_uint(json, "errors", source.errors);
    qk_json_uint(json, "startups", source.startups);
    write_health(json, &source);
    write_messages(json, &source);
    write_last_run(rest, json, source.name);
    qk_json_close(json, '}');
}

static void write_supply(qk_rest *rest, qk_json *json)
{
    qk_entropy_status entropy;

    qk_entropy_status_get(&entropy);
    qk_json_open(json, "reserve", '{');
    qk_json_open(json, "memory", '{');
    qk_json_uint(json, "bytes", entropy.reserve_bytes);
    qk_json_uint(json, "capacity", entropy.reserve_capacity);
    qk_json_close(json, '}');
    qk_json_open(json, "disk", '{');
    qk_json_uint(json, "bytes", entropy.disk_bytes);
    qk_json_uint(json, "capacity", entropy.disk_capacity);
    qk_json_text(json, "message", entropy.disk_message);
    qk_json_close(json, '}');
    qk_json_close(json, '}');
    qk_json_open(json, "served", '{');
    qk_json_uint(json, "quantum_bytes", atomic_load(&rest->counters->served[QK_ENTROPY_QUANTUM]));
    qk_json_uint(json, "mixed_bytes", atomic_load(&rest->counters->served[QK_ENTROPY_MIXED]));
    qk_json_uint(json, "requests", atomic_load(&rest->counters->draws));
    qk_json_close(json, '}');
    qk_json_open(json, "generators", '{');
    qk_json_uint(json, "conditioned_bytes", entropy.conditioned_bytes);
    qk_json_uint(json, "reseeds", entropy.reseeds);
    qk_json_close(json, '}');
}

void qk_status_write(qk_rest *rest, qk_buf *out)
{
    qk_json json = qk_json_to(out);

    qk_json_open(&json, NULL, '{');
    qk_json_text(&json, "version", QK_VERSION);
    qk_json_time(&json, "time", qk_clock_unix_s());
    qk_json_text(&json, "state", qk_entropy_state_name(qk_entropy_state_get()));
    qk_status_write_types(&json, "entropy_types");
    qk_json_int(&json, "uptime_seconds", (qk_clock_monotonic_ms() - rest->started_ms) / 1000);
    qk_json_open(&json, "sources", '[');
    for (size_t i = 0; i < qk_entropy_source_count(); i++)
        write_source(rest, &json, i);
    qk_json_close(&json, ']');
    write_supply(rest, &json);
    write_last_run(rest, &json, "output");
    qk_json_close(&json, '}');
}

void qk_rest_make_status(qk_rest *rest, qk_rest_call *call)
{
    qk_status_write(rest, &call->body);
    qk_rest_reply_json(call);
}

void qk_rest_make_history(qk_rest *rest, qk_rest_call *call)
{
    qk_history_write(&rest->history, &call->body);
    qk_rest_reply_json(call);
}

void qk_rest_make_restart(qk_rest *rest, qk_rest_call *call)
{
    (void)rest;
    for (size_t i = 0; i < qk_entropy_source_count(); i++) {
        qk_source *source = qk_entropy_source(i);
        if (strcmp(qk_source_config_of(source)->name, call->name) != 0)
            continue;
        qk_source_restart(source);
        qk_log(QK_LOG_INFO, "op=restart source=%s token=%s peer=%s", call->name, qk_token_use_name(call->use),
               call->exchange->peer);
        qk_rest_reply(call, 204, NULL);
        return;
    }
    qk_rest_refuse(call, QK_REFUSE_PATH, "there is no source %s", call->name);
}
