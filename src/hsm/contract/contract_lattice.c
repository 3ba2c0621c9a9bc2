/* SPDX-License-Identifier: Apache-2.0 */
/* Post-quantum keys: signatures of ML-DSA and Dilithium, and IBM's Kyber by derivation. */
#include "hsm/contract/contract.h"

#define DILITHIUM_OID(a, b, c) "\x06\x0b\x2b\x06\x01\x04\x01\x02\x82\x0b" a b c
#define OID(text)              qk_view_of(text, sizeof(text) - 1)

static const qk_view text = { (const uint8_t *)"what is to be signed", 20 };

static Grep11__Mechanism *with_context(contract *it, CK_MECHANISM_TYPE type, const char *context)
{
    qk_mech_use use = { .mech = qk_mech_find(type) };
    Grep11__Mechanism *message;

    use.sign_context.context = qk_view_text(context);
    works(qk_mech_use_to_message(&use, &it->arena, &message));
    return message;
}

static void ml_dsa_signs_and_verifies(contract *it)
{
    static const struct {
        CK_ULONG set;
        size_t len;
    } sets[] = { { CKP_ML_DSA_44, 2420 }, { CKP_ML_DSA_65, 3309 }, { CKP_ML_DSA_87, 4627 } };
    qk_view signature;
    key_pair pair;

    for (size_t i = 0; i < 3; i++) {
        works(generate_pair(it, CKM_ML_DSA_KEY_PAIR_GEN, ITEMS(NUMBER(CKA_PARAMETER_SET, sets[i].set)),
                            ITEMS(YES(CKA_SIGN)), &pair));
        works(sign(it, mech(it, CKM_ML_DSA), &pair.private_key, text, &signature));
        assert_int_equal(signature.len, sets[i].len);
        works(verify(it, mech(it, CKM_ML_DSA), &pair.public_key, text, signature));
        refuses(verify(it, with_context(it, CKM_ML_DSA, "x"), &pair.public_key, text, signature),
                QK_E_SIGNATURE_INVALID);
        works(sign(it, with_context(it, CKM_HASH_ML_DSA_SHA512, "x"), &pair.private_key, text, &signature));
        works(verify(it, with_context(it, CKM_HASH_ML_DSA_SHA512, "x"), &pair.public_key, text, signature));
        refuses(verify(it, mech(it, CKM_ML_DSA), &pair.public_key, text, qk_view_slice(signature, 1, 100)),
                QK_E_SIGNATURE_LENGTH);
    }
    refuses(sign(it, mech(it, CKM_IBM_DILITHIUM), &pair.private_key, text, &signature), QK_E_KEY_TYPE);
    refuses(
        generate_pair(it, CKM_ML_DSA_KEY_PAIR_GEN, ITEMS(NUMBER(CKA_PARAMETER_SET, 4)), ITEMS(YES(CKA_SIGN)), &pair),
        QK_E_SET_NOT_SUPPORTED);
}

/* Who hashes outside signs 64 bytes, and what verifies is a signature like any other. */
static void ml_dsa_signs_a_mu_given(contract *it)
{
    uint8_t mu[65] = { 1, 2, 3 };
    qk_view signature;
    key_pair pair;

    works(generate_pair(it, CKM_ML_DSA_KEY_PAIR_GEN, ITEMS(NUMBER(CKA_PARAMETER_SET, CKP_ML_DSA_65)),
                        ITEMS(YES(CKA_SIGN)), &pair));
    works(sign(it, mech(it, CKM_ML_DSA_EXTERNAL_MU), &pair.private_key, qk_view_of(mu, 64), &signature));
    assert_int_equal(signature.len, 3309);
    works(verify(it, mech(it, CKM_ML_DSA_EXTERNAL_MU), &pair.public_key, qk_view_of(mu, 64), signature));
    refuses(verify(it, mech(it, CKM_ML_DSA), &pair.public_key, qk_view_of(mu, 64), signature), QK_E_SIGNATURE_INVALID);
    refuses(verify(it, with_context(it, CKM_ML_DSA_EXTERNAL_MU, "x"), &pair.public_key, qk_view_of(mu, 64), signature),
            QK_E_MECHANISM_PARAM);
    refuses(sign(it, mech(it, CKM_ML_DSA_EXTERNAL_MU), &pair.private_key, qk_view_of(mu, 65), &signature),
            QK_E_BAD_LENGTH);
}

