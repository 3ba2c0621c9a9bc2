/* SPDX-License-Identifier: Apache-2.0 */
/* Seeds: one download for all targets that are due, different bytes for each. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "crypto/crypto.h"
#include "entropy/random.h"
#include "net/socket.h"
#include "seeder/supervisor.h"

enum { MOST_BLOCKS = 512, MOST_AT_ONCE = 524288, DOWNLOAD_MS = 10000 };
enum { NO_TOKEN_MS = 600000, NO_ALLOTMENT_MS = 3600000 };

/* The service takes no such request, and the next one would be the same: nothing is asked until an operator says so. */
static const int64_t UNTIL_TOLD_MS = INT64_MAX / 2;

/* ---- when the service fails ---- */

static int64_t growing(qk_seeder *seeder)
{
    uint8_t jitter = 0;

    seeder->service_back_off_ms = qk_seed_back_off(seeder->service_back_off_ms);
    if (qk_random_bytes(&jitter, 1) != QK_OK)
        jitter = 128;
    return seeder->service_back_off_ms - seeder->service_back_off_ms * jitter / 1024; /* up to a quarter less */
}

/* Source: spec of the seeder, section 7.3, last paragraph. */
static int64_t pause_after(qk_seeder *seeder, qk_err err, int64_t retry_after_ms)
{
    if (err == QK_E_NOT_AUTHENTICATED || err == QK_E_CONFIG || err == QK_E_METHOD_UNKNOWN)
        return NO_TOKEN_MS;
    if (err == QK_E_REQUEST_REFUSED)
        return UNTIL_TOLD_MS;
    if (retry_after_ms > 0)
        return retry_after_ms;
    return err == QK_E_NOT_AUTHORIZED ? NO_ALLOTMENT_MS : growing(seeder);
}

/* From now on, and not from when the targets were due: the service may have kept us waiting for longer than that. */
static void note_failure(qk_seeder *seeder, qk_err err, int64_t retry_after_ms)
{
    int64_t pause = pause_after(seeder, err, retry_after_ms);

    seeder->download_failures++;
    seeder->service_pause_until_ms = qk_clock_monotonic_ms() + pause;
    snprintf(seeder->service_words, sizeof seeder->service_words, "%.199s", qk_err_words(err));
    seeder->changed = true;
    if (pause == UNTIL_TOLD_MS)
        qk_log_failure(QK_LOG_ERROR, err, "op=download again=\"after SIGHUP or SIGUSR1\"");
    else
        qk_log_failure(QK_LOG_ERROR, err, "op=download again_in_ms=%jd", (intmax_t)pause);
}

void qk_seeds_ask_again(qk_seeder *seeder)
{
    seeder->service_pause_until_ms = 0;
    seeder->service_back_off_ms = 0;
    if (seeder->supply)
        qk_supply_ask_again(seeder->supply);
}

/* ---- is it random at all? ---- */

static bool is_one_value(qk_view block)
{
    for (size_t i = 1; i < block.len; i++)
        if (block.data[i] != block.data[0])
            return false;
    return block.len > 4; /* a few bytes are equal by chance */
}

static qk_err check_block(qk_seeder *seeder, qk_view block)
{
    uint8_t hash[32];
    uint64_t mark;

    if (is_one_value(block))
        return qk_fail(QK_E_PROTOCOL, "the entropy service gave a block of one value repeated");
    if (block.len < 16)
        return QK_OK; /* short blocks repeat by chance */
    QK_TRY(qk_sha256(block, hash));
    memcpy(&mark, hash, sizeof mark);
    for (size_t i = 0; i < QK_SEED_REMEMBERED; i++)
        if (seeder->remembered[i] == mark)
            return qk_fail(QK_E_PROTOCOL, "the entropy service gave a block that it gave before");
    seeder->remembered[seeder->remembered_next++ % QK_SEED_REMEMBERED] = mark;
    return QK_OK;
}

/* ---- downloading ---- */

static qk_err mix(const qk_seeder *seeder, qk_secret *seeds)
{
    QK_OWNED(qk_secret_free) qk_secret local = QK_SECRET_NONE;
    uint8_t *place = qk_secret_fill(seeds);

    if (seeder->config.mix != 0)
        return QK_OK;
    QK_TRY(qk_secret_new(seeds->len, &local));
    QK_TRY(qk_random_bytes(qk_secret_fill(&local), local.len));
    for (size_t i = 0; i < seeds->len; i++)
        place[i] ^= qk_secret_reveal(&local).data[i];
    return QK_OK;
}

