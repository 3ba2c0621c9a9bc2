/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of an HTTP/1.1 server. Input: options, size of the pieces, the answer. However it comes cut, the result is
 * the same. The bytes are also read as a URL. */
#include "fuzz.h"

#include "net/http.h"
#include "net/http_parser.h"

enum { NO_BODY = 1, MOST = 64 * 1024 };

static void read_answer(qk_http_parser *parser, qk_view rest, size_t piece, unsigned options, qk_err *out_err)
{
    qk_err err = QK_OK;

    qk_http_parser_init(parser, MOST, options & NO_BODY);
    while (rest.len && err == QK_OK && !qk_http_parser_complete(parser))
        err = qk_http_parser_feed(parser, fuzz_piece(&rest, piece));
    if (err == QK_OK && !qk_http_parser_complete(parser))
        err = qk_http_parser_end(parser);
    if (err == QK_OK)
        promise(parser->status >= 100 && parser->status <= 999 && parser->body.len <= MOST);
    *out_err = err;
}

static void read_url(qk_view text)
{
    QK_OWNED(qk_buf_done) qk_buf copy = QK_BUF_NONE;
    qk_url url;

    qk_buf_put(&copy, text);
    if (qk_url_read(qk_buf_text(&copy), &url) != QK_OK)
        return;
    promise(url.host[0] && url.path[0] == '/' && url.port > 0);
    (void)qk_url_is_loopback(&url);
}

/* Each header has a value, whatever stands in its name. */
static void read_fields(qk_view fields)
{
    qk_http_answer answer = { .fields = fields };
    qk_reader from = qk_reader_of(fields);

    while (fuzz_rest(&from).len > 0) {
        QK_OWNED(qk_buf_done) qk_buf name = QK_BUF_NONE;
        QK_OWNED(qk_buf_done) qk_buf value = QK_BUF_NONE;
        qk_buf_put(&name, fuzz_until(&from, ':'));
        fuzz_until(&from, '\n');
        promise(qk_http_answer_field(&answer, qk_buf_text(&name), &value));
        fuzz_touch(qk_buf_view(&value));
    }
}

void fuzz(qk_view input)
{
    qk_reader from = qk_reader_of(input);
    unsigned options = qk_read_u8(&from);
    size_t piece = qk_read_u8(&from);
    QK_OWNED(qk_http_parser_done) qk_http_parser cut;
    QK_OWNED(qk_http_parser_done) qk_http_parser whole;
    qk_err cut_err, whole_err;

    read_answer(&cut, fuzz_rest(&from), piece, options, &cut_err);
    read_answer(&whole, fuzz_rest(&from), 0, options, &whole_err);
    promise((cut_err == QK_OK) == (whole_err == QK_OK));
    if (whole_err == QK_OK)
        promise(cut.status == whole.status && qk_view_equal(qk_buf_view(&cut.body), qk_buf_view(&whole.body)) &&
                strcmp(cut.content_type, whole.content_type) == 0 &&
                qk_view_equal(qk_buf_view(&cut.fields), qk_buf_view(&whole.fields)));
    read_fields(qk_buf_view(&whole.fields));
    read_url(fuzz_rest(&from));
}
