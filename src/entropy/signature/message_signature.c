/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/signature/message_signature.h"

#include "entropy/signature/field.h"

/* In the order of qk_signed_kind. */
static const struct kind_row {
    const char *name;
    bool is_number;
} kinds[] = { { "created", true }, { "nonce", false }, { "keyid", false }, { "alg", false } };

static bool is(qk_view text, const char *word)
{
    return qk_view_equal(text, qk_view_text(word));
}

/* ---- reading ---- */

static qk_err fail(const char *words)
{
    return qk_fail(QK_E_PROTOCOL, "%s", words);
}

static bool is_listed(const qk_signed_input *input, const qk_signed_component *component)
{
    for (size_t i = 0; i < input->component_count; i++)
        if (input->components[i].req == component->req && qk_view_equal(input->components[i].name, component->name))
            return true;
    return false;
}

static qk_err read_component(qk_field *field, qk_signed_input *out)
{
    qk_signed_component component = { .name = qk_field_string(field) };

    while (qk_field_take(field, ';')) {
        qk_field_spaces(field);
        if (component.req || !is(qk_field_key(field), "req"))
            return fail("a component has another parameter than req");
        component.req = true;
    }
    if (field->failed || component.name.len == 0)
        return fail("a component is no text in quotes");
    if (is_listed(out, &component))
        return fail("a component is listed twice");
    if (out->component_count == QK_SIGNED_COMPONENTS)
        return fail("more components than anybody needs");
    out->components[out->component_count++] = component;
    return QK_OK;
}

static qk_err read_components(qk_field *field, qk_signed_input *out)
{
    bool apart = true;

    qk_field_expect(field, '(');
    qk_field_spaces(field);
    while (!field->failed && !qk_field_take(field, ')')) {
        if (!apart)
            return fail("neither a space nor a parenthesis follows a component");
        QK_TRY(read_component(field, out));
        apart = qk_field_spaces(field);
    }
    return field->failed ? fail("the components do not stand in parentheses") : QK_OK;
}

static qk_err read_param(qk_field *field, qk_signed_input *out)
{
    qk_view key = qk_field_key(field);
    qk_signed_param param = { 0 };
    size_t kind = 0;

    while (kind < sizeof kinds / sizeof kinds[0] && !is(key, kinds[kind].name))
        kind++;
    if (field->failed || kind == sizeof kinds / sizeof kinds[0])
        return fail("a parameter is none of created, nonce, keyid, alg");
    param.kind = (qk_signed_kind)kind;
    param.given = qk_field_take(field, '=');
    if (param.given && kinds[kind].is_number)
        param.number = qk_field_integer(field);
    else if (param.given)
        param.text = qk_field_string(field);
    if (field->failed || (!param.given && !kinds[kind].is_number))
        return fail("a parameter has a value of the wrong kind");
    if (qk_signed_param_find(out, param.kind) || !qk_signed_param_add(out, &param))
        return fail("a parameter is given twice");
    return QK_OK;
}

qk_err qk_signed_input_read(qk_view text, qk_signed_input *out)
{
    qk_field field = qk_field_of(text);
    qk_signed_input input = { .label = qk_field_key(&field) };

    qk_field_expect(&field, '=');
    if (field.failed)
        return fail("it does not begin with a label");
    QK_TRY(read_components(&field, &input));
    while (qk_field_take(&field, ';')) {
        qk_field_spaces(&field);
        QK_TRY(read_param(&field, &input));
    }
    if (qk_field_more(&field))
        return fail("there is more than one signature");
    if (!qk_field_ended(&field))
        return fail("something follows that does not belong there");
    *out = input;
    return QK_OK;
}

qk_err qk_signature_read(qk_view text, qk_view label, uint8_t out[QK_SIGNATURE_LEN])
{
    QK_OWNED(qk_buf_done) qk_buf bytes = QK_BUF_NONE;
    qk_field field = qk_field_of(text);
    qk_view key = qk_field_key(&field);

    qk_field_expect(&field, '=');
    qk_field_bytes(&field, &bytes);
    QK_TRY(qk_buf_check(&bytes));
    if (qk_field_more(&field))
        return fail("there is more than one signature");
    if (!qk_field_ended(&field) || !qk_view_equal(key, label))
        return fail("it is not one signature of that label");
    if (bytes.len != QK_SIGNATURE_LEN)
        return fail("its length is not that of an Ed25519 signature");
    memcpy(out, bytes.data, QK_SIGNATURE_LEN);
    return QK_OK;
}

/* ---- parameters ---- */

const qk_signed_param *qk_signed_param_find(const qk_signed_input *input, qk_signed_kind kind)
{
    for (size_t i = 0; i < input->param_count; i++)
        if (input->params[i].kind == kind)
            return &input->params[i];
    return NULL;
}

bool qk_signed_param_add(qk_signed_input *input, const qk_signed_param *param)
{
    if (input->param_count == QK_SIGNED_PARAMS)
        return false;
    input->params[input->param_count++] = *param;
    return true;
}

/* ---- writing ---- */

static void put_quoted(qk_view text, qk_buf *out)
{
    qk_buf_put_u8(out, '"');
    qk_buf_put(out, text);
    qk_buf_put_u8(out, '"');
}

static void put_component(const qk_signed_component *component, qk_buf *out)
{
    put_quoted(component->name, out);
    qk_buf_put_text(out, component->req ? ";req" : "");
}

void qk_signed_input_write(const qk_signed_input *input, qk_buf *out)
{
    qk_buf_put_u8(out, '(');
    for (size_t i = 0; i < input->component_count; i++) {
        qk_buf_put_text(out, i ? " " : "");
        put_component(&input->components[i], out);
    }
    qk_buf_put_u8(out, ')');
    for (size_t i = 0; i < input->param_count; i++) {
        const qk_signed_param *param = &input->params[i];
        qk_buf_printf(out, ";%s", kinds[param->kind].name);
        if (!param->given)
            continue;
        qk_buf_put_u8(out, '=');
        if (kinds[param->kind].is_number)
            qk_buf_printf(out, "%lld", (long long)param->number);
        else
            put_quoted(param->text, out);
    }
}

void qk_signature_base_write(const qk_signed_input *input, const qk_view *values, qk_buf *out)
{
    for (size_t i = 0; i < input->component_count; i++) {
        put_component(&input->components[i], out);
        qk_buf_put_text(out, ": ");
        qk_buf_put(out, values[i]);
        qk_buf_put_u8(out, '\n');
    }
    qk_buf_put_text(out, "\"@signature-params\": ");
    qk_signed_input_write(input, out);
}
