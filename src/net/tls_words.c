/* SPDX-License-Identifier: Apache-2.0 */
/* What went wrong with a stream, in words. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "net/tls_stream.h"

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

qk_err qk_stream_fail_untrusted(const qk_stream *stream, long result)
{
    const char *words = X509_verify_cert_error_string(result);

    for (size_t i = 0; i < sizeof verify_rows / sizeof verify_rows[0]; i++)
        if (verify_rows[i].result == result)
            words = verify_rows[i].words;
    return qk_fail(QK_E_SERVER_UNTRUSTED, "%s:%u: the server's certificate %s (trusted: %s)", QK_STREAM_WHERE(stream),
                   words, stream->client->ca_file ? stream->client->ca_file : "the system's store");
}

/* libssl's own complaint, if the queue holds one. */
qk_err qk_stream_fail_tls(const qk_stream *stream)
{
    int reason = ERR_GET_REASON(ERR_peek_last_error());
    const char *words = ERR_reason_error_string(ERR_peek_last_error());

    for (size_t i = 0; i < sizeof refusal_rows / sizeof refusal_rows[0]; i++)
        if (refusal_rows[i].reason == reason)
            return qk_fail(refusal_rows[i].code, "%s:%u: %s", QK_STREAM_WHERE(stream), refusal_rows[i].words);
    return qk_fail(QK_E_PROTOCOL, "%s:%u: TLS failed (%s)", QK_STREAM_WHERE(stream), words ? words : "no reason given");
}

qk_err qk_stream_fail_io(qk_stream *stream, const char *doing)
{
    stream->broken = true;
    if (stream->io == QK_IO_END)
        return qk_fail(QK_E_SERVER_AWAY, "%s:%u: the server closed the connection while %s", QK_STREAM_WHERE(stream),
                       doing);
    return qk_fail(QK_E_SERVER_AWAY, "%s:%u: %s while %s", QK_STREAM_WHERE(stream), strerror(stream->reason), doing);
}

qk_err qk_stream_fail_late(const qk_stream *stream, const char *doing)
{
    return qk_fail(QK_E_TIMEOUT, "%s:%u: took too long while %s", QK_STREAM_WHERE(stream), doing);
}
