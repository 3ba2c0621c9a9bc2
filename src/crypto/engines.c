/* SPDX-License-Identifier: Apache-2.0 */
/* Who does which mechanism. Joined with the mechanism table at start, so that finding an engine is one load. */
#include "crypto/engine.h"
#include "crypto/key/key.h"
#include "crypto/library.h"
#include "p11/key_type.h"

/* clang-format off */
static const struct engine_row {
    CK_MECHANISM_TYPE type;
    const qk_engine *engine;
} engine_rows[] = {
    { CKM_RSA_PKCS_KEY_PAIR_GEN,   &qk_engine_rsa_key_gen },
    { CKM_RSA_PKCS,                &qk_engine_rsa_pkcs },
    { CKM_RSA_X_509,               &qk_engine_rsa_raw },
    { CKM_RSA_X9_31_KEY_PAIR_GEN,  &qk_engine_rsa_key_gen },
    { CKM_RSA_X9_31,               &qk_engine_rsa_x931 },
    { CKM_SHA1_RSA_X9_31,          &qk_engine_rsa_x931 },
    { CKM_SHA1_RSA_PKCS,           &qk_engine_rsa_pkcs },
    { CKM_SHA224_RSA_PKCS,         &qk_engine_rsa_pkcs },
    { CKM_SHA256_RSA_PKCS,         &qk_engine_rsa_pkcs },
    { CKM_SHA384_RSA_PKCS,         &qk_engine_rsa_pkcs },
    { CKM_SHA512_RSA_PKCS,         &qk_engine_rsa_pkcs },
    { CKM_SHA3_224_RSA_PKCS,        &qk_engine_rsa_pkcs },
    { CKM_SHA3_256_RSA_PKCS,        &qk_engine_rsa_pkcs },
    { CKM_SHA3_384_RSA_PKCS,        &qk_engine_rsa_pkcs },
    { CKM_SHA3_512_RSA_PKCS,        &qk_engine_rsa_pkcs },
    { CKM_RSA_PKCS_PSS,            &qk_engine_rsa_pss },
    { CKM_SHA1_RSA_PKCS_PSS,       &qk_engine_rsa_pss },
    { CKM_SHA224_RSA_PKCS_PSS,     &qk_engine_rsa_pss },
    { CKM_SHA256_RSA_PKCS_PSS,     &qk_engine_rsa_pss },
    { CKM_SHA384_RSA_PKCS_PSS,     &qk_engine_rsa_pss },
    { CKM_SHA512_RSA_PKCS_PSS,     &qk_engine_rsa_pss },
    { CKM_SHA3_224_RSA_PKCS_PSS,    &qk_engine_rsa_pss },
    { CKM_SHA3_256_RSA_PKCS_PSS,    &qk_engine_rsa_pss },
    { CKM_SHA3_384_RSA_PKCS_PSS,    &qk_engine_rsa_pss },
    { CKM_SHA3_512_RSA_PKCS_PSS,    &qk_engine_rsa_pss },
    { CKM_RSA_PKCS_OAEP,           &qk_engine_rsa_oaep },
    { CKM_RSA_AES_KEY_WRAP,        &qk_engine_rsa_aes_wrap },
    { CKM_IBM_ATTRIBUTEBOUND_WRAP, &qk_engine_bound_wrap },
    { CKM_IBM_TRANSPORTKEY,        &qk_engine_transport },

    { CKM_EC_KEY_PAIR_GEN,         &qk_engine_ec_key_gen },
    { CKM_EC_KEY_PAIR_GEN_W_EXTRA_BITS, &qk_engine_ec_key_gen },
    { CKM_EC_EDWARDS_KEY_PAIR_GEN, &qk_engine_ec_key_gen },
    { CKM_EC_MONTGOMERY_KEY_PAIR_GEN, &qk_engine_ec_key_gen },
    { CKM_ECDSA,                   &qk_engine_ecdsa },
    { CKM_ECDSA_SHA1,              &qk_engine_ecdsa },
    { CKM_ECDSA_SHA224,            &qk_engine_ecdsa },
    { CKM_ECDSA_SHA256,            &qk_engine_ecdsa },
    { CKM_ECDSA_SHA384,            &qk_engine_ecdsa },
    { CKM_ECDSA_SHA512,            &qk_engine_ecdsa },
    { CKM_ECDSA_SHA3_224,           &qk_engine_ecdsa },
    { CKM_ECDSA_SHA3_256,           &qk_engine_ecdsa },
    { CKM_ECDSA_SHA3_384,           &qk_engine_ecdsa },
    { CKM_ECDSA_SHA3_512,           &qk_engine_ecdsa },
    { CKM_IBM_ECDSA_SHA224,        &qk_engine_ecdsa },
    { CKM_IBM_ECDSA_SHA256,        &qk_engine_ecdsa },
    { CKM_IBM_ECDSA_SHA384,        &qk_engine_ecdsa },
    { CKM_IBM_ECDSA_SHA512,        &qk_engine_ecdsa },
    { CKM_EDDSA,                   &qk_engine_eddsa },
    { CKM_IBM_ED25519_SHA512,      &qk_engine_eddsa },
    { CKM_IBM_ED448_SHA3,          &qk_engine_eddsa },

    { CKM_DH_PKCS_PARAMETER_GEN,   &qk_engine_ffc_gen },
    { CKM_DH_PKCS_KEY_PAIR_GEN,    &qk_engine_ffc_gen },
    { CKM_DSA_PARAMETER_GEN,       &qk_engine_ffc_gen },
    { CKM_DSA_KEY_PAIR_GEN,        &qk_engine_ffc_gen },
    { CKM_DSA,                     &qk_engine_ecdsa },
    { CKM_DSA_SHA1,                &qk_engine_ecdsa },
    { CKM_DSA_SHA224,              &qk_engine_ecdsa },
    { CKM_DSA_SHA256,              &qk_engine_ecdsa },
    { CKM_DSA_SHA384,              &qk_engine_ecdsa },
    { CKM_DSA_SHA512,              &qk_engine_ecdsa },
    { CKM_DSA_SHA3_224,             &qk_engine_ecdsa },
    { CKM_DSA_SHA3_256,             &qk_engine_ecdsa },
    { CKM_DSA_SHA3_384,             &qk_engine_ecdsa },
    { CKM_DSA_SHA3_512,             &qk_engine_ecdsa },

    { CKM_ECDH1_DERIVE,            &qk_engine_ecdh },
    { CKM_ECDH1_COFACTOR_DERIVE,   &qk_engine_ecdh },
    { CKM_IBM_EC_X25519,           &qk_engine_ecdh },
    { CKM_IBM_EC_X448,             &qk_engine_ecdh },
    { CKM_SHA1_KEY_DERIVATION, &qk_engine_derive_hash },
    { CKM_SHA224_KEY_DERIVATION, &qk_engine_derive_hash },
    { CKM_SHA256_KEY_DERIVATION, &qk_engine_derive_hash },
    { CKM_SHA384_KEY_DERIVATION, &qk_engine_derive_hash },
    { CKM_SHA512_KEY_DERIVATION, &qk_engine_derive_hash },
    { CKM_SHA512_224_KEY_DERIVATION, &qk_engine_derive_hash },
    { CKM_SHA512_256_KEY_DERIVATION, &qk_engine_derive_hash },
    { CKM_IBM_SHA512_224_KEY_DERIVATION, &qk_engine_derive_hash },
    { CKM_IBM_SHA512_256_KEY_DERIVATION, &qk_engine_derive_hash },
    { CKM_SHA3_224_KEY_DERIVATION, &qk_engine_derive_hash },
    { CKM_SHA3_256_KEY_DERIVATION, &qk_engine_derive_hash },
    { CKM_SHA3_384_KEY_DERIVATION, &qk_engine_derive_hash },
    { CKM_SHA3_512_KEY_DERIVATION, &qk_engine_derive_hash },
    { CKM_SHAKE_128_KEY_DERIVATION, &qk_engine_derive_hash },
    { CKM_SHAKE_256_KEY_DERIVATION, &qk_engine_derive_hash },
    { CKM_AES_ECB_ENCRYPT_DATA, &qk_engine_derive_data },
    { CKM_AES_CBC_ENCRYPT_DATA, &qk_engine_derive_data },
    { CKM_DES3_ECB_ENCRYPT_DATA, &qk_engine_derive_data },
    { CKM_DES3_CBC_ENCRYPT_DATA, &qk_engine_derive_data },
    { CKM_DH_PKCS_DERIVE, &qk_engine_dh },
    { CKM_CONCATENATE_BASE_AND_KEY, &qk_engine_derive_join },
    { CKM_CONCATENATE_BASE_AND_DATA, &qk_engine_derive_join },
    { CKM_CONCATENATE_DATA_AND_BASE, &qk_engine_derive_join },
    { CKM_XOR_BASE_AND_DATA, &qk_engine_derive_xor },
    { CKM_EXTRACT_KEY_FROM_KEY, &qk_engine_derive_extract },
    { CKM_HKDF_DERIVE, &qk_engine_hkdf },
    { CKM_HKDF_DATA, &qk_engine_hkdf },
    { CKM_HKDF_KEY_GEN, &qk_engine_secret_key_gen },
    { CKM_PKCS5_PBKD2, &qk_engine_pbkdf2 },
    { CKM_SP800_108_COUNTER_KDF, &qk_engine_kdf108 },
    { CKM_SP800_108_FEEDBACK_KDF, &qk_engine_kdf108 },
    { CKM_SP800_108_DOUBLE_PIPELINE_KDF, &qk_engine_kdf108 },
    { CKM_TLS12_MASTER_KEY_DERIVE, &qk_engine_tls_master },
    { CKM_TLS12_MASTER_KEY_DERIVE_DH, &qk_engine_tls_master },
    { CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE, &qk_engine_tls_master },
    { CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE_DH, &qk_engine_tls_master },
    { CKM_TLS12_KEY_AND_MAC_DERIVE, &qk_engine_tls_keys },
    { CKM_TLS12_KEY_SAFE_DERIVE, &qk_engine_tls_keys },
    { CKM_TLS_MASTER_KEY_DERIVE, &qk_engine_tls_master },
    { CKM_TLS_MASTER_KEY_DERIVE_DH, &qk_engine_tls_master },
    { CKM_TLS_KEY_AND_MAC_DERIVE, &qk_engine_tls_keys },
    { CKM_TLS_PRF, &qk_engine_tls_kdf },
    { CKM_TLS12_KDF, &qk_engine_tls_kdf },
    { CKM_TLS_KDF, &qk_engine_tls_kdf },
    { CKM_TLS12_MAC, &qk_engine_tls_mac },
    { CKM_TLS_MAC, &qk_engine_tls_mac },
    { CKM_TLS_PRE_MASTER_KEY_GEN, &qk_engine_tls_pre_master },
    { CKM_SSL3_PRE_MASTER_KEY_GEN, &qk_engine_tls_pre_master },

    { CKM_AES_KEY_GEN,             &qk_engine_secret_key_gen },
    { CKM_GENERIC_SECRET_KEY_GEN,  &qk_engine_secret_key_gen },
    { CKM_AES_XTS_KEY_GEN,           &qk_engine_secret_key_gen },
    { CKM_DES2_KEY_GEN,              &qk_engine_secret_key_gen },
    { CKM_DES3_KEY_GEN,              &qk_engine_secret_key_gen },
    { CKM_CHACHA20_KEY_GEN,          &qk_engine_secret_key_gen },
    { CKM_POLY1305_KEY_GEN,          &qk_engine_secret_key_gen },
    { CKM_SHA_1_KEY_GEN,             &qk_engine_secret_key_gen },
    { CKM_SHA224_KEY_GEN,            &qk_engine_secret_key_gen },
    { CKM_SHA256_KEY_GEN,            &qk_engine_secret_key_gen },
    { CKM_SHA384_KEY_GEN,            &qk_engine_secret_key_gen },
    { CKM_SHA512_KEY_GEN,            &qk_engine_secret_key_gen },
    { CKM_SHA512_224_KEY_GEN,        &qk_engine_secret_key_gen },
    { CKM_SHA512_256_KEY_GEN,        &qk_engine_secret_key_gen },
    { CKM_SHA3_224_KEY_GEN,          &qk_engine_secret_key_gen },
    { CKM_SHA3_256_KEY_GEN,          &qk_engine_secret_key_gen },
    { CKM_SHA3_384_KEY_GEN,          &qk_engine_secret_key_gen },
    { CKM_SHA3_512_KEY_GEN,          &qk_engine_secret_key_gen },
    { CKM_AES_ECB,                 &qk_engine_blocks },
    { CKM_AES_CBC,                 &qk_engine_blocks },
    { CKM_AES_CBC_PAD,             &qk_engine_blocks },
    { CKM_AES_CTR,                 &qk_engine_stream },
    { CKM_AES_OFB,                 &qk_engine_stream },
    { CKM_AES_CFB8,                &qk_engine_stream },
    { CKM_AES_CFB128,              &qk_engine_stream },
    { CKM_AES_GCM,                 &qk_engine_gcm },
    { CKM_AES_CCM,                   &qk_engine_ccm },
    { CKM_AES_XTS,                   &qk_engine_whole },
    { CKM_AES_CTS,                   &qk_engine_whole },
    { CKM_DES3_ECB,                  &qk_engine_blocks },
    { CKM_DES3_CBC,                  &qk_engine_blocks },
    { CKM_DES3_CBC_PAD,              &qk_engine_blocks },
    { CKM_DES3_CMAC,                 &qk_engine_cmac },
    { CKM_DES3_CMAC_GENERAL,         &qk_engine_cmac },
    { CKM_CHACHA20,                  &qk_engine_stream },
    { CKM_CHACHA20_POLY1305,         &qk_engine_chacha20_poly1305 },
    { CKM_POLY1305,                  &qk_engine_poly1305 },
    { CKM_AES_GMAC,                &qk_engine_gmac },
    { CKM_AES_CMAC,                &qk_engine_cmac },
    { CKM_AES_CMAC_GENERAL,        &qk_engine_cmac },
    { CKM_IBM_CMAC,                &qk_engine_cmac },
    { CKM_AES_KEY_WRAP,            &qk_engine_key_wrap },
    { CKM_AES_KEY_WRAP_PAD,        &qk_engine_key_wrap },
    { CKM_AES_KEY_WRAP_PKCS7,      &qk_engine_key_wrap },
    { CKM_AES_KEY_WRAP_KWP,        &qk_engine_key_wrap },

    { CKM_SHA_1_HMAC,              &qk_engine_hmac },
    { CKM_SHA224_HMAC,             &qk_engine_hmac },
    { CKM_SHA256_HMAC,             &qk_engine_hmac },
    { CKM_SHA384_HMAC,             &qk_engine_hmac },
    { CKM_SHA512_HMAC,             &qk_engine_hmac },
    { CKM_SHA512_224_HMAC,         &qk_engine_hmac },
    { CKM_SHA512_256_HMAC,         &qk_engine_hmac },
    { CKM_IBM_SHA512_224_HMAC,     &qk_engine_hmac },
    { CKM_IBM_SHA512_256_HMAC,     &qk_engine_hmac },
    { CKM_SHA3_224_HMAC,           &qk_engine_hmac },
    { CKM_IBM_SHA3_224_HMAC,       &qk_engine_hmac },
    { CKM_SHA3_256_HMAC,           &qk_engine_hmac },
    { CKM_IBM_SHA3_256_HMAC,       &qk_engine_hmac },
    { CKM_SHA3_384_HMAC,           &qk_engine_hmac },
    { CKM_IBM_SHA3_384_HMAC,       &qk_engine_hmac },
    { CKM_SHA3_512_HMAC,           &qk_engine_hmac },
    { CKM_IBM_SHA3_512_HMAC,       &qk_engine_hmac },
    { CKM_SHA_1_HMAC_GENERAL,     &qk_engine_hmac },
    { CKM_SHA224_HMAC_GENERAL,    &qk_engine_hmac },
    { CKM_SHA256_HMAC_GENERAL,    &qk_engine_hmac },
    { CKM_SHA384_HMAC_GENERAL,    &qk_engine_hmac },
    { CKM_SHA512_HMAC_GENERAL,    &qk_engine_hmac },
    { CKM_SHA512_224_HMAC_GENERAL, &qk_engine_hmac },
    { CKM_SHA512_256_HMAC_GENERAL, &qk_engine_hmac },
    { CKM_SHA3_224_HMAC_GENERAL,  &qk_engine_hmac },
    { CKM_SHA3_256_HMAC_GENERAL,  &qk_engine_hmac },
    { CKM_SHA3_384_HMAC_GENERAL,  &qk_engine_hmac },
    { CKM_SHA3_512_HMAC_GENERAL,  &qk_engine_hmac },
    { CKM_IBM_SHA512_224_HMAC_GENERAL, &qk_engine_hmac },
    { CKM_IBM_SHA512_256_HMAC_GENERAL, &qk_engine_hmac },

    { CKM_SHA_1,                   &qk_engine_digest },
    { CKM_SHA224,                  &qk_engine_digest },
    { CKM_SHA256,                  &qk_engine_digest },
    { CKM_SHA384,                  &qk_engine_digest },
    { CKM_SHA512,                  &qk_engine_digest },
    { CKM_SHA512_224,              &qk_engine_digest },
    { CKM_SHA512_256,              &qk_engine_digest },
    { CKM_IBM_SHA512_224,          &qk_engine_digest },
    { CKM_IBM_SHA512_256,          &qk_engine_digest },

    { CKM_IBM_BTC_DERIVE,          &qk_engine_btc },
    { CKM_IBM_ECDSA_OTHER,         &qk_engine_ecsdsa },
    { CKM_IBM_EC_AGGREGATE,        &qk_engine_bls_aggregate },
    { CKM_SHA3_224,                &qk_engine_digest },
    { CKM_IBM_SHA3_224,            &qk_engine_digest },
    { CKM_SHA3_256,                &qk_engine_digest },
    { CKM_IBM_SHA3_256,            &qk_engine_digest },
    { CKM_SHA3_384,                &qk_engine_digest },
    { CKM_IBM_SHA3_384,            &qk_engine_digest },
    { CKM_SHA3_512,                &qk_engine_digest },
    { CKM_IBM_SHA3_512,            &qk_engine_digest },

    { CKM_ML_DSA_KEY_PAIR_GEN, &qk_engine_lattice_sign },
    { CKM_ML_DSA, &qk_engine_lattice_sign },
    { CKM_HASH_ML_DSA, &qk_engine_lattice_sign },
    { CKM_HASH_ML_DSA_SHA224, &qk_engine_lattice_sign },
    { CKM_HASH_ML_DSA_SHA256, &qk_engine_lattice_sign },
    { CKM_HASH_ML_DSA_SHA384, &qk_engine_lattice_sign },
    { CKM_HASH_ML_DSA_SHA512, &qk_engine_lattice_sign },
    { CKM_HASH_ML_DSA_SHA3_224, &qk_engine_lattice_sign },
    { CKM_HASH_ML_DSA_SHA3_256, &qk_engine_lattice_sign },
    { CKM_HASH_ML_DSA_SHA3_384, &qk_engine_lattice_sign },
    { CKM_HASH_ML_DSA_SHA3_512, &qk_engine_lattice_sign },
    { CKM_HASH_ML_DSA_SHAKE128, &qk_engine_lattice_sign },
    { CKM_HASH_ML_DSA_SHAKE256, &qk_engine_lattice_sign },
    { CKM_ML_DSA_EXTERNAL_MU, &qk_engine_lattice_sign },
    { CKM_IBM_ML_DSA_KEY_PAIR_GEN, &qk_engine_lattice_sign },
    { CKM_IBM_ML_DSA, &qk_engine_lattice_sign },
    { CKM_IBM_DILITHIUM, &qk_engine_lattice_sign },
    { CKM_SLH_DSA_KEY_PAIR_GEN, &qk_engine_slh_dsa },
    { CKM_SLH_DSA, &qk_engine_slh_dsa },
    { CKM_HASH_SLH_DSA, &qk_engine_slh_dsa },
    { CKM_HASH_SLH_DSA_SHA224, &qk_engine_slh_dsa },
    { CKM_HASH_SLH_DSA_SHA256, &qk_engine_slh_dsa },
    { CKM_HASH_SLH_DSA_SHA384, &qk_engine_slh_dsa },
    { CKM_HASH_SLH_DSA_SHA512, &qk_engine_slh_dsa },
    { CKM_HASH_SLH_DSA_SHA3_224, &qk_engine_slh_dsa },
    { CKM_HASH_SLH_DSA_SHA3_256, &qk_engine_slh_dsa },
    { CKM_HASH_SLH_DSA_SHA3_384, &qk_engine_slh_dsa },
    { CKM_HASH_SLH_DSA_SHA3_512, &qk_engine_slh_dsa },
    { CKM_HASH_SLH_DSA_SHAKE128, &qk_engine_slh_dsa },
    { CKM_HASH_SLH_DSA_SHAKE256, &qk_engine_slh_dsa },
    { CKM_ML_KEM_KEY_PAIR_GEN, &qk_engine_lattice_kem },
    { CKM_ML_KEM, &qk_engine_lattice_kem },
    { CKM_IBM_ML_KEM_KEY_PAIR_GEN, &qk_engine_lattice_kem },
    { CKM_IBM_ML_KEM, &qk_engine_kyber },
    { CKM_IBM_KYBER, &qk_engine_kyber },
};
/* clang-format on */

