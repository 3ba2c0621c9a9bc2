/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/codec/attribute_codec.h"

#include <stdlib.h>

#include "p11/attribute_bytes.h"
#include "hsm/testing.h"

typedef Grep11__KeyBlob__AttributesEntry entry;
typedef Grep11__AttributeValue value;

static qk_arena arena;

static int setup(void **state)
{
    (void)state;
    qk_arena_init(&arena, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    qk_arena_done(&arena);
    return 0;
}

/* ---- ways to write entries ---- */

static entry *entry_of(uint64_t key, value *with)
{
    entry *made = qk_message_new(&grep11__key_blob__attributes_entry__descriptor, &arena);

    made->key = key;
    made->value = with;
    return made;
}

static value *empty(void)
{
    return qk_message_new(&grep11__attribute_value__descriptor, &arena);
}

static value *tf(bool is)
{
    value *made = empty();

    made->one_attr_case = GREP11__ATTRIBUTE_VALUE__ONE_ATTR_ATTRIBUTE_TF;
    made->attributetf = is;
    return made;
}

static value *number(int64_t is)
{
    value *made = empty();

    made->one_attr_case = GREP11__ATTRIBUTE_VALUE__ONE_ATTR_ATTRIBUTE_I;
    made->attributei = is;
    return made;
}

static value *bytes(const char *text)
{
    value *made = empty();

    made->one_attr_case = GREP11__ATTRIBUTE_VALUE__ONE_ATTR_ATTRIBUTE_B;
    made->attributeb = qk_message_bytes(hex(&arena, text));
    return made;
}

static qk_err read_one(uint64_t key, value *with, qk_attrs *out)
{
    entry *list[] = { entry_of(key, with) };
    return qk_attrs_from_map(list, 1, out);
}

/* ---- what we send ---- */

static void values_travel_in_the_arm_of_their_form(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    entry **list;
    size_t count;

    (void)state;
    works(qk_attrs_set_bool(&attrs, CKA_SIGN, true));
    works(qk_attrs_set_ulong(&attrs, CKA_CLASS, CKO_SECRET_KEY));
    works(qk_attrs_set(&attrs, CKA_LABEL, QK_VIEW_LITERAL("key")));
    works(qk_attrs_set(&attrs, CKA_PUBLIC_EXPONENT, QK_VIEW_LITERAL("\x01\x00\x01")));
    works(qk_attrs_set_ulong(&attrs, CKA_KEY_GEN_MECHANISM, CK_UNAVAILABLE_INFORMATION));
    works(qk_attrs_to_map(&attrs, &grep11__key_blob__attributes_entry__descriptor, &arena, &list, &count));
    assert_int_equal(count, 5);
    assert_int_equal(list[0]->key, CKA_SIGN);
    assert_int_equal(list[0]->value->one_attr_case, GREP11__ATTRIBUTE_VALUE__ONE_ATTR_ATTRIBUTE_TF);
    assert_true(list[0]->value->attributetf);
    assert_int_equal(list[1]->value->one_attr_case, GREP11__ATTRIBUTE_VALUE__ONE_ATTR_ATTRIBUTE_I);
    assert_int_equal(list[1]->value->attributei, 4);
    assert_int_equal(list[2]->value->one_attr_case, GREP11__ATTRIBUTE_VALUE__ONE_ATTR_ATTRIBUTE_B);
    assert_int_equal(list[3]->value->one_attr_case, GREP11__ATTRIBUTE_VALUE__ONE_ATTR_ATTRIBUTE_B);
    assert_int_equal(list[3]->value->attributeb.len, 3);
    assert_int_equal(list[4]->value->attributei, -1);
}

static void every_attribute_comes_back_the_same(void **state)
{
    static const CK_ULONG numbers[] = { 7, CKM_IBM_ED25519_SHA512, CK_UNAVAILABLE_INFORMATION };
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE, back = QK_ATTRS_NONE;
    entry **list;
    size_t count;

    (void)state;
    for (size_t i = 0; i < qk_attribute_count; i++) {
        CK_ATTRIBUTE_TYPE type = qk_attributes[i].type;
        if (qk_attributes[i].form == QK_FORM_BOOL)
            works(qk_attrs_set_bool(&attrs, type, i % 2));
        else if (qk_attributes[i].form == QK_FORM_ULONG)
            works(qk_attrs_set_ulong(&attrs, type, numbers[i % 3]));
        else if (qk_attributes[i].form == QK_FORM_ULONGS)
            works(qk_attrs_set(&attrs, type, qk_view_of(numbers, sizeof numbers)));
        else if (qk_attributes[i].form == QK_FORM_DATE)
            works(qk_attrs_set(&attrs, type, QK_VIEW_LITERAL("20261121")));
        else if (qk_attributes[i].form == QK_FORM_TEMPLATE) /* CKA_SIGN true, as attribute_bytes.h writes it */
            works(qk_attrs_set(&attrs, type, QK_VIEW_LITERAL("\0\1\0\0\0\0\0\0\1\x08\1\0\0\0\1\1")));
        else
            works(qk_attrs_set(&attrs, type, QK_VIEW_LITERAL("\x01\x00\xff")));
    }
    works(qk_attrs_to_map(&attrs, &grep11__key_blob__attributes_entry__descriptor, &arena, &list, &count));
    works(qk_attrs_from_map(list, count, &back));
    assert_int_equal(attrs.count, back.count);
    assert_true(qk_attrs_match(&attrs, &back));
}

/* ---- what we take ---- */

static void booleans_come_in_three_arms(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    struct {
        value *with;
        bool is;
    } cases[] = { { tf(true), true },
                  { tf(false), false },
                  { number(1), true },
                  { number(0), false },
                  { bytes("01"), true },
                  { bytes("00"), false },
                  { bytes("0000000000000001"), true } };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        works(read_one(CKA_SIGN, cases[i].with, &attrs));
        assert_int_equal(qk_attrs_bool(&attrs, CKA_SIGN, !cases[i].is), cases[i].is);
    }
}

