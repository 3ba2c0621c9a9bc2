/* SPDX-License-Identifier: Apache-2.0 */
/* Keys from attributes and attributes from keys; missing RSA numbers computed; generation and its refusals. */
#include "crypto/key/key.h"
#include "crypto/key/pair_testing.h"
#include "crypto/rsa/rsa_vectors.h"

#define P256_SCALAR "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721" /* RFC 6979, A.2.5 */
#define P256_X      "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
#define P256_Y      "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
#define P256_OID    "06082a8648ce3d030107"
#define ED_SEED     "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60" /* RFC 8032, 7.1 */
#define ED_PUBLIC   "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

static void assert_attr(const qk_attrs *attrs, CK_ATTRIBUTE_TYPE type, const char *hex)
{
    const qk_attr *attr = qk_attrs_find(attrs, type);

    if (!attr)
        fail_msg("attribute 0x%lx is missing", type);
    else
        assert_hex(attr->value, hex);
}

static void assert_revealed(const qk_key *key, CK_ATTRIBUTE_TYPE type, const char *hex)
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;

    assert_qk_ok(qk_key_reveal(key, type, &value));
    assert_hex(qk_secret_reveal(&value), hex);
}

static void refuse(const qk_attrs *attrs, qk_err wanted)
{
    qk_key *key = NULL;

    assert_qk_err(qk_key_from_attrs(attrs, &key), wanted);
    assert_null(key);
}

/* ---- secret keys ---- */

/* Check values: AES of a zero block (NIST's AESAVS), SHA-1 of "abc" (FIPS 180). */
static void a_secret_key_describes_itself(void **state)
{
    static const struct {
        CK_KEY_TYPE type;
        const char *value, *check;
    } rows[] = {
        { CKK_AES, "00000000000000000000000000000000", "66e94b" },
        { CKK_AES, "0000000000000000000000000000000000000000000000000000000000000000", "dc95c0" },
        { CKK_GENERIC_SECRET, "616263", "a9993e" },
        { CKK_SHA256_HMAC, "616263", "a9993e" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        QK_OWNED(qk_attrs_done) qk_attrs given = QK_ATTRS_NONE, described = QK_ATTRS_NONE;
        QK_OWNED(qk_key_unref) qk_key *key = NULL;
        set_kind(&given, CKO_SECRET_KEY, rows[i].type);
        set_hex(&given, CKA_VALUE, rows[i].value);
        set_hex(&given, CKA_CHECK_VALUE, rows[i].check);
        assert_qk_ok(qk_key_from_attrs(&given, &key));
        assert_qk_ok(qk_key_describe(key, &described));
        assert_attr(&described, CKA_CHECK_VALUE, rows[i].check);
        assert_int_equal(qk_attrs_ulong(&described, CKA_VALUE_LEN, 0), strlen(rows[i].value) / 2);
        assert_null(qk_attrs_find(&described, CKA_VALUE));
        assert_revealed(key, CKA_VALUE, rows[i].value);
    }
}

static void secret_templates_are_checked(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    (void)state;
    refuse(&attrs, QK_E_TEMPLATE_INCOMPLETE);
    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_CLASS, CKO_SECRET_KEY));
    refuse(&attrs, QK_E_TEMPLATE_INCOMPLETE);
    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_KEY_TYPE, CKK_AES));
    refuse(&attrs, QK_E_TEMPLATE_INCOMPLETE);
    set_hex(&attrs, CKA_VALUE, "0011223344");
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE);
    set_hex(&attrs, CKA_VALUE, "00000000000000000000000000000000");
    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_VALUE_LEN, 32));
    refuse(&attrs, QK_E_TEMPLATE_INCONSISTENT);
    qk_attrs_remove(&attrs, CKA_VALUE_LEN);
    set_hex(&attrs, CKA_CHECK_VALUE, "66e94c");
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE);
    qk_attrs_remove(&attrs, CKA_CHECK_VALUE);
    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_KEY_TYPE, CKK_DES3));
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE);
    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_KEY_TYPE, CKK_RSA));
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE);
    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_CLASS, CKO_DATA));
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE);
}

/* ---- RSA ---- */

