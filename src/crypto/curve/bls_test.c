/* SPDX-License-Identifier: Apache-2.0 */
/* BLS12-381 beside what others published: hashes into G2 (RFC 9380, J.10.1), signatures and sums of Ethereum
 * (github.com/ethereum/bls12-381-tests, another cipher suite of the same draft), a signature of the League of Entropy
 * (drand's chained beacon, our cipher suite), and public keys that one of IBM's cards made. And every refusal. */
#include <blst.h>

#include "crypto/curve/bls.h"
#include "crypto/key/pair_testing.h"

#define PROOF_SUITE QK_VIEW_LITERAL("BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_")
#define HASH_SUITE  QK_VIEW_LITERAL("QUUX-V01-CS02-with-BLS12381G2_XMD:SHA-256_SSWU_RO_")
#define ORDER       "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"
#define OID         "06072a8648ce3d0201060c2b0601040102820b87670302"

static const char message[] = "abababababababababababababababababababababababababababababababab";

/* Keys, their public keys, and their signatures of the message; compressed. */
static const struct {
    const char *private_key, *public_key, *signature;
} ethereum[] = {
    { "263dbd792f5b1be47ed85f8938c0f29586af0d3ac7b977f21c278fe1462040e3",
      "a491d1b0ecd9bb917989f0e74f0dea0422eac4a873e5e2644f368dffb9a6e20fd6e10c1b77654d067c0618f6e5a7f79a",
      "91347bccf740d859038fcdcaf233eeceb2a436bcaaee9b2aa3bfb70efe29dfb2677562ccbea1c8e061fb9971b0753c24"
      "0622fab78489ce96768259fc01360346da5b9f579e5da0d941e4c6ba18a0e64906082375394f337fa1af2b7127b0d121" },
    { "47b8192d77bf871b62e87859d653922725724a5c031afeabc60bcef5ff665138",
      "b301803f8b5ac4a1133581fc676dfedc60d891dd5fa99028805e5ea5b08d3491af75d0707adab3b70c6a6a580217bf81",
      "9674e2228034527f4c083206032b020310face156d4a4685e2fcaec2f6f3665aa635d90347b6ce124eb879266b1e801d"
      "185de36a0a289b85e9039662634f2eea1e02e670bc7ab849d006a70b2f93b84597558a05b879c8d445f387a5d5b653df" },
    { "328388aff0d4a5b7dc9205abd374e7e98f3cd9f3418edb4eafda5fb16473d216",
      "b53d21a4cfd562c469cc81514d4ce5a6b577d8403d32a394dc265dd190b47fa9f829fdd7963afdf972e5e77854051f6f",
      "ae82747ddeefe4fd64cf9cedb9b04ae3e8a43420cd255e3c7cd06a8d88b7c7f8638543719981c5d16fa3527c468c25f0"
      "026704a6951bde891360c7e8d12ddee0559004ccdbe6046b55bae1b257ee97f7cdb955773d7cf29adf3ccbb9975e4eb9" },
};
static const char ethereum_sum[] =
    "9712c3edd73a209c742b8250759db12549b3eaf43b5ca61376d9f30e2747dbcf842d8b2ac0901d2a093713e20284a767"
    "0fcf6954e9ab93de991bb9b313e664785a075fc285806fa5224c82bde146561b446ccfc706a64b8579513cfc4ff1d930";

/* ---- helpers ---- */

static qk_err try_key(CK_OBJECT_CLASS class, const char *hex, qk_key **out_key)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    set_kind(&attrs, class, CKK_EC);
    set_curve(&attrs, "BLS12-381");
    set_hex(&attrs, class == CKO_PUBLIC_KEY ? CKA_EC_POINT : CKA_VALUE, hex);
    return qk_key_from_attrs(&attrs, out_key);
}

static qk_key *key_of(CK_OBJECT_CLASS class, const char *hex)
{
    qk_key *key = NULL;

    assert_qk_ok(try_key(class, hex, &key));
    return key;
}

static void refuse_key(CK_OBJECT_CLASS class, const char *hex, qk_err why)
{
    QK_OWNED(qk_key_unref) qk_key *key = NULL;

    assert_qk_err(try_key(class, hex, &key), why);
}

/* A published signature in the form that ours have. */
static void expand(const char *compressed, uint8_t out[QK_BLS_SIGNATURE_LEN])
{
    QK_OWNED(qk_buf_done) qk_buf bytes = unhex(compressed);
    blst_p2_affine point;

    assert_int_equal(blst_p2_uncompress(&point, bytes.data), BLST_SUCCESS);
    blst_p2_affine_serialize(out, &point);
}

