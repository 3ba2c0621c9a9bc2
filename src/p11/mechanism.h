/* SPDX-License-Identifier: Apache-2.0 */
/* Mechanisms: what each one is. The engines (crypto room) say how each is done; a test joins the two tables.
 *
 * The description feeds the mechanism lists and infos, the checks in every ...Init, and the reading of parameters.
 * qk_mech_use is one use of a mechanism: its row and its decoded parameter. Parameters reach us as C structures from
 * an application (qk_mech_use_read, here) or as GREP11 messages (hsm/codec/mechanism_codec.h). */
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
    QK_SIGN_RECOVER = 1 << 10,
    QK_VERIFY_RECOVER = 1 << 11,
    QK_ENCAPSULATE = 1 << 12,
    QK_DECAPSULATE = 1 << 13,
};

typedef enum qk_param_kind {
    QK_PARAM_NONE,        /* none allowed (an empty one is tolerated) */
    QK_PARAM_IV,          /* exactly `iv_len` bytes */
    QK_PARAM_OPTIONAL_IV, /* none, or exactly `iv_len` bytes */
    QK_PARAM_CTR,
    QK_PARAM_GCM,
    QK_PARAM_CCM,
    QK_PARAM_CHACHA20,          /* the stream cipher */
    QK_PARAM_CHACHA20_POLY1305, /* nonce and additional data */
    QK_PARAM_MAC_LEN,           /* CK_MAC_GENERAL_PARAMS: bytes of the MAC */
    QK_PARAM_OAEP,
    QK_PARAM_PSS,
    QK_PARAM_RSA_AES,
    QK_PARAM_EDDSA, /* optional */
    QK_PARAM_ECDH,
    QK_PARAM_DATA,         /* plain bytes: the other side's DH value */
    QK_PARAM_STRING,       /* CK_KEY_DERIVATION_STRING_DATA */
    QK_PARAM_ENCRYPT_DATA, /* CK_..._CBC_ENCRYPT_DATA_PARAMS, with an IV of `iv_len` bytes */
    QK_PARAM_EXTRACT,      /* CK_EXTRACT_PARAMS: the first bit */
    QK_PARAM_SECOND_KEY,   /* the handle of a key */
    QK_PARAM_HKDF,
    QK_PARAM_KDF108,          /* CK_SP800_108_KDF_PARAMS */
    QK_PARAM_KDF108_FEEDBACK, /* CK_SP800_108_FEEDBACK_KDF_PARAMS */
    QK_PARAM_PBKDF2,
    QK_PARAM_TLS_MASTER,
    QK_PARAM_TLS_EXTENDED_MASTER,
    QK_PARAM_TLS_KEY_MATERIAL,
    QK_PARAM_TLS_KDF,
    QK_PARAM_TLS_MAC,
    QK_PARAM_SIGN_CONTEXT,      /* CK_SIGN_ADDITIONAL_CONTEXT, optional */
    QK_PARAM_HASH_SIGN_CONTEXT, /* CK_HASH_SIGN_ADDITIONAL_CONTEXT */
    QK_PARAM_BTC,
    QK_PARAM_ECSG,
    QK_PARAM_EC_AGGREGATE,
    QK_PARAM_KYBER_KEM,
    QK_PARAM_KINDS
} qk_param_kind;

enum {
    QK_MECH_SINGLE_PART = 1 << 0, /* no Update: RSA_PKCS, ECDSA, EdDSA, ... */
    QK_MECH_GATHERED = 1 << 1,    /* Updates are gathered and answered in Final: AEAD */
    QK_MECH_LEGACY = 1 << 2,      /* for old keys; a policy switches it off */
    QK_MECH_EC = 1 << 3,          /* the EC flags of CK_MECHANISM_INFO apply */
    QK_MECH_MESSAGE = 1 << 4,     /* works with the message functions (C_EncryptMessage, ...) too */
    QK_MECH_SLOW = 1 << 5,        /* may take a tenth of a second and more: never on an event loop */
};

#define QK_NO_KEY     ((CK_KEY_TYPE)~0UL) /* digests, random; what adds up public things */
#define QK_ANY_SECRET ((CK_KEY_TYPE)~1UL) /* HMAC takes any secret key */
#define QK_SEED_OR_EC ((CK_KEY_TYPE)~2UL) /* BIP-32: a generic secret, or a key on an elliptic curve */
#define QK_NO_HASH    ((CK_MECHANISM_TYPE)~0UL)

typedef struct qk_mech {
    CK_MECHANISM_TYPE type;
    const char *name; /* "CKM_AES_CBC" */
    CK_KEY_TYPE key;  /* the key it works with or makes; QK_NO_KEY, QK_ANY_SECRET, QK_SEED_OR_EC */
    unsigned does;    /* QK_ENCRYPT | ... */
    qk_param_kind param;
    unsigned flags;            /* QK_MECH_... */
    CK_MECHANISM_TYPE hash;    /* digest mechanism inside it, or QK_NO_HASH */
    CK_ULONG min_key, max_key; /* true sizes, in the unit PKCS #11 says: bits for RSA and EC, bytes for AES and MACs */
    size_t iv_len;             /* for parameters with an IV of fixed length */
    const char *source;        /* document and section that define it */
} qk_mech;

/* Everything this code can do, by family. What a build or a policy does not offer is left out by qk_crypto_offers. */
extern const qk_mech qk_mechs[];
extern const size_t qk_mech_count;

