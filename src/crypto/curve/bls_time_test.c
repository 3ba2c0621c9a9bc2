/* SPDX-License-Identifier: Apache-2.0 */
/* Constant time, when run under valgrind: private keys of BLS12-381 are marked undefined, so that any branch on them
 * inside blst, and any address made of them, is an error that valgrind reports. What comes out is public. Without
 * valgrind the marks do nothing, and this only checks that everything works. */
#include "crypto/curve/bls.h"
#include "crypto/key/pair_testing.h"

static qk_key *private_key(qk_view value)
{
    qk_key *key = NULL;

    assert_qk_ok(qk_key_new(CKO_PRIVATE_KEY, CKK_EC, &key));
    key->curve = qk_curve_find(QK_VIEW_LITERAL("BLS12-381"));
    assert_qk_ok(qk_bls_set_private(key, value));
    return key;
}

static void signing_steers_nothing_by_the_key(void **state)
{
    static const uint8_t first[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                     0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3 };
    uint8_t value[QK_BLS_SCALAR_LEN], signature[QK_BLS_SIGNATURE_LEN];

    (void)state;
    memset(value, 0x5a, sizeof value);
    for (int i = 0; i < 2; i++) {
        QK_OWNED(qk_key_unref) qk_key *key = private_key(i ? qk_view_of(first, 32) : qk_view_of(value, sizeof value));
        qk_ct_poison(qk_secret_reveal(&key->value).data, QK_BLS_SCALAR_LEN);
        assert_qk_ok(qk_bls_sign(key, qk_bls_suite, QK_VIEW_LITERAL("text"), signature));
        assert_qk_ok(
            qk_bls_verify(key, qk_bls_suite, QK_VIEW_LITERAL("text"), qk_view_of(signature, sizeof signature)));
        qk_ct_declassify(qk_secret_reveal(&key->value).data, QK_BLS_SCALAR_LEN);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(signing_steers_nothing_by_the_key),
    };
    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
