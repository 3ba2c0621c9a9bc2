/* SPDX-License-Identifier: Apache-2.0 */
/* SLH-DSA beside the published answers of NIST's ACVP server: a pair of each parameter set, of its seed, and a
 * signature by the digest of its bytes. Skipped as a whole with an OpenSSL that lacks SLH-DSA; what is refused then is
 * in provided_test.c. */
#include <openssl/x509.h>
#include <stdio.h>

#include "crypto/key/pair_testing.h"
#include "crypto/post_quantum/provided.h"
#include "crypto/post_quantum/slh_dsa.h"

static const qk_view abc = { (const uint8_t *)"abc", 3 };

/* ACVP, SLH-DSA-keyGen-FIPS205, the first test of each group: the private key, whose second half is the public one. */
/* clang-format off */
static const struct {
    CK_ULONG number;
    const char *private_key;
} pairs[] = {
    { CKP_SLH_DSA_SHA2_128S, "ac379f047faab2004f3ae32350ac9a3d829fff0aa59e956a87f3971c4d58e710"
                             "0566d240cc519834322eafbcc73c79f5a4b84f02e8bf0cbd54017b2d3c494b57" },
    { CKP_SLH_DSA_SHAKE_128S, "2a2ccf3cd8f9f86e131be654cff6c0b4fdfceb1aa2f0ba2c3c1388194f6116c7"
                              "890cc7f4a46fe6c34d3f26a62ff962e1e8c88d2bdcba6f66e50403e77fa92efe" },
    { CKP_SLH_DSA_SHA2_128F, "aed6f6f5c5408bbffa1136bc9049a7014d4ce0711e176a0c8a023508a692c207"
                             "74d98d5000af53b98f36389a1292bed3f4a650c56c426fcfdb88e3355459440c" },
    { CKP_SLH_DSA_SHAKE_128F, "cd4a308c03d970508572c0815d7488b7f3fd6d2dcc7e5120fa544846aedded81"
                              "bc435c3e66e4c2e4fbc09779da5f74d44ea0e0df05c2457bcc81f59928433390" },
    { CKP_SLH_DSA_SHA2_192S, "3bfaed208b7dc795bf3647f86e4b48bf9adb8d6784c50155a20311739497c3fcb860ee47e09ede036f7ae8a939155bc0"
                             "a67856a81a6adbced7f1a2780cc48a06681ba5e8c7938506bd031bc8124f95f0bae2becb2a3fbbaec453c04a6e918ffb" },
    { CKP_SLH_DSA_SHAKE_192S, "915173ee0d17f30877e1d463e3dec914e71f436867ad7615ed782e7033c4963a7ff0b67181de0f0ea7efabb326d40a86"
                              "520660f654d537da6934f96e5ee01b24a2f36102f68dcd10aa206fc79803e63850da5e86969569fc8fb021b6c40616e2" },
    { CKP_SLH_DSA_SHA2_192F, "45d7131c727df1cc51db85b44e37868215df8aec5d1b552f92bc5fc8a2969fe0a522492082e994de1ddc90fa984f847b"
                             "8330589c20701aa9f11b473b67e1d67e1c6a2eb6c86265ed13a3ea895c4eeeadde8a796bba5233f0d86ee5cbf2a6f99c" },
    { CKP_SLH_DSA_SHAKE_192F, "855000fdfffba76962809c69432452f3dc79428f662c59b143b1fc381c300b5ecec7571b5de2fca16737e4c14911f683"
                              "124623ba6ca1bc1b0e1a303099e2a608b0ac41715bc788a19873c783378f935794abc0313243efc3f4a10a619cb1b1fe" },
    { CKP_SLH_DSA_SHA2_256S, "2fbeab9a6a80fd817e7efcdf834efbd4f0a36195d7598408a6a151e93de6a5575d0b37d1ecbc68265b0afeecbba783dd27eafdbdf3143e4af3e5057fd5c2dada"
                             "1322f94917ae67d0db420203178d591283c08be8a1385a16ce70cd9fbafd2ac640041eab68a4a653f89cab7585f6b410603326dbbaaf733e7e72cb6097a4a452" },
    { CKP_SLH_DSA_SHAKE_256S, "7d88445a7b0022f12e9e2d74755431505ff6db1c38a8ce44864d34cff1a12ce0ff2cd133ad00728eb29dd0ce881c41c640f2e28861555b59d4e0baa0447bb542"
                              "87a133b92eb6c81771ae002819b4c0300fa63cd7181c805096bfb16067f52a45cc785237c24d9235b6bc3194b79e5a9f953388ea745d7cfb87826a94e5b271d5" },
    { CKP_SLH_DSA_SHA2_256F, "b8abc485122be003cf36d677bee7f47ea1017c39d96d0c56a87a7adad24f731a9222684ffacf803d44cb98222c44b3c519698b798d8f7a759fe2fa6ef173cf64"
                             "0d50e82bedb42e03cc967e7fd24c12777855a946fd49471184330f096a75b5617fb65fbd08d05f24f20cb3875e28fac4a52a2513c7ef447b8e9328632a684cf7" },
    { CKP_SLH_DSA_SHAKE_256F, "3de4b54a5f5fb98d6638fb3d8899355cc3582e8a397d0990cad032d78ee9e199da7f71d21d0182a99de34e2796fe5dde046d9c9e961dce24c2562728be7d9632"
                              "b3ef3825a515e0b2e4164db7ec805b4cf1c7a2de6e63d7df359b99b1f3063f25aec38ff53c46aad930166957ca0db5c5466d0cbe9a11970987a230ebbb5450a4" },
};
/* clang-format on */