static qk_mech_use bls(void)
{
    qk_mech_use use = use_of(CKM_IBM_ECDSA_OTHER);

    use.ecsg = ECSG_IBM_BLS;
    return use;
}

static qk_mech_use sum_of(unsigned mode, size_t element_len, qk_view elements)
{
    qk_mech_use use = use_of(CKM_IBM_EC_AGGREGATE);

    use.aggregate.mode = mode;
    use.aggregate.element_len = element_len;
    use.aggregate.elements = elements;
    return use;
}

static qk_err add_keys(qk_view spkis, size_t each, qk_key **out_key)
{
    qk_mech_use use = sum_of(CK_IBM_EC_AGG_BLS12_381_PKEY, each, spkis);
    qk_key_wanted wanted = { .class = CKO_PUBLIC_KEY, .type = CKK_EC };

    return qk_crypto_derive(NULL, &use, &wanted, out_key);
}

/* ---- known answers ---- */

static void messages_are_hashed_as_rfc_9380_says(void **state)
{
    QK_OWNED(qk_key_unref)
    qk_key *one = key_of(CKO_PRIVATE_KEY, "0000000000000000000000000000000000000000000000000000000000000001");
    uint8_t hash[QK_BLS_SIGNATURE_LEN];

    (void)state;
    assert_qk_ok(qk_bls_sign(one, HASH_SUITE, QK_VIEW_NONE, hash));
    assert_hex(qk_view_of(hash, sizeof hash),
               "05cb8437535e20ecffaef7752baddf98034139c38452458baeefab379ba13dff5bf5dd71b72418717047f5b0f37da03d"
               "0141ebfbdca40eb85b87142e130ab689c673cf60f1a3e98d69335266f30d9b8d4ac44c1038e9dcdd5393faf5c41fb78a"
               "12424ac32561493f3fe3c260708a12b7c620e7be00099a974e259ddc7d1f6395c3c811cdd19f1e8dbf3e9ecfdcbab8d6"
               "0503921d7f6a12805e72940b963c0cf3471c7b2a524950ca195d11062ee75ec076daf2d4bc358c4b190c0c98064fdd92");
    assert_qk_ok(qk_bls_sign(one, HASH_SUITE, QK_VIEW_LITERAL("abcdef0123456789"), hash));
    assert_hex(qk_view_of(hash, sizeof hash),
               "190d119345b94fbd15497bcba94ecf7db2cbfd1e1fe7da034d26cbba169fb3968288b3fafb265f9ebd380512a71c3f2c"
               "121982811d2491fde9ba7ed31ef9ca474f0e1501297f68c298e9f4c0028add35aea8bb83d53c08cfc007c1e005723cd0"
               "0bb5e7572275c567462d91807de765611490205a941a5a6af3b1691bfe596c31225d3aabdf15faff860cb4ef17c7c3be"
               "05571a0f8d3c08d094576981f4a3b8eda0a8e771fcdcc8ecceaf1356a6acf17574518acb506e435b639353c2e14827c8");
}

static void ethereums_signatures_come_out(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf text = unhex(message);

    (void)state;
    for (size_t i = 0; i < COUNT(ethereum); i++) {
        QK_OWNED(qk_key_unref) qk_key *private_key = key_of(CKO_PRIVATE_KEY, ethereum[i].private_key);
        QK_OWNED(qk_key_unref) qk_key *public_key = key_of(CKO_PUBLIC_KEY, ethereum[i].public_key);
        uint8_t signature[QK_BLS_SIGNATURE_LEN], expected[QK_BLS_SIGNATURE_LEN];

        expand(ethereum[i].signature, expected);
        assert_bytes(qk_view_of(private_key->point, private_key->point_len),
                     qk_view_of(public_key->point, public_key->point_len));
        assert_qk_ok(qk_bls_sign(private_key, PROOF_SUITE, qk_buf_view(&text), signature));
        assert_memory_equal(signature, expected, sizeof expected);
        assert_qk_ok(qk_bls_verify(public_key, PROOF_SUITE, qk_buf_view(&text), qk_view_of(expected, sizeof expected)));
        assert_qk_err(
            qk_bls_verify(public_key, qk_bls_suite, qk_buf_view(&text), qk_view_of(expected, sizeof expected)),
            QK_E_SIGNATURE_INVALID);
    }
}

