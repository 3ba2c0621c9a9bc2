/* SPDX-License-Identifier: Apache-2.0 */
/* The generators of the private context, asked without RAND_bytes_ex: that function first takes a lock of the whole
 * process and obeys a RAND_METHOD that the host may have set. Public and private generator belong to the thread;
 * both are fed by the context's primary one. */
#include "entropy/random.h"

#include <openssl/rand.h>

#include "crypto/openssl.h"

enum { STRENGTH_BITS = 256 };

static qk_err no_random(const char *what)
{
    return qk_openssl_fail(QK_E_NO_RANDOM, what);
}

static qk_err generate(EVP_RAND_CTX *generator, uint8_t *out, size_t len)
{
    if (!generator || EVP_RAND_generate(generator, out, len, STRENGTH_BITS, 0, NULL, 0) != 1)
        return no_random("the random generator");
    return QK_OK;
}

/* NULL would mean the host's context to OpenSSL. */
static qk_err check_started(void)
{
    return qk_openssl() ? QK_OK : qk_fail(QK_E_NO_RANDOM, "randomness was asked for before it was started");
}

qk_err qk_random_bytes(uint8_t *out, size_t len)
{
    QK_TRY(check_started());
    return generate(RAND_get0_public(qk_openssl()), out, len);
}

qk_err qk_random_secret(size_t len, qk_secret *out_secret)
{
    QK_OWNED(qk_secret_free) qk_secret secret = QK_SECRET_NONE;

    QK_TRY(check_started());
    QK_TRY(qk_secret_new(len, &secret));
    QK_TRY(generate(RAND_get0_private(qk_openssl()), qk_secret_fill(&secret), len));
    *out_secret = secret;
    secret = QK_SECRET_NONE;
    return QK_OK;
}

qk_err qk_random_uuid(qk_uuid *out_uuid)
{
    uint8_t random[16];

    QK_TRY(qk_random_bytes(random, sizeof random));
    *out_uuid = qk_uuid_from_random(random);
    return QK_OK;
}

/* A reseed takes fresh entropy as well, so a caller's bytes can add but not replace. The primary generator is the one
 * that all threads see: their own reseed from it when they find that it was reseeded. */
qk_err qk_random_mix(qk_view seed)
{
    EVP_RAND_CTX *primary;

    QK_TRY(check_started());
    if (seed.len == 0)
        return QK_OK;
    primary = RAND_get0_primary(qk_openssl());
    if (!primary || EVP_RAND_reseed(primary, 0, NULL, 0, seed.data, seed.len) != 1)
        return no_random("reseeding");
    return QK_OK;
}
