/* SPDX-License-Identifier: Apache-2.0 */
#include "seeder/latch.h"

#include <stdio.h>

#include "base/file.h"
#include "base/log.h"
#include "seeder/latch_files.h"
#include "seeder/supervisor.h"
#include "seeder/text.h"

enum { LOOK_MS = 2000, ASK_AGAIN_MS = 60000 };

/* ---- setting and clearing ---- */

static qk_err describe(qk_seeder *seeder, const qk_seed_target *target, const qk_seed_try *tried, qk_seed_latch *latch)
{
    QK_TRY(qk_seed_what_digest(&target->config, latch->what));
    memcpy(latch->token, target->token_key, sizeof latch->token);
    if (!tried || tried->pin.len == 0)
        return qk_seed_source_digest(&target->config, latch->source);
    memcpy(latch->source, tried->source, sizeof latch->source);
    QK_TRY(qk_seed_salt_get(&seeder->hashes, latch->salt));
    QK_TRY(qk_seed_try_hash(&seeder->hashes, tried, latch->salt, latch->hash));
    latch->has_hash = true;
    return QK_OK;
}

static void write_latch(const qk_seeder *seeder, qk_seed_target *target, const char *name)
{
    qk_err err = qk_seed_notes_write(seeder, target, &target->latch, name);

    if (err == QK_OK)
        snprintf(target->latch.note, sizeof target->latch.note, "%s", name);
    else
        qk_log_failure(QK_LOG_ERROR, err,
                       "op=latch target=%s warning=\"a restart would try the wrong PIN again: make state_folder "
                       "writable\"",
                       qk_seed_shown(target->name));
}

static bool is_hash_of(qk_seeder *seeder, const qk_seed_try *tried, const uint8_t *salt, const uint8_t *hash)
{
    uint8_t now[QK_SEED_DIGEST];

    return qk_seed_try_hash(&seeder->hashes, tried, salt, now) == QK_OK &&
           qk_ct_equal(qk_view_of(now, sizeof now), qk_view_of(hash, sizeof now));
}

/* The PIN is then the latch's, and what was is among the earlier ones. */
static bool knows(qk_seeder *seeder, const qk_seed_try *tried, qk_seed_latch *latch)
{
    if (!latch->has_hash || is_hash_of(seeder, tried, latch->salt, latch->hash))
        return latch->has_hash;
    for (size_t i = 0; i < latch->earlier_count; i++) {
        const __typeof__(latch->earlier[0]) found = latch->earlier[i];
        if (!is_hash_of(seeder, tried, found.salt, found.hash))
            continue;
        memcpy(latch->earlier[i].salt, latch->salt, sizeof latch->salt);
        memcpy(latch->earlier[i].hash, latch->hash, sizeof latch->hash);
        memcpy(latch->salt, found.salt, sizeof latch->salt);
        memcpy(latch->hash, found.hash, sizeof latch->hash);
        return true;
    }
    return false;
}

/* What the note of the same token knew is kept: the latest, so that a note stays small. */
static void keep_earlier(qk_seeder *seeder, const qk_seed_target *target, const char *name, const qk_seed_try *tried,
                         qk_seed_latch *latch)
{
    qk_seed_latch was = { 0 };

    if (!latch->has_hash || qk_seed_notes_read(seeder, target, name, &was) != QK_OK || !was.has_hash ||
        memcmp(was.token, latch->token, sizeof was.token) != 0)
        return;
    if (!is_hash_of(seeder, tried, was.salt, was.hash)) {
        memcpy(latch->earlier[0].salt, was.salt, sizeof was.salt);
        memcpy(latch->earlier[0].hash, was.hash, sizeof was.hash);
        latch->earlier_count = 1;
    }
    for (size_t i = 0; i < was.earlier_count && latch->earlier_count < QK_SEED_EARLIER; i++)
        if (!is_hash_of(seeder, tried, was.earlier[i].salt, was.earlier[i].hash))
            latch->earlier[latch->earlier_count++] = was.earlier[i];
}

void qk_seed_latch_set(qk_seeder *seeder, qk_seed_target *target, CK_RV code, const qk_seed_try *tried)
{
    char name[256];
    qk_err err;

    target->latch = (qk_seed_latch){ .code = code };
    err = describe(seeder, target, tried, &target->latch);
    if (err != QK_OK)
        qk_log_failure(QK_LOG_ERROR, err, "op=latch target=%s", qk_seed_shown(target->name));
    qk_seed_note_name(QK_SEED_NOTE_WRONG, target->name, name);
    keep_earlier(seeder, target, name, tried, &target->latch);
    write_latch(seeder, target, name);
    if (target->latch.note[0])
        qk_seed_latch_end(seeder, target);
}

