/* SPDX-License-Identifier: Apache-2.0 */
/* Keys from keys. Known answers: RFC 5869, appendix A; RFC 6070; RFC 7914, section 11; FIPS 180-4's and FIPS 202's
 * examples of "abc"; SP 800-38A, F.1 and F.2; the examples of PKCS #11 3.2 itself. */
#include "crypto/derive/derive.h"

#include "crypto/testing.h"

/* Derives from `base_hex` what is wanted; the value stands in `out`. */
static qk_err derive(CK_KEY_TYPE base_type, const char *base_hex, const qk_mech_use *use, CK_KEY_TYPE type, size_t len,
                     qk_buf *out)
{
    QK_OWNED(qk_key_unref) qk_key *base = secret_key_hex(base_type, base_hex), *made = NULL;
    qk_key_wanted wanted = { CKO_SECRET_KEY, type, len, NULL };

    QK_TRY(qk_crypto_derive(base, use, &wanted, &made));
    assert_int_equal(qk_key_class(made), CKO_SECRET_KEY);
    assert_int_equal(qk_key_type(made), type);
    qk_buf_clear(out);
    qk_buf_put(out, qk_secret_reveal(&made->value));
    return QK_OK;
}

static void assert_derived(const char *base_hex, const qk_mech_use *use, size_t len, const char *expected)
{
    QK_OWNED(qk_buf_done) qk_buf made = QK_BUF_NONE;

    assert_int_equal(derive(CKK_GENERIC_SECRET, base_hex, use, CKK_GENERIC_SECRET, len, &made), QK_OK);
    assert_hex(qk_buf_view(&made), expected);
}

static void assert_refused(const char *base_hex, const qk_mech_use *use, CK_KEY_TYPE type, size_t len, qk_err error)
{
    QK_OWNED(qk_buf_done) qk_buf made = QK_BUF_NONE;

    assert_int_equal(derive(CKK_GENERIC_SECRET, base_hex, use, type, len, &made), error);
}

/* ---- HKDF ---- */

static const struct hkdf_example {
    CK_MECHANISM_TYPE hash;
    const char *input, *salt, *info, *prk, *output;
} hkdf_examples[] = {
    { CKM_SHA256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
      "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
      ("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865") },
    { CKM_SHA256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
      "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
      ("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8") },
    { CKM_SHA_1, "0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
      "9b6c18c432a7bf8f0e71c8eb88f4b30baa2ba243",
      ("085a01ea1b10f36933068b56efa5ad81a4f14b822f5b091568a9cdd4f155fda2c22e422478d305f3f896") },
};

static qk_mech_use hkdf_use(const struct hkdf_example *e, bool extract, bool expand, const qk_buf *salt,
                            const qk_buf *info)
{
    qk_mech_use use = use_of(CKM_HKDF_DERIVE);

    use.hkdf.hash = e->hash;
    use.hkdf.extract = extract;
    use.hkdf.expand = expand;
    use.hkdf.salt_type = salt->len > 0 ? CKF_HKDF_SALT_DATA : CKF_HKDF_SALT_NULL;
    use.hkdf.salt = qk_buf_view(salt);
    use.hkdf.info = qk_buf_view(info);
    return use;
}

static void hkdf_examples_come_out_whole_and_in_halves(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(hkdf_examples); i++) {
        const struct hkdf_example *e = &hkdf_examples[i];
        QK_OWNED(qk_buf_done) qk_buf salt = unhex(e->salt), info = unhex(e->info);
        qk_mech_use both = hkdf_use(e, true, true, &salt, &info), first = hkdf_use(e, true, false, &salt, &info),
                    second = hkdf_use(e, false, true, &salt, &info);
        assert_derived(e->input, &both, 42, e->output);
        assert_derived(e->input, &first, 0, e->prk);
        assert_derived(e->prk, &second, 42, e->output);
    }
}

static void a_key_can_be_the_salt_of_hkdf(void **state)
{
    const struct hkdf_example *e = &hkdf_examples[0];
    QK_OWNED(qk_key_unref) qk_key *salt_key = secret_key_hex(CKK_GENERIC_SECRET, e->salt);
    QK_OWNED(qk_buf_done) qk_buf none = QK_BUF_NONE, info = unhex(e->info);
    qk_mech_use use = hkdf_use(e, true, true, &none, &info);

    (void)state;
    use.hkdf.salt_type = CKF_HKDF_SALT_KEY;
    assert_refused(e->input, &use, CKK_GENERIC_SECRET, 42, QK_E_MECHANISM_PARAM);
    use.second.key = salt_key;
    assert_derived(e->input, &use, 42, e->output);
}

