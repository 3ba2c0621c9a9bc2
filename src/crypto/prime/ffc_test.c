/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of DH and DSA: from and to attributes and DER, made, and refused. */
#include "crypto/prime/ffc_codec.h"
#include "crypto/prime/ffc_vectors.h"
#include "crypto/key/key.h"
#include "crypto/key/pair_testing.h"

static void set_dsa(qk_attrs *attrs, CK_OBJECT_CLASS class)
{
    set_kind(attrs, class, CKK_DSA);
    set_hex(attrs, CKA_PRIME, DSA1024_P);
    set_hex(attrs, CKA_SUBPRIME, DSA1024_Q);
    set_hex(attrs, CKA_BASE, DSA1024_G);
    if (class != CKO_DOMAIN_PARAMETERS)
        set_hex(attrs, CKA_VALUE, class == CKO_PRIVATE_KEY ? DSA1024_X : DSA1024_Y);
}

static void refuse(const qk_attrs *attrs, qk_err wanted)
{
    qk_key *key = NULL;

    assert_qk_err(qk_key_from_attrs(attrs, &key), wanted);
    assert_null(key);
}

static qk_key *accept(const qk_attrs *attrs)
{
    qk_key *key = NULL;

    assert_qk_ok(qk_key_from_attrs(attrs, &key));
    return key;
}

static void assert_same_after_reading(const qk_key *key)
{
    QK_OWNED(qk_secret_free) qk_secret first = QK_SECRET_NONE, second = QK_SECRET_NONE;
    QK_OWNED(qk_key_unref) qk_key *again = NULL;

    assert_qk_ok(qk_key_write(key, &first));
    assert_qk_ok(qk_key_read(qk_key_class(key), qk_key_type(key), qk_secret_reveal(&first), &again));
    assert_qk_ok(qk_key_write(again, &second));
    assert_bytes(qk_secret_reveal(&second), qk_secret_reveal(&first));
}

/* ---- DSA ---- */

static void a_dsa_private_key_computes_its_public_key(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE, described = QK_ATTRS_NONE;
    QK_OWNED(qk_key_unref) qk_key *private_key = NULL, *public_key = NULL;
    QK_OWNED(qk_buf_done) qk_buf spki = QK_BUF_NONE;
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;

    (void)state;
    set_dsa(&attrs, CKO_PRIVATE_KEY);
    private_key = accept(&attrs);
    assert_qk_ok(qk_key_write_spki(private_key, false, &spki));
    assert_qk_ok(qk_key_read(CKO_PUBLIC_KEY, CKK_DSA, qk_buf_view(&spki), &public_key));
    assert_qk_ok(qk_key_describe(public_key, &described));
    assert_hex(qk_attrs_view(&described, CKA_VALUE), DSA1024_Y);
    assert_hex(qk_attrs_view(&described, CKA_PRIME), DSA1024_P);
    assert_hex(qk_attrs_view(&described, CKA_SUBPRIME), DSA1024_Q);
    assert_qk_ok(qk_key_reveal(private_key, CKA_VALUE, &value));
    assert_hex(qk_secret_reveal(&value), DSA1024_X);
    assert_int_equal(qk_key_bits(private_key), 1024);
}

static void a_private_key_describes_what_is_public(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE, described = QK_ATTRS_NONE;
    QK_OWNED(qk_key_unref) qk_key *key = NULL;

    (void)state;
    set_dsa(&attrs, CKO_PRIVATE_KEY);
    key = accept(&attrs);
    assert_qk_ok(qk_key_describe(key, &described));
    assert_hex(qk_attrs_view(&described, CKA_BASE), DSA1024_G);
    assert_null(qk_attrs_find(&described, CKA_VALUE));
    assert_true(qk_attrs_view(&described, CKA_PUBLIC_KEY_INFO).len > 400);
}

