/* SPDX-License-Identifier: Apache-2.0 */
/* Published signatures (RFC 6979, appendix A.2), every curve this OpenSSL has, and every way a signature is wrong. */
#include <openssl/err.h>
#include <pthread.h>

#include "crypto/der.h"
#include "crypto/openssl.h"
#include "crypto/key/pair_testing.h"

/* clang-format off */
static const struct {
    const char *curve;
    CK_MECHANISM_TYPE type;
    const char *scalar, *point, *signature; /* of "sample" */
} published[] = {
    { "P-224", CKM_ECDSA_SHA224, "f220266e1105bfe3083e03ec7a3a654651f45e37167e88600bf257c1",
      "04" "00cf08da5ad719e42707fa431292dea11244d64fc51610d94b130d6c"
           "eeab6f3debe455e3dbf85416f7030cbd94f34f2d6f232c69f3c1385a",
      "1cdfe6662dde1e4a1ec4cdedf6a1f5a2fb7fbd9145c12113e6abfd3e"
      "a6694fd7718a21053f225d3f46197ca699d45006c06f871808f43ebc" },
    { "P-256", CKM_ECDSA_SHA256, "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
      "04" "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
           "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
      "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
      "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8" },
    { "P-384", CKM_ECDSA_SHA384,
      "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5",
      "04" "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13"
           "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720",
      "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46"
      "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8" },
    { "P-521", CKM_ECDSA_SHA512,
      "00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75"
      "caa896eb32f1f47c70855836a6d16fcc1466f6d8fbec67db89ec0c08b0e996b83538",
      "04" "01894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5bcd"
           "371123d46e45db6b5d5370a7f20fb633155d38ffa16d2bd761dcac474b9a2f5023a4"
           "00493101c962cd4d2fddf782285e64584139c2f91b47f87ff82354d6630f746a"
           "28a0db25741b5b34a828008b22acc23f924faafbd4d33f81ea66956dfeaa2bfdfcf5",
      "00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f17"
      "4e25a1ee9017b5d450606add152b534931d7d4e8455cc91f9b15bf05ec36e377fa"
      "00617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af28"
      "2623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67a" },
};
/* clang-format on */

static void published_signatures_verify(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(published); i++) {
        QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
        QK_OWNED(qk_key_unref) qk_key *key = NULL;
        QK_OWNED(qk_buf_done) qk_buf signature = unhex(published[i].signature);
        qk_mech_use use = use_of(published[i].type);
        set_kind(&attrs, CKO_PUBLIC_KEY, CKK_EC);
        set_curve(&attrs, published[i].curve);
        set_hex(&attrs, CKA_EC_POINT, published[i].point);
        assert_qk_ok(qk_key_from_attrs(&attrs, &key));
        assert_qk_ok(qk_crypto_verify(key, &use, QK_VIEW_LITERAL("sample"), qk_buf_view(&signature)));
        assert_qk_err(qk_crypto_verify(key, &use, QK_VIEW_LITERAL("Sample"), qk_buf_view(&signature)),
                      QK_E_SIGNATURE_INVALID);
    }
}

static void the_point_of_a_published_scalar_is_computed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(published); i++) {
        QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
        QK_OWNED(qk_key_unref) qk_key *key = NULL;
        set_kind(&attrs, CKO_PRIVATE_KEY, CKK_EC);
        set_curve(&attrs, published[i].curve);
        set_hex(&attrs, CKA_VALUE, published[i].scalar);
        assert_qk_ok(qk_key_from_attrs(&attrs, &key));
        assert_hex(qk_view_of(key->point, key->point_len), published[i].point);
    }
}

/* OpenSSL's own opinion of one of our signatures. */
static void assert_openssl_agrees(const qk_key *public_key, qk_view digest, qk_view signature)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(qk_openssl(), public_key->pkey, NULL);
    uint8_t memory[160];
    qk_der_writer writer = qk_der_writer_of(memory, sizeof(memory));
    qk_view der;

    qk_der_put_uint(&writer, qk_view_slice(signature, signature.len / 2, signature.len));
    qk_der_put_uint(&writer, qk_view_slice(signature, 0, signature.len / 2));
    qk_der_wrap(&writer, QK_DER_SEQUENCE, writer.end);
    der = qk_der_written(&writer);
    assert_true(EVP_PKEY_verify_init(context) > 0);
    assert_int_equal(EVP_PKEY_verify(context, der.data, der.len, digest.data, digest.len), 1);
    EVP_PKEY_CTX_free(context);
}

