/* SPDX-License-Identifier: Apache-2.0 */
/* Key encapsulation as mechanisms. Known answers, of a seed and coins that count up: those of crypto/lattice. */
#include "crypto/post_quantum/lattice_testing.h"

#define SHARED   "9cddd089ffe70e3996e76f7c8d06746df34d07e8657bc0fcf2bb0e1c3084aea1"
#define REJECTED "dcfc80c6db46ff7028e3a4398651c063ae7a42c107a6dc8cb07141861698ab92"

static const qk_key_wanted aes = { CKO_SECRET_KEY, CKK_AES, 0, NULL };

/* The ciphertext of ML-KEM-768 whose secret is SHARED. */
static qk_view known_ciphertext(const qk_key *key, qk_arena *arena)
{
    uint8_t coins[32], shared[32], *cipher;
    const qk_lattice_ready *ready;

    count_up(coins, sizeof coins, 64);
    assert_qk_ok(qk_lattice_prepared(key, &ready));
    assert_qk_ok(qk_arena_bytes(arena, 1088, &cipher));
    qk_kyber_seal(ready->sealer, coins, cipher, shared);
    return qk_view_of(cipher, 1088);
}

static void a_known_ciphertext_opens_and_a_changed_one_is_rejected_in_silence(void **state)
{
    QK_OWNED(lattice_pair_done) lattice_pair pair = counted_pair(qk_lattice_by_number(CKK_ML_KEM, CKP_ML_KEM_768));
    QK_OWNED(qk_key_unref) qk_key *key = NULL, *other = NULL, *none = NULL;
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_ML_KEM);
    qk_view cipher;

    (void)state;
    qk_arena_init(&arena, 0);
    cipher = known_ciphertext(pair.public_key, &arena);
    assert_qk_ok(qk_crypto_decapsulate(pair.private_key, &use, cipher, &aes, &key));
    assert_hex(qk_secret_reveal(&key->value), SHARED);
    ((uint8_t *)(uintptr_t)cipher.data)[0] ^= 1;
    assert_qk_ok(qk_crypto_decapsulate(pair.private_key, &use, cipher, &aes, &other));
    assert_hex(qk_secret_reveal(&other->value), REJECTED);
    assert_qk_err(qk_crypto_decapsulate(pair.private_key, &use, qk_view_slice(cipher, 0, cipher.len - 1), &aes, &none),
                  QK_E_CIPHERTEXT_LENGTH);
}

static void both_sides_have_one_key_of_every_set(void **state)
{
    (void)state;
    for (CK_ULONG set = CKP_ML_KEM_512; set <= CKP_ML_KEM_1024; set++) {
        QK_OWNED(lattice_pair_done) lattice_pair pair = counted_pair(qk_lattice_by_number(CKK_ML_KEM, set));
        QK_OWNED(qk_key_unref) qk_key *mine = NULL, *yours = NULL;
        QK_OWNED(arena_done) qk_arena arena;
        qk_mech_use use = use_of(CKM_ML_KEM);
        qk_view cipher;

        qk_arena_init(&arena, 0);
        assert_qk_ok(qk_crypto_encapsulate(pair.public_key, &use, &aes, &arena, &cipher, &mine));
        assert_int_equal(cipher.len, qk_crypto_output_len(pair.public_key, &use, QK_ENCAPSULATE, 0));
        assert_qk_ok(qk_crypto_decapsulate(pair.private_key, &use, cipher, &aes, &yours));
        assert_bytes(qk_secret_reveal(&mine->value), qk_secret_reveal(&yours->value));
        assert_int_equal(mine->value.len, 32);
    }
}

static void a_key_can_be_shorter_than_the_secret_but_not_longer(void **state)
{
    QK_OWNED(lattice_pair_done) lattice_pair pair = counted_pair(qk_lattice_by_number(CKK_ML_KEM, CKP_ML_KEM_768));
    QK_OWNED(qk_key_unref) qk_key *key = NULL, *none = NULL;
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_ML_KEM);
    qk_key_wanted half = { CKO_SECRET_KEY, CKK_AES, 16, NULL };
    qk_key_wanted more = { CKO_SECRET_KEY, CKK_GENERIC_SECRET, 33, NULL };
    qk_view cipher;

    (void)state;
    qk_arena_init(&arena, 0);
    cipher = known_ciphertext(pair.public_key, &arena);
    assert_qk_ok(qk_crypto_decapsulate(pair.private_key, &use, cipher, &half, &key));
    assert_hex(qk_secret_reveal(&key->value), "9cddd089ffe70e3996e76f7c8d06746d");
    assert_qk_err(qk_crypto_decapsulate(pair.private_key, &use, cipher, &more, &none), QK_E_KEY_SIZE);
    assert_qk_err(qk_crypto_encapsulate(pair.public_key, &use, &more, &arena, &cipher, &none), QK_E_KEY_SIZE);
    assert_qk_err(qk_crypto_encapsulate(pair.private_key, &use, &aes, &arena, &cipher, &none), QK_E_KEY_TYPE);
}

