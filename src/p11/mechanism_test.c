/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "p11/attribute.h"
#include "p11/key_type.h"
#include "p11/snapshot.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the table ---- */

/* Some rows of the list as a GREP11 server of IBM printed it: place, number, smallest and largest key, flags. */
static const struct {
    size_t place;
    CK_MECHANISM_TYPE type;
    CK_ULONG min, max;
    CK_FLAGS flags;
} ibm_list[] = {
    { 0, CKM_RSA_PKCS, 512, 4096, 404224 },
    { 1, CKM_RSA_PKCS_OAEP, 512, 4096, 393984 },
    { 16, CKM_AES_KEY_GEN, 16, 32, 32768 },
    { 17, CKM_AES_ECB, 16, 32, 768 | CKF_WRAP | CKF_UNWRAP }, /* wraps, whatever that list says */
    { 18, CKM_AES_CBC, 16, 32, 393984 },
    { 25, CKM_GENERIC_SECRET_KEY_GEN, 8, 256, 557056 },
    { 31, CKM_SHA224_HMAC, 14, 32, 10240 },
    { 49, CKM_EC_KEY_PAIR_GEN, 192, 521, 26279936 },
    { 50, CKM_ECDSA, 192, 521, 26224640 },
    { 63, CKM_IBM_DILITHIUM, 256, 256, 75776 },
    { 86, CKM_IBM_ED25519_SHA512, 256, 256, 17836032 },
    { 93, CKM_IBM_BTC_DERIVE, 16, 64, 524288 },
};

static void what_grep11_reports_is_what_ibms_server_does(void **state)
{
    (void)state;
    assert_int_equal(qk_grep11_mech_count, 94 + 4);
    for (size_t i = 0; i < COUNT(ibm_list); i++) {
        const qk_grep11_mech *row = &qk_grep11_mechs[ibm_list[i].place];
        assert_int_equal(row->type, ibm_list[i].type);
        assert_int_equal(row->min_key, ibm_list[i].min);
        assert_int_equal(row->max_key, ibm_list[i].max);
        assert_int_equal(row->flags, ibm_list[i].flags);
    }
}

static void what_grep11_reports_is_found_by_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < qk_grep11_mech_count; i++)
        assert_ptr_equal(qk_grep11_mech_find(qk_grep11_mechs[i].type), &qk_grep11_mechs[i]);
    assert_null(qk_grep11_mech_find(CKM_AES_GCM));
}

static void every_row_is_found_by_its_own_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < qk_mech_count; i++) {
        assert_ptr_equal(qk_mech_find(qk_mechs[i].type), &qk_mechs[i]);
        assert_string_equal(qk_mech_name(qk_mechs[i].type), qk_mechs[i].name);
    }
}

static void unknown_mechanisms_are_not_found(void **state)
{
    static const CK_MECHANISM_TYPE strangers[] = {
        CKM_MD2, CKM_MD5, CKM_RC4, CKM_IBM_TESTCODE, CKM_IBM_WIRETEST, 0x80000000, 0xffffffff80010009, ~0UL
    };
    (void)state;
    for (size_t i = 0; i < COUNT(strangers); i++) {
        assert_null(qk_mech_find(strangers[i]));
        assert_string_equal(qk_mech_name(strangers[i]), "unknown");
    }
}

static void every_row_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < qk_mech_count; i++) {
        const qk_mech *mech = &qk_mechs[i];
        bool generates = mech->does & (QK_GENERATE | QK_GENERATE_PAIR);
        bool adds_up = mech->type == CKM_IBM_EC_AGGREGATE; /* public things, without a key */

        assert_memory_equal(mech->name, "CKM_", 4);
        assert_true(mech->does != 0 && mech->source && strlen(mech->source) > 5);
        assert_true(mech->min_key <= mech->max_key);
        /* of an IV, or the longest MAC */
        assert_int_equal(mech->iv_len > 0, mech->param == QK_PARAM_IV || mech->param == QK_PARAM_OPTIONAL_IV ||
                                               mech->param == QK_PARAM_ENCRYPT_DATA || mech->param == QK_PARAM_MAC_LEN);
        /* only digests work without a key, and they have no sizes */
        assert_int_equal(mech->key == QK_NO_KEY, mech->does == QK_DIGEST || adds_up);
        assert_int_equal(mech->key == QK_NO_KEY, mech->max_key == 0 || adds_up);
        /* both ways or none */
        assert_int_equal(!(mech->does & QK_ENCRYPT), !(mech->does & QK_DECRYPT));
        assert_int_equal(!(mech->does & QK_SIGN) || adds_up, !(mech->does & QK_VERIFY));
        assert_int_equal(!(mech->does & QK_WRAP),
                         !(mech->does & QK_UNWRAP) || mech->type == CKM_IBM_TRANSPORTKEY); /* public keys come in */
        /* IBM's lattice mechanisms make their own pairs */
        if (mech->key != CKK_IBM_PQC_DILITHIUM && mech->key != CKK_IBM_PQC_KYBER)
            assert_false(generates && (mech->does & ~(unsigned)(QK_GENERATE | QK_GENERATE_PAIR)));
        assert_false((mech->flags & QK_MECH_SINGLE_PART) && (mech->flags & QK_MECH_GATHERED));
        assert_int_equal(!!(mech->flags & QK_MECH_EC), mech->key == CKK_EC || mech->key == CKK_EC_EDWARDS ||
                                                           mech->key == CKK_EC_MONTGOMERY || adds_up);
        /* the hash inside is a digest that we offer */
        if (mech->hash != QK_NO_HASH)
            assert_true(qk_mech_find(mech->hash)->does & QK_DIGEST);
    }
}

