/* SPDX-License-Identifier: Apache-2.0 */
/* The base library: found, loaded, and its functions in one table. */
#ifndef QK_WRAPPER_BASE_LIBRARY_H
#define QK_WRAPPER_BASE_LIBRARY_H

#include <quantoki/pkcs11.h>
#include <stddef.h>

#include "base/error.h"

enum { QK_BASE_INTERFACES = 32 };

typedef struct qk_base_library {
    void *handle; /* of dlopen; never closed */
    char path[4096];
    CK_FUNCTION_LIST_3_2 functions; /* NULL where the base has none */
    CK_VERSION versions[4];         /* of the standard's interfaces that the base has, the newest first */
    size_t version_count;
    CK_FLAGS flags;                           /* of its newest standard interface */
    CK_INTERFACE foreign[QK_BASE_INTERFACES]; /* interfaces of other names, passed on as they are */
    size_t foreign_count;
} qk_base_library;

/* Loads `path`: absolute, so that nobody's search path decides. The library may lack functions, but not
 * C_GetFunctionList. A second call with the same path does nothing; with another path it replaces the table (the old
 * library stays loaded). QK_E_BASE_EMPTY (path NULL or ""), QK_E_BASE_OPEN with the loader's words. */
QK_MUST_CHECK qk_err qk_base_library_load(const char *path, qk_base_library *base);

#endif
