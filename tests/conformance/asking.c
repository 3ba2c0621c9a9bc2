/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that ask for a PIN before each use, CKA_ALWAYS_AUTHENTICATE: PKCS #11 3.2, "Private key objects". One
 * C_Login(CKU_CONTEXT_SPECIFIC) is for one operation, the one that was begun last. */
#include "conformance.h"

#include <dlfcn.h>

#define REFUSED CKR_USER_NOT_LOGGED_IN

static CK_BYTE text[32] = "thirty-two bytes of plain text..", out[256], wrapped[256];
static CK_ULONG len, wrapped_len;
static CK_OBJECT_HANDLE public_key, key; /* RSA: signs and decrypts */

static CK_RV answer(CK_SESSION_HANDLE at)
{
    return login(at, CKU_CONTEXT_SPECIFIC);
}

static CK_RV answer_wrong(CK_SESSION_HANDLE at)
{
    CK_UTF8CHAR wrong[] = "not the PIN";

    return p11->C_Login(at, CKU_CONTEXT_SPECIFIC, wrong, sizeof wrong - 1);
}

static CK_RV make_pair(bool is_private)
{
    CK_MECHANISM mechanism = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
    CK_ULONG bits = 1024;
    CK_ATTRIBUTE of_public[] = { VALUE(CKA_MODULUS_BITS, bits), BOOL(CKA_VERIFY, true), BOOL(CKA_ENCRYPT, true),
                                 BOOL(CKA_PRIVATE, false) };
    CK_ATTRIBUTE of_private[] = { BOOL(CKA_SIGN, true), BOOL(CKA_DECRYPT, true), BOOL(CKA_ALWAYS_AUTHENTICATE, true),
                                  BOOL(CKA_PRIVATE, is_private) };

    return p11->C_GenerateKeyPair(session, &mechanism, of_public, COUNT(of_public), of_private, COUNT(of_private),
                                  &public_key, &key);
}

static void begin(void)
{
    OK(make_pair(true));
    wrapped_len = sizeof wrapped;
    OK(p11->C_EncryptInit(session, &rsa_pkcs, public_key));
    OK(p11->C_Encrypt(session, text, 32, wrapped, &wrapped_len));
}

static CK_RV sign(void)
{
    len = sizeof out;
    return p11->C_Sign(session, text, 32, out, &len);
}

static CK_RV decrypt(void)
{
    CK_RV rv;

    len = sizeof out;
    rv = p11->C_Decrypt(session, wrapped, wrapped_len, out, &len);
    CHECK(rv != CKR_OK || (len == 32 && memcmp(out, text, 32) == 0));
    return rv;
}

static void one_pin_is_for_one_operation(void)
{
    begin();
    for (int round = 0; round < 2; round++) {
        OK(p11->C_SignInit(session, &rsa_sha256, key));
        OK(p11->C_DecryptInit(session, &rsa_pkcs, key));
        OK(answer(session)); /* for the decryption, which was begun last */
        RV(sign(), REFUSED);
        OK(decrypt());
        RV(sign(), REFUSED);
        OK(answer(session)); /* now the signature is what waits */
        OK(sign());
        RV(answer(session), CKR_OPERATION_NOT_INITIALIZED);
        OK(p11->C_DecryptInit(session, &rsa_pkcs, key));
        OK(p11->C_SignInit(session, &rsa_sha256, key));
        OK(answer(session));
        RV(decrypt(), REFUSED);
        OK(p11->C_SignUpdate(session, text, 16)); /* until it ends */
        OK(p11->C_SignUpdate(session, text, 16));
        len = sizeof out;
        OK(p11->C_SignFinal(session, out, &len));
        RV(p11->C_DecryptUpdate(session, wrapped, 16, out, &len), REFUSED);
        OK(p11->C_DecryptInit(session, NULL, 0));
        RV(answer(session), CKR_OPERATION_NOT_INITIALIZED);
    }
}

static void a_pin_is_for_its_session(void)
{
    CK_SESSION_HANDLE other = open_session(0);

    begin();
    OK(p11->C_SignInit(session, &rsa_sha256, key));
    RV(answer(other), CKR_OPERATION_NOT_INITIALIZED);
    OK(p11->C_SignInit(other, &rsa_sha256, key));
    OK(answer(other));
    RV(sign(), REFUSED);
    OK(p11->C_CloseSession(other));
}

static void a_wrong_pin_is_as_none(void)
{
    CK_SESSION_INFO info;

    begin();
    OK(p11->C_SignInit(session, &rsa_sha256, key));
    RV(answer_wrong(session), CKR_PIN_INCORRECT);
    RV(sign(), REFUSED);
    OK(p11->C_GetSessionInfo(session, &info));
    CHECK(info.state == CKS_RW_USER_FUNCTIONS);
    OK(answer(session));
    OK(sign());
}

