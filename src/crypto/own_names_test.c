/* SPDX-License-Identifier: Apache-2.0 */
/* In a host whose engine is the default for every type of key that OpenSSL knows, ours works all the same. */
#define OPENSSL_SUPPRESS_DEPRECATED /* engines are */
#include <openssl/engine.h>
#include <openssl/evp.h>

#include "crypto/openssl.h"
#include "crypto/own_names.h"
#include "crypto/key/pair_testing.h"

#ifndef OPENSSL_NO_ENGINE

static const int engine_types[] = { EVP_PKEY_RSA, EVP_PKEY_EC, EVP_PKEY_ED25519, EVP_PKEY_ED448 };
static unsigned asked;

static int refuse(EVP_PKEY_CTX *context)
{
    (void)context;
    asked++;
    return 0;
}

static EVP_PKEY_METHOD *methods[COUNT(engine_types)];

/* The engine's answer to what types it knows, and to what it does with one. */
static int methods_of_engine(ENGINE *engine, EVP_PKEY_METHOD **out, const int **out_types, int type)
{
    (void)engine;
    if (!out) {
        *out_types = engine_types;
        return COUNT(engine_types);
    }
    for (size_t i = 0; i < COUNT(engine_types); i++)
        if (engine_types[i] == type) {
            *out = methods[i];
            return 1;
        }
    return 0;
}

static ENGINE *become_default(void)
{
    ENGINE *engine = ENGINE_new();

    for (size_t i = 0; i < COUNT(engine_types); i++) {
        methods[i] = EVP_PKEY_meth_new(engine_types[i], 0);
        EVP_PKEY_meth_set_init(methods[i], refuse);
    }
    assert_true(ENGINE_set_id(engine, "grabs-all") && ENGINE_set_name(engine, "refuses every key"));
    assert_true(ENGINE_set_pkey_meths(engine, methods_of_engine));
    assert_true(ENGINE_set_default_pkey_meths(engine));
    return engine;
}

static void sign_and_verify(CK_MECHANISM_TYPE type, const qk_key *private_key, const qk_key *public_key)
{
    QK_OWNED(arena_done) qk_arena arena;
    qk_mech_use use = use_of(type);
    qk_view signature;

    qk_arena_init(&arena, 0);
    assert_qk_ok(qk_crypto_sign(private_key, &use, QK_VIEW_LITERAL("message"), &arena, &signature));
    assert_qk_ok(qk_crypto_verify(public_key, &use, QK_VIEW_LITERAL("message"), signature));
}

static void sign_with_new_pair(CK_MECHANISM_TYPE generation, const char *curve, CK_MECHANISM_TYPE mechanism)
{
    QK_OWNED(qk_key_unref) qk_key *public_key = NULL, *private_key = NULL;

    if (curve)
        assert_qk_ok(try_ec_pair(generation, curve, &public_key, &private_key));
    else
        make_rsa_pair(2048, &public_key, &private_key);
    sign_and_verify(mechanism, private_key, public_key);
}

static void an_engine_of_the_host_never_sees_our_keys(void **state)
{
    ENGINE *engine = become_default();
    EVP_PKEY_CTX *theirs;

    (void)state;
    sign_with_new_pair(CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, CKM_SHA256_RSA_PKCS);
    sign_with_new_pair(CKM_EC_KEY_PAIR_GEN, "P-256", CKM_ECDSA_SHA256);
    sign_with_new_pair(CKM_EC_EDWARDS_KEY_PAIR_GEN, "edwards25519", CKM_EDDSA);
    assert_int_equal(asked, 0);

    theirs = EVP_PKEY_CTX_new_from_name(qk_openssl(), "RSA", NULL); /* the engine would have */
    assert_null(theirs);
    assert_true(asked > 0);
    ENGINE_unregister_pkey_meths(engine);
    ENGINE_free(engine);
}

#endif

static void every_name_of_ours_is_known(void **state)
{
    static const char *const types[] = { "RSA", "EC", "ED25519", "ED448", "X25519", "X448", "DSA", "DH", "DHX" };

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        EVP_KEYMGMT *known = EVP_KEYMGMT_fetch(qk_openssl(), qk_own_name(types[i]), NULL);
        assert_string_not_equal(qk_own_name(types[i]), types[i]);
        assert_non_null(known);
        assert_false(EVP_KEYMGMT_is_a(known, types[i]));
        EVP_KEYMGMT_free(known);
    }
}

static void other_names_stay(void **state)
{
    (void)state;
    assert_string_equal(qk_own_name("ML-KEM-768"), "ML-KEM-768");
    assert_string_equal(qk_own_name("RSA-PSS"), "RSA-PSS");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_of_ours_is_known),
        cmocka_unit_test(other_names_stay),
#ifndef OPENSSL_NO_ENGINE
        cmocka_unit_test(an_engine_of_the_host_never_sees_our_keys),
#endif
    };
    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
