/* SPDX-License-Identifier: Apache-2.0 */
#include "module/contract/testing.h"

#include <dlfcn.h>

CK_FUNCTION_LIST *p11;
CK_SESSION_HANDLE test_session;
CK_BBOOL test_true = CK_TRUE, test_false = CK_FALSE;
CK_BYTE test_p256[10] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };

static char so_pin[1025] = "security officer", pin[1025] = "the user";

bool test_is_embedded(void)
{
    return getenv("QUANTOKI_TEST_CONFIG") == NULL;
}

CK_UTF8CHAR *test_pin(void)
{
    return (CK_UTF8CHAR *)pin;
}

CK_UTF8CHAR *test_so_pin(void)
{
    return (CK_UTF8CHAR *)so_pin;
}

CK_ULONG test_len(const CK_UTF8CHAR *text)
{
    return strlen((const char *)text);
}

/* --- the library and the token --- */

static bool load(void)
{
    const char *path = getenv("QUANTOKI_MODULE");
    void *library = path ? dlopen(path, RTLD_NOW) : NULL;
    CK_C_GetFunctionList get;

    if (!library) {
        fprintf(stderr, "QUANTOKI_MODULE: %s\n", path ? dlerror() : "is not set");
        return false;
    }
    *(void **)&get = dlsym(library, "C_GetFunctionList");
    return get && get(&p11) == CKR_OK;
}

static bool write_config(void)
{
    const char *path = test_path("grep11client.yaml");
    FILE *file = fopen(path, "w");

    if (!file)
        return false;
    fprintf(file, "tokens:\n  0:\n    embedded: { path: \"%s\" }\n", test_path("token"));
    return fclose(file) == 0 && setenv("EP11CLIENT_CFG", path, 1) == 0;
}

static void take_env(const char *name, char *out)
{
    const char *value = getenv(name);

    if (value)
        snprintf(out, 1025, "%s", value);
}

static bool choose_token(void)
{
    if (test_is_embedded())
        return write_config();
    take_env("QUANTOKI_TEST_SO_PIN", so_pin);
    take_env("QUANTOKI_TEST_PIN", pin);
    return setenv("EP11CLIENT_CFG", getenv("QUANTOKI_TEST_CONFIG"), 1) == 0;
}

/* A remote token's PINs are made elsewhere and cannot be set. */
static bool set_user_pin(void)
{
    CK_SESSION_HANDLE session;
    CK_RV rv;

    if (p11->C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session) != CKR_OK ||
        test_login(session, CKU_SO) != CKR_OK)
        return false;
    rv = p11->C_InitPIN(session, test_pin(), test_len(test_pin()));
    return rv == CKR_OK || rv == CKR_FUNCTION_NOT_SUPPORTED;
}

int test_token_make(void **state)
{
    CK_UTF8CHAR label[33] = "contract                        ";

    if (make_test_folder(state) != 0 || !load() || !choose_token() || p11->C_Initialize(NULL) != CKR_OK)
        return -1;
    if (p11->C_InitToken(0, test_so_pin(), test_len(test_so_pin()), label) != CKR_OK || !set_user_pin())
        return -1;
    return p11->C_Finalize(NULL) == CKR_OK ? 0 : -1;
}

int test_token_remove(void **state)
{
    return remove_test_folder(state);
}

int test_begin(void **state)
{
    (void)state;
    return p11->C_Initialize(NULL) == CKR_OK ? 0 : -1;
}

int test_end(void **state)
{
    (void)state;
    return p11->C_Finalize(NULL) == CKR_OK ? 0 : -1;
}

int test_begin_logged_in(void **state)
{
    if (test_begin(state) != 0)
        return -1;
    test_session = test_open(CKF_RW_SESSION);
    return test_login(test_session, CKU_USER) == CKR_OK ? 0 : -1;
}

CK_SESSION_HANDLE test_open(CK_FLAGS flags)
{
    CK_SESSION_HANDLE session = 0;

    if (p11->C_OpenSession(0, CKF_SERIAL_SESSION | flags, NULL, NULL, &session) != CKR_OK)
        return 0;
    return session;
}

CK_RV test_login(CK_SESSION_HANDLE session, CK_USER_TYPE user)
{
    CK_UTF8CHAR *with = user == CKU_SO ? test_so_pin() : test_pin();
    return p11->C_Login(session, user, with, test_len(with));
}

/* --- keys --- */

