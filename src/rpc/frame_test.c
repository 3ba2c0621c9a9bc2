/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/frame.h"

#include <stdlib.h>
#include <zlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

enum { MAX = 256 * 1024 };

typedef struct bench {
    qk_arena arena;
    qk_frame_reader reader;
    size_t budget, asked_beyond;
} bench;

static bool grant(void *context, size_t so_far, size_t more)
{
    bench *b = context;

    if (so_far + more <= b->budget)
        return true;
    b->asked_beyond = so_far + more;
    return false;
}

static int start(void **state)
{
    bench *b = calloc(1, sizeof *b);

    qk_arena_init(&b->arena, 0);
    b->budget = SIZE_MAX;
    b->reader = (qk_frame_reader){ .arena = &b->arena, .max_message = MAX, .gzip = true, .grant = grant, .context = b };
    *state = b;
    return 0;
}

static int stop(void **state)
{
    bench *b = *state;

    qk_frame_done(&b->reader);
    qk_arena_done(&b->arena);
    free(b);
    return 0;
}

static void put_message(qk_buf *out, uint8_t flag, qk_view message)
{
    qk_buf_put_u8(out, flag);
    qk_buf_put_counted(out, message);
}

static void fill(qk_buf *out, size_t len)
{
    uint8_t *place = qk_buf_grow(out, len);

    assert_true(place || len == 0);
    for (size_t i = 0; i < len; i++)
        place[i] = (uint8_t)(i * 7 + (i >> 8));
}

