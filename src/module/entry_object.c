/* SPDX-License-Identifier: Apache-2.0 */
/* C_ functions of objects and keys. */
#include "module/entry.h"
#include "module/find.h"
#include "module/slot_objects.h"

static qk_template template_of(const CK_ATTRIBUTE *items, CK_ULONG count)
{
    return (qk_template){ items, count };
}

/* clang-format off */
QK_ENTRY(C_CreateObject,
         (CK_SESSION_HANDLE session, CK_ATTRIBUTE_PTR items, CK_ULONG count, CK_OBJECT_HANDLE_PTR object),
         qk_object_create(session, template_of(items, count), object))

QK_ENTRY(C_CopyObject,
         (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR items, CK_ULONG count,
          CK_OBJECT_HANDLE_PTR copy),
         qk_object_copy(session, object, template_of(items, count), copy))

QK_ENTRY(C_DestroyObject, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object), qk_object_destroy(session, object))

QK_ENTRY(C_GetObjectSize, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ULONG_PTR size),
         qk_object_size(session, object, size))

QK_ENTRY(C_GetAttributeValue,
         (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR items, CK_ULONG count),
         qk_object_read(session, object, items, count))

QK_ENTRY(C_SetAttributeValue,
         (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR items, CK_ULONG count),
         qk_object_write(session, object, template_of(items, count)))

QK_ENTRY(C_FindObjectsInit, (CK_SESSION_HANDLE session, CK_ATTRIBUTE_PTR items, CK_ULONG count),
         qk_find_init(session, items, count))

QK_ENTRY(C_FindObjects,
         (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE_PTR objects, CK_ULONG most, CK_ULONG_PTR count),
         qk_find_next(session, objects, most, count))

QK_ENTRY(C_FindObjectsFinal, (CK_SESSION_HANDLE session), qk_find_final(session))

QK_ENTRY(C_GenerateKey,
         (CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR items, CK_ULONG count,
          CK_OBJECT_HANDLE_PTR key),
         qk_key_create(session, mechanism, template_of(items, count), key))

QK_ENTRY(C_GenerateKeyPair,
         (CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR public_items, CK_ULONG public_count,
          CK_ATTRIBUTE_PTR private_items, CK_ULONG private_count, CK_OBJECT_HANDLE_PTR public_key,
          CK_OBJECT_HANDLE_PTR private_key),
         qk_key_create_pair(session, mechanism, template_of(public_items, public_count),
                            template_of(private_items, private_count), public_key, private_key))

QK_ENTRY(C_WrapKey,
         (CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE key,
          CK_BYTE_PTR wrapped, CK_ULONG_PTR wrapped_len),
         qk_key_wrap(session, mechanism, wrapping, key, qk_out_to(wrapped, wrapped_len)))

QK_ENTRY(C_UnwrapKey,
         (CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE unwrapping, CK_BYTE_PTR wrapped,
          CK_ULONG wrapped_len, CK_ATTRIBUTE_PTR items, CK_ULONG count, CK_OBJECT_HANDLE_PTR key),
         qk_key_unwrap(session, mechanism, unwrapping, qk_in(wrapped, wrapped_len), template_of(items, count), key))

QK_ENTRY(C_DeriveKey,
         (CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE base, CK_ATTRIBUTE_PTR items,
          CK_ULONG count, CK_OBJECT_HANDLE_PTR key),
         qk_key_derive(session, mechanism, base, template_of(items, count), key))
/* clang-format on */
