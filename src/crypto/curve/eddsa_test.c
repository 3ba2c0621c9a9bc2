/* SPDX-License-Identifier: Apache-2.0 */
/* The published signatures of RFC 8032, sections 7.1 and 7.4: EdDSA has one signature per key and message, so ours must
 * be the same bytes. Both forms of Ed25519 keys, and every refusal. */
#include "crypto/key/pair_testing.h"

/* clang-format off */
static const struct {
    const char *curve, *seed, *public_key, *message, *signature;
} published[] = {
    { "ed25519", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
      "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
    { "ed25519", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
    { "ed25519", "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
      "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
    { "ed448", "6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3"
               "528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95b",
      "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778"
      "edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180", "",
      "533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f2b233f034f628281f2fd7a22ddd47d7828c59bd0a21bfd3980"
      "ff0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda8530a113a0f4dbb61149f05a7363268c71d95808ff2e652600" },
};
/* clang-format on */

enum { FIRST_ED448 = 3 };

static qk_key *from_value(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const char *curve, const char *hex)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    qk_key *key = NULL;

    set_kind(&attrs, class, type);
    set_curve(&attrs, curve);
    set_hex(&attrs, class == CKO_PUBLIC_KEY ? CKA_EC_POINT : CKA_VALUE, hex);
    assert_qk_ok(qk_key_from_attrs(&attrs, &key));
    return key;
}

static void check_published(size_t i, CK_KEY_TYPE type, CK_MECHANISM_TYPE mechanism)
{
    QK_OWNED(qk_key_unref)
    qk_key *private_key = from_value(CKO_PRIVATE_KEY, type, published[i].curve, published[i].seed);
    QK_OWNED(qk_key_unref)
    qk_key *public_key = from_value(CKO_PUBLIC_KEY, type, published[i].curve, published[i].public_key);
    QK_OWNED(qk_buf_done) qk_buf message = unhex(published[i].message);
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = use_of(mechanism);
    qk_view signature;

    qk_arena_init(&arena, 0);
    assert_hex(qk_view_of(private_key->point, private_key->point_len), published[i].public_key);
    for (int again = 0; again < 3; again++) { /* contexts are used again */
        assert_qk_ok(qk_crypto_sign(private_key, &use, qk_buf_view(&message), &arena, &signature));
        assert_hex(signature, published[i].signature);
        assert_int_equal(signature.len, qk_crypto_output_len(private_key, &use, QK_SIGN, message.len));
        assert_qk_ok(qk_crypto_verify(public_key, &use, qk_buf_view(&message), signature));
        assert_qk_err(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("other"), signature), QK_E_SIGNATURE_INVALID);
    }
}

static void published_signatures_are_made_and_verify(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(published); i++)
        check_published(i, CKK_EC_EDWARDS, CKM_EDDSA);
}

static void ibms_form_makes_the_same_signatures(void **state)
{
    (void)state;
    for (size_t i = 0; i < FIRST_ED448; i++)
        check_published(i, CKK_EC, CKM_IBM_ED25519_SHA512);
}

static void generated_keys_sign_and_verify(void **state)
{
    static const struct {
        CK_MECHANISM_TYPE generate, sign;
        const char *curve;
    } rows[] = {
        { CKM_EC_EDWARDS_KEY_PAIR_GEN, CKM_EDDSA, "edwards25519" },
        { CKM_EC_EDWARDS_KEY_PAIR_GEN, CKM_EDDSA, "ed448" },
        { CKM_EC_KEY_PAIR_GEN, CKM_IBM_ED25519_SHA512, "ed25519" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        QK_OWNED(qk_key_unref) qk_key *public_key = NULL, *private_key = NULL;
        QK_OWNED(arena_done) qk_arena arena;
        qk_mech_use use = use_of(rows[i].sign);
        qk_view signature;
        qk_arena_init(&arena, 0);
        make_ec_pair(rows[i].generate, rows[i].curve, &public_key, &private_key);
        assert_qk_ok(qk_crypto_sign(private_key, &use, QK_VIEW_LITERAL("message"), &arena, &signature));
        assert_qk_ok(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("message"), signature));
        assert_qk_err(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("massage"), signature),
                      QK_E_SIGNATURE_INVALID);
    }
}

/* ---- refusals, on one published key ---- */

static qk_key *public_key, *private_key;

static int setup(void **state)
{
    if (crypto_setup(state) != 0)
        return -1;
    private_key = from_value(CKO_PRIVATE_KEY, CKK_EC_EDWARDS, "ed25519", published[0].seed);
    public_key = from_value(CKO_PUBLIC_KEY, CKK_EC_EDWARDS, "ed25519", published[0].public_key);
    return 0;
}

