/* SPDX-License-Identifier: Apache-2.0 */
/* TLS 1.2 and before: all secrets come out of one pseudo-random function, of a hash in 1.2, of MD5 and SHA-1 in those
 * before, which differ in nothing else. Sources: RFC 5246; RFC 2246; RFC 4346; RFC 5705; RFC 7627. */
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include "crypto/derive/derive.h"
#include "crypto/hash/hmac.h"
#include "crypto/hash/mac.h"

enum { MASTER_LEN = 48, VERSION_LEN = 2, CONNECTION_KEYS = 4 };

/* P_hash(secret, seed), RFC 5246, 5: A(i) = HMAC(secret, A(i-1)), A(0) the seed; block i is HMAC(secret, A(i) || seed).
 * The label is the seed's beginning. */
static qk_err prf(CK_MECHANISM_TYPE hash, qk_view secret, qk_view seed, qk_secret *out)
{
    QK_OWNED(qk_secret_free) qk_secret block = QK_SECRET_NONE, a = QK_SECRET_NONE;
    size_t len;

    QK_TRY(qk_secret_new(EVP_MAX_MD_SIZE, &block));
    QK_TRY(qk_secret_new(EVP_MAX_MD_SIZE, &a));
    QK_TRY(qk_hmac_pieces(hash, secret, &seed, 1, qk_secret_fill(&a), &len));
    for (size_t done = 0; done < out->len; done += len) {
        qk_view pieces[] = { qk_view_slice(qk_secret_reveal(&a), 0, len), seed };
        QK_TRY(qk_hmac_pieces(hash, secret, pieces, 2, qk_secret_fill(&block), &len));
        memcpy(qk_secret_fill(out) + done, qk_secret_reveal(&block).data,
               len < out->len - done ? len : out->len - done);
        QK_TRY(qk_hmac_pieces(hash, secret, pieces, 1, qk_secret_fill(&a), &len));
    }
    return QK_OK;
}

static void context_free(EVP_KDF_CTX **context)
{
    EVP_KDF_CTX_free(*context);
}

/* The function of TLS 1.0 and 1.1, P_MD5 of the secret's first half and P_SHA1 of its second, is OpenSSL's: MD5 has no
 * other place here. RFC 2246, 5. */
static EVP_KDF_CTX *old_prf_new(void)
{
    EVP_KDF *kdf = EVP_KDF_fetch(qk_openssl(), "TLS1-PRF", NULL);
    EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char[]){ "MD5-SHA1" }, 0),
                            OSSL_PARAM_construct_end() };

    EVP_KDF_free(kdf);
    if (context && EVP_KDF_CTX_set_params(context, params) > 0)
        return context;
    EVP_KDF_CTX_free(context);
    return NULL;
}

static qk_err old_prf(qk_view secret, qk_view seed, qk_secret *out)
{
    QK_OWNED(context_free) EVP_KDF_CTX *context = old_prf_new();
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, (void *)(uintptr_t)secret.data, secret.len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, (void *)(uintptr_t)seed.data, seed.len),
        OSSL_PARAM_construct_end()
    };

    if (!context || EVP_KDF_derive(context, qk_secret_fill(out), out->len, params) <= 0)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "the pseudo-random function of TLS 1.0");
    return QK_OK;
}

/* Some builds of OpenSSL have no MD5. */
static bool available(const qk_mech *mech)
{
    QK_OWNED(context_free) EVP_KDF_CTX *context = mech->flags & QK_MECH_LEGACY ? old_prf_new() : NULL;

    qk_openssl_forget();
    return context || !(mech->flags & QK_MECH_LEGACY);
}

