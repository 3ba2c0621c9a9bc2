/* SPDX-License-Identifier: Apache-2.0 */
/* Signed answers: HTTP Message Signatures (RFC 9421) over status and body of an answer and the request it belongs to.
 *
 * A client asks for one with Accept-Signature, in which it chooses components, label and nonce; `rest.sign: always`
 * gives one to everybody else too. Without rest.signing_key all of this is as if it did not exist. */
#ifndef QK_REST_SIGNING_H
#define QK_REST_SIGNING_H

#include "entropy/signature/message_signature.h"
#include "rest/parts.h"

typedef struct qk_rest_signing {
    bool wanted;
    qk_signed_input input; /* without the time; views of the request's headers */
} qk_rest_signing;

/* What this request asks for. False: something that we cannot do, and the refusal is in the call. */
bool qk_rest_signing_read(qk_rest *rest, qk_rest_call *call, qk_rest_signing *out);
/* Adds Content-Digest, Signature-Input and Signature to the answer; nothing if no signature is wanted. */
QK_MUST_CHECK qk_err qk_rest_signing_write(qk_rest *rest, qk_rest_call *call, const qk_rest_signing *signing,
                                           int status, qk_view body);

#endif
