/* SPDX-License-Identifier: Apache-2.0 */
/* A strict reader of PKCS #11 3.2: every rule of its base part that an application can observe, one check each,
 * against the built library, loaded as an application loads it. The environment says against which token
 * (module/contract/testing.h).
 *
 * A check that fails is told and counted, and the case goes on: one wrong return code must not hide the next. */
#ifndef QK_TESTS_CONFORMANCE_H
#define QK_TESTS_CONFORMANCE_H

#include <quantoki/pkcs11.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern CK_FUNCTION_LIST *p11;
extern CK_FUNCTION_LIST_3_2 *p32;
extern void *library; /* dlopen's */
extern char so_pin[1025], user_pin[1025], folder[64];
extern bool embedded; /* slots 0 and 1 are embedded tokens of our own; else slot 0 is somebody else's */
extern CK_BBOOL yes, no;

/* Counts and tells a failure of the running case. */
void complain(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* For a forked child, whose failures are its own. */
void case_failures_forget(void);
bool case_failures_any(void);
void want_rv(const char *file, int line, const char *call, CK_RV rv, CK_RV wanted);

#define RV(call, wanted) want_rv(__FILE__, __LINE__, #call, (call), (wanted))
#define OK(call)         RV(call, CKR_OK)
#define CHECK(what)                                                                                                    \
    do {                                                                                                               \
        if (!(what))                                                                                                   \
            complain(__FILE__, __LINE__, "not so: %s", #what);                                                         \
    } while (0)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BOOL(type, is)                                                                                                 \
    {                                                                                                                  \
        type, (is) ? &yes : &no, sizeof(CK_BBOOL)                                                                      \
    }
#define VALUE(type, variable)                                                                                          \
    {                                                                                                                  \
        type, &(variable), sizeof(variable)                                                                            \
    }
#define TEXT(type, text)                                                                                               \
    {                                                                                                                  \
        type, (void *)(uintptr_t)(text), sizeof(text) - 1                                                              \
    }
#define NO_HANDLE ((CK_ULONG)0x7fffffffUL << 20 | 3)

typedef struct test_case {
    const char *sentence;
    void (*run)(void); /* begins and ends with the library finalised, unless `session` is set */
    bool session;      /* wants C_Initialize, a R/W session and the user logged in */
    bool embedded_only;
} test_case;

extern const test_case general_cases[], session_cases[], object_cases[], operation_cases[], thread_cases[],
    race_cases[], slow_cases[], policy_cases[], asking_cases[], fineprint_cases[], making_cases[], crowd_cases[],
    guest_cases[];
extern const test_case newer_cases[], message_cases[], aead_cases[], state_cases[], argument_cases[], strange_cases[],
    carried_cases[];
extern CK_SESSION_HANDLE session; /* of cases that want one */

/* Another configuration, for a case that wants one: before C_Initialize, and after C_Finalize. */
char *use_config(const char *yaml);
void use_usual_config(char *usual); /* frees it */

/* What a usual host does, from C_Initialize to C_Finalize. */
void host_use_library(void);

CK_SESSION_HANDLE open_on(CK_SLOT_ID slot, CK_FLAGS flags);
CK_SESSION_HANDLE open_session(CK_FLAGS flags);
CK_RV login(CK_SESSION_HANDLE at, CK_USER_TYPE user);

CK_OBJECT_HANDLE make_aes(CK_SESSION_HANDLE at, bool token, bool is_private, const char *label);
CK_OBJECT_HANDLE make_hmac(CK_SESSION_HANDLE at);
void make_ec(CK_SESSION_HANDLE at, CK_OBJECT_HANDLE *out_public, CK_OBJECT_HANDLE *out_private);
void make_rsa(CK_SESSION_HANDLE at, CK_OBJECT_HANDLE *out_public, CK_OBJECT_HANDLE *out_private);
CK_OBJECT_HANDLE make_data(CK_SESSION_HANDLE at, bool token, bool is_private, const char *label);
CK_ULONG count_label(CK_SESSION_HANDLE at, const char *label);
void destroy_label(CK_SESSION_HANDLE at, const char *label);

/* A boolean attribute, read in `session`. */
bool is_true(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);
/* A key that wraps and unwraps, and one that may leave. */
CK_OBJECT_HANDLE make_wrapper(CK_SESSION_HANDLE at);
CK_OBJECT_HANDLE make_takeable(CK_SESSION_HANDLE at);
/* Does the token offer the mechanism with all of these flags? */
bool offers(CK_MECHANISM_TYPE type, CK_FLAGS flags);

extern CK_MECHANISM aes_cbc, aes_cbc_pad, aes_ecb, aes_gcm, sha256, hmac, ecdsa, ecdsa_sha256, rsa_pkcs, rsa_sha256;

#endif
