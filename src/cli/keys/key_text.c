/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/keys/key_text.h"

#include <stdio.h>
#include <string.h>

#include "crypto/lattice/dilithium.h"
#include "crypto/lattice/kyber.h"
#include "p11/mechanism.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* A name of PKCS #11 without its prefix, as people write it: "CKO_PRIVATE_KEY" is "private key". */
static void plain(const char *name, char from, char to, char *out, size_t room)
{
    snprintf(out, room, "%s", strncmp(name, "CK", 2) == 0 ? name + 4 : name);
    for (char *at = out; *at; at++)
        if (*at == from)
            *at = to;
}

void qk_key_class_write(const qk_attrs *attrs, char out[QK_KEY_TEXT])
{
    plain(qk_name_of_class(qk_attrs_ulong(attrs, CKA_CLASS, CK_UNAVAILABLE_INFORMATION)), '_', ' ', out, QK_KEY_TEXT);
    for (char *at = out; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
}

/* ---- parameter sets ---- */

static const char *const slh_dsa_sets[] = { "SHA2-128s", "SHAKE-128s", "SHA2-128f", "SHAKE-128f",
                                            "SHA2-192s", "SHAKE-192s", "SHA2-192f", "SHAKE-192f",
                                            "SHA2-256s", "SHAKE-256s", "SHA2-256f", "SHAKE-256f" };
static const char *const ml_dsa_sets[] = { "44", "65", "87" };
static const char *const ml_kem_sets[] = { "512", "768", "1024" };

/* Types of which CKA_PARAMETER_SET counts the sets from 1. */
static const struct {
    CK_KEY_TYPE type;
    const char *name;
    const char *const *sets;
    CK_ULONG count;
} counted[] = {
    { CKK_ML_DSA, "ML-DSA", ml_dsa_sets, COUNT(ml_dsa_sets) },
    { CKK_ML_KEM, "ML-KEM", ml_kem_sets, COUNT(ml_kem_sets) },
    { CKK_SLH_DSA, "SLH-DSA", slh_dsa_sets, COUNT(slh_dsa_sets) },
    { CKK_IBM_ML_DSA, "IBM ML-DSA", ml_dsa_sets, COUNT(ml_dsa_sets) },
    { CKK_IBM_ML_KEM, "IBM ML-KEM", ml_kem_sets, COUNT(ml_kem_sets) },
};

static bool write_counted(CK_KEY_TYPE type, const qk_attrs *attrs, char out[QK_KEY_TEXT])
{
    CK_ULONG set = qk_attrs_ulong(attrs, CKA_PARAMETER_SET, 0);

    for (size_t i = 0; i < COUNT(counted); i++)
        if (counted[i].type == type && set >= 1 && set <= counted[i].count) {
            snprintf(out, QK_KEY_TEXT, "%s-%s", counted[i].name, counted[i].sets[set - 1]);
            return true;
        }
    return false;
}

/* IBM's older ones are named by an OID. */
static bool write_named(const qk_attrs *attrs, char out[QK_KEY_TEXT])
{
    qk_view oid = qk_attrs_view(attrs, CKA_IBM_PQC_PARAMS);
    const qk_dilithium_set *dilithium = qk_dilithium_set_by_oid(oid);
    const qk_kyber_set *kyber = qk_kyber_set_by_oid(oid);

    if (!dilithium && !kyber)
        return false;
    snprintf(out, QK_KEY_TEXT, "%s", dilithium ? dilithium->name : kyber->name);
    return true;
}

/* ---- type and size ---- */

static CK_ULONG bits_of(const qk_attrs *attrs)
{
    CK_ULONG modulus = 8 * qk_attrs_view(attrs, CKA_MODULUS).len, prime = 8 * qk_attrs_view(attrs, CKA_PRIME).len;

    if (modulus || prime)
        return modulus ? modulus : prime;
    return qk_attrs_ulong(attrs, CKA_MODULUS_BITS, 8 * qk_attrs_ulong(attrs, CKA_VALUE_LEN, 0));
}

void qk_key_type_write(const qk_attrs *attrs, char out[QK_KEY_TEXT])
{
    const qk_curve *curve = qk_curve_find(qk_attrs_view(attrs, CKA_EC_PARAMS));
    CK_KEY_TYPE type = qk_attrs_ulong(attrs, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION);
    char name[QK_KEY_TEXT / 2];

    out[0] = 0;
    if (!qk_attrs_find(attrs, CKA_KEY_TYPE) || write_counted(type, attrs, out) || write_named(attrs, out))
        return;
    plain(qk_name_of_key_type(type), '_', '-', name, sizeof name);
    if (strcmp(name, "unknown") == 0)
        snprintf(out, QK_KEY_TEXT, "type 0x%lx", type);
    else if (curve)
        snprintf(out, QK_KEY_TEXT, "%s %s", name, curve->name);
    else if (bits_of(attrs))
        snprintf(out, QK_KEY_TEXT, "%s %lu", name, bits_of(attrs));
    else
        snprintf(out, QK_KEY_TEXT, "%s", name);
}

/* ---- what it may do ---- */

void qk_key_uses_write(const qk_attrs *attrs, char out[QK_KEY_TEXT])
{
    static const struct {
        CK_ATTRIBUTE_TYPE attribute;
        const char *word;
    } uses[] = {
        { CKA_SIGN, "sign" },
        { CKA_SIGN_RECOVER, "sign-recover" },
        { CKA_VERIFY, "verify" },
        { CKA_VERIFY_RECOVER, "verify-recover" },
        { CKA_ENCRYPT, "encrypt" },
        { CKA_DECRYPT, "decrypt" },
        { CKA_WRAP, "wrap" },
        { CKA_UNWRAP, "unwrap" },
        { CKA_DERIVE, "derive" },
        { CKA_ENCAPSULATE, "encapsulate" },
        { CKA_DECAPSULATE, "decapsulate" },
    };
    size_t len = 0;

    out[0] = 0;
    for (size_t i = 0; i < COUNT(uses); i++)
        if (qk_attrs_bool(attrs, uses[i].attribute, false) && len < QK_KEY_TEXT)
            len += (size_t)snprintf(out + len, QK_KEY_TEXT - len, "%s%s", len ? ", " : "", uses[i].word);
}

void qk_key_leaves_write(const qk_attrs *attrs, char out[QK_KEY_TEXT])
{
    bool can = qk_attrs_bool(attrs, CKA_EXTRACTABLE, false), open = !qk_attrs_bool(attrs, CKA_SENSITIVE, true);

    snprintf(out, QK_KEY_TEXT, "%s",
             !qk_attrs_find(attrs, CKA_EXTRACTABLE) ? ""
             : !can                                 ? "never"
             : open                                 ? "yes"
                                                    : "wrapped");
}

void qk_key_label_write(const qk_attrs *attrs, char out[QK_KEY_TEXT])
{
    qk_view label = qk_attrs_view(attrs, CKA_LABEL);
    size_t len = 0;

    for (; len < label.len && len + 1 < QK_KEY_TEXT; len++)
        out[len] = label.data[len] >= ' ' && label.data[len] < 0x7f ? (char)label.data[len] : '?';
    out[len] = 0;
}
