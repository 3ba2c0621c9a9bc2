/* SPDX-License-Identifier: Apache-2.0 */
/* A base library that does nothing but write down what it was called with, so that a test sees what the wrapper passes
 * on. All 104 functions, behind the interfaces of 2.40, 3.0, 3.1 and 3.2.
 *
 * A test loads this file beside the wrapper, which loads it, too: both see the same table (recorder_table). There it
 * reads the arguments of each function's last call, says what the function answers, and may have itself called in the
 * middle of it: that is another thread's moment.
 *
 * Every argument of PKCS #11 is a number or a pointer and goes where an unsigned long goes, so one shape of function
 * serves for all: behind the arguments that a caller gave it finds garbage. */
#include <quantoki/pkcs11.h>
#include <stddef.h>

#define ENTRY __attribute__((visibility("default")))

enum { MOST_ARGUMENTS = 10 };

typedef unsigned long word;

/* tests/integration/recorded_base.py reads it. */
struct record {
    const char *name, *parameters; /* as the standard has them, in parentheses */
    word calls, answer, arguments[MOST_ARGUMENTS];
    void (*meanwhile)(void); /* called before the answer */
    word handle;             /* C_OpenSession gives it out */
};

enum function {
#define CK_PKCS11_FUNCTION(name, parameters) AT_##name,
#include <quantoki/pkcs11-functions.h>
    FUNCTIONS
};

static struct record records[FUNCTIONS] = {
#define CK_PKCS11_FUNCTION(name_, parameters_) { .name = #name_, .parameters = #parameters_ },
#include <quantoki/pkcs11-functions.h>
};

ENTRY struct record *recorder_table(word *count);
struct record *recorder_table(word *count)
{
    *count = FUNCTIONS;
    return records;
}

static CK_RV note(enum function which, const word arguments[MOST_ARGUMENTS])
{
    struct record *it = &records[which];

    it->calls++;
    for (int i = 0; i < MOST_ARGUMENTS; i++)
        it->arguments[i] = arguments[i];
    if (which == AT_C_OpenSession && it->answer == CKR_OK && arguments[4])
        *(CK_SESSION_HANDLE *)arguments[4] = it->handle;
    if (it->meanwhile)
        it->meanwhile();
    return it->answer;
}

#define CK_PKCS11_FUNCTION(name, parameters)                                                                           \
    static CK_RV record_##name(word a, word b, word c, word d, word e, word f, word g, word h, word i, word j)         \
    {                                                                                                                  \
        return note(AT_##name, (const word[]){ a, b, c, d, e, f, g, h, i, j });                                        \
    }
#include <quantoki/pkcs11-functions.h>

static CK_FUNCTION_LIST functions_2_40 = {
    { 2, 40 },
#define CK_PKCS11_FUNCTION(name, parameters) (CK_##name)(void (*)(void)) record_##name,
#define CK_PKCS11_UP_TO                      240
#include <quantoki/pkcs11-functions.h>
};

static CK_FUNCTION_LIST_3_0 functions_3_0 = {
    { 3, 0 },
#define CK_PKCS11_FUNCTION(name, parameters) (CK_##name)(void (*)(void)) record_##name,
#define CK_PKCS11_UP_TO                      300
#include <quantoki/pkcs11-functions.h>
};

static CK_FUNCTION_LIST_3_0 functions_3_1 = {
    { 3, 1 },
#define CK_PKCS11_FUNCTION(name, parameters) (CK_##name)(void (*)(void)) record_##name,
#define CK_PKCS11_UP_TO                      300
#include <quantoki/pkcs11-functions.h>
};

static CK_FUNCTION_LIST_3_2 functions_3_2 = {
    { 3, 2 },
#define CK_PKCS11_FUNCTION(name, parameters) (CK_##name)(void (*)(void)) record_##name,
#include <quantoki/pkcs11-functions.h>
};

ENTRY CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list)
{
    *list = &functions_2_40;
    return CKR_OK;
}

ENTRY CK_RV C_GetInterfaceList(CK_INTERFACE_PTR list, CK_ULONG_PTR count)
{
    static CK_UTF8CHAR standard[] = "PKCS 11";
    const CK_INTERFACE own[] = {
        { standard, &functions_2_40, 0 },
        { standard, &functions_3_0, 0 },
        { standard, &functions_3_1, 0 },
        { standard, &functions_3_2, 0 },
    };

    for (size_t i = 0; list && i < sizeof own / sizeof own[0]; i++)
        list[i] = own[i];
    *count = sizeof own / sizeof own[0];
    return CKR_OK;
}
