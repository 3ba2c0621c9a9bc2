/* SPDX-License-Identifier: Apache-2.0 */
/* Three requests for the same thing. All of them may be repeated: at worst the service counts bytes that nobody
 * received. */
#include "entropy/service/service.h"

#include <stdio.h>
#include <stdlib.h>

#include "entropy/service/service_answer.h"
#include "entropy/service/service_status.h"
#include "entropy/signature/question.h"
#include "net/proxy.h"

enum {
    MAX_BYTES = 524288,
    MAX_BLOCK = 1024,
    MAX_BLOCKS = 512,
    MAX_TOKEN = 8192,
    MAX_ANSWER = 4 << 20,
};

struct qk_entropy_service {
    qk_url url; /* its path is the prefix, without a slash at the end */
    qk_tls_client *tls;
    qk_http_connection *connection;
    qk_entropy_api api;
    const char *entropy_type; /* a literal, or NULL */
    qk_secret authorization;  /* a header line with the token, ended by a zero byte; empty text without a token */
    qk_signing_key *signer;   /* of answers; NULL: nobody signs */
};

/* ---- new, free ---- */

static qk_err read_url(const char *text, qk_url *out)
{
    size_t len;

    QK_TRY(qk_url_read(text, out));
    if (!out->tls && !qk_url_is_loopback(out))
        return qk_fail(QK_E_CONFIG, "%.200s: entropy and tokens travel over https alone, except on loopback", text);
    if (strchr(out->path, '?'))
        return qk_fail(QK_E_CONFIG, "%.200s: the address of an entropy service has no '?'", text);
    for (len = strlen(out->path); len && out->path[len - 1] == '/'; len--)
        out->path[len - 1] = 0;
    if (len > sizeof out->path / 2)
        return qk_fail(QK_E_CONFIG, "the path of the entropy service's address is too long");
    return QK_OK;
}

/* A token is one word of visible ASCII; anything else would end the header early. */
static qk_err write_authorization(qk_view token, qk_secret *out)
{
    static const char start[] = "Authorization: Bearer ", end[] = "\r\n";
    size_t len = sizeof start - 1 + token.len + sizeof end;
    uint8_t *place;

    if (token.len > MAX_TOKEN)
        return qk_fail(QK_E_CONFIG, "the token is longer than %d characters", MAX_TOKEN);
    for (size_t i = 0; i < token.len; i++)
        if (token.data[i] <= 0x20 || token.data[i] >= 0x7f)
            return qk_fail(QK_E_CONFIG, "the token holds a space, a line break or a character beyond ASCII");
    QK_TRY(qk_secret_new(token.len ? len : 1, out));
    if (token.len == 0)
        return QK_OK;
    place = qk_secret_fill(out);
    memcpy(place, start, sizeof start - 1);
    memcpy(place + sizeof start - 1, token.data, token.len);
    memcpy(place + sizeof start - 1 + token.len, end, sizeof end);
    return QK_OK;
}

bool qk_entropy_service_uses_token(const qk_entropy_service *service, qk_view token)
{
    QK_OWNED(qk_secret_free) qk_secret other = QK_SECRET_NONE;

    return write_authorization(token, &other) == QK_OK &&
           qk_ct_equal(qk_secret_reveal(&service->authorization), qk_secret_reveal(&other));
}

static qk_err read_type(const char *text, const char **out_type)
{
    static const char *const types[] = { "quantum", "mixed" };

    for (size_t i = 0; text && i < 2; i++)
        if (strcmp(text, types[i]) == 0)
            *out_type = types[i];
    return text && !*out_type ? qk_fail(QK_E_CONFIG, "'%.40s' is no type of entropy: quantum or mixed", text) : QK_OK;
}

static qk_err set_up(qk_entropy_service *service, const qk_entropy_service_config *config)
{
    qk_tls_options peer;
    qk_url proxy;

    QK_TRY(read_type(config->entropy_type, &service->entropy_type));
    QK_TRY(read_url(config->url, &service->url));
    QK_TRY(qk_proxy_choose(config->proxy, &service->url, &proxy));
    QK_TRY(write_authorization(config->token, &service->authorization));
    if (config->signer_key)
        QK_TRY(qk_signer_key_load(config->signer_key, &service->signer));
    peer = (qk_tls_options){ .host = service->url.host,
                             .port = service->url.port,
                             .tls = service->url.tls,
                             .ca_file = config->cacert,
                             .cert_file = config->client_cert,
                             .key_file = config->client_key,
                             .unverified = config->unverified,
                             .proxy_host = proxy.host,
                             .proxy_port = proxy.port,
                             .pinned_key = config->pinned_key,
                             .connect_timeout_ms = config->connect_timeout_ms };
    QK_TRY(qk_tls_client_new(&peer, &service->tls));
    return qk_http_connection_new(service->tls, &service->connection);
}