static const struct {
    CK_ATTRIBUTE_TYPE type;
    const char *hex;
} rsa_numbers[] = {
    { CKA_MODULUS, RSA_N_HEX },     { CKA_PUBLIC_EXPONENT, "010001" }, { CKA_PRIVATE_EXPONENT, RSA_D_HEX },
    { CKA_PRIME_1, RSA_P_HEX },     { CKA_PRIME_2, RSA_Q_HEX },        { CKA_EXPONENT_1, RSA_DP_HEX },
    { CKA_EXPONENT_2, RSA_DQ_HEX }, { CKA_COEFFICIENT, RSA_QINV_HEX },
};

enum { N = 1, E = 2, D = 4, P = 8, Q = 16, DP = 32, DQ = 64, QINV = 128 };

/* A private key's template with the numbers of the mask. */
static void set_rsa(qk_attrs *attrs, unsigned mask)
{
    set_kind(attrs, CKO_PRIVATE_KEY, CKK_RSA);
    for (size_t i = 0; i < COUNT(rsa_numbers); i++)
        if (mask & 1u << i)
            set_hex(attrs, rsa_numbers[i].type, rsa_numbers[i].hex);
}

static void missing_rsa_numbers_are_computed(void **state)
{
    static const unsigned masks[] = {
        N | E | D | P | Q | DP | DQ | QINV, N | E | D, N | D, /* the usual exponent is found */
        N | D | P | Q | DP | DQ | QINV,     P | Q | D, P | Q | E, N | E | P | Q, N | E | D | P, N | E | D | P | Q,
    };

    (void)state;
    for (size_t i = 0; i < COUNT(masks); i++) {
        QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE, described = QK_ATTRS_NONE;
        QK_OWNED(qk_key_unref) qk_key *key = NULL;
        set_rsa(&attrs, masks[i]);
        assert_qk_ok(qk_key_from_attrs(&attrs, &key));
        assert_int_equal(qk_key_bits(key), 2048);
        assert_qk_ok(qk_key_describe(key, &described));
        assert_attr(&described, CKA_MODULUS, RSA_N_HEX);
        assert_attr(&described, CKA_PUBLIC_EXPONENT, "010001");
        if (masks[i] & D) /* else it may be another that does the same */
            assert_revealed(key, CKA_PRIVATE_EXPONENT, RSA_D_HEX);
        for (size_t j = 3; j < COUNT(rsa_numbers); j++)
            assert_revealed(key, rsa_numbers[j].type, rsa_numbers[j].hex);
    }
}

static void too_few_rsa_numbers_are_refused(void **state)
{
    static const unsigned masks[] = { 0, N, N | E, D, E | D, P | Q, N | P | Q, E | P, N | E | DP | DQ | QINV };

    (void)state;
    for (size_t i = 0; i < COUNT(masks); i++) {
        QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
        set_rsa(&attrs, masks[i]);
        refuse(&attrs, QK_E_TEMPLATE_INCOMPLETE);
    }
}

/* An exponent nobody uses: with the primes it is computed, without them it is asked for. */
static void an_unusual_exponent_is_computed_or_asked_for(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE, bare = QK_ATTRS_NONE, described = QK_ATTRS_NONE;
    QK_OWNED(qk_key_unref) qk_key *made = NULL, *again = NULL;
    QK_OWNED(qk_secret_free) qk_secret d = QK_SECRET_NONE;

    (void)state;
    set_rsa(&attrs, P | Q);
    set_hex(&attrs, CKA_PUBLIC_EXPONENT, "01000000000000000d");
    assert_qk_ok(qk_key_from_attrs(&attrs, &made));
    assert_qk_ok(qk_key_reveal(made, CKA_PRIVATE_EXPONENT, &d));
    qk_attrs_remove(&attrs, CKA_PUBLIC_EXPONENT);
    assert_qk_ok(qk_attrs_set(&attrs, CKA_PRIVATE_EXPONENT, qk_secret_reveal(&d)));
    assert_qk_ok(qk_key_from_attrs(&attrs, &again));
    assert_qk_ok(qk_key_describe(again, &described));
    assert_attr(&described, CKA_PUBLIC_EXPONENT, "01000000000000000d");
    set_rsa(&bare, N);
    assert_qk_ok(qk_attrs_set(&bare, CKA_PRIVATE_EXPONENT, qk_secret_reveal(&d)));
    refuse(&bare, QK_E_TEMPLATE_INCOMPLETE);
    assert_words("CKA_PUBLIC_EXPONENT");
}