static void ibms_aliases_are_the_standards_mechanisms_in_all_but_number(void **state)
{
    static const struct {
        CK_MECHANISM_TYPE ibm, standard;
    } pairs[] = {
        { CKM_IBM_SHA3_224, CKM_SHA3_224 },
        { CKM_IBM_SHA3_512, CKM_SHA3_512 },
        { CKM_IBM_SHA3_256_HMAC, CKM_SHA3_256_HMAC },
        { CKM_IBM_SHA3_384_HMAC, CKM_SHA3_384_HMAC },
        { CKM_IBM_SHA512_256, CKM_SHA512_256 },
        { CKM_IBM_SHA512_224, CKM_SHA512_224 },
        { CKM_IBM_SHA512_256_HMAC, CKM_SHA512_256_HMAC },
        { CKM_IBM_SHA512_224_HMAC, CKM_SHA512_224_HMAC },
        { CKM_IBM_ECDSA_SHA224, CKM_ECDSA_SHA224 },
        { CKM_IBM_ECDSA_SHA256, CKM_ECDSA_SHA256 },
        { CKM_IBM_ECDSA_SHA384, CKM_ECDSA_SHA384 },
        { CKM_IBM_ECDSA_SHA512, CKM_ECDSA_SHA512 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        const qk_mech *ibm = qk_mech_find(pairs[i].ibm), *standard = qk_mech_find(pairs[i].standard);
        assert_int_equal(ibm->hash, standard->hash);
        assert_int_equal(ibm->does, standard->does);
        assert_int_equal(ibm->key, standard->key);
        assert_int_equal(ibm->param, standard->param);
    }
}

static void single_part_mechanisms_have_no_hash(void **state)
{
    static const CK_MECHANISM_TYPE single[] = { CKM_RSA_PKCS, CKM_RSA_PKCS_OAEP, CKM_RSA_PKCS_PSS,
                                                CKM_ECDSA,    CKM_EDDSA,         CKM_IBM_ED25519_SHA512 };

    (void)state;
    for (size_t i = 0; i < COUNT(single); i++)
        assert_true(qk_mech_find(single[i])->flags & QK_MECH_SINGLE_PART);
    for (size_t i = 0; i < qk_mech_count; i++)
        assert_true(!(qk_mechs[i].flags & QK_MECH_SINGLE_PART) || qk_mechs[i].hash == QK_NO_HASH);
    assert_true(qk_mech_find(CKM_AES_GCM)->flags & QK_MECH_GATHERED);
}

static void edwards_mechanisms_say_that_curves_have_names(void **state)
{
    (void)state;
    assert_true(qk_mech_info_flags(qk_mech_find(CKM_EDDSA)) & CKF_EC_CURVENAME);
    assert_false(qk_mech_info_flags(qk_mech_find(CKM_ECDSA)) & CKF_EC_CURVENAME);
    assert_int_equal(qk_mech_info_flags(qk_mech_find(CKM_AES_CTR)), CKF_ENCRYPT | CKF_DECRYPT);
}

static void print_row(qk_buf *out, const qk_mech *mech)
{
    static const char *const params[QK_PARAM_KINDS] = {
        [QK_PARAM_NONE] = "none",
        [QK_PARAM_IV] = "iv",
        [QK_PARAM_OPTIONAL_IV] = "optional-iv",
        [QK_PARAM_CTR] = "ctr",
        [QK_PARAM_GCM] = "gcm",
        [QK_PARAM_CCM] = "ccm",
        [QK_PARAM_CHACHA20] = "chacha20",
        [QK_PARAM_CHACHA20_POLY1305] = "chacha20-poly1305",
        [QK_PARAM_MAC_LEN] = "mac-length",
        [QK_PARAM_OAEP] = "oaep",
        [QK_PARAM_PSS] = "pss",
        [QK_PARAM_RSA_AES] = "rsa-aes",
        [QK_PARAM_EDDSA] = "eddsa",
        [QK_PARAM_ECDH] = "ecdh",
        [QK_PARAM_DATA] = "data",
        [QK_PARAM_STRING] = "string",
        [QK_PARAM_ENCRYPT_DATA] = "encrypt-data",
        [QK_PARAM_EXTRACT] = "extract",
        [QK_PARAM_SECOND_KEY] = "second-key",
        [QK_PARAM_HKDF] = "hkdf",
        [QK_PARAM_KDF108] = "kdf108",
        [QK_PARAM_KDF108_FEEDBACK] = "kdf108-feedback",
        [QK_PARAM_PBKDF2] = "pbkdf2",
        [QK_PARAM_TLS_MASTER] = "tls-master",
        [QK_PARAM_TLS_EXTENDED_MASTER] = "tls-extended-master",
        [QK_PARAM_TLS_KEY_MATERIAL] = "tls-key-material",
        [QK_PARAM_TLS_KDF] = "tls-kdf",
        [QK_PARAM_TLS_MAC] = "tls-mac",
        [QK_PARAM_SIGN_CONTEXT] = "sign-context",
        [QK_PARAM_HASH_SIGN_CONTEXT] = "hash-sign-context",
        [QK_PARAM_BTC] = "btc",
        [QK_PARAM_ECSG] = "ecsg",
        [QK_PARAM_EC_AGGREGATE] = "ec-aggregate",
        [QK_PARAM_KYBER_KEM] = "kyber-kem",
    };
    static const char *const does[] = { "encrypt",      "decrypt",        "digest",      "sign",       "verify",
                                        "generate",     "generate-pair",  "wrap",        "unwrap",     "derive",
                                        "sign-recover", "verify-recover", "encapsulate", "decapsulate" };
    const char *key = mech->key == QK_NO_KEY       ? "none"
                      : mech->key == QK_ANY_SECRET ? "any-secret"
                      : mech->key == QK_SEED_OR_EC ? "seed-or-ec"
                      : mech->key == QK_AES_OR_RSA ? "aes-or-rsa"
                                                   : qk_name_of_key_type(mech->key);

    const qk_grep11_mech *ibms = qk_grep11_mech_find(mech->type);

    qk_buf_printf(out, "0x%08lx %s\n    key %s %lu..%lu; does", mech->type, mech->name, key, mech->min_key,
                  mech->max_key);
    for (size_t i = 0; i < COUNT(does); i++)
        if (mech->does & 1u << i)
            qk_buf_printf(out, " %s", does[i]);
    qk_buf_printf(out, "; parameter %s", params[mech->param]);
    if (mech->iv_len)
        qk_buf_printf(out, " of %zu", mech->iv_len);
    if (mech->hash != QK_NO_HASH)
        qk_buf_printf(out, "; hash %s", qk_mech_name(mech->hash));
    qk_buf_printf(out, "%s%s%s%s; flags %lu; %s\n", mech->flags & QK_MECH_SINGLE_PART ? "; single part" : "",
                  mech->flags & QK_MECH_GATHERED ? "; gathered" : "", mech->flags & QK_MECH_LEGACY ? "; legacy" : "",
                  mech->flags & QK_MECH_SLOW ? "; slow" : "", qk_mech_info_flags(mech), mech->source);
    if (ibms)
        qk_buf_printf(out, "    GREP11 %lu..%lu, flags %lu\n", ibms->min_key, ibms->max_key, ibms->flags);
}

static void the_printed_table_is_the_one_on_file(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;

    (void)state;
    for (size_t i = 0; i < qk_mech_count; i++)
        print_row(&out, &qk_mechs[i]);
    assert_true(snapshot_equal(QK_SNAPSHOT_DIR, "mechanism_table.txt", &out));
}

/* ---- parameters ---- */

static qk_err read_param(CK_MECHANISM_TYPE type, unsigned function, const void *param, CK_ULONG len, qk_mech_use *out)
{
    CK_MECHANISM mechanism = { type, (void *)(uintptr_t)param, len };

    return qk_mech_use_read(&mechanism, function, out);
}

static void mgf_and_hash_translate_both_ways(void **state)
{
    static const CK_RSA_PKCS_MGF_TYPE known[] = { CKG_MGF1_SHA1, CKG_MGF1_SHA224, CKG_MGF1_SHA256, CKG_MGF1_SHA384,
                                                  CKG_MGF1_SHA512 };
    (void)state;
    for (size_t i = 0; i < COUNT(known); i++)
        assert_int_equal(qk_mgf_of_hash(qk_mgf_hash(known[i])), known[i]);
    assert_int_equal(qk_mgf_hash(CKG_MGF1_SHA256), CKM_SHA256);
    assert_int_equal(qk_mgf_hash(0), QK_NO_HASH);
    assert_int_equal(qk_mgf_hash(~0UL), QK_NO_HASH);
    assert_int_equal(qk_mgf_of_hash(CKM_MD5), 0);
    assert_int_equal(qk_mgf_of_hash(QK_NO_HASH), 0);
}

static void a_mechanism_without_parameter_takes_none_or_an_empty_one(void **state)
{
    qk_mech_use use;

    (void)state;
    assert_int_equal(read_param(CKM_ECDSA_SHA256, QK_SIGN, NULL, 0, &use), QK_OK);
    assert_ptr_equal(use.mech, qk_mech_find(CKM_ECDSA_SHA256));
    assert_int_equal(read_param(CKM_ECDSA_SHA256, QK_SIGN, "x", 0, &use), QK_OK);
    assert_int_equal(read_param(CKM_ECDSA_SHA256, QK_SIGN, "x", 1, &use), QK_E_MECHANISM_PARAM);
    assert_int_equal(read_param(CKM_ECDSA_SHA256, QK_SIGN, NULL, 1, &use), QK_E_MECHANISM_PARAM);
}

static void what_a_mechanism_cannot_do_is_refused(void **state)
{
    qk_mech_use use;

    (void)state;
    assert_int_equal(qk_mech_use_read(NULL, QK_SIGN, &use), QK_E_BAD_ARGUMENT);
    assert_int_equal(read_param(CKM_MD5, QK_DIGEST, NULL, 0, &use), QK_E_MECHANISM_INVALID);
    assert_int_equal(read_param(CKM_AES_ECB, QK_SIGN, NULL, 0, &use), QK_E_MECHANISM_INVALID);
    assert_int_equal(read_param(CKM_SHA256, QK_SIGN, NULL, 0, &use), QK_E_MECHANISM_INVALID);
    assert_int_equal(read_param(CKM_AES_CTR, QK_WRAP, NULL, 0, &use), QK_E_MECHANISM_INVALID);
    assert_int_equal(read_param(CKM_AES_KEY_GEN, QK_GENERATE_PAIR, NULL, 0, &use), QK_E_MECHANISM_INVALID);
    assert_int_equal(read_param(CKM_AES_KEY_GEN, 0, NULL, 0, &use), QK_E_MECHANISM_INVALID);
}

static void a_failed_read_leaves_the_use_alone(void **state)
{
    qk_mech_use use = { .mech = qk_mech_find(CKM_AES_CBC) };

    (void)state;
    assert_int_equal(read_param(CKM_AES_GCM, QK_ENCRYPT, NULL, 0, &use), QK_E_MECHANISM_PARAM);
    assert_ptr_equal(use.mech, qk_mech_find(CKM_AES_CBC));
}

static void an_iv_has_exactly_its_length(void **state)
{
    static const uint8_t bytes[32] = { 7 };
    qk_mech_use use;

    (void)state;
    assert_int_equal(read_param(CKM_AES_CBC, QK_ENCRYPT, bytes, 16, &use), QK_OK);
    assert_ptr_equal(use.iv.data, bytes);
    assert_int_equal(read_param(CKM_AES_CBC_PAD, QK_UNWRAP, bytes, 16, &use), QK_OK);
    for (size_t len = 0; len <= sizeof(bytes); len++)
        if (len != 16)
            assert_int_equal(read_param(CKM_AES_CBC, QK_ENCRYPT, bytes, len, &use), QK_E_MECHANISM_PARAM);
    assert_int_equal(read_param(CKM_AES_CBC, QK_ENCRYPT, NULL, 16, &use), QK_E_MECHANISM_PARAM);
}

static void an_optional_iv_may_be_left_out(void **state)
{
    static const uint8_t bytes[16] = { 7 };
    qk_mech_use use;

    (void)state;
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        assert_int_equal(read_param(CKM_AES_KEY_WRAP, QK_WRAP, bytes, len, &use),
                         len == 0 || len == 8 ? QK_OK : QK_E_MECHANISM_PARAM);
        assert_int_equal(read_param(CKM_AES_KEY_WRAP_KWP, QK_UNWRAP, bytes, len, &use),
                         len == 0 || len == 4 ? QK_OK : QK_E_MECHANISM_PARAM);
    }
    assert_int_equal(read_param(CKM_AES_KEY_WRAP, QK_ENCRYPT, NULL, 0, &use), QK_OK);
    assert_int_equal(use.iv.len, 0);
}

