/* SPDX-License-Identifier: Apache-2.0 */
/* Known answers; the same operation by OpenSSL's own padding code, both ways; every way a ciphertext or a signature can
 * be wrong. */
#include <openssl/rsa.h>

#include "crypto/openssl.h"
#include "crypto/rsa/rsa_padding.h"
#include "crypto/rsa/rsa_testing.h"
#include "crypto/key/their_key_testing.h"

enum { LEN = 256 };

static qk_mech_use pss_use(CK_MECHANISM_TYPE type, CK_MECHANISM_TYPE hash, CK_MECHANISM_TYPE mgf_hash, size_t salt_len)
{
    qk_mech_use use = use_of(type);

    use.pss.hash = hash;
    use.pss.mgf_hash = mgf_hash;
    use.pss.salt_len = salt_len;
    return use;
}

static qk_mech_use oaep_use(CK_MECHANISM_TYPE hash, CK_MECHANISM_TYPE mgf_hash, const char *label)
{
    qk_mech_use use = use_of(CKM_RSA_PKCS_OAEP);

    use.oaep.hash = hash;
    use.oaep.mgf_hash = mgf_hash;
    use.oaep.label = qk_view_text(label);
    return use;
}

/* OpenSSL's raw operation with the public key: makes ciphertexts and signatures' contents of any encoding. */
static void raw_public(const qk_key *key, const uint8_t *in, uint8_t *out)
{
    EVP_PKEY_CTX *context = their_context(key, "RSA");
    size_t len = (key->bits + 7) / 8, out_len = len;

    assert_true(EVP_PKEY_encrypt_init(context) > 0);
    assert_true(EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) > 0);
    assert_true(EVP_PKEY_encrypt(context, out, &out_len, in, len) > 0);
    EVP_PKEY_CTX_free(context);
}

/* ---- PKCS #1 v1.5 signatures ---- */

static const CK_MECHANISM_TYPE hashed_pkcs[] = { CKM_SHA1_RSA_PKCS,     CKM_SHA224_RSA_PKCS,   CKM_SHA256_RSA_PKCS,
                                                 CKM_SHA384_RSA_PKCS,   CKM_SHA512_RSA_PKCS,   CKM_SHA3_224_RSA_PKCS,
                                                 CKM_SHA3_256_RSA_PKCS, CKM_SHA3_384_RSA_PKCS, CKM_SHA3_512_RSA_PKCS };

static void a_hashed_signature_is_the_one_openssl_makes(void **state)
{
    QK_OWNED(arena_done) qk_arena arena;
    qk_view message = QK_VIEW_LITERAL("a message"), signature;

    (void)state;
    qk_arena_init(&arena, 0);
    for (size_t i = 0; i < COUNT(hashed_pkcs); i++) {
        qk_mech_use use = use_of(hashed_pkcs[i]);
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        uint8_t theirs[LEN];
        size_t theirs_len = LEN;

        assert_true(EVP_DigestSignInit_ex(context, NULL, EVP_MD_get0_name(qk_digest_of(use.mech->hash)), qk_openssl(),
                                          NULL, private_key->pkey, NULL) > 0);
        assert_true(EVP_DigestSign(context, theirs, &theirs_len, message.data, message.len) > 0);
        EVP_MD_CTX_free(context);
        assert_qk_ok(qk_crypto_sign(private_key, &use, message, &arena, &signature));
        assert_bytes(signature, qk_view_of(theirs, theirs_len));
        assert_qk_ok(qk_crypto_verify(public_key, &use, message, signature));
        assert_qk_err(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("another"), signature),
                      QK_E_SIGNATURE_INVALID);
    }
}

static void a_raw_signature_covers_the_bytes_given(void **state)
{
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_RSA_PKCS);
    uint8_t em[LEN];
    qk_view signature;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_qk_ok(qk_crypto_sign(private_key, &use, QK_VIEW_LITERAL("abc"), &arena, &signature));
    raw_public(public_key, signature.data, em);
    assert_int_equal(em[0], 0);
    assert_int_equal(em[1], 1);
    for (size_t i = 2; i < LEN - 4; i++)
        assert_int_equal(em[i], 0xff);
    assert_memory_equal(em + LEN - 4, "\0abc", 4);
    assert_qk_ok(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("abc"), signature));
}

