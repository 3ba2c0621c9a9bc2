/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/testing.h"

#include <stdlib.h>

_Noreturn void step_failed(qk_err err, const char *step, const char *file, int line)
{
    print_error("%s:%d: %s: %s: %s\n", file, line, step, qk_err_name(err), qk_err_words(err));
    _fail(file, line);
    abort(); /* _fail jumps away */
}

void assert_refuses(qk_err err, qk_err expected, const char *step, const char *file, int line)
{
    if (err == QK_OK || qk_err_to_grep11(err) != qk_err_to_grep11(expected)) {
        print_error("%s:%d: %s: expected %s, got %s (%s)\n", file, line, step, qk_err_name(expected),
                    err == QK_OK ? "success" : qk_err_name(err), err == QK_OK ? "" : qk_err_words(err));
        _fail(file, line);
    }
}

void assert_views_equal(qk_view a, qk_view b, bool equal, const char *file, int line)
{
    if (qk_view_equal(a, b) != equal) {
        print_error("%s:%d: %zu and %zu bytes are %s\n", file, line, a.len, b.len, equal ? "not equal" : "equal");
        _fail(file, line);
    }
}

void ring_set(qk_ring *ring, qk_seal_under which, uint8_t fill)
{
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE;

    works(qk_secret_new(QK_MASTER_KEY_LEN, &key));
    memset(qk_secret_fill(&key), fill, QK_MASTER_KEY_LEN);
    works(qk_ring_set(ring, which, &key));
}

qk_ring *ring_new(uint8_t fill)
{
    qk_ring *ring;

    works(qk_ring_new(&ring));
    ring_set(ring, QK_UNDER_INSTANCE, fill);
    return ring;
}

qk_view hex(qk_arena *arena, const char *text)
{
    QK_OWNED(qk_buf_done) qk_buf buf = QK_BUF_NONE;
    qk_view view;

    works(qk_hex_read(text, &buf));
    works(qk_arena_copy(arena, qk_buf_view(&buf), &view));
    return view;
}

void attrs_fill(qk_attrs *attrs, const item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i].form == QK_FORM_BOOL)
            works(qk_attrs_set_bool(attrs, items[i].type, items[i].number != 0));
        else if (items[i].form == QK_FORM_ULONG)
            works(qk_attrs_set_ulong(attrs, items[i].type, items[i].number));
        else
            works(qk_attrs_set(attrs, items[i].type, items[i].bytes));
    }
}
