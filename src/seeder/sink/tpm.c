/* SPDX-License-Identifier: Apache-2.0 */
/* A TPM 2.0: its device, or a Unix socket that takes the same commands (swtpm, virtual machines). It is opened for each
 * order, since some emulators serve one client at a time. A seed goes in pieces, the largest that a TPM takes. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/registers.h"
#include "seeder/sink/sink_kind.h"
#include "seeder/sink/tpm_message.h"

enum { ANSWER_MS = 20000 };

static CK_RV connect_socket(const char *path, int *out_fd)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd;

    if (strlen(path) >= sizeof address.sun_path)
        return qk_sink_failed(path, ENAMETOOLONG);
    memcpy(address.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return qk_sink_failed(path, errno);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        CK_RV rv = qk_sink_failed(path, errno);
        close(fd);
        return rv;
    }
    *out_fd = fd;
    return CKR_OK;
}

static CK_RV open_tpm(const char *path, int *out_fd)
{
    struct stat about;

    if (stat(path, &about) != 0)
        return qk_sink_failed(path, errno);
    if (S_ISSOCK(about.st_mode))
        return connect_socket(path, out_fd);
    if (!S_ISCHR(about.st_mode)) {
        qk_sink_say(path, "neither a device nor a socket");
        return QK_SEED_SINK_WRONG_KIND;
    }
    *out_fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
    return *out_fd >= 0 ? CKR_OK : qk_sink_failed(path, errno);
}

/* A device takes a command in one write and nothing else. */
static CK_RV send_command(const char *path, int fd, qk_view piece)
{
    QK_OWNED(qk_buf_done) qk_buf command = QK_BUF_NONE; /* wiped */
    ssize_t written;

    qk_tpm_stir_write(piece, &command);
    qk_registers_wipe();
    if (qk_buf_check(&command) != QK_OK)
        return CKR_HOST_MEMORY;
    do
        written = write(fd, command.data, command.len);
    while (written < 0 && errno == EINTR);
    if (written == (ssize_t)command.len)
        return CKR_OK;
    return qk_sink_failed(path, written < 0 ? errno : EIO);
}

static CK_RV broken(const char *path, const char *words)
{
    qk_sink_say(path, words);
    return QK_SEED_TPM_ANSWER;
}

/* A device gives a response in one read, a socket as it likes. */
static CK_RV receive_response(const char *path, int fd, uint8_t place[QK_TPM_MOST_RESPONSE], size_t *out_len)
{
    qk_deadline_ms deadline = qk_deadline_in(ANSWER_MS);
    size_t len = 0, whole = 0;

    while (whole == 0 || len < whole) {
        struct pollfd ready = { .fd = fd, .events = POLLIN };
        int seen = poll(&ready, 1, qk_deadline_left(deadline));
        ssize_t got = seen > 0 ? read(fd, place + len, QK_TPM_MOST_RESPONSE - len) : -1;
        if (seen == 0)
            return qk_sink_failed(path, ETIMEDOUT);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return qk_sink_failed(path, errno);
        if (got == 0)
            return broken(path, "it ended before its response did");
        len += (size_t)got;
        whole = qk_tpm_response_len(qk_view_of(place, len));
        if (whole == SIZE_MAX)
            return broken(path, "its response has an impossible length");
    }
    *out_len = len;
    return CKR_OK;
}

static CK_RV stir(const char *path, int fd, qk_view piece)
{
    uint8_t place[QK_TPM_MOST_RESPONSE];
    char words[40];
    uint32_t code = 0;
    size_t len = 0;
    CK_RV rv = send_command(path, fd, piece);

    if (rv == CKR_OK)
        rv = receive_response(path, fd, place, &len);
    if (rv != CKR_OK)
        return rv;
    if (qk_tpm_response_read(qk_view_of(place, len), &code) != QK_OK)
        return broken(path, qk_failure_last()->words);
    rv = qk_tpm_judge(code);
    if (rv != CKR_OK) {
        snprintf(words, sizeof words, "TPM response code 0x%03x", code);
        qk_sink_say(path, words);
    }
    return rv;
}

/* To find it, it is stirred with nothing: what answers well is a TPM 2.0, and would take seeds. */
static CK_RV stir_all(const char *path, int fd, const qk_seed_order *order, qk_seed_report *report)
{
    qk_view rest = order->ask == QK_SEED_ASK_SEED ? order->seed : QK_VIEW_NONE;
    CK_RV rv;

    do {
        size_t part = rest.len < QK_TPM_MOST_STIR ? rest.len : QK_TPM_MOST_STIR;
        rv = stir(path, fd, qk_view_slice(rest, 0, part));
        rest = qk_view_slice(rest, part, rest.len);
    } while (rv == CKR_OK && rest.len > 0);
    if (rv == CKR_OK && order->ask == QK_SEED_ASK_SEED)
        report->taken = (uint32_t)order->seed.len;
    return rv;
}

static CK_RV tpm_serve(void *it, const qk_seed_order *order, qk_seed_report *report)
{
    const char *path = it;
    int fd = -1;
    CK_RV rv = open_tpm(path, &fd);

    if (rv != CKR_OK)
        return rv;
    report->step = order->ask == QK_SEED_ASK_SEED ? QK_SEED_STEP_SEED : QK_SEED_STEP_FIND;
    rv = stir_all(path, fd, order, report);
    close(fd);
    return rv;
}

const qk_sink_kind qk_sink_tpm = { "tpm", qk_sink_keep_place, tpm_serve, qk_sink_drop_place };