static void gzip(qk_view plain, qk_buf *out)
{
    z_stream zip = { 0 };
    size_t room = plain.len / 2 + 4096;

    assert_int_equal(deflateInit2(&zip, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    zip.next_in = (Bytef *)(uintptr_t)plain.data;
    zip.avail_in = (uInt)plain.len;
    zip.next_out = qk_buf_grow(out, room);
    zip.avail_out = (uInt)room;
    assert_int_equal(deflate(&zip, Z_FINISH), Z_STREAM_END);
    out->len -= zip.avail_out;
    deflateEnd(&zip);
}

static qk_err feed_in_pieces(qk_frame_reader *reader, qk_view bytes, size_t piece)
{
    for (size_t at = 0; at < bytes.len; at += piece)
        QK_TRY(qk_frame_feed(reader, qk_view_slice(bytes, at, piece)));
    return QK_OK;
}

static void prefixes_are_big_endian(void **state)
{
    uint8_t prefix[QK_FRAME_PREFIX_LEN];

    (void)state;
    assert_int_equal(qk_frame_put_prefix(prefix, 0x01020304), QK_OK);
    assert_memory_equal(prefix, "\0\1\2\3\4", sizeof prefix);
    assert_int_equal(qk_frame_put_prefix(prefix, (size_t)1 << 32), QK_E_MESSAGE_SIZE);
}

static void a_message_arrives_in_any_pieces(void **state)
{
    static const size_t sizes[] = { 0, 1, 1000, 64 * 1024, 64 * 1024 + 1, MAX }, pieces[] = { 1, 3, 16384, MAX };

    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        for (size_t p = 0; p < sizeof pieces / sizeof pieces[0]; p++) {
            QK_OWNED(qk_buf_done) qk_buf message = QK_BUF_NONE;
            QK_OWNED(qk_buf_done) qk_buf framed = QK_BUF_NONE;
            qk_view got;
            bench *b;

            stop(state);
            start(state);
            b = *state;
            fill(&message, sizes[s]);
            put_message(&framed, 0, qk_buf_view(&message));
            assert_int_equal(feed_in_pieces(&b->reader, qk_buf_view(&framed), pieces[p]), QK_OK);
            assert_int_equal(qk_frame_finish(&b->reader, &got), QK_OK);
            assert_true(qk_view_equal(got, qk_buf_view(&message)));
            assert_int_equal(b->reader.granted, sizes[s]);
        }
}

static void a_longer_message_is_refused_at_its_prefix(void **state)
{
    bench *b = *state;

    assert_int_equal(qk_frame_feed(&b->reader, QK_VIEW_LITERAL("\0\0\4\0\1")), QK_E_MESSAGE_SIZE);
    assert_int_equal(b->reader.granted, 0);
}

static void an_announced_length_takes_no_memory(void **state)
{
    bench *b = *state;

    assert_int_equal(qk_frame_feed(&b->reader, QK_VIEW_LITERAL("\0\0\4\0\0x")), QK_OK);
    assert_true(b->reader.granted <= 64 * 1024);
}

static void a_refused_grant_stops_the_message(void **state)
{
    bench *b = *state;
    QK_OWNED(qk_buf_done) qk_buf message = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf framed = QK_BUF_NONE;

    b->budget = MAX / 2;
    fill(&message, MAX);
    put_message(&framed, 0, qk_buf_view(&message));
    assert_int_equal(feed_in_pieces(&b->reader, qk_buf_view(&framed), 16384), QK_E_RATE);
    assert_true(b->asked_beyond > MAX / 2);
    assert_true(b->reader.granted <= MAX / 2);
}

static void a_second_message_is_refused(void **state)
{
    bench *b = *state;

    assert_int_equal(qk_frame_feed(&b->reader, QK_VIEW_LITERAL("\0\0\0\0\1a\0\0\0\0\1b")), QK_E_MESSAGE_MALFORMED);
}

static void no_message_is_refused(void **state)
{
    bench *b = *state;
    qk_view got;

    assert_int_equal(qk_frame_finish(&b->reader, &got), QK_E_MESSAGE_MALFORMED);
}

static void half_a_message_is_refused(void **state)
{
    bench *b = *state;
    qk_view got;

    assert_int_equal(qk_frame_feed(&b->reader, QK_VIEW_LITERAL("\0\0\0\0\2a")), QK_OK);
    assert_int_equal(qk_frame_finish(&b->reader, &got), QK_E_MESSAGE_MALFORMED);
}

static void half_a_prefix_is_refused(void **state)
{
    bench *b = *state;
    qk_view got;

    assert_int_equal(qk_frame_feed(&b->reader, QK_VIEW_LITERAL("\0\0\0")), QK_OK);
    assert_int_equal(qk_frame_finish(&b->reader, &got), QK_E_MESSAGE_MALFORMED);
}

static void an_unknown_flag_is_refused(void **state)
{
    bench *b = *state;

    assert_int_equal(qk_frame_feed(&b->reader, QK_VIEW_LITERAL("\2\0\0\0\1a")), QK_E_MESSAGE_MALFORMED);
}

static void compression_must_have_been_announced(void **state)
{
    bench *b = *state;

    b->reader.gzip = false;
    assert_int_equal(qk_frame_feed(&b->reader, QK_VIEW_LITERAL("\1\0\0\0\1a")), QK_E_MESSAGE_MALFORMED);
}

static void gzip_messages_are_opened(void **state)
{
    static const size_t sizes[] = { 0, 1, 65536, 65537, MAX };

    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        QK_OWNED(qk_buf_done) qk_buf message = QK_BUF_NONE;
        QK_OWNED(qk_buf_done) qk_buf packed = QK_BUF_NONE;
        QK_OWNED(qk_buf_done) qk_buf framed = QK_BUF_NONE;
        qk_view got;
        bench *b;

        stop(state);
        start(state);
        b = *state;
        fill(&message, sizes[s]);
        gzip(qk_buf_view(&message), &packed);
        put_message(&framed, 1, qk_buf_view(&packed));
        assert_int_equal(feed_in_pieces(&b->reader, qk_buf_view(&framed), 1000), QK_OK);
        assert_int_equal(qk_frame_finish(&b->reader, &got), QK_OK);
        assert_true(qk_view_equal(got, qk_buf_view(&message)));
    }
}

static void a_gzip_bomb_stops_at_the_limit(void **state)
{
    bench *b = *state;
    QK_OWNED(qk_buf_done) qk_buf zeroes = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf packed = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf framed = QK_BUF_NONE;
    qk_view got;

    memset(qk_buf_grow(&zeroes, 100 * MAX), 0, 100 * MAX);
    gzip(qk_buf_view(&zeroes), &packed);
    put_message(&framed, 1, qk_buf_view(&packed));
    assert_int_equal(qk_frame_feed(&b->reader, qk_buf_view(&framed)), QK_OK);
    assert_int_equal(qk_frame_finish(&b->reader, &got), QK_E_MESSAGE_SIZE);
    assert_true(b->reader.granted <= 2 * MAX);
}

static void damaged_gzip_is_refused(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf message = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf packed = QK_BUF_NONE;

    fill(&message, 5000);
    gzip(qk_buf_view(&message), &packed);
    for (int damage = 0; damage < 4; damage++) {
        QK_OWNED(qk_buf_done) qk_buf bad = QK_BUF_NONE;
        QK_OWNED(qk_buf_done) qk_buf framed = QK_BUF_NONE;
        qk_view got;
        bench *b;

        stop(state);
        start(state);
        b = *state;
        qk_buf_put(&bad, qk_view_slice(qk_buf_view(&packed), 0, damage == 0 ? packed.len / 2 : packed.len));
        if (damage == 1)
            bad.data[bad.len - 6] ^= 1; /* the checksum */
        if (damage == 2)
            qk_buf_put_text(&bad, "more");
        if (damage == 3)
            bad.data[0] ^= 1;
        put_message(&framed, 1, qk_buf_view(&bad));
        assert_int_equal(qk_frame_feed(&b->reader, qk_buf_view(&framed)), QK_OK);
        assert_int_equal(qk_frame_finish(&b->reader, &got), QK_E_MESSAGE_MALFORMED);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(prefixes_are_big_endian),
        TEST(a_message_arrives_in_any_pieces),
        TEST(a_longer_message_is_refused_at_its_prefix),
        TEST(an_announced_length_takes_no_memory),
        TEST(a_refused_grant_stops_the_message),
        TEST(a_second_message_is_refused),
        TEST(no_message_is_refused),
        TEST(half_a_message_is_refused),
        TEST(half_a_prefix_is_refused),
        TEST(an_unknown_flag_is_refused),
        TEST(compression_must_have_been_announced),
        TEST(gzip_messages_are_opened),
        TEST(a_gzip_bomb_stops_at_the_limit),
        TEST(damaged_gzip_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
