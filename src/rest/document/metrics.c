/* SPDX-License-Identifier: Apache-2.0 */
/* /metrics in the text format of Prometheus, version 0.0.4. Series that nothing was counted in are left out. */
#include <inttypes.h>

#include "rest/parts.h"

static uint64_t read_count(const atomic_uint_fast64_t *count)
{
    return atomic_load_explicit(count, memory_order_relaxed);
}

static void put_head(qk_buf *out, const char *name, const char *type, const char *help)
{
    qk_buf_printf(out, "# HELP quantoki_%s %s\n# TYPE quantoki_%s %s\n", name, help, name, type);
}

/* A label's value: backslash, quotation mark and line feed are escaped. */
static void put_value(qk_buf *out, const char *value)
{
    for (; *value; value++) {
        if (*value == '\\' || *value == '"')
            qk_buf_put_u8(out, '\\');
        if (*value == '\n')
            qk_buf_put_text(out, "\\n");
        else
            qk_buf_put_u8(out, (uint8_t)*value);
    }
}

static void put_sample(qk_buf *out, const char *name, const char *label, const char *value, uint64_t count)
{
    qk_buf_printf(out, "quantoki_%s", name);
    if (label) {
        qk_buf_printf(out, "{%s=\"", label);
        put_value(out, value);
        qk_buf_put_text(out, "\"}");
    }
    qk_buf_printf(out, " %" PRIu64 "\n", count);
}

static void put_single(qk_buf *out, const char *name, const char *type, const char *help, uint64_t count)
{
    put_head(out, name, type, help);
    put_sample(out, name, NULL, NULL, count);
}

/* ---- requests ---- */

static const char *path_of(size_t row)
{
    return row < qk_rest_route_count ? qk_rest_routes[row].path : "(none)";
}

static void write_requests(const qk_rest_counters *counters, qk_buf *out)
{
    put_head(out, "http_requests_total", "counter", "Requests answered, by route and status.");
    for (size_t row = 0; row <= counters->route_count; row++)
        for (size_t column = 0; column < QK_COUNTED_STATUSES; column++) {
            uint64_t count = read_count(&counters->routes[row].requests[column]);
            if (count)
                qk_buf_printf(out, "quantoki_http_requests_total{route=\"%s\",status=\"%d\"} %" PRIu64 "\n",
                              path_of(row), qk_counted_statuses[column], count);
        }
}

static void write_latency_of(const qk_counted_route *route, const char *path, qk_buf *out)
{
    uint64_t counts[QK_LATENCY_BUCKETS + 1], sum = 0;

    for (size_t i = 0; i <= QK_LATENCY_BUCKETS; i++)
        sum += counts[i] = read_count(&route->latency[i]);
    if (!sum)
        return;
    sum = 0;
    for (size_t i = 0; i < QK_LATENCY_BUCKETS; i++)
        qk_buf_printf(out, "quantoki_http_request_seconds_bucket{route=\"%s\",le=\"%g\"} %" PRIu64 "\n", path,
                      (double)qk_latency_bounds_us[i] / 1e6, sum += counts[i]);
    sum += counts[QK_LATENCY_BUCKETS];
    qk_buf_printf(out, "quantoki_http_request_seconds_bucket{route=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", path, sum);
    qk_buf_printf(out, "quantoki_http_request_seconds_sum{route=\"%s\"} %.6f\n", path,
                  (double)read_count(&route->latency_us) / 1e6);
    qk_buf_printf(out, "quantoki_http_request_seconds_count{route=\"%s\"} %" PRIu64 "\n", path, sum);
}

static void write_latency(const qk_rest_counters *counters, qk_buf *out)
{
    put_head(out, "http_request_seconds", "histogram", "From the headers of a request to its answer.");
    for (size_t row = 0; row <= counters->route_count; row++)
        write_latency_of(&counters->routes[row], path_of(row), out);
}

static void write_bytes(const qk_rest_counters *counters, qk_buf *out)
{
    put_head(out, "entropy_served_bytes_total", "counter", "Bytes of entropy served, by endpoint and token name.");
    for (size_t i = 0; i < QK_COUNTED_NAMES; i++) {
        const qk_counted_name *series = &counters->names[i];
        if (!atomic_load_explicit(&series->taken, memory_order_acquire))
            continue;
        qk_buf_printf(out, "quantoki_entropy_served_bytes_total{endpoint=\"%s\",token=\"", path_of(series->route));
        put_value(out, series->name);
        qk_buf_printf(out, "\"} %" PRIu64 "\n", read_count(&series->bytes));
    }
    put_head(out, "entropy_type_bytes_total", "counter", "Bytes of entropy served, by type.");
    for (unsigned type = 0; type < QK_ENTROPY_TYPES; type++)
        put_sample(out, "entropy_type_bytes_total", "type", qk_entropy_type_name((qk_entropy_type)type),
                   read_count(&counters->served[type]));
}

