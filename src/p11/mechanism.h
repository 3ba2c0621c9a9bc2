/* SPDX-License-Identifier: Apache-2.0 */
/* Mechanisms: what each one is. The engines (crypto room) say how each is done; a test joins the two tables.
 *
 * The description feeds the mechanism lists and infos, the checks in every ...Init, and the reading of parameters.
 * qk_mech_use is one use of a mechanism: its row and its decoded parameter. Parameters reach us as C structures from
 * an application (qk_mech_use_read, here) or as GREP11 messages (hsm/mechanism_codec.h). */
#ifndef QK_P11_MECHANISM_H
#define QK_P11_MECHANISM_H

#include <quantoki/pkcs11-ibm.h>
#include <quantoki/pkcs11.h>

#include "base/bytes.h"

/* What a mechanism can do. */
enum {
    QK_ENCRYPT = 1 << 0,
    QK_DECRYPT = 1 << 1,
    QK_DIGEST = 1 << 2,
    QK_SIGN = 1 << 3,
    QK_VERIFY = 1 << 4,
    QK_GENERATE = 1 << 5,
    QK_GENERATE_PAIR = 1 << 6,
    QK_WRAP = 1 << 7,
    QK_UNWRAP = 1 << 8,
    QK_DERIVE = 1 << 9,
};

typedef enum qk_param_kind {
    QK_PARAM_NONE, /* none allowed (an empty one is tolerated) */
    QK_PARAM_IV,   /* exactly `iv_len` bytes */
    QK_PARAM_GCM,
    QK_PARAM_OAEP,
    QK_PARAM_PSS,
    QK_PARAM_EDDSA, /* optional */
} qk_param_kind;

enum {
    QK_MECH_SINGLE_PART = 1 << 0, /* no Update: RSA_PKCS, ECDSA, EdDSA, ... */
    QK_MECH_GATHERED = 1 << 1,    /* Updates are gathered and answered in Final: AEAD */
    QK_MECH_GREP11 = 1 << 2,      /* in the list that GREP11 reports, in table order */
    QK_MECH_EC = 1 << 3,          /* the EC flags of CK_MECHANISM_INFO apply */
};

#define QK_NO_KEY     ((CK_KEY_TYPE)~0UL) /* digests, random */
#define QK_ANY_SECRET ((CK_KEY_TYPE)~1UL) /* HMAC takes any secret key */
#define QK_NO_HASH    ((CK_MECHANISM_TYPE)~0UL)

typedef struct qk_mech {
    CK_MECHANISM_TYPE type;
    const char *name; /* "CKM_AES_CBC" */
    CK_KEY_TYPE key;  /* the key it works with or makes; QK_NO_KEY, QK_ANY_SECRET */
    unsigned does;    /* QK_ENCRYPT | ... */
    qk_param_kind param;
    unsigned flags;            /* QK_MECH_... */
    CK_MECHANISM_TYPE hash;    /* digest mechanism inside it, or QK_NO_HASH */
    CK_ULONG min_key, max_key; /* true sizes, in the unit PKCS #11 says: bits for RSA and EC, bytes for AES and MACs */
    CK_ULONG grep11_min_key, grep11_max_key; /* what IBM's server reports */
    CK_FLAGS grep11_flags;                   /* its flags there; 0: as computed from `does` */
    size_t iv_len;                           /* for QK_PARAM_IV */
    const char *source;                      /* document and section that define it */
} qk_mech;

/* In the order of GREP11's list first (position 0 is CKM_RSA_PKCS), then the rest. */
extern const qk_mech qk_mechs[];
extern const size_t qk_mech_count;

/* NULL if unknown. IBM's alias numbers have rows of their own. */
const qk_mech *qk_mech_find(CK_MECHANISM_TYPE type);
const char *qk_mech_name(CK_MECHANISM_TYPE type); /* "unknown" */
/* CKF_... bits of CK_MECHANISM_INFO, from `does` and the EC flag. */
CK_FLAGS qk_mech_info_flags(const qk_mech *mech);

typedef struct qk_mech_use {
    const qk_mech *mech;
    union {
        qk_view iv;
        struct {
            qk_view iv, aad;
            unsigned tag_bits; /* 32, 64, 96, 104, 112, 120, 128 */
        } gcm;
        struct {
            CK_MECHANISM_TYPE hash;     /* digest mechanism, e.g. CKM_SHA256 */
            CK_MECHANISM_TYPE mgf_hash; /* digest of MGF1 */
            qk_view label;
        } oaep;
        struct {
            CK_MECHANISM_TYPE hash, mgf_hash;
            size_t salt_len; /* bytes */
        } pss;
        struct {
            bool given, prehash;
            qk_view context;
        } eddsa;
    };
} qk_mech_use;

/* Reads an application's CK_MECHANISM; views point into the application's memory (copy before the call returns if the
 * operation goes on: qk_mech_use_keep). QK_E_MECHANISM_INVALID if unknown or unable to do `function` (one QK_ENCRYPT,
 * ... bit); QK_E_MECHANISM_PARAM for a malformed parameter; QK_E_BAD_ARGUMENT for NULL. `out` is written on success
 * only. CK_GCM_PARAMS is read with or without ulIvBits, which is ignored, as the standard asks. */
QK_MUST_CHECK qk_err qk_mech_use_read(const CK_MECHANISM *mechanism, unsigned function, qk_mech_use *out);
/* The checks shared by both readers: parameter ranges (tag_bits, hash known, label <= 1024, IV of GCM 1..128 bytes),
 * and that the mechanism can do `function`. Errors as above. */
QK_MUST_CHECK qk_err qk_mech_use_check(const qk_mech_use *use, unsigned function);
/* Makes the views of `use` point to copies in `storage` (the caller's; what it held is wiped, its memory used again).
 * QK_E_NO_MEMORY: `use` is lost. */
QK_MUST_CHECK qk_err qk_mech_use_keep(qk_mech_use *use, qk_buf *storage);

/* Digest mechanism of an MGF (CKG_MGF1_SHA1 → CKM_SHA_1) and back; QK_NO_HASH / 0 if none. */
CK_MECHANISM_TYPE qk_mgf_hash(CK_RSA_PKCS_MGF_TYPE mgf);
CK_RSA_PKCS_MGF_TYPE qk_mgf_of_hash(CK_MECHANISM_TYPE hash);

/* ---- curves ---- */

typedef enum qk_curve_kind { QK_CURVE_WEIERSTRASS, QK_CURVE_EDWARDS, QK_CURVE_MONTGOMERY } qk_curve_kind;

typedef struct qk_curve {
    const char *name;           /* IBM's ASCII name: "P-256" */
    const char *openssl_name;   /* "prime256v1"; for Edwards "ED25519" */
    const char *printable_name; /* PKCS #11's PrintableString form: "edwards25519"; NULL if none */
    qk_curve_kind kind;
    unsigned bits;
    size_t field_len; /* bytes per coordinate or private scalar */
    uint8_t oid_len;
    uint8_t oid_der[16]; /* complete DER OBJECT IDENTIFIER */
} qk_curve;

extern const qk_curve qk_curves[];
extern const size_t qk_curve_count;

/* Reads CKA_EC_PARAMS: DER OID, DER PrintableString, or a plain ASCII name (any case), with OpenSSL's and NIST's usual
 * aliases. NULL if unknown. Explicit parameters are refused. */
const qk_curve *qk_curve_find(qk_view ec_params);

#endif
