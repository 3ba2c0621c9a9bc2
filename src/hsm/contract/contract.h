/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the contract suite: requests in few words. Each function makes a request, performs it, and gives the error
 * back, so that a test reads works(sign(...)) or refuses(sign(...), error). Results lie in the test's arena. */
#ifndef QK_HSM_CONTRACT_H
#define QK_HSM_CONTRACT_H

#include "hsm/testing.h"

typedef struct contract {
    qk_hsm *hsm;
    bool v1;         /* keys travel as raw bytes, as older clients send them; else as KeyBlob messages */
    qk_arena arena;  /* of the test under way */
    qk_arena shared; /* of the whole suite, for keys that take long to make */
    qk_call call;
} contract;

/* A key as a client keeps it. */
typedef struct client_key {
    qk_view bytes;
    Grep11__KeyBlob *message;
    qk_view checksum;
} client_key;

typedef struct key_pair {
    client_key public_key, private_key;
} key_pair;

/* One call. */
#define perform(it, method, request, response)                                                                         \
    qk_hsm_call((it)->hsm, &(it)->call, (method), &(request)->base, (void **)(response))

/* ---- mechanisms ---- */

Grep11__Mechanism *mech(contract *it, CK_MECHANISM_TYPE type);
Grep11__Mechanism *mech_of(contract *it, const qk_mech_use *use);
Grep11__Mechanism *mech_iv(contract *it, CK_MECHANISM_TYPE type, qk_view iv);
Grep11__Mechanism *mech_gcm(contract *it, qk_view iv, qk_view aad);
Grep11__Mechanism *mech_oaep(contract *it, CK_MECHANISM_TYPE hash);
Grep11__Mechanism *mech_rsa_aes(contract *it); /* with OAEP of SHA-256 and a temporary key of 256 bits */
Grep11__Mechanism *mech_pbkdf2(contract *it, qk_view password, qk_view salt);
Grep11__Mechanism *mech_pss(contract *it, CK_MECHANISM_TYPE type, CK_MECHANISM_TYPE hash, size_t salt_len);

/* ---- keys ---- */

/* Puts a key into a request in the form of this run. */
void give(const contract *it, const client_key *key, Grep11__KeyBlob **out_message, ProtobufCBinaryData *out_v1);
qk_err generate_by(contract *it, Grep11__Mechanism *mechanism, const item *items, size_t count, client_key *out);
qk_err generate(contract *it, CK_MECHANISM_TYPE type, const item *items, size_t count, client_key *out);
qk_err generate_pair(contract *it, CK_MECHANISM_TYPE type, const item *public_items, size_t public_count,
                     const item *private_items, size_t private_count, key_pair *out);
qk_err import(contract *it, const item *items, size_t count, client_key *out);
qk_err copy(contract *it, const client_key *of, const item *items, size_t count, client_key *out);
/* An AES-256 key that may do everything and leave. */
client_key aes_key(contract *it);
/* A pair on a curve ("P-256"), made for the test. */
key_pair ec_pair(contract *it, const char *curve);
/* An RSA-2048 pair that may do everything, the same for the whole suite. */
const key_pair *rsa_pair(contract *it);
/* A nested template, in the arena. */
qk_view nested(contract *it, const item *items, size_t count);
/* The attribute in the key's KeyBlob.Attributes; the test fails if it is not there. */
qk_attrs attrs_of(const client_key *key);

/* ---- operations in one call ---- */

qk_err encrypt(contract *it, Grep11__Mechanism *mechanism, const client_key *key, qk_view plain, qk_view *out);
qk_err decrypt(contract *it, Grep11__Mechanism *mechanism, const client_key *key, qk_view cipher, qk_view *out);
qk_err sign(contract *it, Grep11__Mechanism *mechanism, const client_key *key, qk_view data, qk_view *out);
qk_err verify(contract *it, Grep11__Mechanism *mechanism, const client_key *key, qk_view data, qk_view signature);
qk_err digest(contract *it, CK_MECHANISM_TYPE type, qk_view data, qk_view *out);
qk_err wrap(contract *it, Grep11__Mechanism *mechanism, const client_key *kek, const client_key *key, qk_view *out);
qk_err unwrap(contract *it, Grep11__Mechanism *mechanism, const client_key *kek, qk_view wrapped, const item *items,
              size_t count, client_key *out);
qk_err derive(contract *it, Grep11__Mechanism *mechanism, const client_key *base, const item *items, size_t count,
              client_key *out);
qk_err get_attribute(contract *it, const client_key *key, CK_ATTRIBUTE_TYPE type, qk_attrs *out);
/* The changed key is left in `key`. */
qk_err set_attribute(contract *it, client_key *key, CK_ATTRIBUTE_TYPE type, bool value);

/* ---- operations in parts ---- */

qk_err sign_init(contract *it, Grep11__Mechanism *mechanism, const client_key *key, qk_view *out_state);
qk_err sign_update(contract *it, qk_view state, qk_view data, qk_view *out_state);
qk_err sign_final(contract *it, qk_view state, qk_view *out_signature);
qk_err sign_whole(contract *it, qk_view state, qk_view data, qk_view *out_signature);
qk_err verify_init(contract *it, Grep11__Mechanism *mechanism, const client_key *key, qk_view *out_state);
qk_err encrypt_init(contract *it, Grep11__Mechanism *mechanism, const client_key *key, qk_view *out_state);
qk_err encrypt_update(contract *it, qk_view state, qk_view data, qk_view *out_state, qk_buf *out);
qk_err encrypt_final(contract *it, qk_view state, qk_buf *out);
qk_err decrypt_init(contract *it, Grep11__Mechanism *mechanism, const client_key *key, qk_view *out_state);
qk_err decrypt_update(contract *it, qk_view state, qk_view data, qk_view *out_state, qk_buf *out);
qk_err decrypt_final(contract *it, qk_view state, qk_buf *out);
qk_err digest_init(contract *it, CK_MECHANISM_TYPE type, qk_view *out_state);
qk_err digest_update(contract *it, qk_view state, qk_view data, qk_view *out_state);
qk_err digest_final(contract *it, qk_view state, qk_view *out_digest);

/* ---- the parts of the suite ---- */

typedef void contract_test(contract *it);
typedef struct contract_case {
    const char *name;
    contract_test *test;
} contract_case;
#define CASE(test)                                                                                                     \
    {                                                                                                                  \
#test, test                                                                                                    \
    }

extern const contract_case contract_digest[], contract_cipher[], contract_sign[], contract_keys[], contract_pairs[],
    contract_wrap[], contract_encapsulate[], contract_derive[], contract_policy[], contract_attacks[], contract_twins[],
    contract_attributes[], contract_data[], contract_lattice[], contract_bls[]; /* each ends with a NULL name */

#endif
