/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "p11/nested.h"

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_ULONG aes = CKK_AES;
static char label[] = "inner";

static qk_err flatten(CK_ATTRIBUTE *items, size_t count, qk_buf *out)
{
    return qk_nested_from_array(qk_view_of(items, count * sizeof *items), out);
}

static void two_orders_are_one_flat_form(void **state)
{
    CK_ATTRIBUTE one[] = { { CKA_SIGN, &yes, 1 }, { CKA_KEY_TYPE, &aes, 8 }, { CKA_LABEL, label, 5 } };
    CK_ATTRIBUTE two[] = { { CKA_LABEL, label, 5 }, { CKA_SIGN, &yes, 1 }, { CKA_KEY_TYPE, &aes, 8 } };
    QK_OWNED(qk_buf_done) qk_buf a = QK_BUF_NONE, b = QK_BUF_NONE;

    (void)state;
    assert_int_equal(flatten(one, 3, &a), QK_OK);
    assert_int_equal(flatten(two, 3, &b), QK_OK);
    assert_true(qk_view_equal(qk_buf_view(&a), qk_buf_view(&b)));
    two[1].pValue = &no;
    qk_buf_clear(&b);
    assert_int_equal(flatten(two, 3, &b), QK_OK);
    assert_false(qk_view_equal(qk_buf_view(&a), qk_buf_view(&b)));
}

static void the_empty_template_is_no_bytes(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf flat = QK_BUF_NONE;
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    CK_ATTRIBUTE place = { CKA_WRAP_TEMPLATE, NULL, 77 };

    (void)state;
    assert_int_equal(flatten(NULL, 0, &flat), QK_OK);
    assert_int_equal(flat.len, 0);
    assert_int_equal(qk_nested_read(QK_VIEW_NONE, &attrs), QK_OK);
    assert_int_equal(attrs.count, 0);
    assert_int_equal(qk_nested_give(QK_VIEW_NONE, &place), QK_OK);
    assert_int_equal(place.ulValueLen, 0);
}

static void a_template_comes_back_in_three_steps(void **state)
{
    CK_ATTRIBUTE items[] = { { CKA_SIGN, &yes, 1 }, { CKA_LABEL, label, 5 } }, got[2];
    CK_ATTRIBUTE place = { CKA_UNWRAP_TEMPLATE, NULL, 0 };
    QK_OWNED(qk_buf_done) qk_buf flat = QK_BUF_NONE;
    CK_BBOOL sign = CK_FALSE;
    char text[5];

    (void)state;
    assert_int_equal(flatten(items, 2, &flat), QK_OK);
    assert_int_equal(qk_nested_give(qk_buf_view(&flat), &place), QK_OK);
    assert_int_equal(place.ulValueLen, sizeof got);
    memset(got, 0, sizeof got); /* types are set, lengths are asked for */
    place.pValue = got;
    assert_int_equal(qk_nested_give(qk_buf_view(&flat), &place), QK_OK);
    assert_int_equal(got[0].type, CKA_LABEL);
    assert_int_equal(got[0].ulValueLen, 5);
    assert_int_equal(got[1].type, CKA_SIGN);
    assert_int_equal(got[1].ulValueLen, 1);
    got[0].pValue = text;
    got[1].pValue = &sign;
    assert_int_equal(qk_nested_give(qk_buf_view(&flat), &place), QK_OK);
    assert_memory_equal(text, "inner", 5);
    assert_int_equal(sign, CK_TRUE);
}

static void room_that_is_too_small_is_told(void **state)
{
    CK_ATTRIBUTE items[] = { { CKA_SIGN, &yes, 1 }, { CKA_LABEL, label, 5 } }, got[2] = { 0 };
    CK_ATTRIBUTE place = { CKA_UNWRAP_TEMPLATE, got, sizeof got - 1 };
    QK_OWNED(qk_buf_done) qk_buf flat = QK_BUF_NONE;
    CK_BBOOL sign = CK_FALSE;
    char text[4];

    (void)state;
    assert_int_equal(flatten(items, 2, &flat), QK_OK);
    assert_int_equal(qk_nested_give(qk_buf_view(&flat), &place), QK_E_BUFFER_SMALL);
    assert_true(place.ulValueLen == CK_UNAVAILABLE_INFORMATION);
    place.ulValueLen = sizeof got;
    got[0] = (CK_ATTRIBUTE){ 0, text, 4 };
    got[1] = (CK_ATTRIBUTE){ 0, &sign, 1 };
    assert_int_equal(qk_nested_give(qk_buf_view(&flat), &place), QK_E_BUFFER_SMALL);
    assert_true(got[0].ulValueLen == CK_UNAVAILABLE_INFORMATION);
    assert_int_equal(sign, CK_TRUE); /* the rest is given */
}

