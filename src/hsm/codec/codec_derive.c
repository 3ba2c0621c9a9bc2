/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of key derivation as messages. */
#include "hsm/codec/mechanism_codec_kinds.h"

/* A message of the type, put into the arm of the oneof; NULL if memory is out. */
#define NEW_PARM(arm_, member_, descriptor_)                                                                           \
    (message->parameter_case = GREP11__MECHANISM__PARAMETER_##arm_,                                                    \
     message->member_ = qk_message_new(&grep11__##descriptor_##__descriptor, arena))

static bool has(const Grep11__Mechanism *message, Grep11__Mechanism__ParameterCase arm, const void *parm)
{
    return message->parameter_case == arm && parm;
}

/* ---- a second key ---- */

static ProtobufCBinaryData blob_of(const Grep11__KeyBlob *key)
{
    return key && key->n_keyblobs > 0 ? key->keyblobs[0] : (ProtobufCBinaryData){ 0, NULL };
}

static qk_err write_key(const qk_mech_use *use, qk_arena *arena, Grep11__KeyBlob **out)
{
    Grep11__KeyBlob *key = qk_message_new(&grep11__key_blob__descriptor, arena);
    ProtobufCBinaryData *blob = qk_arena_alloc(arena, sizeof(*blob));

    if (!key || !blob)
        return qk_codec_no_memory();
    *blob = qk_message_bytes(use->second.blob);
    key->keyblobs = blob;
    key->n_keyblobs = 1;
    *out = key;
    return QK_OK;
}

/* GREP11 has a field of its own for the key of an attribute-bound wrap (WrapKeyRequest.MacKey). */
static qk_err second_key_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    if (use->mech->type == CKM_IBM_ATTRIBUTEBOUND_WRAP && qk_codec_none.read(message, use) == QK_OK)
        return QK_OK;
    if (!has(message, GREP11__MECHANISM__PARAMETER_SECOND_KEY_PARAMETER, message->secondkeyparameter))
        return qk_codec_wrong(use->mech, "needs SecondKeyParameter");
    use->second.blob = qk_message_view(blob_of(message->secondkeyparameter->key));
    return use->second.blob.len > 0 ? QK_OK : qk_codec_wrong(use->mech, "SecondKeyParameter names no key");
}

static qk_err second_key_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__SecondKeyParm *parm = NEW_PARM(SECOND_KEY_PARAMETER, secondkeyparameter, second_key_parm);

    return parm ? write_key(use, arena, &parm->key) : qk_codec_no_memory();
}

const qk_codec qk_codec_second_key = { second_key_read, second_key_write };

/* ---- agreement with another side ---- */

/* The numbers of GREP11's enumeration are PKCS #11's; those of PKCS #11 that it does not name travel as they are.
 * ParameterB is the bare point, without a derivation function. Source: GREP11 protocol, section 9. */
static qk_err ecdh_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    const Grep11__ECDH1DeriveParm *parm = message->ecdh1deriveparameter;

    if (message->parameter_case == GREP11__MECHANISM__PARAMETER_PARAMETER_B) {
        use->ecdh.kdf = CKD_NULL;
        use->ecdh.public_data = qk_message_view(message->parameterb);
        return QK_OK;
    }
    if (!has(message, GREP11__MECHANISM__PARAMETER_ECDH1_DERIVE_PARAMETER, parm))
        return qk_codec_wrong(use->mech, "needs ECDH1DeriveParameter");
    use->ecdh.kdf = (CK_EC_KDF_TYPE)parm->kdf;
    if (parm->kdf ==
        GREP11__ECDH1_DERIVE_PARM__KEY_DERIVATION_FUNCTION__CkdIbmHybridNull) /* the half of a hybrid KEM */
        use->ecdh.kdf = CKD_NULL;
    use->ecdh.shared = qk_message_view(parm->shareddata);
    use->ecdh.public_data = qk_message_view(parm->publicdata);
    return QK_OK;
}

