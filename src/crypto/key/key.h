/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of qk_key, for the algorithm files of this room.
 *
 * A key is immutable but for its slots. A slot holds contexts that are ready for use (an EVP_PKEY_CTX after its init,
 * an EVP_CIPHER_CTX with its key schedule), because making one costs as much as some operations. A thread takes a
 * context out of its slot, works with it alone, and puts it back; two threads never meet in one context, and nobody
 * waits for anybody. Slots lie in cache lines of their own, so that threads on one key do not slow each other down. */
#ifndef QK_CRYPTO_KEY_H
#define QK_CRYPTO_KEY_H

#include <stdatomic.h>

#include "crypto/crypto.h"
#include "crypto/openssl.h"

/* The head of a ready context; engines embed it as first field of their own struct. */
typedef struct qk_ready qk_ready;
struct qk_ready {
    const void *purpose; /* what it is ready for: an address that stands for it, e.g. of the mechanism's row */
    void (*free)(qk_ready *ready); /* frees the whole struct around it */
};

enum { QK_SLOT_WAYS = 4 }; /* contexts a slot keeps, e.g. for encryption and decryption by turns */

typedef struct qk_slot {
    _Alignas(64) _Atomic(qk_ready *) ways[QK_SLOT_WAYS];
} qk_slot;

enum { QK_MAX_POINT = 1 + 2 * 66 };

struct qk_lattice_set;
struct qk_slh_dsa_set;

struct qk_key {
    atomic_uint refs;
    unsigned bits;
    CK_OBJECT_CLASS class;
    CK_KEY_TYPE type;
    const qk_curve *curve; /* EC, Edwards, Montgomery; else NULL */
    EVP_PKEY *pkey;        /* public and private keys that OpenSSL computes with; else NULL */
    qk_secret value;       /* secret keys; private ones of lattices, SLH-DSA and BLS12-381; else empty */
    qk_secret seed;        /* private keys of ML-DSA and ML-KEM: what the pair was made of, if known */
    qk_buf open; /* lattices, SLH-DSA: the public key, of both halves; a key of a KEM: the ciphertext that carries it */
    const struct qk_lattice_set *lattice; /* lattices: the parameter set; else NULL */
    const struct qk_slh_dsa_set *slh_dsa; /* SLH-DSA: the parameter set; else NULL */
    _Atomic(qk_ready *) shared;           /* qk_key_share */
    size_t order_len; /* bytes of the group's order, half a signature: Weierstrass curves and DSA; else 0 */
    size_t point_len; /* EC and BLS12-381: uncompressed point; Edwards and Montgomery: the public string */
    uint8_t point[QK_MAX_POINT];
    bool has_chain_code; /* derived by BIP-32 or SLIP-0010, in this call */
    uint8_t chain_code[32];
    unsigned slot_count;
    qk_slot slots[]; /* one per core, chosen by thread */
};

/* An empty key with one reference. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_key_new(CK_OBJECT_CLASS class, CK_KEY_TYPE type, qk_key **out_key);
/* A secret key; `value` is moved in. */
QK_MUST_CHECK qk_err qk_key_new_secret(CK_KEY_TYPE type, qk_secret *value, qk_key **out_key);

/* The failure under way, with its words, as another error: the same defect of a key is CKR_ATTRIBUTE_VALUE_INVALID in a
 * template and CKR_WRAPPED_KEY_INVALID in a wrapped key. */
qk_err qk_key_recode(qk_err code);

/* Takes a ready context for `purpose` out of this thread's slot; NULL if there is none: make one. */
qk_ready *qk_key_take(const qk_key *key, const void *purpose);
/* Puts it back. If it may be in a bad state after an error, free it instead. Accepts NULL. */
void qk_key_put(const qk_key *key, qk_ready *ready);

/* Something ready that any number of threads may use at once: made by `make` at first use, kept as long as the key. */
QK_MUST_CHECK qk_err qk_key_share(const qk_key *key, qk_err (*make)(const qk_key *key, qk_ready **out_ready),
                                  qk_ready **out_ready);

#endif
