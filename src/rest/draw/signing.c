/* SPDX-License-Identifier: Apache-2.0 */
#include "rest/draw/signing.h"

#include <stdio.h>

#include "base/encoding.h"
#include "entropy/signature/question.h"

enum { LABEL_MOST = 64, NONCE_MOST = 128 };

/* ---- what can be covered ---- */

typedef struct signed_parts {
    const qk_http_exchange *exchange;
    char status[12];
    qk_buf digest, query;
} signed_parts;

static void done(signed_parts *parts)
{
    qk_buf_done(&parts->digest);
    qk_buf_done(&parts->query);
}

static qk_view status_of(const signed_parts *parts)
{
    return qk_view_text(parts->status);
}

static qk_view digest_of(const signed_parts *parts)
{
    return qk_buf_view(&parts->digest);
}

/* Entropy is given to these two; HEAD gets no signature. */
static qk_view method_of(const signed_parts *parts)
{
    return parts->exchange->method == QK_HTTP_POST ? QK_VIEW_LITERAL("POST") : QK_VIEW_LITERAL("GET");
}

static qk_view path_of(const signed_parts *parts)
{
    return qk_view_text(parts->exchange->path);
}

static qk_view query_of(const signed_parts *parts)
{
    return qk_buf_view(&parts->query);
}

/* Source: RFC 9421, sections 2.2 and 2.4. */
static const struct component_row {
    const char *name;
    bool req;
    qk_view (*value)(const signed_parts *parts);
} components[] = {
    { "@status", false, status_of }, { "content-digest", false, digest_of }, { "@method", true, method_of },
    { "@path", true, path_of },      { "@query", true, query_of },
};

static const struct component_row *row_of(const qk_signed_component *component)
{
    for (size_t i = 0; i < sizeof components / sizeof components[0]; i++)
        if (components[i].req == component->req && qk_view_equal(component->name, qk_view_text(components[i].name)))
            return &components[i];
    return NULL;
}

static qk_err write_parts(const qk_http_exchange *exchange, int status, qk_view body, signed_parts *out)
{
    out->exchange = exchange;
    snprintf(out->status, sizeof out->status, "%d", status);
    QK_TRY(qk_content_digest_write(body, &out->digest));
    qk_buf_put_text(&out->query, "?");
    qk_buf_put(&out->query, exchange->query);
    return qk_buf_check(&out->query);
}

/* ---- what is asked for ---- */

static bool refuse(qk_rest_call *call, const char *words)
{
    qk_rest_refuse(call, QK_REFUSE_PARAMETER, "Accept-Signature: %s", words);
    return false;
}

static bool names(const qk_signed_input *input, qk_signed_kind kind, const char *ours)
{
    const qk_signed_param *param = qk_signed_param_find(input, kind);

    return !param || qk_view_equal(param->text, qk_view_text(ours));
}

/* A component that is not covered as asked, or a key that is not the one asked for, is no signature at all: RFC 9421,
 * section 5.2. */
static bool check(const qk_rest *rest, qk_rest_call *call, const qk_signed_input *asked)
{
    const qk_signed_param *created = qk_signed_param_find(asked, QK_SIGNED_CREATED);
    const qk_signed_param *nonce = qk_signed_param_find(asked, QK_SIGNED_NONCE);

    for (size_t i = 0; i < asked->component_count; i++)
        if (!row_of(&asked->components[i]))
            return refuse(call, "the components are \"@status\", \"content-digest\", \"@method\";req, \"@path\";req, "
                                "\"@query\";req");
    if (asked->label.len > LABEL_MOST || (nonce && nonce->text.len > NONCE_MOST))
        return refuse(call, "label or nonce is too long");
    if (created && created->given)
        return refuse(call, "created has no value in a request");
    if (!names(asked, QK_SIGNED_KEYID, qk_signing_key_id(rest->signing_key)))
        return refuse(call, "this server signs with another key");
    if (!names(asked, QK_SIGNED_ALG, QK_SIGNATURE_ALG))
        return refuse(call, "this server signs with " QK_SIGNATURE_ALG);
    return true;
}

