/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "p11/attribute.h"
#include "p11/snapshot.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The linker puts these in the place of malloc and realloc, so that one of them, counted from 0, can fail. */
void *__real_malloc(size_t len);
void *__real_realloc(void *old, size_t len);
void *__wrap_malloc(size_t len);
void *__wrap_realloc(void *old, size_t len);

static int allocations_left = -1; /* before one fails; -1: none does */

static bool allocation_fails(void)
{
    return allocations_left >= 0 && allocations_left-- == 0;
}

void *__wrap_malloc(size_t len)
{
    return allocation_fails() ? NULL : __real_malloc(len);
}

void *__wrap_realloc(void *old, size_t len)
{
    return allocation_fails() ? NULL : __real_realloc(old, len);
}

/* ---- the table ---- */

static void the_table_is_sorted_and_every_row_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < qk_attribute_count; i++) {
        assert_true(i == 0 || qk_attributes[i - 1].type < qk_attributes[i].type);
        assert_ptr_equal(qk_attribute_find(qk_attributes[i].type), &qk_attributes[i]);
    }
}

static void numbers_between_and_beyond_the_rows_are_unknown(void **state)
{
    static const CK_ATTRIBUTE_TYPE strangers[] = { 0x5,
                                                   0xf,
                                                   0x13,
                                                   0x638,
                                                   0x7fffffff,
                                                   CKA_OTP_COUNTER,
                                                   CKA_HW_FEATURE_TYPE,
                                                   CKA_IBM_WIRETEST,
                                                   0x8001000b,
                                                   0xffffffff80010001,
                                                   ~0UL };
    (void)state;
    for (size_t i = 0; i < COUNT(strangers); i++)
        assert_null(qk_attribute_find(strangers[i]));
}

static void every_row_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < qk_attribute_count; i++) {
        const qk_attribute *row = &qk_attributes[i];
        bool settable = row->flags & QK_ATTRIBUTE_SETTABLE;
        assert_memory_equal(row->name, "CKA_", 4);
        assert_true((row->of & ~(unsigned)QK_OF_ALL) == 0);
        /* one-way rules are rules about setting, for booleans */
        if (row->flags & (QK_ATTRIBUTE_ONLY_TO_TRUE | QK_ATTRIBUTE_ONLY_TO_FALSE))
            assert_true(settable && row->form == QK_FORM_BOOL);
        if (row->flags & QK_ATTRIBUTE_USAGE)
            assert_true(settable && row->form == QK_FORM_BOOL && row->home == QK_HOME_KEY &&
                        (row->of & ~(unsigned)QK_OF_KEYS) == 0);
        /* what the token sets, the application does not change; what follows from others neither */
        if (row->flags & QK_ATTRIBUTE_NOT_GIVEN || row->home == QK_HOME_COMPUTED || row->home == QK_HOME_VALUE)
            assert_false(settable);
        if (row->flags & QK_ATTRIBUTE_SECRET)
            assert_true(row->form == QK_FORM_BYTES || row->form == QK_FORM_INTEGER);
    }
}

static void whatever_makes_up_a_private_key_is_secret(void **state)
{
    static const CK_ATTRIBUTE_TYPE secrets[] = {
        CKA_VALUE,
        CKA_PRIVATE_EXPONENT,
        CKA_PRIME_1,
        CKA_PRIME_2,
        CKA_EXPONENT_1,
        CKA_EXPONENT_2,
        CKA_COEFFICIENT,
        CKA_SEED,
        CKA_IBM_MACKEY,
        CKA_IBM_DILITHIUM_SEED,
        CKA_IBM_DILITHIUM_S1,
        CKA_IBM_DILITHIUM_S2,
        CKA_IBM_DILITHIUM_T0,
        CKA_IBM_KYBER_SK,
        CKA_IBM_ML_KEM_PRIVATE_SEED,
        CKA_IBM_ML_DSA_PRIVATE_SEED,
        CKA_GREP11_KEYSTORE_PASSWORD,
    };
    static const CK_ATTRIBUTE_TYPE open[] = { CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_EC_POINT, CKA_EC_PARAMS,
                                              CKA_LABEL };
    (void)state;
    for (size_t i = 0; i < COUNT(secrets); i++)
        assert_true(qk_attribute_find(secrets[i])->flags & QK_ATTRIBUTE_SECRET);
    for (size_t i = 0; i < COUNT(open); i++)
        assert_false(qk_attribute_find(open[i])->flags & QK_ATTRIBUTE_SECRET);
}