/* The quick set, for what does not depend on the set. */
enum { QUICK = 2 };

typedef struct slh_pair {
    qk_key *public_key, *private_key;
} slh_pair;

static void slh_pair_done(slh_pair *pair)
{
    qk_key_unref(&pair->public_key);
    qk_key_unref(&pair->private_key);
}

static slh_pair published_pair(size_t i)
{
    const qk_slh_dsa_set *set = qk_slh_dsa_by_number(pairs[i].number);
    QK_OWNED(qk_buf_done) qk_buf bytes = unhex(pairs[i].private_key);
    slh_pair pair = { NULL, NULL };
    qk_view seed = qk_view_slice(qk_buf_view(&bytes), 0, 3 * set->n);

    assert_qk_ok(qk_slh_dsa_private(set, seed, &pair.private_key));
    assert_bytes(qk_secret_reveal(&pair.private_key->value), qk_buf_view(&bytes));
    assert_qk_ok(qk_slh_dsa_public(set, qk_view_slice(qk_buf_view(&bytes), 2 * set->n, 2 * set->n), &pair.public_key));
    assert_bytes(qk_buf_view(&pair.private_key->open), qk_buf_view(&pair.public_key->open));
    return pair;
}

static qk_mech_use signing(CK_MECHANISM_TYPE type, const char *context, CK_ULONG hedge)
{
    qk_mech_use use = use_of(type);

    use.sign_context.hedge = hedge;
    use.sign_context.context = qk_view_text(context);
    return use;
}

static void assert_sha256(qk_view bytes, const char *hex)
{
    qk_mech_use use = use_of(CKM_SHA256);
    QK_OWNED(arena_done) qk_arena arena;
    qk_view digest;

    qk_arena_init(&arena, 0);
    assert_qk_ok(qk_crypto_digest(&use, bytes, &arena, &digest));
    assert_hex(digest, hex);
}

/* ---- keys ---- */

