/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/rsa_key.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include "crypto/engine.h"
#include "crypto/own_names.h"
#include "crypto/rsa_parts.h"

enum { MIN_BITS = 1024, MAX_BITS = 8192, MIN_EXPONENT = 17, DEFAULT_EXPONENT = 65537 };

/* clang-format off */
/* In the order of the QK_RSA_... numbers, which is that of RSAPrivateKey. */
static const struct part_row {
    CK_ATTRIBUTE_TYPE attribute;
    const char *parameter;
} part_rows[QK_RSA_PARTS] = {
    { CKA_MODULUS,          OSSL_PKEY_PARAM_RSA_N },
    { CKA_PUBLIC_EXPONENT,  OSSL_PKEY_PARAM_RSA_E },
    { CKA_PRIVATE_EXPONENT, OSSL_PKEY_PARAM_RSA_D },
    { CKA_PRIME_1,          OSSL_PKEY_PARAM_RSA_FACTOR1 },
    { CKA_PRIME_2,          OSSL_PKEY_PARAM_RSA_FACTOR2 },
    { CKA_EXPONENT_1,       OSSL_PKEY_PARAM_RSA_EXPONENT1 },
    { CKA_EXPONENT_2,       OSSL_PKEY_PARAM_RSA_EXPONENT2 },
    { CKA_COEFFICIENT,      OSSL_PKEY_PARAM_RSA_COEFFICIENT1 },
};
/* clang-format on */

static unsigned parts_of_class(CK_OBJECT_CLASS class)
{
    return class == CKO_PRIVATE_KEY ? QK_RSA_PARTS : QK_RSA_E + 1;
}

static void context_free(EVP_PKEY_CTX **context)
{
    EVP_PKEY_CTX_free(*context);
}

static void bn_wipe(BIGNUM **bn)
{
    BN_clear_free(*bn);
}

/* The EVP_PKEY of complete parts. OpenSSL's parameter builder would leave copies of the primes in freed memory, so the
 * parameters are laid out in a secret of ours, in the host's byte order. */
static qk_err build(CK_OBJECT_CLASS class, const qk_rsa_parts *parts, EVP_PKEY **out_pkey)
{
    QK_OWNED(qk_secret_free) qk_secret numbers = QK_SECRET_NONE;
    QK_OWNED(context_free) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(qk_openssl(), qk_own_name("RSA"), NULL);
    OSSL_PARAM params[QK_RSA_PARTS + 1];
    unsigned count = parts_of_class(class);
    size_t total = 0;

    for (unsigned i = 0; i < count; i++)
        total += (size_t)BN_num_bytes(parts->part[i]);
    QK_TRY(qk_secret_new(total, &numbers));
    uint8_t *place = qk_secret_fill(&numbers);
    for (unsigned i = 0; i < count; i++) {
        int len = BN_num_bytes(parts->part[i]);
        if (BN_bn2nativepad(parts->part[i], place, len) != len)
            return qk_openssl_fail(QK_E_FUNCTION_FAILED, "RSA key");
        params[i] = OSSL_PARAM_construct_BN(part_rows[i].parameter, place, (size_t)len);
        place += len;
    }
    params[count] = OSSL_PARAM_construct_end();
    if (!context || EVP_PKEY_fromdata_init(context) <= 0 ||
        EVP_PKEY_fromdata(context, out_pkey, class == CKO_PRIVATE_KEY ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                          params) <= 0)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "RSA key");
    return QK_OK;
}

/* Checks, completes and builds. */
static qk_err key_of_parts(CK_OBJECT_CLASS class, qk_rsa_parts *parts, qk_key **out_key)
{
    QK_OWNED(qk_key_unref) qk_key *key = NULL;

    if (class == CKO_PRIVATE_KEY)
        QK_TRY(qk_rsa_parts_complete(parts));
    QK_TRY(qk_rsa_parts_check_public(parts));
    QK_TRY(qk_key_new(class, CKK_RSA, &key));
    QK_TRY(build(class, parts, &key->pkey));
    key->bits = (unsigned)BN_num_bits(parts->part[QK_RSA_N]);
    *out_key = key;
    key = NULL;
    return QK_OK;
}

/* ---- DER ---- */

static qk_err read_parts(qk_view numbers, unsigned count, qk_err malformed, qk_rsa_parts *parts)
{
    for (unsigned i = 0; i < count; i++) {
        qk_view magnitude;
        if (!qk_der_take_uint(&numbers, &magnitude) || magnitude.len == 0)
            return qk_fail(malformed, "RSA key: integer %u is malformed", i + 1);
        QK_TRY(qk_rsa_parts_set(parts, i, magnitude));
    }
    return numbers.len == 0 ? QK_OK : qk_fail(malformed, "RSA key: bytes follow the last integer");
}

