/* SPDX-License-Identifier: Apache-2.0 */
#include "server/tls/tls.h"

#include <pthread.h>
#include <stdlib.h>

#include "crypto/openssl.h"
#include "server/tls/client_certificates.h"
#include "server/tls/tls_library.h"

struct qk_server_tls {
    const qk_listen_config *listen;
    unsigned char alpn[16]; /* wire form: length, name */
    unsigned alpn_len;
    pthread_mutex_t lock;
    SSL_CTX *context;       /* guarded by lock; connections hold references of their own */
    pthread_mutex_t making; /* by whoever makes a context, and of: */
    qk_buf client_cas;      /* PEM, all in a row; empty: none */
};

static void free_context(SSL_CTX **context)
{
    SSL_CTX_free(*context);
    *context = NULL;
}

/* Clients that offer no ALPN at all are served all the same; those that offer only other protocols are refused. */
static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *offered,
                       unsigned offered_len, void *arg)
{
    const qk_server_tls *tls = arg;
    unsigned char *chosen;

    (void)ssl;
    if (SSL_select_next_proto(&chosen, out_len, tls->alpn, tls->alpn_len, offered, offered_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static qk_err require_client_certificates(SSL_CTX *context, const char *client_ca)
{
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(client_ca);

    if (!names || SSL_CTX_load_verify_file(context, client_ca) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return qk_openssl_fail(QK_E_CONFIG, client_ca);
    }
    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return QK_OK;
}

/* An intermediate authority may be trusted without the one above it. */
static qk_err trust_client_cas(SSL_CTX *context, const char *pem)
{
    QK_OWNED(qk_certificates_free) STACK_OF(X509) *all = NULL;

    QK_TRY(qk_client_certificates_read(qk_tls_library(), pem, &all));
    for (int i = 0; i < sk_X509_num(all); i++)
        if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), sk_X509_value(all, i)) != 1 ||
            SSL_CTX_add_client_CA(context, sk_X509_value(all, i)) != 1)
            return qk_openssl_fail(QK_E_NO_MEMORY, "client authorities");
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return QK_OK;
}

static qk_err make_context(qk_server_tls *tls, SSL_CTX **out_context)
{
    static const unsigned char session_id[] = "quantoki";
    QK_OWNED(free_context) SSL_CTX *context = SSL_CTX_new_ex(qk_tls_library(), NULL, TLS_server_method());
    const qk_listen_config *listen = tls->listen;

    if (!context)
        return qk_openssl_fail(QK_E_NO_MEMORY, "TLS context");
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_CLEANSE_PLAINTEXT); /* requests carry tokens, keys and data */
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);     /* idle connections need none */
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); /* tickets do without */
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_session_id_context(context, session_id, sizeof session_id - 1);
    SSL_CTX_set_alpn_select_cb(context, choose_alpn, tls);
    if (SSL_CTX_use_certificate_chain_file(context, listen->certificate) != 1)
        return qk_openssl_fail(QK_E_CONFIG, listen->certificate);
    if (SSL_CTX_use_PrivateKey_file(context, listen->key, SSL_FILETYPE_PEM) != 1)
        return qk_openssl_fail(QK_E_CONFIG, listen->key);
    if (SSL_CTX_check_private_key(context) != 1)
        return qk_fail(QK_E_CONFIG, "%s does not belong to %s", listen->key, listen->certificate);
    if (listen->client_ca)
        QK_TRY(require_client_certificates(context, listen->client_ca));
    if (tls->client_cas.len)
        QK_TRY(trust_client_cas(context, qk_buf_text(&tls->client_cas)));
    *out_context = context;
    context = NULL;
    return QK_OK;
}

qk_err qk_server_tls_new(const qk_listen_config *listen, const char *alpn, qk_server_tls **out_tls)
{
    QK_OWNED(qk_server_tls_free) qk_server_tls *tls = NULL;

    *out_tls = NULL;
    if (!listen->tls)
        return QK_OK;
    tls = calloc(1, sizeof *tls);
    if (!tls)
        return qk_fail(QK_E_NO_MEMORY, "TLS of a listener");
    tls->listen = listen;
    tls->alpn_len = (unsigned)strlen(alpn) + 1;
    tls->alpn[0] = (unsigned char)strlen(alpn);
    memcpy(tls->alpn + 1, alpn, strlen(alpn));
    pthread_mutex_init(&tls->lock, NULL);
    pthread_mutex_init(&tls->making, NULL);
    QK_TRY(make_context(tls, &tls->context));
    *out_tls = tls;
    tls = NULL;
    return QK_OK;
}

void qk_server_tls_free(qk_server_tls **tls)
{
    if (!*tls)
        return;
    SSL_CTX_free((*tls)->context);
    pthread_mutex_destroy(&(*tls)->lock);
    pthread_mutex_destroy(&(*tls)->making);
    qk_buf_done(&(*tls)->client_cas);
    free(*tls);
    *tls = NULL;
}

/* The lock on making is held. */
static qk_err renew(qk_server_tls *tls)
{
    SSL_CTX *fresh, *old;

    QK_TRY(make_context(tls, &fresh));
    pthread_mutex_lock(&tls->lock);
    old = tls->context;
    tls->context = fresh;
    pthread_mutex_unlock(&tls->lock);
    SSL_CTX_free(old);
    return QK_OK;
}

qk_err qk_server_tls_reload(qk_server_tls *tls)
{
    qk_err err;

    pthread_mutex_lock(&tls->making);
    err = renew(tls);
    pthread_mutex_unlock(&tls->making);
    return err;
}

/* The lock on making is held. `fresh` comes back with what is not used any more. */
static qk_err renew_with(qk_server_tls *tls, qk_buf *fresh)
{
    qk_buf old = tls->client_cas;
    qk_err err;

    tls->client_cas = *fresh;
    err = renew(tls);
    *fresh = err == QK_OK ? old : tls->client_cas;
    if (err != QK_OK)
        tls->client_cas = old;
    return err;
}

qk_err qk_server_tls_set_client_cas(qk_server_tls *tls, const qk_client_ca *cas, size_t count)
{
    QK_OWNED(qk_buf_done) qk_buf pem = QK_BUF_NONE;
    qk_err err;

    for (size_t i = 0; i < count; i++)
        qk_buf_printf(&pem, "%s\n", cas[i].pem);
    QK_TRY(qk_buf_check(&pem));
    pthread_mutex_lock(&tls->making);
    err = renew_with(tls, &pem);
    pthread_mutex_unlock(&tls->making);
    return err;
}

SSL *qk_server_tls_accept(qk_server_tls *tls)
{
    SSL *ssl;

    pthread_mutex_lock(&tls->lock);
    ssl = SSL_new(tls->context);
    pthread_mutex_unlock(&tls->lock);
    if (ssl) {
        SSL_set_read_ahead(ssl, 1);
        SSL_set_accept_state(ssl);
    }
    return ssl;
}
