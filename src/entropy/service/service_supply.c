/* SPDX-License-Identifier: Apache-2.0 */
/* A call is a number of rounds, and in a round each service is asked once, one at once after the other. Who failed is
 * asked last for a while; then the order of the list counts again, so that a preferred service that came back is found.
 * The time of a call is shared: a service that is silent takes no more than its part of what is left. */
#include "entropy/service/service_supply.h"

#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "entropy/service/service_stock.h"
#include "entropy/service/service_turn.h"
#include "net/socket.h"

enum { MOST_AT_ONCE = 524288, MOST_BLOCK = 1024, MOST_BLOCKS = 512, UNIT = 1024 };
enum { FIRST_PAUSE_MS = 100, MOST_PAUSE_MS = 2000, REST_MS = 60000, STOCK_AGE_MS = 300000 };
_Static_assert((int)QK_SUPPLY_SERVICES <= (int)QK_TURNS_MOST, "a turn for each");

typedef struct place {
    qk_entropy_service *client; /* NULL until it is asked */
    bool post_missing;          /* api auto: it has no POST */
} place;

struct qk_supply {
    qk_supply_config config;
    place places[QK_SUPPLY_SERVICES];
    qk_service_turn turns[QK_SUPPLY_SERVICES];
    qk_service_stock stock;
};

