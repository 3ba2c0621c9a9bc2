/* SPDX-License-Identifier: Apache-2.0 */
#include "seeder/worker/library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "seeder/worker/library_inside.h"

/* ---- loading ---- */

static CK_RV load(qk_seed_library *it, const char *path)
{
    CK_C_GetFunctionList get = NULL;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CK_RV rv;

    if (!handle) {
        fprintf(stderr, "quantoki-seed: %s\n", dlerror());
        return CKR_GENERAL_ERROR;
    }
    *(void **)&get = dlsym(handle, "C_GetFunctionList");
    if (!get || get(&it->p11) != CKR_OK || !it->p11) {
        fprintf(stderr, "quantoki-seed: %s is no PKCS #11 library\n", path);
        return CKR_GENERAL_ERROR;
    }
    rv = it->p11->C_Initialize(NULL);
    it->initialised_by_us = rv == CKR_OK;
    return rv == CKR_CRYPTOKI_ALREADY_INITIALIZED ? CKR_OK : rv;
}

qk_seed_library *qk_seed_library_open(const char *path)
{
    qk_seed_library *it = calloc(1, sizeof *it);

    if (it)
        it->broken = load(it, path);
    return it;
}

void qk_seed_library_leave(qk_seed_library **library)
{
    qk_seed_library *it = *library;

    if (!it)
        return;
    for (library_target *there = it->targets, *next; there; there = next) {
        if (there->session != CK_INVALID_HANDLE) {
            if (there->logged_in)
                it->p11->C_Logout(there->session);
            it->p11->C_CloseSession(there->session);
        }
        next = there->next;
        free(there);
    }
    if (it->initialised_by_us)
        it->p11->C_Finalize(NULL);
    free(it);
    *library = NULL;
}

/* ---- orders ---- */

static library_target *target_of(qk_seed_library *it, uint32_t number)
{
    library_target *fresh;

    for (library_target *there = it->targets; there; there = there->next)
        if (there->number == number)
            return there;
    fresh = calloc(1, sizeof *fresh);
    if (!fresh)
        return NULL;
    fresh->number = number;
    fresh->next = it->targets;
    it->targets = fresh;
    return fresh;
}

/* Its number is never used again. */
static CK_RV forget(library_work *w)
{
    library_target **at = &w->library->targets;

    while (*at && (*at)->number != w->order->target)
        at = &(*at)->next;
    if (!*at)
        return CKR_OK;
    w->target = *at;
    qk_library_drop_session(w);
    *at = w->target->next;
    free(w->target);
    w->target = NULL;
    return CKR_OK;
}

static CK_RV do_order(library_work *w)
{
    CK_RV rv;

    w->report->step = QK_SEED_STEP_LIBRARY;
    if (w->library->broken != CKR_OK)
        return w->library->broken;
    if (w->order->ask == QK_SEED_ASK_LIST)
        return qk_library_list_tokens(w->library, w->report);
    if (w->order->ask == QK_SEED_ASK_FORGET)
        return forget(w);
    w->target = target_of(w->library, w->order->target);
    if (!w->target)
        return CKR_HOST_MEMORY;
    rv = qk_library_find_token(w);
    if (rv != CKR_OK)
        return rv;
    if (w->order->ask == QK_SEED_ASK_FIND)
        return qk_library_judge_generator(w);
    if (w->order->ask == QK_SEED_ASK_LOOK)
        return w->order->login == QK_SEED_NO_LOGIN ? CKR_OK : qk_library_judge_flags(w);
    if (w->order->ask == QK_SEED_ASK_ENTER)
        return qk_library_enter(w);
    return w->order->ask == QK_SEED_ASK_LOGIN ? qk_library_try_login(w) : qk_library_seed(w);
}

void qk_seed_library_do(qk_seed_library *library, const qk_seed_order *order, qk_seed_report *report)
{
    library_work w = { .library = library, .order = order, .report = report };

    report->rv = do_order(&w);
    report->login_held =
        report->rv == CKR_OK && w.target && w.target->session != CK_INVALID_HANDLE && w.target->logged_in;
    if (report->rv == CKR_OK && order->ask == QK_SEED_ASK_SEED)
        report->taken = (uint32_t)order->seed.len;
}
