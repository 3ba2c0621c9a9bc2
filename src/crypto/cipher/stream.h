/* SPDX-License-Identifier: Apache-2.0 */
/* Ciphers that give a byte for a byte: CTR, OFB and CFB of AES (SP 800-38A), and ChaCha20 (RFC 8439).
 *
 * One state serves whole messages, parts and states that travel: what the cipher is fed next, and how much of the
 * current block is used up. Whole blocks go through OpenSSL's mode from there; an unfinished block is xored here. */
#ifndef QK_CRYPTO_STREAM_H
#define QK_CRYPTO_STREAM_H

#include "crypto/cipher/cipher.h"

enum { QK_STREAM_BLOCK = 64 }; /* the longest: ChaCha20's */

typedef struct qk_stream {
    qk_cipher_mode mode;
    bool encrypt;
    uint8_t chain[16];         /* what makes the current block: counter block, or what was fed back */
    uint8_t fed[QK_AES_BLOCK]; /* CFB: the current block's ciphertext as far as it is known */
    size_t used;               /* bytes of the current block that are used up */
    uint64_t left;             /* bytes until the counter would come round; UINT64_MAX: no such end */
} qk_stream;

void qk_stream_init(qk_stream *stream, const qk_mech_use *use, bool encrypt);
/* out has in.len bytes and may be in.data. QK_E_BAD_LENGTH, QK_E_CIPHERTEXT_LENGTH: the counter would come round. */
QK_MUST_CHECK qk_err qk_stream_through(qk_stream *stream, const qk_key *key, qk_view in, uint8_t *out);
void qk_stream_save(const qk_stream *stream, qk_buf *out);
/* After qk_stream_init. QK_E_STATE_INVALID. */
QK_MUST_CHECK qk_err qk_stream_load(qk_stream *stream, qk_reader *reader);

#endif
