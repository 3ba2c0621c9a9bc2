/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/codec/mechanism_codec.h"

#include <stdlib.h>

#include "hsm/testing.h"

static qk_arena arena;

static int setup(void **state)
{
    (void)state;
    qk_arena_init(&arena, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    qk_arena_done(&arena);
    return 0;
}

static Grep11__Mechanism *message(uint64_t type)
{
    Grep11__Mechanism *made = qk_message_new(&grep11__mechanism__descriptor, &arena);

    made->mechanism = type;
    return made;
}

static Grep11__Mechanism *with_bytes(uint64_t type, size_t len)
{
    static uint8_t zero[64];
    Grep11__Mechanism *made = message(type);

    made->parameter_case = GREP11__MECHANISM__PARAMETER_PARAMETER_B;
    made->parameterb = qk_message_bytes(qk_view_of(zero, len));
    return made;
}

static Grep11__RSAOAEPParm *oaep_in(Grep11__Mechanism *mechanism)
{
    Grep11__RSAOAEPParm *parm = qk_message_new(&grep11__rsaoaepparm__descriptor, &arena);

    parm->hashmech = CKM_SHA256;
    parm->mgf = GREP11__RSAOAEPPARM__MASK__CkgMgf1Sha256;
    mechanism->parameter_case = GREP11__MECHANISM__PARAMETER_RSAOAEPPARAMETER;
    mechanism->rsaoaepparameter = parm;
    return parm;
}

/* Through the wire's bytes, since that is where mechanisms go. */
static void there_and_back(const qk_mech_use *use, unsigned function, qk_mech_use *out)
{
    Grep11__Mechanism *sent;
    qk_view wire;
    void *received;

    works(qk_mech_use_to_message(use, &arena, &sent));
    works(qk_message_write(&sent->base, 0, &arena, &wire));
    works(qk_message_read(&grep11__mechanism__descriptor, wire, &arena, &received));
    works(qk_mech_use_from_message(received, function, out));
    assert_ptr_equal(use->mech, out->mech);
}

static void an_initialisation_vector_comes_back(void **state)
{
    qk_mech_use use = { .mech = qk_mech_find(CKM_AES_CBC), .iv = QK_VIEW_LITERAL("0123456789abcdef") }, back;

    (void)state;
    there_and_back(&use, QK_ENCRYPT, &back);
    assert_view_equal(use.iv, back.iv);
}

static void gcm_parameters_come_back(void **state)
{
    qk_mech_use use = { .mech = qk_mech_find(CKM_AES_GCM) }, back;

    (void)state;
    use.gcm.iv = QK_VIEW_LITERAL("0123456789ab");
    use.gcm.aad = QK_VIEW_LITERAL("more");
    use.gcm.tag_bits = 96;
    there_and_back(&use, QK_DECRYPT, &back);
    assert_view_equal(use.gcm.iv, back.gcm.iv);
    assert_view_equal(use.gcm.aad, back.gcm.aad);
    assert_int_equal(back.gcm.tag_bits, 96);
}

static void bls_parameters_come_back(void **state)
{
    qk_mech_use use = { .mech = qk_mech_find(CKM_IBM_EC_AGGREGATE) }, back;
    qk_mech_use sign = { .mech = qk_mech_find(CKM_IBM_ECDSA_OTHER) };

    (void)state;
    use.aggregate.mode = CK_IBM_EC_AGG_BLS12_381_PKEY;
    use.aggregate.element_len = 4;
    use.aggregate.elements = QK_VIEW_LITERAL("somemore");
    there_and_back(&use, QK_DERIVE, &back);
    assert_int_equal(back.aggregate.mode, CK_IBM_EC_AGG_BLS12_381_PKEY);
    assert_int_equal(back.aggregate.element_len, 4);
    assert_view_equal(use.aggregate.elements, back.aggregate.elements);
    sign.ecsg = ECSG_IBM_BLS;
    there_and_back(&sign, QK_SIGN, &back);
    assert_int_equal(back.ecsg, ECSG_IBM_BLS);
}

static void a_signature_context_comes_back(void **state)
{
    qk_mech_use use = { .mech = qk_mech_find(CKM_HASH_ML_DSA) }, none = { .mech = qk_mech_find(CKM_ML_DSA) }, back;

    (void)state;
    use.sign_context.hedge = CKH_DETERMINISTIC_REQUIRED;
    use.sign_context.context = QK_VIEW_LITERAL("context");
    use.sign_context.hash = CKM_SHA3_512;
    there_and_back(&use, QK_SIGN, &back);
    assert_true(qk_mech_use_equal(&use, &back));
    there_and_back(&none, QK_VERIFY, &back);
    assert_int_equal(back.sign_context.context.len, 0);
}

static void kyber_parameters_come_back(void **state)
{
    qk_mech_use use = { .mech = qk_mech_find(CKM_IBM_KYBER) }, none = use, back;

    (void)state;
    use.kem.mode = CK_IBM_KEM_DECAPSULATE;
    use.kem.kdf = CKD_IBM_HYBRID_SHA384_KDF;
    use.kem.prepend = true;
    use.kem.cipher = QK_VIEW_LITERAL("ciphertext");
    use.kem.shared = QK_VIEW_LITERAL("shared");
    use.second.blob = QK_VIEW_LITERAL("a key");
    there_and_back(&use, QK_DERIVE, &back);
    assert_int_equal(back.kem.mode, use.kem.mode);
    assert_int_equal(back.kem.kdf, use.kem.kdf);
    assert_true(back.kem.prepend);
    assert_view_equal(back.kem.cipher, use.kem.cipher);
    assert_view_equal(back.kem.shared, use.kem.shared);
    assert_view_equal(back.second.blob, use.second.blob);
    there_and_back(&none, QK_GENERATE_PAIR, &back);
    assert_int_equal(back.kem.mode, 0);
}

static void an_optional_iv_comes_back(void **state)
{
    qk_mech_use use = { .mech = qk_mech_find(CKM_AES_KEY_WRAP) }, back;

    (void)state;
    there_and_back(&use, QK_WRAP, &back);
    assert_int_equal(back.iv.len, 0);
    use.iv = QK_VIEW_LITERAL("01234567");
    there_and_back(&use, QK_WRAP, &back);
    assert_view_equal(use.iv, back.iv);
}

static void ctr_parameters_come_back(void **state)
{
    qk_mech_use use = { .mech = qk_mech_find(CKM_AES_CTR), .ctr = { .block = { 1, 2, 3 }, .bits = 17 } }, back;

    (void)state;
    there_and_back(&use, QK_DECRYPT, &back);
    assert_memory_equal(back.ctr.block, use.ctr.block, 16);
    assert_int_equal(back.ctr.bits, 17);
}

static void ccm_parameters_come_back(void **state)
{
    qk_mech_use use = { .mech = qk_mech_find(CKM_AES_CCM) }, back;

    (void)state;
    use.ccm.nonce = QK_VIEW_LITERAL("01234567");
    use.ccm.aad = QK_VIEW_LITERAL("more");
    use.ccm.data_len = 1000;
    use.ccm.mac_len = 6;
    there_and_back(&use, QK_DECRYPT, &back);
    assert_true(qk_mech_use_equal(&use, &back));
}

static void chacha20_parameters_come_back(void **state)
{
    qk_mech_use use = { .mech = qk_mech_find(CKM_CHACHA20) }, back;
    qk_mech_use aead = { .mech = qk_mech_find(CKM_CHACHA20_POLY1305) };

    (void)state;
    use.chacha.nonce = QK_VIEW_LITERAL("01234567");
    use.chacha.counter = UINT64_MAX - 5;
    use.chacha.counter_bits = 64;
    there_and_back(&use, QK_DECRYPT, &back);
    assert_true(qk_mech_use_equal(&use, &back));
    aead.chacha.nonce = QK_VIEW_LITERAL("012345678901");
    aead.chacha.aad = QK_VIEW_LITERAL("more");
    there_and_back(&aead, QK_DECRYPT, &back);
    assert_true(qk_mech_use_equal(&aead, &back));
}

static void rsa_aes_parameters_come_back(void **state)
{
    qk_mech_use use = { .mech = qk_mech_find(CKM_RSA_AES_KEY_WRAP) }, back;

    (void)state;
    use.rsa_aes.oaep = (qk_oaep){ .hash = CKM_SHA512, .mgf_hash = CKM_SHA_1, .label = QK_VIEW_LITERAL("label") };
    use.rsa_aes.aes_bits = 192;
    there_and_back(&use, QK_WRAP, &back);
    assert_true(qk_mech_use_equal(&use, &back));
}

static void the_length_of_a_mac_comes_back(void **state)
{
    qk_mech_use use = { .mech = qk_mech_find(CKM_AES_CMAC_GENERAL), .mac_len = 5 }, back;

    (void)state;
    there_and_back(&use, QK_SIGN, &back);
    assert_int_equal(back.mac_len, 5);
}

static void oaep_parameters_come_back(void **state)
{
    qk_mech_use use = { .mech = qk_mech_find(CKM_RSA_PKCS_OAEP) }, back;

    (void)state;
    use.oaep.hash = CKM_SHA384;
    use.oaep.mgf_hash = CKM_SHA_1;
    there_and_back(&use, QK_ENCRYPT, &back);
    assert_int_equal(back.oaep.hash, CKM_SHA384);
    assert_int_equal(back.oaep.mgf_hash, CKM_SHA_1);
    assert_int_equal(back.oaep.label.len, 0);
    use.oaep.label = QK_VIEW_LITERAL("label");
    there_and_back(&use, QK_UNWRAP, &back);
    assert_view_equal(use.oaep.label, back.oaep.label);
}

/* IBM's masks have shorter numbers in messages; the standard's have their own. */
static void masks_of_sha3_come_back(void **state)
{
    static const CK_MECHANISM_TYPE hashes[] = { CKM_SHA3_224, CKM_SHA3_512, CKM_IBM_SHA3_224, CKM_IBM_SHA3_512 };

    (void)state;
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        qk_mech_use use = { .mech = qk_mech_find(CKM_RSA_PKCS_OAEP) }, back;
        use.oaep.hash = use.oaep.mgf_hash = hashes[i];
        there_and_back(&use, QK_ENCRYPT, &back);
        assert_int_equal(back.oaep.hash, hashes[i]);
        assert_int_equal(back.oaep.mgf_hash, hashes[i]);
    }
}

