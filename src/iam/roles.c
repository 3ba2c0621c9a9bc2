/* SPDX-License-Identifier: Apache-2.0 */
/* The roles of the PKCS #11 set-up: 19, 6 and 4 actions. Source: IAM and administration, section 2.1. */
#include "iam/iam.h"

#define BIT(name) QK_ACTION_BIT(QK_ACTION_##name)

static const struct {
    qk_role role;
    const char *name;
    uint64_t actions;
} roles[] = {
    { QK_ROLE_CRYPTO_OPERATOR, "Crypto operator",
      BIT(DECRYPT) | BIT(DERIVE_KEY) | BIT(DIGEST) | BIT(DIGEST_KEY) | BIT(ENCRYPT) | BIT(GENERATE_KEY) |
          BIT(GENERATE_KEY_PAIR) | BIT(GENERATE_RANDOM) | BIT(GET_ATTRIBUTE) | BIT(MECHANISM_INFO) |
          BIT(MECHANISM_LIST) | BIT(REWRAP_KEY_BLOB) | BIT(SET_ATTRIBUTE) | BIT(SIGN) | BIT(UNWRAP_KEY) | BIT(VERIFY) |
          BIT(WRAP_KEY) | BIT(LIST_SERVERS) | BIT(EP11_USE) },
    { QK_ROLE_KEY_OPERATOR, "Key operator",
      BIT(DELETE_KEY) | BIT(FIND_KEYS) | BIT(GET_KEYS) | BIT(LIST_KEYSTORES) | BIT(STORE_KEY) | BIT(UPDATE_KEY) },
    { QK_ROLE_KEYSTORE_OPERATOR, "Keystore operator",
      BIT(CREATE_KEYSTORE) | BIT(DELETE_KEYSTORE) | BIT(FIND_KEYSTORES) | BIT(LIST_KEYSTORES) },
};

uint64_t qk_role_actions(unsigned wanted)
{
    uint64_t actions = 0;

    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (wanted & roles[i].role)
            actions |= roles[i].actions;
    return actions;
}

const char *qk_role_name(qk_role role)
{
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (roles[i].role == role)
            return roles[i].name;
    return "unknown";
}
