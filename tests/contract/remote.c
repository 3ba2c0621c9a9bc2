/* SPDX-License-Identifier: Apache-2.0 */
#include "remote.h"

#include <stdio.h>
#include <stdlib.h>

#include "module/login/iam_client.h"

enum { PATIENCE_MS = 10 * 1000 };

static const char *need(const char *name)
{
    const char *value = getenv(name);

    if (value && value[0])
        return value;
    fprintf(stderr, "%s is not set; run this through tests/contract/on-remote.sh\n", name);
    exit(99);
}

static qk_err log_in(remote *it)
{
    char url[64];
    qk_iam_options options = { .endpoint = url,
                               .ca_file = need("QUANTOKI_TEST_CA"),
                               .connect_timeout_ms = PATIENCE_MS,
                               .timeout_ms = PATIENCE_MS };
    QK_OWNED(qk_iam_client_free) qk_iam_client *iam = NULL;
    int64_t life_s;

    snprintf(url, sizeof url, "https://127.0.0.1:%s", need("QUANTOKI_TEST_HTTPS_PORT"));
    QK_TRY(qk_iam_client_new(&options, &iam));
    return qk_iam_client_exchange(iam, qk_view_text(need("QUANTOKI_TEST_SO_PIN")), &it->token, &life_s);
}

static qk_err make_client(remote *it)
{
    qk_rpc_options options = {
        .peer = { .host = "127.0.0.1",
                  .port = (uint16_t)strtoul(need("QUANTOKI_TEST_GRPC_PORT"), NULL, 10),
                  .tls = true,
                  .ca_file = need("QUANTOKI_TEST_CA") },
    };
    return qk_rpc_client_new(&options, &it->client);
}

static void must(qk_err err)
{
    if (err == QK_OK)
        return;
    fprintf(stderr, "no remote endpoint: %s\n", qk_err_words(err));
    exit(99);
}

void remote_open(remote *it)
{
    it->client = NULL;
    it->token = QK_SECRET_NONE;
    must(log_in(it));
    must(make_client(it));
}

void remote_close(remote *it)
{
    qk_rpc_client_free(&it->client);
    qk_secret_free(&it->token);
}

static qk_err give_token(void *context, bool renew, qk_arena *arena, qk_view *out_token)
{
    const remote *it = context;

    if (renew)
        return qk_fail(QK_E_NOT_AUTHENTICATED, "the server refuses the token it has made");
    return qk_arena_copy(arena, qk_secret_reveal(&it->token), out_token);
}

qk_err remote_endpoint(remote *it, qk_endpoint **out_endpoint)
{
    return qk_endpoint_remote_new(it->client, give_token, it, out_endpoint);
}
