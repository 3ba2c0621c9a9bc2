/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures of lattices as mechanisms. Known answers: crypto/lattice/dilithium_vectors.h. */
#include "crypto/post_quantum/lattice_testing.h"

#include "crypto/lattice/dilithium_vectors.h"

static const qk_view abc = { (const uint8_t *)"abc", 3 };

static qk_mech_use signing(CK_MECHANISM_TYPE type, const char *context, CK_ULONG hedge)
{
    qk_mech_use use = use_of(type);

    if (use.mech->param == QK_PARAM_NONE)
        return use;
    use.sign_context.hedge = hedge;
    use.sign_context.context = qk_view_text(context);
    return use;
}

static void deterministic_signatures_are_the_published_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sign_vectors); i++) {
        const qk_lattice_set *set = dilithium_set(sign_vectors[i].id);
        QK_OWNED(lattice_pair_done) lattice_pair pair = counted_pair(set);
        QK_OWNED(arena_done) qk_arena arena;
        enum how how = sign_vectors[i].how;
        CK_MECHANISM_TYPE type = set->type != CKK_ML_DSA ? CKM_IBM_DILITHIUM
                                 : how == PREHASHED      ? CKM_HASH_ML_DSA_SHA512
                                                         : CKM_ML_DSA;
        qk_mech_use use = signing(type, how == CONTEXT || how == PREHASHED ? "ctx" : "", CKH_DETERMINISTIC_REQUIRED);
        qk_view signature;

        if (how == HEDGED) /* the mechanisms draw the random bytes themselves */
            continue;
        qk_arena_init(&arena, 0);
        assert_qk_ok(qk_crypto_sign(pair.private_key, &use, abc, &arena, &signature));
        assert_sha256(signature.data, signature.len, sign_vectors[i].sha256);
        assert_int_equal(signature.len, qk_crypto_output_len(pair.private_key, &use, QK_SIGN, 3));
        assert_qk_ok(qk_crypto_verify(pair.public_key, &use, abc, signature));
    }
}

static void hedged_signatures_differ_and_verify(void **state)
{
    QK_OWNED(lattice_pair_done) lattice_pair pair = counted_pair(dilithium_set(QK_ML_DSA_44));
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = signing(CKM_ML_DSA, "", CKH_HEDGE_PREFERRED);
    qk_view first, second;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_qk_ok(qk_crypto_sign(pair.private_key, &use, abc, &arena, &first));
    assert_qk_ok(qk_crypto_sign(pair.private_key, &use, abc, &arena, &second));
    assert_false(qk_view_equal(first, second));
    assert_qk_ok(qk_crypto_verify(pair.public_key, &use, abc, first));
    assert_qk_ok(qk_crypto_verify(pair.public_key, &use, abc, second));
}

static void a_changed_signature_context_or_message_is_refused(void **state)
{
    QK_OWNED(lattice_pair_done) lattice_pair pair = counted_pair(dilithium_set(QK_ML_DSA_65));
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = signing(CKM_ML_DSA, "ctx", CKH_HEDGE_REQUIRED), other = signing(CKM_ML_DSA, "cty", 0);
    qk_view signature;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_qk_ok(qk_crypto_sign(pair.private_key, &use, abc, &arena, &signature));
    assert_qk_err(qk_crypto_verify(pair.public_key, &other, abc, signature), QK_E_SIGNATURE_INVALID);
    assert_qk_err(qk_crypto_verify(pair.public_key, &use, qk_view_text("abd"), signature), QK_E_SIGNATURE_INVALID);
    assert_qk_err(qk_crypto_verify(pair.public_key, &use, abc, qk_view_slice(signature, 0, signature.len - 1)),
                  QK_E_SIGNATURE_LENGTH);
    ((uint8_t *)(uintptr_t)signature.data)[7] ^= 1;
    assert_qk_err(qk_crypto_verify(pair.public_key, &use, abc, signature), QK_E_SIGNATURE_INVALID);
    assert_qk_err(qk_crypto_sign(pair.public_key, &use, abc, &arena, &signature), QK_E_KEY_TYPE);
}

