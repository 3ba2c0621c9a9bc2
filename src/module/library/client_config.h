/* SPDX-License-Identifier: Apache-2.0 */
/* grep11client.yaml as a record. Source: spec of the PKCS #11 module, section 6.2; keys of our own are marked in the
 * table. The file comes from elsewhere, so keys that nobody knows are warnings, and wrong values are errors with file,
 * line and key. */
#ifndef QK_MODULE_CLIENT_CONFIG_H
#define QK_MODULE_CLIENT_CONFIG_H

#include "base/config.h"
#include "base/encoding.h"

enum { QK_CLIENT_SO, QK_CLIENT_NORMAL, QK_CLIENT_ANONYMOUS, QK_CLIENT_USERS };

typedef struct qk_client_iam {
    bool enabled;
    const char *endpoint, *apikey, *instance, *cacert;
} qk_client_iam;

typedef struct qk_client_user {
    const char *name, *tokenspace; /* text of the UUID */
    qk_client_iam iam;
    bool session_auth;
    const char *password, *old_password;
    bool has_keystore;
    qk_uuid keystore; /* of `tokenspace` */
} qk_client_user;

typedef struct qk_client_token {
    uint64_t slot;
    const char *address;
    uint64_t port;
    bool tls, mutual;
    const char *cacert, *certfile, *keyfile;
    uint64_t connect_timeout_ms, call_timeout_ms, max_idle;
    bool remotestore, filestore, localpostgres;
    const char *storagepath, *connectionstring;
    qk_client_user users[QK_CLIENT_USERS];
    const char *keystore_password; /* of both keystores (sessionauth); NULL: they are not authenticated */
    bool embedded;
    const char *embedded_path;                 /* NULL: the user's data folder */
    bool weak_wrapping, legacy, values_hidden; /* policy of an embedded token: qk_hsm_options */
    int lattice;                               /* not 0: ML-DSA and ML-KEM by OpenSSL */
    const qk_config_node *entropy;             /* sources of randomness; NULL: the default ones */
    uint64_t cache_max_age_ms;
} qk_client_token;

typedef struct qk_client_config {
    qk_config *document;     /* owns the texts; NULL if there is no file */
    qk_client_token *tokens; /* in the order of their slots */
    size_t token_count;
    int log_level; /* qk_log_level; -1: none given */
    const char *log_path;
} qk_client_config;

#define QK_CLIENT_CONFIG_NONE ((qk_client_config){ .log_level = -1 })

/* QK_E_CONFIG with file, line and key. */
QK_MUST_CHECK qk_err qk_client_config_load(const char *path, qk_client_config *out);
/* The same from memory. */
QK_MUST_CHECK qk_err qk_client_config_parse(const char *name, qk_view text, qk_client_config *out);
/* What there is without any file: one embedded token in slot 0. */
QK_MUST_CHECK qk_err qk_client_config_default(qk_client_config *out);
void qk_client_config_done(qk_client_config *config);

#endif
