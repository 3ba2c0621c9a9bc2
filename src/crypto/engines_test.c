/* SPDX-License-Identifier: Apache-2.0 */
/* Joins what the mechanism table says with what the engines do. */
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/engine.h"
#include "crypto/key/pair_testing.h"

/* Which function of an engine a mechanism needs for each thing it does. Wrapping and unwrapping serialise a key and use
 * encryption and decryption. */
static bool does(const qk_engine *engine, unsigned function)
{
    switch (function) {
    case QK_ENCRYPT:
    case QK_WRAP:
        return engine->encrypt && engine->output_len;
    case QK_DECRYPT:
    case QK_UNWRAP:
        return engine->decrypt && engine->output_len;
    case QK_DIGEST:
        return engine->digest && engine->output_len;
    case QK_SIGN:
        return engine->sign && engine->output_len;
    case QK_VERIFY:
        return engine->verify != NULL;
    case QK_SIGN_RECOVER:
        return engine->sign_recover && engine->output_len;
    case QK_VERIFY_RECOVER:
        return engine->verify_recover && engine->output_len;
    case QK_ENCAPSULATE:
        return engine->encapsulate != NULL;
    case QK_DECAPSULATE:
        return engine->decapsulate != NULL;
    case QK_GENERATE:
        return engine->generate != NULL;
    case QK_GENERATE_PAIR:
        return engine->generate_pair != NULL;
    case QK_DERIVE:
        return engine->derive || engine->derive_keys;
    default:
        return false;
    }
}

static void every_described_mechanism_has_what_it_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < qk_mech_count; i++) {
        const qk_mech *mech = &qk_mechs[i];
        const qk_engine *engine = qk_engine_named(mech->type);
        if (!engine)
            fail_msg("%s has no engine", mech->name);
        assert_ptr_equal(qk_engine_of(mech), engine->available && !engine->available(mech) ? NULL : engine);
        for (unsigned function = 1; function <= mech->does; function <<= 1)
            if ((mech->does & function) && !does(engine, function))
                fail_msg("%s: its engine lacks function 0x%x", mech->name, function);
    }
}

/* Signatures that hash first and are no MACs end with sign_digest when they come in parts. */
static void every_hashed_signature_ends_with_a_digest(void **state)
{
    (void)state;
    for (size_t i = 0; i < qk_mech_count; i++) {
        const qk_mech *mech = &qk_mechs[i];
        const qk_engine *engine = qk_engine_named(mech->type);
        if (!(mech->does & QK_SIGN) || mech->hash == QK_NO_HASH || mech->key == QK_ANY_SECRET)
            continue;
        if (!engine->sign_digest || !engine->verify_digest)
            fail_msg("%s cannot end with a digest", mech->name);
    }
}

static void every_row_of_the_engines_is_described(void **state)
{
    size_t rows = 0;

    (void)state;
    for (; qk_engine_row(rows) != QK_NO_HASH; rows++) {
        if (!qk_mech_find(qk_engine_row(rows)))
            fail_msg("mechanism 0x%lx has an engine and no description", qk_engine_row(rows));
        for (size_t other = 0; other < rows; other++)
            assert_true(qk_engine_row(other) != qk_engine_row(rows));
    }
    assert_int_equal(rows, qk_mech_count);
}

static void every_hash_of_a_mechanism_is_available(void **state)
{
    (void)state;
    for (size_t i = 0; i < qk_mech_count; i++)
        if (qk_mechs[i].hash != QK_NO_HASH && !qk_digest_of(qk_mechs[i].hash))
            fail_msg("%s: its hash is not available", qk_mechs[i].name);
}

static void starting_again_changes_nothing(void **state)
{
    OSSL_LIB_CTX *context = qk_openssl();

    (void)state;
    assert_qk_ok(qk_crypto_start());
    assert_ptr_equal(qk_openssl(), context);
    assert_ptr_not_equal(context, NULL);
}

static void a_stopped_room_can_start_anew(void **state)
{
    (void)state;
    qk_crypto_stop();
    assert_null(qk_openssl());
    assert_null(qk_digest_of(CKM_SHA256));
    qk_crypto_stop();
    assert_qk_ok(qk_crypto_start());
    assert_non_null(qk_digest_of(CKM_SHA256));
}

/* What the parent had is leaked in the child on purpose; it ends without looking at it. */
static void a_forked_child_abandons_and_starts_anew(void **state)
{
    int status = -1;
    pid_t child = fork();

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        qk_crypto_abandon();
        bool forgotten = qk_openssl() == NULL && qk_digest_of(CKM_SHA256) == NULL;
        bool anew = qk_crypto_start() == QK_OK && qk_digest_of(CKM_SHA256) != NULL;
        qk_crypto_stop();
        _exit(forgotten && anew ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_non_null(qk_openssl());
}

static void starting_draws_no_random(void **state)
{
    (void)state;
    qk_crypto_stop();
    assert_qk_ok(qk_crypto_start());
    /* OpenSSL refuses this once a generator exists, so the entropy room could no longer put its own in front. */
    assert_int_equal(RAND_set_DRBG_type(qk_openssl(), "HASH-DRBG", NULL, NULL, "SHA2-256"), 1);
}

static void words_of_openssl_are_kept(void **state)
{
    (void)state;
    ERR_clear_error();
    ERR_raise(ERR_LIB_RSA, RSA_R_DATA_TOO_LARGE_FOR_MODULUS);
    assert_int_equal(qk_openssl_fail(QK_E_FUNCTION_FAILED, "an operation"), QK_E_FUNCTION_FAILED);
    assert_words("an operation: data too large for modulus");
    assert_int_equal(ERR_peek_error(), 0);
    assert_int_equal(qk_openssl_fail(QK_E_GENERAL, "a thing"), QK_E_GENERAL);
    ERR_raise(ERR_LIB_RSA, ERR_R_MALLOC_FAILURE);
    assert_int_equal(qk_openssl_fail(QK_E_FUNCTION_FAILED, "an operation"), QK_E_NO_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_described_mechanism_has_what_it_does),
        cmocka_unit_test(every_hashed_signature_ends_with_a_digest),
        cmocka_unit_test(every_row_of_the_engines_is_described),
        cmocka_unit_test(every_hash_of_a_mechanism_is_available),
        cmocka_unit_test(starting_again_changes_nothing),
        cmocka_unit_test(a_stopped_room_can_start_anew),
        cmocka_unit_test(a_forked_child_abandons_and_starts_anew),
        cmocka_unit_test(starting_draws_no_random),
        cmocka_unit_test(words_of_openssl_are_kept),
    };
    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
