/* SPDX-License-Identifier: Apache-2.0 */
/* An encoder of request headers (HPACK, RFC 7541), for the client alone.
 *
 * nghttp2's own never puts `authorization` into the header table, and so spends half of a small call's time on the
 * Huffman code of the same five hundred characters, on both sides. In our client the token of a connection is a byte
 * from the second call on. There is nobody on a connection of ours who could guess at it by watching lengths, which is
 * what nghttp2 guards against. No Huffman code: what is sent once needs none. */
#ifndef QK_RPC_HPACK_H
#define QK_RPC_HPACK_H

#include "base/bytes.h"

enum {
    QK_HPACK_TABLE_SIZE = 4096,                  /* what a peer grants before it says otherwise */
    QK_HPACK_ENTRIES = QK_HPACK_TABLE_SIZE / 32, /* an entry counts 32 bytes and its texts */
};

typedef struct qk_hpack_entry {
    const char *name;
    uint8_t *value;
    size_t value_len;
} qk_hpack_entry;

typedef struct qk_hpack {
    qk_hpack_entry entries[QK_HPACK_ENTRIES]; /* a ring; the newest is at `newest` */
    size_t newest, count;
    size_t used, max; /* bytes, as RFC 7541 counts them (section 4.1) */
    bool shrunk;      /* the peer must be told */
} qk_hpack;

void qk_hpack_init(qk_hpack *hpack);
void qk_hpack_done(qk_hpack *hpack); /* wipes the values */
/* The peer's SETTINGS_HEADER_TABLE_SIZE. The table only shrinks. */
void qk_hpack_limit(qk_hpack *hpack, size_t peer_max);

/* A header block is one begin and any number of puts. `name` is a string literal (it is kept). `index`: the value will
 * come again. */
void qk_hpack_begin(qk_hpack *hpack, qk_buf *out);
void qk_hpack_put(qk_hpack *hpack, const char *name, qk_view value, bool index, qk_buf *out);

#endif
