/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets: their own type, so that the compiler is the first reviewer.
 *
 * A qk_secret lives in memory that is locked (mlock), outside core dumps, between guard pages, and wiped by its only
 * destructor. The log, the wire and the hex printer take qk_view and will not accept it: bytes leave through
 * qk_secret_reveal alone, and searching for that name lists every place to review. If the system refuses to lock
 * memory, the secret is made all the same and qk_secret_memory_locked() turns false, for programs to warn once.
 * All functions may be called from any thread. */
#ifndef QK_BASE_SECRET_H
#define QK_BASE_SECRET_H

#include "base/bytes.h"

typedef struct qk_secret {
    uint8_t *data_; /* reach it through qk_secret_reveal and qk_secret_fill */
    size_t len;
    size_t allocated_; /* length it was made with; `len` may shrink below it */
} qk_secret;

#define QK_SECRET_NONE ((qk_secret){ NULL, 0, 0 })

/* `len` zero bytes; len may be 0. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_secret_new(size_t len, qk_secret *out_secret);
QK_MUST_CHECK qk_err qk_secret_copy(qk_view bytes, qk_secret *out_secret);
void qk_secret_free(qk_secret *secret);                /* wipes, leaves QK_SECRET_NONE */
void qk_secret_give(qk_secret *from, qk_secret *out);  /* frees what `out` held */
void qk_secret_shorten(qk_secret *secret, size_t len); /* wipes what is cut off */

/* The bytes, for those who compute with them. The view lives as long as the secret. */
static inline qk_view qk_secret_reveal(const qk_secret *secret)
{
    return (qk_view){ secret->data_, secret->len };
}

/* The place to write a secret to. */
static inline uint8_t *qk_secret_fill(qk_secret *secret)
{
    return secret->data_;
}

bool qk_secret_memory_locked(void);

/* Compares in time that depends on the lengths alone. */
bool qk_ct_equal(qk_view a, qk_view b);

/* Marks memory as secret (undefined) for the constant-time test under valgrind, or as public again. No-ops otherwise.
 */
void qk_ct_poison(const void *data, size_t len);
void qk_ct_declassify(const void *data, size_t len);

#endif
