/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/handle/parameters.h"

#include "hsm/core.h"
#include "p11/key_type.h"

bool qk_makes_parameters(const qk_mech *mech)
{
    return (mech->does & QK_GENERATE) && qk_key_type_is_asymmetric(mech->key);
}

static qk_err check_template(const qk_mech *mech, const qk_attrs *template_)
{
    if (qk_attrs_ulong(template_, CKA_CLASS, CKO_DOMAIN_PARAMETERS) != CKO_DOMAIN_PARAMETERS ||
        qk_attrs_ulong(template_, CKA_KEY_TYPE, mech->key) != mech->key)
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "%s makes domain parameters of a %s", mech->name,
                       qk_name_of_key_type(mech->key));
    for (size_t i = 0; i < template_->count; i++) {
        const qk_attribute *row = qk_attribute_find(template_->items[i].type);
        if (!row)
            return qk_fail(QK_E_ATTRIBUTE_TYPE, "attribute 0x%lx is unknown", template_->items[i].type);
        if (row->type == CKA_PRIME || row->type == CKA_SUBPRIME || row->type == CKA_BASE)
            return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "%s is made, not given", row->name);
    }
    return QK_OK;
}

static qk_err describe(const qk_key *parameters, qk_attrs *attrs)
{
    QK_TRY(qk_attrs_set_ulong(attrs, CKA_CLASS, CKO_DOMAIN_PARAMETERS));
    QK_TRY(qk_attrs_set_ulong(attrs, CKA_KEY_TYPE, qk_key_type(parameters)));
    QK_TRY(qk_attrs_set_bool(attrs, CKA_LOCAL, true));
    return qk_key_describe(parameters, attrs);
}

qk_err qk_parameters_make(const qk_call *call, const qk_mech_use *use, const qk_attrs *template_,
                          Grep11__GenerateKeyResponse *answer)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    QK_OWNED(qk_key_unref) qk_key *parameters = NULL;
    QK_OWNED(qk_secret_free) qk_secret der = QK_SECRET_NONE;

    QK_TRY(check_template(use->mech, template_));
    QK_TRY(qk_key_generate(use, template_, &parameters));
    QK_TRY(describe(parameters, &attrs));
    QK_TRY(qk_key_write(parameters, &der));
    return qk_answer_blob(call, qk_secret_reveal(&der), &attrs, &answer->keybytes, &answer->key);
}