static void ctr_parameters_are_read(void **state)
{
    CK_AES_CTR_PARAMS ctr = { .ulCounterBits = 32, .cb = { 1, 2, 3 } };
    static const CK_ULONG wrong[] = { 0, 129, ~0UL, 1UL << 32 };
    qk_mech_use use;

    (void)state;
    assert_int_equal(read_param(CKM_AES_CTR, QK_ENCRYPT, &ctr, sizeof(ctr), &use), QK_OK);
    assert_int_equal(use.ctr.bits, 32);
    assert_memory_equal(use.ctr.block, ctr.cb, 16);
    assert_int_equal(read_param(CKM_AES_CTR, QK_ENCRYPT, &ctr, sizeof(ctr) - 1, &use), QK_E_MECHANISM_PARAM);
    assert_int_equal(read_param(CKM_AES_CTR, QK_ENCRYPT, NULL, 0, &use), QK_E_MECHANISM_PARAM);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        ctr.ulCounterBits = wrong[i];
        assert_int_equal(read_param(CKM_AES_CTR, QK_ENCRYPT, &ctr, sizeof(ctr), &use), QK_E_MECHANISM_PARAM);
    }
}

static void ccm_parameters_are_read(void **state)
{
    static uint8_t bytes[20];
    CK_CCM_PARAMS ccm = { .ulDataLen = 65535, .pNonce = bytes, .ulNonceLen = 13, .ulMACLen = 16 };
    static const CK_ULONG macs[] = { 0, 2, 5, 15, 17, 18, ~0UL };
    qk_mech_use use;

    (void)state;
    assert_int_equal(read_param(CKM_AES_CCM, QK_ENCRYPT, &ccm, sizeof(ccm), &use), QK_OK);
    assert_int_equal(use.ccm.data_len, 65535);
    assert_int_equal(use.ccm.mac_len, 16);
    ccm.ulDataLen++; /* two bytes count it beside a nonce of 13 */
    assert_int_equal(read_param(CKM_AES_CCM, QK_ENCRYPT, &ccm, sizeof(ccm), &use), QK_E_MECHANISM_PARAM);
    for (ccm.ulNonceLen = 0; ccm.ulNonceLen <= sizeof(bytes); ccm.ulNonceLen++)
        assert_int_equal(read_param(CKM_AES_CCM, QK_ENCRYPT, &ccm, sizeof(ccm), &use),
                         ccm.ulNonceLen >= 7 && ccm.ulNonceLen <= 12 ? QK_OK : QK_E_MECHANISM_PARAM);
    ccm.ulNonceLen = 12;
    for (size_t i = 0; i < COUNT(macs); i++) {
        ccm.ulMACLen = macs[i];
        assert_int_equal(read_param(CKM_AES_CCM, QK_DECRYPT, &ccm, sizeof(ccm), &use), QK_E_MECHANISM_PARAM);
    }
    ccm.ulMACLen = 4;
    ccm.ulAADLen = 1;
    assert_int_equal(read_param(CKM_AES_CCM, QK_DECRYPT, &ccm, sizeof(ccm), &use), QK_E_MECHANISM_PARAM);
}

