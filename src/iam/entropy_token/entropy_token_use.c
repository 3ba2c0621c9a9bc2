/* SPDX-License-Identifier: Apache-2.0 */
/* Rate: the bucket is kept as the time at which it will be full again, one number that needs no timer (the generic cell
 * rate algorithm, ITU-T I.371, turned to whole requests). Allotment: a count and the period it belongs to.
 *
 * The clock of the rate never jumps; that of the allotment may (entropy_token_period.h). What is returned after the
 * period of its taking has ended lowers the new period's count; that is at most what was under way at midnight. */
#include "iam/entropy_token/entropy_token_use.h"

#include <stdlib.h>

static const int64_t second_ns = 1000000000;

qk_err qk_token_use_new(const qk_token_row *row, const qk_token_clocks *clocks, qk_token_use **out_use)
{
    qk_token_use *use = calloc(1, sizeof *use);

    if (!use)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a token");
    atomic_init(&use->references, 1);
    memcpy(use->hash, row->hash, sizeof use->hash);
    use->clocks = *clocks;
    use->record = row->record;
    atomic_init(&use->revoked, row->record.revoked);
    pthread_mutex_init(&use->lock, NULL);
    use->period = (qk_period){ row->record.period_starts_unix_s, row->record.period_ends_unix_s };
    use->used = row->record.used_bytes;
    use->total = row->record.total_bytes;
    *out_use = use;
    return QK_OK;
}

qk_token_use *qk_token_use_ref(qk_token_use *use)
{
    atomic_fetch_add_explicit(&use->references, 1, memory_order_relaxed);
    return use;
}

void qk_token_use_unref(qk_token_use **use)
{
    qk_token_use *it = *use;

    *use = NULL;
    if (!it || atomic_fetch_sub_explicit(&it->references, 1, memory_order_acq_rel) > 1)
        return;
    pthread_mutex_destroy(&it->lock);
    free(it);
}

unsigned qk_token_use_scopes(const qk_token_use *use)
{
    return use->record.scopes;
}

const char *qk_token_use_name(const qk_token_use *use)
{
    return use->record.name;
}

qk_token_verdict qk_token_use_verdict(const qk_token_use *use)
{
    const qk_token_record *record = &use->record;
    int64_t now = use->clocks.unix_s();

    if (atomic_load_explicit(&use->revoked, memory_order_acquire))
        return QK_TOKEN_REVOKED;
    if (record->expires_unix_s != 0 && now >= record->expires_unix_s)
        return QK_TOKEN_EXPIRED;
    return now < record->not_before_unix_s ? QK_TOKEN_INVALID : QK_TOKEN_GOOD;
}

/* ---- rate ---- */

static uint64_t whole_seconds(int64_t ns)
{
    return ns <= 0 ? 0 : (uint64_t)((ns + second_ns - 1) / second_ns);
}

/* Nanoseconds until the bucket has one request more; 0: no limit. */
static int64_t refill_ns(const qk_token_record *record)
{
    return record->rate_requests ? (int64_t)(record->rate_seconds * (uint64_t)second_ns / record->rate_requests) : 0;
}

void qk_token_use_rate(qk_token_use *use, qk_rate_answer *out)
{
    int64_t each = refill_ns(&use->record), room = each * (int64_t)use->record.rate_requests;
    int64_t now = use->clocks.monotonic_ns(), missing;

    *out = (qk_rate_answer){ .allowed = true };
    if (each <= 0)
        return;
    pthread_mutex_lock(&use->lock);
    missing = use->rate_full_ns > now ? use->rate_full_ns - now : 0;
    out->allowed = missing + each <= room;
    if (out->allowed) {
        missing += each;
        use->rate_full_ns = now + missing;
    }
    pthread_mutex_unlock(&use->lock);
    out->limited = true;
    out->limit = use->record.rate_requests;
    out->remaining = (uint64_t)((room - missing) / each);
    out->reset_s = whole_seconds(missing);
    out->retry_after_s = out->allowed ? 0 : whole_seconds(missing + each - room);
}

