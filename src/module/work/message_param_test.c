/* SPDX-License-Identifier: Apache-2.0 */
#include "base/testing.h"
#include "module/work/message_param.h"

static uint8_t place[QK_NONCE_MOST], tag[16];

static const qk_mech *gcm(void)
{
    return qk_mech_find(CKM_AES_GCM);
}

static qk_err read_gcm(CK_ULONG nonce_len, CK_ULONG fixed_bits, CK_GENERATOR_FUNCTION generator, qk_message_param *out)
{
    CK_GCM_MESSAGE_PARAMS params = { place, nonce_len, fixed_bits, generator, tag, 96 };

    return qk_message_param_read(gcm(), qk_view_of(&params, sizeof params), out);
}

static void gcm_parameters_are_read(void **state)
{
    qk_message_param param;
    qk_mech_use use;

    (void)state;
    assert_qk_ok(read_gcm(12, 32, CKG_GENERATE_COUNTER, &param));
    assert_ptr_equal(param.nonce, place);
    assert_ptr_equal(param.tag, tag);
    assert_int_equal(param.fixed_bits, 32);
    assert_qk_ok(qk_message_use(gcm(), &param, qk_view_of(place, 12), QK_VIEW_LITERAL("aad"), 5, QK_ENCRYPT, &use));
    assert_int_equal(use.gcm.tag_bits, 96);
    assert_true(qk_view_equal(use.gcm.aad, QK_VIEW_LITERAL("aad")));
}

static void unsound_parameters_are_refused(void **state)
{
    qk_message_param param = { .fixed_bits = 77 };

    (void)state;
    assert_int_equal(read_gcm(0, 0, CKG_NO_GENERATE, &param), QK_E_MECHANISM_PARAM);
    assert_int_equal(read_gcm(QK_NONCE_MOST + 1, 0, CKG_NO_GENERATE, &param), QK_E_MECHANISM_PARAM);
    assert_int_equal(read_gcm((CK_ULONG)-1, 0, CKG_NO_GENERATE, &param), QK_E_MECHANISM_PARAM);
    assert_int_equal(read_gcm(12, 97, CKG_GENERATE, &param), QK_E_MECHANISM_PARAM);
    assert_int_equal(read_gcm(12, 0, 5, &param), QK_E_MECHANISM_PARAM);
    assert_int_equal(qk_message_param_read(gcm(), QK_VIEW_NONE, &param), QK_E_MECHANISM_PARAM);
    assert_int_equal(qk_message_param_read(qk_mech_find(CKM_AES_CBC), qk_view_of(place, 48), &param),
                     QK_E_MECHANISM_PARAM);
    assert_int_equal(param.fixed_bits, 77);
}

static void a_tag_no_standard_knows_is_refused(void **state)
{
    qk_message_param param;
    qk_mech_use use;

    (void)state;
    assert_qk_ok(read_gcm(12, 0, CKG_NO_GENERATE, &param));
    param.tag_bits = (size_t)1 << 32 | 96;
    assert_int_equal(qk_message_use(gcm(), &param, qk_view_of(place, 12), QK_VIEW_NONE, 0, QK_ENCRYPT, &use),
                     QK_E_MECHANISM_PARAM);
}

static void a_counter_fills_the_bits_that_are_not_fixed(void **state)
{
    static const uint8_t wanted[2][3] = { { 0xff, 0xf8, 0x00 }, { 0xff, 0xf8, 0x01 } };
    qk_nonces nonces = { .count = 0 };
    qk_message_param param;
    uint8_t out[QK_NONCE_MOST];

    (void)state;
    memset(place, 0xff, sizeof place);
    assert_qk_ok(read_gcm(3, 13, CKG_GENERATE_COUNTER, &param));
    for (int i = 0; i < 2; i++) {
        assert_qk_ok(qk_message_nonce(NULL, gcm(), &param, &nonces, out));
        assert_memory_equal(out, wanted[i], 3);
    }
    assert_int_equal(place[2], 0xff); /* the application's own is written later */
    nonces.count = 2047;
    assert_qk_ok(qk_message_nonce(NULL, gcm(), &param, &nonces, out));
    assert_memory_equal(out, "\xff\xff\xff", 3);
    assert_int_equal(qk_message_nonce(NULL, gcm(), &param, &nonces, out), QK_E_TOKEN_RESOURCE);
}

static void a_counter_is_xored_with_the_first_nonce(void **state)
{
    qk_nonces nonces = { .count = 0 };
    qk_message_param param;
    uint8_t out[QK_NONCE_MOST];

    (void)state;
    memset(place, 0x0f, sizeof place);
    assert_qk_ok(read_gcm(12, 32, CKG_GENERATE_COUNTER_XOR, &param));
    assert_qk_ok(qk_message_nonce(NULL, gcm(), &param, &nonces, out));
    assert_memory_equal(out, place, 12);
    memcpy(place, out, 12);
    assert_qk_ok(qk_message_nonce(NULL, gcm(), &param, &nonces, out));
    assert_int_equal(out[11], 0x0e);
    memcpy(place, out, 12); /* as it was told: still counted from the first one */
    assert_qk_ok(qk_message_nonce(NULL, gcm(), &param, &nonces, out));
    assert_int_equal(out[11], 0x0d);
}

static void too_little_chance_is_refused(void **state)
{
    qk_nonces nonces = { .count = 0 };
    qk_message_param param;
    uint8_t out[QK_NONCE_MOST];

    (void)state;
    assert_qk_ok(read_gcm(12, 1, CKG_GENERATE_RANDOM, &param));
    assert_int_equal(qk_message_nonce(NULL, gcm(), &param, &nonces, out), QK_E_MECHANISM_PARAM);
    assert_qk_ok(read_gcm(12, 65, CKG_GENERATE, &param));
    assert_int_equal(qk_message_nonce(NULL, gcm(), &param, &nonces, out), QK_E_MECHANISM_PARAM);
}

static void wrapping_parameters_are_told_by_their_length(void **state)
{
    CK_GCM_WRAP_PARAMS wraps = { place, 12, 0, CKG_GENERATE, tag, 4, 128 };
    CK_GCM_PARAMS encrypts = { place, 12, 96, tag, 4, 128 };
    qk_message_param param;

    (void)state;
    assert_true(qk_wrap_param_read(gcm(), qk_view_of(&wraps, sizeof wraps), &param));
    assert_null(param.tag);
    assert_int_equal(param.aad.len, 4);
    assert_false(qk_wrap_param_read(gcm(), qk_view_of(&encrypts, sizeof encrypts), &param));
    assert_false(qk_wrap_param_read(qk_mech_find(CKM_AES_CBC), qk_view_of(&wraps, sizeof wraps), &param));
    assert_false(qk_wrap_param_read(gcm(), QK_VIEW_NONE, &param));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gcm_parameters_are_read),
        cmocka_unit_test(unsound_parameters_are_refused),
        cmocka_unit_test(a_tag_no_standard_knows_is_refused),
        cmocka_unit_test(a_counter_fills_the_bits_that_are_not_fixed),
        cmocka_unit_test(a_counter_is_xored_with_the_first_nonce),
        cmocka_unit_test(too_little_chance_is_refused),
        cmocka_unit_test(wrapping_parameters_are_told_by_their_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
