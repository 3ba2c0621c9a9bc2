/* SPDX-License-Identifier: Apache-2.0 */
/* What happens on a connection while it lasts: it can be read, it can be written, time passes. */
#include "base/clock.h"
#include "base/log.h"
#include "server/connection/connection_parts.h"
#include "server/server.h"

typedef qk_connection_parts inner;

enum {
    READ_SIZE = 64 * 1024,
    WRITE_SIZE = 256 * 1024, /* drained at once */
    SMALL_BUFFER = 1024,     /* kept when it is empty */
    BYTES_PER_SECOND = 16 * 1024,
    HANDSHAKE_SECONDS = 10,
    LINGER_SECONDS = 5,
    ROUNDS = 16,         /* of reading, before other connections have their turn */
    LOOKS_PER_STALL = 4, /* how often a connection is looked at */
};

static _Thread_local uint8_t read_place[READ_SIZE]; /* empty, and wiped, between events */

/* ---- ends ---- */

static void look_every(inner *it, uint64_t ms)
{
    const struct timeval look = { .tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000 * 1000) };

    event_add(it->patience, &look);
}

/* RFC 9112, section 9.6: a socket closed with bytes unread is reset, and the reset may overtake the last answer. */
static void linger(inner *it)
{
    it->lingering = true;
    qk_transport_end_writing(&it->transport);
    if (!it->reading)
        event_add(it->readable, NULL);
    look_every(it, LINGER_SECONDS * 1000);
}

/* The session has nothing left to say. */
static void finish(inner *it)
{
    if (it->ended || !it->protocol->cuts_short || !it->protocol->cuts_short(it->session))
        qk_connection_close(it, "finished");
    else if (!it->lingering)
        linger(it);
}

/* ---- writing ---- */

/* What was written is wiped. A small buffer stays for the next answer. */
static void empty_out(inner *it)
{
    if (it->out.cap > SMALL_BUFFER)
        qk_buf_done(&it->out);
    else
        qk_buf_clear(&it->out);
    it->written = 0;
}

/* Writes all that the session has to say; waits for the socket where it must. False: the connection is closed, and may
 * be freed. */
static bool write_out(inner *it)
{
    qk_progress step = QK_MOVED;

    while (step == QK_MOVED && !it->lingering) {
        size_t len = 0;
        if (it->written == it->out.len) {
            empty_out(it);
            if (it->protocol->drain(it->session, WRITE_SIZE, &it->out) != QK_OK) {
                qk_connection_close(it, "session failed");
                return false;
            }
            if (it->out.len == 0)
                break;
            it->out_since_ms = qk_clock_monotonic_ms();
        }
        step =
            qk_transport_write(&it->transport, qk_view_of(it->out.data + it->written, it->out.len - it->written), &len);
        it->written += len;
    }
    if (step == QK_MOVED && it->protocol->finished(it->session)) {
        finish(it);
        return false;
    }
    if (step == QK_PEER_ENDED || step == QK_LOST) {
        qk_connection_close(it, "peer is gone");
        return false;
    }
    if (step == QK_WANTS_WRITE)
        event_add(it->writable, NULL);
    return true;
}

/* A session that has enough for now is not fed, and TLS may hold bytes that no event announces. */
static void see_to_reading(inner *it)
{
    bool wanted = !it->ended && (!it->protocol->wants_input || it->protocol->wants_input(it->session));

    if (wanted == it->reading)
        return;
    it->reading = wanted;
    if (!wanted) {
        event_del(it->readable);
        return;
    }
    event_add(it->readable, NULL);
    if (qk_transport_has_more(&it->transport))
        event_active(it->readable, EV_READ, 0);
}

void qk_connection_go_on(inner *it)
{
    if (write_out(it))
        see_to_reading(it);
}

/* Ends it from our side; the session's last word goes as far as the socket takes it at once. */
static void send_away(inner *it, const char *why)
{
    it->protocol->shutdown(it->session);
    if (write_out(it))
        qk_connection_close(it, why);
}

/* ---- patience ---- */

/* Why the peer has been given time enough. What was written to it must be read at a pace; how long the rest may take is
 * the protocol's to say. */
static const char *overdue(inner *it)
{
    const qk_server_config *config = &it->public.server->config;
    int64_t now_ms = qk_clock_monotonic_ms(), stall_ms = (int64_t)config->stall_seconds * 1000;
    int64_t pace_ms = (int64_t)(it->out.len / BYTES_PER_SECOND) * 1000;

    if (it->lingering)
        return "finished";
    if (!it->transport.handshaken)
        return "the handshake took too long";
    if (it->written < it->out.len)
        return now_ms - it->out_since_ms > stall_ms + pace_ms ? "nothing is read" : NULL;
    return it->protocol->overdue(it->session, now_ms, stall_ms, it->listener->idle_ms);
}

