/* SPDX-License-Identifier: Apache-2.0 */
/* One reader and one writer per kind of parameter, found by a table. What a value must be is checked by p11
 * (qk_mech_use_check), the same for applications and peers. */
#include "hsm/mechanism_codec.h"

/* GREP11 shortens IBM's vendor numbers of mask generation functions: 0x800001 for 0x80000001. */
enum { MGF_VENDOR_BIT = 0x800000 };
#define MGF_VENDOR UINT64_C(0x80000000)

/* Vendor numbers are 32 bits wide; clients with signed types send them sign-extended. */
static CK_MECHANISM_TYPE fold(uint64_t type)
{
    return (CK_MECHANISM_TYPE)(type >> 31 == UINT64_C(0x1ffffffff) ? type & UINT32_MAX : type);
}

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

static qk_err wrong(const qk_mech *mech, const char *what)
{
    return qk_fail(QK_E_MECHANISM_PARAM, "%s: %s", mech->name, what);
}

static qk_err no_memory(void)
{
    return qk_fail(QK_E_NO_MEMORY, "no memory for a mechanism's parameter");
}

/* ---- in ---- */

static qk_err none_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    if (message->parameter_case == GREP11__MECHANISM__PARAMETER__NOT_SET ||
        (message->parameter_case == GREP11__MECHANISM__PARAMETER_PARAMETER_B && message->parameterb.len == 0))
        return QK_OK;
    return wrong(use->mech, "takes no parameter");
}

static qk_err iv_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    if (message->parameter_case != GREP11__MECHANISM__PARAMETER_PARAMETER_B)
        return wrong(use->mech, "needs an initialisation vector in ParameterB");
    use->iv = qk_message_view(message->parameterb);
    return QK_OK;
}

static qk_err gcm_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    const Grep11__GCMParm *parm = message->gcmparameter;

    if (message->parameter_case != GREP11__MECHANISM__PARAMETER_GCMPARAMETER || !parm)
        return wrong(use->mech, "needs GCMParameter");
    use->gcm.iv = qk_message_view(parm->iv);
    use->gcm.aad = qk_message_view(parm->aad);
    use->gcm.tag_bits = parm->tagbits;
    return QK_OK;
}

static qk_err oaep_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    const Grep11__RSAOAEPParm *parm = message->rsaoaepparameter;

    if (message->parameter_case != GREP11__MECHANISM__PARAMETER_RSAOAEPPARAMETER || !parm)
        return wrong(use->mech, "needs RSAOAEPParameter");
    if ((int)parm->encodingparmtype != 0 && (int)parm->encodingparmtype != CKZ_DATA_SPECIFIED)
        return wrong(use->mech, "unknown EncodingParmType");
    if ((int)parm->encodingparmtype == 0 && parm->encodingparm.len > 0)
        return wrong(use->mech, "EncodingParm without its type");
    use->oaep.hash = fold(parm->hashmech);
    use->oaep.mgf_hash = qk_mgf_hash(mgf_in((int)parm->mgf));
    use->oaep.label = qk_message_view(parm->encodingparm);
    return QK_OK;
}

static qk_err pss_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    const Grep11__RSAPSSParm *parm = message->rsapssparameter;

    if (message->parameter_case != GREP11__MECHANISM__PARAMETER_RSAPSSPARAMETER || !parm)
        return wrong(use->mech, "needs RSAPSSParameter");
    use->pss.hash = fold(parm->hashmech);
    use->pss.mgf_hash = qk_mgf_hash(mgf_in((int)parm->mgf));
    use->pss.salt_len = parm->saltbytecount;
    return QK_OK;
}

static qk_err eddsa_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    const Grep11__EdDSAParm *parm = message->eddsaparameter;

    if (message->parameter_case != GREP11__MECHANISM__PARAMETER_ED_DSAPARAMETER)
        return none_read(message, use);
    if (!parm)
        return wrong(use->mech, "EdDSAParameter is empty");
    use->eddsa.given = true;
    use->eddsa.prehash = parm->prehash;
    use->eddsa.context = qk_message_view(parm->context);
    return QK_OK;
}

/* ---- out ---- */

static qk_err none_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    (void)use;
    (void)arena;
    (void)message;
    return QK_OK;
}

static qk_err iv_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    (void)arena;
    message->parameter_case = GREP11__MECHANISM__PARAMETER_PARAMETER_B;
    message->parameterb = qk_message_bytes(use->iv);
    return QK_OK;
}