static void numbers_come_as_integers_or_big_endian_bytes(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    value *forms[] = { number(32), bytes("20"), bytes("00000020"), bytes("0000000000000020") };

    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        works(read_one(CKA_VALUE_LEN, forms[i], &attrs));
        assert_int_equal(qk_attrs_ulong(&attrs, CKA_VALUE_LEN, 0), 32);
    }
}

static void a_public_exponent_comes_as_an_integer_or_as_bytes(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    (void)state;
    works(read_one(CKA_PUBLIC_EXPONENT, number(65537), &attrs));
    assert_view_equal(qk_attrs_view(&attrs, CKA_PUBLIC_EXPONENT), QK_VIEW_LITERAL("\x01\x00\x01"));
    works(read_one(CKA_PUBLIC_EXPONENT, number(17), &attrs));
    assert_view_equal(qk_attrs_view(&attrs, CKA_PUBLIC_EXPONENT), QK_VIEW_LITERAL("\x11"));
    works(read_one(CKA_PUBLIC_EXPONENT, bytes("00020001"), &attrs));
    assert_view_equal(qk_attrs_view(&attrs, CKA_PUBLIC_EXPONENT), QK_VIEW_LITERAL("\x02\x00\x01"));
}

static void sign_extended_vendor_numbers_are_folded(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    (void)state;
    works(read_one(UINT64_C(0xffffffff80010008), tf(true), &attrs));
    assert_true(qk_attrs_bool(&attrs, CKA_IBM_USE_AS_DATA, false));
    works(read_one(CKA_KEY_TYPE, number((int64_t)UINT64_C(0xffffffff80010023)), &attrs));
    assert_int_equal(qk_attrs_ulong(&attrs, CKA_KEY_TYPE, 0), CKK_IBM_PQC_DILITHIUM);
}

static void a_value_without_an_arm_is_absent(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    (void)state;
    works(read_one(CKA_SIGN, empty(), &attrs));
    assert_int_equal(attrs.count, 0);
    works(read_one(CKA_SIGN, NULL, &attrs));
    assert_int_equal(attrs.count, 0);
}

static void the_last_of_repeated_keys_wins(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    entry *list[] = { entry_of(CKA_SIGN, tf(true)), entry_of(CKA_VERIFY, tf(true)), entry_of(CKA_SIGN, tf(false)),
                      entry_of(CKA_VERIFY, empty()) };

    (void)state;
    works(qk_attrs_from_map(list, 4, &attrs));
    assert_int_equal(attrs.count, 1);
    assert_false(qk_attrs_bool(&attrs, CKA_SIGN, true));
}

static void what_cannot_be_the_value_is_refused(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    struct {
        CK_ATTRIBUTE_TYPE type;
        value *with;
    } cases[] = {
        { CKA_SIGN, number(2) },
        { CKA_SIGN, number(-1) },
        { CKA_SIGN, bytes("02") },
        { CKA_SIGN, bytes("") },
        { CKA_SIGN, bytes("0001") },
        { CKA_VALUE_LEN, tf(true) },
        { CKA_VALUE_LEN, bytes("") },
        { CKA_VALUE_LEN, bytes("000001") },
        { CKA_CLASS, number(INT64_MIN) },
        { CKA_LABEL, number(1) },
        { CKA_LABEL, tf(true) },
        { CKA_MODULUS, tf(true) },
        { CKA_PUBLIC_EXPONENT, number(-3) },
        { CKA_START_DATE, bytes("3230") },
        { CKA_ALLOWED_MECHANISMS, bytes("00000001") },
        { CKA_WRAP_TEMPLATE, bytes("00") },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        refuses(read_one(cases[i].type, cases[i].with, &attrs), QK_E_ATTRIBUTE_VALUE);
        assert_int_equal(attrs.count, 0);
    }
}

static void an_attribute_nobody_knows_is_refused(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    (void)state;
    refuses(read_one(0x7777, tf(true), &attrs), QK_E_ATTRIBUTE_TYPE);
    refuses(read_one(UINT64_MAX, tf(true), &attrs), QK_E_ATTRIBUTE_TYPE);
}