/* ---- allotment ---- */

/* The lock is held. */
static void move_period(qk_token_use *use, int64_t now)
{
    if (!qk_period_move(&use->period, use->record.created_unix_s, now))
        return;
    use->used = 0;
    use->unsaved_used = 0;
}

static uint64_t plus(uint64_t count, int64_t difference)
{
    uint64_t less = difference < 0 ? (uint64_t)-difference : 0;

    if (less)
        return count > less ? count - less : 0;
    return count > (uint64_t)INT64_MAX - (uint64_t)difference ? INT64_MAX : count + (uint64_t)difference;
}

/* The lock is held. */
static void count(qk_token_use *use, int64_t difference)
{
    use->used = plus(use->used, difference);
    use->total = plus(use->total, difference);
    use->unsaved_used += difference;
    use->unsaved_total += difference;
}

static bool is_left(qk_token_use *use, uint64_t bytes, bool take)
{
    uint64_t allotment = use->record.allotment_bytes;
    bool left;

    if (bytes > INT32_MAX)
        return false;
    pthread_mutex_lock(&use->lock);
    move_period(use, use->clocks.unix_s());
    left = allotment == 0 || (use->used <= allotment && bytes <= allotment - use->used);
    if (left && take)
        count(use, (int64_t)bytes);
    pthread_mutex_unlock(&use->lock);
    return left;
}

bool qk_token_use_take(qk_token_use *use, uint64_t bytes)
{
    return is_left(use, bytes, true);
}

bool qk_token_use_has(qk_token_use *use, uint64_t bytes)
{
    return is_left(use, bytes, false);
}

void qk_token_use_return(qk_token_use *use, uint64_t bytes)
{
    if (bytes > INT32_MAX)
        return;
    pthread_mutex_lock(&use->lock);
    count(use, -(int64_t)bytes);
    pthread_mutex_unlock(&use->lock);
}

/* ---- saving ---- */

bool qk_token_use_unsaved(qk_token_use *use, int64_t now, qk_token_unsaved *out)
{
    bool any;

    pthread_mutex_lock(&use->lock);
    any = use->unsaved_used != 0 || use->unsaved_total != 0;
    if (any) {
        move_period(use, now);
        *out = (qk_token_unsaved){ use->unsaved_used, use->unsaved_total, use->period };
    }
    pthread_mutex_unlock(&use->lock);
    return any;
}

void qk_token_row_add(qk_token_row *row, const qk_token_unsaved *unsaved, int64_t now)
{
    qk_token_record *record = &row->record;
    qk_period period = { record->period_starts_unix_s, record->period_ends_unix_s };

    if (qk_period_move(&period, record->created_unix_s, now))
        record->used_bytes = 0;
    if (unsaved->period.starts > period.starts) { /* the clock has stepped back since: what was begun stays begun */
        period = unsaved->period;
        record->used_bytes = 0;
    }
    record->used_bytes = plus(record->used_bytes, unsaved->used);
    record->total_bytes = plus(record->total_bytes, unsaved->total);
    record->period_starts_unix_s = period.starts;
    record->period_ends_unix_s = period.ends;
}

void qk_token_use_saved(qk_token_use *use, const qk_token_unsaved *unsaved, const qk_token_row *row)
{
    const qk_token_record *record = &row->record;

    pthread_mutex_lock(&use->lock);
    use->unsaved_total -= unsaved->total;
    use->total = plus(record->total_bytes, use->unsaved_total);
    if (use->period.starts == unsaved->period.starts) { /* else a new period has begun meanwhile */
        use->unsaved_used -= unsaved->used;
        use->used = plus(record->used_bytes, use->unsaved_used);
        use->period = (qk_period){ record->period_starts_unix_s, record->period_ends_unix_s };
    }
    pthread_mutex_unlock(&use->lock);
}
