/* SPDX-License-Identifier: Apache-2.0 */
/* Known answers: NIST's CAVP vectors for SP 800-108 (KDFCTR_gen, KDFFeedbackNoZeroIV_gen, KDFDblPipelineNoCounter_gen).
 */
#include "p11/kdf108.h"

#include "crypto/testing.h"

static const struct example {
    CK_MECHANISM_TYPE type, prf;
    CK_KEY_TYPE key_type;
    const char *key, *iv, *fixed, *output;
    unsigned bits; /* of the counter; 0: none */
} examples[] = {
    { CKM_SP800_108_COUNTER_KDF, CKM_SHA256_HMAC, CKK_GENERIC_SECRET,
      "dd1d91b7d90b2bd3138533ce92b272fbf8a369316aefe242e659cc0ae238afe0", "",
      ("01322b96b30acd197979444e468e1c5c6859bf1b1cf951b7e725303e237e46b864a145fab25e517b08f8683d0315bb2911d80a0e8aba17f"
       "3b4"
       "13faac"),
      "10621342bfb0fd40046c0e29f2cfdbf0", 32 },
    { CKM_SP800_108_FEEDBACK_KDF, CKM_SHA256_HMAC, CKK_GENERIC_SECRET,
      "93f698e842eed75394d629d957e2e89c6e741f810b623c8b901e38376d068e7b",
      "9f575d9059d3e0c0803f08112f8a806de3c3471912cdf42b095388b14b33508e",
      "53b89c18690e2057a1d167822e636de50be0018532c431f7f5e37f77139220d5e042599ebe266af5767ee18cd2c5c19a1f0f80",
      ("bd1476f43a4e315747cf5918e0ea5bc0d98769457477c3ab18b742def0e079a933b756365afb5541f253fee43c6fd788a44041038509e9e"
       "eb6"
       "8f7d65ffbb5f95"),
      32 },
    { CKM_SP800_108_DOUBLE_PIPELINE_KDF, CKM_AES_CMAC, CKK_AES, "ada2452f1f141a82c7a1b7d3e09ffed1", "",
      "335660eb265d2044efa06eacd848d3f9f57d219011343318f3a964df4a6fb1bf6cbdee711c7fcbe73b8f257f992e47e8b065af",
      ("a73bd29176e38e761222ae07d639181f4b2c555a3b261815cde5d88a67c8b95c58b6b66ea4f10608c6d799b051519fc8e89de00cdc55635"
       "0a7"
       "d966475086f9af"),
      0 },
};

/* The iteration variable, the counter, then fixed data: how those vectors are arranged. */
static qk_buf pieces_of(const struct example *e)
{
    QK_OWNED(qk_buf_done) qk_buf fixed = unhex(e->fixed);
    bool counts = e->type == CKM_SP800_108_COUNTER_KDF;
    qk_kdf108_piece iteration = { .type = CK_SP800_108_ITERATION_VARIABLE, .bits = counts ? e->bits : 0 };
    qk_kdf108_piece counter = { .type = CK_SP800_108_OPTIONAL_COUNTER, .bits = e->bits };
    qk_kdf108_piece bytes = { .type = CK_SP800_108_BYTE_ARRAY, .bytes = qk_buf_view(&fixed) };
    qk_buf flat = QK_BUF_NONE;

    qk_kdf108_put(&flat, &iteration);
    if (!counts && e->bits > 0)
        qk_kdf108_put(&flat, &counter);
    qk_kdf108_put(&flat, &bytes);
    return flat;
}

static void published_vectors_come_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        const struct example *e = &examples[i];
        QK_OWNED(qk_buf_done) qk_buf flat = pieces_of(e), iv = unhex(e->iv), expected = unhex(e->output);
        QK_OWNED(qk_key_unref) qk_key *base = secret_key_hex(e->key_type, e->key), *made = NULL;
        qk_key_wanted wanted = { CKO_SECRET_KEY, CKK_GENERIC_SECRET, expected.len, NULL };
        qk_mech_use use = use_of(e->type);
        use.kdf108.prf = e->prf;
        use.kdf108.iv = qk_buf_view(&iv);
        use.kdf108.segments = qk_buf_view(&flat);
        assert_int_equal(qk_mech_use_check(&use, QK_DERIVE), QK_OK);
        assert_int_equal(qk_crypto_derive(base, &use, &wanted, &made), QK_OK);
        assert_bytes(qk_secret_reveal(&made->value), qk_buf_view(&expected));
    }
}

