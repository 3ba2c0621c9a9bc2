/* SPDX-License-Identifier: Apache-2.0 */
/* Which instructions the lattice algorithms use: one table of functions per instruction set, chosen once by what the
 * processor has. All tables compute the same. Polynomials between their "ntt" and "inverse" lie in an order of the
 * table's own, so whatever keeps such polynomials keeps the table with them. */
#ifndef QK_CRYPTO_LATTICE_BACKEND_H
#define QK_CRYPTO_LATTICE_BACKEND_H

#include "crypto/lattice/keccak.h"

struct qk_dilithium_ops; /* dilithium_poly.h */
struct qk_kyber_ops;     /* kyber_poly.h */

typedef struct qk_lattice_backend_table {
    const char *name;
    qk_keccak_permute_fn *permute;
    qk_keccak_permute4_fn *permute4;
    const struct qk_dilithium_ops *dilithium;
    const struct qk_kyber_ops *kyber;
} qk_lattice_backend_table;

/* The best table of this machine, or the one that a test chose. */
const qk_lattice_backend_table *qk_lattice_backend(void);

/* For tests and benchmarks: the tables that this machine can run, the plainest first; NULL past the end. */
const qk_lattice_backend_table *qk_lattice_backend_at(size_t index);
/* Objects made before keep their table. Not while other threads compute. */
void qk_lattice_backend_use(const qk_lattice_backend_table *table);

#endif
