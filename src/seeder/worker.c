/* SPDX-License-Identifier: Apache-2.0 */
/* Before every injection the token is looked at again: slots change their numbers, and tokens are swapped. */
#include "seeder/worker.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "seeder/answers.h"
#include "seeder/message.h"

enum { MOST_SLOTS = 1024 };

typedef struct target {
    uint32_t number;
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE session; /* CK_INVALID_HANDLE: none */
    bool logged_in;
    struct target *next;
} target;

typedef struct worker {
    CK_FUNCTION_LIST *p11;
    bool initialised_by_us;
    CK_RV broken; /* why the library cannot be used; CKR_OK if it can */
    target *targets;
} worker;

/* One order being done. */
typedef struct work {
    worker *worker;
    const qk_seed_order *order;
    qk_seed_report *report;
    target *target;
    CK_TOKEN_INFO info;
} work;

/* ---- tokens ---- */

static void trim(const CK_UTF8CHAR *padded, size_t len, char *out)
{
    while (len > 0 && (padded[len - 1] == ' ' || padded[len - 1] == 0))
        len--;
    memcpy(out, padded, len);
    out[len] = 0;
}

static void describe(CK_SLOT_ID slot, const CK_TOKEN_INFO *info, qk_seed_token *out)
{
    out->slot = slot;
    trim(info->label, sizeof info->label, out->label);
    trim(info->serialNumber, sizeof info->serialNumber, out->serial);
}

static bool is_wanted(const qk_seed_order *order, const qk_seed_token *token)
{
    switch ((qk_seed_choice)order->choice) {
    case QK_SEED_BY_LABEL:
        return strcmp(token->label, order->name) == 0;
    case QK_SEED_BY_SERIAL:
        return strcmp(token->serial, order->name) == 0;
    case QK_SEED_BY_SLOT:
    case QK_SEED_ALL:
    default:
        return token->slot == order->slot;
    }
}

static CK_RV list_slots(worker *it, CK_SLOT_ID *slots, CK_ULONG *count)
{
    *count = MOST_SLOTS;
    return it->p11->C_GetSlotList(CK_TRUE, slots, count);
}

static CK_RV find_in_slot(work *w, CK_SLOT_ID slot)
{
    CK_RV rv = w->worker->p11->C_GetTokenInfo(slot, &w->info);

    if (rv != CKR_OK)
        return rv;
    describe(slot, &w->info, &w->report->token);
    if (!is_wanted(w->order, &w->report->token))
        return CKR_TOKEN_NOT_PRESENT;
    return w->order->serial[0] && strcmp(w->order->serial, w->report->token.serial) != 0 ? CKR_TOKEN_NOT_RECOGNIZED
                                                                                         : CKR_OK;
}

static CK_RV search_slots(work *w)
{
    CK_SLOT_ID slots[MOST_SLOTS];
    qk_seed_token stranger = { 0 };
    CK_ULONG count;
    CK_RV rv = list_slots(w->worker, slots, &count), found = CKR_TOKEN_NOT_PRESENT;

    if (rv != CKR_OK)
        return rv;
    for (CK_ULONG i = 0; i < count; i++) {
        rv = find_in_slot(w, slots[i]);
        if (rv == CKR_OK) {
            w->target->slot = slots[i];
            return CKR_OK;
        }
        if (rv == CKR_TOKEN_NOT_RECOGNIZED) {
            stranger = w->report->token;
            found = rv;
        }
    }
    w->report->token = stranger;
    return found;
}

static void drop_session(work *w)
{
    if (w->target->session != CK_INVALID_HANDLE)
        w->worker->p11->C_CloseSession(w->target->session);
    w->target->session = CK_INVALID_HANDLE;
    w->target->logged_in = false;
}

/* The slot of last time first. Another token in it than before is refused: it may be a stranger's. */
static CK_RV find_token(work *w)
{
    CK_RV rv;

    w->report->step = QK_SEED_STEP_FIND;
    if (w->order->choice == QK_SEED_BY_SLOT)
        w->target->slot = (CK_SLOT_ID)w->order->slot;
    rv = find_in_slot(w, w->target->slot);
    if (rv != CKR_OK && w->order->choice != QK_SEED_BY_SLOT) {
        drop_session(w);
        rv = search_slots(w);
    }
    if (rv != CKR_OK)
        drop_session(w);
    return rv;
}