static void what_protects_a_key_lives_in_its_blob(void **state)
{
    static const CK_ATTRIBUTE_TYPE sealed[] = {
        CKA_SENSITIVE,
        CKA_EXTRACTABLE,
        CKA_ALWAYS_SENSITIVE,
        CKA_NEVER_EXTRACTABLE,
        CKA_LOCAL,
        CKA_TRUSTED,
        CKA_WRAP_WITH_TRUSTED,
        CKA_MODIFIABLE,
        CKA_ALLOWED_MECHANISMS,
        CKA_WRAP_TEMPLATE,
        CKA_UNWRAP_TEMPLATE,
        CKA_DERIVE_TEMPLATE,
        CKA_ALWAYS_AUTHENTICATE,
        CKA_SIGN,
        CKA_DECRYPT,
        CKA_DERIVE,
        CKA_IBM_USE_AS_DATA,
        CKA_IBM_ATTRBOUND,
        CKA_KEY_TYPE,
        CKA_CLASS,
    };
    static const CK_ATTRIBUTE_TYPE loose[] = { CKA_LABEL, CKA_ID, CKA_SUBJECT, CKA_START_DATE, CKA_END_DATE };
    (void)state;
    for (size_t i = 0; i < COUNT(sealed); i++)
        assert_int_equal(qk_attribute_find(sealed[i])->home, QK_HOME_KEY);
    for (size_t i = 0; i < COUNT(loose); i++)
        assert_int_equal(qk_attribute_find(loose[i])->home, QK_HOME_OBJECT);
    assert_int_equal(qk_attribute_find(CKA_TOKEN)->home, QK_HOME_PLACE);
    assert_int_equal(qk_attribute_find(CKA_PRIVATE)->home, QK_HOME_PLACE);
}

static void sensitivity_only_rises_and_extractability_only_falls(void **state)
{
    (void)state;
    assert_true(qk_attribute_find(CKA_SENSITIVE)->flags & QK_ATTRIBUTE_ONLY_TO_TRUE);
    assert_true(qk_attribute_find(CKA_WRAP_WITH_TRUSTED)->flags & QK_ATTRIBUTE_ONLY_TO_TRUE);
    assert_true(qk_attribute_find(CKA_EXTRACTABLE)->flags & QK_ATTRIBUTE_ONLY_TO_FALSE);
    assert_true(qk_attribute_find(CKA_MODIFIABLE)->flags & QK_ATTRIBUTE_ONLY_TO_FALSE);
    assert_true(qk_attribute_find(CKA_LOCAL)->flags & QK_ATTRIBUTE_NOT_GIVEN);
    assert_false(qk_attribute_find(CKA_KEY_TYPE)->flags & QK_ATTRIBUTE_SETTABLE);
}

static void object_classes_have_kinds(void **state)
{
    (void)state;
    assert_int_equal(qk_attribute_kind_of(CKO_PUBLIC_KEY), QK_OF_PUBLIC);
    assert_int_equal(qk_attribute_kind_of(CKO_PRIVATE_KEY), QK_OF_PRIVATE);
    assert_int_equal(qk_attribute_kind_of(CKO_SECRET_KEY), QK_OF_SECRET);
    assert_int_equal(qk_attribute_kind_of(CKO_DATA), QK_OF_DATA);
    assert_int_equal(qk_attribute_kind_of(CKO_CERTIFICATE), QK_OF_CERTIFICATE);
    assert_int_equal(qk_attribute_kind_of(CKO_DOMAIN_PARAMETERS), QK_OF_DOMAIN);
    assert_int_equal(qk_attribute_kind_of(CKO_PROFILE), QK_OF_PROFILE);
    assert_int_equal(qk_attribute_kind_of(CKO_HW_FEATURE), 0);
    assert_int_equal(qk_attribute_kind_of(CKO_VENDOR_DEFINED), 0);
    assert_int_equal(qk_attribute_kind_of(~0UL), 0);
}

