/* SPDX-License-Identifier: Apache-2.0 */
/* Published keys and signatures through mechanisms and attributes: ACVP's with mu given (ML-DSA-sigGen and -sigVer of
 * FIPS 204), and openCryptoki's keys in each form that it gives them. Origin: tests/vectors/lattice/README.md. */
#include "crypto/lattice/vector_files.h"
#include "crypto/post_quantum/lattice_testing.h"

/* ---- mu from outside ---- */

static unsigned met; /* vectors with a mu: the excerpt has few */

static bool gives_mu(const json_t *group)
{
    return json_is_true(json_object_get(group, "externalMu"));
}

static const qk_lattice_set *ml_dsa_of(const json_t *group)
{
    const char *name = json_string_value(json_object_get(group, "parameterSet"));

    for (CK_ULONG set = CKP_ML_DSA_44; set <= CKP_ML_DSA_87; set++)
        if (strcmp(qk_lattice_dilithium(qk_lattice_by_number(CKK_ML_DSA, set))->name, name) == 0)
            return qk_lattice_by_number(CKK_ML_DSA, set);
    fail_msg("%s is unknown", name);
    return NULL;
}

/* What is signed with random bytes of the test's choice cannot be made again: mechanisms draw their own. */
static void sign_mu(const json_t *group, const json_t *test)
{
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_ML_DSA_EXTERNAL_MU);
    qk_view signature;

    qk_arena_init(&arena, 0);
    if (!gives_mu(group) || !json_is_true(json_object_get(group, "deterministic")))
        return;
    use.sign_context.hedge = CKH_DETERMINISTIC_REQUIRED;
    assert_qk_ok(qk_lattice_private(ml_dsa_of(group), QK_VIEW_NONE, member(test, "sk"), &key));
    assert_qk_ok(qk_crypto_sign(key, &use, member(test, "mu"), &arena, &signature));
    assert_same(signature, member(test, "signature"));
    met++;
}

static void verify_mu(const json_t *group, const json_t *test)
{
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    qk_mech_use use = use_of(CKM_ML_DSA_EXTERNAL_MU);
    qk_err err;

    if (!gives_mu(group))
        return;
    assert_qk_ok(qk_lattice_public(ml_dsa_of(group), member(test, "pk"), &key));
    err = qk_crypto_verify(key, &use, member(test, "mu"), member(test, "signature"));
    assert_int_equal(err == QK_OK, json_is_true(json_object_get(test, "testPassed")));
    met++;
}

static void signatures_of_a_given_mu_are_the_published_ones(void **state)
{
    (void)state;
    met = 0;
    for_each_vector("mldsa-acvp/ML-DSA-44-sigGen.json", sign_mu);
    for_each_vector("mldsa-acvp/ML-DSA-65-sigGen.json", sign_mu);
    for_each_vector("mldsa-acvp/ML-DSA-87-sigGen.json", sign_mu);
    assert_int_not_equal(met, 0);
}

static void signatures_of_a_given_mu_are_judged_as_published(void **state)
{
    (void)state;
    met = 0;
    for_each_vector("mldsa-acvp/ML-DSA-44-sigVer.json", verify_mu);
    for_each_vector("mldsa-acvp/ML-DSA-65-sigVer.json", verify_mu);
    for_each_vector("mldsa-acvp/ML-DSA-87-sigVer.json", verify_mu);
    assert_int_not_equal(met, 0);
}

/* ---- keys as openCryptoki gives them ---- */

static const struct {
    const char *name;
    CK_ATTRIBUTE_TYPE attribute;
    bool is_open;
} parts[] = {
    { "rho", CKA_IBM_DILITHIUM_RHO, true }, { "seed", CKA_IBM_DILITHIUM_SEED, false },
    { "tr", CKA_IBM_DILITHIUM_TR, false },  { "s1", CKA_IBM_DILITHIUM_S1, false },
    { "s2", CKA_IBM_DILITHIUM_S2, false },  { "t0", CKA_IBM_DILITHIUM_T0, false },
    { "t1", CKA_IBM_DILITHIUM_T1, true },   { "pk", CKA_IBM_KYBER_PK, true },
    { "sk", CKA_IBM_KYBER_SK, false },
};

