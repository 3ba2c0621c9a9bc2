/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/derive/derive.h"

#include "crypto/hash/digest.h"
#include "crypto/key/secret_key.h"

/* clang-format off */
/* Types whose keys have one length. */
static const struct {
    CK_KEY_TYPE type;
    size_t len;
} fixed_lens[] = {
    { CKK_DES, 8 }, { CKK_DES2, 16 }, { CKK_DES3, 24 }, { CKK_CHACHA20, 32 }, { CKK_POLY1305, 32 },
};
/* clang-format on */

static size_t fixed_len(CK_KEY_TYPE type)
{
    for (size_t i = 0; i < sizeof(fixed_lens) / sizeof(fixed_lens[0]); i++)
        if (fixed_lens[i].type == type)
            return fixed_lens[i].len;
    return 0;
}

/* Keys of a block cipher come in a few lengths, so that one that nobody asked for would be a surprise. */
static bool must_be_asked(CK_KEY_TYPE type)
{
    return type == CKK_AES || type == CKK_AES_XTS;
}

static size_t len_of(const qk_key_wanted *wanted, size_t natural)
{
    size_t fixed = fixed_len(wanted->type);

    if (fixed > 0) /* clients send other lengths with DES keys */
        return fixed;
    return wanted->len > 0 || must_be_asked(wanted->type) ? wanted->len : natural;
}

qk_err qk_derive_len(const qk_mech_use *use, const qk_key_wanted *wanted, size_t natural, size_t most, size_t *out_len)
{
    size_t len = len_of(wanted, natural);
    qk_err err;

    if (len == 0)
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "%s: CKA_VALUE_LEN is missing", use->mech->name);
    if (len > most)
        return qk_fail(QK_E_KEY_SIZE, "%s gives %zu bytes here; %zu are wanted", use->mech->name, most, len);
    err = qk_secret_key_check(wanted->type, len);
    if (err == QK_E_KEY_TYPE)
        return qk_key_recode(QK_E_TEMPLATE_INCONSISTENT);
    QK_TRY(err);
    *out_len = len;
    return QK_OK;
}

qk_err qk_derive_key(const qk_key_wanted *wanted, qk_secret *value, qk_key **out_key)
{
    if (wanted->type == CKK_DES || wanted->type == CKK_DES2 || wanted->type == CKK_DES3)
        qk_des_set_parity(qk_secret_fill(value), value->len);
    return qk_key_new_secret(wanted->type, value, out_key);
}

/* ---- agreement ---- */

static qk_err agree_with(EVP_PKEY_CTX *context, const qk_key *peer, const char *name, qk_secret *out_shared)
{
    size_t len = out_shared->len;

    if (EVP_PKEY_derive_set_peer(context, peer->pkey) <= 0 ||
        EVP_PKEY_derive(context, qk_secret_fill(out_shared), &len) <= 0)
        return qk_openssl_fail(QK_E_MECHANISM_PARAM, name);
    return len == out_shared->len ? QK_OK : qk_fail(QK_E_FUNCTION_FAILED, "%s gave %zu bytes", name, len);
}

qk_err qk_derive_agree(const qk_key *base, const qk_key *peer, const qk_pkey_purpose *purpose, size_t len,
                       qk_secret *out_shared)
{
    qk_pkey_ready *ready = NULL;
    qk_err err;

    QK_TRY(qk_secret_new(len, out_shared));
    QK_TRY(qk_pkey_take(base, purpose, &ready));
    err = agree_with(ready->context, peer, purpose->name, out_shared);
    if (err == QK_OK)
        qk_pkey_put(base, ready);
    else
        qk_pkey_drop(ready);
    return err;
}

/* ---- after an agreement ---- */

qk_err qk_derive_last_bytes(const qk_secret *shared, size_t len, qk_secret *out)
{
    qk_view all = qk_secret_reveal(shared);

    return qk_secret_copy(qk_view_slice(all, all.len - len, len), out);
}

/* One block of either function: the counter goes first or second. */
static qk_err stretch_block(qk_stretch how, qk_hash *hash, uint32_t counter, qk_view shared, qk_view info,
                            uint8_t out[EVP_MAX_MD_SIZE], size_t *out_len)
{
    uint8_t bytes[4] = { (uint8_t)(counter >> 24), (uint8_t)(counter >> 16), (uint8_t)(counter >> 8),
                         (uint8_t)counter };
    qk_view number = qk_view_of(bytes, sizeof(bytes));

    QK_TRY(qk_hash_update(hash, how == QK_STRETCH_X963 ? shared : number));
    QK_TRY(qk_hash_update(hash, how == QK_STRETCH_X963 ? number : shared));
    QK_TRY(qk_hash_update(hash, info));
    return qk_hash_end(hash, out, out_len);
}

qk_err qk_stretch_bytes(qk_stretch how, CK_MECHANISM_TYPE hash_type, qk_view shared, qk_view info, qk_secret *out,
                        size_t len)
{
    QK_OWNED(qk_secret_free) qk_secret block = QK_SECRET_NONE;
    size_t done = 0, block_len;

    QK_TRY(qk_secret_new(EVP_MAX_MD_SIZE, &block));
    QK_TRY(qk_secret_new(len, out));
    for (uint32_t counter = 1; done < len; counter++) {
        QK_OWNED(qk_hash_done) qk_hash hash = { 0 };
        QK_TRY(qk_hash_begin(&hash, hash_type, false, true));
        QK_TRY(stretch_block(how, &hash, counter, shared, info, qk_secret_fill(&block), &block_len));
        if (block_len > len - done)
            block_len = len - done;
        memcpy(qk_secret_fill(out) + done, qk_secret_reveal(&block).data, block_len);
        done += block_len;
    }
    return QK_OK;
}
