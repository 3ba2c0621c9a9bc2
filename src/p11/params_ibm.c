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

/* ---- Schnorr and BLS signatures ---- */

static qk_err ecsg_read(qk_view param, qk_mech_use *use)
{
    CK_IBM_ECDSA_OTHER_PARAMS ecsg;

    QK_TRY(qk_param_structure(use->mech, param, &ecsg, sizeof ecsg));
    use->ecsg = ecsg.submechanism > ECSG_IBM_BLS ? 0 : (unsigned)ecsg.submechanism; /* 0 fails the check */
    return QK_OK;
}

static qk_err ecsg_check(const qk_mech_use *use)
{
    if (use->ecsg != ECSG_IBM_ECSDSA_S256 && use->ecsg != ECSG_IBM_ECSDSA_COMPR_MULTI && use->ecsg != ECSG_IBM_BLS)
        return qk_param_wrong(use->mech, "an unknown variant");
    return QK_OK;
}

const qk_param_row qk_param_ecsg = { ecsg_read, ecsg_check, { 0 }, 0 };

/* ---- sums of BLS signatures and public keys ---- */

enum { MOST_ELEMENTS = 1024 }; /* adding them up keeps a server busy for a tenth of a second */

static qk_err aggregate_read(qk_view param, qk_mech_use *use)
{
    XCP_EC_AGGREGATE_PARAMS sum;

    QK_TRY(qk_param_structure(use->mech, param, &sum, sizeof sum));
    if (sum.version > UINT32_MAX || sum.mode > CK_IBM_EC_AGG_BLS12_381_PKEY)
        return qk_param_wrong(use->mech, "the version or the mode is out of range");
    use->aggregate.version = (unsigned)sum.version;
    use->aggregate.mode = (unsigned)sum.mode;
    use->aggregate.element_len = sum.perElementSize;
    return qk_param_bytes(use->mech, sum.pElements, sum.ulElementsLen, &use->aggregate.elements);
}

static qk_err aggregate_check(const qk_mech_use *use)
{
    size_t len = use->aggregate.element_len, all = use->aggregate.elements.len;

    if (use->aggregate.version != 0)
        return qk_param_wrong(use->mech, "the version is not 0");
    if (use->aggregate.mode != CK_IBM_EC_AGG_BLS12_381_SIGN && use->aggregate.mode != CK_IBM_EC_AGG_BLS12_381_PKEY)
        return qk_param_wrong(use->mech, "an unknown mode");
    if (len == 0 || len > UINT32_MAX || all == 0 || all % len != 0)
        return qk_param_wrong(use->mech, "the elements do not have the length that is given");
    if (all / len > MOST_ELEMENTS)
        return qk_param_wrong(use->mech, "more than 1024 elements");
    return QK_OK;
}

const qk_param_row qk_param_aggregate = { aggregate_read, aggregate_check, { QK_PARAM_AT(aggregate.elements) }, 1 };
