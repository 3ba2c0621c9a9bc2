/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs of the lattice families. ML-DSA and ML-KEM keys keep the seed they come from; of the older rounds nobody
 * defined a form of keys that has it. Sources: FIPS 204, 5.1; FIPS 203, 7.1; the submissions of the rounds. */
#include "crypto/post_quantum/lattice_codec.h"

static qk_err choose_set(const qk_mech *mech, const qk_attrs *template_, const qk_lattice_set **out_set)
{
    bool is_standard = qk_lattice_is_standard(mech->key);
    qk_err err = qk_lattice_template_set(mech->key, template_,
                                         is_standard ? QK_E_SET_NOT_SUPPORTED : QK_E_MECHANISM_INVALID, out_set);

    if (err == QK_E_TEMPLATE_INCOMPLETE && mech->key == CKK_IBM_PQC_DILITHIUM) { /* what IBM's makes unless told */
        *out_set = qk_lattice_by_number(mech->key, CK_IBM_DILITHIUM_KEYFORM_ROUND2_65);
        return QK_OK;
    }
    return err;
}

qk_err qk_lattice_generate_pair(const qk_mech_use *use, const qk_attrs *public_template, qk_key **out_public,
                                qk_key **out_private)
{
    QK_OWNED(qk_secret_free) qk_secret seed = QK_SECRET_NONE;
    QK_OWNED(qk_key_unref) qk_key *private_key = NULL;
    const qk_lattice_set *set;

    QK_TRY(choose_set(use->mech, public_template, &set));
    QK_TRY(qk_secret_new(qk_lattice_seed_len(set), &seed));
    QK_TRY(qk_lattice_random(qk_secret_fill(&seed), seed.len));
    QK_TRY(qk_lattice_private(set, qk_secret_reveal(&seed), QK_VIEW_NONE, &private_key));
    QK_TRY(qk_lattice_public(set, qk_buf_view(&private_key->open), out_public));
    *out_private = private_key;
    private_key = NULL;
    return QK_OK;
}