static void ethereums_sums_come_out(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf text = unhex(message), points = QK_BUF_NONE;
    uint8_t signatures[COUNT(ethereum) * QK_BLS_SIGNATURE_LEN], sum[QK_BLS_SIGNATURE_LEN], point[QK_BLS_POINT_LEN];
    uint8_t expected[QK_BLS_SIGNATURE_LEN];
    QK_OWNED(qk_key_unref) qk_key *together = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT(ethereum); i++) {
        QK_OWNED(qk_key_unref) qk_key *key = key_of(CKO_PUBLIC_KEY, ethereum[i].public_key);
        qk_buf_put(&points, qk_view_of(key->point, key->point_len));
        expand(ethereum[i].signature, signatures + i * QK_BLS_SIGNATURE_LEN);
    }
    expand(ethereum_sum, expected);
    assert_qk_ok(qk_bls_add_signatures(qk_view_of(signatures, sizeof signatures), sum));
    assert_memory_equal(sum, expected, sizeof sum);
    assert_qk_ok(qk_bls_add_points(qk_buf_view(&points), point));
    assert_qk_ok(qk_key_new(CKO_PUBLIC_KEY, CKK_EC, &together));
    together->curve = qk_curve_find(QK_VIEW_LITERAL("BLS12-381"));
    assert_qk_ok(qk_bls_set_public(together, qk_view_of(point, sizeof point)));
    assert_qk_ok(qk_bls_verify(together, PROOF_SUITE, qk_buf_view(&text), qk_view_of(sum, sizeof sum)));
    assert_qk_ok(qk_bls_add_signatures(qk_view_of(signatures, 2 * QK_BLS_SIGNATURE_LEN), sum));
    assert_qk_err(qk_bls_verify(together, PROOF_SUITE, qk_buf_view(&text), qk_view_of(sum, sizeof sum)),
                  QK_E_SIGNATURE_INVALID);
}

/* Round 3311596 of drand's first network: what is signed is the hash of the signature before and the round's number. */
static void a_signature_of_the_league_of_entropy_verifies(void **state)
{
    QK_OWNED(qk_key_unref)
    qk_key *league =
        key_of(CKO_PUBLIC_KEY,
               "868f005eb8e6e4ca0a47c8a77ceaa5309a47978a7c71bc5cce96366b5d7a569937c529eeda66c7293784a9402801af31");
    QK_OWNED(qk_buf_done)
    qk_buf chained =
        unhex("8ed588f2a7716fb1349e2d9803da5db0005e98a83783c353d4a08f183236a9ad91d70ddb01266f4b7c576983db464b43"
              "0e65680b9e0098552758afd6c1e6afcb77e3f62fe1b93d42d1cb63abbb2205512fe12fbf74ea9c5ac3b8f5c1e283a1d8");
    uint8_t signature[QK_BLS_SIGNATURE_LEN], digest[32];
    qk_mech_use use = bls();

    (void)state;
    qk_buf_put_u32(&chained, 0);
    qk_buf_put_u32(&chained, 3311596);
    expand("a696b9409ababce45749c3a4ec369074453dd4a79967734e1390d969c8ad8d98897d217b9121e92c8ddebbddda8d92f9"
           "00e3bd6bf9deb166863b1a19390d743f82774001487594c5c09e581db7365f02b70a2c8cc41ce32446ef08e4890c4754",
           signature);
    assert_qk_ok(qk_sha256(qk_buf_view(&chained), digest));
    assert_qk_ok(qk_crypto_verify(league, &use, qk_view_of(digest, 32), qk_view_of(signature, sizeof signature)));
    digest[31] ^= 1;
    assert_qk_err(qk_crypto_verify(league, &use, qk_view_of(digest, 32), qk_view_of(signature, sizeof signature)),
                  QK_E_SIGNATURE_INVALID);
}

static void public_keys_of_ibms_card_are_read_and_written(void **state)
{
    static const char *const theirs[] = {
        ("307d3017" OID "03620004"
         "0997e9dfc9f8d528b29faee287b851d62c6778bbf296a192867db18b411d92ed41c721d5cc41efe4ab930cfb57de7156"
         "0a56b600cf700a08085b4cef40ba6aff130ac64c5c2a489efe65aa7f54f5a814362343200b39a282fb11fbb1499bcb57"),
        ("307d3017" OID "03620004"
         "0408726378fa23f4547070a0ac16ac3ce802c31285788d487aa1dd6445d0dc521cd26786eaee102bc72502da8befebe0"
         "0eb64c1707a1eeea98446670bb5665f63969590db49ca5f3918f80002ca55b544b1a8fd27f70722f16335f1dadec42f5"),
    };

    (void)state;
    for (size_t i = 0; i < COUNT(theirs); i++) {
        QK_OWNED(qk_buf_done) qk_buf der = unhex(theirs[i]), again = QK_BUF_NONE;
        QK_OWNED(qk_key_unref) qk_key *key = NULL;

        assert_qk_ok(qk_key_read(CKO_PUBLIC_KEY, CKK_EC, qk_buf_view(&der), &key));
        assert_qk_ok(qk_key_write_spki(key, false, &again));
        assert_bytes(qk_buf_view(&again), qk_buf_view(&der));
        qk_buf_clear(&again);
        assert_qk_ok(qk_key_write_spki(key, true, &again));
        assert_bytes(qk_buf_view(&again), qk_buf_view(&der));
    }
}