static void raw_data_of_more_than_k_minus_11_bytes_is_refused(void **state)
{
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_RSA_PKCS);
    uint8_t data[LEN] = { 1 };
    qk_view signature;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_qk_ok(qk_crypto_sign(private_key, &use, qk_view_of(data, LEN - 11), &arena, &signature));
    assert_qk_ok(qk_crypto_verify(public_key, &use, qk_view_of(data, LEN - 11), signature));
    assert_qk_err(qk_crypto_sign(private_key, &use, qk_view_of(data, LEN - 10), &arena, &signature), QK_E_BAD_LENGTH);
    assert_qk_err(qk_crypto_verify(public_key, &use, qk_view_of(data, LEN - 10), signature), QK_E_BAD_LENGTH);
    assert_qk_err(qk_crypto_sign(private_key, &use, qk_view_of(data, SIZE_MAX), &arena, &signature), QK_E_BAD_LENGTH);
}

static void a_signature_with_a_changed_encoding_is_invalid(void **state)
{
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_SHA256_RSA_PKCS), raw = use_of(CKM_RSA_PKCS);
    uint8_t digest_info[51], digest[64];
    size_t len;
    qk_view prefix = qk_pkcs1_digest_info(CKM_SHA256), signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    (void)state;
    qk_arena_init(&arena, 0);
    assert_true(EVP_DigestInit_ex2(context, qk_digest_of(CKM_SHA256), NULL));
    assert_true(EVP_DigestUpdate(context, "m", 1) && EVP_DigestFinal_ex(context, digest, NULL));
    EVP_MD_CTX_free(context);
    memcpy(digest_info, prefix.data, prefix.len);
    memcpy(digest_info + prefix.len, digest, 32);
    len = prefix.len + 32;
    assert_qk_ok(qk_crypto_sign(private_key, &raw, qk_view_of(digest_info, len), &arena, &signature));
    assert_qk_ok(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("m"), signature));
    for (size_t i = 0; i < len; i++) {
        digest_info[i] ^= 1;
        assert_qk_ok(qk_crypto_sign(private_key, &raw, qk_view_of(digest_info, len), &arena, &signature));
        assert_qk_err(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("m"), signature), QK_E_SIGNATURE_INVALID);
        digest_info[i] ^= 1;
    }
}

static void a_signature_of_another_length_has_its_own_error(void **state)
{
    CK_MECHANISM_TYPE types[] = { CKM_RSA_PKCS, CKM_SHA256_RSA_PKCS };
    uint8_t signature[LEN + 1] = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        qk_mech_use use = use_of(types[i]);
        size_t lengths[] = { 0, LEN - 1, LEN + 1 };
        for (size_t j = 0; j < COUNT(lengths); j++)
            assert_qk_err(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("m"), qk_view_of(signature, lengths[j])),
                          QK_E_SIGNATURE_LENGTH);
    }
}

static void a_signature_that_is_not_below_the_modulus_is_invalid(void **state)
{
    qk_mech_use pkcs = use_of(CKM_SHA256_RSA_PKCS), pss = pss_use(CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKM_SHA256, 32);
    uint8_t signature[LEN];

    (void)state;
    memset(signature, 0xff, LEN);
    assert_qk_err(qk_crypto_verify(public_key, &pkcs, QK_VIEW_LITERAL("m"), qk_view_of(signature, LEN)),
                  QK_E_SIGNATURE_INVALID);
    assert_qk_err(qk_crypto_verify(public_key, &pss, QK_VIEW_LITERAL("m"), qk_view_of(signature, LEN)),
                  QK_E_SIGNATURE_INVALID);
}

/* ---- PSS ---- */

static void published_pss_signatures_verify(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *key = read_hex(CKO_PUBLIC_KEY, CKK_RSA, PSS_SPKI_HEX);
    QK_OWNED(qk_buf_done) qk_buf of_nothing = unhex(PSS_OF_NOTHING_HEX), of_test = unhex(PSS_OF_TEST_HEX);
    qk_mech_use use = pss_use(CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKM_SHA256, 32);

    (void)state;
    assert_qk_ok(qk_crypto_verify(key, &use, QK_VIEW_NONE, qk_buf_view(&of_nothing)));
    assert_qk_ok(qk_crypto_verify(key, &use, QK_VIEW_LITERAL("Test"), qk_buf_view(&of_test)));
    assert_qk_err(qk_crypto_verify(key, &use, QK_VIEW_LITERAL("test"), qk_buf_view(&of_test)), QK_E_SIGNATURE_INVALID);
    use.pss.salt_len = 31; /* the salt's length is part of what is checked */
    assert_qk_err(qk_crypto_verify(key, &use, QK_VIEW_LITERAL("Test"), qk_buf_view(&of_test)), QK_E_SIGNATURE_INVALID);
    use = pss_use(CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKM_SHA_1, 32);
    assert_qk_err(qk_crypto_verify(key, &use, QK_VIEW_LITERAL("Test"), qk_buf_view(&of_test)), QK_E_SIGNATURE_INVALID);
    of_test.data[LEN - 1] ^= 1;
    use.pss.mgf_hash = CKM_SHA256;
    assert_qk_err(qk_crypto_verify(key, &use, QK_VIEW_LITERAL("Test"), qk_buf_view(&of_test)), QK_E_SIGNATURE_INVALID);
}

