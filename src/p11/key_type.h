/* SPDX-License-Identifier: Apache-2.0 */
/* Types of keys: which mechanisms they fit, and whether they come in pairs. One place for the module, which refuses
 * early, for the HSM's policy, and for the engines. */
#ifndef QK_P11_KEY_TYPE_H
#define QK_P11_KEY_TYPE_H

#include "p11/mechanism.h"

#define QK_AES_OR_RSA ((CK_KEY_TYPE)~3UL) /* of a mechanism: what wraps attribute-bound */

/* May a key of this class and type be used with the mechanism for `function` (one QK_ENCRYPT, ... bit)? Whether its
 * curve or length fits is the engine's to say. Generation needs no key: false. */
bool qk_key_type_fits(const qk_mech *mech, unsigned function, CK_OBJECT_CLASS class, CK_KEY_TYPE type);
/* Do keys of this type come as public and private halves? False for secret keys and unknown types. */
bool qk_key_type_is_asymmetric(CK_KEY_TYPE type);
/* The class of what a derivation makes: a secret key; of BIP-32 and SLIP-0010 what the step's name ends with; of
 * CKM_HKDF_DATA and CKM_TLS_PRF data; of CKM_IBM_EC_AGGREGATE a public key. */
CK_OBJECT_CLASS qk_key_class_derived(const qk_mech_use *use);

#endif
