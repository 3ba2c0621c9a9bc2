/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/curve/ec_key.h"
#include "crypto/testing.h"

/* From the test vectors of Zilliqa's JavaScript library (zilliqa-js-crypto, schnorr.fixtures.json, the first). */
static const char *const zilliqa_message =
    "a7f1d92a82c8d8fe434d98558ce2b347171198542f112d0558f56bd68807999248336241f30d23e55f30d1c8ed610c4b"
    "0235398184b814a29cb45a672acae548e9c5f1b0c4158ae59b4d39f6f7e8a105d3feeda5d5f3d9e45bfa6cc351e220ae"
    "0ce106986d61ff34a11e19fd3650e9b7818fc33a1e0fc02c44557ac8ab50c9b2deb2f6b5e24c4fdd9f8867bdce1ff261"
    "008e7897970e346207d75e47a158298e5ba2f56246869cc42e362a02731264e60687ef5309d108534f51f8658fb4f080"
    "b7cb19ee9aebd718cc4fa27c8c37dfc1ada5d133d13abe03f021e9b1b78ccbd82f7ff2b38c6d48d01e481b2d4faf7171"
    "805fd7f2d39ef4c4f19b9496e81dab8193b3737e1b27d9c43957166441b93515e8f03c95d8e8ce1e1864faad68ddfc59"
    "32130109390b0f1fe5ca716805f8362e98dccaadc86adbed25801a9a9dcfa6264319ddafe83a89c51f3c6d199d38de10"
    "e660c37be872c3f2b31660de8bc95902b9103262cdb941f77376f5d3dbb7a3d5a387797fc4819a035eca704cedb37110"
    "ee7f206b0c8805aaebf4963e7c4708ce8d4e092366e71792a8a3b2bbcdee321b3e15380c541ef0930888969f7457afe1"
    "8588826a419d58311c1784b5484eecdb393f6a0aca11b91df0866b500b8dee501fd7eb9bce09a17d74124b4605adfc07"
    "77bed9816d8d7e8488544a18d8045cb3283b0a752b881b5f500fadb59010e63d";
static const char *const zilliqa_public = "039e43c9810e6cc09f46aad38e716dae3191629534967dc457d3a687d2e2cddc6a";
static const char *const zilliqa_signature = "3af3d288e830e96ff8ed0769f45abda774cd989e2ae32ef9e985c8505f14ff98"
                                             "e191eb14a70b5b53ada45afff4a04578f5d8bb2b1c8a22985ea159b53826cde7";

/* EC-SDSA over "abc": the example of ISO/IEC 14888-3 on P-256, and one on a Brainpool curve, both as libecc's
 * self-tests publish them (src/tests/ec_self_tests_core.h, ECSDSA-SHA256/secp256r1 and /brainpoolp256r1). */
static const struct published {
    const char *curve, *private_value, *signature;
} published[] = {
    { "P-256", "5202a3d8acaf6909d12c9a774cd886f9fba61137ffd3e8e76aed363fb47ac492",
      "5a79a0aa9b241e381a594b220554d096a5f09fa628ad9a33c3ce4393ade1def7"
      "5c0eb78b67a513c3e53b2619f96855e291d5141c7cd0915e1d04b347457c9601" },
    { "BP-256R", "a93571334ac32b50268ddca09523893a8f2989a94f9f44a91b7743f7e145aeb7",
      "0e7af50bf4e08bf851004424ee9d6502fcd1164ee3d99a00a84fd5db814800eb"
      "647a24e607b6fc09d88b1b572cfc4ce29e25fae1431f0dfa586bd16deeff92b6" },
};

static const char *const curves[] = { "secp256k1", "P-256", "BP-256R", "BP-256T" };
static const unsigned variants[] = { ECSG_IBM_ECSDSA_S256, ECSG_IBM_ECSDSA_COMPR_MULTI };

static qk_mech_use use_variant(unsigned variant)
{
    qk_mech_use use = use_of(CKM_IBM_ECDSA_OTHER);
    use.ecsg = variant;
    return use;
}

static const qk_curve *curve_named(const char *name)
{
    const qk_curve *curve = qk_curve_find(qk_view_of(name, strlen(name)));
    assert_non_null(curve);
    return curve;
}

static void make_pair(const char *curve, qk_key **out_public, qk_key **out_private)
{
    QK_OWNED(qk_attrs_done) qk_attrs template_ = QK_ATTRS_NONE;
    qk_mech_use use = use_of(CKM_EC_KEY_PAIR_GEN);

    assert_int_equal(qk_attrs_set(&template_, CKA_EC_PARAMS, qk_view_of(curve, strlen(curve))), QK_OK);
    assert_int_equal(qk_key_generate_pair(&use, &template_, out_public, out_private), QK_OK);
}

static void zilliqas_signature_verifies(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf point = unhex(zilliqa_public), message = unhex(zilliqa_message);
    QK_OWNED(qk_buf_done) qk_buf signature = unhex(zilliqa_signature);
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    qk_mech_use use = use_variant(ECSG_IBM_ECSDSA_COMPR_MULTI);

    (void)state;
    assert_int_equal(qk_ec_make_public(CKK_EC, curve_named("secp256k1"), qk_buf_view(&point), &key), QK_OK);
    assert_int_equal(qk_crypto_verify(key, &use, qk_buf_view(&message), qk_buf_view(&signature)), QK_OK);
    message.data[0] ^= 1;
    assert_int_equal(qk_crypto_verify(key, &use, qk_buf_view(&message), qk_buf_view(&signature)),
                     QK_E_SIGNATURE_INVALID);
}

