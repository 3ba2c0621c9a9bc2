/* SPDX-License-Identifier: Apache-2.0 */
#include "seeder/latch.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "seeder/supervisor.h"
#include "seeder/text.h"

enum { MOST_NOTE = 65536, LOOK_MS = 2000, ASK_AGAIN_MS = 60000 };

static const char *path_of(const qk_seeder *seeder, const qk_seed_target *target, qk_buf *out)
{
    qk_seed_note_path(seeder->config.state_folder, target->name, out);
    return qk_buf_text(out);
}

/* ---- setting and clearing ---- */

static void write_note(const qk_seeder *seeder, qk_seed_target *target)
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE, place = QK_BUF_NONE;
    const char *path = path_of(seeder, target, &place);
    qk_err err = path ? qk_folder_make(seeder->config.state_folder, 0700) : QK_E_NO_MEMORY;

    qk_seed_note_write(&target->latch, &target->config, &text);
    if (err == QK_OK)
        err = qk_buf_check(&text);
    if (err == QK_OK)
        err = qk_file_write(path, 0600, qk_buf_view(&text));
    target->latch.on_disk = target->latch.on_disk || err == QK_OK;
    if (err != QK_OK)
        qk_log_failure(QK_LOG_ERROR, err,
                       "op=latch target=%s warning=\"a restart would try the wrong PIN again: make state_folder "
                       "writable\"",
                       qk_seed_shown(target->name));
}

static qk_err describe(qk_seeder *seeder, const qk_seed_target *target, const qk_seed_try *tried, qk_seed_latch *latch)
{
    QK_TRY(qk_seed_what_digest(&target->config, latch->what));
    if (!tried || tried->pin.len == 0)
        return qk_seed_source_digest(&target->config, latch->source);
    memcpy(latch->source, tried->source, sizeof latch->source);
    QK_TRY(qk_seed_salt_get(&seeder->hashes, latch->salt));
    QK_TRY(qk_seed_try_hash(&seeder->hashes, tried, latch->salt, latch->hash));
    latch->has_hash = true;
    return QK_OK;
}

void qk_seed_latch_set(qk_seeder *seeder, qk_seed_target *target, CK_RV code, const qk_seed_try *tried)
{
    qk_err err;

    target->latch = (qk_seed_latch){ .code = code };
    err = describe(seeder, target, tried, &target->latch);
    if (err != QK_OK)
        qk_log_failure(QK_LOG_ERROR, err, "op=latch target=%s", qk_seed_shown(target->name));
    write_note(seeder, target);
}

void qk_seed_latch_clear(const qk_seeder *seeder, qk_seed_target *target)
{
    QK_OWNED(qk_buf_done) qk_buf place = QK_BUF_NONE;
    const char *path = path_of(seeder, target, &place);

    if (path)
        unlink(path);
    target->latch = (qk_seed_latch){ 0 };
}

/* ---- is it the PIN that was wrong? ---- */

/* A command takes time, and the daemon has others to see to: *out_later says that its answer is not there yet. */
static qk_err ask_now(qk_seeder *seeder, qk_seed_target *target, qk_seed_try *out, bool *out_later)
{
    QK_OWNED(qk_secret_free) qk_secret pin = QK_SECRET_NONE;
    qk_err err = QK_OK;

    *out_later = false;
    if (!target->config.pin_command || seeder->once)
        return qk_seed_try_read(&seeder->hashes, &target->config, out);
    if (!target->question && qk_seed_commands_running() < QK_SEED_MOST_COMMANDS)
        QK_TRY(qk_seed_command_start(target->config.pin_command, &target->question));
    *out_later = !target->question || !qk_seed_command_is_over(target->question, &err, &pin);
    if (*out_later)
        return QK_OK;
    qk_seed_command_free(&target->question);
    QK_TRY(err);
    return qk_seed_try_take(&seeder->hashes, &target->config, &pin, out);
}

/* True also if that cannot be found out: a try that is not made does no harm. */
static bool pin_is_the_same(qk_seeder *seeder, qk_seed_target *target)
{
    QK_OWNED(qk_seed_try_done) qk_seed_try now = { 0 };
    qk_seed_latch *latch = &target->latch;
    uint8_t hash[QK_SEED_DIGEST];
    bool later;
    qk_err err = ask_now(seeder, target, &now, &later);

    if (later) {
        latch->undecided = true;
        latch->asked_ms = 0;
        return true;
    }
    if (err == QK_OK)
        err = qk_seed_try_hash(&seeder->hashes, &now, latch->salt, hash);
    if (err != QK_OK) {
        if (!latch->undecided)
            qk_log_failure(QK_LOG_ERROR, err,
                           "op=latch target=%s warning=\"a wrong PIN was noted, and whether it was "
                           "corrected cannot be seen\"",
                           qk_seed_shown(target->name));
        latch->undecided = true;
        latch->asked_ms = qk_clock_monotonic_ms();
        return true;
    }
    latch->undecided = false;
    if (!qk_ct_equal(qk_view_of(hash, sizeof hash), qk_view_of(latch->hash, sizeof latch->hash)))
        return false;
    if (memcmp(latch->source, now.source, sizeof latch->source) != 0) { /* the same text, written anew */
        memcpy(latch->source, now.source, sizeof latch->source);
        if (latch->on_disk)
            write_note(seeder, target);
    }
    return true;
}