qk_err qk_entropy_service_new(const qk_entropy_service_config *config, qk_entropy_service **out_service)
{
    QK_OWNED(qk_entropy_service_free) qk_entropy_service *service = calloc(1, sizeof *service);

    if (!service)
        return qk_fail(QK_E_NO_MEMORY, "no memory for the client of an entropy service");
    service->api = config->api;
    QK_TRY(set_up(service, config));
    *out_service = service;
    service = NULL;
    return QK_OK;
}

void qk_entropy_service_free(qk_entropy_service **service)
{
    qk_entropy_service *it = *service;

    *service = NULL;
    if (!it)
        return;
    qk_http_connection_free(&it->connection);
    qk_tls_client_free(&it->tls);
    qk_secret_free(&it->authorization);
    qk_signing_key_free(&it->signer);
    free(it);
}

/* The rest is left where it is: memory may be locked by a thread that does not exist in the child. */
void qk_entropy_service_abandon(qk_entropy_service **service)
{
    if (!*service)
        return;
    qk_http_connection_abandon(&(*service)->connection);
    qk_tls_client_abandon(&(*service)->tls);
    *service = NULL;
}

/* ---- requests ---- */

typedef struct request {
    const char *method, *path, *type;
    qk_view body;
    qk_deadline_ms deadline;
    qk_arena *arena;
    const qk_signing_key *signer; /* of the answer, if it is a good one; NULL: nobody */
} request;

/* Errors come as they are: they carry nothing that is used, and a proxy has some of its own. */
static qk_err check_signature(const request *it, const qk_question *question, const qk_http_answer *answer)
{
    QK_OWNED(qk_buf_done) qk_buf digest = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf input = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf signature = QK_BUF_NONE;

    if (!it->signer || answer->status != 200)
        return QK_OK;
    qk_http_answer_field(answer, "Content-Digest", &digest);
    qk_http_answer_field(answer, "Signature-Input", &input);
    qk_http_answer_field(answer, "Signature", &signature);
    if (digest.failed || input.failed || signature.failed)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a signature");
    return qk_question_check(question, it->signer,
                             &(qk_signed_answer){ answer->status, answer->body, qk_buf_view(&digest),
                                                  qk_buf_view(&input), qk_buf_view(&signature) },
                             qk_clock_unix_s());
}

static qk_err send_request(qk_entropy_service *service, const request *it, qk_http_answer *out)
{
    QK_OWNED(qk_buf_done) qk_buf headers = QK_BUF_NONE; /* wiped: it carries the token */
    qk_url url = service->url;
    qk_question question = { 0 };
    const char *lines;
    qk_err err;

    if (snprintf(url.path, sizeof url.path, "%s%s", service->url.path, it->path) >= (int)sizeof url.path)
        return qk_fail(QK_E_BAD_ARGUMENT, "a path of %zu characters is too long", strlen(it->path));
    qk_buf_printf(&headers, "Accept: %s\r\n%s", it->type, it->body.len ? "Content-Type: application/json\r\n" : "");
    qk_buf_put_text(&headers, (const char *)qk_secret_reveal(&service->authorization).data);
    if (it->signer) {
        QK_TRY(qk_question_init(&question, it->method, url.path));
        qk_question_write(&question, &headers);
    }
    lines = qk_buf_text(&headers);
    if (!lines)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a request");
    QK_TRY(qk_http_connection_request(service->connection, &url, it->method, lines, it->body, true, MAX_ANSWER,
                                      it->deadline, it->arena, out));
    err = check_signature(it, &question, out);
    return err == QK_OK ? err
                        : qk_fail_context(err, "the answer of the entropy service at %.80s is not used: ", url.host);
}

qk_err qk_entropy_service_check(const qk_entropy_service *service, int status, qk_view body)
{
    return qk_service_status_check(service->url.host, status, body);
}

/* ---- the three ways to ask ---- */

/* `out` is written if the answer is good; the caller wipes it otherwise. */
typedef struct asked {
    uint8_t *out;
    size_t len, block_len; /* block_len: of a POST */
    qk_deadline_ms deadline;
    qk_arena *arena;
} asked;

