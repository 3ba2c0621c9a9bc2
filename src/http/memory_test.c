/* SPDX-License-Identifier: Apache-2.0 */
/* Each allocation fails once: whatever was granted is given back, and what is said is never half an answer. The linker
 * puts this file between the room and malloc. */
#include "http/testing.h"

void *__real_malloc(size_t len);
void *__wrap_malloc(size_t len);

static int left = -1; /* of successful allocations; -1: all */

void *__wrap_malloc(size_t len)
{
    if (left == 0)
        return NULL;
    if (left > 0)
        left--;
    return __real_malloc(len);
}

static const char *const texts[] = {
    "GET /a HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
    ("PUT /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
     "GET /d HTTP/1.1\r\n"),
    "broken\r\n\r\n",
};

/* One allocation fails, later ones succeed again. True if it came to that. */
static bool talk(const char *text, size_t piece, int fails_at)
{
    static char said[8192];
    size_t said_len = 0, len = strlen(text);
    http_owner it;
    bool failed = false;

    owner_start(&it);
    left = fails_at;
    for (size_t at = 0; at < len && !failed; at += piece) {
        QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;
        failed = qk_http_session_feed(it.session, qk_view_slice(qk_view_text(text), at, piece)) != QK_OK ||
                 qk_http_session_drain(it.session, 1000, &out) != QK_OK;
        assert_true(said_len + out.len < sizeof said);
        if (out.len)
            memcpy(said + said_len, out.data, out.len);
        said_len += out.len;
        if (left == 0)
            left = -1;
    }
    failed = failed || left < 0;
    left = -1;
    said[said_len] = 0;
    assert_int_equal(count_of(said, "HTTP/1.1 "), count_of(said, "\r\n\r\n"));
    owner_stop(&it);
    return failed;
}

static void every_allocation_may_fail(void **state)
{
    static const size_t pieces[] = { 10000, 7, 1 };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        for (size_t j = 0; j < sizeof pieces / sizeof pieces[0]; j++) {
            int fails_at = 0;
            while (talk(texts[i], pieces[j], fails_at))
                fails_at++;
            assert_true(fails_at > 0);
        }
}

static void a_waiting_exchange_may_find_no_memory(void **state)
{
    (void)state;
    for (int fails_at = 0; fails_at < 4; fails_at++) {
        http_owner it;
        owner_start(&it);
        it.waits = true;
        owner_hear(&it, texts[0]);
        left = fails_at;
        qk_http_answer_header(it.waiting, "X", "y");
        qk_http_answer(it.waiting, 200, "text/plain", QK_VIEW_LITERAL("hello"));
        left = -1;
        owner_listen(&it);
        if (it.said.len > 0)
            assert_says(owner_said(&it), "\r\n\r\n");
        owner_stop(&it);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(a_waiting_exchange_may_find_no_memory),
    };

    return cmocka_run_group_tests_name("http memory", tests, NULL, NULL);
}
