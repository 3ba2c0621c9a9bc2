/* SPDX-License-Identifier: Apache-2.0 */
#include "seeder/sink/tpm_message.h"

#include "base/testing.h"
#include "seeder/worker/answers.h"
#include "seeder/worker/message.h"

static void a_command_has_its_length_its_code_and_the_bytes(void **state)
{
    static const uint8_t wanted[] = "\x80\x01\0\0\0\x10\0\0\x01\x46\0\x04seed";
    QK_OWNED(qk_buf_done) qk_buf command = QK_BUF_NONE;

    (void)state;
    qk_tpm_stir_write(QK_VIEW_LITERAL("seed"), &command);
    assert_qk_ok(qk_buf_check(&command));
    assert_true(qk_view_equal(qk_buf_view(&command), qk_view_of(wanted, sizeof wanted - 1)));
}

static void nothing_and_the_most_make_commands_too(void **state)
{
    static const uint8_t most[QK_TPM_MOST_STIR] = { 1 };
    QK_OWNED(qk_buf_done) qk_buf command = QK_BUF_NONE;

    (void)state;
    qk_tpm_stir_write(QK_VIEW_NONE, &command);
    assert_int_equal(command.len, 12);
    assert_int_equal(command.data[5], 12);
    qk_buf_clear(&command);
    qk_tpm_stir_write(qk_view_of(most, sizeof most), &command);
    assert_int_equal(command.len, 140);
    assert_int_equal(command.data[5], 140);
    assert_int_equal(command.data[11], 128);
}

static void the_length_of_a_response_is_in_its_head(void **state)
{
    static const struct {
        const char *bytes;
        size_t count, len;
    } cases[] = {
        { "", 0, 0 },
        { "\x80\x01\0\0\0\x0a\0\0\0", 9, 0 },
        { "\x80\x01\0\0\0\x0a\0\0\0\0", 10, 10 },
        { "\x80\x01\0\0\x10\0\0\0\0\0", 10, 4096 },
        { "\x80\x01\0\0\0\x09\0\0\0\0", 10, SIZE_MAX },
        { "\x80\x01\0\0\x10\x01\0\0\0\0", 10, SIZE_MAX },
        { "\x80\x01\xff\xff\xff\xff\0\0\0\0", 10, SIZE_MAX },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(qk_tpm_response_len(qk_view_of(cases[i].bytes, cases[i].count)), cases[i].len);
}

static void a_response_gives_its_code(void **state)
{
    uint32_t code = 77;

    (void)state;
    assert_qk_ok(qk_tpm_response_read(qk_view_of("\x80\x01\0\0\0\x0a\0\0\0\0", 10), &code));
    assert_int_equal(code, 0);
    assert_qk_ok(qk_tpm_response_read(qk_view_of("\x80\x01\0\0\0\x0a\0\0\x09\x22", 10), &code));
    assert_int_equal(code, 0x922);
    assert_qk_ok(qk_tpm_response_read(qk_view_of("\0\xc4\0\0\0\x0a\0\0\0\x1e", 10), &code));
    assert_int_equal(code, 0x1e);
}

static void what_is_no_response_is_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t count;
    } cases[] = {
        { "", 0 },
        { "\x80\x01\0\0\0\x0a\0\0\0", 9 },
        { "\x80\x01\0\0\0\x0b\0\0\0\0", 10 },  /* says more than it has */
        { "\x80\x01\0\0\0\x0a\0\0\0\0x", 11 }, /* has more than it says */
        { "\x80\x01\0\0\0\x0b\0\0\0\0x", 11 }, /* parameters, where there are none */
        { "\x80\x02\0\0\0\x0a\0\0\0\0", 10 },  /* with sessions, where there are none */
        { "\0\xc4\0\0\0\x0a\0\0\0\0", 10 },    /* the tag of a failure, and none */
        { "\x01\x80\x0a\0\0\0\0\0\0\0", 10 },  /* the other end first */
    };
    uint32_t code = 77;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_qk_err(qk_tpm_response_read(qk_view_of(cases[i].bytes, cases[i].count), &code), QK_E_PROTOCOL);
    assert_int_equal(code, 77);
}

static void each_response_code_has_its_class(void **state)
{
    static const struct {
        uint32_t code;
        const char *name;
    } cases[] = {
        { 0, "CKR_OK" },           { 0x1e, "TPM_UNSUPPORTED" },   { 0x100, "TPM_NOT_STARTED" },
        { 0x101, "TPM_REFUSED" },  { 0x143, "TPM_UNSUPPORTED" },  { 0x1d5, "TPM_REFUSED" }, /* SIZE of parameter 1 */
        { 0x908, "TPM_BUSY" },     { 0x90a, "TPM_BUSY" },         { 0x920, "TPM_BUSY" },
        { 0x922, "TPM_BUSY" },     { 0x122, "TPM_REFUSED" },      { 0x80000922, "TPM_REFUSED" },
        { 0x1922, "TPM_REFUSED" }, { UINT32_MAX, "TPM_REFUSED" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(qk_seed_code_name(qk_tpm_judge(cases[i].code)), cases[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_has_its_length_its_code_and_the_bytes),
        cmocka_unit_test(nothing_and_the_most_make_commands_too),
        cmocka_unit_test(the_length_of_a_response_is_in_its_head),
        cmocka_unit_test(a_response_gives_its_code),
        cmocka_unit_test(what_is_no_response_is_refused),
        cmocka_unit_test(each_response_code_has_its_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
