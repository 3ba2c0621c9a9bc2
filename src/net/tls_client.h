/* SPDX-License-Identifier: Apache-2.0 */
/* What a stream needs of the client it was made by. For tls.c and tls_client.c alone. */
#ifndef QK_NET_TLS_CLIENT_H
#define QK_NET_TLS_CLIENT_H

#include <openssl/ssl.h>
#include <pthread.h>

#include "net/tls.h"

enum { QK_TLS_PIN_LEN = 32 };

struct qk_tls_client {
    char *host, *ca_file, *alpn, *proxy_host; /* all but the first may be NULL */
    uint16_t port, proxy_port;
    bool tls, has_certificate, pinned, unverified;
    uint8_t pin[QK_TLS_PIN_LEN]; /* if pinned */
    int64_t connect_timeout_ms;
    SSL_CTX *context; /* NULL without TLS */
    BIO_METHOD *method;
    pthread_mutex_t lock;
    SSL_SESSION *session; /* under the lock: the newest ticket, or NULL */
};

/* The io functions behind the client's BIO_METHOD; `bio`'s data is the stream. In tls.c. */
int qk_stream_bio_read(BIO *bio, char *place, int room);
int qk_stream_bio_write(BIO *bio, const char *data, int len);

/* A counted reference to the newest session, or NULL. */
SSL_SESSION *qk_tls_client_session(qk_tls_client *client);

/* In tls_pin.c. QK_E_CONFIG if this is no SHA-256 in base64. */
QK_MUST_CHECK qk_err qk_tls_pin_read(const char *base64, uint8_t out[QK_TLS_PIN_LEN]);
/* Is it the public key of the server's certificate? After the handshake. */
bool qk_tls_pin_fits(SSL *ssl, const uint8_t pin[QK_TLS_PIN_LEN]);

#endif