static void chacha20_parameters_are_read(void **state)
{
    static uint8_t counter[8] = { 1, 2, 0, 0, 0, 0, 0, 3 }, nonce[24];
    CK_CHACHA20_PARAMS chacha = { counter, 32, nonce, 96 };
    static const struct {
        CK_ULONG counter, nonce;
        qk_err wanted;
    } cases[] = { { 32, 96, QK_OK },
                  { 64, 64, QK_OK },
                  { 32, 64, QK_E_MECHANISM_PARAM },
                  { 64, 96, QK_E_MECHANISM_PARAM },
                  { 0, 96, QK_E_MECHANISM_PARAM },
                  { 32, 97, QK_E_MECHANISM_PARAM },
                  { 32, 0, QK_E_MECHANISM_PARAM },
                  { ~0UL, ~0UL, QK_E_MECHANISM_PARAM } };
    qk_mech_use use;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        chacha.blockCounterBits = cases[i].counter;
        chacha.ulNonceBits = cases[i].nonce;
        assert_int_equal(read_param(CKM_CHACHA20, QK_ENCRYPT, &chacha, sizeof(chacha), &use), cases[i].wanted);
        if (i == 0)
            assert_int_equal(use.chacha.counter, 0x201);
        if (i == 1)
            assert_true(use.chacha.counter == UINT64_C(0x0300000000000201));
    }
    chacha = (CK_CHACHA20_PARAMS){ NULL, 32, nonce, 96 };
    assert_int_equal(read_param(CKM_CHACHA20, QK_ENCRYPT, &chacha, sizeof(chacha), &use), QK_E_MECHANISM_PARAM);
    assert_int_equal(read_param(CKM_CHACHA20, QK_ENCRYPT, &chacha, 7, &use), QK_E_MECHANISM_PARAM);
}