/* ---- Kyber by derivation ---- */

static qk_err derive(const qk_key *base, unsigned mode, CK_ULONG kdf, bool prepend, qk_view cipher, const qk_key *other,
                     size_t len, qk_key **out_key)
{
    qk_mech_use use = use_of(CKM_IBM_KYBER);
    qk_key_wanted wanted = { CKO_SECRET_KEY, CKK_GENERIC_SECRET, len, NULL };

    use.kem.mode = mode;
    use.kem.kdf = kdf;
    use.kem.prepend = prepend;
    use.kem.cipher = cipher;
    use.second.key = other;
    return qk_crypto_derive(base, &use, &wanted, out_key);
}

/* What the parts give by themselves: the KEM's secret K, the other key's S; K || S or S || K; X9.63 of it. */
static void kyber_joins_in_the_order_asked_for(void **state)
{
    QK_OWNED(lattice_pair_done)
    lattice_pair pair = counted_pair(qk_lattice_by_number(CKK_IBM_PQC_KYBER, CK_IBM_KYBER_KEYFORM_ROUND2_768));
    QK_OWNED(qk_key_unref) qk_key *other = secret_key(CKK_GENERIC_SECRET, qk_view_text("the other secret"));
    QK_OWNED(qk_key_unref)
    qk_key *sealed = NULL, *plain = NULL, *first = NULL, *last = NULL, *hashed = NULL, *none = NULL;
    uint8_t z[48 + 4] = { 0 };
    qk_view cipher;

    (void)state;
    assert_qk_ok(derive(pair.public_key, CK_IBM_KEM_ENCAPSULATE, CKD_NULL, false, QK_VIEW_NONE, NULL, 32, &sealed));
    cipher = qk_key_ciphertext(sealed);
    assert_int_equal(cipher.len, 1088);
    assert_qk_ok(derive(pair.private_key, CK_IBM_KEM_DECAPSULATE, CKD_NULL, false, cipher, NULL, 32, &plain));
    assert_bytes(qk_secret_reveal(&sealed->value), qk_secret_reveal(&plain->value));
    assert_int_equal(qk_key_ciphertext(plain).len, 0);
    assert_qk_ok(
        derive(pair.private_key, CK_IBM_KEM_DECAPSULATE, CKD_IBM_HYBRID_NULL, true, cipher, other, 48, &first));
    assert_qk_ok(
        derive(pair.private_key, CK_IBM_KEM_DECAPSULATE, CKD_IBM_HYBRID_NULL, false, cipher, other, 48, &last));
    memcpy(z, qk_secret_reveal(&plain->value).data, 32);
    memcpy(z + 32, "the other secret", 16);
    assert_bytes(qk_secret_reveal(&first->value), qk_view_of(z, 48));
    assert_memory_equal(qk_secret_reveal(&last->value).data, "the other secret", 16);
    assert_memory_equal(qk_secret_reveal(&last->value).data + 16, z, 32);
    assert_qk_ok(
        derive(pair.private_key, CK_IBM_KEM_DECAPSULATE, CKD_IBM_HYBRID_SHA256_KDF, true, cipher, other, 32, &hashed));
    z[51] = 1;
    QK_OWNED(qk_buf_done) qk_buf wanted = unhex(sha256_text(z, sizeof z));
    assert_bytes(qk_secret_reveal(&hashed->value), qk_buf_view(&wanted));
    assert_qk_err(derive(pair.private_key, CK_IBM_KEM_DECAPSULATE, CKD_NULL, true, cipher, other, 49, &none),
                  QK_E_KEY_SIZE);
    assert_qk_err(derive(pair.public_key, CK_IBM_KEM_DECAPSULATE, CKD_NULL, true, cipher, NULL, 32, &none),
                  QK_E_KEY_TYPE);
    assert_qk_err(derive(pair.private_key, 0, CKD_NULL, true, cipher, NULL, 32, &none), QK_E_MECHANISM_PARAM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_ciphertext_opens_and_a_changed_one_is_rejected_in_silence),
        cmocka_unit_test(both_sides_have_one_key_of_every_set),
        cmocka_unit_test(a_key_can_be_shorter_than_the_secret_but_not_longer),
        cmocka_unit_test(kyber_joins_in_the_order_asked_for),
    };

    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
