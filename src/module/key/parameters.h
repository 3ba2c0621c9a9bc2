/* SPDX-License-Identifier: Apache-2.0 */
/* C_GenerateKey for domain parameters (CKM_DSA_PARAMETER_GEN, CKM_DH_PKCS_PARAMETER_GEN): objects without a blob. */
#ifndef QK_MODULE_PARAMETERS_H
#define QK_MODULE_PARAMETERS_H

#include "module/object/slot_objects.h"
#include "p11/mechanism.h"

/* QK_E_TEMPLATE_INCONSISTENT, QK_E_TEMPLATE_INCOMPLETE, QK_E_KEY_SIZE. */
QK_MUST_CHECK qk_err qk_parameters_create(qk_session *session, const qk_mech_use *use, qk_template template_,
                                          CK_OBJECT_HANDLE *out_handle);

#endif