static void classes_and_key_types_have_names(void **state)
{
    (void)state;
    assert_string_equal(qk_name_of_class(CKO_SECRET_KEY), "CKO_SECRET_KEY");
    assert_string_equal(qk_name_of_class(0x99), "unknown");
    assert_string_equal(qk_name_of_key_type(CKK_RSA), "CKK_RSA");
    assert_string_equal(qk_name_of_key_type(CKK_EC_EDWARDS), "CKK_EC_EDWARDS");
    assert_string_equal(qk_name_of_key_type(CKK_IBM_PQC_DILITHIUM), "CKK_IBM_PQC_DILITHIUM");
    assert_string_equal(qk_name_of_key_type(~0UL), "unknown");
}

static void print_bits(qk_buf *out, unsigned bits, const char *const *names, size_t count)
{
    const char *between = "";

    if (bits == 0)
        qk_buf_put_text(out, "-");
    for (size_t i = 0; i < count; i++)
        if (bits & 1u << i) {
            qk_buf_printf(out, "%s%s", between, names[i]);
            between = ",";
        }
}

static void the_printed_table_is_the_one_on_file(void **state)
{
    static const char *const forms[] = { "bool", "ulong", "bytes", "text", "integer", "date", "ulongs", "template" };
    static const char *const homes[] = { "key", "value", "object", "place", "computed" };
    static const char *const kinds[] = { "public", "private", "secret", "certificate", "data", "domain", "profile" };
    static const char *const flags[] = { "secret", "not-given", "settable", "only-to-true", "only-to-false", "usage" };
    QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;

    (void)state;
    for (size_t i = 0; i < qk_attribute_count; i++) {
        const qk_attribute *row = &qk_attributes[i];
        qk_buf_printf(&out, "0x%08lx %s %s %s of ", row->type, row->name, forms[row->form], homes[row->home]);
        print_bits(&out, row->of, kinds, COUNT(kinds));
        qk_buf_put_text(&out, " flags ");
        print_bits(&out, row->flags, flags, COUNT(flags));
        qk_buf_put_text(&out, "\n");
    }
    assert_true(snapshot_equal(QK_SNAPSHOT_DIR, "attribute_table.txt", &out));
}

/* ---- lists ---- */

static void a_list_keeps_copies_in_the_order_given(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    char label[] = "first";

    (void)state;
    assert_int_equal(qk_attrs_set(&attrs, CKA_LABEL, qk_view_text(label)), QK_OK);
    assert_int_equal(qk_attrs_set_bool(&attrs, CKA_TOKEN, true), QK_OK);
    assert_int_equal(qk_attrs_set_ulong(&attrs, CKA_CLASS, CKO_SECRET_KEY), QK_OK);
    label[0] = 'F';
    assert_int_equal(attrs.count, 3);
    assert_int_equal(attrs.items[0].type, CKA_LABEL);
    assert_int_equal(attrs.items[2].type, CKA_CLASS);
    assert_true(qk_view_equal(qk_attrs_view(&attrs, CKA_LABEL), QK_VIEW_LITERAL("first")));
    assert_true(qk_attrs_bool(&attrs, CKA_TOKEN, false));
    assert_int_equal(qk_attrs_ulong(&attrs, CKA_CLASS, 0), CKO_SECRET_KEY);
}

static void setting_again_replaces(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    (void)state;
    assert_int_equal(qk_attrs_set(&attrs, CKA_ID, QK_VIEW_LITERAL("one")), QK_OK);
    assert_int_equal(qk_attrs_set(&attrs, CKA_ID, QK_VIEW_LITERAL("")), QK_OK);
    assert_int_equal(attrs.count, 1);
    assert_non_null(qk_attrs_find(&attrs, CKA_ID));
    assert_int_equal(qk_attrs_view(&attrs, CKA_ID).len, 0);
}