/* NULL if unknown. IBM's alias numbers have rows of their own. */
const qk_mech *qk_mech_find(CK_MECHANISM_TYPE type);
const char *qk_mech_name(CK_MECHANISM_TYPE type); /* "unknown" */
/* CKF_... bits of CK_MECHANISM_INFO, from `does` and the flags. */
CK_FLAGS qk_mech_info_flags(const qk_mech *mech);

/* What IBM's server reports, in its order (position 0 is CKM_RSA_PKCS). A row says nothing of whether we do it. */
typedef struct qk_grep11_mech {
    CK_MECHANISM_TYPE type;
    CK_ULONG min_key, max_key;
    CK_FLAGS flags;
} qk_grep11_mech;

extern const qk_grep11_mech qk_grep11_mechs[];
extern const size_t qk_grep11_mech_count;
/* NULL if IBM's server has it not. */
const qk_grep11_mech *qk_grep11_mech_find(CK_MECHANISM_TYPE type);

typedef struct qk_oaep {
    CK_MECHANISM_TYPE hash;     /* digest mechanism, e.g. CKM_SHA256 */
    CK_MECHANISM_TYPE mgf_hash; /* digest of MGF1 */
    qk_view label;
} qk_oaep;

/* A key besides the one a function names: hSaltKey of HKDF, the second key of CKM_CONCATENATE_BASE_AND_KEY. The module
 * knows its handle and puts its blob there, the message carries the blob, the HSM opens it and puts the key there. */
typedef struct qk_second_key {
    CK_OBJECT_HANDLE handle; /* CK_INVALID_HANDLE: none */
    qk_view blob;
    const struct qk_key *key; /* borrowed */
} qk_second_key;

typedef struct qk_mech_use {
    const qk_mech *mech;
    qk_second_key second; /* for kinds that can name one */
    union {
        qk_view iv; /* IV, OPTIONAL_IV */
        struct {
            uint8_t block[16];
            unsigned bits; /* of the counter: 1..128 */
        } ctr;
        struct {
            qk_view iv, aad;
            unsigned tag_bits; /* 32, 64, 96, 104, 112, 120, 128 */
        } gcm;
        struct {
            qk_view nonce, aad;
            size_t data_len, mac_len; /* bytes */
        } ccm;
        struct {
            qk_view nonce, aad;
            uint64_t counter; /* the stream cipher's first block */
            unsigned counter_bits;
        } chacha;
        size_t mac_len;
        qk_oaep oaep;
        struct {
            qk_oaep oaep;
            unsigned aes_bits;
        } rsa_aes;
        struct {
            CK_EC_KDF_TYPE kdf;
            qk_view shared, public_data;
        } ecdh;
        struct {
            qk_view iv, data;
        } data; /* DATA, STRING, ENCRYPT_DATA */
        size_t first_bit;
        struct {
            bool extract, expand;
            CK_MECHANISM_TYPE hash;
            CK_ULONG salt_type; /* CKF_HKDF_SALT_... */
            qk_view salt, info;
        } hkdf;
        struct {
            CK_MECHANISM_TYPE prf;
            qk_view iv;
            qk_view segments; /* the data parameters in a flat form: params_derive.c */
        } kdf108;
        struct {
            CK_ULONG prf; /* CKP_PKCS5_PBKD2_... */
            size_t iterations;
            qk_view salt, password;
        } pbkdf2;
        struct {
            CK_MECHANISM_TYPE hash; /* of the PRF */
            qk_view client_random, server_random;
            qk_view label, context;             /* TLS_KDF; the session hash of an extended master secret */
            size_t mac_bits, key_bits, iv_bits; /* key material; mac_bits / 8 is the length of TLS_MAC */
            bool server;                        /* TLS_MAC: whose Finished */
            bool version_wanted;
        } tls;
        struct {
            CK_ULONG hedge; /* CKH_... */
            qk_view context;
            CK_MECHANISM_TYPE hash; /* HASH_SIGN_CONTEXT */
        } sign_context;
        struct {
            unsigned type, version;
            uint32_t child;
            qk_view chain_code;
        } btc;
        unsigned ecsg;
        struct {
            unsigned version, mode;
            size_t element_len;
            qk_view elements;
        } aggregate; /* EC_AGGREGATE */
        struct {
            unsigned version, mode;
            CK_ULONG kdf;
            bool prepend;
            qk_view cipher, shared; /* the hybrid secret is `second` */
        } kem;
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

/* The same mechanism with the same parameter, wherever its bytes lie? */
bool qk_mech_use_equal(const qk_mech_use *a, const qk_mech_use *b);

/* Digest mechanism of an MGF (CKG_MGF1_SHA1 → CKM_SHA_1) and back; QK_NO_HASH / 0 if none. */
CK_MECHANISM_TYPE qk_mgf_hash(CK_RSA_PKCS_MGF_TYPE mgf);
CK_RSA_PKCS_MGF_TYPE qk_mgf_of_hash(CK_MECHANISM_TYPE hash);

/* ---- curves ---- */

/* PAIRING: BLS12-381, whose points are written as those of Weierstrass curves are, but of which OpenSSL knows nothing.
 */
typedef enum qk_curve_kind {
    QK_CURVE_WEIERSTRASS,
    QK_CURVE_EDWARDS,
    QK_CURVE_MONTGOMERY,
    QK_CURVE_PAIRING
} qk_curve_kind;

typedef struct qk_curve {
    const char *name;           /* IBM's ASCII name: "P-256" */
    const char *openssl_name;   /* "prime256v1"; for Edwards "ED25519"; NULL for PAIRING */
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
