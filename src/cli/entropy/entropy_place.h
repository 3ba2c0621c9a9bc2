/* SPDX-License-Identifier: Apache-2.0 */
/* Which entropy service `quantoki entropy ...` asks: what options, the environment and the server's configuration say.
 * Nothing is guessed: without any of them an error says what to give. */
#ifndef QK_CLI_ENTROPY_PLACE_H
#define QK_CLI_ENTROPY_PLACE_H

#include <argp.h>

#include "base/secret.h"
#include "entropy/service/service.h"

typedef struct qk_entropy_place {
    const char *url, *token_file, *cacert, *config; /* options; NULL: not given */
    const char *type;                               /* "quantum", "mixed"; NULL: as the service likes */

    /* Found by qk_entropy_place_open. */
    char address[512], ca_file[4096];
    qk_entropy_service *service;
} qk_entropy_place;

enum { QK_PLACE_URL = 1024, QK_PLACE_TOKEN_FILE, QK_PLACE_CACERT };

/* Rows for a table of options, and their part of the parser: ARGP_ERR_UNKNOWN if the key is not theirs. */
#define QK_PLACE_OPTIONS                                                                                               \
    { "url", QK_PLACE_URL, "URL", 0, "Address of the service: https://HOST[:PORT] (also QUANTOKI_URL)", 0 },           \
        { "token-file",                                                                                                \
          QK_PLACE_TOKEN_FILE,                                                                                         \
          "FILE",                                                                                                      \
          0,                                                                                                           \
          "File with the token in its first line, mode 0600 (also QUANTOKI_TOKEN_FILE)",                               \
          0 },                                                                                                         \
        { "cacert",                                                                                                    \
          QK_PLACE_CACERT,                                                                                             \
          "FILE",                                                                                                      \
          0,                                                                                                           \
          "Certificate authority of the service, PEM (also QUANTOKI_CACERT; default: the system's)",                   \
          0 },                                                                                                         \
    {                                                                                                                  \
        "config", 'c', "FILE", 0,                                                                                      \
            "quantokid.yaml of a server on this machine, instead of --url; trusts the ca.pem beside it", 0             \
    }
error_t qk_entropy_place_parse(int key, char *value, qk_entropy_place *place);

/* Reads files and environment and makes the client; connects with the first request. qk_crypto_start must have run.
 * QK_E_CONFIG says what is missing. */
QK_MUST_CHECK qk_err qk_entropy_place_open(qk_entropy_place *place);
void qk_entropy_place_close(qk_entropy_place *place);
/* Puts what the person can do in front of an error's words, and returns it. */
QK_MUST_CHECK qk_err qk_entropy_place_explain(const qk_entropy_place *place, qk_err err, int64_t wait_ms);

#endif
