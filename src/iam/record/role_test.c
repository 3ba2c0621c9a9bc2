/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "iam/record/role.h"

static int count_of(uint64_t actions)
{
    return __builtin_popcountll(actions);
}

static uint64_t role_actions(const char *id)
{
    const qk_iam_role *role = qk_role_predefined(id);

    assert_non_null(role);
    return role->actions;
}

static void the_roles_of_the_set_up_have_19_6_and_4_actions(void **state)
{
    (void)state;
    assert_int_equal(count_of(role_actions("CryptoOperator")), 19);
    assert_int_equal(count_of(role_actions("Key operator")), 6);
    assert_int_equal(count_of(role_actions("KeystoreOperator")), 4);
    assert_null(qk_role_predefined("crypto operator"));
}

/* Names as the specification lists them, section 2.1. */
static void each_role_has_the_actions_of_the_specification(void **state)
{
    static const struct {
        const char *role;
        const char *actions[20];
    } expected[] = {
        { "CryptoOperator",
          { "hs-crypto.crypto.decrypt", "hs-crypto.crypto.derivekey", "hs-crypto.crypto.digest",
            "hs-crypto.crypto.digestkey", "hs-crypto.crypto.encrypt", "hs-crypto.crypto.generatekey",
            "hs-crypto.crypto.generatekeypair", "hs-crypto.crypto.generaterandom", "hs-crypto.crypto.getattributevalue",
            "hs-crypto.crypto.getmechanisminfo", "hs-crypto.crypto.getmechanismlist", "hs-crypto.crypto.rewrapkeyblob",
            "hs-crypto.crypto.setattributevalue", "hs-crypto.crypto.sign", "hs-crypto.crypto.unwrapkey",
            "hs-crypto.crypto.verify", "hs-crypto.crypto.wrapkey", "hs-crypto.discovery.listservers",
            "hs-crypto.ep11.use" } },
        { "KeyOperator",
          { "hs-crypto.keystore.deletekey", "hs-crypto.keystore.listkeysbyattributes",
            "hs-crypto.keystore.listkeysbyids", "hs-crypto.keystore.listkeystoresbyids",
            "hs-crypto.keystore.storenewkey", "hs-crypto.keystore.updatekey" } },
        { "KeystoreOperator",
          { "hs-crypto.keystore.createkeystore", "hs-crypto.keystore.deletekeystore",
            "hs-crypto.keystore.listkeystoresbyattributes", "hs-crypto.keystore.listkeystoresbyids" } },
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        uint64_t actions = 0;
        for (size_t j = 0; j < 20 && expected[i].actions[j]; j++) {
            qk_action action = qk_action_find(expected[i].actions[j]);
            assert_int_not_equal(action, QK_ACTION_NONE);
            actions |= QK_ACTION_BIT(action);
        }
        assert_true(role_actions(expected[i].role) == actions);
    }
}

/* Section 2.3, the table of the service's roles. */
static void the_roles_of_the_service_differ_as_the_table_says(void **state)
{
    uint64_t reader = role_actions("Reader"), writer = role_actions("Writer"), manager = role_actions("Manager"), more;

    (void)state;
    assert_true(reader == role_actions("ReaderPlus"));
    assert_true((reader & ~writer) == 0 && (writer & ~manager) == 0);
    assert_int_equal(qk_iam_actions_parse("generatekey* crypto.generatekey*", &more), QK_E_BAD_ARGUMENT);
    assert_int_equal(qk_iam_actions_parse("crypto.generatekey*,keystore.storenewkey,crypto.derivekey", &more), QK_OK);
    assert_true((writer & ~reader) == more);
    assert_int_equal(qk_iam_actions_parse("keystore.createkeystore,keystore.deletekeystore,keystore.listkeystores*,"
                                          "keystore.deletekey",
                                          &more),
                     QK_OK);
    assert_true((manager & ~writer) == more);
    assert_int_equal(count_of(manager), QK_ACTION_COUNT - 1);
}

static void actions_are_read_with_and_without_the_service(void **state)
{
    uint64_t one, other, keystores;

    (void)state;
    assert_int_equal(qk_iam_actions_parse("hs-crypto.crypto.sign", &one), QK_OK);
    assert_int_equal(qk_iam_actions_parse(" crypto.sign ,", &other), QK_OK);
    assert_true(one == other && one == QK_ACTION_BIT(QK_ACTION_SIGN));
    assert_int_equal(qk_iam_actions_parse("keystore.*", &keystores), QK_OK);
    assert_true(keystores == qk_actions_of_keystores());
    assert_int_equal(qk_iam_actions_parse("*", &one), QK_OK);
    assert_int_equal(count_of(one), QK_ACTION_COUNT - 1);
    assert_int_equal(qk_iam_actions_parse("", &one), QK_E_BAD_ARGUMENT);
    assert_int_equal(qk_iam_actions_parse("crypto.sign crypto.launch", &one), QK_E_BAD_ARGUMENT);
    assert_int_equal(qk_iam_actions_parse("crypto.*sign", &one), QK_E_BAD_ARGUMENT);
    assert_int_equal(qk_iam_actions_parse("keystoreX*", &one), QK_E_BAD_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_roles_of_the_set_up_have_19_6_and_4_actions),
        cmocka_unit_test(each_role_has_the_actions_of_the_specification),
        cmocka_unit_test(the_roles_of_the_service_differ_as_the_table_says),
        cmocka_unit_test(actions_are_read_with_and_without_the_service),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