enum { ENGINE_ROWS = sizeof(engine_rows) / sizeof(engine_rows[0]), MAX_MECHS = 512 };

static const qk_engine *by_mech[MAX_MECHS]; /* beside qk_mechs; NULL for what cannot be done here */

CK_MECHANISM_TYPE qk_engine_row(size_t index)
{
    return index < ENGINE_ROWS ? engine_rows[index].type : QK_NO_HASH;
}

const qk_engine *qk_engine_named(CK_MECHANISM_TYPE type)
{
    for (size_t i = 0; i < ENGINE_ROWS; i++)
        if (engine_rows[i].type == type)
            return engine_rows[i].engine;
    return NULL;
}

qk_err qk_engines_start(void)
{
    if (qk_mech_count > MAX_MECHS)
        return qk_fail(QK_E_GENERAL, "%zu mechanisms; the table of engines has %d places", qk_mech_count, MAX_MECHS);
    for (size_t i = 0; i < ENGINE_ROWS; i++) {
        const qk_mech *mech = qk_mech_find(engine_rows[i].type);
        const qk_engine *engine = engine_rows[i].engine;
        if (mech && (!engine->available || engine->available(mech)))
            by_mech[mech - qk_mechs] = engine;
    }
    return QK_OK;
}

const qk_engine *qk_engine_of(const qk_mech *mech)
{
    return by_mech[mech - qk_mechs];
}