static void what_has_no_place_in_it_is_refused(void **state)
{
    CK_ATTRIBUTE inner = { CKA_SIGN, &yes, 1 };
    CK_ATTRIBUTE secret = { CKA_VALUE, label, 5 }, deep = { CKA_WRAP_TEMPLATE, &inner, sizeof inner },
                 unknown = { 0x12345678, label, 5 }, wrong = { CKA_SIGN, label, 5 }, null = { CKA_LABEL, NULL, 5 };
    CK_ATTRIBUTE twice[] = { { CKA_SIGN, &yes, 1 }, { CKA_SIGN, &no, 1 } };
    QK_OWNED(qk_buf_done) qk_buf flat = QK_BUF_NONE;

    (void)state;
    assert_int_equal(flatten(&secret, 1, &flat), QK_E_ATTRIBUTE_VALUE);
    assert_int_equal(flatten(&deep, 1, &flat), QK_E_ATTRIBUTE_VALUE);
    assert_int_equal(flatten(&unknown, 1, &flat), QK_E_ATTRIBUTE_TYPE);
    assert_int_equal(flatten(&wrong, 1, &flat), QK_E_ATTRIBUTE_VALUE);
    assert_int_equal(flatten(&null, 1, &flat), QK_E_ATTRIBUTE_VALUE);
    assert_int_equal(flatten(twice, 2, &flat), QK_E_TEMPLATE_INCONSISTENT);
    assert_int_equal(qk_nested_from_array(qk_view_of(&inner, sizeof inner - 1), &flat), QK_E_ATTRIBUTE_VALUE);
    assert_int_equal(flat.len, 0);
}

static void it_is_bounded(void **state)
{
    static CK_ATTRIBUTE many[QK_NESTED_MOST + 1];
    static char long_text[QK_NESTED_MOST_BYTES];
    CK_ATTRIBUTE big = { CKA_LABEL, long_text, sizeof long_text };
    QK_OWNED(qk_buf_done) qk_buf flat = QK_BUF_NONE;

    (void)state;
    for (size_t i = 0; i < QK_NESTED_MOST + 1; i++)
        many[i] = (CK_ATTRIBUTE){ CKA_LABEL, label, 5 };
    assert_int_equal(flatten(many, QK_NESTED_MOST + 1, &flat), QK_E_ATTRIBUTE_VALUE);
    assert_int_equal(flatten(&big, 1, &flat), QK_E_ATTRIBUTE_VALUE);
}

static void a_peers_bytes_are_judged_and_put_in_order(void **state)
{
    /* CKA_KEY_TYPE before CKA_CLASS, and a boolean of 7 */
    const qk_view foreign = QK_VIEW_LITERAL("\0\2"
                                            "\0\0\0\0\0\0\1\x08\1\0\0\0\1\7"
                                            "\0\0\0\0\0\0\0\0\2\0\0\0\x08\0\0\0\0\0\0\0\4");
    QK_OWNED(qk_buf_done) qk_buf flat = QK_BUF_NONE, again = QK_BUF_NONE;
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    (void)state;
    assert_int_equal(qk_nested_accept(foreign, &flat), QK_OK);
    assert_int_equal(qk_nested_read(qk_buf_view(&flat), &attrs), QK_OK);
    assert_int_equal(attrs.items[0].type, CKA_CLASS);
    assert_int_equal(attrs.items[1].value.data[0], CK_TRUE);
    assert_int_equal(qk_nested_accept(qk_buf_view(&flat), &again), QK_OK);
    assert_true(qk_view_equal(qk_buf_view(&flat), qk_buf_view(&again)));
    for (size_t len = 1; len < foreign.len; len++)
        assert_int_equal(qk_nested_accept(qk_view_slice(foreign, 0, len), &again), QK_E_ATTRIBUTE_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_orders_are_one_flat_form),
        cmocka_unit_test(the_empty_template_is_no_bytes),
        cmocka_unit_test(a_template_comes_back_in_three_steps),
        cmocka_unit_test(room_that_is_too_small_is_told),
        cmocka_unit_test(what_has_no_place_in_it_is_refused),
        cmocka_unit_test(it_is_bounded),
        cmocka_unit_test(a_peers_bytes_are_judged_and_put_in_order),
    };

    return cmocka_run_group_tests_name("nested templates", tests, NULL, NULL);
}
