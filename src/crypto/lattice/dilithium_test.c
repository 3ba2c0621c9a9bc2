/* SPDX-License-Identifier: Apache-2.0 */
/* Every parameter set: known answers of short seeds, rare ways of signing, round trips. */
#include "crypto/lattice/dilithium_fixture.h"
#include "crypto/lattice/dilithium_vectors.h"

static void lengths_follow_from_the_arithmetic(void **state)
{
    (void)state;
    for (int id = 0; id < QK_DILITHIUM_SETS; id++) {
        const qk_dilithium_set *s = qk_dilithium_set_find((qk_dilithium_id)id);
        qk_dilithium_place t0 = qk_dilithium_place_of(s, QK_DILITHIUM_T0),
                           t1 = qk_dilithium_place_of(s, QK_DILITHIUM_T1);

        assert_int_equal(s->id, id);
        assert_int_equal(t1.offset + t1.len, s->public_len);
        assert_int_equal(t0.offset + t0.len, s->private_len);
        assert_int_equal(s->challenge_len + (size_t)32 * s->z_bits * s->l + s->omega + s->k, s->signature_len);
        assert_true(2 * s->gamma1 <= 1 << s->z_bits && 2 * s->gamma1 > 1 << (s->z_bits - 1));
        assert_true(s->k <= QK_DILITHIUM_K_MAX && s->l <= QK_DILITHIUM_L_MAX);
        assert_true(s->public_len <= QK_DILITHIUM_PUBLIC_MAX && s->private_len <= QK_DILITHIUM_PRIVATE_MAX);
        assert_true(s->signature_len <= QK_DILITHIUM_SIGNATURE_MAX);
        assert_int_equal(s->oid.data[1] + 2u, s->oid.len);
        assert_ptr_equal(qk_dilithium_set_by_oid(s->oid), s);
        assert_ptr_equal(qk_dilithium_set_by_oid(qk_view_slice(s->oid, 0, s->oid.len - 1)), NULL);
    }
    assert_null(qk_dilithium_set_find(QK_DILITHIUM_SETS));
}

static void counted_seeds_give_the_known_pairs(void **state)
{
    static pair p;

    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (size_t i = 0; i < sizeof pair_vectors / sizeof *pair_vectors; i++) {
            pair_make(&p, pair_vectors[i].id);
            assert_sha256(p.public_key, p.set->public_len, pair_vectors[i].public_sha256);
            assert_sha256(p.private_key, p.set->private_len, pair_vectors[i].private_sha256);
            pair_done(&p);
        }
    }
}

static void signatures_of_abc_are_the_known_ones(void **state)
{
    static pair p;
    uint8_t random[32], digest[64];

    (void)state;
    count_up(random, sizeof random, 0);
    SHA512((const uint8_t *)"abc", 3, digest);
    FOR_EACH_BACKEND(table)
    {
        for (size_t i = 0; i < sizeof sign_vectors / sizeof *sign_vectors; i++) {
            const struct sign_vector *v = &sign_vectors[i];
            qk_dilithium_message message = abc;

            if (v->how == CONTEXT || v->how == PREHASHED)
                message.context = QK_VIEW_LITERAL("ctx");
            if (v->how == PREHASHED) {
                message.form = QK_DILITHIUM_PREHASHED;
                message.hash_oid = SHA512_OID;
                message.bytes = qk_view_of(digest, sizeof digest);
            }
            pair_make(&p, v->id);
            assert_qk_ok(qk_dilithium_sign(p.signer, &message, v->how == HEDGED ? random : NULL, p.signature));
            assert_sha256(p.signature, p.set->signature_len, v->sha256);
            assert_qk_ok(verify(&p, &message));
            pair_done(&p);
        }
    }
}

static void rare_ways_of_signing_give_the_known_signatures(void **state)
{
    static pair p;

    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (size_t i = 0; i < sizeof rare_vectors / sizeof *rare_vectors; i++) {
            uint32_t number = rare_vectors[i].number;
            uint8_t bytes[4] = { (uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16), 0 };
            qk_dilithium_message message = { .bytes = { bytes, sizeof bytes } };

            pair_make(&p, rare_vectors[i].id);
            assert_qk_ok(qk_dilithium_sign(p.signer, &message, NULL, p.signature));
            assert_sha256(p.signature, p.set->signature_len, rare_vectors[i].sha256);
            assert_qk_ok(verify(&p, &message));
            pair_done(&p);
        }
    }
}

