/* SPDX-License-Identifier: Apache-2.0 */
/* Which actions each method asks for, written down a second time, from the service's IAM (spec of its IAM,
 * section 2.2). A method that is missing here, or asks for less, fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "crypto/crypto.h"
#include "entropy/entropy.h"
#include "hsm/hsm.h"
#include "keystore/keystore.h"

#define CRYPTO(name)   "hs-crypto.crypto." name
#define KEYSTORE(name) "hs-crypto.keystore." name

enum { GREP11_LEAST = 38, ACTIONS_MOST = 3 };

/* A path that ends in * stands for all that begin so. The first that fits counts. Cryptography needs ep11.use besides.
 */
static const struct row {
    const char *path, *actions[ACTIONS_MOST];
} rows[] = {
    { "/grep11.Crypto/ReencryptSingle", { CRYPTO("decrypt"), CRYPTO("encrypt") } },
    { "/grep11.Crypto/Encrypt*", { CRYPTO("encrypt") } },
    { "/grep11.Crypto/Decrypt*", { CRYPTO("decrypt") } },
    { "/grep11.Crypto/Sign*", { CRYPTO("sign") } },
    { "/grep11.Crypto/Verify*", { CRYPTO("verify") } },
    { "/grep11.Crypto/DigestKey", { CRYPTO("digestkey") } },
    { "/grep11.Crypto/Digest*", { CRYPTO("digest") } },
    { "/grep11.Crypto/GenerateRandom", { CRYPTO("generaterandom") } },
    { "/grep11.Crypto/GenerateKeyPair", { CRYPTO("generatekeypair") } },
    { "/grep11.Crypto/GenerateKey", { CRYPTO("generatekey") } },
    { "/grep11.Crypto/DeriveKey", { CRYPTO("derivekey") } },
    { "/grep11.Crypto/WrapKey", { CRYPTO("wrapkey") } },
    { "/grep11.Crypto/UnwrapKey", { CRYPTO("unwrapkey") } },
    { "/grep11.Crypto/RewrapKeyBlob", { CRYPTO("rewrapkeyblob") } },
    { "/grep11.Crypto/GetMechanismList", { CRYPTO("getmechanismlist") } },
    { "/grep11.Crypto/GetMechanismInfo", { CRYPTO("getmechanisminfo") } },
    { "/grep11.Crypto/GetAttributeValue", { CRYPTO("getattributevalue") } },
    { "/grep11.Crypto/SetAttributeValue", { CRYPTO("setattributevalue") } },
    { "/grep11.Crypto/Log*", { NULL } }, /* ep11.use alone */
    /* Ours: what they do to a key is what those of GREP11 do. */
    { "/quantoki.v1.Crypto/ImportKey", { CRYPTO("unwrapkey") } },
    { "/quantoki.v1.Crypto/CopyKey", { CRYPTO("setattributevalue") } },
    { "/quantoki.v1.Crypto/SealData", { CRYPTO("encrypt") } },
    { "/quantoki.v1.Crypto/OpenData", { CRYPTO("decrypt") } },
    { "/quantoki.v1.Crypto/DeriveKeys", { CRYPTO("derivekey") } },
    { "/quantoki.v1.Crypto/EncapsulateKey", { CRYPTO("derivekey") } },
    { "/quantoki.v1.Crypto/DecapsulateKey", { CRYPTO("derivekey") } },
    { "/quantoki.v1.Crypto/SeedRandom", { CRYPTO("generaterandom") } },
    { "/quantoki.v1.Crypto/SignRecover", { CRYPTO("sign") } },
    { "/quantoki.v1.Keystore/CreateKeystore", { KEYSTORE("createkeystore") } },
    { "/quantoki.v1.Keystore/DeleteKeystore", { KEYSTORE("deletekeystore") } },
    { "/quantoki.v1.Keystore/ListKeystores", { KEYSTORE("listkeystoresbyids") } },
    { "/quantoki.v1.Keystore/ResetKeystores",
      { KEYSTORE("createkeystore"), KEYSTORE("deletekeystore"), KEYSTORE("deletekey") } },
    { "/quantoki.v1.Keystore/StoreObjects", { KEYSTORE("storenewkey") } },
    { "/quantoki.v1.Keystore/UpdateObject", { KEYSTORE("updatekey") } },
    { "/quantoki.v1.Keystore/DeleteObjects", { KEYSTORE("deletekey") } },
    { "/quantoki.v1.Keystore/FindObjects", { KEYSTORE("listkeysbyattributes") } },
    { "/quantoki.v1.Keystore/GetObjects", { KEYSTORE("listkeysbyids") } },
};

static uint64_t bit_of(const char *name)
{
    qk_action action = qk_action_find(name);

    assert_int_not_equal(action, QK_ACTION_NONE);
    return QK_ACTION_BIT(action);
}

