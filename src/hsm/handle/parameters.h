/* SPDX-License-Identifier: Apache-2.0 */
/* Domain parameters of DSA and Diffie-Hellman, made by GenerateKey. They are no secret and no key: the answer holds
 * their clear DER where keys have a blob, and their numbers as attributes. Source: GREP11 protocol, sections 6 and 10.
 */
#ifndef QK_HSM_PARAMETERS_H
#define QK_HSM_PARAMETERS_H

#include "hsm/hsm.h"
#include "p11/mechanism.h"

/* Does the mechanism make domain parameters? */
bool qk_makes_parameters(const qk_mech *mech);
/* Makes them as the template says. Errors of qk_key_generate; QK_E_TEMPLATE_INCONSISTENT if it asks for a key, or gives
 * what is to be made. */
QK_MUST_CHECK qk_err qk_parameters_make(const qk_call *call, const qk_mech_use *use, const qk_attrs *template_,
                                        Grep11__GenerateKeyResponse *answer);

#endif