/* OpenSSL's PSS over a digest, to sign or (signature NULL in: out) to verify. */
static EVP_PKEY_CTX *their_pss(const qk_key *key, const qk_mech_use *use, bool sign)
{
    EVP_PKEY_CTX *context = their_context(key, "RSA");

    assert_true((sign ? EVP_PKEY_sign_init : EVP_PKEY_verify_init)(context) > 0);
    assert_true(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0);
    assert_true(EVP_PKEY_CTX_set_signature_md(context, qk_digest_of(use->pss.hash)) > 0);
    assert_true(EVP_PKEY_CTX_set_rsa_mgf1_md(context, qk_digest_of(use->pss.mgf_hash)) > 0);
    assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(context, (int)use->pss.salt_len) > 0);
    return context;
}

static void check_pss_both_ways(const qk_key *private_half, const qk_key *public_half, const qk_mech_use *use)
{
    QK_OWNED(arena_done) qk_arena arena;
    size_t digest_len = (size_t)EVP_MD_get_size(qk_digest_of(use->pss.hash)), len = QK_RSA_MAX_LEN;
    uint8_t digest[64], theirs[QK_RSA_MAX_LEN];
    EVP_PKEY_CTX *context;
    qk_view signature;

    qk_arena_init(&arena, 0);
    memset(digest, 0x5a, sizeof(digest));
    assert_qk_ok(qk_crypto_sign(private_half, use, qk_view_of(digest, digest_len), &arena, &signature));
    context = their_pss(public_half, use, false);
    assert_int_equal(EVP_PKEY_verify(context, signature.data, signature.len, digest, digest_len), 1);
    EVP_PKEY_CTX_free(context);
    context = their_pss(private_half, use, true);
    assert_true(EVP_PKEY_sign(context, theirs, &len, digest, digest_len) > 0);
    EVP_PKEY_CTX_free(context);
    assert_qk_ok(qk_crypto_verify(public_half, use, qk_view_of(digest, digest_len), qk_view_of(theirs, len)));
    digest[0] ^= 1;
    assert_qk_err(qk_crypto_verify(public_half, use, qk_view_of(digest, digest_len), qk_view_of(theirs, len)),
                  QK_E_SIGNATURE_INVALID);
}

static void pss_agrees_with_openssl_for_every_hash_and_salt(void **state)
{
    CK_MECHANISM_TYPE hashes[] = { CKM_SHA_1,    CKM_SHA224,     CKM_SHA256,      CKM_SHA384,
                                   CKM_SHA512,   CKM_SHA512_224, CKM_SHA512_256,  CKM_SHA3_224,
                                   CKM_SHA3_256, CKM_SHA3_384,   CKM_IBM_SHA3_512 };

    (void)state;
    for (size_t i = 0; i < COUNT(hashes); i++) {
        size_t hash = (size_t)EVP_MD_get_size(qk_digest_of(hashes[i]));
        size_t salts[] = { 0, 1, hash, LEN - hash - 2 };
        for (size_t j = 0; j < COUNT(salts); j++) {
            qk_mech_use use = pss_use(CKM_RSA_PKCS_PSS, hashes[i], hashes[(i + j) % COUNT(hashes)], salts[j]);
            check_pss_both_ways(private_key, public_key, &use);
        }
    }
}

/* How many bits the first byte of the encoding may use depends on the modulus. */
static void pss_works_for_moduli_of_odd_lengths(void **state)
{
    CK_ULONG lengths[] = { 1026, 1032, 1034 };

    (void)state;
    for (size_t i = 0; i < COUNT(lengths); i++) {
        QK_OWNED(qk_key_unref) qk_key *public_half = NULL, *private_half = NULL;
        qk_mech_use use = pss_use(CKM_RSA_PKCS_PSS, CKM_SHA256, CKM_SHA256, 32);
        make_rsa_pair(lengths[i], &public_half, &private_half);
        assert_int_equal(qk_key_bits(public_half), lengths[i]);
        check_pss_both_ways(private_half, public_half, &use);
    }
}

