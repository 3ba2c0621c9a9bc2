/* SPDX-License-Identifier: Apache-2.0 */
/* The OpenAPI document (3.0.3), made of the table of routes. */
#include <stdio.h>

#include "rest/parts.h"

/* What each access may refuse, and what every route may. */
static const struct {
    int status;
    const char *words;
    unsigned accesses; /* bits; 0: all */
} answers[] = {
    { 400, "A parameter is wrong.", 0 },
    { 401, "No token, or one that is unknown, expired or revoked.", ~(1u << QK_ACCESS_NONE) },
    { 403, "The token lacks the scope, or its allotment is used up.", ~(1u << QK_ACCESS_NONE) },
    { 429, "The token made too many requests; Retry-After says when to come again.", ~(1u << QK_ACCESS_NONE) },
    { 503, "Not available at the moment; Retry-After says when to come again.", 0 },
};

/* "strings" is an array of what the word is the plural of. */
static void write_type(qk_json *json, const char *type)
{
    size_t len = strlen(type);
    char single[16];

    if (type[len - 1] != 's') {
        qk_json_text(json, "type", type);
        return;
    }
    snprintf(single, sizeof single, "%.*s", (int)(len - 1), type);
    qk_json_text(json, "type", "array");
    qk_json_open(json, "items", '{');
    qk_json_text(json, "type", single);
    qk_json_close(json, '}');
}

static void write_bounds(qk_json *json, const qk_rest_parameter *parameter)
{
    write_type(json, parameter->type);
    if (parameter->most) {
        qk_json_uint(json, "minimum", parameter->least);
        qk_json_uint(json, "maximum", parameter->most);
    }
    if (parameter->fallback)
        qk_json_raw(json, "default", qk_view_text(parameter->fallback));
}

/* An object with these members. */
static void write_object(qk_json *json, const char *key, const qk_rest_parameter *members)
{
    bool needed = false;

    qk_json_open(json, key, '{');
    qk_json_text(json, "type", "object");
    qk_json_open(json, "properties", '{');
    for (const qk_rest_parameter *member = members; member->name; member++) {
        qk_json_open(json, member->name, '{');
        qk_json_text(json, "description", member->help);
        write_bounds(json, member);
        qk_json_close(json, '}');
        needed |= member->needed;
    }
    qk_json_close(json, '}');
    if (needed) { /* an empty list would not be valid */
        qk_json_open(json, "required", '[');
        for (const qk_rest_parameter *member = members; member->name; member++)
            if (member->needed)
                qk_json_text(json, NULL, member->name);
        qk_json_close(json, ']');
    }
    qk_json_close(json, '}');
}

static void write_parameter(qk_json *json, const qk_rest_parameter *parameter, const char *in)
{
    qk_json_open(json, NULL, '{');
    qk_json_text(json, "name", parameter->name);
    qk_json_text(json, "in", in);
    qk_json_bool(json, "required", in[0] == 'p' || parameter->needed);
    qk_json_text(json, "description", parameter->help);
    qk_json_open(json, "schema", '{');
    write_bounds(json, parameter);
    qk_json_close(json, '}');
    qk_json_close(json, '}');
}

/* Answers with entropy are signed, if there is a key. */
static bool is_signed(const qk_rest *rest, const qk_rest_route *route)
{
    return rest->signing_key && route->access == QK_ACCESS_ENTROPY && route->give;
}

static void write_parameters(qk_json *json, const qk_rest *rest, const qk_rest_route *route)
{
    static const qk_rest_parameter accept = { "Accept-Signature", "string",
                                              .help = "Asks for a signature (RFC 9421)." };
    static const qk_rest_parameter name = { "name", "string", 0, 0, NULL, "Name of a source.", true };

    qk_json_open(json, "parameters", '[');
    if (strstr(route->path, "{name}"))
        write_parameter(json, &name, "path");
    for (const qk_rest_parameter *parameter = route->query; parameter && parameter->name; parameter++)
        write_parameter(json, parameter, "query");
    if (is_signed(rest, route))
        write_parameter(json, &accept, "header");
    qk_json_close(json, ']');
}

static void write_body(qk_json *json, const qk_rest_route *route)
{
    if (!route->body)
        return;
    qk_json_open(json, "requestBody", '{');
    qk_json_bool(json, "required", true);
    qk_json_open(json, "content", '{');
    qk_json_open(json, route->style == QK_STYLE_IBM ? "application/x-www-form-urlencoded" : "application/json", '{');
    write_object(json, "schema", route->body);
    for (unsigned i = 0; i < 3; i++)
        qk_json_close(json, '}');
}

/* `headers` NULL: none that matter. */
static void open_answer(qk_json *json, int status, const char *words, void (*headers)(qk_json *json),
                        const char *content_type)
{
    char key[8];

    snprintf(key, sizeof key, "%d", status);
    qk_json_open(json, key, '{');
    qk_json_text(json, "description", words);
    if (headers)
        headers(json);
    if (!content_type)
        return;
    qk_json_open(json, "content", '{');
    qk_json_open(json, content_type, '{');
}

