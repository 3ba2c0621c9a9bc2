/* SPDX-License-Identifier: Apache-2.0 */
/* C_ functions that make keys, and carry them. */
#include "module/entry/entry.h"
#include "module/object/slot_objects.h"

/* clang-format off */
QK_ENTRY(C_GenerateKey,
         (CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR items, CK_ULONG count,
          CK_OBJECT_HANDLE_PTR key),
         qk_key_create(session, mechanism, qk_template_of(items, count), key))

QK_ENTRY(C_GenerateKeyPair,
         (CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR public_items, CK_ULONG public_count,
          CK_ATTRIBUTE_PTR private_items, CK_ULONG private_count, CK_OBJECT_HANDLE_PTR public_key,
          CK_OBJECT_HANDLE_PTR private_key),
         qk_key_create_pair(session, mechanism, qk_template_of(public_items, public_count),
                            qk_template_of(private_items, private_count), public_key, private_key))

QK_ENTRY(C_WrapKey,
         (CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE key,
          CK_BYTE_PTR wrapped, CK_ULONG_PTR wrapped_len),
         qk_key_wrap(session, mechanism, wrapping, key, qk_out_to(wrapped, wrapped_len)))

QK_ENTRY(C_UnwrapKey,
         (CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE unwrapping, CK_BYTE_PTR wrapped,
          CK_ULONG wrapped_len, CK_ATTRIBUTE_PTR items, CK_ULONG count, CK_OBJECT_HANDLE_PTR key),
         qk_key_unwrap(session, mechanism, unwrapping, qk_in(wrapped, wrapped_len), qk_template_of(items, count), key))

QK_ENTRY(C_DeriveKey,
         (CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE base, CK_ATTRIBUTE_PTR items,
          CK_ULONG count, CK_OBJECT_HANDLE_PTR key),
         qk_key_derive(session, mechanism, base, qk_template_of(items, count), key))

QK_ENTRY(C_WrapKeyAuthenticated,
         (CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE key,
          CK_BYTE_PTR aad, CK_ULONG aad_len, CK_BYTE_PTR wrapped, CK_ULONG_PTR wrapped_len),
         qk_key_wrap_authenticated(session, mechanism, wrapping, key, qk_in(aad, aad_len),
                                   qk_out_to(wrapped, wrapped_len)))

QK_ENTRY(C_UnwrapKeyAuthenticated,
         (CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE unwrapping, CK_BYTE_PTR wrapped,
          CK_ULONG wrapped_len, CK_ATTRIBUTE_PTR items, CK_ULONG count, CK_BYTE_PTR aad, CK_ULONG aad_len,
          CK_OBJECT_HANDLE_PTR key),
         qk_key_unwrap_authenticated(session, mechanism, unwrapping, qk_in(wrapped, wrapped_len),
                                     qk_template_of(items, count), qk_in(aad, aad_len), key))

QK_ENTRY(C_EncapsulateKey,
         (CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE public_key, CK_ATTRIBUTE_PTR items,
          CK_ULONG count, CK_BYTE_PTR cipher, CK_ULONG_PTR cipher_len, CK_OBJECT_HANDLE_PTR key),
         qk_key_encapsulate(session, mechanism, public_key, qk_template_of(items, count),
                            qk_out_to(cipher, cipher_len), key))

QK_ENTRY(C_DecapsulateKey,
         (CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE private_key, CK_ATTRIBUTE_PTR items,
          CK_ULONG count, CK_BYTE_PTR cipher, CK_ULONG cipher_len, CK_OBJECT_HANDLE_PTR key),
         qk_key_decapsulate(session, mechanism, private_key, qk_template_of(items, count), qk_in(cipher, cipher_len),
                            key))
/* clang-format on */
