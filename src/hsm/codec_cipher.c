/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/mechanism_codec_kinds.h"

static qk_err iv_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    if (message->parameter_case != GREP11__MECHANISM__PARAMETER_PARAMETER_B)
        return qk_codec_wrong(use->mech, "needs an initialisation vector in ParameterB");
    use->iv = qk_message_view(message->parameterb);
    return QK_OK;
}

static qk_err iv_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    (void)arena;
    message->parameter_case = GREP11__MECHANISM__PARAMETER_PARAMETER_B;
    message->parameterb = qk_message_bytes(use->iv);
    return QK_OK;
}

const qk_codec qk_codec_iv = { iv_read, iv_write };

static qk_err gcm_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    const Grep11__GCMParm *parm = message->gcmparameter;

    if (message->parameter_case != GREP11__MECHANISM__PARAMETER_GCMPARAMETER || !parm)
        return qk_codec_wrong(use->mech, "needs GCMParameter");
    use->gcm.iv = qk_message_view(parm->iv);
    use->gcm.aad = qk_message_view(parm->aad);
    use->gcm.tag_bits = parm->tagbits;
    return QK_OK;
}

static qk_err gcm_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__GCMParm *parm = qk_message_new(&grep11__gcmparm__descriptor, arena);

    if (!parm)
        return qk_codec_no_memory();
    parm->iv = qk_message_bytes(use->gcm.iv);
    parm->aad = qk_message_bytes(use->gcm.aad);
    parm->tagbits = use->gcm.tag_bits;
    message->parameter_case = GREP11__MECHANISM__PARAMETER_GCMPARAMETER;
    message->gcmparameter = parm;
    return QK_OK;
}

const qk_codec qk_codec_gcm = { gcm_read, gcm_write };
