/* SPDX-License-Identifier: Apache-2.0 */
/* Domain parameters of prime fields, in and out of DER and templates. */
#ifndef QK_CRYPTO_FFC_CODEC_H
#define QK_CRYPTO_FFC_CODEC_H

#include "crypto/prime/ffc_key.h"

/* SEQUENCE { P, G } or, for CKK_DSA, SEQUENCE { P, Q, G }. QK_E_ATTRIBUTE_VALUE, QK_E_KEY_SIZE. */
QK_MUST_CHECK qk_err qk_ffc_read_parameters(CK_KEY_TYPE type, qk_view der, qk_ffc *ffc);
/* The same of a key or of domain parameters. */
QK_MUST_CHECK qk_err qk_ffc_write_parameters(const qk_key *key, qk_der_writer *writer);
/* From CKA_PRIME, CKA_SUBPRIME and CKA_BASE, or CKA_IBM_STRUCT_PARAMS; what is missing stays NULL.
 * QK_E_TEMPLATE_INCONSISTENT if both ways are used. */
QK_MUST_CHECK qk_err qk_ffc_template_parameters(CK_KEY_TYPE type, const qk_attrs *attrs, qk_ffc *ffc);

#endif