/* IBM's numbers for the standard's algorithm: its keys, by number or OID. */
static void ibms_ml_dsa_signs_and_verifies(contract *it)
{
    qk_view oid = QK_VIEW_LITERAL("\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x13");
    qk_view signature;
    key_pair pair;

    for (CK_ULONG set = CKP_IBM_ML_DSA_44; set <= CKP_IBM_ML_DSA_87; set++) {
        if (set == CKP_IBM_ML_DSA_87)
            works(generate_pair(it, CKM_IBM_ML_DSA_KEY_PAIR_GEN, ITEMS(BYTES(CKA_IBM_PQC_PARAMS, oid)),
                                ITEMS(YES(CKA_SIGN)), &pair));
        else
            works(generate_pair(it, CKM_IBM_ML_DSA_KEY_PAIR_GEN, ITEMS(NUMBER(CKA_IBM_PARAMETER_SET, set)),
                                ITEMS(YES(CKA_SIGN)), &pair));
        works(sign(it, with_context(it, CKM_IBM_ML_DSA, "x"), &pair.private_key, text, &signature));
        works(verify(it, with_context(it, CKM_IBM_ML_DSA, "x"), &pair.public_key, text, signature));
        works(verify(it, with_context(it, CKM_ML_DSA, "x"), &pair.public_key, text, signature));
        refuses(verify(it, mech(it, CKM_IBM_ML_DSA), &pair.public_key, text, signature), QK_E_SIGNATURE_INVALID);
    }
    assert_int_equal(signature.len, 4627);
}

static void dilithium_signs_with_the_set_asked_for(contract *it)
{
    static const qk_view sets[] = { { (const uint8_t *)DILITHIUM_OID("\x01", "\x06", "\x05"), 13 },
                                    { (const uint8_t *)DILITHIUM_OID("\x01", "\x08", "\x07"), 13 },
                                    { (const uint8_t *)DILITHIUM_OID("\x07", "\x04", "\x04"), 13 },
                                    { (const uint8_t *)DILITHIUM_OID("\x07", "\x06", "\x05"), 13 },
                                    { (const uint8_t *)DILITHIUM_OID("\x07", "\x08", "\x07"), 13 } };
    static const size_t lens[] = { 3366, 4668, 2420, 3293, 4595 };
    qk_view signature;
    key_pair pair;

    for (size_t i = 0; i < 5; i++) {
        works(generate_pair(it, CKM_IBM_DILITHIUM, ITEMS(BYTES(CKA_IBM_PQC_PARAMS, sets[i])),
                            ITEMS(BYTES(CKA_IBM_PQC_PARAMS, sets[i]), YES(CKA_SIGN)), &pair));
        works(sign(it, mech(it, CKM_IBM_DILITHIUM), &pair.private_key, text, &signature));
        assert_int_equal(signature.len, lens[i]);
        works(verify(it, mech(it, CKM_IBM_DILITHIUM), &pair.public_key, text, signature));
        refuses(verify(it, mech(it, CKM_IBM_DILITHIUM), &pair.public_key, qk_view_slice(text, 1, 5), signature),
                QK_E_SIGNATURE_INVALID);
    }
    refuses(generate_pair(it, CKM_IBM_DILITHIUM,
                          ITEMS(BYTES(CKA_IBM_PQC_PARAMS, OID(DILITHIUM_OID("\x01", "\x03", "\x03")))),
                          ITEMS(YES(CKA_SIGN)), &pair),
            QK_E_MECHANISM_INVALID);
}

/* ---- Kyber ---- */

static key_pair kyber_pair(contract *it)
{
    key_pair pair;

    works(generate_pair(
        it, CKM_IBM_KYBER,
        ITEMS(BYTES(CKA_IBM_PQC_PARAMS, OID(DILITHIUM_OID("\x05", "\x04", "\x04"))), YES(CKA_ENCRYPT), YES(CKA_DERIVE)),
        ITEMS(YES(CKA_DECRYPT), YES(CKA_DERIVE)), &pair));
    return pair;
}

static Grep11__Mechanism *kem(contract *it, CK_MECHANISM_TYPE type, unsigned mode, CK_ULONG kdf, qk_view cipher,
                              qk_view blob)
{
    qk_mech_use use = { .mech = qk_mech_find(type), .kem = { .mode = mode, .kdf = kdf, .cipher = cipher } };
    Grep11__Mechanism *message;

    use.second.blob = blob;
    use.kem.prepend = true;
    works(qk_mech_use_to_message(&use, &it->arena, &message));
    return message;
}

static Grep11__Mechanism *kyber(contract *it, unsigned mode, CK_ULONG kdf, qk_view cipher, qk_view blob)
{
    return kem(it, CKM_IBM_KYBER, mode, kdf, cipher, blob);
}

