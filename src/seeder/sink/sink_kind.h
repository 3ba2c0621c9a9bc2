/* SPDX-License-Identifier: Apache-2.0 */
/* A kind of sink: a record in a file of its own, and a row in sink.c. */
#ifndef QK_SEEDER_SINK_KIND_H
#define QK_SEEDER_SINK_KIND_H

#include "seeder/sink/sink.h"

typedef struct qk_sink_kind {
    const char *name; /* before the colon of an address */
    /* `place`: what follows the colon. NULL: no memory. */
    void *(*open)(const char *place);
    /* FIND: is it there, and may it be seeded? LOGIN: that with a login, if there is one. SEED: that, and the seed goes
     * in; report->taken says how much of it. Tokens alone get LIST and FORGET. */
    CK_RV (*serve)(void *it, const qk_seed_order *order, qk_seed_report *report);
    void (*leave)(void *it);
} qk_sink_kind;

extern const qk_sink_kind qk_sink_kernel, qk_sink_tpm, qk_sink_file, qk_sink_esxi;

/* The code for a system call's errno; what failed and why goes to standard error, which is the daemon's log. */
CK_RV qk_sink_failed(const char *what, int error);
/* Another explanation for the log. */
void qk_sink_say(const char *what, const char *words);

/* For kinds that keep nothing but their place. */
void *qk_sink_keep_place(const char *place);
void qk_sink_drop_place(void *place);

#endif