/* The mechanism that takes a digest, and the one that makes it, sign the same. */
static void a_digest_given_is_a_digest_made(void **state)
{
    static const struct {
        CK_MECHANISM_TYPE whole, digest;
    } hashes[] = { { CKM_HASH_ML_DSA_SHA224, CKM_SHA224 },     { CKM_HASH_ML_DSA_SHA256, CKM_SHA256 },
                   { CKM_HASH_ML_DSA_SHA384, CKM_SHA384 },     { CKM_HASH_ML_DSA_SHA512, CKM_SHA512 },
                   { CKM_HASH_ML_DSA_SHA3_224, CKM_SHA3_224 }, { CKM_HASH_ML_DSA_SHA3_256, CKM_SHA3_256 },
                   { CKM_HASH_ML_DSA_SHA3_384, CKM_SHA3_384 }, { CKM_HASH_ML_DSA_SHA3_512, CKM_SHA3_512 } };
    QK_OWNED(lattice_pair_done) lattice_pair pair = counted_pair(dilithium_set(QK_ML_DSA_44));

    (void)state;
    for (size_t i = 0; i < COUNT(hashes); i++) {
        QK_OWNED(arena_done) qk_arena arena;
        qk_mech_use whole = signing(hashes[i].whole, "", 0), given = signing(CKM_HASH_ML_DSA, "", 0);
        qk_mech_use hashing = use_of(hashes[i].digest);
        qk_view signature, digest;

        qk_arena_init(&arena, 0);
        given.sign_context.hash = hashes[i].digest;
        assert_qk_ok(qk_crypto_digest(&hashing, abc, &arena, &digest));
        assert_qk_ok(qk_crypto_sign(pair.private_key, &given, digest, &arena, &signature));
        assert_qk_ok(qk_crypto_verify(pair.public_key, &whole, abc, signature));
        assert_qk_err(qk_crypto_sign(pair.private_key, &given, abc, &arena, &signature), QK_E_BAD_LENGTH);
        given.sign_context.hash = CKM_SHA_1;
        assert_qk_err(qk_crypto_sign(pair.private_key, &given, digest, &arena, &signature), QK_E_MECHANISM_PARAM);
    }
}

/* SHAKE128 and SHAKE256 of "abc", 32 and 64 bytes. Origin: hashlib of Python. */
static void shake_hashes_before_signing(void **state)
{
    static const struct {
        CK_MECHANISM_TYPE type;
        const char *digest;
    } hashes[] = {
        { CKM_HASH_ML_DSA_SHAKE128, "5881092dd818bf5cf8a3ddb793fbcba74097d5c526a6d35f97b83351940f2cc8" },
        { CKM_HASH_ML_DSA_SHAKE256, ("483366601360a8771c6863080cc4114d8db44530f8f1e1ee4f94ea37e78b5739"
                                     "d5a15bef186a5386c75744c0527e1faa9f8726e462a12a4feb06bd8801e751e4") },
    };
    QK_OWNED(lattice_pair_done) lattice_pair pair = counted_pair(dilithium_set(QK_ML_DSA_44));

    (void)state;
    for (size_t i = 0; i < COUNT(hashes); i++) {
        QK_OWNED(arena_done) qk_arena arena;
        QK_OWNED(qk_buf_done) qk_buf digest = unhex(hashes[i].digest);
        qk_mech_use whole = signing(hashes[i].type, "", 0), given = signing(CKM_HASH_ML_DSA, "", 0);
        qk_view signature;

        qk_arena_init(&arena, 0);
        given.sign_context.hash = hashes[i].type;
        assert_qk_ok(qk_crypto_sign(pair.private_key, &whole, abc, &arena, &signature));
        assert_qk_ok(qk_crypto_verify(pair.public_key, &given, qk_buf_view(&digest), signature));
    }
}

static void hashed_messages_may_come_in_parts(void **state)
{
    QK_OWNED(lattice_pair_done) lattice_pair pair = counted_pair(dilithium_set(QK_ML_DSA_87));
    QK_OWNED(qk_operation_free) qk_operation *signer = NULL, *verifier = NULL, *none = NULL;
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = signing(CKM_HASH_ML_DSA_SHA512, "ctx", CKH_DETERMINISTIC_REQUIRED);
    qk_mech_use single = signing(CKM_ML_DSA, "", 0);
    qk_view signature, nothing;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_qk_ok(qk_operation_begin(QK_SIGN, pair.private_key, &use, true, &signer));
    assert_qk_ok(qk_operation_update(signer, qk_view_text("a"), &arena, &nothing));
    assert_qk_ok(qk_operation_update(signer, qk_view_text("bc"), &arena, &nothing));
    assert_qk_ok(qk_operation_finish(signer, &arena, &signature));
    for (size_t i = 0; i < COUNT(sign_vectors); i++)
        if (sign_vectors[i].id == QK_ML_DSA_87 && sign_vectors[i].how == PREHASHED)
            assert_sha256(signature.data, signature.len, sign_vectors[i].sha256);
    assert_qk_ok(qk_operation_begin(QK_VERIFY, pair.public_key, &use, false, &verifier));
    assert_qk_ok(qk_operation_update(verifier, abc, &arena, &nothing));
    assert_qk_ok(qk_operation_finish_verify(verifier, signature));
    assert_qk_err(qk_operation_begin(QK_SIGN, pair.private_key, &single, false, &none), QK_E_MECHANISM_INVALID);
}

/* ---- mu from outside ---- */

/* Who hashes outside signs the same: mu of the public key, the context and the message.
 * Source: FIPS 204, algorithm 7, step 6, and algorithm 2, step 10. */