static void the_nonce_of_chacha20_poly1305_has_12_bytes(void **state)
{
    static uint8_t bytes[24];
    CK_SALSA20_CHACHA20_POLY1305_PARAMS aead = { bytes, 0, NULL, 0 };
    qk_mech_use use;

    (void)state;
    for (aead.ulNonceLen = 0; aead.ulNonceLen <= sizeof(bytes); aead.ulNonceLen++)
        assert_int_equal(read_param(CKM_CHACHA20_POLY1305, QK_ENCRYPT, &aead, sizeof(aead), &use),
                         aead.ulNonceLen == 12 ? QK_OK : QK_E_MECHANISM_PARAM);
}

static void rsa_aes_parameters_are_read(void **state)
{
    CK_RSA_PKCS_OAEP_PARAMS oaep = { .hashAlg = CKM_SHA256, .mgf = CKG_MGF1_SHA256 };
    CK_RSA_AES_KEY_WRAP_PARAMS wrap = { .ulAESKeyBits = 192, .pOAEPParams = &oaep };
    static const CK_ULONG wrong[] = { 0, 32, 64, 191, 257, ~0UL };
    qk_mech_use use;

    (void)state;
    assert_int_equal(read_param(CKM_RSA_AES_KEY_WRAP, QK_WRAP, &wrap, sizeof(wrap), &use), QK_OK);
    assert_int_equal(use.rsa_aes.aes_bits, 192);
    assert_int_equal(use.rsa_aes.oaep.mgf_hash, CKM_SHA256);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        wrap.ulAESKeyBits = wrong[i];
        assert_int_equal(read_param(CKM_RSA_AES_KEY_WRAP, QK_WRAP, &wrap, sizeof(wrap), &use), QK_E_MECHANISM_PARAM);
    }
    wrap.ulAESKeyBits = 256;
    oaep.hashAlg = CKM_AES_CBC;
    assert_int_equal(read_param(CKM_RSA_AES_KEY_WRAP, QK_WRAP, &wrap, sizeof(wrap), &use), QK_E_MECHANISM_PARAM);
    wrap.pOAEPParams = NULL;
    assert_int_equal(read_param(CKM_RSA_AES_KEY_WRAP, QK_WRAP, &wrap, sizeof(wrap), &use), QK_E_MECHANISM_PARAM);
}

static void macs_have_one_byte_to_all(void **state)
{
    qk_mech_use use;

    (void)state;
    for (CK_MAC_GENERAL_PARAMS len = 0; len < 40; len++)
        assert_int_equal(read_param(CKM_AES_CMAC_GENERAL, QK_SIGN, &len, sizeof(len), &use),
                         len >= 1 && len <= 16 ? QK_OK : QK_E_MECHANISM_PARAM);
    assert_int_equal(read_param(CKM_AES_CMAC_GENERAL, QK_SIGN, NULL, 0, &use), QK_E_MECHANISM_PARAM);
}