static void every_curve_of_this_openssl_signs_and_verifies(void **state)
{
    qk_mech_use raw = use_of(CKM_ECDSA), hashed = use_of(CKM_IBM_ECDSA_SHA384);
    uint8_t digest[64];
    unsigned done = 0;

    (void)state;
    memset(digest, 0x3c, sizeof(digest));
    for (size_t i = 0; i < qk_curve_count; i++) {
        QK_OWNED(qk_key_unref) qk_key *public_key = NULL, *private_key = NULL;
        QK_OWNED(arena_done) qk_arena arena;
        const qk_curve *curve = &qk_curves[i];
        qk_view data = qk_view_of(digest, sizeof(digest)), signature;
        qk_arena_init(&arena, 0);
        if (curve->kind != QK_CURVE_WEIERSTRASS || !qk_curve_supported(curve))
            continue;
        make_ec_pair(CKM_EC_KEY_PAIR_GEN, curve->name, &public_key, &private_key);
        assert_qk_ok(qk_crypto_sign(private_key, &raw, data, &arena, &signature));
        assert_int_equal(signature.len, 2 * curve->field_len);
        assert_int_equal(qk_crypto_output_len(private_key, &raw, QK_SIGN, 64), signature.len);
        assert_openssl_agrees(public_key, data, signature);
        assert_qk_ok(qk_crypto_verify(public_key, &raw, data, signature));
        assert_qk_ok(qk_crypto_sign(private_key, &hashed, data, &arena, &signature));
        assert_qk_ok(qk_crypto_verify(public_key, &hashed, data, signature));
        assert_qk_err(qk_crypto_verify(public_key, &raw, data, signature), QK_E_SIGNATURE_INVALID);
        done++;
    }
    assert_true(done >= 5); /* P-224, P-256, P-384, P-521 and secp256k1 are everywhere */
}

static void a_curve_that_openssl_lacks_is_refused(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *public_key = NULL, *private_key = NULL;

    (void)state;
    for (size_t i = 0; i < qk_curve_count; i++)
        if (!qk_curve_supported(&qk_curves[i]))
            assert_qk_err(try_ec_pair(CKM_EC_KEY_PAIR_GEN, qk_curves[i].name, &public_key, &private_key),
                          QK_E_CURVE_NOT_SUPPORTED);
    assert_qk_err(try_ec_pair(CKM_EC_KEY_PAIR_GEN, "P-257", &public_key, &private_key), QK_E_CURVE_NOT_SUPPORTED);
    assert_qk_err(try_ec_pair(CKM_EC_KEY_PAIR_GEN, "", &public_key, &private_key), QK_E_CURVE_NOT_SUPPORTED);
}

/* ---- one P-256 pair for the rest ---- */

static qk_key *public_key, *private_key;

static int setup(void **state)
{
    if (crypto_setup(state) != 0)
        return -1;
    make_ec_pair(CKM_EC_KEY_PAIR_GEN, "P-256", &public_key, &private_key);
    return 0;
}

static int teardown(void **state)
{
    qk_key_unref(&public_key);
    qk_key_unref(&private_key);
    return crypto_teardown(state);
}

static void hashed_data_are_signed_as_their_digest(void **state)
{
    static const CK_MECHANISM_TYPE mechanisms[] = { CKM_ECDSA_SHA1,     CKM_ECDSA_SHA224,   CKM_ECDSA_SHA256,
                                                    CKM_ECDSA_SHA384,   CKM_ECDSA_SHA512,   CKM_ECDSA_SHA3_224,
                                                    CKM_ECDSA_SHA3_256, CKM_ECDSA_SHA3_384, CKM_ECDSA_SHA3_512 };
    QK_OWNED(qk_key_unref) qk_key *open_half = NULL, *own_half = NULL;
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use raw = use_of(CKM_ECDSA);

    (void)state;
    qk_arena_init(&arena, 0);
    make_ec_pair(CKM_EC_KEY_PAIR_GEN, "P-521", &open_half, &own_half);
    for (size_t i = 0; i < COUNT(mechanisms); i++) {
        qk_mech_use use = use_of(mechanisms[i]), hash = use_of(use.mech->hash);
        qk_view signature, digest;
        assert_qk_ok(qk_crypto_sign(own_half, &use, qk_view_text("abc"), &arena, &signature));
        assert_qk_ok(qk_crypto_digest(&hash, qk_view_text("abc"), &arena, &digest));
        assert_qk_ok(qk_crypto_verify(open_half, &raw, digest, signature));
        assert_qk_ok(qk_crypto_verify(open_half, &use, qk_view_text("abc"), signature));
        assert_qk_err(qk_crypto_verify(open_half, &use, qk_view_text("abd"), signature), QK_E_SIGNATURE_INVALID);
    }
}