/* Then SPKI and PKCS #8 hold the bare bytes, and OpenSSL reads them as a key of the same set. */
static void pairs_of_a_seed_are_the_published_ones_and_come_back_from_der(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        QK_OWNED(slh_pair_done) slh_pair pair = published_pair(i), back = { NULL, NULL };
        QK_OWNED(qk_secret_free) qk_secret private_der = QK_SECRET_NONE, public_der = QK_SECRET_NONE;
        const qk_slh_dsa_set *set = qk_slh_dsa_by_number(pairs[i].number);
        const uint8_t *at;
        EVP_PKEY *theirs;

        assert_int_equal(pair.public_key->bits, 8 * set->n);
        assert_qk_ok(qk_key_write(pair.private_key, &private_der));
        assert_qk_ok(qk_key_write(pair.public_key, &public_der));
        assert_int_equal(private_der.len, 4 * set->n + (set->n == 32 ? 22 : 20));
        assert_int_equal(public_der.len, 2 * set->n + 18);
        assert_qk_ok(qk_key_read(CKO_PRIVATE_KEY, CKK_SLH_DSA, qk_secret_reveal(&private_der), &back.private_key));
        assert_qk_ok(qk_key_read(CKO_PUBLIC_KEY, CKK_SLH_DSA, qk_secret_reveal(&public_der), &back.public_key));
        assert_ptr_equal(back.private_key->slh_dsa, set);
        assert_ptr_equal(back.public_key->slh_dsa, set);
        at = qk_secret_reveal(&public_der).data;
        theirs = d2i_PUBKEY_ex(NULL, &at, (long)public_der.len, qk_openssl(), NULL);
        assert_non_null(theirs);
        assert_true(EVP_PKEY_is_a(theirs, set->name));
        EVP_PKEY_free(theirs);
        at = qk_secret_reveal(&private_der).data;
        theirs = d2i_AutoPrivateKey_ex(NULL, &at, (long)private_der.len, qk_openssl(), NULL);
        assert_non_null(theirs);
        assert_true(EVP_PKEY_is_a(theirs, set->name));
        EVP_PKEY_free(theirs);
    }
}

static void a_private_key_with_another_root_is_refused(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf bytes = unhex(pairs[QUICK].private_key);
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    QK_OWNED(qk_key_unref) qk_key *key = NULL, *none = NULL;

    (void)state;
    set_kind(&attrs, CKO_PRIVATE_KEY, CKK_SLH_DSA);
    assert_qk_ok(qk_attrs_set(&attrs, CKA_VALUE, qk_buf_view(&bytes)));
    assert_qk_err(qk_key_from_attrs(&attrs, &none), QK_E_TEMPLATE_INCOMPLETE); /* no set */
    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_PARAMETER_SET, pairs[QUICK].number));
    assert_qk_ok(qk_key_from_attrs(&attrs, &key));
    bytes.data[63] ^= 1;
    assert_qk_ok(qk_attrs_set(&attrs, CKA_VALUE, qk_buf_view(&bytes)));
    assert_qk_err(qk_key_from_attrs(&attrs, &none), QK_E_ATTRIBUTE_VALUE);
    assert_qk_ok(qk_attrs_set(&attrs, CKA_VALUE, qk_view_slice(qk_buf_view(&bytes), 0, 48))); /* the seed alone */
    assert_qk_err(qk_key_from_attrs(&attrs, &none), QK_E_ATTRIBUTE_VALUE);
    qk_attrs_remove(&attrs, CKA_VALUE);
    assert_qk_err(qk_key_from_attrs(&attrs, &none), QK_E_TEMPLATE_INCOMPLETE);
}

static void a_key_tells_its_set_and_has_no_seed_beside_it(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    QK_OWNED(slh_pair_done) slh_pair pair = { NULL, NULL };

    (void)state;
    pair = published_pair(QUICK);
    assert_qk_ok(qk_key_describe(pair.public_key, &attrs));
    assert_int_equal(qk_attrs_ulong(&attrs, CKA_PARAMETER_SET, 0), pairs[QUICK].number);
    assert_bytes(qk_attrs_view(&attrs, CKA_VALUE), qk_buf_view(&pair.public_key->open));
    assert_int_equal(qk_post_quantum_signature_len(CKK_SLH_DSA, &attrs), 17088);
    assert_qk_ok(qk_key_reveal(pair.private_key, CKA_VALUE, &value));
    assert_hex(qk_secret_reveal(&value), pairs[QUICK].private_key);
    assert_qk_err(qk_key_reveal(pair.private_key, CKA_SEED, &value), QK_E_ATTRIBUTE_TYPE);
}

