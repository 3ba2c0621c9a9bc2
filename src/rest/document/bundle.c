/* SPDX-License-Identifier: Apache-2.0 */
/* The log bundle, for whoever helps an operator: status, results of the statistical tests, the version, and, for tokens
 * of scope metrics, the end of the log file, which has names of identities and addresses of peers. Never tokens, PINs
 * or random: none of these documents holds any, and the log never does.
 *
 * To make one takes a while, and anybody may ask: it is made once in ten seconds, and nobody waits for another's. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "rest/record/runs.h"
#include "rest/document/status.h"
#include "rest/text/tar.h"

enum { MOST_LOG = 1024 * 1024, RUNS = 100, KEPT_MS = 10000 };

static const char without_log[] = "The server's log is in bundles that are asked for with a token of scope metrics:\n"
                                  "curl -OJ -H 'Authorization: Bearer TOKEN' https://HOST/api/v1/logs/bundle\n";

/* Whole lines of the last MiB. A log that cannot be read is left out. */
static void read_log(const char *path, qk_buf *out)
{
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    struct stat about;
    uint8_t *place;
    ssize_t got;
    off_t from;

    if (fd < 0)
        return;
    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_size > 0 && (place = qk_buf_grow(out, MOST_LOG))) {
        from = about.st_size > MOST_LOG ? about.st_size - MOST_LOG : 0;
        got = pread(fd, place, MOST_LOG, from);
        out->len = got > 0 ? (size_t)got : 0;
        place = from && out->len ? memchr(out->data, '\n', out->len) : NULL;
        if (place) {
            size_t cut = (size_t)(place + 1 - out->data);
            memmove(out->data, place + 1, out->len - cut);
            out->len -= cut;
        }
    }
    close(fd);
}

static void put_file(qk_buf *tar, const char *folder, const char *name, int64_t now, const qk_buf *content)
{
    char path[100];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    qk_tar_put(tar, path, now, qk_buf_view(content));
}

static qk_err write_bundle(qk_rest *rest, const char *folder, bool with_log, int64_t now, qk_buf *out)
{
    QK_OWNED(qk_buf_done) qk_buf tar = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf status = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf tests = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf log = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;

    qk_status_write(rest, &status);
    if (qk_runs_write(rest, QK_TEST_ALL, RUNS, false, &tests) != QK_OK)
        qk_buf_clear(&tests); /* a bundle without them still helps */
    qk_buf_put_text(&text, "quantokid " QK_VERSION "\n");
    put_file(&tar, folder, "version.txt", now, &text);
    put_file(&tar, folder, "status.json", now, &status);
    if (tests.len)
        put_file(&tar, folder, "tests.json", now, &tests);
    if (with_log)
        read_log(rest->host.log_path, &log);
    if (log.len)
        put_file(&tar, folder, "quantokid.log", now, &log);
    qk_buf_clear(&text);
    qk_buf_put_text(&text, without_log);
    if (!with_log)
        put_file(&tar, folder, "README.txt", now, &text);
    qk_tar_end(&tar);
    QK_TRY(qk_buf_check(&tar));
    return qk_gzip(qk_buf_view(&tar), out);
}

/* ---- one at a time, for ten seconds ---- */

static bool is_fresh(const qk_rest_bundle *bundle)
{
    return bundle->document.len && qk_clock_monotonic_ms() - bundle->made_ms < KEPT_MS;
}

/* Without the lock, since it takes long; `making` keeps others from it. */
static qk_err make(qk_rest *rest, qk_rest_bundle *bundle)
{
    QK_OWNED(qk_buf_done) qk_buf document = QK_BUF_NONE;
    int64_t now = qk_clock_unix_s();
    time_t at = (time_t)now;
    char folder[sizeof bundle->folder] = "quantoki-logs";
    struct tm parts;
    qk_err err;

    if (gmtime_r(&at, &parts))
        strftime(folder, sizeof folder, "quantoki-logs-%Y%m%dT%H%M%SZ", &parts);
    err = write_bundle(rest, folder, bundle == &rest->bundles[1], now, &document);
    pthread_mutex_lock(&rest->bundle_lock);
    bundle->making = false;
    if (err == QK_OK) {
        qk_buf_done(&bundle->document);
        qk_buf_give(&document, &bundle->document);
        memcpy(bundle->folder, folder, sizeof folder);
        bundle->made_ms = qk_clock_monotonic_ms();
    }
    pthread_mutex_unlock(&rest->bundle_lock);
    return err;
}

static qk_err give(qk_rest *rest, qk_rest_bundle *bundle, qk_rest_call *call)
{
    char disposition[96];

    pthread_mutex_lock(&rest->bundle_lock);
    qk_buf_put(&call->body, qk_buf_view(&bundle->document));
    snprintf(disposition, sizeof disposition, "attachment; filename=\"%s.tar.gz\"", bundle->folder);
    pthread_mutex_unlock(&rest->bundle_lock);
    QK_TRY(qk_buf_check(&call->body));
    qk_rest_header(call, "Content-Disposition", disposition);
    qk_rest_reply(call, 200, "application/gzip");
    return QK_OK;
}

void qk_rest_make_bundle(qk_rest *rest, qk_rest_call *call)
{
    qk_rest_bundle *bundle = &rest->bundles[qk_rest_caller_has(rest, call, QK_SCOPE_METRICS)];
    bool fresh, busy;
    qk_err err = QK_OK;

    pthread_mutex_lock(&rest->bundle_lock);
    fresh = is_fresh(bundle);
    busy = !fresh && bundle->making;
    if (!fresh)
        bundle->making = true;
    pthread_mutex_unlock(&rest->bundle_lock);
    if (busy) {
        qk_rest_refuse_for(call, QK_REFUSE_UNAVAILABLE, 1, "the bundle is being made: come back for it");
        return;
    }
    if (!fresh)
        err = make(rest, bundle);
    if (err == QK_OK)
        err = give(rest, bundle, call);
    if (err != QK_OK)
        qk_rest_refuse_failure(call, err);
}
