/* SPDX-License-Identifier: Apache-2.0 */
/* What others may know of the seeder: Prometheus metrics and a JSON status, each in a file that is replaced whole. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "seeder/supervisor.h"
#include "seeder/text.h"

enum { WRITE_EVERY_MS = 1000, AGES_EVERY_MS = 10000, LONG_MS = 1000000000 };

/* ---- metrics ---- */

static double injections_of(const qk_seed_target *it)
{
    return (double)it->injections;
}
static double bytes_of(const qk_seed_target *it)
{
    return (double)it->bytes;
}
static double failures_of(const qk_seed_target *it)
{
    return (double)it->failures;
}
static double missed_of(const qk_seed_target *it)
{
    return (double)it->missed;
}
static double last_of(const qk_seed_target *it)
{
    return (double)it->last_success_unix_s;
}
static double unneeded_of(const qk_seed_target *it)
{
    return (double)it->unneeded;
}
static double micros_of(const qk_seed_target *it)
{
    return (double)it->last_micros / 1e6;
}
static double back_off_of(const qk_seed_target *it)
{
    return (double)it->back_off_ms / 1000;
}
/* By the monotonic clock: somebody may set the calendar. */
static double age_of(const qk_seed_target *it)
{
    return it->last_success_unix_s ? (double)((qk_clock_monotonic_ms() - it->last_success_ms) / 1000) : -1;
}
static double in_a_row_of(const qk_seed_target *it)
{
    return (double)it->failures_in_a_row;
}
static double latched_of(const qk_seed_target *it)
{
    return it->latched ? 1 : 0;
}
static double off_of(const qk_seed_target *it)
{
    return it->off ? 1 : 0;
}

static const struct metric {
    const char *name, *type, *help;
    double (*of)(const qk_seed_target *);
} metrics[] = {
    { "injections_total", "counter", "Seeds that the token took.", injections_of },
    { "bytes_total", "counter", "Bytes of them.", bytes_of },
    { "failures_total", "counter", "Seeds that it did not take.", failures_of },
    { "unneeded_total", "counter", "Seeds that a full pool had no use for.", unneeded_of },
    { "missed_cycles_total", "counter", "Cycles that were skipped.", missed_of },
    { "last_success_timestamp_seconds", "gauge", "Time of the last seed that it took; 0: never.", last_of },
    { "last_success_age_seconds", "gauge", "Age of it when this was written; -1: never.", age_of },
    { "duration_seconds", "gauge", "Work of the last order.", micros_of },
    { "back_off_seconds", "gauge", "Pause after failures; 0: none.", back_off_of },
    { "failures_in_a_row", "gauge", "Since the last seed that it took.", in_a_row_of },
    { "off", "gauge", "1 if the target is not seeded any more.", off_of },
    { "latched", "gauge", "1 if that is because of a wrong PIN.", latched_of },
};

