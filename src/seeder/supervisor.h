/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor: schedule, downloads, workers. One thread, one loop.
 *
 * 1. A target is due on whole seconds of the monotonic clock, start to start, so that targets with one period share a
 *    download. It may be served late; a cycle that is over is missed, and not made up.
 * 2. Each library, or other sink, has a worker process (workers.c), which does one order after the other.
 * 3. Different bytes for every target, always; each seed is wiped once its order was sent.
 * 4. The daemon ends for a broken configuration, for a signal, and, if exit_when_idle is set, when no target is left.
 */
#ifndef QK_SEEDER_SUPERVISOR_H
#define QK_SEEDER_SUPERVISOR_H

#include <poll.h>
#include <sys/types.h>

#include "entropy/service/service_supply.h"
#include "seeder/worker/answers.h"
#include "seeder/config/config.h"
#include "seeder/latch.h"
#include "seeder/worker/command.h"
#include "seeder/worker/process.h"

typedef struct qk_seed_worker qk_seed_worker;

enum { QK_SEED_REMEMBERED = 1024, QK_SEED_CODES = 64 };

struct qk_seed_target {
    qk_seed_target_config config; /* texts live in the configuration */
    char name[130];               /* of all_tokens: NAME/SERIAL */
    uint32_t number;
    qk_seed_worker *worker;
    int64_t due_ms;
    bool waiting; /* an order is on its way */
    bool is_gone; /* not in the configuration any more, and the order is with the worker still */
    /* off: not seeded until something changes, as the class of its last answer says */
    bool off, latched, pin_proven, is_pattern; /* pattern: all_tokens, which stands for the tokens found */
    uint32_t of_pattern;                       /* number of the pattern it came from; 0: none */
    qk_seed_latch latch;                       /* while it is latched */
    qk_seed_token seen;                        /* in the worker's start `seen_start`, before a login */
    uint64_t seen_start;
    uint8_t token_key[QK_SEED_DIGEST]; /* of library, `seen` and login: whose wrong PINs are counted */
    bool trying;                       /* a PIN is on its way */
    bool held_back;                    /* PIN_NOT_TRIED: the token is looked at until its flags let a login be tried */
    bool may_try_low;                  /* the operator asked for one try, whatever CKF_USER_PIN_COUNT_LOW says */
    uint8_t proven_mark[QK_SEED_DIGEST]; /* pin_proven: of the PIN that has worked */
    uint64_t login_start;                /* the worker's start in which the session is logged in; 0: it is not */
    int64_t back_off_ms;
    unsigned failures_in_a_row;
    unsigned failures_alone;                 /* in a row, with no seed taken by any token of the worker meanwhile */
    uint64_t failed_start, failed_successes; /* the worker's, at the first of them */
    uint32_t tokens_found, tokens_left_out;  /* of a pattern, when it was last asked */
    /* counters */
    uint64_t reports, injections, bytes, failures, missed;
    uint64_t unneeded;                                         /* seeds that a full pool had no use for */
    int64_t last_success_unix_s, last_success_ms, last_micros; /* by the calendar, and by the monotonic clock */
    uint64_t failures_by_code[QK_SEED_CODES + 1];              /* as qk_seed_code_at counts; the last: others */
    CK_RV last_code;
    qk_seed_token token;
    qk_seed_target *next;
};

typedef struct qk_seed_job {
    qk_seed_target *target; /* NULL: LIST for a pattern */
    qk_seed_ask ask;
    qk_secret seed; /* wiped when it was sent */
    size_t seed_len;
    qk_seed_command *command; /* asked for the PIN; NULL: none is under way */
    qk_secret pin;            /* of a command that has ended, until it is sent */
    qk_seed_try tried;        /* the PIN, until the answer is there */
    qk_seed_ask sent_ask;     /* what the worker has of it: `ask`, or a stage before (login.h) */
    bool may_be_low;          /* CKF_USER_PIN_COUNT_LOW does not stop this login */
    bool entered;             /* it had an ENTER */
    bool took_try;            /* the target's may_try_low */
    struct qk_seed_job *next;
} qk_seed_job;

typedef struct qk_seed_jobs {
    qk_seed_job *first, **last;
} qk_seed_jobs;

struct qk_seed_worker {
    char library[4096];
    char group[QK_SEED_WORKER]; /* config.worker of its targets */
    qk_seed_process *process;   /* NULL: not running */
    int fd;                     /* what is sent or read there never waits */
    qk_buf incoming, outgoing;  /* what has come of a report, and what has found no place yet */
    qk_seed_jobs waiting, sent; /* sent: with the worker, which answers in the same order */
    qk_seed_jobs asking;        /* those that wait for the PIN of a command, or for another login to the token */
    size_t sent_count, window;  /* so many may be sent at once: one, and more while the library is quick */
    bool wants_restart;         /* when nothing is with it */
    int64_t answer_by_ms, restart_ms, back_off_ms;
    uint64_t starts, successes; /* successes: seeds and logins that went well */
    qk_seed_worker *next;
};

/* A configuration that was exchanged, for as long as orders of targets are under way that are not in the new one. */
typedef struct qk_seed_gone {
    qk_seed_config config;
    qk_seed_target *targets;
    struct qk_seed_gone *next;
} qk_seed_gone;

