/* SPDX-License-Identifier: Apache-2.0 */
/* The status page's files. They hold nothing of this server, so they need no token; the data they ask for may. */
#include "rest/document/page.h"
#include "rest/text/parameters.h"
#include "rest/parts.h"

/* Nothing from elsewhere, no frame around it, and no guessing of types. */
static const char *const page_headers[][2] = {
    { "Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'" },
    { "X-Content-Type-Options", "nosniff" },
    { "Referrer-Policy", "no-referrer" },
    { "Cache-Control", "no-cache" },
};

/* True: answered. The browser has the file already. */
static bool is_known(qk_rest *rest, qk_rest_call *call, const char *etag)
{
    if (!qk_header_lists(call->exchange, "If-None-Match", etag))
        return false;
    qk_rest_close(rest, call, 304);
    qk_http_answer(call->exchange, 304, NULL, QK_VIEW_NONE);
    return true;
}

bool qk_rest_give_page(qk_rest *rest, qk_rest_call *call)
{
    qk_http_exchange *exchange = call->exchange;
    const char *content_type;
    qk_view bytes, gzipped;

    if (!qk_rest_page_find(exchange->path, &content_type, &bytes, &gzipped)) {
        qk_rest_refuse(call, QK_REFUSE_PATH, "there is nothing at this path");
        return false;
    }
    qk_http_answer_header(exchange, "ETag", qk_rest_page_etag(exchange->path));
    if (gzipped.len)
        qk_http_answer_header(exchange, "Vary", "Accept-Encoding");
    for (size_t i = 0; i < sizeof page_headers / sizeof page_headers[0]; i++)
        qk_http_answer_header(exchange, page_headers[i][0], page_headers[i][1]);
    if (is_known(rest, call, qk_rest_page_etag(exchange->path)))
        return true;
    if (gzipped.len && qk_header_lists(exchange, "Accept-Encoding", "gzip")) {
        qk_http_answer_header(exchange, "Content-Encoding", "gzip");
        bytes = gzipped;
    }
    qk_rest_close(rest, call, 200);
    qk_http_answer(exchange, 200, content_type, bytes);
    return true;
}