/* ---- as mechanisms ---- */

static void a_generated_pair_signs_and_verifies(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *public_key = NULL, *private_key = NULL, *other = NULL, *other_private = NULL;
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = bls();
    qk_view signature, again;

    (void)state;
    qk_arena_init(&arena, 0);
    make_ec_pair(CKM_EC_KEY_PAIR_GEN, "BLS12-381", &public_key, &private_key);
    make_ec_pair(CKM_EC_KEY_PAIR_GEN, "bls12-381", &other, &other_private);
    assert_int_equal(qk_key_bits(public_key), 381);
    assert_int_equal(qk_crypto_output_len(private_key, &use, QK_SIGN, 5), QK_BLS_SIGNATURE_LEN);
    assert_qk_ok(qk_crypto_sign(private_key, &use, QK_VIEW_LITERAL("text"), &arena, &signature));
    assert_int_equal(signature.len, QK_BLS_SIGNATURE_LEN);
    assert_qk_ok(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("text"), signature));
    assert_qk_err(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("Text"), signature), QK_E_SIGNATURE_INVALID);
    assert_qk_err(qk_crypto_verify(other, &use, QK_VIEW_LITERAL("text"), signature), QK_E_SIGNATURE_INVALID);
    assert_qk_ok(qk_crypto_sign(private_key, &use, QK_VIEW_NONE, &arena, &again));
    assert_qk_ok(qk_crypto_verify(public_key, &use, QK_VIEW_NONE, again));
}

static void a_changed_signature_is_refused(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *public_key = NULL, *private_key = NULL;
    QK_OWNED(arena_done) qk_arena arena;
    uint8_t bytes[QK_BLS_SIGNATURE_LEN + 1] = { 0 };
    qk_mech_use use = bls();
    qk_view signature;

    (void)state;
    qk_arena_init(&arena, 0);
    make_ec_pair(CKM_EC_KEY_PAIR_GEN, "BLS12-381", &public_key, &private_key);
    assert_qk_ok(qk_crypto_sign(private_key, &use, QK_VIEW_LITERAL("text"), &arena, &signature));
    for (size_t bit = 0; bit < 8 * QK_BLS_SIGNATURE_LEN; bit += 5) {
        memcpy(bytes, signature.data, signature.len);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_qk_err(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("text"), qk_view_of(bytes, signature.len)),
                      QK_E_SIGNATURE_INVALID);
    }
    for (size_t len = 0; len <= sizeof bytes; len += 97) /* none, one coordinate and a byte more, and one byte more */
        if (len != signature.len)
            assert_qk_err(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("text"), qk_view_of(bytes, len)),
                          QK_E_SIGNATURE_LENGTH);
    assert_qk_err(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("text"), qk_view_of(bytes, sizeof bytes)),
                  QK_E_SIGNATURE_LENGTH);
}

/* blst would read the compressed point, and nothing of the bytes behind it. */
static void a_compressed_signature_with_something_behind_it_is_refused(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *league = key_of(CKO_PUBLIC_KEY, ethereum[0].public_key);
    QK_OWNED(qk_buf_done) qk_buf text = unhex(message), compressed = unhex(ethereum[0].signature);
    uint8_t bytes[QK_BLS_SIGNATURE_LEN] = { 0 };

    (void)state;
    memcpy(bytes, compressed.data, compressed.len);
    assert_qk_err(qk_bls_verify(league, PROOF_SUITE, qk_buf_view(&text), qk_view_of(bytes, sizeof bytes)),
                  QK_E_SIGNATURE_INVALID);
    memset(bytes, 0, sizeof bytes); /* nothing at all, and the point at infinity */
    assert_qk_err(qk_bls_verify(league, PROOF_SUITE, qk_buf_view(&text), qk_view_of(bytes, sizeof bytes)),
                  QK_E_SIGNATURE_INVALID);
    bytes[0] = 0x40;
    assert_qk_err(qk_bls_verify(league, PROOF_SUITE, qk_buf_view(&text), qk_view_of(bytes, sizeof bytes)),
                  QK_E_SIGNATURE_INVALID);
}

