/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of derivation, through the wire's bytes and back. */
#include "hsm/testing.h"
#include "p11/kdf108.h"

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

static qk_mech_use use_of(CK_MECHANISM_TYPE type)
{
    qk_mech_use use = { .mech = qk_mech_find(type) };

    assert_non_null(use.mech);
    return use;
}

static qk_err travel(const qk_mech_use *use, unsigned function, qk_mech_use *out)
{
    Grep11__Mechanism *sent;
    qk_view wire;
    void *received;

    works(qk_mech_use_to_message(use, &arena, &sent));
    works(qk_message_write(&sent->base, 0, &arena, &wire));
    works(qk_message_read(&grep11__mechanism__descriptor, wire, &arena, &received));
    return qk_mech_use_from_message(received, function, out);
}

static void ecdh_parameters_come_back(void **state)
{
    qk_mech_use use = use_of(CKM_ECDH1_DERIVE), back;

    (void)state;
    use.ecdh.kdf = CKD_SHA3_512_KDF_SP800; /* a number that GREP11 has no name for */
    use.ecdh.shared = QK_VIEW_LITERAL("shared");
    use.ecdh.public_data = QK_VIEW_LITERAL("point");
    works(travel(&use, QK_DERIVE, &back));
    assert_int_equal(back.ecdh.kdf, CKD_SHA3_512_KDF_SP800);
    assert_view_equal(back.ecdh.shared, use.ecdh.shared);
    assert_view_equal(back.ecdh.public_data, use.ecdh.public_data);
    use.ecdh.kdf = CKD_SHA1_KDF_ASN1;
    refuses(travel(&use, QK_DERIVE, &back), QK_E_MECHANISM_PARAM);
}

static void data_and_second_keys_come_back(void **state)
{
    qk_mech_use string = use_of(CKM_XOR_BASE_AND_DATA), cbc = use_of(CKM_AES_CBC_ENCRYPT_DATA),
                extract = use_of(CKM_EXTRACT_KEY_FROM_KEY), second = use_of(CKM_CONCATENATE_BASE_AND_KEY), back;

    (void)state;
    string.data.data = cbc.data.data = QK_VIEW_LITERAL("data");
    cbc.data.iv = QK_VIEW_LITERAL("sixteen bytes iv");
    extract.first_bit = 77;
    second.second.blob = QK_VIEW_LITERAL("blob");
    works(travel(&string, QK_DERIVE, &back));
    assert_view_equal(back.data.data, string.data.data);
    works(travel(&cbc, QK_DERIVE, &back));
    assert_view_equal(back.data.iv, cbc.data.iv);
    works(travel(&extract, QK_DERIVE, &back));
    assert_int_equal(back.first_bit, 77);
    works(travel(&second, QK_DERIVE, &back));
    assert_view_equal(back.second.blob, second.second.blob);
    second.second.blob = QK_VIEW_NONE;
    refuses(travel(&second, QK_DERIVE, &back), QK_E_MECHANISM_PARAM);
    cbc.data.iv.len = 15;
    refuses(travel(&cbc, QK_DERIVE, &back), QK_E_MECHANISM_PARAM);
    string.data.iv = cbc.data.iv;
    refuses(travel(&string, QK_DERIVE, &back), QK_E_MECHANISM_PARAM);
}

static void hkdf_and_pbkdf2_parameters_come_back(void **state)
{
    qk_mech_use hkdf = use_of(CKM_HKDF_DERIVE), pbkdf2 = use_of(CKM_PKCS5_PBKD2), back;

    (void)state;
    hkdf.hkdf.extract = hkdf.hkdf.expand = true;
    hkdf.hkdf.hash = CKM_SHA384;
    hkdf.hkdf.salt_type = CKF_HKDF_SALT_KEY;
    hkdf.hkdf.info = QK_VIEW_LITERAL("info");
    refuses(travel(&hkdf, QK_DERIVE, &back), QK_E_MECHANISM_PARAM); /* no key */
    hkdf.second.blob = QK_VIEW_LITERAL("blob");
    works(travel(&hkdf, QK_DERIVE, &back));
    assert_true(back.hkdf.extract && back.hkdf.expand);
    assert_int_equal(back.hkdf.hash, CKM_SHA384);
    assert_view_equal(back.second.blob, hkdf.second.blob);
    assert_view_equal(back.hkdf.info, hkdf.hkdf.info);
    pbkdf2.pbkdf2.prf = CKP_PKCS5_PBKD2_HMAC_SHA512;
    pbkdf2.pbkdf2.iterations = 600000;
    pbkdf2.pbkdf2.salt = QK_VIEW_LITERAL("salt");
    pbkdf2.pbkdf2.password = QK_VIEW_LITERAL("password");
    works(travel(&pbkdf2, QK_GENERATE, &back));
    assert_int_equal(back.pbkdf2.prf, CKP_PKCS5_PBKD2_HMAC_SHA512);
    assert_int_equal(back.pbkdf2.iterations, 600000);
    assert_view_equal(back.pbkdf2.password, pbkdf2.pbkdf2.password);
    pbkdf2.pbkdf2.iterations = 10000001;
    refuses(travel(&pbkdf2, QK_GENERATE, &back), QK_E_MECHANISM_PARAM);
}

