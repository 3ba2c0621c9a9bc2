/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/codec/mechanism_codec_kinds.h"

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

/* ---- none, or an initialisation vector ---- */

static qk_err optional_iv_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    return message->parameter_case == GREP11__MECHANISM__PARAMETER__NOT_SET ? QK_OK : iv_read(message, use);
}

static qk_err optional_iv_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    return use->iv.len == 0 ? QK_OK : iv_write(use, arena, message);
}

const qk_codec qk_codec_optional_iv = { optional_iv_read, optional_iv_write };

/* ---- CTR ---- */

static qk_err ctr_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    const Grep11__CTRParm *parm = message->ctrparameter;

    if (message->parameter_case != GREP11__MECHANISM__PARAMETER_CTRPARAMETER || !parm)
        return qk_codec_wrong(use->mech, "needs CTRParameter");
    if (parm->block.len != sizeof use->ctr.block)
        return qk_codec_wrong(use->mech, "the counter block has 16 bytes");
    memcpy(use->ctr.block, parm->block.data, sizeof use->ctr.block);
    use->ctr.bits = parm->bits;
    return QK_OK;
}

static qk_err ctr_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__CTRParm *parm = qk_message_new(&grep11__ctrparm__descriptor, arena);
    qk_view block;

    if (!parm)
        return qk_codec_no_memory();
    QK_TRY(qk_arena_copy(arena, qk_view_of(use->ctr.block, sizeof use->ctr.block), &block));
    parm->block = qk_message_bytes(block);
    parm->bits = use->ctr.bits;
    message->parameter_case = GREP11__MECHANISM__PARAMETER_CTRPARAMETER;
    message->ctrparameter = parm;
    return QK_OK;
}

const qk_codec qk_codec_ctr = { ctr_read, ctr_write };

/* ---- CCM ---- */

static qk_err ccm_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    const Grep11__CCMParm *parm = message->ccmparameter;

    if (message->parameter_case != GREP11__MECHANISM__PARAMETER_CCMPARAMETER || !parm)
        return qk_codec_wrong(use->mech, "needs CCMParameter");
    use->ccm.nonce = qk_message_view(parm->nonce);
    use->ccm.aad = qk_message_view(parm->aad);
    use->ccm.data_len = parm->databytecount;
    use->ccm.mac_len = parm->macbytecount;
    return QK_OK;
}

static qk_err ccm_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__CCMParm *parm = qk_message_new(&grep11__ccmparm__descriptor, arena);

    if (!parm)
        return qk_codec_no_memory();
    parm->nonce = qk_message_bytes(use->ccm.nonce);
    parm->aad = qk_message_bytes(use->ccm.aad);
    parm->databytecount = use->ccm.data_len;
    parm->macbytecount = (uint32_t)use->ccm.mac_len;
    message->parameter_case = GREP11__MECHANISM__PARAMETER_CCMPARAMETER;
    message->ccmparameter = parm;
    return QK_OK;
}

const qk_codec qk_codec_ccm = { ccm_read, ccm_write };

/* ---- ChaCha20, with and without Poly1305 ---- */

static qk_err chacha20_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    const Grep11__ChaCha20Parm *parm = message->chacha20parameter;
    bool aead = use->mech->param == QK_PARAM_CHACHA20_POLY1305;

    if (message->parameter_case != GREP11__MECHANISM__PARAMETER_CHA_CHA20_PARAMETER || !parm)
        return qk_codec_wrong(use->mech, "needs ChaCha20Parameter");
    if (aead ? parm->counter != 0 || parm->counterbits != 0 : parm->aad.len != 0)
        return qk_codec_wrong(use->mech, "a counter belongs to the stream cipher, additional data to Poly1305");
    use->chacha.nonce = qk_message_view(parm->nonce);
    use->chacha.aad = qk_message_view(parm->aad);
    use->chacha.counter = parm->counter;
    use->chacha.counter_bits = parm->counterbits;
    return QK_OK;
}

static qk_err chacha20_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__ChaCha20Parm *parm = qk_message_new(&grep11__cha_cha20_parm__descriptor, arena);

    if (!parm)
        return qk_codec_no_memory();
    parm->nonce = qk_message_bytes(use->chacha.nonce);
    parm->aad = qk_message_bytes(use->chacha.aad);
    parm->counter = use->chacha.counter;
    parm->counterbits = use->chacha.counter_bits;
    message->parameter_case = GREP11__MECHANISM__PARAMETER_CHA_CHA20_PARAMETER;
    message->chacha20parameter = parm;
    return QK_OK;
}

const qk_codec qk_codec_chacha20 = { chacha20_read, chacha20_write };

/* ---- the length of a MAC ---- */

static qk_err mac_len_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    const Grep11__HMACGeneralParm *parm = message->macgeneralparameter;

    if (message->parameter_case != GREP11__MECHANISM__PARAMETER_MACGENERAL_PARAMETER || !parm)
        return qk_codec_wrong(use->mech, "needs MACGeneralParameter");
    use->mac_len = parm->returnbytecount;
    return QK_OK;
}

static qk_err mac_len_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__HMACGeneralParm *parm = qk_message_new(&grep11__hmacgeneral_parm__descriptor, arena);

    if (!parm)
        return qk_codec_no_memory();
    parm->returnbytecount = (uint32_t)use->mac_len;
    message->parameter_case = GREP11__MECHANISM__PARAMETER_MACGENERAL_PARAMETER;
    message->macgeneralparameter = parm;
    return QK_OK;
}

const qk_codec qk_codec_mac_len = { mac_len_read, mac_len_write };