/* The entry names its set by the name of a constant, whose number is its place in the list. */
static void set_number(qk_attrs *attrs, CK_ATTRIBUTE_TYPE type, const char *name)
{
    static const struct {
        const char *name;
        CK_ULONG number;
    } numbers[] = {
        { "CKP_IBM_ML_DSA_44", CKP_IBM_ML_DSA_44 },
        { "CKP_IBM_ML_DSA_65", CKP_IBM_ML_DSA_65 },
        { "CKP_IBM_ML_DSA_87", CKP_IBM_ML_DSA_87 },
        { "CKP_IBM_ML_KEM_512", CKP_IBM_ML_KEM_512 },
        { "CKP_IBM_ML_KEM_768", CKP_IBM_ML_KEM_768 },
        { "CKP_IBM_ML_KEM_1024", CKP_IBM_ML_KEM_1024 },
        { "CK_IBM_DILITHIUM_KEYFORM_ROUND2_65", CK_IBM_DILITHIUM_KEYFORM_ROUND2_65 },
        { "CK_IBM_DILITHIUM_KEYFORM_ROUND2_87", CK_IBM_DILITHIUM_KEYFORM_ROUND2_87 },
        { "CK_IBM_DILITHIUM_KEYFORM_ROUND3_44", CK_IBM_DILITHIUM_KEYFORM_ROUND3_44 },
        { "CK_IBM_DILITHIUM_KEYFORM_ROUND3_65", CK_IBM_DILITHIUM_KEYFORM_ROUND3_65 },
        { "CK_IBM_DILITHIUM_KEYFORM_ROUND3_87", CK_IBM_DILITHIUM_KEYFORM_ROUND3_87 },
        { "CK_IBM_KYBER_KEYFORM_ROUND2_768", CK_IBM_KYBER_KEYFORM_ROUND2_768 },
        { "CK_IBM_KYBER_KEYFORM_ROUND2_1024", CK_IBM_KYBER_KEYFORM_ROUND2_1024 },
    };

    for (size_t i = 0; i < COUNT(numbers); i++)
        if (strcmp(numbers[i].name, name) == 0) {
            assert_qk_ok(qk_attrs_set_ulong(attrs, type, numbers[i].number));
            return;
        }
    fail_msg("%s is unknown", name);
}

static void give_parts(const json_t *test, bool is_public, qk_attrs *attrs)
{
    for (size_t i = 0; i < COUNT(parts); i++)
        if ((parts[i].is_open || !is_public) && json_object_get(test, parts[i].name))
            assert_qk_ok(qk_attrs_set(attrs, parts[i].attribute, member(test, parts[i].name)));
}

/* In the form that the entry has: DER, parts, or a seed beside the public key's DER. */
static lattice_pair pair_of(const json_t *test, CK_KEY_TYPE type, CK_ATTRIBUTE_TYPE number)
{
    QK_OWNED(qk_attrs_done) qk_attrs of_public = QK_ATTRS_NONE, of_private = QK_ATTRS_NONE;
    const char *form = json_string_value(
        json_object_get(test, type == CKK_IBM_ML_DSA || type == CKK_IBM_ML_KEM ? "parameter_set" : "keyform"));
    lattice_pair pair = { NULL, NULL };

    set_kind(&of_public, CKO_PUBLIC_KEY, type);
    set_kind(&of_private, CKO_PRIVATE_KEY, type);
    give_parts(test, true, &of_public);
    give_parts(test, false, &of_private);
    if (form && *form == 'C') {
        set_number(&of_public, number, form);
        set_number(&of_private, number, form);
    }
    if (json_object_get(test, "spki"))
        assert_qk_ok(qk_attrs_set(&of_public, CKA_VALUE, member(test, "spki")));
    if (json_object_get(test, "pkcs8"))
        assert_qk_ok(qk_attrs_set(&of_private, CKA_VALUE, member(test, "pkcs8")));
    if (json_object_get(test, "priv_seed"))
        assert_qk_ok(qk_attrs_set(&of_private, qk_lattice_seed_name(type), member(test, "priv_seed")));
    assert_qk_ok(qk_key_from_attrs(&of_public, &pair.public_key));
    assert_qk_ok(qk_key_from_attrs(&of_private, &pair.private_key));
    assert_bytes(qk_buf_view(&pair.private_key->open), qk_buf_view(&pair.public_key->open));
    return pair;
}

