/* SPDX-License-Identifier: Apache-2.0 */
#include "module/entry/interface.h"

#include <string.h>

static CK_FUNCTION_LIST functions = {
    { 2, 40 },
#define CK_PKCS11_FUNCTION(name, arguments) name,
#define CK_PKCS11_UP_TO                     240
#include <quantoki/pkcs11-functions.h>
};

static CK_FUNCTION_LIST_3_0 functions_3_0 = {
    { 3, 0 },
#define CK_PKCS11_FUNCTION(name, arguments) name,
#define CK_PKCS11_UP_TO                     300
#include <quantoki/pkcs11-functions.h>
};

static CK_FUNCTION_LIST_3_2 functions_3_2 = {
    { 3, 2 },
#define CK_PKCS11_FUNCTION(name, arguments) name,
#define CK_PKCS11_UP_TO                     320
#include <quantoki/pkcs11-functions.h>
};

static CK_UTF8CHAR interface_name[] = "PKCS 11";

/* The first one is the one that C_GetInterface prefers. */
static CK_INTERFACE interfaces[] = {
    { interface_name, &functions_3_2, CKF_INTERFACE_FORK_SAFE },
    { interface_name, &functions_3_0, CKF_INTERFACE_FORK_SAFE },
    { interface_name, &functions, CKF_INTERFACE_FORK_SAFE },
};

enum { INTERFACES = sizeof interfaces / sizeof interfaces[0] };

qk_err qk_interface_function_list(CK_FUNCTION_LIST **out_list)
{
    if (!out_list)
        return qk_fail(QK_E_BAD_ARGUMENT, "the place for the function list is NULL");
    *out_list = &functions;
    return QK_OK;
}

qk_err qk_interface_list(CK_INTERFACE *out_interfaces, CK_ULONG *count)
{
    CK_ULONG room;

    if (!count)
        return qk_fail(QK_E_BAD_ARGUMENT, "the place for the number of interfaces is NULL");
    room = *count;
    *count = INTERFACES;
    if (!out_interfaces)
        return QK_OK;
    if (room < INTERFACES)
        return qk_fail(QK_E_BUFFER_SMALL, "there are %d interfaces", INTERFACES);
    memcpy(out_interfaces, interfaces, sizeof interfaces);
    return QK_OK;
}

static bool fits(const CK_INTERFACE *interface, const CK_UTF8CHAR *name, const CK_VERSION *version, CK_FLAGS flags)
{
    const CK_VERSION *own = interface->pFunctionList;

    if (name && strcmp((const char *)name, (const char *)interface->pInterfaceName) != 0)
        return false;
    if (version && (version->major != own->major || version->minor != own->minor))
        return false;
    return (interface->flags & flags) == flags;
}

qk_err qk_interface_find(const CK_UTF8CHAR *name, const CK_VERSION *version, CK_FLAGS flags,
                         CK_INTERFACE **out_interface)
{
    if (!out_interface)
        return qk_fail(QK_E_BAD_ARGUMENT, "the place for the interface is NULL");
    for (size_t i = 0; i < INTERFACES; i++)
        if (fits(&interfaces[i], name, version, flags)) {
            *out_interface = &interfaces[i];
            return QK_OK;
        }
    return qk_fail(QK_E_BAD_ARGUMENT, "there is no such interface");
}
