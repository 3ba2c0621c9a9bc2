/* SPDX-License-Identifier: Apache-2.0 */
/* The SSL_CTX of one peer.
 *
 * Certificates are read here with the PEM functions and not with SSL_CTX_load_verify_file and its family: those empty
 * the thread's OpenSSL error queue, which belongs to the host, and ask for passwords on its terminal. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/file.h"
#include "base/log.h"
#include "crypto/openssl.h"
#include "net/host_errors.h"
#include "net/tls_client.h"

enum { MAX_PEM = 4 * 1024 * 1024, DEFAULT_CONNECT_MS = 5000 };

static void free_bio(BIO **bio)
{
    BIO_free(*bio);
}

static void free_x509(X509 **certificate)
{
    X509_free(*certificate);
}

static void free_pkey(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

/* --- PEM files --- */

typedef qk_err (*on_certificate)(qk_tls_client *client, X509 *certificate, size_t index);

static qk_err fail_openssl(qk_err code, const char *path, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    return qk_fail(code, "%s: %s (%s)", path, what, reason ? reason : "OpenSSL gives no reason");
}

/* Walks the certificates of a PEM file; what else is in it (keys, text) is skipped. */
static qk_err each_certificate(qk_tls_client *client, const char *path, on_certificate use)
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;
    QK_OWNED(free_bio) BIO *bio = NULL;
    qk_err err = qk_file_read(path, MAX_PEM, &text);

    if (err != QK_OK)
        return qk_fail(QK_E_CONFIG, "%s", qk_err_words(err));
    bio = BIO_new_mem_buf(text.data, (int)text.len);
    for (size_t index = 0; bio; index++) {
        QK_OWNED(free_x509) X509 *certificate = X509_new_ex(qk_openssl(), NULL);
        if (!certificate)
            break;
        if (PEM_read_bio_X509(bio, &certificate, NULL, NULL)) {
            QK_TRY(use(client, certificate, index));
            continue;
        }
        if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
            return fail_openssl(QK_E_CONFIG, path, "a damaged certificate");
        return index > 0 ? QK_OK : qk_fail(QK_E_CONFIG, "%s: no certificate (PEM) in it", path);
    }
    return qk_fail(QK_E_NO_MEMORY, "%s: no memory for its certificates", path);
}

static qk_err trust(qk_tls_client *client, X509 *certificate, size_t index)
{
    (void)index;
    return X509_STORE_add_cert(SSL_CTX_get_cert_store(client->context), certificate) == 1
               ? QK_OK
               : fail_openssl(QK_E_CONFIG, client->ca_file, "a certificate that cannot be trusted");
}

/* The first is our own, the others are its chain. */
static qk_err present(qk_tls_client *client, X509 *certificate, size_t index)
{
    int done = index == 0 ? SSL_CTX_use_certificate(client->context, certificate)
                          : (int)SSL_CTX_add1_chain_cert(client->context, certificate);
    return done == 1 ? QK_OK : fail_openssl(QK_E_CONFIG, "client certificate", "not usable");
}

static int no_password(char *place, int room, int writing, void *context)
{
    (void)place, (void)room, (void)writing, (void)context;
    return -1; /* the default would ask on the host's terminal */
}

/* Not an error, unlike our own key files: mounted secrets and existing installations often look like this. */
static void warn_of_open_key(const char *path)
{
    struct stat about;

    if (stat(path, &about) == 0 && (about.st_mode & S_IROTH) != 0)
        qk_log(QK_LOG_WARNING, "op=tls keyfile=%s words=\"everybody on this machine may read this key; chmod 600\"",
               path);
}

static qk_err load_key(qk_tls_client *client, const char *path)
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;
    QK_OWNED(free_bio) BIO *bio = NULL;
    QK_OWNED(free_pkey) EVP_PKEY *key = NULL;
    qk_err err = qk_file_read(path, MAX_PEM, &text);

    if (err != QK_OK)
        return qk_fail(QK_E_CONFIG, "%s", qk_err_words(err));
    warn_of_open_key(path);
    bio = BIO_new_mem_buf(text.data, (int)text.len);
    key = bio ? PEM_read_bio_PrivateKey_ex(bio, NULL, no_password, NULL, qk_openssl(), NULL) : NULL;
    if (!key)
        return fail_openssl(QK_E_CONFIG, path, "no private key (PEM, without a password) in it");
    if (SSL_CTX_use_PrivateKey(client->context, key) != 1 || SSL_CTX_check_private_key(client->context) != 1)
        return fail_openssl(QK_E_CONFIG, path, "this key does not belong to the client certificate");
    return QK_OK;
}

/* --- sessions --- */

/* libssl's offer of a new ticket; taking the reference is answered with 1. */
static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    qk_tls_client *client = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    SSL_SESSION *before;

    pthread_mutex_lock(&client->lock);
    before = client->session;
    client->session = session;
    pthread_mutex_unlock(&client->lock);
    SSL_SESSION_free(before);
    return 1;
}

SSL_SESSION *qk_tls_client_session(qk_tls_client *client)
{
    SSL_SESSION *session;

    pthread_mutex_lock(&client->lock);
    session = client->session;
    if (session && (!SSL_SESSION_is_resumable(session) || SSL_SESSION_up_ref(session) != 1))
        session = NULL;
    pthread_mutex_unlock(&client->lock);
    return session;
}

