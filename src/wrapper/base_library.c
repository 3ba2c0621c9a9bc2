/* SPDX-License-Identifier: Apache-2.0 */
#include "wrapper/base_library.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wrapper/wrapper.h"

/* The versions we can offer, the newest first, and where in our table their functions end. */
static const struct version_row {
    CK_VERSION version;
    size_t end;
} version_rows[] = {
    { { 3, 2 }, sizeof(CK_FUNCTION_LIST_3_2) },
    { { 3, 1 }, sizeof(CK_FUNCTION_LIST_3_0) },
    { { 3, 0 }, sizeof(CK_FUNCTION_LIST_3_0) },
    { { 2, 40 }, sizeof(CK_FUNCTION_LIST) },
};

enum { VERSIONS = sizeof version_rows / sizeof version_rows[0], MOST_LISTED = 1024 };

static qk_err fail_open(const char *path, const char *what)
{
    return qk_fail(QK_E_BASE_OPEN, "base library %s: %s", path, what);
}

/* The rows of the longest list win: a newer list begins with the older one. */
static void take_functions(qk_base_library *base, const void *list, size_t len)
{
    const size_t skip = offsetof(CK_FUNCTION_LIST_3_2, C_Initialize);

    memcpy((uint8_t *)&base->functions + skip, (const uint8_t *)list + skip, len - skip);
}

/* A list of a newer minor version begins with the ones that we know. */
static const struct version_row *row_of(const CK_INTERFACE *interface)
{
    const CK_VERSION *version = interface->pFunctionList;

    if (!interface->pInterfaceName || strcmp((const char *)interface->pInterfaceName, "PKCS 11") != 0 || !version)
        return NULL;
    for (size_t i = 0; i < VERSIONS; i++)
        if (version->major == version_rows[i].version.major &&
            (version->minor == version_rows[i].version.minor ||
             (i == 0 && version->minor > version_rows[i].version.minor)))
            return &version_rows[i];
    return NULL;
}

/* Of two of one version the first one counts: the base prefers it. */
static void sort_interfaces(qk_base_library *base, const CK_INTERFACE *interfaces, CK_ULONG count)
{
    const CK_INTERFACE *of[VERSIONS] = { NULL };

    for (CK_ULONG i = 0; i < count; i++) {
        const struct version_row *row = row_of(&interfaces[i]);
        if (row)
            of[row - version_rows] = of[row - version_rows] ? of[row - version_rows] : &interfaces[i];
        else if (interfaces[i].pInterfaceName && strcmp((const char *)interfaces[i].pInterfaceName, "PKCS 11") != 0 &&
                 base->foreign_count < QK_BASE_INTERFACES)
            base->foreign[base->foreign_count++] = interfaces[i];
    }
    for (size_t i = VERSIONS; i-- > 0;)
        if (of[i])
            take_functions(base, of[i]->pFunctionList, version_rows[i].end);
    for (size_t i = 0; i < VERSIONS; i++)
        if (of[i]) {
            base->flags = base->version_count == 0 ? of[i]->flags : base->flags;
            base->versions[base->version_count++] = version_rows[i].version;
        }
}

static void read_interfaces(qk_base_library *base)
{
    CK_ULONG count = 0;
    CK_INTERFACE *interfaces;
    CK_C_GetInterfaceList get = NULL;

    *(void **)&get = dlsym(base->handle, "C_GetInterfaceList");
    if (!get || get(NULL, &count) != CKR_OK || count == 0 || count > MOST_LISTED)
        return;
    interfaces = calloc(count, sizeof *interfaces);
    if (interfaces && get(interfaces, &count) == CKR_OK)
        sort_interfaces(base, interfaces, count);
    free(interfaces);
}

/* ---- is that the base, or are we asked again? ---- */

static const struct function_row {
    const char *name;
    size_t offset;
} function_rows[] = {
#define CK_PKCS11_FUNCTION(name, arguments) { #name, offsetof(CK_FUNCTION_LIST_3_2, name) },
#include <quantoki/pkcs11-functions.h>
};

typedef void (*function)(void);

static function *place_of(const struct function_row *row, const CK_FUNCTION_LIST_3_2 *list)
{
    return (function *)(void *)((uintptr_t)list + row->offset);
}

/* In a program that is linked with us the base's own names lead to us, also in the lists that it gives away: the loader
 * has bound them so. Asked by name it says where its functions are. */
static qk_err take_back(qk_base_library *base)
{
    const CK_FUNCTION_LIST_3_2 *own = qk_wrapper_functions();

    for (size_t i = 0; i < sizeof function_rows / sizeof function_rows[0]; i++) {
        function *theirs = place_of(&function_rows[i], &base->functions), ours = *place_of(&function_rows[i], own);
        if (*theirs != ours)
            continue;
        *(void **)(void *)theirs = dlsym(base->handle, function_rows[i].name);
        if (*theirs == ours)
            return fail_open(base->path, "its functions are this library's own; name the library of the token");
    }
    return QK_OK;
}

static qk_err read_functions(qk_base_library *base)
{
    const CK_VERSION oldest = version_rows[VERSIONS - 1].version;
    CK_FUNCTION_LIST *list = NULL;
    CK_C_GetFunctionList get = NULL;

    *(void **)&get = dlsym(base->handle, "C_GetFunctionList");
    if (!get)
        return fail_open(base->path, "has no C_GetFunctionList; is it a PKCS #11 library?");
    if (get == qk_wrapper_functions()->C_GetFunctionList)
        return fail_open(base->path, "is this library itself; name the library of the token");
    if (get(&list) != CKR_OK || !list)
        return fail_open(base->path, "its C_GetFunctionList fails");
    take_functions(base, list, sizeof *list);
    read_interfaces(base);
    QK_TRY(take_back(base));
    if (base->version_count == 0 || base->versions[base->version_count - 1].major != oldest.major)
        base->versions[base->version_count++] = oldest;
    if (!base->functions.C_Initialize || !base->functions.C_Finalize)
        return fail_open(base->path, "has no C_Initialize or no C_Finalize");
    return QK_OK;
}

qk_err qk_base_library_load(const char *path, qk_base_library *base)
{
    qk_base_library *fresh;
    qk_err err;

    if (!path || !*path)
        return qk_fail(QK_E_BASE_EMPTY, "no base library is named: set QRYPT_BASE_HSM_PATH or `base`");
    if (base->handle && strcmp(base->path, path) == 0)
        return QK_OK;
    if (*path != '/' || strlen(path) >= sizeof base->path)
        return fail_open(path, "must be an absolute path");
    fresh = calloc(1, sizeof *fresh);
    if (!fresh)
        return qk_fail(QK_E_NO_MEMORY, "base library");
    snprintf(fresh->path, sizeof fresh->path, "%s", path);
    fresh->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    err = fresh->handle ? read_functions(fresh)
                        : qk_fail(QK_E_BASE_OPEN, "base library: %s; see `base`, or QRYPT_BASE_HSM_PATH", dlerror());
    if (err == QK_OK)
        *base = *fresh;
    if (err == QK_OK) /* from here on it stays, whoever closes it: calls may stand in it */
        (void)dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD | RTLD_NODELETE);
    else if (fresh->handle)
        dlclose(fresh->handle);
    free(fresh);
    return err;
}
