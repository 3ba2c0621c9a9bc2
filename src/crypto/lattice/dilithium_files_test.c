/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures from files (vector_files.h): NIST's ACVP, Project Wycheproof, IBM's keys, submissions' response files. */
#include "crypto/lattice/vector_files.h"

#include "crypto/lattice/dilithium.h"

static const qk_dilithium_set *set;
static uint8_t public_bytes[QK_DILITHIUM_PUBLIC_MAX], private_bytes[QK_DILITHIUM_PRIVATE_MAX];
static uint8_t signature_bytes[QK_DILITHIUM_SIGNATURE_MAX];

static qk_view public_key(void)
{
    return qk_view_of(public_bytes, set->public_len);
}

static qk_view private_key(void)
{
    return qk_view_of(private_bytes, set->private_len);
}

static qk_view signature(void)
{
    return qk_view_of(signature_bytes, set->signature_len);
}

static void choose(const char *name)
{
    for (int id = 0; id < QK_DILITHIUM_SETS; id++) {
        set = qk_dilithium_set_find((qk_dilithium_id)id);
        if (strcmp(set->name, name) == 0)
            return;
    }
    fail_msg("no set %s", name);
}

static qk_err sign(qk_view key, const qk_dilithium_message *message, const uint8_t *random)
{
    qk_dilithium_signer *signer = NULL;
    qk_err err;

    QK_TRY(qk_dilithium_signer_new(set, key, &signer));
    err = qk_dilithium_sign(signer, message, random, signature_bytes);
    qk_dilithium_signer_free(&signer);
    return err;
}

static qk_err verify(qk_view key, const qk_dilithium_message *message, qk_view of)
{
    qk_dilithium_verifier *verifier = NULL;
    qk_err err;

    QK_TRY(qk_dilithium_verifier_new(set, key, &verifier));
    err = qk_dilithium_verify(verifier, message, of);
    qk_dilithium_verifier_free(&verifier);
    return err;
}

/* Source of the identifiers: FIPS 204, section 5.4. */
static const struct hash {
    const char *acvp, *openssl;
    uint8_t oid_end, len;
} hashes[] = {
    { "SHA2-256", "SHA256", 1, 32 },         { "SHA2-384", "SHA384", 2, 48 },
    { "SHA2-512", "SHA512", 3, 64 },         { "SHA2-224", "SHA224", 4, 28 },
    { "SHA2-512/224", "SHA512-224", 5, 28 }, { "SHA2-512/256", "SHA512-256", 6, 32 },
    { "SHA3-224", "SHA3-224", 7, 28 },       { "SHA3-256", "SHA3-256", 8, 32 },
    { "SHA3-384", "SHA3-384", 9, 48 },       { "SHA3-512", "SHA3-512", 10, 64 },
    { "SHAKE-128", "SHAKE128", 11, 32 },     { "SHAKE-256", "SHAKE256", 12, 64 },
};

static void prehash(const json_t *test, qk_dilithium_message *message)
{
    static uint8_t digest[64], oid[11] = { 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0 };
    const struct hash *hash = hashes;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned len;

    while (!has_text(test, "hashAlg", hash->acvp))
        assert_true(++hash < hashes + sizeof hashes / sizeof *hashes);
    assert_int_equal(EVP_DigestInit_ex(context, EVP_get_digestbyname(hash->openssl), NULL), 1);
    assert_int_equal(EVP_DigestUpdate(context, message->bytes.data, message->bytes.len), 1);
    if (strncmp(hash->acvp, "SHAKE", 5) == 0)
        assert_int_equal(EVP_DigestFinalXOF(context, digest, hash->len), 1);
    else
        assert_int_equal(EVP_DigestFinal_ex(context, digest, &len), 1);
    EVP_MD_CTX_free(context);
    oid[10] = hash->oid_end;
    message->form = QK_DILITHIUM_PREHASHED;
    message->bytes = qk_view_of(digest, hash->len);
    message->hash_oid = qk_view_of(oid, sizeof oid);
}