static void a_value_may_be_set_to_a_part_of_itself(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    (void)state;
    assert_int_equal(qk_attrs_set(&attrs, CKA_ID, QK_VIEW_LITERAL("0123456789")), QK_OK);
    assert_int_equal(qk_attrs_set(&attrs, CKA_ID, qk_view_slice(qk_attrs_view(&attrs, CKA_ID), 4, 3)), QK_OK);
    assert_true(qk_view_equal(qk_attrs_view(&attrs, CKA_ID), QK_VIEW_LITERAL("456")));
}

static void what_is_absent_or_of_another_length_gives_the_fallback(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    (void)state;
    assert_true(qk_attrs_bool(&attrs, CKA_SIGN, true));
    assert_false(qk_attrs_bool(&attrs, CKA_SIGN, false));
    assert_int_equal(qk_attrs_ulong(&attrs, CKA_VALUE_LEN, 7), 7);
    assert_null(qk_attrs_find(&attrs, CKA_LABEL));
    assert_int_equal(qk_attrs_view(&attrs, CKA_LABEL).len, 0);
    assert_int_equal(qk_attrs_set(&attrs, CKA_VALUE_LEN, QK_VIEW_LITERAL("1234")), QK_OK);
    assert_int_equal(qk_attrs_ulong(&attrs, CKA_VALUE_LEN, 7), 7);
    assert_int_equal(qk_attrs_set(&attrs, CKA_SIGN, QK_VIEW_LITERAL("")), QK_OK);
    assert_true(qk_attrs_bool(&attrs, CKA_SIGN, true));
}

static void removing_closes_the_gap(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    (void)state;
    for (CK_ULONG i = 0; i < 40; i++)
        assert_int_equal(qk_attrs_set_ulong(&attrs, i, i * i), QK_OK);
    qk_attrs_remove(&attrs, 0);
    qk_attrs_remove(&attrs, 17);
    qk_attrs_remove(&attrs, 39);
    qk_attrs_remove(&attrs, 1000);
    assert_int_equal(attrs.count, 37);
    for (CK_ULONG i = 0; i < 40; i++)
        assert_int_equal(qk_attrs_ulong(&attrs, i, 9999), i == 0 || i == 17 || i == 39 ? 9999 : i * i);
}

static void merging_lays_one_list_over_another(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs below = QK_ATTRS_NONE;
    QK_OWNED(qk_attrs_done) qk_attrs above = QK_ATTRS_NONE;

    (void)state;
    assert_int_equal(qk_attrs_set_bool(&below, CKA_SIGN, false), QK_OK);
    assert_int_equal(qk_attrs_set_ulong(&below, CKA_VALUE_LEN, 16), QK_OK);
    assert_int_equal(qk_attrs_set_bool(&above, CKA_SIGN, true), QK_OK);
    assert_int_equal(qk_attrs_set(&above, CKA_LABEL, QK_VIEW_LITERAL("x")), QK_OK);
    assert_int_equal(qk_attrs_merge(&below, &above), QK_OK);
    assert_int_equal(below.count, 3);
    assert_true(qk_attrs_bool(&below, CKA_SIGN, false));
    assert_int_equal(qk_attrs_ulong(&below, CKA_VALUE_LEN, 0), 16);
    assert_int_equal(qk_attrs_merge(&below, &below), QK_OK);
    assert_int_equal(below.count, 3);
    assert_int_equal(above.count, 2);
}

static void a_list_that_is_done_is_empty_and_may_be_done_again(void **state)
{
    qk_attrs attrs = QK_ATTRS_NONE;

    (void)state;
    qk_attrs_done(&attrs);
    assert_int_equal(qk_attrs_set(&attrs, CKA_VALUE, QK_VIEW_LITERAL("secret")), QK_OK);
    qk_attrs_done(&attrs);
    assert_null(attrs.items);
    assert_int_equal(attrs.count, 0);
    qk_attrs_done(&attrs);
}

