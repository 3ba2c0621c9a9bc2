/* SPDX-License-Identifier: Apache-2.0 */
/* Keys on Montgomery curves in every form: attributes, PKCS #8, SubjectPublicKeyInfo, the standard's type and IBM's. */
#include "crypto/key/pair_testing.h"

/* Alice's keys of RFC 7748, 6.1 and 6.2. */
#define X25519_VALUE "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"
#define X25519_POINT "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
#define X448_VALUE                                                                                                     \
    "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b"
#define X448_POINT                                                                                                     \
    "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0"

/* Forms of RFC 8410, section 4 and 7, and those of GREP11. */
static const struct {
    CK_KEY_TYPE type;
    const char *curve, *value, *point, *pkcs8, *standard, *grep11;
} rows[] = {
    { CKK_EC_MONTGOMERY, "curve25519", X25519_VALUE, X25519_POINT, "302e020100300506032b656e04220420" X25519_VALUE,
      "302a300506032b656e032100" X25519_POINT, "3033300e06072a8648ce3d020106032b656e032100" X25519_POINT },
    { CKK_EC, "curve25519", X25519_VALUE, X25519_POINT, "302e020100300506032b656e04220420" X25519_VALUE,
      "302a300506032b656e032100" X25519_POINT, "3033300e06072a8648ce3d020106032b656e032100" X25519_POINT },
    { CKK_EC_MONTGOMERY, "x448", X448_VALUE, X448_POINT, "3046020100300506032b656f043a0438" X448_VALUE,
      "3042300506032b656f033900" X448_POINT, "304b300e06072a8648ce3d020106032b656f033900" X448_POINT },
};

static qk_err from_attrs(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const char *curve, const char *value,
                         const char *point, qk_key **out_key)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    set_kind(&attrs, class, type);
    set_curve(&attrs, curve);
    if (value)
        set_hex(&attrs, CKA_VALUE, value);
    if (point)
        set_hex(&attrs, CKA_EC_POINT, point);
    return qk_key_from_attrs(&attrs, out_key);
}

static void assert_written(const qk_key *key, const char *expected)
{
    QK_OWNED(qk_secret_free) qk_secret written = QK_SECRET_NONE;

    assert_qk_ok(qk_key_write(key, &written));
    assert_hex(qk_secret_reveal(&written), expected);
}

static void a_montgomery_key_computes_its_public_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        QK_OWNED(qk_key_unref) qk_key *key = NULL;
        QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
        assert_qk_ok(from_attrs(CKO_PRIVATE_KEY, rows[i].type, rows[i].curve, rows[i].value, NULL, &key));
        assert_hex(qk_view_of(key->point, key->point_len), rows[i].point);
        assert_qk_ok(qk_key_reveal(key, CKA_VALUE, &value));
        assert_hex(qk_secret_reveal(&value), rows[i].value);
    }
}

static void montgomery_keys_are_written_and_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        QK_OWNED(qk_key_unref) qk_key *private_key = read_hex(CKO_PRIVATE_KEY, rows[i].type, rows[i].pkcs8);
        QK_OWNED(qk_key_unref) qk_key *standard = read_hex(CKO_PUBLIC_KEY, rows[i].type, rows[i].standard);
        QK_OWNED(qk_key_unref) qk_key *grep11 = read_hex(CKO_PUBLIC_KEY, rows[i].type, rows[i].grep11);
        QK_OWNED(qk_buf_done) qk_buf spki = QK_BUF_NONE;
        assert_written(private_key, rows[i].pkcs8);
        assert_written(standard, rows[i].grep11);
        assert_written(grep11, rows[i].grep11);
        assert_qk_ok(qk_key_write_spki(private_key, true, &spki));
        assert_hex(qk_buf_view(&spki), rows[i].standard);
    }
}

/* CKA_PUBLIC_KEY_INFO has the standard form for the standard's type, GREP11's for IBM's. */
static void a_montgomery_key_describes_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        QK_OWNED(qk_attrs_done) qk_attrs described = QK_ATTRS_NONE;
        QK_OWNED(qk_key_unref) qk_key *key = read_hex(CKO_PRIVATE_KEY, rows[i].type, rows[i].pkcs8);
        assert_qk_ok(qk_key_describe(key, &described));
        assert_hex(qk_attrs_view(&described, CKA_PUBLIC_KEY_INFO),
                   rows[i].type == CKK_EC ? rows[i].grep11 : rows[i].standard);
        assert_null(qk_attrs_find(&described, CKA_VALUE));
        assert_ptr_equal(qk_curve_find(qk_attrs_view(&described, CKA_EC_PARAMS)), key->curve);
    }
}