qk_err qk_seed_latch_begin(qk_seeder *seeder, qk_seed_target *target, const qk_seed_try *tried)
{
    qk_seed_latch latch = { .code = QK_SEED_LOGIN_UNFINISHED };
    char name[256];

    QK_TRY(describe(seeder, target, tried, &latch));
    qk_seed_note_name(QK_SEED_NOTE_TRYING, target->name, name);
    return qk_seed_notes_write_quickly(seeder, target, &latch, name);
}

void qk_seed_latch_end(const qk_seeder *seeder, const qk_seed_target *target)
{
    char name[256];

    qk_seed_note_name(QK_SEED_NOTE_TRYING, target->name, name);
    qk_seed_notes_remove(seeder, name);
}

/* May another target have the PIN that the note is of, and not know of it yet? */
static bool another_may_need_it(const qk_seeder *seeder, const qk_seed_target *target)
{
    for (const qk_seed_target *it = seeder->targets; it; it = it->next)
        if (it != target && !it->is_pattern && !it->pin_proven && it->config.login_type == target->config.login_type)
            return true;
    return false;
}

void qk_seed_latch_prove(qk_seeder *seeder, qk_seed_target *target, const qk_seed_try *tried)
{
    qk_seed_latch latch = { 0 };
    char name[256];

    qk_seed_note_name(QK_SEED_NOTE_WRONG, target->name, name);
    if (!another_may_need_it(seeder, target) || qk_seed_notes_read(seeder, target, name, &latch) != QK_OK ||
        !latch.has_hash || memcmp(latch.token, target->token_key, sizeof latch.token) != 0 ||
        knows(seeder, tried, &latch)) {
        qk_seed_latch_clear(seeder, target);
        return;
    }
    qk_seed_latch_end(seeder, target);
    target->latch = (qk_seed_latch){ 0 };
}

void qk_seed_latch_clear(const qk_seeder *seeder, qk_seed_target *target)
{
    char name[256];

    qk_seed_latch_end(seeder, target);
    qk_seed_note_name(QK_SEED_NOTE_WRONG, target->name, name);
    qk_seed_notes_remove(seeder, name);
    target->latch = (qk_seed_latch){ 0 };
}

/* ---- is it the PIN that was wrong? ---- */

/* True also if that cannot be found out: a try that is not made does no harm. */
static bool pin_is_the_same(qk_seeder *seeder, qk_seed_target *target)
{
    QK_OWNED(qk_seed_try_done) qk_seed_try now = { 0 };
    qk_seed_latch *latch = &target->latch;
    uint8_t hash[QK_SEED_DIGEST];
    qk_err err = qk_seed_try_read(&seeder->hashes, &target->config, &now);

    if (err == QK_OK)
        err = qk_seed_try_hash(&seeder->hashes, &now, latch->salt, hash);
    if (err != QK_OK) {
        if (!latch->undecided)
            qk_log_failure(QK_LOG_ERROR, err,
                           "op=latch target=%s warning=\"a wrong PIN was noted, and whether it was "
                           "corrected cannot be seen\"",
                           qk_seed_shown(target->name));
        latch->undecided = true;
        return true;
    }
    latch->undecided = false;
    if (!qk_ct_equal(qk_view_of(hash, sizeof hash), qk_view_of(latch->hash, sizeof latch->hash)))
        return false;
    if (memcmp(latch->source, now.source, sizeof latch->source) != 0) { /* the same text, written anew */
        memcpy(latch->source, now.source, sizeof latch->source);
        if (latch->note[0])
            write_latch(seeder, target, latch->note);
    }
    return true;
}

/* What is hidden is compared only if `may_ask`; a command is asked when a login would be tried. */
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
    if (hidden && may_ask && target->config.pin_command)
        return false;
    if (hidden ? !may_ask : looks_same)
        return true;
    return pin_is_the_same(seeder, target);
}

bool qk_seed_latch_holds(qk_seeder *seeder, qk_seed_target *target)
{
    return holds(seeder, target, true);
}

