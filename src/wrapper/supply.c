/* SPDX-License-Identifier: Apache-2.0 */
#include "wrapper/supply.h"

#include <stdlib.h>
#include <time.h>

#include "base/file.h"
#include "base/log.h"
#include "entropy/service.h"

enum {
    MOST_SERVICES = 8,
    MOST_AT_ONCE = 524288,
    MAX_TOKEN_FILE = 16 * 1024,
    FIRST_PAUSE_MS = 100,
    MOST_PAUSE_MS = 2000
};

typedef struct source {
    const char *url;
    qk_entropy_service *client; /* NULL until it is asked */
    bool post_missing;          /* api auto: it has no POST */
} source;

struct qk_supply {
    const qk_wrapper_settings *settings;
    source sources[MOST_SERVICES];
    size_t count, current;
};

qk_err qk_supply_new(const qk_wrapper_settings *settings, qk_supply **out_supply)
{
    qk_supply *supply = calloc(1, sizeof *supply);
    const qk_config_node *item;

    if (!supply)
        return qk_fail(QK_E_NO_MEMORY, "supply of random");
    supply->settings = settings;
    if (settings->url)
        supply->sources[supply->count++].url = settings->url;
    else
        for (size_t i = 0; i < MOST_SERVICES && qk_config_at(settings->urls, i, NULL, &item); i++)
            supply->sources[supply->count++].url = qk_config_text(item);
    *out_supply = supply;
    return QK_OK;
}

void qk_supply_free(qk_supply **supply)
{
    if (!*supply)
        return;
    for (size_t i = 0; i < (*supply)->count; i++)
        qk_entropy_service_free(&(*supply)->sources[i].client);
    free(*supply);
    *supply = NULL;
}

void qk_supply_abandon(qk_supply **supply)
{
    if (!*supply)
        return;
    for (size_t i = 0; i < (*supply)->count; i++)
        qk_entropy_service_abandon(&(*supply)->sources[i].client);
    *supply = NULL;
}

/* ---- the token ---- */

static qk_view first_line(qk_view text)
{
    size_t len = 0;

    while (len < text.len && text.data[len] != '\r' && text.data[len] != '\n')
        len++;
    return qk_view_slice(text, 0, len);
}

static qk_err read_token(const qk_wrapper_settings *settings, qk_secret *out)
{
    QK_OWNED(qk_secret_free) qk_secret file = QK_SECRET_NONE;

    if (settings->token)
        return qk_secret_copy(qk_view_text(settings->token), out);
    if (!settings->token_file)
        return qk_fail(QK_E_TOKEN_EMPTY,
                       "there is no token for the entropy service: set QRYPT_EAAS_TOKEN, or `token_file`");
    QK_TRY(qk_file_read_secret(settings->token_file, MAX_TOKEN_FILE, &file));
    if (first_line(qk_secret_reveal(&file)).len == 0)
        return qk_fail(QK_E_TOKEN_EMPTY, "%s: its first line is empty", settings->token_file);
    return qk_secret_copy(first_line(qk_secret_reveal(&file)), out);
}

/* ---- one attempt ---- */

static qk_err connect_to(qk_supply *supply, source *it)
{
    QK_OWNED(qk_secret_free) qk_secret token = QK_SECRET_NONE;
    qk_entropy_service_config config = { .url = it->url, .cacert = supply->settings->ca_file };

    if (it->client)
        return QK_OK;
    QK_TRY(read_token(supply->settings, &token));
    config.token = qk_secret_reveal(&token);
    config.api = supply->settings->api == QK_WRAPPER_API_QUANTUM_ENTROPY || it->post_missing ? QK_ENTROPY_API_GET
                                                                                             : QK_ENTROPY_API_POST;
    return qk_entropy_service_new(&config, &it->client);
}

static qk_err ask(qk_supply *supply, source *it, uint8_t *out, size_t len, qk_deadline_ms deadline, int64_t *pause_ms)
{
    qk_err err;

    QK_TRY(connect_to(supply, it));
    err = qk_entropy_service_fetch(it->client, out, len, deadline, pause_ms);
    if (err != QK_E_METHOD_UNKNOWN || it->post_missing || supply->settings->api != QK_WRAPPER_API_AUTO)
        return err;
    it->post_missing = true;
    qk_entropy_service_free(&it->client);
    QK_TRY(connect_to(supply, it));
    return qk_entropy_service_fetch(it->client, out, len, deadline, pause_ms);
}

/* A token may have been renewed in its file. */
static qk_err attempt(qk_supply *supply, uint8_t *out, size_t len, qk_deadline_ms deadline, int64_t *pause_ms)
{
    source *it = &supply->sources[supply->current];
    qk_err err = ask(supply, it, out, len, deadline, pause_ms);

    if (err != QK_E_NOT_AUTHENTICATED)
        return err;
    qk_entropy_service_free(&it->client);
    return supply->settings->token || !supply->settings->token_file ? err
                                                                    : ask(supply, it, out, len, deadline, pause_ms);
}

/* ---- several ---- */

static bool may_pass(qk_err err)
{
    return err == QK_E_RATE || err == QK_E_NO_RANDOM || err == QK_E_SERVER_AWAY || err == QK_E_TIMEOUT;
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

static qk_deadline_ms earlier(qk_deadline_ms a, qk_deadline_ms b)
{
    return a == QK_DEADLINE_NEVER || (b != QK_DEADLINE_NEVER && b < a) ? b : a;
}

/* Another service is asked at once, the same one again after a pause. */
static qk_err fetch_part(qk_supply *supply, uint8_t *out, size_t len, qk_deadline_ms deadline)
{
    int64_t pause_ms = 0, growing_ms = FIRST_PAUSE_MS;
    size_t first = supply->current;
    qk_err err = QK_OK;

    for (uint64_t tries = 0; tries <= supply->settings->retries; tries++) {
        qk_deadline_ms end = earlier(deadline, qk_deadline_in((int64_t)supply->settings->attempt_timeout_ms));
        err = attempt(supply, out, len, end, &pause_ms);
        if (err == QK_OK || !may_pass(err) || qk_deadline_left(deadline) == 0)
            return err;
        qk_log_failure(QK_LOG_INFO, err, "op=fetch url=%s", supply->sources[supply->current].url);
        supply->current = (supply->current + 1) % supply->count;
        if (supply->current != first)
            continue;
        if (tries < supply->settings->retries && !wait_for(pause_ms ? pause_ms : growing_ms, deadline))
            return err;
        growing_ms = growing_ms * 2 < MOST_PAUSE_MS ? growing_ms * 2 : MOST_PAUSE_MS;
    }
    return err;
}

qk_err qk_supply_fetch(void *context, uint8_t *out, size_t len, qk_deadline_ms deadline)
{
    qk_supply *supply = context;

    if (supply->count == 0)
        return qk_fail(QK_E_CONFIG, "no entropy service is named: set QUANTOKI_ENTROPY_URL or `url`");
    while (len > 0) {
        size_t part = len < MOST_AT_ONCE ? len : MOST_AT_ONCE;
        QK_TRY(fetch_part(supply, out, part, deadline));
        out += part;
        len -= part;
    }
    return QK_OK;
}
