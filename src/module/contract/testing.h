/* SPDX-License-Identifier: Apache-2.0 */
/* The module's contract, tested from outside: C_ functions of the built library, loaded as an application loads it.
 *
 * The same tests run against any token. The environment says which:
 *
 *     QUANTOKI_MODULE        path of the library
 *     QUANTOKI_TEST_CONFIG   a grep11client.yaml; absent: an embedded token in a folder of the test's own
 *     QUANTOKI_TEST_SO_PIN   SO PIN or API key of slot 0
 *     QUANTOKI_TEST_PIN      user PIN or API key
 *
 * The token of slot 0 is initialised anew by the tests: everything in it is lost. */
#ifndef QK_MODULE_TESTING_H
#define QK_MODULE_TESTING_H

#include <quantoki/pkcs11-ibm.h>
#include <quantoki/pkcs11.h>

#include "base/testing.h"

extern CK_FUNCTION_LIST *p11;

/* The call ends in this CK_RV. */
#define assert_rv(call, wanted)                                                                                        \
    do {                                                                                                               \
        CK_RV assert_rv_ = (call);                                                                                     \
        if (assert_rv_ != (wanted))                                                                                    \
            fail_msg("%s: 0x%lx instead of %s", #call, assert_rv_, #wanted);                                           \
    } while (0)
#define assert_ok(call) assert_rv(call, CKR_OK)

/* Group set-up: loads the library, initialises the token, sets the user's PIN. The library is finalised then. */
int test_token_make(void **state);
int test_token_remove(void **state);
/* Test set-up: C_Initialize; tear-down: C_Finalize. */
int test_begin(void **state);
int test_end(void **state);
/* Test set-up with an open R/W session and the user logged in. */
int test_begin_logged_in(void **state);
/* That session. */
extern CK_SESSION_HANDLE test_session;

/* An embedded token is tested, so that what is special about PINs and files can be. */
bool test_is_embedded(void);
CK_UTF8CHAR *test_pin(void);
CK_UTF8CHAR *test_so_pin(void);
CK_ULONG test_len(const CK_UTF8CHAR *text);
CK_SESSION_HANDLE test_open(CK_FLAGS flags); /* CKF_RW_SESSION or 0 */
CK_RV test_login(CK_SESSION_HANDLE session, CK_USER_TYPE user);

/* Attributes of templates. */
#define ATTR_BOOL(type, yes)                                                                                           \
    {                                                                                                                  \
        type, (yes) ? &test_true : &test_false, sizeof(CK_BBOOL)                                                       \
    }
#define ATTR(type, variable)                                                                                           \
    {                                                                                                                  \
        type, &(variable), sizeof(variable)                                                                            \
    }
#define ATTR_TEXT(type, text)                                                                                          \
    {                                                                                                                  \
        type, (void *)(uintptr_t)(text), sizeof(text) - 1                                                              \
    }
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
extern CK_BBOOL test_true, test_false;
extern CK_BYTE test_p256[10]; /* DER OID */

/* Keys. `token`: in the keystore. */
CK_OBJECT_HANDLE test_aes_key(CK_SESSION_HANDLE session, bool token, const char *label);
void test_ec_pair(CK_SESSION_HANDLE session, bool token, const char *label, CK_OBJECT_HANDLE *out_public,
                  CK_OBJECT_HANDLE *out_private);
void test_rsa_pair(CK_SESSION_HANDLE session, bool token, CK_OBJECT_HANDLE *out_public, CK_OBJECT_HANDLE *out_private);
CK_OBJECT_HANDLE test_hmac_key(CK_SESSION_HANDLE session);
/* How many objects a search finds. */
CK_ULONG test_count(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template_, CK_ULONG count);
CK_ULONG test_count_label(CK_SESSION_HANDLE session, const char *label);
/* Is that attribute of the object true? */
bool test_reads_true(CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type);

#endif