static qk_err ecdh_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__ECDH1DeriveParm *parm = NEW_PARM(ECDH1_DERIVE_PARAMETER, ecdh1deriveparameter, ecdh1_derive_parm);

    if (!parm)
        return qk_codec_no_memory();
    parm->kdf = (Grep11__ECDH1DeriveParm__KeyDerivationFunction)use->ecdh.kdf;
    parm->shareddata = qk_message_bytes(use->ecdh.shared);
    parm->publicdata = qk_message_bytes(use->ecdh.public_data);
    return QK_OK;
}

const qk_codec qk_codec_ecdh = { ecdh_read, ecdh_write };

static qk_err data_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    if (message->parameter_case != GREP11__MECHANISM__PARAMETER_PARAMETER_B)
        return qk_codec_wrong(use->mech, "needs bytes in ParameterB");
    use->data.data = qk_message_view(message->parameterb);
    return QK_OK;
}

static qk_err data_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    (void)arena;
    message->parameter_case = GREP11__MECHANISM__PARAMETER_PARAMETER_B;
    message->parameterb = qk_message_bytes(use->data.data);
    return QK_OK;
}

const qk_codec qk_codec_data = { data_read, data_write };

/* ---- data that a key is made of ---- */

static qk_err encrypt_data_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    const Grep11__DeriveDataParm *parm = message->derivedataparameter;

    if (!has(message, GREP11__MECHANISM__PARAMETER_DERIVE_DATA_PARAMETER, parm))
        return qk_codec_wrong(use->mech, "needs DeriveDataParameter");
    use->data.iv = qk_message_view(parm->iv);
    use->data.data = qk_message_view(parm->data);
    return QK_OK;
}

static qk_err encrypt_data_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__DeriveDataParm *parm = NEW_PARM(DERIVE_DATA_PARAMETER, derivedataparameter, derive_data_parm);

    if (!parm)
        return qk_codec_no_memory();
    parm->iv = qk_message_bytes(use->data.iv);
    parm->data = qk_message_bytes(use->data.data);
    return QK_OK;
}

const qk_codec qk_codec_encrypt_data = { encrypt_data_read, encrypt_data_write };

/* GREP11 clients pass the data of CKM_DES3_ECB_ENCRYPT_DATA in ParameterB; both forms are understood. */
static qk_err string_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    if (message->parameter_case == GREP11__MECHANISM__PARAMETER_PARAMETER_B)
        return data_read(message, use);
    QK_TRY(encrypt_data_read(message, use));
    return use->data.iv.len == 0 ? QK_OK : qk_codec_wrong(use->mech, "takes no initialisation vector");
}

const qk_codec qk_codec_string = { string_read, encrypt_data_write };

static qk_err extract_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    if (!has(message, GREP11__MECHANISM__PARAMETER_EXTRACT_PARAMETER, message->extractparameter))
        return qk_codec_wrong(use->mech, "needs ExtractParameter");
    use->first_bit = message->extractparameter->firstbit;
    return QK_OK;
}

static qk_err extract_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__ExtractParm *parm = NEW_PARM(EXTRACT_PARAMETER, extractparameter, extract_parm);

    if (!parm)
        return qk_codec_no_memory();
    parm->firstbit = use->first_bit;
    return QK_OK;
}

const qk_codec qk_codec_extract = { extract_read, extract_write };

/* ---- HKDF and PBKDF2 ---- */

