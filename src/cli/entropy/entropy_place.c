/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/entropy/entropy_place.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "server/config.h"

enum { MAX_TOKEN_FILE = 16 * 1024 };

error_t qk_entropy_place_parse(int key, char *value, qk_entropy_place *place)
{
    switch (key) {
    case QK_PLACE_URL:
        place->url = value;
        return 0;
    case QK_PLACE_TOKEN_FILE:
        place->token_file = value;
        return 0;
    case QK_PLACE_CACERT:
        place->cacert = value;
        return 0;
    case 'c':
        place->config = value;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- the address ---- */

/* Where a client on this machine reaches a listener that is bound to every address. */
static const char *reachable(const char *address)
{
    return strcmp(address, "0.0.0.0") == 0 || !*address ? "127.0.0.1" : strcmp(address, "::") == 0 ? "::1" : address;
}

/* An instance has its certificate authority beside its configuration. */
static void find_ca(qk_entropy_place *place)
{
    const char *slash = strrchr(place->config, '/');
    int len = slash ? (int)(slash - place->config + 1) : 0;

    if ((size_t)snprintf(place->ca_file, sizeof place->ca_file, "%.*sca.pem", len, place->config) >=
            sizeof place->ca_file ||
        !qk_file_exists(place->ca_file))
        place->ca_file[0] = 0;
}

static qk_err read_config(qk_entropy_place *place)
{
    QK_OWNED(qk_config_free) qk_config *file = NULL;
    qk_server_config config;
    const char *host;

    QK_TRY(qk_server_config_load(place->config, &file, &config));
    host = reachable(config.https.address);
    snprintf(place->address, sizeof place->address, "%s://%s%.200s%s:%u", config.https.tls ? "https" : "http",
             strchr(host, ':') ? "[" : "", host, strchr(host, ':') ? "]" : "", (unsigned)config.https.port);
    qk_server_config_done(&config);
    if (!place->cacert)
        find_ca(place);
    return QK_OK;
}

static const char *environment(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

static qk_err find_address(qk_entropy_place *place)
{
    const char *url = place->url ? place->url : place->config ? NULL : environment("QUANTOKI_URL");

    if (place->url && place->config)
        return qk_fail(QK_E_CONFIG, "--url and --config name two services: give one of them");
    if (!place->cacert)
        place->cacert = environment("QUANTOKI_CACERT");
    if (place->cacert)
        snprintf(place->ca_file, sizeof place->ca_file, "%s", place->cacert);
    if (place->config)
        return read_config(place);
    if (!url)
        return qk_fail(QK_E_CONFIG, "which service? Give --url URL --token-file FILE (or set QUANTOKI_URL and "
                                    "QUANTOKI_TOKEN_FILE), or --config quantokid.yaml for the server on this machine");
    if (strlen(url) >= sizeof place->address)
        return qk_fail(QK_E_CONFIG, "the address of the service is too long");
    strcpy(place->address, url);
    return QK_OK;
}

/* ---- the token ---- */

/* The first line, as other clients of such services take it. */
static qk_err read_token(const char *path, qk_secret *out)
{
    size_t len;

    QK_TRY(qk_file_read_secret(path, MAX_TOKEN_FILE, out));
    len = qk_view_first_line(qk_secret_reveal(out)).len;
    if (len == 0)
        return qk_fail(QK_E_CONFIG, "the first line of the token file %s is empty", path);
    qk_secret_shorten(out, len);
    return QK_OK;
}

qk_err qk_entropy_place_open(qk_entropy_place *place)
{
    QK_OWNED(qk_secret_free) qk_secret token = QK_SECRET_NONE;
    qk_entropy_service_config config = { .api = QK_ENTROPY_API_POST };

    QK_TRY(find_address(place));
    if (!place->token_file)
        place->token_file = environment("QUANTOKI_TOKEN_FILE");
    if (place->token_file)
        QK_TRY(read_token(place->token_file, &token));
    config.url = place->address;
    config.cacert = place->ca_file[0] ? place->ca_file : NULL;
    config.token = qk_secret_reveal(&token);
    config.entropy_type = place->type;
    return qk_entropy_service_new(&config, &place->service);
}

void qk_entropy_place_close(qk_entropy_place *place)
{
    qk_entropy_service_free(&place->service);
}

/* ---- errors ---- */

qk_err qk_entropy_place_explain(const qk_entropy_place *place, qk_err err, int64_t wait_ms)
{
    if (err == QK_E_NOT_AUTHENTICATED && !place->token_file)
        return qk_fail_context(err, "no token was given, use --token-file FILE: ");
    if (err == QK_E_NOT_AUTHENTICATED || err == QK_E_NOT_AUTHORIZED)
        return qk_fail_context(err, "token of %s: ", place->token_file ? place->token_file : "nobody");
    if ((err == QK_E_RATE || err == QK_E_NO_RANDOM) && wait_ms > 0)
        return qk_fail_context(err, "wait %lld s: ", (long long)(wait_ms / 1000));
    if (err == QK_E_SERVER_UNTRUSTED && !place->ca_file[0])
        return qk_fail_context(err, "no --cacert FILE was given, so the system's authorities alone are trusted: ");
    return err;
}
