/* SPDX-License-Identifier: Apache-2.0 */
/* RSA keys: made, read, written, described. Source: RFC 8017, appendix A.1. */

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include "crypto/bn.h"
#include "crypto/engine.h"
#include "crypto/key/key_family.h"
#include "crypto/own_names.h"
#include "crypto/rsa/rsa_parts.h"
#include "crypto/rsa/rsa_x931_gen.h"

enum { MIN_BITS = 1024, MAX_BITS = 8192, MIN_EXPONENT = 17, DEFAULT_EXPONENT = 65537 };

/* clang-format off */
/* In the order of the QK_RSA_... numbers, which is that of RSAPrivateKey. */
static const CK_ATTRIBUTE_TYPE part_attributes[QK_RSA_PARTS] = {
    CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2, CKA_EXPONENT_1, CKA_EXPONENT_2,
    CKA_COEFFICIENT,
};
static const char *const part_names[QK_RSA_PARTS] = {
    OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1,
    OSSL_PKEY_PARAM_RSA_FACTOR2, OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
    OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
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

/* Checks, completes and builds. */
static qk_err key_of_parts(CK_OBJECT_CLASS class, qk_rsa_parts *parts, qk_key **out_key)
{
    QK_OWNED(qk_key_unref) qk_key *key = NULL;

    if (class == CKO_PRIVATE_KEY)
        QK_TRY(qk_rsa_parts_complete(parts));
    QK_TRY(qk_rsa_parts_check_public(parts));
    QK_TRY(qk_key_new(class, CKK_RSA, &key));
    QK_TRY(qk_bn_build_key("RSA", class == CKO_PRIVATE_KEY ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, part_names,
                           parts->part, parts_of_class(class), &key->pkey));
    key->bits = (unsigned)BN_num_bits(parts->part[QK_RSA_N]);
    *out_key = key;
    key = NULL;
    return QK_OK;
}

/* ---- DER ---- */

/* NULL, as RFC 3279, 2.3.1, wants it. */
static bool parameters_fit(const qk_algorithm *algorithm)
{
    qk_view rest = algorithm->parameters, content;

    return qk_der_take(&rest, QK_DER_NULL, &content) && content.len == 0 && rest.len == 0;
}

static qk_err write_parameters(const qk_key *key, qk_der_writer *writer)
{
    (void)key;
    qk_der_put_element(writer, QK_DER_NULL, QK_VIEW_NONE);
    return QK_OK;
}

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

static qk_err read_private(const qk_algorithm *algorithm, qk_view body, qk_view outer_public, qk_key **out_key)
{
    QK_OWNED(qk_rsa_parts_done) qk_rsa_parts parts = { { NULL } };
    qk_view numbers;

    (void)outer_public;
    if (!parameters_fit(algorithm) || !qk_der_take(&body, QK_DER_SEQUENCE, &numbers) || body.len != 0 ||
        !qk_der_take_small(&numbers, 0))
        return qk_fail(QK_E_WRAPPED_KEY, "no RSAPrivateKey of two primes");
    QK_TRY(read_parts(numbers, QK_RSA_PARTS, QK_E_WRAPPED_KEY, &parts));
    return key_of_parts(CKO_PRIVATE_KEY, &parts, out_key);
}

static qk_err read_public(const qk_algorithm *algorithm, qk_view body, qk_key **out_key)
{
    QK_OWNED(qk_rsa_parts_done) qk_rsa_parts parts = { { NULL } };
    qk_view numbers;

    if (!parameters_fit(algorithm) || !qk_der_take(&body, QK_DER_SEQUENCE, &numbers) || body.len != 0)
        return qk_fail(QK_E_PUBLIC_KEY_INVALID, "no RSAPublicKey");
    QK_TRY(read_parts(numbers, QK_RSA_E + 1, QK_E_PUBLIC_KEY_INVALID, &parts));
    return key_of_parts(CKO_PUBLIC_KEY, &parts, out_key);
}

static qk_err write_parts(const qk_key *key, unsigned count, qk_der_writer *writer)
{
    QK_OWNED(qk_secret_free) qk_secret number = QK_SECRET_NONE;

    while (count-- > 0) {
        QK_TRY(qk_bn_of_key(key->pkey, part_names[count], &number));
        qk_der_put_uint(writer, qk_secret_reveal(&number));
    }
    return QK_OK;
}

static qk_err write_private(const qk_key *key, qk_der_writer *writer)
{
    const uint8_t *end = writer->place;

    QK_TRY(write_parts(key, QK_RSA_PARTS, writer));
    qk_der_put_small(writer, 0);
    qk_der_wrap(writer, QK_DER_SEQUENCE, end);
    return QK_OK;
}

static qk_err write_public(const qk_key *key, qk_der_writer *writer)
{
    const uint8_t *end = writer->place;

    QK_TRY(write_parts(key, QK_RSA_E + 1, writer));
    qk_der_wrap(writer, QK_DER_SEQUENCE, end);
    return QK_OK;
}

/* ---- attributes ---- */

static qk_err from_attrs(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const qk_attrs *attrs, qk_key **out_key)
{
    QK_OWNED(qk_rsa_parts_done) qk_rsa_parts parts = { { NULL } };

    (void)type;
    if (class == CKO_DOMAIN_PARAMETERS)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "there are no domain parameters of RSA");
    for (unsigned i = 0; i < parts_of_class(class); i++)
        QK_TRY(qk_rsa_parts_set(&parts, i, qk_attrs_view(attrs, part_attributes[i])));
    QK_TRY(key_of_parts(class, &parts, out_key));
    CK_ULONG bits = qk_attrs_ulong(attrs, CKA_MODULUS_BITS, (*out_key)->bits);
    if (bits != (*out_key)->bits) {
        unsigned true_bits = (*out_key)->bits;
        qk_key_unref(out_key);
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "CKA_MODULUS_BITS says %lu, CKA_MODULUS has %u", bits, true_bits);
    }
    return QK_OK;
}

