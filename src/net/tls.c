/* SPDX-License-Identifier: Apache-2.0 */
/* Streams: plain or TLS over a socket of ours.
 *
 * libssl reaches the socket through a BIO of ours that carries the deadline of the call and remembers what went wrong,
 * so that an error is told from the place where it happened and not guessed from OpenSSL's queue. */
#include "net/tls.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "crypto/openssl.h"
#include "net/host_errors.h"
#include "net/proxy.h"
#include "net/socket.h"
#include "net/tls_client.h"

struct qk_stream {
    qk_tls_client *client;
    SSL *ssl; /* NULL: plain */
    int fd;
    qk_deadline_ms deadline; /* of the call that is under way */
    qk_io io;                /* how the socket answered last */
    int reason;              /* errno of QK_IO_FAILED */
    bool broken;             /* nothing more may be sent, not even goodbye */
};

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

/* --- what went wrong, in words --- */

#define WHERE(stream) (stream)->client->host, (stream)->client->port

/* clang-format off */
/* The end of "host:port: the server's certificate ...". */
static const struct verify_row {
    int result;
    const char *words;
} verify_rows[] = {
    { X509_V_ERR_CERT_HAS_EXPIRED, "has expired; renew it on the server, or set this machine's clock right" },
    { X509_V_ERR_CERT_NOT_YET_VALID, "is not valid yet; set this machine's clock right" },
    { X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "is self-signed; if you trust it, name its file as cacert" },
    { X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "was signed by an unknown CA; name that CA's file as cacert" },
    { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "was signed by an unknown CA; name that CA's file as cacert" },
    { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "was signed by an unknown CA; name that CA's file as cacert" },
    { X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "was signed by an unknown CA; name that CA's file as cacert" },
    { X509_V_ERR_CERT_SIGNATURE_FAILURE, "was not signed by the CA of cacert, which only has the same name" },
    { X509_V_ERR_HOSTNAME_MISMATCH, "is for another name; use a name that it holds as the address, or renew it" },
    { X509_V_ERR_IP_ADDRESS_MISMATCH, "is for another address; use a name that it holds as the address, or renew it" },
    { X509_V_ERR_INVALID_PURPOSE, "is not made for a server; it needs the extended key usage serverAuth" },
    { X509_V_ERR_CERT_REVOKED, "has been revoked" },
};

/* What the server says about us, or why TLS did not come about. Alerts: RFC 8446, section 6. */
static const struct refusal_row {
    int reason;
    qk_err code;
    const char *words;
} refusal_rows[] = {
    { SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, QK_E_CONFIG, "the server asks for a client certificate; set mutual, certfile and keyfile" },
    { SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, QK_E_CONFIG, "the server refuses the handshake; it may want a client certificate (mutual, certfile, keyfile)" },
    { SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, QK_E_CONFIG, "the server refuses our client certificate as bad" },
    { SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, QK_E_CONFIG, "the server does not support our kind of client certificate" },
    { SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, QK_E_CONFIG, "the server says that our client certificate is revoked" },
    { SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, QK_E_CONFIG, "the server says that our client certificate has expired; renew certfile" },
    { SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, QK_E_CONFIG, "the server does not accept our client certificate" },
    { SSL_R_TLSV1_ALERT_UNKNOWN_CA, QK_E_CONFIG, "the server does not know the CA of our client certificate" },
    { SSL_R_TLSV1_ALERT_ACCESS_DENIED, QK_E_CONFIG, "the server denies access to our client certificate" },
    { SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, QK_E_PROTOCOL, "the server speaks neither TLS 1.2 nor 1.3" },
    { SSL_R_UNSUPPORTED_PROTOCOL, QK_E_PROTOCOL, "the server speaks neither TLS 1.2 nor 1.3" },
    { SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL, QK_E_PROTOCOL, "the server does not speak the protocol asked for (ALPN); check the port" },
    { SSL_R_WRONG_VERSION_NUMBER, QK_E_PROTOCOL, "the server does not speak TLS; check the port, or switch TLS off" },
};
/* clang-format on */

