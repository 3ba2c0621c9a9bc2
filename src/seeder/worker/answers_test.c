/* SPDX-License-Identifier: Apache-2.0 */
/* What each return code leads to, printed: a change of the table must be meant. Source: PKCS #11 3.2, section 5.1. */
#include "seeder/worker/answers.h"

#include "base/testing.h"
#include "seeder/worker/message.h"

static const struct {
    CK_RV rv;
    const char *name, *class;
} rows[] = {
    { 0x00, "CKR_OK", "done" },
    { 0x02, "CKR_HOST_MEMORY", "transient" },
    { 0x03, "CKR_SLOT_ID_INVALID", "transient" },
    { 0x05, "CKR_GENERAL_ERROR", "transient" },
    { 0x06, "CKR_FUNCTION_FAILED", "transient" },
    { 0x30, "CKR_DEVICE_ERROR", "transient" },
    { 0x31, "CKR_DEVICE_MEMORY", "transient" },
    { 0x32, "CKR_DEVICE_REMOVED", "transient" },
    { 0x54, "CKR_FUNCTION_NOT_SUPPORTED", "not-possible" },
    { 0x90, "CKR_OPERATION_ACTIVE", "busy" },
    { 0xa0, "CKR_PIN_INCORRECT", "credential" },
    { 0xa1, "CKR_PIN_INVALID", "credential" },
    { 0xa2, "CKR_PIN_LEN_RANGE", "credential" },
    { 0xa3, "CKR_PIN_EXPIRED", "credential" },
    { 0xa4, "CKR_PIN_LOCKED", "credential" },
    { 0xb0, "CKR_SESSION_CLOSED", "session-lost" },
    { 0xb1, "CKR_SESSION_COUNT", "busy" },
    { 0xb3, "CKR_SESSION_HANDLE_INVALID", "session-lost" },
    { 0xb7, "CKR_SESSION_READ_ONLY_EXISTS", "configuration" },
    { 0xb8, "CKR_SESSION_READ_WRITE_SO_EXISTS", "configuration" },
    { 0xe0, "CKR_TOKEN_NOT_PRESENT", "transient" },
    { 0xe1, "CKR_TOKEN_NOT_RECOGNIZED", "transient" },
    { 0x101, "CKR_USER_NOT_LOGGED_IN", "login-needed" },
    { 0x102, "CKR_USER_PIN_NOT_INITIALIZED", "credential" },
    { 0x103, "CKR_USER_TYPE_INVALID", "credential" },
    { 0x104, "CKR_USER_ANOTHER_ALREADY_LOGGED_IN", "configuration" },
    { 0x105, "CKR_USER_TOO_MANY_TYPES", "configuration" },
    { 0x120, "CKR_RANDOM_SEED_NOT_SUPPORTED", "not-possible" },
    { 0x121, "CKR_RANDOM_NO_RNG", "not-possible" },
    { 0x201, "CKR_TOKEN_RESOURCE_EXCEEDED", "busy" },
    { QK_SEED_PIN_UNREADABLE, "PIN_UNREADABLE", "transient" },
    { QK_SEED_PIN_WANTED, "PIN_WANTED", "busy" },
    { QK_SEED_PIN_NOT_TRIED, "PIN_NOT_TRIED", "credential" },
    { QK_SEED_PIN_REFUSED, "PIN_REFUSED", "credential" },
    { QK_SEED_LOGIN_UNFINISHED, "LOGIN_UNFINISHED", "credential" },
    { QK_SEED_STATE_UNWRITABLE, "STATE_UNWRITABLE", "transient" },
    { QK_SEED_NO_GENERATOR, "NO_GENERATOR", "not-possible" },
    { QK_SEED_NO_TOKENS, "NO_TOKENS", "busy" },
    { QK_SEED_MORE_TOKENS, "MORE_TOKENS", "busy" },
    { QK_SEED_SINK_MISSING, "SINK_MISSING", "transient" },
    { QK_SEED_SINK_FORBIDDEN, "SINK_FORBIDDEN", "configuration" },
    { QK_SEED_SINK_WRONG_KIND, "SINK_WRONG_KIND", "configuration" },
    { QK_SEED_SINK_FULL, "SINK_FULL", "transient" },
    { QK_SEED_SINK_BUSY, "SINK_BUSY", "busy" },
    { QK_SEED_SINK_FAILED, "SINK_FAILED", "transient" },
    { QK_SEED_CREDIT_FORBIDDEN, "CREDIT_FORBIDDEN", "configuration" },
    { QK_SEED_PIPE_NO_READER, "PIPE_NO_READER", "busy" },
    { QK_SEED_PIPE_FULL, "PIPE_FULL", "busy" },
    { QK_SEED_TPM_BUSY, "TPM_BUSY", "transient" },
    { QK_SEED_TPM_NOT_STARTED, "TPM_NOT_STARTED", "transient" },
    { QK_SEED_TPM_UNSUPPORTED, "TPM_UNSUPPORTED", "not-possible" },
    { QK_SEED_TPM_REFUSED, "TPM_REFUSED", "transient" },
    { QK_SEED_TPM_ANSWER, "TPM_ANSWER", "transient" },
    { QK_SEED_VCENTER_AWAY, "VCENTER_AWAY", "transient" },
    { QK_SEED_VCENTER_UNTRUSTED, "VCENTER_UNTRUSTED", "transient" },
    { QK_SEED_VCENTER_CONFIG, "VCENTER_CONFIG", "configuration" },
    { QK_SEED_VCENTER_LOGIN, "VCENTER_LOGIN", "credential" },
    { QK_SEED_VCENTER_NO_SESSION, "VCENTER_NO_SESSION", "session-lost" },
    { QK_SEED_VCENTER_FORBIDDEN, "VCENTER_FORBIDDEN", "configuration" },
    { QK_SEED_VCENTER_NO_HOST, "VCENTER_NO_HOST", "transient" },
    { QK_SEED_VCENTER_ANSWER, "VCENTER_ANSWER", "transient" },
    { QK_SEED_ESXI_POOL_OFF, "ESXI_POOL_OFF", "not-possible" },
};

static void each_code_has_its_class(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(qk_seed_code_name(rows[i].rv), rows[i].name);
        assert_string_equal(qk_seed_class_name(qk_seed_classify(rows[i].rv)), rows[i].class);
    }
}

static void the_table_has_no_code_that_is_not_here(void **state)
{
    size_t count = 0;
    CK_RV rv;

    (void)state;
    while (qk_seed_code_at(count, &rv))
        count++;
    assert_int_equal(count, sizeof rows / sizeof rows[0]);
}

static void a_code_of_a_vendor_is_transient_and_told_as_a_number(void **state)
{
    (void)state;
    assert_int_equal(qk_seed_classify(0x80000123), QK_SEED_TRANSIENT);
    assert_string_equal(qk_seed_code_name(0x80000123), "0x80000123");
    assert_string_equal(qk_seed_advice(0x80000123), "");
}

static void whatever_needs_an_operator_says_what_to_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        qk_seed_class class = qk_seed_classify(rows[i].rv);
        if (class == QK_SEED_CREDENTIAL || class == QK_SEED_CONFIGURATION || class == QK_SEED_IMPOSSIBLE)
            assert_true(strlen(qk_seed_advice(rows[i].rv)) > 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_code_has_its_class),
        cmocka_unit_test(the_table_has_no_code_that_is_not_here),
        cmocka_unit_test(a_code_of_a_vendor_is_transient_and_told_as_a_number),
        cmocka_unit_test(whatever_needs_an_operator_says_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
