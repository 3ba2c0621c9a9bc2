/* SPDX-License-Identifier: Apache-2.0 */
/* Client connections that may live inside somebody else's process.
 *
 * TLS 1.2/1.3 on the crypto room's private OpenSSL context (qk_openssl), never the host's; sockets with deadlines on
 * every step; no SIGPIPE (send with MSG_NOSIGNAL); no thread, no signal handler, no global state but the interruption
 * of socket.h, which is for programs alone. One connection is used by one thread at a time. */
#ifndef QK_NET_TLS_H
#define QK_NET_TLS_H

#include "base/bytes.h"
#include "base/clock.h"

typedef struct qk_tls_options {
    const char *host; /* name or address; also what the certificate must say */
    uint16_t port;
    bool tls;                         /* false: plain TCP */
    const char *ca_file;              /* PEM; NULL or "": the system's store */
    bool system_store_too;            /* trust the system's store besides ca_file (IAM requests) */
    const char *cert_file, *key_file; /* client certificate; NULL: none */
    bool unverified;                  /* any certificate will do: whoever is on the way may be the server */
    const char *proxy_host;           /* TLS through a tunnel of this HTTP proxy (proxy.h); NULL or "": none */
    uint16_t proxy_port;
    const char *pinned_key;     /* base64 of the SHA-256 of the server's public key; NULL or "": any */
    const char *alpn;           /* "h2", "http/1.1"; NULL: none */
    int64_t connect_timeout_ms; /* TCP and TLS together; 0: five seconds */
} qk_tls_options;

/* Trust store, client certificate and session tickets, kept between connections to one peer. */
typedef struct qk_tls_client qk_tls_client;
/* Copies the options, reads the files. QK_E_CONFIG names the file and what is wrong with it. Safe from any number of
 * threads afterwards: each makes its own streams of it. */
QK_MUST_CHECK qk_err qk_tls_client_new(const qk_tls_options *options, qk_tls_client **out_client);
/* After its streams. */
void qk_tls_client_free(qk_tls_client **client);
/* In a forked child: forgets it, without touching inherited OpenSSL state. */
void qk_tls_client_abandon(qk_tls_client **client);

typedef struct qk_stream qk_stream;
/* QK_E_SERVER_AWAY (refused, no such host, timeout), QK_E_SERVER_UNTRUSTED (says which check failed), QK_E_PROTOCOL (no
 * TLS there, or not the protocol of `alpn`), QK_E_CONFIG (the server refuses our client certificate, or wants one). */
QK_MUST_CHECK qk_err qk_stream_connect(qk_tls_client *client, qk_deadline_ms deadline, qk_stream **out_stream);
/* Writes all. QK_E_SERVER_AWAY, QK_E_TIMEOUT; afterwards the stream can only be freed. In TLS 1.3 a server judges the
 * client certificate after the handshake: QK_E_CONFIG may come here and from the first read. */
QK_MUST_CHECK qk_err qk_stream_write(qk_stream *stream, qk_view bytes, qk_deadline_ms deadline);
/* Reads at least one byte; *out_len 0 means the peer closed (in TLS: said so; a cut is QK_E_SERVER_AWAY).
 * After QK_E_TIMEOUT the stream may be read on. */
QK_MUST_CHECK qk_err qk_stream_read(qk_stream *stream, uint8_t *place, size_t room, qk_deadline_ms deadline,
                                    size_t *out_len);
/* True if an idle connection has become readable or was closed: it must not be used again without reading. Nothing is
 * lost by asking. */
bool qk_stream_stale(qk_stream *stream);
void qk_stream_free(qk_stream **stream);
/* In a forked child: closes the descriptor and forgets the rest, without touching inherited OpenSSL state. */
void qk_stream_abandon(qk_stream **stream);

#endif
