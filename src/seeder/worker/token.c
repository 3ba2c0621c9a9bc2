/* SPDX-License-Identifier: Apache-2.0 */
/* Before every injection the token is looked at again: slots change their numbers, and tokens are swapped. */
#include <stdio.h>

#include "seeder/worker/library_inside.h"

enum { MOST_SLOTS = 1024 };

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

static CK_RV list_slots(qk_seed_library *it, CK_SLOT_ID *slots, CK_ULONG *count)
{
    *count = MOST_SLOTS;
    return it->p11->C_GetSlotList(CK_TRUE, slots, count);
}

static CK_RV find_in_slot(library_work *w, CK_SLOT_ID slot)
{
    CK_RV rv = w->library->p11->C_GetTokenInfo(slot, &w->info);

    if (rv != CKR_OK)
        return rv;
    describe(slot, &w->info, &w->report->token);
    if (!is_wanted(w->order, &w->report->token))
        return CKR_TOKEN_NOT_PRESENT;
    return w->order->serial[0] && strcmp(w->order->serial, w->report->token.serial) != 0 ? CKR_TOKEN_NOT_RECOGNIZED
                                                                                         : CKR_OK;
}

static CK_RV search_slots(library_work *w)
{
    CK_SLOT_ID slots[MOST_SLOTS];
    qk_seed_token stranger = { 0 };
    CK_ULONG count;
    CK_RV rv = list_slots(w->library, slots, &count), found = CKR_TOKEN_NOT_PRESENT;

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

/* The slot of last time first. Another token in it than before is refused: it may be a stranger's. */
CK_RV qk_library_find_token(library_work *w)
{
    CK_RV rv;

    w->report->step = QK_SEED_STEP_FIND;
    if (w->order->choice == QK_SEED_BY_SLOT)
        w->target->slot = (CK_SLOT_ID)w->order->slot;
    rv = find_in_slot(w, w->target->slot);
    if (rv != CKR_OK && w->order->choice != QK_SEED_BY_SLOT) {
        qk_library_drop_session(w);
        rv = search_slots(w);
    }
    if (rv != CKR_OK)
        qk_library_drop_session(w);
    return rv;
}

CK_RV qk_library_list_tokens(qk_seed_library *it, qk_seed_report *report)
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
