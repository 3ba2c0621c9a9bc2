/* SPDX-License-Identifier: Apache-2.0 */
/* DSA: published signatures verify, own ones too, changed ones do not. */
#include "crypto/prime/ffc_vectors.h"
#include "crypto/key/pair_testing.h"

static qk_key *dsa_key(CK_OBJECT_CLASS class, bool long_one)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    qk_key *key = NULL;

    set_kind(&attrs, class, CKK_DSA);
    set_hex(&attrs, CKA_PRIME, long_one ? DSA2048_P : DSA1024_P);
    set_hex(&attrs, CKA_SUBPRIME, long_one ? DSA2048_Q : DSA1024_Q);
    set_hex(&attrs, CKA_BASE, long_one ? DSA2048_G : DSA1024_G);
    if (class == CKO_PRIVATE_KEY)
        set_hex(&attrs, CKA_VALUE, long_one ? DSA2048_X : DSA1024_X);
    else
        set_hex(&attrs, CKA_VALUE, long_one ? DSA2048_Y : DSA1024_Y);
    assert_qk_ok(qk_key_from_attrs(&attrs, &key));
    return key;
}

static const CK_MECHANISM_TYPE hashed[] = { CKM_DSA_SHA1, CKM_DSA_SHA224, CKM_DSA_SHA256, CKM_DSA_SHA384,
                                            CKM_DSA_SHA512 };

/* RFC 6979, A.2.1 and A.2.2: "sample", by hash. Longer digests than the order are cut. */
static void published_signatures_verify(void **state)
{
    static const char *const signatures[2][COUNT(hashed)] = {
        { "2e1a0c2562b2912caaf89186fb0f42001585da5529efb6b0aff2d7a68eb70ca313022253b9a88df5",
          "4bc3b686aea70145856814a6f1bb53346f02101e410697b92295d994d21edd2f4ada85566f6f94c1",
          "81f2f5850be5bc123c43f71a3033e9384611c5454cdd914b65eb6c66a8aaad27299bee6b035f5e89",
          "07f2108557ee0e3921bc1774f1ca9b410b4ce65a54df70456c86fac10fab47c1949ab83f2c6f7595",
          "16c3491f9b8c3fbbdd5e7a7b667057f0d8ee8e1b02c36a127a7b89edbb72e4ffbc71dabc7d4fc69c" },
        { ("3a1b2dbd7489d6ed7e608fd036c83af396e290dbd602408e8677daabd6e7445a"
           "d26fcba19fa3e3058ffc02ca1596cdbb6e0d20cb37b06054f7e36ded0cdbbccf"),
          ("dc9f4deada8d8ff588e98fed0ab690ffce858dc8c79376450eb6b76c24537e2c"
           "a65a9c3bc7babe286b195d5da68616da8d47fa0097f36dd19f517327dc848cec"),
          ("eace8bdbbe353c432a795d9ec556c6d021f7a03f42c36e9bc87e4ac7932cc809"
           "7081e175455f9247b812b74583e9e94f9ea79bd640dc962533b0680793a38d53"),
          ("b2da945e91858834fd9bf616ebac151edbc4b45d27d0dd4a7f6a22739f45c00b"
           "19048b63d9fd6bca1d9bae3664e1bcb97f7276c306130969f63f38fa8319021b"),
          ("2016ed092dc5fb669b8efb3d1f31a91eecb199879be0cf78f02ba062cb4c942e"
           "d0c76f84b5f091e141572a639a4fb8c230807eea7d55c8a154a224400aff2351") },
    };

    (void)state;
    for (size_t size = 0; size < 2; size++) {
        QK_OWNED(qk_key_unref) qk_key *key = dsa_key(CKO_PUBLIC_KEY, size == 1);
        for (size_t i = 0; i < COUNT(hashed); i++) {
            QK_OWNED(qk_buf_done) qk_buf signature = unhex(signatures[size][i]);
            qk_mech_use use = use_of(hashed[i]);
            assert_qk_ok(qk_crypto_verify(key, &use, qk_view_text("sample"), qk_buf_view(&signature)));
            assert_qk_err(qk_crypto_verify(key, &use, qk_view_text("simple"), qk_buf_view(&signature)),
                          QK_E_SIGNATURE_INVALID);
        }
    }
}

