/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/post_quantum/lattice_openssl.h"

#include <openssl/rand.h>
#include <stdlib.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* clang-format off */
static const qk_lattice_set sets[] = {
    { CKK_ML_DSA, CKP_ML_DSA_44,   128, QK_ML_DSA_44 },
    { CKK_ML_DSA, CKP_ML_DSA_65,   192, QK_ML_DSA_65 },
    { CKK_ML_DSA, CKP_ML_DSA_87,   256, QK_ML_DSA_87 },
    { CKK_ML_KEM, CKP_ML_KEM_512,  128, QK_ML_KEM_512 },
    { CKK_ML_KEM, CKP_ML_KEM_768,  192, QK_ML_KEM_768 },
    { CKK_ML_KEM, CKP_ML_KEM_1024, 256, QK_ML_KEM_1024 },
    { CKK_IBM_ML_DSA, CKP_IBM_ML_DSA_44,   128, QK_ML_DSA_44 },
    { CKK_IBM_ML_DSA, CKP_IBM_ML_DSA_65,   192, QK_ML_DSA_65 },
    { CKK_IBM_ML_DSA, CKP_IBM_ML_DSA_87,   256, QK_ML_DSA_87 },
    { CKK_IBM_ML_KEM, CKP_IBM_ML_KEM_512,  128, QK_ML_KEM_512 },
    { CKK_IBM_ML_KEM, CKP_IBM_ML_KEM_768,  192, QK_ML_KEM_768 },
    { CKK_IBM_ML_KEM, CKP_IBM_ML_KEM_1024, 256, QK_ML_KEM_1024 },
    { CKK_IBM_PQC_DILITHIUM, 0,                                  128, QK_DILITHIUM_R2_54 },
    { CKK_IBM_PQC_DILITHIUM, CK_IBM_DILITHIUM_KEYFORM_ROUND2_65, 128, QK_DILITHIUM_R2_65 },
    { CKK_IBM_PQC_DILITHIUM, CK_IBM_DILITHIUM_KEYFORM_ROUND2_87, 192, QK_DILITHIUM_R2_87 },
    { CKK_IBM_PQC_DILITHIUM, CK_IBM_DILITHIUM_KEYFORM_ROUND3_44, 128, QK_DILITHIUM_R3_44 },
    { CKK_IBM_PQC_DILITHIUM, CK_IBM_DILITHIUM_KEYFORM_ROUND3_65, 192, QK_DILITHIUM_R3_65 },
    { CKK_IBM_PQC_DILITHIUM, CK_IBM_DILITHIUM_KEYFORM_ROUND3_87, 256, QK_DILITHIUM_R3_87 },
    { CKK_IBM_PQC_KYBER, 0,                                128, QK_KYBER_R2_512 },
    { CKK_IBM_PQC_KYBER, CK_IBM_KYBER_KEYFORM_ROUND2_768,  192, QK_KYBER_R2_768 },
    { CKK_IBM_PQC_KYBER, CK_IBM_KYBER_KEYFORM_ROUND2_1024, 256, QK_KYBER_R2_1024 },
};
/* clang-format on */

const qk_lattice_set *qk_lattice_by_number(CK_KEY_TYPE type, CK_ULONG number)
{
    for (size_t i = 0; i < COUNT(sets); i++)
        if (sets[i].type == type && sets[i].number == number && number != 0)
            return &sets[i];
    return NULL;
}

const qk_lattice_set *qk_lattice_by_oid(CK_KEY_TYPE type, qk_view oid)
{
    for (size_t i = 0; i < COUNT(sets); i++)
        if (sets[i].type == type && qk_view_equal(qk_lattice_oid(&sets[i]), oid))
            return &sets[i];
    return NULL;
}

CK_KEY_TYPE qk_lattice_type_of_oid(qk_view content)
{
    for (size_t i = 0; i < COUNT(sets); i++) {
        qk_view oid = qk_lattice_oid(&sets[i]);
        if (qk_view_equal(qk_view_slice(oid, 2, oid.len - 2), content))
            return sets[i].type;
    }
    return QK_NO_KEY;
}

