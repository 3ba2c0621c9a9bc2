/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions, logins, seeds. A PIN is used for one login and never a second time after a refusal. */
#include "seeder/worker/answers.h"
#include "seeder/worker/library_inside.h"

/* ---- sessions and logins ---- */

void qk_library_drop_session(library_work *w)
{
    if (w->target->session != CK_INVALID_HANDLE)
        w->library->p11->C_CloseSession(w->target->session);
    w->target->session = CK_INVALID_HANDLE;
    w->target->logged_in = false;
}

static CK_RV open_session(library_work *w)
{
    CK_FLAGS flags = CKF_SERIAL_SESSION | (w->order->login == CKU_SO ? CKF_RW_SESSION : 0);

    w->report->step = QK_SEED_STEP_SESSION;
    if (w->target->session != CK_INVALID_HANDLE)
        return CKR_OK;
    return w->library->p11->C_OpenSession(w->target->slot, flags, NULL, NULL, &w->target->session);
}

/* A login that would be the last try is not made: it is the operator's to make. */
CK_RV qk_library_judge_flags(library_work *w)
{
    CK_FLAGS stops = w->order->login == CKU_SO ? CKF_SO_PIN_LOCKED | CKF_SO_PIN_FINAL_TRY
                                               : CKF_USER_PIN_LOCKED | CKF_USER_PIN_FINAL_TRY;
    CK_FLAGS low = w->order->login == CKU_SO ? CKF_SO_PIN_COUNT_LOW : CKF_USER_PIN_COUNT_LOW;

    w->report->step = QK_SEED_STEP_LOGIN;
    w->report->pin_low = (w->info.flags & low) != 0;
    if ((w->info.flags & stops) || (w->report->pin_low && !w->order->pin_proven))
        return QK_SEED_PIN_NOT_TRIED;
    return CKR_OK;
}

static CK_RV log_in(library_work *w)
{
    QK_OWNED(qk_secret_free) qk_secret pin = QK_SECRET_NONE;
    CK_RV rv;

    if (w->order->login == QK_SEED_NO_LOGIN || w->target->logged_in)
        return CKR_OK;
    w->report->step = QK_SEED_STEP_LOGIN;
    if (w->order->pin.len == 0)
        return QK_SEED_PIN_WANTED;
    rv = qk_library_judge_flags(w);
    if (rv != CKR_OK)
        return rv;
    if (qk_secret_copy(w->order->pin, &pin) != QK_OK)
        return CKR_HOST_MEMORY;
    w->report->login_tried = true;
    rv = w->library->p11->C_Login(w->target->session, (CK_USER_TYPE)w->order->login, qk_secret_fill(&pin), pin.len);
    if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN)
        return rv;
    w->target->logged_in = true;
    w->report->logged_in = rv == CKR_OK; /* the other says nothing about the PIN */
    return CKR_OK;
}

/* ---- seeding ---- */

/* Some libraries say CKR_OK to any seed. A token that has no generator by its own words has no use for one. */
CK_RV qk_library_judge_generator(const library_work *w)
{
    return w->info.flags & CKF_RNG ? CKR_OK : QK_SEED_NO_GENERATOR;
}

static CK_RV seed_once(library_work *w)
{
    qk_view rest = w->order->seed;
    CK_RV rv = CKR_OK;

    w->report->step = QK_SEED_STEP_SEED;
    if (!w->library->p11->C_SeedRandom)
        return CKR_FUNCTION_NOT_SUPPORTED;
    while (rest.len > 0 && rv == CKR_OK) {
        size_t part = w->order->split && w->order->split < rest.len ? w->order->split : rest.len;
        rv = w->library->p11->C_SeedRandom(w->target->session, (CK_BYTE_PTR)(uintptr_t)rest.data, part);
        rest = qk_view_slice(rest, part, rest.len);
    }
    return rv;
}

static CK_RV enter_and_seed(library_work *w)
{
    CK_RV rv = open_session(w);

    if (rv == CKR_OK)
        rv = log_in(w);
    if (rv == CKR_OK)
        rv = seed_once(w);
    return rv == CKR_OK ? qk_library_judge_generator(w) : rv;
}

/* A session that was lost, or a login that ended with another session, is made anew once. */
CK_RV qk_library_seed(library_work *w)
{
    CK_RV rv = enter_and_seed(w);
    qk_seed_class class = qk_seed_classify(rv);

    if (!w->order->entered &&
        (class == QK_SEED_SESSION_LOST || (class == QK_SEED_LOGIN_NEEDED && w->target->logged_in))) {
        qk_library_drop_session(w);
        rv = enter_and_seed(w);
    }
    if (rv != CKR_OK || !w->order->keep_session)
        qk_library_drop_session(w);
    return rv;
}

CK_RV qk_library_enter(library_work *w)
{
    CK_RV rv = open_session(w);

    if (rv == CKR_OK)
        rv = log_in(w);
    if (rv != CKR_OK)
        qk_library_drop_session(w);
    return rv;
}

CK_RV qk_library_try_login(library_work *w)
{
    CK_RV rv = qk_library_enter(w);

    qk_library_drop_session(w);
    return rv == CKR_OK ? qk_library_judge_generator(w) : rv;
}