static qk_err prf_of(const qk_key *base, const qk_mech_use *use, const qk_buf *seed, size_t len, qk_secret *out)
{
    if (use->tls.hash != CKM_TLS_PRF && !qk_digest_of(use->tls.hash))
        return qk_fail(QK_E_MECHANISM_PARAM, "%s: hash 0x%lx is not there", use->mech->name, use->tls.hash);
    QK_TRY(qk_buf_check(seed));
    QK_TRY(qk_secret_new(len, out));
    return use->tls.hash == CKM_TLS_PRF ? old_prf(qk_secret_reveal(&base->value), qk_buf_view(seed), out)
                                        : prf(use->tls.hash, qk_secret_reveal(&base->value), qk_buf_view(seed), out);
}

/* ---- master secrets ---- */

/* Those that begin with a version are as long as a master secret. */
static bool has_version(const qk_mech *mech)
{
    return mech->type == CKM_TLS12_MASTER_KEY_DERIVE || mech->type == CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE ||
           mech->type == CKM_TLS_MASTER_KEY_DERIVE;
}

static qk_err check_master(const qk_key *base, const qk_mech_use *use, const qk_key_wanted *wanted)
{
    if (has_version(use->mech) && base->value.len != MASTER_LEN)
        return qk_fail(QK_E_KEY_SIZE, "%s needs a pre-master secret of 48 bytes", use->mech->name);
    if (wanted->type != CKK_GENERIC_SECRET || (wanted->len != 0 && wanted->len != MASTER_LEN))
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "a master secret is a generic secret of 48 bytes");
    return QK_OK;
}

/* RFC 5246, 8.1; RFC 7627, 4. */
static qk_err derive_master(const qk_key *base, const qk_mech_use *use, const qk_key_wanted *wanted, qk_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    QK_OWNED(qk_buf_done) qk_buf seed = QK_BUF_NONE;

    QK_TRY(check_master(base, use, wanted));
    if (use->mech->param == QK_PARAM_TLS_EXTENDED_MASTER) {
        qk_buf_put_text(&seed, "extended master secret");
        qk_buf_put(&seed, use->tls.context);
    } else {
        qk_buf_put_text(&seed, "master secret");
        qk_buf_put(&seed, use->tls.client_random);
        qk_buf_put(&seed, use->tls.server_random);
    }
    QK_TRY(prf_of(base, use, &seed, MASTER_LEN, &value));
    return qk_derive_key(wanted, &value, out_key);
}

/* The client's version, then random bytes. RFC 5246, 7.4.7.1. */
static qk_err generate_pre_master(const qk_mech_use *use, const qk_attrs *template_, qk_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    CK_ULONG len = qk_attrs_ulong(template_, CKA_VALUE_LEN, 0);

    if (len != 0 && len != MASTER_LEN)
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "a pre-master secret has 48 bytes");
    QK_TRY(qk_secret_new(MASTER_LEN, &value));
    if (RAND_priv_bytes_ex(qk_openssl(), qk_secret_fill(&value), MASTER_LEN, 0) <= 0)
        return qk_openssl_fail(QK_E_NO_RANDOM, use->mech->name);
    memcpy(qk_secret_fill(&value), use->iv.data, VERSION_LEN);
    return qk_key_new_secret(CKK_GENERIC_SECRET, &value, out_key);
}

/* ---- keys of a connection ---- */

static qk_err cut_key(qk_view block, size_t at, const qk_key_wanted *wanted, qk_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;

    QK_TRY(qk_secret_copy(qk_view_slice(block, at, wanted->len), &value));
    return qk_derive_key(wanted, &value, out_key);
}

