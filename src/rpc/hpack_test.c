/* SPDX-License-Identifier: Apache-2.0 */
/* What the encoder writes, nghttp2's decoder reads. */
#include "rpc/hpack.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

typedef struct world {
    qk_hpack encoder;
    nghttp2_hd_inflater *decoder;
    qk_buf block;
} world;

static int start(void **state)
{
    world *w = calloc(1, sizeof *w);

    if (!w)
        return -1;
    qk_hpack_init(&w->encoder);
    assert_int_equal(nghttp2_hd_inflate_new(&w->decoder), 0);
    *state = w;
    return 0;
}

static int stop(void **state)
{
    world *w = *state;

    qk_hpack_done(&w->encoder);
    nghttp2_hd_inflate_del(w->decoder);
    qk_buf_done(&w->block);
    free(w);
    return 0;
}

/* Decodes the block into lines "name: value\n" and empties it. */
static void decode(world *w, qk_buf *lines)
{
    const uint8_t *at = w->block.data;
    size_t left = w->block.len;
    int flags = 0;

    qk_buf_clear(lines);
    while (!(flags & NGHTTP2_HD_INFLATE_FINAL)) {
        nghttp2_nv nv;
        ssize_t taken = nghttp2_hd_inflate_hd2(w->decoder, &nv, &flags, at, left, 1);

        assert_true(taken >= 0);
        at += taken;
        left -= (size_t)taken;
        if (flags & NGHTTP2_HD_INFLATE_EMIT)
            qk_buf_printf(lines, "%.*s: %.*s\n", (int)nv.namelen, nv.name, (int)nv.valuelen, nv.value);
    }
    nghttp2_hd_inflate_end_headers(w->decoder);
    qk_buf_clear(&w->block);
}

static void put(world *w, const char *name, const char *value, bool index)
{
    qk_hpack_put(&w->encoder, name, qk_view_text(value), index, &w->block);
}

static void put_request(world *w, const char *token)
{
    qk_hpack_begin(&w->encoder, &w->block);
    put(w, ":method", "POST", true);
    put(w, ":scheme", "https", true);
    put(w, ":path", "/grep11.Crypto/SignSingle", true);
    put(w, "te", "trailers", true);
    put(w, "authorization", token, true);
}

static void assert_request(world *w, const char *token)
{
    QK_OWNED(qk_buf_done) qk_buf lines = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf expected = QK_BUF_NONE;

    decode(w, &lines);
    qk_buf_printf(&expected,
                  ":method: POST\n:scheme: https\n:path: /grep11.Crypto/SignSingle\nte: trailers\nauthorization: %s\n",
                  token);
    assert_true(qk_view_equal(qk_buf_view(&lines), qk_buf_view(&expected)));
}

static void a_request_is_read_back(void **state)
{
    put_request(*state, "Bearer abc");
    assert_request(*state, "Bearer abc");
}

static void a_repeated_request_is_a_byte_per_header(void **state)
{
    world *w = *state;

    put_request(w, "Bearer abc");
    assert_request(w, "Bearer abc");
    put_request(w, "Bearer abc");
    assert_int_equal(w->block.len, 5);
    assert_request(w, "Bearer abc");
}

static void values_alternate(void **state)
{
    world *w = *state;

    for (int i = 0; i < 10; i++) {
        const char *token = i % 2 ? "Bearer one" : "Bearer two";

        put_request(w, token);
        assert_true(i < 2 || w->block.len == 5);
        assert_request(w, token);
    }
}

static void what_is_not_indexed_takes_no_place(void **state)
{
    world *w = *state;
    QK_OWNED(qk_buf_done) qk_buf lines = QK_BUF_NONE;

    for (int i = 0; i < 3; i++) {
        put(w, "grpc-timeout", "1234m", false);
        assert_int_equal(w->encoder.count, 0);
        decode(w, &lines);
        assert_string_equal(qk_buf_text(&lines), "grpc-timeout: 1234m\n");
    }
}

/* Both sides must drop the same entries at the same moment. */
static void the_table_turns_over(void **state)
{
    world *w = *state;
    uint32_t seed = 5;

    for (int i = 0; i < 3000; i++) {
        QK_OWNED(qk_buf_done) qk_buf lines = QK_BUF_NONE;
        QK_OWNED(qk_buf_done) qk_buf expected = QK_BUF_NONE;
        char value[1024];

        seed = seed * 1664525 + 1013904223;
        memset(value, 'v', sizeof value);
        value[(seed >> 8) % (i % 3 ? 20 : sizeof value)] = 0;
        put(w, (seed >> 4) % 2 ? ":path" : "x-name", value, (seed >> 6) % 4 != 0);
        qk_buf_printf(&expected, "%s: %s\n", (seed >> 4) % 2 ? ":path" : "x-name", value);
        decode(w, &lines);
        assert_true(qk_view_equal(qk_buf_view(&lines), qk_buf_view(&expected)));
        assert_true(w->encoder.used <= QK_HPACK_TABLE_SIZE);
    }
}

static void many_small_entries_fill_the_table(void **state)
{
    world *w = *state;

    for (int i = 0; i < 500; i++) {
        QK_OWNED(qk_buf_done) qk_buf lines = QK_BUF_NONE;
        char value[8], expected[16];

        snprintf(value, sizeof value, "%d", i);
        put(w, "", value, true);
        decode(w, &lines);
        snprintf(expected, sizeof expected, ": %d\n", i);
        assert_string_equal(qk_buf_text(&lines), expected);
    }
}

static void a_huge_value_is_sent_without_a_place(void **state)
{
    world *w = *state;
    char token[8000];

    memset(token, 't', sizeof token - 1);
    token[sizeof token - 1] = 0;
    put_request(w, "Bearer abc");
    assert_request(w, "Bearer abc");
    put_request(w, token);
    assert_request(w, token);
    put_request(w, "Bearer abc");
    assert_int_equal(w->block.len, 5);
    assert_request(w, "Bearer abc");
}

static void a_peer_may_want_a_smaller_table(void **state)
{
    static const size_t sizes[] = { 10000, 4096, 100, 50, 0, 4096 };
    world *w = *state;

    put_request(w, "Bearer abc");
    assert_request(w, "Bearer abc");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (sizes[i] < 4096)
            assert_int_equal(nghttp2_hd_inflate_change_table_size(w->decoder, sizes[i]), 0);
        qk_hpack_limit(&w->encoder, sizes[i]);
        for (int n = 0; n < 3; n++) {
            put_request(w, "Bearer abc");
            assert_request(w, "Bearer abc");
        }
    }
    assert_int_equal(w->encoder.count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(a_request_is_read_back),
        TEST(a_repeated_request_is_a_byte_per_header),
        TEST(values_alternate),
        TEST(what_is_not_indexed_takes_no_place),
        TEST(the_table_turns_over),
        TEST(many_small_entries_fill_the_table),
        TEST(a_huge_value_is_sent_without_a_place),
        TEST(a_peer_may_want_a_smaller_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
