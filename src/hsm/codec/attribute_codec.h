/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes between their PKCS #11 form and GREP11's AttributeValue: strict in what we send, lenient in what we take.
 * Source: GREP11 protocol, section 8. */
#ifndef QK_HSM_ATTRIBUTE_CODEC_H
#define QK_HSM_ATTRIBUTE_CODEC_H

#include "p11/attribute.h"
#include "rpc/message.h"

/* Reads the entries of a map<uint64, AttributeValue> field (any of the generated entry types). A value with no arm
 * counts as absent; on repeated keys the last wins; sign-extended 32-bit vendor types are folded. Types that nobody
 * knows: QK_E_ATTRIBUTE_TYPE; a value that does not fit its attribute: QK_E_ATTRIBUTE_VALUE. Lists of numbers
 * (CKA_ALLOWED_MECHANISMS) are 8 bytes each, big endian; nested templates (CKA_WRAP_TEMPLATE) are "Attributes" of
 * FORMATS.md. */
QK_MUST_CHECK qk_err qk_attrs_from_map(const void *entries, size_t count, qk_attrs *out);
/* Fills a map field: `entry_descriptor` is that of the field's entry type; *out_entries points to an array of message
 * pointers in the arena, to be cast to the field's type. Secret attributes must have been taken out before. */
QK_MUST_CHECK qk_err qk_attrs_to_map(const qk_attrs *attrs, const ProtobufCMessageDescriptor *entry_descriptor,
                                     qk_arena *arena, void *out_entries, size_t *out_count);

/* The attribute that a key of such a map names. QK_E_ATTRIBUTE_TYPE. */
QK_MUST_CHECK qk_err qk_attribute_from_key(uint64_t key, const qk_attribute **out_attribute);
/* One value for the older map<uint64, bytes>: numbers as 8 bytes, big endian; the rest as it is. */
QK_MUST_CHECK qk_err qk_attr_to_bytes(const qk_attr *attr, qk_arena *arena, qk_view *out);

#endif