/* What is to be downloaded at once, and how that went. */
typedef struct download {
    uint8_t *out;
    size_t len, block_len;   /* block_len 0: as the client likes */
    qk_service_stock *stock; /* for what comes beyond `len`; NULL: that is wiped */
    qk_deadline_ms deadline;
    qk_failure failure; /* what is told if nobody gives anything: one that may pass, if there was any */
    qk_supply_report report;
    bool over; /* nobody else is to be asked */
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
    qk_service_stock_drop(&(*supply)->stock);
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

static bool uses_get(const qk_supply *supply, const place *it)
{
    return supply->config.api == QK_SUPPLY_QUANTUM_ENTROPY || it->post_missing;
}

static qk_err connect_to(qk_supply *supply, place *it)
{
    QK_OWNED(qk_secret_free) qk_secret token = QK_SECRET_NONE;
    qk_entropy_service_config config = config_of(&supply->config, supply->config.urls[it - supply->places]);

    if (it->client)
        return QK_OK;
    QK_TRY(supply->config.read_token(supply->config.context, &token));
    config.api = uses_get(supply, it) ? QK_ENTROPY_API_GET : QK_ENTROPY_API_POST;
    config.token = qk_secret_reveal(&token);
    return qk_entropy_service_new(&config, &it->client);
}

static void count(download *want, size_t bytes)
{
    want->report.downloads++;
    want->report.bytes += bytes;
}

/* The answer comes in whole KiB: what is in stock goes first, and the rest of the last KiB is the new stock. */
static qk_err ask_for_units(place *it, download *want, qk_deadline_ms end, int64_t *retry_after_ms)
{
    QK_OWNED(qk_secret_free) qk_secret units = QK_SECRET_NONE;
    size_t kept = want->stock->left, missing = want->len - kept;
    qk_view got;

    QK_TRY(qk_secret_new((missing + UNIT - 1) / UNIT * UNIT, &units));
    QK_TRY(qk_entropy_service_fetch(it->client, qk_secret_fill(&units), units.len, end, retry_after_ms));
    got = qk_secret_reveal(&units);
    count(want, got.len);
    qk_service_stock_take(want->stock, want->out, kept);
    memcpy(want->out + kept, got.data, missing);
    qk_service_stock_keep(want->stock, qk_view_slice(got, missing, got.len - missing));
    return QK_OK;
}

static qk_err ask(qk_supply *supply, place *it, download *want, qk_deadline_ms end, int64_t *retry_after_ms)
{
    *retry_after_ms = 0;
    QK_TRY(connect_to(supply, it));
    if (want->stock && (want->block_len == 0 || uses_get(supply, it)))
        return ask_for_units(it, want, end, retry_after_ms);
    if (want->block_len)
        QK_TRY(qk_entropy_service_fetch_blocks(it->client, want->out, want->block_len, want->len / want->block_len, end,
                                               retry_after_ms));
    else
        QK_TRY(qk_entropy_service_fetch(it->client, want->out, want->len, end, retry_after_ms));
    count(want, want->len);
    return QK_OK;
}

/* A token may have been renewed, and a service may have no POST: both are found out once. */
static qk_err attempt(qk_supply *supply, place *it, download *want, qk_deadline_ms end, int64_t *retry_after_ms)
{
    qk_err err = ask(supply, it, want, end, retry_after_ms);

    if (err == QK_E_METHOD_UNKNOWN && !it->post_missing && supply->config.api == QK_SUPPLY_AUTO)
        it->post_missing = true;
    else if (err == QK_E_NOT_AUTHENTICATED)
        qk_service_stock_drop(&supply->stock); /* of a token that is no more */
    else
        return err;
    qk_entropy_service_free(&it->client);
    err = ask(supply, it, want, end, retry_after_ms);
    if (err == QK_E_NOT_AUTHENTICATED)
        qk_entropy_service_free(&it->client);
    return err;
}

/* ---- who is asked when ---- */

static bool may_pass(qk_err err)
{
    return err == QK_E_RATE || err == QK_E_NO_RANDOM || err == QK_E_SERVER_AWAY || err == QK_E_TIMEOUT;
}

/* Wrong on this side: no other service could help. */
static bool is_ours(qk_err err)
{
    return err == QK_E_TOKEN_EMPTY || err == QK_E_NO_MEMORY || err == QK_E_SYSTEM;
}

/* Of several failures the one is told after which asking again may help most, and soonest. */
static int rank(qk_err err)
{
    return may_pass(err) ? 2 : err != QK_OK && err != QK_E_REQUEST_REFUSED;
}

static void note_failure(qk_supply *supply, size_t number, download *want, qk_err err, int64_t retry_after_ms)
{
    int64_t first_rest_ms = supply->config.rest_ms ? supply->config.rest_ms : REST_MS;

    if (rank(err) > rank(want->failure.code) ||
        (rank(err) == rank(want->failure.code) && retry_after_ms <= want->report.retry_after_ms)) {
        want->failure = *qk_failure_last();
        want->report.retry_after_ms = retry_after_ms;
    }
    qk_service_turn_fail(&supply->turns[number], may_pass(err), retry_after_ms, first_rest_ms, qk_clock_monotonic_ms());
    qk_log_failure(QK_LOG_INFO, err, "op=fetch url=%s", supply->config.urls[number]);
}

static qk_deadline_ms share_of(qk_deadline_ms deadline, int64_t most_ms, size_t among)
{
    int64_t left = qk_deadline_left(deadline), part = left / (int64_t)among;

    return qk_deadline_in(left >= 0 && part < most_ms ? part : most_ms);
}

/* True once entropy is there. */
static bool ask_each_once(qk_supply *supply, download *want)
{
    size_t order[QK_TURNS_MOST],
        found = qk_service_turns_order(supply->turns, supply->config.url_count, qk_clock_monotonic_ms(), order);

    for (size_t i = 0; i < found && !want->over; i++) {
        int64_t retry_after_ms = 0;
        qk_deadline_ms end = share_of(want->deadline, supply->config.attempt_timeout_ms, found - i);
        qk_err err = attempt(supply, &supply->places[order[i]], want, end, &retry_after_ms);
        if (err == QK_OK) {
            qk_service_turn_succeed(&supply->turns[order[i]]);
            return true;
        }
        want->over = is_ours(err) || qk_socket_interrupted();
        if (want->over)
            want->failure = *qk_failure_last();
        else
            note_failure(supply, order[i], want, err, retry_after_ms);
        want->over = want->over || qk_deadline_left(want->deadline) == 0;
    }
    return false;
}

/* Until one that may give entropy yet may be asked; false if that is not in time. */
static bool wait_for_one(const qk_supply *supply, int64_t pause_ms, qk_deadline_ms deadline)
{
    int64_t next_ms = qk_service_turns_next_ms(supply->turns, supply->config.url_count), now_ms;
    int left = qk_deadline_left(deadline);

    if (next_ms == QK_TURN_NEVER)
        return false;
    now_ms = qk_clock_monotonic_ms();
    if (pause_ms < next_ms - now_ms)
        pause_ms = next_ms - now_ms;
    if (left >= 0 && pause_ms >= left)
        return false;
    nanosleep(&(struct timespec){ .tv_sec = pause_ms / 1000, .tv_nsec = pause_ms % 1000 * 1000000 }, NULL);
    return true;
}

/* It was kept while others were born. */
static qk_err tell(const qk_failure *failure)
{
    qk_fail_at(failure->file, failure->line, failure->code, "%s", failure->words);
    return failure->code;
}

static qk_err fetch(qk_supply *supply, download *want)
{
    int64_t growing_ms = FIRST_PAUSE_MS;

    if (supply->config.url_count == 0)
        return qk_fail(QK_E_CONFIG, "no entropy service is named");
    for (size_t i = 0; i < supply->config.url_count; i++)
        qk_service_turn_begin(&supply->turns[i]);
    for (uint64_t round = 0;; round++) {
        if (ask_each_once(supply, want)) {
            want->report.retry_after_ms = 0;
            return QK_OK;
        }
        if (want->over || round == supply->config.retries || !wait_for_one(supply, growing_ms, want->deadline))
            return tell(&want->failure);
        growing_ms = growing_ms * 2 < MOST_PAUSE_MS ? growing_ms * 2 : MOST_PAUSE_MS;
    }
}

/* ---- calls ---- */

static qk_err fetch_all(qk_supply *supply, uint8_t *out, size_t len, qk_deadline_ms deadline, qk_supply_report *report)
{
    while (len > 0) {
        download want = { .out = out, .len = len < MOST_AT_ONCE ? len : MOST_AT_ONCE, .deadline = deadline };
        qk_err err;
        want.report = *report;
        err = fetch(supply, &want);
        *report = want.report;
        QK_TRY(err);
        out += want.len;
        len -= want.len;
    }
    return QK_OK;
}

qk_err qk_supply_fetch(qk_supply *supply, uint8_t *out, size_t len, qk_deadline_ms deadline)
{
    qk_supply_report unused = { 0 };

    return fetch_all(supply, out, len, deadline, &unused);
}

qk_err qk_supply_fetch_blocks(qk_supply *supply, uint8_t *out, size_t block_len, size_t count, qk_deadline_ms deadline,
                              qk_supply_report *out_report)
{
    bool fits = block_len <= MOST_BLOCK && count <= MOST_BLOCKS;
    download want = { .out = out,
                      .len = block_len * count,
                      .block_len = fits ? block_len : 0,
                      .stock = &supply->stock,
                      .deadline = deadline };
    qk_err err;

    *out_report = (qk_supply_report){ 0 };
    if (want.len > MOST_AT_ONCE)
        return fetch_all(supply, out, want.len, deadline, out_report);
    qk_service_stock_age(&supply->stock, supply->config.stock_age_ms ? supply->config.stock_age_ms : STOCK_AGE_MS);
    if (want.len <= supply->stock.left) {
        qk_service_stock_take(&supply->stock, out, want.len);
        return QK_OK;
    }
    err = fetch(supply, &want);
    *out_report = want.report;
    return err;
}

void qk_supply_drop_stock(qk_supply *supply)
{
    qk_service_stock_drop(&supply->stock);
}
