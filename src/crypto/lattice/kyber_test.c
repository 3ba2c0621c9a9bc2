/* SPDX-License-Identifier: Apache-2.0 */
/* Every parameter set: known answers of counted seeds, round trips, implicit rejection, refusals. */
#include "crypto/lattice/testing.h"

#include "crypto/lattice/kyber_inside.h"
#include "crypto/lattice/kyber_vectors.h"

typedef struct pair {
    const qk_kyber_set *set;
    uint8_t public_key[QK_KYBER_PUBLIC_MAX], private_key[QK_KYBER_PRIVATE_MAX], ciphertext[QK_KYBER_CIPHERTEXT_MAX];
    uint8_t coins[32], shared[32], opened[32];
    qk_kyber_sealer *sealer;
    qk_kyber_opener *opener;
} pair;

static qk_view public_of(const pair *p)
{
    return qk_view_of(p->public_key, p->set->public_len);
}

static qk_view private_of(const pair *p)
{
    return qk_view_of(p->private_key, p->set->private_len);
}

static qk_view ciphertext_of(const pair *p)
{
    return qk_view_of(p->ciphertext, p->set->ciphertext_len);
}

static void pair_make(pair *p, qk_kyber_id id)
{
    uint8_t seed[QK_KYBER_SEED_LEN];

    *p = (pair){ .set = qk_kyber_set_find(id) };
    count_up(seed, sizeof seed, 0);
    count_up(p->coins, sizeof p->coins, 64);
    assert_qk_ok(qk_kyber_generate(p->set, qk_view_of(seed, sizeof seed), p->public_key, p->private_key));
    assert_qk_ok(qk_kyber_sealer_new(p->set, public_of(p), &p->sealer));
    assert_qk_ok(qk_kyber_opener_new(p->set, private_of(p), &p->opener));
    qk_kyber_seal(p->sealer, p->coins, p->ciphertext, p->shared);
}

static void pair_done(pair *p)
{
    qk_kyber_sealer_free(&p->sealer);
    qk_kyber_opener_free(&p->opener);
}

static void open_to(pair *p, uint8_t out[32])
{
    assert_qk_ok(qk_kyber_open(p->opener, ciphertext_of(p), out));
}

#define FOR_EACH_SET(p)                                                                                                \
    for (int id_ = 0; id_ < QK_KYBER_SETS && (pair_make(p, (qk_kyber_id)id_), true); pair_done(p), id_++)

static void assert_hex(const uint8_t bytes[32], const char *wanted)
{
    char text[65];

    qk_hex_write(qk_view_of(bytes, 32), text);
    assert_string_equal(text, wanted);
}

static void lengths_follow_from_the_arithmetic(void **state)
{
    (void)state;
    for (int id = 0; id < QK_KYBER_SETS; id++) {
        const qk_kyber_set *s = qk_kyber_set_find((qk_kyber_id)id);

        assert_int_equal(s->id, id);
        assert_int_equal(s->public_len, 384 * s->k + 32);
        assert_int_equal(s->private_len, 768 * s->k + 96);
        assert_int_equal(s->ciphertext_len, 32 * (s->du * s->k + s->dv));
        assert_int_equal(s->oid.data[1] + 2u, s->oid.len);
        assert_ptr_equal(qk_kyber_set_by_oid(s->oid), s);
        assert_null(qk_kyber_set_by_oid(qk_view_slice(s->oid, 0, s->oid.len - 1)));
    }
    assert_null(qk_kyber_set_find(QK_KYBER_SETS));
}

static void counted_seeds_give_the_known_answers(void **state)
{
    static pair p;

    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
            const struct kem_vector *v = &vectors[i];

            pair_make(&p, v->id);
            assert_sha256(p.public_key, p.set->public_len, v->public_sha256);
            assert_sha256(p.private_key, p.set->private_len, v->private_sha256);
            assert_sha256(p.ciphertext, p.set->ciphertext_len, v->ciphertext_sha256);
            assert_hex(p.shared, v->shared);
            open_to(&p, p.opened);
            assert_hex(p.opened, v->shared);
            p.ciphertext[0] ^= 1;
            open_to(&p, p.opened);
            assert_hex(p.opened, v->rejected);
            pair_done(&p);
        }
    }
}