/* On the curve, but not in its group of prime order. */
static void stray_signature(uint8_t out[QK_BLS_SIGNATURE_LEN])
{
    uint8_t compressed[QK_BLS_SIGNATURE_LEN / 2] = { 0x80 };
    blst_p2_affine point;

    do
        compressed[sizeof compressed - 1]++;
    while (blst_p2_uncompress(&point, compressed) != BLST_SUCCESS || blst_p2_affine_in_g2(&point));
    blst_p2_affine_serialize(out, &point);
}

static void elements_that_are_no_signatures_are_refused(void **state)
{
    uint8_t elements[3 * QK_BLS_SIGNATURE_LEN], sum[QK_BLS_SIGNATURE_LEN];
    qk_view all = qk_view_of(elements, sizeof elements);

    (void)state;
    for (size_t i = 0; i < 3; i++)
        expand(ethereum[i].signature, elements + i * QK_BLS_SIGNATURE_LEN);
    assert_qk_ok(qk_bls_add_signatures(all, sum));
    stray_signature(elements + QK_BLS_SIGNATURE_LEN);
    assert_qk_err(qk_bls_add_signatures(all, sum), QK_E_MECHANISM_PARAM);
    memset(elements + QK_BLS_SIGNATURE_LEN, 0, QK_BLS_SIGNATURE_LEN);
    assert_qk_err(qk_bls_add_signatures(all, sum), QK_E_MECHANISM_PARAM);
    elements[QK_BLS_SIGNATURE_LEN] = 0x40;
    assert_qk_err(qk_bls_add_signatures(all, sum), QK_E_MECHANISM_PARAM);
    memset(elements + QK_BLS_SIGNATURE_LEN, 0x1f, QK_BLS_SIGNATURE_LEN);
    assert_qk_err(qk_bls_add_signatures(all, sum), QK_E_MECHANISM_PARAM);
}

static void signatures_that_cancel_each_other_out_have_no_sum(void **state)
{
    uint8_t elements[2 * QK_BLS_SIGNATURE_LEN], sum[QK_BLS_SIGNATURE_LEN];
    blst_p2_affine point;
    blst_p2 negated;

    (void)state;
    expand(ethereum[0].signature, elements);
    assert_int_equal(blst_p2_deserialize(&point, elements), BLST_SUCCESS);
    blst_p2_from_affine(&negated, &point);
    blst_p2_cneg(&negated, true);
    blst_p2_serialize(elements + QK_BLS_SIGNATURE_LEN, &negated);
    assert_qk_err(qk_bls_add_signatures(qk_view_of(elements, sizeof elements), sum), QK_E_MECHANISM_PARAM);
}

enum { PAIRS = 10 };

static void sums_of_signatures_verify_with_sums_of_keys(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf signatures = QK_BUF_NONE, spkis = QK_BUF_NONE;
    QK_OWNED(qk_key_unref) qk_key *together = NULL;
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = bls();
    qk_view signature, sum;

    (void)state;
    qk_arena_init(&arena, 0);
    for (size_t i = 0; i < PAIRS; i++) {
        QK_OWNED(qk_key_unref) qk_key *public_key = NULL, *private_key = NULL;
        QK_OWNED(qk_buf_done) qk_buf spki = QK_BUF_NONE;
        make_ec_pair(CKM_EC_KEY_PAIR_GEN, "BLS12-381", &public_key, &private_key);
        assert_qk_ok(qk_crypto_sign(private_key, &use, QK_VIEW_LITERAL("text"), &arena, &signature));
        qk_buf_put(&signatures, signature);
        assert_qk_ok(qk_key_write_spki(public_key, false, &spki));
        qk_buf_put(&spkis, qk_buf_view(&spki));
    }
    qk_mech_use add = sum_of(CK_IBM_EC_AGG_BLS12_381_SIGN, QK_BLS_SIGNATURE_LEN, qk_buf_view(&signatures));
    assert_int_equal(qk_crypto_output_len(NULL, &add, QK_SIGN, 0), QK_BLS_SIGNATURE_LEN);
    assert_qk_ok(qk_crypto_sign(NULL, &add, QK_VIEW_LITERAL("whatever"), &arena, &sum));
    assert_qk_ok(add_keys(qk_buf_view(&spkis), spkis.len / PAIRS, &together));
    assert_qk_ok(qk_crypto_verify(together, &use, QK_VIEW_LITERAL("text"), sum));
    assert_qk_err(qk_crypto_verify(together, &use, QK_VIEW_LITERAL("Text"), sum), QK_E_SIGNATURE_INVALID);
    add.aggregate.elements.len -= QK_BLS_SIGNATURE_LEN;
    assert_qk_ok(qk_crypto_sign(NULL, &add, QK_VIEW_NONE, &arena, &sum));
    assert_qk_err(qk_crypto_verify(together, &use, QK_VIEW_LITERAL("text"), sum), QK_E_SIGNATURE_INVALID);
}

