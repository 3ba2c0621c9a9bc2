/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/service/service_attempt.h"

enum { UNIT = 1024 };

/* An attempt under way. */
typedef struct attempt {
    qk_service_place *place;
    const qk_supply_config *config;
    const char *url;
    qk_service_wish *wish;
    qk_deadline_ms deadline;
    int64_t retry_after_ms;
} attempt;

qk_entropy_service_config qk_service_config_of(const qk_supply_config *config, const char *url)
{
    return (qk_entropy_service_config){ .url = url,
                                        .cacert = config->ca_file,
                                        .client_cert = config->client_cert,
                                        .client_key = config->client_key,
                                        .pinned_key = config->pinned_key,
                                        .unverified = config->unverified,
                                        .signer_key = config->signer_key,
                                        .proxy = config->proxy,
                                        .connect_timeout_ms = config->connect_timeout_ms };
}

static bool uses_get(const attempt *it)
{
    return it->config->api == QK_SUPPLY_QUANTUM_ENTROPY || it->place->post_missing;
}

static qk_err make_client(const attempt *it)
{
    QK_OWNED(qk_secret_free) qk_secret token = QK_SECRET_NONE;
    qk_entropy_service_config config = qk_service_config_of(it->config, it->url);

    QK_TRY(it->config->read_token(it->config->context, &token));
    config.api = uses_get(it) ? QK_ENTROPY_API_GET : QK_ENTROPY_API_POST;
    config.token = qk_secret_reveal(&token);
    return qk_entropy_service_new(&config, &it->place->client);
}

static void count(attempt *it, size_t bytes)
{
    it->wish->report.downloads++;
    it->wish->report.bytes += bytes;
}

/* The answer comes in whole KiB: what is in stock goes first, and the rest of the last KiB is the new stock. */
static qk_err ask_for_units(attempt *it)
{
    QK_OWNED(qk_secret_free) qk_secret units = QK_SECRET_NONE;
    qk_service_wish *wish = it->wish;
    size_t kept = wish->stock->left, missing = wish->len - kept;
    qk_view got;

    QK_TRY(qk_secret_new((missing + UNIT - 1) / UNIT * UNIT, &units));
    QK_TRY(qk_entropy_service_fetch(it->place->client, qk_secret_fill(&units), units.len, it->deadline,
                                    &it->retry_after_ms));
    got = qk_secret_reveal(&units);
    count(it, got.len);
    qk_service_stock_take(wish->stock, wish->out, kept);
    memcpy(wish->out + kept, got.data, missing);
    qk_service_stock_keep(wish->stock, qk_view_slice(got, missing, got.len - missing));
    return QK_OK;
}

static qk_err ask(attempt *it)
{
    qk_service_wish *wish = it->wish;

    it->retry_after_ms = 0;
    if (!it->place->client)
        QK_TRY(make_client(it));
    if (wish->stock && (wish->block_len == 0 || uses_get(it)))
        return ask_for_units(it);
    if (wish->block_len)
        QK_TRY(qk_entropy_service_fetch_blocks(it->place->client, wish->out, wish->block_len,
                                               wish->len / wish->block_len, it->deadline, &it->retry_after_ms));
    else
        QK_TRY(qk_entropy_service_fetch(it->place->client, wish->out, wish->len, it->deadline, &it->retry_after_ms));
    count(it, wish->len);
    return QK_OK;
}

/* Another method is tried once, and another token, if there is another one by now. */
typedef struct tries {
    bool method, token;
} tries;

/* The failure so far stays the one that is told. */
static bool has_another_token(const attempt *it)
{
    QK_OWNED(qk_secret_free) qk_secret token = QK_SECRET_NONE;
    const qk_failure refused = *qk_failure_last();

    if (it->config->read_token(it->config->context, &token) == QK_OK &&
        !qk_entropy_service_uses_token(it->place->client, qk_secret_reveal(&token)))
        return true;
    qk_fail_at(refused.file, refused.line, refused.code, "%s", refused.words);
    return false;
}

static bool may_ask_otherwise(attempt *it, qk_err err, tries *done)
{
    if (err == QK_E_METHOD_UNKNOWN && it->config->api == QK_SUPPLY_AUTO && !done->method) {
        done->method = true;
        it->place->post_missing = !it->place->post_missing;
        return true;
    }
    if (err == QK_E_NOT_AUTHENTICATED && it->wish->stock)
        qk_service_stock_drop(it->wish->stock); /* of a token that is no more */
    if (err != QK_E_NOT_AUTHENTICATED || done->token)
        return false;
    done->token = true;
    return has_another_token(it);
}

static qk_err ask_in_every_way(attempt *it)
{
    tries done = { 0 };
    qk_err err = ask(it);

    while (may_ask_otherwise(it, err, &done)) {
        qk_entropy_service_free(&it->place->client);
        err = ask(it);
    }
    if (err == QK_E_METHOD_UNKNOWN)
        it->place->post_missing = false; /* neither is there: nothing is known of it */
    if (err == QK_E_METHOD_UNKNOWN || err == QK_E_NOT_AUTHENTICATED)
        qk_entropy_service_free(&it->place->client);
    return err;
}

qk_err qk_service_attempt(qk_service_place *place, const qk_supply_config *config, const char *url,
                          qk_service_wish *wish, qk_deadline_ms deadline, int64_t *out_retry_after_ms)
{
    attempt it = { place, config, url, wish, deadline, 0 };
    qk_err err = ask_in_every_way(&it);

    *out_retry_after_ms = err == QK_OK ? 0 : it.retry_after_ms;
    return err;
}
