/* SPDX-License-Identifier: Apache-2.0 */
/* Diffie-Hellman in a prime field. The other side's value must be from 2 to p - 2, so that nobody forces a result.
 * Sources: PKCS #3, 8; SP 800-56A, 5.7.1.1; PKCS #11 3.2, PKCS #3 Diffie-Hellman key derivation. */
#include <openssl/dh.h>

#include "crypto/derive/derive.h"
#include "crypto/prime/ffc_key.h"

/* As many bytes as the prime, with the zeros in front. */
static int agree_init(EVP_PKEY_CTX *context)
{
    return EVP_PKEY_derive_init(context) > 0 ? EVP_PKEY_CTX_set_dh_pad(context, 1) : 0;
}

static const qk_pkey_purpose to_agree = { "Diffie-Hellman", agree_init };

/* The other side's number with our group. */
static qk_err read_peer(const qk_key *base, qk_view number, qk_key **out_peer)
{
    QK_OWNED(qk_ffc_done) qk_ffc ffc = QK_FFC_NONE;
    qk_err err;

    QK_TRY(qk_ffc_of(base, false, &ffc));
    BN_free(ffc.part[QK_FFC_Y]);
    ffc.part[QK_FFC_Y] = NULL;
    err = qk_ffc_set(&ffc, QK_FFC_Y, number);
    if (err == QK_OK)
        err = qk_ffc_make(CKO_PUBLIC_KEY, CKK_DH, false, &ffc, out_peer);
    return err == QK_OK || err == QK_E_NO_MEMORY ? err : qk_key_recode(QK_E_MECHANISM_PARAM);
}

static qk_err agree(const qk_key *base, qk_view number, size_t len, qk_secret *out_shared)
{
    QK_OWNED(qk_key_unref) qk_key *peer = NULL;

    QK_TRY(read_peer(base, number, &peer));
    return qk_derive_agree(base, peer, &to_agree, len, out_shared);
}

static qk_err derive(const qk_key *base, const qk_mech_use *use, const qk_key_wanted *wanted, qk_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret shared = QK_SECRET_NONE, value = QK_SECRET_NONE;
    size_t most = ((size_t)base->bits + 7) / 8, len;

    if (base->class != CKO_PRIVATE_KEY)
        return qk_fail(QK_E_KEY_TYPE, "%s needs a private key", use->mech->name);
    QK_TRY(qk_derive_len(use, wanted, most, most, &len));
    QK_TRY(agree(base, use->data.data, most, &shared));
    QK_TRY(qk_derive_last_bytes(&shared, len, &value));
    return qk_derive_key(wanted, &value, out_key);
}

const qk_engine qk_engine_dh = { .derive = derive };
