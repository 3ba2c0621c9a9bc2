/* SPDX-License-Identifier: Apache-2.0 */
/* What a server says to our client. Input: options, size of the pieces, the server's bytes, which the streams that the
 * client opens read one after the other. The streams are wrapped: no socket, no waiting. */
#include "fuzz.h"

#include "crypto/crypto.h"
#include "entropy/entropy.h"
#include "hsm/hsm.h"
#include "net/tls.h"
#include "rpc/client.h"

enum { CALLS = 2, MOST_STREAMS = 6, TOKEN_NEEDED = 1, STREAM_PER_CALL = 2 };

struct qk_stream {
    bool open;
};

static qk_stream streams[MOST_STREAMS];
static size_t opened, piece;
static unsigned options;
static qk_view said; /* by the server, and not read yet */

qk_err __wrap_qk_stream_connect(qk_tls_client *client, qk_deadline_ms deadline, qk_stream **out_stream);
qk_err __wrap_qk_stream_write(qk_stream *stream, qk_view bytes, qk_deadline_ms deadline);
qk_err __wrap_qk_stream_read(qk_stream *stream, uint8_t *place, size_t room, qk_deadline_ms deadline, size_t *out_len);
bool __wrap_qk_stream_stale(qk_stream *stream);
void __wrap_qk_stream_free(qk_stream **stream);

qk_err __wrap_qk_stream_connect(qk_tls_client *client, qk_deadline_ms deadline, qk_stream **out_stream)
{
    (void)client;
    (void)deadline;
    if (opened == MOST_STREAMS)
        return qk_fail(QK_E_SERVER_AWAY, "no more streams");
    streams[opened].open = true;
    *out_stream = &streams[opened++];
    return QK_OK;
}

qk_err __wrap_qk_stream_write(qk_stream *stream, qk_view bytes, qk_deadline_ms deadline)
{
    (void)deadline;
    promise(stream->open);
    fuzz_touch(bytes);
    return QK_OK;
}

qk_err __wrap_qk_stream_read(qk_stream *stream, uint8_t *place, size_t room, qk_deadline_ms deadline, size_t *out_len)
{
    qk_view part = fuzz_piece(&said, piece && piece < room ? piece : room);

    (void)deadline;
    promise(stream->open && room > 0);
    if (part.len)
        memcpy(place, part.data, part.len);
    *out_len = part.len;
    return QK_OK;
}

bool __wrap_qk_stream_stale(qk_stream *stream)
{
    promise(stream->open);
    return options & STREAM_PER_CALL;
}

void __wrap_qk_stream_free(qk_stream **stream)
{
    if (*stream)
        (*stream)->open = false;
    *stream = NULL;
}

static qk_err token(void *context, bool renew, qk_arena *arena, qk_view *out_token)
{
    (void)context;
    (void)arena;
    *out_token = options & TOKEN_NEEDED ? renew ? QK_VIEW_LITERAL("renewed") : QK_VIEW_LITERAL("token") : QK_VIEW_NONE;
    return QK_OK;
}

static void call(qk_endpoint *endpoint)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_call it = { .arena = &arena, .deadline = qk_deadline_in(60000) };
    Grep11__GenerateRandomRequest request;
    Grep11__GenerateRandomResponse *response;

    qk_arena_init(&arena, 0);
    grep11__generate_random_request__init(&request);
    request.len = 32;
    if (qk_hsm_call(endpoint, &it, QK_GENERATE_RANDOM, &request.base, (void **)&response) == QK_OK)
        fuzz_touch(qk_message_view(response->rnd));
    else
        promise(qk_failure_last()->words[0]);
}

void fuzz_start(void)
{
    must(qk_crypto_start());
    must(qk_entropy_start(NULL));
}

void fuzz(qk_view input)
{
    const qk_rpc_options peer = { .peer = { .host = "127.0.0.1", .port = 1, .alpn = "h2" },
                                  .call_timeout_ms = 60000,
                                  .max_idle = 2,
                                  .max_answer = 1 << 20 };
    QK_OWNED(qk_rpc_client_free) qk_rpc_client *client = NULL;
    QK_OWNED(qk_endpoint_free) qk_endpoint *endpoint = NULL;
    qk_reader from = qk_reader_of(input);

    options = qk_read_u8(&from);
    piece = qk_read_u8(&from);
    said = fuzz_rest(&from);
    opened = 0;
    must(qk_rpc_client_new(&peer, &client));
    must(qk_endpoint_remote_new(client, token, NULL, &endpoint));
    for (int i = 0; i < CALLS; i++)
        call(endpoint);
}
