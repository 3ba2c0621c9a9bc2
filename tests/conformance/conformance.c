/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the cases, makes the tokens, and holds what the cases share. */
#include "conformance.h"

#include <dlfcn.h>
#include <stdarg.h>

CK_FUNCTION_LIST *p11;
CK_FUNCTION_LIST_3_2 *p32;
void *library;
char so_pin[1025] = "security officer", user_pin[1025] = "the user", folder[64] = "/tmp/quantoki-conformance-XXXXXX";
bool embedded;
CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
CK_SESSION_HANDLE session;

static int case_failures, failed_cases, cases;

void complain(const char *file, int line, const char *format, ...)
{
    const char *name = strrchr(file, '/');
    va_list args;

    __atomic_fetch_add(&case_failures, 1, __ATOMIC_RELAXED);
    va_start(args, format);
    printf("# %s:%d: ", name ? name + 1 : file, line);
    vprintf(format, args);
    printf("\n");
    va_end(args);
}

void case_failures_forget(void)
{
    case_failures = 0;
}

bool case_failures_any(void)
{
    return case_failures > 0;
}

void want_rv(const char *file, int line, const char *call, CK_RV rv, CK_RV wanted)
{
    if (rv != wanted)
        complain(file, line, "%s: 0x%lx instead of 0x%lx", call, rv, wanted);
}

/* --- sessions --- */

CK_SESSION_HANDLE open_on(CK_SLOT_ID slot, CK_FLAGS flags)
{
    CK_SESSION_HANDLE handle = 0;

    OK(p11->C_OpenSession(slot, CKF_SERIAL_SESSION | flags, NULL, NULL, &handle));
    return handle;
}

CK_SESSION_HANDLE open_session(CK_FLAGS flags)
{
    return open_on(0, flags);
}

CK_RV login(CK_SESSION_HANDLE at, CK_USER_TYPE user)
{
    char *pin = user == CKU_SO ? so_pin : user_pin;

    return p11->C_Login(at, user, (CK_UTF8CHAR *)pin, strlen(pin));
}

/* --- tokens --- */

static bool load(void)
{
    const char *path = getenv("QUANTOKI_MODULE");
    CK_VERSION newest = { 3, 2 };
    CK_C_GetFunctionList get;
    CK_C_GetInterface get_interface;
    CK_INTERFACE *interface = NULL;

    library = path ? dlopen(path, RTLD_NOW) : NULL;
    if (!library)
        return false;
    *(void **)&get = dlsym(library, "C_GetFunctionList");
    *(void **)&get_interface = dlsym(library, "C_GetInterface");
    if (!get || !get_interface || get(&p11) != CKR_OK)
        return false;
    if (get_interface((CK_UTF8CHAR *)(uintptr_t) "PKCS 11", &newest, &interface, 0) != CKR_OK)
        return false;
    p32 = interface->pFunctionList;
    return true;
}

static bool write_config(void)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/grep11client.yaml", folder);
    file = fopen(path, "w");
    if (!file)
        return false;
    fprintf(file, "tokens:\n");
    for (int slot = 0; slot < 2; slot++)
        fprintf(file, "  %d:\n    embedded: { path: \"%s/token%d\" }\n", slot, folder, slot);
    return fclose(file) == 0 && setenv("EP11CLIENT_CFG", path, 1) == 0;
}

char *use_config(const char *yaml)
{
    const char *now = getenv("EP11CLIENT_CFG");
    char path[128], *usual = now ? strdup(now) : NULL;
    FILE *file;

    snprintf(path, sizeof path, "%s/other.yaml", folder);
    file = fopen(path, "w");
    CHECK(usual && file && fputs(yaml, file) >= 0);
    CHECK(file && fclose(file) == 0 && setenv("EP11CLIENT_CFG", path, 1) == 0);
    return usual;
}

void use_usual_config(char *usual)
{
    CHECK(usual && setenv("EP11CLIENT_CFG", usual, 1) == 0);
    free(usual);
}

static bool choose_token(void)
{
    const char *config = getenv("QUANTOKI_TEST_CONFIG");

    embedded = !config;
    if (embedded)
        return write_config();
    snprintf(so_pin, sizeof so_pin, "%s", getenv("QUANTOKI_TEST_SO_PIN"));
    snprintf(user_pin, sizeof user_pin, "%s", getenv("QUANTOKI_TEST_PIN"));
    return setenv("EP11CLIENT_CFG", config, 1) == 0;
}

static bool make_token(CK_SLOT_ID slot)
{
    CK_UTF8CHAR label[33] = "conformance                     ";
    CK_SESSION_HANDLE at;
    CK_RV rv;

    if (p11->C_InitToken(slot, (CK_UTF8CHAR *)so_pin, strlen(so_pin), label) != CKR_OK)
        return false;
    at = open_on(slot, CKF_RW_SESSION);
    if (login(at, CKU_SO) != CKR_OK)
        return false;
    rv = p11->C_InitPIN(at, (CK_UTF8CHAR *)user_pin, strlen(user_pin));
    OK(p11->C_CloseSession(at));
    return rv == CKR_OK || rv == CKR_FUNCTION_NOT_SUPPORTED; /* remote PINs are made elsewhere */
}