static void close_answer(qk_json *json, const char *content_type)
{
    for (unsigned i = 0; i < (content_type ? 3 : 1); i++)
        qk_json_close(json, '}');
}

static void write_signature_headers(qk_json *json)
{
    static const char *const headers[][2] = {
        { "Content-Digest", "Of the body (RFC 9530), if the answer is signed." },
        { "Signature-Input", "What is signed (RFC 9421)." },
        { "Signature", "The signature, Ed25519." },
    };

    qk_json_open(json, "headers", '{');
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        qk_json_open(json, headers[i][0], '{');
        qk_json_text(json, "description", headers[i][1]);
        qk_json_open(json, "schema", '{');
        qk_json_text(json, "type", "string");
        qk_json_close(json, '}');
        qk_json_close(json, '}');
    }
    qk_json_close(json, '}');
}

/* What a request gets that is all right. */
static void write_good_answer(qk_json *json, const qk_rest *rest, const qk_rest_route *route)
{
    open_answer(json, route->produces ? 200 : 204, "Done.", is_signed(rest, route) ? write_signature_headers : NULL,
                route->produces);
    if (route->answers_array) {
        qk_json_open(json, "schema", '{');
        qk_json_text(json, "type", "array");
        write_object(json, "items", route->answer);
        qk_json_close(json, '}');
    } else if (route->answer) {
        write_object(json, "schema", route->answer);
    } else if (route->produces) {
        bool text = strncmp(route->produces, "text/", 5) == 0,
             object = strcmp(route->produces, "application/json") == 0;
        qk_json_open(json, "schema", '{');
        qk_json_text(json, "type", object ? "object" : "string");
        if (!text && !object)
            qk_json_text(json, "format", "binary");
        qk_json_close(json, '}');
    }
    close_answer(json, route->produces);
}

static void write_answers(qk_json *json, const qk_rest *rest, const qk_rest_route *route)
{
    qk_json_open(json, "responses", '{');
    write_good_answer(json, rest, route);
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        int status = answers[i].status == 400 && route->style == QK_STYLE_OPEN_API ? 422 : answers[i].status;
        if (answers[i].accesses && !(answers[i].accesses & 1u << route->access))
            continue;
        open_answer(json, status, answers[i].words, NULL, "application/json");
        close_answer(json, "application/json");
    }
    qk_json_close(json, '}');
}

static void write_security(qk_json *json, const qk_rest_route *route)
{
    qk_json_open(json, "security", '[');
    if (route->access != QK_ACCESS_NONE)
        for (unsigned i = 0; i < 2; i++) {
            qk_json_open(json, NULL, '{');
            qk_json_open(json, i ? "apiKey" : "bearer", '[');
            qk_json_close(json, ']');
            qk_json_close(json, '}');
        }
    qk_json_close(json, ']');
}

static void write_route(qk_json *json, const qk_rest *rest, const qk_rest_route *route)
{
    qk_json_open(json, route->path, '{');
    qk_json_open(json, route->methods & QK_HTTP_GET ? "get" : "post", '{');
    qk_json_text(json, "summary", route->summary);
    write_security(json, route);
    write_parameters(json, rest, route);
    write_body(json, route);
    write_answers(json, rest, route);
    qk_json_close(json, '}');
    qk_json_close(json, '}');
}

static void write_schemes(qk_json *json)
{
    qk_json_open(json, "components", '{');
    qk_json_open(json, "securitySchemes", '{');
    qk_json_open(json, "bearer", '{');
    qk_json_text(json, "type", "http");
    qk_json_text(json, "scheme", "bearer");
    qk_json_close(json, '}');
    qk_json_open(json, "apiKey", '{');
    qk_json_text(json, "type", "apiKey");
    qk_json_text(json, "in", "header");
    qk_json_text(json, "name", "X-API-KEY");
    for (unsigned i = 0; i < 3; i++)
        qk_json_close(json, '}');
}

void qk_rest_make_openapi(qk_rest *rest, qk_rest_call *call)
{
    qk_json json = qk_json_to(&call->body);

    qk_json_open(&json, NULL, '{');
    qk_json_text(&json, "openapi", "3.0.3");
    qk_json_open(&json, "info", '{');
    qk_json_text(&json, "title", "Quantoki");
    qk_json_text(&json, "version", QK_VERSION);
    qk_json_close(&json, '}');
    qk_json_open(&json, "paths", '{');
    for (size_t i = 0; i < qk_rest_route_count; i++)
        write_route(&json, rest, &qk_rest_routes[i]);
    qk_json_close(&json, '}');
    write_schemes(&json);
    qk_json_close(&json, '}');
    qk_rest_reply_json(call);
}
