/* SPDX-License-Identifier: Apache-2.0 */
#include "server/config.h"

#include <stddef.h>

static const char *const level_choices[] = { "panic", "fatal", "error", "warning", "info", "debug", "trace", NULL };

static const char *const lattice_choices[] = { "own", "openssl", NULL };

#define AT(member) offsetof(qk_server_config, member)

/* clang-format off */
const qk_config_row qk_server_config_rows[] = {
    { .key = "grpc.address", .type = QK_CONFIG_TEXT, .offset = AT(grpc.address), .fallback = "127.0.0.1",
      .help = "Address the gRPC listener binds to." },
    { .key = "grpc.port", .type = QK_CONFIG_UINT, .offset = AT(grpc.port), .fallback = "9876", .max = 65535,
      .help = "Its TCP port." },
    { .key = "grpc.tls", .type = QK_CONFIG_BOOL, .offset = AT(grpc.tls), .fallback = "true",
      .help = "TLS 1.2 or 1.3. May be off on a loopback address only." },
    { .key = "grpc.certificate", .type = QK_CONFIG_TEXT, .offset = AT(grpc.certificate),
      .help = "PEM file with the server's certificate and its chain. Read again on SIGHUP." },
    { .key = "grpc.key", .type = QK_CONFIG_TEXT, .offset = AT(grpc.key),
      .help = "PEM file with its private key. Read again on SIGHUP." },
    { .key = "grpc.client_ca", .type = QK_CONFIG_TEXT, .offset = AT(grpc.client_ca),
      .help = "PEM file of authorities; if set, clients must show a certificate that one of them signed." },
    { .key = "grpc.reflection", .type = QK_CONFIG_BOOL, .offset = AT(reflection), .fallback = "true",
      .help = "Clients with a token may ask for the .proto files (gRPC server reflection)." },
    { .key = "https.address", .type = QK_CONFIG_TEXT, .offset = AT(https.address), .fallback = "127.0.0.1",
      .help = "Address the HTTPS listener (entropy, tokens, status page, health) binds to." },
    { .key = "https.port", .type = QK_CONFIG_UINT, .offset = AT(https.port), .fallback = "9443", .max = 65535,
      .help = "Its TCP port." },
    { .key = "https.tls", .type = QK_CONFIG_BOOL, .offset = AT(https.tls), .fallback = "true",
      .help = "As grpc.tls." },
    { .key = "https.certificate", .type = QK_CONFIG_TEXT, .offset = AT(https.certificate),
      .help = "As grpc.certificate, which is the default." },
    { .key = "https.key", .type = QK_CONFIG_TEXT, .offset = AT(https.key),
      .help = "As grpc.key, which is the default." },
    { .key = "https.client_ca", .type = QK_CONFIG_TEXT, .offset = AT(https.client_ca),
      .help = "As grpc.client_ca; tokens are asked for all the same." },
    { .key = "https.idle_seconds", .type = QK_CONFIG_UINT, .offset = AT(https.idle_seconds), .fallback = "60",
      .min = 1, .max = 31536000, .help = "An HTTPS connection without requests ends after that time. Short, since "
                                         "nobody needs a token to hold one." },
    { .key = "database.sqlite", .type = QK_CONFIG_TEXT, .offset = AT(database), .required = true,
      .help = "SQLite file with keystores, identities and API key hashes." },
    { .key = "master_key.file", .type = QK_CONFIG_TEXT, .offset = AT(master_key), .required = true,
      .help = "File with the master key (64 hexadecimal digits), readable for the server's user only." },
    { .key = "iam.enabled", .type = QK_CONFIG_BOOL, .offset = AT(iam_enabled), .fallback = "true",
      .help = "Bearer tokens are required. Off: whoever can connect may do everything; use client certificates." },
    { .key = "iam.token_seconds", .type = QK_CONFIG_UINT, .offset = AT(token_seconds), .fallback = "3600", .min = 1,
      .max = 86400, .help = "Life of a bearer token." },
    { .key = "workers", .type = QK_CONFIG_UINT, .offset = AT(workers), .fallback = "0", .max = 1024,
      .help = "Event loops; 0 means one per core." },
    { .key = "slow_threads", .type = QK_CONFIG_UINT, .offset = AT(slow_threads), .fallback = "0", .max = 1024,
      .help = "Threads for key generation, and as many again for the database; 0 means one per core." },
    { .key = "limits.message", .type = QK_CONFIG_UINT, .offset = AT(max_message), .fallback = "64M", .min = 4096,
      .max = UINT64_C(1) << 31, .help = "Largest request message in bytes." },
    { .key = "limits.bodies", .type = QK_CONFIG_UINT, .offset = AT(max_bodies), .fallback = "512M", .min = 1048576,
      .help = "Bytes of requests and large answers held at once; beyond it calls are refused for the moment." },
    { .key = "limits.streams", .type = QK_CONFIG_UINT, .offset = AT(max_streams), .fallback = "128", .min = 1,
      .max = 10000, .help = "Calls at once on one connection." },
    { .key = "limits.unread", .type = QK_CONFIG_UINT, .offset = AT(max_unread), .fallback = "64M", .min = 65536,
      .help = "Bytes of answers that one connection may leave unread; its calls beyond are refused. A single answer may "
              "be longer." },
    { .key = "limits.connections", .type = QK_CONFIG_UINT, .offset = AT(max_connections), .fallback = "4096",
      .min = 1, .max = 1000000, .help = "Connections at once on each listener. More are closed; first those that rest "
                                    "longest, of gRPC's without a call with a token yet." },
    { .key = "limits.stall_seconds", .type = QK_CONFIG_UINT, .offset = AT(stall_seconds), .fallback = "60", .min = 1,
      .max = 86400, .help = "A peer that keeps the server waiting so long loses its connection: with a request, with an "
                            "answer that it does not read (both get a second more for each 16 KiB), or with its first "
                            "call or request." },
    { .key = "limits.idle_seconds", .type = QK_CONFIG_UINT, .offset = AT(grpc.idle_seconds), .fallback = "3600", .min = 1,
      .max = 31536000, .help = "A gRPC connection without calls ends after that time; clients make a new one." },
    { .key = "cache_keys", .type = QK_CONFIG_UINT, .offset = AT(cache_keys), .fallback = "4096", .max = 1000000,
      .help = "Unwrapped keys kept in memory." },
    { .key = "policy.grep11_lax_keys", .type = QK_CONFIG_BOOL, .offset = AT(lax_keys), .fallback = "false",
      .help = "GREP11 clients may have keys that wrap and decrypt, as IBM's examples for raw import and export do. Holds "
              "for keys of their own, never for the PKCS #11 module and for what keystores hold." },
    { .key = "policy.weak_wrapping", .type = QK_CONFIG_BOOL, .offset = AT(weak_wrapping), .fallback = "false",
      .help = "A sensitive key may be wrapped under a weaker one (SP 800-57), such as AES-256 under RSA-2048." },
    { .key = "policy.legacy_mechanisms", .type = QK_CONFIG_BOOL, .offset = AT(legacy), .fallback = "true",
      .help = "Mechanisms for old keys are there: DES, DSA, RSA of X9.31, ... (marked in the table of mechanisms)." },
    { .key = "policy.hide_values", .type = QK_CONFIG_BOOL, .offset = AT(values_hidden), .fallback = "false",
      .help = "No key's value can be read, not even of keys that are extractable and not sensitive." },
    { .key = "crypto.lattice", .type = QK_CONFIG_CHOICE, .offset = AT(lattice), .fallback = "own",
      .choices = lattice_choices, .help = "Whose ML-DSA and ML-KEM: Quantoki's own, which are several times faster, or OpenSSL's, from 3.5 on. Keys and "
              "blobs are the same." },
    { .key = "stop_seconds", .type = QK_CONFIG_UINT, .offset = AT(stop_seconds), .fallback = "10", .max = 3600,
      .help = "After SIGTERM open calls may finish for so long." },
    { .key = "statistics.enabled", .type = QK_CONFIG_BOOL, .offset = AT(statistics.enabled), .fallback = "true",
      .help = "SP 800-22 on tapped bits of each source and of the output, at low priority." },
    { .key = "statistics.interval_seconds", .type = QK_CONFIG_UINT, .offset = AT(statistics.interval_seconds),
      .fallback = "600", .min = 1, .max = 86400, .help = "Between the starts of two runs over the same stream." },
    { .key = "statistics.sequences", .type = QK_CONFIG_UINT, .offset = AT(statistics.sequences), .fallback = "100",
      .min = 100, .max = 1000, .help = "Sequences of 2^20 bits in one run. SP 800-22 judges 55 values at least, and two "
                                       "of its tests do not apply to every sequence." },
    { .key = "entropy", .type = QK_CONFIG_MAP, .offset = AT(entropy_map) },
    { .key = "rest", .type = QK_CONFIG_MAP, .offset = AT(rest_map) },
    { .key = "logging.level", .type = QK_CONFIG_CHOICE, .offset = AT(log_level), .fallback = "info",
      .choices = level_choices, .help = "How much is logged." },
    { .key = "logging.path", .type = QK_CONFIG_TEXT, .offset = AT(log_path),
      .help = "Log file; standard error if empty." },
};
/* clang-format on */

