/* SPDX-License-Identifier: Apache-2.0 */
/* C_GetMechanismList, C_GetMechanismInfo: what the token's HSM offers, which its policy may have narrowed. It is asked
 * once; what a mechanism is (sizes, flags) stands in our own table. */
#include "module/slot/mechanisms.h"

#include <stdlib.h>

#include "base/clock.h"
#include "module/library/module.h"
#include "module/slot/slot.h"

void qk_slot_mechs_init(qk_slot_mechs *mechs)
{
    *mechs = (qk_slot_mechs){ .offered = NULL };
    pthread_mutex_init(&mechs->lock, NULL);
}

void qk_slot_mechs_done(qk_slot_mechs *mechs)
{
    pthread_mutex_destroy(&mechs->lock);
    free(atomic_exchange(&mechs->offered, NULL));
}

/* --- asking --- */

static qk_err ask(qk_slot *slot, qk_arena *arena, Grep11__GetMechanismListResponse **out)
{
    Grep11__GetMechanismListRequest request = GREP11__GET_MECHANISM_LIST_REQUEST__INIT;
    qk_call call = { .arena = arena, .strict = true, .deadline = QK_DEADLINE_NEVER };
    void *answer;

    QK_TRY(slot->token->login->ready(slot->token->login));
    QK_TRY(qk_hsm_call(slot->token->hsm, &call, QK_GET_MECHANISM_LIST, &request.base, &answer));
    *out = answer;
    return QK_OK;
}

static void take(const Grep11__GetMechanismListResponse *answer, bool *offered)
{
    for (size_t i = 0; i < answer->n_mechs; i++) {
        const qk_mech *mech = qk_mech_find((CK_MECHANISM_TYPE)answer->mechs[i]);
        if (mech)
            offered[mech - qk_mechs] = true;
    }
}

/* An embedded token that was never initialised has no HSM yet; it will offer what this build can. */
static void take_own(bool *offered)
{
    for (size_t i = 0; i < qk_mech_count; i++)
        offered[i] = qk_crypto_offers(&qk_mechs[i]);
}

/* Fills `offered`; *out_final says that the answer will not change any more. */
static qk_err learn(qk_slot *slot, bool *offered, bool *out_final)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    Grep11__GetMechanismListResponse *answer;
    qk_err err;

    qk_arena_init(&arena, 0);
    err = ask(slot, &arena, &answer);
    *out_final = err == QK_OK;
    if (err == QK_E_TOKEN_UNRECOGNIZED && !slot->token->remote) {
        take_own(offered);
        return QK_OK;
    }
    QK_TRY(err);
    take(answer, offered);
    return QK_OK;
}

/* A table of booleans beside qk_mechs; kept if it is final. */
static qk_err offered_of(qk_slot *slot, bool *place, const bool **out)
{
    qk_slot_mechs *mechs = &slot->mechs;
    const bool *known = atomic_load(&mechs->offered);
    bool final, *kept;
    qk_err err;

    *out = known ? known : place;
    if (known)
        return QK_OK;
    err = learn(slot, place, &final);
    if (err != QK_OK || !final)
        return err;
    kept = malloc(qk_mech_count * sizeof *kept);
    if (!kept)
        return QK_OK; /* the next call asks again */
    memcpy(kept, place, qk_mech_count * sizeof *kept);
    pthread_mutex_lock(&mechs->lock);
    if (!atomic_load(&mechs->offered)) {
        atomic_store(&mechs->offered, kept);
        kept = NULL;
    }
    pthread_mutex_unlock(&mechs->lock);
    free(kept);
    return QK_OK;
}

/* --- what C_ functions ask --- */

static void free_place(bool **place)
{
    free(*place);
}

static qk_err not_offered(const qk_mech *mech)
{
    return qk_fail(QK_E_MECHANISM_INVALID, "%s is not offered by this token", mech->name);
}

qk_err qk_slot_check_offer(qk_slot *slot, const qk_mech *mech)
{
    QK_OWNED(free_place) bool *place = NULL;
    const bool *offered = atomic_load(&slot->mechs.offered);

    if (!offered) {
        if (!(mech->flags & QK_MECH_LEGACY))
            return QK_OK;
        place = calloc(qk_mech_count, sizeof *place);
        if (!place)
            return qk_fail(QK_E_NO_MEMORY, "no memory for the list of mechanisms");
        QK_TRY(offered_of(slot, place, &offered));
    }
    return offered[mech - qk_mechs] ? QK_OK : not_offered(mech);
}

static qk_err find_slot(CK_SLOT_ID id, const void *place, qk_slot **out_slot)
{
    QK_TRY(qk_module_slot(id, out_slot));
    return place ? QK_OK : qk_fail(QK_E_BAD_ARGUMENT, "the place for the answer is NULL");
}

qk_err qk_slot_mechanism_list(CK_SLOT_ID id, CK_MECHANISM_TYPE *out_types, CK_ULONG *count)
{
    QK_OWNED(free_place) bool *place = calloc(qk_mech_count, sizeof *place);
    CK_ULONG room, needed = 0;
    const bool *offered;
    qk_slot *slot;

    QK_TRY(find_slot(id, count, &slot));
    if (!place)
        return qk_fail(QK_E_NO_MEMORY, "no memory for the list of mechanisms");
    QK_TRY(offered_of(slot, place, &offered));
    room = *count;
    for (size_t i = 0; i < qk_mech_count; i++)
        needed += offered[i];
    *count = needed;
    if (!out_types)
        return QK_OK;
    if (room < needed)
        return qk_fail(QK_E_BUFFER_SMALL, "there are %lu mechanisms", needed);
    for (size_t i = 0; i < qk_mech_count; i++)
        if (offered[i])
            *out_types++ = qk_mechs[i].type;
    return QK_OK;
}

qk_err qk_slot_mechanism_info(CK_SLOT_ID id, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *out_info)
{
    QK_OWNED(free_place) bool *place = calloc(qk_mech_count, sizeof *place);
    const qk_mech *mech = qk_mech_find(type);
    const bool *offered;
    qk_slot *slot;

    QK_TRY(find_slot(id, out_info, &slot));
    if (!mech)
        return qk_fail(QK_E_MECHANISM_INVALID, "mechanism 0x%lx is unknown", type);
    if (!place)
        return qk_fail(QK_E_NO_MEMORY, "no memory for the list of mechanisms");
    QK_TRY(offered_of(slot, place, &offered));
    if (!offered[mech - qk_mechs])
        return not_offered(mech);
    *out_info = (CK_MECHANISM_INFO){ .ulMinKeySize = mech->min_key,
                                     .ulMaxKeySize = mech->max_key,
                                     .flags = qk_mech_info_flags(mech) };
    return QK_OK;
}