static qk_err ask_get(qk_entropy_service *service, const asked *it, qk_http_answer *answer)
{
    qk_service_blocks wanted = { "random", "size", (it->len + 1023) / 1024, 1024 };
    char path[64];

    snprintf(path, sizeof path, "/api/v1/quantum-entropy?size=%zu", wanted.count);
    QK_TRY(send_request(
        service, &(request){ "GET", path, "application/json", QK_VIEW_NONE, it->deadline, it->arena, service->signer },
        answer));
    QK_TRY(qk_entropy_service_check(service, answer->status, answer->body));
    return qk_service_answer_read(answer->body, &wanted, it->out, it->len);
}

static qk_err ask_post(qk_entropy_service *service, const asked *it, qk_http_answer *answer)
{
    qk_service_blocks wanted = { "entropy", NULL, (it->len + it->block_len - 1) / it->block_len, it->block_len };
    const char *type = service->entropy_type;
    char body[96];

    snprintf(body, sizeof body, "{\"block_size\":%zu,\"block_count\":%zu%s%s%s}", wanted.block_len, wanted.count,
             type ? ",\"entropy_type\":\"" : "", type ? type : "", type ? "\"" : "");
    QK_TRY(send_request(service,
                        &(request){ "POST", "/api/v1/entropy", "application/json", qk_view_text(body), it->deadline,
                                    it->arena, service->signer },
                        answer));
    QK_TRY(qk_entropy_service_check(service, answer->status, answer->body));
    return qk_service_answer_read(answer->body, &wanted, it->out, it->len);
}

static qk_err ask_raw(qk_entropy_service *service, const asked *it, qk_http_answer *answer)
{
    char path[64];

    snprintf(path, sizeof path, "/api/v1/random/raw?bytes=%zu", it->len);
    QK_TRY(send_request(
        service,
        &(request){ "GET", path, "application/octet-stream", QK_VIEW_NONE, it->deadline, it->arena, service->signer },
        answer));
    QK_TRY(qk_entropy_service_check(service, answer->status, answer->body));
    if (answer->body.len != it->len)
        return qk_fail(QK_E_PROTOCOL, "the entropy service answered with %zu bytes instead of %zu", answer->body.len,
                       it->len);
    memcpy(it->out, answer->body.data, it->len);
    return QK_OK;
}

static qk_err fetch(qk_entropy_service *service, uint8_t *out, size_t len, size_t block_len, qk_deadline_ms deadline,
                    int64_t *out_retry_after_ms)
{
    static qk_err (*const ways[])(qk_entropy_service *, const asked *, qk_http_answer *) = {
        [QK_ENTROPY_API_GET] = ask_get,
        [QK_ENTROPY_API_POST] = ask_post,
        [QK_ENTROPY_API_RAW] = ask_raw,
    };
    QK_OWNED(qk_arena_done) qk_arena arena; /* wipes the answer */
    asked it = { out, len, block_len, deadline, &arena };
    qk_http_answer answer = { 0 };
    qk_err err;

    qk_arena_init(&arena, 0);
    if (out_retry_after_ms)
        *out_retry_after_ms = 0;
    if (len == 0 || len > MAX_BYTES)
        return qk_fail(QK_E_BAD_LENGTH, "%zu bytes of entropy: 1 to %d may be asked for at once", len, MAX_BYTES);
    err = ways[service->api](service, &it, &answer);
    if (out_retry_after_ms)
        *out_retry_after_ms = answer.retry_after_s * 1000;
    return err;
}

qk_err qk_entropy_service_fetch(qk_entropy_service *service, uint8_t *out, size_t len, qk_deadline_ms deadline,
                                int64_t *out_retry_after_ms)
{
    return fetch(service, out, len, len < MAX_BLOCK ? len : MAX_BLOCK, deadline, out_retry_after_ms);
}

qk_err qk_entropy_service_fetch_blocks(qk_entropy_service *service, uint8_t *out, size_t block_len, size_t count,
                                       qk_deadline_ms deadline, int64_t *out_retry_after_ms)
{
    if (block_len == 0 || block_len > MAX_BLOCK || count == 0 || count > MAX_BLOCKS)
        return qk_fail(QK_E_BAD_LENGTH, "%zu blocks of %zu bytes: at most %d of at most %d go", count, block_len,
                       MAX_BLOCKS, MAX_BLOCK);
    return fetch(service, out, block_len * count, block_len, deadline, out_retry_after_ms);
}

qk_err qk_entropy_service_get(qk_entropy_service *service, const char *path, qk_deadline_ms deadline, qk_arena *arena,
                              int *out_status, qk_view *out_body)
{
    qk_http_answer answer = { 0 };

    QK_TRY(send_request(service, &(request){ "GET", path, "application/json", QK_VIEW_NONE, deadline, arena, NULL },
                        &answer));
    *out_status = answer.status;
    *out_body = answer.body;
    return QK_OK;
}
