/* SPDX-License-Identifier: Apache-2.0 */
/* A request whose answer has to be signed, and the check of that answer.
 *
 * The request carries Accept-Signature (RFC 9421, section 5) with a fresh nonce. The signature that comes back must
 * cover status and body of the answer, method, path and query of the request, and this nonce: so whoever ends TLS on
 * the way can neither make up bytes, nor send those of another request or of yesterday. He sees the bytes, and he may
 * ask several times with one nonce and pass on the answer that he likes best. */
#ifndef QK_ENTROPY_QUESTION_H
#define QK_ENTROPY_QUESTION_H

#include "entropy/signature/signing_key.h"

enum { QK_SIGNED_WINDOW_S = 300, QK_NONCE_TEXT = 45 };

typedef struct qk_question {
    const char *method, *target; /* path and query, as sent; borrowed */
    char nonce[QK_NONCE_TEXT];
} qk_question;

typedef struct qk_signed_answer {
    int status;
    qk_view body;
    qk_view digest, input, signature; /* values of Content-Digest, Signature-Input, Signature; empty: not there */
} qk_signed_answer;

/* Draws the nonce. QK_E_SYSTEM. */
QK_MUST_CHECK qk_err qk_question_init(qk_question *question, const char *method, const char *target);
/* Appends the header line that asks for a signature; by which key is not said, so that a service with another one
 * answers with it, and the check can tell which it was. */
void qk_question_write(const qk_question *question, qk_buf *out);
/* QK_E_SERVER_UNTRUSTED with words for people on what is wrong; QK_E_NO_MEMORY. `now_s`: seconds since 1970. */
QK_MUST_CHECK qk_err qk_question_check(const qk_question *question, const qk_signing_key *signer,
                                       const qk_signed_answer *answer, int64_t now_s);

/* What an answer's signature covers where we have the choice, and the name it gets. */
extern const qk_signed_component qk_signed_by_default[];
extern const size_t qk_signed_by_default_count;
#define QK_SIGNATURE_LABEL "quantoki"
#define QK_SIGNATURE_ALG   "ed25519"

#endif
