/* SPDX-License-Identifier: Apache-2.0 */
/* TCP with deadlines, and nothing that a host process would notice: no SIGPIPE, no descriptor that survives exec.
 *
 * The socket blocks, with a receive and a send timeout of one tick. While the deadline is further away than a tick, a
 * read is one recv() that waits in the kernel, and a write is one send(): one system call per direction, which a
 * non-blocking socket (recv, poll, recv) triples whenever the answer is not there yet, that is, on every call of a
 * request and response protocol. Only for the last tick before a deadline poll() measures the time that is left. */
#ifndef QK_NET_SOCKET_H
#define QK_NET_SOCKET_H

#include "base/bytes.h"
#include "base/clock.h"

typedef enum qk_io {
    QK_IO_DONE,   /* at least one byte went */
    QK_IO_END,    /* the peer has closed its side */
    QK_IO_LATE,   /* nothing until the deadline */
    QK_IO_FAILED, /* errno says why */
} qk_io;

/* Tries every address of the host (IPv6 and IPv4) until one answers; each gets its share of the time that is left.
 * Resolving the name itself has the resolver's own limits. QK_E_SERVER_AWAY says what was tried. */
QK_MUST_CHECK qk_err qk_socket_connect(const char *host, uint16_t port, qk_deadline_ms deadline, int *out_fd);
/* Not waiting is a deadline in the past that costs no clock. */
enum { QK_IO_NO_WAIT = 0 };
qk_io qk_socket_recv(int fd, void *place, size_t room, qk_deadline_ms deadline, size_t *out_len);
qk_io qk_socket_send(int fd, const void *data, size_t len, qk_deadline_ms deadline, size_t *out_len);
/* True if a read would not wait: bytes, the end, or an error. */
bool qk_socket_readable(int fd);

/* For a program with one thread and a loop of its own: once `fd` can be read (a signalfd, say), whatever waits for a
 * socket ends as if its deadline had come, and the loop has its turn. For the whole process, and so for programs alone;
 * -1, as it is at first: nothing does that. Sockets are then waited for with poll() alone. */
void qk_socket_interrupt_by(int fd);
/* Would that end a wait now? Tells an interruption from a peer that is late. */
bool qk_socket_interrupted(void);

#endif
