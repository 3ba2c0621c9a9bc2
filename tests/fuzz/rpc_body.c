/* SPDX-License-Identifier: Apache-2.0 */
/* The body of a call, inside sound HTTP/2. Input: options, size of the DATA frames, the body. */
#include "rpc_peer.h"

enum { ANSWER_LAST = 1, GZIP = 2, NOT_ENDED = 4, HOLD = 8, REFUSE = 16, TRAILERS = 32, STREAM = 64 };
enum { DATA = 0, HEADERS = 1, END_STREAM = 1, END_HEADERS = 4, MOST = 16384 };

static void put_headers(unsigned options, qk_buf *out)
{
    QK_OWNED(qk_buf_done) qk_buf block = QK_BUF_NONE;
    const char *path = options & HOLD ? "/t.T/Hold" : options & REFUSE ? "/t.T/RefuseLater" : "/t.T/Words";
    const char *stream = options & HOLD ? "/t.T/StreamHold" : options & REFUSE ? "/t.T/StreamWords" : "/t.T/Stream";

    fuzz_put_usual_headers(&block);
    fuzz_put_header(QK_VIEW_LITERAL(":path"), qk_view_text(options & STREAM ? stream : path), &block);
    fuzz_put_header(QK_VIEW_LITERAL("te"), QK_VIEW_LITERAL("trailers"), &block);
    fuzz_put_header(QK_VIEW_LITERAL("content-type"), QK_VIEW_LITERAL("application/grpc"), &block);
    if (options & GZIP)
        fuzz_put_header(QK_VIEW_LITERAL("grpc-encoding"), QK_VIEW_LITERAL("gzip"), &block);
    fuzz_put_frame(HEADERS, END_HEADERS, 1, qk_buf_view(&block), out);
}

static void put_body(unsigned options, size_t piece, qk_view rest, qk_buf *out)
{
    bool by_trailers = options & TRAILERS, ends = !(options & NOT_ENDED);
    QK_OWNED(qk_buf_done) qk_buf block = QK_BUF_NONE;

    do {
        qk_view part = fuzz_piece(&rest, piece ? piece : MOST);
        fuzz_put_frame(DATA, ends && !by_trailers && !rest.len ? END_STREAM : 0, 1, part, out);
    } while (rest.len);
    fuzz_put_header(QK_VIEW_LITERAL("x-checksum"), QK_VIEW_LITERAL("0"), &block);
    if (by_trailers)
        fuzz_put_frame(HEADERS, END_HEADERS | END_STREAM, 1, qk_buf_view(&block), out);
}

void fuzz(qk_view input)
{
    QK_OWNED(qk_buf_done) qk_buf bytes = QK_BUF_NONE;
    qk_reader from = qk_reader_of(input);
    unsigned options = qk_read_u8(&from);
    size_t piece = qk_read_u8(&from);

    fuzz_put_preface(&bytes);
    put_headers(options, &bytes);
    put_body(options, piece, fuzz_rest(&from), &bytes);
    must(qk_buf_check(&bytes));
    fuzz_connection(qk_buf_view(&bytes), 0, options & ANSWER_LAST);
}
