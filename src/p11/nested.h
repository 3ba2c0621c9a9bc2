/* SPDX-License-Identifier: Apache-2.0 */
/* Nested templates: the values of CKA_WRAP_TEMPLATE, CKA_UNWRAP_TEMPLATE, CKA_DERIVE_TEMPLATE, CKA_ENCAPSULATE_TEMPLATE
 * and CKA_DECAPSULATE_TEMPLATE.
 *
 * To an application such a value is an array of CK_ATTRIBUTE, full of pointers. A list of attributes (qk_attrs) holds
 * it flat: as the bytes of attribute_bytes.h, sorted by type. That form owns itself, is the same on every machine, goes
 * into blobs, rows and messages as it is, and two equal templates are equal bytes. The empty template is no bytes.
 *
 * Bounded: one level (no template within a template), QK_NESTED_MOST attributes, QK_NESTED_MOST_BYTES in all. Secret
 * attributes (CKA_VALUE, ...) are refused, since whoever sees the key may read its templates. */
#ifndef QK_P11_NESTED_H
#define QK_P11_NESTED_H

#include "p11/attribute.h"

enum { QK_NESTED_MOST = 64, QK_NESTED_MOST_BYTES = 16 << 10 };

/* The flat form of a list. QK_E_ATTRIBUTE_TYPE, QK_E_ATTRIBUTE_VALUE beyond the bounds or of a form that cannot be. */
QK_MUST_CHECK qk_err qk_nested_write(const qk_attrs *attrs, qk_buf *out);
/* The list of a flat form that was made here. QK_E_BLOB_DAMAGED. */
QK_MUST_CHECK qk_err qk_nested_read(qk_view flat, qk_attrs *out);
/* Judges a flat form that comes from a peer, and puts it in order. QK_E_ATTRIBUTE_VALUE. */
QK_MUST_CHECK qk_err qk_nested_accept(qk_view foreign, qk_buf *out);
/* The flat form of an application's array; `bytes` is the memory of its CK_ATTRIBUTEs. Refuses what
 * qk_attrs_from_template refuses, too. */
QK_MUST_CHECK qk_err qk_nested_from_array(qk_view bytes, qk_buf *out);

/* Adds what a flat form, the `nested` template of a key, says to the template of a key that comes of it.
 * QK_E_TEMPLATE_INCONSISTENT where the two contradict each other. */
QK_MUST_CHECK qk_err qk_nested_add(CK_ATTRIBUTE_TYPE nested, qk_view flat, qk_attrs *template_);

/* Gives a flat form back as C_GetAttributeValue does: `array`->pValue NULL asks for the room of the array; otherwise it
 * has room for CK_ATTRIBUTEs whose own pValue is NULL to ask for a length, or a place of ulValueLen bytes. Types are
 * set. What is too short gets CK_UNAVAILABLE_INFORMATION: QK_E_BUFFER_SMALL. Source: PKCS #11 3.2,
 * C_GetAttributeValue, array attributes. */
QK_MUST_CHECK qk_err qk_nested_give(qk_view flat, CK_ATTRIBUTE *array);

#endif