static void on_patience(evutil_socket_t fd, short what, void *arg)
{
    inner *it = arg;
    const char *why = overdue(it);

    (void)fd;
    (void)what;
    if (!why)
        return;
    qk_log(it->lingering ? QK_LOG_DEBUG : QK_LOG_INFO, "op=end peer=%s why=\"%s\"", it->public.peer, why);
    if (it->transport.handshaken && !it->lingering)
        send_away(it, why);
    else
        qk_connection_close(it, why);
}

/* From the handshake on it is the session that must not be kept waiting. */
static void begin_patience(inner *it)
{
    look_every(it, it->public.server->config.stall_seconds * 1000 / LOOKS_PER_STALL);
}

/* ---- reading ---- */

/* False once the connection is closed or must wait. */
static bool shake_hands(inner *it)
{
    const char *why;
    qk_progress step = qk_transport_shake_hands(&it->transport, &why);

    if (step == QK_WANTS_WRITE)
        event_add(it->writable, NULL);
    if (step == QK_LOST) {
        qk_log(QK_LOG_INFO, "op=handshake peer=%s err=\"%s\"", it->public.peer, why);
        qk_connection_close(it, "handshake failed");
    }
    if (step != QK_MOVED)
        return false;
    begin_patience(it);
    return true;
}

/* One round of reading: what TLS has buffered is taken at once, a socket that has more raises the event again. False:
 * the session refuses to go on. */
static bool read_round(inner *it, qk_progress *out_step)
{
    int rounds = ROUNDS;
    size_t len = 0;

    do {
        *out_step = qk_transport_read(&it->transport, read_place, sizeof read_place, &len);
        if (*out_step == QK_MOVED) {
            qk_err err = it->protocol->feed(it->session, qk_view_of(read_place, len));
            explicit_bzero(read_place, len);
            if (err != QK_OK) {
                qk_log_failure(QK_LOG_INFO, err, "op=feed peer=%s", it->public.peer);
                return false;
            }
        }
    } while (*out_step == QK_MOVED && qk_transport_has_more(&it->transport) &&
             (!it->protocol->wants_input || it->protocol->wants_input(it->session)) && --rounds > 0);
    /* What TLS has buffered raises no event. Each event takes a record of it, and if the session wants none for now,
     * see_to_reading takes the event back. */
    if (*out_step == QK_MOVED && qk_transport_has_more(&it->transport))
        event_active(it->readable, EV_READ, 0);
    return true;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    inner *it = arg;
    qk_progress step;

    (void)fd;
    (void)what;
    if (!it->transport.handshaken && !shake_hands(it))
        return;
    if (it->lingering) {
        if (!qk_transport_discard(&it->transport, read_place, sizeof read_place))
            qk_connection_close(it, "finished");
        return;
    }
    if (!read_round(it, &step)) {
        if (write_out(it)) /* GOAWAY says why */
            qk_connection_close(it, "protocol broken");
        return;
    }
    it->ended = step == QK_PEER_ENDED;
    if (step == QK_LOST || (it->ended && !it->protocol->end)) {
        qk_connection_close(it, "peer closed");
        return;
    }
    if (it->ended)
        it->protocol->end(it->session);
    qk_connection_go_on(it);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    inner *it = arg;

    if (it->transport.handshaken)
        qk_connection_go_on(it);
    else
        on_readable(fd, what, it);
}

/* ---- the events ---- */

bool qk_connection_add_events(inner *it)
{
    struct event_base *base = qk_worker_base(it->public.worker);

    it->readable = event_new(base, it->transport.fd, EV_READ | EV_PERSIST, on_readable, it);
    it->writable = event_new(base, it->transport.fd, EV_WRITE, on_writable, it);
    it->patience = event_new(base, -1, EV_PERSIST, on_patience, it);
    if (!it->readable || !it->writable || !it->patience || event_add(it->readable, NULL) != 0)
        return false;
    it->reading = true;
    if (it->transport.handshaken)
        begin_patience(it);
    else
        look_every(it, HANDSHAKE_SECONDS * 1000);
    return true;
}

static void free_event(struct event **event)
{
    if (*event)
        event_free(*event);
    *event = NULL;
}

void qk_connection_free_events(inner *it)
{
    free_event(&it->readable);
    free_event(&it->writable);
    free_event(&it->patience);
}
