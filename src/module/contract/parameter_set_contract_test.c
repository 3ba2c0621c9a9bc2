/* SPDX-License-Identifier: Apache-2.0 */
/* Post-quantum parameter sets that do not exist, or that this OpenSSL lacks, through C_ functions. */
#include "module/contract/testing.h"

static CK_BYTE data[20] = { 1, 2, 3 };

/* SLH-DSA depends on OpenSSL's version: without it none of its sets is there. */
static void a_parameter_set_that_is_not_here_has_its_own_error(void **state)
{
    static const struct {
        CK_KEY_TYPE type;
        CK_MECHANISM_TYPE generate;
    } rows[] = { { CKK_ML_DSA, CKM_ML_DSA_KEY_PAIR_GEN },
                 { CKK_ML_KEM, CKM_ML_KEM_KEY_PAIR_GEN },
                 { CKK_SLH_DSA, CKM_SLH_DSA_KEY_PAIR_GEN } };
    CK_ULONG class = CKO_PUBLIC_KEY, none = 99, quick = CKP_SLH_DSA_SHA2_128F;
    CK_OBJECT_HANDLE public_key, private_key;
    CK_MECHANISM_INFO info;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        CK_MECHANISM generate = { rows[i].generate, NULL, 0 };
        CK_KEY_TYPE type = rows[i].type;
        CK_ATTRIBUTE template_[] = { ATTR(CKA_CLASS, class),
                                     ATTR(CKA_KEY_TYPE, type),
                                     ATTR(CKA_PARAMETER_SET, none),
                                     { CKA_VALUE, data, sizeof data } };
        bool offered = p11->C_GetMechanismInfo(0, rows[i].generate, &info) == CKR_OK;

        assert_true(offered || type == CKK_SLH_DSA);
        assert_rv(p11->C_CreateObject(test_session, template_, 4, &public_key), CKR_PARAMETER_SET_NOT_SUPPORTED);
        assert_rv(p11->C_GenerateKeyPair(test_session, &generate, &template_[2], 1, NULL, 0, &public_key, &private_key),
                  offered ? CKR_PARAMETER_SET_NOT_SUPPORTED : CKR_MECHANISM_INVALID);
        if (offered)
            continue;
        template_[2].pValue = &quick;
        assert_rv(p11->C_CreateObject(test_session, template_, 4, &public_key), CKR_PARAMETER_SET_NOT_SUPPORTED);
    }
}

#define IN(test) cmocka_unit_test_setup_teardown(test, test_begin_logged_in, test_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN(a_parameter_set_that_is_not_here_has_its_own_error),
    };

    return cmocka_run_group_tests(tests, test_token_make, test_token_remove);
}
