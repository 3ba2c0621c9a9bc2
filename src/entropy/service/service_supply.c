/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/service/service_supply.h"

#include <stdlib.h>
#include <time.h>

#include "base/log.h"

enum { MOST_AT_ONCE = 524288, MOST_BLOCK = 1024, MOST_BLOCKS = 512, FIRST_PAUSE_MS = 100, MOST_PAUSE_MS = 2000 };

typedef struct place {
    qk_entropy_service *client; /* NULL until it is asked */
    bool post_missing;          /* api auto: it has no POST */
} place;

struct qk_supply {
    qk_supply_config config;
    place places[QK_SUPPLY_SERVICES];
    size_t current;
};

/* What is to be downloaded at once. */
typedef struct download {
    uint8_t *out;
    size_t len, block_len; /* block_len 0: as the client likes */
    qk_deadline_ms deadline;
    int64_t retry_after_ms;
} download;

qk_err qk_supply_add(qk_supply_config *config, const char *url)
{
    if (config->url_count == QK_SUPPLY_SERVICES)
        return qk_fail(QK_E_CONFIG, "`url` names more than %d entropy services", QK_SUPPLY_SERVICES);
    if (!url)
        return qk_fail(QK_E_CONFIG, "`url`: its item %zu is no text", config->url_count + 1);
    config->urls[config->url_count++] = url;
    return QK_OK;
}

qk_err qk_supply_new(const qk_supply_config *config, qk_supply **out_supply)
{
    qk_supply *supply = calloc(1, sizeof *supply);

    if (!supply)
        return qk_fail(QK_E_NO_MEMORY, "supply of entropy");
    supply->config = *config;
    *out_supply = supply;
    return QK_OK;
}

void qk_supply_free(qk_supply **supply)
{
    if (!*supply)
        return;
    for (size_t i = 0; i < QK_SUPPLY_SERVICES; i++)
        qk_entropy_service_free(&(*supply)->places[i].client);
    free(*supply);
    *supply = NULL;
}

void qk_supply_abandon(qk_supply **supply)
{
    if (!*supply)
        return;
    for (size_t i = 0; i < QK_SUPPLY_SERVICES; i++)
        qk_entropy_service_abandon(&(*supply)->places[i].client);
    *supply = NULL;
}

/* ---- one attempt ---- */

/* A client of the service at `url`, without a token yet. */
static qk_entropy_service_config config_of(const qk_supply_config *config, const char *url)
{
    return (qk_entropy_service_config){ .url = url,
                                        .cacert = config->ca_file,
                                        .client_cert = config->client_cert,
                                        .client_key = config->client_key,
                                        .pinned_key = config->pinned_key,
                                        .unverified = config->unverified,
                                        .proxy = config->proxy,
                                        .connect_timeout_ms = config->connect_timeout_ms };
}

qk_err qk_supply_check(const qk_supply_config *config)
{
    for (size_t i = 0; i < config->url_count; i++) {
        QK_OWNED(qk_entropy_service_free) qk_entropy_service *service = NULL;
        qk_entropy_service_config one = config_of(config, config->urls[i]);
        QK_TRY(qk_entropy_service_new(&one, &service));
    }
    return QK_OK;
}

static qk_err connect_to(qk_supply *supply, place *it)
{
    QK_OWNED(qk_secret_free) qk_secret token = QK_SECRET_NONE;
    bool get = supply->config.api == QK_SUPPLY_QUANTUM_ENTROPY || it->post_missing;
    qk_entropy_service_config config = config_of(&supply->config, supply->config.urls[it - supply->places]);

    if (it->client)
        return QK_OK;
    QK_TRY(supply->config.read_token(supply->config.context, &token));
    config.api = get ? QK_ENTROPY_API_GET : QK_ENTROPY_API_POST;
    config.token = qk_secret_reveal(&token);
    return qk_entropy_service_new(&config, &it->client);
}

static qk_err ask(qk_supply *supply, place *it, download *want)
{
    qk_deadline_ms end = qk_deadline_in(supply->config.attempt_timeout_ms);

    if (want->deadline != QK_DEADLINE_NEVER && want->deadline < end)
        end = want->deadline;
    QK_TRY(connect_to(supply, it));
    if (want->block_len)
        return qk_entropy_service_fetch_blocks(it->client, want->out, want->block_len, want->len / want->block_len, end,
                                               &want->retry_after_ms);
    return qk_entropy_service_fetch(it->client, want->out, want->len, end, &want->retry_after_ms);
}