static void pss_refuses_digests_and_salts_that_do_not_fit(void **state)
{
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = pss_use(CKM_RSA_PKCS_PSS, CKM_SHA256, CKM_SHA256, LEN - 32 - 1);
    uint8_t digest[32] = { 0 }, signature[LEN] = { 0 };
    qk_view out;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_qk_err(qk_crypto_sign(private_key, &use, qk_view_of(digest, 32), &arena, &out), QK_E_KEY_SIZE);
    use.pss.salt_len = 32;
    assert_qk_err(qk_crypto_sign(private_key, &use, qk_view_of(digest, 31), &arena, &out), QK_E_BAD_LENGTH);
    assert_qk_err(qk_crypto_verify(public_key, &use, qk_view_of(digest, 31), qk_view_of(signature, LEN)),
                  QK_E_BAD_LENGTH);
    assert_qk_err(qk_crypto_verify(public_key, &use, qk_view_of(digest, 32), qk_view_of(signature, LEN - 1)),
                  QK_E_SIGNATURE_LENGTH);
    assert_qk_err(qk_crypto_verify(public_key, &use, qk_view_of(digest, 32), qk_view_of(signature, LEN)),
                  QK_E_SIGNATURE_INVALID);
}

static void a_pkcs1_signature_is_no_pss_signature(void **state)
{
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use pkcs = use_of(CKM_SHA256_RSA_PKCS), pss = pss_use(CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKM_SHA256, 32);
    qk_view signature;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_qk_ok(qk_crypto_sign(private_key, &pkcs, QK_VIEW_LITERAL("m"), &arena, &signature));
    assert_qk_err(qk_crypto_verify(public_key, &pss, QK_VIEW_LITERAL("m"), signature), QK_E_SIGNATURE_INVALID);
    assert_qk_ok(qk_crypto_sign(private_key, &pss, QK_VIEW_LITERAL("m"), &arena, &signature));
    assert_qk_err(qk_crypto_verify(public_key, &pkcs, QK_VIEW_LITERAL("m"), signature), QK_E_SIGNATURE_INVALID);
}

/* Each byte of a PSS encoding is checked: the signature of a changed one does not verify. */
static void every_part_of_a_pss_encoding_counts(void **state)
{
    uint8_t digest[32] = { 7 }, em[LEN], changed[LEN];
    qk_mech_use use = pss_use(CKM_RSA_PKCS_PSS, CKM_SHA256, CKM_SHA256, 20);

    (void)state;
    assert_qk_ok(qk_pss_encode(&use, qk_view_of(digest, 32), 2048, (qk_em){ em, LEN }));
    memcpy(changed, em, LEN);
    assert_qk_ok(qk_pss_verify(&use, qk_view_of(digest, 32), 2048, (qk_em){ changed, LEN }));
    for (size_t i = 0; i < LEN; i++) {
        memcpy(changed, em, LEN);
        changed[i] ^= 0x80;
        assert_qk_err(qk_pss_verify(&use, qk_view_of(digest, 32), 2048, (qk_em){ changed, LEN }),
                      QK_E_SIGNATURE_INVALID);
    }
}

/* A modulus of 8 n + 1 bits: the encoding is a byte shorter, and the byte before it is zero. */
static void pss_leaves_the_first_byte_of_some_moduli_zero(void **state)
{
    uint8_t digest[32] = { 7 }, em[LEN], changed[LEN];
    qk_mech_use use = pss_use(CKM_RSA_PKCS_PSS, CKM_SHA256, CKM_SHA256, 20);

    (void)state;
    memset(em, 0xee, LEN);
    assert_qk_ok(qk_pss_encode(&use, qk_view_of(digest, 32), 2041, (qk_em){ em, LEN }));
    assert_int_equal(em[0], 0);
    memcpy(changed, em, LEN);
    assert_qk_ok(qk_pss_verify(&use, qk_view_of(digest, 32), 2041, (qk_em){ changed, LEN }));
    memcpy(changed, em, LEN);
    changed[0] = 1;
    assert_qk_err(qk_pss_verify(&use, qk_view_of(digest, 32), 2041, (qk_em){ changed, LEN }), QK_E_SIGNATURE_INVALID);
}

/* ---- encryption ---- */