static qk_err fail_untrusted(const qk_stream *stream, long result)
{
    const char *words = X509_verify_cert_error_string(result);

    for (size_t i = 0; i < sizeof verify_rows / sizeof verify_rows[0]; i++)
        if (verify_rows[i].result == result)
            words = verify_rows[i].words;
    return qk_fail(QK_E_SERVER_UNTRUSTED, "%s:%u: the server's certificate %s (trusted: %s)", WHERE(stream), words,
                   stream->client->ca_file ? stream->client->ca_file : "the system's store");
}

/* libssl's own complaint, if the queue holds one. */
static qk_err fail_tls(const qk_stream *stream)
{
    int reason = ERR_GET_REASON(ERR_peek_last_error());
    const char *words = ERR_reason_error_string(ERR_peek_last_error());

    for (size_t i = 0; i < sizeof refusal_rows / sizeof refusal_rows[0]; i++)
        if (refusal_rows[i].reason == reason)
            return qk_fail(refusal_rows[i].code, "%s:%u: %s", WHERE(stream), refusal_rows[i].words);
    return qk_fail(QK_E_PROTOCOL, "%s:%u: TLS failed (%s)", WHERE(stream), words ? words : "no reason given");
}

static qk_err fail_io(qk_stream *stream, const char *doing)
{
    stream->broken = true;
    if (stream->io == QK_IO_END)
        return qk_fail(QK_E_SERVER_AWAY, "%s:%u: the server closed the connection while %s", WHERE(stream), doing);
    return qk_fail(QK_E_SERVER_AWAY, "%s:%u: %s while %s", WHERE(stream), strerror(stream->reason), doing);
}

static qk_err fail_late(const qk_stream *stream, const char *doing)
{
    return qk_fail(QK_E_TIMEOUT, "%s:%u: took too long while %s", WHERE(stream), doing);
}

/* --- connecting --- */

static bool is_address(const char *host)
{
    uint8_t address[16];
    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

/* The name goes out to the server (SNI, RFC 6066: never an address) and must stand in its certificate. */
static bool set_peer(SSL *ssl, const char *host)
{
    X509_VERIFY_PARAM *verify = SSL_get0_param(ssl);

    if (is_address(host))
        return X509_VERIFY_PARAM_set1_ip_asc(verify, host) == 1;
    X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, (void *)(uintptr_t)host) == 1 &&
           X509_VERIFY_PARAM_set1_host(verify, host, 0) == 1;
}

static qk_err make_ssl(qk_stream *stream)
{
    qk_tls_client *client = stream->client;
    BIO *bio = BIO_new_ex(qk_openssl(), client->method);
    SSL_SESSION *session = qk_tls_client_session(client);
    bool made = false;

    stream->ssl = bio ? SSL_new(client->context) : NULL;
    if (stream->ssl) {
        BIO_set_data(bio, stream);
        BIO_set_init(bio, 1);
        SSL_set_bio(stream->ssl, bio, bio); /* from here the SSL owns the BIO */
        made = set_peer(stream->ssl, client->host) && (!session || SSL_set_session(stream->ssl, session) == 1);
    } else {
        BIO_free(bio);
    }
    SSL_SESSION_free(session);
    return made ? QK_OK : qk_fail(QK_E_NO_MEMORY, "%s:%u: no TLS connection could be made", WHERE(stream));
}

static qk_err check_alpn(const qk_stream *stream)
{
    const char *wanted = stream->client->alpn;
    const uint8_t *chosen = NULL;
    unsigned len = 0;

    if (!wanted)
        return QK_OK;
    SSL_get0_alpn_selected(stream->ssl, &chosen, &len);
    if (chosen && qk_view_equal(qk_view_of(chosen, len), qk_view_text(wanted)))
        return QK_OK;
    return qk_fail(QK_E_PROTOCOL, "%s:%u: the server does not speak %s (ALPN); check the port", WHERE(stream), wanted);
}

static qk_err check_pin(qk_stream *stream)
{
    if (!stream->client->pinned || qk_tls_pin_fits(stream->ssl, stream->client->pin))
        return QK_OK;
    return qk_fail(QK_E_SERVER_UNTRUSTED, "%s:%u: the server's certificate has another key than the pinned one",
                   WHERE(stream));
}

