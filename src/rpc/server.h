/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC server side of one connection: bytes in, calls out, answers in, bytes out. No sockets, no threads: the server
 * room feeds it from its event loop.
 *
 * Lifetimes:
 * 1. A session belongs to one event loop and is touched by its thread alone.
 * 2. A qk_rpc_call lives from on_headers until its answer has been written or its stream was reset.
 * 3. on_call hands the call over. The owner answers it exactly once with qk_rpc_call_answer or qk_rpc_call_fail, on the
 *    loop's thread, also after its stream or its session has gone (it is then only freed). The same holds for a call
 *    that on_headers refuses `later`.
 * 4. The call's arena holds the request's bytes and everything made for it.
 * 5. `context` outlives the session and every call handed over: on_body_released may come after both are gone.
 * 6. A call that on_headers makes a stream is never handed over: it is the session's until on_stream_gone, the last
 * that is heard of it. Its messages come one by one; what it sends is copied. Bounds: streams at once, header bytes,
 * body bytes per message, bytes of answers that the peer does not read, resets and pings per second; a peer that goes
 * beyond gets a refusal, RST_STREAM or GOAWAY. How long a peer may take is the server room's to ask
 * (qk_rpc_session_overdue). */
#ifndef QK_RPC_SERVER_H
#define QK_RPC_SERVER_H

#include "base/arena.h"
#include "base/clock.h"
#include "rpc/message.h"

typedef struct qk_rpc_session qk_rpc_session;
typedef struct qk_rpc_call qk_rpc_call;

/* What a handler sees of a call. */
struct qk_rpc_call {
    qk_arena arena;
    char path[128];
    qk_view authorization;   /* header values, in the arena; empty if absent */
    qk_view instance;        /* bluemix-instance */
    qk_view login;           /* quantoki-login-bin, decoded */
    qk_deadline_ms deadline; /* from grpc-timeout */
    bool strict;             /* quantoki-rules: pkcs11: a module calls, not a GREP11 client */
    qk_view body;            /* the one message, decompressed; of a stream: the one that has come */
    void *user;              /* the server room's */
    /* Set by on_headers: */
    bool is_stream;   /* messages in any number, both ways */
    size_t longest;   /* of its messages, in bytes; 0: 64 KiB */
    bool for_anybody; /* who makes such calls alone is given no more patience than one who makes none */
    bool later;       /* beside an error: the body is thrown away, and the owner answers when it likes */
    /* Set while it lasts: */
    bool kept; /* for_anybody, but its owner counts them and lets this one keep its connection */
};

typedef struct qk_rpc_callbacks {
    /* Headers have arrived, nothing of the body is kept yet. Return an error to refuse the call: the session answers
     * with it (or the owner does, `later`) and drops the body. Sets call->user. */
    qk_err (*on_headers)(void *context, qk_rpc_call *call);
    /* Asks to buffer `more` bytes of body beyond `so_far`, or to hold so many of an answer; false: the global budget is
     * out (RESOURCE_EXHAUSTED). */
    bool (*on_body)(void *context, qk_rpc_call *call, size_t so_far, size_t more);
    /* Bytes granted by on_body are no longer held. */
    void (*on_body_released)(void *context, size_t bytes);
    /* The request is whole. */
    void (*on_call)(void *context, qk_rpc_call *call);
    /* Of streams; may be NULL where on_headers makes none. A message has come (call->body, until this returns); the
     * peer sends no more; the stream has gone. The first two may send and end the stream, after which neither comes. */
    void (*on_message)(void *context, qk_rpc_call *call);
    void (*on_messages_end)(void *context, qk_rpc_call *call);
    void (*on_stream_gone)(void *context, qk_rpc_call *call);
} qk_rpc_callbacks;

typedef struct qk_rpc_limits {
    size_t max_message;   /* bytes of one request message: 64 MiB */
    uint32_t max_streams; /* at once on a connection: 128 */
    size_t max_unread;    /* bytes of answers that wait for the peer; calls beyond are refused. 0: no limit */
} qk_rpc_limits;

QK_MUST_CHECK qk_err qk_rpc_session_new(const qk_rpc_callbacks *callbacks, void *context, const qk_rpc_limits *limits,
                                        qk_rpc_session **out_session);
void qk_rpc_session_free(qk_rpc_session **session);

/* Bytes from the peer. An error means the connection is lost (write what is pending, then close). */
QK_MUST_CHECK qk_err qk_rpc_session_feed(qk_rpc_session *session, qk_view bytes);
/* Pending bytes for the peer: appends to `out`, up to the frame (16 KiB at most) that reaches max_len. */
QK_MUST_CHECK qk_err qk_rpc_session_drain(qk_rpc_session *session, size_t max_len, qk_buf *out);
/* Neither side has anything left: close. */
bool qk_rpc_session_finished(const qk_rpc_session *session);
/* Tells the peer to begin no more calls; those that it began before it knew are still performed. When it is known to
 * know, the session shuts down by itself; not every peer listens while it has nothing to ask, so shut it down in the
 * end. Source: RFC 9113, section 6.8. */
void qk_rpc_session_announce_end(qk_rpc_session *session);
/* Graceful end: GOAWAY, open calls are still answered, streams end. */
void qk_rpc_session_shutdown(qk_rpc_session *session);
/* Why this peer has been given time enough, in words for the log; NULL: it goes on. A request must come, and an answer
 * be read, within `stall_ms` and a second more for each 16 KiB of it that have moved. The first call must come within
 * `stall_ms`, a further one within `idle_ms` after the last; calls that were refused, or are for anybody, do not count
 * as such. */
const char *qk_rpc_session_overdue(const qk_rpc_session *session, int64_t now_ms, int64_t stall_ms, int64_t idle_ms);
/* Since when nobody with a right to anything has been served here; negative: there is a call, or was one. */
int64_t qk_rpc_session_idle_since(const qk_rpc_session *session);
/* Calls handed over and not yet answered. */
size_t qk_rpc_session_open_calls(const qk_rpc_session *session);

/* Decodes the call's message into its arena, where it may take 4 × body + 1 MiB: a message that expands beyond is
 * hostile. (The arena's own limit is wider, since answers may be larger than requests.) Errors as qk_message_read. */
QK_MUST_CHECK qk_err qk_rpc_call_read(qk_rpc_call *call, const ProtobufCMessageDescriptor *descriptor,
                                      void **out_request);
/* One message, encoded, in the call's arena. Takes the call. */
void qk_rpc_call_answer(qk_rpc_call *call, qk_view message);
/* An error with exactly one Grep11Error in grpc-status-details-bin; words may be NULL (the table's). Takes the call. */
void qk_rpc_call_fail(qk_rpc_call *call, qk_err code, const char *words);

/* Sends a message on a stream. A peer that leaves QK_RPC_STREAM_UNREAD bytes of them unread loses the stream. Ignored
 * after its end. */
enum { QK_RPC_STREAM_UNREAD = 256 * 1024 };
void qk_rpc_stream_send(qk_rpc_call *call, qk_view message);
/* Ends it after what was sent: QK_OK, or an error as qk_rpc_call_fail. Ignored if it has ended. */
void qk_rpc_stream_end(qk_rpc_call *call, qk_err code, const char *words);

#endif
