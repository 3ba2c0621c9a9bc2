/* SPDX-License-Identifier: Apache-2.0 */
#include "seeder/sink/sink.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "seeder/sink/sink_kind.h"
#include "seeder/worker/library.h"

struct qk_seed_sink {
    const qk_sink_kind *kind;
    void *it;
};

/* ---- tokens ---- */

static void *token_open(const char *place)
{
    return qk_seed_library_open(place);
}

static CK_RV token_serve(void *it, const qk_seed_order *order, qk_seed_report *report)
{
    qk_seed_library_do(it, order, report);
    return report->rv;
}

static void token_leave(void *it)
{
    qk_seed_library *library = it;

    qk_seed_library_leave(&library);
}

static const qk_sink_kind tokens = { "token", token_open, token_serve, token_leave };

/* ---- the table ---- */

static const qk_sink_kind *const kinds[] = { &tokens, &qk_sink_kernel, &qk_sink_tpm, &qk_sink_file, &qk_sink_esxi };

static const qk_sink_kind *kind_of(const char *address, const char **out_place)
{
    *out_place = address;
    if (*address == '/')
        return &tokens;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t len = strlen(kinds[i]->name);
        if (strncmp(address, kinds[i]->name, len) == 0 && address[len] == ':') {
            *out_place = address + len + 1;
            return kinds[i];
        }
    }
    return NULL;
}

qk_seed_sink *qk_seed_sink_open(const char *address)
{
    qk_seed_sink *sink = calloc(1, sizeof *sink);
    const char *place;

    if (!sink)
        return NULL;
    signal(SIGPIPE, SIG_IGN); /* a reader of a pipe may go at any moment */
    sink->kind = kind_of(address, &place);
    sink->it = sink->kind ? sink->kind->open(place) : NULL;
    if (!sink->it) {
        free(sink);
        return NULL;
    }
    return sink;
}

void qk_seed_sink_do(qk_seed_sink *sink, const qk_seed_order *order, qk_seed_report *report)
{
    bool others = sink->kind != &tokens;

    if (others) {
        report->step = QK_SEED_STEP_FIND;
        snprintf(report->token.label, sizeof report->token.label, "%s", sink->kind->name);
    }
    if (others && order->ask == QK_SEED_ASK_LIST)
        report->rv = CKR_FUNCTION_NOT_SUPPORTED;
    else if (others && order->ask == QK_SEED_ASK_FORGET)
        report->rv = CKR_OK;
    else
        report->rv = sink->kind->serve(sink->it, order, report);
}

void qk_seed_sink_leave(qk_seed_sink **sink)
{
    if (!*sink)
        return;
    (*sink)->kind->leave((*sink)->it);
    free(*sink);
    *sink = NULL;
}

/* ---- for the kinds ---- */

/* clang-format off */
static const struct errno_row {
    int error;
    CK_RV rv;
} errno_rows[] = {
    { ENOENT,       QK_SEED_SINK_MISSING },
    { ENOTDIR,      QK_SEED_SINK_MISSING },
    { ENXIO,        QK_SEED_SINK_MISSING },
    { ENODEV,       QK_SEED_SINK_MISSING },
    { ECONNREFUSED, QK_SEED_SINK_MISSING },
    { EACCES,       QK_SEED_SINK_FORBIDDEN },
    { EPERM,        QK_SEED_SINK_FORBIDDEN },
    { EROFS,        QK_SEED_SINK_FORBIDDEN },
    { EISDIR,       QK_SEED_SINK_WRONG_KIND },
    { ENOTTY,       QK_SEED_SINK_WRONG_KIND },
    { ENOSPC,       QK_SEED_SINK_FULL },
    { EDQUOT,       QK_SEED_SINK_FULL },
    { EBUSY,        QK_SEED_SINK_BUSY },
    { ENOMEM,       CKR_HOST_MEMORY },
};
/* clang-format on */

void qk_sink_say(const char *what, const char *words)
{
    fprintf(stderr, "quantoki-seed: %s: %s\n", what, words);
}

CK_RV qk_sink_failed(const char *what, int error)
{
    qk_sink_say(what, strerror(error));
    for (size_t i = 0; i < sizeof errno_rows / sizeof errno_rows[0]; i++)
        if (errno_rows[i].error == error)
            return errno_rows[i].rv;
    return QK_SEED_SINK_FAILED;
}

void *qk_sink_keep_place(const char *place)
{
    return strdup(place);
}

void qk_sink_drop_place(void *place)
{
    free(place);
}
