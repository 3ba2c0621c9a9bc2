/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of TLS 1.2 as messages. Each kind fills the fields it has. */
#include "hsm/codec/mechanism_codec_kinds.h"

static qk_err tls_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    const Grep11__TLSParm *parm = message->tlsparameter;

    if (message->parameter_case != GREP11__MECHANISM__PARAMETER_TLSPARAMETER || !parm)
        return qk_codec_wrong(use->mech, "needs TLSParameter");
    use->tls.hash = qk_codec_fold(parm->hashmech);
    use->tls.client_random = qk_message_view(parm->clientrandom);
    use->tls.server_random = qk_message_view(parm->serverrandom);
    use->tls.label = qk_message_view(parm->label);
    use->tls.context = qk_message_view(parm->context);
    use->tls.mac_bits = parm->macbits;
    use->tls.key_bits = parm->keybits;
    use->tls.iv_bits = parm->ivbits;
    use->tls.server = parm->server;
    return QK_OK;
}

static qk_err tls_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__TLSParm *parm = qk_message_new(&grep11__tlsparm__descriptor, arena);

    if (!parm)
        return qk_codec_no_memory();
    parm->hashmech = use->tls.hash;
    parm->clientrandom = qk_message_bytes(use->tls.client_random);
    parm->serverrandom = qk_message_bytes(use->tls.server_random);
    parm->label = qk_message_bytes(use->tls.label);
    parm->context = qk_message_bytes(use->tls.context);
    parm->macbits = use->tls.mac_bits;
    parm->keybits = use->tls.key_bits;
    parm->ivbits = use->tls.iv_bits;
    parm->server = use->tls.server;
    message->parameter_case = GREP11__MECHANISM__PARAMETER_TLSPARAMETER;
    message->tlsparameter = parm;
    return QK_OK;
}

const qk_codec qk_codec_tls = { tls_read, tls_write };
