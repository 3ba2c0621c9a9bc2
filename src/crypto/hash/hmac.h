/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC (FIPS 198-1, RFC 2104) on digest contexts, for the files of this room.
 *
 * EVP_MAC would fetch its digest by name and copy three contexts for each message; the definition is two digests, and
 * contexts for these wait in pools. */
#ifndef QK_CRYPTO_HMAC_H
#define QK_CRYPTO_HMAC_H

#include "crypto/hash/digest.h"

enum { QK_HMAC_MAX_PIECES = 4 };

/* HMAC of at most QK_HMAC_MAX_PIECES pieces. `out` has EVP_MAX_MD_SIZE bytes. QK_E_MECHANISM_INVALID if this OpenSSL
 * lacks the hash. */
QK_MUST_CHECK qk_err qk_hmac_pieces(CK_MECHANISM_TYPE hash, qk_view key, const qk_view *pieces, size_t count,
                                    uint8_t *out, size_t *out_len);

/* HMAC over parts: begins the inner hash (qk_hash_update goes on with it), and ends with the outer one. */
QK_MUST_CHECK qk_err qk_hmac_begin(qk_hash *inner, CK_MECHANISM_TYPE hash, qk_view key, bool portable);
QK_MUST_CHECK qk_err qk_hmac_end(qk_hash *inner, CK_MECHANISM_TYPE hash, qk_view key, uint8_t *out, size_t *out_len);

#endif