static qk_err gcm_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__GCMParm *parm = qk_message_new(&grep11__gcmparm__descriptor, arena);

    if (!parm)
        return no_memory();
    parm->iv = qk_message_bytes(use->gcm.iv);
    parm->aad = qk_message_bytes(use->gcm.aad);
    parm->tagbits = use->gcm.tag_bits;
    message->parameter_case = GREP11__MECHANISM__PARAMETER_GCMPARAMETER;
    message->gcmparameter = parm;
    return QK_OK;
}

static qk_err oaep_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__RSAOAEPParm *parm = qk_message_new(&grep11__rsaoaepparm__descriptor, arena);

    if (!parm)
        return no_memory();
    parm->hashmech = use->oaep.hash;
    parm->mgf = (Grep11__RSAOAEPParm__Mask)mgf_out(use->oaep.mgf_hash);
    parm->encodingparmtype = use->oaep.label.len ? GREP11__RSAOAEPPARM__PARM_TYPE__CkzDataSpecifiied
                                                 : GREP11__RSAOAEPPARM__PARM_TYPE__CkzNoDataSpecified;
    parm->encodingparm = qk_message_bytes(use->oaep.label);
    message->parameter_case = GREP11__MECHANISM__PARAMETER_RSAOAEPPARAMETER;
    message->rsaoaepparameter = parm;
    return QK_OK;
}

static qk_err pss_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__RSAPSSParm *parm = qk_message_new(&grep11__rsapssparm__descriptor, arena);

    if (!parm)
        return no_memory();
    parm->hashmech = use->pss.hash;
    parm->mgf = (Grep11__RSAPSSParm__Mask)mgf_out(use->pss.mgf_hash);
    parm->saltbytecount = use->pss.salt_len;
    message->parameter_case = GREP11__MECHANISM__PARAMETER_RSAPSSPARAMETER;
    message->rsapssparameter = parm;
    return QK_OK;
}

static qk_err eddsa_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__EdDSAParm *parm;

    if (!use->eddsa.given)
        return QK_OK;
    parm = qk_message_new(&grep11__ed_dsaparm__descriptor, arena);
    if (!parm)
        return no_memory();
    parm->prehash = use->eddsa.prehash;
    parm->context = qk_message_bytes(use->eddsa.context);
    message->parameter_case = GREP11__MECHANISM__PARAMETER_ED_DSAPARAMETER;
    message->eddsaparameter = parm;
    return QK_OK;
}

/* ---- the kinds ---- */

static const struct {
    qk_err (*read)(const Grep11__Mechanism *message, qk_mech_use *use);
    qk_err (*write)(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message);
} kinds[] = {
    [QK_PARAM_NONE] = { none_read, none_write }, [QK_PARAM_IV] = { iv_read, iv_write },
    [QK_PARAM_GCM] = { gcm_read, gcm_write },    [QK_PARAM_OAEP] = { oaep_read, oaep_write },
    [QK_PARAM_PSS] = { pss_read, pss_write },    [QK_PARAM_EDDSA] = { eddsa_read, eddsa_write },
};

qk_err qk_mech_use_from_message(const Grep11__Mechanism *message, unsigned function, qk_mech_use *out)
{
    qk_mech_use use = { 0 };

    if (!message)
        return qk_fail(QK_E_BAD_ARGUMENT, "the request has no mechanism");
    use.mech = qk_mech_find(fold(message->mechanism));
    if (!use.mech)
        return qk_fail(QK_E_MECHANISM_INVALID, "mechanism 0x%llx is unknown", (unsigned long long)message->mechanism);
    if (!(use.mech->does & function))
        return qk_fail(QK_E_MECHANISM_INVALID, "%s cannot do this function", use.mech->name);
    QK_TRY(kinds[use.mech->param].read(message, &use));
    QK_TRY(qk_mech_use_check(&use, function));
    *out = use;
    return QK_OK;
}

qk_err qk_mech_use_to_message(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism **out_message)
{
    Grep11__Mechanism *message = qk_message_new(&grep11__mechanism__descriptor, arena);

    if (!message)
        return no_memory();
    message->mechanism = use->mech->type;
    QK_TRY(kinds[use->mech->param].write(use, arena, message));
    *out_message = message;
    return QK_OK;
}
