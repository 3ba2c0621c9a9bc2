/* SPDX-License-Identifier: Apache-2.0 */
#include "rest/record/history.h"

#include <stdlib.h>

void qk_history_init(qk_rest_history *history)
{
    *history = (qk_rest_history){ .points = NULL };
    pthread_mutex_init(&history->lock, NULL);
}

void qk_history_done(qk_rest_history *history)
{
    free(history->points);
    free(history->rates);
    history->points = NULL;
    history->rates = NULL;
    qk_buf_done(&history->document);
    pthread_mutex_destroy(&history->lock);
}

/* The number of sources is that of the first sample: they do not change while the process lives. */
static bool allocate(qk_rest_history *history)
{
    if (history->points)
        return true;
    history->source_count = qk_entropy_source_count();
    if (history->source_count > QK_HISTORY_SOURCES)
        history->source_count = QK_HISTORY_SOURCES;
    history->points = calloc(QK_HISTORY_POINTS, sizeof history->points[0]);
    history->rates = calloc(QK_HISTORY_POINTS * (history->source_count + 1), sizeof history->rates[0]);
    if (history->points && history->rates)
        return true;
    free(history->points);
    free(history->rates);
    history->points = NULL;
    history->rates = NULL;
    return false;
}

static void fill(qk_rest_history *history, const qk_rest_counters *counters, int64_t unix_s)
{
    qk_history_point *point = &history->points[history->next];
    uint64_t served = qk_counters_served(counters), requests = atomic_load(&counters->draws);
    qk_entropy_status entropy;

    qk_entropy_status_get(&entropy);
    *point = (qk_history_point){ unix_s, entropy.reserve_bytes, served - history->served_before,
                                 requests - history->requests_before };
    history->served_before = served;
    history->requests_before = requests;
    for (size_t i = 0; i < history->source_count; i++) {
        qk_source_status source;
        qk_source_status_get(qk_entropy_source(i), &source);
        history->rates[history->next * history->source_count + i] = source.bits_per_second;
    }
    history->next = (history->next + 1) % QK_HISTORY_POINTS;
    if (history->count < QK_HISTORY_POINTS)
        history->count++;
}

void qk_history_sample(qk_rest_history *history, const qk_rest_counters *counters, int64_t unix_s)
{
    pthread_mutex_lock(&history->lock);
    qk_buf_done(&history->document);
    if (allocate(history))
        fill(history, counters, unix_s);
    pthread_mutex_unlock(&history->lock);
}

/* ---- the document ---- */

/* Place in the ring of the i-th point, oldest first. */
static size_t place_of(const qk_rest_history *history, size_t i)
{
    return (history->next + QK_HISTORY_POINTS - history->count + i) % QK_HISTORY_POINTS;
}

static void write_points(const qk_rest_history *history, qk_json *json, const char *key, size_t offset)
{
    qk_json_open(json, key, '[');
    for (size_t i = 0; i < history->count; i++) {
        const uint8_t *point = (const uint8_t *)&history->points[place_of(history, i)];
        uint64_t value;
        memcpy(&value, point + offset, sizeof value);
        qk_json_uint(json, NULL, value);
    }
    qk_json_close(json, ']');
}

static void write_rates(const qk_rest_history *history, qk_json *json)
{
    qk_json_open(json, "sources", '{');
    for (size_t source = 0; source < history->source_count; source++) {
        qk_json_open(json, qk_source_config_of(qk_entropy_source(source))->name, '[');
        for (size_t i = 0; i < history->count; i++)
            qk_json_uint(json, NULL, history->rates[place_of(history, i) * history->source_count + source]);
        qk_json_close(json, ']');
    }
    qk_json_close(json, '}');
}

static void write_document(qk_rest_history *history)
{
    qk_json json = qk_json_to(&history->document);

    qk_json_open(&json, NULL, '{');
    qk_json_uint(&json, "interval_seconds", QK_HISTORY_SECONDS);
    write_points(history, &json, "time", offsetof(qk_history_point, unix_s));
    write_points(history, &json, "reserve_bytes", offsetof(qk_history_point, reserve_bytes));
    write_points(history, &json, "served_bytes", offsetof(qk_history_point, served_bytes));
    write_points(history, &json, "requests", offsetof(qk_history_point, requests));
    write_rates(history, &json);
    qk_json_close(&json, '}');
}

/* A day is half a megabyte of digits, which anybody may ask for: they are written once in ten seconds. */
void qk_history_write(qk_rest_history *history, qk_buf *out)
{
    pthread_mutex_lock(&history->lock);
    if (!history->document.len)
        write_document(history);
    if (history->document.failed) {
        out->failed = true;
        qk_buf_done(&history->document);
    } else {
        qk_buf_put(out, qk_buf_view(&history->document));
    }
    pthread_mutex_unlock(&history->lock);
}
