/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA and DSA: raw r || s of equal halves outside, OpenSSL's DER inside. Sources: FIPS 186-5, 6.4; FIPS 186-4, 4.6
 * and 4.7; PKCS #11 3.2, sections on ECDSA and DSA. */
#include <openssl/err.h>

#include "crypto/der.h"
#include "crypto/engine.h"
#include "crypto/key/pkey_ready.h"

enum { MAX_HALF = 66, MAX_DER = 2 * (MAX_HALF + 3) + 3 };

static const qk_pkey_purpose to_sign = { "signature", EVP_PKEY_sign_init };
static const qk_pkey_purpose to_verify = { "verification", EVP_PKEY_verify_init };

static qk_err check_key(const qk_key *key, const qk_mech_use *use)
{
    if (key->order_len == 0)
        return qk_fail(QK_E_KEY_TYPE, "%s needs a key on a Weierstrass curve", use->mech->name);
    return QK_OK;
}

/* The bytes that count: as many as the order has. OpenSSL cuts odd bits, as those of P-521. */
static qk_view leftmost(const qk_key *key, qk_view data)
{
    static const uint8_t none;

    return data.len == 0 ? qk_view_of(&none, 0) : qk_view_slice(data, 0, key->order_len);
}

/* Right-aligns an integer in one half of a raw signature. */
static bool put_half(uint8_t *half, size_t len, qk_view magnitude)
{
    if (magnitude.len > len)
        return false;
    memset(half, 0, len - magnitude.len);
    memcpy(half + len - magnitude.len, magnitude.data, magnitude.len);
    return true;
}

static bool raw_of_der(qk_view der, size_t half, uint8_t *out)
{
    qk_view numbers, r, s;

    return qk_der_take(&der, QK_DER_SEQUENCE, &numbers) && qk_der_take_uint(&numbers, &r) &&
           qk_der_take_uint(&numbers, &s) && put_half(out, half, r) && put_half(out + half, half, s);
}

static qk_err sign_digest(const qk_key *key, const qk_mech_use *use, qk_view digest, qk_arena *arena,
                          qk_view *out_signature)
{
    uint8_t der[MAX_DER], *signature;
    size_t der_len = sizeof(der), half;
    qk_pkey_ready *ready = NULL;

    QK_TRY(check_key(key, use));
    QK_TRY(qk_pkey_take(key, &to_sign, &ready));
    half = key->order_len;
    digest = leftmost(key, digest);
    if (EVP_PKEY_sign(ready->context, der, &der_len, digest.data, digest.len) <= 0) {
        qk_pkey_drop(ready);
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, to_sign.name);
    }
    qk_pkey_put(key, ready);
    QK_TRY(qk_arena_bytes(arena, 2 * half, &signature));
    if (!raw_of_der(qk_view_of(der, der_len), half, signature))
        return qk_fail(QK_E_FUNCTION_FAILED, "OpenSSL made a malformed signature");
    *out_signature = qk_view_of(signature, 2 * half);
    return QK_OK;
}

static qk_view der_of_raw(qk_view signature, uint8_t memory[MAX_DER])
{
    qk_der_writer writer = qk_der_writer_of(memory, MAX_DER);
    size_t half = signature.len / 2;

    qk_der_put_uint(&writer, qk_view_slice(signature, half, half));
    qk_der_put_uint(&writer, qk_view_slice(signature, 0, half));
    qk_der_wrap(&writer, QK_DER_SEQUENCE, writer.end);
    return qk_der_written(&writer);
}

/* Whatever OpenSSL says of the numbers (out of range, zero, no match), the signature is invalid: a client that changes
 * its first byte to 0xff is told so. Only a lack of memory is another failure. */
static qk_err refused(void)
{
    unsigned long error = ERR_peek_last_error();

    if (error != 0 && ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
        return qk_openssl_fail(QK_E_NO_MEMORY, to_verify.name);
    qk_openssl_forget();
    return qk_fail(QK_E_SIGNATURE_INVALID, "the signature does not belong to this message and key");
}

/* Ours always have the full length. Those of others "may have a shorter length" on elliptic curves, as long as both
 * halves are equally long: Java's lack the zeros that both halves begin with, one of four on P-521. Source: PKCS
 * #11 3.2, EC signatures. */
static bool length_fits(const qk_key *key, size_t len)
{
    size_t full = 2 * key->order_len;

    return len == full || (qk_key_type(key) == CKK_EC && len > 0 && len < full && len % 2 == 0);
}

static qk_err verify_digest(const qk_key *key, const qk_mech_use *use, qk_view digest, qk_view signature)
{
    uint8_t memory[MAX_DER];
    qk_pkey_ready *ready = NULL;
    qk_view der;
    int result;

    QK_TRY(check_key(key, use));
    if (!length_fits(key, signature.len))
        return qk_fail(QK_E_SIGNATURE_LENGTH, "a signature of %zu bytes; this key's have %zu", signature.len,
                       2 * key->order_len);
    QK_TRY(qk_pkey_take(key, &to_verify, &ready));
    digest = leftmost(key, digest);
    der = der_of_raw(signature, memory);
    result = EVP_PKEY_verify(ready->context, der.data, der.len, digest.data, digest.len);
    qk_pkey_put(key, ready);
    return result == 1 ? QK_OK : refused();
}

static size_t output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    (void)use;
    (void)input_len;
    return function == QK_SIGN ? 2 * key->order_len : 0;
}

const qk_engine qk_engine_ecdsa = {
    .sign = qk_sign_message,
    .verify = qk_verify_message,
    .sign_digest = sign_digest,
    .verify_digest = verify_digest,
    .output_len = output_len,
};