static void published_ciphertexts_decrypt(void **state)
{
    QK_OWNED(arena_done) qk_arena arena;
    QK_OWNED(qk_buf_done) qk_buf of_nothing = unhex(RSA_CIPHER_OF_NOTHING_HEX), of_test = unhex(RSA_CIPHER_OF_TEST_HEX);
    qk_mech_use use = use_of(CKM_RSA_PKCS);
    qk_view plain;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_qk_ok(qk_crypto_decrypt(private_key, &use, qk_buf_view(&of_nothing), &arena, &plain));
    assert_int_equal(plain.len, 0);
    assert_qk_ok(qk_crypto_decrypt(private_key, &use, qk_buf_view(&of_test), &arena, &plain));
    assert_bytes(plain, QK_VIEW_LITERAL("Test"));
}

/* OpenSSL's encryption or decryption with the padding of `use`. */
static size_t theirs(const qk_key *key, const qk_mech_use *use, bool encrypt, qk_view in, uint8_t *out)
{
    EVP_PKEY_CTX *context = their_context(key, "RSA");
    bool oaep = use->mech->param == QK_PARAM_OAEP;
    size_t len = QK_RSA_MAX_LEN;

    assert_true((encrypt ? EVP_PKEY_encrypt_init : EVP_PKEY_decrypt_init)(context) > 0);
    assert_true(EVP_PKEY_CTX_set_rsa_padding(context, oaep ? RSA_PKCS1_OAEP_PADDING : RSA_PKCS1_PADDING) > 0);
    if (oaep) {
        assert_true(EVP_PKEY_CTX_set_rsa_oaep_md(context, qk_digest_of(use->oaep.hash)) > 0);
        assert_true(EVP_PKEY_CTX_set_rsa_mgf1_md(context, qk_digest_of(use->oaep.mgf_hash)) > 0);
        if (use->oaep.label.len > 0) {
            void *label = OPENSSL_memdup(use->oaep.label.data, use->oaep.label.len);
            assert_true(EVP_PKEY_CTX_set0_rsa_oaep_label(context, label, (int)use->oaep.label.len) > 0);
        }
    }
    assert_true((encrypt ? EVP_PKEY_encrypt : EVP_PKEY_decrypt)(context, out, &len, in.data, in.len) > 0);
    EVP_PKEY_CTX_free(context);
    return len;
}

static void check_encryption_both_ways(const qk_mech_use *use, size_t capacity)
{
    uint8_t message[LEN], out[QK_RSA_MAX_LEN];
    size_t lengths[] = { 0, 1, capacity };
    qk_view cipher, plain;

    memset(message, 0xa7, sizeof(message));
    message[0] = 0; /* a zero at the start must not be taken for the end of padding */
    for (size_t i = 0; i < COUNT(lengths); i++) {
        QK_OWNED(arena_done) qk_arena arena;
        qk_view in = qk_view_of(message, lengths[i]);
        qk_arena_init(&arena, 0);
        assert_qk_ok(qk_crypto_encrypt(public_key, use, in, &arena, &cipher));
        assert_bytes(qk_view_of(out, theirs(private_key, use, false, cipher, out)), in);
        cipher = qk_view_of(out, theirs(public_key, use, true, in, out));
        assert_qk_ok(qk_crypto_decrypt(private_key, use, cipher, &arena, &plain));
        assert_bytes(plain, in);
        assert_true(plain.len <= qk_crypto_output_len(private_key, use, QK_DECRYPT, LEN));
    }
    QK_OWNED(arena_done) qk_arena arena;
    qk_arena_init(&arena, 0);
    assert_qk_err(qk_crypto_encrypt(public_key, use, qk_view_of(message, capacity + 1), &arena, &cipher),
                  QK_E_BAD_LENGTH);
    assert_qk_err(qk_crypto_encrypt(public_key, use, qk_view_of(message, SIZE_MAX), &arena, &cipher), QK_E_BAD_LENGTH);
    assert_int_equal(qk_crypto_output_len(private_key, use, QK_DECRYPT, LEN), capacity);
    assert_int_equal(qk_crypto_output_len(public_key, use, QK_ENCRYPT, 1), LEN);
}

static void encryption_agrees_with_openssl(void **state)
{
    CK_MECHANISM_TYPE hashes[] = { CKM_SHA_1,    CKM_SHA224,     CKM_SHA256,      CKM_SHA384,
                                   CKM_SHA512,   CKM_SHA512_224, CKM_SHA512_256,  CKM_SHA3_224,
                                   CKM_SHA3_256, CKM_SHA3_384,   CKM_IBM_SHA3_512 };
    qk_mech_use use = use_of(CKM_RSA_PKCS);

    (void)state;
    check_encryption_both_ways(&use, LEN - 11);
    for (size_t i = 0; i < COUNT(hashes); i++) {
        size_t capacity = (size_t)(LEN - 2 * EVP_MD_get_size(qk_digest_of(hashes[i])) - 2);
        use = oaep_use(hashes[i], hashes[i], "");
        check_encryption_both_ways(&use, capacity);
        use = oaep_use(hashes[i], hashes[(i + 1) % COUNT(hashes)], "a label");
        check_encryption_both_ways(&use, capacity);
    }
}

