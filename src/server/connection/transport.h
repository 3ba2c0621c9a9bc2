/* SPDX-License-Identifier: Apache-2.0 */
/* A connected socket, with or without TLS, that never waits. */
#ifndef QK_SERVER_TRANSPORT_H
#define QK_SERVER_TRANSPORT_H

#include "base/bytes.h"
#include "server/tls/tls.h"

typedef struct qk_transport {
    int fd;
    SSL *ssl; /* NULL: plain */
    bool handshaken;
} qk_transport;

typedef enum qk_progress {
    QK_MOVED,
    QK_WANTS_READ, /* wait until the socket is readable, or writable, and try again */
    QK_WANTS_WRITE,
    QK_PEER_ENDED, /* the peer closed its side in order */
    QK_LOST,
} qk_progress;

/* Owns `fd` from here, also if it fails. `tls` NULL: plain. */
QK_MUST_CHECK qk_err qk_transport_init(qk_transport *transport, int fd, qk_server_tls *tls);
/* `orderly`: all was written, so TLS may say that this is the end. */
void qk_transport_done(qk_transport *transport, bool orderly);
/* One step of the handshake. On QK_LOST *out_why has words for the log. */
qk_progress qk_transport_shake_hands(qk_transport *transport, const char **out_why);
/* At most `room` bytes, at least one if it moved. */
qk_progress qk_transport_read(qk_transport *transport, uint8_t *place, size_t room, size_t *out_len);
qk_progress qk_transport_write(qk_transport *transport, qk_view bytes, size_t *out_len);
/* TLS has bytes that no event will announce. */
bool qk_transport_has_more(const qk_transport *transport);
/* Says that nothing more will be written. */
void qk_transport_end_writing(qk_transport *transport);
/* Takes from the socket what nobody wants to know. False: nothing more will come. */
bool qk_transport_discard(qk_transport *transport, uint8_t *place, size_t room);

#endif
