/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/signature/message_signature.h"

#include "base/encoding.h"
#include "base/testing.h"
#include "crypto/crypto.h"
#include "entropy/signature/rfc9421_testing.h"

static qk_err read_input(const char *text, qk_signed_input *out)
{
    return qk_signed_input_read(qk_view_text(text), out);
}

/* ---- the published example ---- */

static void the_base_of_the_rfcs_request_is_the_rfcs(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf base = QK_BUF_NONE;
    qk_view values[6];
    qk_signed_input input;

    (void)state;
    assert_qk_ok(read_input(rfc_input, &input));
    assert_int_equal(input.component_count, 6);
    for (size_t i = 0; i < 6; i++)
        values[i] = qk_view_text(rfc_values[i]);
    qk_signature_base_write(&input, values, &base);
    assert_string_equal(qk_buf_text(&base), rfc_base);
    assert_int_equal(qk_signed_param_find(&input, QK_SIGNED_CREATED)->number, 1618884473);
    assert_null(qk_signed_param_find(&input, QK_SIGNED_NONCE));
}

static void the_rfcs_digests_are_those_of_its_bodies(void **state)
{
    static const char line[] = "{\"hello\": \"world\"}\n";

    (void)state;
    assert_qk_ok(qk_content_digest_check(qk_view_text(rfc_digest), qk_view_text(rfc_body)));
    /* RFC 9530, appendices B.1 and B.2 */
    assert_qk_ok(qk_content_digest_check(QK_VIEW_LITERAL("sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"),
                                         qk_view_text(line)));
    assert_qk_ok(qk_content_digest_check(QK_VIEW_LITERAL("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"),
                                         QK_VIEW_NONE));
}

static void a_digest_that_we_write_is_the_rfcs(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf digest = QK_BUF_NONE;

    (void)state;
    assert_qk_ok(qk_content_digest_write(qk_view_text("{\"hello\": \"world\"}\n"), &digest));
    assert_string_equal(qk_buf_text(&digest), "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:");
}

/* ---- reading ---- */

static void what_is_read_is_written_the_same(void **state)
{
    static const char *const texts[] = {
        "()",
        "(\"@status\")",
        "(\"@status\" \"@path\";req \"@path\")",
        "(\"a\");created;nonce=\"n\";keyid=\"\";alg=\"ed25519\"",
        "(\"a\\\"b\");alg=\"\\\\\";created=0",
        "(\"a\");created=999999999999999",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        QK_OWNED(qk_buf_done) qk_buf written = QK_BUF_NONE;
        qk_signed_input input;
        char text[200];
        snprintf(text, sizeof text, "a=%s", texts[i]);
        assert_qk_ok(read_input(text, &input));
        qk_signed_input_write(&input, &written);
        assert_string_equal(qk_buf_text(&written), texts[i]);
    }
}

/* Section 4.2.1 of RFC 9651 allows them, and they are not signed. */
static void spaces_are_allowed_where_the_standard_has_them(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf written = QK_BUF_NONE;
    qk_signed_input input;

    (void)state;
    assert_qk_ok(read_input(" a=(  \"@status\"   \"@path\"; req );  created=007; alg=\"x\" ", &input));
    qk_signed_input_write(&input, &written);
    assert_string_equal(qk_buf_text(&written), "(\"@status\" \"@path\";req);created=7;alg=\"x\"");
}

static void inputs_that_are_malformed_or_more_than_one_are_refused(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        { "", "a label" },
        { "(\"a\")", "a label" },
        { "A=(\"a\")", "a label" },
        { "a", "a label" },
        { "a =(\"a\")", "a label" },
        { "a=", "in parentheses" },
        { "a=\"a\"", "in parentheses" },
        { "a=(", "quotes" },
        { "a=(\"a\"", "neither a space" },
        { "a=(a)", "quotes" },
        { "a=(\"\")", "quotes" },
        { "a=(\"a\"\"b\")", "neither a space" },
        { "a=(\"a\" \"a\")", "twice" },
        { "a=(\"a\";req \"a\";req)", "twice" },
        { "a=(\"a\";sf)", "other parameter than req" },
        { "a=(\"a\";req;req)", "other parameter than req" },
        { "a=(\"a\";req=?1)", "neither a space" },
        { "a=(\"a\";key=\"b\")", "other parameter than req" },
        { "a=(\"a\" )x", "does not belong" },
        { "a=(\"a\");", "none of" },
        { "a=(\"a\");expires=1", "none of" },
        { "a=(\"a\");Created=1", "none of" },
        { "a=(\"a\");created=", "wrong kind" },
        { "a=(\"a\");created=\"1\"", "wrong kind" },
        { "a=(\"a\");created=-1", "wrong kind" },
        { "a=(\"a\");created=1.5", "does not belong" },
        { "a=(\"a\");nonce", "wrong kind" },
        { "a=(\"a\");nonce=x", "wrong kind" },
        { "a=(\"a\");nonce=\"x\";nonce=\"x\"", "twice" },
        { "a=(\"a\"),", "does not belong" },
        { "a=(\"a\"), b=(\"a\")", "more than one" },
        { "a=(\"a\"), a=(\"a\")", "more than one" },
        { "a=(\"1\" \"2\" \"3\" \"4\" \"5\" \"6\" \"7\" \"8\" \"9\" \"10\" \"11\" \"12\" \"13\" \"14\" \"15\" \"16\" "
          "\"17\")",
          "more components" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        qk_signed_input input = { .component_count = 99 };
        if (read_input(cases[i].text, &input) != QK_E_PROTOCOL)
            fail_msg("%s was taken", cases[i].text);
        if (strcmp(cases[i].text, "a=(\"a\"),") != 0)
            assert_words(cases[i].words);
        assert_int_equal(input.component_count, 99);
    }
}

