/* SPDX-License-Identifier: Apache-2.0 */
#include "module/slot/slot.h"

#include <stdio.h>

#include "base/clock.h"
#include "module/library/module.h"

#define MANUFACTURER "Quantoki"

qk_err qk_slot_init(qk_slot *slot, const qk_client_token *config)
{
    slot->id = (CK_SLOT_ID)config->slot;
    pthread_mutex_init(&slot->login_turn, NULL);
    pthread_mutex_init(&slot->login_lock, NULL);
    pthread_mutex_init(&slot->change_lock, NULL);
    pthread_mutex_init(&slot->wraps_lock, NULL);
    qk_random_pool_init(&slot->random);
    qk_slot_mechs_init(&slot->mechs);
    QK_TRY(qk_object_table_new(&slot->objects));
    return qk_token_new(config, &slot->token);
}

void qk_slot_done(qk_slot *slot)
{
    qk_object_table_free(&slot->objects);
    qk_token_free(&slot->token);
    qk_random_pool_done(&slot->random);
    qk_slot_mechs_done(&slot->mechs);
    pthread_mutex_destroy(&slot->login_turn);
    pthread_mutex_destroy(&slot->login_lock);
    pthread_mutex_destroy(&slot->change_lock);
    pthread_mutex_destroy(&slot->wraps_lock);
}

void qk_slot_abandon(qk_slot *slot)
{
    qk_token_abandon(&slot->token);
}

/* --- lists and infos --- */

qk_err qk_slot_list(CK_SLOT_ID *out_ids, CK_ULONG *count)
{
    qk_module *module;
    CK_ULONG room;

    QK_TRY(qk_module_get(&module));
    if (!count)
        return qk_fail(QK_E_BAD_ARGUMENT, "the place for the number of slots is NULL");
    room = *count;
    *count = module->slot_count;
    if (!out_ids)
        return QK_OK;
    if (room < module->slot_count)
        return qk_fail(QK_E_BUFFER_SMALL, "there are %zu slots", module->slot_count);
    for (size_t i = 0; i < module->slot_count; i++)
        out_ids[i] = module->slots[i].id;
    return QK_OK;
}

static qk_err check_place(const void *place)
{
    return place ? QK_OK : qk_fail(QK_E_BAD_ARGUMENT, "the place for the answer is NULL");
}

qk_err qk_slot_info(CK_SLOT_ID id, CK_SLOT_INFO *out_info)
{
    CK_SLOT_INFO info = { .flags = CKF_TOKEN_PRESENT, .hardwareVersion = { 0, 1 }, .firmwareVersion = { 0, 1 } };
    char text[64];
    qk_slot *slot;

    QK_TRY(qk_module_slot(id, &slot));
    QK_TRY(check_place(out_info));
    snprintf(text, sizeof text, "Quantoki %s slot %lu", slot->token->remote ? "remote" : "embedded", id);
    qk_pad(info.slotDescription, sizeof info.slotDescription, text);
    qk_pad(info.manufacturerID, sizeof info.manufacturerID, MANUFACTURER);
    *out_info = info;
    return QK_OK;
}

static void fill_texts(const qk_token_state *state, CK_TOKEN_INFO *info)
{
    char now[25], digits[17] = "0000000000000000";
    size_t count = 0;

    qk_pad(info->label, sizeof info->label, state->label);
    qk_pad(info->manufacturerID, sizeof info->manufacturerID, MANUFACTURER);
    qk_pad(info->model, sizeof info->model, state->model);
    qk_pad(info->serialNumber, sizeof info->serialNumber, state->serial);
    qk_clock_iso8601(now); /* "2026-11-21T10:33:10.123Z" → "2026112110331000" */
    for (size_t i = 0; now[i] && count < 14; i++)
        if (now[i] >= '0' && now[i] <= '9')
            digits[count++] = now[i];
    memcpy(info->utcTime, digits, sizeof info->utcTime);
}

static CK_FLAGS token_flags(const qk_token_state *state)
{
    CK_FLAGS flags = CKF_RNG | CKF_LOGIN_REQUIRED | CKF_DUAL_CRYPTO_OPERATIONS | CKF_CLOCK_ON_TOKEN | state->pin_flags;

    return state->initialized ? flags | CKF_TOKEN_INITIALIZED : flags;
}

qk_err qk_slot_token_info(CK_SLOT_ID id, CK_TOKEN_INFO *out_info)
{
    CK_TOKEN_INFO info = { .ulMaxSessionCount = CK_EFFECTIVELY_INFINITE,
                           .ulMaxRwSessionCount = CK_EFFECTIVELY_INFINITE,
                           .ulTotalPublicMemory = CK_UNAVAILABLE_INFORMATION,
                           .ulFreePublicMemory = CK_UNAVAILABLE_INFORMATION,
                           .ulTotalPrivateMemory = CK_UNAVAILABLE_INFORMATION,
                           .ulFreePrivateMemory = CK_UNAVAILABLE_INFORMATION,
                           .hardwareVersion = { 0, 1 },
                           .firmwareVersion = { 0, 1 } };
    qk_token_state state;
    qk_slot *slot;

    QK_TRY(qk_module_slot(id, &slot));
    QK_TRY(check_place(out_info));
    QK_TRY(slot->token->login->describe(slot->token->login, &state));
    fill_texts(&state, &info);
    info.flags = token_flags(&state);
    info.ulSessionCount = atomic_load(&slot->session_count);
    info.ulRwSessionCount = atomic_load(&slot->rw_session_count);
    info.ulMinPinLen = state.min_pin_len;
    info.ulMaxPinLen = state.max_pin_len;
    *out_info = info;
    return QK_OK;
}
