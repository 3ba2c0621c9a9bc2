/* SPDX-License-Identifier: Apache-2.0 */
#include "seeder/worker/message.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

enum { MOST_MESSAGE = 2 * QK_SEED_MOST };

const char *qk_seed_step_name(qk_seed_step step)
{
    static const char *const names[] = { [QK_SEED_STEP_LIBRARY] = "load",
                                         [QK_SEED_STEP_FIND] = "find",
                                         [QK_SEED_STEP_SESSION] = "session",
                                         [QK_SEED_STEP_LOGIN] = "login",
                                         [QK_SEED_STEP_SEED] = "seed" };
    return names[step];
}

/* ---- fields ---- */

static void put_text(qk_buf *out, const char *text)
{
    qk_buf_put_counted(out, qk_view_text(text));
}

static void read_text(qk_reader *reader, char *out, size_t room)
{
    qk_view text = qk_read_counted(reader);

    if (text.len >= room)
        reader->failed = true;
    else
        snprintf(out, room, "%.*s", (int)text.len, (const char *)text.data);
}

static void put_token(qk_buf *out, const qk_seed_token *token)
{
    qk_buf_put_u64(out, token->slot);
    put_text(out, token->label);
    put_text(out, token->serial);
}

static void read_token(qk_reader *reader, qk_seed_token *out)
{
    out->slot = qk_read_u64(reader);
    read_text(reader, out->label, sizeof out->label);
    read_text(reader, out->serial, sizeof out->serial);
}

static void put_listed(qk_buf *out, const qk_seed_listed *listed)
{
    put_token(out, &listed->token);
    qk_buf_put_u64(out, listed->rv);
    qk_buf_put_u8(out, listed->initialised);
}

static void read_listed(qk_reader *reader, qk_seed_listed *out)
{
    read_token(reader, &out->token);
    out->rv = qk_read_u64(reader);
    out->initialised = qk_read_u8(reader) != 0;
}

static qk_err check(const qk_reader *reader)
{
    return qk_reader_ended(reader) ? QK_OK
                                   : qk_fail(QK_E_PROTOCOL, "a message between supervisor and worker is broken");
}

/* ---- messages ---- */

void qk_seed_order_write(const qk_seed_order *order, qk_buf *out)
{
    qk_buf_put_u8(out, order->ask);
    qk_buf_put_u32(out, order->target);
    qk_buf_put_u8(out, order->choice);
    qk_buf_put_u64(out, order->slot);
    put_text(out, order->name);
    put_text(out, order->serial);
    qk_buf_put_u64(out, order->login);
    qk_buf_put_u8(out, order->keep_session);
    qk_buf_put_u8(out, order->pin_proven);
    qk_buf_put_u8(out, order->entered);
    qk_buf_put_u32(out, order->split);
    qk_buf_put_u32(out, order->credit_bits);
    qk_buf_put_counted(out, order->pin);
    qk_buf_put_counted(out, order->seed);
}

qk_err qk_seed_order_read(qk_view message, qk_seed_order *out)
{
    qk_reader reader = qk_reader_of(message);

    *out = (qk_seed_order){ .ask = qk_read_u8(&reader) };
    out->target = qk_read_u32(&reader);
    out->choice = qk_read_u8(&reader);
    out->slot = qk_read_u64(&reader);
    read_text(&reader, out->name, sizeof out->name);
    read_text(&reader, out->serial, sizeof out->serial);
    out->login = qk_read_u64(&reader);
    out->keep_session = qk_read_u8(&reader) != 0;
    out->pin_proven = qk_read_u8(&reader) != 0;
    out->entered = qk_read_u8(&reader) != 0;
    out->split = qk_read_u32(&reader);
    out->credit_bits = qk_read_u32(&reader);
    out->pin = qk_read_counted(&reader);
    out->seed = qk_read_counted(&reader);
    return check(&reader);
}

void qk_seed_report_write(const qk_seed_report *report, qk_buf *out)
{
    qk_buf_put_u8(out, report->ask);
    qk_buf_put_u32(out, report->target);
    qk_buf_put_u64(out, report->rv);
    qk_buf_put_u8(out, report->step);
    qk_buf_put_u8(out, report->login_tried);
    qk_buf_put_u8(out, report->pin_low);
    qk_buf_put_u8(out, report->logged_in);
    qk_buf_put_u8(out, report->login_held);
    qk_buf_put_u32(out, report->micros);
    qk_buf_put_u32(out, report->taken);
    put_token(out, &report->token);
    qk_buf_put_u32(out, report->token_count);
    for (uint32_t i = 0; i < report->token_count; i++)
        put_listed(out, &report->tokens[i]);
}

