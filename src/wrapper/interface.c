/* SPDX-License-Identifier: Apache-2.0 */
/* The lists by which applications find us. Of the standard's interfaces we offer those that the base has; its own
 * interfaces of other names are passed on as they are. All of it works before C_Initialize. */
#include <string.h>

#include "wrapper/wrapper.h"

#define ENTRY __attribute__((visibility("default")))

static CK_FUNCTION_LIST functions_2_40 = {
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

static CK_FUNCTION_LIST_3_0 functions_3_1 = {
    { 3, 1 },
#define CK_PKCS11_FUNCTION(name, arguments) name,
#define CK_PKCS11_UP_TO                     300
#include <quantoki/pkcs11-functions.h>
};

static CK_FUNCTION_LIST_3_2 functions_3_2 = {
    { 3, 2 },
#define CK_PKCS11_FUNCTION(name, arguments) name,
#include <quantoki/pkcs11-functions.h>
};

const CK_FUNCTION_LIST_3_2 *qk_wrapper_functions(void)
{
    return &functions_3_2;
}

static void *const lists[] = { &functions_3_2, &functions_3_1, &functions_3_0, &functions_2_40 };
static CK_UTF8CHAR standard_name[] = "PKCS 11";

enum { LISTS = sizeof lists / sizeof lists[0], MOST = LISTS + QK_BASE_INTERFACES };

/* Filled once: applications keep pointers into it. */
static CK_INTERFACE interfaces[MOST];
static CK_ULONG interface_count;

static bool base_has(const qk_base_library *base, const CK_VERSION *version)
{
    for (size_t i = 0; i < base->version_count; i++)
        if (base->versions[i].major == version->major && base->versions[i].minor == version->minor)
            return true;
    return false;
}

void qk_wrapper_fill_interfaces(const qk_base_library *base)
{
    CK_ULONG count = 0;

    for (size_t i = 0; i < LISTS; i++)
        if (i == LISTS - 1 || base_has(base, lists[i]))
            interfaces[count++] = (CK_INTERFACE){ standard_name, lists[i], base->flags & CKF_INTERFACE_FORK_SAFE };
    for (size_t i = 0; i < base->foreign_count; i++)
        interfaces[count++] = base->foreign[i];
    interface_count = count;
}

ENTRY CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list)
{
    if (!list)
        return CKR_ARGUMENTS_BAD;
    *list = &functions_2_40;
    return CKR_OK;
}

ENTRY CK_RV C_GetInterfaceList(CK_INTERFACE_PTR list, CK_ULONG_PTR count)
{
    CK_ULONG room;

    if (!count)
        return CKR_ARGUMENTS_BAD;
    qk_wrapper_find_base();
    room = *count;
    *count = interface_count;
    if (!list)
        return CKR_OK;
    if (room < interface_count)
        return CKR_BUFFER_TOO_SMALL;
    memcpy(list, interfaces, interface_count * sizeof *list);
    return CKR_OK;
}

static bool fits(const CK_INTERFACE *interface, const CK_UTF8CHAR *name, const CK_VERSION *version, CK_FLAGS flags)
{
    const CK_VERSION *own = interface->pFunctionList;

    if (strcmp((const char *)interface->pInterfaceName, name ? (const char *)name : (const char *)standard_name) != 0)
        return false;
    if (version && (!own || version->major != own->major || version->minor != own->minor))
        return false;
    return (interface->flags & flags) == flags;
}

ENTRY CK_RV C_GetInterface(CK_UTF8CHAR_PTR name, CK_VERSION_PTR version, CK_INTERFACE_PTR_PTR interface, CK_FLAGS flags)
{
    if (!interface)
        return CKR_ARGUMENTS_BAD;
    qk_wrapper_find_base();
    for (CK_ULONG i = 0; i < interface_count; i++)
        if (fits(&interfaces[i], name, version, flags)) {
            *interface = &interfaces[i];
            return CKR_OK;
        }
    return CKR_ARGUMENTS_BAD;
}
