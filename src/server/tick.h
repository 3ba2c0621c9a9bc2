/* SPDX-License-Identifier: Apache-2.0 */
/* What the server does by the clock, on the main loop: each second the log is told if randomness as a whole has changed
 * its state (sources log their own), those who watch the server's health hear of a change, and on the disk pool the
 * tokens' counts are written and database and master key are asked; each ten seconds the REST API notes a point of its
 * charts, and the generators of TLS get fresh bytes. */
#ifndef QK_SERVER_TICK_H
#define QK_SERVER_TICK_H

#include "server/server.h"

typedef struct qk_tick qk_tick;

/* The server's loop, disk pool, tokens and REST API must be there, and qk_entropy_start have run. */
QK_MUST_CHECK qk_err qk_tick_start(qk_server *server, qk_tick **out_tick);
/* After the loop has ended and the disk pool has stopped, which may hold a task of ours. */
void qk_tick_stop(qk_tick **tick);

#endif