/* ---- sessions and logins ---- */

static CK_RV open_session(work *w)
{
    CK_FLAGS flags = CKF_SERIAL_SESSION | (w->order->login == CKU_SO ? CKF_RW_SESSION : 0);

    w->report->step = QK_SEED_STEP_SESSION;
    if (w->target->session != CK_INVALID_HANDLE)
        return CKR_OK;
    return w->worker->p11->C_OpenSession(w->target->slot, flags, NULL, NULL, &w->target->session);
}

/* A login that would be the last try is not made: it is the operator's to make. */
static CK_RV judge_flags(const work *w)
{
    CK_FLAGS locked = w->order->login == CKU_SO ? CKF_SO_PIN_LOCKED : CKF_USER_PIN_LOCKED;
    CK_FLAGS final = w->order->login == CKU_SO ? CKF_SO_PIN_FINAL_TRY : CKF_USER_PIN_FINAL_TRY;
    CK_FLAGS low = w->order->login == CKU_SO ? CKF_SO_PIN_COUNT_LOW : CKF_USER_PIN_COUNT_LOW;

    if (w->info.flags & locked)
        return CKR_PIN_LOCKED;
    if ((w->info.flags & final) || ((w->info.flags & low) && !w->order->pin_proven))
        return CKR_PIN_INCORRECT;
    return CKR_OK;
}

static CK_RV log_in(work *w)
{
    QK_OWNED(qk_secret_free) qk_secret pin = QK_SECRET_NONE;
    CK_RV rv;

    if (w->order->login == QK_SEED_NO_LOGIN || w->target->logged_in)
        return CKR_OK;
    w->report->step = QK_SEED_STEP_LOGIN;
    rv = judge_flags(w);
    if (rv != CKR_OK)
        return rv;
    if (w->order->pin.len == 0)
        return QK_SEED_PIN_WANTED;
    if (qk_secret_copy(w->order->pin, &pin) != QK_OK)
        return CKR_HOST_MEMORY;
    rv = w->worker->p11->C_Login(w->target->session, (CK_USER_TYPE)w->order->login, qk_secret_fill(&pin), pin.len);
    if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN)
        return rv;
    w->target->logged_in = true;
    w->report->logged_in = rv == CKR_OK; /* the other says nothing about the PIN */
    return CKR_OK;
}

/* ---- seeding ---- */

static CK_RV seed_once(work *w)
{
    qk_view rest = w->order->seed;
    CK_RV rv = CKR_OK;

    w->report->step = QK_SEED_STEP_SEED;
    if (!w->worker->p11->C_SeedRandom)
        return CKR_FUNCTION_NOT_SUPPORTED;
    while (rest.len > 0 && rv == CKR_OK) {
        size_t part = w->order->split && w->order->split < rest.len ? w->order->split : rest.len;
        rv = w->worker->p11->C_SeedRandom(w->target->session, (CK_BYTE_PTR)(uintptr_t)rest.data, part);
        rest = qk_view_slice(rest, part, rest.len);
    }
    return rv;
}

static CK_RV enter_and_seed(work *w)
{
    CK_RV rv = open_session(w);

    if (rv == CKR_OK)
        rv = log_in(w);
    return rv == CKR_OK ? seed_once(w) : rv;
}

/* A session that was lost, or a login that ended with another session, is made anew once. */
static CK_RV seed(work *w)
{
    CK_RV rv = enter_and_seed(w);
    qk_seed_class class = qk_seed_classify(rv);

    if (class == QK_SEED_SESSION_LOST || (class == QK_SEED_LOGIN_NEEDED && w->target->logged_in)) {
        drop_session(w);
        rv = enter_and_seed(w);
    }
    if (rv != CKR_OK || !w->order->keep_session)
        drop_session(w);
    return rv;
}

static CK_RV try_login(work *w)
{
    CK_RV rv = open_session(w);

    if (rv == CKR_OK)
        rv = log_in(w);
    drop_session(w);
    return rv;
}

/* ---- orders ---- */

static target *target_of(worker *it, uint32_t number)
{
    target *fresh;

    for (target *there = it->targets; there; there = there->next)
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

static CK_RV list_tokens(worker *it, qk_seed_report *report)
{
    CK_SLOT_ID slots[MOST_SLOTS];
    CK_TOKEN_INFO info;
    CK_ULONG count;
    CK_RV rv = list_slots(it, slots, &count);

    for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++)
        if (report->token_count < sizeof report->tokens / sizeof report->tokens[0] &&
            it->p11->C_GetTokenInfo(slots[i], &info) == CKR_OK && (info.flags & CKF_TOKEN_INITIALIZED))
            describe(slots[i], &info, &report->tokens[report->token_count++]);
    return rv;
}

