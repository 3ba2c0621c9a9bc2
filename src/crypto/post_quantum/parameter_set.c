/* SPDX-License-Identifier: Apache-2.0 */
/* What other rooms ask of post-quantum keys, whichever their family. */
#include "crypto/post_quantum/lattice_codec.h"
#include "crypto/post_quantum/slh_dsa.h"

size_t qk_post_quantum_signature_len(CK_KEY_TYPE type, const qk_attrs *attrs)
{
    const qk_slh_dsa_set *set;

    if (type != CKK_SLH_DSA)
        return qk_lattice_signature_len(type, attrs);
    set = qk_slh_dsa_by_number(qk_attrs_ulong(attrs, CKA_PARAMETER_SET, 0));
    return set ? set->signature_len : 0;
}

CK_KEY_TYPE qk_post_quantum_type_of_oid(qk_view content)
{
    uint8_t oid[QK_SLH_DSA_OID_LEN] = { QK_DER_OID, QK_SLH_DSA_OID_LEN - 2 };

    if (content.len == sizeof oid - 2) {
        memcpy(oid + 2, content.data, content.len);
        if (qk_slh_dsa_by_oid(qk_view_of(oid, sizeof oid)))
            return CKK_SLH_DSA;
    }
    return qk_lattice_type_of_oid(content);
}

qk_err qk_post_quantum_check_set(CK_KEY_TYPE type, const qk_attrs *attrs)
{
    const qk_slh_dsa_set *slh_dsa;
    const qk_lattice_set *lattice;

    if (!qk_attrs_find(attrs, CKA_PARAMETER_SET))
        return QK_OK;
    if (type == CKK_SLH_DSA)
        return qk_slh_dsa_template_set(attrs, &slh_dsa);
    if (!qk_lattice_is_standard(type))
        return QK_OK;
    return qk_lattice_template_set(type, attrs, QK_E_SET_NOT_SUPPORTED, &lattice);
}

qk_err qk_post_quantum_set_agrees(const qk_key *key, const qk_attrs *attrs)
{
    if (key->slh_dsa && qk_attrs_ulong(attrs, CKA_PARAMETER_SET, key->slh_dsa->number) != key->slh_dsa->number)
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "the key is one of another parameter set");
    return qk_lattice_set_agrees(key, attrs);
}