static void both_sides_have_the_same_secret(void **state)
{
    static pair p;

    (void)state;
    FOR_EACH_SET(&p)
    {
        for (unsigned i = 0; i < 50; i++) {
            p.coins[i % 32] ^= (uint8_t)(i + 1);
            qk_kyber_seal(p.sealer, p.coins, p.ciphertext, p.shared);
            open_to(&p, p.opened);
            assert_memory_equal(p.opened, p.shared, 32);
        }
    }
}

/* ML-KEM: SHAKE256(z || c). Round 2: SHAKE256(z || H(c)). z is the private key's end. */
static void rejected_secret(const pair *p, uint8_t out[32])
{
    const uint8_t *z = p->private_key + p->set->private_len - 32;
    uint8_t hash[32];

    if (p->set->generation == QK_KYBER_FIPS203) {
        qk_shake256(z, 32, p->ciphertext, p->set->ciphertext_len, out, 32);
        return;
    }
    qk_sha3_256(p->ciphertext, p->set->ciphertext_len, hash);
    qk_shake256(z, 32, hash, 32, out, 32);
}

static void any_changed_bit_is_rejected_in_silence(void **state)
{
    static pair p;
    uint8_t wanted[32];
    uint64_t noise = 5;

    (void)state;
    FOR_EACH_SET(&p)
    {
        for (unsigned i = 0; i < 200; i++) {
            size_t bit = i ? test_noise(&noise) % (8 * p.set->ciphertext_len) : 8 * p.set->ciphertext_len - 1;

            p.ciphertext[bit / 8] ^= (uint8_t)(1 << bit % 8);
            open_to(&p, p.opened);
            rejected_secret(&p, wanted);
            assert_memory_equal(p.opened, wanted, 32);
            p.ciphertext[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        open_to(&p, p.opened);
        assert_memory_equal(p.opened, p.shared, 32);
    }
}

static void garbage_is_rejected_in_silence(void **state)
{
    static pair p;
    uint8_t wanted[32];
    uint64_t noise = 6;

    (void)state;
    FOR_EACH_SET(&p)
    {
        for (unsigned i = 0; i < 20; i++) {
            for (size_t j = 0; j < p.set->ciphertext_len; j++)
                p.ciphertext[j] = i == 0 ? 0 : i == 1 ? 0xff : (uint8_t)test_noise(&noise);
            open_to(&p, p.opened);
            rejected_secret(&p, wanted);
            assert_memory_equal(p.opened, wanted, 32);
        }
    }
}

static void other_lengths_are_refused(void **state)
{
    static pair p;
    static uint8_t bytes[QK_KYBER_PRIVATE_MAX + 1];
    qk_kyber_sealer *sealer = NULL;
    qk_kyber_opener *opener = NULL;
    qk_view view;

    (void)state;
    FOR_EACH_SET(&p)
    {
        for (int change = -1; change <= 1; change += 2) {
            qk_view public_key = qk_view_of(bytes, p.set->public_len + (size_t)change);
            qk_view private_key = qk_view_of(bytes, p.set->private_len + (size_t)change);

            assert_qk_err(qk_kyber_check_public(p.set, public_key), QK_E_ATTRIBUTE_VALUE);
            assert_qk_err(qk_kyber_sealer_new(p.set, public_key, &sealer), QK_E_ATTRIBUTE_VALUE);
            assert_qk_err(qk_kyber_check_private(p.set, private_key), QK_E_ATTRIBUTE_VALUE);
            assert_qk_err(qk_kyber_opener_new(p.set, private_key, &opener), QK_E_ATTRIBUTE_VALUE);
            assert_qk_err(qk_kyber_public_of(p.set, private_key, &view), QK_E_ATTRIBUTE_VALUE);
            assert_qk_err(qk_kyber_open(p.opener, qk_view_of(bytes, p.set->ciphertext_len + (size_t)change), p.opened),
                          QK_E_CIPHERTEXT_LENGTH);
            assert_qk_err(qk_kyber_generate(p.set, qk_view_of(bytes, (size_t)(QK_KYBER_SEED_LEN + change)),
                                            p.public_key, p.private_key),
                          QK_E_BAD_LENGTH);
        }
    }
    assert_null(sealer);
    assert_null(opener);
}

/* Twelve bits hold 4095; ML-KEM refuses q and above anywhere, round 2 takes them modulo q. */
static void coefficients_from_q_on_are_refused_by_ml_kem(void **state)
{
    static pair p;

    (void)state;
    FOR_EACH_SET(&p)
    {
        qk_err wanted = p.set->generation == QK_KYBER_FIPS203 ? QK_E_ATTRIBUTE_VALUE : QK_OK;
        size_t last = 384 * p.set->k - 3;
        uint8_t kept[3];

        for (size_t at = 0; at <= last; at += last) {
            memcpy(kept, p.public_key + at, 3);
            memcpy(p.public_key + at, (const uint8_t[]){ 0x00, 0x0d, 0xd0 }, 3); /* 3328, 3328 */
            assert_qk_ok(qk_kyber_check_public(p.set, public_of(&p)));
            p.public_key[at] = 1; /* 3329, 3328 */
            assert_qk_err(qk_kyber_check_public(p.set, public_of(&p)), wanted);
            memcpy(p.public_key + at, (const uint8_t[]){ 0x00, 0x1d, 0xd0 }, 3); /* 3328, 3329 */
            assert_qk_err(qk_kyber_check_public(p.set, public_of(&p)), wanted);
            memcpy(p.public_key + at, kept, 3);
        }
    }
}

static void unreduced_round_2_keys_are_taken_modulo_q(void **state)
{
    static pair p;
    qk_kyber_sealer *sealer = NULL;
    uint8_t shared[32], changed[QK_KYBER_CIPHERTEXT_MAX];
    unsigned first;

    (void)state;
    pair_make(&p, QK_KYBER_R2_768);
    p.public_key[0] = 5; /* the first coefficient is 5, then 5 + q */
    p.public_key[1] &= 0xf0;
    assert_qk_ok(qk_kyber_sealer_new(p.set, public_of(&p), &sealer));
    qk_kyber_inner_seal(sealer, p.coins, p.coins, p.ciphertext);
    qk_kyber_sealer_free(&sealer);
    first = 5 + QK_KYBER_Q;
    p.public_key[0] = (uint8_t)first;
    p.public_key[1] = (uint8_t)(p.public_key[1] | first >> 8);
    assert_qk_ok(qk_kyber_sealer_new(p.set, public_of(&p), &sealer));
    qk_kyber_inner_seal(sealer, p.coins, p.coins, changed);
    assert_memory_equal(changed, p.ciphertext, p.set->ciphertext_len);
    qk_kyber_seal(sealer, p.coins, changed, shared);
    qk_kyber_sealer_free(&sealer);
    pair_done(&p);
}

static void private_keys_with_foreign_parts_are_refused(void **state)
{
    static pair p;
    qk_kyber_opener *opener = NULL;
    qk_view inside;

    (void)state;
    FOR_EACH_SET(&p)
    {
        size_t places[] = { 384 * p.set->k, p.set->private_len - 64 - 1, p.set->private_len - 64 };

        assert_qk_ok(qk_kyber_public_of(p.set, private_of(&p), &inside));
        assert_true(qk_view_equal(inside, public_of(&p)));
        for (size_t i = 0; i < 3; i++) {
            p.private_key[places[i]] ^= 1;
            assert_qk_err(qk_kyber_check_private(p.set, private_of(&p)), QK_E_ATTRIBUTE_VALUE);
            assert_qk_err(qk_kyber_opener_new(p.set, private_of(&p), &opener), QK_E_ATTRIBUTE_VALUE);
            p.private_key[places[i]] ^= 1;
        }
        assert_qk_ok(qk_kyber_check_private(p.set, private_of(&p)));
    }
    assert_null(opener);
}

static void prepared_keys_keep_their_table(void **state)
{
    static pair p;

    (void)state;
    FOR_EACH_BACKEND(table)
    {
        pair_make(&p, QK_ML_KEM_768);
        for (size_t i = 0; qk_lattice_backend_at(i); i++) {
            qk_lattice_backend_use(qk_lattice_backend_at(i));
            qk_kyber_seal(p.sealer, p.coins, p.ciphertext, p.shared);
            open_to(&p, p.opened);
            assert_memory_equal(p.opened, p.shared, 32);
        }
        pair_done(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_follow_from_the_arithmetic),
        cmocka_unit_test(counted_seeds_give_the_known_answers),
        cmocka_unit_test(both_sides_have_the_same_secret),
        cmocka_unit_test(any_changed_bit_is_rejected_in_silence),
        cmocka_unit_test(garbage_is_rejected_in_silence),
        cmocka_unit_test(other_lengths_are_refused),
        cmocka_unit_test(coefficients_from_q_on_are_refused_by_ml_kem),
        cmocka_unit_test(unreduced_round_2_keys_are_taken_modulo_q),
        cmocka_unit_test(private_keys_with_foreign_parts_are_refused),
        cmocka_unit_test(prepared_keys_keep_their_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
