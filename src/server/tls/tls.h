/* SPDX-License-Identifier: Apache-2.0 */
/* The listeners' TLS: contexts from PEM files, replaced as a whole when the files are read again. */
#ifndef QK_SERVER_TLS_H
#define QK_SERVER_TLS_H

#include <openssl/ssl.h>

#include "iam/record/client_ca.h"
#include "server/config.h"

typedef struct qk_server_tls qk_server_tls;

/* `alpn` is the one protocol offered ("h2", "http/1.1"). NULL in *out_tls if the listener has TLS off. QK_E_CONFIG
 * names the file and what is wrong with it. */
QK_MUST_CHECK qk_err qk_server_tls_new(const qk_listen_config *listen, const char *alpn, qk_server_tls **out_tls);
void qk_server_tls_free(qk_server_tls **tls);
/* Reads the files again. On an error the old certificate stays in use. */
QK_MUST_CHECK qk_err qk_server_tls_reload(qk_server_tls *tls);
/* From now on, besides those of the file: a client must show a certificate that one of these signed; NULL and 0: not
 * for them. Session tickets given before are void. On an error the old ones stay. */
QK_MUST_CHECK qk_err qk_server_tls_set_client_cas(qk_server_tls *tls, const qk_client_ca *cas, size_t count);
/* A server-side SSL for one new connection; NULL if memory is out. Any thread. One read(2) takes all that has come, so
 * the reader must look at SSL_has_pending before it waits. */
SSL *qk_server_tls_accept(qk_server_tls *tls);

#endif
