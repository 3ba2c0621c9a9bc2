/* SPDX-License-Identifier: Apache-2.0 */
/* Known answers: SLIP-0010, "Test vectors" (vector 1 of each curve, and those for retries), which for secp256k1 are
 * also BIP-32's test vector 1. */
#include "crypto/testing.h"

#define H 0x80000000u

static const char *const seed1 = "000102030405060708090a0b0c0d0e0f";

/* A step from the row before it, or from the seed where `index` is -1. */
static const struct answer {
    const char *curve, *seed;
    int64_t index;
    const char *chain_code, *value, *public_key;
} answers[] = {
    { "secp256k1", "000102030405060708090a0b0c0d0e0f", -1,
      "873dff81c02f525623fd1fe5167eac3a55a049de3d314bb42ee227ffed37d508",
      "e8f32e723decf4051aefac8e2c93c9c5b214313817cdb01a1494b917c8436b35",
      "0339a36013301597daef41fbe593a02cc513d0b55527ec2df1050e2e8ff49c85c2" },
    { "secp256k1", NULL, 0 | H, "47fdacbd0f1097043b78c63c20c34ef4ed9a111d980047ad16282c7ae6236141",
      "edb2e14f9ee77d26dd93b4ecede8d16ed408ce149b6cd80b0715a2d911a0afea",
      "035a784662a4a20a65bf6aab9ae98a6c068a81c52e4b032c0fb5400c706cfccc56" },
    { "secp256k1", NULL, 1, "2a7857631386ba23dacac34180dd1983734e444fdbf774041578e9b6adb37c19",
      "3c6cb8d0f6a264c91ea8b5030fadaa8e538b020f0a387421a12de9319dc93368",
      "03501e454bf00751f24b1b489aa925215d66af2234e3891c3b21a52bedb3cd711c" },
    { "P-256", "000102030405060708090a0b0c0d0e0f", -1,
      "beeb672fe4621673f722f38529c07392fecaa61015c80c34f29ce8b41b3cb6ea",
      "612091aaa12e22dd2abef664f8a01a82cae99ad7441b7ef8110424915c268bc2",
      "0266874dc6ade47b3ecd096745ca09bcd29638dd52c2c12117b11ed3e458cfa9e8" },
    { "P-256", NULL, 0 | H, "3460cea53e6a6bb5fb391eeef3237ffd8724bf0a40e94943c98b83825342ee11",
      "6939694369114c67917a182c59ddb8cafc3004e63ca5d3b84403ba8613debc0c",
      "0384610f5ecffe8fda089363a41f56a5c7ffc1d81b59a612d0d649b2d22355590c" },
    /* the first hash of this child is no key */
    { "P-256", "000102030405060708090a0b0c0d0e0f", -1,
      "beeb672fe4621673f722f38529c07392fecaa61015c80c34f29ce8b41b3cb6ea",
      "612091aaa12e22dd2abef664f8a01a82cae99ad7441b7ef8110424915c268bc2",
      "0266874dc6ade47b3ecd096745ca09bcd29638dd52c2c12117b11ed3e458cfa9e8" },
    { "P-256", NULL, 28578 | H, "e94c8ebe30c2250a14713212f6449b20f3329105ea15b652ca5bdfc68f6c65c2",
      "06f0db126f023755d0b8d86d4591718a5210dd8d024e3e14b6159d63f53aa669", NULL },
    { "P-256", NULL, 33941, "9e87fe95031f14736774cd82f25fd885065cb7c358c1edf813c72af535e83071",
      "092154eed4af83e078ff9b84322015aefe5769e31270f62c3f66c33888335f3a", NULL },
    /* the first hash of this seed is no key */
    { "P-256", "a7305bc8df8d0951f0cb224c0e95d7707cbdf2c6ce7e8d481fec69c7ff5e9446", -1,
      "7762f9729fed06121fd13f326884c82f59aa95c57ac492ce8c9654e60efd130c",
      "3b8c18469a4634517d6d0b65448f8e6c62091b45540a1743c5846be55d47d88f", NULL },
    { "Ed25519", "000102030405060708090a0b0c0d0e0f", -1,
      "90046a93de5380a72b5e45010748567d5ea02bbf6522f979e05c0d8d8ca9fffb",
      "2b4be7f19ee27bbf30c667b642d5f4aa69fd169872f8fc3059c08ebae2eb19e7",
      "a4b2856bfec510abab89753fac1ac0e1112364e7d250545963f135f2a33188ed" },
    { "Ed25519", NULL, 0 | H, "8b59aa11380b624e81507a27fedda59fea6d0b779a778918a2fd3590e16e9c69",
      "68e0fe46dfb67e368c75379acec591dad19df3cde26e63b93a8e704f1dade7a3",
      "8c8a13df77a28f3445213a0f432fde644acaa215fc72dcdf300d5efaa85d350c" },
};

