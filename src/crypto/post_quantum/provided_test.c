/* SPDX-License-Identifier: Apache-2.0 */
/* What OpenSSL has from 3.5 on, and what happens where it lacks it: the mechanisms of SLH-DSA are not listed, its keys
 * are refused with a word about the parameter set, and nobody can choose OpenSSL's lattices. */
#include "crypto/key/pair_testing.h"
#include "crypto/post_quantum/lattice_openssl.h"
#include "crypto/post_quantum/provided.h"

/* A private key of SLH-DSA-SHA2-128f, of ACVP's (tcId 21). */
#define SHA2_128F                                                                                                      \
    "aed6f6f5c5408bbffa1136bc9049a7014d4ce0711e176a0c8a023508a692c207"                                                 \
    "74d98d5000af53b98f36389a1292bed3f4a650c56c426fcfdb88e3355459440c"

static bool offered(void)
{
    return qk_provided("SLH-DSA-SHA2-128s");
}

static void no_key_is_made_of_a_set_that_is_not_here(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    QK_OWNED(qk_buf_done) qk_buf bytes = unhex(SHA2_128F);
    QK_OWNED(qk_key_unref) qk_key *key = NULL;

    (void)state;
    set_kind(&attrs, CKO_PRIVATE_KEY, CKK_SLH_DSA);
    assert_qk_ok(qk_attrs_set(&attrs, CKA_VALUE, qk_buf_view(&bytes)));
    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_PARAMETER_SET, 13));
    assert_qk_err(qk_key_from_attrs(&attrs, &key), QK_E_SET_NOT_SUPPORTED);
    assert_qk_err(qk_post_quantum_check_set(CKK_SLH_DSA, &attrs), QK_E_SET_NOT_SUPPORTED);
    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_PARAMETER_SET, CKP_SLH_DSA_SHA2_128F));
    assert_qk_err(qk_post_quantum_check_set(CKK_SLH_DSA, &attrs), offered() ? QK_OK : QK_E_SET_NOT_SUPPORTED);
    assert_qk_err(qk_key_from_attrs(&attrs, &key), offered() ? QK_OK : QK_E_SET_NOT_SUPPORTED);
}

static void the_mechanisms_are_there_if_openssl_has_them(void **state)
{
    static const CK_MECHANISM_TYPE types[] = { CKM_SLH_DSA_KEY_PAIR_GEN, CKM_SLH_DSA, CKM_HASH_SLH_DSA,
                                               CKM_HASH_SLH_DSA_SHA224, CKM_HASH_SLH_DSA_SHAKE256 };
    qk_mech_use make = use_of(CKM_SLH_DSA_KEY_PAIR_GEN);
    QK_OWNED(qk_key_unref) qk_key *public_key = NULL, *private_key = NULL;
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++)
        assert_int_equal(qk_crypto_offers(qk_mech_find(types[i])), offered());
    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_PARAMETER_SET, CKP_SLH_DSA_SHA2_128F));
    assert_qk_err(qk_key_generate_pair(&make, &attrs, &public_key, &private_key),
                  offered() ? QK_OK : QK_E_MECHANISM_INVALID);
}

static void openssls_lattices_can_be_chosen_if_it_has_them(void **state)
{
    bool has = qk_provided("ML-DSA-65");

    (void)state;
    assert_qk_err(qk_crypto_choose_lattice(true), has ? QK_OK : QK_E_CONFIG);
    if (!has)
        assert_non_null(strstr(qk_err_words(QK_E_CONFIG), "3.5"));
    assert_int_equal(qk_lattice_is_openssls(qk_lattice_by_number(CKK_ML_DSA, CKP_ML_DSA_65)), has);
    assert_false(qk_lattice_is_openssls(qk_lattice_by_number(CKK_IBM_PQC_DILITHIUM, 1)));
    assert_qk_ok(qk_crypto_choose_lattice(false));
    assert_false(qk_lattice_is_openssls(qk_lattice_by_number(CKK_ML_DSA, CKP_ML_DSA_65)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_key_is_made_of_a_set_that_is_not_here),
        cmocka_unit_test(openssls_lattices_can_be_chosen_if_it_has_them),
        cmocka_unit_test(the_mechanisms_are_there_if_openssl_has_them),
    };

    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
