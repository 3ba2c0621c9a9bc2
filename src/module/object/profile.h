/* SPDX-License-Identifier: Apache-2.0 */
/* Profile objects: by CKA_PROFILE_ID an application sees which profiles of "PKCS #11 Profiles" the token follows. They
 * are public token objects of the slot that nobody made and nobody can change, copy or destroy. */
#ifndef QK_MODULE_PROFILE_H
#define QK_MODULE_PROFILE_H

#include "module/slot/slot.h"

/* Shows those that match to `see`. */
QK_MUST_CHECK qk_err qk_profiles_find(qk_slot *slot, const qk_attrs *wanted, qk_object_visitor see, void *context);

#endif
