/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the client: one connection and one exchange on it. For client*.c alone. */
#ifndef QK_RPC_CLIENT_CONNECTION_H
#define QK_RPC_CLIENT_CONNECTION_H

#include "net/tls.h"
#include "rpc/client.h"
#include "rpc/error_detail.h"
#include "rpc/frame.h"
#include "rpc/hpack.h"

/* A request and what came of it. `init` for the first try, `again` before the next one, `done` in any case. */
typedef struct exchange {
    /* the request; borrowed */
    qk_arena *arena;
    const char *path;
    qk_view authorization; /* the whole header value; empty: none */
    qk_view login;         /* quantoki-login-bin, in base64; empty: none */
    qk_view timeout;       /* grpc-timeout */
    bool strict;           /* quantoki-rules: pkcs11 */
    bool usual_timeout;    /* the same value as in most calls: worth a place in the header table */
    qk_view framed;        /* prefix and message */
    size_t max_answer;
    qk_deadline_ms deadline;
    bool idempotent;

    /* the answer */
    qk_frame_reader reader;
    qk_error_trailers trailers; /* status.data NULL: none came */
    qk_view http_status;
    size_t header_bytes;
    qk_err fault; /* what made us stop reading */
    bool ended;   /* the answer is complete, or the stream was closed with `close_code` */
    uint32_t close_code;

    /* how far it came */
    bool connected;
    int32_t stream_id;
    size_t sent;  /* of `framed`, handed to the output buffer */
    bool written; /* the whole request was written */
    bool unseen;  /* the server cannot have performed it */
} exchange;

void exchange_again(exchange *x);
void exchange_done(exchange *x);

typedef struct connection connection;
struct connection {
    qk_stream *stream;
    struct nghttp2_session *http2;
    exchange *current;
    qk_hpack hpack;
    qk_buf head; /* the header block of the current request */
    qk_buf out;
    bool usable;           /* for the next exchange */
    bool used;             /* it has carried an exchange before */
    connection *next_idle; /* the pool's */
    connection *next;      /* all of the pool's connections, also those in use */
    uint8_t in[32 * 1024];
};

/* What every request of a client says alike. */
typedef struct connection_peer {
    const char *scheme;
    const char *authority; /* host:port */
} connection_peer;

/* Connects. Errors as qk_stream_connect. */
QK_MUST_CHECK qk_err connection_open(qk_tls_client *tls, qk_deadline_ms deadline, connection **out_connection);
void connection_free(connection **c);
/* In a forked child: closes the descriptor, forgets the rest. */
void connection_abandon(connection *c);

/* Sends the request and waits for the end of its answer. QK_OK: the exchange holds status or answer, whatever they say.
 * QK_E_SERVER_AWAY, QK_E_TIMEOUT, QK_E_PROTOCOL, QK_E_NO_MEMORY otherwise, with x->unseen set as far as is known. */
QK_MUST_CHECK qk_err connection_perform(connection *c, const connection_peer *peer, exchange *x);

#endif
