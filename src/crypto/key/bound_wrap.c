/* SPDX-License-Identifier: Apache-2.0 */
/* CKM_IBM_ATTRIBUTEBOUND_WRAP: IBM's format is not published, so this one is ours (src/hsm/FORMATS.md, "Bound keys"). A
 * temporary AES-256 key encrypts with GCM; the wrapping key wraps it, with OAEP or KWP; a MAC under a second key covers
 * everything. What is inside (the key with its attributes) is the HSM room's.
 * Sources: SP 800-38D; RFC 8017, 7.1; RFC 5649; RFC 2104.
 *
 * CKM_IBM_TRANSPORTKEY: what is unwrapped came in clear. */
#include <openssl/rand.h>

#include "crypto/engine.h"
#include "crypto/cipher/key_wrap.h"

enum { VERSION = 1, HEAD_AT = 8, AES_LEN = 32, TAG_LEN = 16, MAC_LEN = 32 };

static const uint8_t magic[4] = { 'Q', 'K', 'A', VERSION };
static const uint8_t nonce[12]; /* each temporary key encrypts once */

static qk_mech_use oaep_use(void)
{
    return (qk_mech_use){ .mech = qk_mech_find(CKM_RSA_PKCS_OAEP),
                          .oaep = { .hash = CKM_SHA256, .mgf_hash = CKM_SHA256 } };
}

static qk_mech_use gcm_use(qk_view aad)
{
    return (qk_mech_use){ .mech = qk_mech_find(CKM_AES_GCM),
                          .gcm = { qk_view_of(nonce, sizeof nonce), aad, 8 * TAG_LEN } };
}

static const qk_mech_use *mac_use(qk_mech_use *use)
{
    *use = (qk_mech_use){ .mech = qk_mech_find(CKM_SHA256_HMAC) };
    return use;
}

static qk_err check_mac_key(const qk_mech_use *use)
{
    if (!use->second.key)
        return qk_fail(QK_E_KEY_NEEDED, "%s needs a second key, for the MAC", use->mech->name);
    return QK_OK;
}

static qk_err wrap_head(const qk_key *key, qk_view value, qk_arena *arena, qk_view *out_head)
{
    qk_mech_use oaep = oaep_use();

    if (key->type == CKK_AES)
        return qk_kwp_wrap(key, value, arena, out_head);
    return qk_engine_rsa_oaep.encrypt(key, &oaep, value, arena, out_head);
}

static qk_err unwrap_head(const qk_key *key, qk_view head, qk_arena *arena, qk_view *out_value)
{
    qk_mech_use oaep = oaep_use();

    if (key->type == CKK_AES)
        return qk_kwp_unwrap(key, head, arena, out_value);
    return qk_engine_rsa_oaep.decrypt(key, &oaep, head, arena, out_value);
}

static qk_err random_key(qk_secret *out_value, qk_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret copy = QK_SECRET_NONE;

    QK_TRY(qk_secret_new(AES_LEN, out_value));
    if (RAND_priv_bytes_ex(qk_openssl(), qk_secret_fill(out_value), AES_LEN, 0) <= 0)
        return qk_openssl_fail(QK_E_NO_RANDOM, "a temporary AES key");
    QK_TRY(qk_secret_copy(qk_secret_reveal(out_value), &copy));
    return qk_key_new_secret(CKK_AES, &copy, out_key);
}

/* Magic, version and the counted head: the additional data of what follows. */
static void put_head(qk_view head, qk_buf *out)
{
    qk_buf_put(out, qk_view_of(magic, sizeof magic));
    qk_buf_put_u32(out, (uint32_t)head.len);
    qk_buf_put(out, head);
}

