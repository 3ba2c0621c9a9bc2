/* SPDX-License-Identifier: Apache-2.0 */
/* Keys: references, slots, and the serialised forms, strictly read. */
#include <pthread.h>

#include "crypto/key/key.h"
#include "crypto/key/pair_testing.h"
#include "crypto/rsa/rsa_vectors.h"

/* A P-256 key of RFC 6979 (appendix A.2.5) and an Ed25519 key of RFC 8032 (section 7.1, test 1). */
#define P256_SCALAR "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
#define P256_POINT                                                                                                     \
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"                                               \
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
#define P256_PKCS8                                                                                                     \
    "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420" P256_SCALAR "a144034200" P256_POINT
#define P256_SPKI       "3059301306072a8648ce3d020106082a8648ce3d030107034200" P256_POINT
#define ED_SEED         "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
#define ED_PUBLIC       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
#define ED_PKCS8        "302e020100300506032b657004220420" ED_SEED
#define ED_SPKI_RFC8410 "302a300506032b6570032100" ED_PUBLIC
#define ED_SPKI_GREP11  "3033300e06072a8648ce3d020106032b6570032100" ED_PUBLIC

/* ---- references and slots ---- */

static unsigned freed;

static void count_free(qk_ready *ready)
{
    freed++;
    free(ready);
}

static qk_ready *ready_for(const void *purpose)
{
    qk_ready *ready = calloc(1, sizeof(*ready));
    *ready = (qk_ready){ purpose, count_free };
    return ready;
}

static void a_slot_gives_back_what_fits_the_purpose(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *key = secret_key_hex(CKK_AES, "00112233445566778899aabbccddeeff");
    static const char encrypt, decrypt;
    qk_ready *first = ready_for(&encrypt), *second = ready_for(&decrypt);

    (void)state;
    assert_null(qk_key_take(key, &encrypt));
    qk_key_put(key, first);
    qk_key_put(key, second);
    assert_ptr_equal(qk_key_take(key, &decrypt), second);
    assert_null(qk_key_take(key, &decrypt));
    assert_ptr_equal(qk_key_take(key, &encrypt), first);
    assert_null(qk_key_take(key, &encrypt));
    qk_key_put(key, NULL);
    qk_key_put(key, first);
    qk_key_put(key, second);
}

static void a_full_slot_frees_one_and_keeps_the_newest(void **state)
{
    static const char purposes[QK_SLOT_WAYS + 1];
    qk_key *key = secret_key_hex(CKK_AES, "00112233445566778899aabbccddeeff");
    qk_ready *newest;

    (void)state;
    freed = 0;
    for (unsigned i = 0; i <= QK_SLOT_WAYS; i++)
        qk_key_put(key, ready_for(&purposes[i]));
    assert_int_equal(freed, 1);
    newest = qk_key_take(key, &purposes[QK_SLOT_WAYS]);
    assert_non_null(newest);
    qk_key_put(key, newest);
    qk_key_unref(&key);
    assert_int_equal(freed, QK_SLOT_WAYS + 1);
}

static void the_last_reference_frees(void **state)
{
    static const char purpose;
    qk_key *key = secret_key_hex(CKK_AES, "00112233445566778899aabbccddeeff"), *other = qk_key_ref(key);

    (void)state;
    freed = 0;
    qk_key_put(key, ready_for(&purpose));
    qk_key_unref(&key);
    assert_null(key);
    assert_int_equal(freed, 0);
    assert_int_equal(qk_key_bits(other), 128);
    qk_key_unref(&other);
    assert_int_equal(freed, 1);
    qk_key_unref(&other); /* NULL by now */
}

static void just_free(qk_ready *ready)
{
    free(ready);
}

static void *take_and_put(void *argument)
{
    static const char purposes[6];
    qk_key *key = argument;
    static atomic_uint in_use;
    uintptr_t made = 0;

    for (unsigned i = 0; i < 20000; i++) {
        const void *purpose = &purposes[i % 6];
        qk_ready *ready = qk_key_take(key, purpose);
        if (!ready) {
            ready = calloc(1, sizeof(*ready));
            *ready = (qk_ready){ purpose, just_free };
            made++;
        }
        if (ready->purpose != purpose)
            return NULL;
        atomic_fetch_add(&in_use, 1);
        qk_key_put(key, ready);
    }
    return (void *)made;
}

static void threads_share_slots_without_losing_contexts(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *key = secret_key_hex(CKK_AES, "00112233445566778899aabbccddeeff");
    pthread_t threads[6];

    (void)state;
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_put, key), 0);
    for (unsigned i = 0; i < 6; i++) {
        void *made = NULL;
        pthread_join(threads[i], &made);
        assert_non_null(made);
    }
}