static int teardown(void **state)
{
    qk_key_unref(&public_key);
    qk_key_unref(&private_key);
    return crypto_teardown(state);
}

static void every_bit_of_a_signature_counts(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf signature = unhex(published[0].signature);
    qk_mech_use use = use_of(CKM_EDDSA);

    (void)state;
    for (unsigned bit = 0; bit < 512; bit++) {
        signature.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_qk_err(qk_crypto_verify(public_key, &use, QK_VIEW_NONE, qk_buf_view(&signature)),
                      QK_E_SIGNATURE_INVALID);
        signature.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_qk_ok(qk_crypto_verify(public_key, &use, QK_VIEW_NONE, qk_buf_view(&signature)));
}

static void a_signature_of_another_length_has_its_own_error(void **state)
{
    qk_mech_use use = use_of(CKM_EDDSA);
    uint8_t signature[114] = { 0 };
    size_t lengths[] = { 0, 63, 65, 114 };

    (void)state;
    for (size_t i = 0; i < COUNT(lengths); i++)
        assert_qk_err(qk_crypto_verify(public_key, &use, QK_VIEW_NONE, qk_view_of(signature, lengths[i])),
                      QK_E_SIGNATURE_LENGTH);
}

static void an_empty_parameter_is_the_pure_form(void **state)
{
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_EDDSA);
    qk_view out;

    (void)state;
    qk_arena_init(&arena, 0);
    use.eddsa.given = true;
    assert_qk_ok(qk_crypto_sign(private_key, &use, QK_VIEW_NONE, &arena, &out));
    assert_hex(out, published[0].signature);
}

/* RFC 8032, 7.2 (context "foo"), 7.3 ("abc"), 7.4 (1 octet, with context) and 7.5 ("abc"). OpenSSL has them from 3.2
 * on; with an older one both directions are refused, and never answered in the pure form. */
static void contexts_and_prehashing_are_right_or_refused(void **state)
{
    static const struct {
        const char *curve, *seed, *message, *context, *signature;
        bool prehash;
    } rows[] = {
        { "ed25519", "0305334e381af78f141cb666f6199f57bc3495335a256a95bd2a55bf546663f6",
          "f726936d19c800494e3fdaff20b276a8", "foo",
          ("55a4cc2f70a54e04288c5f4cd1e45a7bb520b36292911876cada7323198dd87a"
           "8b36950b95130022907a7fb7c4e9b2d5f6cca685a587b4b21f4b888e4e7edb0d"),
          false },
        { "ed25519", "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42", "616263", "",
          ("98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
           "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406"),
          true },
        { "ed448",
          ("c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda2c463a"
           "fbea67c5e8d2877c5e3bc397a659949ef8021e954e0a12274e"),
          "03", "foo",
          ("d4f8f6131770dd46f40867d6fd5d5055de43541f8c5e35abbcd001b32a89f7d2151f7647f11d8ca2ae279fb842d607217fce6e042f6"
           "815ea00"
           "0c85741de5c8da1144a6a1aba7f96de42505d7a7298524fda538fccbbb754f578c1cad10d54d0d5428407e85dcbc98a49155c13764e"
           "66c3c00"),
          false },
        { "ed448",
          ("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42"
           "ef7822e0d5104127dc05d6dbefde69e3ab2cec7c867c6e2c49"),
          "616263", "",
          ("822f6901f7480f3d5f562c592994d9693602875614483256505600bbc281ae381f54d6bce2ea911574932f52a4e6cadd78769375ec3"
           "ffd1b80"
           "1a0d9b3f4030cd433964b6457ea39476511214f97469b57dd32dbc560a9a94d00bff07620464a3ad203df7dc7ce360c3cd3696d9d9f"
           "ab90f00"),
          true },
    };
    bool offered = OPENSSL_version_major() > 3 || (OPENSSL_version_major() == 3 && OPENSSL_version_minor() >= 2);
    QK_OWNED(arena_done) qk_arena arena;

    (void)state;
    qk_arena_init(&arena, 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        QK_OWNED(qk_key_unref) qk_key *key = from_value(CKO_PRIVATE_KEY, CKK_EC_EDWARDS, rows[i].curve, rows[i].seed);
        QK_OWNED(qk_key_unref) qk_key *half = NULL;
        QK_OWNED(qk_buf_done) qk_buf message = unhex(rows[i].message), signature = unhex(rows[i].signature);
        QK_OWNED(qk_buf_done) qk_buf spki = QK_BUF_NONE;
        qk_mech_use use = use_of(CKM_EDDSA);
        qk_view out;

        assert_qk_ok(qk_key_write_spki(key, true, &spki));
        assert_qk_ok(qk_key_read(CKO_PUBLIC_KEY, CKK_EC_EDWARDS, qk_buf_view(&spki), &half));
        use.eddsa.given = true;
        use.eddsa.prehash = rows[i].prehash;
        use.eddsa.context = qk_view_text(rows[i].context);
        assert_qk_err(qk_crypto_sign(key, &use, qk_buf_view(&message), &arena, &out),
                      offered ? QK_OK : QK_E_MECHANISM_PARAM);
        if (offered)
            assert_bytes(out, qk_buf_view(&signature));
        assert_qk_err(qk_crypto_verify(half, &use, qk_buf_view(&message), qk_buf_view(&signature)),
                      offered ? QK_OK : QK_E_MECHANISM_PARAM);
        signature.data[0] ^= 1;
        assert_qk_err(qk_crypto_verify(half, &use, qk_buf_view(&message), qk_buf_view(&signature)),
                      offered ? QK_E_SIGNATURE_INVALID : QK_E_MECHANISM_PARAM);
    }
}