static void a_match_needs_every_wanted_value(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    QK_OWNED(qk_attrs_done) qk_attrs wanted = QK_ATTRS_NONE;

    (void)state;
    assert_int_equal(qk_attrs_set(&attrs, CKA_LABEL, QK_VIEW_LITERAL("key")), QK_OK);
    assert_int_equal(qk_attrs_set(&attrs, CKA_ID, QK_VIEW_LITERAL("")), QK_OK);
    assert_true(qk_attrs_match(&attrs, &wanted));
    assert_int_equal(qk_attrs_set(&wanted, CKA_ID, QK_VIEW_LITERAL("")), QK_OK);
    assert_int_equal(qk_attrs_set(&wanted, CKA_LABEL, QK_VIEW_LITERAL("key")), QK_OK);
    assert_true(qk_attrs_match(&attrs, &wanted));
    assert_false(qk_attrs_match(&QK_ATTRS_NONE, &wanted));
    assert_int_equal(qk_attrs_set(&wanted, CKA_LABEL, QK_VIEW_LITERAL("keys")), QK_OK);
    assert_false(qk_attrs_match(&attrs, &wanted));
    assert_int_equal(qk_attrs_set(&wanted, CKA_LABEL, QK_VIEW_LITERAL("kex")), QK_OK);
    assert_false(qk_attrs_match(&attrs, &wanted));
    qk_attrs_remove(&wanted, CKA_LABEL);
    assert_int_equal(qk_attrs_set_bool(&wanted, CKA_TOKEN, true), QK_OK);
    assert_false(qk_attrs_match(&attrs, &wanted));
}

/* ---- templates ---- */

static qk_err read_one(CK_ATTRIBUTE_TYPE type, const void *value, CK_ULONG len, qk_attrs *out)
{
    CK_ATTRIBUTE entry = { type, (void *)(uintptr_t)value, len };

    return qk_attrs_from_template(&entry, 1, out);
}

static void a_template_becomes_a_list(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_BBOOL yes = CK_TRUE;
    CK_BYTE modulus[] = { 0, 0, 0xc1, 0 };
    CK_MECHANISM_TYPE allowed[] = { CKM_ECDSA, CKM_ECDSA_SHA256 };
    CK_ATTRIBUTE template[] = {
        { CKA_CLASS, &class, sizeof(class) },
        { CKA_TOKEN, &yes, sizeof(yes) },
        { CKA_LABEL, NULL, 0 },
        { CKA_START_DATE, NULL, 0 },
        { CKA_MODULUS, modulus, sizeof(modulus) },
        { CKA_ALLOWED_MECHANISMS, allowed, sizeof(allowed) },
    };
    static const uint8_t short_modulus[] = { 0xc1, 0 };

    (void)state;
    assert_int_equal(qk_attrs_set(&attrs, CKA_ID, QK_VIEW_LITERAL("of before")), QK_OK);
    assert_int_equal(qk_attrs_from_template(template, COUNT(template), &attrs), QK_OK);
    assert_int_equal(attrs.count, COUNT(template));
    assert_int_equal(qk_attrs_ulong(&attrs, CKA_CLASS, 0), CKO_PRIVATE_KEY);
    assert_true(qk_attrs_bool(&attrs, CKA_TOKEN, false));
    assert_non_null(qk_attrs_find(&attrs, CKA_LABEL));
    assert_true(qk_view_equal(qk_attrs_view(&attrs, CKA_MODULUS), qk_view_of(short_modulus, 2)));
    assert_int_equal(qk_attrs_view(&attrs, CKA_ALLOWED_MECHANISMS).len, 16);
}

static void no_template_is_an_empty_list(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    (void)state;
    assert_int_equal(qk_attrs_from_template(NULL, 0, &attrs), QK_OK);
    assert_int_equal(attrs.count, 0);
    assert_int_equal(qk_attrs_from_template(NULL, 1, &attrs), QK_E_BAD_ARGUMENT);
}

static void any_true_byte_is_kept_as_true(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    CK_BBOOL odd = 0xff;

    (void)state;
    assert_int_equal(read_one(CKA_SIGN, &odd, 1, &attrs), QK_OK);
    assert_int_equal(qk_attrs_view(&attrs, CKA_SIGN).data[0], CK_TRUE);
}

