/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/lattice/backend.h"

#include <pthread.h>
#include <stdatomic.h>

#include "crypto/lattice/dilithium_poly.h"
#include "crypto/lattice/kyber_poly.h"

static const qk_lattice_backend_table portable = {
    "portable", qk_keccak_permute_portable, qk_keccak_permute4_portable, &qk_dilithium_portable, &qk_kyber_portable,
};

#ifdef QK_LATTICE_X86
static const qk_lattice_backend_table avx2 = {
    "avx2", qk_keccak_permute_avx2, qk_keccak_permute4_avx2, &qk_dilithium_avx2, &qk_kyber_avx2,
};
/* The same, but for Keccak: AVX-512VL rotates, and has registers for all 25 lanes. */
static const qk_lattice_backend_table avx512 = {
    "avx512", qk_keccak_permute_avx2, qk_keccak_permute4_avx512, &qk_dilithium_avx2, &qk_kyber_avx2,
};
#endif

static const qk_lattice_backend_table *tables[3];
static _Atomic(const qk_lattice_backend_table *) current;
static pthread_once_t found = PTHREAD_ONCE_INIT;

static void find(void)
{
    size_t count = 0;

    tables[count++] = &portable;
#ifdef QK_LATTICE_X86
    __builtin_cpu_init(); /* asks the operating system's support for the registers, too */
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2")) {
        qk_dilithium_avx2_init();
        qk_kyber_avx2_init();
        tables[count++] = &avx2;
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl"))
            tables[count++] = &avx512;
    }
#endif
    atomic_store_explicit(&current, tables[count - 1], memory_order_release);
}

const qk_lattice_backend_table *qk_lattice_backend(void)
{
    const qk_lattice_backend_table *table = atomic_load_explicit(&current, memory_order_acquire);

    if (__builtin_expect(table != NULL, 1))
        return table;
    pthread_once(&found, find);
    return atomic_load_explicit(&current, memory_order_acquire);
}

const qk_lattice_backend_table *qk_lattice_backend_at(size_t index)
{
    (void)qk_lattice_backend();
    return index < sizeof tables / sizeof *tables ? tables[index] : NULL;
}

void qk_lattice_backend_use(const qk_lattice_backend_table *table)
{
    (void)qk_lattice_backend();
    atomic_store_explicit(&current, table, memory_order_release);
}