/* Encrypts an encoding that this test has made. */
static qk_err decrypt_encoding(const qk_mech_use *use, const uint8_t em[LEN], qk_arena *arena, qk_view *out)
{
    uint8_t cipher[LEN];

    raw_public(public_key, em, cipher);
    return qk_crypto_decrypt(private_key, use, qk_view_of(cipher, LEN), arena, out);
}

static void every_wrong_pkcs1_padding_gives_one_error(void **state)
{
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_RSA_PKCS);
    uint8_t good[LEN], em[LEN];
    qk_view plain;

    (void)state;
    qk_arena_init(&arena, 0);
    memset(good, 0x11, LEN);
    good[0] = 0;
    good[1] = 2;
    good[10] = 0;
    assert_qk_ok(decrypt_encoding(&use, good, &arena, &plain)); /* eight bytes of padding are enough */
    assert_int_equal(plain.len, LEN - 11);
    const struct {
        size_t at;
        uint8_t value;
    } wrong[] = { { 0, 1 }, { 1, 1 }, { 1, 0 }, { 1, 3 }, { 9, 0 }, { 2, 0 }, { 5, 0 }, { 10, 0x11 } };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        memcpy(em, good, LEN);
        em[wrong[i].at] = wrong[i].value;
        assert_qk_err(decrypt_encoding(&use, em, &arena, &plain), QK_E_CIPHERTEXT_INVALID);
        assert_words("not made for this key");
    }
}

/* XORs MGF1-SHA-1 of `seed` over `target`: appendix B.2.1 once more, so that a test can mask what it likes. */
static void mask(const uint8_t *seed, size_t seed_len, uint8_t *target, size_t len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint8_t block[20], counter[4] = { 0 };

    for (size_t at = 0; at < len; at += 20, counter[3]++) {
        assert_true(EVP_DigestInit_ex2(context, qk_digest_of(CKM_SHA_1), NULL));
        assert_true(EVP_DigestUpdate(context, seed, seed_len) && EVP_DigestUpdate(context, counter, 4) &&
                    EVP_DigestFinal_ex(context, block, NULL));
        for (size_t i = 0; i < 20 && at + i < len; i++)
            target[at + i] ^= block[i];
    }
    EVP_MD_CTX_free(context);
}

/* OAEP with SHA-1 of a data block that has the right hash of an empty label, and `db` after it. */
static qk_err decrypt_data_block(uint8_t first, const uint8_t db[LEN - 41], qk_arena *arena, qk_view *out)
{
    qk_mech_use use = oaep_use(CKM_SHA_1, CKM_SHA_1, "");
    uint8_t em[LEN] = { first };
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    assert_true(EVP_DigestInit_ex2(context, qk_digest_of(CKM_SHA_1), NULL));
    assert_true(EVP_DigestFinal_ex(context, em + 21, NULL));
    EVP_MD_CTX_free(context);
    memcpy(em + 41, db, LEN - 41);
    mask(em + 1, 20, em + 21, LEN - 21); /* the seed is zero */
    mask(em + 21, LEN - 21, em + 1, 20);
    return decrypt_encoding(&use, em, arena, out);
}

static void a_data_block_is_zeros_a_one_and_the_message(void **state)
{
    QK_OWNED(arena_done) qk_arena arena;
    uint8_t db[LEN - 41] = { 0 };
    qk_view plain;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_qk_err(decrypt_data_block(0, db, &arena, &plain), QK_E_CIPHERTEXT_INVALID); /* no one */
    db[LEN - 42] = 1;
    assert_qk_ok(decrypt_data_block(0, db, &arena, &plain));
    assert_int_equal(plain.len, 0);
    assert_qk_err(decrypt_data_block(1, db, &arena, &plain), QK_E_CIPHERTEXT_INVALID);
    db[100] = 2; /* before the one */
    assert_qk_err(decrypt_data_block(0, db, &arena, &plain), QK_E_CIPHERTEXT_INVALID);
    db[0] = 1; /* now after it: part of the message */
    assert_qk_ok(decrypt_data_block(0, db, &arena, &plain));
    assert_int_equal(plain.len, LEN - 42);
    assert_int_equal(plain.data[99], 2);
    db[0] = 0xff;
    assert_qk_err(decrypt_data_block(0, db, &arena, &plain), QK_E_CIPHERTEXT_INVALID);
}