static void rsa_numbers_that_contradict_each_other_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rsa_numbers); i++) {
        QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
        QK_OWNED(qk_buf_done) qk_buf number = unhex(rsa_numbers[i].hex);
        set_rsa(&attrs, 0xff);
        number.data[number.len - 1] ^= 2;
        assert_qk_ok(qk_attrs_set(&attrs, rsa_numbers[i].type, qk_buf_view(&number)));
        refuse(&attrs, QK_E_ATTRIBUTE_VALUE);
    }
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    set_rsa(&attrs, N | E | D);
    set_hex(&attrs, CKA_PRIVATE_EXPONENT, "03");
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE); /* cannot be factored with it */
    set_hex(&attrs, CKA_PRIVATE_EXPONENT, "02");
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE);
    set_hex(&attrs, CKA_PRIVATE_EXPONENT, RSA_N_HEX);
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE);
    set_rsa(&attrs, D | P);
    set_hex(&attrs, CKA_PRIME_2, RSA_P_HEX);
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE);
}

static void an_rsa_public_key_describes_itself(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE, described = QK_ATTRS_NONE;
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;

    (void)state;
    set_kind(&attrs, CKO_PUBLIC_KEY, CKK_RSA);
    set_hex(&attrs, CKA_MODULUS, RSA_N_HEX);
    set_hex(&attrs, CKA_PUBLIC_EXPONENT, "00010001");
    set_hex(&attrs, CKA_PUBLIC_KEY_INFO, RSA_SPKI_HEX);
    assert_qk_ok(qk_key_from_attrs(&attrs, &key));
    assert_qk_ok(qk_key_describe(key, &described));
    assert_attr(&described, CKA_MODULUS, RSA_N_HEX);
    assert_attr(&described, CKA_PUBLIC_EXPONENT, "010001");
    assert_attr(&described, CKA_PUBLIC_KEY_INFO, RSA_SPKI_HEX);
    assert_int_equal(qk_attrs_ulong(&described, CKA_MODULUS_BITS, 0), 2048);
    assert_qk_err(qk_key_reveal(key, CKA_PRIVATE_EXPONENT, &value), QK_E_ATTRIBUTE_TYPE);
}

static void rsa_public_templates_are_checked(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    static const char *const exponents[] = { "01", "02", "010000" };

    (void)state;
    set_kind(&attrs, CKO_PUBLIC_KEY, CKK_RSA);
    refuse(&attrs, QK_E_TEMPLATE_INCOMPLETE);
    set_hex(&attrs, CKA_MODULUS, RSA_N_HEX);
    refuse(&attrs, QK_E_TEMPLATE_INCOMPLETE);
    for (size_t i = 0; i < COUNT(exponents); i++) {
        set_hex(&attrs, CKA_PUBLIC_EXPONENT, exponents[i]);
        refuse(&attrs, QK_E_ATTRIBUTE_VALUE);
    }
    set_hex(&attrs, CKA_PUBLIC_EXPONENT, "010001");
    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_MODULUS_BITS, 2047));
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE);
    qk_attrs_remove(&attrs, CKA_MODULUS_BITS);
    set_hex(&attrs, CKA_MODULUS, RSA_P_HEX "00");
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE); /* even */
    set_hex(&attrs, CKA_MODULUS, "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE); /* too short */
    set_hex(&attrs, CKA_MODULUS, RSA_N_HEX);
    set_hex(&attrs, CKA_PUBLIC_KEY_INFO, PSS_SPKI_HEX);
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE);
}

/* ---- elliptic curves ---- */

