/* SPDX-License-Identifier: Apache-2.0 */
/* Streams: plain or TLS over a socket of ours.
 *
 * libssl reaches the socket through a BIO of ours that carries the deadline of the call and remembers what went wrong,
 * so that an error is told from the place where it happened and not guessed from OpenSSL's queue. */
#include "net/tls.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/err.h>

#include "net/host_errors.h"
#include "net/tls_stream.h"

/* --- the BIO --- */

static int answer_libssl(BIO *bio, qk_io io, size_t len, int retry_flag)
{
    qk_stream *stream = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    stream->io = io;
    stream->reason = io == QK_IO_FAILED ? errno : 0;
    if (io == QK_IO_DONE)
        return (int)len;
    if (io == QK_IO_LATE)
        BIO_set_flags(bio, retry_flag | BIO_FLAGS_SHOULD_RETRY); /* so that a later read may go on */
    return io == QK_IO_END ? 0 : -1;
}

int qk_stream_bio_read(BIO *bio, char *place, int room)
{
    qk_stream *stream = BIO_get_data(bio);
    size_t len = 0;
    qk_io io = qk_socket_recv(stream->fd, place, (size_t)room, stream->deadline, &len);

    return answer_libssl(bio, io, len, BIO_FLAGS_READ);
}

int qk_stream_bio_write(BIO *bio, const char *data, int len)
{
    qk_stream *stream = BIO_get_data(bio);
    size_t sent = 0;
    qk_io io = qk_socket_send(stream->fd, data, (size_t)len, stream->deadline, &sent);

    return answer_libssl(bio, io, sent, BIO_FLAGS_WRITE);
}

/* --- bytes --- */

/* A server that refuses us says why and closes; our next write fails, but its last words are still to be read. */
static qk_err fail_write(qk_stream *stream)
{
    int reason = stream->reason;
    uint8_t byte;

    stream->broken = true;
    ERR_clear_error();
    stream->deadline = QK_IO_NO_WAIT;
    if (SSL_peek(stream->ssl, &byte, 1) <= 0 && ERR_peek_last_error() != 0 && stream->io == QK_IO_DONE)
        return qk_stream_fail_tls(stream);
    stream->io = QK_IO_FAILED;
    stream->reason = reason;
    return qk_stream_fail_io(stream, "sending");
}

static qk_err write_tls(qk_stream *stream, qk_view bytes)
{
    QK_OWNED(qk_host_errors_put_back) qk_host_errors *host = qk_host_errors_take();

    (void)host;
    while (bytes.len > 0) {
        size_t len = 0;
        stream->io = QK_IO_DONE;
        if (SSL_write_ex(stream->ssl, bytes.data, bytes.len, &len) != 1) {
            stream->broken = true; /* a record may have gone out in part */
            if (stream->io == QK_IO_LATE)
                return qk_stream_fail_late(stream, "sending");
            return stream->io == QK_IO_FAILED ? fail_write(stream) : qk_stream_fail_tls(stream);
        }
        bytes = qk_view_slice(bytes, len, bytes.len);
    }
    return QK_OK;
}

static qk_err write_plain(qk_stream *stream, qk_view bytes)
{
    while (bytes.len > 0) {
        size_t len = 0;
        stream->io = qk_socket_send(stream->fd, bytes.data, bytes.len, stream->deadline, &len);
        stream->reason = errno;
        if (stream->io == QK_IO_LATE) {
            stream->broken = true;
            return qk_stream_fail_late(stream, "sending");
        }
        if (stream->io != QK_IO_DONE)
            return qk_stream_fail_io(stream, "sending");
        bytes = qk_view_slice(bytes, len, bytes.len);
    }
    return QK_OK;
}

qk_err qk_stream_write(qk_stream *stream, qk_view bytes, qk_deadline_ms deadline)
{
    if (stream->broken)
        return qk_fail(QK_E_SERVER_AWAY, "%s:%u: the connection is broken", QK_STREAM_WHERE(stream));
    stream->deadline = deadline;
    return stream->ssl ? write_tls(stream, bytes) : write_plain(stream, bytes);
}

