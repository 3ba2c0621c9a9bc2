/* SPDX-License-Identifier: Apache-2.0 */
/* Which key may leave the HSM, under which other one, and which may be read in clear. */
#include "hsm/policy/key_policy.h"
#include "p11/nested.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Bytes that are not guessed one after the other. */
enum { PIECE_LEAST = 8 };

static bool is_any(const qk_held_key *key, CK_ATTRIBUTE_TYPE type, bool fallback)
{
    return qk_attrs_bool(&key->attrs, type, fallback);
}

bool qk_policy_is_lax(const qk_held_key *key)
{
    return is_any(key, QK_MARK_LAX, false);
}

/* ---- strengths ---- */

/* Source: SP 800-57 part 1 (revision 5), table 2, and section 5.6.1.1 for triple DES. */
static const struct {
    unsigned modulus, strength;
} factoring[] = { { 15360, 256 }, { 7680, 192 }, { 3072, 128 }, { 2048, 112 }, { 1024, 80 } };

static unsigned modulus_strength(unsigned bits)
{
    for (size_t i = 0; i < COUNT(factoring); i++)
        if (bits >= factoring[i].modulus)
            return factoring[i].strength;
    return 0;
}

unsigned qk_policy_strength(const qk_key *key)
{
    unsigned bits = qk_key_bits(key), most = 256;
    const qk_curve *curve = qk_key_curve(key);

    switch (qk_key_type(key)) {
    case CKK_RSA:
    case CKK_DSA:
    case CKK_DH:
        return modulus_strength(bits);
    case CKK_DES3:
        return 112;
    case CKK_DES2:
        return 80;
    case CKK_EC:
    case CKK_EC_EDWARDS:
    case CKK_EC_MONTGOMERY:
        if (curve && curve->kind == QK_CURVE_PAIRING)
            return 112; /* below 128 since Kim and Barbulescu, 2016 */
        bits = (bits + 1) / 2;
        break;
    default:
        break;
    }
    return bits < most ? bits : most;
}

/* Strengths that are half of a curve's size are not exact: 255 bits and 256 bits are both called 128. */
static unsigned rounded(unsigned strength)
{
    static const unsigned steps[] = { 256, 192, 128, 112, 80 };

    for (size_t i = 0; i < COUNT(steps); i++)
        if (strength >= steps[i])
            return steps[i];
    return 0;
}

/* Types without a table of strengths count as their value's bits, capped at 256; lattice keys say their strength. */
static qk_err check_strength(const qk_held_key *key, const qk_held_key *kek)
{
    unsigned needs = rounded(qk_policy_strength(key->key)), has = rounded(qk_policy_strength(kek->key));

    if (has >= needs)
        return QK_OK;
    return qk_fail(QK_E_WRAPPING_SIZE, "the wrapping key has a strength of %u bits, the key one of %u (SP 800-57)", has,
                   needs);
}

/* ---- under which key ---- */

/* Nobody outside knows the wrapping key or can decrypt with it: rule 2. */
static bool keeps_secrets(const qk_held_key *kek)
{
    bool decrypts = is_any(kek, CKA_DECRYPT, false) || is_any(kek, QK_MARK_DECRYPTS, false);

    if (kek->class == CKO_SECRET_KEY && (decrypts || qk_policy_has_twins(&kek->attrs)))
        return false;
    if (is_any(kek, CKA_TRUSTED, false))
        return true;
    if (!is_any(kek, CKA_LOCAL, false) || qk_policy_is_lax(kek))
        return false;
    if (kek->class == CKO_PUBLIC_KEY)
        return !is_any(kek, QK_MARK_DECRYPTS, false);
    /* A wrapping key that leaves itself may come back as one that decrypts. */
    return is_any(kek, CKA_ALWAYS_SENSITIVE, false) && is_any(kek, CKA_NEVER_EXTRACTABLE, false);
}

/* Counter modes decrypt by encrypting. Whoever names the nonce wraps a key that is known under the same one. */
static bool opens_by_encrypting(const qk_mech *mech)
{
    return mech->type == CKM_AES_GCM || mech->type == CKM_AES_CCM;
}

/* Modes that any block goes through by itself: what one tells of the last bytes of a block, it tells of every block
 * that was put in its place. */
static bool is_loose(const qk_mech *mech)
{
    static const CK_MECHANISM_TYPE loose[] = { CKM_AES_ECB,  CKM_AES_CBC,  CKM_AES_CBC_PAD,
                                               CKM_DES3_ECB, CKM_DES3_CBC, CKM_DES3_CBC_PAD };

    for (size_t i = 0; i < COUNT(loose); i++)
        if (loose[i] == mech->type)
            return true;
    return false;
}

bool qk_policy_fits_blocks(const qk_mech *mech, size_t len)
{
    return !is_loose(mech) || len % PIECE_LEAST == 0;
}