/* What else must be true of a server whose certificate is trusted. */
static qk_err agree(qk_stream *stream)
{
    QK_TRY(check_pin(stream));
    return check_alpn(stream);
}

static qk_err shake_hands(qk_stream *stream)
{
    static const char doing[] = "agreeing on TLS";
    long result;

    QK_TRY(make_ssl(stream));
    if (SSL_connect(stream->ssl) == 1)
        return agree(stream);
    stream->broken = true;
    result = SSL_get_verify_result(stream->ssl);
    if (result != X509_V_OK && !stream->client->unverified)
        return fail_untrusted(stream, result);
    if (stream->io == QK_IO_LATE)
        return qk_fail(QK_E_SERVER_AWAY, "%s:%u: no answer in time while %s", WHERE(stream), doing);
    return stream->io == QK_IO_DONE ? fail_tls(stream) : fail_io(stream, doing);
}

static qk_err reach(qk_stream *stream)
{
    const qk_tls_client *client = stream->client;

    if (!client->proxy_host)
        return qk_socket_connect(client->host, client->port, stream->deadline, &stream->fd);
    QK_TRY(qk_socket_connect(client->proxy_host, client->proxy_port, stream->deadline, &stream->fd));
    return qk_proxy_tunnel(stream->fd, client->host, client->port, stream->deadline);
}

qk_err qk_stream_connect(qk_tls_client *client, qk_deadline_ms deadline, qk_stream **out_stream)
{
    QK_OWNED(qk_stream_free) qk_stream *stream = calloc(1, sizeof *stream);
    qk_deadline_ms own = qk_deadline_in(client->connect_timeout_ms);

    if (!stream)
        return qk_fail(QK_E_NO_MEMORY, "%s: no memory for a connection", client->host);
    stream->client = client;
    stream->fd = -1;
    stream->deadline = deadline == QK_DEADLINE_NEVER || own < deadline ? own : deadline;
    QK_TRY(reach(stream));
    if (client->tls) {
        QK_OWNED(qk_host_errors_put_back) qk_host_errors *host = qk_host_errors_take();
        (void)host; /* its destructor is what counts */
        QK_TRY(shake_hands(stream));
    }
    *out_stream = stream;
    stream = NULL;
    return QK_OK;
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
        return fail_tls(stream);
    stream->io = QK_IO_FAILED;
    stream->reason = reason;
    return fail_io(stream, "sending");
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
                return fail_late(stream, "sending");
            return stream->io == QK_IO_FAILED ? fail_write(stream) : fail_tls(stream);
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
            return fail_late(stream, "sending");
        }
        if (stream->io != QK_IO_DONE)
            return fail_io(stream, "sending");
        bytes = qk_view_slice(bytes, len, bytes.len);
    }
    return QK_OK;
}

qk_err qk_stream_write(qk_stream *stream, qk_view bytes, qk_deadline_ms deadline)
{
    if (stream->broken)
        return qk_fail(QK_E_SERVER_AWAY, "%s:%u: the connection is broken", WHERE(stream));
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
        return fail_late(stream, "waiting for the answer");
    if (stream->io != QK_IO_DONE) /* an end without TLS's own goodbye may be an attacker's cut */
        return fail_io(stream, "its answer was awaited");
    if (ERR_peek_error() == 0 && (SSL_get_shutdown(stream->ssl) & SSL_RECEIVED_SHUTDOWN)) {
        *out_len = 0;
        return QK_OK;
    }
    stream->broken = true; /* a fatal alert sets the shutdown flag too, but leaves an error */
    return fail_tls(stream);
}

static qk_err read_plain(qk_stream *stream, uint8_t *place, size_t room, size_t *out_len)
{
    size_t len = 0;

    stream->io = qk_socket_recv(stream->fd, place, room, stream->deadline, &len);
    stream->reason = errno;
    if (stream->io == QK_IO_LATE)
        return fail_late(stream, "waiting for the answer");
    if (stream->io == QK_IO_FAILED)
        return fail_io(stream, "its answer was awaited");
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
