/* SPDX-License-Identifier: Apache-2.0 */
/* An application that runs on while a test changes the world around it: it loads a module, logs in, makes a session
 * key pair, then does what standard input says, one word a line (sign, random, keys, fork, quit), and tells each
 * result. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <quantoki/pkcs11.h>

static CK_FUNCTION_LIST_PTR p11;
static CK_SESSION_HANDLE session;
static CK_OBJECT_HANDLE key;

static CK_RV open_and_log_in(const char *pin)
{
    CK_SLOT_ID slots[16];
    CK_ULONG count = sizeof slots / sizeof slots[0];
    CK_RV rv = p11->C_GetSlotList(CK_TRUE, slots, &count);

    if (rv == CKR_OK)
        rv = count ? p11->C_OpenSession(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session)
                   : CKR_SLOT_ID_INVALID;
    if (rv == CKR_OK)
        rv = p11->C_Login(session, CKU_USER, (CK_UTF8CHAR_PTR)(size_t)pin, strlen(pin));
    return rv;
}

static CK_RV make_key(void)
{
    static CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
    CK_BBOOL yes = CK_TRUE;
    CK_ATTRIBUTE public_template[] = { { CKA_EC_PARAMS, p256, sizeof p256 }, { CKA_VERIFY, &yes, 1 } };
    CK_ATTRIBUTE private_template[] = { { CKA_SIGN, &yes, 1 } };
    CK_MECHANISM mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    CK_OBJECT_HANDLE public_key;

    return p11->C_GenerateKeyPair(session, &mechanism, public_template, 2, private_template, 1, &public_key, &key);
}

static CK_RV sign(void)
{
    CK_MECHANISM mechanism = { CKM_ECDSA_SHA256, NULL, 0 };
    CK_BYTE data[] = "data", signature[64];
    CK_ULONG len = sizeof signature;
    CK_RV rv = p11->C_SignInit(session, &mechanism, key);

    return rv == CKR_OK ? p11->C_Sign(session, data, sizeof data, signature, &len) : rv;
}

static CK_RV draw(void)
{
    CK_BYTE bytes[32];
    return p11->C_GenerateRandom(session, bytes, sizeof bytes);
}

static void tell(const char *what, CK_RV rv)
{
    printf("%s 0x%lx\n", what, rv);
    fflush(stdout);
}

static void use_in_child(const char *pin)
{
    CK_RV rv;

    tell("child before C_Initialize", draw());
    rv = p11->C_Initialize(NULL);
    if (rv == CKR_OK)
        rv = open_and_log_in(pin);
    if (rv == CKR_OK)
        rv = make_key();
    tell("child sign", rv == CKR_OK ? sign() : rv);
    p11->C_Finalize(NULL);
    _exit(0);
}

static void fork_and_wait(const char *pin)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0)
        use_in_child(pin);
    waitpid(child, &status, 0);
    printf("child %s\n", WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "done" : "died");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    void *library = argc == 3 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    CK_C_GetFunctionList get = NULL;
    char line[64];
    CK_RV rv;

    if (library)
        *(void **)&get = dlsym(library, "C_GetFunctionList");
    if (!get || get(&p11) != CKR_OK) {
        fprintf(stderr, "usage: p11talk MODULE PIN\n");
        return 2;
    }
    rv = p11->C_Initialize(NULL);
    if (rv == CKR_OK)
        rv = open_and_log_in(argv[2]);
    if (rv == CKR_OK)
        rv = make_key();
    tell("ready", rv);
    while (fgets(line, sizeof line, stdin) && strcmp(line, "quit\n") != 0) {
        if (strcmp(line, "sign\n") == 0)
            tell("sign", sign());
        else if (strcmp(line, "random\n") == 0)
            tell("random", draw());
        else if (strcmp(line, "keys\n") == 0)
            tell("keys", make_key());
        else if (strcmp(line, "fork\n") == 0)
            fork_and_wait(argv[2]);
    }
    return p11->C_Finalize(NULL) == CKR_OK ? 0 : 1;
}
