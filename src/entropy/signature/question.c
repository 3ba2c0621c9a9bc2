/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/signature/question.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

#include "base/encoding.h"

enum { NONCE_LEN = 32, COMPONENTS = 5 };

#define NAME(text)                                                                                                     \
    {                                                                                                                  \
        (const uint8_t *)("" text), sizeof(text) - 1                                                                   \
    }

const qk_signed_component qk_signed_by_default[] = {
    { NAME("@status"), false }, { NAME("content-digest"), false }, { NAME("@method"), true },
    { NAME("@path"), true },    { NAME("@query"), true },
};
const size_t qk_signed_by_default_count = sizeof qk_signed_by_default / sizeof qk_signed_by_default[0];
_Static_assert(sizeof qk_signed_by_default / sizeof qk_signed_by_default[0] == COMPONENTS, "values fit components");

/* ---- asking ---- */

/* From the kernel: a nonce is no secret, but it must be new, also before our own sources have anything to give. */
qk_err qk_question_init(qk_question *question, const char *method, const char *target)
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;
    uint8_t nonce[NONCE_LEN];

    if (getrandom(nonce, sizeof nonce, 0) != (ssize_t)sizeof nonce)
        return qk_fail(QK_E_SYSTEM, "getrandom: %s", strerror(errno));
    qk_base64_write(qk_view_of(nonce, sizeof nonce), &text);
    QK_TRY(qk_buf_check(&text));
    question->method = method;
    question->target = target;
    snprintf(question->nonce, sizeof question->nonce, "%s", qk_buf_text(&text));
    return QK_OK;
}

void qk_question_write(const qk_question *question, qk_buf *out)
{
    qk_signed_input input = {
        .component_count = COMPONENTS,
        .params = { { .kind = QK_SIGNED_CREATED },
                    { QK_SIGNED_NONCE, true, 0, qk_view_text(question->nonce) },
                    { QK_SIGNED_ALG, true, 0, QK_VIEW_LITERAL(QK_SIGNATURE_ALG) } },
        .param_count = 3,
    };

    memcpy(input.components, qk_signed_by_default, sizeof qk_signed_by_default);
    qk_buf_put_text(out, "Accept-Signature: " QK_SIGNATURE_LABEL "=");
    qk_signed_input_write(&input, out);
    qk_buf_put_text(out, "\r\n");
}

/* ---- checking ---- */

#define untrusted(...) qk_fail(QK_E_SERVER_UNTRUSTED, __VA_ARGS__)

/* An error of reading and verifying, as one of trust. */
static qk_err distrust(qk_err err, const char *what)
{
    return err == QK_OK || err == QK_E_NO_MEMORY ? err : untrusted("%s%s", what, qk_err_words(err));
}

static qk_err check_presence(const qk_signed_answer *answer)
{
    if (answer->input.len == 0 && answer->signature.len == 0)
        return untrusted("it is not signed: the service does not sign answers, or something on the way took the "
                         "signature off");
    if (answer->input.len == 0 || answer->signature.len == 0 || answer->digest.len == 0)
        return untrusted("%s is missing", answer->input.len == 0       ? "Signature-Input"
                                          : answer->signature.len == 0 ? "Signature"
                                                                       : "Content-Digest");
    return QK_OK;
}

/* Exactly what was asked for: one component less, and that part may be anything. */
static qk_err check_components(const qk_signed_input *input)
{
    bool same = input->component_count == COMPONENTS;

    for (size_t i = 0; same && i < COMPONENTS; i++)
        same = input->components[i].req == qk_signed_by_default[i].req &&
               qk_view_equal(input->components[i].name, qk_signed_by_default[i].name);
    return same ? QK_OK : untrusted("its signature covers other parts of the answer than it was asked to");
}

static qk_view text_of(const qk_signed_input *input, qk_signed_kind kind)
{
    const qk_signed_param *param = qk_signed_param_find(input, kind);

    return param ? param->text : QK_VIEW_NONE;
}

static qk_err check_created(const qk_signed_input *input, int64_t now_s)
{
    const qk_signed_param *created = qk_signed_param_find(input, QK_SIGNED_CREATED);
    int64_t age_s;

    if (!created || !created->given)
        return untrusted("its signature does not say when it was made");
    age_s = now_s - created->number;
    if (age_s > QK_SIGNED_WINDOW_S || age_s < -QK_SIGNED_WINDOW_S)
        return untrusted("it was signed %lld s %s: at most %d are allowed; do both clocks go right?",
                         (long long)(age_s < 0 ? -age_s : age_s), age_s < 0 ? "in the future" : "ago",
                         QK_SIGNED_WINDOW_S);
    return QK_OK;
}

static qk_err check_params(const qk_question *question, const qk_signing_key *signer, const qk_signed_input *input,
                           int64_t now_s)
{
    qk_view id = text_of(input, QK_SIGNED_KEYID);

    if (!qk_view_equal(text_of(input, QK_SIGNED_ALG), QK_VIEW_LITERAL(QK_SIGNATURE_ALG)))
        return untrusted("its signature is not of the algorithm " QK_SIGNATURE_ALG);
    if (!qk_view_equal(id, qk_view_text(qk_signing_key_id(signer))))
        return untrusted("it was signed with another key (%.*s) than signer_key (%s)", (int)(id.len < 60 ? id.len : 60),
                         id.len ? (const char *)id.data : "", qk_signing_key_id(signer));
    if (!qk_view_equal(text_of(input, QK_SIGNED_NONCE), qk_view_text(question->nonce)))
        return untrusted("its signature belongs to another request: an old answer, sent again?");
    return check_created(input, now_s);
}

/* As the answer has it, and as we know it of our own request. Source: RFC 9421, sections 2.2.1, 2.2.6, 2.2.7, 2.2.9. */
static qk_err write_base(const qk_question *question, const qk_signed_input *input, const qk_signed_answer *answer,
                         qk_buf *out)
{
    const char *query = strchr(question->target, '?');
    char status[12];
    qk_view values[COMPONENTS] = {
        qk_view_of(status, (size_t)snprintf(status, sizeof status, "%d", answer->status)),
        answer->digest,
        qk_view_text(question->method),
        query ? qk_view_of(question->target, (size_t)(query - question->target)) : qk_view_text(question->target),
        qk_view_text(query ? query : "?"),
    };

    qk_signature_base_write(input, values, out);
    return qk_buf_check(out);
}

qk_err qk_question_check(const qk_question *question, const qk_signing_key *signer, const qk_signed_answer *answer,
                         int64_t now_s)
{
    QK_OWNED(qk_buf_done) qk_buf base = QK_BUF_NONE;
    uint8_t signature[QK_SIGNATURE_LEN];
    qk_signed_input input;

    QK_TRY(check_presence(answer));
    QK_TRY(distrust(qk_signed_input_read(answer->input, &input), "Signature-Input: "));
    QK_TRY(distrust(qk_signature_read(answer->signature, input.label, signature), "Signature: "));
    QK_TRY(check_components(&input));
    QK_TRY(check_params(question, signer, &input, now_s));
    QK_TRY(write_base(question, &input, answer, &base));
    if (qk_signing_key_verify(signer, qk_buf_view(&base), signature) != QK_OK)
        return untrusted(
            "its signature is wrong: status, digest or path were changed on the way, or somebody else made "
            "it");
    return distrust(qk_content_digest_check(answer->digest, answer->body), "");
}
