/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key/key_family.h"

/* clang-format off */
static const struct family_row {
    CK_KEY_TYPE type;
    const qk_key_family *family;
} family_rows[] = {
    { CKK_RSA,           &qk_family_rsa },
    { CKK_EC,            &qk_family_ec },
    { CKK_EC_EDWARDS,    &qk_family_ec },
    { CKK_EC_MONTGOMERY, &qk_family_ec },
    { CKK_DH,            &qk_family_dh },
    { CKK_DSA,           &qk_family_dsa },
    { CKK_ML_DSA,        &qk_family_lattice },
    { CKK_ML_KEM,        &qk_family_lattice },
    { CKK_IBM_ML_DSA,    &qk_family_lattice },
    { CKK_IBM_ML_KEM,    &qk_family_lattice },
    { CKK_SLH_DSA,       &qk_family_slh_dsa },
    { CKK_IBM_PQC_DILITHIUM, &qk_family_lattice },
    { CKK_IBM_PQC_KYBER, &qk_family_lattice },
};
/* clang-format on */

const qk_key_family *qk_key_family_find(CK_OBJECT_CLASS class, CK_KEY_TYPE type)
{
    if (class == CKO_SECRET_KEY)
        return &qk_family_secret;
    if (class != CKO_PUBLIC_KEY && class != CKO_PRIVATE_KEY && class != CKO_DOMAIN_PARAMETERS)
        return NULL;
    for (size_t i = 0; i < sizeof(family_rows) / sizeof(family_rows[0]); i++)
        if (family_rows[i].type == type)
            return family_rows[i].family;
    return NULL;
}

const qk_key_family *qk_key_family_of(const qk_key *key)
{
    return qk_key_family_find(key->class, key->type);
}