struct qk_seeder {
    qk_seed_config config;
    const char *config_path; /* as given */
    qk_seed_target *targets;
    qk_seed_gone *gone;
    qk_seed_worker *workers;
    uint32_t last_number;
    qk_supply *supply;
    int64_t service_pause_until_ms, service_back_off_ms;
    uint64_t downloads, download_failures, downloaded_bytes;
    char service_words[200];
    uint64_t remembered[QK_SEED_REMEMBERED]; /* hashes of the last blocks */
    size_t remembered_next;
    qk_seed_ask ask; /* what is done with targets that are due: SEED, or FIND and LOGIN for checks */
    bool once, stopping, changed;
    bool ending;       /* workers are told to quit */
    bool retry_logins; /* until the first reload: PINs that were wrong are tried once more */
    int64_t written_ms;
    qk_seed_hashes hashes;
    int64_t looked_ms;     /* at latches */
    struct pollfd *polled; /* of wait.c: room for so many */
    size_t polled_room;
};

/* ---- supervisor.c ---- */

typedef enum qk_seed_mode { QK_SEED_DAEMON, QK_SEED_ONCE, QK_SEED_CHECK, QK_SEED_TEST_LOGIN } qk_seed_mode;
/* Runs until the end; *out_status is the process's exit status: 0, 3 (a target failed: --once and checks), 4 (idle),
 * 5 (as 3, and none of them can be seeded at all). */
QK_MUST_CHECK qk_err qk_seeder_run(const char *config_path, qk_seed_mode mode, bool retry_logins, int *out_status);

/* For the service manager's watchdog, as often as that wants it; wherever the loop may stay for long. */
void qk_seeder_give_sign_of_life(void);

/* ---- targets.c ---- */

/* NULL: no memory. */
qk_seed_target *qk_seeder_add_target(qk_seeder *seeder, const qk_seed_target_config *config, const char *name);
/* `taken`: bytes of the seed that went in. `tried`: the PIN that the order had; NULL or empty if there was none. */
void qk_seeder_take_report(qk_seeder *seeder, qk_seed_target *target, const qk_seed_report *report, size_t taken,
                           const qk_seed_try *tried);
/* The next whole second at or after `ms`, and the last one at or before it. */
int64_t qk_seed_whole_second(int64_t ms);
int64_t qk_seed_second_of(int64_t ms);
/* How long to wait after one more failure: a second, then twice as long as before, up to five minutes. `before_ms`: 0
 * at the first. */
int64_t qk_seed_back_off(int64_t before_ms);

/* ---- patterns.c ---- */

/* A token that was found for all_tokens. */
void qk_seeder_add_found(qk_seeder *seeder, const qk_seed_target *pattern, const qk_seed_target_config *config,
                         const char *name);
/* A pattern's answer: each token that is new becomes a target. False if it tells of a failure. */
bool qk_seeder_take_tokens(qk_seeder *seeder, qk_seed_target *pattern, const qk_seed_report *report);

/* ---- reload.c ---- */

/* Reads the configuration, and sees whether its services can be asked at all. QK_E_CONFIG. */
QK_MUST_CHECK qk_err qk_seeder_load(qk_seeder *seeder, qk_seed_config *out);
/* Targets and service of seeder->config. */
QK_MUST_CHECK qk_err qk_seeder_take_configuration(qk_seeder *seeder);
/* Reads the configuration again; keeps the old one if the new one is wrong. Orders that are under way go on. */
void qk_seeder_reload(qk_seeder *seeder);
/* Frees what is gone and has no order under way any more. */
void qk_seeder_drop_gone(qk_seeder *seeder);
/* Frees all of it. Workers have been stopped. */
void qk_seeder_free_gone(qk_seeder *seeder);
/* A list of them; NULL after that. Nothing may be under way for them. */
void qk_seed_targets_free(qk_seed_target **targets);

/* ---- worker/: jobs.c, life.c, wait.c, workers.c ---- */

/* The worker for a target's library and group. */
QK_MUST_CHECK qk_err qk_seed_worker_for(qk_seeder *seeder, const qk_seed_target_config *config,
                                        qk_seed_worker **out_worker);
/* Queues an order; takes the seed. */
QK_MUST_CHECK qk_err qk_seed_worker_order(qk_seed_worker *worker, qk_seed_target *target, qk_seed_ask ask,
                                          qk_secret *seed);
/* Starts what should run, sends what can be sent, ends what hangs. */
void qk_seed_workers_tend(qk_seeder *seeder, int64_t now_ms);
/* Waits for signals, workers and commands, at most wait_ms, and takes what workers say. True if the descriptor
 * `signals` (-1: none) is to be read. */
bool qk_seed_workers_wait(qk_seeder *seeder, int signals, int64_t wait_ms);
/* The library is loaded anew, once no order is with it; the old process logs out and finalises. */
void qk_seed_worker_restart(qk_seed_worker *worker, const char *why);
/* The target's session is closed, after the orders that are with the worker. */
void qk_seed_worker_forget(qk_seed_worker *worker, uint32_t target);
/* Another configuration: the orders of `was` are those of `now`. NULL: those that were not sent yet are dropped. */
void qk_seed_worker_hand_over(qk_seed_worker *worker, qk_seed_target *was, qk_seed_target *now);
/* Lets those go that no target uses any more. */
void qk_seed_workers_release(qk_seeder *seeder);
/* Lets each finish its order (at most wait_ms), whose reports count, and ends it. */
void qk_seed_workers_stop(qk_seeder *seeder, int64_t wait_ms);

/* ---- seeds.c ---- */

/* Downloads and hands out seeds for the targets that are due, which it sorts. Who gets none is due still, in vain until
 * the service may be asked again. */
void qk_seeds_give_out(qk_seeder *seeder, qk_seed_target **due, size_t count);
/* The operator says so: whatever the service's failures led to is forgotten. */
void qk_seeds_ask_again(qk_seeder *seeder);

/* ---- status.c ---- */

/* Metrics and status, when it is time for them. A check writes none. */
void qk_seeder_write_status(qk_seeder *seeder, int64_t now_ms);

#endif