/* PKCS #11's own example: 48 and 16 bytes of SHA-256 take three blocks, of which the second key begins the third. */
static void keys_do_not_share_a_block(void **state)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    QK_OWNED(qk_key_unref) qk_key *base = secret_key_hex(CKK_GENERIC_SECRET, examples[0].key), *all = NULL;
    QK_OWNED(qk_buf_done) qk_buf flat = pieces_of(&examples[0]);
    qk_key_wanted two[] = { { CKO_SECRET_KEY, CKK_GENERIC_SECRET, 48, NULL }, { CKO_SECRET_KEY, CKK_AES, 16, NULL } };
    qk_key_wanted one = { CKO_SECRET_KEY, CKK_GENERIC_SECRET, 96, NULL };
    qk_mech_use use = use_of(CKM_SP800_108_COUNTER_KDF);
    qk_key *made[2];
    qk_view rest;

    (void)state;
    qk_arena_init(&arena, 0);
    use.kdf108.prf = CKM_SHA256_HMAC;
    use.kdf108.segments = qk_buf_view(&flat);
    assert_int_equal(qk_crypto_derive(base, &use, &one, &all), QK_OK);
    assert_int_equal(qk_crypto_derive_keys(base, &use, two, 2, &arena, made, &rest), QK_OK);
    assert_bytes(qk_secret_reveal(&made[0]->value), qk_view_slice(qk_secret_reveal(&all->value), 0, 48));
    assert_bytes(qk_secret_reveal(&made[1]->value), qk_view_slice(qk_secret_reveal(&all->value), 64, 16));
    qk_key_unref(&made[0]);
    qk_key_unref(&made[1]);
    two[1].len = 17;
    assert_int_equal(qk_crypto_derive_keys(base, &use, two, 2, &arena, made, &rest), QK_E_KEY_SIZE);
    assert_null(made[0]);
}

/* [i]32 || Label || 0 || Context || [L]32, as most have it. From the self-test of Microsoft's SymCrypt. */
static void the_length_is_told_in_bits(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *base = secret_key_hex(CKK_GENERIC_SECRET, "0001020304050607"), *made = NULL;
    QK_OWNED(qk_buf_done) qk_buf flat = QK_BUF_NONE, context = unhex("101112131415161718191a1b1c1d1e1f");
    static const uint8_t label[] = "Label"; /* with its zero */
    const qk_kdf108_piece pieces[] = {
        { .type = CK_SP800_108_ITERATION_VARIABLE, .bits = 32 },
        { .type = CK_SP800_108_BYTE_ARRAY, .bytes = qk_view_of(label, sizeof label) },
        { .type = CK_SP800_108_BYTE_ARRAY, .bytes = qk_buf_view(&context) },
        { .type = CK_SP800_108_DKM_LENGTH, .method = CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS, .bits = 32 },
    };
    qk_key_wanted wanted = { CKO_SECRET_KEY, CKK_GENERIC_SECRET, 8, NULL };
    qk_mech_use use = use_of(CKM_SP800_108_COUNTER_KDF);

    (void)state;
    for (size_t i = 0; i < COUNT(pieces); i++)
        qk_kdf108_put(&flat, &pieces[i]);
    use.kdf108.prf = CKM_SHA256_HMAC;
    use.kdf108.segments = qk_buf_view(&flat);
    assert_int_equal(qk_crypto_derive(base, &use, &wanted, &made), QK_OK);
    assert_hex(qk_secret_reveal(&made->value), "00264bbb14974054");
}

