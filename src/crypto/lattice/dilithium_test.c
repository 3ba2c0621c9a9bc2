/* SPDX-License-Identifier: Apache-2.0 */
/* Every parameter set: known answers of short seeds, round trips, and refusals. */
#include "crypto/lattice/testing.h"

#include "crypto/lattice/dilithium_inside.h"
#include "crypto/lattice/dilithium_vectors.h"

/* DER of SHA-512's object identifier. */
#define SHA512_OID QK_VIEW_LITERAL("\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03")

typedef struct pair {
    const qk_dilithium_set *set;
    uint8_t public_key[QK_DILITHIUM_PUBLIC_MAX], private_key[QK_DILITHIUM_PRIVATE_MAX];
    uint8_t signature[QK_DILITHIUM_SIGNATURE_MAX];
    qk_dilithium_signer *signer;
    qk_dilithium_verifier *verifier;
} pair;

static qk_view public_of(const pair *p)
{
    return qk_view_of(p->public_key, p->set->public_len);
}

static qk_view private_of(const pair *p)
{
    return qk_view_of(p->private_key, p->set->private_len);
}

/* The pair of the seed 0, 1, 2... */
static void pair_make(pair *p, qk_dilithium_id id)
{
    uint8_t seed[QK_DILITHIUM_SEED_MAX];

    *p = (pair){ .set = qk_dilithium_set_find(id) };
    count_up(seed, sizeof seed, 0);
    assert_qk_ok(qk_dilithium_generate(p->set, qk_view_of(seed, p->set->seed_len), p->public_key, p->private_key));
    assert_qk_ok(qk_dilithium_signer_new(p->set, private_of(p), &p->signer));
    assert_qk_ok(qk_dilithium_verifier_new(p->set, public_of(p), &p->verifier));
}

static void pair_done(pair *p)
{
    qk_dilithium_signer_free(&p->signer);
    qk_dilithium_verifier_free(&p->verifier);
}

static qk_err verify(const pair *p, const qk_dilithium_message *message)
{
    return qk_dilithium_verify(p->verifier, message, qk_view_of(p->signature, p->set->signature_len));
}

#define FOR_EACH_SET(p)                                                                                                \
    for (int id_ = 0; id_ < QK_DILITHIUM_SETS && (pair_make(p, (qk_dilithium_id)id_), true); pair_done(p), id_++)

static const qk_dilithium_message abc = { .bytes = { (const uint8_t *)"abc", 3 } };

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

static void other_lengths_of_signatures_are_refused(void **state)
{
    static pair p;
    static uint8_t longer[QK_DILITHIUM_SIGNATURE_MAX + 1];

    (void)state;
    FOR_EACH_SET(&p)
    {
        size_t len = p.set->signature_len;

        assert_qk_ok(qk_dilithium_sign(p.signer, &abc, NULL, longer));
        assert_qk_ok(qk_dilithium_verify(p.verifier, &abc, qk_view_of(longer, len)));
        assert_qk_err(qk_dilithium_verify(p.verifier, &abc, qk_view_of(longer, len + 1)), QK_E_SIGNATURE_LENGTH);
        assert_qk_err(qk_dilithium_verify(p.verifier, &abc, qk_view_of(longer, len - 1)), QK_E_SIGNATURE_LENGTH);
        assert_qk_err(qk_dilithium_verify(p.verifier, &abc, QK_VIEW_NONE), QK_E_SIGNATURE_LENGTH);
    }
}

/* Each way to write hints that packing would not have written. */
static void hints_have_one_form_alone(void **state)
{
    static pair p;
    static uint8_t ones[QK_DILITHIUM_K_MAX][QK_DILITHIUM_N], copy[256], hints[256];

    (void)state;
    FOR_EACH_SET(&p)
    {
        size_t len = p.set->omega + p.set->k;
        uint8_t *counts = hints + p.set->omega;

        memset(ones, 0, sizeof ones);
        ones[0][7] = ones[0][200] = ones[0][255] = ones[2][0] = ones[2][1] = 1;
        qk_dilithium_pack_hints(p.set, ones, hints);
        memcpy(copy, hints, len);
        memset(ones, 1, sizeof ones);
        assert_true(qk_dilithium_unpack_hints(p.set, hints, ones));
        assert_true(ones[0][7] && ones[0][200] && ones[0][255] && ones[2][0] && ones[2][1] && !ones[1][7]);
        qk_dilithium_pack_hints(p.set, ones, hints);
        assert_memory_equal(hints, copy, len);

#define REFUSED(change)                                                                                                \
    do {                                                                                                               \
        memcpy(hints, copy, len);                                                                                      \
        change;                                                                                                        \
        assert_false(qk_dilithium_unpack_hints(p.set, hints, ones));                                                   \
    } while (0)
        REFUSED((hints[0] = 200, hints[1] = 7));                     /* not rising */
        REFUSED(hints[1] = 7);                                       /* twice the same */
        REFUSED(hints[5] = 1);                                       /* behind the last */
        REFUSED(hints[p.set->omega - 1] = 9);                        /* at the very end */
        REFUSED(counts[1] = 2);                                      /* counts fall */
        REFUSED(counts[p.set->k - 1] = (uint8_t)(p.set->omega + 1)); /* more than there is room for */
        REFUSED(counts[0] = 255);
        REFUSED(memset(counts, 4, p.set->k)); /* the fifth is left over */
#undef REFUSED
        memset(hints, 0, len);
        assert_true(qk_dilithium_unpack_hints(p.set, hints, ones));
        for (unsigned i = 0; i < p.set->omega; i++) /* full: omega in the first polynomial */
            hints[i] = (uint8_t)i;
        memset(counts, (int)p.set->omega, p.set->k);
        assert_true(qk_dilithium_unpack_hints(p.set, hints, ones));
    }
}