/* Both sides derive; the ciphertext stands behind the checksum. */
static void agree(contract *it, CK_MECHANISM_TYPE type, const key_pair *pair, CK_ULONG kdf, qk_view blob)
{
    const item wanted[] = { NUMBER(CKA_CLASS, CKO_SECRET_KEY), NUMBER(CKA_KEY_TYPE, CKK_AES),
                            NUMBER(CKA_VALUE_LEN, 32) };
    client_key mine, yours;
    qk_view cipher, sealed, back;

    works(derive(it, kem(it, type, CK_IBM_KEM_ENCAPSULATE, kdf, QK_VIEW_NONE, blob), &pair->public_key, wanted, 3,
                 &mine));
    assert_int_equal(mine.checksum.len, 7 + 1568);
    cipher = qk_view_slice(mine.checksum, 7, 1568);
    works(derive(it, kem(it, type, CK_IBM_KEM_DECAPSULATE, kdf, cipher, blob), &pair->private_key, wanted, 3, &yours));
    assert_int_equal(yours.checksum.len, 7);
    assert_memory_equal(mine.checksum.data, yours.checksum.data, 7);
    works(encrypt(it, mech(it, CKM_AES_ECB), &mine, OID("sixteen bytes   "), &sealed));
    works(decrypt(it, mech(it, CKM_AES_ECB), &yours, sealed, &back));
    assert_true(qk_view_equal(back, OID("sixteen bytes   ")));
}

static void kyber_makes_a_key_for_two(contract *it)
{
    const item wanted[] = { NUMBER(CKA_KEY_TYPE, CKK_AES), NUMBER(CKA_VALUE_LEN, 32) };
    key_pair pair = kyber_pair(it);
    client_key key;

    agree(it, CKM_IBM_KYBER, &pair, CKD_NULL, QK_VIEW_NONE);
    refuses(
        derive(it, kyber(it, CK_IBM_KEM_DECAPSULATE, CKD_NULL, text, QK_VIEW_NONE), &pair.private_key, wanted, 2, &key),
        QK_E_CIPHERTEXT_LENGTH);
    refuses(derive(it, kyber(it, CK_IBM_KEM_ENCAPSULATE, CKD_NULL, QK_VIEW_NONE, QK_VIEW_NONE), &pair.private_key,
                   wanted, 2, &key),
            QK_E_KEY_TYPE);
    refuses(derive(it, kyber(it, CK_IBM_KEM_DECAPSULATE, 77, text, QK_VIEW_NONE), &pair.private_key, wanted, 2, &key),
            QK_E_MECHANISM_PARAM);
}

static void kyber_joins_another_secret(contract *it)
{
    const item wanted[] = { NUMBER(CKA_KEY_TYPE, CKK_AES), NUMBER(CKA_VALUE_LEN, 32) };
    key_pair pair = kyber_pair(it);
    client_key other, closed, key;

    works(generate(it, CKM_GENERIC_SECRET_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 32), YES(CKA_IBM_USE_AS_DATA)), &other));
    works(generate(it, CKM_GENERIC_SECRET_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 32)), &closed));
    for (CK_ULONG kdf = CKD_IBM_HYBRID_SHA1_KDF; kdf <= CKD_IBM_HYBRID_SHA512_KDF; kdf++)
        agree(it, CKM_IBM_KYBER, &pair, kdf, other.bytes);
    refuses(derive(it, kyber(it, CK_IBM_KEM_ENCAPSULATE, CKD_IBM_HYBRID_NULL, QK_VIEW_NONE, other.bytes),
                   &pair.public_key, wanted, 2, &key),
            QK_E_KEY_NOT_PERMITTED); /* it is sensitive, and would stand there in clear */
    refuses(derive(it, kyber(it, CK_IBM_KEM_ENCAPSULATE, CKD_NULL, QK_VIEW_NONE, closed.bytes), &pair.public_key,
                   wanted, 2, &key),
            QK_E_KEY_NOT_PERMITTED);
}

/* The standard's algorithm with IBM's parameter. */
static void ibms_ml_kem_makes_a_key_for_two(contract *it)
{
    const item wanted[] = { NUMBER(CKA_KEY_TYPE, CKK_AES), NUMBER(CKA_VALUE_LEN, 32) };
    client_key other, key;
    key_pair pair;

    works(generate_pair(it, CKM_IBM_ML_KEM_KEY_PAIR_GEN,
                        ITEMS(NUMBER(CKA_IBM_PARAMETER_SET, CKP_IBM_ML_KEM_1024), YES(CKA_DERIVE)),
                        ITEMS(YES(CKA_DERIVE)), &pair));
    works(generate(it, CKM_GENERIC_SECRET_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 32), YES(CKA_IBM_USE_AS_DATA)), &other));
    agree(it, CKM_IBM_ML_KEM, &pair, CKD_NULL, QK_VIEW_NONE);
    agree(it, CKM_IBM_ML_KEM, &pair, CKD_IBM_HYBRID_SHA512_KDF, other.bytes);
    refuses(derive(it, kyber(it, CK_IBM_KEM_ENCAPSULATE, CKD_NULL, QK_VIEW_NONE, QK_VIEW_NONE), &pair.public_key,
                   wanted, 2, &key),
            QK_E_KEY_TYPE);
    refuses(derive(it, kem(it, CKM_IBM_ML_KEM, CK_IBM_KEM_DECAPSULATE, CKD_NULL, text, QK_VIEW_NONE), &pair.private_key,
                   wanted, 2, &key),
            QK_E_CIPHERTEXT_LENGTH);
}

