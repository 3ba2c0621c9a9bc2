/* SPDX-License-Identifier: Apache-2.0 */
/* ECDH. Known answers: RFC 5903, section 8; RFC 7748, section 6; NIST's CAVP vectors for X9.63 (ansx963_2001, SHA-256);
 * OpenSSL's test vectors for the one-step function of SP 800-56C (evpkdf_ss.txt, from NIST's ACVP). */
#include "crypto/derive/derive.h"

#include "crypto/testing.h"

/* RFC 5903, 8.1; RFC 7748, 6. */
static const struct agreement {
    CK_MECHANISM_TYPE mechanism;
    CK_KEY_TYPE type;
    const char *curve, *mine, *theirs, *shared;
} agreements[] = {
    { CKM_ECDH1_DERIVE, CKK_EC, "P-256", "C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433",
      ("04D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63"
       "56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB"),
      "D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE" },
    { CKM_ECDH1_COFACTOR_DERIVE, CKK_EC, "P-256", "C6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB46476BEE53",
      ("04DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180"
       "5271A0461CDB8252D61F1C456FA3E59AB1F45B33ACCF5F58389E0577B8990BB3"),
      "D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE" },
    { CKM_ECDH1_DERIVE, CKK_EC_MONTGOMERY, "X25519", "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
      "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
      "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742" },
    { CKM_IBM_EC_X25519, CKK_EC, "X25519", "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
      "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
      "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742" },
    { CKM_IBM_EC_X448, CKK_EC, "X448",
      ("9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726"
       "b"),
      ("3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf3360"
       "9"),
      ("07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56fd2464c335543936521c24403085d59a449a5037514a879"
       "d") },
};

static qk_key *private_key(CK_KEY_TYPE type, const char *curve, const char *value_hex)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    QK_OWNED(qk_buf_done) qk_buf value = unhex(value_hex);
    qk_key *key = NULL;

    assert_int_equal(qk_attrs_set_ulong(&attrs, CKA_CLASS, CKO_PRIVATE_KEY), QK_OK);
    assert_int_equal(qk_attrs_set_ulong(&attrs, CKA_KEY_TYPE, type), QK_OK);
    assert_int_equal(qk_attrs_set(&attrs, CKA_EC_PARAMS, qk_view_text(curve)), QK_OK);
    assert_int_equal(qk_attrs_set(&attrs, CKA_VALUE, qk_buf_view(&value)), QK_OK);
    assert_int_equal(qk_key_from_attrs(&attrs, &key), QK_OK);
    return key;
}

/* Derives with the CKD_ and a wanted type and length; the value's bytes are compared if it works. */
static qk_err try_derive(const struct agreement *a, CK_EC_KDF_TYPE kdf, qk_view point, CK_KEY_TYPE type, size_t len,
                         qk_buf *out)
{
    QK_OWNED(qk_key_unref) qk_key *base = private_key(a->type, a->curve, a->mine), *made = NULL;
    qk_mech_use use = use_of(a->mechanism);
    qk_key_wanted wanted = { CKO_SECRET_KEY, type, len, NULL };

    use.ecdh.kdf = kdf;
    use.ecdh.public_data = point;
    QK_TRY(qk_crypto_derive(base, &use, &wanted, &made));
    assert_int_equal(qk_key_type(made), type);
    qk_buf_clear(out);
    qk_buf_put(out, qk_secret_reveal(&made->value));
    return QK_OK;
}

static void published_agreements_come_out(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf made = QK_BUF_NONE;

    (void)state;
    for (size_t i = 0; i < COUNT(agreements); i++) {
        QK_OWNED(qk_buf_done) qk_buf point = unhex(agreements[i].theirs), shared = unhex(agreements[i].shared);
        size_t len = shared.len;
        assert_int_equal(try_derive(&agreements[i], CKD_NULL, qk_buf_view(&point), CKK_GENERIC_SECRET, 0, &made),
                         QK_OK);
        assert_bytes(qk_buf_view(&made), qk_buf_view(&shared));
        /* A shorter key: bytes are removed from the leading end. */
        assert_int_equal(try_derive(&agreements[i], CKD_NULL, qk_buf_view(&point), CKK_AES, 16, &made), QK_OK);
        assert_bytes(qk_buf_view(&made), qk_view_slice(qk_buf_view(&shared), len - 16, 16));
    }
}