static void pss_parameters_come_back(void **state)
{
    qk_mech_use use = { .mech = qk_mech_find(CKM_SHA512_RSA_PKCS_PSS) }, back;

    (void)state;
    use.pss.hash = CKM_SHA512;
    use.pss.mgf_hash = CKM_SHA512;
    use.pss.salt_len = 20;
    there_and_back(&use, QK_SIGN, &back);
    assert_int_equal(back.pss.hash, CKM_SHA512);
    assert_int_equal(back.pss.mgf_hash, CKM_SHA512);
    assert_int_equal(back.pss.salt_len, 20);
}

static void eddsa_parameters_are_optional_and_come_back(void **state)
{
    qk_mech_use use = { .mech = qk_mech_find(CKM_EDDSA) }, back;

    (void)state;
    there_and_back(&use, QK_SIGN, &back);
    assert_false(back.eddsa.given);
    use.eddsa.given = true;
    use.eddsa.prehash = true;
    use.eddsa.context = QK_VIEW_LITERAL("context");
    there_and_back(&use, QK_VERIFY, &back);
    assert_true(back.eddsa.given && back.eddsa.prehash);
    assert_view_equal(use.eddsa.context, back.eddsa.context);
}

static void every_mechanism_without_a_parameter_comes_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < qk_mech_count; i++) {
        qk_mech_use use = { .mech = &qk_mechs[i] }, back;
        if (qk_mechs[i].param == QK_PARAM_NONE)
            there_and_back(&use, qk_mechs[i].does & (~qk_mechs[i].does + 1), &back);
    }
}

