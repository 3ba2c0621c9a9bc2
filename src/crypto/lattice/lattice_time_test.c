/* SPDX-License-Identifier: Apache-2.0 */
/* Constant time, when run under valgrind: seeds, private keys, random bytes and coins are marked undefined, so that any
 * branch on them or on what is computed from them, and any address made of it, is an error that valgrind reports. The
 * marks come off in the code itself, where it says why (qk_ct_declassify): public parts of keys, which candidates a
 * sampler rejected, which check dropped an attempt of a signature and its challenge, finished signatures, ciphertexts.
 * Without valgrind the marks do nothing, and this only checks that everything works. */
#include "crypto/lattice/testing.h"

#include "base/secret.h"
#include "crypto/lattice/dilithium.h"
#include "crypto/lattice/kyber.h"

/* A message that takes a few attempts, so that each check drops one somewhere. */
enum { MESSAGES = 4 };

static void signing_takes_its_time_from_nothing_secret(void **state)
{
    static uint8_t seed[QK_DILITHIUM_SEED_MAX], random[32], public_key[QK_DILITHIUM_PUBLIC_MAX];
    static uint8_t derived[QK_DILITHIUM_PUBLIC_MAX], private_key[QK_DILITHIUM_PRIVATE_MAX];
    static uint8_t signature[QK_DILITHIUM_SIGNATURE_MAX];

    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (int id = 0; id < QK_DILITHIUM_SETS; id++) {
            const qk_dilithium_set *set = qk_dilithium_set_find((qk_dilithium_id)id);
            const uint8_t *hedge = set->generation == QK_DILITHIUM_FIPS204 ? random : NULL;
            qk_view private_view = qk_view_of(private_key, set->private_len);
            qk_dilithium_signer *signer = NULL;
            qk_dilithium_verifier *verifier = NULL;

            count_up(seed, sizeof seed, (unsigned)id);
            qk_ct_poison(seed, sizeof seed);
            qk_ct_poison(random, sizeof random);
            assert_qk_ok(qk_dilithium_generate(set, qk_view_of(seed, set->seed_len), public_key, private_key));
            qk_ct_poison(private_key, sizeof private_key);
            qk_ct_declassify(public_key, sizeof public_key);
            assert_qk_ok(qk_dilithium_check_private(set, private_view, derived));
            qk_ct_declassify(derived, sizeof derived);
            assert_memory_equal(derived, public_key, set->public_len);
            assert_qk_ok(qk_dilithium_signer_new(set, private_view, &signer));
            assert_qk_ok(qk_dilithium_verifier_new(set, qk_view_of(public_key, set->public_len), &verifier));
            for (uint8_t i = 0; i < MESSAGES; i++) {
                qk_dilithium_message message = { .bytes = { &i, 1 } };

                assert_qk_ok(qk_dilithium_sign(signer, &message, hedge, signature));
                assert_qk_ok(qk_dilithium_verify(verifier, &message, qk_view_of(signature, set->signature_len)));
            }
            qk_dilithium_signer_free(&signer);
            qk_dilithium_verifier_free(&verifier);
        }
    }
}

static void opening_takes_its_time_from_nothing_secret(void **state)
{
    static uint8_t seed[QK_KYBER_SEED_LEN], coins[32], public_key[QK_KYBER_PUBLIC_MAX];
    static uint8_t private_key[QK_KYBER_PRIVATE_MAX], ciphertext[QK_KYBER_CIPHERTEXT_MAX];
    static uint8_t shared[32], opened[32];

    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (int id = 0; id < QK_KYBER_SETS; id++) {
            const qk_kyber_set *set = qk_kyber_set_find((qk_kyber_id)id);
            qk_view ciphertext_view = qk_view_of(ciphertext, set->ciphertext_len);
            qk_kyber_sealer *sealer = NULL;
            qk_kyber_opener *opener = NULL;

            count_up(seed, sizeof seed, (unsigned)id);
            qk_ct_poison(seed, sizeof seed);
            qk_ct_poison(coins, sizeof coins);
            assert_qk_ok(qk_kyber_generate(set, qk_view_of(seed, sizeof seed), public_key, private_key));
            qk_ct_poison(private_key, sizeof private_key);
            qk_ct_declassify(public_key, sizeof public_key);
            assert_qk_ok(qk_kyber_sealer_new(set, qk_view_of(public_key, set->public_len), &sealer));
            assert_qk_ok(qk_kyber_opener_new(set, qk_view_of(private_key, set->private_len), &opener));
            qk_kyber_seal(sealer, coins, ciphertext, shared);
            assert_qk_ok(qk_kyber_open(opener, ciphertext_view, opened));
            qk_ct_declassify(shared, sizeof shared);
            qk_ct_declassify(opened, sizeof opened);
            assert_memory_equal(opened, shared, sizeof shared);
            ciphertext[9] ^= 4;
            assert_qk_ok(qk_kyber_open(opener, ciphertext_view, opened));
            qk_ct_declassify(opened, sizeof opened);
            assert_memory_not_equal(opened, shared, sizeof shared);
            qk_kyber_sealer_free(&sealer);
            qk_kyber_opener_free(&opener);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signing_takes_its_time_from_nothing_secret),
        cmocka_unit_test(opening_takes_its_time_from_nothing_secret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