static qk_view mu_of(const qk_key *public_key, const char *context, qk_view message, uint8_t mu[64])
{
    uint8_t tr[64];
    qk_keccak sponge;

    qk_keccak_begin(&sponge, QK_SHAKE256_RATE);
    qk_keccak_absorb(&sponge, public_key->open.data, public_key->open.len);
    qk_keccak_finish(&sponge, QK_SHAKE_DOMAIN);
    qk_keccak_squeeze(&sponge, tr, sizeof tr);
    qk_keccak_begin(&sponge, QK_SHAKE256_RATE);
    qk_keccak_absorb(&sponge, tr, sizeof tr);
    qk_keccak_absorb(&sponge, (const uint8_t[]){ 0, (uint8_t)strlen(context) }, 2);
    qk_keccak_absorb(&sponge, (const uint8_t *)context, strlen(context));
    qk_keccak_absorb(&sponge, message.data, message.len);
    qk_keccak_finish(&sponge, QK_SHAKE_DOMAIN);
    qk_keccak_squeeze(&sponge, mu, 64);
    return qk_view_of(mu, 64);
}

static void a_message_hashed_outside_has_the_signature_of_one_hashed_inside(void **state)
{
    (void)state;
    for (CK_ULONG set = CKP_ML_DSA_44; set <= CKP_ML_DSA_87; set++) {
        QK_OWNED(lattice_pair_done) lattice_pair pair = counted_pair(qk_lattice_by_number(CKK_ML_DSA, set));
        QK_OWNED(arena_done) qk_arena arena;
        qk_mech_use inside = signing(CKM_ML_DSA, "ctx", CKH_DETERMINISTIC_REQUIRED);
        qk_mech_use outside = signing(CKM_ML_DSA_EXTERNAL_MU, "", CKH_DETERMINISTIC_REQUIRED);
        qk_view wanted, signature;
        uint8_t mu[64];

        qk_arena_init(&arena, 0);
        mu_of(pair.public_key, "ctx", abc, mu);
        assert_qk_ok(qk_crypto_sign(pair.private_key, &inside, abc, &arena, &wanted));
        assert_qk_ok(qk_crypto_sign(pair.private_key, &outside, qk_view_of(mu, 64), &arena, &signature));
        assert_bytes(signature, wanted);
        outside.sign_context.hedge = CKH_HEDGE_REQUIRED;
        assert_qk_ok(qk_crypto_sign(pair.private_key, &outside, qk_view_of(mu, 64), &arena, &signature));
        assert_false(qk_view_equal(signature, wanted));
        assert_qk_ok(qk_crypto_verify(pair.public_key, &inside, abc, signature));
        assert_qk_ok(qk_crypto_verify(pair.public_key, &outside, qk_view_of(mu, 64), wanted));
        mu[63] ^= 1;
        assert_qk_err(qk_crypto_verify(pair.public_key, &outside, qk_view_of(mu, 64), wanted), QK_E_SIGNATURE_INVALID);
        for (size_t len = 0; len < 66; len += len == 63 ? 2 : 1) /* mu has 64 bytes, and no other number */
            assert_qk_err(qk_crypto_sign(pair.private_key, &outside, qk_view_slice(wanted, 0, len), &arena, &signature),
                          QK_E_BAD_LENGTH);
        assert_qk_err(qk_crypto_verify(pair.public_key, &outside, qk_view_of(mu, 63), wanted), QK_E_BAD_LENGTH);
    }
}

/* One algorithm under two names. */
static void ibms_name_of_ml_dsa_signs_the_same(void **state)
{
    QK_OWNED(lattice_pair_done)
    lattice_pair ibm = counted_pair(qk_lattice_by_number(CKK_IBM_ML_DSA, CKP_IBM_ML_DSA_65)),
                 other = counted_pair(qk_lattice_by_number(CKK_ML_DSA, CKP_ML_DSA_65)),
                 old = counted_pair(dilithium_set(QK_DILITHIUM_R3_65));
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use of_ibm = signing(CKM_IBM_ML_DSA, "ctx", CKH_DETERMINISTIC_REQUIRED);
    qk_mech_use of_standard = signing(CKM_ML_DSA, "ctx", CKH_DETERMINISTIC_REQUIRED);
    qk_view first, second;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_qk_ok(qk_crypto_sign(ibm.private_key, &of_ibm, abc, &arena, &first));
    assert_qk_ok(qk_crypto_sign(other.private_key, &of_standard, abc, &arena, &second));
    assert_bytes(first, second);
    assert_qk_ok(qk_crypto_verify(ibm.public_key, &of_standard, abc, second));
    assert_qk_ok(qk_crypto_verify(other.public_key, &of_ibm, abc, first));
    assert_qk_err(qk_crypto_sign(old.private_key, &of_ibm, abc, &arena, &first), QK_E_KEY_TYPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deterministic_signatures_are_the_published_ones),
        cmocka_unit_test(hedged_signatures_differ_and_verify),
        cmocka_unit_test(a_changed_signature_context_or_message_is_refused),
        cmocka_unit_test(a_digest_given_is_a_digest_made),
        cmocka_unit_test(shake_hashes_before_signing),
        cmocka_unit_test(hashed_messages_may_come_in_parts),
        cmocka_unit_test(a_message_hashed_outside_has_the_signature_of_one_hashed_inside),
        cmocka_unit_test(ibms_name_of_ml_dsa_signs_the_same),
    };

    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