static void every_wrong_oaep_padding_gives_one_error(void **state)
{
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = oaep_use(CKM_SHA_1, CKM_SHA_1, "label");
    uint8_t em[LEN], changed[LEN];
    qk_view plain;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_qk_ok(qk_oaep_encode(&use, QK_VIEW_LITERAL("secret"), (qk_em){ em, LEN }));
    assert_qk_ok(decrypt_encoding(&use, em, &arena, &plain));
    assert_bytes(plain, QK_VIEW_LITERAL("secret"));
    size_t wrong[] = { 0, 1, 20, 21, 40, 41, LEN - 8, LEN - 7 };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        memcpy(changed, em, LEN);
        changed[wrong[i]] ^= 1;
        assert_qk_err(decrypt_encoding(&use, changed, &arena, &plain), QK_E_CIPHERTEXT_INVALID);
        assert_words("not made for this key");
    }
    use.oaep.label = QK_VIEW_LITERAL("other");
    assert_qk_err(decrypt_encoding(&use, em, &arena, &plain), QK_E_CIPHERTEXT_INVALID);
    use = oaep_use(CKM_SHA256, CKM_SHA_1, "label");
    assert_qk_err(decrypt_encoding(&use, em, &arena, &plain), QK_E_CIPHERTEXT_INVALID);
    use = oaep_use(CKM_SHA_1, CKM_SHA256, "label");
    assert_qk_err(decrypt_encoding(&use, em, &arena, &plain), QK_E_CIPHERTEXT_INVALID);
}

static void a_ciphertext_of_wrong_length_or_above_the_modulus_is_refused(void **state)
{
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use uses[] = { use_of(CKM_RSA_PKCS), oaep_use(CKM_SHA_1, CKM_SHA_1, "") };
    uint8_t cipher[LEN + 1];
    size_t lengths[] = { 0, 1, LEN - 1, LEN + 1 };
    qk_view plain;

    (void)state;
    qk_arena_init(&arena, 0);
    memset(cipher, 0xff, sizeof(cipher));
    for (size_t i = 0; i < COUNT(uses); i++) {
        for (size_t j = 0; j < COUNT(lengths); j++)
            assert_qk_err(qk_crypto_decrypt(private_key, &uses[i], qk_view_of(cipher, lengths[j]), &arena, &plain),
                          QK_E_CIPHERTEXT_LENGTH);
        assert_qk_err(qk_crypto_decrypt(private_key, &uses[i], qk_view_of(cipher, LEN), &arena, &plain),
                      QK_E_CIPHERTEXT_INVALID);
    }
}

static void oaep_refuses_a_key_too_short_for_its_hash(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *public_half = NULL, *private_half = NULL;
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = oaep_use(CKM_SHA512, CKM_SHA512, "");
    uint8_t cipher[128] = { 0 };
    qk_view out;

    (void)state;
    qk_arena_init(&arena, 0);
    make_rsa_pair(1024, &public_half, &private_half);
    assert_qk_err(qk_crypto_encrypt(public_half, &use, QK_VIEW_NONE, &arena, &out), QK_E_KEY_SIZE);
    assert_qk_err(qk_crypto_decrypt(private_half, &use, qk_view_of(cipher, 128), &arena, &out), QK_E_KEY_SIZE);
    assert_int_equal(qk_crypto_output_len(private_half, &use, QK_DECRYPT, 128), 0);
}

/* ---- what fits ---- */

static void the_wrong_half_of_a_pair_is_refused(void **state)
{
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_RSA_PKCS);
    uint8_t bytes[LEN] = { 0 };
    qk_view out;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_qk_err(qk_crypto_sign(public_key, &use, QK_VIEW_LITERAL("m"), &arena, &out), QK_E_KEY_TYPE);
    assert_qk_err(qk_crypto_decrypt(public_key, &use, qk_view_of(bytes, LEN), &arena, &out), QK_E_KEY_TYPE);
    assert_qk_err(qk_crypto_verify(private_key, &use, QK_VIEW_LITERAL("m"), qk_view_of(bytes, LEN)), QK_E_KEY_TYPE);
    assert_qk_err(qk_crypto_encrypt(private_key, &use, QK_VIEW_LITERAL("m"), &arena, &out), QK_E_KEY_TYPE);
    assert_qk_err(qk_crypto_sign(NULL, &use, QK_VIEW_LITERAL("m"), &arena, &out), QK_E_KEY_NEEDED);
}