qk_err qk_seed_report_read(qk_view message, qk_seed_report *out)
{
    qk_reader reader = qk_reader_of(message);

    *out = (qk_seed_report){ .ask = qk_read_u8(&reader), .tokens = out->tokens };
    out->target = qk_read_u32(&reader);
    out->rv = qk_read_u64(&reader);
    out->step = qk_read_u8(&reader);
    out->login_tried = qk_read_u8(&reader) != 0;
    out->pin_low = qk_read_u8(&reader) != 0;
    out->logged_in = qk_read_u8(&reader) != 0;
    out->login_held = qk_read_u8(&reader) != 0;
    out->micros = qk_read_u32(&reader);
    out->taken = qk_read_u32(&reader);
    read_token(&reader, &out->token);
    out->token_count = qk_read_u32(&reader);
    if (out->token_count > (out->tokens ? QK_SEED_MOST_TOKENS : 0) || out->step > QK_SEED_STEP_SEED)
        reader.failed = true;
    for (uint32_t i = 0; i < out->token_count && !reader.failed; i++)
        read_listed(&reader, &out->tokens[i]);
    return check(&reader);
}

/* ---- the socket ---- */

static qk_err move(int fd, uint8_t *data, size_t len, ssize_t (*step)(int, void *, size_t))
{
    while (len > 0) {
        ssize_t moved = step(fd, data, len);
        if (moved < 0 && errno == EINTR)
            continue;
        if (moved <= 0)
            return qk_fail(QK_E_SERVER_AWAY, "the other process is gone");
        data += moved;
        len -= (size_t)moved;
    }
    return QK_OK;
}

static ssize_t send_some(int fd, void *data, size_t len)
{
    return send(fd, data, len, MSG_NOSIGNAL);
}

static ssize_t receive_some(int fd, void *data, size_t len)
{
    return recv(fd, data, len, 0);
}

qk_err qk_seed_queue(const qk_buf *message, qk_buf *outgoing)
{
    QK_TRY(qk_buf_check(message));
    qk_buf_put_counted(outgoing, qk_buf_view(message));
    return qk_buf_check(outgoing);
}

qk_err qk_seed_send(int fd, const qk_buf *message)
{
    QK_OWNED(qk_buf_done) qk_buf framed = QK_BUF_NONE;

    QK_TRY(qk_seed_queue(message, &framed));
    return move(fd, framed.data, framed.len, send_some);
}

static qk_err length_of(const uint8_t head[4], size_t *out_len)
{
    qk_reader reader = qk_reader_of(qk_view_of(head, 4));
    uint32_t len = qk_read_u32(&reader);

    if (len > MOST_MESSAGE)
        return qk_fail(QK_E_PROTOCOL, "a message of %u bytes between supervisor and worker", len);
    *out_len = len;
    return QK_OK;
}

qk_err qk_seed_receive(int fd, qk_buf *out)
{
    uint8_t head[4], *place;
    size_t len;

    QK_TRY(move(fd, head, sizeof head, receive_some));
    QK_TRY(length_of(head, &len));
    qk_buf_clear(out);
    place = qk_buf_grow(out, len);
    QK_TRY(qk_buf_check(out));
    return move(fd, place, len, receive_some);
}

/* ---- the same without waiting ---- */

static bool is_for_later(ssize_t moved)
{
    return moved < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

qk_err qk_seed_flush(int fd, qk_buf *outgoing)
{
    size_t sent = 0;
    ssize_t moved = 0;

    while (sent < outgoing->len) {
        moved = send(fd, outgoing->data + sent, outgoing->len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (moved < 0 && errno == EINTR)
            continue;
        if (moved <= 0)
            break;
        sent += (size_t)moved;
    }
    if (sent < outgoing->len && !is_for_later(moved))
        return qk_fail(QK_E_SERVER_AWAY, "the other process is gone");
    if (sent == outgoing->len) {
        qk_buf_clear(outgoing);
    } else {
        memmove(outgoing->data, outgoing->data + sent, outgoing->len - sent);
        explicit_bzero(outgoing->data + outgoing->len - sent, sent);
        outgoing->len -= sent;
    }
    return QK_OK;
}

/* As far as `want` bytes in all. */
static qk_err gather_to(int fd, qk_buf *incoming, size_t want)
{
    while (incoming->len < want) {
        size_t had = incoming->len;
        uint8_t *place = qk_buf_grow(incoming, want - had);
        ssize_t got;
        QK_TRY(qk_buf_check(incoming));
        got = recv(fd, place, want - had, MSG_DONTWAIT);
        incoming->len = had + (got > 0 ? (size_t)got : 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (is_for_later(got))
            return QK_OK;
        if (got <= 0)
            return qk_fail(QK_E_SERVER_AWAY, "the other process is gone");
    }
    return QK_OK;
}

qk_err qk_seed_gather(int fd, qk_buf *incoming, qk_view *out_message)
{
    enum { HEAD = 4 };
    size_t len;

    *out_message = QK_VIEW_NONE;
    QK_TRY(gather_to(fd, incoming, HEAD));
    if (incoming->len < HEAD)
        return QK_OK;
    QK_TRY(length_of(incoming->data, &len));
    QK_TRY(gather_to(fd, incoming, HEAD + len));
    if (incoming->len == HEAD + len)
        *out_message = qk_view_slice(qk_buf_view(incoming), HEAD, len);
    return QK_OK;
}