static void put_service(qk_buf *out, const qk_seeder *seeder)
{
    const struct {
        const char *name, *help;
        uint64_t value;
    } rows[] = {
        { "downloads_total", "Downloads from the entropy service.", seeder->downloads },
        { "download_failures_total", "Downloads that failed.", seeder->download_failures },
        { "downloaded_bytes_total", "Bytes of entropy downloaded.", seeder->downloaded_bytes },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        qk_buf_printf(out, "# HELP quantoki_seed_%s %s\n# TYPE quantoki_seed_%s counter\nquantoki_seed_%s %ju\n",
                      rows[i].name, rows[i].help, rows[i].name, rows[i].name, (uintmax_t)rows[i].value);
}

/* Until the service is asked again; a request that it refuses waits for the operator. */
static double pause_s(const qk_seeder *seeder)
{
    int64_t left_ms = seeder->service_pause_until_ms - qk_clock_monotonic_ms();

    return left_ms <= 0 ? 0 : left_ms > LONG_MS ? HUGE_VAL : (double)left_ms / 1000;
}

static void put_gauge(qk_buf *out, const char *name, const char *help, double value)
{
    qk_buf_printf(out, "# HELP quantoki_seed_%s %s\n# TYPE quantoki_seed_%s gauge\n", name, help, name);
    if (isinf(value))
        qk_buf_printf(out, "quantoki_seed_%s +Inf\n", name);
    else
        qk_buf_printf(out, "quantoki_seed_%s %.17g\n", name, value);
}

static void put_target(qk_buf *out, const char *metric, const qk_seed_target *it)
{
    qk_buf_printf(out, "quantoki_seed_%s{target=\"", metric);
    qk_seed_put_label(out, it->name);
    qk_buf_put_text(out, "\",token=\"");
    qk_seed_put_label(out, it->token.label);
    qk_buf_put_text(out, "\",serial=\"");
    qk_seed_put_label(out, it->token.serial);
    qk_buf_put_text(out, "\"");
}

static void put_codes(qk_buf *out, const qk_seeder *seeder)
{
    qk_buf_put_text(out, "# HELP quantoki_seed_failures_by_code_total Seeds that it did not take, by return code.\n"
                         "# TYPE quantoki_seed_failures_by_code_total counter\n");
    for (const qk_seed_target *it = seeder->targets; it; it = it->next)
        for (size_t i = 0; i <= QK_SEED_CODES; i++) {
            CK_RV code = 0;
            if (it->failures_by_code[i] == 0)
                continue;
            put_target(out, "failures_by_code_total", it);
            qk_buf_printf(out, ",code=\"%s\"} %ju\n",
                          i < QK_SEED_CODES && qk_seed_code_at(i, &code) ? qk_seed_code_name(code) : "other",
                          (uintmax_t)it->failures_by_code[i]);
        }
}

/* What has a row for each pattern of all_tokens. */
static void put_patterns(qk_buf *out, const qk_seeder *seeder)
{
    qk_buf_put_text(out,
                    "# HELP quantoki_seed_tokens_found Tokens that all_tokens found when it last looked; 0: none, or "
                    "the library fails.\n"
                    "# TYPE quantoki_seed_tokens_found gauge\n");
    for (const qk_seed_target *it = seeder->targets; it; it = it->next)
        if (it->is_pattern) {
            qk_buf_put_text(out, "quantoki_seed_tokens_found{target=\"");
            qk_seed_put_label(out, it->name);
            qk_buf_printf(out, "\"} %u\n", it->tokens_found);
        }
}

static void put_metrics(qk_buf *out, const qk_seeder *seeder)
{
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
        qk_buf_printf(out, "# HELP quantoki_seed_%s %s\n# TYPE quantoki_seed_%s %s\n", metrics[i].name, metrics[i].help,
                      metrics[i].name, metrics[i].type);
        for (const qk_seed_target *it = seeder->targets; it; it = it->next) {
            if (it->is_pattern)
                continue;
            put_target(out, metrics[i].name, it);
            qk_buf_printf(out, "} %.17g\n", metrics[i].of(it));
        }
    }
    put_codes(out, seeder);
    put_patterns(out, seeder);
    put_service(out, seeder);
    put_gauge(out, "service_failing", "1 if the last download failed.", seeder->service_words[0] ? 1 : 0);
    put_gauge(out, "service_pause_seconds", "Until the service is asked again; +Inf: SIGHUP or SIGUSR1 has to say so.",
              pause_s(seeder));
}

/* ---- status ---- */

static void put_json(qk_buf *out, const char *name, const char *text, const char *end)
{
    qk_buf_printf(out, "\"%s\":\"", name);
    qk_seed_put_json(out, text);
    qk_buf_printf(out, "\"%s", end);
}

/* A target that does well is still not seeded while the service gives nothing. */
static const char *state_of(const qk_seeder *seeder, const qk_seed_target *it)
{
    if (it->latched)
        return "latched";
    if (it->off)
        return "off";
    if (it->back_off_ms)
        return "failing";
    if (seeder->service_words[0])
        return "no-entropy";
    return it->injections + it->unneeded ? "seeded" : "waiting";
}

static void put_names(qk_buf *out, const qk_seed_target *it)
{
    put_json(out, "name", it->name, ",");
    put_json(out, "library", it->config.library, ",");
    put_json(out, "last_code", qk_seed_code_name(it->last_code), ",");
    put_json(out, "advice", qk_seed_advice(it->last_code), ",");
}

/* Removing it is the operator's word to try again. */
static void put_note(qk_buf *out, const qk_seeder *seeder, const qk_seed_target *it)
{
    QK_OWNED(qk_buf_done) qk_buf path = QK_BUF_NONE;

    if (it->latch.note[0])
        qk_buf_printf(&path, "%s/%s", qk_seed_state_folder(seeder), it->latch.note);
    put_json(out, "note", qk_buf_text(&path) ? qk_buf_text(&path) : "", ",");
}

