/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that are made of other keys: what is wanted, and what the mechanism asks of it.
 *
 * Most mechanisms make a key from which nobody comes back to the base. Some move bytes of the base into the new key
 * (concatenation, XOR, extraction): their keys are never less protected than what they are made of (key_policy.h), take
 * a sensitive key as a whole, and do not fall apart again, so that it cannot be guessed piece by piece.
 * Source: PKCS #11 3.2, the sections of the mechanisms. */
#ifndef QK_HSM_DERIVATION_H
#define QK_HSM_DERIVATION_H

#include "hsm/core.h"

typedef struct qk_derivation {
    qk_mech_use use;
    qk_held_key *base, *second; /* `second` NULL: the mechanism's parameter names none */
} qk_derivation;

void qk_derivation_done(qk_derivation *it);
/* Opens the keys of a request, and checks that they may be used so. Errors of qk_core_use and qk_core_key_for. */
QK_MUST_CHECK qk_err qk_derivation_open(qk_core *core, const qk_call *call, const Grep11__Mechanism *mechanism,
                                        const Grep11__KeyBlob *base, ProtobufCBinaryData v1, qk_derivation *out);
/* For one new key: adds CKA_DERIVE_TEMPLATE of the base and of the second key to its template, reads class, type and
 * length, and says what to seal with it. `out_wanted` borrows the template. QK_E_TEMPLATE_INCONSISTENT also if it asks
 * for less protection than the mechanism allows. */
QK_MUST_CHECK qk_err qk_derivation_want(const qk_derivation *it, bool lax, qk_attrs *template_,
                                        qk_key_wanted *out_wanted, qk_attrs *out_attrs);
/* For CKM_HKDF_DATA and CKM_TLS_PRF, which give a value that is no key. QK_E_KEY_NOT_PERMITTED if the base or the
 * second key has a CKA_DERIVE_TEMPLATE. */
QK_MUST_CHECK qk_err qk_derivation_want_data(const qk_derivation *it, const qk_attrs *template_,
                                             qk_key_wanted *out_wanted);
/* Looks at the key that was made, before anybody gets it: QK_E_KEY_SIZE if it has a part of a sensitive base. */
QK_MUST_CHECK qk_err qk_derivation_check(const qk_derivation *it, const qk_key *made);

#endif