/* ---- serialised keys ---- */

/* clang-format off */
static const struct {
    CK_OBJECT_CLASS class;
    CK_KEY_TYPE type;
    unsigned bits;
    const char *der;
} serialised[] = {
    { CKO_SECRET_KEY, CKK_AES, 192, "000102030405060708090a0b0c0d0e0f1011121314151617" },
    { CKO_SECRET_KEY, CKK_GENERIC_SECRET, 8, "00" },
    { CKO_PRIVATE_KEY, CKK_RSA, 2048, RSA_PKCS8_HEX },
    { CKO_PUBLIC_KEY, CKK_RSA, 2048, RSA_SPKI_HEX },
    { CKO_PRIVATE_KEY, CKK_EC, 256, P256_PKCS8 },
    { CKO_PUBLIC_KEY, CKK_EC, 256, P256_SPKI },
    { CKO_PRIVATE_KEY, CKK_EC_EDWARDS, 255, ED_PKCS8 },
    { CKO_PRIVATE_KEY, CKK_EC, 255, ED_PKCS8 },
    { CKO_PUBLIC_KEY, CKK_EC_EDWARDS, 255, ED_SPKI_GREP11 },
    { CKO_PUBLIC_KEY, CKK_EC, 255, ED_SPKI_GREP11 },
};
/* clang-format on */

static void a_key_is_written_as_it_was_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(serialised); i++) {
        QK_OWNED(qk_key_unref) qk_key *key = read_hex(serialised[i].class, serialised[i].type, serialised[i].der);
        QK_OWNED(qk_secret_free) qk_secret written = QK_SECRET_NONE;
        assert_int_equal(qk_key_class(key), serialised[i].class);
        assert_int_equal(qk_key_type(key), serialised[i].type);
        assert_int_equal(qk_key_bits(key), serialised[i].bits);
        assert_int_equal(qk_key_curve(key) != NULL,
                         serialised[i].type == CKK_EC || serialised[i].type == CKK_EC_EDWARDS);
        assert_qk_ok(qk_key_write(key, &written));
        assert_hex(qk_secret_reveal(&written), serialised[i].der);
    }
}

static void no_byte_may_be_missing_or_follow(void **state)
{
    (void)state;
    for (size_t i = 2; i < COUNT(serialised); i++) {
        QK_OWNED(qk_buf_done) qk_buf der = unhex(serialised[i].der);
        qk_key *key = NULL;
        qk_err wanted = serialised[i].class == CKO_PUBLIC_KEY ? QK_E_PUBLIC_KEY_INVALID : QK_E_WRAPPED_KEY;
        for (size_t len = 0; len < der.len; len += i == 2 ? 37 : 1)
            assert_qk_err(qk_key_read(serialised[i].class, serialised[i].type, qk_view_of(der.data, len), &key),
                          wanted);
        qk_buf_put_u8(&der, 0);
        assert_qk_err(qk_key_read(serialised[i].class, serialised[i].type, qk_buf_view(&der), &key), wanted);
    }
}

/* Nothing that was changed may crash or leak; what is still taken is a key that works. */
static void a_changed_byte_never_does_harm(void **state)
{
    (void)state;
    for (size_t i = 2; i < COUNT(serialised); i++) {
        QK_OWNED(qk_buf_done) qk_buf der = unhex(serialised[i].der);
        for (size_t at = 0; at < der.len && at < 200; at++) {
            QK_OWNED(qk_key_unref) qk_key *key = NULL;
            QK_OWNED(qk_secret_free) qk_secret written = QK_SECRET_NONE;
            der.data[at] ^= 0x15;
            if (qk_key_read(serialised[i].class, serialised[i].type, qk_buf_view(&der), &key) == QK_OK)
                assert_qk_ok(qk_key_write(key, &written));
            der.data[at] ^= 0x15;
        }
    }
}

static void an_spki_has_the_form_asked_for(void **state)
{
    static const struct {
        CK_OBJECT_CLASS class;
        CK_KEY_TYPE type;
        const char *der, *grep11, *rfc8410;
    } rows[] = {
        { CKO_PRIVATE_KEY, CKK_EC_EDWARDS, ED_PKCS8, ED_SPKI_GREP11, ED_SPKI_RFC8410 },
        { CKO_PUBLIC_KEY, CKK_EC, ED_SPKI_GREP11, ED_SPKI_GREP11, ED_SPKI_RFC8410 },
        { CKO_PUBLIC_KEY, CKK_EC, ED_SPKI_RFC8410, ED_SPKI_GREP11, ED_SPKI_RFC8410 },
        { CKO_PRIVATE_KEY, CKK_EC, P256_PKCS8, P256_SPKI, P256_SPKI },
        { CKO_PRIVATE_KEY, CKK_RSA, RSA_PKCS8_HEX, RSA_SPKI_HEX, RSA_SPKI_HEX },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        QK_OWNED(qk_key_unref) qk_key *key = read_hex(rows[i].class, rows[i].type, rows[i].der);
        QK_OWNED(qk_buf_done) qk_buf grep11 = QK_BUF_NONE, rfc8410 = QK_BUF_NONE;
        assert_qk_ok(qk_key_write_spki(key, false, &grep11));
        assert_hex(qk_buf_view(&grep11), rows[i].grep11);
        assert_qk_ok(qk_key_write_spki(key, true, &rfc8410));
        assert_hex(qk_buf_view(&rfc8410), rows[i].rfc8410);
    }
}

