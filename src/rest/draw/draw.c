/* SPDX-License-Identifier: Apache-2.0 */
/* Entropy: parameters, allotment, supply, answer.
 *
 * Random is drawn into locked memory of the thread, encoded once, straight into the answer, and wiped. It has to be
 * drawn before the answer begins, since only then it is known whether there is any, and of which type. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "entropy/entropy.h"
#include "rest/draw/base64.h"
#include "rest/draw/block_request.h"
#include "rest/text/parameters.h"
#include "rest/parts.h"
#include "rest/draw/signing.h"

enum { KIB = 1024, MOST_KIB = 512, MOST_RAW = 1024 * 1024, SCRATCH = 64 * 1024 };

typedef struct drawing {
    qk_block_request blocks;
    const char *before, *after; /* around the array of blocks; NULL: bytes alone */
    qk_rest_signing signing;
} drawing;

/* ---- the thread's place ---- */

static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;
static pthread_key_t scratch_key;

static void free_scratch(void *scratch)
{
    qk_secret_free(scratch);
    free(scratch);
}

static void make_scratch_key(void)
{
    if (pthread_key_create(&scratch_key, free_scratch) != 0)
        abort();
}

/* NULL if memory is out. */
static uint8_t *scratch_of(size_t len)
{
    qk_secret *scratch;

    pthread_once(&scratch_once, make_scratch_key);
    scratch = pthread_getspecific(scratch_key);
    if (!scratch) {
        scratch = calloc(1, sizeof *scratch);
        if (!scratch || pthread_setspecific(scratch_key, scratch) != 0) {
            free(scratch);
            return NULL;
        }
    }
    if (scratch->len < len) {
        qk_secret_free(scratch);
        if (qk_secret_new(len < SCRATCH ? SCRATCH : len, scratch) != QK_OK)
            return NULL;
    }
    return qk_secret_fill(scratch);
}

/* ---- supply ---- */

static bool has(qk_entropy_type type)
{
    return qk_entropy_types() & 1u << type;
}

/* `quantum` where nothing else was asked for and it is there, else `mixed`; out_type says which it became. */
static qk_err draw_bytes(qk_wanted wanted, uint8_t *out, size_t len, qk_entropy_type *out_type)
{
    *out_type = QK_ENTROPY_QUANTUM;
    if (wanted != QK_WANTED_MIXED && has(QK_ENTROPY_QUANTUM) && qk_entropy_draw(QK_ENTROPY_QUANTUM, out, len) == QK_OK)
        return QK_OK;
    if (wanted == QK_WANTED_QUANTUM)
        return QK_E_NO_RANDOM;
    *out_type = QK_ENTROPY_MIXED;
    return qk_entropy_draw(QK_ENTROPY_MIXED, out, len);
}

/* ---- answers ---- */

static size_t answer_len(const drawing *draw)
{
    size_t count = draw->blocks.count;

    if (!draw->before)
        return draw->blocks.block_len * count;
    return strlen(draw->before) + count * (qk_fast_base64_len(draw->blocks.block_len) + 3) - 1 + strlen(draw->after);
}

static uint8_t *put(uint8_t *out, const char *text)
{
    size_t len = strlen(text);

    memcpy(out, text, len);
    return out + len;
}

static void write_blocks(const drawing *draw, const uint8_t *bytes, uint8_t *out)
{
    size_t len = draw->blocks.block_len;

    if (!draw->before) {
        memcpy(out, bytes, len * draw->blocks.count);
        return;
    }
    out = put(out, draw->before);
    for (size_t i = 0; i < draw->blocks.count; i++) {
        if (i)
            *out++ = ',';
        *out++ = '"';
        out = qk_fast_base64(bytes + i * len, len, out);
        *out++ = '"';
    }
    put(out, draw->after);
}

/* `bytes` NULL: HEAD; `body` is there if it was written already. From qk_rest_close on the call is not looked at any
 * more: it goes with its exchange. If the answer finds no room, the session has said 503, and nothing was served. */
static void send(qk_rest *rest, qk_rest_call *call, const drawing *draw, qk_entropy_type type, const uint8_t *bytes,
                 qk_view body)
{
    QK_OWNED(qk_token_use_unref) qk_token_use *use = call->use;
    size_t row = (size_t)(call->route - qk_rest_routes), drawn = draw->blocks.block_len * draw->blocks.count;
    qk_http_exchange *exchange = call->exchange;
    size_t len = answer_len(draw);
    uint8_t *out;

    call->use = NULL;
    qk_http_answer_header(exchange, "Quantoki-Entropy-Type", qk_entropy_type_name(type));
    qk_rest_close(rest, call, 200);
    out = qk_http_answer_begin(exchange, 200, draw->before ? "application/json" : "application/octet-stream", len);
    if (out && bytes) {
        if (body.data)
            memcpy(out, body.data, body.len);
        else
            write_blocks(draw, bytes, out);
        qk_counters_bytes(rest->counters, row, use ? qk_token_use_name(use) : "", type, drawn);
    } else if (out) {
        memset(out, 0, len);
    } else if (use && bytes) {
        qk_token_use_return(use, drawn);
    }
    if (out)
        qk_http_answer_end(exchange);
}