static void sums_of_the_wrong_things_are_refused(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *bls_public = NULL, *bls_private = NULL, *public_key = NULL, *private_key = NULL;
    QK_OWNED(qk_key_unref) qk_key *none = NULL;
    QK_OWNED(qk_buf_done) qk_buf spki = QK_BUF_NONE, other = QK_BUF_NONE;
    QK_OWNED(arena_done) qk_arena arena;
    uint8_t signature[QK_BLS_SIGNATURE_LEN];
    qk_view all = qk_view_of(signature, sizeof signature), sum;
    qk_mech_use add = sum_of(CK_IBM_EC_AGG_BLS12_381_PKEY, sizeof signature, all);
    qk_key_wanted wanted = { .class = CKO_PUBLIC_KEY, .type = CKK_EC_EDWARDS };

    (void)state;
    qk_arena_init(&arena, 0);
    expand(ethereum[0].signature, signature);
    make_ec_pair(CKM_EC_KEY_PAIR_GEN, "BLS12-381", &bls_public, &bls_private);
    make_ec_pair(CKM_EC_KEY_PAIR_GEN, "P-256", &public_key, &private_key);
    assert_qk_ok(qk_key_write_spki(bls_public, false, &spki));
    assert_qk_ok(qk_key_write_spki(public_key, false, &other));
    assert_qk_err(qk_crypto_sign(NULL, &add, QK_VIEW_NONE, &arena, &sum), QK_E_MECHANISM_PARAM);
    add = sum_of(CK_IBM_EC_AGG_BLS12_381_SIGN, sizeof signature / 2, all);
    assert_qk_err(qk_crypto_sign(NULL, &add, QK_VIEW_NONE, &arena, &sum), QK_E_MECHANISM_PARAM);
    add = sum_of(CK_IBM_EC_AGG_BLS12_381_SIGN, sizeof signature, all);
    assert_qk_err(qk_crypto_sign(bls_private, &add, QK_VIEW_NONE, &arena, &sum), QK_E_KEY_NOT_NEEDED);
    assert_qk_err(qk_crypto_derive(NULL, &add, &wanted, &none), QK_E_MECHANISM_PARAM);
    add = sum_of(CK_IBM_EC_AGG_BLS12_381_PKEY, spki.len, qk_buf_view(&spki));
    assert_qk_err(qk_crypto_derive(NULL, &add, &wanted, &none), QK_E_TEMPLATE_INCONSISTENT);
    assert_qk_err(add_keys(qk_buf_view(&other), other.len, &none), QK_E_KEY_TYPE);
    assert_qk_err(add_keys(all, sizeof signature, &none), QK_E_PUBLIC_KEY_INVALID);
    assert_qk_err(add_keys(qk_view_slice(qk_buf_view(&spki), 0, 60), 60, &none), QK_E_PUBLIC_KEY_INVALID);
}

static void keys_that_cancel_each_other_out_have_no_sum(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *one = key_of(CKO_PRIVATE_KEY, ethereum[0].private_key);
    /* The order less the first one. */
    QK_OWNED(qk_key_unref)
    qk_key *minus = key_of(CKO_PRIVATE_KEY, "4dafe9d9fa426163b461787ed0e0e56fcd0e96c83844e40ce3d8701db9dfbf1e");
    uint8_t points[2 * QK_BLS_POINT_LEN], sum[QK_BLS_POINT_LEN];

    (void)state;
    memcpy(points, one->point, QK_BLS_POINT_LEN);
    memcpy(points + QK_BLS_POINT_LEN, minus->point, QK_BLS_POINT_LEN);
    assert_qk_err(qk_bls_add_points(qk_view_of(points, sizeof points), sum), QK_E_PUBLIC_KEY_INVALID);
    assert_qk_ok(qk_bls_add_points(qk_view_of(points, QK_BLS_POINT_LEN), sum));
    assert_memory_equal(sum, one->point, sizeof sum);
}