static void a_salt_left_out_is_none(void **state)
{
    Grep11__Mechanism *mechanism = message(CKM_SHA512_RSA_PKCS_PSS);
    Grep11__RSAPSSParm *parm = qk_message_new(&grep11__rsapssparm__descriptor, &arena);
    qk_mech_use use;

    (void)state;
    parm->hashmech = CKM_SHA512;
    parm->mgf = GREP11__RSAPSSPARM__MASK__CkgMgf1Sha512;
    mechanism->parameter_case = GREP11__MECHANISM__PARAMETER_RSAPSSPARAMETER;
    mechanism->rsapssparameter = parm;
    works(qk_mech_use_from_message(mechanism, QK_SIGN, &use));
    assert_int_equal(use.pss.salt_len, 0);
}

static void vendor_numbers_are_folded(void **state)
{
    qk_mech_use use;

    (void)state;
    works(qk_mech_use_from_message(message(UINT64_C(0xffffffff8001001c)), QK_SIGN, &use));
    assert_int_equal(use.mech->type, CKM_IBM_ED25519_SHA512);
}

static void an_empty_parameter_is_none(void **state)
{
    qk_mech_use use;

    (void)state;
    works(qk_mech_use_from_message(with_bytes(CKM_ECDSA, 0), QK_SIGN, &use));
    refuses(qk_mech_use_from_message(with_bytes(CKM_ECDSA, 1), QK_SIGN, &use), QK_E_MECHANISM_PARAM);
}

