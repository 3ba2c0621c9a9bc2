/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate objects: which attributes each type has, needs, and gets. */
#ifndef QK_MODULE_CERTIFICATE_H
#define QK_MODULE_CERTIFICATE_H

#include "p11/attribute.h"

/* Judges what a template says of a new certificate and completes it: numbers and bytes that were left out,
 * CKA_CHECK_VALUE, CKA_PUBLIC_KEY_INFO of an X.509 certificate that can be read. What lies in CKA_VALUE is otherwise
 * the application's matter. QK_E_TEMPLATE_INCOMPLETE, QK_E_ATTRIBUTE_TYPE, QK_E_ATTRIBUTE_VALUE. */
QK_MUST_CHECK qk_err qk_certificate_complete(qk_attrs *attrs);
/* Have certificates of the type of this one that attribute? */
bool qk_certificate_has(const qk_attrs *attrs, CK_ATTRIBUTE_TYPE attribute);

#endif