/* A token may have been renewed, and a service may have no POST: both are found out once. */
static qk_err attempt(qk_supply *supply, download *want)
{
    place *it = &supply->places[supply->current];
    qk_err err = ask(supply, it, want);

    if (err == QK_E_METHOD_UNKNOWN && !it->post_missing && supply->config.api == QK_SUPPLY_AUTO)
        it->post_missing = true;
    else if (err != QK_E_NOT_AUTHENTICATED)
        return err;
    qk_entropy_service_free(&it->client);
    err = ask(supply, it, want);
    if (err == QK_E_NOT_AUTHENTICATED)
        qk_entropy_service_free(&it->client);
    return err;
}

/* ---- several ---- */

static bool may_pass(qk_err err)
{
    return err == QK_E_RATE || err == QK_E_NO_RANDOM || err == QK_E_SERVER_AWAY || err == QK_E_TIMEOUT;
}

/* Wrong on this side: no other service could help. */
static bool is_ours(qk_err err)
{
    return err == QK_E_CONFIG || err == QK_E_TOKEN_EMPTY || err == QK_E_NO_MEMORY || err == QK_E_SYSTEM;
}

/* False if the deadline comes first. */
static bool wait_for(int64_t pause_ms, qk_deadline_ms deadline)
{
    int left = qk_deadline_left(deadline);

    if (left >= 0 && pause_ms >= left)
        return false;
    nanosleep(&(struct timespec){ .tv_sec = pause_ms / 1000, .tv_nsec = pause_ms % 1000 * 1000000 }, NULL);
    return true;
}

/* Another service is asked at once, whatever this one says; the same one again after a pause, if that may help. */
static qk_err fetch(qk_supply *supply, download *want)
{
    int64_t growing_ms = FIRST_PAUSE_MS;
    size_t first = supply->current;
    qk_failure passing = { 0 }; /* the last one that may pass: it decides about another attempt */
    qk_err err = QK_OK;

    if (supply->config.url_count == 0)
        return qk_fail(QK_E_CONFIG, "no entropy service is named");
    for (uint64_t tries = 0; tries <= supply->config.retries; tries++) {
        err = attempt(supply, want);
        if (err == QK_OK || is_ours(err) || qk_deadline_left(want->deadline) == 0)
            return err;
        qk_log_failure(QK_LOG_INFO, err, "op=fetch url=%s", supply->config.urls[supply->current]);
        if (may_pass(err))
            passing = *qk_failure_last();
        supply->current = (supply->current + 1) % supply->config.url_count;
        if (supply->current != first)
            continue;
        if (!passing.code || tries == supply->config.retries ||
            !wait_for(want->retry_after_ms ? want->retry_after_ms : growing_ms, want->deadline))
            break;
        growing_ms = growing_ms * 2 < MOST_PAUSE_MS ? growing_ms * 2 : MOST_PAUSE_MS;
    }
    return passing.code && !may_pass(err) ? qk_fail(passing.code, "%s", passing.words) : err;
}

qk_err qk_supply_fetch(qk_supply *supply, uint8_t *out, size_t len, qk_deadline_ms deadline)
{
    while (len > 0) {
        download want = { .out = out, .len = len < MOST_AT_ONCE ? len : MOST_AT_ONCE, .deadline = deadline };
        QK_TRY(fetch(supply, &want));
        out += want.len;
        len -= want.len;
    }
    return QK_OK;
}

qk_err qk_supply_fetch_blocks(qk_supply *supply, uint8_t *out, size_t block_len, size_t count, qk_deadline_ms deadline,
                              int64_t *out_retry_after_ms)
{
    download want = { .out = out, .len = block_len * count, .block_len = block_len, .deadline = deadline };
    qk_err err;

    *out_retry_after_ms = 0;
    if (block_len > MOST_BLOCK || count > MOST_BLOCKS)
        return qk_supply_fetch(supply, out, want.len, deadline);
    err = fetch(supply, &want);
    *out_retry_after_ms = want.retry_after_ms;
    return err;
}
