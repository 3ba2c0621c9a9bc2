/* SPDX-License-Identifier: Apache-2.0 */
/* Key encapsulation of the Kyber family.
 *
 * ML-KEM makes keys by encapsulation (PKCS #11 3.2). IBM's mechanisms make them by derivation: of the public key with a
 * new ciphertext, which the new key carries until it is answered, or of the private key and a ciphertext. Derivation
 * may join another secret to the one encapsulated, so that who breaks one of the two has nothing, and may hash the
 * whole. The functions for encapsulation take IBM's mechanisms too, without a parameter: the secret as it is. A
 * ciphertext that is not genuine gives an unrelated key, and no error: implicit rejection. Sources: FIPS 203, 7.2
 * and 7.3; GREP11 protocol, section 11; ANSI X9.63, 5.6.3. */
#include "crypto/derive/derive.h"
#include "crypto/post_quantum/lattice_openssl.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* A fresh secret and the ciphertext that carries it, of the key's length. */
static qk_err seal(const qk_key *key, uint8_t *out_cipher, qk_secret *out_shared)
{
    QK_OWNED(qk_secret_free) qk_secret coins = QK_SECRET_NONE;
    const qk_lattice_ready *ready;

    QK_TRY(qk_lattice_prepared(key, &ready));
    if (ready->openssls) {
        QK_TRY(qk_secret_new(QK_KYBER_SHARED_LEN, out_shared));
        return qk_lattice_openssl_seal(ready->openssls, qk_lattice_kyber(key->lattice), out_cipher,
                                       qk_secret_fill(out_shared));
    }
    QK_TRY(qk_secret_new(QK_KYBER_COINS_LEN, &coins));
    QK_TRY(qk_lattice_random(qk_secret_fill(&coins), coins.len));
    QK_TRY(qk_secret_new(QK_KYBER_SHARED_LEN, out_shared));
    qk_kyber_seal(ready->sealer, qk_secret_reveal(&coins).data, out_cipher, qk_secret_fill(out_shared));
    return QK_OK;
}

static qk_err open(const qk_key *key, qk_view cipher, qk_secret *out_shared)
{
    const qk_lattice_ready *ready;

    QK_TRY(qk_lattice_prepared(key, &ready));
    QK_TRY(qk_secret_new(QK_KYBER_SHARED_LEN, out_shared));
    if (ready->openssls)
        return qk_lattice_openssl_open(ready->openssls, qk_lattice_kyber(key->lattice), cipher,
                                       qk_secret_fill(out_shared));
    return qk_kyber_open(ready->opener, cipher, qk_secret_fill(out_shared));
}

static size_t cipher_len_of(const qk_key *key)
{
    return qk_lattice_kyber(key->lattice)->ciphertext_len;
}

/* ---- ML-KEM ---- */

/* The whole secret unless the template asks for less: also of types whose keys have several lengths. */
static qk_err shared_key_len(const qk_mech_use *use, const qk_key_wanted *wanted, size_t *out_len)
{
    qk_key_wanted full = *wanted;

    if (use->mech->param == QK_PARAM_KYBER_KEM && use->kem.mode != 0)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s encapsulates without a parameter, or derives with one",
                       use->mech->name);
    if (full.len == 0)
        full.len = QK_KYBER_SHARED_LEN;
    return qk_derive_len(use, &full, QK_KYBER_SHARED_LEN, QK_KYBER_SHARED_LEN, out_len);
}

static qk_err encapsulate(const qk_key *key, const qk_mech_use *use, const qk_key_wanted *wanted, qk_arena *arena,
                          qk_view *out_cipher, qk_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret shared = QK_SECRET_NONE;
    uint8_t *cipher;
    size_t len;

    QK_TRY(shared_key_len(use, wanted, &len));
    QK_TRY(qk_arena_bytes(arena, cipher_len_of(key), &cipher));
    QK_TRY(seal(key, cipher, &shared));
    qk_secret_shorten(&shared, len);
    QK_TRY(qk_derive_key(wanted, &shared, out_key));
    *out_cipher = qk_view_of(cipher, cipher_len_of(key));
    return QK_OK;
}

static qk_err decapsulate(const qk_key *key, const qk_mech_use *use, qk_view cipher, const qk_key_wanted *wanted,
                          qk_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret shared = QK_SECRET_NONE;
    size_t len;

    QK_TRY(shared_key_len(use, wanted, &len));
    QK_TRY(open(key, cipher, &shared));
    qk_secret_shorten(&shared, len);
    return qk_derive_key(wanted, &shared, out_key);
}

static size_t output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    (void)use;
    (void)input_len;
    return function == QK_ENCAPSULATE ? cipher_len_of(key) : 0;
}

const qk_engine qk_engine_lattice_kem = {
    .generate_pair = qk_lattice_generate_pair,
    .encapsulate = encapsulate,
    .decapsulate = decapsulate,
    .output_len = output_len,
};

/* ---- Kyber, by derivation ---- */

