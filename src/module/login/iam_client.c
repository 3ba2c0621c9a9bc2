/* SPDX-License-Identifier: Apache-2.0 */
#include "module/login/iam_client.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_ANSWER = 64 * 1024, MAX_TOKEN = 16 * 1024 };

struct qk_iam_client {
    qk_url url;
    char ca_file[4096];
    qk_tls_client *tls;
    int64_t timeout_ms;
};

static qk_err read_url(const char *endpoint, qk_url *out)
{
    size_t len;

    QK_TRY(qk_url_read(endpoint, out));
    if (!out->tls && !qk_url_is_loopback(out))
        return qk_fail(QK_E_CONFIG, "iamauth.endpoint %s: API keys travel over https alone, except on loopback",
                       endpoint);
    len = strlen(out->path);
    while (len && out->path[len - 1] == '/')
        out->path[--len] = 0;
    if (len + sizeof "/identity/token" > sizeof out->path)
        return qk_fail(QK_E_CONFIG, "iamauth.endpoint is too long");
    strcat(out->path, "/identity/token");
    return QK_OK;
}

static qk_err fill_client(qk_iam_client *client, const qk_iam_options *options)
{
    qk_tls_options peer;

    QK_TRY(read_url(options->endpoint, &client->url));
    client->timeout_ms = options->timeout_ms;
    snprintf(client->ca_file, sizeof client->ca_file, "%s", options->ca_file ? options->ca_file : "");
    peer = (qk_tls_options){ .host = client->url.host,
                             .port = client->url.port,
                             .tls = client->url.tls,
                             .ca_file = client->ca_file,
                             .system_store_too = true,
                             .connect_timeout_ms = options->connect_timeout_ms };
    return qk_tls_client_new(&peer, &client->tls);
}

qk_err qk_iam_client_new(const qk_iam_options *options, qk_iam_client **out_client)
{
    QK_OWNED(qk_iam_client_free) qk_iam_client *client = calloc(1, sizeof *client);

    if (!client)
        return qk_fail(QK_E_NO_MEMORY, "no memory for the IAM client");
    QK_TRY(fill_client(client, options));
    *out_client = client;
    client = NULL;
    return QK_OK;
}

void qk_iam_client_free(qk_iam_client **client)
{
    if (!*client)
        return;
    qk_tls_client_free(&(*client)->tls);
    free(*client);
    *client = NULL;
}

/* The key, escaped where a form needs it. The buffer wipes what it frees. */
static qk_err write_form(qk_view api_key, qk_buf *out)
{
    qk_buf_put_text(out, "grant_type=urn:ibm:params:oauth:grant-type:apikey&apikey=");
    for (size_t i = 0; i < api_key.len; i++) {
        uint8_t c = api_key.data[i];
        if (isalnum(c) || c == '-' || c == '_' || c == '.' || c == '~')
            qk_buf_put_u8(out, c);
        else
            qk_buf_printf(out, "%%%02X", c);
    }
    return qk_buf_check(out);
}

static qk_err read_members(const json_t *answer, qk_secret *out_token, int64_t *out_life_s)
{
    const json_t *token = json_object_get(answer, "access_token"), *life = json_object_get(answer, "expires_in");
    size_t len = json_string_length(token);

    if (!json_is_string(token) || len == 0 || len > MAX_TOKEN)
        return qk_fail(QK_E_PROTOCOL, "the IAM service's answer has no usable access_token");
    QK_TRY(qk_secret_copy(qk_view_of(json_string_value(token), len), out_token));
    *out_life_s = json_is_number(life) ? (int64_t)json_number_value(life) : 0;
    return QK_OK;
}

qk_err qk_iam_answer_read(qk_view body, qk_secret *out_token, int64_t *out_life_s)
{
    json_t *answer = json_loadb((const char *)body.data, body.len, JSON_REJECT_DUPLICATES, NULL);
    qk_err err;

    if (!answer)
        return qk_fail(QK_E_PROTOCOL, "the IAM service's answer is not JSON");
    err = read_members(answer, out_token, out_life_s);
    json_decref(answer);
    return err;
}

static qk_err post(qk_iam_client *client, qk_view form, qk_arena *arena, qk_http_answer *out)
{
    return qk_http_request(client->tls, &client->url, "POST",
                           "Content-Type: application/x-www-form-urlencoded\r\nAccept: application/json\r\n", form,
                           MAX_ANSWER, qk_deadline_in(client->timeout_ms), arena, out);
}

static qk_err take_answer(const qk_iam_client *client, const qk_http_answer *answer, qk_secret *out_token,
                          int64_t *out_life_s)
{
    if (answer->status == 200)
        return qk_iam_answer_read(answer->body, out_token, out_life_s);
    if (answer->status == 400 || answer->status == 401 || answer->status == 403)
        return qk_fail(QK_E_PIN_INCORRECT, "the IAM service at %s does not accept the API key (HTTP %d)",
                       client->url.host, answer->status);
    return qk_fail(QK_E_SERVER_AWAY, "the IAM service at %s answered with HTTP %d", client->url.host, answer->status);
}

qk_err qk_iam_client_exchange(qk_iam_client *client, qk_view api_key, qk_secret *out_token, int64_t *out_life_s)
{
    QK_OWNED(qk_buf_done) qk_buf form = QK_BUF_NONE;
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_http_answer answer;

    qk_arena_init(&arena, 1024 * 1024);
    QK_TRY(write_form(api_key, &form));
    QK_TRY(post(client, qk_buf_view(&form), &arena, &answer));
    return take_answer(client, &answer, out_token, out_life_s);
}
