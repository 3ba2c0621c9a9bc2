/* SPDX-License-Identifier: Apache-2.0 */
/* For tests that ask OpenSSL for its opinion: one of our keys as OpenSSL knows it. */
#ifndef QK_CRYPTO_THEIR_KEY_TESTING_H
#define QK_CRYPTO_THEIR_KEY_TESTING_H

#include <openssl/param_build.h>

#include "crypto/openssl.h"
#include "crypto/testing.h"

/* A copy of the key under OpenSSL's name ("RSA", "EC"), for functions that ask for it; to be freed. */
static inline EVP_PKEY *their_key(const qk_key *key, const char *type)
{
    int selection = qk_key_class(key) == CKO_PRIVATE_KEY ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(qk_openssl(), type, NULL);
    OSSL_PARAM *params = NULL;
    EVP_PKEY *theirs = NULL;

    assert_true(EVP_PKEY_todata(key->pkey, selection, &params) > 0);
    assert_true(EVP_PKEY_fromdata_init(context) > 0 && EVP_PKEY_fromdata(context, &theirs, selection, params) > 0);
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(context);
    return theirs;
}

static inline EVP_PKEY_CTX *their_context(const qk_key *key, const char *type)
{
    EVP_PKEY *theirs = their_key(key, type);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(qk_openssl(), theirs, NULL);

    EVP_PKEY_free(theirs);
    return context;
}

#endif