static qk_err read_tls(qk_stream *stream, uint8_t *place, size_t room, size_t *out_len)
{
    QK_OWNED(qk_host_errors_put_back) qk_host_errors *host = qk_host_errors_take();
    int got;

    (void)host;
    stream->io = QK_IO_DONE;
    got = SSL_read(stream->ssl, place, room > INT_MAX ? INT_MAX : (int)room);
    if (got > 0) {
        *out_len = (size_t)got;
        return QK_OK;
    }
    if (stream->io == QK_IO_LATE)
        return qk_stream_fail_late(stream, "waiting for the answer");
    if (stream->io != QK_IO_DONE) /* an end without TLS's own goodbye may be an attacker's cut */
        return qk_stream_fail_io(stream, "its answer was awaited");
    if (ERR_peek_error() == 0 && (SSL_get_shutdown(stream->ssl) & SSL_RECEIVED_SHUTDOWN)) {
        *out_len = 0;
        return QK_OK;
    }
    stream->broken = true; /* a fatal alert sets the shutdown flag too, but leaves an error */
    return qk_stream_fail_tls(stream);
}

static qk_err read_plain(qk_stream *stream, uint8_t *place, size_t room, size_t *out_len)
{
    size_t len = 0;

    stream->io = qk_socket_recv(stream->fd, place, room, stream->deadline, &len);
    stream->reason = errno;
    if (stream->io == QK_IO_LATE)
        return qk_stream_fail_late(stream, "waiting for the answer");
    if (stream->io == QK_IO_FAILED)
        return qk_stream_fail_io(stream, "its answer was awaited");
    *out_len = len;
    return QK_OK;
}

qk_err qk_stream_read(qk_stream *stream, uint8_t *place, size_t room, qk_deadline_ms deadline, size_t *out_len)
{
    assert(room > 0);
    stream->deadline = deadline;
    return stream->ssl ? read_tls(stream, place, room, out_len) : read_plain(stream, place, room, out_len);
}

bool qk_stream_stale(qk_stream *stream)
{
    QK_OWNED(qk_host_errors_put_back) qk_host_errors *host = NULL;
    uint8_t byte;

    if (stream->broken)
        return true;
    if (!stream->ssl)
        return qk_socket_readable(stream->fd);
    if (!SSL_has_pending(stream->ssl) && !qk_socket_readable(stream->fd))
        return false;
    /* What waits may be nothing but a new session ticket: let libssl take it and see whether anything else is there. */
    host = qk_host_errors_take();
    stream->deadline = QK_IO_NO_WAIT;
    stream->io = QK_IO_DONE;
    return SSL_peek(stream->ssl, &byte, 1) > 0 || stream->io != QK_IO_LATE;
}

/* --- the end --- */

/* Bytes that nobody read (session tickets, say) would turn close() into a reset, and a reset makes the peer's kernel
 * throw away what we sent last. */
static void drop_unread(int fd)
{
    uint8_t piece[4096];
    size_t len;

    for (int i = 0; i < 16 && qk_socket_recv(fd, piece, sizeof piece, QK_IO_NO_WAIT, &len) == QK_IO_DONE; i++)
        continue;
}

void qk_stream_free(qk_stream **stream)
{
    qk_stream *gone = *stream;

    *stream = NULL;
    if (!gone)
        return;
    if (gone->ssl) {
        QK_OWNED(qk_host_errors_put_back) qk_host_errors *host = qk_host_errors_take();
        (void)host;
        gone->deadline = QK_IO_NO_WAIT;
        if (!gone->broken)
            SSL_shutdown(gone->ssl); /* says goodbye, does not wait for the answer */
        SSL_free(gone->ssl);
    }
    if (gone->fd >= 0) {
        if (!gone->broken)
            drop_unread(gone->fd);
        close(gone->fd);
    }
    free(gone);
}

void qk_stream_abandon(qk_stream **stream)
{
    if (*stream && (*stream)->fd >= 0)
        close((*stream)->fd);
    *stream = NULL;
}