static void dsa_keys_are_written_and_read(void **state)
{
    static const CK_OBJECT_CLASS classes[] = { CKO_PRIVATE_KEY, CKO_PUBLIC_KEY, CKO_DOMAIN_PARAMETERS };

    (void)state;
    for (size_t i = 0; i < COUNT(classes); i++) {
        QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
        QK_OWNED(qk_key_unref) qk_key *key = NULL;
        set_dsa(&attrs, classes[i]);
        key = accept(&attrs);
        assert_same_after_reading(key);
    }
}

/* RFC 3279, 2.3.2: parameters are SEQUENCE { p, q, g }, the key is an INTEGER. */
static void a_dsa_spki_has_the_form_of_rfc_3279(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    QK_OWNED(qk_buf_done) qk_buf spki = QK_BUF_NONE;

    (void)state;
    set_dsa(&attrs, CKO_PUBLIC_KEY);
    key = accept(&attrs);
    assert_qk_ok(qk_key_write_spki(key, false, &spki));
    assert_hex(qk_buf_view(&spki), "308201b63082012b06072a8648ce3804013082011e02818100" DSA1024_P "021500" DSA1024_Q
                                   "028180" DSA1024_G "03818400028180" DSA1024_Y);
}

static void wrong_dsa_numbers_are_refused(void **state)
{
    static const struct {
        CK_ATTRIBUTE_TYPE attribute;
        const char *value;
        qk_err err;
    } rows[] = {
        { CKA_PRIME, DSA2048_P, QK_E_ATTRIBUTE_VALUE }, /* no such pair of lengths */
        { CKA_PRIME, DSA1024_G, QK_E_ATTRIBUTE_VALUE }, /* 1019 bits */
        { CKA_SUBPRIME, "996f967f6c8e388d9e28d01e205fba957a5698b3", QK_E_ATTRIBUTE_VALUE },
        { CKA_BASE, "01", QK_E_ATTRIBUTE_VALUE },
        { CKA_BASE, "02", QK_E_ATTRIBUTE_VALUE }, /* of another order */
        { CKA_BASE, DSA1024_P, QK_E_ATTRIBUTE_VALUE },
        { CKA_VALUE, "00", QK_E_TEMPLATE_INCOMPLETE },
        { CKA_VALUE, DSA1024_Q, QK_E_ATTRIBUTE_VALUE },
        { CKA_VALUE, "", QK_E_TEMPLATE_INCOMPLETE },
        { CKA_SUBPRIME, "", QK_E_TEMPLATE_INCOMPLETE },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
        set_dsa(&attrs, CKO_PRIVATE_KEY);
        set_hex(&attrs, rows[i].attribute, rows[i].value);
        refuse(&attrs, rows[i].err);
    }
}

static void a_public_value_of_another_order_is_refused(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    (void)state;
    set_dsa(&attrs, CKO_PUBLIC_KEY);
    set_hex(&attrs, CKA_VALUE, "05");
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE);
}

static void make_pair(CK_MECHANISM_TYPE mechanism, const qk_attrs *template_, qk_key **out_public, qk_key **out_private)
{
    qk_mech_use use = use_of(mechanism);

    assert_qk_ok(qk_key_generate_pair(&use, template_, out_public, out_private));
}

static void dsa_pairs_are_made_from_parameters_in_both_forms(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE, structure = QK_ATTRS_NONE;
    QK_OWNED(qk_key_unref) qk_key *parameters = NULL, *public_key = NULL, *private_key = NULL;
    QK_OWNED(qk_key_unref) qk_key *second_public = NULL, *second_private = NULL;
    QK_OWNED(qk_secret_free) qk_secret der = QK_SECRET_NONE;
    qk_mech_use use = use_of(CKM_DSA_KEY_PAIR_GEN);

    (void)state;
    set_dsa(&attrs, CKO_DOMAIN_PARAMETERS);
    parameters = accept(&attrs);
    make_pair(CKM_DSA_KEY_PAIR_GEN, &attrs, &public_key, &private_key);
    assert_same_after_reading(private_key);
    assert_qk_ok(qk_key_write(parameters, &der));
    assert_qk_ok(qk_attrs_set(&structure, CKA_IBM_STRUCT_PARAMS, qk_secret_reveal(&der)));
    make_pair(CKM_DSA_KEY_PAIR_GEN, &structure, &second_public, &second_private);
    assert_same_after_reading(second_public);
    set_hex(&structure, CKA_PRIME, DSA1024_P);
    assert_qk_err(qk_key_generate_pair(&use, &structure, &second_public, &second_private), QK_E_TEMPLATE_INCONSISTENT);
}