/* A note that nobody understands stands for a wrong PIN of whatever is there now. */
static void suspect(const qk_seeder *seeder, qk_seed_target *target, qk_err err, const char *name)
{
    qk_log_failure(
        QK_LOG_ERROR, err,
        "op=latch target=%s folder=%s note=%s warning=\"this note of a wrong PIN cannot be read, so no PIN is "
        "tried: see to it, or remove it\"",
        qk_seed_shown(target->name), qk_seed_shown(qk_seed_state_folder(seeder)), qk_seed_shown(name));
    target->latch = (qk_seed_latch){ .code = QK_SEED_PIN_REFUSED };
    if (qk_seed_source_digest(&target->config, target->latch.source) != QK_OK)
        memset(target->latch.source, 0, sizeof target->latch.source);
}

static bool is_set_by(qk_seeder *seeder, qk_seed_target *target, const char *kind)
{
    uint8_t what[QK_SEED_DIGEST];
    char name[256];
    qk_err err;

    qk_seed_note_name(kind, target->name, name);
    err = qk_seed_notes_read(seeder, target, name, &target->latch);
    if (err == QK_E_OBJECT_MISSING)
        return false;
    if (err == QK_OK)
        err = qk_seed_what_digest(&target->config, what);
    if (err != QK_OK)
        suspect(seeder, target, err, name);
    snprintf(target->latch.note, sizeof target->latch.note, "%s", name);
    return err != QK_OK || (memcmp(what, target->latch.what, sizeof what) == 0 && holds(seeder, target, true));
}

bool qk_seed_latch_is_set(qk_seeder *seeder, qk_seed_target *target)
{
    if (is_set_by(seeder, target, QK_SEED_NOTE_WRONG) || is_set_by(seeder, target, QK_SEED_NOTE_TRYING))
        return true;
    target->latch = (qk_seed_latch){ 0 };
    return false;
}

/* ---- before a login ---- */

typedef struct search {
    qk_seeder *seeder;
    qk_seed_target *target;
    const qk_seed_try *tried;
    CK_RV found;
} search;

static bool is_of_this_process(const qk_seeder *seeder, const qk_seed_latch *latch)
{
    return seeder->hashes.has_salt && memcmp(latch->salt, seeder->hashes.salt, sizeof latch->salt) == 0;
}

static void look_at_note(void *context, const char *name)
{
    search *it = context;
    qk_seed_latch latch = { 0 };
    qk_err err;

    if (it->found != CKR_OK)
        return;
    err = qk_seed_notes_read(it->seeder, it->target, name, &latch);
    if (err != QK_OK && err != QK_E_OBJECT_MISSING && !it->target->may_try_low) { /* it may be of this token */
        suspect(it->seeder, it->target, err, name);
        snprintf(it->target->latch.note, sizeof it->target->latch.note, "%s", name);
        it->found = QK_SEED_PIN_REFUSED;
    }
    if (err != QK_OK || memcmp(latch.token, it->target->token_key, sizeof latch.token) != 0 ||
        !knows(it->seeder, it->tried, &latch))
        return;
    if (it->target->may_try_low && !is_of_this_process(it->seeder, &latch)) { /* the operator's word */
        qk_seed_notes_remove(it->seeder, name);
        return;
    }
    snprintf(latch.note, sizeof latch.note, "%s", name);
    memcpy(latch.source, it->tried->source, sizeof latch.source);
    it->target->latch = latch;
    it->found = latch.code;
}

CK_RV qk_seed_latch_admit(qk_seeder *seeder, qk_seed_target *target, const qk_seed_try *tried)
{
    search it = { .seeder = seeder, .target = target, .tried = tried };
    qk_err err = qk_seed_notes_each(seeder, look_at_note, &it);

    if (err != QK_OK)
        qk_log_failure(QK_LOG_ERROR, err, "op=latch target=%s", qk_seed_shown(target->name));
    return err != QK_OK ? QK_SEED_STATE_UNWRITABLE : it.found;
}

/* ---- the running daemon ---- */

static const char *why_to_go_on(qk_seeder *seeder, qk_seed_target *target, int64_t now_ms)
{
    bool may_ask = target->latch.undecided && now_ms - target->latch.asked_ms >= ASK_AGAIN_MS;

    if (target->latch.note[0] && qk_seed_notes_was_removed(seeder, target->latch.note))
        return "its note was removed";
    if (may_ask)
        target->latch.asked_ms = now_ms;
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