static void montgomery_keys_are_made_under_both_types(void **state)
{
    static const struct {
        CK_MECHANISM_TYPE mechanism;
        const char *curve;
        unsigned bits;
        CK_KEY_TYPE type;
    } made[] = {
        { CKM_EC_MONTGOMERY_KEY_PAIR_GEN, "curve25519", 255, CKK_EC_MONTGOMERY },
        { CKM_EC_MONTGOMERY_KEY_PAIR_GEN, "curve448", 448, CKK_EC_MONTGOMERY },
        { CKM_EC_KEY_PAIR_GEN, "curve25519", 255, CKK_EC },
        { CKM_EC_KEY_PAIR_GEN, "x448", 448, CKK_EC },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(made); i++) {
        QK_OWNED(qk_key_unref) qk_key *public_key = NULL, *private_key = NULL;
        make_ec_pair(made[i].mechanism, made[i].curve, &public_key, &private_key);
        assert_int_equal(qk_key_type(private_key), made[i].type);
        assert_int_equal(qk_key_type(public_key), made[i].type);
        assert_int_equal(qk_key_bits(public_key), made[i].bits);
        assert_bytes(qk_view_of(public_key->point, public_key->point_len),
                     qk_view_of(private_key->point, private_key->point_len));
    }
}

static void montgomery_keys_are_on_montgomery_curves(void **state)
{
    static const char *const others[] = { "P-256", "ed25519", "ed448" };
    qk_key *public_key = NULL, *private_key = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT(others); i++) {
        assert_qk_err(try_ec_pair(CKM_EC_MONTGOMERY_KEY_PAIR_GEN, others[i], &public_key, &private_key),
                      QK_E_CURVE_NOT_SUPPORTED);
        assert_qk_err(from_attrs(CKO_PRIVATE_KEY, CKK_EC_MONTGOMERY, others[i], X25519_VALUE, NULL, &private_key),
                      QK_E_CURVE_NOT_SUPPORTED);
    }
    assert_null(public_key);
    assert_null(private_key);
}

static void wrong_montgomery_keys_are_refused(void **state)
{
    qk_key *key = NULL;

    (void)state;
    assert_qk_err(from_attrs(CKO_PRIVATE_KEY, CKK_EC_MONTGOMERY, "x448", X25519_VALUE, NULL, &key),
                  QK_E_ATTRIBUTE_VALUE);
    assert_qk_err(from_attrs(CKO_PUBLIC_KEY, CKK_EC_MONTGOMERY, "x448", NULL, X25519_POINT, &key),
                  QK_E_ATTRIBUTE_VALUE);
    assert_qk_err(from_attrs(CKO_PUBLIC_KEY, CKK_EC_MONTGOMERY, "curve25519", NULL, NULL, &key),
                  QK_E_TEMPLATE_INCOMPLETE);
    assert_qk_err(from_attrs(CKO_PRIVATE_KEY, CKK_EC_MONTGOMERY, "curve25519", NULL, NULL, &key),
                  QK_E_TEMPLATE_INCOMPLETE);
    assert_qk_err(from_attrs(CKO_PRIVATE_KEY, CKK_EC_MONTGOMERY, "curve25519", X25519_VALUE, X25519_VALUE, &key),
                  QK_E_ATTRIBUTE_VALUE); /* a point, but of another value */
    assert_null(key);
}

static void a_montgomery_key_does_not_sign(void **state)
{
    static const CK_MECHANISM_TYPE mechanisms[] = { CKM_ECDSA, CKM_EDDSA, CKM_IBM_ED25519_SHA512 };
    QK_OWNED(arena_done) qk_arena arena;

    (void)state;
    qk_arena_init(&arena, 0);
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t j = 0; j < COUNT(mechanisms); j++) {
            QK_OWNED(qk_key_unref) qk_key *key = read_hex(CKO_PRIVATE_KEY, rows[i].type, rows[i].pkcs8);
            qk_mech_use use = use_of(mechanisms[j]);
            qk_view signature;
            assert_qk_err(qk_crypto_sign(key, &use, qk_view_text("abc"), &arena, &signature), QK_E_KEY_TYPE);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_montgomery_key_computes_its_public_key),
        cmocka_unit_test(montgomery_keys_are_written_and_read),
        cmocka_unit_test(a_montgomery_key_describes_itself),
        cmocka_unit_test(montgomery_keys_are_made_under_both_types),
        cmocka_unit_test(montgomery_keys_are_on_montgomery_curves),
        cmocka_unit_test(wrong_montgomery_keys_are_refused),
        cmocka_unit_test(a_montgomery_key_does_not_sign),
    };

    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
