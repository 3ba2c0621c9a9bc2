/* SPDX-License-Identifier: Apache-2.0 */
/* Before every injection the token is looked at again: slots change their numbers, and tokens are swapped. */
#include <stdlib.h>

#include "seeder/worker/library_inside.h"

enum { MOST_SLOTS = 65536, ROUNDS = 4 };

typedef struct slots {
    CK_SLOT_ID *ids; /* owned */
    CK_ULONG count;
} slots;

static void free_slots(slots *it)
{
    free(it->ids);
    *it = (slots){ 0 };
}

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
    case QK_SEED_BY_SLOT: /* of all_tokens, with the label that was there */
    case QK_SEED_ALL:
    default:
        return token->slot == order->slot && (!order->name[0] || strcmp(token->label, order->name) == 0);
    }
}

/* Their number first, always: a library looks for new slots and tokens only when it is asked without a buffer. They may
 * become more between the two questions. Source: PKCS #11 3.2, C_GetSlotList. */
static CK_RV list_slots(qk_seed_library *it, slots *out)
{
    CK_RV rv = CKR_BUFFER_TOO_SMALL;

    for (int round = 0; round < ROUNDS && rv == CKR_BUFFER_TOO_SMALL; round++) {
        free_slots(out);
        rv = it->p11->C_GetSlotList(CK_TRUE, NULL, &out->count);
        if (rv != CKR_OK || out->count == 0)
            return rv;
        if (out->count > MOST_SLOTS)
            return CKR_HOST_MEMORY;
        out->ids = calloc(out->count, sizeof *out->ids);
        if (!out->ids)
            return CKR_HOST_MEMORY;
        rv = it->p11->C_GetSlotList(CK_TRUE, out->ids, &out->count);
    }
    return rv;
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
    QK_OWNED(free_slots) slots all = { 0 };
    qk_seed_token stranger = { 0 };
    CK_RV rv = list_slots(w->library, &all), found = CKR_TOKEN_NOT_PRESENT;

    if (rv != CKR_OK)
        return rv;
    for (CK_ULONG i = 0; i < all.count; i++) {
        rv = find_in_slot(w, all.ids[i]);
        if (rv == CKR_OK) {
            w->target->slot = all.ids[i];
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
    QK_OWNED(free_slots) slots all = { 0 };
    bool one_is_good = false;
    CK_RV rv;

    report->step = QK_SEED_STEP_FIND;
    rv = list_slots(it, &all);
    for (CK_ULONG i = 0; rv == CKR_OK && i < all.count; i++) {
        CK_TOKEN_INFO info = { 0 };
        qk_seed_listed *listed = &report->tokens[report->token_count];
        if (report->token_count == QK_SEED_MOST_TOKENS)
            return QK_SEED_MORE_TOKENS;
        listed->rv = it->p11->C_GetTokenInfo(all.ids[i], &info);
        if (listed->rv == CKR_TOKEN_NOT_PRESENT)
            continue; /* it was removed since */
        describe(all.ids[i], &info, &listed->token);
        listed->initialised = (info.flags & CKF_TOKEN_INITIALIZED) != 0;
        one_is_good = one_is_good || (listed->rv == CKR_OK && listed->initialised);
        report->token_count++;
    }
    return rv != CKR_OK || one_is_good ? rv : QK_SEED_NO_TOKENS;
}