static void other_operations_need_no_pin(void)
{
    CK_OBJECT_HANDLE mac = make_hmac(session);

    begin();
    OK(p11->C_SignInit(session, &hmac, mac));
    RV(answer(session), CKR_OPERATION_NOT_INITIALIZED);
    OK(p11->C_DecryptInit(session, &rsa_pkcs, key));
    OK(sign()); /* an HMAC */
    OK(p11->C_DigestInit(session, &sha256));
    OK(answer(session));
    OK(decrypt());
}

/* An operation that a logout has ended takes no PIN any more. */
static void a_pin_is_for_this_login(void)
{
    begin();
    OK(p11->C_SignInit(session, &rsa_sha256, key));
    OK(p11->C_Logout(session));
    RV(answer(session), CKR_OPERATION_NOT_INITIALIZED);
    OK(login(session, CKU_USER));
    RV(answer(session), CKR_OPERATION_NOT_INITIALIZED);
    RV(sign(), CKR_OPERATION_NOT_INITIALIZED);
}

static void only_private_keys_ask(void)
{
    CK_ATTRIBUTE asks = BOOL(CKA_ALWAYS_AUTHENTICATE, false);
    CK_BBOOL now = CK_FALSE;
    CK_ATTRIBUTE read = VALUE(CKA_ALWAYS_AUTHENTICATE, now);

    RV(make_pair(false), CKR_TEMPLATE_INCONSISTENT);
    begin();
    RV(p11->C_SetAttributeValue(session, key, &asks, 1), CKR_ATTRIBUTE_READ_ONLY);
    OK(p11->C_GetAttributeValue(session, key, &read, 1));
    CHECK(now == CK_TRUE);
}

/* ---- too many wrong PINs ---- */

/* As if there had been so many just now: to try that often would take hours. */
static bool count_wrong_pins(const char *token)
{
    void *sqlite = dlopen("libsqlite3.so.0", RTLD_NOW), *database = NULL;
    int (*open_it)(const char *, void **), (*exec)(void *, const char *, void *, void *, void *), (*close_it)(void *);
    char path[128];
    bool done;

    if (!sqlite)
        return false;
    *(void **)&open_it = dlsym(sqlite, "sqlite3_open");
    *(void **)&exec = dlsym(sqlite, "sqlite3_exec");
    *(void **)&close_it = dlsym(sqlite, "sqlite3_close");
    snprintf(path, sizeof path, "%s/%s/token.db", folder, token);
    done = open_it(path, &database) == 0 &&
           exec(database, "UPDATE vault SET user_fails = 40, user_failed_at = strftime('%s')", NULL, NULL, NULL) == 0;
    return close_it(database) == 0 && done;
}

static void lock_the_pin(void)
{
    CK_SESSION_HANDLE usual = session;
    CK_OBJECT_HANDLE gone = 0;
    CK_SESSION_INFO info;
    CK_ULONG size;

    session = open_on(0, CKF_RW_SESSION);
    OK(login(session, CKU_SO));
    OK(p11->C_InitPIN(session, (CK_UTF8CHAR *)user_pin, strlen(user_pin)));
    OK(p11->C_Logout(session));
    OK(login(session, CKU_USER));
    begin();
    gone = key;
    OK(p11->C_SignInit(session, &rsa_sha256, key));
    CHECK(count_wrong_pins("locked"));
    RV(answer(session), CKR_PIN_LOCKED);
    OK(p11->C_GetSessionInfo(session, &info));
    CHECK(info.state == CKS_RW_PUBLIC_SESSION);
    RV(p11->C_GetObjectSize(session, gone, &size), CKR_OBJECT_HANDLE_INVALID);
    RV(login(session, CKU_USER), CKR_PIN_LOCKED);
    session = usual;
}

static void too_many_wrong_pins_log_out(void)
{
    CK_UTF8CHAR label[33] = "locked                          ";
    char yaml[256], *usual;

    snprintf(yaml, sizeof yaml, "tokens: { 0: { embedded: { path: \"%s/locked\" } } }\n", folder);
    usual = use_config(yaml);
    OK(p11->C_Initialize(NULL));
    OK(p11->C_InitToken(0, (CK_UTF8CHAR *)so_pin, strlen(so_pin), label));
    lock_the_pin();
    OK(p11->C_Finalize(NULL));
    use_usual_config(usual);
}

const test_case asking_cases[] = {
    { "one PIN is for one operation", one_pin_is_for_one_operation, true, false },
    { "a PIN is for an operation of its session", a_pin_is_for_its_session, true, false },
    { "a wrong PIN is as none", a_wrong_pin_is_as_none, true, false },
    { "other operations need no PIN", other_operations_need_no_pin, true, false },
    { "a PIN is for this login", a_pin_is_for_this_login, true, false },
    { "only private keys ask for a PIN each time", only_private_keys_ask, true, false },
    { "too many wrong PINs log the user out", too_many_wrong_pins_log_out, false, true },
    { NULL, NULL, false, false },
};