static qk_err derive(const qk_key *base, unsigned type, const char *curve, uint32_t index, qk_view chain_code,
                     qk_key **out)
{
    QK_OWNED(qk_attrs_done) qk_attrs template_ = QK_ATTRS_NONE;
    qk_key_wanted wanted = { .type = CKK_EC, .template_ = &template_ };
    qk_mech_use use = use_of(CKM_IBM_BTC_DERIVE);

    use.btc.type = type;
    use.btc.version = 1;
    use.btc.child = index;
    use.btc.chain_code = chain_code;
    assert_int_equal(qk_attrs_set(&template_, CKA_EC_PARAMS, qk_view_of(curve, strlen(curve))), QK_OK);
    return qk_crypto_derive(base, &use, &wanted, out);
}

static void assert_public(const qk_key *key, const char *hex)
{
    uint8_t compressed[33];

    if (key->curve->kind == QK_CURVE_EDWARDS) {
        assert_hex(qk_view_of(key->point, key->point_len), hex);
        return;
    }
    compressed[0] = (uint8_t)(2 | (key->point[64] & 1));
    memcpy(compressed + 1, key->point + 1, 32);
    assert_hex(qk_view_of(compressed, sizeof compressed), hex);
}

static void assert_node(const qk_key *key, const struct answer *answer)
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;

    assert_int_equal(qk_key_reveal(key, CKA_VALUE, &value), QK_OK);
    assert_hex(qk_secret_reveal(&value), answer->value);
    assert_hex(qk_key_chain_code(key), answer->chain_code);
    if (answer->public_key)
        assert_public(key, answer->public_key);
}

static qk_key *master_of(const char *curve, const char *seed, bool slip10)
{
    QK_OWNED(qk_key_unref) qk_key *base = secret_key_hex(CKK_GENERIC_SECRET, seed);
    qk_key *key = NULL;

    assert_int_equal(
        derive(base, slip10 ? CK_IBM_SLIP0010_MASTERK : CK_IBM_BIP0032_MASTERK, curve, 0, QK_VIEW_NONE, &key), QK_OK);
    return key;
}

static void the_published_trees_grow(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *parent = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        qk_key *child = NULL;
        if (answers[i].seed)
            child = master_of(answers[i].curve, answers[i].seed, true);
        else
            assert_int_equal(derive(parent, CK_IBM_SLIP0010_PRV2PRV, answers[i].curve, (uint32_t)answers[i].index,
                                    qk_key_chain_code(parent), &child),
                             QK_OK);
        assert_node(child, &answers[i]);
        qk_key_unref(&parent);
        parent = child;
    }
}

static void bip32_and_slip10_agree_on_secp256k1(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *master = master_of("secp256k1", seed1, false), *child = NULL;

    (void)state;
    assert_node(master, &answers[0]);
    assert_int_equal(derive(master, CK_IBM_BIP0032_PRV2PRV, "secp256k1", H, qk_key_chain_code(master), &child), QK_OK);
    assert_node(child, &answers[1]);
}

/* A public child is the same from either parent. */
static void a_public_parent_has_the_same_public_children(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *master = master_of("secp256k1", seed1, false), *parent = NULL;
    QK_OWNED(qk_key_unref) qk_key *from_private = NULL, *parent_public = NULL, *from_public = NULL;

    (void)state;
    assert_int_equal(derive(master, CK_IBM_BIP0032_PRV2PRV, "secp256k1", H, qk_key_chain_code(master), &parent), QK_OK);
    assert_int_equal(derive(master, CK_IBM_BIP0032_PRV2PUB, "secp256k1", H, qk_key_chain_code(master), &parent_public),
                     QK_OK);
    assert_int_equal(parent_public->class, CKO_PUBLIC_KEY);
    assert_public(parent_public, answers[1].public_key);
    assert_int_equal(derive(parent, CK_IBM_BIP0032_PRV2PUB, "secp256k1", 1, qk_key_chain_code(parent), &from_private),
                     QK_OK);
    assert_int_equal(
        derive(parent_public, CK_IBM_BIP0032_PUB2PUB, "secp256k1", 1, qk_key_chain_code(parent), &from_public), QK_OK);
    assert_public(from_private, answers[2].public_key);
    assert_public(from_public, answers[2].public_key);
    assert_bytes(qk_key_chain_code(from_public), qk_key_chain_code(from_private));
}