static void a_secret_key_has_no_spki(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *key = secret_key_hex(CKK_AES, "00112233445566778899aabbccddeeff");
    QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;

    (void)state;
    assert_qk_err(qk_key_write_spki(key, false, &out), QK_E_KEY_TYPE);
}

static void other_spellings_of_private_keys_are_read(void **state)
{
    static const struct {
        CK_KEY_TYPE type;
        const char *der, *canonical;
    } rows[] = {
        /* without the public key; with the curve repeated; both */
        { CKK_EC,
          "3041020100301306072a8648ce3d020106082a8648ce3d0301070427302502010104"
          "20" P256_SCALAR,
          P256_PKCS8 },
        { CKK_EC,
          "304d020100301306072a8648ce3d020106082a8648ce3d03010704333031020101"
          "0420" P256_SCALAR "a00a06082a8648ce3d030107",
          P256_PKCS8 },
        /* Ed25519 with id-ecPublicKey and the curve; version 2 with its public key and no attributes */
        { CKK_EC, "3037020100300e06072a8648ce3d020106032b657004220420" ED_SEED, ED_PKCS8 },
        { CKK_EC_EDWARDS, "3051020101300506032b657004220420" ED_SEED "812100" ED_PUBLIC, ED_PKCS8 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        QK_OWNED(qk_key_unref) qk_key *key = read_hex(CKO_PRIVATE_KEY, rows[i].type, rows[i].der);
        QK_OWNED(qk_secret_free) qk_secret written = QK_SECRET_NONE;
        assert_qk_ok(qk_key_write(key, &written));
        assert_hex(qk_secret_reveal(&written), rows[i].canonical);
    }
}

static void refuse(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const char *hex, qk_err wanted)
{
    QK_OWNED(qk_buf_done) qk_buf der = unhex(hex);
    qk_key *key = NULL;

    assert_qk_err(qk_key_read(class, type, qk_buf_view(&der), &key), wanted);
    assert_null(key);
}

static void nothing_may_follow_inside_either(void **state)
{
    (void)state;
    /* NULL after the private key; a public key in version 1; a seed with its public key; two bytes after a seed */
    refuse(CKO_PRIVATE_KEY, CKK_EC_EDWARDS, "3030020100300506032b657004220420" ED_SEED "0500", QK_E_WRAPPED_KEY);
    refuse(CKO_PRIVATE_KEY, CKK_EC_EDWARDS, "3051020100300506032b657004220420" ED_SEED "812100" ED_PUBLIC,
           QK_E_WRAPPED_KEY);
    refuse(CKO_PRIVATE_KEY, CKK_EC_EDWARDS, "304e020100300506032b657004420440" ED_SEED ED_PUBLIC, QK_E_WRAPPED_KEY);
    refuse(CKO_PRIVATE_KEY, CKK_EC_EDWARDS, "3030020100300506032b657004240420" ED_SEED "0500", QK_E_WRAPPED_KEY);
    refuse(CKO_PUBLIC_KEY, CKK_EC_EDWARDS, "302c300506032b6570032100" ED_PUBLIC "0500", QK_E_PUBLIC_KEY_INVALID);
}

static void a_private_key_with_the_public_key_of_another_is_refused(void **state)
{
    (void)state;
    refuse(CKO_PRIVATE_KEY, CKK_EC,
           "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420"
           "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6722a144034200" P256_POINT,
           QK_E_WRAPPED_KEY);
    refuse(CKO_PRIVATE_KEY, CKK_EC_EDWARDS,
           "3051020101300506032b657004220420"
           "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f61812100" ED_PUBLIC,
           QK_E_WRAPPED_KEY);
}

static void contradicting_rsa_numbers_are_refused(void **state)
{
    static char der[] = RSA_PKCS8_HEX;
    size_t at[] = { 70, 600, 1160, 1430, 1700, 1960, 2230 }; /* hexadecimal digits of n, d, p, q, and the rest */

    (void)state;
    for (size_t i = 0; i < COUNT(at); i++) {
        char kept = der[at[i]];
        der[at[i]] = kept == '7' ? '8' : '7';
        refuse(CKO_PRIVATE_KEY, CKK_RSA, der, QK_E_WRAPPED_KEY);
        der[at[i]] = kept;
    }
    qk_key *good = read_hex(CKO_PRIVATE_KEY, CKK_RSA, der);
    qk_key_unref(&good);
}

static void scalars_outside_the_order_are_refused(void **state)
{
    static const char head[] = "3041020100301306072a8648ce3d020106082a8648ce3d03010704273025020101"
                               "0420";
    static const char *const scalars[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", /* the order */
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(scalars); i++) {
        char hex[256];
        snprintf(hex, sizeof(hex), "%s%s", head, scalars[i]);
        refuse(CKO_PRIVATE_KEY, CKK_EC, hex, QK_E_WRAPPED_KEY);
    }
}

static void a_point_off_the_curve_is_refused(void **state)
{
    (void)state;
    refuse(CKO_PUBLIC_KEY, CKK_EC,
           "3059301306072a8648ce3d020106082a8648ce3d030107034200"
           "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
           "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d446229a",
           QK_E_PUBLIC_KEY_INVALID);
    /* infinity */
    refuse(CKO_PUBLIC_KEY, CKK_EC, "3019301306072a8648ce3d020106082a8648ce3d03010703020000", QK_E_PUBLIC_KEY_INVALID);
}

static void a_key_is_not_read_as_another_type(void **state)
{
    (void)state;
    refuse(CKO_PRIVATE_KEY, CKK_EC, RSA_PKCS8_HEX, QK_E_WRAPPED_KEY);
    refuse(CKO_PRIVATE_KEY, CKK_RSA, P256_PKCS8, QK_E_WRAPPED_KEY);
    refuse(CKO_PRIVATE_KEY, CKK_EC_EDWARDS, P256_PKCS8, QK_E_CURVE_NOT_SUPPORTED);
    refuse(CKO_PUBLIC_KEY, CKK_RSA, P256_SPKI, QK_E_PUBLIC_KEY_INVALID);
    refuse(CKO_PUBLIC_KEY, CKK_EC_EDWARDS, RSA_SPKI_HEX, QK_E_PUBLIC_KEY_INVALID);
    refuse(CKO_PUBLIC_KEY, CKK_DSA, RSA_SPKI_HEX, QK_E_PUBLIC_KEY_INVALID);
    refuse(CKO_SECRET_KEY, CKK_AES, "00112233", QK_E_KEY_SIZE);
    refuse(CKO_SECRET_KEY, CKK_GENERIC_SECRET, "", QK_E_KEY_SIZE);
    refuse(CKO_SECRET_KEY, CKK_RC4, "0011223344556677", QK_E_KEY_TYPE);
    refuse(CKO_DATA, CKK_AES, "00112233445566778899aabbccddeeff", QK_E_BAD_ARGUMENT);
}

static void unknown_curves_and_explicit_parameters_are_refused(void **state)
{
    (void)state;
    refuse(CKO_PUBLIC_KEY, CKK_EC, "3056301006072a8648ce3d020106052b81040063034200" P256_POINT,
           QK_E_PUBLIC_KEY_INVALID);
    refuse(CKO_PUBLIC_KEY, CKK_EC,
           "3053300d06072a8648ce3d02013002050003420"
           "0" P256_POINT,
           QK_E_PUBLIC_KEY_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slot_gives_back_what_fits_the_purpose),
        cmocka_unit_test(a_full_slot_frees_one_and_keeps_the_newest),
        cmocka_unit_test(the_last_reference_frees),
        cmocka_unit_test(threads_share_slots_without_losing_contexts),
        cmocka_unit_test(a_key_is_written_as_it_was_read),
        cmocka_unit_test(no_byte_may_be_missing_or_follow),
        cmocka_unit_test(a_changed_byte_never_does_harm),
        cmocka_unit_test(an_spki_has_the_form_asked_for),
        cmocka_unit_test(a_secret_key_has_no_spki),
        cmocka_unit_test(other_spellings_of_private_keys_are_read),
        cmocka_unit_test(nothing_may_follow_inside_either),
        cmocka_unit_test(a_private_key_with_the_public_key_of_another_is_refused),
        cmocka_unit_test(contradicting_rsa_numbers_are_refused),
        cmocka_unit_test(scalars_outside_the_order_are_refused),
        cmocka_unit_test(a_point_off_the_curve_is_refused),
        cmocka_unit_test(a_key_is_not_read_as_another_type),
        cmocka_unit_test(unknown_curves_and_explicit_parameters_are_refused),
    };
    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
