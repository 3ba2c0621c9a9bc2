/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-1, SHA-2 and SHA-3 of our own, for digest states that must travel: OpenSSL cannot serialise its digest contexts.
 *
 * A qk_sha is a plain value: assign it to copy it, and wipe it with qk_sha_done when what it digests is secret. Where a
 * state stays in the process, OpenSSL's code is several times faster: see digest.c.
 * Source: FIPS 180-4, whose section numbers are in sha1.c and sha2.c, and FIPS 202. */
#ifndef QK_CRYPTO_SHA_H
#define QK_CRYPTO_SHA_H

#include <quantoki/pkcs11-ibm.h>
#include <quantoki/pkcs11.h>

#include "base/bytes.h"

enum { QK_SHA_MAX_DIGEST = 64, QK_SHA_MAX_BLOCK = 144 };

typedef union qk_sha_chain {
    uint32_t w32[8];  /* SHA-1 (five words), SHA-224, SHA-256 */
    uint64_t w64[25]; /* SHA-384, SHA-512, SHA-512/224, SHA-512/256 (eight words); SHA-3 (the whole state) */
} qk_sha_chain;

/* One hash function: a row of the table in sha.c. */
typedef struct qk_sha_kind {
    CK_MECHANISM_TYPE type;
    size_t digest_len, block_len;
    size_t word_len, words; /* of the chaining value: bytes per word, words */
    bool sponge;            /* SHA-3: pads and gives its digest in another way */
    qk_sha_chain start;
    /* Adds `blocks` whole blocks. */
    void (*compress)(qk_sha_chain *chain, const uint8_t *data, size_t blocks);
} qk_sha_kind;

typedef struct qk_sha {
    const qk_sha_kind *kind;
    qk_sha_chain chain;
    uint64_t len;                    /* bytes so far */
    uint8_t block[QK_SHA_MAX_BLOCK]; /* the first len % block_len bytes wait for their block to fill */
} qk_sha;

/* By digest mechanism (CKM_SHA256, ...; IBM's numbers too). NULL if it is not one of these functions. */
const qk_sha_kind *qk_sha_find(CK_MECHANISM_TYPE digest);

void qk_sha_init(qk_sha *sha, const qk_sha_kind *kind);
void qk_sha_update(qk_sha *sha, qk_view data);
/* Writes kind->digest_len bytes. The state is used up. */
void qk_sha_final(qk_sha *sha, uint8_t *out_digest);
/* Wipes the state. */
void qk_sha_done(qk_sha *sha);

/* Appends the state: chaining value, length (64 bits), waiting bytes; all big endian. */
void qk_sha_save(const qk_sha *sha, qk_buf *out);
/* Reads what qk_sha_save wrote for the same kind. QK_E_STATE_INVALID if it ran short or the length is impossible. */
QK_MUST_CHECK qk_err qk_sha_load(const qk_sha_kind *kind, qk_reader *reader, qk_sha *out);

/* The compression functions, for sha.c's table: ours (sha1.c, sha2.c), and OpenSSL's where it has them apart
 * (sha_openssl.c, QK_OPENSSL_HAS_SHA). */
void qk_sha1_compress_openssl(qk_sha_chain *chain, const uint8_t *data, size_t blocks);
void qk_sha256_compress_openssl(qk_sha_chain *chain, const uint8_t *data, size_t blocks);
void qk_sha512_compress_openssl(qk_sha_chain *chain, const uint8_t *data, size_t blocks);
void qk_sha1_compress(qk_sha_chain *chain, const uint8_t *data, size_t blocks);
void qk_sha256_compress(qk_sha_chain *chain, const uint8_t *data, size_t blocks);
void qk_sha512_compress(qk_sha_chain *chain, const uint8_t *data, size_t blocks);
void qk_sha3_224_compress(qk_sha_chain *chain, const uint8_t *data, size_t blocks);
void qk_sha3_256_compress(qk_sha_chain *chain, const uint8_t *data, size_t blocks);
void qk_sha3_384_compress(qk_sha_chain *chain, const uint8_t *data, size_t blocks);
void qk_sha3_512_compress(qk_sha_chain *chain, const uint8_t *data, size_t blocks);

#endif
