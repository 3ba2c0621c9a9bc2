/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/codec/mechanism_codec_kinds.h"

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

/* The parameter of OAEP, alone and inside another one. */
static qk_err oaep_from(const Grep11__RSAOAEPParm *parm, const qk_mech *mech, qk_oaep *out)
{
    if ((int)parm->encodingparmtype != 0 && (int)parm->encodingparmtype != CKZ_DATA_SPECIFIED)
        return qk_codec_wrong(mech, "unknown EncodingParmType");
    if ((int)parm->encodingparmtype == 0 && parm->encodingparm.len > 0)
        return qk_codec_wrong(mech, "EncodingParm without its type");
    out->hash = qk_codec_fold(parm->hashmech);
    out->mgf_hash = qk_mgf_hash(mgf_in((int)parm->mgf));
    out->label = qk_message_view(parm->encodingparm);
    return QK_OK;
}

static qk_err oaep_to(const qk_oaep *oaep, qk_arena *arena, Grep11__RSAOAEPParm **out)
{
    Grep11__RSAOAEPParm *parm = qk_message_new(&grep11__rsaoaepparm__descriptor, arena);

    if (!parm)
        return qk_codec_no_memory();
    parm->hashmech = oaep->hash;
    parm->mgf = (Grep11__RSAOAEPParm__Mask)mgf_out(oaep->mgf_hash);
    parm->encodingparmtype = oaep->label.len ? GREP11__RSAOAEPPARM__PARM_TYPE__CkzDataSpecifiied
                                             : GREP11__RSAOAEPPARM__PARM_TYPE__CkzNoDataSpecified;
    parm->encodingparm = qk_message_bytes(oaep->label);
    *out = parm;
    return QK_OK;
}

static qk_err oaep_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    if (message->parameter_case != GREP11__MECHANISM__PARAMETER_RSAOAEPPARAMETER || !message->rsaoaepparameter)
        return qk_codec_wrong(use->mech, "needs RSAOAEPParameter");
    return oaep_from(message->rsaoaepparameter, use->mech, &use->oaep);
}

static qk_err oaep_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    message->parameter_case = GREP11__MECHANISM__PARAMETER_RSAOAEPPARAMETER;
    return oaep_to(&use->oaep, arena, &message->rsaoaepparameter);
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

static qk_err rsa_aes_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    const Grep11__RSAAESKeyWrapParm *parm = message->rsaaeskeywrapparameter;

    if (message->parameter_case != GREP11__MECHANISM__PARAMETER_RSAAESKEY_WRAP_PARAMETER || !parm || !parm->oaep)
        return qk_codec_wrong(use->mech, "needs RSAAESKeyWrapParameter with OAEP");
    use->rsa_aes.aes_bits = parm->aesbits;
    return oaep_from(parm->oaep, use->mech, &use->rsa_aes.oaep);
}

static qk_err rsa_aes_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__RSAAESKeyWrapParm *parm = qk_message_new(&grep11__rsaaeskey_wrap_parm__descriptor, arena);

    if (!parm)
        return qk_codec_no_memory();
    parm->aesbits = use->rsa_aes.aes_bits;
    QK_TRY(oaep_to(&use->rsa_aes.oaep, arena, &parm->oaep));
    message->parameter_case = GREP11__MECHANISM__PARAMETER_RSAAESKEY_WRAP_PARAMETER;
    message->rsaaeskeywrapparameter = parm;
    return QK_OK;
}

const qk_codec qk_codec_rsa_aes = { rsa_aes_read, rsa_aes_write };