static void an_ec_public_key_takes_its_point_in_every_form(void **state)
{
    static const char *const points[] = {
        "044104" P256_X P256_Y, /* DER, as the standard says */
        "04" P256_X P256_Y,     /* bare */
        "042103" P256_X,        /* compressed (y is odd) */
        "03" P256_X,
    };
    static const char *const curves[] = { "P-256", "prime256v1" };

    (void)state;
    for (size_t i = 0; i < COUNT(points); i++) {
        QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE, described = QK_ATTRS_NONE;
        QK_OWNED(qk_key_unref) qk_key *key = NULL;
        set_kind(&attrs, CKO_PUBLIC_KEY, CKK_EC);
        set_curve(&attrs, curves[i % COUNT(curves)]);
        set_hex(&attrs, CKA_EC_POINT, points[i]);
        assert_qk_ok(qk_key_from_attrs(&attrs, &key));
        assert_qk_ok(qk_key_describe(key, &described));
        assert_attr(&described, CKA_EC_PARAMS, P256_OID);
        assert_attr(&described, CKA_EC_POINT, "044104" P256_X P256_Y);
        assert_attr(&described, CKA_PUBLIC_KEY_INFO,
                    "3059301306072a8648ce3d020106082a8648ce3d03010703420004" P256_X P256_Y);
    }
}

static void an_ec_private_key_computes_its_public_key(void **state)
{
    static const char *const values[] = { P256_SCALAR, "0000" P256_SCALAR };

    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE, described = QK_ATTRS_NONE;
        QK_OWNED(qk_key_unref) qk_key *key = NULL;
        set_kind(&attrs, CKO_PRIVATE_KEY, CKK_EC);
        set_hex(&attrs, CKA_EC_PARAMS, P256_OID);
        set_hex(&attrs, CKA_VALUE, values[i]);
        assert_qk_ok(qk_key_from_attrs(&attrs, &key));
        assert_qk_ok(qk_key_describe(key, &described));
        assert_attr(&described, CKA_EC_POINT, "044104" P256_X P256_Y);
        assert_null(qk_attrs_find(&described, CKA_VALUE));
        assert_revealed(key, CKA_VALUE, P256_SCALAR);
        qk_secret value = QK_SECRET_NONE;
        assert_qk_err(qk_key_reveal(key, CKA_PRIME_1, &value), QK_E_ATTRIBUTE_TYPE);
    }
}

static void a_short_scalar_is_padded(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    QK_OWNED(qk_key_unref) qk_key *key = NULL;

    (void)state;
    set_kind(&attrs, CKO_PRIVATE_KEY, CKK_EC);
    set_curve(&attrs, "P-256");
    set_hex(&attrs, CKA_VALUE, "01");
    assert_qk_ok(qk_key_from_attrs(&attrs, &key));
    assert_revealed(key, CKA_VALUE, "0000000000000000000000000000000000000000000000000000000000000001");
    /* the base point: SEC 2, 2.4.2 */
    assert_hex(qk_view_of(key->point, 33), "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
}

static void both_forms_of_ed25519_describe_themselves(void **state)
{
    static const struct {
        CK_KEY_TYPE type;
        const char *value, *info;
    } rows[] = {
        { CKK_EC, ED_SEED, "3033300e06072a8648ce3d020106032b6570032100" ED_PUBLIC },
        { CKK_EC, ED_SEED ED_PUBLIC, "3033300e06072a8648ce3d020106032b6570032100" ED_PUBLIC },
        { CKK_EC_EDWARDS, ED_SEED, "302a300506032b6570032100" ED_PUBLIC },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE, described = QK_ATTRS_NONE;
        QK_OWNED(qk_key_unref) qk_key *key = NULL;
        set_kind(&attrs, CKO_PRIVATE_KEY, rows[i].type);
        set_hex(&attrs, CKA_EC_PARAMS, "06032b6570");
        set_hex(&attrs, CKA_VALUE, rows[i].value);
        assert_qk_ok(qk_key_from_attrs(&attrs, &key));
        assert_qk_ok(qk_key_describe(key, &described));
        assert_attr(&described, CKA_EC_PARAMS, "06032b6570");
        assert_attr(&described, CKA_EC_POINT, "0420" ED_PUBLIC);
        assert_attr(&described, CKA_PUBLIC_KEY_INFO, rows[i].info);
        assert_revealed(key, CKA_VALUE, ED_SEED);
    }
}

static void an_ed25519_point_is_der_or_bare(void **state)
{
    static const char *const points[] = { "0420" ED_PUBLIC, ED_PUBLIC };

    (void)state;
    for (size_t i = 0; i < COUNT(points); i++) {
        QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
        QK_OWNED(qk_key_unref) qk_key *key = NULL;
        set_kind(&attrs, CKO_PUBLIC_KEY, CKK_EC_EDWARDS);
        set_curve(&attrs, "edwards25519");
        set_hex(&attrs, CKA_EC_POINT, points[i]);
        assert_qk_ok(qk_key_from_attrs(&attrs, &key));
        assert_hex(qk_view_of(key->point, key->point_len), ED_PUBLIC);
    }
}

static void ec_templates_are_checked(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    (void)state;
    set_kind(&attrs, CKO_PUBLIC_KEY, CKK_EC);
    set_hex(&attrs, CKA_EC_POINT, "04" P256_X P256_Y);
    refuse(&attrs, QK_E_TEMPLATE_INCOMPLETE);
    set_curve(&attrs, "P-255");
    refuse(&attrs, QK_E_CURVE_NOT_SUPPORTED);
    set_curve(&attrs, "curve25519"); /* IBM's form, but the point is too long */
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE);
    set_curve(&attrs, "P-384");
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE);
    set_curve(&attrs, "P-256");
    set_hex(&attrs, CKA_EC_POINT, "04" P256_Y P256_X);
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE);
    set_hex(&attrs, CKA_EC_POINT, "044104" P256_X P256_Y "00");
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE);
    set_hex(&attrs, CKA_EC_POINT, "07" P256_X P256_Y); /* the hybrid form of X9.62 */
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE);
    qk_attrs_remove(&attrs, CKA_EC_POINT);
    refuse(&attrs, QK_E_TEMPLATE_INCOMPLETE);
    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_CLASS, CKO_PRIVATE_KEY));
    refuse(&attrs, QK_E_TEMPLATE_INCOMPLETE);
    set_hex(&attrs, CKA_VALUE, "00");
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE);
    set_hex(&attrs, CKA_VALUE, "01" P256_SCALAR);
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE);
    set_hex(&attrs, CKA_VALUE, P256_SCALAR);
    set_hex(&attrs, CKA_EC_POINT,
            "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
            "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE); /* a point, but of another scalar */
}

