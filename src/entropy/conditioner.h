/* SPDX-License-Identifier: Apache-2.0 */
/* Conditioning: SHA-512 over what the sources gave, 64 bytes at a time.
 *
 * Each contribution goes in with a label and its length, so that no source can shift its bytes into another's place.
 * The hash is a vetted function: a block has full entropy if one independent contribution carries n_out + 64 bits of
 * min-entropy, whatever the others are, even if they were chosen by an enemy (who cannot see the good one).
 * Source: SP 800-90B 3.1.5.1, SP 800-90C 3.2.2.2. */
#ifndef QK_ENTROPY_CONDITIONER_H
#define QK_ENTROPY_CONDITIONER_H

#include <openssl/evp.h>

#include "base/bytes.h"

enum {
    QK_BLOCK_LEN = 64,                       /* n_out = 512 bits */
    QK_BLOCK_CREDIT = QK_BLOCK_LEN * 8 + 64, /* bits of min-entropy that make it full entropy */
};

/* One thread at a time; reused for block after block. */
typedef struct qk_conditioner {
    EVP_MD_CTX *context_;
    const EVP_MD *hash_;
    bool failed_;
} qk_conditioner;

/* qk_crypto_start must have run. QK_E_NO_MEMORY, QK_E_GENERAL. */
QK_MUST_CHECK qk_err qk_conditioner_init(qk_conditioner *conditioner);
void qk_conditioner_done(qk_conditioner *conditioner);

/* A block: begin with its serial number and use ("seed"), add contributions, finish. A failure in between is kept for
 * finish, which then writes nothing: QK_E_FUNCTION_FAILED. */
void qk_conditioner_begin(qk_conditioner *conditioner, const char *use, uint64_t serial);
void qk_conditioner_add(qk_conditioner *conditioner, const char *label, qk_view contribution);
QK_MUST_CHECK qk_err qk_conditioner_finish(qk_conditioner *conditioner, uint8_t out[QK_BLOCK_LEN]);

/* Min-entropy of an output of n_out bits of a vetted function with narrowest width n_w, if n_in bits of input carry
 * h_in bits: what is missing to min(n_out, n_w). Tiny values stay exact, which h_out itself could not tell.
 * Source: SP 800-90B 3.1.5.1.2, Output_Entropy. */
double qk_conditioner_shortfall(double n_in, double n_out, double n_w, double h_in);
/* h_out itself. */
double qk_conditioner_credit(double n_in, double n_out, double n_w, double h_in);

#endif