static void ed448_of_ibm_makes_the_same_signatures(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *ed448 = from_value(CKO_PRIVATE_KEY, CKK_EC, "ed448", published[FIRST_ED448].seed);
    QK_OWNED(qk_key_unref) qk_key *ed25519 = from_value(CKO_PRIVATE_KEY, CKK_EC, "ed25519", published[0].seed);
    QK_OWNED(qk_buf_done) qk_buf message = unhex(published[FIRST_ED448].message);
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_IBM_ED448_SHA3);
    qk_view out;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_qk_ok(qk_crypto_sign(ed448, &use, qk_buf_view(&message), &arena, &out));
    assert_hex(out, published[FIRST_ED448].signature);
    assert_qk_err(qk_crypto_sign(ed25519, &use, qk_buf_view(&message), &arena, &out), QK_E_KEY_TYPE);
}

static void the_two_forms_of_keys_do_not_mix(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *ibm = from_value(CKO_PRIVATE_KEY, CKK_EC, "ed25519", published[0].seed);
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use standard = use_of(CKM_EDDSA), theirs = use_of(CKM_IBM_ED25519_SHA512);
    qk_view out;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_qk_err(qk_crypto_sign(ibm, &standard, QK_VIEW_NONE, &arena, &out), QK_E_KEY_TYPE);
    assert_qk_err(qk_crypto_sign(private_key, &theirs, QK_VIEW_NONE, &arena, &out), QK_E_KEY_TYPE);
}

static void ed25519_of_ibm_takes_no_other_curve(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *ed448 = from_value(CKO_PRIVATE_KEY, CKK_EC, "ed448", published[FIRST_ED448].seed);
    QK_OWNED(qk_key_unref) qk_key *p256_public = NULL, *p256_private = NULL;
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_IBM_ED25519_SHA512);
    qk_view out;

    (void)state;
    qk_arena_init(&arena, 0);
    make_ec_pair(CKM_EC_KEY_PAIR_GEN, "P-256", &p256_public, &p256_private);
    assert_qk_err(qk_crypto_sign(p256_private, &use, QK_VIEW_NONE, &arena, &out), QK_E_KEY_TYPE);
    assert_qk_err(qk_crypto_sign(ed448, &use, QK_VIEW_NONE, &arena, &out), QK_E_KEY_TYPE);
}

static void edwards_keys_are_on_edwards_curves(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *public_half = NULL, *private_half = NULL;

    (void)state;
    assert_qk_err(try_ec_pair(CKM_EC_EDWARDS_KEY_PAIR_GEN, "P-256", &public_half, &private_half),
                  QK_E_CURVE_NOT_SUPPORTED);
    assert_qk_err(try_ec_pair(CKM_EC_EDWARDS_KEY_PAIR_GEN, "curve25519", &public_half, &private_half),
                  QK_E_CURVE_NOT_SUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_signatures_are_made_and_verify),
        cmocka_unit_test(ibms_form_makes_the_same_signatures),
        cmocka_unit_test(generated_keys_sign_and_verify),
        cmocka_unit_test(every_bit_of_a_signature_counts),
        cmocka_unit_test(a_signature_of_another_length_has_its_own_error),
        cmocka_unit_test(an_empty_parameter_is_the_pure_form),
        cmocka_unit_test(contexts_and_prehashing_are_right_or_refused),
        cmocka_unit_test(ed448_of_ibm_makes_the_same_signatures),
        cmocka_unit_test(the_two_forms_of_keys_do_not_mix),
        cmocka_unit_test(ed25519_of_ibm_takes_no_other_curve),
        cmocka_unit_test(edwards_keys_are_on_edwards_curves),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