static bool make_tokens(void)
{
    if (!mkdtemp(folder) || !load() || !choose_token() || p11->C_Initialize(NULL) != CKR_OK)
        return false;
    if (!make_token(0) || (embedded && !make_token(1)))
        return false;
    return p11->C_Finalize(NULL) == CKR_OK;
}

/* --- cases --- */

static void run_in_session(const test_case *c)
{
    OK(p11->C_Initialize(NULL));
    session = open_session(CKF_RW_SESSION);
    OK(login(session, CKU_USER));
    c->run();
    OK(p11->C_Finalize(NULL));
}

static void run_cases(const test_case *list, const char *part)
{
    for (; list->sentence; list++) {
        if ((list->embedded_only && !embedded) || !strstr(list->sentence, part))
            continue;
        case_failures = 0;
        if (list->session)
            run_in_session(list);
        else
            list->run();
        printf("%s %d - %s\n", case_failures ? "not ok" : "ok", ++cases, list->sentence);
        fflush(stdout);
        failed_cases += case_failures > 0;
    }
}

/* This program once more, as a host with a strange environment: guest.c. */
static int be_host(void)
{
    snprintf(user_pin, sizeof user_pin, "%s", getenv("CONFORMANCE_PIN"));
    if (!load())
        return 98;
    host_use_library();
    return case_failures > 0;
}

/* An argument is a part of the sentences whose cases shall run; without it all do. */
int main(int argc, char **argv)
{
    const char *part = argc > 1 ? argv[1] : "";
    char command[96];

    if (argc > 1 && strcmp(argv[1], "--host") == 0)
        return be_host();
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!make_tokens()) {
        printf("Bail out! no token to test\n");
        return 1;
    }
    run_cases(general_cases, part);
    run_cases(session_cases, part);
    run_cases(object_cases, part);
    run_cases(operation_cases, part);
    run_cases(newer_cases, part);
    run_cases(message_cases, part);
    run_cases(aead_cases, part);
    run_cases(state_cases, part);
    run_cases(carried_cases, part);
    run_cases(argument_cases, part);
    run_cases(strange_cases, part);
    run_cases(thread_cases, part);
    run_cases(race_cases, part);
    run_cases(slow_cases, part);
    run_cases(policy_cases, part);
    run_cases(asking_cases, part);
    run_cases(fineprint_cases, part);
    run_cases(making_cases, part);
    run_cases(crowd_cases, part);
    run_cases(guest_cases, part);
    printf("1..%d\n", cases);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command) != 0 || failed_cases > 0;
}

/* --- keys --- */

static CK_BYTE iv[16] = "0123456789abcdef", nonce[12] = "nonce nonce";
static CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
static CK_GCM_PARAMS gcm = { .pIv = nonce, .ulIvLen = sizeof nonce, .ulIvBits = 96, .ulTagBits = 128 };
CK_MECHANISM aes_cbc = { CKM_AES_CBC, iv, sizeof iv }, aes_cbc_pad = { CKM_AES_CBC_PAD, iv, sizeof iv },
             aes_ecb = { CKM_AES_ECB, NULL, 0 }, aes_gcm = { CKM_AES_GCM, &gcm, sizeof gcm },
             sha256 = { CKM_SHA256, NULL, 0 }, hmac = { CKM_SHA256_HMAC, NULL, 0 }, ecdsa = { CKM_ECDSA, NULL, 0 },
             ecdsa_sha256 = { CKM_ECDSA_SHA256, NULL, 0 }, rsa_pkcs = { CKM_RSA_PKCS, NULL, 0 },
             rsa_sha256 = { CKM_SHA256_RSA_PKCS, NULL, 0 };

CK_OBJECT_HANDLE make_aes(CK_SESSION_HANDLE at, bool token, bool is_private, const char *label)
{
    CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_ULONG len = 32;
    CK_OBJECT_HANDLE key = 0;
    CK_ATTRIBUTE items[] = {
        BOOL(CKA_TOKEN, token),    BOOL(CKA_PRIVATE, is_private),
        VALUE(CKA_VALUE_LEN, len), { CKA_LABEL, (void *)(uintptr_t)label, strlen(label) },
        BOOL(CKA_ENCRYPT, true),   BOOL(CKA_DECRYPT, true),
    };

    OK(p11->C_GenerateKey(at, &mechanism, items, COUNT(items), &key));
    return key;
}

CK_OBJECT_HANDLE make_hmac(CK_SESSION_HANDLE at)
{
    CK_MECHANISM mechanism = { CKM_GENERIC_SECRET_KEY_GEN, NULL, 0 };
    CK_ULONG len = 32;
    CK_OBJECT_HANDLE key = 0;
    CK_ATTRIBUTE items[] = { VALUE(CKA_VALUE_LEN, len), BOOL(CKA_SIGN, true), BOOL(CKA_VERIFY, true) };

    OK(p11->C_GenerateKey(at, &mechanism, items, COUNT(items), &key));
    return key;
}

