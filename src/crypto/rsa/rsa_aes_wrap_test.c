/* SPDX-License-Identifier: Apache-2.0 */
/* No document has an answer for a wrapping that is random, so the two halves are opened here one by one, by their own
 * mechanisms, and made so. */
#include "crypto/key/pair_testing.h"
#include "crypto/rsa/rsa_vectors.h"
#include "crypto/key/secret_key.h"

enum { MODULUS = 256 };

static qk_key *private_key, *public_key;
static const char secret[] = "something longer than any modulus would take: no, but it could be, and its length is odd";

static int setup(void **state)
{
    if (crypto_setup(state) != 0)
        return -1;
    private_key = read_hex(CKO_PRIVATE_KEY, CKK_RSA, RSA_PKCS8_HEX);
    public_key = read_hex(CKO_PUBLIC_KEY, CKK_RSA, RSA_SPKI_HEX);
    return 0;
}

static int teardown(void **state)
{
    qk_key_unref(&private_key);
    qk_key_unref(&public_key);
    return crypto_teardown(state);
}

static qk_mech_use wrap_use(unsigned aes_bits)
{
    qk_mech_use use = use_of(CKM_RSA_AES_KEY_WRAP);

    use.rsa_aes.oaep = (qk_oaep){ .hash = CKM_SHA256, .mgf_hash = CKM_SHA256, .label = QK_VIEW_LITERAL("a label") };
    use.rsa_aes.aes_bits = aes_bits;
    return use;
}

static qk_mech_use oaep_use(void)
{
    qk_mech_use use = use_of(CKM_RSA_PKCS_OAEP);

    use.oaep = wrap_use(256).rsa_aes.oaep;
    return use;
}

static void both_halves_are_their_mechanisms(void **state)
{
    (void)state;
    for (unsigned bits = 128; bits <= 256; bits += 64) {
        QK_OWNED(arena_done) qk_arena arena;
        QK_OWNED(qk_key_unref) qk_key *aes = NULL;
        qk_mech_use use = wrap_use(bits), oaep = oaep_use(), kwp = use_of(CKM_AES_KEY_WRAP_KWP);
        qk_view wrapped, value, plain;

        qk_arena_init(&arena, 0);
        assert_qk_ok(qk_crypto_encrypt(public_key, &use, qk_view_text(secret), &arena, &wrapped));
        assert_int_equal(wrapped.len, qk_crypto_output_len(public_key, &use, QK_WRAP, sizeof secret - 1));
        assert_qk_ok(qk_crypto_decrypt(private_key, &oaep, qk_view_slice(wrapped, 0, MODULUS), &arena, &value));
        assert_int_equal(value.len, bits / 8);
        aes = secret_key(CKK_AES, value);
        assert_qk_ok(qk_crypto_decrypt(aes, &kwp, qk_view_slice(wrapped, MODULUS, wrapped.len), &arena, &plain));
        assert_bytes(plain, qk_view_text(secret));
        assert_qk_ok(qk_crypto_decrypt(private_key, &use, wrapped, &arena, &plain));
        assert_bytes(plain, qk_view_text(secret));
    }
}

static void what_was_changed_is_refused_in_one_way(void **state)
{
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = wrap_use(256), other = wrap_use(128);
    uint8_t changed[512];
    qk_view wrapped, plain;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_qk_ok(qk_crypto_encrypt(public_key, &use, QK_VIEW_LITERAL("sixteen bytes..."), &arena, &wrapped));
    for (size_t at = 1; at < wrapped.len; at += 9) {
        memcpy(changed, wrapped.data, wrapped.len);
        changed[at] ^= 1;
        assert_qk_err(qk_crypto_decrypt(private_key, &use, qk_view_of(changed, wrapped.len), &arena, &plain),
                      QK_E_CIPHERTEXT_INVALID);
    }
    assert_qk_err(qk_crypto_decrypt(private_key, &other, wrapped, &arena, &plain), QK_E_CIPHERTEXT_INVALID);
    use.rsa_aes.oaep.label = QK_VIEW_LITERAL("b label");
    assert_qk_err(qk_crypto_decrypt(private_key, &use, wrapped, &arena, &plain), QK_E_CIPHERTEXT_INVALID);
}

static void lengths_that_nothing_has_are_refused(void **state)
{
    QK_OWNED(arena_done) qk_arena arena;
    static const uint8_t bytes[MODULUS + 17];
    static const size_t lens[] = { 0, MODULUS - 1, MODULUS, MODULUS + 8, MODULUS + 17 };
    qk_mech_use use = wrap_use(256);
    qk_view plain;

    (void)state;
    qk_arena_init(&arena, 0);
    for (size_t i = 0; i < COUNT(lens); i++)
        assert_qk_err(qk_crypto_decrypt(private_key, &use, qk_view_of(bytes, lens[i]), &arena, &plain),
                      QK_E_CIPHERTEXT_LENGTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_halves_are_their_mechanisms),
        cmocka_unit_test(what_was_changed_is_refused_in_one_way),
        cmocka_unit_test(lengths_that_nothing_has_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
