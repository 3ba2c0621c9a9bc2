/* SPDX-License-Identifier: Apache-2.0 */
/* Which mechanisms there are. GREP11 clients see the list of IBM's server as far as we have it, in its order and with
 * its sizes, with which they were written; modules (strict callers) see all, with the true sizes. */
#include "hsm/core.h"
#include "hsm/handle/handlers.h"
#include "hsm/codec/mechanism_codec_kinds.h"

qk_err qk_handle_get_mechanism_list(void *context, const qk_call *call, const void *request, void *response)
{
    Grep11__GetMechanismListResponse *answer = response;
    uint64_t *list = qk_arena_alloc(call->arena, (qk_mech_count + qk_grep11_mech_count) * sizeof *list);

    (void)request;
    if (!list)
        return qk_fail(QK_E_NO_MEMORY, "no memory for the list of mechanisms");
    for (size_t i = 0; call->strict && i < qk_mech_count; i++)
        if (qk_core_offers(context, &qk_mechs[i]))
            list[answer->n_mechs++] = qk_mechs[i].type;
    for (size_t i = 0; !call->strict && i < qk_grep11_mech_count; i++)
        if (qk_core_offers(context, qk_mech_find(qk_grep11_mechs[i].type)))
            list[answer->n_mechs++] = qk_grep11_mechs[i].type;
    answer->mechs = list;
    return QK_OK;
}

qk_err qk_handle_get_mechanism_info(void *context, const qk_call *call, const void *request, void *response)
{
    const Grep11__GetMechanismInfoRequest *asked = request;
    Grep11__GetMechanismInfoResponse *answer = response;
    Grep11__MechanismInfo *info = qk_message_new(&grep11__mechanism_info__descriptor, call->arena);
    const qk_mech *mech = qk_mech_find(qk_codec_fold(asked->mech));
    const qk_grep11_mech *ibms;

    if (!qk_core_offers(context, mech))
        return qk_fail(QK_E_MECHANISM_INVALID, "mechanism 0x%llx is unknown", (unsigned long long)asked->mech);
    if (!info)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a mechanism's info");
    ibms = call->strict ? NULL : qk_grep11_mech_find(mech->type);
    info->minkeysize = ibms ? ibms->min_key : mech->min_key;
    info->maxkeysize = ibms ? ibms->max_key : mech->max_key;
    info->flags = ibms ? ibms->flags : qk_mech_info_flags(mech);
    answer->mechinfo = info;
    return QK_OK;
}