qk_err qk_rsa_read_private(qk_view body, qk_key **out_key)
{
    QK_OWNED(qk_rsa_parts_done) qk_rsa_parts parts = { { NULL } };
    qk_view numbers;

    if (!qk_der_take(&body, QK_DER_SEQUENCE, &numbers) || body.len != 0 || !qk_der_take_small(&numbers, 0))
        return qk_fail(QK_E_WRAPPED_KEY, "no RSAPrivateKey of two primes");
    QK_TRY(read_parts(numbers, QK_RSA_PARTS, QK_E_WRAPPED_KEY, &parts));
    return key_of_parts(CKO_PRIVATE_KEY, &parts, out_key);
}

qk_err qk_rsa_read_public(qk_view body, qk_key **out_key)
{
    QK_OWNED(qk_rsa_parts_done) qk_rsa_parts parts = { { NULL } };
    qk_view numbers;

    if (!qk_der_take(&body, QK_DER_SEQUENCE, &numbers) || body.len != 0)
        return qk_fail(QK_E_PUBLIC_KEY_INVALID, "no RSAPublicKey");
    QK_TRY(read_parts(numbers, QK_RSA_E + 1, QK_E_PUBLIC_KEY_INVALID, &parts));
    return key_of_parts(CKO_PUBLIC_KEY, &parts, out_key);
}

/* One integer of a key as big endian bytes. */
static qk_err part_bytes(const qk_key *key, unsigned which, qk_secret *out_bytes)
{
    QK_OWNED(bn_wipe) BIGNUM *number = NULL;
    QK_OWNED(qk_secret_free) qk_secret bytes = QK_SECRET_NONE;

    if (EVP_PKEY_get_bn_param(key->pkey, part_rows[which].parameter, &number) <= 0)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "RSA key");
    QK_TRY(qk_secret_new((size_t)BN_num_bytes(number), &bytes));
    if (BN_bn2binpad(number, qk_secret_fill(&bytes), (int)bytes.len) < 0)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "RSA key");
    qk_secret_give(&bytes, out_bytes);
    return QK_OK;
}

static qk_err write_parts(const qk_key *key, unsigned count, qk_der_writer *writer)
{
    QK_OWNED(qk_secret_free) qk_secret number = QK_SECRET_NONE;

    while (count-- > 0) {
        QK_TRY(part_bytes(key, count, &number));
        qk_der_put_uint(writer, qk_secret_reveal(&number));
    }
    return QK_OK;
}

qk_err qk_rsa_write_private(const qk_key *key, qk_der_writer *writer)
{
    const uint8_t *end = writer->place;

    QK_TRY(write_parts(key, QK_RSA_PARTS, writer));
    qk_der_put_small(writer, 0);
    qk_der_wrap(writer, QK_DER_SEQUENCE, end);
    return QK_OK;
}

qk_err qk_rsa_write_public(const qk_key *key, qk_der_writer *writer)
{
    const uint8_t *end = writer->place;

    QK_TRY(write_parts(key, QK_RSA_E + 1, writer));
    qk_der_wrap(writer, QK_DER_SEQUENCE, end);
    return QK_OK;
}

/* ---- attributes ---- */

qk_err qk_rsa_from_attrs(CK_OBJECT_CLASS class, const qk_attrs *attrs, qk_key **out_key)
{
    QK_OWNED(qk_rsa_parts_done) qk_rsa_parts parts = { { NULL } };

    for (unsigned i = 0; i < parts_of_class(class); i++)
        QK_TRY(qk_rsa_parts_set(&parts, i, qk_attrs_view(attrs, part_rows[i].attribute)));
    QK_TRY(key_of_parts(class, &parts, out_key));
    CK_ULONG bits = qk_attrs_ulong(attrs, CKA_MODULUS_BITS, (*out_key)->bits);
    if (bits != (*out_key)->bits) {
        unsigned true_bits = (*out_key)->bits;
        qk_key_unref(out_key);
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "CKA_MODULUS_BITS says %lu, CKA_MODULUS has %u", bits, true_bits);
    }
    return QK_OK;
}

qk_err qk_rsa_describe(const qk_key *key, qk_attrs *attrs)
{
    QK_OWNED(qk_secret_free) qk_secret number = QK_SECRET_NONE;

    for (unsigned i = 0; i <= QK_RSA_E; i++) {
        QK_TRY(part_bytes(key, i, &number));
        QK_TRY(qk_attrs_set(attrs, part_rows[i].attribute, qk_secret_reveal(&number)));
    }
    if (key->class == CKO_PUBLIC_KEY)
        QK_TRY(qk_attrs_set_ulong(attrs, CKA_MODULUS_BITS, key->bits));
    return QK_OK;
}

