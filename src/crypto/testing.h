/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by this room's tests: hexadecimal, keys and mechanisms in a line each. */
#ifndef QK_CRYPTO_TESTING_H
#define QK_CRYPTO_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/encoding.h"
#include "crypto/key/key.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static inline int crypto_setup(void **state)
{
    (void)state;
    return qk_crypto_start() == QK_OK ? 0 : -1;
}

static inline int crypto_teardown(void **state)
{
    (void)state;
    qk_crypto_stop();
    return 0;
}

static inline qk_buf unhex(const char *hex)
{
    qk_buf buf = QK_BUF_NONE;
    assert_int_equal(qk_hex_read(hex, &buf), QK_OK);
    return buf;
}

static inline void assert_bytes(qk_view actual, qk_view expected)
{
    assert_int_equal(actual.len, expected.len);
    if (expected.len > 0)
        assert_memory_equal(actual.data, expected.data, expected.len);
}

static inline void assert_hex(qk_view actual, const char *expected)
{
    QK_OWNED(qk_buf_done) qk_buf bytes = unhex(expected);
    assert_bytes(actual, qk_buf_view(&bytes));
}

static inline qk_key *secret_key(CK_KEY_TYPE type, qk_view value)
{
    QK_OWNED(qk_secret_free) qk_secret copy = QK_SECRET_NONE;
    qk_key *key = NULL;

    assert_int_equal(qk_secret_copy(value, &copy), QK_OK);
    assert_int_equal(qk_key_new_secret(type, &copy, &key), QK_OK);
    return key;
}

static inline qk_key *secret_key_hex(CK_KEY_TYPE type, const char *hex)
{
    QK_OWNED(qk_buf_done) qk_buf value = unhex(hex);
    return secret_key(type, qk_buf_view(&value));
}

static inline qk_mech_use use_of(CK_MECHANISM_TYPE type)
{
    qk_mech_use use = { .mech = qk_mech_find(type) };
    assert_non_null(use.mech);
    return use;
}

/* Numbers that are the same in each run. */
typedef struct draws {
    uint64_t state;
} draws;

static inline size_t draw(draws *d, size_t below)
{
    d->state = d->state * 6364136223846793005u + 1442695040888963407u;
    return (size_t)((d->state >> 33) % below);
}

static inline void draw_bytes(draws *d, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)draw(d, 256);
}

#endif