static void edwards_templates_are_checked(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    (void)state;
    set_kind(&attrs, CKO_PRIVATE_KEY, CKK_EC_EDWARDS);
    set_curve(&attrs, "P-256");
    set_hex(&attrs, CKA_VALUE, ED_SEED);
    refuse(&attrs, QK_E_CURVE_NOT_SUPPORTED);
    set_curve(&attrs, "ed25519");
    set_hex(&attrs, CKA_VALUE, "00" ED_SEED);
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE);
    set_hex(&attrs, CKA_VALUE, ED_SEED ED_SEED);
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE);
    assert_words("second half");
}

/* ---- generation ---- */

static void generated_secret_keys_have_the_length_asked_for(void **state)
{
    static const struct {
        CK_MECHANISM_TYPE mechanism;
        CK_KEY_TYPE type;
        CK_ULONG len;
    } rows[] = {
        { CKM_AES_KEY_GEN, CKK_AES, 16 },
        { CKM_AES_KEY_GEN, CKK_AES, 24 },
        { CKM_AES_KEY_GEN, CKK_AES, 32 },
        { CKM_GENERIC_SECRET_KEY_GEN, CKK_GENERIC_SECRET, 1 },
        { CKM_GENERIC_SECRET_KEY_GEN, CKK_GENERIC_SECRET, 1024 },
        { CKM_GENERIC_SECRET_KEY_GEN, CKK_SHA256_HMAC, 32 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        QK_OWNED(qk_attrs_done) qk_attrs template_ = QK_ATTRS_NONE;
        QK_OWNED(qk_key_unref) qk_key *key = NULL, *other = NULL;
        qk_mech_use use = use_of(rows[i].mechanism);
        assert_qk_ok(qk_attrs_set_ulong(&template_, CKA_VALUE_LEN, rows[i].len));
        assert_qk_ok(qk_attrs_set_ulong(&template_, CKA_KEY_TYPE, rows[i].type));
        assert_qk_ok(qk_key_generate(&use, &template_, &key));
        assert_qk_ok(qk_key_generate(&use, &template_, &other));
        assert_int_equal(qk_key_bits(key), rows[i].len * 8);
        assert_int_equal(qk_key_type(key), rows[i].type);
        if (rows[i].len >= 16)
            assert_false(qk_ct_equal(qk_secret_reveal(&key->value), qk_secret_reveal(&other->value)));
    }
}

static void wrong_lengths_of_secret_keys_are_refused(void **state)
{
    static const struct {
        CK_MECHANISM_TYPE mechanism;
        CK_ULONG len;
    } rows[] = {
        { CKM_AES_KEY_GEN, 0 },
        { CKM_AES_KEY_GEN, 15 },
        { CKM_AES_KEY_GEN, 20 },
        { CKM_AES_KEY_GEN, 33 },
        { CKM_AES_KEY_GEN, 64 },
        { CKM_GENERIC_SECRET_KEY_GEN, 0 },
        { CKM_GENERIC_SECRET_KEY_GEN, 1025 },
        { CKM_GENERIC_SECRET_KEY_GEN, ~0UL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        QK_OWNED(qk_attrs_done) qk_attrs template_ = QK_ATTRS_NONE;
        qk_mech_use use = use_of(rows[i].mechanism);
        qk_key *key = NULL;
        assert_qk_err(qk_key_generate(&use, &template_, &key), QK_E_TEMPLATE_INCOMPLETE);
        assert_qk_ok(qk_attrs_set_ulong(&template_, CKA_VALUE_LEN, rows[i].len));
        assert_qk_err(qk_key_generate(&use, &template_, &key), QK_E_KEY_SIZE);
    }
}

static void generated_rsa_keys_have_size_and_exponent_asked_for(void **state)
{
    static const char *const exponents[] = { "11", "010001", "020001", "8000000000000001" };
    qk_mech_use use = use_of(CKM_RSA_PKCS_KEY_PAIR_GEN);

    (void)state;
    for (size_t i = 0; i < COUNT(exponents); i++) {
        QK_OWNED(qk_attrs_done) qk_attrs template_ = QK_ATTRS_NONE, described = QK_ATTRS_NONE;
        QK_OWNED(qk_key_unref) qk_key *public_key = NULL, *private_key = NULL, *read = NULL;
        QK_OWNED(qk_secret_free) qk_secret written = QK_SECRET_NONE;
        assert_qk_ok(qk_attrs_set_ulong(&template_, CKA_MODULUS_BITS, 1024 + 2 * i));
        set_hex(&template_, CKA_PUBLIC_EXPONENT, exponents[i]);
        assert_qk_ok(qk_key_generate_pair(&use, &template_, &public_key, &private_key));
        assert_int_equal(qk_key_bits(public_key), 1024 + 2 * i);
        assert_int_equal(qk_key_bits(private_key), 1024 + 2 * i);
        assert_int_equal(qk_key_class(public_key), CKO_PUBLIC_KEY);
        assert_int_equal(qk_key_class(private_key), CKO_PRIVATE_KEY);
        assert_qk_ok(qk_key_describe(private_key, &described));
        assert_attr(&described, CKA_PUBLIC_EXPONENT, exponents[i]);
        assert_qk_ok(qk_key_write(private_key, &written)); /* and its numbers fit each other: */
        assert_qk_ok(qk_key_read(CKO_PRIVATE_KEY, CKK_RSA, qk_secret_reveal(&written), &read));
    }
}

static void wrong_rsa_parameters_are_refused(void **state)
{
    static const struct {
        CK_ULONG bits;
        const char *exponent;
        qk_err wanted;
    } rows[] = {
        { 0, "010001", QK_E_KEY_SIZE },           { 512, "010001", QK_E_KEY_SIZE },
        { 1023, "010001", QK_E_KEY_SIZE },        { 2049, "010001", QK_E_KEY_SIZE },
        { 8194, "010001", QK_E_KEY_SIZE },        { ~0UL, "010001", QK_E_KEY_SIZE },
        { 1024, "03", QK_E_ATTRIBUTE_VALUE },     { 1024, "0f", QK_E_ATTRIBUTE_VALUE },
        { 1024, "010000", QK_E_ATTRIBUTE_VALUE }, { 1024, "010000000000000001", QK_E_ATTRIBUTE_VALUE },
    };
    qk_mech_use use = use_of(CKM_RSA_PKCS_KEY_PAIR_GEN);

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        QK_OWNED(qk_attrs_done) qk_attrs template_ = QK_ATTRS_NONE;
        qk_key *public_key = NULL, *private_key = NULL;
        assert_qk_err(qk_key_generate_pair(&use, &template_, &public_key, &private_key), QK_E_TEMPLATE_INCOMPLETE);
        assert_qk_ok(qk_attrs_set_ulong(&template_, CKA_MODULUS_BITS, rows[i].bits));
        set_hex(&template_, CKA_PUBLIC_EXPONENT, rows[i].exponent);
        assert_qk_err(qk_key_generate_pair(&use, &template_, &public_key, &private_key), rows[i].wanted);
        assert_null(public_key);
        assert_null(private_key);
    }
}

static void a_generated_public_key_holds_nothing_private(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *rsa_public = NULL, *rsa_private = NULL, *ec_public = NULL, *ec_private = NULL;
    BIGNUM *number = NULL;

    (void)state;
    make_rsa_pair(1024, &rsa_public, &rsa_private);
    make_ec_pair(CKM_EC_KEY_PAIR_GEN, "P-256", &ec_public, &ec_private);
    assert_true(EVP_PKEY_get_bn_param(rsa_private->pkey, "d", &number) > 0);
    BN_clear_free(number);
    number = NULL;
    assert_false(EVP_PKEY_get_bn_param(rsa_public->pkey, "d", &number) > 0);
    assert_false(EVP_PKEY_get_bn_param(ec_public->pkey, "priv", &number) > 0);
}

static void ec_generation_needs_its_curve(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs template_ = QK_ATTRS_NONE;
    qk_key *public_key = NULL, *private_key = NULL;
    CK_MECHANISM_TYPE types[] = { CKM_EC_KEY_PAIR_GEN, CKM_EC_EDWARDS_KEY_PAIR_GEN };

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        qk_mech_use use = use_of(types[i]);
        assert_qk_err(qk_key_generate_pair(&use, &template_, &public_key, &private_key), QK_E_TEMPLATE_INCOMPLETE);
    }
}

