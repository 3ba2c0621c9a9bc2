/* SPDX-License-Identifier: Apache-2.0 */
/* usage: sequences MODULE PIN LABEL (of the token)
 *        sequences MODULE PIN LABEL SO-PIN SAMPLE (which may empty the token) */
#include "sequences.h"

#include <dlfcn.h>
#include <setjmp.h>

CK_FUNCTION_LIST *p11;
CK_SESSION_HANDLE session;
CK_SLOT_ID slot;
const char *pin, *label, *so_pin;
CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

static const char *module;
static void *library;
static jmp_buf running;
static char why[256];

_Noreturn void fail(const char *what, CK_RV rv)
{
    snprintf(why, sizeof why, "%s: 0x%lx", what, rv);
    longjmp(running, 1);
}

/* ---- beginning and ending ---- */

static void find_slot(void)
{
    CK_ULONG count = 0, len = strlen(label);
    CK_SLOT_ID slots[8];
    CK_TOKEN_INFO info;

    OK(p11->C_GetSlotList(CK_TRUE, NULL, &count));
    CHECK(count > 0 && count <= COUNT(slots));
    OK(p11->C_GetSlotList(CK_TRUE, slots, &count));
    for (CK_ULONG i = 0; i < count; i++) {
        OK(p11->C_GetTokenInfo(slots[i], &info));
        slot = slots[i];
        if (memcmp(info.label, label, len) == 0 && (len == sizeof info.label || info.label[len] == ' '))
            return;
    }
    fail("no token with the label", CKR_OK);
}

static void load(CK_FLAGS initialise)
{
    CK_C_INITIALIZE_ARGS args = { .flags = initialise };
    CK_RV (*get)(CK_FUNCTION_LIST **);

    library = dlopen(module, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        fail(dlerror(), CKR_OK);
    *(void **)(&get) = dlsym(library, "C_GetFunctionList");
    CHECK(get);
    OK(get(&p11));
    OK(p11->C_Initialize(&args));
}

static void log_in(void)
{
    OK(p11->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session));
    OK(p11->C_Login(session, CKU_USER, (CK_UTF8CHAR *)(uintptr_t)pin, strlen(pin)));
}

void begin(CK_FLAGS initialise)
{
    load(initialise);
    find_slot();
    log_in();
}

/* Of an embedded token the user's PIN is gone then; IBM's users have API keys. */
static void give_pin(void)
{
    CK_TOKEN_INFO info;

    OK(p11->C_GetTokenInfo(slot, &info));
    if (info.flags & CKF_USER_PIN_INITIALIZED)
        return;
    OK(p11->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session));
    OK(p11->C_Login(session, CKU_SO, (CK_UTF8CHAR *)(uintptr_t)so_pin, strlen(so_pin)));
    OK(p11->C_InitPIN(session, (CK_UTF8CHAR *)(uintptr_t)pin, strlen(pin)));
    OK(p11->C_CloseSession(session));
}

void begin_sample(bool empty)
{
    CK_UTF8CHAR padded[32];

    load(0);
    slot = 0;
    memset(padded, ' ', sizeof padded);
    memcpy(padded, label, strlen(label));
    if (empty) {
        OK(p11->C_InitToken(slot, (CK_UTF8CHAR *)(uintptr_t)so_pin, strlen(so_pin), padded));
        give_pin();
    }
    log_in();
}

void end(void)
{
    OK(p11->C_Logout(session));
    OK(p11->C_CloseSession(session));
    OK(p11->C_Finalize(NULL));
    dlclose(library);
    p11 = NULL;
}

void restart(void)
{
    end();
    begin(CKF_OS_LOCKING_OK);
}

/* ---- objects and ciphers ---- */

CK_OBJECT_HANDLE find(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const char *name, CK_ULONG wanted)
{
    CK_ATTRIBUTE items[] = { VALUE(CKA_CLASS, class), TEXT(CKA_LABEL, name), VALUE(CKA_KEY_TYPE, type) };
    CK_OBJECT_HANDLE found[4] = { 0 };
    CK_ULONG count = 0;

    OK(p11->C_FindObjectsInit(session, items, class == CKO_DATA ? 2 : 3));
    OK(p11->C_FindObjects(session, found, COUNT(found), &count));
    OK(p11->C_FindObjectsFinal(session));
    if (count != wanted)
        fail(name, count);
    return found[0];
}

void destroy_all(const char *name)
{
    CK_ATTRIBUTE items[] = { TEXT(CKA_LABEL, name) };
    CK_OBJECT_HANDLE found[32];
    CK_ULONG count = 0;

    OK(p11->C_FindObjectsInit(session, items, 1));
    OK(p11->C_FindObjects(session, found, COUNT(found), &count));
    OK(p11->C_FindObjectsFinal(session));
    for (CK_ULONG i = 0; i < count; i++)
        OK(p11->C_DestroyObject(session, found[i]));
}

CK_ULONG encrypt(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, const void *in, CK_ULONG len, CK_BYTE *out)
{
    CK_ULONG out_len = 0;

    OK(p11->C_EncryptInit(session, mechanism, key));
    OK(p11->C_Encrypt(session, (CK_BYTE *)(uintptr_t)in, len, NULL, &out_len));
    OK(p11->C_Encrypt(session, (CK_BYTE *)(uintptr_t)in, len, out, &out_len));
    return out_len;
}

CK_ULONG decrypt(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, const void *in, CK_ULONG len, CK_BYTE *out)
{
    CK_ULONG out_len = 0;

    OK(p11->C_DecryptInit(session, mechanism, key));
    OK(p11->C_Decrypt(session, (CK_BYTE *)(uintptr_t)in, len, NULL, &out_len));
    OK(p11->C_Decrypt(session, (CK_BYTE *)(uintptr_t)in, len, out, &out_len));
    return out_len;
}

static bool take(const step *one)
{
    if (setjmp(running) == 0) {
        one->take();
        printf("good: %s\n", one->sentence);
        fflush(stdout);
        return true;
    }
    printf("bad: %s: %s\n", one->sentence, why);
    fflush(stdout);
    return false;
}

static bool take_sample(const char *name)
{
    for (const step *one = sample_steps; one->sentence; one++)
        if (strcmp(one->name, name) == 0)
            return take(one);
    printf("bad: there is no sample %s\n", name);
    return false;
}

int main(int argc, char **argv)
{
    const step *const all[] = { vault_steps, oracle_steps, db2_steps };
    bool good = true;

    if (argc != 4 && argc != 6) {
        fprintf(stderr, "usage: %s MODULE PIN LABEL [SO-PIN SAMPLE]\n", argv[0]);
        return 2;
    }
    module = argv[1];
    pin = argv[2];
    label = argv[3];
    if (argc == 6) {
        so_pin = argv[4];
        return take_sample(argv[5]) ? 0 : 1;
    }
    for (size_t i = 0; i < COUNT(all); i++)
        for (const step *one = all[i]; one->sentence; one++)
            good &= take(one);
    return good ? 0 : 1;
}