static qk_err hkdf_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    const Grep11__HKDFParm *parm = message->hkdfparameter;

    if (!has(message, GREP11__MECHANISM__PARAMETER_HKDFPARAMETER, parm))
        return qk_codec_wrong(use->mech, "needs HKDFParameter");
    use->hkdf.extract = parm->extract;
    use->hkdf.expand = parm->expand;
    use->hkdf.hash = qk_codec_fold(parm->hashmech);
    use->hkdf.salt_type = (CK_ULONG)parm->salttype;
    use->hkdf.salt = qk_message_view(parm->salt);
    use->hkdf.info = qk_message_view(parm->info);
    use->second.blob = qk_message_view(blob_of(parm->saltkey));
    if ((parm->extract && parm->salttype == CKF_HKDF_SALT_KEY) != (use->second.blob.len > 0))
        return qk_codec_wrong(use->mech, "SaltKey goes with SaltType 4");
    return QK_OK;
}

static qk_err hkdf_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__HKDFParm *parm = NEW_PARM(HKDFPARAMETER, hkdfparameter, hkdfparm);

    if (!parm)
        return qk_codec_no_memory();
    parm->extract = use->hkdf.extract;
    parm->expand = use->hkdf.expand;
    parm->hashmech = use->hkdf.hash;
    parm->salttype = use->hkdf.salt_type;
    parm->salt = qk_message_bytes(use->hkdf.salt);
    parm->info = qk_message_bytes(use->hkdf.info);
    return use->second.blob.len > 0 ? write_key(use, arena, &parm->saltkey) : QK_OK;
}

const qk_codec qk_codec_hkdf = { hkdf_read, hkdf_write };

static qk_err pbkdf2_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    const Grep11__PBKDF2Parm *parm = message->pbkdf2parameter;

    if (!has(message, GREP11__MECHANISM__PARAMETER_PBKDF2_PARAMETER, parm))
        return qk_codec_wrong(use->mech, "needs PBKDF2Parameter");
    use->pbkdf2.prf = (CK_ULONG)parm->prf;
    use->pbkdf2.iterations = parm->iterations;
    use->pbkdf2.salt = qk_message_view(parm->salt);
    use->pbkdf2.password = qk_message_view(parm->password);
    return QK_OK;
}

static qk_err pbkdf2_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__PBKDF2Parm *parm = NEW_PARM(PBKDF2_PARAMETER, pbkdf2parameter, pbkdf2_parm);

    if (!parm)
        return qk_codec_no_memory();
    parm->prf = use->pbkdf2.prf;
    parm->iterations = use->pbkdf2.iterations;
    parm->salt = qk_message_bytes(use->pbkdf2.salt);
    parm->password = qk_message_bytes(use->pbkdf2.password);
    return QK_OK;
}

const qk_codec qk_codec_pbkdf2 = { pbkdf2_read, pbkdf2_write };

/* ---- SP 800-108 ---- */

static qk_err kdf108_read(const Grep11__Mechanism *message, qk_mech_use *use)
{
    const Grep11__KDF108Parm *parm = message->kdf108parameter;

    if (!has(message, GREP11__MECHANISM__PARAMETER_KDF108_PARAMETER, parm))
        return qk_codec_wrong(use->mech, "needs KDF108Parameter");
    use->kdf108.prf = qk_codec_fold(parm->prf);
    use->kdf108.iv = qk_message_view(parm->iv);
    use->kdf108.segments = qk_message_view(parm->segments);
    use->second.blob = qk_message_view(blob_of(parm->key));
    if (use->kdf108.iv.len > 0 && use->mech->param != QK_PARAM_KDF108_FEEDBACK)
        return qk_codec_wrong(use->mech, "takes no Iv");
    return QK_OK;
}

static qk_err kdf108_write(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message)
{
    Grep11__KDF108Parm *parm = NEW_PARM(KDF108_PARAMETER, kdf108parameter, kdf108_parm);

    if (!parm)
        return qk_codec_no_memory();
    parm->prf = use->kdf108.prf;
    parm->iv = qk_message_bytes(use->kdf108.iv);
    parm->segments = qk_message_bytes(use->kdf108.segments);
    return use->second.blob.len > 0 ? write_key(use, arena, &parm->key) : QK_OK;
}

const qk_codec qk_codec_kdf108 = { kdf108_read, kdf108_write };
