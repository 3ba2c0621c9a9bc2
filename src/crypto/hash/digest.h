/* SPDX-License-Identifier: Apache-2.0 */
/* Hashing, for the files of this room: OpenSSL's contexts kept ready, and a hash under way.
 *
 * Making an EVP_MD_CTX costs as much as hashing a few hundred bytes, so contexts wait in pools, one pool per digest. */
#ifndef QK_CRYPTO_DIGEST_H
#define QK_CRYPTO_DIGEST_H

#include "crypto/openssl.h"
#include "crypto/hash/sha.h"

/* A context for `md` (of qk_digest_of), not yet initialised for a message. NULL if memory is out. */
EVP_MD_CTX *qk_md_take(const EVP_MD *md);
/* Gives back a context of qk_md_take. `keyed`: what it hashed was secret, so its chaining value is overwritten. Accepts
 * NULL. */
void qk_md_put(EVP_MD_CTX *context, bool keyed);

/* One digest over several pieces, e.g. a key block and a message. `out` has EVP_MAX_MD_SIZE bytes. */
QK_MUST_CHECK qk_err qk_md_pieces(EVP_MD_CTX *context, const EVP_MD *md, const qk_view *pieces, size_t count,
                                  uint8_t *out);

/* A hash under way, ours (portable: it can be saved) or OpenSSL's (faster). A zeroed one is empty. */
typedef struct qk_hash {
    bool portable, keyed;
    qk_sha ours;
    EVP_MD_CTX *theirs;
} qk_hash;

/* `keyed`: wipe it well. QK_E_MECHANISM_INVALID if it is no digest, this OpenSSL lacks it, or we have no code of our
 * own for a portable one; QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_hash_begin(qk_hash *hash, CK_MECHANISM_TYPE digest, bool portable, bool keyed);
QK_MUST_CHECK qk_err qk_hash_update(qk_hash *hash, qk_view data);
/* `out` has EVP_MAX_MD_SIZE bytes. */
QK_MUST_CHECK qk_err qk_hash_end(qk_hash *hash, uint8_t *out, size_t *out_len);
/* Wipes it and gives its context back. Accepts an empty one. */
void qk_hash_done(qk_hash *hash);

#endif
