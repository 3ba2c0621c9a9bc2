/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/codec/mechanism_codec_kinds.h"

/* ---- BIP-32 and SLIP-0010 ---- */

/* Clients may leave the version out. */
static qk_err btc_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    const Grep11__BTCDeriveParm *parm = message->btcderiveparameter;

    if (message->parameter_case != GREP11__MECHANISM__PARAMETER_BTCDERIVE_PARAMETER || !parm)
        return qk_codec_wrong(use->mech, "needs BTCDeriveParameter");
    if (parm->childkeyindex > UINT32_MAX || parm->version > XCP_BTC_VERSION)
        return qk_codec_wrong(use->mech, "the index or the version is out of range");
    use->btc.type = (unsigned)parm->type;
    use->btc.version = XCP_BTC_VERSION;
    use->btc.child = (uint32_t)parm->childkeyindex;
    use->btc.chain_code = qk_message_view(parm->chaincode);
    return QK_OK;
}

static qk_err btc_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__BTCDeriveParm *parm = qk_message_new(&grep11__btcderive_parm__descriptor, arena);

    if (!parm)
        return qk_codec_no_memory();
    parm->type = (Grep11__BTCDeriveParm__BTCDeriveType)use->btc.type;
    parm->childkeyindex = use->btc.child;
    parm->chaincode = qk_message_bytes(use->btc.chain_code);
    parm->version = use->btc.version;
    message->parameter_case = GREP11__MECHANISM__PARAMETER_BTCDERIVE_PARAMETER;
    message->btcderiveparameter = parm;
    return QK_OK;
}

const qk_codec qk_codec_btc = { btc_read, btc_write };

/* ---- Schnorr and BLS signatures ---- */

static qk_err ecsg_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    const Grep11__ECSGParm *parm = message->ecsgparameter;

    if (message->parameter_case != GREP11__MECHANISM__PARAMETER_ECSGPARAMETER || !parm)
        return qk_codec_wrong(use->mech, "needs ECSGParameter");
    use->ecsg = (unsigned)parm->type;
    return QK_OK;
}

static qk_err ecsg_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__ECSGParm *parm = qk_message_new(&grep11__ecsgparm__descriptor, arena);

    if (!parm)
        return qk_codec_no_memory();
    parm->type = (Grep11__ECSGParm__ECSGType)use->ecsg;
    message->parameter_case = GREP11__MECHANISM__PARAMETER_ECSGPARAMETER;
    message->ecsgparameter = parm;
    return QK_OK;
}

const qk_codec qk_codec_ecsg = { ecsg_read, ecsg_write };

/* ---- sums of BLS signatures and public keys ---- */

static qk_err aggregate_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    const Grep11__ECAGGParm *parm = message->ecaggparameter;

    if (message->parameter_case != GREP11__MECHANISM__PARAMETER_ECAGGPARAMETER || !parm)
        return qk_codec_wrong(use->mech, "needs ECAGGParameter");
    use->aggregate.version = parm->version;
    use->aggregate.mode = (unsigned)parm->mode;
    use->aggregate.element_len = parm->perelementsize;
    use->aggregate.elements = qk_message_view(parm->elements);
    return QK_OK;
}

static qk_err aggregate_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__ECAGGParm *parm = qk_message_new(&grep11__ecaggparm__descriptor, arena);

    if (!parm)
        return qk_codec_no_memory();
    parm->version = use->aggregate.version;
    parm->mode = (Grep11__ECAGGParm__ECAGGMode)use->aggregate.mode;
    parm->perelementsize = (uint32_t)use->aggregate.element_len;
    parm->elements = qk_message_bytes(use->aggregate.elements);
    message->parameter_case = GREP11__MECHANISM__PARAMETER_ECAGGPARAMETER;
    message->ecaggparameter = parm;
    return QK_OK;
}

const qk_codec qk_codec_aggregate = { aggregate_read, aggregate_write };