CK_OBJECT_HANDLE make_wrapper(CK_SESSION_HANDLE at)
{
    CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_ULONG length = 32;
    CK_OBJECT_HANDLE key = 0;
    CK_ATTRIBUTE items[] = { VALUE(CKA_VALUE_LEN, length), BOOL(CKA_WRAP, true), BOOL(CKA_UNWRAP, true) };

    OK(p11->C_GenerateKey(at, &mechanism, items, COUNT(items), &key));
    return key;
}

CK_OBJECT_HANDLE make_takeable(CK_SESSION_HANDLE at)
{
    CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_ULONG length = 16;
    CK_OBJECT_HANDLE key = 0;
    CK_ATTRIBUTE items[] = { VALUE(CKA_VALUE_LEN, length), BOOL(CKA_EXTRACTABLE, true), BOOL(CKA_ENCRYPT, true),
                             BOOL(CKA_DECRYPT, true) };

    OK(p11->C_GenerateKey(at, &mechanism, items, COUNT(items), &key));
    return key;
}

bool is_true(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
    CK_BBOOL value = 77;
    CK_ATTRIBUTE item = VALUE(type, value);

    OK(p11->C_GetAttributeValue(session, object, &item, 1));
    CHECK(value == CK_TRUE || value == CK_FALSE);
    return value == CK_TRUE;
}

bool offers(CK_MECHANISM_TYPE type, CK_FLAGS flags)
{
    CK_MECHANISM_INFO info;

    return p11->C_GetMechanismInfo(0, type, &info) == CKR_OK && (info.flags & flags) == flags;
}

void make_ec(CK_SESSION_HANDLE at, CK_OBJECT_HANDLE *out_public, CK_OBJECT_HANDLE *out_private)
{
    CK_MECHANISM mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    CK_ATTRIBUTE of_public[] = { VALUE(CKA_EC_PARAMS, p256), BOOL(CKA_VERIFY, true), BOOL(CKA_PRIVATE, false) };
    CK_ATTRIBUTE of_private[] = { BOOL(CKA_SIGN, true) };

    OK(p11->C_GenerateKeyPair(at, &mechanism, of_public, COUNT(of_public), of_private, COUNT(of_private), out_public,
                              out_private));
}

void make_rsa(CK_SESSION_HANDLE at, CK_OBJECT_HANDLE *out_public, CK_OBJECT_HANDLE *out_private)
{
    CK_MECHANISM mechanism = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
    CK_ULONG bits = 2048;
    CK_ATTRIBUTE of_public[] = { VALUE(CKA_MODULUS_BITS, bits), BOOL(CKA_VERIFY, true), BOOL(CKA_ENCRYPT, true) };
    CK_ATTRIBUTE of_private[] = { BOOL(CKA_SIGN, true), BOOL(CKA_DECRYPT, true) };

    OK(p11->C_GenerateKeyPair(at, &mechanism, of_public, COUNT(of_public), of_private, COUNT(of_private), out_public,
                              out_private));
}

CK_OBJECT_HANDLE make_data(CK_SESSION_HANDLE at, bool token, bool is_private, const char *label)
{
    CK_OBJECT_CLASS class = CKO_DATA;
    CK_OBJECT_HANDLE object = 0;
    CK_ATTRIBUTE items[] = {
        VALUE(CKA_CLASS, class),
        BOOL(CKA_TOKEN, token),
        BOOL(CKA_PRIVATE, is_private),
        { CKA_LABEL, (void *)(uintptr_t)label, strlen(label) },
        TEXT(CKA_VALUE, "seventeen letters"),
    };

    OK(p11->C_CreateObject(at, items, COUNT(items), &object));
    return object;
}

/* --- searches --- */

static CK_ULONG find_label(CK_SESSION_HANDLE at, const char *label, CK_OBJECT_HANDLE *out, CK_ULONG room)
{
    CK_ATTRIBUTE wanted = { CKA_LABEL, (void *)(uintptr_t)label, strlen(label) };
    CK_ULONG count = 0;

    OK(p11->C_FindObjectsInit(at, &wanted, 1));
    OK(p11->C_FindObjects(at, out, room, &count));
    OK(p11->C_FindObjectsFinal(at));
    return count;
}

CK_ULONG count_label(CK_SESSION_HANDLE at, const char *label)
{
    CK_OBJECT_HANDLE found[64];

    return find_label(at, label, found, COUNT(found));
}

void destroy_label(CK_SESSION_HANDLE at, const char *label)
{
    CK_OBJECT_HANDLE found[64];
    CK_ULONG count = find_label(at, label, found, COUNT(found));

    for (CK_ULONG i = 0; i < count; i++)
        OK(p11->C_DestroyObject(at, found[i]));
}