static qk_dilithium_message acvp_message(const json_t *group, const json_t *test)
{
    qk_dilithium_message message = { .bytes = member(test, "message"), .context = member(test, "context") };

    if (json_is_true(json_object_get(group, "externalMu"))) {
        message.form = QK_DILITHIUM_MU;
        message.bytes = member(test, "mu");
    } else if (has_text(group, "signatureInterface", "internal")) {
        message.form = QK_DILITHIUM_INTERNAL;
    } else if (has_text(group, "preHash", "preHash")) {
        prehash(test, &message);
    }
    return message;
}

static void acvp_key(const json_t *group, const json_t *test)
{
    choose(json_string_value(json_object_get(group, "parameterSet")));
    assert_qk_ok(qk_dilithium_generate(set, member(test, "seed"), public_bytes, private_bytes));
    assert_same(public_key(), member(test, "pk"));
    assert_same(private_key(), member(test, "sk"));
    memset(public_bytes, 0, sizeof public_bytes);
    assert_qk_ok(qk_dilithium_check_private(set, private_key(), public_bytes));
    assert_same(public_key(), member(test, "pk"));
}

static void acvp_sign(const json_t *group, const json_t *test)
{
    qk_dilithium_message message = acvp_message(group, test);
    qk_view random = member(test, "rnd");

    choose(json_string_value(json_object_get(group, "parameterSet")));
    assert_qk_ok(sign(member(test, "sk"), &message, random.len ? random.data : NULL));
    assert_same(signature(), member(test, "signature"));
}

static void acvp_verify(const json_t *group, const json_t *test)
{
    qk_dilithium_message message = acvp_message(group, test);
    qk_err err;

    choose(json_string_value(json_object_get(group, "parameterSet")));
    err = verify(member(test, "pk"), &message, member(test, "signature"));
    assert_int_equal(err == QK_OK, json_is_true(json_object_get(test, "testPassed")));
}

static void acvp_keys_are_made(void **state)
{
    (void)state;
    for_each_vector("mldsa-acvp/ML-DSA-keyGen.json", acvp_key);
}

static void acvp_signatures_are_made(void **state)
{
    (void)state;
    for_each_vector("mldsa-acvp/ML-DSA-44-sigGen.json", acvp_sign);
    for_each_vector("mldsa-acvp/ML-DSA-65-sigGen.json", acvp_sign);
    for_each_vector("mldsa-acvp/ML-DSA-87-sigGen.json", acvp_sign);
}

static void acvp_signatures_are_judged(void **state)
{
    (void)state;
    for_each_vector("mldsa-acvp/ML-DSA-44-sigVer.json", acvp_verify);
    for_each_vector("mldsa-acvp/ML-DSA-65-sigVer.json", acvp_verify);
    for_each_vector("mldsa-acvp/ML-DSA-87-sigVer.json", acvp_verify);
}

static bool is_valid(const json_t *test)
{
    return has_text(test, "result", "valid");
}

static void wycheproof_verify(const json_t *group, const json_t *test)
{
    qk_dilithium_message message = { .bytes = member(test, "msg"), .context = member(test, "ctx") };
    qk_err err = verify(member(group, "publicKey"), &message, member(test, "sig"));

    if ((err == QK_OK) != is_valid(test))
        fail_msg("%s: %s", qk_err_name(err), json_string_value(json_object_get(test, "comment")));
}

/* The key: a seed, or the expanded form. */
static qk_err wycheproof_key(const json_t *group, qk_view *out)
{
    if (!json_object_get(group, "privateSeed")) {
        *out = member(group, "privateKey");
        return QK_OK;
    }
    QK_TRY(qk_dilithium_generate(set, member(group, "privateSeed"), public_bytes, private_bytes));
    assert_same(public_key(), member(group, "publicKey"));
    *out = private_key();
    return QK_OK;
}

