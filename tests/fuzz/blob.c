/* SPDX-License-Identifier: Apache-2.0 */
/* Blobs. Input: what to do with the rest.
 *   foreign  bytes that somebody sent as a blob, of any kind
 *   sealed   purpose, then bytes that are sealed as the content of a blob: even our own content is read with care
 *   changed  a good blob, then places and what is changed there: what was changed does not open */
#include "fuzz_hsm.h"

#include "hsm/blob/held_key.h"
#include "hsm/blob/public_blob.h"
#include "hsm/blob/state.h"

enum { FOREIGN, SEALED, CHANGED, KINDS };

void fuzz_start(void)
{
    fuzz_hsm_start();
}

static qk_err open_key(qk_view blob)
{
    QK_OWNED(qk_held_key_unref) qk_held_key *held = NULL;
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    QK_TRY(qk_held_key_open(fuzz_ring(), NULL, blob, &held));
    promise(qk_view_equal(qk_held_key_blob(held), blob));
    return qk_held_key_describe(held, &attrs);
}

static qk_err open_state(qk_view blob, unsigned function)
{
    QK_OWNED(qk_secret_free) qk_secret content = QK_SECRET_NONE;
    qk_state state;

    QK_TRY(qk_state_open(fuzz_ring(), NULL, function, blob, &content, &state));
    promise(state.function == function);
    fuzz_touch(state.mechanism);
    fuzz_touch(state.key_blob);
    fuzz_touch(state.progress);
    return QK_OK;
}

static qk_err open_purpose(qk_view blob, qk_purpose purpose)
{
    QK_OWNED(qk_secret_free) qk_secret plain = QK_SECRET_NONE;
    return qk_unseal(fuzz_ring(), purpose, QK_VIEW_NONE, blob, &plain);
}

/* How many readers take it. */
static unsigned open_as_anything(qk_view blob)
{
    unsigned taken = open_key(blob) == QK_OK;

    for (unsigned function = 1; function <= QK_VERIFY; function <<= 1)
        taken += open_state(blob, function) == QK_OK;
    for (int purpose = 0; purpose <= QK_PURPOSE_IAM + 1; purpose++)
        taken += open_purpose(blob, (qk_purpose)purpose) == QK_OK;
    return taken;
}

/* Public blobs come concatenated. */
static void split(qk_view bytes)
{
    qk_view spki, trailer, rest;

    while (bytes.len && qk_public_blob_split(bytes, &spki, &trailer, &rest) == QK_OK) {
        promise(spki.len + trailer.len + rest.len == bytes.len && spki.len > 0);
        bytes = rest;
    }
}

static void open_sealed(qk_reader *from)
{
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;
    qk_purpose purpose = (qk_purpose)(1 + qk_read_u8(from) % QK_PURPOSE_IAM);

    must(qk_seal(fuzz_ring(), QK_UNDER_INSTANCE, purpose, QK_VIEW_NONE, fuzz_rest(from), &blob));
    promise(open_purpose(qk_buf_view(&blob), purpose) == QK_OK);
    (void)open_as_anything(qk_buf_view(&blob));
}

static void open_changed(qk_reader *from)
{
    qk_view good = fuzz_blob(qk_read_u8(from));
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;

    qk_buf_put(&blob, good);
    must(qk_buf_check(&blob));
    while (from->rest.len >= 3) {
        size_t at = qk_read_u16(from) % blob.len;
        blob.data[at] ^= qk_read_u8(from);
    }
    promise((open_as_anything(qk_buf_view(&blob)) > 0) == qk_view_equal(good, qk_buf_view(&blob)));
}

void fuzz(qk_view input)
{
    qk_reader from = qk_reader_of(input);
    unsigned kind = qk_read_u8(&from) % KINDS;

    if (kind == SEALED) {
        open_sealed(&from);
    } else if (kind == CHANGED) {
        open_changed(&from);
    } else {
        (void)open_as_anything(fuzz_rest(&from));
        split(fuzz_rest(&from));
    }
}
