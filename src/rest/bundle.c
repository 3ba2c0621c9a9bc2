/* SPDX-License-Identifier: Apache-2.0 */
/* The log bundle, for whoever helps an operator: status, results of the statistical tests, the end of the log file, the
 * version. Never tokens, PINs or random: none of these documents holds any, and the log never does. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "rest/runs.h"
#include "rest/status.h"
#include "rest/tar.h"

enum { MOST_LOG = 1024 * 1024, RUNS = 100 };

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

static qk_err write_bundle(qk_rest *rest, const char *folder, int64_t now, qk_buf *out)
{
    QK_OWNED(qk_buf_done) qk_buf tar = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf status = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf tests = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf log = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf version = QK_BUF_NONE;

    qk_status_write(rest, &status);
    if (qk_runs_write(rest, QK_TEST_ALL, RUNS, false, &tests) != QK_OK)
        qk_buf_clear(&tests); /* a bundle without them still helps */
    read_log(rest->host.log_path, &log);
    qk_buf_put_text(&version, "quantokid " QK_VERSION "\n");
    put_file(&tar, folder, "version.txt", now, &version);
    put_file(&tar, folder, "status.json", now, &status);
    if (tests.len)
        put_file(&tar, folder, "tests.json", now, &tests);
    if (log.len)
        put_file(&tar, folder, "quantokid.log", now, &log);
    qk_tar_end(&tar);
    QK_TRY(qk_buf_check(&tar));
    return qk_gzip(qk_buf_view(&tar), out);
}

void qk_rest_make_bundle(qk_rest *rest, qk_rest_call *call)
{
    int64_t now = qk_clock_unix_s();
    time_t at = (time_t)now;
    char folder[48] = "quantoki-logs", disposition[96];
    struct tm parts;
    qk_err err;

    if (gmtime_r(&at, &parts))
        strftime(folder, sizeof folder, "quantoki-logs-%Y%m%dT%H%M%SZ", &parts);
    err = write_bundle(rest, folder, now, &call->body);
    if (err != QK_OK) {
        qk_rest_refuse_failure(call, err);
        return;
    }
    snprintf(disposition, sizeof disposition, "attachment; filename=\"%s.tar.gz\"", folder);
    qk_rest_header(call, "Content-Disposition", disposition);
    qk_rest_reply(call, 200, "application/gzip");
}