/* FIPS 186-5, A.2.1: such keys are no different from others; edges of curves apart. */
static void keys_with_extra_bits_sign(void **state)
{
    static const char *const curves[] = { "P-256", "P-521", "SECP256K1" };
    QK_OWNED(arena_done) qk_arena arena;
    QK_OWNED(qk_key_unref) qk_key *none_public = NULL, *none_private = NULL;
    qk_mech_use use = use_of(CKM_ECDSA_SHA256);
    qk_view signature;

    (void)state;
    qk_arena_init(&arena, 0);
    for (size_t i = 0; i < COUNT(curves); i++) {
        QK_OWNED(qk_key_unref) qk_key *open_half = NULL, *own_half = NULL;
        make_ec_pair(CKM_EC_KEY_PAIR_GEN_W_EXTRA_BITS, curves[i], &open_half, &own_half);
        assert_qk_ok(qk_crypto_sign(own_half, &use, qk_view_text("abc"), &arena, &signature));
        assert_qk_ok(qk_crypto_verify(open_half, &use, qk_view_text("abc"), signature));
    }
    assert_qk_err(try_ec_pair(CKM_EC_KEY_PAIR_GEN_W_EXTRA_BITS, "ed25519", &none_public, &none_private),
                  QK_E_CURVE_NOT_SUPPORTED);
    assert_qk_err(try_ec_pair(CKM_EC_KEY_PAIR_GEN_W_EXTRA_BITS, "P-255", &none_public, &none_private),
                  QK_E_CURVE_NOT_SUPPORTED);
}

static void raw_data_of_any_length_counts_up_to_the_order(void **state)
{
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_ECDSA);
    size_t lengths[] = { 0, 1, 28, 31, 32, 33, 64, 5000 };
    uint8_t data[5000];
    qk_view signature;

    (void)state;
    qk_arena_init(&arena, 0);
    memset(data, 0x77, sizeof(data));
    for (size_t i = 0; i < COUNT(lengths); i++) {
        qk_view whole = qk_view_of(data, lengths[i]);
        assert_qk_ok(qk_crypto_sign(private_key, &use, whole, &arena, &signature));
        assert_qk_ok(qk_crypto_verify(public_key, &use, whole, signature));
        assert_qk_ok(qk_crypto_verify(public_key, &use, qk_view_slice(whole, 0, 32), signature));
        if (lengths[i] > 0)
            assert_openssl_agrees(public_key, whole, signature);
    }
}

static void on_p521_the_bits_beyond_the_order_do_not_count(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *public_half = NULL, *private_half = NULL;
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_ECDSA);
    uint8_t data[66];
    qk_view signature;

    (void)state;
    qk_arena_init(&arena, 0);
    memset(data, 0x55, sizeof(data));
    make_ec_pair(CKM_EC_KEY_PAIR_GEN, "P-521", &public_half, &private_half);
    assert_qk_ok(qk_crypto_sign(private_half, &use, qk_view_of(data, 66), &arena, &signature));
    data[65] ^= 0x7f; /* 528 bits given, 521 count */
    assert_qk_ok(qk_crypto_verify(public_half, &use, qk_view_of(data, 66), signature));
    data[65] ^= 0x80;
    assert_qk_err(qk_crypto_verify(public_half, &use, qk_view_of(data, 66), signature), QK_E_SIGNATURE_INVALID);
}

