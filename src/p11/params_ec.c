/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of elliptic curves. */
#include "p11/mechanism_param.h"

enum { EDDSA_CONTEXT_MOST = 255 }; /* bytes; RFC 8032, 5.1 */

static qk_err eddsa_read(qk_view param, qk_mech_use *use)
{
    CK_EDDSA_PARAMS eddsa;

    if (param.len == 0)
        return QK_OK;
    QK_TRY(qk_param_structure(use->mech, param, &eddsa, sizeof(eddsa)));
    QK_TRY(qk_param_bytes(use->mech, eddsa.pContextData, eddsa.ulContextDataLen, &use->eddsa.context));
    use->eddsa.given = true;
    use->eddsa.prehash = eddsa.phFlag != CK_FALSE;
    return QK_OK;
}

static qk_err eddsa_check(const qk_mech_use *use)
{
    if (use->eddsa.context.len > EDDSA_CONTEXT_MOST)
        return qk_param_wrong(use->mech, "a context of more than 255 bytes");
    if (!use->eddsa.given && (use->eddsa.prehash || use->eddsa.context.len > 0))
        return qk_param_wrong(use->mech, "a context without a parameter");
    return QK_OK;
}

const qk_param_row qk_param_eddsa = { eddsa_read, eddsa_check, { QK_PARAM_AT(eddsa.context) }, 1 };