/* In a whole signature: moving, doubling or hiding a hint makes another string, never another valid signature. */
static void malleable_signatures_are_refused(void **state)
{
    static pair p;

    (void)state;
    FOR_EACH_SET(&p)
    {
        size_t at = qk_dilithium_places(p.set).hints;
        uint8_t *hints = p.signature + at, *counts = hints + p.set->omega, swap;

        assert_qk_ok(qk_dilithium_sign(p.signer, &abc, NULL, p.signature));
        assert_true(counts[p.set->k - 1] < p.set->omega);
        hints[p.set->omega - 1] = 1;
        assert_qk_err(verify(&p, &abc), QK_E_SIGNATURE_INVALID);
        hints[p.set->omega - 1] = 0;
        for (unsigned i = 0; i + 1 < counts[0]; i++) {
            swap = hints[i], hints[i] = hints[i + 1], hints[i + 1] = swap;
            assert_qk_err(verify(&p, &abc), QK_E_SIGNATURE_INVALID);
            swap = hints[i], hints[i] = hints[i + 1], hints[i + 1] = swap;
        }
        assert_qk_ok(verify(&p, &abc));
    }
}

static void a_round_2_challenge_has_one_form_alone(void **state)
{
    qk_dilithium_poly c = { { 0 } }, back;
    uint8_t bytes[40];

    (void)state;
    for (unsigned i = 0; i < 60; i++)
        c.c[4 * i + 3] = i % 3 ? 1 : -1;
    qk_dilithium_pack_challenge(&c, bytes);
    assert_true(qk_dilithium_unpack_challenge(bytes, &back));
    assert_memory_equal(&back, &c, sizeof c);
    for (unsigned bit = 60; bit < 64; bit++) { /* signs of nothing */
        bytes[32 + bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(qk_dilithium_unpack_challenge(bytes, &back));
        bytes[32 + bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    bytes[0] ^= 1; /* 61 */
    assert_false(qk_dilithium_unpack_challenge(bytes, &back));
    bytes[0] ^= 1 | 8; /* 59 */
    assert_false(qk_dilithium_unpack_challenge(bytes, &back));
}

static void a_public_key_follows_from_the_private_one(void **state)
{
    static pair p;
    static uint8_t public_key[QK_DILITHIUM_PUBLIC_MAX];

    (void)state;
    FOR_EACH_SET(&p)
    {
        memset(public_key, 0, sizeof public_key);
        assert_qk_ok(qk_dilithium_check_private(p.set, private_of(&p), public_key));
        assert_memory_equal(public_key, p.public_key, p.set->public_len);
        assert_qk_ok(qk_dilithium_check_private(p.set, private_of(&p), NULL));
    }
}

static void private_keys_with_foreign_parts_are_refused(void **state)
{
    static const qk_dilithium_part parts[] = { QK_DILITHIUM_RHO, QK_DILITHIUM_TR, QK_DILITHIUM_S1, QK_DILITHIUM_S2,
                                               QK_DILITHIUM_T0 };
    static pair p;

    (void)state;
    FOR_EACH_SET(&p)
    {
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
            qk_dilithium_place place = qk_dilithium_place_of(p.set, parts[i]);

            p.private_key[place.offset + place.len - 1] ^= 0x20;
            assert_qk_err(qk_dilithium_check_private(p.set, private_of(&p), NULL), QK_E_ATTRIBUTE_VALUE);
            p.private_key[place.offset + place.len - 1] ^= 0x20;
        }
        assert_qk_ok(qk_dilithium_check_private(p.set, private_of(&p), NULL));
    }
}

static void coefficients_beyond_eta_are_refused(void **state)
{
    static pair p;

    (void)state;
    FOR_EACH_SET(&p)
    {
        for (qk_dilithium_part part = QK_DILITHIUM_S1; part <= QK_DILITHIUM_S2; part++) {
            qk_dilithium_place place = qk_dilithium_place_of(p.set, part);
            uint8_t *last = p.private_key + place.offset + place.len - 1, kept = *last;
            qk_dilithium_signer *signer = NULL;

            *last = 0xff; /* the highest code */
            assert_qk_err(qk_dilithium_signer_new(p.set, private_of(&p), &signer), QK_E_ATTRIBUTE_VALUE);
            assert_null(signer);
            assert_qk_err(qk_dilithium_check_private(p.set, private_of(&p), NULL), QK_E_ATTRIBUTE_VALUE);
            assert_words("out of range");
            *last = kept;
        }
    }
}

static void keys_and_seeds_of_other_lengths_are_refused(void **state)
{
    static pair p;
    static uint8_t bytes[QK_DILITHIUM_PRIVATE_MAX + 1];
    qk_dilithium_signer *signer = NULL;
    qk_dilithium_verifier *verifier = NULL;

    (void)state;
    FOR_EACH_SET(&p)
    {
        for (int change = -1; change <= 1; change += 2) {
            qk_view public_key = qk_view_of(bytes, p.set->public_len + (size_t)change);
            qk_view private_key = qk_view_of(bytes, p.set->private_len + (size_t)change);
            qk_view seed = qk_view_of(bytes, p.set->seed_len + (size_t)change);

            assert_qk_err(qk_dilithium_check_public(p.set, public_key), QK_E_ATTRIBUTE_VALUE);
            assert_qk_err(qk_dilithium_verifier_new(p.set, public_key, &verifier), QK_E_ATTRIBUTE_VALUE);
            assert_qk_err(qk_dilithium_check_private(p.set, private_key, NULL), QK_E_ATTRIBUTE_VALUE);
            assert_qk_err(qk_dilithium_signer_new(p.set, private_key, &signer), QK_E_ATTRIBUTE_VALUE);
            assert_qk_err(qk_dilithium_generate(p.set, seed, p.public_key, p.private_key), QK_E_BAD_LENGTH);
        }
    }
    assert_null(signer);
    assert_null(verifier);
}

static void contexts_are_at_most_255_bytes_and_part_of_the_message(void **state)
{
    static pair p;
    uint8_t text[256] = { 0 };
    qk_dilithium_message message = abc;

    (void)state;
    pair_make(&p, QK_ML_DSA_65);
    message.context = qk_view_of(text, 255);
    assert_qk_ok(qk_dilithium_sign(p.signer, &message, NULL, p.signature));
    assert_qk_ok(verify(&p, &message));
    assert_qk_err(verify(&p, &abc), QK_E_SIGNATURE_INVALID);
    message.context.len = 254;
    assert_qk_err(verify(&p, &message), QK_E_SIGNATURE_INVALID);
    message.context.len = 256;
    assert_qk_err(verify(&p, &message), QK_E_MECHANISM_PARAM);
    assert_qk_err(qk_dilithium_sign(p.signer, &message, NULL, p.signature), QK_E_MECHANISM_PARAM);
    message = (qk_dilithium_message){ .form = QK_DILITHIUM_PREHASHED, .bytes = abc.bytes };
    assert_qk_err(qk_dilithium_sign(p.signer, &message, NULL, p.signature), QK_E_MECHANISM_PARAM);
    pair_done(&p);
}

static void the_rounds_know_no_context_no_prehash_and_no_hedging(void **state)
{
    static pair p;
    uint8_t random[32] = { 0 };

    (void)state;
    FOR_EACH_SET(&p)
    {
        qk_dilithium_message context = abc, prehashed = abc, internal = abc;

        if (p.set->generation == QK_DILITHIUM_FIPS204)
            continue;
        context.context = QK_VIEW_LITERAL("x");
        prehashed.form = QK_DILITHIUM_PREHASHED;
        prehashed.hash_oid = SHA512_OID;
        internal.form = QK_DILITHIUM_INTERNAL;
        assert_qk_err(qk_dilithium_sign(p.signer, &context, NULL, p.signature), QK_E_MECHANISM_PARAM);
        assert_qk_err(qk_dilithium_sign(p.signer, &prehashed, NULL, p.signature), QK_E_MECHANISM_PARAM);
        assert_qk_err(verify(&p, &internal), QK_E_MECHANISM_PARAM);
        assert_qk_err(qk_dilithium_sign(p.signer, &abc, random, p.signature), QK_E_MECHANISM_PARAM);
    }
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
        cmocka_unit_test(other_lengths_of_signatures_are_refused),
        cmocka_unit_test(hints_have_one_form_alone),
        cmocka_unit_test(malleable_signatures_are_refused),
        cmocka_unit_test(a_round_2_challenge_has_one_form_alone),
        cmocka_unit_test(a_public_key_follows_from_the_private_one),
        cmocka_unit_test(private_keys_with_foreign_parts_are_refused),
        cmocka_unit_test(coefficients_beyond_eta_are_refused),
        cmocka_unit_test(keys_and_seeds_of_other_lengths_are_refused),
        cmocka_unit_test(contexts_are_at_most_255_bytes_and_part_of_the_message),
        cmocka_unit_test(the_rounds_know_no_context_no_prehash_and_no_hedging),
        cmocka_unit_test(prepared_keys_keep_their_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
