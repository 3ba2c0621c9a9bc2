/* SPDX-License-Identifier: Apache-2.0 */
/* Every parameter set: known answers of counted seeds, round trips, implicit rejection, refusals. */
#include "crypto/lattice/testing.h"

#include "crypto/lattice/kyber_inside.h"

/* For d || z = 0, 1, ... 63 and coins 64 ... 95: SHA-256 of public key, private key and ciphertext; the secret; and the
 * secret after the lowest bit of the ciphertext's first byte is turned. Origin: two implementations made apart from
 * this one, which agree with all published files of lattice_kat_test.c. */
/* clang-format off */
static const struct kem_vector {
    qk_kyber_id id;
    const char *public_sha256, *private_sha256, *ciphertext_sha256, *shared, *rejected;
} vectors[] = {
    { QK_KYBER_R2_512,
      "e5c1116a9e34ba33c4baf3f66d489e38369fbfeb84773f730da8496667e6edbc",
      "4812f96c27461373a19005c801ea888db1415324e122c2c2c2b9451dbdd162d4",
      "6ac30336a23e3e39274201059a35ab07b59b4100a9b2234bce6bf2efba53d231",
      "d138153e364b9d1698e1d40003c6db6578eb3fcaf5dcc6ed4fefdb10653e33b0",
      "b7eb7630a8ee4f53b87c50663793ae5895ea20cce3fcf9f928c1e4a4cbdccdc7" },
    { QK_KYBER_R2_768,
      "bb2a332a6ccce1bb57502e16a59bb9fe8b84e026b1746f4af2b3e9d7316bf9df",
      "5650204dced4568e63bcb678920f40ed69cc2e71e5278275822dde844bfcd696",
      "e6cb5ba103c4a890e6243631dba8a3caa369bf0db348fab5f9f05f3b7fc11d78",
      "485b7a1df8dc37299d288144960f80ae2c50924e29a6697e79365098eaf05424",
      "e2ea7338db27bb0d4e276dd4fdc8819f8cbfc321c387de7e3fc4a2cbb8782496" },
    { QK_KYBER_R2_1024,
      "4ee7587bc4f60b333c2a80b6a3f6bd015edc3277b967373d9397f824d25205a9",
      "bfc27374696bf80c21656dad91dd25c05847cf9816646bad415fc95540be16c3",
      "a778d1143b4a5876183e55729644215966d7d8ed7e53a6628876f0f0def319e1",
      "5c288db416f0601d507f46097c17913df38f57e441d961543958bd56a8c5afc9",
      "1d4852156c41ddae2f359a254867aef7a79445a1641a91123b1080344d404e5f" },
    { QK_ML_KEM_512,
      "3ae268dccc5456ac0d0f9b39257dc48fe081383b97c400512d712b739762daee",
      "17fb29b8c4baf74fb81eea15ffd583b3e37f5a5b8dcf6db96c72c3b3751d6f17",
      "81efe667826848514dcae46fc10cfd34f7b95ed6900e094f727c9e7cccc34df2",
      "14cace3e48771b316676afad2cfcfe8488daaa4fad954e57236caa3f24a42cf7",
      "32ee1fb3f7bd2915218e9c1b2d0d2da88f0edce6804278bab3a6123c5bb64fc4" },
    { QK_ML_KEM_768,
      "0b7934c83125c788995e2ba6bd761e33046b3e40571be53e023309a29f398cc9",
      "dac268bde6a8dd238e9887117d6b664e7a7a9350ad6b7c08a948e504809572a5",
      "dbf4e9aa48b078ad46ec1c9c47bda8c2d2fec9d0e7a21bd48d2238a2abedb856",
      "9cddd089ffe70e3996e76f7c8d06746df34d07e8657bc0fcf2bb0e1c3084aea1",
      "dcfc80c6db46ff7028e3a4398651c063ae7a42c107a6dc8cb07141861698ab92" },
    { QK_ML_KEM_1024,
      "c7b8fa0aa471d5ae18922d6ccad5b31e1d84f92ae723abfd13747018740a8530",
      "3a2a676c5a242ee683cb6097c8f3e64fbef4d90267f9250ec2beab8f99621fad",
      "7c89743960f7c3d17bb69572e49de14fe0990c9113a0706963a8f4c7b39afcdf",
      "0ad8d1ea1b8dd788979b4379581218df9321bdce5567eca42ae6be7d395f1a54",
      "8f2c880890996c587aa500cf8b6da03372de706a9f96075744bb0956ea6fbaac" },
};
/* clang-format on */

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
