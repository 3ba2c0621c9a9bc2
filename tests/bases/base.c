/* SPDX-License-Identifier: Apache-2.0 */
/* Base libraries for tests and measurements of the wrapper: as small as a PKCS #11 library can be. Compiled twice, as
 * one of version 2.40 with most functions missing, and as one of a version beyond 3.2, with an interface of its own
 * beside the standard's, and one of 3.2 that it likes less. */
#include <quantoki/pkcs11.h>
#include <string.h>

#define ENTRY __attribute__((visibility("default")))

enum { SLOT = 7 };

static _Atomic CK_SESSION_HANDLE last; /* threads open sessions */

static CK_RV initialise(CK_VOID_PTR arguments)
{
    (void)arguments;
    return CKR_OK;
}

static CK_RV get_info(CK_INFO_PTR info)
{
    static const char description[] = "A base that ends in the\xC3\xA9";

    memset(info, ' ', sizeof *info);
#ifdef BASE_3_2
    info->cryptokiVersion = (CK_VERSION){ 3, 9 };
#else
    info->cryptokiVersion = (CK_VERSION){ 3, 2 };
#endif
    info->flags = 5;
    memcpy(info->libraryDescription, description, sizeof description - 1);
    return CKR_OK;
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, CK_VOID_PTR application, CK_NOTIFY notify,
                          CK_SESSION_HANDLE_PTR session)
{
    (void)flags;
    (void)application;
    (void)notify;
    if (slot != SLOT)
        return CKR_SLOT_ID_INVALID;
    *session = ++last;
    return CKR_OK;
}

/* The session with the largest handle of all is one that the device has lost. */
static CK_RV get_session_info(CK_SESSION_HANDLE session, CK_SESSION_INFO_PTR info)
{
    if (!info)
        return CKR_DEVICE_REMOVED;
    info->slotID = SLOT;
    info->state = CKS_RO_PUBLIC_SESSION;
    info->flags = CKF_SERIAL_SESSION;
    info->ulDeviceError = session;
    return CKR_OK;
}

#ifdef BASE_3_2
static CK_RV verify_signature_final(CK_SESSION_HANDLE session)
{
    return session == last ? CKR_SIGNATURE_INVALID : CKR_SESSION_HANDLE_INVALID;
}

static CK_FUNCTION_LIST_3_2 functions = {
    .version = { 3, 3 },
    .C_Initialize = initialise,
    .C_Finalize = initialise,
    .C_GetInfo = get_info,
    .C_OpenSession = open_session,
    .C_GetSessionInfo = get_session_info,
    .C_VerifySignatureFinal = verify_signature_final,
};

static CK_FUNCTION_LIST_3_2 without_functions = { .version = { 3, 2 } };

static CK_VERSION vendor_list = { 1, 0 };

ENTRY CK_RV C_GetInterfaceList(CK_INTERFACE_PTR list, CK_ULONG_PTR count)
{
    static CK_UTF8CHAR standard[] = "PKCS 11", vendor[] = "Vendor of the test";

    if (list) {
        list[0] = (CK_INTERFACE){ standard, &functions, CKF_INTERFACE_FORK_SAFE };
        list[1] = (CK_INTERFACE){ standard, &without_functions, 0 };
        list[2] = (CK_INTERFACE){ vendor, &vendor_list, 0 };
    }
    *count = 3;
    return CKR_OK;
}
#else
static CK_FUNCTION_LIST functions = {
    .version = { 2, 40 },
    .C_Initialize = initialise,
    .C_Finalize = initialise,
    .C_GetInfo = get_info,
    .C_OpenSession = open_session,
    .C_GetSessionInfo = get_session_info,
};
#endif

ENTRY CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list)
{
    *list = (CK_FUNCTION_LIST_PTR)(void *)&functions;
    return CKR_OK;
}
