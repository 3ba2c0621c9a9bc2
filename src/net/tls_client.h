/* SPDX-License-Identifier: Apache-2.0 */
/* What a stream needs of the client it was made by. For tls.c and tls_client.c alone. */
#ifndef QK_NET_TLS_CLIENT_H
#define QK_NET_TLS_CLIENT_H

#include <openssl/ssl.h>
#include <pthread.h>

#include "net/tls.h"

struct qk_tls_client {
    char *host, *ca_file, *alpn; /* ca_file and alpn may be NULL */
    uint16_t port;
    bool tls, has_certificate;
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

#endif
