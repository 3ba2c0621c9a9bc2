/* SPDX-License-Identifier: Apache-2.0 */
/* One reader and one writer per kind of parameter, found by a table. */
#include "hsm/codec/mechanism_codec_kinds.h"

CK_MECHANISM_TYPE qk_codec_fold(uint64_t type)
{
    return (CK_MECHANISM_TYPE)(type >> 31 == UINT64_C(0x1ffffffff) ? type & UINT32_MAX : type);
}

qk_err qk_codec_wrong(const qk_mech *mech, const char *what)
{
    return qk_fail(QK_E_MECHANISM_PARAM, "%s: %s", mech->name, what);
}

qk_err qk_codec_no_memory(void)
{
    return qk_fail(QK_E_NO_MEMORY, "no memory for a mechanism's parameter");
}

static qk_err none_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    if (message->parameter_case == GREP11__MECHANISM__PARAMETER__NOT_SET ||
        (message->parameter_case == GREP11__MECHANISM__PARAMETER_PARAMETER_B && message->parameterb.len == 0))
        return QK_OK;
    return qk_codec_wrong(use->mech, "takes no parameter");
}

static qk_err none_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    (void)use;
    (void)arena;
    (void)message;
    return QK_OK;
}

const qk_codec qk_codec_none = { none_read, none_write };

static const qk_codec *const kinds[QK_PARAM_KINDS] = {
    [QK_PARAM_NONE] = &qk_codec_none,
    [QK_PARAM_IV] = &qk_codec_iv,
    [QK_PARAM_OPTIONAL_IV] = &qk_codec_optional_iv,
    [QK_PARAM_CTR] = &qk_codec_ctr,
    [QK_PARAM_GCM] = &qk_codec_gcm,
    [QK_PARAM_CCM] = &qk_codec_ccm,
    [QK_PARAM_CHACHA20] = &qk_codec_chacha20,
    [QK_PARAM_CHACHA20_POLY1305] = &qk_codec_chacha20,
    [QK_PARAM_MAC_LEN] = &qk_codec_mac_len,
    [QK_PARAM_RSA_AES] = &qk_codec_rsa_aes,
    [QK_PARAM_OAEP] = &qk_codec_oaep,
    [QK_PARAM_PSS] = &qk_codec_pss,
    [QK_PARAM_EDDSA] = &qk_codec_eddsa,
    [QK_PARAM_ECDH] = &qk_codec_ecdh,
    [QK_PARAM_DATA] = &qk_codec_data,
    [QK_PARAM_STRING] = &qk_codec_string,
    [QK_PARAM_ENCRYPT_DATA] = &qk_codec_encrypt_data,
    [QK_PARAM_EXTRACT] = &qk_codec_extract,
    [QK_PARAM_SECOND_KEY] = &qk_codec_second_key,
    [QK_PARAM_HKDF] = &qk_codec_hkdf,
    [QK_PARAM_PBKDF2] = &qk_codec_pbkdf2,
    [QK_PARAM_BTC] = &qk_codec_btc,
    [QK_PARAM_ECSG] = &qk_codec_ecsg,
    [QK_PARAM_EC_AGGREGATE] = &qk_codec_aggregate,
    [QK_PARAM_SIGN_CONTEXT] = &qk_codec_sign_context,
    [QK_PARAM_KYBER_KEM] = &qk_codec_kyber_kem,
    [QK_PARAM_HASH_SIGN_CONTEXT] = &qk_codec_hash_sign_context,
    [QK_PARAM_KDF108] = &qk_codec_kdf108,
    [QK_PARAM_KDF108_FEEDBACK] = &qk_codec_kdf108,
    [QK_PARAM_TLS_MASTER] = &qk_codec_tls,
    [QK_PARAM_TLS_EXTENDED_MASTER] = &qk_codec_tls,
    [QK_PARAM_TLS_KEY_MATERIAL] = &qk_codec_tls,
    [QK_PARAM_TLS_KDF] = &qk_codec_tls,
    [QK_PARAM_TLS_MAC] = &qk_codec_tls,
};

qk_err qk_mech_use_from_message(const Grep11__Mechanism *message, unsigned function, qk_mech_use *out)
{
    qk_mech_use use = { 0 };

    if (!message)
        return qk_fail(QK_E_BAD_ARGUMENT, "the request has no mechanism");
    use.mech = qk_mech_find(qk_codec_fold(message->mechanism));
    if (!use.mech)
        return qk_fail(QK_E_MECHANISM_INVALID, "mechanism 0x%llx is unknown", (unsigned long long)message->mechanism);
    if (!(use.mech->does & function))
        return qk_fail(QK_E_MECHANISM_INVALID, "%s cannot do this function", use.mech->name);
    QK_TRY(kinds[use.mech->param]->read(message, &use));
    QK_TRY(qk_mech_use_check(&use, function));
    *out = use;
    return QK_OK;
}

qk_err qk_mech_use_to_message(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism **out_message)
{
    Grep11__Mechanism *message = qk_message_new(&grep11__mechanism__descriptor, arena);

    if (!message)
        return qk_codec_no_memory();
    message->mechanism = use->mech->type;
    QK_TRY(kinds[use->mech->param]->write(use, arena, message));
    *out_message = message;
    return QK_OK;
}