static void a_key_of_another_type_is_refused(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *aes = secret_key_hex(CKK_AES, "00112233445566778899aabbccddeeff");
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_SHA256_RSA_PKCS), ecdsa = use_of(CKM_ECDSA), cbc = use_of(CKM_AES_ECB);
    qk_view out;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_qk_err(qk_crypto_sign(aes, &use, QK_VIEW_LITERAL("m"), &arena, &out), QK_E_KEY_TYPE);
    assert_qk_err(qk_crypto_sign(private_key, &ecdsa, QK_VIEW_LITERAL("m"), &arena, &out), QK_E_KEY_TYPE);
    assert_qk_err(qk_crypto_encrypt(public_key, &cbc, QK_VIEW_LITERAL("m"), &arena, &out), QK_E_KEY_TYPE);
}

static void a_mechanism_does_only_what_it_does(void **state)
{
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use pss = pss_use(CKM_RSA_PKCS_PSS, CKM_SHA256, CKM_SHA256, 32), oaep = oaep_use(CKM_SHA_1, CKM_SHA_1, "");
    qk_mech_use gen = use_of(CKM_RSA_PKCS_KEY_PAIR_GEN);
    qk_view out;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_qk_err(qk_crypto_encrypt(public_key, &pss, QK_VIEW_NONE, &arena, &out), QK_E_MECHANISM_INVALID);
    assert_qk_err(qk_crypto_sign(private_key, &oaep, QK_VIEW_NONE, &arena, &out), QK_E_MECHANISM_INVALID);
    assert_qk_err(qk_crypto_sign(private_key, &gen, QK_VIEW_NONE, &arena, &out), QK_E_MECHANISM_INVALID);
    assert_qk_err(qk_crypto_digest(&pss, QK_VIEW_NONE, &arena, &out), QK_E_MECHANISM_INVALID);
}

static void a_result_that_does_not_fit_the_arena_is_an_error(void **state)
{
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_RSA_PKCS);
    qk_view out;

    (void)state;
    qk_arena_init(&arena, 100);
    assert_qk_err(qk_crypto_sign(private_key, &use, QK_VIEW_LITERAL("m"), &arena, &out), QK_E_NO_MEMORY);
    assert_qk_err(qk_crypto_encrypt(public_key, &use, QK_VIEW_LITERAL("m"), &arena, &out), QK_E_NO_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hashed_signature_is_the_one_openssl_makes),
        cmocka_unit_test(a_raw_signature_covers_the_bytes_given),
        cmocka_unit_test(raw_data_of_more_than_k_minus_11_bytes_is_refused),
        cmocka_unit_test(a_signature_with_a_changed_encoding_is_invalid),
        cmocka_unit_test(a_signature_of_another_length_has_its_own_error),
        cmocka_unit_test(a_signature_that_is_not_below_the_modulus_is_invalid),
        cmocka_unit_test(published_pss_signatures_verify),
        cmocka_unit_test(pss_agrees_with_openssl_for_every_hash_and_salt),
        cmocka_unit_test(pss_works_for_moduli_of_odd_lengths),
        cmocka_unit_test(pss_refuses_digests_and_salts_that_do_not_fit),
        cmocka_unit_test(a_pkcs1_signature_is_no_pss_signature),
        cmocka_unit_test(every_part_of_a_pss_encoding_counts),
        cmocka_unit_test(pss_leaves_the_first_byte_of_some_moduli_zero),
        cmocka_unit_test(published_ciphertexts_decrypt),
        cmocka_unit_test(encryption_agrees_with_openssl),
        cmocka_unit_test(every_wrong_pkcs1_padding_gives_one_error),
        cmocka_unit_test(a_data_block_is_zeros_a_one_and_the_message),
        cmocka_unit_test(every_wrong_oaep_padding_gives_one_error),
        cmocka_unit_test(a_ciphertext_of_wrong_length_or_above_the_modulus_is_refused),
        cmocka_unit_test(oaep_refuses_a_key_too_short_for_its_hash),
        cmocka_unit_test(the_wrong_half_of_a_pair_is_refused),
        cmocka_unit_test(a_key_of_another_type_is_refused),
        cmocka_unit_test(a_mechanism_does_only_what_it_does),
        cmocka_unit_test(a_result_that_does_not_fit_the_arena_is_an_error),
    };
    return cmocka_run_group_tests(tests, rsa_setup, rsa_teardown);
}