const size_t qk_server_config_row_count = sizeof qk_server_config_rows / sizeof qk_server_config_rows[0];

/* ---- loading ---- */

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0 || strcmp(address, "localhost") == 0;
}

static qk_err check_listener(const char *path, const char *name, const qk_listen_config *listen)
{
    if (!listen->tls && !is_loopback(listen->address))
        return qk_fail(QK_E_CONFIG, "%s: %s.tls may be off on a loopback address only, not on %s", path, name,
                       listen->address);
    if (listen->tls && (!listen->certificate || !listen->key))
        return qk_fail(QK_E_CONFIG, "%s: %s.certificate and %s.key are missing; make them with 'quantoki init'", path,
                       name, name);
    return QK_OK;
}

qk_err qk_server_config_load(const char *path, qk_config **out_file, qk_server_config *out)
{
    QK_OWNED(qk_config_free) qk_config *file = NULL;
    qk_server_config config = { 0 };

    QK_TRY(qk_config_load(path, &file));
    QK_TRY(qk_config_read(file, qk_config_root(file), qk_server_config_rows, qk_server_config_row_count,
                          QK_CONFIG_REFUSE, &config));
    if (!config.https.certificate)
        config.https.certificate = config.grpc.certificate;
    if (!config.https.key)
        config.https.key = config.grpc.key;
    QK_TRY(check_listener(path, "grpc", &config.grpc));
    QK_TRY(check_listener(path, "https", &config.https));
    QK_TRY(qk_config_read(file, config.rest_map, qk_rest_config_rows, qk_rest_config_row_count, QK_CONFIG_REFUSE,
                          &config.rest));
    QK_TRY(
        qk_entropy_config_read(file, config.entropy_map, &config.entropy)); /* last: from here there is more to free */
    config.entropy.threads = true;
    *out = config;
    *out_file = file;
    file = NULL;
    return QK_OK;
}

void qk_server_config_done(qk_server_config *config)
{
    qk_entropy_config_done(&config->entropy);
}
