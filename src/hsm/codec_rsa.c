/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/mechanism_codec_kinds.h"

/* GREP11 shortens IBM's vendor numbers of mask generation functions: 0x800001 for 0x80000001. */
enum { MGF_VENDOR_BIT = 0x800000 };
#define MGF_VENDOR UINT64_C(0x80000000)

static CK_RSA_PKCS_MGF_TYPE mgf_in(int mask)
{
    CK_RSA_PKCS_MGF_TYPE mgf = (CK_RSA_PKCS_MGF_TYPE)(uint32_t)mask;
    return mgf & MGF_VENDOR_BIT ? mgf - MGF_VENDOR_BIT + MGF_VENDOR : mgf;
}

static int mgf_out(CK_MECHANISM_TYPE hash)
{
    CK_RSA_PKCS_MGF_TYPE mgf = qk_mgf_of_hash(hash);
    return (int)(mgf & MGF_VENDOR ? mgf - MGF_VENDOR + MGF_VENDOR_BIT : mgf);
}

static qk_err oaep_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    const Grep11__RSAOAEPParm *parm = message->rsaoaepparameter;

    if (message->parameter_case != GREP11__MECHANISM__PARAMETER_RSAOAEPPARAMETER || !parm)
        return qk_codec_wrong(use->mech, "needs RSAOAEPParameter");
    if ((int)parm->encodingparmtype != 0 && (int)parm->encodingparmtype != CKZ_DATA_SPECIFIED)
        return qk_codec_wrong(use->mech, "unknown EncodingParmType");
    if ((int)parm->encodingparmtype == 0 && parm->encodingparm.len > 0)
        return qk_codec_wrong(use->mech, "EncodingParm without its type");
    use->oaep.hash = qk_codec_fold(parm->hashmech);
    use->oaep.mgf_hash = qk_mgf_hash(mgf_in((int)parm->mgf));
    use->oaep.label = qk_message_view(parm->encodingparm);
    return QK_OK;
}

static qk_err oaep_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__RSAOAEPParm *parm = qk_message_new(&grep11__rsaoaepparm__descriptor, arena);

    if (!parm)
        return qk_codec_no_memory();
    parm->hashmech = use->oaep.hash;
    parm->mgf = (Grep11__RSAOAEPParm__Mask)mgf_out(use->oaep.mgf_hash);
    parm->encodingparmtype = use->oaep.label.len ? GREP11__RSAOAEPPARM__PARM_TYPE__CkzDataSpecifiied
                                                 : GREP11__RSAOAEPPARM__PARM_TYPE__CkzNoDataSpecified;
    parm->encodingparm = qk_message_bytes(use->oaep.label);
    message->parameter_case = GREP11__MECHANISM__PARAMETER_RSAOAEPPARAMETER;
    message->rsaoaepparameter = parm;
    return QK_OK;
}

const qk_codec qk_codec_oaep = { oaep_read, oaep_write };

static qk_err pss_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    const Grep11__RSAPSSParm *parm = message->rsapssparameter;

    if (message->parameter_case != GREP11__MECHANISM__PARAMETER_RSAPSSPARAMETER || !parm)
        return qk_codec_wrong(use->mech, "needs RSAPSSParameter");
    use->pss.hash = qk_codec_fold(parm->hashmech);
    use->pss.mgf_hash = qk_mgf_hash(mgf_in((int)parm->mgf));
    use->pss.salt_len = parm->saltbytecount;
    return QK_OK;
}

static qk_err pss_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__RSAPSSParm *parm = qk_message_new(&grep11__rsapssparm__descriptor, arena);

    if (!parm)
        return qk_codec_no_memory();
    parm->hashmech = use->pss.hash;
    parm->mgf = (Grep11__RSAPSSParm__Mask)mgf_out(use->pss.mgf_hash);
    parm->saltbytecount = use->pss.salt_len;
    message->parameter_case = GREP11__MECHANISM__PARAMETER_RSAPSSPARAMETER;
    message->rsapssparameter = parm;
    return QK_OK;
}

const qk_codec qk_codec_pss = { pss_read, pss_write };
