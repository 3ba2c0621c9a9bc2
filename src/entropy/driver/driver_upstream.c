/* SPDX-License-Identifier: Apache-2.0 */
/* Another entropy service: what it sends is mixed in, and counts only if the operator says so. Samples are fetched in
 * pieces of several KiB, and only when there is room for them. */
#include <stdlib.h>

#include "base/file.h"
#include "entropy/driver/driver.h"
#include "entropy/service/service.h"
#include "net/http.h"

enum {
    FETCH_LEAST = 4 * 1024,
    TOKEN_MOST = 16 * 1024,
    THROTTLED_MS = 1000,               /* if a server does not say when to come back */
    FETCH_MS = 5000,                   /* a call over the network may take so long, however soon the turn should end */
    RETRY_AFTER_MOST_MS = 3600 * 1000, /* what a server may ask for */
};

typedef struct upstream {
    const qk_source_config *config;
    qk_entropy_service *service;
    qk_deadline_ms not_before; /* it asked for fewer requests until then; 0: it did not */
} upstream;

static qk_err upstream_check(const qk_source_config *config)
{
    qk_url url;
    qk_err err = qk_url_read(config->url, &url);

    if (err == QK_OK && !url.tls && !qk_url_is_loopback(&url))
        err = qk_fail(QK_E_CONFIG, "plain http only to this machine: use https");
    return err == QK_OK ? err : qk_fail_context(QK_E_CONFIG, "entropy source %s: url: ", config->name);
}

/* The first line of the file, as other clients of such services take it. */
static qk_err read_token(const char *path, qk_secret *out_token)
{
    QK_TRY(qk_file_read_secret(path, TOKEN_MOST, out_token));
    qk_secret_shorten(out_token, qk_view_first_line(qk_secret_reveal(out_token)).len);
    return QK_OK;
}

static void upstream_close(void *handle)
{
    upstream *u = (upstream *)handle;

    qk_entropy_service_free(&u->service);
    free(u);
}

static void upstream_abandon(void *handle)
{
    qk_entropy_service_abandon(&((upstream *)handle)->service);
}

static qk_err upstream_open(const qk_source_config *config, uint64_t *position, qk_deadline_ms deadline,
                            void **out_handle)
{
    QK_OWNED(qk_secret_free) qk_secret token = QK_SECRET_NONE;
    upstream *u;
    qk_err err;

    (void)position;
    (void)deadline;
    if (config->token_file)
        QK_TRY(read_token(config->token_file, &token));
    u = calloc(1, sizeof *u);
    if (!u)
        return qk_fail(QK_E_NO_MEMORY, "entropy source %s: no memory", config->name);
    u->config = config;
    err = qk_entropy_service_new(&(qk_entropy_service_config){ .url = config->url,
                                                               .cacert = config->cacert,
                                                               .signer_key = config->signer_key,
                                                               .api = (qk_entropy_api)config->api,
                                                               .token = qk_secret_reveal(&token) },
                                 &u->service);
    if (err != QK_OK) {
        free(u);
        return err;
    }
    *out_handle = u;
    return QK_OK;
}

/* A server that asks for fewer requests is not at fault: the source goes on with what it has, and more comes later.
 * Only if that is beyond the time in which samples are due, it is away. */
static bool is_only_throttled(upstream *u, qk_err err, int64_t retry_after_ms)
{
    int64_t pause = retry_after_ms > 0 ? retry_after_ms : THROTTLED_MS;

    if (err != QK_E_RATE || pause > (int64_t)u->config->timeout_ms / 2)
        return false;
    u->not_before = qk_deadline_in(pause);
    return true;
}

/* True if it is time to ask again; else what is left of the turn has been waited. */
static bool pause_is_over(upstream *u, const qk_driver_read *read)
{
    qk_driver_read pause = *read;

    if (u->not_before == 0 || qk_deadline_left(u->not_before) == 0)
        return true;
    if (pause.deadline == QK_DEADLINE_NEVER || pause.deadline > u->not_before)
        pause.deadline = u->not_before;
    qk_driver_wait(-1, &pause);
    return false;
}

static qk_err upstream_read(void *handle, qk_driver_read *read)
{
    upstream *u = (upstream *)handle;
    qk_deadline_ms least = qk_deadline_in(FETCH_MS), deadline = read->deadline;
    int64_t retry_after_ms = 0;
    qk_err err;

    if (!pause_is_over(u, read))
        return QK_OK;
    if (deadline != QK_DEADLINE_NEVER && deadline < least)
        deadline = least;
    err = qk_entropy_service_fetch(u->service, read->out, read->room, deadline, &retry_after_ms);
    if (err == QK_OK)
        read->len = read->room;
    else if (is_only_throttled(u, err, retry_after_ms))
        return QK_OK;
    else if (retry_after_ms > 0)
        read->retry_after_ms = retry_after_ms < RETRY_AFTER_MOST_MS ? retry_after_ms : RETRY_AFTER_MOST_MS;
    return err;
}

const qk_driver qk_driver_upstream = {
    .name = "upstream",
    .kind = QK_SOURCE_OTHER,
    .min_entropy = 7.8,
    .rate = 1000000,
    .credited = false,
    .patient = true,
    .costly = true,
    .url = true,
    .queue = 32 * 1024,
    .least_read = FETCH_LEAST,
    .check = upstream_check,
    .open = upstream_open,
    .read = upstream_read,
    .close = upstream_close,
    .abandon = upstream_abandon,
};
