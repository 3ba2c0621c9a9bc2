/* SPDX-License-Identifier: Apache-2.0 */
/* C structures of IBM's mechanisms, sound and unsound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/testing.h"
#include "p11/mechanism.h"

static CK_BYTE elements[6] = { 1, 2, 3, 4, 5, 6 };

static qk_err read_param(CK_MECHANISM_TYPE type, unsigned function, void *param, CK_ULONG len, qk_mech_use *out)
{
    CK_MECHANISM mechanism = { type, param, len };

    return qk_mech_use_read(&mechanism, function, out);
}

static void variants_of_signatures_are_read(void **state)
{
    static const CK_MECHANISM_TYPE known[] = { ECSG_IBM_ECSDSA_S256, ECSG_IBM_ECSDSA_COMPR_MULTI, ECSG_IBM_BLS };
    static const CK_MECHANISM_TYPE unknown[] = { 0, 1, 2, 4, 7, ~0UL, 0x100000006 };
    CK_IBM_ECDSA_OTHER_PARAMS params;
    qk_mech_use use;

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        params.submechanism = known[i];
        assert_qk_ok(read_param(CKM_IBM_ECDSA_OTHER, QK_SIGN, &params, sizeof params, &use));
        assert_int_equal(use.ecsg, known[i]);
    }
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        params.submechanism = unknown[i];
        assert_qk_err(read_param(CKM_IBM_ECDSA_OTHER, QK_SIGN, &params, sizeof params, &use), QK_E_MECHANISM_PARAM);
    }
    assert_qk_err(read_param(CKM_IBM_ECDSA_OTHER, QK_SIGN, NULL, 0, &use), QK_E_MECHANISM_PARAM);
    assert_qk_err(read_param(CKM_IBM_ECDSA_OTHER, QK_SIGN, &params, 4, &use), QK_E_MECHANISM_PARAM);
}

static qk_err read_sum(XCP_EC_AGGREGATE_PARAMS params, qk_mech_use *out)
{
    return read_param(CKM_IBM_EC_AGGREGATE, QK_SIGN, &params, sizeof params, out);
}

static void what_is_to_be_added_up_is_read(void **state)
{
    XCP_EC_AGGREGATE_PARAMS params = { 0, CK_IBM_EC_AGG_BLS12_381_PKEY, 2, elements, sizeof elements };
    qk_mech_use use;

    (void)state;
    assert_qk_ok(read_sum(params, &use));
    assert_int_equal(use.aggregate.mode, CK_IBM_EC_AGG_BLS12_381_PKEY);
    assert_int_equal(use.aggregate.element_len, 2);
    assert_true(qk_view_equal(use.aggregate.elements, qk_view_of(elements, sizeof elements)));
    assert_qk_ok(read_param(CKM_IBM_EC_AGGREGATE, QK_DERIVE, &params, sizeof params, &use));
    assert_qk_err(read_param(CKM_IBM_EC_AGGREGATE, QK_VERIFY, &params, sizeof params, &use), QK_E_MECHANISM_INVALID);
}

static void unsound_sums_are_refused(void **state)
{
    static CK_BYTE many[1025];
    const CK_ULONG mode = CK_IBM_EC_AGG_BLS12_381_SIGN;
    qk_mech_use use;

    (void)state;
    assert_qk_ok(read_sum((XCP_EC_AGGREGATE_PARAMS){ 0, mode, 6, elements, 6 }, &use));
    assert_qk_ok(read_sum((XCP_EC_AGGREGATE_PARAMS){ 0, mode, 1, many, 1024 }, &use));
    assert_qk_err(read_sum((XCP_EC_AGGREGATE_PARAMS){ 0, mode, 1, many, 1025 }, &use), QK_E_MECHANISM_PARAM);
    assert_qk_err(read_sum((XCP_EC_AGGREGATE_PARAMS){ 1, mode, 6, elements, 6 }, &use), QK_E_MECHANISM_PARAM);
    assert_qk_err(read_sum((XCP_EC_AGGREGATE_PARAMS){ ~0UL, mode, 6, elements, 6 }, &use), QK_E_MECHANISM_PARAM);
    assert_qk_err(read_sum((XCP_EC_AGGREGATE_PARAMS){ 0, 0, 6, elements, 6 }, &use), QK_E_MECHANISM_PARAM);
    assert_qk_err(read_sum((XCP_EC_AGGREGATE_PARAMS){ 0, 3, 6, elements, 6 }, &use), QK_E_MECHANISM_PARAM);
    assert_qk_err(read_sum((XCP_EC_AGGREGATE_PARAMS){ 0, mode, 0, elements, 6 }, &use), QK_E_MECHANISM_PARAM);
    assert_qk_err(read_sum((XCP_EC_AGGREGATE_PARAMS){ 0, mode, 4, elements, 6 }, &use), QK_E_MECHANISM_PARAM);
    assert_qk_err(read_sum((XCP_EC_AGGREGATE_PARAMS){ 0, mode, 6, elements, 0 }, &use), QK_E_MECHANISM_PARAM);
    assert_qk_err(read_sum((XCP_EC_AGGREGATE_PARAMS){ 0, mode, 6, NULL, 6 }, &use), QK_E_MECHANISM_PARAM);
    assert_qk_err(read_param(CKM_IBM_EC_AGGREGATE, QK_SIGN, elements, sizeof elements, &use), QK_E_MECHANISM_PARAM);
}

static void a_sum_outlives_the_applications_memory(void **state)
{
    CK_BYTE borrowed[] = { 1, 2, 3, 4 };
    XCP_EC_AGGREGATE_PARAMS params = { 0, CK_IBM_EC_AGG_BLS12_381_SIGN, 2, borrowed, sizeof borrowed };
    QK_OWNED(qk_buf_done) qk_buf storage = QK_BUF_NONE;
    qk_mech_use use;

    (void)state;
    assert_qk_ok(read_sum(params, &use));
    assert_qk_ok(qk_mech_use_keep(&use, &storage));
    memset(borrowed, 0, sizeof borrowed);
    assert_true(qk_view_equal(use.aggregate.elements, qk_view_of(elements, 4)));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(variants_of_signatures_are_read),
        cmocka_unit_test(what_is_to_be_added_up_is_read),
        cmocka_unit_test(unsound_sums_are_refused),
        cmocka_unit_test(a_sum_outlives_the_applications_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