static bool holds(qk_seeder *seeder, qk_seed_target *target, bool may_ask)
{
    qk_seed_latch *latch = &target->latch;
    bool hidden = qk_seed_source_is_hidden(&target->config), looks_same;
    uint8_t now[QK_SEED_DIGEST];

    if (qk_seed_source_digest(&target->config, now) != QK_OK)
        return true;
    looks_same = memcmp(now, latch->source, sizeof now) == 0;
    if (!latch->has_hash)
        return looks_same;
    if (hidden ? !may_ask : looks_same)
        return true;
    return pin_is_the_same(seeder, target);
}

bool qk_seed_latch_holds(qk_seeder *seeder, qk_seed_target *target)
{
    return holds(seeder, target, true);
}

/* A note that nobody understands stands for a wrong PIN of whatever is there now. */
static void suspect(qk_seed_target *target, qk_err err, const char *path)
{
    qk_log_failure(QK_LOG_ERROR, err,
                   "op=latch target=%s note=%s warning=\"this note of a wrong PIN cannot be read, so no PIN is tried: "
                   "see to it, or remove it\"",
                   qk_seed_shown(target->name), qk_seed_shown(path));
    target->latch = (qk_seed_latch){ .code = QK_SEED_PIN_REFUSED, .on_disk = true };
    if (qk_seed_source_digest(&target->config, target->latch.source) != QK_OK)
        memset(target->latch.source, 0, sizeof target->latch.source);
}

bool qk_seed_latch_is_set(qk_seeder *seeder, qk_seed_target *target)
{
    QK_OWNED(qk_buf_done) qk_buf kept = QK_BUF_NONE, place = QK_BUF_NONE;
    const char *path = path_of(seeder, target, &place);
    uint8_t what[QK_SEED_DIGEST];
    qk_err err = path ? qk_file_read(path, MOST_NOTE, &kept) : QK_E_NO_MEMORY;

    if (err == QK_E_OBJECT_MISSING)
        return false;
    if (err == QK_OK)
        err = qk_seed_note_read(qk_buf_view(&kept), &target->config, &target->latch);
    if (err == QK_OK)
        err = qk_seed_what_digest(&target->config, what);
    if (err != QK_OK) {
        suspect(target, err, path ? path : "");
        return true;
    }
    target->latch.on_disk = true;
    return memcmp(what, target->latch.what, sizeof what) == 0 && holds(seeder, target, true);
}

/* ---- the running daemon ---- */

/* With its folder still there: one that was unmounted is nobody's word. */
static bool note_was_removed(const qk_seeder *seeder, const qk_seed_target *target)
{
    QK_OWNED(qk_buf_done) qk_buf place = QK_BUF_NONE;
    const char *path = path_of(seeder, target, &place);
    struct stat about;

    return target->latch.on_disk && path && stat(path, &about) != 0 && errno == ENOENT &&
           stat(seeder->config.state_folder, &about) == 0;
}

static const char *why_to_go_on(qk_seeder *seeder, qk_seed_target *target, int64_t now_ms)
{
    bool may_ask = target->latch.undecided && now_ms - target->latch.asked_ms >= ASK_AGAIN_MS;

    if (note_was_removed(seeder, target))
        return "its note was removed";
    return holds(seeder, target, may_ask) ? NULL : "another PIN is kept for it now";
}

void qk_seed_latches_look(qk_seeder *seeder, int64_t now_ms)
{
    if (now_ms - seeder->looked_ms < LOOK_MS)
        return;
    seeder->looked_ms = now_ms;
    for (qk_seed_target *it = seeder->targets; it; it = it->next) {
        const char *why = it->latched ? why_to_go_on(seeder, it, now_ms) : NULL;
        if (!why)
            continue;
        qk_log(QK_LOG_INFO, "op=latch target=%s state=tried words=\"%s\"", qk_seed_shown(it->name), why);
        it->off = it->latched = false;
        it->latch = (qk_seed_latch){ 0 };
        it->due_ms = now_ms / 1000 * 1000;
    }
}
