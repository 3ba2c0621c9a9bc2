/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/entropy/entropy_report.h"

#include <jansson.h>
#include <stdio.h>

#include "cli/token/token_text.h"

enum { TEXT = 256, COLUMNS = 7, CELL = 64 };

/* ---- members ---- */

static void json_done(json_t **json)
{
    json_decref(*json);
}

/* "" if it is not there; characters beyond printable ASCII become '?', since terminals obey some of them. */
static void text_of(const json_t *object, const char *name, char out[TEXT])
{
    const char *text = json_string_value(json_object_get(object, name));
    size_t len = 0;

    for (; text && text[len] && len + 1 < TEXT; len++)
        out[len] = text[len] >= ' ' && text[len] < 0x7f ? text[len] : '?';
    out[len] = 0;
}

static uint64_t count_of(const json_t *object, const char *name)
{
    json_int_t value = json_integer_value(json_object_get(object, name));

    return value > 0 ? (uint64_t)value : 0;
}

static double number_of(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

static void bytes_of(const json_t *object, const char *name, char out[QK_TOKEN_TEXT])
{
    qk_token_bytes_write(count_of(object, name), out);
}

/* "4.0 Mb/s" */
static void rate_of(const json_t *source, char out[CELL])
{
    static const char *const units[] = { "b/s", "kb/s", "Mb/s", "Gb/s" };
    double rate = number_of(source, "bits_per_second");
    size_t unit = 0;

    for (; rate >= 1000 && unit < 3; unit++)
        rate /= 1000;
    snprintf(out, CELL, unit ? "%.1f %s" : "%.0f %s", rate, units[unit]);
}

static void duration_of(uint64_t seconds, char out[CELL])
{
    unsigned long long days = seconds / 86400, hours = seconds / 3600 % 24, minutes = seconds / 60 % 60;

    if (days)
        snprintf(out, CELL, "%llu d %llu h", days, hours);
    else if (hours)
        snprintf(out, CELL, "%llu h %llu min", hours, minutes);
    else
        snprintf(out, CELL, "%llu min %llu s", minutes, (unsigned long long)seconds % 60);
}

/* "passed at 2026-11-21T14:00:00Z (tests 99.0 %, uniformity 100.0 %)" */
static void run_of(const json_t *object, char out[TEXT])
{
    const json_t *run = json_object_get(object, "last_run");
    char time_[TEXT];

    snprintf(out, TEXT, "none yet");
    if (!json_is_object(run))
        return;
    text_of(run, "time", time_);
    snprintf(out, TEXT, "%s at %.40s (tests %.1f %%, uniformity %.1f %%)",
             json_is_true(json_object_get(run, "tests_passed")) ? "passed" : "FAILED", time_,
             100 * number_of(run, "nist_success_rate"), 100 * number_of(run, "uniformity_success_rate"));
}

static void list_of(const json_t *object, const char *name, char out[TEXT])
{
    const json_t *item, *list = json_object_get(object, name);
    size_t index, len = 0;

    *out = 0;
    json_array_foreach(list, index, item)
    {
        const char *text = json_string_value(item);
        if (text && len < TEXT / 2)
            len += (size_t)snprintf(out + len, TEXT - len, "%s%.30s", len ? ", " : "", text);
    }
    if (!len)
        snprintf(out, TEXT, "none");
    for (char *c = out; *c; c++)
        *c = *c >= ' ' && *c < 0x7f ? *c : '?';
}

static qk_err load(qk_view body, json_t **out)
{
    *out = json_loadb((const char *)body.data, body.len, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(*out) || !json_is_array(json_object_get(*out, "sources")))
        return qk_fail(QK_E_PROTOCOL, "the answer is no status document: is there a quantokid at this address?");
    return QK_OK;
}

/* ---- the sources as a table ---- */

typedef char cells[COLUMNS][CELL];

static void fill(const json_t *source, cells row)
{
    static const char *const texts[] = { "name", "kind", "driver", "state" };
    char text[TEXT];

    for (size_t i = 0; i < 4; i++) {
        text_of(source, texts[i], text);
        snprintf(row[i], CELL, "%.60s", text);
    }
    snprintf(row[4], CELL, "%s", json_is_true(json_object_get(source, "credited")) ? "yes" : "no");
    rate_of(source, row[5]);
    snprintf(row[6], CELL, "%llu", (unsigned long long)count_of(source, "errors"));
}

static void put_row(cells row, const size_t widths[COLUMNS], qk_buf *out)
{
    for (size_t i = 0; i + 1 < COLUMNS; i++)
        qk_buf_printf(out, "%-*s  ", (int)widths[i], row[i]);
    qk_buf_printf(out, "%s\n", row[COLUMNS - 1]);
}

static void put_table(const json_t *sources, qk_buf *out)
{
    cells row = { "SOURCE", "KIND", "DRIVER", "STATE", "CREDITED", "RATE", "ERRORS" };
    size_t widths[COLUMNS], index;
    const json_t *source;

    for (size_t i = 0; i < COLUMNS; i++)
        widths[i] = strlen(row[i]);
    json_array_foreach(sources, index, source)
    {
        cells filled;
        fill(source, filled);
        for (size_t i = 0; i < COLUMNS; i++)
            widths[i] = strlen(filled[i]) > widths[i] ? strlen(filled[i]) : widths[i];
    }
    put_row(row, widths, out);
    json_array_foreach(sources, index, source)
    {
        fill(source, row);
        put_row(row, widths, out);
    }
}

/* ---- status ---- */

static void put_reserve(const json_t *reserve, qk_buf *out)
{
    const json_t *memory = json_object_get(reserve, "memory"), *disk = json_object_get(reserve, "disk");
    char have[QK_TOKEN_TEXT], room[QK_TOKEN_TEXT], message[TEXT];

    bytes_of(memory, "bytes", have);
    bytes_of(memory, "capacity", room);
    if (count_of(memory, "capacity"))
        qk_buf_printf(out, "reserve        %s of %s in memory", have, room);
    else
        qk_buf_put_text(out, "reserve        none in memory");
    if (count_of(disk, "capacity")) {
        bytes_of(disk, "bytes", have);
        bytes_of(disk, "capacity", room);
        qk_buf_printf(out, ", %s of %s on disk", have, room);
    }
    text_of(disk, "message", message);
    qk_buf_printf(out, "%s%s\n", *message ? "; " : "", message);
}

static void put_served(const json_t *document, qk_buf *out)
{
    const json_t *served = json_object_get(document, "served");
    const json_t *generators = json_object_get(document, "generators");
    char quantum[QK_TOKEN_TEXT], mixed[QK_TOKEN_TEXT], conditioned[QK_TOKEN_TEXT];

    bytes_of(served, "quantum_bytes", quantum);
    bytes_of(served, "mixed_bytes", mixed);
    bytes_of(generators, "conditioned_bytes", conditioned);
    qk_buf_printf(out, "served         %s quantum, %s mixed, in %llu requests\n", quantum, mixed,
                  (unsigned long long)count_of(served, "requests"));
    qk_buf_printf(out, "generators     %s of conditioned bits, %llu reseeds\n", conditioned,
                  (unsigned long long)count_of(generators, "reseeds"));
}

qk_err qk_entropy_report_status(qk_view json, const char *address, qk_buf *out)
{
    QK_OWNED(json_done) json_t *document = NULL;
    char version[TEXT], state[TEXT], types[TEXT], run[TEXT], uptime[CELL];

    QK_TRY(load(json, &document));
    text_of(document, "version", version);
    text_of(document, "state", state);
    list_of(document, "entropy_types", types);
    duration_of(count_of(document, "uptime_seconds"), uptime);
    run_of(document, run);
    qk_buf_printf(out, "server         %s, version %s, up %s\n", address, version, uptime);
    qk_buf_printf(out, "state          %s\n", state);
    qk_buf_printf(out, "entropy types  %s\n", types);
    put_reserve(json_object_get(document, "reserve"), out);
    put_served(document, out);
    qk_buf_printf(out, "last test run  %s\n\n", run);
    put_table(json_object_get(document, "sources"), out);
    return qk_buf_check(out);
}

/* ---- sources ---- */

static void put_tests(const json_t *source, qk_buf *out)
{
    const json_t *rct = json_object_get(source, "rct"), *apt = json_object_get(source, "apt");

    qk_buf_printf(out, "  repetition   cut-off %llu, permanent %llu; %llu failures\n",
                  (unsigned long long)count_of(rct, "cutoff"), (unsigned long long)count_of(rct, "permanent_cutoff"),
                  (unsigned long long)count_of(rct, "failures"));
    qk_buf_printf(out, "  proportion   cut-off %llu of %llu, permanent %llu; %llu failures\n",
                  (unsigned long long)count_of(apt, "cutoff"), (unsigned long long)count_of(apt, "window"),
                  (unsigned long long)count_of(apt, "permanent_cutoff"), (unsigned long long)count_of(apt, "failures"));
}

static void put_messages(const json_t *source, qk_buf *out)
{
    const json_t *message;
    char time_[TEXT], words[TEXT];
    size_t index;

    json_array_foreach(json_object_get(source, "messages"), index, message)
    {
        text_of(message, "time", time_);
        text_of(message, "text", words);
        qk_buf_printf(out, "  %-11s  %s %s\n", index ? "" : "messages", time_, words);
    }
}

static void put_source(const json_t *source, qk_buf *out)
{
    char name[TEXT], kind[TEXT], driver[TEXT], path[TEXT], state[TEXT], badge[TEXT], run[TEXT], rate[CELL];
    char queued[QK_TOKEN_TEXT];

    text_of(source, "name", name);
    text_of(source, "kind", kind);
    text_of(source, "driver", driver);
    text_of(source, "path", path);
    text_of(source, "state", state);
    text_of(source, "badge", badge);
    rate_of(source, rate);
    bytes_of(source, "queued_bytes", queued);
    run_of(source, run);
    qk_buf_printf(out, "%s\n", name);
    qk_buf_printf(out, "  state        %s (%s)\n", state, badge);
    qk_buf_printf(out, "  kind         %s, driver %s%s%s\n", kind, driver, *path ? ", " : "", path);
    qk_buf_printf(out, "  credit       %s, priority %llu, %.2f of %llu bits per sample claimed\n",
                  json_is_true(json_object_get(source, "credited")) ? "counts" : "does not count",
                  (unsigned long long)count_of(source, "priority"), number_of(source, "min_entropy"),
                  (unsigned long long)count_of(source, "sample_bits"));
    qk_buf_printf(out, "  samples      %llu tested, %s, %s queued\n", (unsigned long long)count_of(source, "samples"),
                  rate, queued);
    qk_buf_printf(out, "  failures     %llu; %llu start-up tests passed\n",
                  (unsigned long long)count_of(source, "errors"), (unsigned long long)count_of(source, "startups"));
    put_tests(source, out);
    qk_buf_printf(out, "  last run     %s\n", run);
    put_messages(source, out);
}

qk_err qk_entropy_report_sources(qk_view json, qk_buf *out)
{
    QK_OWNED(json_done) json_t *document = NULL;
    const json_t *sources, *source;
    size_t index;

    QK_TRY(load(json, &document));
    sources = json_object_get(document, "sources");
    json_array_foreach(sources, index, source)
    {
        qk_buf_put_text(out, index ? "\n" : "");
        put_source(source, out);
    }
    if (json_array_size(sources) == 0)
        qk_buf_put_text(out, "There are no noise sources.\n");
    return qk_buf_check(out);
}