static void a_point_may_be_compressed_or_in_an_octet_string(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf point = unhex(agreements[0].theirs), made = QK_BUF_NONE, wrapped = QK_BUF_NONE;
    uint8_t compressed[33];

    (void)state;
    qk_buf_put_u8(&wrapped, 0x04);
    qk_buf_put_u8(&wrapped, (uint8_t)point.len);
    qk_buf_put(&wrapped, qk_buf_view(&point));
    assert_int_equal(try_derive(&agreements[0], CKD_NULL, qk_buf_view(&wrapped), CKK_GENERIC_SECRET, 32, &made), QK_OK);
    assert_hex(qk_buf_view(&made), agreements[0].shared);
    memcpy(compressed, point.data, sizeof(compressed));
    compressed[0] = (uint8_t)(2 | (point.data[point.len - 1] & 1));
    assert_int_equal(
        try_derive(&agreements[0], CKD_NULL, qk_view_of(compressed, sizeof(compressed)), CKK_GENERIC_SECRET, 32, &made),
        QK_OK);
    assert_hex(qk_buf_view(&made), agreements[0].shared);
}

static void points_that_are_none_are_refused(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf point = unhex(agreements[0].theirs), made = QK_BUF_NONE;
    static const uint8_t infinity[1], zeros[65] = { 4 };

    (void)state;
    point.data[point.len - 1] ^= 1; /* off the curve */
    assert_int_equal(try_derive(&agreements[0], CKD_NULL, qk_buf_view(&point), CKK_GENERIC_SECRET, 32, &made),
                     QK_E_MECHANISM_PARAM);
    point.data[point.len - 1] ^= 1;
    assert_int_equal(
        try_derive(&agreements[0], CKD_NULL, qk_view_slice(qk_buf_view(&point), 0, 64), CKK_GENERIC_SECRET, 32, &made),
        QK_E_MECHANISM_PARAM);
    assert_int_equal(try_derive(&agreements[0], CKD_NULL, qk_view_of(infinity, 1), CKK_GENERIC_SECRET, 32, &made),
                     QK_E_MECHANISM_PARAM);
    assert_int_equal(try_derive(&agreements[0], CKD_NULL, qk_view_of(zeros, 65), CKK_GENERIC_SECRET, 32, &made),
                     QK_E_MECHANISM_PARAM);
}

/* RFC 7748, 6.1: points of small order make the shared value zero. */
static void a_shared_value_of_zeros_is_refused(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf made = QK_BUF_NONE, low = QK_BUF_NONE;
    static const uint8_t zeros[32], one[32] = { 1 };

    (void)state;
    qk_buf_put(&low, qk_view_of(zeros, 32));
    assert_int_equal(try_derive(&agreements[2], CKD_NULL, qk_buf_view(&low), CKK_AES, 32, &made), QK_E_MECHANISM_PARAM);
    assert_int_equal(try_derive(&agreements[2], CKD_NULL, qk_view_of(one, 32), CKK_AES, 32, &made),
                     QK_E_MECHANISM_PARAM);
    assert_int_equal(try_derive(&agreements[3], CKD_SHA256_KDF, qk_view_of(one, 32), CKK_AES, 32, &made),
                     QK_E_MECHANISM_PARAM);
    assert_int_equal(try_derive(&agreements[2], CKD_NULL, qk_view_of(one, 31), CKK_AES, 32, &made),
                     QK_E_MECHANISM_PARAM);
}

static void lengths_that_do_not_fit_are_refused(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf point = unhex(agreements[0].theirs), made = QK_BUF_NONE;
    qk_view theirs = qk_buf_view(&point);

    (void)state;
    assert_int_equal(try_derive(&agreements[0], CKD_NULL, theirs, CKK_GENERIC_SECRET, 33, &made), QK_E_KEY_SIZE);
    assert_int_equal(try_derive(&agreements[0], CKD_NULL, theirs, CKK_AES, 17, &made), QK_E_KEY_SIZE);
    assert_int_equal(try_derive(&agreements[0], CKD_NULL, theirs, CKK_AES, 0, &made), QK_E_TEMPLATE_INCOMPLETE);
    assert_int_equal(try_derive(&agreements[0], CKD_SHA256_KDF, theirs, CKK_GENERIC_SECRET, 0, &made),
                     QK_E_TEMPLATE_INCOMPLETE);
    assert_int_equal(try_derive(&agreements[0], CKD_NULL, theirs, CKK_RSA, 16, &made), QK_E_TEMPLATE_INCONSISTENT);
}