static void own_signatures_verify(void **state)
{
    QK_OWNED(arena_done) qk_arena arena;

    (void)state;
    qk_arena_init(&arena, 0);
    for (size_t size = 0; size < 2; size++) {
        QK_OWNED(qk_key_unref) qk_key *public_key = dsa_key(CKO_PUBLIC_KEY, size == 1);
        QK_OWNED(qk_key_unref) qk_key *private_key = dsa_key(CKO_PRIVATE_KEY, size == 1);
        for (size_t i = 0; i <= COUNT(hashed); i++) {
            qk_mech_use use = use_of(i < COUNT(hashed) ? hashed[i] : CKM_DSA);
            qk_view signature;
            assert_qk_ok(qk_crypto_sign(private_key, &use, qk_view_text("sample"), &arena, &signature));
            assert_int_equal(signature.len, size == 1 ? 64 : 40);
            assert_int_equal(qk_crypto_output_len(private_key, &use, QK_SIGN, 6), signature.len);
            assert_qk_ok(qk_crypto_verify(public_key, &use, qk_view_text("sample"), signature));
        }
    }
}

/* GREP11, section 10: any length, of which the leftmost bytes count. */
static void raw_data_counts_up_to_the_order(void **state)
{
    QK_OWNED(arena_done) qk_arena arena;
    QK_OWNED(qk_key_unref) qk_key *public_key = dsa_key(CKO_PUBLIC_KEY, false);
    QK_OWNED(qk_key_unref) qk_key *private_key = dsa_key(CKO_PRIVATE_KEY, false);
    uint8_t data[64] = { 1, 2, 3 };
    qk_mech_use use = use_of(CKM_DSA);
    qk_view signature;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_qk_ok(qk_crypto_sign(private_key, &use, qk_view_of(data, 28), &arena, &signature));
    data[20] = 0xff;
    assert_qk_ok(qk_crypto_verify(public_key, &use, qk_view_of(data, 64), signature));
    data[19] ^= 1;
    assert_qk_err(qk_crypto_verify(public_key, &use, qk_view_of(data, 64), signature), QK_E_SIGNATURE_INVALID);
}

static void changed_signatures_are_refused(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *key = dsa_key(CKO_PUBLIC_KEY, false);
    QK_OWNED(qk_buf_done)
    qk_buf signature = unhex("2e1a0c2562b2912caaf89186fb0f42001585da5529efb6b0aff2d7a68eb70ca313022253b9a88df5");
    qk_mech_use use = use_of(CKM_DSA_SHA1);

    (void)state;
    for (size_t bit = 0; bit < 8 * signature.len; bit++) {
        signature.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_qk_err(qk_crypto_verify(key, &use, qk_view_text("sample"), qk_buf_view(&signature)),
                      QK_E_SIGNATURE_INVALID);
        signature.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_qk_err(qk_crypto_verify(key, &use, qk_view_text("sample"), qk_view_of(signature.data, 39)),
                  QK_E_SIGNATURE_LENGTH);
    memset(signature.data, 0, signature.len);
    assert_qk_err(qk_crypto_verify(key, &use, qk_view_text("sample"), qk_buf_view(&signature)), QK_E_SIGNATURE_INVALID);
}

static void the_halves_of_a_pair_do_one_thing_each(void **state)
{
    QK_OWNED(arena_done) qk_arena arena;
    QK_OWNED(qk_key_unref) qk_key *public_key = dsa_key(CKO_PUBLIC_KEY, false);
    qk_mech_use use = use_of(CKM_DSA_SHA1), ecdsa = use_of(CKM_ECDSA_SHA1);
    qk_view signature;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_qk_err(qk_crypto_sign(public_key, &use, qk_view_text("sample"), &arena, &signature), QK_E_KEY_TYPE);
    assert_qk_err(qk_crypto_verify(public_key, &ecdsa, qk_view_text("sample"), qk_view_text("x")), QK_E_KEY_TYPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_signatures_verify),
        cmocka_unit_test(own_signatures_verify),
        cmocka_unit_test(raw_data_counts_up_to_the_order),
        cmocka_unit_test(changed_signatures_are_refused),
        cmocka_unit_test(the_halves_of_a_pair_do_one_thing_each),
    };

    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