static void gcm_parameters_are_read(void **state)
{
    uint8_t iv[12] = { 1 }, aad[20] = { 2 };
    CK_GCM_PARAMS gcm = { iv, 12, 96, aad, 20, 128 };
    qk_mech_use use;

    (void)state;
    assert_int_equal(read_param(CKM_AES_GCM, QK_ENCRYPT, &gcm, sizeof(gcm), &use), QK_OK);
    assert_ptr_equal(use.gcm.iv.data, iv);
    assert_int_equal(use.gcm.aad.len, 20);
    assert_int_equal(use.gcm.tag_bits, 128);
    gcm.ulIvBits = 0; /* many callers leave it */
    gcm.pAAD = NULL;
    gcm.ulAADLen = 0;
    assert_int_equal(read_param(CKM_AES_GCM, QK_DECRYPT, &gcm, sizeof(gcm), &use), QK_OK);
    assert_int_equal(use.gcm.iv.len, 12);
    assert_int_equal(use.gcm.aad.len, 0);
}

static void gcm_parameters_without_iv_bits_are_read_too(void **state)
{
    uint8_t iv[12] = { 1 }, aad[3] = { 2 };
    struct {
        CK_BYTE_PTR iv;
        CK_ULONG iv_len;
        CK_BYTE_PTR aad;
        CK_ULONG aad_len, tag_bits;
    } older = { iv, 12, aad, 3, 96 };
    qk_mech_use use;

    (void)state;
    assert_int_equal(read_param(CKM_AES_GCM, QK_ENCRYPT, &older, sizeof(older), &use), QK_OK);
    assert_ptr_equal(use.gcm.iv.data, iv);
    assert_ptr_equal(use.gcm.aad.data, aad);
    assert_int_equal(use.gcm.tag_bits, 96);
}

static void gcm_tags_have_the_lengths_of_the_standard(void **state)
{
    uint8_t iv[12] = { 1 };
    CK_GCM_PARAMS gcm = { iv, 12, 96, NULL, 0, 0 };
    qk_mech_use use;

    (void)state;
    for (CK_ULONG bits = 0; bits < 300; bits++) {
        bool good = bits == 32 || bits == 64 || bits == 96 || bits == 104 || bits == 112 || bits == 120 || bits == 128;
        gcm.ulTagBits = bits;
        assert_int_equal(read_param(CKM_AES_GCM, QK_ENCRYPT, &gcm, sizeof(gcm), &use),
                         good ? QK_OK : QK_E_MECHANISM_PARAM);
    }
    gcm.ulTagBits = (1UL << 32) + 128; /* must not be cut to 128 */
    assert_int_equal(read_param(CKM_AES_GCM, QK_ENCRYPT, &gcm, sizeof(gcm), &use), QK_E_MECHANISM_PARAM);
}

static void malformed_gcm_parameters_are_refused(void **state)
{
    uint8_t iv[200] = { 1 }, bytes[80] = { 0 };
    const CK_GCM_PARAMS wrong[] = {
        { NULL, 0, 0, NULL, 0, 128 },  { NULL, 12, 96, NULL, 0, 128 },
        { iv, 0, 0, NULL, 0, 128 },    { iv, 129, 0, NULL, 0, 128 },
        { iv, ~0UL, 0, NULL, 0, 128 }, { iv, 12, 96, NULL, 5, 128 },
        { iv, 12, 96, iv, ~0UL, 128 }, { iv, 12, 96, iv, (64UL << 20) + 1, 128 },
    };
    qk_mech_use use;

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_int_equal(read_param(CKM_AES_GCM, QK_ENCRYPT, &wrong[i], sizeof(wrong[i]), &use), QK_E_MECHANISM_PARAM);
    for (size_t len = 0; len <= sizeof(bytes); len++)
        assert_int_equal(read_param(CKM_AES_GCM, QK_ENCRYPT, bytes, len, &use), QK_E_MECHANISM_PARAM);
}

static void oaep_parameters_are_read(void **state)
{
    char label[] = "label";
    CK_RSA_PKCS_OAEP_PARAMS oaep = { CKM_SHA256, CKG_MGF1_SHA1, CKZ_DATA_SPECIFIED, label, 5 };
    qk_mech_use use;

    (void)state;
    assert_int_equal(read_param(CKM_RSA_PKCS_OAEP, QK_WRAP, &oaep, sizeof(oaep), &use), QK_OK);
    assert_int_equal(use.oaep.hash, CKM_SHA256);
    assert_int_equal(use.oaep.mgf_hash, CKM_SHA_1);
    assert_int_equal(use.oaep.label.len, 5);
    oaep = (CK_RSA_PKCS_OAEP_PARAMS){ CKM_SHA_1, CKG_MGF1_SHA1, CKZ_DATA_SPECIFIED, NULL, 0 };
    assert_int_equal(read_param(CKM_RSA_PKCS_OAEP, QK_ENCRYPT, &oaep, sizeof(oaep), &use), QK_OK);
    oaep.hashAlg = CKM_SHA512_256; /* which no mask is made with */
    oaep.mgf = CKG_IBM_MGF1_SHA3_256;
    assert_int_equal(read_param(CKM_RSA_PKCS_OAEP, QK_ENCRYPT, &oaep, sizeof(oaep), &use), QK_OK);
    assert_int_equal(use.oaep.mgf_hash, CKM_IBM_SHA3_256);
    oaep.source = 0;
    assert_int_equal(read_param(CKM_RSA_PKCS_OAEP, QK_ENCRYPT, &oaep, sizeof(oaep), &use), QK_OK);
    assert_int_equal(use.oaep.label.len, 0);
}

