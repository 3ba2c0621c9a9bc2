/* SPDX-License-Identifier: Apache-2.0 */
/* A call is a number of rounds, and in a round each service is asked once, one at once after the other. Who failed is
 * asked last for a while; then the order of the list counts again, so that a preferred service that came back is found.
 * The time of a call is shared: a service that is silent takes no more than its part of what is left. */
#include "entropy/service/service_supply.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/own_thread.h"
#include "entropy/service/service_attempt.h"
#include "entropy/service/service_turn.h"
#include "net/socket.h"

enum { MOST_AT_ONCE = 524288, MOST_BLOCK = 1024, MOST_BLOCKS = 512 };
enum { FIRST_PAUSE_MS = 100, MOST_PAUSE_MS = 2000, REST_MS = 60000, STOCK_AGE_MS = 300000 };
_Static_assert((int)QK_SUPPLY_SERVICES <= (int)QK_TURNS_MOST, "a turn for each");

struct qk_supply {
    qk_supply_config config;
    qk_service_place places[QK_SUPPLY_SERVICES];
    qk_service_turn turns[QK_SUPPLY_SERVICES];
    qk_service_stock stock;
};

/* What is to be downloaded at once, and how that went. */
typedef struct download {
    qk_service_wish wish;
    qk_deadline_ms deadline;
    qk_failure failure; /* what is told if nobody gives anything: one that may pass, if there was any */
    bool over;          /* nobody else is to be asked */
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

qk_err qk_supply_check(const qk_supply_config *config)
{
    for (size_t i = 0; i < config->url_count; i++) {
        QK_OWNED(qk_entropy_service_free) qk_entropy_service *service = NULL;
        qk_entropy_service_config one = qk_service_config_of(config, config->urls[i]);
        QK_TRY(qk_entropy_service_new(&one, &service));
    }
    return QK_OK;
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

    if (want->failure.code == QK_OK || rank(err) > rank(want->failure.code) ||
        (rank(err) == rank(want->failure.code) && retry_after_ms <= want->wish.report.retry_after_ms)) {
        want->failure = *qk_failure_last();
        want->wish.report.retry_after_ms = retry_after_ms;
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
        qk_err err = qk_service_attempt(&supply->places[order[i]], &supply->config, supply->config.urls[order[i]],
                                        &want->wish, end, &retry_after_ms);
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

/* Signals whose handlers return do not shorten it: else each would cost a round. */
static void sleep_for(int64_t pause_ms)
{
    const int64_t end_ms = qk_clock_monotonic_ms() + pause_ms;
    const struct timespec end = { .tv_sec = end_ms / 1000, .tv_nsec = end_ms % 1000 * 1000000 };

    qk_own_thread_waits();
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR)
        continue;
    qk_own_thread_works();
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
    sleep_for(pause_ms);
    return true;
}

/* The failure was kept while others were born. Without one nobody was asked. */
static qk_err tell(const qk_supply *supply, download *want)
{
    const qk_failure *failure = &want->failure;
    int64_t next_ms = qk_service_turns_next_ms(supply->turns, supply->config.url_count);

    if (failure->code != QK_OK) {
        qk_fail_at(failure->file, failure->line, failure->code, "%s", failure->words);
        return failure->code;
    }
    next_ms = next_ms == QK_TURN_NEVER ? 0 : next_ms - qk_clock_monotonic_ms();
    want->wish.report.retry_after_ms = next_ms > 0 ? next_ms : 0;
    return qk_fail(QK_E_RATE, "the entropy service asked to be left alone, for another %jd ms",
                   (intmax_t)want->wish.report.retry_after_ms);
}

static qk_err fetch(qk_supply *supply, download *want)
{
    int64_t growing_ms = FIRST_PAUSE_MS;

    if (supply->config.url_count == 0)
        return qk_fail(QK_E_CONFIG, "no entropy service is named");
    for (size_t i = 0; i < supply->config.url_count; i++)
        qk_service_turn_begin(&supply->turns[i], qk_clock_monotonic_ms());
    for (uint64_t round = 0;; round++) {
        if (ask_each_once(supply, want)) {
            want->wish.report.retry_after_ms = 0;
            return QK_OK;
        }
        if (want->over || round == supply->config.retries || !wait_for_one(supply, growing_ms, want->deadline))
            return tell(supply, want);
        growing_ms = growing_ms * 2 < MOST_PAUSE_MS ? growing_ms * 2 : MOST_PAUSE_MS;
    }
}

/* ---- calls ---- */

static qk_err fetch_all(qk_supply *supply, uint8_t *out, size_t len, qk_deadline_ms deadline, qk_supply_report *report)
{
    while (len > 0) {
        download want = { .wish = { .out = out, .len = len < MOST_AT_ONCE ? len : MOST_AT_ONCE, .report = *report },
                          .deadline = deadline };
        qk_err err = fetch(supply, &want);
        *report = want.wish.report;
        QK_TRY(err);
        out += want.wish.len;
        len -= want.wish.len;
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
    size_t len = block_len * count;
    download want = {
        .wish = { .out = out, .len = len, .block_len = fits ? block_len : 0, .stock = &supply->stock },
        .deadline = deadline,
    };
    qk_err err;

    *out_report = (qk_supply_report){ 0 };
    if (len > MOST_AT_ONCE)
        return fetch_all(supply, out, len, deadline, out_report);
    qk_service_stock_age(&supply->stock, supply->config.stock_age_ms ? supply->config.stock_age_ms : STOCK_AGE_MS);
    if (len <= supply->stock.left) {
        qk_service_stock_take(&supply->stock, out, len);
        return QK_OK;
    }
    err = fetch(supply, &want);
    *out_report = want.wish.report;
    return err;
}

void qk_supply_drop_stock(qk_supply *supply)
{
    qk_service_stock_drop(&supply->stock);
}

void qk_supply_ask_again(qk_supply *supply)
{
    for (size_t i = 0; i < QK_SUPPLY_SERVICES; i++)
        supply->turns[i].told_until_ms = 0;
}
