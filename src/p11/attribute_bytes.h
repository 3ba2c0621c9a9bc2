/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes as bytes, the same on every machine: how they lie in our blobs. Format: src/hsm/FORMATS.md. */
#ifndef QK_P11_ATTRIBUTE_BYTES_H
#define QK_P11_ATTRIBUTE_BYTES_H

#include "p11/attribute.h"

/* Appends. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_attrs_write(const qk_attrs *attrs, qk_buf *out);
/* Takes exactly these bytes, which were authenticated before. QK_E_BLOB_DAMAGED. */
QK_MUST_CHECK qk_err qk_attrs_read(qk_view bytes, qk_attrs *out);

#endif
