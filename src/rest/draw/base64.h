/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 at the speed of memory, for random that is on its way out anyway: what it does depends on the data (tables),
 * so it is not for secrets that stay. Standard alphabet, padded. Source: RFC 4648, section 4. */
#ifndef QK_REST_BASE64_H
#define QK_REST_BASE64_H

#include <stddef.h>
#include <stdint.h>

static inline size_t qk_fast_base64_len(size_t len)
{
    return (len + 2) / 3 * 4;
}

/* Writes qk_fast_base64_len(len) characters; returns the place behind them. No terminator. */
uint8_t *qk_fast_base64(const uint8_t *in, size_t len, uint8_t *out);
/* The same without vector instructions, for comparison in tests. */
uint8_t *qk_fast_base64_portable(const uint8_t *in, size_t len, uint8_t *out);

#endif