/* mu of "abc" for the counted seeds. */
static void mu_is_known_and_may_come_from_outside_or_in_parts(void **state)
{
    static const struct {
        qk_dilithium_id id;
        const char *mu;
    } known[] = {
        { QK_ML_DSA_44, ("9d2fda51914c0728a0a5efb14d6a54a39c4cb3010ba41611358ba4b2c1555fe7"
                         "81e0f094e0056e8f4206fce70de15f59354fc850e933e657dc6df2fa29392941") },
        { QK_ML_DSA_65, ("dd6812f25654d8a2cc129caff14b596af0182c0253ff75ea2a654652e51acbe4"
                         "ff8d9669a000b42596ebc1c57657b0de5d001683ec9811cb856e3b67d19f42af") },
        { QK_ML_DSA_87, ("eb2cbf81b7a8e4737b4987a43797648a06c8f850adbca8d87e62be365f93ac81"
                         "1357a274fe020eea054d9bc21f2cb6e7fb938ac05a7e5081a55548b3e5f5b004") },
    };
    static pair p;
    uint8_t mu[QK_DILITHIUM_MU_MAX], whole[QK_DILITHIUM_SIGNATURE_MAX];
    char text[2 * QK_DILITHIUM_MU_MAX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const qk_dilithium_message a = { .bytes = { (const uint8_t *)"a", 1 } };
        qk_dilithium_message outside = { .form = QK_DILITHIUM_MU, .bytes = { mu, sizeof mu } };
        qk_dilithium_mu parts;

        pair_make(&p, known[i].id);
        assert_qk_ok(qk_dilithium_mu_begin(&parts, p.set, qk_dilithium_signer_tr(p.signer), &a));
        qk_dilithium_mu_add(&parts, QK_VIEW_LITERAL("b"));
        qk_dilithium_mu_add(&parts, QK_VIEW_NONE);
        qk_dilithium_mu_add(&parts, QK_VIEW_LITERAL("c"));
        qk_dilithium_mu_finish(&parts, mu);
        qk_hex_write(qk_view_of(mu, sizeof mu), text);
        assert_string_equal(text, known[i].mu);
        assert_true(qk_view_equal(qk_dilithium_signer_tr(p.signer), qk_dilithium_verifier_tr(p.verifier)));
        assert_qk_ok(qk_dilithium_sign(p.signer, &outside, NULL, p.signature));
        assert_qk_ok(qk_dilithium_sign(p.signer, &abc, NULL, whole));
        assert_memory_equal(p.signature, whole, p.set->signature_len);
        assert_qk_ok(verify(&p, &outside));
        outside.bytes.len--;
        assert_qk_err(verify(&p, &outside), QK_E_BAD_LENGTH);
        assert_qk_err(qk_dilithium_sign(p.signer, &outside, NULL, whole), QK_E_BAD_LENGTH);
        pair_done(&p);
    }
}

static void the_internal_form_takes_the_prefix_from_outside(void **state)
{
    static pair p;
    const qk_dilithium_message whole = { .form = QK_DILITHIUM_INTERNAL, .bytes = { (const uint8_t *)"\0\0abc", 5 } };

    (void)state;
    pair_make(&p, QK_ML_DSA_44);
    assert_qk_ok(qk_dilithium_sign(p.signer, &whole, NULL, p.signature));
    assert_qk_ok(verify(&p, &abc));
    pair_done(&p);
}