static void a_changed_first_byte_makes_a_signature_invalid(void **state)
{
    qk_mech_use use = use_of(CKM_ECDSA);

    (void)state;
    for (size_t i = 0; i < qk_curve_count; i++) {
        QK_OWNED(qk_key_unref) qk_key *public_half = NULL, *private_half = NULL;
        QK_OWNED(arena_done) qk_arena arena;
        uint8_t changed[132];
        qk_view signature;
        qk_arena_init(&arena, 0);
        if (qk_curves[i].kind != QK_CURVE_WEIERSTRASS || !qk_curve_supported(&qk_curves[i]))
            continue;
        make_ec_pair(CKM_EC_KEY_PAIR_GEN, qk_curves[i].name, &public_half, &private_half);
        assert_qk_ok(
            qk_crypto_sign(private_half, &use, QK_VIEW_LITERAL("28 bytes of data, or so it is"), &arena, &signature));
        memcpy(changed, signature.data, signature.len);
        changed[0] = changed[0] == 0xff ? 0xfe : 0xff;
        assert_qk_err(qk_crypto_verify(public_half, &use, QK_VIEW_LITERAL("28 bytes of data, or so it is"),
                                       qk_view_of(changed, signature.len)),
                      QK_E_SIGNATURE_INVALID);
    }
}

static void zero_halves_make_a_signature_invalid(void **state)
{
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_ECDSA);
    uint8_t changed[64];
    qk_view signature;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_qk_ok(qk_crypto_sign(private_key, &use, QK_VIEW_LITERAL("data"), &arena, &signature));
    for (unsigned which = 1; which <= 3; which++) {
        memcpy(changed, signature.data, 64);
        if (which & 1)
            memset(changed, 0, 32);
        if (which & 2)
            memset(changed + 32, 0, 32);
        assert_qk_err(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("data"), qk_view_of(changed, 64)),
                      QK_E_SIGNATURE_INVALID);
    }
    memset(changed, 0xff, 64);
    assert_qk_err(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("data"), qk_view_of(changed, 64)),
                  QK_E_SIGNATURE_INVALID);
}

static void every_bit_of_a_signature_counts(void **state)
{
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_ECDSA_SHA1);
    uint8_t changed[64];
    qk_view signature;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_qk_ok(qk_crypto_sign(private_key, &use, QK_VIEW_LITERAL("data"), &arena, &signature));
    memcpy(changed, signature.data, 64);
    for (unsigned bit = 0; bit < 512; bit++) {
        changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_qk_err(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("data"), qk_view_of(changed, 64)),
                      QK_E_SIGNATURE_INVALID);
        changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_qk_ok(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("data"), qk_view_of(changed, 64)));
}

static void a_signature_of_another_length_has_its_own_error(void **state)
{
    qk_mech_use use = use_of(CKM_ECDSA);
    uint8_t signature[132] = { 1 };
    size_t lengths[] = { 0, 1, 61, 63, 65, 66, 96, 132 };

    (void)state;
    for (size_t i = 0; i < COUNT(lengths); i++)
        assert_qk_err(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("data"), qk_view_of(signature, lengths[i])),
                      QK_E_SIGNATURE_LENGTH);
}

/* Searches for a signature whose halves both begin with a zero byte: one of four on P-521. */
static void zeros_that_both_halves_begin_with_may_lack(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *p521_public = NULL, *p521_private = NULL;
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_ECDSA_SHA256);
    qk_view data = QK_VIEW_LITERAL("data"), signature;
    uint8_t shorter[130];

    (void)state;
    qk_arena_init(&arena, 0);
    make_ec_pair(CKM_EC_KEY_PAIR_GEN, "P-521", &p521_public, &p521_private);
    do
        assert_qk_ok(qk_crypto_sign(p521_private, &use, data, &arena, &signature));
    while (signature.data[0] != 0 || signature.data[66] != 0);
    memcpy(shorter, signature.data + 1, 65);
    memcpy(shorter + 65, signature.data + 67, 65);
    assert_qk_ok(qk_crypto_verify(p521_public, &use, data, qk_view_of(shorter, 130)));
    assert_qk_err(qk_crypto_verify(p521_public, &use, data, qk_view_of(shorter, 129)), QK_E_SIGNATURE_LENGTH);
    assert_qk_err(qk_crypto_verify(p521_public, &use, data, qk_view_of(shorter, 128)), QK_E_SIGNATURE_INVALID);
    shorter[64] ^= 1;
    assert_qk_err(qk_crypto_verify(p521_public, &use, data, qk_view_of(shorter, 130)), QK_E_SIGNATURE_INVALID);
}

