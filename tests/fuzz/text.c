/* SPDX-License-Identifier: Apache-2.0 */
/* Base64, hexadecimal and UUIDs: what was read comes back when it is written, and the other way round. */
#include "fuzz.h"

#include "base/encoding.h"

static void base64_both_ways(qk_view bytes, void (*write)(qk_view bytes, qk_buf *out))
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE, again = QK_BUF_NONE;

    write(bytes, &text);
    must(qk_buf_check(&text));
    must(qk_base64_read(qk_buf_view(&text), &again));
    promise(qk_view_equal(bytes, qk_buf_view(&again)));
}

static void hex_both_ways(qk_view bytes)
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE, again = QK_BUF_NONE;
    char *place = (char *)qk_buf_grow(&text, 2 * bytes.len + 1);

    promise(place);
    qk_hex_write(bytes, place);
    must(qk_hex_read(place, &again));
    promise(qk_view_equal(bytes, qk_buf_view(&again)));
}

static void read_uuid(const char *text)
{
    char written[QK_UUID_TEXT];
    qk_uuid uuid, again;

    if (qk_uuid_read(text, &uuid) != QK_OK)
        return;
    qk_uuid_write(&uuid, written);
    must(qk_uuid_read(written, &again));
    promise(qk_uuid_equal(&uuid, &again));
    promise(strcasecmp(text, written) == 0);
}

void fuzz(qk_view input)
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE, bytes = QK_BUF_NONE;
    const char *terminated;

    base64_both_ways(input, qk_base64_write);
    base64_both_ways(input, qk_base64url_write);
    hex_both_ways(input);
    if (qk_base64_read(input, &bytes) == QK_OK)
        base64_both_ways(qk_buf_view(&bytes), qk_base64_write);
    qk_buf_put(&text, input);
    terminated = qk_buf_text(&text);
    read_uuid(terminated);
    qk_buf_clear(&bytes);
    if (qk_hex_read(terminated, &bytes) == QK_OK)
        promise(bytes.len == strlen(terminated) / 2);
}