/* --- the context --- */

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH; /* nothing is ever held back */
}

/* ALPN's wire form: a length, then the name. */
static bool set_alpn(SSL_CTX *context, const char *name)
{
    uint8_t wire[256];
    size_t len = strlen(name);

    if (len == 0 || len > 255)
        return false;
    wire[0] = (uint8_t)len;
    memcpy(wire + 1, name, len);
    return SSL_CTX_set_alpn_protos(context, wire, (unsigned)len + 1) == 0;
}

static qk_err make_context(qk_tls_client *client)
{
    SSL_CTX *context;

    client->method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "quantoki socket");
    client->context = context = SSL_CTX_new_ex(qk_openssl(), NULL, TLS_client_method());
    if (!client->method || !context || !BIO_meth_set_read(client->method, qk_stream_bio_read) ||
        !BIO_meth_set_write(client->method, qk_stream_bio_write) || !BIO_meth_set_ctrl(client->method, bio_control))
        return fail_openssl(QK_E_GENERAL, client->host, "no TLS context");
    if (SSL_CTX_get_min_proto_version(context) < TLS1_2_VERSION) /* the system's policy may ask for more */
        SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    /* Entropy and keys come through here: libssl wipes what it has given to us, instead of at the next record. */
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CLEANSE_PLAINTEXT);
    SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context, 1); /* else every record costs two recv(): header, then body */
    SSL_CTX_set_verify(context, client->unverified ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_app_data(context, client);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep_session);
    if (client->alpn && !set_alpn(context, client->alpn))
        return qk_fail(QK_E_BAD_ARGUMENT, "'%s' cannot be an ALPN name", client->alpn);
    return QK_OK;
}

static qk_err set_up_tls(qk_tls_client *client, const qk_tls_options *options)
{
    bool has_certificate = options->cert_file && *options->cert_file, has_key = options->key_file && *options->key_file;

    QK_TRY(make_context(client));
    client->pinned = options->pinned_key && *options->pinned_key;
    if (client->pinned)
        QK_TRY(qk_tls_pin_read(options->pinned_key, client->pin));
    if (client->ca_file) {
        QK_TRY(each_certificate(client, client->ca_file, trust));
        /* Whatever the file holds is trusted, an intermediate too: that is how GREP11 clients took their cacert. */
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(client->context), X509_V_FLAG_PARTIAL_CHAIN);
    }
    if ((!client->ca_file || options->system_store_too) && SSL_CTX_set_default_verify_paths(client->context) != 1)
        return fail_openssl(QK_E_CONFIG, client->host, "the system's certificate store cannot be used");
    if (has_certificate != has_key)
        return qk_fail(QK_E_CONFIG, "a client certificate needs certfile and keyfile, and only %s is given",
                       has_key ? "keyfile" : "certfile");
    if (has_certificate) {
        QK_TRY(each_certificate(client, options->cert_file, present));
        QK_TRY(load_key(client, options->key_file));
        client->has_certificate = true;
    }
    return QK_OK;
}

/* A copy of a text; NULL stays NULL, and so does "". */
static bool copy_text(const char *text, char **out)
{
    *out = text && *text ? strdup(text) : NULL;
    return *out || !text || !*text;
}

qk_err qk_tls_client_new(const qk_tls_options *options, qk_tls_client **out_client)
{
    QK_OWNED(qk_host_errors_put_back) qk_host_errors *host = NULL;
    QK_OWNED(qk_tls_client_free) qk_tls_client *client = NULL;

    if (!options->host || !*options->host || options->port == 0)
        return qk_fail(QK_E_CONFIG, "the server's address and port are needed");
    client = calloc(1, sizeof *client);
    if (!client)
        return qk_fail(QK_E_NO_MEMORY, "%s: no memory for a connection", options->host);
    pthread_mutex_init(&client->lock, NULL);
    client->port = options->port;
    client->proxy_port = options->proxy_port;
    client->tls = options->tls;
    client->unverified = options->unverified;
    client->connect_timeout_ms = options->connect_timeout_ms > 0 ? options->connect_timeout_ms : DEFAULT_CONNECT_MS;
    if (!copy_text(options->host, &client->host) || !copy_text(options->ca_file, &client->ca_file) ||
        !copy_text(options->alpn, &client->alpn) || !copy_text(options->proxy_host, &client->proxy_host))
        return qk_fail(QK_E_NO_MEMORY, "%s: no memory for a connection", options->host);
    if (options->tls) {
        host = qk_host_errors_take();
        QK_TRY(set_up_tls(client, options));
    }
    *out_client = client;
    client = NULL;
    return QK_OK;
}

void qk_tls_client_free(qk_tls_client **client)
{
    qk_tls_client *gone = *client;

    *client = NULL;
    if (!gone)
        return;
    SSL_SESSION_free(gone->session);
    SSL_CTX_free(gone->context);
    BIO_meth_free(gone->method);
    pthread_mutex_destroy(&gone->lock);
    free(gone->host);
    free(gone->ca_file);
    free(gone->alpn);
    free(gone->proxy_host);
    free(gone);
}

void qk_tls_client_abandon(qk_tls_client **client)
{
    *client = NULL;
}
