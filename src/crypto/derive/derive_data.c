/* SPDX-License-Identifier: Apache-2.0 */
/* Data encrypted with the base key is the new key. Source: PKCS #11 3.2, key derivation by data encryption. */
#include "crypto/derive/derive.h"

/* clang-format off */
static const struct {
    CK_MECHANISM_TYPE type, cipher;
} ciphers[] = {
    { CKM_AES_ECB_ENCRYPT_DATA,  CKM_AES_ECB },
    { CKM_AES_CBC_ENCRYPT_DATA,  CKM_AES_CBC },
    { CKM_DES3_ECB_ENCRYPT_DATA, CKM_DES3_ECB },
    { CKM_DES3_CBC_ENCRYPT_DATA, CKM_DES3_CBC },
};
/* clang-format on */

static const qk_mech *cipher_of(const qk_mech *mech)
{
    for (size_t i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++)
        if (ciphers[i].type == mech->type)
            return qk_mech_find(ciphers[i].cipher);
    return NULL;
}

static qk_err encrypt(const qk_key *base, const qk_mech_use *use, qk_secret *out_value)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_mech_use cipher = { .mech = cipher_of(use->mech), .iv = use->data.iv };
    qk_view result;
    qk_err err;

    qk_arena_init(&arena, 0);
    err = qk_crypto_encrypt(base, &cipher, use->data.data, &arena, &result);
    if (err == QK_E_BAD_LENGTH)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s: the data must be whole blocks", use->mech->name);
    QK_TRY(err);
    return qk_secret_copy(result, out_value);
}

static qk_err derive(const qk_key *base, const qk_mech_use *use, const qk_key_wanted *wanted, qk_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    size_t len;

    if (use->data.data.len == 0)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s: there is no data", use->mech->name);
    QK_TRY(qk_derive_len(use, wanted, use->data.data.len, use->data.data.len, &len));
    QK_TRY(encrypt(base, use, &value));
    qk_secret_shorten(&value, len);
    return qk_derive_key(wanted, &value, out_key);
}

static bool available(const qk_mech *mech)
{
    return cipher_of(mech) != NULL;
}

const qk_engine qk_engine_derive_data = { .derive = derive, .available = available };
