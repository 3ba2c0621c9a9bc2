/* SPDX-License-Identifier: Apache-2.0 */
/* Diffie-Hellman in the 2048-bit group of RFC 3526. The answer was computed by another implementation, in Python; the
 * private numbers are the SHA-256 of "a" and "b". */
#include "crypto/derive/derive.h"

#include "crypto/testing.h"

static const char *const prime_hex =
    ("ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd"
     "ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed"
     "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f"
     "83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b"
     "e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa0510"
     "15728e5a8aacaa68ffffffffffffffff");
static const char *const mine_hex = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
static const char *const theirs_hex =
    ("0496c55a4ddb56e2c0e7bc3accaf6d6cdf2d28c20731816e9f57e2f2644e5df1a2f94a7b1ef80bd41c2c8040ac5a8a00"
     "e2ebe10d05afac949dcfa5f9c1437e66b9c10cd044924cab17326098a945f68da0543831939593483081d0cd7446c840"
     "7ef93126263243afcdec81bcd62559d64936a6eed86d029faa59eac446126cd1fb4a5b747644771ddaca5640f1b4e664"
     "a205930789027b9f56308d34682c4a089559c147ae043a4a1d7e3f6d410f3ee9bc6b76a5c0719e17ee8f245ec4f883ed"
     "f816a25b3d7d427b5e855a9c2a7dd0a25ab7571b166a2f46bcbc8472c6cb9f48da6d8bff6fcb9d439fe256cba36b83e8"
     "32ead44cab0d54b9de9f88cbe08a525b");
static const char *const shared_hex =
    ("cf2ead50488f051699c6d450d1d03ba2977fdc4974ae2761ad513d555f0476207ce1e82ab1db7ea3cffb324c728c73b6"
     "36822e039d649b326071f95c1d20ab15802115ce71042ca649752ce399d966545ba36a341bf97f0350ac6af3e57b13c8"
     "1b74618c1cc1d2f6ca5c897f9a8f8992068414f9a33bccb9da7cd92e5cdb549a2d2c316536ca5e9df0d2bfbd9b42b11a"
     "1c8d04d3266b6b7abf276c32d8f46284ab304afbca140e8eac3a5a96bccf047a4376f369a111bece75e9f8b086c1a3e7"
     "9ac0dec48e0926828272e545c779f8359d26d5ef35685b70ac1f4811ba1217ce64b4e4d7f4630f45f6c95a4ad9c0516a"
     "a086d64f70f80a164cea1397448d7b7d");

static qk_key *private_key(void)
{
    static const uint8_t two = 2;
    static const struct {
        CK_ATTRIBUTE_TYPE type;
        const char *const *hex;
    } parts[] = { { CKA_PRIME, &prime_hex }, { CKA_VALUE, &mine_hex } };
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    qk_key *key = NULL;

    assert_int_equal(qk_attrs_set_ulong(&attrs, CKA_CLASS, CKO_PRIVATE_KEY), QK_OK);
    assert_int_equal(qk_attrs_set_ulong(&attrs, CKA_KEY_TYPE, CKK_DH), QK_OK);
    assert_int_equal(qk_attrs_set(&attrs, CKA_BASE, qk_view_of(&two, 1)), QK_OK);
    for (size_t i = 0; i < COUNT(parts); i++) {
        QK_OWNED(qk_buf_done) qk_buf bytes = unhex(*parts[i].hex);
        assert_int_equal(qk_attrs_set(&attrs, parts[i].type, qk_buf_view(&bytes)), QK_OK);
    }
    assert_int_equal(qk_key_from_attrs(&attrs, &key), QK_OK);
    return key;
}

static qk_err try_derive(qk_view number, CK_KEY_TYPE type, size_t len, qk_buf *out)
{
    QK_OWNED(qk_key_unref) qk_key *base = private_key(), *made = NULL;
    qk_mech_use use = use_of(CKM_DH_PKCS_DERIVE);
    qk_key_wanted wanted = { CKO_SECRET_KEY, type, len, NULL };

    use.data.data = number;
    QK_TRY(qk_crypto_derive(base, &use, &wanted, &made));
    qk_buf_clear(out);
    qk_buf_put(out, qk_secret_reveal(&made->value));
    return QK_OK;
}

static void the_sides_agree(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf theirs = unhex(theirs_hex), shared = unhex(shared_hex), made = QK_BUF_NONE;

    (void)state;
    assert_int_equal(try_derive(qk_buf_view(&theirs), CKK_GENERIC_SECRET, 0, &made), QK_OK);
    assert_bytes(qk_buf_view(&made), qk_buf_view(&shared));
    assert_int_equal(try_derive(qk_buf_view(&theirs), CKK_AES, 32, &made), QK_OK);
    assert_bytes(qk_buf_view(&made), qk_view_slice(qk_buf_view(&shared), 224, 32));
    assert_int_equal(try_derive(qk_buf_view(&theirs), CKK_GENERIC_SECRET, 257, &made), QK_E_KEY_SIZE);
}

static void numbers_that_force_a_result_are_refused(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf prime = unhex(prime_hex), made = QK_BUF_NONE;
    static const uint8_t zero, one = 1;
    qk_view p = qk_buf_view(&prime);

    (void)state;
    assert_int_equal(try_derive(qk_view_of(&zero, 1), CKK_AES, 32, &made), QK_E_MECHANISM_PARAM);
    assert_int_equal(try_derive(qk_view_of(&one, 1), CKK_AES, 32, &made), QK_E_MECHANISM_PARAM);
    assert_int_equal(try_derive(p, CKK_AES, 32, &made), QK_E_MECHANISM_PARAM);
    prime.data[prime.len - 1]--; /* p - 1 */
    assert_int_equal(try_derive(p, CKK_AES, 32, &made), QK_E_MECHANISM_PARAM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sides_agree),
        cmocka_unit_test(numbers_that_force_a_result_are_refused),
    };
    return cmocka_run_group_tests_name("Diffie-Hellman", tests, crypto_setup, crypto_teardown);
}