static uint64_t expected_of(const char *path)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = strcspn(rows[i].path, "*");
        uint64_t bits = strstr(path, ".Crypto/") ? bit_of("hs-crypto.ep11.use") : 0;
        if (strncmp(path, rows[i].path, len) != 0 || (!rows[i].path[len] && path[len]))
            continue;
        for (size_t n = 0; n < ACTIONS_MOST && rows[i].actions[n]; n++)
            bits |= bit_of(rows[i].actions[n]);
        return bits;
    }
    fail_msg("%s has no row here", path);
    return 0;
}

/* What a caller who has these actions gets: QK_E_NOT_AUTHORIZED, or the handler's own error. Requests are empty but for
 * the one id without which ResetKeystores has nothing to look into. */
static qk_err try_with(const qk_method *method, uint64_t actions)
{
    const qk_caller caller = { .identity = "app", .actions = actions };
    char label[] = "label";
    ProtobufCBinaryData id = { 16, (uint8_t[16]){ 7 } };
    Quantoki__V1__ResetKeystoresRequest reset;
    qk_call call = { .caller = &caller, .deadline = QK_DEADLINE_NEVER };
    void *request, *response;
    qk_arena arena;
    qk_err err;

    qk_arena_init(&arena, 0);
    call.arena = &arena;
    request = qk_message_new(method->request, &arena);
    assert_non_null(request);
    quantoki__v1__reset_keystores_request__init(&reset);
    reset.ids = &id;
    reset.n_ids = 1;
    reset.label = label;
    err = qk_method_run(method, NULL, &call, method->request == reset.base.descriptor ? &reset : request, &response);
    qk_arena_done(&arena);
    return err;
}

static void refused_without_each(const qk_method *method)
{
    uint64_t expected = expected_of(method->path), all = ~UINT64_C(0);

    assert_int_equal(try_with(method, 0), QK_E_NOT_AUTHORIZED);
    for (qk_action action = QK_ACTION_NONE + 1; action < QK_ACTION_COUNT; action++) {
        if (!(expected & QK_ACTION_BIT(action)))
            continue;
        if (try_with(method, all & ~QK_ACTION_BIT(action)) != QK_E_NOT_AUTHORIZED)
            fail_msg("%s goes without %s", method->path, qk_action_name(action));
        assert_non_null(strstr(qk_err_words(QK_E_NOT_AUTHORIZED), qk_action_name(action)));
    }
}

/* The row asks for nothing that is not expected: the handler is reached, which is not there. */
static void allowed_with_all(const qk_method *method)
{
    qk_method without = *method;

    without.handler = NULL;
    assert_int_equal(try_with(&without, expected_of(method->path)), QK_E_NOT_SUPPORTED);
}

static void every_method_asks_for_its_actions(void **state)
{
    size_t grep11 = 0;

    (void)state;
    for (size_t i = 0; i < QK_HSM_METHOD_COUNT; i++) {
        refused_without_each(&qk_hsm_methods[i]);
        allowed_with_all(&qk_hsm_methods[i]);
        grep11 += strncmp(qk_hsm_methods[i].path, "/grep11.Crypto/", 15) == 0;
    }
    assert_true(grep11 >= GREP11_LEAST);
    for (size_t i = 0; i < QK_KEYSTORE_METHOD_COUNT; i++) {
        refused_without_each(&qk_keystore_methods[i]);
        allowed_with_all(&qk_keystore_methods[i]);
    }
}

/* Actions on keystores say nothing of cryptography, and in one keystore nothing of another. */
static void rights_in_a_keystore_are_rights_there(void **state)
{
    qk_caller caller = { .identity = "app", .keystore_count = 1, .keystore_actions = ~UINT64_C(0) };
    const qk_uuid mine = { { 1 } }, other = { { 2 } };

    (void)state;
    caller.keystores[0] = (qk_keystore_grant){ mine, bit_of(KEYSTORE("storenewkey")) };
    assert_true(qk_caller_can_in(&caller, QK_ACTION_STORE_KEY, &mine));
    assert_false(qk_caller_can_in(&caller, QK_ACTION_STORE_KEY, &other));
    assert_false(qk_caller_can_in(&caller, QK_ACTION_DELETE_KEY, &mine));
    assert_int_equal(qk_caller_may_in(&caller, QK_ACTION_STORE_KEY, &other), QK_E_NOT_AUTHORIZED);
}

static int setup(void **state)
{
    (void)state;
    return qk_crypto_start() == QK_OK && qk_entropy_start(NULL) == QK_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    qk_entropy_stop();
    qk_crypto_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_asks_for_its_actions),
        cmocka_unit_test(rights_in_a_keystore_are_rights_there),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