static void hardened_children_have_no_way_from_the_public_key(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *master = master_of("secp256k1", seed1, false), *public_key = NULL, *none = NULL;

    (void)state;
    assert_int_equal(derive(master, CK_IBM_BIP0032_PRV2PUB, "secp256k1", 0, qk_key_chain_code(master), &public_key),
                     QK_OK);
    assert_int_equal(derive(public_key, CK_IBM_BIP0032_PUB2PUB, "secp256k1", H, qk_key_chain_code(master), &none),
                     QK_E_MECHANISM_PARAM);
}

static void ed25519_has_hardened_children_only(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *master = master_of("Ed25519", seed1, true), *none = NULL;

    (void)state;
    assert_int_equal(derive(master, CK_IBM_SLIP0010_PRV2PRV, "Ed25519", 0, qk_key_chain_code(master), &none),
                     QK_E_MECHANISM_PARAM);
}

static void bip32_knows_secp256k1_alone(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *seed = secret_key_hex(CKK_GENERIC_SECRET, seed1), *none = NULL;

    (void)state;
    assert_int_equal(derive(seed, CK_IBM_BIP0032_MASTERK, "P-256", 0, QK_VIEW_NONE, &none), QK_E_CURVE_NOT_SUPPORTED);
    assert_int_equal(derive(seed, CK_IBM_SLIP0010_MASTERK, "P-384", 0, QK_VIEW_NONE, &none), QK_E_CURVE_NOT_SUPPORTED);
}

static void seeds_have_sixteen_to_sixty_four_bytes(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *brief = secret_key_hex(CKK_GENERIC_SECRET, "000102030405060708090a0b0c0d0e");
    qk_key *none = NULL;

    (void)state;
    assert_int_equal(derive(brief, CK_IBM_BIP0032_MASTERK, "secp256k1", 0, QK_VIEW_NONE, &none), QK_E_KEY_SIZE);
}

static void a_derivation_begins_with_the_right_kind_of_key(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *seed = secret_key_hex(CKK_GENERIC_SECRET, seed1);
    QK_OWNED(qk_key_unref) qk_key *master = master_of("secp256k1", seed1, false);
    qk_view chain_code = qk_key_chain_code(master);
    qk_key *none = NULL;

    (void)state;
    assert_int_equal(derive(seed, CK_IBM_BIP0032_PRV2PRV, "secp256k1", 0, chain_code, &none), QK_E_KEY_TYPE);
    assert_int_equal(derive(master, CK_IBM_BIP0032_MASTERK, "secp256k1", 0, QK_VIEW_NONE, &none), QK_E_KEY_TYPE);
    assert_int_equal(derive(master, CK_IBM_BIP0032_PUB2PUB, "secp256k1", 0, chain_code, &none), QK_E_KEY_TYPE);
    assert_int_equal(derive(master, CK_IBM_BIP0032_PRV2PRV, "P-256", 0, chain_code, &none), QK_E_TEMPLATE_INCONSISTENT);
    assert_int_equal(derive(master, 99, "secp256k1", 0, chain_code, &none), QK_E_MECHANISM_PARAM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_trees_grow),
        cmocka_unit_test(bip32_and_slip10_agree_on_secp256k1),
        cmocka_unit_test(a_public_parent_has_the_same_public_children),
        cmocka_unit_test(hardened_children_have_no_way_from_the_public_key),
        cmocka_unit_test(ed25519_has_hardened_children_only),
        cmocka_unit_test(bip32_knows_secp256k1_alone),
        cmocka_unit_test(seeds_have_sixteen_to_sixty_four_bytes),
        cmocka_unit_test(a_derivation_begins_with_the_right_kind_of_key),
    };
    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