static void a_signature_of_another_key_is_invalid(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *other_public = NULL, *other_private = NULL;
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_ECDSA_SHA256);
    qk_view signature;

    (void)state;
    qk_arena_init(&arena, 0);
    make_ec_pair(CKM_EC_KEY_PAIR_GEN, "P-256", &other_public, &other_private);
    assert_qk_ok(qk_crypto_sign(other_private, &use, QK_VIEW_LITERAL("data"), &arena, &signature));
    assert_qk_err(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("data"), signature), QK_E_SIGNATURE_INVALID);
}

static void an_edwards_key_does_no_ecdsa(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *public_half = NULL, *private_half = NULL;
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = use_of(CKM_ECDSA);
    uint8_t signature[64] = { 1 };
    qk_view out;

    (void)state;
    qk_arena_init(&arena, 0);
    make_ec_pair(CKM_EC_KEY_PAIR_GEN, "ed25519", &public_half, &private_half);
    assert_qk_err(qk_crypto_sign(private_half, &use, QK_VIEW_LITERAL("data"), &arena, &out), QK_E_KEY_TYPE);
    assert_qk_err(qk_crypto_verify(public_half, &use, QK_VIEW_LITERAL("data"), qk_view_of(signature, 64)),
                  QK_E_KEY_TYPE);
}

static void failures_leave_no_openssl_errors_behind(void **state)
{
    qk_mech_use use = use_of(CKM_ECDSA);
    uint8_t signature[64];

    (void)state;
    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 77); /* the host's own error */
    ERR_set_mark();
    memset(signature, 0xff, 64);
    assert_qk_err(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("data"), qk_view_of(signature, 64)),
                  QK_E_SIGNATURE_INVALID);
    assert_int_equal(ERR_GET_REASON(ERR_peek_last_error()), 77);
    assert_int_equal(ERR_pop_to_mark(), 1);
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), 77);
    assert_int_equal(ERR_get_error(), 0);
}

static void *sign_and_verify_many(void *failed)
{
    qk_mech_use use = use_of(CKM_ECDSA_SHA256);

    for (uint32_t i = 0; i < 200; i++) {
        QK_OWNED(arena_done) qk_arena arena;
        qk_view data = qk_view_of(&i, sizeof(i)), signature;
        qk_arena_init(&arena, 0);
        if (qk_crypto_sign(private_key, &use, data, &arena, &signature) != QK_OK ||
            qk_crypto_verify(public_key, &use, data, signature) != QK_OK)
            *(bool *)failed = true;
    }
    return NULL;
}

static void one_key_serves_many_threads_at_once(void **state)
{
    pthread_t threads[8];
    bool failed[8] = { false };

    (void)state;
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, sign_and_verify_many, &failed[i]), 0);
    for (unsigned i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        assert_false(failed[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_signatures_verify),
        cmocka_unit_test(the_point_of_a_published_scalar_is_computed),
        cmocka_unit_test(every_curve_of_this_openssl_signs_and_verifies),
        cmocka_unit_test(a_curve_that_openssl_lacks_is_refused),
        cmocka_unit_test(hashed_data_are_signed_as_their_digest),
        cmocka_unit_test(keys_with_extra_bits_sign),
        cmocka_unit_test(raw_data_of_any_length_counts_up_to_the_order),
        cmocka_unit_test(on_p521_the_bits_beyond_the_order_do_not_count),
        cmocka_unit_test(a_changed_first_byte_makes_a_signature_invalid),
        cmocka_unit_test(zero_halves_make_a_signature_invalid),
        cmocka_unit_test(every_bit_of_a_signature_counts),
        cmocka_unit_test(a_signature_of_another_length_has_its_own_error),
        cmocka_unit_test(zeros_that_both_halves_begin_with_may_lack),
        cmocka_unit_test(a_signature_of_another_key_is_invalid),
        cmocka_unit_test(an_edwards_key_does_no_ecdsa),
        cmocka_unit_test(failures_leave_no_openssl_errors_behind),
        cmocka_unit_test(one_key_serves_many_threads_at_once),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