qk_err qk_rsa_reveal(const qk_key *key, CK_ATTRIBUTE_TYPE type, qk_secret *out_value)
{
    for (unsigned i = QK_RSA_D; i < QK_RSA_PARTS; i++)
        if (part_rows[i].attribute == type)
            return part_bytes(key, i, out_value);
    return qk_fail(QK_E_ATTRIBUTE_TYPE, "an RSA private key has no secret attribute 0x%lx", type);
}

/* ---- generation ---- */

static void param_number(const qk_attrs *attrs, CK_ATTRIBUTE_TYPE type, BN_ULONG fallback, BIGNUM **out)
{
    qk_view given = qk_attrs_view(attrs, type);

    *out = given.len == 0 ? BN_new() : given.len <= MAX_BITS / 8 ? BN_bin2bn(given.data, (int)given.len, NULL) : NULL;
    if (*out && given.len == 0 && !BN_set_word(*out, fallback)) {
        BN_free(*out);
        *out = NULL;
    }
}

/* GREP11 refuses exponents below 17 (protocol page, section 10). */
static qk_err check_generation(CK_ULONG bits, const BIGNUM *exponent)
{
    if (bits < MIN_BITS || bits > MAX_BITS || bits % 2 != 0)
        return qk_fail(QK_E_KEY_SIZE, "RSA key of %lu bits; an even number from %d to %d is allowed", bits, MIN_BITS,
                       MAX_BITS);
    if (!exponent || !BN_is_odd(exponent) || BN_num_bits(exponent) > 64 ||
        (BN_num_bits(exponent) <= 5 && BN_get_word(exponent) < MIN_EXPONENT))
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "CKA_PUBLIC_EXPONENT: an odd number from %d to 64 bits is allowed",
                       MIN_EXPONENT);
    return QK_OK;
}

static qk_err generate_pkey(CK_ULONG bits, BIGNUM *exponent, EVP_PKEY **out_pkey)
{
    QK_OWNED(context_free) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(qk_openssl(), qk_own_name("RSA"), NULL);
    uint8_t e[8];
    size_t modulus_bits = bits;
    OSSL_PARAM params[] = { OSSL_PARAM_construct_size_t(OSSL_PKEY_PARAM_RSA_BITS, &modulus_bits),
                            OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, e, sizeof(e)), OSSL_PARAM_construct_end() };

    if (!context || BN_bn2nativepad(exponent, e, sizeof(e)) < 0 || EVP_PKEY_keygen_init(context) <= 0 ||
        EVP_PKEY_CTX_set_params(context, params) <= 0 || EVP_PKEY_generate(context, out_pkey) <= 0)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "RSA key generation");
    return QK_OK;
}

/* The public half as a key of its own, which holds no private number. */
static qk_err public_of(const qk_key *private_key, qk_key **out_key)
{
    QK_OWNED(qk_rsa_parts_done) qk_rsa_parts parts = { { NULL } };

    for (unsigned i = 0; i <= QK_RSA_E; i++)
        if (EVP_PKEY_get_bn_param(private_key->pkey, part_rows[i].parameter, &parts.part[i]) <= 0)
            return qk_openssl_fail(QK_E_FUNCTION_FAILED, "RSA key");
    return key_of_parts(CKO_PUBLIC_KEY, &parts, out_key);
}

static qk_err generate_pair(const qk_mech_use *use, const qk_attrs *public_template, qk_key **out_public,
                            qk_key **out_private)
{
    QK_OWNED(bn_wipe) BIGNUM *exponent = NULL;
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    CK_ULONG bits = qk_attrs_ulong(public_template, CKA_MODULUS_BITS, 0);

    (void)use;
    if (bits == 0 && !qk_attrs_find(public_template, CKA_MODULUS_BITS))
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "RSA key generation: CKA_MODULUS_BITS is missing");
    param_number(public_template, CKA_PUBLIC_EXPONENT, DEFAULT_EXPONENT, &exponent);
    QK_TRY(check_generation(bits, exponent));
    QK_TRY(qk_key_new(CKO_PRIVATE_KEY, CKK_RSA, &key));
    key->bits = (unsigned)bits;
    QK_TRY(generate_pkey(bits, exponent, &key->pkey));
    QK_TRY(public_of(key, out_public));
    *out_private = key;
    key = NULL;
    return QK_OK;
}

const qk_engine qk_engine_rsa_key_gen = { .generate_pair = generate_pair };
