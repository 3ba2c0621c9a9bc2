/* SPDX-License-Identifier: Apache-2.0 */
/* Request headers: a row for each one that means something here. Others are ignored. */
#include "rpc/server_call.h"

#include "base/encoding.h"

enum { HEADER_LIST_MAX = 16 * 1024, HEADER_OVERHEAD = 32 };

static qk_err take_method(call_state *state, qk_view value)
{
    state->is_post = qk_view_equal(value, QK_VIEW_LITERAL("POST"));
    return QK_OK;
}

static qk_err take_path(call_state *state, qk_view value)
{
    if (value.len >= sizeof state->call.path)
        return qk_fail(QK_E_METHOD_UNKNOWN, "no method has a path of %zu bytes", value.len);
    memcpy(state->call.path, value.data, value.len);
    return QK_OK;
}

static qk_err take_content_type(call_state *state, qk_view value)
{
    static const char type[] = "application/grpc";
    size_t len = sizeof type - 1;

    state->has_content_type = value.len >= len && memcmp(value.data, type, len) == 0 &&
                              (value.len == len || value.data[len] == '+' || value.data[len] == ';');
    return QK_OK;
}

/* A second value would leave open which of the two was checked. */
static qk_err take_once(call_state *state, qk_view value, const char *name, qk_view *place)
{
    if (place->data)
        return qk_fail(QK_E_MESSAGE_MALFORMED, "the header %s came twice", name);
    return qk_arena_copy(&state->call.arena, value, place);
}

static qk_err take_authorization(call_state *state, qk_view value)
{
    return take_once(state, value, "authorization", &state->call.authorization);
}

static qk_err take_instance(call_state *state, qk_view value)
{
    return take_once(state, value, "bluemix-instance", &state->call.instance);
}

static qk_err take_login(call_state *state, qk_view value)
{
    QK_OWNED(qk_buf_done) qk_buf bytes = QK_BUF_NONE;

    if (qk_base64_read(value, &bytes) != QK_OK)
        return qk_fail(QK_E_MESSAGE_MALFORMED, "the header quantoki-login-bin is not base64");
    return take_once(state, qk_buf_view(&bytes), "quantoki-login-bin", &state->call.login);
}

/* Strictness can only be asked for, so it is no harm that anybody may. */
static qk_err take_rules(call_state *state, qk_view value)
{
    if (!qk_view_equal(value, QK_VIEW_LITERAL("pkcs11")))
        return qk_fail(QK_E_MESSAGE_MALFORMED, "the header quantoki-rules knows the value pkcs11 alone");
    state->call.strict = true;
    return QK_OK;
}

/* At most eight digits and a unit. Source: gRPC, "gRPC over HTTP2", Timeout. */
static qk_err take_timeout(call_state *state, qk_view value)
{
    static const struct {
        uint8_t unit;
        int64_t multiply, divide;
    } units[] = { { 'H', 3600000, 1 }, { 'M', 60000, 1 }, { 'S', 1000, 1 },
                  { 'm', 1, 1 },       { 'u', 1, 1000 },  { 'n', 1, 1000000 } };
    int64_t amount = 0;

    if (value.len < 2 || value.len > 9)
        return qk_fail(QK_E_MESSAGE_MALFORMED, "grpc-timeout has %zu characters", value.len);
    for (size_t i = 0; i < value.len - 1; i++) {
        if (value.data[i] < '0' || value.data[i] > '9')
            return qk_fail(QK_E_MESSAGE_MALFORMED, "grpc-timeout is not a number and a unit");
        amount = 10 * amount + (value.data[i] - '0');
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (units[i].unit != value.data[value.len - 1])
            continue;
        state->call.deadline = qk_deadline_in((amount * units[i].multiply + units[i].divide - 1) / units[i].divide);
        return amount ? QK_OK : qk_fail(QK_E_TIMEOUT, "the call's deadline has passed");
    }
    return qk_fail(QK_E_MESSAGE_MALFORMED, "grpc-timeout has no unit that gRPC knows");
}

static qk_err take_encoding(call_state *state, qk_view value)
{
    if (qk_view_equal(value, QK_VIEW_LITERAL("identity")))
        return QK_OK;
    if (!qk_view_equal(value, QK_VIEW_LITERAL("gzip"))) {
        state->bad_encoding = true;
        return qk_fail(QK_E_NOT_SUPPORTED, "messages may be compressed with gzip alone");
    }
    state->reader.gzip = true;
    return QK_OK;
}

static const struct {
    qk_view name;
    qk_err (*take)(call_state *state, qk_view value);
} rows[] = {
#define ROW(name, take)                                                                                                \
    {                                                                                                                  \
        { (const uint8_t *)(name), sizeof(name) - 1 }, take                                                            \
    }
    ROW(":method", take_method),
    ROW(":path", take_path),
    ROW("content-type", take_content_type),
    ROW("authorization", take_authorization),
    ROW("bluemix-instance", take_instance),
    ROW("quantoki-login-bin", take_login),
    ROW("quantoki-rules", take_rules),
    ROW("grpc-timeout", take_timeout),
    ROW("grpc-encoding", take_encoding),
#undef ROW
};

static void keep_fault(call_state *state, qk_err fault)
{
    if (fault == QK_OK || state->fault != QK_OK)
        return;
    state->fault = fault;
    state->fault_words = qk_arena_text(&state->call.arena, qk_view_text(qk_err_words(fault)));
}

void call_take_header(call_state *state, qk_view name, qk_view value)
{
    state->header_bytes += name.len + value.len + HEADER_OVERHEAD;
    if (state->header_bytes > HEADER_LIST_MAX) {
        keep_fault(state, qk_fail(QK_E_MESSAGE_SIZE, "the headers are longer than %d bytes", HEADER_LIST_MAX));
        return;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!qk_view_equal(rows[i].name, name))
            continue;
        keep_fault(state, rows[i].take(state, value));
        return;
    }
}

qk_err call_check_headers(call_state *state)
{
    if (!state->has_content_type) {
        state->http_status = "415";
        return qk_fail(QK_E_MESSAGE_MALFORMED, "content-type must be application/grpc");
    }
    if (!state->is_post) {
        state->http_status = "405";
        return qk_fail(QK_E_MESSAGE_MALFORMED, "gRPC calls are POST requests");
    }
    if (state->fault == QK_OK)
        return QK_OK;
    return qk_fail(state->fault, "%s", state->fault_words ? state->fault_words : "no memory for the headers");
}