/* What comes out stands the checks of an import: primes, order of the base. */
static void dsa_parameters_are_made(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE, described = QK_ATTRS_NONE;
    QK_OWNED(qk_key_unref) qk_key *parameters = NULL, *imported = NULL;
    qk_mech_use use = use_of(CKM_DSA_PARAMETER_GEN);

    (void)state;
    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_PRIME_BITS, 1024));
    assert_qk_ok(qk_key_generate(&use, &attrs, &parameters));
    assert_int_equal(qk_key_class(parameters), CKO_DOMAIN_PARAMETERS);
    assert_same_after_reading(parameters);
    set_kind(&described, CKO_DOMAIN_PARAMETERS, CKK_DSA);
    assert_qk_ok(qk_key_describe(parameters, &described));
    assert_int_equal(qk_attrs_ulong(&described, CKA_PRIME_BITS, 0), 1024);
    assert_int_equal(qk_attrs_ulong(&described, CKA_SUBPRIME_BITS, 0), 160);
    imported = accept(&described);
    assert_int_equal(qk_key_bits(imported), 1024);
}

/* ---- DH ---- */

static qk_key *dh_parameters(CK_ULONG bits)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    qk_mech_use use = use_of(CKM_DH_PKCS_PARAMETER_GEN);
    qk_key *key = NULL;

    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_PRIME_BITS, bits));
    assert_qk_ok(qk_key_generate(&use, &attrs, &key));
    return key;
}

/* RFC 7919, appendix A: every prime begins and ends with 64 ones and goes on with the digits of e; the base is 2. */
static void dh_parameters_are_those_of_rfc_7919(void **state)
{
    static const CK_ULONG sizes[] = { 2048, 3072, 4096, 6144, 8192 };

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        QK_OWNED(qk_attrs_done) qk_attrs described = QK_ATTRS_NONE;
        QK_OWNED(qk_key_unref) qk_key *key = dh_parameters(sizes[i]);
        qk_view prime;
        assert_qk_ok(qk_key_describe(key, &described));
        prime = qk_attrs_view(&described, CKA_PRIME);
        assert_int_equal(prime.len, sizes[i] / 8);
        assert_hex(qk_view_slice(prime, 0, 24), "ffffffffffffffffadf85458a2bb4a9aafdc5620273d3cf1");
        assert_hex(qk_view_slice(prime, prime.len - 8, 8), "ffffffffffffffff");
        assert_hex(qk_attrs_view(&described, CKA_BASE), "02");
        assert_int_equal(qk_attrs_ulong(&described, CKA_PRIME_BITS, 0), sizes[i]);
        assert_null(qk_attrs_find(&described, CKA_PUBLIC_KEY_INFO));
        assert_true(qk_ffc_is_known_group(key));
        assert_same_after_reading(key);
    }
}

static void parameters_of_other_sizes_are_refused(void **state)
{
    static const struct {
        CK_MECHANISM_TYPE mechanism;
        CK_ULONG bits, subprime_bits;
    } rows[] = {
        { CKM_DH_PKCS_PARAMETER_GEN, 1024, 0 }, { CKM_DH_PKCS_PARAMETER_GEN, 0, 0 },
        { CKM_DH_PKCS_PARAMETER_GEN, 2049, 0 }, { CKM_DSA_PARAMETER_GEN, 512, 0 },
        { CKM_DSA_PARAMETER_GEN, 1024, 256 },   { CKM_DSA_PARAMETER_GEN, 4096, 256 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
        qk_mech_use use = use_of(rows[i].mechanism);
        qk_key *key = NULL;
        assert_qk_err(qk_key_generate(&use, &attrs, &key), QK_E_TEMPLATE_INCOMPLETE);
        assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_PRIME_BITS, rows[i].bits));
        if (rows[i].subprime_bits)
            assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_SUBPRIME_BITS, rows[i].subprime_bits));
        assert_qk_err(qk_key_generate(&use, &attrs, &key), QK_E_KEY_SIZE);
        assert_null(key);
    }
}