/* ---- sources and supply ---- */

/* Columns of a source that are plain numbers. */
/* clang-format off */
static const struct {
    const char *name, *type, *help;
    size_t offset;
} source_counts[] = {
    { "source_bits_per_second", "gauge", "Raw bits that the source gives.",
      offsetof(qk_source_status, bits_per_second) },
    { "source_samples_total", "counter", "Samples tested.", offsetof(qk_source_status, samples) },
    { "source_errors_total", "counter", "Failures of any kind.", offsetof(qk_source_status, errors) },
    { "source_startups_total", "counter", "Start-up tests passed.", offsetof(qk_source_status, startups) },
    { "source_rct_failures_total", "counter", "Failures of the repetition count test.",
      offsetof(qk_source_status, rct_failures) },
    { "source_apt_failures_total", "counter", "Failures of the adaptive proportion test.",
      offsetof(qk_source_status, apt_failures) },
};
/* clang-format on */

static void write_source_states(const qk_source_status *sources, size_t count, qk_buf *out)
{
    put_head(out, "source_state", "gauge", "1 in the series of the state that the source is in.");
    for (size_t i = 0; i < count; i++)
        for (unsigned state = QK_SOURCE_OFF; state <= QK_SOURCE_FAILED; state++) {
            qk_buf_put_text(out, "quantoki_source_state{source=\"");
            put_value(out, sources[i].name);
            qk_buf_printf(out, "\",state=\"%s\"} %d\n", qk_source_state_name((qk_source_state)state),
                          sources[i].state == (qk_source_state)state);
        }
}

static void write_sources(qk_buf *out)
{
    qk_source_status sources[QK_HISTORY_SOURCES];
    size_t count = qk_entropy_source_count();

    if (count > QK_HISTORY_SOURCES)
        count = QK_HISTORY_SOURCES;
    for (size_t i = 0; i < count; i++)
        qk_source_status_get(qk_entropy_source(i), &sources[i]);
    write_source_states(sources, count, out);
    for (size_t column = 0; column < sizeof source_counts / sizeof source_counts[0]; column++) {
        put_head(out, source_counts[column].name, source_counts[column].type, source_counts[column].help);
        for (size_t i = 0; i < count; i++) {
            uint64_t value;
            memcpy(&value, (const uint8_t *)&sources[i] + source_counts[column].offset, sizeof value);
            put_sample(out, source_counts[column].name, "source", sources[i].name, value);
        }
    }
    put_head(out, "source_queued_bytes", "gauge", "Tested samples that wait to be used.");
    for (size_t i = 0; i < count; i++)
        put_sample(out, "source_queued_bytes", "source", sources[i].name, sources[i].queued);
}

static void write_supply(qk_buf *out)
{
    qk_entropy_status entropy;

    qk_entropy_status_get(&entropy);
    put_head(out, "entropy_state", "gauge", "1 in the series of the state that the whole is in.");
    for (unsigned state = QK_ENTROPY_READY; state <= QK_ENTROPY_AWAY; state++)
        put_sample(out, "entropy_state", "state", qk_entropy_state_name((qk_entropy_state)state),
                   entropy.state == (qk_entropy_state)state);
    put_single(out, "reserve_bytes", "gauge", "Finished entropy in memory.", entropy.reserve_bytes);
    put_single(out, "reserve_capacity_bytes", "gauge", "Room for it.", entropy.reserve_capacity);
    put_single(out, "reserve_disk_bytes", "gauge", "Finished entropy on disk, sealed.", entropy.disk_bytes);
    put_single(out, "reserve_disk_capacity_bytes", "gauge", "Room for it.", entropy.disk_capacity);
    put_single(out, "conditioned_bytes_total", "counter", "Bytes of conditioned blocks.", entropy.conditioned_bytes);
    put_single(out, "reseeds_total", "counter", "Times that a generator took a fresh seed.", entropy.reseeds);
}

void qk_rest_make_metrics(qk_rest *rest, qk_rest_call *call)
{
    qk_buf *out = &call->body;

    put_head(out, "info", "gauge", "The version that runs.");
    put_sample(out, "info", "version", QK_VERSION, 1);
    put_single(out, "uptime_seconds", "gauge", "Since the start of the process.",
               (uint64_t)(qk_clock_monotonic_ms() - rest->started_ms) / 1000);
    if (rest->host.open_connections)
        put_single(out, "open_connections", "gauge", "Connections of all listeners.",
                   rest->host.open_connections(rest->host.context));
    write_requests(rest->counters, out);
    write_latency(rest->counters, out);
    write_bytes(rest->counters, out);
    write_supply(out);
    write_sources(out);
    if (qk_buf_check(out) == QK_OK)
        qk_rest_reply(call, 200, "text/plain; version=0.0.4; charset=utf-8");
    else
        qk_rest_refuse_failure(call, QK_E_NO_MEMORY);
}
