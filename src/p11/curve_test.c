/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "p11/mechanism.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const qk_curve *find(const char *text)
{
    return qk_curve_find(qk_view_text(text));
}

static void every_curve_is_found_by_all_its_spellings(void **state)
{
    (void)state;
    assert_int_equal(qk_curve_count, 31);
    for (size_t i = 0; i < qk_curve_count; i++) {
        const qk_curve *curve = &qk_curves[i];
        uint8_t printable[40] = { 0x13 };

        assert_ptr_equal(qk_curve_find(qk_view_of(curve->oid_der, curve->oid_len)), curve);
        assert_ptr_equal(find(curve->name), curve);
        if (curve->openssl_name)
            assert_ptr_equal(find(curve->openssl_name), curve);
        if (!curve->printable_name)
            continue;
        printable[1] = (uint8_t)strlen(curve->printable_name);
        memcpy(printable + 2, curve->printable_name, printable[1]);
        assert_ptr_equal(qk_curve_find(qk_view_of(printable, printable[1] + 2u)), curve);
    }
}

static void every_row_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < qk_curve_count; i++) {
        const qk_curve *curve = &qk_curves[i];
        size_t len = (curve->bits + 7) / 8;

        assert_int_equal(curve->oid_der[0], 0x06);
        assert_int_equal(curve->oid_der[1], curve->oid_len - 2);
        /* Ed448 alone needs a byte more than its field, for the sign of x. */
        assert_int_equal(curve->field_len, curve->kind == QK_CURVE_EDWARDS && curve->bits == 448 ? len + 1 : len);
        assert_int_equal(curve->printable_name != NULL,
                         curve->kind == QK_CURVE_EDWARDS || curve->kind == QK_CURVE_MONTGOMERY);
        assert_int_equal(curve->openssl_name != NULL, curve->kind != QK_CURVE_PAIRING);
    }
}

static void names_may_be_written_in_any_case(void **state)
{
    (void)state;
    assert_string_equal(find("p-256")->name, "P-256");
    assert_string_equal(find("Secp256K1")->name, "SECP256K1");
    assert_string_equal(find("bp-320t")->name, "BP-320T");
    assert_string_equal(find("Ed25519")->name, "ed25519");
    assert_string_equal(find("X448")->name, "x448");
}

static void usual_names_of_others_are_known(void **state)
{
    static const struct {
        const char *theirs, *ours;
    } names[] = {
        { "secp192r1", "P-192" },         { "prime192v1", "P-192" },     { "secp224r1", "P-224" },
        { "secp256r1", "P-256" },         { "prime256v1", "P-256" },     { "secp384r1", "P-384" },
        { "secp521r1", "P-521" },         { "secp256k1", "SECP256K1" },  { "brainpoolP256r1", "BP-256R" },
        { "brainpoolP512t1", "BP-512T" }, { "edwards25519", "ed25519" }, { "edwards448", "ed448" },
        { "curve448", "x448" },           { "X25519", "curve25519" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++)
        assert_string_equal(find(names[i].theirs)->name, names[i].ours);
}

static void curves_are_known_as_opensc_writes_them(void **state)
{
    static const uint8_t printable[] = "\x13\x0c"
                                       "edwards25519";
    static const uint8_t miscounted[] = "\x13\x0b"
                                        "curve25519";
    static const uint8_t older_ed[] = { 0x06, 0x09, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01 };
    static const uint8_t older_x[] = { 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x97, 0x55, 0x01, 0x05, 0x01 };
    (void)state;
    assert_string_equal(qk_curve_find(qk_view_of(printable, 14))->name, "ed25519");
    assert_string_equal(qk_curve_find(qk_view_of(older_ed, sizeof(older_ed)))->name, "ed25519");
    assert_string_equal(qk_curve_find(qk_view_of(older_x, sizeof(older_x)))->name, "curve25519");
    assert_string_equal(qk_curve_find(qk_view_of(miscounted, 12))->name, "curve25519");
    assert_null(qk_curve_find(qk_view_of(miscounted, 11)));
}

static void p256_has_the_values_of_the_standards(void **state)
{
    static const uint8_t oid[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
    const qk_curve *curve = qk_curve_find(qk_view_of(oid, sizeof(oid)));

    (void)state;
    assert_non_null(curve);
    assert_string_equal(curve->name, "P-256");
    assert_string_equal(curve->openssl_name, "prime256v1");
    assert_int_equal(curve->bits, 256);
    assert_int_equal(curve->field_len, 32);
    assert_int_equal(curve->kind, QK_CURVE_WEIERSTRASS);
}

static void unknown_names_are_not_found(void **state)
{
    static const char *const strangers[] = { "", "P", "P-255", "P-2560", "P-25", "secp112r1", "ed25519ph", "NULL" };
    (void)state;
    for (size_t i = 0; i < COUNT(strangers); i++)
        assert_null(find(strangers[i]));
    assert_null(qk_curve_find(QK_VIEW_NONE));
    assert_null(qk_curve_find(qk_view_of("P-256\0", 6)));
    assert_null(qk_curve_find(qk_view_of("P-256 ", 6)));
}

static void malformed_der_is_not_found(void **state)
{
    uint8_t oid[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x00 };
    uint8_t printable[] = "\x13\x0c"
                          "edwards25519";
    (void)state;
    for (size_t len = 0; len < 10; len++)
        assert_null(qk_curve_find(qk_view_of(oid, len)));
    assert_null(qk_curve_find(qk_view_of(oid, 11)));
    oid[9] = 0x08;
    assert_null(qk_curve_find(qk_view_of(oid, 10)));
    for (size_t len = 0; len < 14; len++)
        assert_null(qk_curve_find(qk_view_of(printable, len)));
    assert_null(qk_curve_find(qk_view_of(printable, 15)));
    printable[1] = 0x80;
    assert_null(qk_curve_find(qk_view_of(printable, 14)));
    assert_null(qk_curve_find(qk_view_of("\x13\x00", 2)));
}

/* P-256 spelled out as ECParameters: SEQUENCE { version, field, curve, ... }. */
static void explicit_parameters_are_refused(void **state)
{
    static const uint8_t explicit[] = { 0x30, 0x81, 0xf7, 0x02, 0x01, 0x01, 0x30,
                                        0x2c, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce };
    static const uint8_t implicit[] = { 0x05, 0x00 };
    (void)state;
    assert_null(qk_curve_find(qk_view_of(explicit, sizeof(explicit))));
    assert_null(qk_curve_find(qk_view_of(implicit, sizeof(implicit))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_curve_is_found_by_all_its_spellings),
        cmocka_unit_test(every_row_is_sound),
        cmocka_unit_test(names_may_be_written_in_any_case),
        cmocka_unit_test(usual_names_of_others_are_known),
        cmocka_unit_test(curves_are_known_as_opensc_writes_them),
        cmocka_unit_test(p256_has_the_values_of_the_standards),
        cmocka_unit_test(unknown_names_are_not_found),
        cmocka_unit_test(malformed_der_is_not_found),
        cmocka_unit_test(explicit_parameters_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
