/* SPDX-License-Identifier: Apache-2.0 */
/* Operations in parts, inside this room: a kind is a record of functions; operation.c chooses it and keeps the rules.
 */
#ifndef QK_CRYPTO_OPERATION_KIND_H
#define QK_CRYPTO_OPERATION_KIND_H

#include "crypto/cipher/blocks.h"
#include "crypto/cipher/cmac.h"
#include "crypto/hash/digest.h"
#include "crypto/engine.h"
#include "crypto/cipher/stream.h"

typedef struct qk_operation_kind {
    qk_err (*begin)(qk_operation *operation);
    qk_err (*update)(qk_operation *operation, qk_view in, qk_arena *arena, qk_view *out_bytes);
    qk_err (*finish)(qk_operation *operation, qk_arena *arena, qk_view *out_bytes);
    qk_err (*finish_verify)(qk_operation *operation, qk_view signature); /* NULL: does not verify */
    size_t (*output_len)(const qk_operation *operation, size_t in_len, bool final);
    void (*save)(const qk_operation *operation, qk_buf *out);   /* NULL: cannot be saved */
    qk_err (*load)(qk_operation *operation, qk_reader *reader); /* over a begun one */
    void (*done)(qk_operation *operation);
} qk_operation_kind;

struct qk_operation {
    const qk_operation_kind *kind;
    const qk_engine *engine;
    qk_key *key; /* NULL for digests */
    qk_mech_use use;
    qk_buf parameter; /* what `use` points to */
    unsigned function;
    bool portable, finished;
    union {
        qk_hash hash;
        qk_blocks blocks;
        qk_stream stream;
        qk_cmac cmac;
        qk_buf gathered;
    };
};

extern const qk_operation_kind qk_operation_digest, qk_operation_hmac, qk_operation_hashed; /* operation_hash.c */
extern const qk_operation_kind qk_operation_blocks, qk_operation_stream;                    /* operation_cipher.c */
extern const qk_operation_kind qk_operation_cmac;                                           /* operation_cipher.c */
extern const qk_operation_kind qk_operation_gathered;                                       /* operation_gathered.c */

#endif