static void an_integer_of_zeros_becomes_empty(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    (void)state;
    assert_int_equal(read_one(CKA_PUBLIC_EXPONENT, "\0\0\0", 3, &attrs), QK_OK);
    assert_int_equal(qk_attrs_view(&attrs, CKA_PUBLIC_EXPONENT).len, 0);
    /* An EC private key's CKA_VALUE keeps its zeros: its length is the curve's. */
    assert_int_equal(read_one(CKA_VALUE, "\0\1", 2, &attrs), QK_OK);
    assert_int_equal(qk_attrs_view(&attrs, CKA_VALUE).len, 2);
}

static void lengths_that_do_not_fit_the_form_are_refused(void **state)
{
    static const struct {
        CK_ATTRIBUTE_TYPE type;
        CK_ULONG len;
    } wrong[] = {
        { CKA_SIGN, 0 },
        { CKA_SIGN, 2 },
        { CKA_SIGN, 8 },
        { CKA_CLASS, 0 },
        { CKA_CLASS, 4 },
        { CKA_CLASS, 7 },
        { CKA_CLASS, 9 },
        { CKA_VALUE_LEN, 1 },
        { CKA_START_DATE, 1 },
        { CKA_START_DATE, 7 },
        { CKA_END_DATE, 9 },
        { CKA_ALLOWED_MECHANISMS, 4 },
        { CKA_ALLOWED_MECHANISMS, 15 },
        { CKA_WRAP_TEMPLATE, sizeof(CK_ATTRIBUTE) - 1 },
        { CKA_UNWRAP_TEMPLATE, 1 },
        { CKA_DERIVE_TEMPLATE, 65 * sizeof(CK_ATTRIBUTE) },
    };
    static const uint8_t bytes[65 * sizeof(CK_ATTRIBUTE)];
    qk_attrs attrs = QK_ATTRS_NONE;

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_int_equal(read_one(wrong[i].type, bytes, wrong[i].len, &attrs), QK_E_ATTRIBUTE_VALUE);
    assert_null(attrs.items);
}

static void a_length_without_a_value_is_refused(void **state)
{
    qk_attrs attrs = QK_ATTRS_NONE;

    (void)state;
    assert_int_equal(read_one(CKA_LABEL, NULL, 4, &attrs), QK_E_ATTRIBUTE_VALUE);
    assert_int_equal(read_one(CKA_SIGN, NULL, 1, &attrs), QK_E_ATTRIBUTE_VALUE);
    assert_null(attrs.items);
}

static void unknown_attributes_are_refused(void **state)
{
    qk_attrs attrs = QK_ATTRS_NONE;

    (void)state;
    assert_int_equal(read_one(0x12345678, "x", 1, &attrs), QK_E_ATTRIBUTE_TYPE);
    assert_int_equal(read_one(CKA_IBM_WIRETEST, "x", 1, &attrs), QK_E_ATTRIBUTE_TYPE);
}

static void a_type_given_twice_is_refused_and_nothing_is_changed(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    char a[] = "a";
    CK_ATTRIBUTE twice[] = { { CKA_LABEL, a, 1 }, { CKA_ID, a, 1 }, { CKA_LABEL, a, 1 } };

    (void)state;
    assert_int_equal(qk_attrs_set(&attrs, CKA_ID, QK_VIEW_LITERAL("of before")), QK_OK);
    assert_int_equal(qk_attrs_from_template(twice, 3, &attrs), QK_E_TEMPLATE_INCONSISTENT);
    assert_int_equal(attrs.count, 1);
    assert_int_equal(qk_attrs_view(&attrs, CKA_ID).len, 9);
}

