/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's ML-DSA and ML-KEM chosen instead of ours, through the mechanisms: keys of one are used with the other, in
 * both directions, and both give the same where the standards leave no choice. Skipped with an OpenSSL that has
 * neither; what is refused then is in provided_test.c. */
#include <stdio.h>

#include "crypto/post_quantum/lattice_openssl.h"
#include "crypto/post_quantum/lattice_testing.h"
#include "crypto/post_quantum/provided.h"

static const qk_view abc = { (const uint8_t *)"abc", 3 };

/* Every set of the standards, under both names. */
static bool is_wanted(const qk_lattice_set *set, bool kem)
{
    return qk_lattice_is_standard(set->type) && qk_lattice_is_kem(set->type) == kem;
}

static void choose(bool openssl)
{
    assert_qk_ok(qk_crypto_choose_lattice(openssl));
}

/* Through their serialised form, as blobs are. */
static lattice_pair moved(const lattice_pair *from, CK_KEY_TYPE type)
{
    QK_OWNED(qk_secret_free) qk_secret private_der = QK_SECRET_NONE, public_der = QK_SECRET_NONE;
    lattice_pair to = { NULL, NULL };

    assert_qk_ok(qk_key_write(from->private_key, &private_der));
    assert_qk_ok(qk_key_write(from->public_key, &public_der));
    assert_qk_ok(qk_key_read(CKO_PRIVATE_KEY, type, qk_secret_reveal(&private_der), &to.private_key));
    assert_qk_ok(qk_key_read(CKO_PUBLIC_KEY, type, qk_secret_reveal(&public_der), &to.public_key));
    return to;
}

static void check_same_bytes(const lattice_pair *one, const lattice_pair *other)
{
    assert_bytes(qk_secret_reveal(&one->private_key->value), qk_secret_reveal(&other->private_key->value));
    assert_bytes(qk_secret_reveal(&one->private_key->seed), qk_secret_reveal(&other->private_key->seed));
    assert_bytes(qk_buf_view(&one->public_key->open), qk_buf_view(&other->public_key->open));
}

static void the_same_seed_gives_the_same_pair(void **state)
{
    (void)state;
    for (size_t i = 0; i < LATTICE_SETS; i++) {
        QK_OWNED(lattice_pair_done) lattice_pair ours = { NULL, NULL }, theirs = { NULL, NULL };

        if (!qk_lattice_is_standard(set_at(i)->type))
            continue;
        choose(false);
        ours = counted_pair(set_at(i));
        choose(true);
        theirs = counted_pair(set_at(i));
        check_same_bytes(&ours, &theirs);
    }
}

/* ---- signatures ---- */

static const struct way {
    CK_MECHANISM_TYPE type;
    CK_ULONG hedge;
} ways[] = {
    { CKM_ML_DSA, CKH_DETERMINISTIC_REQUIRED },
    { CKM_ML_DSA, CKH_HEDGE_REQUIRED },
    { CKM_HASH_ML_DSA_SHA256, CKH_DETERMINISTIC_REQUIRED },
    { CKM_HASH_ML_DSA_SHAKE256, CKH_HEDGE_PREFERRED },
};

static qk_mech_use use_way(const struct way *way, const char *context)
{
    qk_mech_use use = use_of(way->type);

    use.sign_context.hedge = way->hedge;
    use.sign_context.context = qk_view_text(context);
    return use;
}

/* One signs, the other verifies. */
static void check_ways(const lattice_pair *ours, const lattice_pair *theirs)
{
    const lattice_pair *signers[] = { ours, theirs }, *verifiers[] = { theirs, ours };

    for (size_t i = 0; i < COUNT(ways); i++) {
        qk_mech_use use = use_way(&ways[i], "ctx"), other = use_way(&ways[i], "cty");
        QK_OWNED(arena_done) qk_arena arena;
        qk_view signatures[2];

        qk_arena_init(&arena, 0);
        for (size_t who = 0; who < 2; who++) {
            qk_view shorter;
            assert_qk_ok(qk_crypto_sign(signers[who]->private_key, &use, abc, &arena, &signatures[who]));
            assert_qk_ok(qk_crypto_verify(verifiers[who]->public_key, &use, abc, signatures[who]));
            assert_qk_err(qk_crypto_verify(verifiers[who]->public_key, &other, abc, signatures[who]),
                          QK_E_SIGNATURE_INVALID);
            shorter = qk_view_slice(signatures[who], 0, signatures[who].len - 1);
            assert_qk_err(qk_crypto_verify(verifiers[who]->public_key, &use, abc, shorter), QK_E_SIGNATURE_LENGTH);
        }
        assert_int_equal(qk_view_equal(signatures[0], signatures[1]), ways[i].hedge == CKH_DETERMINISTIC_REQUIRED);
    }
}

static void check_mu(const lattice_pair *ours, const lattice_pair *theirs)
{
    qk_mech_use use = use_of(CKM_ML_DSA_EXTERNAL_MU);
    QK_OWNED(arena_done) qk_arena arena;
    uint8_t mu[64];
    qk_view signature;

    qk_arena_init(&arena, 0);
    count_up(mu, sizeof mu, 1);
    assert_qk_ok(qk_crypto_sign(ours->private_key, &use, qk_view_of(mu, 64), &arena, &signature));
    assert_qk_ok(qk_crypto_verify(theirs->public_key, &use, qk_view_of(mu, 64), signature));
    assert_qk_ok(qk_crypto_sign(theirs->private_key, &use, qk_view_of(mu, 64), &arena, &signature));
    assert_qk_ok(qk_crypto_verify(ours->public_key, &use, qk_view_of(mu, 64), signature));
    assert_qk_err(qk_crypto_sign(theirs->private_key, &use, qk_view_of(mu, 63), &arena, &signature), QK_E_BAD_LENGTH);
}

