/* SPDX-License-Identifier: Apache-2.0 */
/* The function list and the interfaces by which applications find it. All work before C_Initialize. */
#ifndef QK_MODULE_INTERFACE_H
#define QK_MODULE_INTERFACE_H

#include <quantoki/pkcs11.h>

#include "base/error.h"

QK_MUST_CHECK qk_err qk_interface_function_list(CK_FUNCTION_LIST **out_list);
QK_MUST_CHECK qk_err qk_interface_list(CK_INTERFACE *out_interfaces, CK_ULONG *count);
/* NULL `name` or `version` matches any. QK_E_BAD_ARGUMENT if nothing fits. */
QK_MUST_CHECK qk_err qk_interface_find(const CK_UTF8CHAR *name, const CK_VERSION *version, CK_FLAGS flags,
                                       CK_INTERFACE **out_interface);

#endif