static void keys_and_variants_do_not_mix(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *bls_public = NULL, *bls_private = NULL, *public_key = NULL, *private_key = NULL;
    static const CK_MECHANISM_TYPE others[] = { CKM_ECDSA, CKM_ECDSA_SHA256, CKM_IBM_ED25519_SHA512 };
    QK_OWNED(qk_key_unref) qk_key *secret = NULL;
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = bls(), agree = use_of(CKM_ECDH1_DERIVE);
    qk_key_wanted wanted = { .class = CKO_SECRET_KEY, .type = CKK_AES, .len = 32 };
    qk_view signature;

    (void)state;
    qk_arena_init(&arena, 0);
    make_ec_pair(CKM_EC_KEY_PAIR_GEN, "BLS12-381", &bls_public, &bls_private);
    make_ec_pair(CKM_EC_KEY_PAIR_GEN, "P-256", &public_key, &private_key);
    assert_qk_err(qk_crypto_sign(private_key, &use, QK_VIEW_LITERAL("text"), &arena, &signature), QK_E_KEY_TYPE);
    assert_qk_err(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("text"), QK_VIEW_LITERAL("x")), QK_E_KEY_TYPE);
    use.ecsg = ECSG_IBM_ECSDSA_S256;
    assert_qk_err(qk_crypto_sign(bls_private, &use, QK_VIEW_LITERAL("text"), &arena, &signature), QK_E_KEY_TYPE);
    for (size_t i = 0; i < COUNT(others); i++) {
        qk_mech_use other = use_of(others[i]);
        assert_qk_err(qk_crypto_sign(bls_private, &other, QK_VIEW_LITERAL("text"), &arena, &signature), QK_E_KEY_TYPE);
    }
    agree.ecdh.kdf = CKD_NULL;
    agree.ecdh.public_data = qk_view_of(bls_public->point, bls_public->point_len);
    assert_qk_err(qk_crypto_derive(bls_private, &agree, &wanted, &secret), QK_E_KEY_TYPE);
    agree.ecdh.public_data = QK_VIEW_NONE;
    assert_qk_err(qk_crypto_encapsulate(bls_public, &agree, &wanted, &arena, &signature, &secret), QK_E_KEY_TYPE);
    assert_qk_err(try_ec_pair(CKM_EC_EDWARDS_KEY_PAIR_GEN, "BLS12-381", &public_key, &private_key),
                  QK_E_CURVE_NOT_SUPPORTED);
    assert_qk_err(try_ec_pair(CKM_EC_KEY_PAIR_GEN_W_EXTRA_BITS, "BLS12-381", &public_key, &private_key),
                  QK_E_CURVE_NOT_SUPPORTED);
}

/* ---- keys from outside ---- */

static void private_values_out_of_range_are_refused(void **state)
{
    QK_OWNED(qk_key_unref)
    qk_key *least = key_of(CKO_PRIVATE_KEY, "0000000000000000000000000000000000000000000000000000000000000001");
    QK_OWNED(qk_key_unref)
    qk_key *most = key_of(CKO_PRIVATE_KEY, "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000");
    QK_OWNED(qk_key_unref)
    qk_key *padded = key_of(CKO_PRIVATE_KEY, "00000000000000000000000000000000"
                                             "0000000000000000000000000000000000000000000000000000000000000001");

    (void)state;
    assert_memory_equal(least->point + 1, most->point + 1, 48); /* G and -G */
    assert_memory_equal(least->point, padded->point, QK_BLS_POINT_LEN);
    refuse_key(CKO_PRIVATE_KEY, ORDER, QK_E_ATTRIBUTE_VALUE);
    refuse_key(CKO_PRIVATE_KEY, "0000000000000000000000000000000000000000000000000000000000000000",
               QK_E_ATTRIBUTE_VALUE);
    refuse_key(CKO_PRIVATE_KEY, "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
               QK_E_ATTRIBUTE_VALUE);
    refuse_key(CKO_PRIVATE_KEY, "01" ORDER, QK_E_ATTRIBUTE_VALUE);
    refuse_key(CKO_PRIVATE_KEY, "01", QK_E_ATTRIBUTE_VALUE);
}

#define ZEROS_47 "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"

