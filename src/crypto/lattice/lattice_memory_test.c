/* SPDX-License-Identifier: Apache-2.0 */
/* When memory is out: every allocation fails once, in turn; the error is told, and nothing is left behind (a sanitizer
 * would see it). The linker puts the functions here between the room and the system. */
#include "crypto/lattice/testing.h"

#include "base/secret.h"
#include "crypto/lattice/dilithium.h"
#include "crypto/lattice/kyber.h"

static unsigned left; /* allocations that still succeed */

void *__real_calloc(size_t count, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
qk_err __real_qk_secret_new(size_t len, qk_secret *out_secret);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
qk_err __wrap_qk_secret_new(size_t len, qk_secret *out_secret);

static bool refused(void)
{
    return left-- == 0;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return refused() ? NULL : __real_calloc(count, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return refused() ? NULL : __real_aligned_alloc(alignment, size);
}

qk_err __wrap_qk_secret_new(size_t len, qk_secret *out_secret)
{
    return refused() ? QK_E_NO_MEMORY : __real_qk_secret_new(len, out_secret);
}

/* With n allocations, then n + 1..., until the step succeeds; it must need `wanted` of them. */
#define FAIL_IN_TURN(wanted, step)                                                                                     \
    do {                                                                                                               \
        for (unsigned n_ = 0; n_ < (wanted); n_++) {                                                                   \
            left = n_;                                                                                                 \
            assert_qk_err(step, QK_E_NO_MEMORY);                                                                       \
        }                                                                                                              \
        left = (wanted);                                                                                               \
        assert_qk_ok(step);                                                                                            \
        assert_int_equal(left, 0);                                                                                     \
        left = UINT32_MAX;                                                                                             \
    } while (0)

static void signature_keys_bear_it(void **state)
{
    static uint8_t public_key[QK_DILITHIUM_PUBLIC_MAX], private_key[QK_DILITHIUM_PRIVATE_MAX], seed[32];
    const qk_dilithium_set *set = qk_dilithium_set_find(QK_ML_DSA_44);
    qk_view public_view = qk_view_of(public_key, set->public_len);
    qk_view private_view = qk_view_of(private_key, set->private_len);
    qk_dilithium_signer *signer = NULL;
    qk_dilithium_verifier *verifier = NULL;

    (void)state;
    FAIL_IN_TURN(1, qk_dilithium_generate(set, qk_view_of(seed, sizeof seed), public_key, private_key));
    FAIL_IN_TURN(1, qk_dilithium_check_private(set, private_view, NULL));
    FAIL_IN_TURN(5, qk_dilithium_signer_new(set, private_view, &signer));
    FAIL_IN_TURN(3, qk_dilithium_verifier_new(set, public_view, &verifier));
    qk_dilithium_signer_free(&signer);
    qk_dilithium_verifier_free(&verifier);
    assert_null(signer);
    qk_dilithium_signer_free(&signer); /* twice does no harm */
    qk_dilithium_verifier_free(&verifier);
}

static void encapsulation_keys_bear_it(void **state)
{
    static uint8_t public_key[QK_KYBER_PUBLIC_MAX], private_key[QK_KYBER_PRIVATE_MAX], seed[QK_KYBER_SEED_LEN];
    const qk_kyber_set *set = qk_kyber_set_find(QK_ML_KEM_512);
    qk_kyber_sealer *sealer = NULL;
    qk_kyber_opener *opener = NULL;

    (void)state;
    left = UINT32_MAX;
    assert_qk_ok(qk_kyber_generate(set, qk_view_of(seed, sizeof seed), public_key, private_key));
    FAIL_IN_TURN(1, qk_kyber_sealer_new(set, qk_view_of(public_key, set->public_len), &sealer));
    FAIL_IN_TURN(3, qk_kyber_opener_new(set, qk_view_of(private_key, set->private_len), &opener));
    qk_kyber_sealer_free(&sealer);
    qk_kyber_opener_free(&opener);
    qk_kyber_sealer_free(&sealer);
    qk_kyber_opener_free(&opener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signature_keys_bear_it),
        cmocka_unit_test(encapsulation_keys_bear_it),
    };

    left = UINT32_MAX;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
