/* SPDX-License-Identifier: Apache-2.0 */
/* C_ functions of objects. */
#include "module/entry/entry.h"
#include "module/object/find.h"
#include "module/object/slot_objects.h"

/* clang-format off */
QK_ENTRY(C_CreateObject,
         (CK_SESSION_HANDLE session, CK_ATTRIBUTE_PTR items, CK_ULONG count, CK_OBJECT_HANDLE_PTR object),
         qk_object_create(session, qk_template_of(items, count), object))

QK_ENTRY(C_CopyObject,
         (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR items, CK_ULONG count,
          CK_OBJECT_HANDLE_PTR copy),
         qk_object_copy(session, object, qk_template_of(items, count), copy))

QK_ENTRY(C_DestroyObject, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object), qk_object_destroy(session, object))

QK_ENTRY(C_GetObjectSize, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ULONG_PTR size),
         qk_object_size(session, object, size))

QK_ENTRY(C_GetAttributeValue,
         (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR items, CK_ULONG count),
         qk_object_read(session, object, items, count))

QK_ENTRY(C_SetAttributeValue,
         (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR items, CK_ULONG count),
         qk_object_write(session, object, qk_template_of(items, count)))

QK_ENTRY(C_FindObjectsInit, (CK_SESSION_HANDLE session, CK_ATTRIBUTE_PTR items, CK_ULONG count),
         qk_find_init(session, items, count))

QK_ENTRY(C_FindObjects,
         (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE_PTR objects, CK_ULONG most, CK_ULONG_PTR count),
         qk_find_next(session, objects, most, count))

QK_ENTRY(C_FindObjectsFinal, (CK_SESSION_HANDLE session), qk_find_final(session))
/* clang-format on */
