/* SPDX-License-Identifier: Apache-2.0 */
/* The template of a request, a map<uint64, AttributeValue>: what is taken is written in our strict form and read again.
 * Also the form it has in blobs. */
#include "fuzz.h"

#include "p11/attribute_bytes.h"
#include "hsm/codec/attribute_codec.h"

static void from_map(qk_view bytes, qk_arena *arena)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE, again = QK_ATTRS_NONE;
    Grep11__GenerateKeyRequest *request, answer;

    if (qk_message_read(&grep11__generate_key_request__descriptor, bytes, arena, (void **)&request) != QK_OK ||
        qk_attrs_from_map(request->template_, request->n_template_, &attrs) != QK_OK)
        return;
    grep11__generate_key_request__init(&answer);
    must(qk_attrs_to_map(&attrs, &grep11__generate_key_request__template_entry__descriptor, arena, &answer.template_,
                         &answer.n_template_));
    must(qk_attrs_from_map(answer.template_, answer.n_template_, &again));
    promise(attrs.count == again.count && qk_attrs_match(&attrs, &again));
}

/* Blobs are authenticated, so their reader lets pass what no writer of ours makes; that may change when it is written.
 */
static void from_bytes(qk_view bytes)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE, again = QK_ATTRS_NONE;
    QK_OWNED(qk_buf_done) qk_buf written = QK_BUF_NONE, rewritten = QK_BUF_NONE;

    if (qk_attrs_read(bytes, &attrs) != QK_OK)
        return;
    must(qk_attrs_write(&attrs, &written));
    if (qk_attrs_read(qk_buf_view(&written), &again) != QK_OK)
        return;
    must(qk_attrs_write(&again, &rewritten));
    promise(qk_view_equal(qk_buf_view(&written), qk_buf_view(&rewritten)));
}

void fuzz(qk_view input)
{
    QK_OWNED(qk_arena_done) qk_arena arena;

    qk_arena_init(&arena, 16 << 20);
    from_map(input, &arena);
    from_bytes(input);
}
