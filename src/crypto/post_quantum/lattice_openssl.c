/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/post_quantum/lattice_openssl.h"

#include <openssl/crypto.h>

#include "crypto/post_quantum/prehash.h"
#include "crypto/post_quantum/provided.h"

static atomic_bool chosen;

qk_err qk_crypto_choose_lattice(bool by_openssl)
{
    if (by_openssl && !(qk_provided("ML-DSA-65") && qk_provided("ML-KEM-768")))
        return qk_fail(
            QK_E_CONFIG,
            "crypto.lattice is openssl, but %s has neither ML-DSA nor ML-KEM: it takes version 3.5 or newer; "
            "set crypto.lattice to own",
            OpenSSL_version(OPENSSL_VERSION));
    atomic_store(&chosen, by_openssl);
    return QK_OK;
}

bool qk_lattice_is_openssls(const qk_lattice_set *set)
{
    return qk_lattice_is_standard(set->type) && atomic_load_explicit(&chosen, memory_order_relaxed);
}

/* Ours and OpenSSL's names of the sets are the standards'. */
static const char *name_of(const qk_lattice_set *set)
{
    return qk_lattice_is_kem(set->type) ? qk_lattice_kyber(set)->name : qk_lattice_dilithium(set)->name;
}

/* ---- keys ---- */

qk_err qk_lattice_openssl_pair(const qk_lattice_set *set, qk_view seed, uint8_t *out_public, uint8_t *out_private)
{
    EVP_PKEY *pkey = NULL;
    qk_err err;

    if (seed.len != qk_lattice_seed_len(set))
        return qk_fail(QK_E_BAD_LENGTH, "a seed of %zu bytes; %s has %zu", seed.len, name_of(set),
                       qk_lattice_seed_len(set));
    QK_TRY(qk_provided_pair(name_of(set), seed, &pkey));
    err = qk_provided_bytes(pkey, false, out_public, qk_lattice_public_len(set));
    if (err == QK_OK)
        err = qk_provided_bytes(pkey, true, out_private, qk_lattice_private_len(set));
    EVP_PKEY_free(pkey);
    return err;
}

qk_err qk_lattice_openssl_key(const qk_key *key, EVP_PKEY **out_pkey)
{
    bool is_private = key->class == CKO_PRIVATE_KEY;
    qk_view bytes = is_private ? qk_secret_reveal(&key->value) : qk_buf_view(&key->open);

    return qk_provided_key(name_of(key->lattice), is_private, bytes, out_pkey);
}

/* ---- signatures ---- */

static qk_err translate(const qk_dilithium_set *set, const qk_dilithium_message *message,
                        uint8_t room[QK_PREHASH_MESSAGE_MAX], qk_provided_message *out)
{
    const qk_prehash prehash = { .digest = message->bytes, .oid = message->hash_oid };

    *out = (qk_provided_message){ .bytes = message->bytes };
    switch (message->form) {
    case QK_DILITHIUM_PURE:
        out->context = message->context;
        return QK_OK;
    case QK_DILITHIUM_PREHASHED:
        out->bytes = qk_prehash_message(&prehash, message->context, room);
        out->is_inner = true;
        return QK_OK;
    case QK_DILITHIUM_MU:
        out->is_mu = true;
        return message->bytes.len == set->mu_len ? QK_OK
                                                 : qk_fail(QK_E_BAD_LENGTH, "a mu of %zu bytes; %s has %zu",
                                                           message->bytes.len, set->name, (size_t)set->mu_len);
    case QK_DILITHIUM_INTERNAL:
        out->is_inner = true;
        return QK_OK;
    }
    return qk_fail(QK_E_GENERAL, "an unknown form of message");
}

qk_err qk_lattice_openssl_sign(EVP_PKEY *pkey, const qk_dilithium_set *set, const qk_dilithium_message *message,
                               bool hedged, uint8_t *out_signature)
{
    uint8_t room[QK_PREHASH_MESSAGE_MAX];
    qk_provided_message translated;

    QK_TRY(translate(set, message, room, &translated));
    translated.deterministic = !hedged;
    return qk_provided_sign(pkey, &translated, out_signature, set->signature_len);
}

qk_err qk_lattice_openssl_verify(EVP_PKEY *pkey, const qk_dilithium_set *set, const qk_dilithium_message *message,
                                 qk_view signature)
{
    uint8_t room[QK_PREHASH_MESSAGE_MAX];
    qk_provided_message translated;

    QK_TRY(translate(set, message, room, &translated));
    if (signature.len != set->signature_len)
        return qk_fail(QK_E_SIGNATURE_LENGTH, "a signature of %zu bytes; those of %s have %zu", signature.len,
                       set->name, (size_t)set->signature_len);
    return qk_provided_verify(pkey, &translated, signature);
}

/* ---- key encapsulation ---- */

qk_err qk_lattice_openssl_seal(EVP_PKEY *pkey, const qk_kyber_set *set, uint8_t *out_cipher, uint8_t *out_shared)
{
    return qk_provided_seal(pkey, out_cipher, set->ciphertext_len, out_shared, QK_KYBER_SHARED_LEN);
}

qk_err qk_lattice_openssl_open(EVP_PKEY *pkey, const qk_kyber_set *set, qk_view cipher, uint8_t *out_shared)
{
    if (cipher.len != set->ciphertext_len)
        return qk_fail(QK_E_CIPHERTEXT_LENGTH, "a ciphertext of %zu bytes; those of %s have %zu", cipher.len, set->name,
                       (size_t)set->ciphertext_len);
    return qk_provided_open(pkey, cipher, out_shared, QK_KYBER_SHARED_LEN);
}
