/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/testing.h"
#include "cli/keys/key_text.h"

static const char *type_of(const qk_attrs *attrs)
{
    static char text[QK_KEY_TEXT];

    qk_key_type_write(attrs, text);
    return text;
}

static void set_type(qk_attrs *attrs, CK_KEY_TYPE type)
{
    qk_attrs_done(attrs);
    *attrs = QK_ATTRS_NONE;
    assert_qk_ok(qk_attrs_set_ulong(attrs, CKA_KEY_TYPE, type));
}

static void post_quantum_keys_are_told_with_their_parameter_set(void **state)
{
    static const struct {
        CK_KEY_TYPE type;
        CK_ULONG set;
        const char *text;
    } numbered[] = {
        { CKK_ML_DSA, CKP_ML_DSA_44, "ML-DSA-44" },
        { CKK_ML_DSA, CKP_ML_DSA_87, "ML-DSA-87" },
        { CKK_ML_KEM, CKP_ML_KEM_1024, "ML-KEM-1024" },
        { CKK_SLH_DSA, CKP_SLH_DSA_SHA2_128S, "SLH-DSA-SHA2-128s" },
        { CKK_SLH_DSA, CKP_SLH_DSA_SHAKE_256F, "SLH-DSA-SHAKE-256f" },
        { CKK_IBM_ML_DSA, CKP_IBM_ML_DSA_65, "IBM ML-DSA-65" },
        { CKK_IBM_ML_KEM, CKP_IBM_ML_KEM_512, "IBM ML-KEM-512" },
        { CKK_ML_DSA, 4, "ML-DSA" },
        { CKK_ML_DSA, 0, "ML-DSA" },
    };
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    (void)state;
    for (size_t i = 0; i < sizeof numbered / sizeof numbered[0]; i++) {
        set_type(&attrs, numbered[i].type);
        assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_PARAMETER_SET, numbered[i].set));
        assert_string_equal(type_of(&attrs), numbered[i].text);
    }
    set_type(&attrs, CKK_IBM_PQC_DILITHIUM);
    assert_string_equal(type_of(&attrs), "IBM-PQC-DILITHIUM");
    assert_qk_ok(qk_attrs_set(&attrs, CKA_IBM_PQC_PARAMS,
                              QK_VIEW_LITERAL("\x06\x0b\x2b\x06\x01\x04\x01\x02\x82\x0b\x01\x06\x05")));
    assert_string_equal(type_of(&attrs), "Dilithium-R2-65");
    assert_qk_ok(qk_attrs_set(&attrs, CKA_IBM_PQC_PARAMS,
                              QK_VIEW_LITERAL("\x06\x0b\x2b\x06\x01\x04\x01\x02\x82\x0b\x05\x04\x04")));
    assert_string_equal(type_of(&attrs), "Kyber-R2-1024");
}

static void other_keys_are_told_with_curve_or_size(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    uint8_t modulus[384] = { 1 };

    (void)state;
    assert_string_equal(type_of(&attrs), "");
    set_type(&attrs, CKK_RSA);
    assert_qk_ok(qk_attrs_set(&attrs, CKA_MODULUS, qk_view_of(modulus, sizeof modulus)));
    assert_string_equal(type_of(&attrs), "RSA 3072");
    set_type(&attrs, CKK_EC);
    assert_qk_ok(qk_attrs_set(&attrs, CKA_EC_PARAMS, qk_view_text("P-256")));
    assert_string_equal(type_of(&attrs), "EC P-256");
    set_type(&attrs, CKK_AES);
    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_VALUE_LEN, 32));
    assert_string_equal(type_of(&attrs), "AES 256");
    set_type(&attrs, 0x8123);
    assert_string_equal(type_of(&attrs), "type 0x8123");
}

static void what_terminals_obey_does_not_reach_them(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    char text[QK_KEY_TEXT], long_label[1000];

    (void)state;
    assert_qk_ok(qk_attrs_set(&attrs, CKA_LABEL, qk_view_text("a\033[2Jb\xff\n")));
    qk_key_label_write(&attrs, text);
    assert_string_equal(text, "a?[2Jb??");
    memset(long_label, 'x', sizeof long_label);
    assert_qk_ok(qk_attrs_set(&attrs, CKA_LABEL, qk_view_of(long_label, sizeof long_label)));
    qk_key_label_write(&attrs, text);
    assert_int_equal(strlen(text), QK_KEY_TEXT - 1);
}

static void uses_and_ways_out_are_told(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    char text[QK_KEY_TEXT];

    (void)state;
    qk_key_leaves_write(&attrs, text);
    assert_string_equal(text, "");
    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_CLASS, CKO_PRIVATE_KEY));
    assert_qk_ok(qk_attrs_set_bool(&attrs, CKA_SIGN, true));
    assert_qk_ok(qk_attrs_set_bool(&attrs, CKA_VERIFY, false));
    assert_qk_ok(qk_attrs_set_bool(&attrs, CKA_DECAPSULATE, true));
    qk_key_uses_write(&attrs, text);
    assert_string_equal(text, "sign, decapsulate");
    qk_key_class_write(&attrs, text);
    assert_string_equal(text, "private key");
    assert_qk_ok(qk_attrs_set_bool(&attrs, CKA_EXTRACTABLE, false));
    qk_key_leaves_write(&attrs, text);
    assert_string_equal(text, "never");
    assert_qk_ok(qk_attrs_set_bool(&attrs, CKA_EXTRACTABLE, true));
    qk_key_leaves_write(&attrs, text);
    assert_string_equal(text, "wrapped");
    assert_qk_ok(qk_attrs_set_bool(&attrs, CKA_SENSITIVE, false));
    qk_key_leaves_write(&attrs, text);
    assert_string_equal(text, "yes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(post_quantum_keys_are_told_with_their_parameter_set),
        cmocka_unit_test(other_keys_are_told_with_curve_or_size),
        cmocka_unit_test(what_terminals_obey_does_not_reach_them),
        cmocka_unit_test(uses_and_ways_out_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