static void absurd_counts_and_lengths_are_refused_before_they_are_read(void **state)
{
    char a[] = "a";
    CK_ATTRIBUTE entries[2] = { { CKA_LABEL, a, 1 }, { CKA_ID, a, 0 } };
    static const CK_ULONG absurd[] = { (16 << 20), (16 << 20) + 1, 1UL << 40, ~0UL };
    qk_attrs attrs = QK_ATTRS_NONE;

    (void)state;
    assert_int_equal(qk_attrs_from_template(entries, 513, &attrs), QK_E_TEMPLATE_INCONSISTENT);
    assert_int_equal(qk_attrs_from_template(entries, ~0UL, &attrs), QK_E_TEMPLATE_INCONSISTENT);
    for (size_t i = 0; i < COUNT(absurd); i++) { /* together with the label's byte more than 16 MiB */
        entries[1].ulValueLen = absurd[i];
        assert_int_equal(qk_attrs_from_template(entries, 2, &attrs), QK_E_TEMPLATE_INCONSISTENT);
    }
    assert_null(attrs.items);
}

/* Twenty labels and such need several growths of the list; each allocation fails once, in turn. */
static void when_memory_runs_out_the_list_stays_as_it_was(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    CK_ATTRIBUTE template[20];
    char text[] = "text";
    qk_err err = QK_E_NO_MEMORY;
    int failed;

    (void)state;
    for (size_t i = 0; i < COUNT(template); i++)
        template[i] = (CK_ATTRIBUTE){ CKA_X2RATCHET_BAG, text, 4 };
    for (size_t i = 0, row = 0; i < COUNT(template); row++)
        if (qk_attributes[row].form == QK_FORM_BYTES)
            template[i++].type = qk_attributes[row].type;
    assert_int_equal(qk_attrs_set(&attrs, CKA_ID, QK_VIEW_LITERAL("of before")), QK_OK);
    for (failed = 0; failed < 100 && err == QK_E_NO_MEMORY; failed++) {
        assert_int_equal(attrs.count, 1);
        allocations_left = failed;
        err = qk_attrs_from_template(template, COUNT(template), &attrs);
        allocations_left = -1;
    }
    assert_int_equal(err, QK_OK);
    assert_int_equal(failed, 20 + 2 + 1); /* values, growths to 16 and 32, and the one that worked */
    assert_int_equal(attrs.count, COUNT(template));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_sorted_and_every_row_is_found),
        cmocka_unit_test(numbers_between_and_beyond_the_rows_are_unknown),
        cmocka_unit_test(every_row_is_sound),
        cmocka_unit_test(whatever_makes_up_a_private_key_is_secret),
        cmocka_unit_test(what_protects_a_key_lives_in_its_blob),
        cmocka_unit_test(sensitivity_only_rises_and_extractability_only_falls),
        cmocka_unit_test(object_classes_have_kinds),
        cmocka_unit_test(classes_and_key_types_have_names),
        cmocka_unit_test(the_printed_table_is_the_one_on_file),
        cmocka_unit_test(a_list_keeps_copies_in_the_order_given),
        cmocka_unit_test(setting_again_replaces),
        cmocka_unit_test(a_value_may_be_set_to_a_part_of_itself),
        cmocka_unit_test(what_is_absent_or_of_another_length_gives_the_fallback),
        cmocka_unit_test(removing_closes_the_gap),
        cmocka_unit_test(merging_lays_one_list_over_another),
        cmocka_unit_test(a_list_that_is_done_is_empty_and_may_be_done_again),
        cmocka_unit_test(a_match_needs_every_wanted_value),
        cmocka_unit_test(a_template_becomes_a_list),
        cmocka_unit_test(no_template_is_an_empty_list),
        cmocka_unit_test(any_true_byte_is_kept_as_true),
        cmocka_unit_test(an_integer_of_zeros_becomes_empty),
        cmocka_unit_test(lengths_that_do_not_fit_the_form_are_refused),
        cmocka_unit_test(a_length_without_a_value_is_refused),
        cmocka_unit_test(unknown_attributes_are_refused),
        cmocka_unit_test(a_type_given_twice_is_refused_and_nothing_is_changed),
        cmocka_unit_test(absurd_counts_and_lengths_are_refused_before_they_are_read),
        cmocka_unit_test(when_memory_runs_out_the_list_stays_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
