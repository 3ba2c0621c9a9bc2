/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a stream. For tls.c, tls_connect.c and tls_words.c alone. */
#ifndef QK_NET_TLS_STREAM_H
#define QK_NET_TLS_STREAM_H

#include "net/socket.h"
#include "net/tls_client.h"

struct qk_stream {
    qk_tls_client *client;
    SSL *ssl; /* NULL: plain */
    int fd;
    qk_deadline_ms deadline; /* of the call that is under way */
    qk_io io;                /* how the socket answered last */
    int reason;              /* errno of QK_IO_FAILED */
    bool broken;             /* nothing more may be sent, not even goodbye */
};

/* For "%s:%u". */
#define QK_STREAM_WHERE(stream) (stream)->client->host, (stream)->client->port

/* What went wrong, as errors whose words say where and what to do. `result` is libssl's of a refused certificate;
 * `doing` ends the sentence, "while ...". The last two speak of the socket; after fail_io a stream is broken. */
qk_err qk_stream_fail_untrusted(const qk_stream *stream, long result);
qk_err qk_stream_fail_tls(const qk_stream *stream);
qk_err qk_stream_fail_io(qk_stream *stream, const char *doing);
qk_err qk_stream_fail_late(const qk_stream *stream, const char *doing);

#endif