bool qk_lattice_is_standard(CK_KEY_TYPE type)
{
    return type == CKK_ML_DSA || type == CKK_ML_KEM || type == CKK_IBM_ML_DSA || type == CKK_IBM_ML_KEM;
}

bool qk_lattice_is_kem(CK_KEY_TYPE type)
{
    return type == CKK_ML_KEM || type == CKK_IBM_ML_KEM || type == CKK_IBM_PQC_KYBER;
}

const qk_dilithium_set *qk_lattice_dilithium(const qk_lattice_set *set)
{
    return qk_dilithium_set_find((qk_dilithium_id)set->id);
}

const qk_kyber_set *qk_lattice_kyber(const qk_lattice_set *set)
{
    return qk_kyber_set_find((qk_kyber_id)set->id);
}

qk_view qk_lattice_oid(const qk_lattice_set *set)
{
    return qk_lattice_is_kem(set->type) ? qk_lattice_kyber(set)->oid : qk_lattice_dilithium(set)->oid;
}

size_t qk_lattice_public_len(const qk_lattice_set *set)
{
    return qk_lattice_is_kem(set->type) ? qk_lattice_kyber(set)->public_len : qk_lattice_dilithium(set)->public_len;
}

size_t qk_lattice_private_len(const qk_lattice_set *set)
{
    return qk_lattice_is_kem(set->type) ? qk_lattice_kyber(set)->private_len : qk_lattice_dilithium(set)->private_len;
}

size_t qk_lattice_seed_len(const qk_lattice_set *set)
{
    return qk_lattice_is_kem(set->type) ? (size_t)QK_KYBER_SEED_LEN : qk_lattice_dilithium(set)->seed_len;
}

/* ---- making ---- */

static qk_err start(const qk_lattice_set *set, CK_OBJECT_CLASS class, qk_key **out_key)
{
    QK_TRY(qk_key_new(class, set->type, out_key));
    (*out_key)->lattice = set;
    (*out_key)->bits = set->strength;
    return QK_OK;
}

static qk_err keep_public(qk_key *key, qk_view bytes)
{
    qk_buf_put(&key->open, bytes);
    return qk_buf_check(&key->open);
}

qk_err qk_lattice_public(const qk_lattice_set *set, qk_view bytes, qk_key **out_key)
{
    QK_OWNED(qk_key_unref) qk_key *key = NULL;

    if (qk_lattice_is_kem(set->type))
        QK_TRY(qk_kyber_check_public(qk_lattice_kyber(set), bytes));
    else
        QK_TRY(qk_dilithium_check_public(qk_lattice_dilithium(set), bytes));
    QK_TRY(start(set, CKO_PUBLIC_KEY, &key));
    QK_TRY(keep_public(key, bytes));
    *out_key = key;
    key = NULL;
    return QK_OK;
}

/* The pair of a seed; the private half in `key->value`. */
static qk_err expand(qk_key *key, qk_view seed, uint8_t *out_public)
{
    const qk_lattice_set *set = key->lattice;

    QK_TRY(qk_secret_new(qk_lattice_private_len(set), &key->value));
    if (qk_lattice_is_openssls(set))
        QK_TRY(qk_lattice_openssl_pair(set, seed, out_public, qk_secret_fill(&key->value)));
    else if (qk_lattice_is_kem(set->type))
        QK_TRY(qk_kyber_generate(qk_lattice_kyber(set), seed, out_public, qk_secret_fill(&key->value)));
    else
        QK_TRY(qk_dilithium_generate(qk_lattice_dilithium(set), seed, out_public, qk_secret_fill(&key->value)));
    return qk_lattice_is_standard(set->type) ? qk_secret_copy(seed, &key->seed) : QK_OK;
}

