/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused, in every parameter set: signatures written otherwise, keys that are none, forms that a set has not.
 */
#include "crypto/lattice/dilithium_fixture.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
