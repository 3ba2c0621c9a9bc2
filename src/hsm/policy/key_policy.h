/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for key attributes: what a new key gets and what may change (key_policy.c), what comes of the keys that a
 * new one is made of (key_descent.c), what a key may do (key_use.c), which key may leave under which (key_leave.c).
 * Sources: GREP11 protocol, section 8; PKCS #11 3.2, key objects and C_SetAttributeValue, C_CopyObject, C_WrapKey.
 *
 * Uses are kept apart, since a key that both wraps and decrypts opens every key it wraps, and one that both encrypts
 * and unwraps brings in any key whose value is known (Clulow, "On the Security of PKCS #11", 2003; Bortolozzo and
 * others, "Attacking and Fixing PKCS#11 Security Tokens", 2010):
 *
 * 1. A secret key has WRAP and DECRYPT, or UNWRAP and ENCRYPT, only if its template says both (Vault's does), and
 *    then it never takes a sensitive key out. None of the four, nor DERIVE, is ever switched on later, in a copy
 *    neither: copies of one key, each with another use, would be the same as one key with both. What is unwrapped
 *    can be no more than what C_CreateObject brings in, so a known value that was encrypted before harms nobody (2).
 * 2. A sensitive key leaves only under a key that was generated here, was always sensitive and never extractable (or
 *    it could come back as one that decrypts), or that the security officer trusts; not under one that decrypts what
 *    it wraps, or of which a key of the same value can be derived that does, not under the public half of a pair whose
 *    private half decrypts or may leave, and not under one made from a password, which somebody knows. It does not
 *    leave by a counter mode (GCM, CCM), where the same nonce with a known key opens it, nor by RSA without padding.
 *    Raw RSA decrypts whatever the function is called: a private half that signs so decrypts, and none unwraps so
 *    whose CKA_ALLOWED_MECHANISMS do not say it.
 *    What consists of two parts (CKM_RSA_AES_KEY_WRAP) goes to pairs whose private half opens nothing else, since the
 *    first part alone is the key to the second.
 * 3. A sensitive key leaves under none that is weaker (SP 800-57 part 1, table 2).
 * 4. What is unwrapped is sensitive: nobody reads a sensitive key by wrapping it and unwrapping it otherwise. Secret
 * keys go through ECB and CBC in multiples of 8 bytes, or wrong paddings would tell one byte after the other.
 *
 * A server's policy may let GREP11 clients off all four (`lax`), because IBM's examples import and export raw keys by
 * one key that does both. Keys made that way carry a mark; the rules hold for every other key, whoever calls, and a
 * keystore takes no key with the mark. */
#ifndef QK_HSM_KEY_POLICY_H
#define QK_HSM_KEY_POLICY_H

#include "hsm/blob/held_key.h"

typedef enum qk_origin { QK_GENERATED, QK_UNWRAPPED, QK_DERIVED, QK_IMPORTED, QK_ORIGIN_COUNT } qk_origin;

/* Sealed in blobs and told to nobody (they have no row in the attribute table). */
#define QK_MARK_LAX      (CKA_VENDOR_DEFINED | 0x514B0001UL) /* made for a caller who is let off the rules */
#define QK_MARK_DECRYPTS (CKA_VENDOR_DEFINED | 0x514B0002UL) /* its private half, a copy or a twin of it decrypts */
#define QK_MARK_WHOLE    (CKA_VENDOR_DEFINED | 0x514B0003UL) /* its private half: qk_policy_opens_whole */

/* What is known of a key before it exists. Give fields by name. */
typedef struct qk_new_key {
    qk_origin origin;
    CK_OBJECT_CLASS class;
    CK_KEY_TYPE type;
    CK_MECHANISM_TYPE mechanism; /* that generates it; CK_UNAVAILABLE_INFORMATION otherwise */
    bool lax;                    /* qk_core_is_lax */
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
 *     QK_TRY(qk_policy_keep_limits(base, &template_, &attrs));            for each key whose bytes go in as they are
 *
 * Adds what the nested template (CKA_DERIVE_TEMPLATE, CKA_UNWRAP_TEMPLATE, CKA_ENCAPSULATE_TEMPLATE, ...) of `by` says
 * to the template of the key that will come of it. QK_E_TEMPLATE_INCONSISTENT where the two contradict each other, or
 * it adds CKA_TRUSTED. */
QK_MUST_CHECK qk_err qk_policy_template(const qk_held_key *by, CK_ATTRIBUTE_TYPE nested, qk_attrs *template_);
/* qk_policy_new for origin QK_DERIVED, with the history of the base (CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE).
 * `shows_base`: whoever reads the derived key learns the base key or a part of it (concatenation, extraction, XOR with
 * known data); then it is as protected as the base. QK_E_TEMPLATE_INCONSISTENT if the template wants it otherwise. */
QK_MUST_CHECK qk_err qk_policy_derived(const qk_new_key *key, const qk_held_key *base, bool shows_base,
                                       const qk_attrs *template_, qk_attrs *out_attrs);
/* Protects a new key's attributes as `part`, a key of which it lets know, is protected. */
QK_MUST_CHECK qk_err qk_policy_inherit(const qk_held_key *part, const qk_attrs *template_, qk_attrs *attrs);

/* Limits a new key that has the bytes of `part` in it as `part` is limited, if that one cannot be read: its nested
 * templates, its mechanisms, and that it may not be copied. QK_E_TEMPLATE_INCONSISTENT. */
QK_MUST_CHECK qk_err qk_policy_keep_limits(const qk_held_key *part, const qk_attrs *template_, qk_attrs *attrs);
/* Do bytes of the base key become bytes of the new one (concatenation, XOR, extraction)? */
bool qk_policy_moves_bytes(const qk_mech *mech);
/* Can a key of the same value, with other uses, be derived from a secret key with these attributes? */
bool qk_policy_has_twins(const qk_attrs *attrs);

/* Those of a key that comes back with its attributes (`inside`, of which what a caller may not give is taken out). What
 * it could do it can do again; its history is that of any unwrapped key, since whoever has the MAC key can bring in a
 * key of a value that is known. */
QK_MUST_CHECK qk_err qk_policy_bound(CK_OBJECT_CLASS class, CK_KEY_TYPE type, qk_attrs *inside, qk_attrs *out_attrs);

/* The attributes of a key after a change (C_SetAttributeValue): booleans of the key that may change, in the direction
 * they may. QK_E_ATTRIBUTE_READ_ONLY, QK_E_ACTION_PROHIBITED if the key is not modifiable. */
QK_MUST_CHECK qk_err qk_policy_change(const qk_held_key *key, const qk_attrs *wanted, bool lax, qk_attrs *out_attrs);
/* Those of a copy (C_CopyObject). QK_E_ACTION_PROHIBITED if the key may not be copied. */
QK_MUST_CHECK qk_err qk_policy_copy(const qk_held_key *key, const qk_attrs *wanted, bool lax, qk_attrs *out_attrs);

/* The function that a usage attribute allows; 0 for others. */
unsigned qk_policy_function_of(CK_ATTRIBUTE_TYPE usage);
/* The functions (QK_ENCRYPT | ...) that the usage attributes of a key allow. */
unsigned qk_policy_functions(CK_OBJECT_CLASS class, const qk_attrs *attrs);
/* Is the mechanism among CKA_ALLOWED_MECHANISMS? */
bool qk_policy_lists(const qk_attrs *attrs, const qk_mech *mech);
/* May the key do this with this mechanism? QK_E_KEY_TYPE (QK_E_WRAPPING_TYPE, QK_E_UNWRAPPING_TYPE),
 * QK_E_KEY_NOT_PERMITTED. */
QK_MUST_CHECK qk_err qk_policy_use(const qk_held_key *key, const qk_mech *mech, unsigned function);
/* May it be digested (C_DigestKey)? QK_E_KEY_INDIGESTIBLE. */
QK_MUST_CHECK qk_err qk_policy_digest(const qk_held_key *key, const qk_mech *mech);
/* May `kek`, which may wrap with this mechanism, take `key` out? `rules`: QK_LEAVE_... QK_E_KEY_UNEXTRACTABLE,
 * QK_E_KEY_NOT_WRAPPABLE, QK_E_WRAPPING_SIZE, QK_E_KEY_HANDLE if CKA_WRAP_TEMPLATE does not want it. */
enum {
    QK_LEAVE_LAX = 1 << 0,  /* qk_core_is_lax: holds if both keys have the mark */
    QK_LEAVE_WEAK = 1 << 1, /* also under a weaker key */
};
QK_MUST_CHECK qk_err qk_policy_wrap(const qk_held_key *key, const qk_held_key *kek, const qk_mech *mech,
                                    unsigned rules);
/* Does a private key with these attributes open what its public half encrypts (or may it leave, and do so then)? */
bool qk_policy_opens(CK_KEY_TYPE type, const qk_attrs *attrs);
/* Does it open what CKM_RSA_AES_KEY_WRAP made, if at all, as a whole? The head is a key under OAEP like any other. */
bool qk_policy_opens_whole(const qk_attrs *attrs);
/* Does a secret key of this length go through this cipher without a part of it, or what fills it up, being so short
 * that it can be found by trial (Vaudenay, "Security Flaws Induced by CBC Padding", 2002)? */
bool qk_policy_fits_blocks(const qk_mech *mech, size_t len);
/* Was it made for a caller who is let off the rules? */
bool qk_policy_is_lax(const qk_held_key *key);
/* Security strength in bits: SP 800-57 part 1 (revision 5), table 2. */
unsigned qk_policy_strength(const qk_key *key);
/* May the key's secret parts be read in clear? */
bool qk_policy_readable(const qk_held_key *key);

#endif