CK_OBJECT_HANDLE test_aes_key(CK_SESSION_HANDLE session, bool token, const char *label)
{
    CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_ULONG len = 32;
    CK_ATTRIBUTE template_[] = {
        ATTR_BOOL(CKA_TOKEN, token),
        ATTR(CKA_VALUE_LEN, len),
        { CKA_LABEL, (void *)(uintptr_t)label, strlen(label) },
        ATTR_BOOL(CKA_ENCRYPT, true),
        ATTR_BOOL(CKA_DECRYPT, true),
    };
    CK_OBJECT_HANDLE key = 0;

    assert_ok(p11->C_GenerateKey(session, &mechanism, template_, COUNT(template_), &key));
    return key;
}

CK_OBJECT_HANDLE test_hmac_key(CK_SESSION_HANDLE session)
{
    CK_MECHANISM mechanism = { CKM_GENERIC_SECRET_KEY_GEN, NULL, 0 };
    CK_ULONG len = 32;
    CK_ATTRIBUTE template_[] = { ATTR(CKA_VALUE_LEN, len), ATTR_BOOL(CKA_SIGN, true), ATTR_BOOL(CKA_VERIFY, true) };
    CK_OBJECT_HANDLE key = 0;

    assert_ok(p11->C_GenerateKey(session, &mechanism, template_, COUNT(template_), &key));
    return key;
}

void test_ec_pair(CK_SESSION_HANDLE session, bool token, const char *label, CK_OBJECT_HANDLE *out_public,
                  CK_OBJECT_HANDLE *out_private)
{
    CK_MECHANISM mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    CK_ATTRIBUTE public_template[] = {
        ATTR_BOOL(CKA_TOKEN, token),
        ATTR_BOOL(CKA_PRIVATE, false),
        ATTR(CKA_EC_PARAMS, test_p256),
        ATTR_BOOL(CKA_VERIFY, true),
        { CKA_LABEL, (void *)(uintptr_t)label, strlen(label) },
    };
    CK_ATTRIBUTE private_template[] = {
        ATTR_BOOL(CKA_TOKEN, token),
        ATTR_BOOL(CKA_PRIVATE, true),
        ATTR_BOOL(CKA_SIGN, true),
        { CKA_LABEL, (void *)(uintptr_t)label, strlen(label) },
    };

    assert_ok(p11->C_GenerateKeyPair(session, &mechanism, public_template, COUNT(public_template), private_template,
                                     COUNT(private_template), out_public, out_private));
}

void test_rsa_pair(CK_SESSION_HANDLE session, bool token, CK_OBJECT_HANDLE *out_public, CK_OBJECT_HANDLE *out_private)
{
    CK_MECHANISM mechanism = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
    CK_ULONG bits = 2048;
    CK_ATTRIBUTE public_template[] = {
        ATTR_BOOL(CKA_TOKEN, token), ATTR_BOOL(CKA_PRIVATE, false), ATTR(CKA_MODULUS_BITS, bits),
        ATTR_BOOL(CKA_VERIFY, true), ATTR_BOOL(CKA_ENCRYPT, true),  ATTR_BOOL(CKA_WRAP, true),
    };
    CK_ATTRIBUTE private_template[] = {
        ATTR_BOOL(CKA_TOKEN, token),
        ATTR_BOOL(CKA_SIGN, true),
        ATTR_BOOL(CKA_DECRYPT, true),
        ATTR_BOOL(CKA_UNWRAP, true),
    };

    assert_ok(p11->C_GenerateKeyPair(session, &mechanism, public_template, COUNT(public_template), private_template,
                                     COUNT(private_template), out_public, out_private));
}

/* --- searches --- */

CK_ULONG test_count(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template_, CK_ULONG count)
{
    CK_OBJECT_HANDLE found[7];
    CK_ULONG all = 0, some;

    assert_ok(p11->C_FindObjectsInit(session, template_, count));
    do {
        assert_ok(p11->C_FindObjects(session, found, COUNT(found), &some));
        all += some;
    } while (some > 0);
    assert_ok(p11->C_FindObjectsFinal(session));
    return all;
}

CK_ULONG test_count_label(CK_SESSION_HANDLE session, const char *label)
{
    CK_ATTRIBUTE template_ = { CKA_LABEL, (void *)(uintptr_t)label, strlen(label) };

    return test_count(session, &template_, 1);
}

bool test_reads_true(CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type)
{
    CK_BBOOL value = 2;
    CK_ATTRIBUTE attribute = { type, &value, sizeof value };

    assert_ok(p11->C_GetAttributeValue(test_session, key, &attribute, 1));
    return value == CK_TRUE;
}