static void a_signature_is_one_of_its_label(void **state)
{
    static const char *const bad[] = {
        "", "b=:%s:", "a=%s", "a=:%s:;x", "a=:%s:, b=:%s:", "a=:%s:, a=:%s:", "a=:AAAA:", "a=:AAAA%s:", "a=?1",
    };
    const char *value = strchr(rfc_signature, ':') + 1;
    char bytes[100], text[400];
    uint8_t signature[QK_SIGNATURE_LEN];

    (void)state;
    assert_qk_ok(qk_signature_read(qk_view_text(rfc_signature), QK_VIEW_LITERAL("sig-b26"), signature));
    assert_int_equal(signature[0], 0xc2);
    assert_int_equal(signature[63], 0x0b);
    snprintf(bytes, sizeof bytes, "%.*s", (int)strlen(value) - 1, value);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char *second;
        snprintf(text, sizeof text, "%s", bad[i]);
        while ((second = strstr(text, "%s"))) {
            char rest[400];
            snprintf(rest, sizeof rest, "%s%s", bytes, second + 2);
            memcpy(second, rest, strlen(rest) + 1);
        }
        assert_qk_err(qk_signature_read(qk_view_text(text), QK_VIEW_LITERAL("a"), signature), QK_E_PROTOCOL);
    }
}

/* ---- digests ---- */

static void a_digest_of_another_body_is_told(void **state)
{
    char both[300];

    (void)state;
    assert_qk_err(qk_content_digest_check(qk_view_text(rfc_digest), qk_view_text("{\"hello\": \"World\"}")),
                  QK_E_SIGNATURE_INVALID);
    assert_words("sha-512");
    /* one good, one bad */
    snprintf(both, sizeof both, "%s, sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:", rfc_digest);
    assert_qk_err(qk_content_digest_check(qk_view_text(both), qk_view_text(rfc_body)), QK_E_SIGNATURE_INVALID);
    assert_words("sha-256");
    assert_qk_err(qk_content_digest_check(QK_VIEW_LITERAL("sha-256=::"), QK_VIEW_NONE), QK_E_SIGNATURE_INVALID);
}

static void digests_of_other_algorithms_alone_do_not_do(void **state)
{
    char text[300];

    (void)state;
    assert_qk_err(qk_content_digest_check(QK_VIEW_LITERAL("md5=:AAAA:"), QK_VIEW_NONE), QK_E_PROTOCOL);
    assert_words("neither");
    snprintf(text, sizeof text, "md5=:AAAA:, %s", rfc_digest);
    assert_qk_ok(qk_content_digest_check(qk_view_text(text), qk_view_text(rfc_body)));
}

static void malformed_digests_are_refused(void **state)
{
    static const char *const texts[] = { "", "sha-512", "sha-512=", "sha-512=x", "%s;a", "%s,", "%s x", "%s, %s" };
    char text[400];

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *mark = strstr(texts[i], "%s");
        snprintf(text, sizeof text, "%s%s%s", mark ? rfc_digest : texts[i],
                 mark && strstr(mark + 2, "%s") ? ", "
                 : mark                         ? mark + 2
                                                : "",
                 mark && strstr(mark + 2, "%s") ? rfc_digest : "");
        if (qk_content_digest_check(qk_view_text(text), qk_view_text(rfc_body)) != QK_E_PROTOCOL)
            fail_msg("%s was taken", text);
    }
}

static int set_up(void **state)
{
    (void)state;
    return qk_crypto_start() == QK_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    qk_crypto_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_base_of_the_rfcs_request_is_the_rfcs),
        cmocka_unit_test(the_rfcs_digests_are_those_of_its_bodies),
        cmocka_unit_test(a_digest_that_we_write_is_the_rfcs),
        cmocka_unit_test(what_is_read_is_written_the_same),
        cmocka_unit_test(spaces_are_allowed_where_the_standard_has_them),
        cmocka_unit_test(inputs_that_are_malformed_or_more_than_one_are_refused),
        cmocka_unit_test(a_signature_is_one_of_its_label),
        cmocka_unit_test(a_digest_of_another_body_is_told),
        cmocka_unit_test(digests_of_other_algorithms_alone_do_not_do),
        cmocka_unit_test(malformed_digests_are_refused),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
