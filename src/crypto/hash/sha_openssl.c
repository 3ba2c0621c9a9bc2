/* SPDX-License-Identifier: Apache-2.0 */
/* Whole blocks of SHA-1 and SHA-2 by OpenSSL's older interface, whose contexts are open: chaining values go in and come
 * out, so a state can travel, and the work is done by OpenSSL's assembly, five to fifteen times as fast as portable C.
 * That interface is deprecated, and a build of OpenSSL may lack it: then sha1.c and sha2.c do it (meson.build). */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/hash/sha.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#define COPY(to, from, words)                                                                                          \
    for (int i = 0; i < (words); i++)                                                                                  \
    (to)[i] = (from)[i]

void qk_sha1_compress_openssl(qk_sha_chain *chain, const uint8_t *data, size_t blocks)
{
    SHA_CTX context = {
        .h0 = chain->w32[0], .h1 = chain->w32[1], .h2 = chain->w32[2], .h3 = chain->w32[3], .h4 = chain->w32[4]
    };

    (void)SHA1_Update(&context, data, blocks * 64); /* cannot fail */
    chain->w32[0] = context.h0;
    chain->w32[1] = context.h1;
    chain->w32[2] = context.h2;
    chain->w32[3] = context.h3;
    chain->w32[4] = context.h4;
    OPENSSL_cleanse(&context, sizeof context);
}

void qk_sha256_compress_openssl(qk_sha_chain *chain, const uint8_t *data, size_t blocks)
{
    SHA256_CTX context = { .md_len = SHA256_DIGEST_LENGTH };

    COPY(context.h, chain->w32, 8);
    (void)SHA256_Update(&context, data, blocks * 64);
    COPY(chain->w32, context.h, 8);
    OPENSSL_cleanse(&context, sizeof context);
}

void qk_sha512_compress_openssl(qk_sha_chain *chain, const uint8_t *data, size_t blocks)
{
    SHA512_CTX context = { .md_len = SHA512_DIGEST_LENGTH };

    COPY(context.h, chain->w64, 8);
    (void)SHA512_Update(&context, data, blocks * 128);
    COPY(chain->w64, context.h, 8);
    OPENSSL_cleanse(&context, sizeof context);
}