static qk_err check(qk_seeder *seeder, const qk_secret *seeds, size_t size)
{
    for (size_t at = 0; at < seeds->len; at += size)
        QK_TRY(check_block(seeder, qk_view_slice(qk_secret_reveal(seeds), at, size)));
    return QK_OK;
}

static qk_err download(qk_seeder *seeder, size_t size, size_t count, qk_secret *out, int64_t *out_retry_after_ms)
{
    qk_supply_report report = { 0 };
    qk_err err;

    QK_TRY(qk_secret_new(size * count, out));
    err =
        qk_supply_fetch_blocks(seeder->supply, qk_secret_fill(out), size, count, qk_deadline_in(DOWNLOAD_MS), &report);
    seeder->downloaded_bytes += report.bytes;
    *out_retry_after_ms = report.retry_after_ms;
    QK_TRY(err);
    err = check(seeder, out, size);
    if (err != QK_OK)
        qk_supply_drop_stock(seeder->supply);
    QK_TRY(err);
    seeder->downloads += report.downloads;
    seeder->service_back_off_ms = 0;
    seeder->service_words[0] = 0;
    return mix(seeder, out);
}

/* Targets of one size. */
static qk_err give_out_equal(qk_seeder *seeder, qk_seed_target *const *due, size_t count, int64_t *out_retry_after_ms)
{
    QK_OWNED(qk_secret_free) qk_secret seeds = QK_SECRET_NONE;
    size_t size = due[0]->config.size;

    QK_TRY(download(seeder, size, count, &seeds, out_retry_after_ms));
    for (size_t i = 0; i < count; i++) {
        QK_OWNED(qk_secret_free) qk_secret seed = QK_SECRET_NONE;
        QK_TRY(qk_secret_copy(qk_view_slice(qk_secret_reveal(&seeds), i * size, size), &seed));
        QK_TRY(qk_seed_worker_order(due[i]->worker, due[i], QK_SEED_ASK_SEED, &seed));
    }
    return QK_OK;
}

static int by_size(const void *a, const void *b)
{
    uint64_t left = (*(qk_seed_target *const *)a)->config.size, right = (*(qk_seed_target *const *)b)->config.size;
    return left < right ? -1 : left > right;
}

/* Their next turn is planned already. This one may be made up for until then: once the service's pause is over. */
static void give_turn_back(qk_seed_target *const *targets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!targets[i]->waiting)
            targets[i]->due_ms -= (int64_t)targets[i]->config.period * 1000;
}

/* A signal came: whatever the loop does about it comes first. */
static void put_off(const qk_seeder *seeder, qk_seed_target *const *targets, size_t count)
{
    qk_log(QK_LOG_INFO, "op=download words=\"interrupted by a signal\"");
    if (!seeder->once)
        give_turn_back(targets, count);
    for (size_t i = 0; i < count && seeder->once; i++)
        if (!targets[i]->waiting)
            targets[i]->due_ms = 0; /* its one turn is to come yet */
}

/* How many from the first on share a download. */
static size_t run_of(qk_seed_target *const *sorted, size_t count)
{
    size_t size = sorted[0]->config.size, run = 1,
           most = MOST_AT_ONCE / size < MOST_BLOCKS ? MOST_AT_ONCE / size : MOST_BLOCKS;

    while (run < count && run < most && sorted[run]->config.size == size)
        run++;
    return run;
}

void qk_seeds_give_out(qk_seeder *seeder, qk_seed_target **due, size_t count)
{
    qsort(due, count, sizeof *due, by_size);
    for (size_t at = 0, run; at < count; at += run) {
        int64_t retry_after_ms = 0;
        qk_err err;
        run = run_of(due + at, count - at);
        err = give_out_equal(seeder, due + at, run, &retry_after_ms);
        qk_seeder_give_sign_of_life(); /* each may have taken its whole time */
        if (err == QK_OK)
            continue;
        if (qk_socket_interrupted()) {
            put_off(seeder, due + at, count - at);
            return;
        }
        note_failure(seeder, err, retry_after_ms);
        if (!seeder->once)
            give_turn_back(due + at, count - at);
        return;
    }
}
