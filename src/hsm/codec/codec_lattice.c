/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/codec/mechanism_codec_kinds.h"

/* ---- signatures ---- */

static qk_err read_context(const Grep11__Mechanism *message, qk_mech_use *use)
{
    const Grep11__SignContextParm *parm = message->signcontextparameter;

    if (message->parameter_case != GREP11__MECHANISM__PARAMETER_SIGN_CONTEXT_PARAMETER || !parm)
        return qk_codec_wrong(use->mech, "needs SignContextParameter");
    use->sign_context.hedge = (CK_ULONG)parm->hedge;
    use->sign_context.context = qk_message_view(parm->context);
    return QK_OK;
}

static qk_err sign_context_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    if (message->parameter_case != GREP11__MECHANISM__PARAMETER_SIGN_CONTEXT_PARAMETER)
        return qk_codec_none.read(message, use);
    return read_context(message, use);
}

static qk_err hash_context_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    QK_TRY(read_context(message, use));
    use->sign_context.hash = qk_codec_fold(message->signcontextparameter->hashmech);
    return QK_OK;
}

static qk_err context_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__SignContextParm *parm = qk_message_new(&grep11__sign_context_parm__descriptor, arena);

    if (!parm)
        return qk_codec_no_memory();
    parm->hedge = use->sign_context.hedge;
    parm->context = qk_message_bytes(use->sign_context.context);
    parm->hashmech = use->sign_context.hash;
    message->parameter_case = GREP11__MECHANISM__PARAMETER_SIGN_CONTEXT_PARAMETER;
    message->signcontextparameter = parm;
    return QK_OK;
}

const qk_codec qk_codec_sign_context = { sign_context_read, context_write };
const qk_codec qk_codec_hash_sign_context = { hash_context_read, context_write };

/* ---- Kyber by derivation ---- */

/* GREP11's enumeration cannot hold PKCS #11's numbers of vendors. */
enum { MESSAGE_VENDOR = 0x800000 };
static const CK_ULONG p11_vendor = 0x80000000UL;

static CK_ULONG kdf_of_message(uint32_t number)
{
    return number & MESSAGE_VENDOR ? p11_vendor | (number & ~(uint32_t)MESSAGE_VENDOR) : number;
}

static uint32_t kdf_of_use(CK_ULONG kdf)
{
    return (uint32_t)(kdf & p11_vendor ? MESSAGE_VENDOR | (kdf & ~p11_vendor) : kdf);
}

static qk_err kyber_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    const Grep11__KyberKEMParm *parm = message->kyberkemparameter;

    if (message->parameter_case != GREP11__MECHANISM__PARAMETER_KYBER_KEMPARAMETER) /* makes a pair */
        return qk_codec_none.read(message, use);
    if (!parm)
        return qk_codec_wrong(use->mech, "KyberKEMParameter is empty");
    if (parm->mode == GREP11__KYBER_KEMPARM__KYBER_MODE__CkNotUsed)
        return qk_codec_wrong(use->mech, "KyberKEMParameter names no mode");
    use->kem.version = parm->version;
    use->kem.mode = (unsigned)parm->mode;
    use->kem.kdf = kdf_of_message((uint32_t)parm->kdf);
    use->kem.prepend = parm->prepend;
    use->kem.cipher = qk_message_view(parm->ciphertext);
    use->kem.shared = qk_message_view(parm->shareddata);
    use->second.blob = qk_message_view(parm->blob);
    return QK_OK;
}

static qk_err kyber_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__KyberKEMParm *parm;

    if (use->kem.mode == 0)
        return QK_OK;
    parm = qk_message_new(&grep11__kyber_kemparm__descriptor, arena);
    if (!parm)
        return qk_codec_no_memory();
    parm->version = use->kem.version;
    parm->mode = (Grep11__KyberKEMParm__KyberMode)use->kem.mode;
    parm->kdf = (Grep11__KyberKEMParm__KyberDeriveType)kdf_of_use(use->kem.kdf);
    parm->prepend = use->kem.prepend;
    parm->ciphertext = qk_message_bytes(use->kem.cipher);
    parm->shareddata = qk_message_bytes(use->kem.shared);
    parm->blob = qk_message_bytes(use->second.blob);
    message->parameter_case = GREP11__MECHANISM__PARAMETER_KYBER_KEMPARAMETER;
    message->kyberkemparameter = parm;
    return QK_OK;
}

const qk_codec qk_codec_kyber_kem = { kyber_read, kyber_write };
