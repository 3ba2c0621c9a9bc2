/* SPDX-License-Identifier: Apache-2.0 */
/* Derivations that give more than one key, or more than a key: those of TLS, and of SP 800-108 with further keys. What
 * they give besides the first goes to places that the mechanism's parameter names. */
#ifndef QK_MODULE_DERIVE_KEYS_H
#define QK_MODULE_DERIVE_KEYS_H

#include "module/object/slot_objects.h"

/* Is it such a derivation, with this parameter? `mechanism` was read. */
bool qk_derives_more(const CK_MECHANISM *mechanism, const qk_mech_use *use);
/* `out_key` may be NULL where the parameter names the places of all keys. Nothing is left behind on failure. */
QK_MUST_CHECK qk_err qk_derive_more(qk_session *session, const CK_MECHANISM *mechanism, const qk_mech_use *use,
                                    const qk_object *base, qk_template template_, CK_OBJECT_HANDLE *out_key);

#endif