static void assert_stretched(qk_stretch how, CK_MECHANISM_TYPE hash, const char *shared_hex, const char *info_hex,
                             const char *expected_hex)
{
    QK_OWNED(qk_buf_done) qk_buf shared = unhex(shared_hex), info = unhex(info_hex), expected = unhex(expected_hex);
    QK_OWNED(qk_secret_free) qk_secret out = QK_SECRET_NONE;

    assert_int_equal(qk_stretch_bytes(how, hash, qk_buf_view(&shared), qk_buf_view(&info), &out, expected.len), QK_OK);
    assert_bytes(qk_secret_reveal(&out), qk_buf_view(&expected));
}

static void published_stretches_come_out(void **state)
{
    (void)state;
    assert_stretched(QK_STRETCH_X963, CKM_SHA256, "96c05619d56c328ab95fe84b18264b08725b85e33fd34f08", "",
                     "443024c3dae66b95e6f5670601558f71");
    assert_stretched(QK_STRETCH_X963, CKM_SHA256, "22518b10e70f2a3f243810ae3254139efbee04aa57c7af7d",
                     "75eef81aa3041e33b80971203d2c0c52",
                     "c498af77161cc59f2962b9a713e2b215152d139766ce34a776df11866a69bf2e52a13d9c7c6fc878c50c5ea0bc7b00e0"
                     "da2447cfd874f6cf92f30d0097111485500c90c3af8b487872d04685d14c8d1dc8d7fa08beb0ce0ababc11f0bd496269"
                     "142d43525a78e5bc79a17f59676a5706dc54d54d4d1f0bd7e386128ec26afc21");
    assert_stretched(QK_STRETCH_SP800_56, CKM_SHA_1, "d09a6b1a472f930db4f5e6b967900744", "b117255ab5f1b6b96fc434b0",
                     "b5a3c52e97ae6e8c5069954354eab3c7");
}

/* Every function's number gives a key of its own, and the one with the shared value of RFC 5903 is the hash's. */
static void every_derivation_function_works(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf point = unhex(agreements[0].theirs), made = QK_BUF_NONE, before = QK_BUF_NONE;
    static const CK_EC_KDF_TYPE kdfs[] = { CKD_SHA1_KDF,         CKD_SHA224_KDF,        CKD_SHA256_KDF,
                                           CKD_SHA384_KDF,       CKD_SHA512_KDF,        CKD_SHA3_224_KDF,
                                           CKD_SHA3_512_KDF,     CKD_SHA1_KDF_SP800,    CKD_SHA224_KDF_SP800,
                                           CKD_SHA256_KDF_SP800, CKD_SHA3_512_KDF_SP800 };

    (void)state;
    for (size_t i = 0; i < COUNT(kdfs); i++) {
        assert_int_equal(try_derive(&agreements[0], kdfs[i], qk_buf_view(&point), CKK_AES, 32, &made), QK_OK);
        assert_true(i == 0 || !qk_view_equal(qk_buf_view(&made), qk_buf_view(&before)));
        qk_buf_give(&made, &before);
    }
}

static void another_kind_of_key_is_refused(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *aes = secret_key(CKK_AES, QK_VIEW_LITERAL("sixteen byte key")), *made = NULL;
    QK_OWNED(qk_key_unref) qk_key *p256 = private_key(CKK_EC, "P-256", agreements[0].mine);
    qk_key_wanted wanted = { CKO_SECRET_KEY, CKK_GENERIC_SECRET, 16, NULL };
    qk_mech_use use = use_of(CKM_ECDH1_DERIVE), x25519 = use_of(CKM_IBM_EC_X25519);

    (void)state;
    use.ecdh.kdf = x25519.ecdh.kdf = CKD_NULL;
    use.ecdh.public_data = x25519.ecdh.public_data = QK_VIEW_LITERAL("x");
    assert_int_equal(qk_crypto_derive(aes, &use, &wanted, &made), QK_E_KEY_TYPE);
    assert_int_equal(qk_crypto_derive(p256, &x25519, &wanted, &made), QK_E_KEY_TYPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_agreements_come_out),
        cmocka_unit_test(a_point_may_be_compressed_or_in_an_octet_string),
        cmocka_unit_test(points_that_are_none_are_refused),
        cmocka_unit_test(a_shared_value_of_zeros_is_refused),
        cmocka_unit_test(lengths_that_do_not_fit_are_refused),
        cmocka_unit_test(published_stretches_come_out),
        cmocka_unit_test(every_derivation_function_works),
        cmocka_unit_test(another_kind_of_key_is_refused),
    };
    return cmocka_run_group_tests_name("ECDH", tests, crypto_setup, crypto_teardown);
}