static void malformed_keys_are_refused(void **state)
{
    QK_OWNED(qk_secret_free) qk_secret der = QK_SECRET_NONE;
    QK_OWNED(qk_key_unref) qk_key *none = NULL;
    QK_OWNED(slh_pair_done) slh_pair pair = { NULL, NULL };

    (void)state;
    pair = published_pair(QUICK);
    assert_qk_ok(qk_key_write(pair.private_key, &der));
    for (size_t len = 0; len < der.len; len++)
        assert_qk_err(qk_key_read(CKO_PRIVATE_KEY, CKK_SLH_DSA, qk_view_slice(qk_secret_reveal(&der), 0, len), &none),
                      QK_E_WRAPPED_KEY);
    qk_secret_fill(&der)[17] = 0x16; /* the OID of a set with longer keys */
    assert_qk_err(qk_key_read(CKO_PRIVATE_KEY, CKK_SLH_DSA, qk_secret_reveal(&der), &none), QK_E_WRAPPED_KEY);
    qk_secret_fill(&der)[17] = 0x13; /* of ML-DSA-87 */
    assert_qk_err(qk_key_read(CKO_PRIVATE_KEY, CKK_SLH_DSA, qk_secret_reveal(&der), &none), QK_E_WRAPPED_KEY);
    qk_secret_fill(&der)[17] = 0x14; /* a set with keys of this length, which is not this one's */
    assert_qk_err(qk_key_read(CKO_PRIVATE_KEY, CKK_SLH_DSA, qk_secret_reveal(&der), &none), QK_E_WRAPPED_KEY);
}

/* ---- signatures ---- */

/* ACVP, SLH-DSA-sigGen-FIPS205: internal interface, deterministic; the digest as in OpenSSL's test/slh_dsa.inc. */
static void a_signature_is_the_published_one(void **state)
{
    QK_OWNED(qk_buf_done)
    qk_buf bytes = unhex("62b1973a4de0963d74c1cb30fc8f5675cfc84880e4f0e1b446b4f5d13b2d31cc"
                         "cb23eb45529e00d5f5e951507a9b90e98b6e7a284ba3f63a69e69a789083bef6");
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    const uint8_t text[] = { 0x9d, 0xdf };
    qk_provided_message message = { .bytes = { text, 2 }, .is_inner = true, .deterministic = true };
    static uint8_t signature[7856];

    (void)state;
    assert_qk_ok(qk_slh_dsa_private(qk_slh_dsa_by_number(CKP_SLH_DSA_SHA2_128S), qk_buf_view(&bytes), &key));
    assert_qk_ok(qk_provided_sign(key->pkey, &message, signature, sizeof signature));
    assert_sha256(qk_view_of(signature, sizeof signature),
                  "c7dff0ed253849ef511e90be0e2eb7716598912317529a61dae4329bf149ef8b");
}

static void each_quick_set_signs_and_verifies(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        const qk_slh_dsa_set *set = qk_slh_dsa_by_number(pairs[i].number);
        QK_OWNED(slh_pair_done) slh_pair pair = { NULL, NULL };
        QK_OWNED(arena_done) qk_arena arena;
        qk_mech_use use = signing(CKM_SLH_DSA, "ctx", CKH_HEDGE_REQUIRED), other = signing(CKM_SLH_DSA, "cty", 0);
        qk_view signature;

        qk_arena_init(&arena, 0);
        if (set->name[strlen(set->name) - 1] != 'f')
            continue;
        pair = published_pair(i);
        assert_qk_ok(qk_crypto_sign(pair.private_key, &use, abc, &arena, &signature));
        assert_int_equal(signature.len, set->signature_len);
        assert_int_equal(signature.len, qk_crypto_output_len(pair.private_key, &use, QK_SIGN, 3));
        assert_qk_ok(qk_crypto_verify(pair.public_key, &use, abc, signature));
        assert_qk_err(qk_crypto_verify(pair.public_key, &other, abc, signature), QK_E_SIGNATURE_INVALID);
        assert_qk_err(qk_crypto_verify(pair.public_key, &use, qk_view_text("abd"), signature), QK_E_SIGNATURE_INVALID);
        assert_qk_err(qk_crypto_verify(pair.public_key, &use, abc, qk_view_slice(signature, 0, signature.len - 1)),
                      QK_E_SIGNATURE_LENGTH);
        ((uint8_t *)(uintptr_t)signature.data)[signature.len - 1] ^= 1;
        assert_qk_err(qk_crypto_verify(pair.public_key, &use, abc, signature), QK_E_SIGNATURE_INVALID);
        assert_qk_err(qk_crypto_sign(pair.public_key, &use, abc, &arena, &signature), QK_E_KEY_TYPE);
    }
}