/* A pair from elsewhere, of which the security officer says that it may have keys, is his to know. */
static bool opens_whole(const qk_held_key *kek)
{
    return is_any(kek, QK_MARK_WHOLE, false) || (is_any(kek, CKA_TRUSTED, false) && !is_any(kek, CKA_LOCAL, false));
}

static qk_err check_rules(const qk_held_key *key, const qk_held_key *kek, const qk_mech *mech, unsigned rules)
{
    if (!is_any(key, CKA_SENSITIVE, true)) /* it can be read anyway */
        return QK_OK;
    if (!keeps_secrets(kek))
        return qk_fail(QK_E_KEY_NOT_WRAPPABLE,
                       "a sensitive key leaves under a key that was generated here, never left in clear, does not "
                       "decrypt and derives no key that would, or that the security officer trusts (CKA_TRUSTED)");
    if (opens_by_encrypting(mech))
        return qk_fail(QK_E_KEY_NOT_WRAPPABLE, "a sensitive key does not leave by %s, where who wraps names the nonce",
                       mech->name);
    if (mech->type == CKM_RSA_X_509)
        return qk_fail(QK_E_KEY_NOT_WRAPPABLE, "a sensitive key does not leave by %s, without padding", mech->name);
    if (mech->type == CKM_RSA_AES_KEY_WRAP && !opens_whole(kek))
        return qk_fail(QK_E_KEY_NOT_WRAPPABLE,
                       "a sensitive key leaves by %s to a pair that was generated with CKA_ALLOWED_MECHANISMS of the "
                       "private half that name no other mechanism to unwrap or decrypt",
                       mech->name);
    if (key->class == CKO_SECRET_KEY && !qk_policy_fits_blocks(mech, qk_key_bits(key->key) / 8))
        return qk_fail(QK_E_KEY_NOT_WRAPPABLE, "%u bits of a sensitive key do not fit %s; use CKM_AES_KEY_WRAP_KWP",
                       qk_key_bits(key->key), mech->name);
    return rules & QK_LEAVE_WEAK ? QK_OK : check_strength(key, kek);
}

/* CKA_LABEL and what else lies in the keystore's row is the module's to compare. */
static bool is_known_here(const qk_attribute *attribute)
{
    return attribute && attribute->home != QK_HOME_OBJECT && attribute->home != QK_HOME_PLACE &&
           attribute->type != CKA_UNIQUE_ID;
}

static qk_err check_template(const qk_held_key *key, const qk_held_key *kek)
{
    QK_OWNED(qk_attrs_done) qk_attrs all = QK_ATTRS_NONE, wanted = QK_ATTRS_NONE;
    qk_view flat = qk_attrs_view(&kek->attrs, CKA_WRAP_TEMPLATE);

    if (!flat.len)
        return QK_OK;
    QK_TRY(qk_nested_read(flat, &wanted));
    for (size_t i = wanted.count; i > 0; i--)
        if (!is_known_here(qk_attribute_find(wanted.items[i - 1].type)))
            qk_attrs_remove(&wanted, wanted.items[i - 1].type);
    QK_TRY(qk_held_key_describe(key, &all));
    if (!qk_attrs_match(&all, &wanted)) /* PKCS #11 3.2, C_WrapKey, names the code */
        return qk_fail(QK_E_KEY_HANDLE, "the key does not match CKA_WRAP_TEMPLATE of the wrapping key");
    return QK_OK;
}

qk_err qk_policy_wrap(const qk_held_key *key, const qk_held_key *kek, const qk_mech *mech, unsigned rules)
{
    bool lax = (rules & QK_LEAVE_LAX) && qk_policy_is_lax(key) && qk_policy_is_lax(kek);

    if (key->class == CKO_PUBLIC_KEY)
        return qk_fail(QK_E_KEY_NOT_WRAPPABLE, "a public key is not wrapped, it can be read");
    if (!is_any(key, CKA_EXTRACTABLE, false))
        return qk_fail(QK_E_KEY_UNEXTRACTABLE, "CKA_EXTRACTABLE of the key is false");
    if (is_any(key, CKA_WRAP_WITH_TRUSTED, false) && !is_any(kek, CKA_TRUSTED, false))
        return qk_fail(QK_E_KEY_NOT_WRAPPABLE,
                       "the key may be wrapped with a trusted key only (CKA_WRAP_WITH_TRUSTED)");
    if (is_any(key, CKA_IBM_ATTRBOUND, false) != (mech->type == CKM_IBM_ATTRIBUTEBOUND_WRAP))
        return qk_fail(QK_E_KEY_NOT_WRAPPABLE,
                       "a key with CKA_IBM_ATTRBOUND, and no other, leaves by CKM_IBM_ATTRIBUTEBOUND_WRAP");
    QK_TRY(check_template(key, kek));
    return lax ? QK_OK : check_rules(key, kek, mech, rules);
}

bool qk_policy_readable(const qk_held_key *key)
{
    return key->class == CKO_PUBLIC_KEY || (!is_any(key, CKA_SENSITIVE, true) && is_any(key, CKA_EXTRACTABLE, false));
}
