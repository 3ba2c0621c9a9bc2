/* SPDX-License-Identifier: Apache-2.0 */
#include "server/connection/transport.h"

#include <errno.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

qk_err qk_transport_init(qk_transport *transport, int fd, qk_server_tls *tls)
{
    *transport = (qk_transport){ .fd = fd, .handshaken = !tls };
    if (!tls)
        return QK_OK;
    transport->ssl = qk_server_tls_accept(tls);
    if (transport->ssl && SSL_set_fd(transport->ssl, fd) == 1)
        return QK_OK;
    qk_transport_done(transport, false);
    return qk_fail(QK_E_NO_MEMORY, "TLS of a connection");
}

void qk_transport_done(qk_transport *transport, bool orderly)
{
    if (transport->ssl && transport->handshaken && orderly)
        SSL_shutdown(transport->ssl);
    ERR_clear_error();
    SSL_free(transport->ssl);
    transport->ssl = NULL;
    if (transport->fd >= 0)
        close(transport->fd);
    transport->fd = -1;
}

static qk_progress tls_progress(const qk_transport *transport, int result)
{
    int code = SSL_get_error(transport->ssl, result);

    ERR_clear_error();
    return code == SSL_ERROR_WANT_READ     ? QK_WANTS_READ
           : code == SSL_ERROR_WANT_WRITE  ? QK_WANTS_WRITE
           : code == SSL_ERROR_ZERO_RETURN ? QK_PEER_ENDED
                                           : QK_LOST;
}

static bool must_wait(void)
{
    return errno == EAGAIN || errno == EINTR;
}

qk_progress qk_transport_shake_hands(qk_transport *transport, const char **out_why)
{
    int result = SSL_accept(transport->ssl);
    unsigned long error = ERR_peek_last_error();
    qk_progress step = result == 1 ? QK_MOVED : tls_progress(transport, result);

    transport->handshaken = step == QK_MOVED;
    if (step != QK_LOST && step != QK_PEER_ENDED)
        return step;
    *out_why = error ? ERR_reason_error_string(error) : "connection lost";
    return QK_LOST;
}

qk_progress qk_transport_read(qk_transport *transport, uint8_t *place, size_t room, size_t *out_len)
{
    ssize_t got;

    if (transport->ssl) {
        int result = SSL_read_ex(transport->ssl, place, room, out_len);
        return result == 1 ? QK_MOVED : tls_progress(transport, result);
    }
    got = recv(transport->fd, place, room, 0);
    *out_len = got > 0 ? (size_t)got : 0;
    return got > 0 ? QK_MOVED : got == 0 ? QK_PEER_ENDED : must_wait() ? QK_WANTS_READ : QK_LOST;
}

qk_progress qk_transport_write(qk_transport *transport, qk_view bytes, size_t *out_len)
{
    ssize_t put;

    *out_len = 0;
    if (transport->ssl) {
        int result = SSL_write_ex(transport->ssl, bytes.data, bytes.len, out_len);
        return result == 1 ? QK_MOVED : tls_progress(transport, result);
    }
    put = send(transport->fd, bytes.data, bytes.len, MSG_NOSIGNAL);
    *out_len = put > 0 ? (size_t)put : 0;
    return put >= 0 ? QK_MOVED : must_wait() ? QK_WANTS_WRITE : QK_LOST;
}

bool qk_transport_has_more(const qk_transport *transport)
{
    return transport->ssl && SSL_has_pending(transport->ssl);
}

void qk_transport_end_writing(qk_transport *transport)
{
    if (transport->ssl)
        SSL_shutdown(transport->ssl);
    ERR_clear_error();
    shutdown(transport->fd, SHUT_WR);
}

bool qk_transport_discard(qk_transport *transport, uint8_t *place, size_t room)
{
    ssize_t got = recv(transport->fd, place, room, 0);

    return got > 0 || (got < 0 && must_wait());
}