static void mechanisms_that_cannot_be_used_are_refused(void **state)
{
    qk_mech_use use;

    (void)state;
    refuses(qk_mech_use_from_message(NULL, QK_SIGN, &use), QK_E_BAD_ARGUMENT);
    refuses(qk_mech_use_from_message(message(0x7654321), QK_SIGN, &use), QK_E_MECHANISM_INVALID);
    refuses(qk_mech_use_from_message(message(CKM_ECDSA), QK_ENCRYPT, &use), QK_E_MECHANISM_INVALID);
    refuses(qk_mech_use_from_message(message(CKM_AES_KEY_GEN), QK_GENERATE_PAIR, &use), QK_E_MECHANISM_INVALID);
}

static void parameters_of_another_kind_are_refused(void **state)
{
    Grep11__Mechanism *mechanism = message(CKM_AES_CBC);
    qk_mech_use use;

    (void)state;
    refuses(qk_mech_use_from_message(message(CKM_AES_CBC), QK_ENCRYPT, &use), QK_E_MECHANISM_PARAM);
    refuses(qk_mech_use_from_message(with_bytes(CKM_AES_CBC, 15), QK_ENCRYPT, &use), QK_E_MECHANISM_PARAM);
    refuses(qk_mech_use_from_message(with_bytes(CKM_RSA_PKCS_OAEP, 16), QK_ENCRYPT, &use), QK_E_MECHANISM_PARAM);
    refuses(qk_mech_use_from_message(with_bytes(CKM_RSA_PKCS_PSS, 16), QK_SIGN, &use), QK_E_MECHANISM_PARAM);
    refuses(qk_mech_use_from_message(with_bytes(CKM_AES_GCM, 12), QK_ENCRYPT, &use), QK_E_MECHANISM_PARAM);
    refuses(qk_mech_use_from_message(message(CKM_AES_GCM), QK_ENCRYPT, &use), QK_E_MECHANISM_PARAM);
    oaep_in(mechanism);
    refuses(qk_mech_use_from_message(mechanism, QK_ENCRYPT, &use), QK_E_MECHANISM_PARAM);
    mechanism->rsaoaepparameter = NULL;
    mechanism->mechanism = CKM_RSA_PKCS_OAEP;
    refuses(qk_mech_use_from_message(mechanism, QK_ENCRYPT, &use), QK_E_MECHANISM_PARAM);
}