static qk_err wycheproof_attempt(const json_t *group, const json_t *test)
{
    qk_dilithium_message message = { .bytes = member(test, "msg"), .context = member(test, "ctx") };
    qk_view random = member(test, "rnd"), key;

    if (has_flag(test, "Internal")) {
        message.form = QK_DILITHIUM_MU;
        message.bytes = member(test, "mu");
    }
    QK_TRY(wycheproof_key(group, &key));
    return sign(key, &message, random.len ? random.data : NULL);
}

static void wycheproof_sign(const json_t *group, const json_t *test)
{
    qk_err err = wycheproof_attempt(group, test);

    if ((err == QK_OK) != is_valid(test))
        fail_msg("%s: %s", qk_err_name(err), json_string_value(json_object_get(test, "comment")));
    if (err == QK_OK)
        assert_same(signature(), member(test, "sig"));
}

static void wycheproof_signatures_are_judged(void **state)
{
    (void)state;
    choose("ML-DSA-44");
    for_each_vector("wycheproof/mldsa_44_verify_test.json", wycheproof_verify);
    choose("ML-DSA-65");
    for_each_vector("wycheproof/mldsa_65_verify_test.json", wycheproof_verify);
    choose("ML-DSA-87");
    for_each_vector("wycheproof/mldsa_87_verify_test.json", wycheproof_verify);
}

static void wycheproof_signatures_are_made(void **state)
{
    (void)state;
    choose("ML-DSA-44");
    for_each_vector("wycheproof/mldsa_44_sign_seed_test.json", wycheproof_sign);
    for_each_vector("wycheproof/mldsa_44_sign_noseed_test.json", wycheproof_sign);
    choose("ML-DSA-65");
    for_each_vector("wycheproof/mldsa_65_sign_seed_test.json", wycheproof_sign);
    for_each_vector("wycheproof/mldsa_65_sign_noseed_test.json", wycheproof_sign);
    choose("ML-DSA-87");
    for_each_vector("wycheproof/mldsa_87_sign_seed_test.json", wycheproof_sign);
    for_each_vector("wycheproof/mldsa_87_sign_noseed_test.json", wycheproof_sign);
}

/* IBM's split form: the parts make the keys. Entries in DER are tested where DER is read. */
static const struct ibm_part {
    const char *name;
    qk_dilithium_part part;
} ibm_parts[] = {
    { "rho", QK_DILITHIUM_RHO }, { "seed", QK_DILITHIUM_KEY }, { "tr", QK_DILITHIUM_TR },
    { "s1", QK_DILITHIUM_S1 },   { "s2", QK_DILITHIUM_S2 },    { "t0", QK_DILITHIUM_T0 },
};

static void ibm_choose(const json_t *entry)
{
    static const struct form {
        const char *keyform;
        qk_dilithium_id id;
    } forms[] = {
        { "CK_IBM_DILITHIUM_KEYFORM_ROUND2_65", QK_DILITHIUM_R2_65 },
        { "CK_IBM_DILITHIUM_KEYFORM_ROUND2_87", QK_DILITHIUM_R2_87 },
        { "CK_IBM_DILITHIUM_KEYFORM_ROUND3_44", QK_DILITHIUM_R3_44 },
        { "CK_IBM_DILITHIUM_KEYFORM_ROUND3_65", QK_DILITHIUM_R3_65 },
        { "CK_IBM_DILITHIUM_KEYFORM_ROUND3_87", QK_DILITHIUM_R3_87 },
    };
    size_t tr_s1 = member(entry, "s1").len;

    set = NULL;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (has_text(entry, "keyform", forms[i].keyform))
            set = qk_dilithium_set_find(forms[i].id);
    for (int id = QK_ML_DSA_44; !set && id <= QK_ML_DSA_87; id++)
        if (qk_dilithium_place_of(qk_dilithium_set_find((qk_dilithium_id)id), QK_DILITHIUM_S1).len == tr_s1)
            set = qk_dilithium_set_find((qk_dilithium_id)id);
    assert_non_null(set);
}