static qk_err encrypt(const qk_key *key, const qk_mech_use *use, qk_view plain, qk_arena *arena, qk_view *out_cipher)
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    QK_OWNED(qk_key_unref) qk_key *aes = NULL;
    QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;
    qk_view head, body, mac;
    qk_mech_use inner;

    QK_TRY(check_mac_key(use));
    QK_TRY(random_key(&value, &aes));
    QK_TRY(wrap_head(key, qk_secret_reveal(&value), arena, &head));
    put_head(head, &out);
    QK_TRY(qk_buf_check(&out));
    inner = gcm_use(qk_buf_view(&out));
    QK_TRY(qk_engine_gcm.encrypt(aes, &inner, plain, arena, &body));
    qk_buf_put(&out, body);
    QK_TRY(qk_buf_check(&out));
    QK_TRY(qk_crypto_sign(use->second.key, mac_use(&inner), qk_buf_view(&out), arena, &mac));
    qk_buf_put(&out, mac);
    QK_TRY(qk_buf_check(&out));
    return qk_arena_copy(arena, qk_buf_view(&out), out_cipher);
}

/* Takes the parts of something whose MAC was right. */
static bool split(qk_view bytes, qk_view *out_head, qk_view *out_aad, qk_view *out_body)
{
    qk_reader reader = qk_reader_of(bytes);
    qk_view start = qk_read(&reader, sizeof magic);

    if (reader.failed || memcmp(start.data, magic, sizeof magic) != 0) /* public */
        return false;
    *out_head = qk_read_counted(&reader);
    *out_aad = qk_view_slice(bytes, 0, bytes.len - reader.rest.len);
    *out_body = reader.rest;
    return !reader.failed;
}

static qk_err forged(void)
{
    return qk_fail(QK_E_CIPHERTEXT_INVALID, "not a bound key of these wrapping and MAC keys");
}

/* The MAC comes first: who cannot make it learns nothing of what is inside. */
static qk_err decrypt(const qk_key *key, const qk_mech_use *use, qk_view cipher, qk_arena *arena, qk_view *out_plain)
{
    QK_OWNED(qk_secret_free) qk_secret secret = QK_SECRET_NONE;
    QK_OWNED(qk_key_unref) qk_key *aes = NULL;
    qk_view covered, head, aad, body, value;
    qk_mech_use inner;

    QK_TRY(check_mac_key(use));
    if (cipher.len <= HEAD_AT + TAG_LEN + MAC_LEN)
        return qk_fail(QK_E_CIPHERTEXT_LENGTH, "%zu bytes are no bound key", cipher.len);
    covered = qk_view_slice(cipher, 0, cipher.len - MAC_LEN);
    if (qk_crypto_verify(use->second.key, mac_use(&inner), covered, qk_view_slice(cipher, covered.len, MAC_LEN)) !=
            QK_OK ||
        !split(covered, &head, &aad, &body) || unwrap_head(key, head, arena, &value) != QK_OK || value.len != AES_LEN)
        return forged();
    QK_TRY(qk_secret_copy(value, &secret));
    QK_TRY(qk_key_new_secret(CKK_AES, &secret, &aes));
    inner = gcm_use(aad);
    return qk_engine_gcm.decrypt(aes, &inner, body, arena, out_plain) == QK_OK ? QK_OK : forged();
}

static size_t output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    size_t head = !key ? 0 : key->type == CKK_AES ? AES_LEN + 8 : (qk_key_bits(key) + 7) / 8;
    size_t around = HEAD_AT + head + TAG_LEN + MAC_LEN;

    (void)use;
    if (function & (QK_DECRYPT | QK_UNWRAP))
        return input_len > around ? input_len - around : 0;
    return around + input_len;
}

const qk_engine qk_engine_bound_wrap = {
    .encrypt = encrypt,
    .decrypt = decrypt,
    .output_len = output_len,
};

static qk_err as_it_is(const qk_key *key, const qk_mech_use *use, qk_view cipher, qk_arena *arena, qk_view *out_plain)
{
    (void)key;
    (void)use;
    return qk_arena_copy(arena, cipher, out_plain);
}

static size_t same_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    (void)key;
    (void)use;
    (void)function;
    return input_len;
}

const qk_engine qk_engine_transport = {
    .decrypt = as_it_is,
    .output_len = same_len,
};
