/* SPDX-License-Identifier: Apache-2.0 */
/* The IAM actions that methods need. Source: spec of the service's IAM, section 2. */
#ifndef QK_RPC_ACTION_H
#define QK_RPC_ACTION_H

#include <stdint.h>

/* clang-format off */
#define QK_ACTIONS(ROW) \
    ROW(EP11_USE,           "hs-crypto.ep11.use") \
    ROW(LIST_SERVERS,       "hs-crypto.discovery.listservers") \
    ROW(DECRYPT,            "hs-crypto.crypto.decrypt") \
    ROW(DERIVE_KEY,         "hs-crypto.crypto.derivekey") \
    ROW(DIGEST,             "hs-crypto.crypto.digest") \
    ROW(DIGEST_KEY,         "hs-crypto.crypto.digestkey") \
    ROW(ENCRYPT,            "hs-crypto.crypto.encrypt") \
    ROW(GENERATE_KEY,       "hs-crypto.crypto.generatekey") \
    ROW(GENERATE_KEY_PAIR,  "hs-crypto.crypto.generatekeypair") \
    ROW(GENERATE_RANDOM,    "hs-crypto.crypto.generaterandom") \
    ROW(GET_ATTRIBUTE,      "hs-crypto.crypto.getattributevalue") \
    ROW(MECHANISM_INFO,     "hs-crypto.crypto.getmechanisminfo") \
    ROW(MECHANISM_LIST,     "hs-crypto.crypto.getmechanismlist") \
    ROW(REWRAP_KEY_BLOB,    "hs-crypto.crypto.rewrapkeyblob") \
    ROW(SET_ATTRIBUTE,      "hs-crypto.crypto.setattributevalue") \
    ROW(SIGN,               "hs-crypto.crypto.sign") \
    ROW(UNWRAP_KEY,         "hs-crypto.crypto.unwrapkey") \
    ROW(VERIFY,             "hs-crypto.crypto.verify") \
    ROW(WRAP_KEY,           "hs-crypto.crypto.wrapkey") \
    ROW(DELETE_KEY,         "hs-crypto.keystore.deletekey") \
    ROW(FIND_KEYS,          "hs-crypto.keystore.listkeysbyattributes") \
    ROW(GET_KEYS,           "hs-crypto.keystore.listkeysbyids") \
    ROW(LIST_KEYSTORES,     "hs-crypto.keystore.listkeystoresbyids") \
    ROW(FIND_KEYSTORES,     "hs-crypto.keystore.listkeystoresbyattributes") \
    ROW(STORE_KEY,          "hs-crypto.keystore.storenewkey") \
    ROW(UPDATE_KEY,         "hs-crypto.keystore.updatekey") \
    ROW(CREATE_KEYSTORE,    "hs-crypto.keystore.createkeystore") \
    ROW(DELETE_KEYSTORE,    "hs-crypto.keystore.deletekeystore")
/* clang-format on */

typedef enum qk_action {
    QK_ACTION_NONE,
#define QK_ROW(name, text) QK_ACTION_##name,
    QK_ACTIONS(QK_ROW)
#undef QK_ROW
        QK_ACTION_COUNT
} qk_action;

#define QK_ACTION_BIT(action) (UINT64_C(1) << (action))

const char *qk_action_name(qk_action action); /* "" for none */
qk_action qk_action_find(const char *name);   /* QK_ACTION_NONE if unknown */

#endif