static void malformed_oaep_parameters_are_refused(void **state)
{
    static char label[2000];
    const CK_RSA_PKCS_OAEP_PARAMS wrong[] = {
        { CKM_MD5, CKG_MGF1_SHA1, 1, NULL, 0 },
        { CKM_SHA256_HMAC, CKG_MGF1_SHA256, 1, NULL, 0 },
        { 0, 0, 0, NULL, 0 },
        { CKM_SHA256, 0, 1, NULL, 0 },
        { CKM_SHA256, 99, 1, NULL, 0 },
        { CKM_SHA256, CKG_MGF1_SHA256, 2, NULL, 0 },
        { CKM_SHA256, CKG_MGF1_SHA256, 0, label, 5 },
        { CKM_SHA256, CKG_MGF1_SHA256, 1, NULL, 5 },
        { CKM_SHA256, CKG_MGF1_SHA256, 1, label, 1025 },
        { CKM_SHA256, CKG_MGF1_SHA256, 1, label, ~0UL },
    };
    qk_mech_use use;

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_int_equal(read_param(CKM_RSA_PKCS_OAEP, QK_ENCRYPT, &wrong[i], sizeof(wrong[i]), &use),
                         QK_E_MECHANISM_PARAM);
    for (size_t len = 0; len < sizeof(wrong[0]); len++)
        assert_int_equal(read_param(CKM_RSA_PKCS_OAEP, QK_ENCRYPT, label, len, &use), QK_E_MECHANISM_PARAM);
}

static void pss_parameters_are_read(void **state)
{
    CK_RSA_PKCS_PSS_PARAMS pss = { CKM_SHA384, CKG_MGF1_SHA384, 48 };
    qk_mech_use use;

    (void)state;
    assert_int_equal(read_param(CKM_SHA384_RSA_PKCS_PSS, QK_SIGN, &pss, sizeof(pss), &use), QK_OK);
    assert_int_equal(use.pss.hash, CKM_SHA384);
    assert_int_equal(use.pss.mgf_hash, CKM_SHA384);
    assert_int_equal(use.pss.salt_len, 48);
    pss.sLen = 0;
    assert_int_equal(read_param(CKM_RSA_PKCS_PSS, QK_VERIFY, &pss, sizeof(pss), &use), QK_OK);
    assert_int_equal(use.pss.salt_len, 0);
}

static void malformed_pss_parameters_are_refused(void **state)
{
    const CK_RSA_PKCS_PSS_PARAMS wrong[] = {
        { CKM_SHA256, CKG_MGF1_SHA384, 48 }, /* the mechanism says SHA-384 */
        { CKM_SHA384, 0, 48 },
        { CKM_SHA384, 0x80000005, 48 },
        { CKM_SHA384, CKG_MGF1_SHA384, 0xffffffff },
        { CKM_SHA384, CKG_MGF1_SHA384, ~0UL },
        { 0, 0, 0 },
    };
    const CK_RSA_PKCS_PSS_PARAMS md5 = { CKM_MD5, CKG_MGF1_SHA1, 16 };
    qk_mech_use use;

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_int_equal(read_param(CKM_SHA384_RSA_PKCS_PSS, QK_SIGN, &wrong[i], sizeof(wrong[i]), &use),
                         QK_E_MECHANISM_PARAM);
    assert_int_equal(read_param(CKM_RSA_PKCS_PSS, QK_SIGN, &md5, sizeof(md5), &use), QK_E_MECHANISM_PARAM);
    assert_int_equal(read_param(CKM_RSA_PKCS_PSS, QK_SIGN, NULL, 0, &use), QK_E_MECHANISM_PARAM);
    assert_int_equal(read_param(CKM_RSA_PKCS_PSS, QK_SIGN, wrong, sizeof(wrong), &use), QK_E_MECHANISM_PARAM);
}

static void eddsa_takes_a_parameter_or_none(void **state)
{
    uint8_t context[256] = { 3 };
    CK_EDDSA_PARAMS eddsa = { CK_TRUE, 255, context };
    qk_mech_use use;

    (void)state;
    assert_int_equal(read_param(CKM_EDDSA, QK_SIGN, NULL, 0, &use), QK_OK);
    assert_false(use.eddsa.given);
    assert_int_equal(read_param(CKM_EDDSA, QK_SIGN, &eddsa, sizeof(eddsa), &use), QK_OK);
    assert_true(use.eddsa.given && use.eddsa.prehash);
    assert_int_equal(use.eddsa.context.len, 255);
    eddsa.ulContextDataLen = 256;
    assert_int_equal(read_param(CKM_EDDSA, QK_SIGN, &eddsa, sizeof(eddsa), &use), QK_E_MECHANISM_PARAM);
    eddsa = (CK_EDDSA_PARAMS){ CK_FALSE, 1, NULL };
    assert_int_equal(read_param(CKM_EDDSA, QK_SIGN, &eddsa, sizeof(eddsa), &use), QK_E_MECHANISM_PARAM);
    assert_int_equal(read_param(CKM_EDDSA, QK_SIGN, &eddsa, 8, &use), QK_E_MECHANISM_PARAM);
    /* IBM's number takes none */
    assert_int_equal(read_param(CKM_IBM_ED25519_SHA512, QK_SIGN, &eddsa, sizeof(eddsa), &use), QK_E_MECHANISM_PARAM);
}

