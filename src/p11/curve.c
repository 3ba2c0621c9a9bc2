/* SPDX-License-Identifier: Apache-2.0 */
/* Named curves. CKA_EC_PARAMS reaches us in three spellings that mean the same: the DER of the curve's OID, a DER
 * PrintableString (PKCS #11 3.0, for Edwards and Montgomery curves), or a bare name (GREP11 clients send "P-256").
 * Explicit parameters are refused: a curve that somebody makes up is a way to forge keys. */
#include "p11/mechanism.h"

#include <strings.h>

/* clang-format off */
#define OID(...) (uint8_t)sizeof((uint8_t[]){ __VA_ARGS__ }), { __VA_ARGS__ }
#define BRAINPOOL(bits, len, form, FORM, arc) \
    { "BP-" #bits FORM, "brainpoolP" #bits form, NULL, QK_CURVE_WEIERSTRASS, bits, len, \
      OID(0x06, 0x09, 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, arc) }
#define X962(bits, len, version, arc) \
    { "X9.62-" #bits "v" #version, "prime" #bits "v" #version, NULL, QK_CURVE_WEIERSTRASS, bits, len, \
      OID(0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, arc) }

/* Left out: curves whose order is longer than their field (secp160k1, secp160r1, secp160r2, secp224k1), shorter ones than
 * 160 bits, and those over binary fields. What this OpenSSL lacks is found out at start. */
const qk_curve qk_curves[] = {
    { "P-192", "prime192v1", NULL, QK_CURVE_WEIERSTRASS, 192, 24, OID(0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x01) },
    { "P-224", "secp224r1", NULL, QK_CURVE_WEIERSTRASS, 224, 28, OID(0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x21) },
    { "P-256", "prime256v1", NULL, QK_CURVE_WEIERSTRASS, 256, 32, OID(0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07) },
    { "P-384", "secp384r1", NULL, QK_CURVE_WEIERSTRASS, 384, 48, OID(0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22) },
    { "P-521", "secp521r1", NULL, QK_CURVE_WEIERSTRASS, 521, 66, OID(0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23) },
    BRAINPOOL(160, 20, "r1", "R", 0x01),
    BRAINPOOL(160, 20, "t1", "T", 0x02),
    BRAINPOOL(192, 24, "r1", "R", 0x03),
    BRAINPOOL(192, 24, "t1", "T", 0x04),
    BRAINPOOL(224, 28, "r1", "R", 0x05),
    BRAINPOOL(224, 28, "t1", "T", 0x06),
    BRAINPOOL(256, 32, "r1", "R", 0x07),
    BRAINPOOL(256, 32, "t1", "T", 0x08),
    BRAINPOOL(320, 40, "r1", "R", 0x09),
    BRAINPOOL(320, 40, "t1", "T", 0x0a),
    BRAINPOOL(384, 48, "r1", "R", 0x0b),
    BRAINPOOL(384, 48, "t1", "T", 0x0c),
    BRAINPOOL(512, 64, "r1", "R", 0x0d),
    BRAINPOOL(512, 64, "t1", "T", 0x0e),
    { "SECP256K1", "secp256k1", NULL, QK_CURVE_WEIERSTRASS, 256, 32, OID(0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a) },
    { "SECP192K1", "secp192k1", NULL, QK_CURVE_WEIERSTRASS, 192, 24, OID(0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x1f) },
    X962(192, 24, 2, 0x02),
    X962(192, 24, 3, 0x03),
    X962(239, 30, 1, 0x04),
    X962(239, 30, 2, 0x05),
    X962(239, 30, 3, 0x06),
    { "curve25519", "X25519", "curve25519", QK_CURVE_MONTGOMERY, 255, 32, OID(0x06, 0x03, 0x2b, 0x65, 0x6e) },
    { "x448", "X448", "curve448", QK_CURVE_MONTGOMERY, 448, 56, OID(0x06, 0x03, 0x2b, 0x65, 0x6f) },
    { "ed25519", "ED25519", "edwards25519", QK_CURVE_EDWARDS, 255, 32, OID(0x06, 0x03, 0x2b, 0x65, 0x70) },
    { "ed448", "ED448", "edwards448", QK_CURVE_EDWARDS, 448, 57, OID(0x06, 0x03, 0x2b, 0x65, 0x71) },
    { "BLS12-381", NULL, NULL, QK_CURVE_PAIRING, 381, 48,
      OID(0x06, 0x0c, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x02, 0x82, 0x0b, 0x87, 0x67, 0x03, 0x02) },
};
const size_t qk_curve_count = sizeof(qk_curves) / sizeof(qk_curves[0]);

/* Further names (SEC 2, X9.62) of curves that the table names otherwise. */
static const struct {
    const char *name, *ours;
} aliases[] = {
    { "secp192r1", "P-192" },
    { "secp256r1", "P-256" },
};

/* OIDs that were in use before RFC 8410 gave these curves theirs; OpenSC and GnuPG still write them. The last one is how
 * OpenSC 0.23 writes the name curve25519, with a length that is one too long. */
static const struct {
    uint8_t len, der[16];
    const char *ours;
} older_encodings[] = {
    { OID(0x06, 0x09, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01), "ed25519" },
    { OID(0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x97, 0x55, 0x01, 0x05, 0x01), "curve25519" },
    { OID(0x13, 0x0b, 'c', 'u', 'r', 'v', 'e', '2', '5', '5', '1', '9'), "curve25519" },
};
/* clang-format on */

enum { DER_OID = 0x06, DER_PRINTABLE_STRING = 0x13 };

static bool name_is(const char *name, qk_view text)
{
    return name && strlen(name) == text.len && strncasecmp(name, (const char *)text.data, text.len) == 0;
}

static const qk_curve *find_own_name(qk_view text)
{
    for (size_t i = 0; i < qk_curve_count; i++) {
        const qk_curve *curve = &qk_curves[i];
        if (name_is(curve->name, text) || name_is(curve->openssl_name, text) || name_is(curve->printable_name, text))
            return curve;
    }
    return NULL;
}

static const qk_curve *find_name(qk_view text)
{
    for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
        if (name_is(aliases[i].name, text))
            return find_own_name(qk_view_text(aliases[i].ours));
    return find_own_name(text);
}

static const qk_curve *find_encoding(qk_view der)
{
    for (size_t i = 0; i < qk_curve_count; i++)
        if (qk_view_equal(der, qk_view_of(qk_curves[i].oid_der, qk_curves[i].oid_len)))
            return &qk_curves[i];
    for (size_t i = 0; i < sizeof(older_encodings) / sizeof(older_encodings[0]); i++)
        if (qk_view_equal(der, qk_view_of(older_encodings[i].der, older_encodings[i].len)))
            return find_own_name(qk_view_text(older_encodings[i].ours));
    return NULL;
}

const qk_curve *qk_curve_find(qk_view ec_params)
{
    if (ec_params.len < 2)
        return NULL;
    if (ec_params.data[0] == DER_OID)
        return find_encoding(ec_params);
    if (ec_params.data[0] == DER_PRINTABLE_STRING) {
        if (ec_params.data[1] != ec_params.len - 2)
            return find_encoding(ec_params);
        return find_name(qk_view_slice(ec_params, 2, ec_params.len - 2));
    }
    return find_name(ec_params);
}
