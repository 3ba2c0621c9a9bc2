/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for key attributes, all in one place: what a new key gets, what may change, what a key may do.
 * Sources: GREP11 protocol, section 8; PKCS #11 3.2, key objects and C_SetAttributeValue, C_CopyObject, C_WrapKey. */
#ifndef QK_HSM_KEY_POLICY_H
#define QK_HSM_KEY_POLICY_H

#include "hsm/held_key.h"

typedef enum qk_origin { QK_GENERATED, QK_UNWRAPPED, QK_DERIVED, QK_IMPORTED } qk_origin;

/* What is known of a key before it exists. */
typedef struct qk_new_key {
    qk_origin origin;
    CK_OBJECT_CLASS class;
    CK_KEY_TYPE type;
    CK_MECHANISM_TYPE mechanism; /* that generates it; CK_UNAVAILABLE_INFORMATION otherwise */
} qk_new_key;

/* The attributes to seal with a new key: what the template gives and may give, defaults for the rest, and what only the
 * HSM says (CKA_LOCAL, CKA_ALWAYS_SENSITIVE, ...). Attributes that live elsewhere (CKA_LABEL, CKA_TOKEN) or belong to
 * other kinds of keys are left out. QK_E_TEMPLATE_INCONSISTENT, QK_E_ATTRIBUTE_READ_ONLY. */
QK_MUST_CHECK qk_err qk_policy_new(const qk_new_key *key, const qk_attrs *template_, qk_attrs *out_attrs);

/* A key that comes of another one, in this order:
 *
 *     QK_TRY(qk_policy_template(base, CKA_DERIVE_TEMPLATE, &template_));  then read CKA_KEY_TYPE, CKA_VALUE_LEN, ...
 *     QK_TRY(qk_policy_derived(&new_key, base, shows_base, &template_, &attrs));
 *     QK_TRY(qk_policy_inherit(second, &template_, &attrs));              for each further key that goes in whole
 *
 * Adds what the nested template (CKA_DERIVE_TEMPLATE, CKA_UNWRAP_TEMPLATE, CKA_ENCAPSULATE_TEMPLATE, ...) of `by` says
 * to the template of the key that will come of it. QK_E_TEMPLATE_INCONSISTENT where the two contradict each other. */
QK_MUST_CHECK qk_err qk_policy_template(const qk_held_key *by, CK_ATTRIBUTE_TYPE nested, qk_attrs *template_);
/* qk_policy_new for origin QK_DERIVED, with the history of the base (CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE).
 * `shows_base`: whoever reads the derived key learns the base key or a part of it (concatenation, extraction, XOR with
 * known data); then it is as protected as the base. QK_E_TEMPLATE_INCONSISTENT if the template wants it otherwise. */
QK_MUST_CHECK qk_err qk_policy_derived(const qk_new_key *key, const qk_held_key *base, bool shows_base,
                                       const qk_attrs *template_, qk_attrs *out_attrs);
/* Protects a new key's attributes as `part`, a key of which it lets know, is protected. */
QK_MUST_CHECK qk_err qk_policy_inherit(const qk_held_key *part, const qk_attrs *template_, qk_attrs *attrs);

/* The attributes of a key after a change (C_SetAttributeValue): booleans of the key that may change, in the direction
 * they may. QK_E_ATTRIBUTE_READ_ONLY, QK_E_ACTION_PROHIBITED if the key is not modifiable. */
QK_MUST_CHECK qk_err qk_policy_change(const qk_held_key *key, const qk_attrs *wanted, bool lax, qk_attrs *out_attrs);
/* Those of a copy (C_CopyObject). QK_E_ACTION_PROHIBITED if the key may not be copied. */
QK_MUST_CHECK qk_err qk_policy_copy(const qk_held_key *key, const qk_attrs *wanted, bool lax, qk_attrs *out_attrs);

/* The functions (QK_ENCRYPT | ...) that the usage attributes of a key allow. */
unsigned qk_policy_functions(CK_OBJECT_CLASS class, const qk_attrs *attrs);
/* May the key do this with this mechanism? QK_E_KEY_TYPE (QK_E_WRAPPING_TYPE, QK_E_UNWRAPPING_TYPE),
 * QK_E_KEY_NOT_PERMITTED. */
QK_MUST_CHECK qk_err qk_policy_use(const qk_held_key *key, const qk_mech *mech, unsigned function);
/* May `kek`, which may wrap with this mechanism, take `key` out? QK_E_KEY_UNEXTRACTABLE, QK_E_KEY_NOT_WRAPPABLE. */
QK_MUST_CHECK qk_err qk_policy_wrap(const qk_held_key *key, const qk_held_key *kek);
/* May the key's secret parts be read in clear? */
bool qk_policy_readable(const qk_held_key *key);

#endif