static void published_signatures_verify(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(published); i++) {
        QK_OWNED(qk_buf_done) qk_buf value = unhex(published[i].private_value);
        QK_OWNED(qk_buf_done) qk_buf signature = unhex(published[i].signature);
        QK_OWNED(qk_key_unref) qk_key *private_key = NULL, *key = NULL;
        qk_mech_use use = use_variant(ECSG_IBM_ECSDSA_S256), other = use_variant(ECSG_IBM_ECSDSA_COMPR_MULTI);
        const qk_curve *curve = curve_named(published[i].curve);
        qk_view abc = QK_VIEW_LITERAL("abc"), abd = QK_VIEW_LITERAL("abd");

        assert_int_equal(qk_ec_make_private(CKK_EC, curve, qk_buf_view(&value), QK_VIEW_NONE, &private_key), QK_OK);
        assert_int_equal(qk_ec_make_public(CKK_EC, curve, qk_view_of(private_key->point, private_key->point_len), &key),
                         QK_OK);
        assert_int_equal(qk_crypto_verify(key, &use, abc, qk_buf_view(&signature)), QK_OK);
        assert_int_equal(qk_crypto_verify(key, &use, abd, qk_buf_view(&signature)), QK_E_SIGNATURE_INVALID);
        assert_int_equal(qk_crypto_verify(key, &other, abc, qk_buf_view(&signature)), QK_E_SIGNATURE_INVALID);
    }
}

static void what_is_signed_verifies(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(curves) * COUNT(variants); i++) {
        QK_OWNED(qk_key_unref) qk_key *public_key = NULL, *private_key = NULL;
        QK_OWNED(qk_arena_done) qk_arena arena;
        static const uint8_t message[6 << 10] = "many bytes";
        qk_mech_use use = use_variant(variants[i % 2]);
        qk_view signature;

        qk_arena_init(&arena, 0);
        make_pair(curves[i / 2], &public_key, &private_key);
        for (size_t len = 0; len <= sizeof message; len += sizeof message / 2) {
            assert_int_equal(qk_crypto_sign(private_key, &use, qk_view_of(message, len), &arena, &signature), QK_OK);
            assert_int_equal(signature.len, 64);
            assert_int_equal(qk_crypto_verify(public_key, &use, qk_view_of(message, len), signature), QK_OK);
        }
    }
}

static void any_changed_bit_is_seen(void **state)
{
    (void)state;
    for (size_t v = 0; v < COUNT(variants); v++) {
        QK_OWNED(qk_key_unref) qk_key *public_key = NULL, *private_key = NULL;
        QK_OWNED(qk_arena_done) qk_arena arena;
        qk_view data = qk_view_of("message", 7), signature;
        qk_mech_use use = use_variant(variants[v]), other = use_variant(variants[!v]);
        uint8_t forged[64];

        qk_arena_init(&arena, 0);
        make_pair("secp256k1", &public_key, &private_key);
        assert_int_equal(qk_crypto_sign(private_key, &use, data, &arena, &signature), QK_OK);
        for (size_t bit = 0; bit < 512; bit++) {
            memcpy(forged, signature.data, sizeof forged);
            forged[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_equal(qk_crypto_verify(public_key, &use, data, qk_view_of(forged, sizeof forged)),
                             QK_E_SIGNATURE_INVALID);
        }
        assert_int_equal(qk_crypto_verify(public_key, &other, data, signature), QK_E_SIGNATURE_INVALID);
        assert_int_equal(qk_crypto_verify(public_key, &use, data, qk_view_slice(signature, 0, 63)),
                         QK_E_SIGNATURE_LENGTH);
    }
}

/* s + n is the same number, but not the same signature. */
static void numbers_out_of_range_are_refused(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *public_key = NULL, *private_key = NULL;
    qk_mech_use use = use_variant(ECSG_IBM_ECSDSA_COMPR_MULTI);
    uint8_t zero[64] = { 0 }, full[64];

    (void)state;
    memset(full, 0xff, sizeof full);
    make_pair("secp256k1", &public_key, &private_key);
    assert_int_equal(qk_crypto_verify(public_key, &use, QK_VIEW_NONE, qk_view_of(zero, 64)), QK_E_SIGNATURE_INVALID);
    assert_int_equal(qk_crypto_verify(public_key, &use, QK_VIEW_NONE, qk_view_of(full, 64)), QK_E_SIGNATURE_INVALID);
}

static void two_signatures_differ(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *public_key = NULL, *private_key = NULL;
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_mech_use use = use_variant(ECSG_IBM_ECSDSA_S256);
    qk_view one, two;

    (void)state;
    qk_arena_init(&arena, 0);
    make_pair("P-256", &public_key, &private_key);
    assert_int_equal(qk_crypto_sign(private_key, &use, QK_VIEW_NONE, &arena, &one), QK_OK);
    assert_int_equal(qk_crypto_sign(private_key, &use, QK_VIEW_NONE, &arena, &two), QK_OK);
    assert_false(qk_view_equal(one, two));
}

static void other_curves_are_refused(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *public_key = NULL, *private_key = NULL;
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_mech_use use = use_variant(ECSG_IBM_ECSDSA_S256);
    qk_view signature;

    (void)state;
    qk_arena_init(&arena, 0);
    make_pair("P-384", &public_key, &private_key);
    assert_int_equal(qk_crypto_sign(private_key, &use, QK_VIEW_NONE, &arena, &signature), QK_E_KEY_TYPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zilliqas_signature_verifies),      cmocka_unit_test(published_signatures_verify),
        cmocka_unit_test(what_is_signed_verifies),          cmocka_unit_test(any_changed_bit_is_seen),
        cmocka_unit_test(numbers_out_of_range_are_refused), cmocka_unit_test(two_signatures_differ),
        cmocka_unit_test(other_curves_are_refused),
    };
    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
