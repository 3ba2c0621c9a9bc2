/* SPDX-License-Identifier: Apache-2.0 */
/* The wrong-PIN latch: a wrong PIN is never tried twice, also by a daemon that was restarted, since each try brings the
 * token closer to locking.
 *
 * 1. What a token refused is known by a salted scrypt of the PIN, kept in a note in the state folder (mode 0600) with
 *    the return code and with what the PIN's source looked like, beside those refused before it. Restarts make new
 * files (LoadCredential), and configuration management writes the same text again: neither is a new PIN.
 * 2. A target is latched when library, token and login are those of the note, and the PIN's source looks as it did, or
 *    the PIN has the same hash.
 * 3. Files are looked at every two seconds. A PIN in the configuration is compared at the start and at a reload; that
 * of a pin_command whenever a login would be tried.
 * 4. Removing the note is the operator's word to try again, and --retry-login is. A note that cannot be understood
 *    stands for a wrong PIN.
 * 5. Before a PIN that has not worked in this process is sent, a note ("trying-pin-...") says so, and is removed when
 * the token has answered: a daemon or a library that dies during a login leaves it, and the PIN counts as wrong. What
 *    cannot be noted is not sent.
 * 6. Notes are named by targets, and hold for tokens: another target of the same token and login finds them too, and so
 *    does a target with another name. */
#ifndef QK_SEEDER_LATCH_H
#define QK_SEEDER_LATCH_H

#include <quantoki/pkcs11.h>

#include "base/secret.h"
#include "seeder/config/config.h"

enum { QK_SEED_SALT = 16, QK_SEED_DIGEST = 32, QK_SEED_EARLIER = 7 };

typedef struct qk_seeder qk_seeder;
typedef struct qk_seed_target qk_seed_target;

typedef struct qk_seed_latch {
    CK_RV code;                     /* the token's answer */
    uint8_t what[QK_SEED_DIGEST];   /* of library, token and login, as the configuration names them */
    uint8_t token[QK_SEED_DIGEST];  /* of the same, as the token names itself; zeros: not known */
    uint8_t source[QK_SEED_DIGEST]; /* of what the PIN's source looked like before the PIN was read */
    bool has_hash;
    uint8_t salt[QK_SEED_SALT], hash[QK_SEED_DIGEST];
    struct {
        uint8_t salt[QK_SEED_SALT], hash[QK_SEED_DIGEST];
    } earlier[QK_SEED_EARLIER]; /* PINs of the target that the token refused before, the latest first */
    size_t earlier_count;
    char note[256]; /* its file; "": there is none, so that its absence says nothing */
    bool undecided; /* the source differs, and could not be read */
    int64_t asked_ms;
} qk_seed_latch;

/* A PIN on its way to a token. */
typedef struct qk_seed_try {
    qk_secret pin;
    uint8_t source[QK_SEED_DIGEST]; /* what its source looked like just before it was read */
    uint8_t mark[QK_SEED_DIGEST];   /* tells equal PINs, in this process */
} qk_seed_try;

/* Hashes that were made, so that hundreds of targets with one PIN do not take a minute. */
typedef struct qk_seed_hashes {
    qk_secret key; /* of marks */
    uint8_t salt[QK_SEED_SALT];
    bool has_salt;
    struct {
        uint8_t salt[QK_SEED_SALT], mark[QK_SEED_DIGEST], hash[QK_SEED_DIGEST];
    } made[8];
    unsigned next;
} qk_seed_hashes;

/* ---- latch_pin.c ---- */

/* The PIN as it can be had now. As qk_seed_pin_read. */
QK_MUST_CHECK qk_err qk_seed_try_read(qk_seed_hashes *hashes, const qk_seed_target_config *config, qk_seed_try *out);
/* The same with a PIN that is there already, of a pin_command; takes it. */
QK_MUST_CHECK qk_err qk_seed_try_take(qk_seed_hashes *hashes, const qk_seed_target_config *config, qk_secret *pin,
                                      qk_seed_try *out);
void qk_seed_try_done(qk_seed_try *tried);
QK_MUST_CHECK qk_err qk_seed_try_hash(qk_seed_hashes *hashes, const qk_seed_try *tried,
                                      const uint8_t salt[QK_SEED_SALT], uint8_t out[QK_SEED_DIGEST]);
/* A salt for new notes: one for all of this process, so that a restart with many latched targets hashes a PIN once. */
QK_MUST_CHECK qk_err qk_seed_salt_get(qk_seed_hashes *hashes, uint8_t out[QK_SEED_SALT]);
QK_MUST_CHECK qk_err qk_seed_source_digest(const qk_seed_target_config *config, uint8_t out[QK_SEED_DIGEST]);
/* Does the PIN come from where nothing can be seen of it without asking? */
bool qk_seed_source_is_hidden(const qk_seed_target_config *config);
/* What it looks like, in words. */
void qk_seed_source_put(const qk_seed_target_config *config, qk_buf *out);

/* ---- latch_note.c ---- */

#define QK_SEED_NOTE_WRONG  "wrong-pin-"
#define QK_SEED_NOTE_TRYING "trying-pin-"

/* The file's name, without its folder. */
void qk_seed_note_name(const char *kind, const char *target, char out[256]);
void qk_seed_note_write(const qk_seed_latch *latch, const qk_seed_target_config *config, qk_buf *out);
/* QK_E_DATA_INVALID if it cannot be understood. */
QK_MUST_CHECK qk_err qk_seed_note_read(qk_view text, const qk_seed_target_config *config, qk_seed_latch *out);
QK_MUST_CHECK qk_err qk_seed_what_digest(const qk_seed_target_config *config, uint8_t out[QK_SEED_DIGEST]);
QK_MUST_CHECK qk_err qk_seed_token_digest(const qk_seed_target_config *config, const qk_seed_token *token,
                                          uint8_t out[QK_SEED_DIGEST]);

/* ---- latch.c ---- */

/* At the start and at a reload. Fills target->latch if so. */
bool qk_seed_latch_is_set(qk_seeder *seeder, qk_seed_target *target);
/* Is a target that was latched in this process still so? */
bool qk_seed_latch_holds(qk_seeder *seeder, qk_seed_target *target);
/* `tried`: what was refused; NULL if there was no login. */
void qk_seed_latch_set(qk_seeder *seeder, qk_seed_target *target, CK_RV code, const qk_seed_try *tried);
/* Before a login: may this PIN be tried at the token that was seen? CKR_OK; else what it said to it, or why not, and
 * then target->latch is of the note that says so. The operator's word (may_try_low) removes such notes. */
CK_RV qk_seed_latch_admit(qk_seeder *seeder, qk_seed_target *target, const qk_seed_try *tried);
/* Notes that the PIN is tried. */
QK_MUST_CHECK qk_err qk_seed_latch_begin(qk_seeder *seeder, qk_seed_target *target, const qk_seed_try *tried);
/* The token has answered, and it was not the PIN. */
void qk_seed_latch_end(const qk_seeder *seeder, const qk_seed_target *target);
/* Where notes are: state_folder, or what systemd gives ($STATE_DIRECTORY) instead of the default. */
const char *qk_seed_state_folder(const qk_seeder *seeder);
/* The token has taken the PIN. The note of another one is kept while another target may have that. */
void qk_seed_latch_prove(qk_seeder *seeder, qk_seed_target *target, const qk_seed_try *tried);
void qk_seed_latch_clear(const qk_seeder *seeder, qk_seed_target *target);
/* Lets those go on whose PIN was corrected, or whose note was removed. */
void qk_seed_latches_look(qk_seeder *seeder, int64_t now_ms);

#endif
