/* SPDX-License-Identifier: Apache-2.0 */
/* The headers of a call, inside sound HTTP/2. Input: options, then lines "name: value". */
#include "rpc_peer.h"

enum { ANSWER_LAST = 1, USUAL = 2, WITH_BODY = 4 };
enum { DATA = 0, HEADERS = 1, CONTINUATION = 9, END_STREAM = 1, END_HEADERS = 4, MOST = 16384 };

/* A name may start with a colon. */
static void put_line(qk_view line, qk_buf *block)
{
    size_t at = 1;

    while (at < line.len && line.data[at] != ':')
        at++;
    fuzz_put_header(qk_view_slice(line, 0, at), qk_view_slice(line, at + 2, line.len), block);
}

static void put_block(qk_view block, uint8_t flags, qk_buf *out)
{
    uint8_t type = HEADERS;

    do {
        qk_view part = fuzz_piece(&block, MOST);
        fuzz_put_frame(type, (uint8_t)(flags | (block.len ? 0 : END_HEADERS)), 1, part, out);
        type = CONTINUATION;
        flags = 0;
    } while (block.len);
}

void fuzz(qk_view input)
{
    static const uint8_t message[] = { 0, 0, 0, 0, 3, 0x1a, 0x01, 'x' };
    QK_OWNED(qk_buf_done) qk_buf bytes = QK_BUF_NONE, block = QK_BUF_NONE;
    qk_reader from = qk_reader_of(input);
    unsigned options = qk_read_u8(&from);

    if (options & USUAL)
        fuzz_put_usual_headers(&block);
    while (from.rest.len)
        put_line(fuzz_until(&from, '\n'), &block);
    fuzz_put_preface(&bytes);
    put_block(qk_buf_view(&block), options & WITH_BODY ? 0 : END_STREAM, &bytes);
    if (options & WITH_BODY)
        fuzz_put_frame(DATA, END_STREAM, 1, qk_view_of(message, sizeof message), &bytes);
    must(qk_buf_check(&bytes));
    fuzz_connection(qk_buf_view(&bytes), 0, options & ANSWER_LAST);
}