/* clang-format off */
static const struct hybrid_kdf {
    CK_ULONG type;
    CK_MECHANISM_TYPE hash; /* QK_NO_HASH: the first bytes of the secret */
} hybrid_kdfs[] = {
    { CKD_NULL,                  QK_NO_HASH },
    { CKD_IBM_HYBRID_NULL,       QK_NO_HASH },
    { CKD_IBM_HYBRID_SHA1_KDF,   CKM_SHA_1 },
    { CKD_IBM_HYBRID_SHA224_KDF, CKM_SHA224 },
    { CKD_IBM_HYBRID_SHA256_KDF, CKM_SHA256 },
    { CKD_IBM_HYBRID_SHA384_KDF, CKM_SHA384 },
    { CKD_IBM_HYBRID_SHA512_KDF, CKM_SHA512 },
};
/* clang-format on */

static qk_err find_kdf(const qk_mech_use *use, CK_MECHANISM_TYPE *out_hash)
{
    for (size_t i = 0; i < COUNT(hybrid_kdfs); i++)
        if (hybrid_kdfs[i].type == use->kem.kdf) {
            *out_hash = hybrid_kdfs[i].hash;
            return QK_OK;
        }
    return qk_fail(QK_E_MECHANISM_PARAM, "%s: an unknown derivation function", use->mech->name);
}

/* The secret of the KEM, in front of or behind the other key's if there is one. */
static qk_err join(const qk_mech_use *use, const qk_secret *shared, qk_secret *out_joined)
{
    qk_view kem = qk_secret_reveal(shared), other = QK_VIEW_NONE;
    size_t kem_at;

    if (use->second.key)
        other = qk_secret_reveal(&use->second.key->value);
    kem_at = use->kem.prepend ? 0 : other.len;
    QK_TRY(qk_secret_new(kem.len + other.len, out_joined));
    memcpy(qk_secret_fill(out_joined) + kem_at, kem.data, kem.len);
    if (other.len > 0)
        memcpy(qk_secret_fill(out_joined) + (use->kem.prepend ? kem.len : 0), other.data, other.len);
    return QK_OK;
}

static qk_err stretch(const qk_mech_use *use, CK_MECHANISM_TYPE hash, qk_secret *joined, size_t len, qk_secret *out)
{
    if (hash != QK_NO_HASH)
        return qk_stretch_bytes(QK_STRETCH_X963, hash, qk_secret_reveal(joined), use->kem.shared, out, len);
    qk_secret_shorten(joined, len);
    qk_secret_give(joined, out);
    return QK_OK;
}

/* The secret; of encapsulation the ciphertext too. */
static qk_err share(const qk_key *base, const qk_mech_use *use, uint8_t *out_cipher, qk_secret *out_shared)
{
    bool seals = use->kem.mode == CK_IBM_KEM_ENCAPSULATE;

    if (base->class != (seals ? CKO_PUBLIC_KEY : CKO_PRIVATE_KEY))
        return qk_fail(QK_E_KEY_TYPE, "%s: encapsulation needs a public key, decapsulation a private one",
                       use->mech->name);
    return seals ? seal(base, out_cipher, out_shared) : open(base, use->kem.cipher, out_shared);
}

static qk_err derive(const qk_key *base, const qk_mech_use *use, const qk_key_wanted *wanted, qk_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret shared = QK_SECRET_NONE, joined = QK_SECRET_NONE, value = QK_SECRET_NONE;
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    uint8_t cipher[QK_KYBER_CIPHERTEXT_MAX];
    CK_MECHANISM_TYPE hash;
    size_t most, len;

    if (use->kem.mode == 0)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s derives with a parameter", use->mech->name);
    QK_TRY(find_kdf(use, &hash));
    most = QK_KYBER_SHARED_LEN + (use->second.key ? use->second.key->value.len : 0);
    QK_TRY(qk_derive_len(use, wanted, hash == QK_NO_HASH ? most : 0, hash == QK_NO_HASH ? most : SIZE_MAX, &len));
    QK_TRY(share(base, use, cipher, &shared));
    QK_TRY(join(use, &shared, &joined));
    QK_TRY(stretch(use, hash, &joined, len, &value));
    QK_TRY(qk_derive_key(wanted, &value, &key));
    if (use->kem.mode == CK_IBM_KEM_ENCAPSULATE)
        qk_buf_put(&key->open, qk_view_of(cipher, cipher_len_of(base)));
    QK_TRY(qk_buf_check(&key->open));
    *out_key = key;
    key = NULL;
    return QK_OK;
}

qk_view qk_key_ciphertext(const qk_key *key)
{
    return key->class == CKO_SECRET_KEY ? qk_buf_view(&key->open) : QK_VIEW_NONE;
}

const qk_engine qk_engine_kyber = {
    .generate_pair = qk_lattice_generate_pair,
    .encapsulate = encapsulate,
    .decapsulate = decapsulate,
    .derive = derive,
    .output_len = output_len,
};
