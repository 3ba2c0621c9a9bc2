/* SPDX-License-Identifier: Apache-2.0 */
/* Templates of new objects: checked against the attribute table, parted between HSM and keystore, completed. */
#ifndef QK_MODULE_TEMPLATE_H
#define QK_MODULE_TEMPLATE_H

#include "module/slot/slot.h"
#include "p11/attribute.h"

/* What a template for a key says, parted by where it lives. */
typedef struct qk_key_template {
    qk_attrs key;    /* for the HSM: attributes and values of the key, and CKA_PRIVATE */
    qk_attrs object; /* for the keystore's row: CKA_LABEL, CKA_ID, ..., with defaults for what is not given */
} qk_key_template;

#define QK_KEY_TEMPLATE_NONE ((qk_key_template){ QK_ATTRS_NONE, QK_ATTRS_NONE })

void qk_key_template_done(qk_key_template *template_);

/* For a new key of this class. A template that names some usages means that the others are not wanted; one that names
 * none leaves them to the HSM, which allows what the key's type is made for. `user` is who is logged in: only the
 * security officer may set CKA_TRUSTED. QK_E_ATTRIBUTE_TYPE, QK_E_ATTRIBUTE_READ_ONLY, QK_E_TEMPLATE_INCONSISTENT. */
QK_MUST_CHECK qk_err qk_key_template_read(const qk_attrs *given, CK_OBJECT_CLASS class, bool is_private, qk_user user,
                                          qk_key_template *out);

/* For a new certificate, data object or domain parameters: all attributes of its row, CKA_VALUE among them.
 * QK_E_TEMPLATE_INCOMPLETE, QK_E_ATTRIBUTE_VALUE, QK_E_ATTRIBUTE_TYPE. */
QK_MUST_CHECK qk_err qk_other_template_read(const qk_attrs *given, CK_OBJECT_CLASS class, qk_user user,
                                            qk_attrs *out_attrs);

/* A CKA_START_DATE or CKA_END_DATE must be a day of the calendar, or empty. Other attributes pass.
 * QK_E_ATTRIBUTE_VALUE. */
QK_MUST_CHECK qk_err qk_date_check(const qk_attr *attr);

#endif