static void points_outside_the_group_are_refused(void **state)
{
    static const char *const strays[] = {
        ("04"
         "00" ZEROS_47 "02" ZEROS_47),      /* not on the curve */
        ("04" ZEROS_47 "00" ZEROS_47 "02"), /* (0, 2): on it, of order 3 */
        ("80" ZEROS_47),                    /* the same, compressed */
        ("c0" ZEROS_47),                    /* at infinity, in each form */
        ("40" ZEROS_47 "00" ZEROS_47),      /* ... */
        ("0440" ZEROS_47 "00" ZEROS_47),    /* ... */
        ("04" ZEROS_47 "00" ZEROS_47 "00"), /* nothing */
        ("03" ZEROS_47 "00" ZEROS_47 "02"), /* an unknown form */
        ("00" ZEROS_47),                    /* no flag of a compressed point */
        ("9f" ZEROS_47),                    /* a coordinate beyond the field's prime */
        ("04a491d1b0ecd9bb917989f0e74f0dea0422eac4a873e5e2644f368dffb9a6e20fd6e10c1b77654d067c0618f6e5a7f79a"
         "00" ZEROS_47), /* compressed inside an uncompressed one */
        "a491d1b0ecd9bb917989f0e74f0dea0422eac4a873e5e2644f368dffb9a6e20fd6e10c1b77654d067c0618f6e5a7f7",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(strays); i++)
        refuse_key(CKO_PUBLIC_KEY, strays[i], QK_E_ATTRIBUTE_VALUE);
}

static void a_key_goes_through_pkcs8_and_comes_back(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *key = key_of(CKO_PRIVATE_KEY, ethereum[1].private_key), *again = NULL;
    QK_OWNED(qk_secret_free) qk_secret der = QK_SECRET_NONE, value = QK_SECRET_NONE;

    (void)state;
    assert_qk_ok(qk_key_write(key, &der));
    assert_qk_ok(qk_key_read(CKO_PRIVATE_KEY, CKK_EC, qk_secret_reveal(&der), &again));
    assert_qk_ok(qk_key_reveal(again, CKA_VALUE, &value));
    assert_hex(qk_secret_reveal(&value), ethereum[1].private_key);
    assert_memory_equal(again->point, key->point, QK_BLS_POINT_LEN);
    qk_secret_fill(&der)[der.len - 1] ^= 1; /* the public key that goes along */
    assert_qk_err(qk_key_read(CKO_PRIVATE_KEY, CKK_EC, qk_secret_reveal(&der), &key), QK_E_WRAPPED_KEY);
}

static void a_public_key_is_described_as_a_point(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *key = key_of(CKO_PUBLIC_KEY, ethereum[2].public_key), *again = NULL;
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    qk_view point;

    (void)state;
    assert_qk_ok(qk_key_describe(key, &attrs));
    point = qk_attrs_view(&attrs, CKA_EC_POINT);
    assert_int_equal(point.len, 2 + QK_BLS_POINT_LEN);
    assert_bytes(qk_view_slice(point, 2, QK_BLS_POINT_LEN), qk_view_of(key->point, key->point_len));
    set_kind(&attrs, CKO_PUBLIC_KEY, CKK_EC);
    assert_qk_ok(qk_key_from_attrs(&attrs, &again));
    assert_memory_equal(again->point, key->point, QK_BLS_POINT_LEN);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_hashed_as_rfc_9380_says),
        cmocka_unit_test(ethereums_signatures_come_out),
        cmocka_unit_test(ethereums_sums_come_out),
        cmocka_unit_test(a_signature_of_the_league_of_entropy_verifies),
        cmocka_unit_test(public_keys_of_ibms_card_are_read_and_written),
        cmocka_unit_test(a_generated_pair_signs_and_verifies),
        cmocka_unit_test(a_changed_signature_is_refused),
        cmocka_unit_test(a_compressed_signature_with_something_behind_it_is_refused),
        cmocka_unit_test(elements_that_are_no_signatures_are_refused),
        cmocka_unit_test(signatures_that_cancel_each_other_out_have_no_sum),
        cmocka_unit_test(sums_of_signatures_verify_with_sums_of_keys),
        cmocka_unit_test(sums_of_the_wrong_things_are_refused),
        cmocka_unit_test(keys_that_cancel_each_other_out_have_no_sum),
        cmocka_unit_test(keys_and_variants_do_not_mix),
        cmocka_unit_test(private_values_out_of_range_are_refused),
        cmocka_unit_test(points_outside_the_group_are_refused),
        cmocka_unit_test(a_key_goes_through_pkcs8_and_comes_back),
        cmocka_unit_test(a_public_key_is_described_as_a_point),
    };
    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
