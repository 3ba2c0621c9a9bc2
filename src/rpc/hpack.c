/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/hpack.h"

#include <stdlib.h>

enum { STATIC_ENTRIES = 61, ENTRY_OVERHEAD = 32 };

/* The rows of the static table that requests use. Source: RFC 7541, appendix A. */
static const struct {
    const char *name, *value; /* value NULL: the name alone is of use */
    uint8_t index;
} static_rows[] = {
    { ":authority", NULL, 1 }, { ":method", "POST", 3 },      { ":path", NULL, 4 },         { ":scheme", "http", 6 },
    { ":scheme", "https", 7 }, { "authorization", NULL, 23 }, { "content-type", NULL, 31 },
};

void qk_hpack_init(qk_hpack *hpack)
{
    memset(hpack, 0, sizeof *hpack);
    hpack->max = QK_HPACK_TABLE_SIZE;
}

static size_t size_of(const char *name, size_t value_len)
{
    return strlen(name) + value_len + ENTRY_OVERHEAD;
}

/* The entry that was put `age` entries ago. */
static qk_hpack_entry *entry_at(qk_hpack *hpack, size_t age)
{
    return &hpack->entries[(hpack->newest + QK_HPACK_ENTRIES - age) % QK_HPACK_ENTRIES];
}

static void evict_to(qk_hpack *hpack, size_t size)
{
    while (hpack->count && hpack->used > size) {
        qk_hpack_entry *oldest = entry_at(hpack, --hpack->count);

        hpack->used -= size_of(oldest->name, oldest->value_len);
        explicit_bzero(oldest->value, oldest->value_len);
        free(oldest->value);
    }
}

void qk_hpack_done(qk_hpack *hpack)
{
    evict_to(hpack, 0);
}

void qk_hpack_limit(qk_hpack *hpack, size_t peer_max)
{
    if (peer_max >= hpack->max)
        return;
    hpack->max = peer_max;
    hpack->shrunk = true;
    evict_to(hpack, peer_max);
}

/* An integer whose first byte has `bits` bits for it, below `pattern`. RFC 7541, section 5.1. */
static void put_integer(qk_buf *out, uint8_t pattern, unsigned bits, size_t value)
{
    size_t most = ((size_t)1 << bits) - 1;

    if (value < most) {
        qk_buf_put_u8(out, (uint8_t)(pattern | value));
        return;
    }
    qk_buf_put_u8(out, (uint8_t)(pattern | most));
    for (value -= most; value >= 128; value >>= 7)
        qk_buf_put_u8(out, (uint8_t)(value | 128));
    qk_buf_put_u8(out, (uint8_t)value);
}

static void put_text(qk_buf *out, qk_view text)
{
    put_integer(out, 0, 7, text.len);
    qk_buf_put(out, text);
}

void qk_hpack_begin(qk_hpack *hpack, qk_buf *out)
{
    if (hpack->shrunk)
        put_integer(out, 0x20, 5, hpack->max); /* section 6.3 */
    hpack->shrunk = false;
}

typedef struct match {
    size_t whole, name; /* indices; 0: none */
} match;

static match find(qk_hpack *hpack, const char *name, qk_view value)
{
    match found = { 0, 0 };

    for (size_t i = 0; i < sizeof static_rows / sizeof static_rows[0]; i++) {
        if (strcmp(static_rows[i].name, name) != 0)
            continue;
        found.name = static_rows[i].index;
        if (static_rows[i].value && qk_view_equal(qk_view_text(static_rows[i].value), value))
            found.whole = static_rows[i].index;
    }
    for (size_t age = 0; age < hpack->count && !found.whole; age++) {
        const qk_hpack_entry *entry = entry_at(hpack, age);

        if (strcmp(entry->name, name) != 0)
            continue;
        found.name = STATIC_ENTRIES + 1 + age;
        if (qk_view_equal(qk_view_of(entry->value, entry->value_len), value))
            found.whole = found.name;
    }
    return found;
}

/* False if the entry is too large to be worth what it pushes out. */
static bool insert(qk_hpack *hpack, const char *name, qk_view value)
{
    size_t size = size_of(name, value.len);
    uint8_t *copy = size <= hpack->max / 4 * 3 ? malloc(value.len ? value.len : 1) : NULL;

    if (!copy)
        return false;
    evict_to(hpack, hpack->max - size);
    if (value.len)
        memcpy(copy, value.data, value.len);
    hpack->newest = (hpack->newest + 1) % QK_HPACK_ENTRIES;
    hpack->entries[hpack->newest] = (qk_hpack_entry){ name, copy, value.len };
    hpack->count++;
    hpack->used += size;
    return true;
}

void qk_hpack_put(qk_hpack *hpack, const char *name, qk_view value, bool index, qk_buf *out)
{
    match found = find(hpack, name, value);

    if (found.whole) {
        put_integer(out, 0x80, 7, found.whole); /* section 6.1 */
        return;
    }
    if (index && insert(hpack, name, value))
        put_integer(out, 0x40, 6, found.name); /* section 6.2.1; the index counts from before the insertion */
    else
        put_integer(out, 0, 4, found.name); /* section 6.2.2 */
    if (!found.name)
        put_text(out, qk_view_text(name));
    put_text(out, value);
}