static void ibm_key(const json_t *group, const json_t *entry)
{
    qk_dilithium_message message = { .bytes = member(entry, "msg") };

    (void)group;
    if (!json_object_get(entry, "rho"))
        return;
    ibm_choose(entry);
    for (size_t i = 0; i < sizeof ibm_parts / sizeof *ibm_parts; i++) {
        qk_dilithium_place place = qk_dilithium_place_of(set, ibm_parts[i].part);
        qk_view bytes = member(entry, ibm_parts[i].name);

        assert_int_equal(bytes.len, place.len);
        memcpy(private_bytes + place.offset, bytes.data, bytes.len);
    }
    assert_qk_ok(qk_dilithium_check_private(set, private_key(), public_bytes));
    assert_same(qk_view_slice(public_key(), 32, set->public_len), member(entry, "t1"));
    if (!json_object_get(entry, "sig"))
        return;
    assert_qk_ok(sign(private_key(), &message, NULL));
    assert_same(signature(), member(entry, "sig"));
    assert_qk_ok(verify(public_key(), &message, signature()));
}

static void ibm_keys_are_consistent_and_sign(void **state)
{
    (void)state;
    for_each_entry("ibm/dilithium.json", ibm_key);
    for_each_entry("ibm/ibm_ml_dsa.json", ibm_key);
}

static bool hedged;

static void record(const json_t *group, const json_t *test)
{
    qk_dilithium_message message = { .bytes = member(test, "msg") };
    uint8_t drawn[QK_DILITHIUM_SEED_MAX], random[32];
    kat_drbg drbg;

    (void)group;
    kat_drbg_init(&drbg, member(test, "seed").data);
    kat_drbg_request(&drbg, drawn, set->seed_len);
    kat_drbg_request(&drbg, random, sizeof random);
    assert_qk_ok(qk_dilithium_generate(set, qk_view_of(drawn, set->seed_len), public_bytes, private_bytes));
    assert_same(public_key(), member(test, "pk"));
    assert_same(private_key(), member(test, "sk"));
    assert_qk_ok(sign(private_key(), &message, hedged ? random : NULL));
    assert_same(signature(), qk_view_slice(member(test, "sm"), 0, set->signature_len));
    assert_qk_ok(verify(public_key(), &message, signature()));
}

static void published_records_are_met(void **state)
{
    static const struct file {
        const char *name, *set;
    } files[] = {
        { "kat/dilithium-r2-87-chained.rsp", "Dilithium-R2-87" }, /* all that is published of this set */
        { "kat/dilithium-r2-54.rsp", "Dilithium-R2-54" },
        { "kat/dilithium-r2-65.rsp", "Dilithium-R2-65" },
        { "kat/dilithium-r2-65-chained.rsp", "Dilithium-R2-65" },
        { "kat/dilithium-r3-44.rsp", "Dilithium-R3-44" },
        { "kat/dilithium-r3-65.rsp", "Dilithium-R3-65" },
        { "kat/dilithium-r3-87.rsp", "Dilithium-R3-87" },
        { "kat/ml-dsa-44-hedged.rsp", "ML-DSA-44" },
        { "kat/ml-dsa-65-hedged.rsp", "ML-DSA-65" },
        { "kat/ml-dsa-87-hedged.rsp", "ML-DSA-87" },
    };
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        choose(files[i].set);
        hedged = set->generation == QK_DILITHIUM_FIPS204;
        count += for_each_record(files[i].name, record);
    }
    assert_true(count > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acvp_keys_are_made),
        cmocka_unit_test(acvp_signatures_are_made),
        cmocka_unit_test(acvp_signatures_are_judged),
        cmocka_unit_test(wycheproof_signatures_are_judged),
        cmocka_unit_test(wycheproof_signatures_are_made),
        cmocka_unit_test(ibm_keys_are_consistent_and_sign),
        cmocka_unit_test(published_records_are_met),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