static qk_err judge(qk_key *key, qk_view bytes, uint8_t *out_public)
{
    const qk_lattice_set *set = key->lattice;
    qk_view public_key;

    if (!qk_lattice_is_kem(set->type)) {
        QK_TRY(qk_dilithium_check_private(qk_lattice_dilithium(set), bytes, out_public));
        return qk_secret_copy(bytes, &key->value);
    }
    QK_TRY(qk_kyber_check_private(qk_lattice_kyber(set), bytes));
    QK_TRY(qk_kyber_public_of(qk_lattice_kyber(set), bytes, &public_key));
    memcpy(out_public, public_key.data, public_key.len);
    return qk_secret_copy(bytes, &key->value);
}

qk_err qk_lattice_private(const qk_lattice_set *set, qk_view seed, qk_view bytes, qk_key **out_key)
{
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    uint8_t public_key[QK_DILITHIUM_PUBLIC_MAX];

    if (seed.len > 0 && seed.len != qk_lattice_seed_len(set))
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "a seed of %zu bytes; the set has %zu", seed.len,
                       qk_lattice_seed_len(set));
    QK_TRY(start(set, CKO_PRIVATE_KEY, &key));
    if (seed.len > 0) {
        QK_TRY(expand(key, seed, public_key));
        if (bytes.len > 0 && !qk_ct_equal(bytes, qk_secret_reveal(&key->value)))
            return qk_fail(QK_E_ATTRIBUTE_VALUE, "the private key is not that of the seed beside it");
    } else
        QK_TRY(judge(key, bytes, public_key));
    QK_TRY(keep_public(key, qk_view_of(public_key, qk_lattice_public_len(set))));
    *out_key = key;
    key = NULL;
    return QK_OK;
}

qk_err qk_lattice_random(uint8_t *out, size_t len)
{
    return RAND_priv_bytes_ex(qk_openssl(), out, len, 0) > 0
               ? QK_OK
               : qk_openssl_fail(QK_E_FUNCTION_FAILED, "random bytes for a lattice algorithm");
}

/* ---- prepared forms ---- */

static void prepared_free(qk_ready *head)
{
    qk_lattice_ready *it = (qk_lattice_ready *)head;

    qk_dilithium_signer_free(&it->signer);
    qk_dilithium_verifier_free(&it->verifier);
    qk_kyber_sealer_free(&it->sealer);
    qk_kyber_opener_free(&it->opener);
    EVP_PKEY_free(it->openssls);
    free(it);
}

static qk_err fill(const qk_key *key, qk_lattice_ready *it)
{
    qk_view open = qk_buf_view(&key->open), secret = qk_secret_reveal(&key->value);
    bool is_private = key->class == CKO_PRIVATE_KEY;

    if (qk_lattice_is_openssls(key->lattice))
        return qk_lattice_openssl_key(key, &it->openssls);
    if (!qk_lattice_is_kem(key->type))
        return is_private ? qk_dilithium_signer_new(qk_lattice_dilithium(key->lattice), secret, &it->signer)
                          : qk_dilithium_verifier_new(qk_lattice_dilithium(key->lattice), open, &it->verifier);
    return is_private ? qk_kyber_opener_new(qk_lattice_kyber(key->lattice), secret, &it->opener)
                      : qk_kyber_sealer_new(qk_lattice_kyber(key->lattice), open, &it->sealer);
}

static qk_err prepare(const qk_key *key, qk_ready **out_ready)
{
    qk_lattice_ready *it = calloc(1, sizeof *it);
    qk_err err;

    if (!it)
        return qk_fail(QK_E_NO_MEMORY, "no memory to prepare a key");
    it->head.free = prepared_free;
    err = fill(key, it);
    if (err == QK_OK)
        *out_ready = &it->head;
    else
        prepared_free(&it->head);
    return err;
}

qk_err qk_lattice_prepared(const qk_key *key, const qk_lattice_ready **out_ready)
{
    qk_ready *ready;

    QK_TRY(qk_key_share(key, prepare, &ready));
    *out_ready = (const qk_lattice_ready *)ready;
    return QK_OK;
}