static void a_huge_map_is_refused(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    static entry *list[5000];

    (void)state;
    for (size_t i = 0; i < 5000; i++)
        list[i] = entry_of(CKA_SIGN, tf(true));
    refuses(qk_attrs_from_map(list, 5000, &attrs), QK_E_TEMPLATE_INCONSISTENT);
    works(qk_attrs_from_map(list, 4096, &attrs));
}

/* Random maps: either refused or, written and read again, the same. */
static void random_maps_do_no_harm(void **state)
{
    (void)state;
    srandom(1);
    for (int round = 0; round < 20000; round++) {
        QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE, back = QK_ATTRS_NONE;
        entry *list[6], **written;
        size_t count = (size_t)random() % 7, written_count;
        qk_arena_reset(&arena);
        for (size_t i = 0; i < count; i++) {
            long kind = random() % 5;
            uint64_t key = qk_attributes[(size_t)random() % qk_attribute_count].type;
            list[i] = entry_of(kind == 0 && random() % 16 == 0 ? (uint64_t)random() : key,
                               kind == 0   ? empty()
                               : kind == 1 ? tf(random() % 2)
                               : kind == 2 ? number(random() % 3 - 1)
                               : kind == 3 ? bytes("0000000000000001")
                                           : bytes("01"));
        }
        if (qk_attrs_from_map(list, count, &attrs) != QK_OK)
            continue;
        works(
            qk_attrs_to_map(&attrs, &grep11__key_blob__attributes_entry__descriptor, &arena, &written, &written_count));
        works(qk_attrs_from_map(written, written_count, &back));
        assert_true(qk_attrs_match(&attrs, &back) && attrs.count == back.count);
    }
}

/* ---- as they lie in blobs ---- */

static void attributes_in_blobs_are_the_same_on_every_machine(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;
    static const CK_ULONG numbers[] = { CKM_AES_GCM, 2 };

    (void)state;
    works(qk_attrs_set_ulong(&attrs, CKA_CLASS, CKO_SECRET_KEY));
    works(qk_attrs_set_bool(&attrs, CKA_SIGN, true));
    works(qk_attrs_set(&attrs, CKA_EC_PARAMS, QK_VIEW_LITERAL("P-256")));
    works(qk_attrs_set(&attrs, CKA_ALLOWED_MECHANISMS, qk_view_of(numbers, sizeof numbers)));
    works(qk_attrs_write(&attrs, &out));
    assert_view_equal(qk_buf_view(&out), hex(&arena, "0004"
                                                     "00000000000000000200000008"
                                                     "0000000000000004"
                                                     "000000000000010801"
                                                     "0000000101"
                                                     "00000000000001800300000005"
                                                     "502d323536"
                                                     "00000000400006000400000010"
                                                     "00000000000010870000000000000002"));
}

static void attributes_in_blobs_read_back(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE, back = QK_ATTRS_NONE;
    QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;
    static const CK_ULONG numbers[] = { CKM_AES_GCM, CK_UNAVAILABLE_INFORMATION };

    (void)state;
    works(qk_attrs_set_ulong(&attrs, CKA_KEY_GEN_MECHANISM, CK_UNAVAILABLE_INFORMATION));
    works(qk_attrs_set_bool(&attrs, CKA_SIGN, false));
    works(qk_attrs_set(&attrs, CKA_IBM_MACKEY, QK_VIEW_NONE));
    works(qk_attrs_set(&attrs, CKA_ALLOWED_MECHANISMS, qk_view_of(numbers, sizeof numbers)));
    works(qk_attrs_write(&attrs, &out));
    works(qk_attrs_read(qk_buf_view(&out), &back));
    assert_int_equal(back.count, 4);
    assert_true(qk_attrs_match(&attrs, &back));
    for (size_t len = 0; len < out.len; len++)
        refuses(qk_attrs_read(qk_view_of(out.data, len), &back), QK_E_BLOB_DAMAGED);
    qk_buf_put_u8(&out, 0);
    refuses(qk_attrs_read(qk_buf_view(&out), &back), QK_E_BLOB_DAMAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_travel_in_the_arm_of_their_form, setup, teardown),
        cmocka_unit_test_setup_teardown(every_attribute_comes_back_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(booleans_come_in_three_arms, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_come_as_integers_or_big_endian_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(a_public_exponent_comes_as_an_integer_or_as_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(sign_extended_vendor_numbers_are_folded, setup, teardown),
        cmocka_unit_test_setup_teardown(a_value_without_an_arm_is_absent, setup, teardown),
        cmocka_unit_test_setup_teardown(the_last_of_repeated_keys_wins, setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_the_value_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(an_attribute_nobody_knows_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_huge_map_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(random_maps_do_no_harm, setup, teardown),
        cmocka_unit_test_setup_teardown(attributes_in_blobs_are_the_same_on_every_machine, setup, teardown),
        cmocka_unit_test_setup_teardown(attributes_in_blobs_read_back, setup, teardown),
    };
    return cmocka_run_group_tests_name("attribute codec", tests, NULL, NULL);
}