/* Client's and server's MAC key, client's and server's key, then the initialisation vectors. RFC 5246, 6.3. */
static qk_err derive_keys(const qk_key *base, const qk_mech_use *use, const qk_key_wanted *wanted, size_t count,
                          qk_arena *arena, qk_key **out_keys, qk_view *out_rest)
{
    QK_OWNED(qk_secret_free) qk_secret block = QK_SECRET_NONE;
    QK_OWNED(qk_buf_done) qk_buf seed = QK_BUF_NONE;
    size_t ivs = 2 * use->tls.iv_bits / 8, keys = 0, at = 0, len;

    if (count != CONNECTION_KEYS)
        return qk_fail(QK_E_MECHANISM_INVALID, "%s makes four keys", use->mech->name);
    for (size_t i = 0; i < count; i++) {
        if (wanted[i].len > 0) {
            QK_TRY(qk_derive_len(use, &wanted[i], 0, wanted[i].len, &len));
            if (len != wanted[i].len) /* a type of one length, which other derivations take for what was meant */
                return qk_fail(QK_E_KEY_SIZE, "%s: a key of %zu bytes here is one of %zu", use->mech->name,
                               wanted[i].len, len);
        }
        keys += wanted[i].len;
    }
    qk_buf_put_text(&seed, "key expansion");
    qk_buf_put(&seed, use->tls.server_random);
    qk_buf_put(&seed, use->tls.client_random);
    QK_TRY(prf_of(base, use, &seed, keys + ivs, &block));
    for (size_t i = 0; i < count; at += wanted[i++].len)
        if (wanted[i].len > 0)
            QK_TRY(cut_key(qk_secret_reveal(&block), at, &wanted[i], &out_keys[i]));
    return qk_arena_copy(arena, qk_view_slice(qk_secret_reveal(&block), at, ivs), out_rest);
}

/* ---- exporters, Finished, and the function itself ---- */

static qk_err derive_exported(const qk_key *base, const qk_mech_use *use, const qk_key_wanted *wanted, qk_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    QK_OWNED(qk_buf_done) qk_buf seed = QK_BUF_NONE;
    size_t len;

    QK_TRY(qk_derive_len(use, wanted, 0, SIZE_MAX, &len));
    qk_buf_put(&seed, use->tls.label);
    qk_buf_put(&seed, use->tls.client_random);
    qk_buf_put(&seed, use->tls.server_random);
    if (use->mech->type != CKM_TLS_PRF && use->tls.context.len > 0)
        qk_buf_put_u16(&seed, (uint16_t)use->tls.context.len);
    qk_buf_put(&seed, use->tls.context); /* of the function itself the seed */
    QK_TRY(prf_of(base, use, &seed, len, &value));
    return qk_derive_key(wanted, &value, out_key);
}

static qk_err finished(const qk_key *key, const qk_mech_use *use, qk_view data, uint8_t out[QK_MAX_MAC],
                       size_t *out_len)
{
    QK_OWNED(qk_secret_free) qk_secret mac = QK_SECRET_NONE;
    QK_OWNED(qk_buf_done) qk_buf seed = QK_BUF_NONE;

    qk_buf_put_text(&seed, use->tls.server ? "server finished" : "client finished");
    qk_buf_put(&seed, data);
    QK_TRY(prf_of(key, use, &seed, use->tls.mac_bits / 8, &mac));
    memcpy(out, qk_secret_reveal(&mac).data, mac.len);
    *out_len = mac.len;
    return QK_OK;
}

static qk_err sign(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena, qk_view *out_signature)
{
    return qk_mac_sign(finished, key, use, data, arena, out_signature);
}

static qk_err verify(const qk_key *key, const qk_mech_use *use, qk_view data, qk_view signature)
{
    return qk_mac_verify(finished, key, use, data, signature);
}

static size_t output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    (void)key;
    (void)input_len;
    return function == QK_SIGN ? use->tls.mac_bits / 8 : 0;
}

const qk_engine qk_engine_tls_master = { .derive = derive_master, .available = available };
const qk_engine qk_engine_tls_keys = { .derive_keys = derive_keys, .available = available };
const qk_engine qk_engine_tls_kdf = { .derive = derive_exported, .available = available };
const qk_engine qk_engine_tls_mac = { .sign = sign, .verify = verify, .output_len = output_len };
const qk_engine qk_engine_tls_pre_master = { .generate = generate_pre_master };
