/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to the REST API, which is open to everybody here. Input: what to send (method, headers), the target up to a
 * line feed, the body. There is always one answer; JSON that is promised is JSON. A body is also read in both ways that
 * there are, which must agree. */
#include "fuzz.h"

#include <jansson.h>
#include <stdlib.h>

#include "entropy/entropy.h"
#include "rest/draw/block_request.h"
#include "rest/rest.h"

enum { POST = 1, HEAD = 2, BYTES = 4, CLOSED = 8 };

static qk_rest *rest, *closed;
static qk_rest *asked;

unsigned __wrap_qk_entropy_types(void);
qk_entropy_state __wrap_qk_entropy_state_get(void);
qk_err __wrap_qk_entropy_draw(qk_entropy_type type, uint8_t *out, size_t len);
void __wrap_qk_entropy_status_get(qk_entropy_status *out_status);
size_t __wrap_qk_entropy_source_count(void);
qk_err __wrap_qk_test_log_read(qk_test_log *log, qk_test_filter filter, const char *source, size_t most,
                               qk_test_run **out_runs, size_t *out_count);
qk_err __wrap_qk_test_log_bits(qk_test_log *log, qk_test_filter filter, size_t index, size_t max_len, qk_buf *out);
qk_err __wrap_qk_iam_login(qk_iam *iam, qk_view api_key, qk_arena *arena, qk_token_answer *out);

unsigned __wrap_qk_entropy_types(void)
{
    return 1u << QK_ENTROPY_QUANTUM | 1u << QK_ENTROPY_MIXED;
}

qk_entropy_state __wrap_qk_entropy_state_get(void)
{
    return QK_ENTROPY_READY;
}

qk_err __wrap_qk_entropy_draw(qk_entropy_type type, uint8_t *out, size_t len)
{
    memset(out, (int)type, len);
    return QK_OK;
}

void __wrap_qk_entropy_status_get(qk_entropy_status *out_status)
{
    *out_status = (qk_entropy_status){ .state = QK_ENTROPY_READY };
}

size_t __wrap_qk_entropy_source_count(void)
{
    return 0;
}

qk_err __wrap_qk_test_log_read(qk_test_log *log, qk_test_filter filter, const char *source, size_t most,
                               qk_test_run **out_runs, size_t *out_count)
{
    (void)log;
    (void)filter;
    (void)source;
    *out_count = most < 3 ? most : 3;
    *out_runs = calloc(3, sizeof **out_runs);
    return *out_runs ? QK_OK : qk_fail(QK_E_NO_MEMORY, "runs");
}

qk_err __wrap_qk_test_log_bits(qk_test_log *log, qk_test_filter filter, size_t index, size_t max_len, qk_buf *out)
{
    (void)log;
    (void)filter;
    (void)index;
    qk_buf_put(out, qk_view_slice(QK_VIEW_LITERAL("0123456789"), 0, max_len));
    return qk_buf_check(out);
}

qk_err __wrap_qk_iam_login(qk_iam *iam, qk_view api_key, qk_arena *arena, qk_token_answer *out)
{
    (void)iam;
    (void)out;
    fuzz_touch(api_key);
    return qk_arena_alloc(arena, 16) ? qk_fail(QK_E_PIN_INCORRECT, "no such key")
                                     : qk_fail(QK_E_NO_MEMORY, "no memory");
}

void fuzz_start(void)
{
    must(qk_rest_new(&(qk_rest_config){ .open = true, .metrics = 2 }, NULL, NULL, NULL, NULL, &rest));
    must(qk_rest_new(&(qk_rest_config){ .strict_types = true, .logs = 1, .metrics = 1 }, NULL, NULL, NULL, NULL,
                     &closed));
}

static bool on_headers(void *context, qk_http_exchange *exchange)
{
    (void)context;
    return qk_rest_admit(asked, exchange);
}

static void on_request(void *context, qk_http_exchange *exchange)
{
    (void)context;
    (void)qk_rest_is_slow(exchange);
    qk_rest_serve(asked, exchange);
}

static void on_refusal(void *context, int status, const char *words, qk_buf *out_json)
{
    (void)context;
    qk_rest_refusal(asked, status, words, out_json);
}

static void check_answer(qk_buf *answer, bool head)
{
    const char *text = qk_buf_text(answer), *body = text ? strstr(text, "\r\n\r\n") : NULL;
    json_t *root;

    promise(body && strncmp(text, "HTTP/1.1 ", 9) == 0);
    promise(atoi(text + 9) >= 200 && atoi(text + 9) < 600);
    body += 4;
    if (head || !memmem(text, (size_t)(body - text), "application/json", 16))
        return;
    root = json_loadb(body, answer->len - (size_t)(body - text), JSON_REJECT_DUPLICATES, NULL);
    promise(root);
    json_decref(root);
}

static void send(unsigned options, qk_view target, qk_view body)
{
    static const qk_http_callbacks callbacks = { .on_headers = on_headers,
                                                 .on_request = on_request,
                                                 .on_refusal = on_refusal };
    static const qk_http_limits limits = { 0 };
    QK_OWNED(qk_http_session_free) qk_http_session *session = NULL;
    QK_OWNED(qk_buf_done) qk_buf request = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf answer = QK_BUF_NONE;

    asked = options & CLOSED ? closed : rest;
    qk_buf_put_text(&request, options & POST ? "POST /" : options & HEAD ? "HEAD /" : "GET /");
    qk_buf_put(&request, target);
    qk_buf_printf(&request, " HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n%s\r\n", body.len,
                  options & BYTES ? "Accept: application/octet-stream\r\nContent-Type: application/json\r\n" : "");
    qk_buf_put(&request, body);
    must(qk_http_session_new(&callbacks, NULL, &limits, "192.0.2.1:1", &session));
    must(qk_http_session_feed(session, qk_buf_view(&request)));
    must(qk_http_session_drain(session, SIZE_MAX, &answer));
    check_answer(&answer, (options & (POST | HEAD)) == HEAD);
}

static void read_both_ways(qk_view body)
{
    qk_block_request fast = { 0 }, any = { 0 };
    bool good = qk_block_request_read(body, &fast) == QK_OK;

    promise(good == (qk_block_request_read_any(body, &any) == QK_OK));
    if (!good)
        return;
    promise(fast.block_len == any.block_len && fast.count == any.count && fast.wanted == any.wanted);
    promise(fast.block_len >= 1 && fast.block_len <= QK_BLOCK_MOST && fast.count >= 1 && fast.count <= QK_BLOCKS_MOST);
}

void fuzz(qk_view input)
{
    qk_reader from = qk_reader_of(input);
    unsigned options = qk_read_u8(&from);
    qk_view target = fuzz_until(&from, '\n');
    qk_view body = fuzz_rest(&from);

    /* What would end the line early, or leave the session waiting, is the HTTP room's matter. */
    for (size_t i = 0; i < target.len; i++)
        if (target.data[i] <= ' ' || target.data[i] >= 0x7f)
            return;
    if (target.len > 4096 || body.len > 65536)
        return;
    read_both_ways(body);
    send(options, target, body);
}
