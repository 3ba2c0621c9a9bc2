/* SPDX-License-Identifier: Apache-2.0 */
/* Making a stream: reaching the server, directly or through a proxy, and agreeing with it on TLS. */
#include <arpa/inet.h>
#include <stdlib.h>

#include <openssl/x509v3.h>

#include "crypto/openssl.h"
#include "net/host_errors.h"
#include "net/proxy.h"
#include "net/tls_stream.h"

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
    return made ? QK_OK : qk_fail(QK_E_NO_MEMORY, "%s:%u: no TLS connection could be made", QK_STREAM_WHERE(stream));
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
    return qk_fail(QK_E_PROTOCOL, "%s:%u: the server does not speak %s (ALPN); check the port", QK_STREAM_WHERE(stream),
                   wanted);
}

static qk_err check_pin(qk_stream *stream)
{
    if (!stream->client->pinned || qk_tls_pin_fits(stream->ssl, stream->client->pin))
        return QK_OK;
    return qk_fail(QK_E_SERVER_UNTRUSTED, "%s:%u: the server's certificate has another key than the pinned one",
                   QK_STREAM_WHERE(stream));
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
        return qk_stream_fail_untrusted(stream, result);
    if (stream->io == QK_IO_LATE)
        return qk_fail(QK_E_SERVER_AWAY, "%s:%u: no answer in time while %s", QK_STREAM_WHERE(stream), doing);
    return stream->io == QK_IO_DONE ? qk_stream_fail_tls(stream) : qk_stream_fail_io(stream, doing);
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