/* HEAD: what GET would say, without taking anything. */
static bool give_head(qk_rest *rest, qk_rest_call *call, const drawing *draw)
{
    if (!qk_entropy_types()) {
        qk_rest_refuse_supply(call);
        return false;
    }
    send(rest, call, draw, has(QK_ENTROPY_QUANTUM) ? QK_ENTROPY_QUANTUM : QK_ENTROPY_MIXED, NULL, QK_VIEW_NONE);
    return true;
}

/* A signature stands before the body, so that one is written beforehand, behind its bytes. */
static qk_err sign(qk_rest *rest, qk_rest_call *call, const drawing *draw, uint8_t *bytes, size_t len,
                   qk_view *out_body)
{
    *out_body = draw->before ? qk_view_of(bytes + len, answer_len(draw)) : qk_view_of(bytes, len);
    if (draw->before)
        write_blocks(draw, bytes, bytes + len);
    return qk_rest_signing_write(rest, call, &draw->signing, 200, *out_body);
}

static bool give_bytes(qk_rest *rest, qk_rest_call *call, const drawing *draw)
{
    size_t len = draw->blocks.block_len * draw->blocks.count;
    size_t room = draw->signing.wanted && draw->before ? len + answer_len(draw) : len;
    uint8_t *bytes = scratch_of(room);
    qk_view body = QK_VIEW_NONE;
    qk_entropy_type type;
    qk_err err;

    if (!bytes) {
        qk_rest_refuse_failure(call, QK_E_NO_MEMORY);
        return false;
    }
    if (draw_bytes(draw->blocks.wanted, bytes, len, &type) != QK_OK) {
        qk_rest_refuse_supply(call);
        return false;
    }
    err = draw->signing.wanted ? sign(rest, call, draw, bytes, len, &body) : QK_OK;
    if (err == QK_OK)
        send(rest, call, draw, type, bytes, body);
    explicit_bzero(bytes, room);
    if (err != QK_OK)
        qk_rest_refuse_failure(call, err);
    return err == QK_OK;
}

/* Allotment, then supply; what was not served does not count. */
static bool give(qk_rest *rest, qk_rest_call *call, drawing *draw)
{
    size_t len = draw->blocks.block_len * draw->blocks.count;
    bool head = call->exchange->method == QK_HTTP_HEAD; /* takes nothing, not even for a moment */

    if (!head && !qk_rest_signing_read(rest, call, &draw->signing))
        return false;
    if (call->use && !(head ? qk_token_use_has : qk_token_use_take)(call->use, len)) {
        qk_rest_refuse(call, QK_REFUSE_ALLOTMENT, "less than %zu bytes are left of this token's allotment", len);
        return false;
    }
    if (head)
        return give_head(rest, call, draw);
    if (give_bytes(rest, call, draw))
        return true;
    if (call->use)
        qk_token_use_return(call->use, len);
    return false;
}

/* ---- the endpoints ---- */

bool qk_rest_give_quantum_entropy(qk_rest *rest, qk_rest_call *call)
{
    drawing draw = { .blocks = { .block_len = KIB }, .before = "{\"random\":[" };
    char after[24];
    uint64_t size;

    if (!qk_parameter_uint(call, "size", 1, MOST_KIB, 1, &size))
        return false;
    draw.blocks.count = (size_t)size;
    snprintf(after, sizeof after, "],\"size\":%u}", (unsigned)size);
    draw.after = after;
    if (qk_accepts_bytes(call->exchange))
        draw.before = NULL;
    return give(rest, call, &draw);
}

bool qk_rest_give_entropy(qk_rest *rest, qk_rest_call *call)
{
    drawing draw = { .before = "{\"entropy\":[", .after = "],\"extensions\":[]}" };

    if (rest->config.strict_types && !qk_header_lists(call->exchange, "Content-Type", "application/json")) {
        qk_rest_refuse(call, QK_REFUSE_TYPE, "the Content-Type must be application/json");
        return false;
    }
    if (qk_block_request_read(call->exchange->body, &draw.blocks) != QK_OK) {
        qk_rest_refuse(call, QK_REFUSE_PARAMETER, "%s", qk_err_words(QK_E_BAD_ARGUMENT));
        return false;
    }
    if (qk_accepts_bytes(call->exchange))
        draw.before = NULL;
    return give(rest, call, &draw);
}

bool qk_rest_give_raw(qk_rest *rest, qk_rest_call *call)
{
    drawing draw = { .blocks = { .count = 1 } };
    uint64_t bytes;

    if (!qk_parameter_uint(call, "bytes", 1, MOST_RAW, 0, &bytes))
        return false;
    if (!bytes) {
        qk_rest_refuse(call, QK_REFUSE_PARAMETER, "bytes is missing: from 1 to %d", MOST_RAW);
        return false;
    }
    draw.blocks.block_len = (size_t)bytes;
    return give(rest, call, &draw);
}
