/* SPDX-License-Identifier: Apache-2.0 */
/* A small server for tests and measurements: the server's session behind a real socket on loopback, in a thread of its
 * own. It can also misbehave. */
#ifndef QK_RPC_LOOPBACK_SERVER_H
#define QK_RPC_LOOPBACK_SERVER_H

#include <stdatomic.h>

#include "rpc/server.h"

typedef enum behaviour {
    SERVES,
    IS_SILENT,         /* reads and says nothing */
    SPEAKS_GARBAGE,    /* 4 KiB of noise to whoever connects, then the end */
    HANGS_UP,          /* closes after the first bytes of a request, without an answer */
    PERFORMS_AND_DIES, /* performs a call, then closes instead of sending its answer */
    SAYS,              /* `script` to whoever sends something, and nothing else */
    SAYS_AND_HANGS_UP,
} behaviour;

typedef struct loopback_server loopback_server;
struct loopback_server {
    uint16_t port; /* 0: the system chooses; keeps its value over a restart */
    qk_rpc_callbacks callbacks;
    void *context;
    _Atomic behaviour behaves;
    atomic_int misbehaves; /* connections that still do so, if >= 0; the next ones are served */
    qk_view script;
    atomic_int connections; /* accepted */
    atomic_bool shutdown;   /* set it: GOAWAY on every connection, which ends once it is idle */
    atomic_int open;
    /* private */
    int listener, wake[2];
    unsigned long thread;
};

void loopback_start(loopback_server *server);
/* Closes listener and connections without a word, as a killed process would. */
void loopback_kill(loopback_server *server);

#endif
