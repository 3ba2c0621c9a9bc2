/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/core.h"
#include "hsm/handlers.h"

/* GREP11 clients see the list of IBM's server as far as we have it, in its order; the embedding process sees all. */
qk_err qk_handle_get_mechanism_list(void *context, const qk_call *call, const void *request, void *response)
{
    Grep11__GetMechanismListResponse *answer = response;
    uint64_t *list = qk_arena_alloc(call->arena, qk_mech_count * sizeof *list);

    (void)context;
    (void)request;
    if (!list)
        return qk_fail(QK_E_NO_MEMORY, "no memory for the list of mechanisms");
    for (size_t i = 0; i < qk_mech_count; i++)
        if (call->strict || (qk_mechs[i].flags & QK_MECH_GREP11))
            list[answer->n_mechs++] = qk_mechs[i].type;
    answer->mechs = list;
    return QK_OK;
}

/* GREP11 clients are told IBM's sizes, with which they were written; the embedding process is told the true ones. */
qk_err qk_handle_get_mechanism_info(void *context, const qk_call *call, const void *request, void *response)
{
    const Grep11__GetMechanismInfoRequest *asked = request;
    Grep11__GetMechanismInfoResponse *answer = response;
    Grep11__MechanismInfo *info = qk_message_new(&grep11__mechanism_info__descriptor, call->arena);
    const qk_mech *mech = qk_mech_find(
        (CK_MECHANISM_TYPE)(asked->mech >> 31 == UINT64_C(0x1ffffffff) ? asked->mech & UINT32_MAX : asked->mech));
    bool as_ibm;

    (void)context;
    if (!mech)
        return qk_fail(QK_E_MECHANISM_INVALID, "mechanism 0x%llx is unknown", (unsigned long long)asked->mech);
    if (!info)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a mechanism's info");
    as_ibm = !call->strict && (mech->flags & QK_MECH_GREP11);
    info->minkeysize = as_ibm ? mech->grep11_min_key : mech->min_key;
    info->maxkeysize = as_ibm ? mech->grep11_max_key : mech->max_key;
    info->flags = as_ibm && mech->grep11_flags ? mech->grep11_flags : qk_mech_info_flags(mech);
    answer->mechinfo = info;
    return QK_OK;
}