static void hkdf_gives_no_more_than_255_blocks(void **state)
{
    const struct hkdf_example *e = &hkdf_examples[2]; /* SHA-1: 5100 bytes; no key is that long */
    QK_OWNED(qk_buf_done) qk_buf none = QK_BUF_NONE;
    qk_mech_use use = hkdf_use(e, true, true, &none, &none), extract = hkdf_use(e, true, false, &none, &none);

    (void)state;
    assert_refused(e->input, &use, CKK_GENERIC_SECRET, 5101, QK_E_KEY_SIZE);
    assert_refused(e->input, &use, CKK_GENERIC_SECRET, 0, QK_E_TEMPLATE_INCOMPLETE);
    assert_refused(e->input, &use, CKK_AES, 0, QK_E_TEMPLATE_INCOMPLETE);
    assert_refused(e->input, &use, CKK_AES, 20, QK_E_KEY_SIZE);
    assert_refused(e->input, &use, CKK_EC, 32, QK_E_TEMPLATE_INCONSISTENT);
    assert_refused(e->input, &extract, CKK_GENERIC_SECRET, 21, QK_E_KEY_SIZE);
}

/* ---- digests ---- */

static void the_digest_of_a_key_is_a_key(void **state)
{
    static const struct {
        CK_MECHANISM_TYPE type;
        const char *digest; /* of "abc" */
    } examples[] = {
        { CKM_SHA1_KEY_DERIVATION, "a9993e364706816aba3e25717850c26c9cd0d89d" },
        { CKM_SHA224_KEY_DERIVATION, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7" },
        { CKM_SHA256_KEY_DERIVATION, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { CKM_SHA512_256_KEY_DERIVATION, "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23" },
        { CKM_SHA3_256_KEY_DERIVATION, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532" },
        { CKM_SHAKE_128_KEY_DERIVATION, "5881092dd818bf5cf8a3ddb793fbcba74097d5c526a6d35f97b83351940f2cc8" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        qk_mech_use use = use_of(examples[i].type);
        QK_OWNED(qk_buf_done) qk_buf digest = unhex(examples[i].digest), made = QK_BUF_NONE;
        assert_derived("616263", &use, 0, examples[i].digest);
        assert_int_equal(derive(CKK_GENERIC_SECRET, "616263", &use, CKK_AES, 16, &made), QK_OK);
        assert_bytes(qk_buf_view(&made), qk_view_slice(qk_buf_view(&digest), 0, 16));
        assert_refused("616263", &use, CKK_GENERIC_SECRET, digest.len + 1, QK_E_KEY_SIZE);
        assert_refused("616263", &use, CKK_AES, 0, QK_E_TEMPLATE_INCOMPLETE);
    }
}

/* ---- encrypted data ---- */

static const char *const aes_key_hex = "2b7e151628aed2a6abf7158809cf4f3c";
static const char *const plain_hex = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51";

static void encrypted_data_is_a_key(void **state)
{
    QK_OWNED(qk_buf_done)
    qk_buf plain = unhex(plain_hex), iv = unhex("000102030405060708090a0b0c0d0e0f"), made = QK_BUF_NONE;
    qk_mech_use ecb = use_of(CKM_AES_ECB_ENCRYPT_DATA), cbc = use_of(CKM_AES_CBC_ENCRYPT_DATA);

    (void)state;
    ecb.data.data = cbc.data.data = qk_buf_view(&plain);
    cbc.data.iv = qk_buf_view(&iv);
    assert_int_equal(derive(CKK_AES, aes_key_hex, &ecb, CKK_GENERIC_SECRET, 0, &made), QK_OK);
    assert_hex(qk_buf_view(&made), "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf");
    assert_int_equal(derive(CKK_AES, aes_key_hex, &cbc, CKK_AES, 16, &made), QK_OK);
    assert_hex(qk_buf_view(&made), "7649abac8119b246cee98e9b12e9197d");
    assert_int_equal(derive(CKK_AES, aes_key_hex, &cbc, CKK_AES, 0, &made), QK_E_TEMPLATE_INCOMPLETE);
    assert_int_equal(derive(CKK_AES, aes_key_hex, &cbc, CKK_GENERIC_SECRET, 33, &made), QK_E_KEY_SIZE);
    ecb.data.data.len = 31;
    assert_int_equal(derive(CKK_AES, aes_key_hex, &ecb, CKK_AES, 16, &made), QK_E_MECHANISM_PARAM);
    ecb.data.data.len = 0;
    assert_int_equal(derive(CKK_AES, aes_key_hex, &ecb, CKK_AES, 16, &made), QK_E_MECHANISM_PARAM);
    assert_int_equal(derive(CKK_GENERIC_SECRET, aes_key_hex, &cbc, CKK_AES, 16, &made), QK_E_KEY_TYPE);
}

/* With the key's parts alike, 3DES is DES: the example of FIPS 46-3's older texts, "Now is the time for all ". A DES
 * key that is made of it has parity. */
static void data_under_triple_des_is_a_key(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf made = QK_BUF_NONE, iv = unhex("1234567890abcdef");
    qk_mech_use ecb = use_of(CKM_DES3_ECB_ENCRYPT_DATA), cbc = use_of(CKM_DES3_CBC_ENCRYPT_DATA);
    const char *key = "0123456789abcdef0123456789abcdef0123456789abcdef";

    (void)state;
    ecb.data.data = cbc.data.data = QK_VIEW_LITERAL("Now is the time for all ");
    cbc.data.iv = qk_buf_view(&iv);
    assert_int_equal(derive(CKK_DES3, key, &ecb, CKK_GENERIC_SECRET, 0, &made), QK_OK);
    assert_hex(qk_buf_view(&made), "3fa40e8a984d48156a271787ab8883f9893d51ec4b563b53");
    assert_int_equal(derive(CKK_DES3, key, &cbc, CKK_GENERIC_SECRET, 0, &made), QK_OK);
    assert_hex(qk_buf_view(&made), "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6");
    assert_int_equal(derive(CKK_DES3, key, &ecb, CKK_DES3, 0, &made), QK_OK);
    assert_hex(qk_buf_view(&made), "3ea40e8a984c49156b261686ab8983f8893d51ec4a573b52");
}

/* ---- bytes of other keys ---- */

static void keys_and_data_are_joined(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *second = secret_key_hex(CKK_GENERIC_SECRET, "89abcdef");
    QK_OWNED(qk_buf_done) qk_buf data = unhex("89abcdef");
    qk_mech_use with_key = use_of(CKM_CONCATENATE_BASE_AND_KEY), behind = use_of(CKM_CONCATENATE_BASE_AND_DATA),
                before = use_of(CKM_CONCATENATE_DATA_AND_BASE), xor = use_of(CKM_XOR_BASE_AND_DATA);

    (void)state;
    behind.data.data = before.data.data = xor.data.data = qk_buf_view(&data);
    assert_refused("01234567", &with_key, CKK_GENERIC_SECRET, 0, QK_E_MECHANISM_PARAM);
    with_key.second.key = second;
    assert_derived("01234567", &with_key, 0, "0123456789abcdef");
    assert_derived("01234567", &with_key, 5, "0123456789");
    assert_derived("01234567", &behind, 0, "0123456789abcdef");
    assert_derived("01234567", &before, 0, "89abcdef01234567");
    assert_derived("01234567", &before, 6, "89abcdef0123");
    assert_derived("01234567", &xor, 0, "88888888");
    assert_derived("0123456789", &xor, 0, "88888888");
    assert_derived("01234567", &xor, 3, "888888");
    assert_refused("01234567", &behind, CKK_GENERIC_SECRET, 9, QK_E_KEY_SIZE);
    assert_refused("0123456789", &xor, CKK_GENERIC_SECRET, 5, QK_E_KEY_SIZE);
    xor.data.data = QK_VIEW_NONE;
    assert_refused("01234567", &xor, CKK_GENERIC_SECRET, 0, QK_E_TEMPLATE_INCOMPLETE);
}

static void bits_are_cut_out_around_the_end(void **state)
{
    qk_mech_use use = use_of(CKM_EXTRACT_KEY_FROM_KEY);

    (void)state;
    use.first_bit = 21;
    assert_derived("329f84a9", &use, 2, "9526");
    use.first_bit = 8;
    assert_derived("329f84a9", &use, 4, "9f84a932");
    assert_refused("329f84a9", &use, CKK_GENERIC_SECRET, 5, QK_E_KEY_SIZE);
    assert_refused("329f84a9", &use, CKK_GENERIC_SECRET, 0, QK_E_TEMPLATE_INCOMPLETE);
    use.first_bit = 32;
    assert_refused("329f84a9", &use, CKK_GENERIC_SECRET, 2, QK_E_MECHANISM_PARAM);
    use.first_bit = SIZE_MAX;
    assert_refused("329f84a9", &use, CKK_GENERIC_SECRET, 2, QK_E_MECHANISM_PARAM);
}

/* ---- passwords ---- */

static qk_err from_password(CK_ULONG prf, const char *password, const char *salt, size_t iterations, CK_KEY_TYPE type,
                            size_t len, qk_key **out)
{
    QK_OWNED(qk_attrs_done) qk_attrs template_ = QK_ATTRS_NONE;
    qk_mech_use use = use_of(CKM_PKCS5_PBKD2);

    use.pbkdf2.prf = prf;
    use.pbkdf2.iterations = iterations;
    use.pbkdf2.password = qk_view_text(password);
    use.pbkdf2.salt = qk_view_text(salt);
    assert_int_equal(qk_attrs_set_ulong(&template_, CKA_KEY_TYPE, type), QK_OK);
    assert_int_equal(qk_attrs_set_ulong(&template_, CKA_VALUE_LEN, len), QK_OK);
    return qk_key_generate(&use, &template_, out);
}

static void assert_from_password(CK_ULONG prf, const char *password, const char *salt, size_t iterations,
                                 const char *expected)
{
    QK_OWNED(qk_key_unref) qk_key *made = NULL;
    QK_OWNED(qk_buf_done) qk_buf bytes = unhex(expected);

    assert_int_equal(from_password(prf, password, salt, iterations, CKK_GENERIC_SECRET, bytes.len, &made), QK_OK);
    assert_hex(qk_secret_reveal(&made->value), expected);
}

static void passwords_become_keys(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *aes = NULL, *none = NULL;

    (void)state;
    assert_from_password(CKP_PKCS5_PBKD2_HMAC_SHA1, "password", "salt", 1, "0c60c80f961f0e71f3a9b524af6012062fe037a6");
    assert_from_password(CKP_PKCS5_PBKD2_HMAC_SHA1, "password", "salt", 4096,
                         "4b007901b765489abead49d926f721d065a429c1");
    assert_from_password(CKP_PKCS5_PBKD2_HMAC_SHA1, "passwordPASSWORDpassword", "saltSALTsaltSALTsaltSALTsaltSALTsalt",
                         4096, "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038");
    assert_from_password(CKP_PKCS5_PBKD2_HMAC_SHA256, "passwd", "salt", 1,
                         "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
                         "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783");
    assert_int_equal(from_password(CKP_PKCS5_PBKD2_HMAC_SHA512, "", "", 1, CKK_AES, 32, &aes), QK_OK);
    assert_int_equal(from_password(CKP_PKCS5_PBKD2_HMAC_SHA512, "p", "s", 1, CKK_AES, 0, &none),
                     QK_E_TEMPLATE_INCOMPLETE);
    assert_int_equal(from_password(CKP_PKCS5_PBKD2_HMAC_SHA512, "p", "s", 1, CKK_AES, 33, &none), QK_E_KEY_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hkdf_examples_come_out_whole_and_in_halves),
        cmocka_unit_test(a_key_can_be_the_salt_of_hkdf),
        cmocka_unit_test(hkdf_gives_no_more_than_255_blocks),
        cmocka_unit_test(the_digest_of_a_key_is_a_key),
        cmocka_unit_test(encrypted_data_is_a_key),
        cmocka_unit_test(data_under_triple_des_is_a_key),
        cmocka_unit_test(keys_and_data_are_joined),
        cmocka_unit_test(bits_are_cut_out_around_the_end),
        cmocka_unit_test(passwords_become_keys),
    };
    return cmocka_run_group_tests_name("derivation", tests, crypto_setup, crypto_teardown);
}
