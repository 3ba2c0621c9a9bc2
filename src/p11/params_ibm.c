/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of IBM's own mechanisms. */
#include "p11/mechanism_param.h"

/* ---- BIP-32 and SLIP-0010 ---- */

static qk_err btc_read(qk_view param, qk_mech_use *use)
{
    CK_IBM_BTC_DERIVE_PARAMS btc;

    QK_TRY(qk_param_structure(use->mech, param, &btc, sizeof btc));
    if (btc.type > CK_IBM_SLIP0010_MASTERK || btc.childKeyIndex > UINT32_MAX || btc.version != XCP_BTC_VERSION)
        return qk_param_wrong(use->mech, "the type, the index or the version is out of range");
    use->btc.type = (unsigned)btc.type;
    use->btc.version = (unsigned)btc.version;
    use->btc.child = (uint32_t)btc.childKeyIndex;
    return qk_param_bytes(use->mech, btc.pChainCode, btc.ulChainCodeLen, &use->btc.chain_code);
}

static qk_err btc_check(const qk_mech_use *use)
{
    bool master = use->btc.type == CK_IBM_BIP0032_MASTERK || use->btc.type == CK_IBM_SLIP0010_MASTERK;

    if (use->btc.type < CK_IBM_BIP0032_PRV2PRV || use->btc.type > CK_IBM_SLIP0010_MASTERK)
        return qk_param_wrong(use->mech, "an unknown type of derivation");
    if (use->btc.version != XCP_BTC_VERSION)
        return qk_param_wrong(use->mech, "the version is not 1");
    if (!master && use->btc.chain_code.len != CK_IBM_BTC_CHAINCODE_LENGTH)
        return qk_param_wrong(use->mech, "the parent's chain code must have 32 bytes");
    if (use->btc.chain_code.len > CK_IBM_BTC_CHAINCODE_LENGTH)
        return qk_param_wrong(use->mech, "a chain code has at most 32 bytes");
    return QK_OK;
}

const qk_param_row qk_param_btc = { btc_read, btc_check, { QK_PARAM_AT(btc.chain_code) }, 1 };

/* ---- Schnorr signatures ---- */

static qk_err ecsg_read(qk_view param, qk_mech_use *use)
{
    CK_IBM_ECDSA_OTHER_PARAMS ecsg;

    QK_TRY(qk_param_structure(use->mech, param, &ecsg, sizeof ecsg));
    use->ecsg = ecsg.submechanism > ECSG_IBM_BLS ? 0 : (unsigned)ecsg.submechanism; /* 0 fails the check */
    return QK_OK;
}

static qk_err ecsg_check(const qk_mech_use *use)
{
    if (use->ecsg != ECSG_IBM_ECSDSA_S256 && use->ecsg != ECSG_IBM_ECSDSA_COMPR_MULTI)
        return qk_param_wrong(use->mech, "an unknown variant");
    return QK_OK;
}

const qk_param_row qk_param_ecsg = { ecsg_read, ecsg_check, { 0 }, 0 };