static void put_seeded(qk_buf *out, const qk_seeder *seeder, const qk_seed_target *it)
{
    put_json(out, "token", it->token.label, ",");
    put_json(out, "serial", it->token.serial, ",");
    put_json(out, "state", state_of(seeder, it), ",");
    if (it->latched)
        put_note(out, seeder, it);
    qk_buf_printf(out,
                  "\"injections\":%ju,\"bytes\":%ju,\"failures\":%ju,\"missed\":%ju,\"last_success\":%jd,"
                  "\"back_off_ms\":%jd}",
                  (uintmax_t)it->injections, (uintmax_t)it->bytes, (uintmax_t)it->failures, (uintmax_t)it->missed,
                  (intmax_t)it->last_success_unix_s, (intmax_t)it->back_off_ms);
}

static void put_pattern(qk_buf *out, const qk_seed_target *it)
{
    put_json(out, "state", it->reports == 0 ? "waiting" : it->last_code == CKR_OK ? "found" : "failing", ",");
    qk_buf_printf(out, "\"tokens\":%u,\"left_out\":%u,\"failures\":%ju}", it->tokens_found, it->tokens_left_out,
                  (uintmax_t)it->failures);
}

static void put_list(qk_buf *out, const qk_seeder *seeder, bool patterns)
{
    const char *comma = "";

    for (const qk_seed_target *it = seeder->targets; it; it = it->next) {
        if (it->is_pattern != patterns)
            continue;
        qk_buf_printf(out, "%s{", comma);
        put_names(out, it);
        if (patterns)
            put_pattern(out, it);
        else
            put_seeded(out, seeder, it);
        comma = ",";
    }
}

static void put_status(qk_buf *out, const qk_seeder *seeder)
{
    qk_buf_put_text(out, "{");
    put_json(out, "version", QK_VERSION, ",");
    put_json(out, "service_error", seeder->service_words, ",\"targets\":[");
    put_list(out, seeder, false);
    qk_buf_put_text(out, "],\"all_tokens\":[");
    put_list(out, seeder, true);
    qk_buf_put_text(out, "]}\n");
}

/* Whole or not at all, but without waiting for the disk: it is written again in a second. What lies in the way, a FIFO
 * or a link, is removed and never opened. */
static qk_err replace_file(const char *path, qk_view text)
{
    char beside[4096];
    ssize_t written;
    int fd;

    if (snprintf(beside, sizeof beside, "%s.new", path) >= (int)sizeof beside)
        return qk_fail(QK_E_CONFIG, "%.200s: the path is too long", path);
    if (unlink(beside) != 0 && errno != ENOENT)
        return qk_fail(QK_E_SYSTEM, "%s: %s", beside, strerror(errno));
    fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return qk_fail(QK_E_SYSTEM, "%s: %s", beside, strerror(errno));
    written = fchmod(fd, 0644) == 0 ? write(fd, text.data, text.len) : -1; /* for others, whatever the umask says */
    if (close(fd) != 0 || written != (ssize_t)text.len || rename(beside, path) != 0)
        return qk_fail(QK_E_SYSTEM, "%s: %s", path, strerror(errno));
    return QK_OK;
}

static void write_one(const char *path, const qk_seeder *seeder, void (*put)(qk_buf *, const qk_seeder *))
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;
    qk_err err;

    if (!path)
        return;
    put(&text, seeder);
    err = qk_buf_check(&text);
    if (err == QK_OK)
        err = replace_file(path, qk_buf_view(&text));
    if (err != QK_OK)
        qk_log_failure(QK_LOG_WARNING, err, "op=status file=%s", qk_seed_shown(path));
}

void qk_seeder_write_status(qk_seeder *seeder, int64_t now_ms)
{
    if (seeder->ask != QK_SEED_ASK_SEED) /* a check beside the daemon, whose files these are */
        return;
    if (now_ms - seeder->written_ms < (seeder->changed ? WRITE_EVERY_MS : AGES_EVERY_MS) && !seeder->stopping)
        return;
    write_one(seeder->config.metrics_file, seeder, put_metrics);
    write_one(seeder->config.status_file, seeder, put_status);
    seeder->changed = false;
    seeder->written_ms = now_ms;
}