static void all_sets_verify_what_they_sign_and_nothing_else(void **state)
{
    static pair p;
    uint64_t noise = 99;
    uint8_t text[3000];

    (void)state;
    count_up(text, sizeof text, 3);
    FOR_EACH_SET(&p)
    {
        for (size_t len = 0; len < sizeof text; len = len * 3 + 1) {
            qk_dilithium_message message = { .bytes = { text, len } }, longer = { .bytes = { text, len + 1 } };

            assert_qk_ok(qk_dilithium_sign(p.signer, &message, NULL, p.signature));
            assert_qk_ok(verify(&p, &message));
            assert_qk_err(verify(&p, &longer), QK_E_SIGNATURE_INVALID);
        }
        assert_qk_ok(qk_dilithium_sign(p.signer, &abc, NULL, p.signature));
        for (unsigned i = 0; i < 300; i++) { /* any one bit of a signature counts */
            size_t bit = test_noise(&noise) % (8 * p.set->signature_len);

            p.signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_qk_err(verify(&p, &abc), QK_E_SIGNATURE_INVALID);
            p.signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        assert_qk_ok(verify(&p, &abc));
    }
}

static void a_key_of_another_generation_verifies_nothing(void **state)
{
    static pair old;
    qk_dilithium_verifier *verifier = NULL;
    const qk_dilithium_set *standard = qk_dilithium_set_find(QK_ML_DSA_44);

    (void)state;
    pair_make(&old, QK_DILITHIUM_R3_44); /* equal lengths of key and signature */
    assert_qk_ok(qk_dilithium_sign(old.signer, &abc, NULL, old.signature));
    assert_qk_ok(qk_dilithium_verifier_new(standard, public_of(&old), &verifier));
    assert_qk_err(qk_dilithium_verify(verifier, &abc, qk_view_of(old.signature, standard->signature_len)),
                  QK_E_SIGNATURE_INVALID);
    qk_dilithium_verifier_free(&verifier);
    pair_done(&old);
}

/* The largest coefficient of the challenge times 4096 (1 + X + X^2 + ...): sums of its coefficients, those behind
 * negated. */
static int32_t product_with_largest_t0(const qk_dilithium_poly *c)
{
    int32_t sum = 0, largest = 0;

    for (unsigned i = 0; i < QK_DILITHIUM_N; i++)
        sum -= c->c[i];
    for (unsigned i = 0; i < QK_DILITHIUM_N; i++) {
        sum += 2 * c->c[i];
        largest = abs(sum) > largest ? abs(sum) : largest;
    }
    return 4096 * largest;
}

/* In honest keys the bound on c t0 never fires. This key's first polynomial of t0 is as large as it can be, and each of
 * the messages (found by trying) has an attempt that passes all other checks. */
static void attempts_with_a_large_c_t0_are_dropped(void **state)
{
    static const uint8_t numbers[][4] = { { 0x18, 0x07 }, { 0x51, 0x07 }, { 0x5a, 0x08 }, { 0xca, 0x1f } };
    static pair p;
    qk_dilithium_signer *signer = NULL;
    qk_dilithium_place t0 = qk_dilithium_place_of(qk_dilithium_set_find(QK_ML_DSA_44), QK_DILITHIUM_T0);

    (void)state;
    pair_make(&p, QK_ML_DSA_44);
    for (size_t i = 0; i < t0.len; i++) /* 4096, then zeros: codes 0 and 4096 */
        p.private_key[t0.offset + i] = 0;
    for (size_t i = 256; i < 1024; i++)
        p.private_key[t0.offset + (13 * i + 12) / 8] |= (uint8_t)(1 << (13 * i + 12) % 8);
    assert_qk_ok(qk_dilithium_signer_new(p.set, private_of(&p), &signer));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        qk_dilithium_message message = { .bytes = { numbers[i], sizeof numbers[i] } };
        qk_dilithium_poly c;
        qk_keccak sponge;

        assert_qk_ok(qk_dilithium_sign(signer, &message, NULL, p.signature));
        qk_keccak_begin(&sponge, QK_SHAKE256_RATE);
        qk_keccak_absorb(&sponge, p.signature, p.set->challenge_len);
        qk_keccak_finish(&sponge, QK_SHAKE_DOMAIN);
        qk_dilithium_sample_ball(p.set, &sponge, &c);
        assert_true(product_with_largest_t0(&c) < p.set->gamma2);
    }
    qk_dilithium_signer_free(&signer);
    pair_done(&p);
}

/* A prepared key belongs to the table it was made with, and works while another is in use. */
static void prepared_keys_keep_their_table(void **state)
{
    static pair p;

    (void)state;
    FOR_EACH_BACKEND(table)
    {
        pair_make(&p, QK_ML_DSA_44);
        for (size_t i = 0; qk_lattice_backend_at(i); i++) {
            qk_lattice_backend_use(qk_lattice_backend_at(i));
            assert_qk_ok(qk_dilithium_sign(p.signer, &abc, NULL, p.signature));
            assert_qk_ok(verify(&p, &abc));
        }
        pair_done(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_follow_from_the_arithmetic),
        cmocka_unit_test(counted_seeds_give_the_known_pairs),
        cmocka_unit_test(signatures_of_abc_are_the_known_ones),
        cmocka_unit_test(rare_ways_of_signing_give_the_known_signatures),
        cmocka_unit_test(mu_is_known_and_may_come_from_outside_or_in_parts),
        cmocka_unit_test(the_internal_form_takes_the_prefix_from_outside),
        cmocka_unit_test(all_sets_verify_what_they_sign_and_nothing_else),
        cmocka_unit_test(a_key_of_another_generation_verifies_nothing),
        cmocka_unit_test(attempts_with_a_large_c_t0_are_dropped),
        cmocka_unit_test(prepared_keys_keep_their_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
