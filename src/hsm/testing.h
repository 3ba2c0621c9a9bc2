/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of this room: a ring with keys, one call at a time, and short ways to write requests. */
#ifndef QK_HSM_TESTING_H
#define QK_HSM_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/crypto.h"
#include "hsm/codec/attribute_codec.h"
#include "hsm/hsm.h"
#include "hsm/codec/mechanism_codec.h"

/* The step works; otherwise the test fails with the error's words. */
#define works(step)                                                                                                    \
    do {                                                                                                               \
        qk_err works_err_ = (step);                                                                                    \
        if (works_err_ != QK_OK)                                                                                       \
            step_failed(works_err_, #step, __FILE__, __LINE__);                                                        \
    } while (0)
/* The step is refused with this error. Compared as GREP11 sees it, so that it holds across the wire too. */
#define refuses(step, error) assert_refuses((step), (error), #step, __FILE__, __LINE__)
_Noreturn void step_failed(qk_err err, const char *step, const char *file, int line);
void assert_refuses(qk_err err, qk_err expected, const char *step, const char *file, int line);
#define assert_view_equal(a, b)     assert_views_equal((a), (b), true, __FILE__, __LINE__)
#define assert_view_not_equal(a, b) assert_views_equal((a), (b), false, __FILE__, __LINE__)
void assert_views_equal(qk_view a, qk_view b, bool equal, const char *file, int line);

/* A ring whose instance register holds 32 bytes of `fill`. */
qk_ring *ring_new(uint8_t fill);
void ring_set(qk_ring *ring, qk_seal_under which, uint8_t fill);

/* Bytes from hexadecimal text, in the arena. */
qk_view hex(qk_arena *arena, const char *text);

/* ---- templates ---- */

typedef struct item {
    CK_ATTRIBUTE_TYPE type;
    qk_attribute_form form;
    CK_ULONG number;
    qk_view bytes;
} item;
#define YES(type)                                                                                                      \
    {                                                                                                                  \
        (type), QK_FORM_BOOL, 1,                                                                                       \
        {                                                                                                              \
            NULL, 0                                                                                                    \
        }                                                                                                              \
    }
#define NO(type)                                                                                                       \
    {                                                                                                                  \
        (type), QK_FORM_BOOL, 0,                                                                                       \
        {                                                                                                              \
            NULL, 0                                                                                                    \
        }                                                                                                              \
    }
#define NUMBER(type, value)                                                                                            \
    {                                                                                                                  \
        (type), QK_FORM_ULONG, (value),                                                                                \
        {                                                                                                              \
            NULL, 0                                                                                                    \
        }                                                                                                              \
    }
#define BYTES(type, view)                                                                                              \
    {                                                                                                                  \
        (type), QK_FORM_BYTES, 0, view                                                                                 \
    }
#define TEXT(type, text)                                                                                               \
    {                                                                                                                  \
        (type), QK_FORM_BYTES, 0,                                                                                      \
        {                                                                                                              \
            (const uint8_t *)("" text), sizeof(text) - 1                                                               \
        }                                                                                                              \
    }
/* A list of items as two arguments: pointer and count. */
#define ITEMS(...) ((const item[]){ __VA_ARGS__ }), (sizeof((const item[]){ __VA_ARGS__ }) / sizeof(item))
#define NO_ITEMS   NULL, 0

void attrs_fill(qk_attrs *attrs, const item *items, size_t count);

#endif
