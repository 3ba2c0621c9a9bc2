/* SPDX-License-Identifier: Apache-2.0 */
/* The digest of a key is the new key. Source: PKCS #11 3.2, hash-based key derivation. */
#include "crypto/derive/derive.h"
#include "crypto/hash/digest.h"

/* An extendable function gives as many bytes as its table says, whatever is wanted: a shorter key is the beginning of a
 * longer one, as with the others. */
static const struct shake {
    CK_MECHANISM_TYPE type;
    const char *name;
    size_t len;
} shakes[] = {
    { CKM_SHAKE_128_KEY_DERIVATION, "SHAKE-128", 32 },
    { CKM_SHAKE_256_KEY_DERIVATION, "SHAKE-256", 64 },
};

static const struct shake *find_shake(const qk_mech *mech)
{
    for (size_t i = 0; i < sizeof(shakes) / sizeof(shakes[0]); i++)
        if (shakes[i].type == mech->type)
            return &shakes[i];
    return NULL;
}

static void context_free(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

static void md_free(EVP_MD **md)
{
    EVP_MD_free(*md);
}

static qk_err expand(const struct shake *shake, qk_view key, uint8_t *out)
{
    QK_OWNED(context_free) EVP_MD_CTX *context = EVP_MD_CTX_new();
    QK_OWNED(md_free) EVP_MD *md = EVP_MD_fetch(qk_openssl(), shake->name, NULL);

    if (!context || !md || EVP_DigestInit_ex2(context, md, NULL) != 1 ||
        EVP_DigestUpdate(context, key.data, key.len) != 1 || EVP_DigestFinalXOF(context, out, shake->len) != 1)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, shake->name);
    return QK_OK;
}

static qk_err digest(const qk_mech *mech, qk_view key, uint8_t *out)
{
    QK_OWNED(qk_hash_done) qk_hash hash = { 0 };
    const struct shake *shake = find_shake(mech);
    size_t len;

    if (shake)
        return expand(shake, key, out);
    QK_TRY(qk_hash_begin(&hash, mech->hash, false, true));
    QK_TRY(qk_hash_update(&hash, key));
    return qk_hash_end(&hash, out, &len);
}

static size_t digest_len(const qk_mech *mech)
{
    const struct shake *shake = find_shake(mech);
    const EVP_MD *md = shake ? NULL : qk_digest_of(mech->hash);

    return shake ? shake->len : md ? (size_t)EVP_MD_get_size(md) : 0;
}

static bool available(const qk_mech *mech)
{
    return digest_len(mech) > 0;
}

static qk_err derive(const qk_key *base, const qk_mech_use *use, const qk_key_wanted *wanted, qk_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    size_t most = digest_len(use->mech), len;

    QK_TRY(qk_derive_len(use, wanted, most, most, &len));
    QK_TRY(qk_secret_new(EVP_MAX_MD_SIZE, &value));
    QK_TRY(digest(use->mech, qk_secret_reveal(&base->value), qk_secret_fill(&value)));
    qk_secret_shorten(&value, len);
    return qk_derive_key(wanted, &value, out_key);
}

const qk_engine qk_engine_derive_hash = { .derive = derive, .available = available };
