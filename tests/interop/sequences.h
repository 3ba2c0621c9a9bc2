/* SPDX-License-Identifier: Apache-2.0 */
/* Call sequences of products that nobody can run in a test, replayed as their documentation describes them, and those
 * of IBM's sample programs. Each step prints "good: sentence" or "bad: sentence: why". */
#ifndef QK_TESTS_SEQUENCES_H
#define QK_TESTS_SEQUENCES_H

#include <quantoki/pkcs11-ibm.h>
#include <quantoki/pkcs11.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern CK_FUNCTION_LIST *p11;
extern CK_SESSION_HANDLE session;
extern CK_SLOT_ID slot;
extern const char *pin, *label, *so_pin;
extern CK_BBOOL yes, no;

/* Ends the running step. */
_Noreturn void fail(const char *what, CK_RV rv);

#define OK(call)                                                                                                       \
    do {                                                                                                               \
        CK_RV call_rv = (call);                                                                                        \
        if (call_rv != CKR_OK)                                                                                         \
            fail(#call, call_rv);                                                                                      \
    } while (0)
#define CHECK(what)                                                                                                    \
    do {                                                                                                               \
        if (!(what))                                                                                                   \
            fail("not so: " #what, CKR_OK);                                                                            \
    } while (0)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define YES(type)                                                                                                      \
    {                                                                                                                  \
        type, &yes, sizeof yes                                                                                         \
    }
#define NO(type)                                                                                                       \
    {                                                                                                                  \
        type, &no, sizeof no                                                                                           \
    }
#define VALUE(type, variable)                                                                                          \
    {                                                                                                                  \
        type, &(variable), sizeof(variable)                                                                            \
    }
#define TEXT(type, text)                                                                                               \
    {                                                                                                                  \
        type, (void *)(uintptr_t)(text), strlen(text)                                                                  \
    }

typedef struct step {
    const char *sentence;
    void (*take)(void);
    const char *name; /* of those that are processes of their own */
} step;

extern const step vault_steps[], oracle_steps[], db2_steps[], sample_steps[];

/* The library loaded anew, initialised, a session open, the user logged in; and the end of it. */
void begin(CK_FLAGS initialise);
/* As IBM's samples begin: slot 0, made anew if `empty`. */
void begin_sample(bool empty);
void end(void);
/* A new process after a restart: everything is found again. */
void restart(void);

/* Secret keys with that label; fails unless there are so many; the first. */
CK_OBJECT_HANDLE find(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const char *name, CK_ULONG wanted);
void destroy_all(const char *name);

/* As Go's binding calls them: once for the length, once for the result. */
CK_ULONG encrypt(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, const void *in, CK_ULONG len, CK_BYTE *out);
CK_ULONG decrypt(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, const void *in, CK_ULONG len, CK_BYTE *out);

#endif