/* ---- SLH-DSA, where OpenSSL has it ---- */

/* The sets that sign quickly. */
static void slh_dsa_signs_and_verifies(contract *it)
{
    static const struct {
        CK_ULONG set;
        size_t len;
    } sets[] = { { CKP_SLH_DSA_SHA2_128F, 17088 }, { CKP_SLH_DSA_SHA2_192F, 35664 }, { CKP_SLH_DSA_SHA2_256F, 49856 } };
    qk_view signature;
    key_pair pair;

    if (!qk_crypto_offers(qk_mech_find(CKM_SLH_DSA))) {
        refuses(generate_pair(it, CKM_SLH_DSA_KEY_PAIR_GEN, ITEMS(NUMBER(CKA_PARAMETER_SET, CKP_SLH_DSA_SHA2_128F)),
                              ITEMS(YES(CKA_SIGN)), &pair),
                QK_E_MECHANISM_INVALID);
        return;
    }
    for (size_t i = 0; i < 3; i++) {
        works(generate_pair(it, CKM_SLH_DSA_KEY_PAIR_GEN, ITEMS(NUMBER(CKA_PARAMETER_SET, sets[i].set)),
                            ITEMS(YES(CKA_SIGN)), &pair));
        works(sign(it, mech(it, CKM_SLH_DSA), &pair.private_key, text, &signature));
        assert_int_equal(signature.len, sets[i].len);
        works(verify(it, mech(it, CKM_SLH_DSA), &pair.public_key, text, signature));
        refuses(verify(it, with_context(it, CKM_SLH_DSA, "x"), &pair.public_key, text, signature),
                QK_E_SIGNATURE_INVALID);
    }
    works(sign(it, with_context(it, CKM_HASH_SLH_DSA_SHA512, "x"), &pair.private_key, text, &signature));
    works(verify(it, with_context(it, CKM_HASH_SLH_DSA_SHA512, "x"), &pair.public_key, text, signature));
    refuses(sign(it, mech(it, CKM_ML_DSA), &pair.private_key, text, &signature), QK_E_KEY_TYPE);
}

/* ---- parameter sets that are not here ---- */

static void a_parameter_set_that_is_not_here_has_its_own_error(contract *it)
{
    static const struct {
        CK_MECHANISM_TYPE generate;
        CK_KEY_TYPE type;
    } rows[] = { { CKM_ML_DSA_KEY_PAIR_GEN, CKK_ML_DSA },
                 { CKM_ML_KEM_KEY_PAIR_GEN, CKK_ML_KEM },
                 { CKM_SLH_DSA_KEY_PAIR_GEN, CKK_SLH_DSA } };
    const uint8_t wrapped[40] = { 0 };
    client_key kek, key;
    key_pair pair;

    works(generate(it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 32), YES(CKA_UNWRAP)), &kek));
    for (size_t i = 0; i < 3; i++) {
        const item unwrapped[] = { NUMBER(CKA_CLASS, CKO_PRIVATE_KEY), NUMBER(CKA_KEY_TYPE, rows[i].type),
                                   NUMBER(CKA_PARAMETER_SET, 99) };
        refuses(
            unwrap(it, mech(it, CKM_AES_KEY_WRAP_KWP), &kek, qk_view_of(wrapped, sizeof wrapped), unwrapped, 3, &key),
            QK_E_SET_NOT_SUPPORTED);
        if (qk_crypto_offers(qk_mech_find(rows[i].generate)))
            refuses(generate_pair(it, rows[i].generate, ITEMS(NUMBER(CKA_PARAMETER_SET, 99)), NULL, 0, &pair),
                    QK_E_SET_NOT_SUPPORTED);
    }
}

const contract_case contract_lattice[] = {
    CASE(slh_dsa_signs_and_verifies),
    CASE(a_parameter_set_that_is_not_here_has_its_own_error),
    CASE(ml_dsa_signs_and_verifies),
    CASE(ml_dsa_signs_a_mu_given),
    CASE(ibms_ml_dsa_signs_and_verifies),
    CASE(ibms_ml_kem_makes_a_key_for_two),
    CASE(dilithium_signs_with_the_set_asked_for),
    CASE(kyber_makes_a_key_for_two),
    CASE(kyber_joins_another_secret),
    { NULL, NULL },
};