static CK_RV do_order(worker *it, const qk_seed_order *order, qk_seed_report *report)
{
    work w = { .worker = it, .order = order, .report = report };
    CK_RV rv;

    report->step = QK_SEED_STEP_LIBRARY;
    if (it->broken != CKR_OK)
        return it->broken;
    if (order->ask == QK_SEED_ASK_LIST)
        return list_tokens(it, report);
    w.target = target_of(it, order->target);
    if (!w.target)
        return CKR_HOST_MEMORY;
    if (order->ask == QK_SEED_ASK_FORGET) {
        drop_session(&w);
        return CKR_OK;
    }
    rv = find_token(&w);
    if (rv != CKR_OK || order->ask == QK_SEED_ASK_FIND)
        return rv;
    return order->ask == QK_SEED_ASK_LOGIN ? try_login(&w) : seed(&w);
}

static bool holds_login(const worker *it, uint32_t number)
{
    for (const target *there = it->targets; there; there = there->next)
        if (there->number == number)
            return there->session != CK_INVALID_HANDLE && there->logged_in;
    return false;
}

static qk_err answer_order(worker *it, const qk_seed_order *order, int fd)
{
    QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;
    static qk_seed_report report;
    int64_t start_ns = qk_clock_monotonic_ns();

    report = (qk_seed_report){ .ask = order->ask, .target = order->target };
    report.rv = do_order(it, order, &report);
    report.login_held = report.rv == CKR_OK && holds_login(it, order->target);
    report.micros = (uint32_t)((qk_clock_monotonic_ns() - start_ns) / 1000);
    if (order->ask == QK_SEED_ASK_FORGET)
        return QK_OK;
    qk_seed_report_write(&report, &out);
    return qk_seed_send(fd, &out);
}

/* ---- the process ---- */

/* What a core file or another process of the same user would show: PINs and seeds. */
static void protect_memory(void)
{
    setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
    prctl(PR_SET_DUMPABLE, 0);
}

static CK_RV load(worker *it, const char *library)
{
    CK_C_GetFunctionList get = NULL;
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    CK_RV rv;

    if (!handle) {
        fprintf(stderr, "quantoki-seed: %s\n", dlerror());
        return CKR_GENERAL_ERROR;
    }
    *(void **)&get = dlsym(handle, "C_GetFunctionList");
    if (!get || get(&it->p11) != CKR_OK || !it->p11) {
        fprintf(stderr, "quantoki-seed: %s is no PKCS #11 library\n", library);
        return CKR_GENERAL_ERROR;
    }
    rv = it->p11->C_Initialize(NULL);
    it->initialised_by_us = rv == CKR_OK;
    return rv == CKR_CRYPTOKI_ALREADY_INITIALIZED ? CKR_OK : rv;
}

static void leave(worker *it)
{
    for (target *there = it->targets, *next; there; there = next) {
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
}

/* The order in hand is the last one. Without one the supervisor's word is waited for; system calls go on. */
static volatile sig_atomic_t ended;

static void note_end(int number)
{
    (void)number;
    ended = 1;
}

int qk_seed_worker_run(const char *library, int fd)
{
    QK_OWNED(qk_buf_done) qk_buf message = QK_BUF_NONE;
    worker it = { 0 };
    qk_seed_order order = { 0 };
    qk_err err;

    protect_memory();
    prctl(PR_SET_NAME, "quantoki-seed"); /* it was started as /proc/self/exe */
    signal(SIGINT, SIG_IGN);             /* the supervisor says when it is over */
    signal(SIGTERM, note_end);
    signal(SIGHUP, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    it.broken = load(&it, library);
    while (qk_seed_receive(fd, &message) == QK_OK && qk_seed_order_read(qk_buf_view(&message), &order) == QK_OK &&
           order.ask != QK_SEED_ASK_QUIT) {
        err = answer_order(&it, &order, fd);
        qk_buf_clear(&message); /* PIN and seed */
        if (err != QK_OK || ended)
            break;
    }
    leave(&it);
    return 0;
}
