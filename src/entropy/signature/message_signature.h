/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP Message Signatures (RFC 9421): what a signature covers, how that is written, and what exactly is signed.
 *
 * One member of a dictionary says it all, in Signature-Input (so it was done) and in Accept-Signature (so it is asked
 * for): a label, the components in their order, and parameters in theirs. One signature at a time: a field with another
 * member is refused. Also Content-Digest (RFC 9530), through which a signature covers the body. */
#ifndef QK_ENTROPY_MESSAGE_SIGNATURE_H
#define QK_ENTROPY_MESSAGE_SIGNATURE_H

#include "base/bytes.h"

enum { QK_SIGNED_COMPONENTS = 16, QK_SIGNED_PARAMS = 4, QK_SIGNATURE_LEN = 64 };

/* "@path";req: of the request that is answered. */
typedef struct qk_signed_component {
    qk_view name; /* as between its quotes */
    bool req;
} qk_signed_component;

typedef enum qk_signed_kind { QK_SIGNED_CREATED, QK_SIGNED_NONCE, QK_SIGNED_KEYID, QK_SIGNED_ALG } qk_signed_kind;

typedef struct qk_signed_param {
    qk_signed_kind kind;
    bool given; /* created alone, when asked for: it has no value then */
    int64_t number;
    qk_view text; /* as between its quotes */
} qk_signed_param;

typedef struct qk_signed_input {
    qk_view label;
    qk_signed_component components[QK_SIGNED_COMPONENTS];
    size_t component_count;
    qk_signed_param params[QK_SIGNED_PARAMS];
    size_t param_count;
} qk_signed_input;

/* Reads Signature-Input or Accept-Signature; views point into `field`. QK_E_PROTOCOL: malformed, more than one member,
 * a component twice, other parameters than those above, on components other than req. */
QK_MUST_CHECK qk_err qk_signed_input_read(qk_view field, qk_signed_input *out);
/* NULL: it has none of this kind. */
const qk_signed_param *qk_signed_param_find(const qk_signed_input *input, qk_signed_kind kind);
/* True if there is room left. */
bool qk_signed_param_add(qk_signed_input *input, const qk_signed_param *param);
/* Appends the member's value, without its label: ("@status");created=1. Source: RFC 9421, section 2.3. */
void qk_signed_input_write(const qk_signed_input *input, qk_buf *out);
/* Appends the signature base: what is signed. `values` in the order of the components. Source: section 2.5. */
void qk_signature_base_write(const qk_signed_input *input, const qk_view *values, qk_buf *out);

/* Reads Signature: one member of this label. QK_E_PROTOCOL. Source: section 4.2. */
QK_MUST_CHECK qk_err qk_signature_read(qk_view field, qk_view label, uint8_t out[QK_SIGNATURE_LEN]);

/* ---- Content-Digest ---- */

/* Appends sha-256=:...: of the body. */
QK_MUST_CHECK qk_err qk_content_digest_write(qk_view body, qk_buf *out);
/* Of the digests that the field has, sha-256 and sha-512 must be the body's, and one of them must be there.
 * QK_E_PROTOCOL (malformed, none of the two), QK_E_SIGNATURE_INVALID (another body). Source: RFC 9530, section 2. */
QK_MUST_CHECK qk_err qk_content_digest_check(qk_view field, qk_view body);

#endif
