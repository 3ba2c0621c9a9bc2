/* SPDX-License-Identifier: Apache-2.0 */
/* HKDF, each half of it or both. Source: RFC 5869; PKCS #11 3.2, HKDF mechanisms. */
#include "crypto/derive/derive.h"
#include "crypto/hash/hmac.h"

enum { BLOCKS_MOST = 255 };

/* PRK = HMAC(salt, input). No salt is as many zeros as the hash has bytes, which is for HMAC the same as none.
 * RFC 5869, 2.2. */
static qk_err extract(const qk_key *base, const qk_mech_use *use, qk_secret *out_prk)
{
    qk_view input = qk_secret_reveal(&base->value), salt = use->hkdf.salt;
    size_t len;

    if (use->hkdf.salt_type == CKF_HKDF_SALT_KEY) {
        if (!use->second.key)
            return qk_fail(QK_E_MECHANISM_PARAM, "%s: there is no salt key", use->mech->name);
        salt = qk_secret_reveal(&use->second.key->value);
    }
    QK_TRY(qk_secret_new(EVP_MAX_MD_SIZE, out_prk));
    QK_TRY(qk_hmac_pieces(use->hkdf.hash, salt, &input, 1, qk_secret_fill(out_prk), &len));
    qk_secret_shorten(out_prk, len);
    return QK_OK;
}

/* T(i) = HMAC(PRK, T(i-1) || info || i). RFC 5869, 2.3. */
static qk_err expand(const qk_mech_use *use, qk_view prk, size_t len, qk_secret *out)
{
    QK_OWNED(qk_secret_free) qk_secret block = QK_SECRET_NONE;
    size_t block_len = 0, done = 0;

    QK_TRY(qk_secret_new(EVP_MAX_MD_SIZE, &block));
    QK_TRY(qk_secret_new(len, out));
    for (uint8_t number = 1; done < len; number++) {
        qk_view pieces[] = { qk_view_slice(qk_secret_reveal(&block), 0, block_len), use->hkdf.info,
                             qk_view_of(&number, 1) };
        QK_TRY(qk_hmac_pieces(use->hkdf.hash, prk, pieces, 3, qk_secret_fill(&block), &block_len));
        size_t part = block_len < len - done ? block_len : len - done;
        memcpy(qk_secret_fill(out) + done, qk_secret_reveal(&block).data, part);
        done += part;
    }
    return QK_OK;
}

static qk_err derive(const qk_key *base, const qk_mech_use *use, const qk_key_wanted *wanted, qk_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret prk = QK_SECRET_NONE, value = QK_SECRET_NONE;
    const EVP_MD *md = qk_digest_of(use->hkdf.hash);
    size_t hash_len = md ? (size_t)EVP_MD_get_size(md) : 0, len;

    if (!md)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s: hash 0x%lx is not there", use->mech->name, use->hkdf.hash);
    QK_TRY(qk_derive_len(use, wanted, use->hkdf.expand ? 0 : hash_len,
                         use->hkdf.expand ? BLOCKS_MOST * hash_len : hash_len, &len));
    if (use->hkdf.extract)
        QK_TRY(extract(base, use, &prk));
    if (use->hkdf.expand) {
        QK_TRY(expand(use, qk_secret_reveal(use->hkdf.extract ? &prk : &base->value), len, &value));
    } else {
        qk_secret_give(&prk, &value);
        qk_secret_shorten(&value, len);
    }
    return qk_derive_key(wanted, &value, out_key);
}

const qk_engine qk_engine_hkdf = { .derive = derive };