static qk_err check(CK_MECHANISM_TYPE type, CK_MECHANISM_TYPE prf, const char *segments_hex)
{
    QK_OWNED(qk_buf_done) qk_buf flat = unhex(segments_hex);
    qk_mech_use use = use_of(type);

    use.kdf108.prf = prf;
    use.kdf108.segments = qk_buf_view(&flat);
    return qk_mech_use_check(&use, QK_DERIVE);
}

static void data_that_makes_no_sense_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",       /* no iteration variable */
        "010000", /* a counter of no width */
        "010007",
        "010028",
        "0100ff",                         /* widths that are none */
        "010010010010",                   /* two of them */
        "010010020010",                   /* a counter besides the counter */
        "01001003000010",                 /* a length of an unknown kind */
        "010010030100080301000803010008", /* three lengths */
        "0100100400000005aa",
        "0100",
        "01", /* cut off */
        "01001006",
        "01001000", /* unknown pieces */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_int_equal(check(CKM_SP800_108_COUNTER_KDF, CKM_SHA256_HMAC, wrong[i]), QK_E_MECHANISM_PARAM);
    assert_int_equal(check(CKM_SP800_108_COUNTER_KDF, CKM_SHA256_HMAC, "0100100400000002aabb030100080400000000"),
                     QK_OK);
    assert_int_equal(check(CKM_SP800_108_FEEDBACK_KDF, CKM_SHA256_HMAC, "010000020010"), QK_OK);
    assert_int_equal(check(CKM_SP800_108_FEEDBACK_KDF, CKM_SHA256_HMAC, "010010"), QK_E_MECHANISM_PARAM);
    assert_int_equal(check(CKM_SP800_108_COUNTER_KDF, CKM_SHA256, "010010"), QK_E_MECHANISM_PARAM);
    assert_int_equal(check(CKM_SP800_108_COUNTER_KDF, CKM_AES_CBC, "010010"), QK_E_MECHANISM_PARAM);
}

static void a_counter_does_not_come_round(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *base = secret_key_hex(CKK_AES, examples[2].key), *made = NULL;
    QK_OWNED(qk_buf_done) qk_buf flat = unhex("010008");
    qk_key_wanted wanted = { CKO_SECRET_KEY, CKK_GENERIC_SECRET, 1024, NULL }; /* 64 blocks */
    qk_mech_use use = use_of(CKM_SP800_108_COUNTER_KDF);

    (void)state;
    use.kdf108.prf = CKM_AES_CMAC;
    use.kdf108.segments = qk_buf_view(&flat);
    assert_int_equal(qk_crypto_derive(base, &use, &wanted, &made), QK_OK);
    wanted.len = 0;
    qk_key_unref(&made);
    assert_int_equal(qk_crypto_derive(base, &use, &wanted, &made), QK_E_TEMPLATE_INCOMPLETE);
}

static void a_mac_of_another_key_type_is_refused(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *base = secret_key_hex(CKK_GENERIC_SECRET, examples[2].key), *made = NULL;
    QK_OWNED(qk_buf_done) qk_buf flat = unhex("010008");
    qk_key_wanted wanted = { CKO_SECRET_KEY, CKK_GENERIC_SECRET, 16, NULL };
    qk_mech_use use = use_of(CKM_SP800_108_COUNTER_KDF);

    (void)state;
    use.kdf108.prf = CKM_AES_CMAC;
    use.kdf108.segments = qk_buf_view(&flat);
    assert_int_equal(qk_crypto_derive(base, &use, &wanted, &made), QK_E_KEY_TYPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors_come_out),    cmocka_unit_test(keys_do_not_share_a_block),
        cmocka_unit_test(the_length_is_told_in_bits),    cmocka_unit_test(data_that_makes_no_sense_is_refused),
        cmocka_unit_test(a_counter_does_not_come_round), cmocka_unit_test(a_mac_of_another_key_type_is_refused),
    };
    return cmocka_run_group_tests_name("SP 800-108", tests, crypto_setup, crypto_teardown);
}