static void a_use_made_by_hand_is_checked_like_a_read_one(void **state)
{
    qk_mech_use use = { .mech = qk_mech_find(CKM_RSA_PKCS_OAEP),
                        .oaep = { .hash = CKM_SHA256, .mgf_hash = CKM_SHA256 } };

    (void)state;
    assert_int_equal(qk_mech_use_check(&use, QK_ENCRYPT), QK_OK);
    assert_int_equal(qk_mech_use_check(&use, QK_SIGN), QK_E_MECHANISM_INVALID);
    use.oaep.mgf_hash = QK_NO_HASH;
    assert_int_equal(qk_mech_use_check(&use, QK_ENCRYPT), QK_E_MECHANISM_PARAM);
    use = (qk_mech_use){ .mech = qk_mech_find(CKM_EDDSA), .eddsa = { .prehash = true } };
    assert_int_equal(qk_mech_use_check(&use, QK_SIGN), QK_E_MECHANISM_PARAM);
    use.mech = NULL;
    assert_int_equal(qk_mech_use_check(&use, QK_SIGN), QK_E_MECHANISM_INVALID);
}

static void a_kept_use_outlives_the_applications_memory(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf storage = QK_BUF_NONE;
    uint8_t iv[12], aad[300];
    CK_GCM_PARAMS gcm = { iv, 12, 96, aad, sizeof(aad), 128 };
    qk_mech_use use;

    (void)state;
    memset(iv, 'i', sizeof(iv));
    memset(aad, 'a', sizeof(aad));
    assert_int_equal(read_param(CKM_AES_GCM, QK_ENCRYPT, &gcm, sizeof(gcm), &use), QK_OK);
    assert_int_equal(qk_mech_use_keep(&use, &storage), QK_OK);
    memset(iv, 0, sizeof(iv));
    memset(aad, 0, sizeof(aad));
    /* once more, from its own storage into the same */
    assert_int_equal(qk_mech_use_keep(&use, &storage), QK_OK);
    assert_int_equal(use.gcm.iv.len, 12);
    assert_int_equal(use.gcm.aad.len, sizeof(aad));
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(use.gcm.iv.data[i], 'i');
    for (size_t i = 0; i < sizeof(aad); i++)
        assert_int_equal(use.gcm.aad.data[i], 'a');
}

static void keeping_a_use_without_bytes_is_fine(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf storage = QK_BUF_NONE;
    CK_RSA_PKCS_PSS_PARAMS pss = { CKM_SHA256, CKG_MGF1_SHA256, 32 };
    qk_mech_use use;

    (void)state;
    assert_int_equal(read_param(CKM_RSA_PKCS_PSS, QK_SIGN, &pss, sizeof(pss), &use), QK_OK);
    assert_int_equal(qk_mech_use_keep(&use, &storage), QK_OK);
    assert_int_equal(use.pss.salt_len, 32);
    assert_int_equal(read_param(CKM_SHA256, QK_DIGEST, NULL, 0, &use), QK_OK);
    assert_int_equal(qk_mech_use_keep(&use, &storage), QK_OK);
    assert_int_equal(storage.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_grep11_reports_is_what_ibms_server_does),
        cmocka_unit_test(what_grep11_reports_is_found_by_number),
        cmocka_unit_test(every_row_is_found_by_its_own_number),
        cmocka_unit_test(unknown_mechanisms_are_not_found),
        cmocka_unit_test(every_row_is_sound),
        cmocka_unit_test(ibms_aliases_are_the_standards_mechanisms_in_all_but_number),
        cmocka_unit_test(single_part_mechanisms_have_no_hash),
        cmocka_unit_test(edwards_mechanisms_say_that_curves_have_names),
        cmocka_unit_test(the_printed_table_is_the_one_on_file),
        cmocka_unit_test(mgf_and_hash_translate_both_ways),
        cmocka_unit_test(a_mechanism_without_parameter_takes_none_or_an_empty_one),
        cmocka_unit_test(what_a_mechanism_cannot_do_is_refused),
        cmocka_unit_test(a_failed_read_leaves_the_use_alone),
        cmocka_unit_test(an_iv_has_exactly_its_length),
        cmocka_unit_test(an_optional_iv_may_be_left_out),
        cmocka_unit_test(ctr_parameters_are_read),
        cmocka_unit_test(ccm_parameters_are_read),
        cmocka_unit_test(chacha20_parameters_are_read),
        cmocka_unit_test(the_nonce_of_chacha20_poly1305_has_12_bytes),
        cmocka_unit_test(rsa_aes_parameters_are_read),
        cmocka_unit_test(macs_have_one_byte_to_all),
        cmocka_unit_test(gcm_parameters_are_read),
        cmocka_unit_test(gcm_parameters_without_iv_bits_are_read_too),
        cmocka_unit_test(gcm_tags_have_the_lengths_of_the_standard),
        cmocka_unit_test(malformed_gcm_parameters_are_refused),
        cmocka_unit_test(oaep_parameters_are_read),
        cmocka_unit_test(malformed_oaep_parameters_are_refused),
        cmocka_unit_test(pss_parameters_are_read),
        cmocka_unit_test(malformed_pss_parameters_are_refused),
        cmocka_unit_test(eddsa_takes_a_parameter_or_none),
        cmocka_unit_test(a_use_made_by_hand_is_checked_like_a_read_one),
        cmocka_unit_test(a_kept_use_outlives_the_applications_memory),
        cmocka_unit_test(keeping_a_use_without_bytes_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
