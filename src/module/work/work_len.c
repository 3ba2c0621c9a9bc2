/* SPDX-License-Identifier: Apache-2.0 */
/* How long results are, known before they are computed: an application that offers too little room must not cost a
 * signature or a round trip. */
#include "module/work/work.h"

/* Types whose keys give what is as long as `part_len`. */
static const CK_KEY_TYPE whole_types[] = {
    CKK_RSA, CKK_ML_DSA, CKK_IBM_ML_DSA, CKK_SLH_DSA, CKK_IBM_PQC_DILITHIUM,
};

/* What asymmetric keys give depends on the key alone: RSA one modulus, post-quantum ones a signature, EC two
 * coordinates. */
static size_t asymmetric_len(const qk_work *work)
{
    if (work->use.mech->param == QK_PARAM_ECSG) /* depends on the variant */
        return qk_crypto_output_len(NULL, &work->use, work->function, 0);
    for (size_t i = 0; i < sizeof whole_types / sizeof whole_types[0]; i++)
        if (whole_types[i] == work->use.mech->key)
            return work->key->part_len;
    return 2 * work->key->part_len;
}

size_t qk_work_whole_len(const qk_work *work, size_t in_len)
{
    if (work->key && work->key->class != CKO_SECRET_KEY)
        return asymmetric_len(work);
    return qk_crypto_output_len(NULL, &work->use, work->function, in_len); /* needs no key for ciphers and hashes */
}

/* Of block modes whole blocks come out, and one that may be padding is kept back until more comes. */
size_t qk_work_update_len(const qk_work *work, size_t in_len)
{
    return qk_crypto_part_len(&work->use, work->function, work->inside, in_len, false);
}

size_t qk_work_finish_len(const qk_work *work)
{
    if (work->operation)
        return qk_operation_output_len(work->operation, 0, true);
    if (work->state.len && (work->function == QK_ENCRYPT || work->function == QK_DECRYPT))
        return qk_crypto_part_len(&work->use, work->function, work->inside, 0, true);
    return qk_work_whole_len(work, work->gathered.len);
}