static CK_ULONG value_bits(const qk_key *key)
{
    QK_OWNED(qk_attrs_done) qk_attrs described = QK_ATTRS_NONE;

    assert_qk_ok(qk_key_describe(key, &described));
    return qk_attrs_ulong(&described, CKA_VALUE_BITS, 0);
}

static void dh_pairs_have_the_length_asked_for(void **state)
{
    static const struct {
        CK_ULONG prime, asked, bits;
    } rows[] = { { 2048, 0, 256 }, { 3072, 0, 275 }, { 2048, 2047, 2047 }, { 2048, 160, 160 } };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
        QK_OWNED(qk_key_unref)
        qk_key *parameters = dh_parameters(rows[i].prime), *public_key = NULL, *private_key = NULL;
        assert_qk_ok(qk_key_describe(parameters, &attrs));
        assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_VALUE_BITS, rows[i].asked));
        make_pair(CKM_DH_PKCS_KEY_PAIR_GEN, &attrs, &public_key, &private_key);
        assert_int_equal(value_bits(private_key), rows[i].bits);
        assert_same_after_reading(private_key);
        assert_same_after_reading(public_key);
    }
}

static void wrong_dh_templates_are_refused(void **state)
{
    static const struct {
        const char *prime, *base;
        CK_ULONG bits;
        qk_err err;
    } rows[] = {
        { NULL, "02", 0, QK_E_TEMPLATE_INCOMPLETE },
        { DSA2048_P, NULL, 0, QK_E_TEMPLATE_INCOMPLETE },
        { DSA2048_P, "01", 0, QK_E_ATTRIBUTE_VALUE },
        { DSA2048_P, "02", 159, QK_E_ATTRIBUTE_VALUE },
        { DSA2048_P, "02", 2048, QK_E_ATTRIBUTE_VALUE },
        { "ff" DSA1024_P "ff", "02", 0, QK_E_ATTRIBUTE_VALUE }, /* no prime */
        { DSA1024_Q, "02", 0, QK_E_KEY_SIZE },
    };
    qk_mech_use use = use_of(CKM_DH_PKCS_KEY_PAIR_GEN);

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
        qk_key *public_key = NULL, *private_key = NULL;
        if (rows[i].prime)
            set_hex(&attrs, CKA_PRIME, rows[i].prime);
        if (rows[i].base)
            set_hex(&attrs, CKA_BASE, rows[i].base);
        assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_VALUE_BITS, rows[i].bits));
        assert_qk_err(qk_key_generate_pair(&use, &attrs, &public_key, &private_key), rows[i].err);
        assert_null(private_key);
        assert_null(public_key);
    }
}

/* A group that nobody knows, here that of a DSA key, is as good as another. */
static void dh_keys_of_unknown_groups_are_imported(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    QK_OWNED(qk_key_unref) qk_key *key = NULL;

    (void)state;
    set_kind(&attrs, CKO_PRIVATE_KEY, CKK_DH);
    set_hex(&attrs, CKA_PRIME, DSA2048_P);
    set_hex(&attrs, CKA_BASE, DSA2048_G);
    set_hex(&attrs, CKA_VALUE, DSA2048_X);
    key = accept(&attrs);
    assert_int_equal(value_bits(key), 255);
    assert_same_after_reading(key);
    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_VALUE_BITS, 256));
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE);
    qk_attrs_remove(&attrs, CKA_VALUE_BITS);
    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_CLASS, CKO_PUBLIC_KEY));
    set_hex(&attrs, CKA_VALUE, "01");
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE);
    set_hex(&attrs, CKA_VALUE, DSA2048_P);
    refuse(&attrs, QK_E_ATTRIBUTE_VALUE);
}

/* A key as OpenSSL 3.0 writes it (genpkey -algorithm DH -pkeyopt group:ffdhe2048): its parameters say how long private
 * values should be, which PKCS #3 allows and nobody needs. */
