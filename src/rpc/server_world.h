/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the server side: its session and an nghttp2 client session, joined in memory. */
#ifndef QK_RPC_SERVER_WORLD_H
#define QK_RPC_SERVER_WORLD_H

#include <nghttp2/nghttp2.h>

#include "rpc/server.h"

enum { MAX_MESSAGE = 64 << 20, MAX_STREAMS = 8, DRAIN = 64 * 1024, STREAMS = 64, HELD = 64 };
enum { MAX_UNREAD = 3 << 20, STALL_MS = 1000, IDLE_MS = 60000 };

/* What came back on a stream. */
typedef struct reply {
    int32_t id;
    char http_status[8], grpc_status[8], accept_encoding[64], details[2048];
    qk_buf body;
    bool closed;
    uint32_t close_code;
    /* the request's */
    qk_view request;
    size_t sent;
    bool stays_open;
} reply;

typedef struct world {
    qk_rpc_session *server;
    nghttp2_session *client;
    reply replies[STREAMS];
    size_t reply_count;
    uint32_t goaway; /* error code of the server's GOAWAY; UINT32_MAX: none came */
    bool feed_failed;

    /* the server room */
    bool hold; /* calls are kept instead of answered */
    qk_rpc_call *held[HELD];
    size_t held_count, calls, headers;
    size_t budget, in_use;
    char path[128];
    qk_view seen_authorization, seen_login;
    char authorization[64], login[64];
    bool strict;
    int deadline_left;
    qk_err answer_with;
    /* streams ("/t.T/Stream", which echoes; "/t.T/Silent", which anybody may open) */
    qk_rpc_call *stream; /* the one begun last; NULL once it is gone */
    size_t messages, ends, gone;
    qk_err end_with; /* after the first message */
} world;

#define HELLO QK_VIEW_LITERAL("\0\0\0\0\5hello")

/* Set up and tear down; every test gives back the whole body budget. */
int start(void **state);
int stop(void **state);
/* Moves bytes both ways until both sides are quiet. */
void pump(world *w);
nghttp2_nv field(const char *name, const char *value);
/* Sends a request; `more` are pairs of header names and values up to NULL, which replace those set here. */
reply *send_request(world *w, const char *path, qk_view body, bool stays_open, const char *const *more);
reply *call_with(world *w, const char *path, qk_view body, const char *const *more);
reply *call(world *w, const char *path, qk_view body);
/* The failure has the row's status and exactly one Grep11Error with the row's code. */
void assert_failure(const reply *r, qk_err code);
void assert_echo(const reply *r, qk_view framed);
void put_framed(qk_buf *out, uint8_t flag, size_t len);

#endif
