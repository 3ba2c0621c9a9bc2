/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of post-quantum mechanisms as an application's C structures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/testing.h"
#include "p11/mechanism.h"

static CK_BYTE context[256], cipher[1088], shared[1025];

static qk_err read_as(CK_MECHANISM_TYPE type, unsigned function, void *param, CK_ULONG len, qk_mech_use *out)
{
    CK_MECHANISM mechanism = { type, param, len };

    return qk_mech_use_read(&mechanism, function, out);
}

/* ---- signatures ---- */

static void ibms_variants_of_hedging_are_the_standards_under_other_numbers(void **state)
{
    static const CK_ULONG wanted[] = { CKH_HEDGE_PREFERRED, CKH_HEDGE_REQUIRED, CKH_DETERMINISTIC_REQUIRED };
    CK_IBM_SIGN_ADDITIONAL_CONTEXT given = { 0, context, 255 };
    qk_mech_use use;

    (void)state;
    for (CK_ULONG variant = 1; variant <= 3; variant++) {
        given.hedgeVariant = variant;
        assert_qk_ok(read_as(CKM_IBM_ML_DSA, QK_SIGN, &given, sizeof given, &use));
        assert_int_equal(use.sign_context.hedge, wanted[variant - 1]);
        assert_int_equal(use.sign_context.context.len, 255);
    }
    given.hedgeVariant = 0;
    assert_qk_err(read_as(CKM_IBM_ML_DSA, QK_SIGN, &given, sizeof given, &use), QK_E_MECHANISM_PARAM);
    given.hedgeVariant = 4;
    assert_qk_err(read_as(CKM_IBM_ML_DSA, QK_SIGN, &given, sizeof given, &use), QK_E_MECHANISM_PARAM);
    given = (CK_IBM_SIGN_ADDITIONAL_CONTEXT){ 1, context, 256 };
    assert_qk_err(read_as(CKM_IBM_ML_DSA, QK_SIGN, &given, sizeof given, &use), QK_E_MECHANISM_PARAM);
    assert_qk_err(read_as(CKM_IBM_ML_DSA, QK_SIGN, &given, sizeof given - 1, &use), QK_E_MECHANISM_PARAM);
    assert_qk_ok(read_as(CKM_IBM_ML_DSA, QK_SIGN, NULL, 0, &use));
    assert_int_equal(use.sign_context.hedge, CKH_HEDGE_PREFERRED);
}

/* It would be forgotten: mu holds the context that it was made with. */
static void a_given_mu_takes_no_context(void **state)
{
    CK_SIGN_ADDITIONAL_CONTEXT given = { CKH_DETERMINISTIC_REQUIRED, NULL, 0 };
    qk_mech_use use;

    (void)state;
    assert_qk_ok(read_as(CKM_ML_DSA_EXTERNAL_MU, QK_SIGN, NULL, 0, &use));
    assert_qk_ok(read_as(CKM_ML_DSA_EXTERNAL_MU, QK_SIGN, &given, sizeof given, &use));
    assert_int_equal(use.sign_context.hedge, CKH_DETERMINISTIC_REQUIRED);
    given.pContext = context;
    assert_qk_ok(read_as(CKM_ML_DSA_EXTERNAL_MU, QK_VERIFY, &given, sizeof given, &use));
    given.ulContextLen = 1;
    assert_qk_err(read_as(CKM_ML_DSA_EXTERNAL_MU, QK_SIGN, &given, sizeof given, &use), QK_E_MECHANISM_PARAM);
}

/* ---- KEM by derivation ---- */

static const XCP_KYBER_KEM_PARAMS of_ep11 = { .mode = CK_IBM_KEM_DECAPSULATE,
                                              .kdf = CKD_IBM_HYBRID_SHA256_KDF,
                                              .prepend = CK_TRUE,
                                              .pCipher = cipher,
                                              .ulCipherLen = sizeof cipher,
                                              .pSharedData = shared,
                                              .ulSharedDataLen = 1024 };

