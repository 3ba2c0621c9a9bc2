/* SPDX-License-Identifier: Apache-2.0 */
#include "rest/text/tar.h"

#include <stdio.h>
#define ZLIB_CONST
#include <zlib.h>

enum { BLOCK = 512 };

typedef struct tar_head {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100], magic[6], version[2],
        user[32], group[32], major[8], minor[8], prefix[155], rest[12];
} tar_head;

_Static_assert(sizeof(tar_head) == BLOCK, "a head is one block");

static void put_zeros(qk_buf *tar, size_t len)
{
    uint8_t *place = qk_buf_grow(tar, len);

    if (place)
        memset(place, 0, len);
}

/* The sum counts its own field as spaces. */
static void seal(tar_head *head)
{
    unsigned sum = 0;

    memset(head->checksum, ' ', sizeof head->checksum);
    for (size_t i = 0; i < sizeof *head; i++)
        sum += ((const uint8_t *)head)[i];
    snprintf(head->checksum, sizeof head->checksum, "%06o", sum & 0777777);
}

void qk_tar_put(qk_buf *tar, const char *name, int64_t unix_s, qk_view content)
{
    tar_head head = { .type = '0', .magic = "ustar", .version = { '0', '0' } };

    snprintf(head.name, sizeof head.name, "%s", name);
    snprintf(head.mode, sizeof head.mode, "%07o", 0644u);
    snprintf(head.uid, sizeof head.uid, "%07o", 0u);
    snprintf(head.gid, sizeof head.gid, "%07o", 0u);
    snprintf(head.size, sizeof head.size, "%011llo", (unsigned long long)content.len & 077777777777ull);
    snprintf(head.mtime, sizeof head.mtime, "%011llo", (unsigned long long)unix_s & 077777777777ull);
    seal(&head);
    qk_buf_put(tar, qk_view_of(&head, sizeof head));
    qk_buf_put(tar, content);
    put_zeros(tar, (BLOCK - content.len % BLOCK) % BLOCK);
}

void qk_tar_end(qk_buf *tar)
{
    put_zeros(tar, 2 * BLOCK);
}

qk_err qk_gzip(qk_view in, qk_buf *out)
{
    z_stream stream = { .next_in = in.data, .avail_in = (uInt)in.len };
    uint8_t *place;
    uLong bound;
    int ended;

    if (in.len > UINT32_MAX / 2)
        return qk_fail(QK_E_BAD_LENGTH, "%zu bytes to compress", in.len);
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return qk_fail(QK_E_NO_MEMORY, "compression");
    bound = deflateBound(&stream, (uLong)in.len);
    place = qk_buf_grow(out, bound);
    if (!place) {
        deflateEnd(&stream);
        return qk_fail(QK_E_NO_MEMORY, "compression");
    }
    stream.next_out = place;
    stream.avail_out = (uInt)bound;
    ended = deflate(&stream, Z_FINISH);
    out->len -= bound - stream.total_out;
    deflateEnd(&stream);
    return ended == Z_STREAM_END ? QK_OK : qk_fail(QK_E_GENERAL, "compression ended with %d", ended);
}
