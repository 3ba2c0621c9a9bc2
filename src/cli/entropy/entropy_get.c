/* SPDX-License-Identifier: Apache-2.0 */
/* quantoki entropy get: bytes for people and scripts. They go from locked memory to the output and nowhere else. */
#include <argp.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/encoding.h"
#include "cli/entropy/entropy_commands.h"
#include "cli/entropy/entropy_place.h"
#include "cli/token/token_text.h"
#include "crypto/crypto.h"
#include "entropy/entropy.h"

enum {
    OPTION_LOCAL = 256,
    OPTION_FORCE,
    CHUNK = 384 * 1024, /* a multiple of 3 and of 1024: pieces of base64 join without padding, blocks are whole */
    CALL_MS = 30 * 1000,
    PATIENCE_MS = 120 * 1000, /* the longest a service may make us wait within one order */
};

typedef struct format_row {
    const char *name;
    void (*write)(qk_view bytes, qk_buf *out);
    bool newline;
} format_row;

static void write_hex(qk_view bytes, qk_buf *out)
{
    uint8_t *place = qk_buf_grow(out, 2 * bytes.len + 1);

    if (!place)
        return;
    qk_hex_write(bytes, (char *)place);
    out->len--; /* its terminator */
}

static void write_raw(qk_view bytes, qk_buf *out)
{
    qk_buf_put(out, bytes);
}

static const format_row formats[] = {
    { "hex", write_hex, true },
    { "base64", qk_base64_write, true },
    { "raw", write_raw, false },
};

typedef struct order {
    qk_entropy_place place;
    uint64_t bytes;
    const format_row *format;
    bool local, force;
} order;

/* ---- writing ---- */

static qk_err write_all(qk_view bytes)
{
    while (bytes.len) {
        ssize_t done = write(STDOUT_FILENO, bytes.data, bytes.len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return qk_fail(QK_E_SYSTEM, "the output does not take any more: %s", strerror(errno));
        bytes = qk_view_slice(bytes, (size_t)done, bytes.len);
    }
    return QK_OK;
}

static qk_err write_chunk(const order *order_, qk_view bytes)
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE; /* wiped */

    order_->format->write(bytes, &text);
    QK_TRY(qk_buf_check(&text));
    return write_all(qk_buf_view(&text));
}

/* ---- where they come from ---- */

static qk_err draw_local(const order *order_, uint8_t *out, size_t len)
{
    bool quantum = order_->place.type && strcmp(order_->place.type, "quantum") == 0;

    return qk_entropy_draw_by(quantum ? QK_ENTROPY_QUANTUM : QK_ENTROPY_MIXED, out, len, qk_deadline_in(CALL_MS));
}

/* Once something was written, a service that asks for a pause gets it, or a large order could never be filled. */
static qk_err fetch(const order *order_, uint8_t *out, size_t len, bool patient)
{
    int64_t wait_ms = 0, waited_ms = 0;
    qk_err err;

    for (;;) {
        err = qk_entropy_service_fetch(order_->place.service, out, len, qk_deadline_in(CALL_MS), &wait_ms);
        if (err != QK_E_RATE || !patient || wait_ms <= 0 || waited_ms + wait_ms > PATIENCE_MS)
            return err == QK_OK ? QK_OK : qk_entropy_place_explain(&order_->place, err, wait_ms);
        waited_ms += wait_ms;
        poll(NULL, 0, (int)wait_ms);
    }
}

static qk_err deliver(const order *order_)
{
    QK_OWNED(qk_secret_free) qk_secret chunk = QK_SECRET_NONE;
    uint64_t done = 0;

    QK_TRY(qk_secret_new(order_->bytes < CHUNK ? (size_t)order_->bytes : CHUNK, &chunk));
    while (done < order_->bytes) {
        size_t len = order_->bytes - done < CHUNK ? (size_t)(order_->bytes - done) : CHUNK;
        uint8_t *out = qk_secret_fill(&chunk);
        QK_TRY(order_->local ? draw_local(order_, out, len) : fetch(order_, out, len, done > 0));
        QK_TRY(write_chunk(order_, qk_view_of(out, len)));
        done += len;
    }
    return order_->format->newline ? write_all(QK_VIEW_LITERAL("\n")) : QK_OK;
}

static qk_err get(order *order_)
{
    qk_err err;

    if (!order_->format->newline && !order_->force && isatty(STDOUT_FILENO))
        return qk_fail(QK_E_BAD_ARGUMENT, "raw bytes would garble this terminal: send them to a file or a pipe, or "
                                          "insist with --force");
    QK_TRY(qk_crypto_start());
    err = order_->local ? qk_entropy_start(NULL) : qk_entropy_place_open(&order_->place);
    if (err == QK_OK)
        err = deliver(order_);
    qk_entropy_place_close(&order_->place);
    qk_entropy_stop();
    qk_crypto_stop();
    return err;
}

/* ---- options ---- */

static const struct argp_option options[] = {
    { "bytes", 'n', "N", 0, "How many bytes; k, M and G count in 1024s (default: 32)", 0 },
    { "format", 'f', "FORMAT", 0, "hex, base64 or raw (default: hex)", 0 },
    { "type", 't', "TYPE", 0, "quantum or mixed (default: what the service gives first)", 0 },
    QK_PLACE_OPTIONS,
    { "local", OPTION_LOCAL, NULL, 0, "From the noise sources of this machine, in this process, without a service", 0 },
    { "force", OPTION_FORCE, NULL, 0, "Raw bytes even to a terminal", 0 },
    { 0 },
};

static const format_row *format_of(const char *name, struct argp_state *state)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    argp_error(state, "'%s' is no format: hex, base64 or raw", name);
    return &formats[0];
}

static void check_order(const order *it, struct argp_state *state)
{
    if (it->local && (it->place.url || it->place.config))
        argp_error(state, "--local asks no service: leave --url and --config out");
    if (it->place.type && strcmp(it->place.type, "quantum") != 0 && strcmp(it->place.type, "mixed") != 0)
        argp_error(state, "'%s' is no type of entropy: quantum or mixed", it->place.type);
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    order *it = state->input;

    switch (key) {
    case 'n':
        if (qk_token_bytes_read(value, &it->bytes) != QK_OK || it->bytes == 0)
            argp_error(state, "'%s' is no number of bytes", value);
        return 0;
    case 'f':
        it->format = format_of(value, state);
        return 0;
    case 't':
        it->place.type = value;
        return 0;
    case OPTION_LOCAL:
        it->local = true;
        return 0;
    case OPTION_FORCE:
        it->force = true;
        return 0;
    case ARGP_KEY_END:
        check_order(it, state);
        return 0;
    default:
        return qk_entropy_place_parse(key, value, &it->place);
    }
}

qk_err qk_command_entropy_get(int argc, char **argv)
{
    static const struct argp parser = {
        .options = options,
        .parser = parse_option,
        .doc = "Writes fresh random bytes of an entropy service, or of this machine's own sources. Nothing stands in "
               "for a "
               "service that does not answer: then nothing is written, and the exit status says why.",
    };
    order order_ = { .bytes = 32, .format = &formats[0] };

    argp_parse(&parser, argc, argv, 0, NULL, &order_);
    return get(&order_);
}
