/* SPDX-License-Identifier: Apache-2.0 */
/* Key wrapping with AES (SP 800-38F, RFC 3394, RFC 5649), for the files of this room. */
#ifndef QK_CRYPTO_KEY_WRAP_H
#define QK_CRYPTO_KEY_WRAP_H

#include "crypto/cipher/cipher.h"

/* KWP with the standard's initial value. `in`: 1 byte at least. QK_E_BAD_LENGTH. */
QK_MUST_CHECK qk_err qk_kwp_wrap(const qk_key *key, qk_view in, qk_arena *arena, qk_view *out);
/* QK_E_CIPHERTEXT_LENGTH; QK_E_CIPHERTEXT_INVALID for all that may be wrong inside, in the same time. */
QK_MUST_CHECK qk_err qk_kwp_unwrap(const qk_key *key, qk_view in, qk_arena *arena, qk_view *out);

#endif
