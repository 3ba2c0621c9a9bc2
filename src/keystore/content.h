/* SPDX-License-Identifier: Apache-2.0 */
/* What a client wants stored, checked: the attributes of the row-to-be.
 *
 * A key object's row takes every attribute that the key decides from its blob, and only the object's own (CKA_LABEL,
 * CKA_ID, ...) from the client; if the client says something else about the key than the blob, the object is refused.
 */
#ifndef QK_KEYSTORE_CONTENT_H
#define QK_KEYSTORE_CONTENT_H

#include "hsm/hsm.h"

typedef struct qk_content {
    qk_attrs attrs;
    qk_buf packed;  /* the same as bytes */
    bool is_public; /* CKA_PRIVATE came as FALSE: the row must be readable without the user's master key */
} qk_content;

#define QK_CONTENT_NONE ((qk_content){ QK_ATTRS_NONE, QK_BUF_NONE, false })

/* QK_E_TEMPLATE_INCOMPLETE without class or without a key's blob, QK_E_ATTRIBUTE_TYPE for attributes that such an
 * object does not have, QK_E_ATTRIBUTE_VALUE for those that contradict the blob, QK_E_ATTRIBUTE_SENSITIVE for secret
 * values, and the errors of opening a blob. */
QK_MUST_CHECK qk_err qk_content_read(qk_hsm *hsm, const qk_call *call, const qk_uuid *id,
                                     const Quantoki__V1__Object *object, qk_content *out_content);
void qk_content_done(qk_content *content);

#endif