/* Preparing is what binds a key to one or the other: by a signature, before the choice changes. */
static void prepare(const lattice_pair *pair)
{
    const qk_lattice_ready *ready;

    assert_qk_ok(qk_lattice_prepared(pair->private_key, &ready));
    assert_qk_ok(qk_lattice_prepared(pair->public_key, &ready));
}

static void each_signs_what_the_other_verifies(void **state)
{
    (void)state;
    for (int made_by_openssl = 0; made_by_openssl < 2; made_by_openssl++)
        for (size_t i = 0; i < LATTICE_SETS; i++) {
            QK_OWNED(lattice_pair_done) lattice_pair maker = { NULL, NULL }, user = { NULL, NULL };

            if (!is_wanted(set_at(i), false) || set_at(i)->type != CKK_ML_DSA)
                continue;
            choose(made_by_openssl);
            maker = counted_pair(set_at(i));
            prepare(&maker);
            choose(!made_by_openssl);
            user = moved(&maker, set_at(i)->type);
            prepare(&user);
            check_ways(made_by_openssl ? &user : &maker, made_by_openssl ? &maker : &user);
            check_mu(&maker, &user);
        }
}

/* ---- key encapsulation ---- */

static void exchange(qk_key *public_key, qk_key *private_key)
{
    const qk_key_wanted wanted = { .class = CKO_SECRET_KEY, .type = CKK_AES, .len = 32 };
    QK_OWNED(qk_key_unref) qk_key *mine = NULL, *yours = NULL, *none = NULL;
    qk_mech_use use = use_of(CKM_ML_KEM);
    QK_OWNED(arena_done) qk_arena arena;
    qk_view cipher;

    qk_arena_init(&arena, 0);
    assert_qk_ok(qk_crypto_encapsulate(public_key, &use, &wanted, &arena, &cipher, &mine));
    assert_qk_ok(qk_crypto_decapsulate(private_key, &use, cipher, &wanted, &yours));
    assert_bytes(qk_secret_reveal(&mine->value), qk_secret_reveal(&yours->value));
    assert_qk_err(qk_crypto_decapsulate(private_key, &use, qk_view_slice(cipher, 1, cipher.len - 1), &wanted, &none),
                  QK_E_CIPHERTEXT_LENGTH);
}

static void each_opens_what_the_other_seals(void **state)
{
    (void)state;
    for (size_t i = 0; i < LATTICE_SETS; i++) {
        QK_OWNED(lattice_pair_done) lattice_pair ours = { NULL, NULL }, theirs = { NULL, NULL };

        if (!is_wanted(set_at(i), true) || set_at(i)->type != CKK_ML_KEM)
            continue;
        choose(false);
        ours = counted_pair(set_at(i));
        prepare(&ours);
        choose(true);
        theirs = moved(&ours, set_at(i)->type);
        prepare(&theirs);
        exchange(ours.public_key, theirs.private_key);
        exchange(theirs.public_key, ours.private_key);
    }
}

/* Implicit rejection: both make the same unrelated key of a ciphertext that is not genuine. */
static void a_forged_ciphertext_gives_both_the_same_key(void **state)
{
    const qk_key_wanted wanted = { .class = CKO_SECRET_KEY, .type = CKK_AES, .len = 32 };
    QK_OWNED(lattice_pair_done) lattice_pair ours = { NULL, NULL }, theirs = { NULL, NULL };
    QK_OWNED(qk_key_unref) qk_key *mine = NULL, *yours = NULL;
    const qk_lattice_set *set = qk_lattice_by_number(CKK_ML_KEM, CKP_ML_KEM_768);
    qk_mech_use use = use_of(CKM_ML_KEM);
    uint8_t cipher[1088];

    (void)state;
    count_up(cipher, sizeof cipher, 7);
    choose(false);
    ours = counted_pair(set);
    prepare(&ours);
    choose(true);
    theirs = counted_pair(set);
    assert_qk_ok(qk_crypto_decapsulate(ours.private_key, &use, qk_view_of(cipher, 1088), &wanted, &mine));
    assert_qk_ok(qk_crypto_decapsulate(theirs.private_key, &use, qk_view_of(cipher, 1088), &wanted, &yours));
    assert_bytes(qk_secret_reveal(&mine->value), qk_secret_reveal(&yours->value));
}

static void what_a_key_began_with_it_keeps(void **state)
{
    QK_OWNED(lattice_pair_done) lattice_pair pair = { NULL, NULL };
    const qk_lattice_ready *ready;

    (void)state;
    choose(true);
    pair = counted_pair(dilithium_set(QK_ML_DSA_44));
    assert_qk_ok(qk_lattice_prepared(pair.private_key, &ready));
    assert_non_null(ready->openssls);
    choose(false);
    assert_qk_ok(qk_lattice_prepared(pair.private_key, &ready));
    assert_non_null(ready->openssls);
    assert_qk_ok(qk_lattice_prepared(pair.public_key, &ready));
    assert_null(ready->openssls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_pair),
        cmocka_unit_test(each_signs_what_the_other_verifies),
        cmocka_unit_test(each_opens_what_the_other_seals),
        cmocka_unit_test(a_forged_ciphertext_gives_both_the_same_key),
        cmocka_unit_test(what_a_key_began_with_it_keeps),
    };

    if (crypto_setup(NULL) != 0)
        return 1;
    if (!qk_provided("ML-DSA-65")) {
        puts("1..0 # SKIP this OpenSSL has neither ML-DSA nor ML-KEM");
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, crypto_teardown);
}
