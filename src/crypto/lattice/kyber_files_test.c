/* SPDX-License-Identifier: Apache-2.0 */
/* Key encapsulation from files (vector_files.h): NIST's ACVP, Project Wycheproof, IBM's keys, submissions' response
 * files. */
#include "crypto/lattice/vector_files.h"

#include "crypto/lattice/kyber.h"

static const qk_kyber_set *set;
static uint8_t public_bytes[QK_KYBER_PUBLIC_MAX], private_bytes[QK_KYBER_PRIVATE_MAX];
static uint8_t ciphertext[QK_KYBER_CIPHERTEXT_MAX], shared[QK_KYBER_SHARED_LEN];

static void choose(const char *name)
{
    for (int id = 0; id < QK_KYBER_SETS; id++) {
        set = qk_kyber_set_find((qk_kyber_id)id);
        if (strcmp(set->name, name) == 0)
            return;
    }
    fail_msg("no set %s", name);
}

static void choose_for(const json_t *group)
{
    choose(json_string_value(json_object_get(group, "parameterSet")));
}

static qk_err seal(qk_view public_key, qk_view coins)
{
    qk_kyber_sealer *sealer = NULL;

    QK_TRY(qk_kyber_sealer_new(set, public_key, &sealer));
    assert_int_equal(coins.len, QK_KYBER_COINS_LEN);
    qk_kyber_seal(sealer, coins.data, ciphertext, shared);
    qk_kyber_sealer_free(&sealer);
    return QK_OK;
}

static qk_err open_with(qk_view private_key, qk_view of)
{
    qk_kyber_opener *opener = NULL;
    qk_err err;

    QK_TRY(qk_kyber_opener_new(set, private_key, &opener));
    err = qk_kyber_open(opener, of, shared);
    qk_kyber_opener_free(&opener);
    return err;
}

static qk_err generate(qk_view seed)
{
    return qk_kyber_generate(set, seed, public_bytes, private_bytes);
}

static qk_view public_key(void)
{
    return qk_view_of(public_bytes, set->public_len);
}

static qk_view private_key(void)
{
    return qk_view_of(private_bytes, set->private_len);
}

static qk_view shared_secret(void)
{
    return qk_view_of(shared, sizeof shared);
}

static void acvp_key(const json_t *group, const json_t *test)
{
    uint8_t seed[QK_KYBER_SEED_LEN];

    choose_for(group);
    memcpy(seed, member(test, "d").data, 32);
    memcpy(seed + 32, member(test, "z").data, 32);
    assert_qk_ok(generate(qk_view_of(seed, sizeof seed)));
    assert_same(public_key(), member(test, "ek"));
    assert_same(private_key(), member(test, "dk"));
}

static void acvp_use(const json_t *group, const json_t *test)
{
    bool passes = json_is_true(json_object_get(test, "testPassed"));

    choose_for(group);
    if (has_text(group, "function", "encapsulation")) {
        assert_qk_ok(seal(member(test, "ek"), member(test, "m")));
        assert_same(qk_view_of(ciphertext, set->ciphertext_len), member(test, "c"));
        assert_same(shared_secret(), member(test, "k"));
    } else if (has_text(group, "function", "decapsulation")) {
        assert_qk_ok(open_with(member(test, "dk"), member(test, "c")));
        assert_same(shared_secret(), member(test, "k"));
    } else if (has_text(group, "function", "decapsulationKeyCheck")) {
        assert_int_equal(qk_kyber_check_private(set, member(test, "dk")) == QK_OK, passes);
    } else {
        assert_true(has_text(group, "function", "encapsulationKeyCheck"));
        assert_int_equal(qk_kyber_check_public(set, member(test, "ek")) == QK_OK, passes);
    }
}

static void acvp_is_met(void **state)
{
    (void)state;
    for_each_vector("mlkem-acvp/ML-KEM-keyGen.json", acvp_key);
    for_each_vector("mlkem-acvp/ML-KEM-encapDecap.json", acvp_use);
}

static void assert_result(const json_t *test, qk_err err)
{
    if ((err == QK_OK) != has_text(test, "result", "valid"))
        fail_msg("%s: %s", qk_err_name(err), json_string_value(json_object_get(test, "comment")));
}

static qk_err wycheproof_attempt(const json_t *test)
{
    QK_TRY(generate(member(test, "seed")));
    if (json_object_get(test, "ek"))
        assert_same(public_key(), member(test, "ek"));
    return open_with(private_key(), member(test, "c"));
}

