/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/blob/state.h"

#include "hsm/blob/blob.h"
#include "p11/mechanism.h"

enum { CONTENT_VERSION = 1 };

static const uint8_t clear_magic[4] = { 'Q', 'K', 'S', CONTENT_VERSION };

/* Numbers of our format; never changed. */
static const unsigned functions[] = { 0, QK_ENCRYPT, QK_DECRYPT, QK_DIGEST, QK_SIGN, QK_VERIFY };

static uint8_t code_of(unsigned function)
{
    uint8_t code = 1;
    while (code < sizeof functions / sizeof functions[0] - 1 && functions[code] != function)
        code++;
    return code;
}

static uint8_t *put_counted(uint8_t *place, qk_view bytes)
{
    for (size_t i = 0; i < 4; i++)
        *place++ = (uint8_t)(bytes.len >> (8 * (3 - i)));
    if (bytes.len)
        memcpy(place, bytes.data, bytes.len);
    return place + bytes.len;
}

static size_t content_len(const qk_state *state)
{
    return 3 + 4 + state->mechanism.len + 4 + state->key_blob.len + 4 + state->progress.len;
}

/* Composed by hand, so that progress never lies in an ordinary buffer. */
static void content_write(const qk_state *state, uint8_t *place)
{
    *place++ = CONTENT_VERSION;
    *place++ = code_of(state->function);
    *place++ = state->underway;
    place = put_counted(place, state->mechanism);
    place = put_counted(place, state->key_blob);
    (void)put_counted(place, state->progress);
}

static qk_err content_read(qk_view content, qk_state *out)
{
    qk_reader reader = qk_reader_of(content);
    uint8_t version = qk_read_u8(&reader), code = qk_read_u8(&reader), underway = qk_read_u8(&reader);

    out->mechanism = qk_read_counted(&reader);
    out->key_blob = qk_read_counted(&reader);
    out->progress = qk_read_counted(&reader);
    if (!qk_reader_ended(&reader) || version != CONTENT_VERSION || code == 0 ||
        code >= sizeof functions / sizeof functions[0] || underway > 1)
        return qk_fail(QK_E_BLOB_DAMAGED, "the content of a state cannot be read");
    out->function = functions[code];
    out->underway = underway;
    return QK_OK;
}

qk_err qk_state_seal(qk_ring *ring, qk_seal_under which, const qk_login_session *session, const qk_state *state,
                     qk_arena *arena, qk_view *out_blob)
{
    QK_OWNED(qk_secret_free) qk_secret content = QK_SECRET_NONE;
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;

    QK_TRY(qk_secret_new(content_len(state), &content));
    content_write(state, qk_secret_fill(&content));
    QK_TRY(qk_blob_seal(ring, which, session, QK_PURPOSE_STATE, QK_VIEW_NONE, qk_secret_reveal(&content), &blob));
    return qk_arena_copy(arena, qk_buf_view(&blob), out_blob);
}

qk_err qk_state_clear(const qk_state *state, qk_arena *arena, qk_view *out_blob)
{
    size_t len = sizeof clear_magic + content_len(state);
    uint8_t *place;

    if (state->function != QK_DIGEST || state->key_blob.len > 0)
        return qk_fail(QK_E_BAD_ARGUMENT, "only a digest's state may be clear");
    QK_TRY(qk_arena_bytes(arena, len, &place));
    memcpy(place, clear_magic, sizeof clear_magic);
    content_write(state, place + sizeof clear_magic);
    *out_blob = qk_view_of(place, len);
    return QK_OK;
}

static bool looks_clear(qk_view blob)
{
    return blob.len >= sizeof clear_magic && memcmp(blob.data, clear_magic, sizeof clear_magic) == 0; /* public */
}

/* Anybody can write a clear state: it may say nothing but the progress of a digest. */
static qk_err open_clear(qk_view blob, qk_secret *out_content, qk_state *out_state)
{
    QK_TRY(qk_secret_copy(qk_view_slice(blob, sizeof clear_magic, blob.len), out_content));
    QK_TRY(content_read(qk_secret_reveal(out_content), out_state));
    if (out_state->function != QK_DIGEST || out_state->key_blob.len > 0)
        return qk_fail(QK_E_BLOB_DAMAGED, "only a digest's state may be clear");
    return QK_OK;
}

qk_err qk_state_open(qk_ring *ring, const qk_logins *logins, unsigned function, qk_view blob, qk_secret *out_content,
                     qk_state *out_state)
{
    QK_OWNED(qk_secret_free) qk_secret content = QK_SECRET_NONE;
    qk_seal_under which;
    qk_state state;

    if (blob.len == 0)
        return qk_fail(QK_E_BAD_ARGUMENT, "the request has no state");
    if (function == QK_DIGEST && looks_clear(blob)) {
        QK_TRY(open_clear(blob, &content, &state));
    } else {
        QK_TRY(qk_blob_open(ring, logins, QK_PURPOSE_STATE, QK_VIEW_NONE, blob, &content, &which));
        QK_TRY(content_read(qk_secret_reveal(&content), &state));
    }
    if (state.function != function)
        return qk_fail(QK_E_BLOB_PURPOSE, "the state belongs to another function");
    qk_secret_give(&content, out_content);
    *out_state = state;
    return QK_OK;
}