static void a_length_of_private_values_does_no_harm(void **state)
{
    static const char theirs[] =
        "3082013f0201003082011706092a864886f70d010301308201080282010100ffffffffffffffffadf85458a2bb4a9aafdc5620273d3cf1"
        "d8"
        "b9c583ce2d3695a9e13641146433fbcc939dce249b3ef97d2fe363630c75d8f681b202aec4617ad3df1ed5d5fd65612433f51f5f066ed0"
        "85"
        "6365553ded1af3b557135e7f57c935984f0c70e0e68b77e2a689daf3efe8721df158a136ade73530acca4f483a797abc0ab182b324fb61"
        "d1"
        "08a94bb2c8e3fbb96adab760d7f4681d4f42a3de394df4ae56ede76372bb190b07a7c8ee0a6d709e02fce1cdf7e2ecc03404cd28342f61"
        "91"
        "72fe9ce98583ff8e4f1232eef28183c3fe3b1b4c6fad733bb5fcbc2ec22005c58ef1837d1683b2c6f34a26c1b2effa886b423861285c97"
        "ff"
        "ffffffffffffff020102041f021d011d988f163f3838b2175466e6702b193673200ab263dc17e4e1c89707";
    QK_OWNED(qk_key_unref) qk_key *key = read_hex(CKO_PRIVATE_KEY, CKK_DH, theirs);

    (void)state;
    assert_true(qk_ffc_is_known_group(key));
    assert_int_equal(value_bits(key), 225);
    assert_same_after_reading(key);
}

static void malformed_structures_are_refused(void **state)
{
    static const char *const wrong[] = { "", "3000", "30060201030201", "300602010302010200", "0500", "300302018a" };
    QK_OWNED(qk_key_unref) qk_key *parameters = dh_parameters(2048);
    QK_OWNED(qk_secret_free) qk_secret der = QK_SECRET_NONE;
    qk_key *key = NULL;
    qk_view whole;

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        QK_OWNED(qk_buf_done) qk_buf bytes = unhex(wrong[i]);
        assert_qk_err(qk_key_read(CKO_DOMAIN_PARAMETERS, CKK_DH, qk_buf_view(&bytes), &key), QK_E_ATTRIBUTE_VALUE);
    }
    assert_qk_ok(qk_key_write(parameters, &der));
    whole = qk_secret_reveal(&der);
    assert_qk_err(qk_key_read(CKO_DOMAIN_PARAMETERS, CKK_DH, qk_view_slice(whole, 0, whole.len - 1), &key),
                  QK_E_ATTRIBUTE_VALUE);
    assert_qk_err(qk_key_read(CKO_DOMAIN_PARAMETERS, CKK_DSA, whole, &key), QK_E_ATTRIBUTE_VALUE);
    assert_qk_err(qk_key_read(CKO_DOMAIN_PARAMETERS, CKK_RSA, whole, &key), QK_E_KEY_TYPE);
    assert_null(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dsa_private_key_computes_its_public_key),
        cmocka_unit_test(a_private_key_describes_what_is_public),
        cmocka_unit_test(dsa_keys_are_written_and_read),
        cmocka_unit_test(a_dsa_spki_has_the_form_of_rfc_3279),
        cmocka_unit_test(wrong_dsa_numbers_are_refused),
        cmocka_unit_test(a_public_value_of_another_order_is_refused),
        cmocka_unit_test(dsa_pairs_are_made_from_parameters_in_both_forms),
        cmocka_unit_test(dsa_parameters_are_made),
        cmocka_unit_test(dh_parameters_are_those_of_rfc_7919),
        cmocka_unit_test(parameters_of_other_sizes_are_refused),
        cmocka_unit_test(dh_pairs_have_the_length_asked_for),
        cmocka_unit_test(wrong_dh_templates_are_refused),
        cmocka_unit_test(dh_keys_of_unknown_groups_are_imported),
        cmocka_unit_test(a_length_of_private_values_does_no_harm),
        cmocka_unit_test(malformed_structures_are_refused),
    };

    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