static void wycheproof_open(const json_t *group, const json_t *test)
{
    qk_err err;

    choose_for(group);
    err = wycheproof_attempt(test);
    assert_result(test, err);
    if (err == QK_OK)
        assert_same(shared_secret(), member(test, "K"));
}

static void wycheproof_open_expanded(const json_t *group, const json_t *test)
{
    qk_err err;

    choose_for(group);
    err = open_with(member(test, "dk"), member(test, "c"));
    assert_result(test, err);
    if (err == QK_OK && json_object_get(test, "K"))
        assert_same(shared_secret(), member(test, "K"));
}

static void wycheproof_is_met(void **state)
{
    (void)state;
    for_each_vector("wycheproof/mlkem_512_test.json", wycheproof_open);
    for_each_vector("wycheproof/mlkem_768_test.json", wycheproof_open);
    for_each_vector("wycheproof/mlkem_1024_test.json", wycheproof_open);
    for_each_vector("wycheproof/mlkem_512_semi_expanded_decaps_test.json", wycheproof_open_expanded);
    for_each_vector("wycheproof/mlkem_768_semi_expanded_decaps_test.json", wycheproof_open_expanded);
    for_each_vector("wycheproof/mlkem_1024_semi_expanded_decaps_test.json", wycheproof_open_expanded);
}

/* Entries in DER are tested where DER is read. Round 2 keys come with a ciphertext and its secret. */
static void ibm_key(const json_t *group, const json_t *entry)
{
    qk_view private_view = member(entry, "sk"), inside;
    bool round2 = json_object_get(entry, "keyform") != NULL;

    (void)group;
    if (private_view.len == 0)
        return;
    set = NULL;
    for (int id = round2 ? QK_KYBER_R2_512 : QK_ML_KEM_512; id <= (round2 ? QK_KYBER_R2_1024 : QK_ML_KEM_1024); id++)
        if (qk_kyber_set_find((qk_kyber_id)id)->private_len == private_view.len)
            set = qk_kyber_set_find((qk_kyber_id)id);
    assert_non_null(set);
    assert_qk_ok(qk_kyber_check_private(set, private_view));
    assert_qk_ok(qk_kyber_public_of(set, private_view, &inside));
    assert_same(inside, member(entry, "pk"));
    if (!json_object_get(entry, "cipher"))
        return;
    assert_qk_ok(open_with(private_view, member(entry, "cipher")));
    assert_same(shared_secret(), member(entry, "secret"));
}

static void ibm_keys_are_consistent_and_open(void **state)
{
    (void)state;
    for_each_entry("ibm/kyber.json", ibm_key);
    for_each_entry("ibm/ibm_ml_kem.json", ibm_key);
}

static void record(const json_t *group, const json_t *test)
{
    uint8_t drawn[QK_KYBER_SEED_LEN], coins[QK_KYBER_COINS_LEN];
    kat_drbg drbg;

    (void)group;
    kat_drbg_init(&drbg, member(test, "seed").data);
    kat_drbg_request(&drbg, drawn, set->generation == QK_KYBER_FIPS203 ? 64 : 32);
    if (set->generation == QK_KYBER_ROUND2)
        kat_drbg_request(&drbg, drawn + 32, 32);
    kat_drbg_request(&drbg, coins, sizeof coins);
    assert_qk_ok(generate(qk_view_of(drawn, sizeof drawn)));
    assert_same(public_key(), member(test, "pk"));
    assert_same(private_key(), member(test, "sk"));
    assert_qk_ok(seal(public_key(), qk_view_of(coins, sizeof coins)));
    assert_same(qk_view_of(ciphertext, set->ciphertext_len), member(test, "ct"));
    assert_same(shared_secret(), member(test, "ss"));
    assert_qk_ok(open_with(private_key(), member(test, "ct")));
    assert_same(shared_secret(), member(test, "ss"));
}

static void published_records_are_met(void **state)
{
    static const struct file {
        const char *name, *set;
    } files[] = {
        { "kat/kyber-r2-768.rsp", "Kyber-R2-768" },
        { "kat/kyber-r2-1024.rsp", "Kyber-R2-1024" },
        { "kat/ml-kem-768.rsp", "ML-KEM-768" },
        { "kat/ml-kem-1024.rsp", "ML-KEM-1024" },
    };

    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        choose(files[i].set);
        count += for_each_record(files[i].name, record);
    }
    assert_true(count > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acvp_is_met),
        cmocka_unit_test(wycheproof_is_met),
        cmocka_unit_test(ibm_keys_are_consistent_and_open),
        cmocka_unit_test(published_records_are_met),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