static void oaep_parameters_out_of_range_are_refused(void **state)
{
    static uint8_t label[1025];
    Grep11__Mechanism *mechanism = message(CKM_RSA_PKCS_OAEP);
    Grep11__RSAOAEPParm *parm = oaep_in(mechanism);
    qk_mech_use use;

    (void)state;
    works(qk_mech_use_from_message(mechanism, QK_ENCRYPT, &use));
    parm->encodingparm = qk_message_bytes(qk_view_of(label, 4));
    refuses(qk_mech_use_from_message(mechanism, QK_ENCRYPT, &use), QK_E_MECHANISM_PARAM);
    parm->encodingparmtype = GREP11__RSAOAEPPARM__PARM_TYPE__CkzDataSpecifiied;
    works(qk_mech_use_from_message(mechanism, QK_ENCRYPT, &use));
    parm->encodingparm = qk_message_bytes(qk_view_of(label, sizeof label));
    refuses(qk_mech_use_from_message(mechanism, QK_ENCRYPT, &use), QK_E_MECHANISM_PARAM);
    parm->encodingparm.len = 0;
    parm->mgf = GREP11__RSAOAEPPARM__MASK__CkgMgf1None;
    refuses(qk_mech_use_from_message(mechanism, QK_ENCRYPT, &use), QK_E_MECHANISM_PARAM);
    parm->mgf = GREP11__RSAOAEPPARM__MASK__CkgMgf1Sha256;
    parm->hashmech = CKM_AES_CBC;
    refuses(qk_mech_use_from_message(mechanism, QK_ENCRYPT, &use), QK_E_MECHANISM_PARAM);
}

/* Random bytes as a Mechanism: refused, or understood and written so that they are understood the same again. */
static void random_bytes_do_no_harm(void **state)
{
    (void)state;
    srandom(2);
    for (int round = 0; round < 20000; round++) {
        uint8_t wire[48];
        size_t len = (size_t)random() % sizeof wire;
        void *received;
        qk_mech_use use, back;
        qk_arena_reset(&arena);
        for (size_t i = 0; i < len; i++)
            wire[i] = (uint8_t)random();
        wire[0] = 0x08; /* field 1, so that more than garbage comes by */
        wire[1] = (uint8_t)(random() % 0x80);
        if (qk_message_read(&grep11__mechanism__descriptor, qk_view_of(wire, len), &arena, &received) == QK_OK &&
            qk_mech_use_from_message(received, 1u << (random() % 10), &use) == QK_OK)
            there_and_back(&use, use.mech->does & (~use.mech->does + 1), &back);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_initialisation_vector_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(gcm_parameters_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(bls_parameters_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(a_signature_context_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(kyber_parameters_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(an_optional_iv_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(ctr_parameters_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(ccm_parameters_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(chacha20_parameters_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(rsa_aes_parameters_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(the_length_of_a_mac_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(oaep_parameters_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(masks_of_sha3_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(pss_parameters_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(eddsa_parameters_are_optional_and_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(every_mechanism_without_a_parameter_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(a_salt_left_out_is_none, setup, teardown),
        cmocka_unit_test_setup_teardown(vendor_numbers_are_folded, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_parameter_is_none, setup, teardown),
        cmocka_unit_test_setup_teardown(mechanisms_that_cannot_be_used_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(parameters_of_another_kind_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(oaep_parameters_out_of_range_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(random_bytes_do_no_harm, setup, teardown),
    };
    return cmocka_run_group_tests_name("mechanism codec", tests, NULL, NULL);
}