static void both_of_ibms_structures_are_read(void **state)
{
    static const CK_MECHANISM_TYPE mechanisms[] = { CKM_IBM_KYBER, CKM_IBM_ML_KEM };
    XCP_KYBER_KEM_PARAMS ep11 = of_ep11;
    CK_IBM_KYBER_PARAMS opencryptoki;
    CK_OBJECT_HANDLE handle = 0x1234567890;
    qk_mech_use use;

    (void)state;
    memcpy(&opencryptoki, &ep11, sizeof opencryptoki);
    opencryptoki.hSecret = handle;
    for (size_t i = 0; i < 2; i++) {
        assert_qk_ok(read_as(mechanisms[i], QK_DERIVE, &opencryptoki, sizeof opencryptoki, &use));
        assert_int_equal(use.second.handle, handle);
        assert_int_equal(use.second.blob.len, 0);
        ep11.pBlob = context; /* a blob */
        ep11.ulBlobLen = 200;
        assert_qk_ok(read_as(mechanisms[i], QK_DERIVE, &ep11, sizeof ep11, &use));
        assert_int_equal(use.second.handle, CK_INVALID_HANDLE);
        assert_int_equal(use.second.blob.len, 200);
        ep11.pBlob = (CK_BYTE_PTR)&handle; /* a handle in its place */
        ep11.ulBlobLen = sizeof handle;
        assert_qk_ok(read_as(mechanisms[i], QK_DERIVE, &ep11, sizeof ep11, &use));
        assert_int_equal(use.second.handle, handle);
        assert_int_equal(use.second.blob.len, 0);
        assert_int_equal(use.kem.mode, CK_IBM_KEM_DECAPSULATE);
        assert_int_equal(use.kem.kdf, CKD_IBM_HYBRID_SHA256_KDF);
        assert_true(use.kem.prepend && use.kem.cipher.len == 1088 && use.kem.shared.len == 1024);
    }
}

/* Copied, so that a read beyond the end is one beyond the heap. */
static void a_kem_parameter_of_another_length_is_refused(void **state)
{
    qk_mech_use use;

    (void)state;
    for (size_t len = 1; len < 2 * sizeof of_ep11; len++) {
        uint8_t *exact = calloc(1, len);
        assert_non_null(exact);
        memcpy(exact, &of_ep11, len < sizeof of_ep11 ? len : sizeof of_ep11);
        qk_err err = read_as(CKM_IBM_KYBER, QK_DERIVE, exact, len, &use);
        if (len == sizeof(CK_IBM_KYBER_PARAMS) || len == sizeof(XCP_KYBER_KEM_PARAMS))
            assert_qk_ok(err);
        else
            assert_qk_err(err, QK_E_MECHANISM_PARAM);
        free(exact);
    }
}

static void a_kem_parameter_with_a_wrong_field_is_refused(void **state)
{
    XCP_KYBER_KEM_PARAMS wrong[11];
    qk_mech_use use;

    (void)state;
    for (size_t i = 0; i < 11; i++)
        wrong[i] = of_ep11;
    wrong[0].version = 1;
    wrong[1].version = 1UL << 32;
    wrong[2].mode = 3;
    wrong[3].mode = CK_IBM_KEM_ENCAPSULATE | 1UL << 32;
    wrong[4].kdf = CKD_SHA256_KDF;
    wrong[5].ulCipherLen = 0;
    wrong[6].pCipher = NULL;
    wrong[7].ulSharedDataLen = 1025;
    wrong[8].kdf = CKD_IBM_HYBRID_NULL; /* has no place for shared data */
    wrong[9].ulBlobLen = 77;            /* of no blob */
    wrong[10].mode = 0;
    for (size_t i = 0; i < 11; i++)
        assert_qk_err(read_as(CKM_IBM_KYBER, QK_DERIVE, &wrong[i], sizeof wrong[i], &use), QK_E_MECHANISM_PARAM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ibms_variants_of_hedging_are_the_standards_under_other_numbers),
        cmocka_unit_test(a_given_mu_takes_no_context),
        cmocka_unit_test(both_of_ibms_structures_are_read),
        cmocka_unit_test(a_kem_parameter_of_another_length_is_refused),
        cmocka_unit_test(a_kem_parameter_with_a_wrong_field_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