static void hedged_signatures_differ_and_deterministic_ones_do_not(void **state)
{
    qk_mech_use hedged = signing(CKM_SLH_DSA, "", CKH_HEDGE_PREFERRED);
    qk_mech_use fixed = signing(CKM_SLH_DSA, "", CKH_DETERMINISTIC_REQUIRED);
    QK_OWNED(arena_done) qk_arena arena;
    qk_view signatures[4];
    QK_OWNED(slh_pair_done) slh_pair pair = { NULL, NULL };

    (void)state;
    qk_arena_init(&arena, 0);
    pair = published_pair(QUICK);
    for (size_t i = 0; i < 4; i++) {
        assert_qk_ok(qk_crypto_sign(pair.private_key, i < 2 ? &hedged : &fixed, abc, &arena, &signatures[i]));
        assert_qk_ok(qk_crypto_verify(pair.public_key, &hedged, abc, signatures[i]));
    }
    assert_false(qk_view_equal(signatures[0], signatures[1]));
    assert_false(qk_view_equal(signatures[0], signatures[2]));
    assert_true(qk_view_equal(signatures[2], signatures[3]));
}

/* Digests of "abc". Origin: hashlib of Python. */
static const struct {
    CK_MECHANISM_TYPE whole, named; /* that hashes itself; the name of its hash function */
    uint8_t oid;
    const char *digest;
} prehashes[] = {
    { CKM_HASH_SLH_DSA_SHA256, CKM_SHA256, 0x01, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { CKM_HASH_SLH_DSA_SHA3_224, CKM_SHA3_224, 0x07, "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf" },
    { CKM_HASH_SLH_DSA_SHAKE128, CKM_HASH_SLH_DSA_SHAKE128, 0x0b,
      "5881092dd818bf5cf8a3ddb793fbcba74097d5c526a6d35f97b83351940f2cc8" },
    { CKM_HASH_SLH_DSA_SHAKE256, CKM_HASH_SLH_DSA_SHAKE256, 0x0c,
      ("483366601360a8771c6863080cc4114d8db44530f8f1e1ee4f94ea37e78b5739"
       "d5a15bef186a5386c75744c0527e1faa9f8726e462a12a4feb06bd8801e751e4") },
};

/* M' written out by hand: 1, the context and its length, the OID, the digest. */
static void check_inner_form(const slh_pair *pair, size_t i, qk_view signature)
{
    QK_OWNED(qk_buf_done) qk_buf digest = unhex(prehashes[i].digest), inner = QK_BUF_NONE;
    const uint8_t oid[] = { 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, prehashes[i].oid };
    qk_provided_message message = { .is_inner = true };

    qk_buf_put_text(&inner, "\x01\x03"
                            "ctx");
    qk_buf_put(&inner, qk_view_of(oid, sizeof oid));
    qk_buf_put(&inner, qk_buf_view(&digest));
    message.bytes = qk_buf_view(&inner);
    assert_qk_ok(qk_provided_verify(pair->public_key->pkey, &message, signature));
}

static void prehashing_signs_digest_and_name_of_the_hash(void **state)
{
    QK_OWNED(slh_pair_done) slh_pair pair = { NULL, NULL };

    (void)state;
    pair = published_pair(QUICK);
    for (size_t i = 0; i < COUNT(prehashes); i++) {
        QK_OWNED(arena_done) qk_arena arena;
        QK_OWNED(qk_buf_done) qk_buf digest = unhex(prehashes[i].digest);
        qk_mech_use whole = signing(prehashes[i].whole, "ctx", 0), given = signing(CKM_HASH_SLH_DSA, "ctx", 0);
        qk_mech_use pure = signing(CKM_SLH_DSA, "ctx", 0);
        qk_view signature;

        qk_arena_init(&arena, 0);
        given.sign_context.hash = prehashes[i].named;
        assert_qk_ok(qk_crypto_sign(pair.private_key, &whole, abc, &arena, &signature));
        check_inner_form(&pair, i, signature);
        assert_qk_ok(qk_crypto_verify(pair.public_key, &given, qk_buf_view(&digest), signature));
        assert_qk_err(qk_crypto_verify(pair.public_key, &pure, qk_buf_view(&digest), signature),
                      QK_E_SIGNATURE_INVALID);
        assert_qk_err(qk_crypto_verify(pair.public_key, &pure, abc, signature), QK_E_SIGNATURE_INVALID);
        assert_qk_err(qk_crypto_sign(pair.private_key, &given, abc, &arena, &signature), QK_E_BAD_LENGTH);
        given.sign_context.hash = CKM_SHA_1;
        assert_qk_err(qk_crypto_sign(pair.private_key, &given, qk_buf_view(&digest), &arena, &signature),
                      QK_E_MECHANISM_PARAM);
    }
}

static void hashed_messages_may_come_in_parts(void **state)
{
    QK_OWNED(qk_operation_free) qk_operation *signer = NULL, *none = NULL;
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = signing(CKM_HASH_SLH_DSA_SHA512, "ctx", 0), single = signing(CKM_SLH_DSA, "", 0);
    qk_view signature, nothing;
    QK_OWNED(slh_pair_done) slh_pair pair = { NULL, NULL };

    (void)state;
    qk_arena_init(&arena, 0);
    pair = published_pair(QUICK);
    assert_qk_ok(qk_operation_begin(QK_SIGN, pair.private_key, &use, true, &signer));
    assert_qk_ok(qk_operation_update(signer, qk_view_text("a"), &arena, &nothing));
    assert_qk_ok(qk_operation_update(signer, qk_view_text("bc"), &arena, &nothing));
    assert_qk_ok(qk_operation_finish(signer, &arena, &signature));
    assert_qk_ok(qk_crypto_verify(pair.public_key, &use, abc, signature));
    assert_qk_err(qk_operation_begin(QK_SIGN, pair.private_key, &single, false, &none), QK_E_MECHANISM_INVALID);
}

/* ---- generation ---- */

static void a_generated_pair_signs(void **state)
{
    QK_OWNED(slh_pair_done) slh_pair pair = { NULL, NULL };
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use make = use_of(CKM_SLH_DSA_KEY_PAIR_GEN), use = use_of(CKM_SLH_DSA);
    qk_view signature;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_qk_err(qk_key_generate_pair(&make, &attrs, &pair.public_key, &pair.private_key), QK_E_TEMPLATE_INCOMPLETE);
    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_PARAMETER_SET, 13));
    assert_qk_err(qk_key_generate_pair(&make, &attrs, &pair.public_key, &pair.private_key), QK_E_SET_NOT_SUPPORTED);
    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_PARAMETER_SET, CKP_SLH_DSA_SHAKE_128F));
    assert_qk_ok(qk_key_generate_pair(&make, &attrs, &pair.public_key, &pair.private_key));
    assert_qk_ok(qk_crypto_sign(pair.private_key, &use, abc, &arena, &signature));
    assert_qk_ok(qk_crypto_verify(pair.public_key, &use, abc, signature));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_of_a_seed_are_the_published_ones_and_come_back_from_der),
        cmocka_unit_test(a_private_key_with_another_root_is_refused),
        cmocka_unit_test(a_key_tells_its_set_and_has_no_seed_beside_it),
        cmocka_unit_test(malformed_keys_are_refused),
        cmocka_unit_test(a_signature_is_the_published_one),
        cmocka_unit_test(each_quick_set_signs_and_verifies),
        cmocka_unit_test(hedged_signatures_differ_and_deterministic_ones_do_not),
        cmocka_unit_test(prehashing_signs_digest_and_name_of_the_hash),
        cmocka_unit_test(hashed_messages_may_come_in_parts),
        cmocka_unit_test(a_generated_pair_signs),
    };

    if (crypto_setup(NULL) != 0)
        return 1;
    if (!qk_provided("SLH-DSA-SHA2-128s")) {
        puts("1..0 # SKIP this OpenSSL has no SLH-DSA");
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, crypto_teardown);
}