/* The parameters of the signature: those asked for, and those that say how and when it was made. */
static void set_params(const qk_rest *rest, qk_signed_input *input)
{
    const qk_signed_param *asked = qk_signed_param_find(input, QK_SIGNED_NONCE);
    qk_signed_param params[QK_SIGNED_PARAMS] = {
        { .kind = QK_SIGNED_CREATED, .given = true },
        { QK_SIGNED_KEYID, true, 0, qk_view_text(qk_signing_key_id(rest->signing_key)) },
        { QK_SIGNED_ALG, true, 0, QK_VIEW_LITERAL(QK_SIGNATURE_ALG) },
    };

    input->param_count = 3;
    if (asked)
        params[input->param_count++] = *asked;
    memcpy(input->params, params, sizeof params);
}

bool qk_rest_signing_read(qk_rest *rest, qk_rest_call *call, qk_rest_signing *out)
{
    qk_view header;

    out->wanted = false;
    if (!rest->signing_key)
        return true;
    if (qk_http_header(call->exchange, "Accept-Signature", &header) && header.len > 0) {
        if (qk_signed_input_read(header, &out->input) != QK_OK)
            return refuse(call, qk_err_words(QK_E_PROTOCOL));
        if (!check(rest, call, &out->input))
            return false;
    } else if (rest->config.sign == QK_REST_SIGN_ALWAYS) {
        out->input = (qk_signed_input){ .label = QK_VIEW_LITERAL(QK_SIGNATURE_LABEL),
                                        .component_count = qk_signed_by_default_count };
        for (size_t i = 0; i < qk_signed_by_default_count; i++)
            out->input.components[i] = qk_signed_by_default[i];
    } else {
        return true;
    }
    set_params(rest, &out->input);
    out->wanted = true;
    return true;
}

/* ---- the signature ---- */

static qk_err make(const qk_rest *rest, const qk_signed_input *input, const signed_parts *parts,
                   uint8_t out[QK_SIGNATURE_LEN])
{
    QK_OWNED(qk_buf_done) qk_buf base = QK_BUF_NONE;
    qk_view values[QK_SIGNED_COMPONENTS];

    for (size_t i = 0; i < input->component_count; i++)
        values[i] = row_of(&input->components[i])->value(parts);
    qk_signature_base_write(input, values, &base);
    QK_TRY(qk_buf_check(&base));
    return qk_signing_key_sign(rest->signing_key, qk_buf_view(&base), out);
}

/* All three headers or none. */
static qk_err put_headers(qk_http_exchange *exchange, const qk_signed_input *input, signed_parts *parts,
                          const uint8_t signature[QK_SIGNATURE_LEN])
{
    QK_OWNED(qk_buf_done) qk_buf input_line = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf signature_line = QK_BUF_NONE;
    const char *texts[3];

    qk_buf_put(&input_line, input->label);
    qk_buf_put_text(&input_line, "=");
    qk_signed_input_write(input, &input_line);
    qk_buf_put(&signature_line, input->label);
    qk_buf_put_text(&signature_line, "=:");
    qk_base64_write(qk_view_of(signature, QK_SIGNATURE_LEN), &signature_line);
    qk_buf_put_text(&signature_line, ":");
    texts[0] = qk_buf_text(&parts->digest);
    texts[1] = qk_buf_text(&input_line);
    texts[2] = qk_buf_text(&signature_line);
    if (!texts[0] || !texts[1] || !texts[2])
        return qk_fail(QK_E_NO_MEMORY, "no memory for a signature");
    qk_http_answer_header(exchange, "Content-Digest", texts[0]);
    qk_http_answer_header(exchange, "Signature-Input", texts[1]);
    qk_http_answer_header(exchange, "Signature", texts[2]);
    return QK_OK;
}

qk_err qk_rest_signing_write(qk_rest *rest, qk_rest_call *call, const qk_rest_signing *signing, int status,
                             qk_view body)
{
    QK_OWNED(done) signed_parts parts = { 0 };
    uint8_t signature[QK_SIGNATURE_LEN];
    qk_signed_input input = signing->input;

    if (!signing->wanted)
        return QK_OK;
    input.params[0].number = qk_clock_unix_s();
    QK_TRY(write_parts(call->exchange, status, body, &parts));
    QK_TRY(make(rest, &input, &parts, signature));
    return put_headers(call->exchange, &input, &parts, signature);
}
