/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/codec/mechanism_codec_kinds.h"

static qk_err eddsa_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    const Grep11__EdDSAParm *parm = message->eddsaparameter;

    if (message->parameter_case != GREP11__MECHANISM__PARAMETER_ED_DSAPARAMETER)
        return qk_codec_none.read(message, use);
    if (!parm)
        return qk_codec_wrong(use->mech, "EdDSAParameter is empty");
    use->eddsa.given = true;
    use->eddsa.prehash = parm->prehash;
    use->eddsa.context = qk_message_view(parm->context);
    return QK_OK;
}

static qk_err eddsa_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__EdDSAParm *parm;

    if (!use->eddsa.given)
        return QK_OK;
    parm = qk_message_new(&grep11__ed_dsaparm__descriptor, arena);
    if (!parm)
        return qk_codec_no_memory();
    parm->prehash = use->eddsa.prehash;
    parm->context = qk_message_bytes(use->eddsa.context);
    message->parameter_case = GREP11__MECHANISM__PARAMETER_ED_DSAPARAMETER;
    message->eddsaparameter = parm;
    return QK_OK;
}

const qk_codec qk_codec_eddsa = { eddsa_read, eddsa_write };