static qk_err describe(const qk_key *key, qk_attrs *attrs)
{
    QK_OWNED(qk_secret_free) qk_secret number = QK_SECRET_NONE;

    for (unsigned i = 0; i <= QK_RSA_E; i++) {
        QK_TRY(qk_bn_of_key(key->pkey, part_names[i], &number));
        QK_TRY(qk_attrs_set(attrs, part_attributes[i], qk_secret_reveal(&number)));
    }
    if (key->class == CKO_PUBLIC_KEY)
        QK_TRY(qk_attrs_set_ulong(attrs, CKA_MODULUS_BITS, key->bits));
    return QK_OK;
}

static qk_err reveal(const qk_key *key, CK_ATTRIBUTE_TYPE type, qk_secret *out_value)
{
    for (unsigned i = QK_RSA_D; i < QK_RSA_PARTS; i++)
        if (part_attributes[i] == type)
            return qk_bn_of_key(key->pkey, part_names[i], out_value);
    return qk_fail(QK_E_ATTRIBUTE_TYPE, "an RSA private key has no secret attribute 0x%lx", type);
}

static const uint8_t oid[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };

const qk_key_family qk_family_rsa = {
    .oid = { oid, sizeof(oid) },
    .from_attrs = from_attrs,
    .describe = describe,
    .reveal = reveal,
    .read_private = read_private,
    .read_public = read_public,
    .write_private = write_private,
    .write_public = write_public,
    .write_parameters = write_parameters,
};

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
        if (EVP_PKEY_get_bn_param(private_key->pkey, part_names[i], &parts.part[i]) <= 0)
            return qk_openssl_fail(QK_E_FUNCTION_FAILED, "RSA key");
    return key_of_parts(CKO_PUBLIC_KEY, &parts, out_key);
}

/* ANSI X9.31: moduli of 1024 + 256 n bits, and primes of its own. */
static qk_err generate_x931(CK_ULONG bits, const BIGNUM *exponent, qk_key **out_key)
{
    QK_OWNED(qk_rsa_parts_done) qk_rsa_parts parts = { { NULL } };

    if (bits % 256 != 0)
        return qk_fail(QK_E_KEY_SIZE, "X9.31 keys have 1024 bits and a multiple of 256 more, not %lu", bits);
    parts.part[QK_RSA_E] = BN_dup(exponent);
    if (!parts.part[QK_RSA_E])
        return qk_bn_no_memory();
    QK_TRY(qk_x931_primes((int)bits, exponent, &parts.part[QK_RSA_P], &parts.part[QK_RSA_Q]));
    return key_of_parts(CKO_PRIVATE_KEY, &parts, out_key);
}

static qk_err generate_usual(CK_ULONG bits, BIGNUM *exponent, qk_key **out_key)
{
    QK_OWNED(qk_key_unref) qk_key *key = NULL;

    QK_TRY(qk_key_new(CKO_PRIVATE_KEY, CKK_RSA, &key));
    key->bits = (unsigned)bits;
    QK_TRY(generate_pkey(bits, exponent, &key->pkey));
    *out_key = key;
    key = NULL;
    return QK_OK;
}

static qk_err generate_pair(const qk_mech_use *use, const qk_attrs *public_template, qk_key **out_public,
                            qk_key **out_private)
{
    QK_OWNED(qk_bn_wipe) BIGNUM *exponent = NULL;
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    CK_ULONG bits = qk_attrs_ulong(public_template, CKA_MODULUS_BITS, 0);

    if (bits == 0 && !qk_attrs_find(public_template, CKA_MODULUS_BITS))
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "RSA key generation: CKA_MODULUS_BITS is missing");
    param_number(public_template, CKA_PUBLIC_EXPONENT, DEFAULT_EXPONENT, &exponent);
    QK_TRY(check_generation(bits, exponent));
    QK_TRY(use->mech->type == CKM_RSA_X9_31_KEY_PAIR_GEN ? generate_x931(bits, exponent, &key)
                                                         : generate_usual(bits, exponent, &key));
    QK_TRY(public_of(key, out_public));
    *out_private = key;
    key = NULL;
    return QK_OK;
}

const qk_engine qk_engine_rsa_key_gen = { .generate_pair = generate_pair };