bool qk_crypto_offers(const qk_mech *mech)
{
    return qk_engine_of(mech) != NULL;
}

static qk_err check_key(const qk_key *key, const qk_mech *mech, unsigned function)
{
    if (mech->key == QK_NO_KEY)
        return key ? qk_fail(QK_E_KEY_NOT_NEEDED, "%s takes no key", mech->name) : QK_OK;
    if (!key)
        return qk_fail(QK_E_KEY_NEEDED, "%s needs a key", mech->name);
    if (!qk_key_type_fits(mech, function, key->class, key->type))
        return qk_fail(QK_E_KEY_TYPE, "%s does not work this way with a %s of type %s", mech->name,
                       qk_name_of_class(key->class), qk_name_of_key_type(key->type));
    return QK_OK;
}

qk_err qk_engine_check(const qk_key *key, const qk_mech_use *use, unsigned function, const qk_engine **out_engine)
{
    const qk_mech *mech = use->mech;
    const qk_engine *engine = qk_engine_of(mech);

    if (!engine || !(mech->does & function))
        return qk_fail(QK_E_MECHANISM_INVALID, "%s cannot do this function", mech->name);
    if (!(function & (QK_DIGEST | QK_GENERATE | QK_GENERATE_PAIR)))
        QK_TRY(check_key(key, mech, function));
    *out_engine = engine;
    return QK_OK;
}

/* ---- hash, then sign ---- */

qk_err qk_sign_message(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena, qk_view *out_signature)
{
    const qk_engine *engine = qk_engine_of(use->mech);
    uint8_t digest[64];
    size_t len;

    if (use->mech->hash == QK_NO_HASH)
        return engine->sign_digest(key, use, data, arena, out_signature);
    QK_TRY(qk_digest_once(use->mech->hash, data, digest, &len));
    return engine->sign_digest(key, use, qk_view_of(digest, len), arena, out_signature);
}

qk_err qk_verify_message(const qk_key *key, const qk_mech_use *use, qk_view data, qk_view signature)
{
    const qk_engine *engine = qk_engine_of(use->mech);
    uint8_t digest[64];
    size_t len;

    if (use->mech->hash == QK_NO_HASH)
        return engine->verify_digest(key, use, data, signature);
    QK_TRY(qk_digest_once(use->mech->hash, data, digest, &len));
    return engine->verify_digest(key, use, qk_view_of(digest, len), signature);
}
