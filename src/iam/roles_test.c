/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "iam/iam.h"

static int count_of(uint64_t actions)
{
    return __builtin_popcountll(actions);
}

static void the_roles_have_19_6_and_4_actions(void **state)
{
    (void)state;
    assert_int_equal(count_of(qk_role_actions(QK_ROLE_CRYPTO_OPERATOR)), 19);
    assert_int_equal(count_of(qk_role_actions(QK_ROLE_KEY_OPERATOR)), 6);
    assert_int_equal(count_of(qk_role_actions(QK_ROLE_KEYSTORE_OPERATOR)), 4);
}

/* Names as the specification lists them, section 2.1. */
static void each_role_has_the_actions_of_the_specification(void **state)
{
    static const struct {
        qk_role role;
        const char *actions[20];
    } expected[] = {
        { QK_ROLE_CRYPTO_OPERATOR,
          { "hs-crypto.crypto.decrypt", "hs-crypto.crypto.derivekey", "hs-crypto.crypto.digest",
            "hs-crypto.crypto.digestkey", "hs-crypto.crypto.encrypt", "hs-crypto.crypto.generatekey",
            "hs-crypto.crypto.generatekeypair", "hs-crypto.crypto.generaterandom", "hs-crypto.crypto.getattributevalue",
            "hs-crypto.crypto.getmechanisminfo", "hs-crypto.crypto.getmechanismlist", "hs-crypto.crypto.rewrapkeyblob",
            "hs-crypto.crypto.setattributevalue", "hs-crypto.crypto.sign", "hs-crypto.crypto.unwrapkey",
            "hs-crypto.crypto.verify", "hs-crypto.crypto.wrapkey", "hs-crypto.discovery.listservers",
            "hs-crypto.ep11.use" } },
        { QK_ROLE_KEY_OPERATOR,
          { "hs-crypto.keystore.deletekey", "hs-crypto.keystore.listkeysbyattributes",
            "hs-crypto.keystore.listkeysbyids", "hs-crypto.keystore.listkeystoresbyids",
            "hs-crypto.keystore.storenewkey", "hs-crypto.keystore.updatekey" } },
        { QK_ROLE_KEYSTORE_OPERATOR,
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
        assert_true(qk_role_actions(expected[i].role) == actions);
    }
}

static void roles_add_up_and_none_is_nothing(void **state)
{
    (void)state;
    assert_true(qk_role_actions(0) == 0);
    assert_true(qk_role_actions(QK_ROLE_KEY_OPERATOR | QK_ROLE_KEYSTORE_OPERATOR) ==
                (qk_role_actions(QK_ROLE_KEY_OPERATOR) | qk_role_actions(QK_ROLE_KEYSTORE_OPERATOR)));
    assert_int_equal(count_of(qk_role_actions(~0U)), 28);
    assert_string_equal(qk_role_name(QK_ROLE_KEY_OPERATOR), "Key operator");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_roles_have_19_6_and_4_actions),
        cmocka_unit_test(each_role_has_the_actions_of_the_specification),
        cmocka_unit_test(roles_add_up_and_none_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