static void generation_is_refused_to_mechanisms_that_do_something_else(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs template_ = QK_ATTRS_NONE;
    qk_mech_use aes = use_of(CKM_AES_KEY_GEN), rsa = use_of(CKM_RSA_PKCS_KEY_PAIR_GEN), sign = use_of(CKM_ECDSA);
    qk_key *key = NULL, *other = NULL;

    (void)state;
    assert_qk_err(qk_key_generate(&rsa, &template_, &key), QK_E_MECHANISM_INVALID);
    assert_qk_err(qk_key_generate(&sign, &template_, &key), QK_E_MECHANISM_INVALID);
    assert_qk_err(qk_key_generate_pair(&aes, &template_, &key, &other), QK_E_MECHANISM_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_key_describes_itself),
        cmocka_unit_test(secret_templates_are_checked),
        cmocka_unit_test(missing_rsa_numbers_are_computed),
        cmocka_unit_test(too_few_rsa_numbers_are_refused),
        cmocka_unit_test(an_unusual_exponent_is_computed_or_asked_for),
        cmocka_unit_test(rsa_numbers_that_contradict_each_other_are_refused),
        cmocka_unit_test(an_rsa_public_key_describes_itself),
        cmocka_unit_test(rsa_public_templates_are_checked),
        cmocka_unit_test(an_ec_public_key_takes_its_point_in_every_form),
        cmocka_unit_test(an_ec_private_key_computes_its_public_key),
        cmocka_unit_test(a_short_scalar_is_padded),
        cmocka_unit_test(both_forms_of_ed25519_describe_themselves),
        cmocka_unit_test(an_ed25519_point_is_der_or_bare),
        cmocka_unit_test(ec_templates_are_checked),
        cmocka_unit_test(edwards_templates_are_checked),
        cmocka_unit_test(generated_secret_keys_have_the_length_asked_for),
        cmocka_unit_test(wrong_lengths_of_secret_keys_are_refused),
        cmocka_unit_test(generated_rsa_keys_have_size_and_exponent_asked_for),
        cmocka_unit_test(wrong_rsa_parameters_are_refused),
        cmocka_unit_test(a_generated_public_key_holds_nothing_private),
        cmocka_unit_test(ec_generation_needs_its_curve),
        cmocka_unit_test(generation_is_refused_to_mechanisms_that_do_something_else),
    };
    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
