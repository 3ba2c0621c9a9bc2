/* SPDX-License-Identifier: Apache-2.0 */
/* A local HSM for targets: one master key in every run, and good blobs to put into requests, since nobody guesses one.
 *
 * A request names them by short bytes that stand for others: "K" n for blob n, "K" n at for the same with the byte at
 * `at` changed, "U" n for the UUID of number n. */
#ifndef QK_FUZZ_FUZZ_HSM_H
#define QK_FUZZ_FUZZ_HSM_H

#include "fuzz.h"
#include "hsm/hsm.h"

/* Starts cryptography, ring and HSM, and makes the blobs. */
void fuzz_hsm_start(void);
qk_ring *fuzz_ring(void);
qk_hsm *fuzz_hsm(void);

/* In the order of `blobs` in seeds.py: keys, then states, then sealed data. Numbers wrap around. */
qk_view fuzz_blob(unsigned number);
size_t fuzz_blob_count(void);
size_t fuzz_key_count(void); /* the first of them */
qk_uuid fuzz_uuid(unsigned number);

/* Puts them into a decoded message, everywhere below it. */
void fuzz_fill(ProtobufCMessage *message, qk_arena *arena);

/* A call on any endpoint: request decoded, filled, performed; the answer encoded and decoded. */
void fuzz_call(qk_endpoint *endpoint, const qk_method *method, qk_view request, qk_arena *arena);

#endif