static void sp800_108_parameters_come_back(void **state)
{
    qk_mech_use use = use_of(CKM_SP800_108_FEEDBACK_KDF), counter = use_of(CKM_SP800_108_COUNTER_KDF), back;

    (void)state;
    use.kdf108.prf = counter.kdf108.prf = CKM_SHA512_HMAC;
    use.kdf108.iv = counter.kdf108.iv = QK_VIEW_LITERAL("iv");
    use.kdf108.segments = hex(&arena, "01000004000000026162");
    use.second.blob = QK_VIEW_LITERAL("blob");
    works(travel(&use, QK_DERIVE, &back));
    assert_int_equal(back.kdf108.prf, CKM_SHA512_HMAC);
    assert_view_equal(back.kdf108.iv, use.kdf108.iv);
    assert_view_equal(back.kdf108.segments, use.kdf108.segments);
    assert_view_equal(back.second.blob, use.second.blob);
    counter.kdf108.segments = hex(&arena, "010010");
    refuses(travel(&counter, QK_DERIVE, &back), QK_E_MECHANISM_PARAM); /* an IV where none belongs */
}

static void tls_parameters_come_back(void **state)
{
    qk_mech_use keys = use_of(CKM_TLS12_KEY_AND_MAC_DERIVE), mac = use_of(CKM_TLS_MAC), function = use_of(CKM_TLS_PRF),
                back;

    (void)state;
    keys.tls.hash = mac.tls.hash = CKM_SHA256;
    keys.tls.client_random = QK_VIEW_LITERAL("client");
    keys.tls.server_random = QK_VIEW_LITERAL("server");
    keys.tls.mac_bits = 160;
    keys.tls.key_bits = 256;
    keys.tls.iv_bits = 128;
    works(travel(&keys, QK_DERIVE, &back));
    assert_view_equal(back.tls.client_random, keys.tls.client_random);
    assert_view_equal(back.tls.server_random, keys.tls.server_random);
    assert_int_equal(back.tls.mac_bits, 160);
    assert_int_equal(back.tls.key_bits, 256);
    assert_int_equal(back.tls.iv_bits, 128);
    keys.tls.key_bits = 129;
    refuses(travel(&keys, QK_DERIVE, &back), QK_E_MECHANISM_PARAM);
    mac.tls.mac_bits = 96;
    mac.tls.server = true;
    works(travel(&mac, QK_SIGN, &back));
    assert_true(back.tls.server);
    assert_int_equal(back.tls.mac_bits, 96);
    mac.tls.mac_bits = 88;
    refuses(travel(&mac, QK_SIGN, &back), QK_E_MECHANISM_PARAM);
    function.tls.hash = CKM_TLS_PRF;
    function.tls.label = QK_VIEW_LITERAL("client finished");
    function.tls.context = QK_VIEW_LITERAL("seed");
    works(travel(&function, QK_DERIVE, &back));
    assert_view_equal(back.tls.label, function.tls.label);
    assert_view_equal(back.tls.context, function.tls.context);
    function.tls.hash = CKM_SHA256;
    refuses(travel(&function, QK_DERIVE, &back), QK_E_MECHANISM_PARAM);
}

/* Each kind of derivation with every other kind's message. */
static void parameters_of_another_kind_are_refused(void **state)
{
    static const CK_MECHANISM_TYPE types[] = {
        CKM_ECDH1_DERIVE, CKM_CONCATENATE_BASE_AND_KEY, CKM_AES_CBC_ENCRYPT_DATA,   CKM_EXTRACT_KEY_FROM_KEY,
        CKM_HKDF_DERIVE,  CKM_SP800_108_COUNTER_KDF,    CKM_TLS12_MASTER_KEY_DERIVE
    };
    enum { TYPES = sizeof types / sizeof types[0] };

    (void)state;
    for (size_t i = 0; i < TYPES; i++) {
        for (size_t k = 0; k < TYPES; k++) {
            qk_mech_use use = use_of(types[i]), back;
            Grep11__Mechanism *message;
            works(qk_mech_use_to_message(&use, &arena, &message));
            message->mechanism = types[k];
            if (i != k)
                refuses(qk_mech_use_from_message(message, QK_DERIVE, &back), QK_E_MECHANISM_PARAM);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ecdh_parameters_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(data_and_second_keys_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(hkdf_and_pbkdf2_parameters_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(sp800_108_parameters_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(tls_parameters_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(parameters_of_another_kind_are_refused, setup, teardown),
    };
    return cmocka_run_group_tests_name("derivation codec", tests, NULL, NULL);
}