static void sign_with_dilithium(const json_t *group, const json_t *test)
{
    QK_OWNED(lattice_pair_done)
    lattice_pair pair = pair_of(test, CKK_IBM_PQC_DILITHIUM, CKA_IBM_DILITHIUM_KEYFORM);
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_IBM_DILITHIUM);
    qk_view signature;

    (void)group;
    qk_arena_init(&arena, 0);
    assert_qk_ok(qk_crypto_sign(pair.private_key, &use, member(test, "msg"), &arena, &signature));
    assert_same(signature, member(test, "sig"));
    assert_qk_ok(qk_crypto_verify(pair.public_key, &use, member(test, "msg"), signature));
}

static void sign_with_ml_dsa(const json_t *group, const json_t *test)
{
    QK_OWNED(lattice_pair_done) lattice_pair pair = pair_of(test, CKK_IBM_ML_DSA, CKA_IBM_PARAMETER_SET);
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_IBM_ML_DSA), standard = use_of(CKM_ML_DSA);
    qk_view signature;

    (void)group;
    qk_arena_init(&arena, 0);
    assert_qk_ok(qk_crypto_sign(pair.private_key, &use, qk_view_text("abc"), &arena, &signature));
    assert_qk_ok(qk_crypto_verify(pair.public_key, &use, qk_view_text("abc"), signature));
    assert_qk_ok(qk_crypto_verify(pair.public_key, &standard, qk_view_text("abc"), signature));
}

static void open_with(const lattice_pair *pair, CK_MECHANISM_TYPE type, qk_view cipher, qk_key **out_key)
{
    const qk_key_wanted wanted = { CKO_SECRET_KEY, CKK_GENERIC_SECRET, 32, NULL };
    qk_mech_use use = use_of(type);

    use.kem.mode = CK_IBM_KEM_DECAPSULATE;
    use.kem.kdf = CKD_NULL;
    use.kem.cipher = cipher;
    assert_qk_ok(qk_crypto_derive(pair->private_key, &use, &wanted, out_key));
}

static void open_with_kyber(const json_t *group, const json_t *test)
{
    QK_OWNED(lattice_pair_done) lattice_pair pair = pair_of(test, CKK_IBM_PQC_KYBER, CKA_IBM_KYBER_KEYFORM);
    QK_OWNED(qk_key_unref) qk_key *key = NULL;

    (void)group;
    open_with(&pair, CKM_IBM_KYBER, member(test, "cipher"), &key);
    assert_same(qk_secret_reveal(&key->value), member(test, "secret"));
}

static void open_with_ml_kem(const json_t *group, const json_t *test)
{
    QK_OWNED(lattice_pair_done) lattice_pair pair = pair_of(test, CKK_IBM_ML_KEM, CKA_IBM_PARAMETER_SET);
    QK_OWNED(qk_key_unref) qk_key *mine = NULL, *yours = NULL;
    const qk_key_wanted wanted = { CKO_SECRET_KEY, CKK_GENERIC_SECRET, 32, NULL };
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_ML_KEM);
    qk_view cipher;

    (void)group;
    qk_arena_init(&arena, 0);
    assert_qk_ok(qk_crypto_encapsulate(pair.public_key, &use, &wanted, &arena, &cipher, &mine));
    open_with(&pair, CKM_IBM_ML_KEM, cipher, &yours);
    assert_bytes(qk_secret_reveal(&mine->value), qk_secret_reveal(&yours->value));
}

static void openCryptokis_keys_work_in_every_form(void **state)
{
    (void)state;
    for_each_entry("ibm/dilithium.json", sign_with_dilithium);
    for_each_entry("ibm/ibm_ml_dsa.json", sign_with_ml_dsa);
    for_each_entry("ibm/kyber.json", open_with_kyber);
    for_each_entry("ibm/ibm_ml_kem.json", open_with_ml_kem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_of_a_given_mu_are_the_published_ones),
        cmocka_unit_test(signatures_of_a_given_mu_are_judged_as_published),
        cmocka_unit_test(openCryptokis_keys_work_in_every_form),
    };

    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
