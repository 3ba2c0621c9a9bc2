/* SPDX-License-Identifier: Apache-2.0 */
/* The attribute table: a row for each attribute that a key, certificate, data object, domain parameters or profile of
 * PKCS #11 3.2 can have, and for those of IBM. Sorted by number, because every template is looked up here by binary
 * search; a test holds the order and a printed copy (attribute_table.txt).
 *
 * Left out on purpose: hardware features, mechanism, one-time-password, trust and validation objects, which no token of
 * ours has, and CKA_IBM_WIRETEST, which belongs to test systems.
 *
 * A KEY home means the sealed blob for keys; certificates, data and domain parameters have no blob and keep such an
 * attribute in their row. What belongs to no object at all (a keystore's label and password) has no kinds. */
#include "p11/attribute.h"

/* clang-format off */
#define PUB    QK_OF_PUBLIC
#define PRIV   QK_OF_PRIVATE
#define SEC    QK_OF_SECRET
#define PAIR   (QK_OF_PUBLIC | QK_OF_PRIVATE)
#define HELD   (QK_OF_PRIVATE | QK_OF_SECRET)
#define OPEN   (QK_OF_PUBLIC | QK_OF_SECRET)
#define KEYS   QK_OF_KEYS
#define CERT   QK_OF_CERTIFICATE
#define DATA   QK_OF_DATA
#define DOM    QK_OF_DOMAIN
#define PROF   QK_OF_PROFILE
#define ANY    QK_OF_ALL
#define NOBODY 0

#define HIDE   QK_ATTRIBUTE_SECRET
#define GIVEN  0                         /* at creation, then fixed */
#define OURS   QK_ATTRIBUTE_NOT_GIVEN
#define SET    QK_ATTRIBUTE_SETTABLE
#define RISE   (QK_ATTRIBUTE_SETTABLE | QK_ATTRIBUTE_ONLY_TO_TRUE)
#define FALL   (QK_ATTRIBUTE_SETTABLE | QK_ATTRIBUTE_ONLY_TO_FALSE)
#define USE    (QK_ATTRIBUTE_SETTABLE | QK_ATTRIBUTE_USAGE)

#define ROW(name, form, home, of, flags) { CKA_##name, "CKA_" #name, QK_FORM_##form, QK_HOME_##home, of, flags },

const qk_attribute qk_attributes[] = {
    /*  name                        form      home      objects            flags */
    ROW(CLASS,                      ULONG,    KEY,      ANY,               GIVEN)
    ROW(TOKEN,                      BOOL,     PLACE,    ANY,               GIVEN)
    ROW(PRIVATE,                    BOOL,     PLACE,    ANY,               GIVEN)
    ROW(LABEL,                      TEXT,     OBJECT,   ANY,               SET)
    ROW(UNIQUE_ID,                  TEXT,     COMPUTED, ANY,               OURS)
    ROW(APPLICATION,                TEXT,     OBJECT,   DATA,              SET)
    /* Public keys (DSA, DH, ML-DSA, ...), certificates and data have a CKA_VALUE that is no secret. */
    ROW(VALUE,                      BYTES,    VALUE,    KEYS | CERT | DATA, HIDE)
    ROW(OBJECT_ID,                  BYTES,    OBJECT,   DATA,              SET)
    ROW(CERTIFICATE_TYPE,           ULONG,    OBJECT,   CERT,              GIVEN)
    ROW(ISSUER,                     BYTES,    OBJECT,   CERT,              SET)
    ROW(SERIAL_NUMBER,              BYTES,    OBJECT,   CERT,              SET)
    ROW(AC_ISSUER,                  BYTES,    OBJECT,   CERT,              SET)
    ROW(OWNER,                      BYTES,    OBJECT,   CERT,              GIVEN)
    ROW(ATTR_TYPES,                 BYTES,    OBJECT,   CERT,              SET)
    /* Only the security officer may set it to true. */
    ROW(TRUSTED,                    BOOL,     KEY,      OPEN | CERT,       SET)
    ROW(CERTIFICATE_CATEGORY,       ULONG,    OBJECT,   CERT,              GIVEN)
    ROW(JAVA_MIDP_SECURITY_DOMAIN,  ULONG,    OBJECT,   CERT,              GIVEN)
    ROW(URL,                        TEXT,     OBJECT,   CERT,              GIVEN)
    ROW(HASH_OF_SUBJECT_PUBLIC_KEY, BYTES,    OBJECT,   CERT,              GIVEN)
    ROW(HASH_OF_ISSUER_PUBLIC_KEY,  BYTES,    OBJECT,   CERT,              GIVEN)
    ROW(NAME_HASH_ALGORITHM,        ULONG,    OBJECT,   CERT,              GIVEN)
    ROW(CHECK_VALUE,                BYTES,    COMPUTED, KEYS | CERT,       GIVEN)
    ROW(KEY_TYPE,                   ULONG,    KEY,      KEYS | DOM,        GIVEN)
    ROW(SUBJECT,                    BYTES,    OBJECT,   PAIR | CERT,       SET)
    ROW(ID,                         BYTES,    OBJECT,   KEYS | CERT,       SET)
    ROW(SENSITIVE,                  BOOL,     KEY,      HELD,              RISE)
    ROW(ENCRYPT,                    BOOL,     KEY,      OPEN,              USE)
    ROW(DECRYPT,                    BOOL,     KEY,      HELD,              USE)
    ROW(WRAP,                       BOOL,     KEY,      OPEN,              USE)
    ROW(UNWRAP,                     BOOL,     KEY,      HELD,              USE)
    ROW(SIGN,                       BOOL,     KEY,      HELD,              USE)
    ROW(SIGN_RECOVER,               BOOL,     KEY,      PRIV,              USE)
    ROW(VERIFY,                     BOOL,     KEY,      OPEN,              USE)
    ROW(VERIFY_RECOVER,             BOOL,     KEY,      PUB,               USE)
    ROW(DERIVE,                     BOOL,     KEY,      KEYS,              USE)
    ROW(START_DATE,                 DATE,     OBJECT,   KEYS | CERT,       SET)
    ROW(END_DATE,                   DATE,     OBJECT,   KEYS | CERT,       SET)
    ROW(MODULUS,                    INTEGER,  VALUE,    PAIR,              GIVEN)
    ROW(MODULUS_BITS,               ULONG,    VALUE,    PUB,               GIVEN)
    ROW(PUBLIC_EXPONENT,            INTEGER,  VALUE,    PAIR,              GIVEN)
    ROW(PRIVATE_EXPONENT,           INTEGER,  VALUE,    PRIV,              HIDE)
    ROW(PRIME_1,                    INTEGER,  VALUE,    PRIV,              HIDE)
    ROW(PRIME_2,                    INTEGER,  VALUE,    PRIV,              HIDE)
    ROW(EXPONENT_1,                 INTEGER,  VALUE,    PRIV,              HIDE)
    ROW(EXPONENT_2,                 INTEGER,  VALUE,    PRIV,              HIDE)
    ROW(COEFFICIENT,                INTEGER,  VALUE,    PRIV,              HIDE)
    ROW(PUBLIC_KEY_INFO,            BYTES,    COMPUTED, PAIR | CERT,       GIVEN)
    ROW(PRIME,                      INTEGER,  VALUE,    PAIR | DOM,        GIVEN)
    ROW(SUBPRIME,                   INTEGER,  VALUE,    PAIR | DOM,        GIVEN)
    ROW(BASE,                       INTEGER,  VALUE,    PAIR | DOM,        GIVEN)
    ROW(PRIME_BITS,                 ULONG,    VALUE,    DOM,               GIVEN)
    ROW(SUBPRIME_BITS,              ULONG,    VALUE,    DOM,               GIVEN)
    ROW(VALUE_BITS,                 ULONG,    VALUE,    PRIV,              GIVEN)
    ROW(VALUE_LEN,                  ULONG,    VALUE,    SEC,               GIVEN)
    ROW(EXTRACTABLE,                BOOL,     KEY,      HELD,              FALL)
    ROW(LOCAL,                      BOOL,     KEY,      KEYS | DOM,        OURS)
    ROW(NEVER_EXTRACTABLE,          BOOL,     KEY,      HELD,              OURS)
    ROW(ALWAYS_SENSITIVE,           BOOL,     KEY,      HELD,              OURS)
    ROW(KEY_GEN_MECHANISM,          ULONG,    KEY,      KEYS,              OURS)
    ROW(MODIFIABLE,                 BOOL,     KEY,      ANY,               FALL)
    ROW(COPYABLE,                   BOOL,     KEY,      ANY,               FALL)
    ROW(DESTROYABLE,                BOOL,     OBJECT,   ANY,               FALL)
    ROW(EC_PARAMS,                  BYTES,    VALUE,    PAIR | DOM,        GIVEN)
    ROW(EC_POINT,                   BYTES,    VALUE,    PAIR,              GIVEN)
    ROW(SECONDARY_AUTH,             BOOL,     KEY,      PRIV,              OURS)
    ROW(AUTH_PIN_FLAGS,             ULONG,    KEY,      PRIV,              OURS)
    ROW(ALWAYS_AUTHENTICATE,        BOOL,     KEY,      PRIV,              GIVEN)
    ROW(WRAP_WITH_TRUSTED,          BOOL,     KEY,      HELD,              RISE)
    ROW(GOSTR3410_PARAMS,           BYTES,    VALUE,    PAIR | DOM,        GIVEN)
    ROW(GOSTR3411_PARAMS,           BYTES,    VALUE,    PAIR | DOM,        GIVEN)
    ROW(GOST28147_PARAMS,           BYTES,    VALUE,    KEYS | DOM,        GIVEN)
    ROW(PROFILE_ID,                 ULONG,    OBJECT,   PROF,              OURS)
    ROW(X2RATCHET_BAG,              BYTES,    VALUE,    SEC,               HIDE)
    ROW(X2RATCHET_BAGSIZE,          ULONG,    VALUE,    SEC,               GIVEN)
    ROW(X2RATCHET_BOBS1STMSG,       BOOL,     VALUE,    SEC,               GIVEN)
    ROW(X2RATCHET_CKR,              BYTES,    VALUE,    SEC,               HIDE)
    ROW(X2RATCHET_CKS,              BYTES,    VALUE,    SEC,               HIDE)
    ROW(X2RATCHET_DHP,              BYTES,    VALUE,    SEC,               HIDE)
    ROW(X2RATCHET_DHR,              BYTES,    VALUE,    SEC,               HIDE)
    ROW(X2RATCHET_DHS,              BYTES,    VALUE,    SEC,               HIDE)
    ROW(X2RATCHET_HKR,              BYTES,    VALUE,    SEC,               HIDE)
    ROW(X2RATCHET_HKS,              BYTES,    VALUE,    SEC,               HIDE)
    ROW(X2RATCHET_ISALICE,          BOOL,     VALUE,    SEC,               GIVEN)
    ROW(X2RATCHET_NHKR,             BYTES,    VALUE,    SEC,               HIDE)
    ROW(X2RATCHET_NHKS,             BYTES,    VALUE,    SEC,               HIDE)
    ROW(X2RATCHET_NR,               ULONG,    VALUE,    SEC,               GIVEN)
    ROW(X2RATCHET_NS,               ULONG,    VALUE,    SEC,               GIVEN)
    ROW(X2RATCHET_PNS,              ULONG,    VALUE,    SEC,               GIVEN)
    ROW(X2RATCHET_RK,               BYTES,    VALUE,    SEC,               HIDE)
    ROW(HSS_LEVELS,                 ULONG,    VALUE,    PAIR,              GIVEN)
    ROW(HSS_LMS_TYPE,               ULONG,    VALUE,    PAIR,              GIVEN)
    ROW(HSS_LMOTS_TYPE,             ULONG,    VALUE,    PAIR,              GIVEN)
    ROW(HSS_LMS_TYPES,              ULONGS,   VALUE,    PRIV,              GIVEN)
    ROW(HSS_LMOTS_TYPES,            ULONGS,   VALUE,    PRIV,              GIVEN)
    ROW(HSS_KEYS_REMAINING,         ULONG,    COMPUTED, PRIV,              OURS)
    ROW(PARAMETER_SET,              ULONG,    VALUE,    PAIR,              GIVEN)
    ROW(OBJECT_VALIDATION_FLAGS,    ULONG,    COMPUTED, KEYS,              OURS)
    ROW(ENCAPSULATE_TEMPLATE,       TEMPLATE, KEY,      PUB,               GIVEN)
    ROW(DECAPSULATE_TEMPLATE,       TEMPLATE, KEY,      PRIV,              GIVEN)
    ROW(ENCAPSULATE,                BOOL,     KEY,      PUB,               USE)
    ROW(DECAPSULATE,                BOOL,     KEY,      PRIV,              USE)
    ROW(PUBLIC_CRC64_VALUE,         BYTES,    COMPUTED, PAIR,              OURS)
    ROW(SEED,                       BYTES,    VALUE,    PRIV,              HIDE)
    ROW(WRAP_TEMPLATE,              TEMPLATE, KEY,      OPEN,              GIVEN)
    ROW(UNWRAP_TEMPLATE,            TEMPLATE, KEY,      HELD,              GIVEN)
    ROW(DERIVE_TEMPLATE,            TEMPLATE, KEY,      HELD,              GIVEN)
    ROW(ALLOWED_MECHANISMS,         ULONGS,   KEY,      KEYS,              GIVEN)

    /* openCryptoki's names of parameter sets */
    ROW(IBM_KYBER_MODE,             BYTES,    VALUE,    PAIR,              GIVEN)
    ROW(IBM_DILITHIUM_MODE,         BYTES,    VALUE,    PAIR,              GIVEN)

    /* EP11. USE_AS_DATA opens a key's value, so it is no usage that may be true by default. */
    ROW(IBM_RESTRICTABLE,           BOOL,     KEY,      KEYS,              GIVEN)
    ROW(IBM_NEVER_MODIFIABLE,       BOOL,     KEY,      KEYS,              OURS)
    ROW(IBM_RETAINKEY,              BOOL,     KEY,      KEYS,              GIVEN)
    ROW(IBM_ATTRBOUND,              BOOL,     KEY,      KEYS,              GIVEN)
    ROW(IBM_KEYTYPE,                ULONG,    COMPUTED, KEYS,              OURS)
    ROW(IBM_CV,                     BYTES,    COMPUTED, KEYS,              OURS)
    ROW(IBM_MACKEY,                 BYTES,    KEY,      KEYS,              HIDE)
    ROW(IBM_USE_AS_DATA,            BOOL,     KEY,      KEYS,              GIVEN)
    ROW(IBM_STRUCT_PARAMS,          BYTES,    VALUE,    PAIR | DOM,        GIVEN)
    ROW(IBM_STD_COMPLIANCE1,        ULONG,    COMPUTED, KEYS,              OURS)
    ROW(IBM_PROTKEY_EXTRACTABLE,    BOOL,     KEY,      HELD,              GIVEN)
    ROW(IBM_PROTKEY_NEVER_EXTRACTABLE, BOOL,  KEY,      HELD,              OURS)
    ROW(IBM_PQC_PARAMS,             BYTES,    VALUE,    PAIR,              GIVEN)
    ROW(IBM_LOGIN_SESSION,          BYTES,    COMPUTED, KEYS,              OURS)
    ROW(IBM_PARAMETER_SET,          ULONG,    VALUE,    PAIR,              GIVEN)
    ROW(IBM_MACED_PUBLIC_KEY_INFO,  BYTES,    COMPUTED, PAIR,              OURS)

    /* GREP11 */
    ROW(GREP11_TOKEN_LABEL,         TEXT,     OBJECT,   NOBODY,            GIVEN)
    ROW(GREP11_WKID,                BYTES,    COMPUTED, KEYS,              OURS)
    ROW(GREP11_KEYSTORE_PASSWORD,   BYTES,    OBJECT,   NOBODY,            HIDE)
    ROW(GREP11_KEYBLOB_HAS_ROTATION, BOOL,    COMPUTED, KEYS,              OURS)
    ROW(GREP11_NEXTWKID,            BYTES,    COMPUTED, KEYS,              OURS)

    /* openCryptoki's parts of lattice keys */
    ROW(IBM_DILITHIUM_KEYFORM,      ULONG,    VALUE,    PAIR,              GIVEN)
    ROW(IBM_DILITHIUM_RHO,          BYTES,    VALUE,    PAIR,              GIVEN)
    ROW(IBM_DILITHIUM_SEED,         BYTES,    VALUE,    PRIV,              HIDE)
    ROW(IBM_DILITHIUM_TR,           BYTES,    VALUE,    PRIV,              HIDE)
    ROW(IBM_DILITHIUM_S1,           BYTES,    VALUE,    PRIV,              HIDE)
    ROW(IBM_DILITHIUM_S2,           BYTES,    VALUE,    PRIV,              HIDE)
    ROW(IBM_DILITHIUM_T0,           BYTES,    VALUE,    PRIV,              HIDE)
    ROW(IBM_DILITHIUM_T1,           BYTES,    VALUE,    PAIR,              GIVEN)
    ROW(IBM_KYBER_KEYFORM,          ULONG,    VALUE,    PAIR,              GIVEN)
    ROW(IBM_KYBER_PK,               BYTES,    VALUE,    PAIR,              GIVEN)
    ROW(IBM_KYBER_SK,               BYTES,    VALUE,    PRIV,              HIDE)
    ROW(IBM_ML_KEM_PRIVATE_SEED,    BYTES,    VALUE,    PRIV,              HIDE)
    ROW(IBM_ML_DSA_PRIVATE_SEED,    BYTES,    VALUE,    PRIV,              HIDE)
};
/* clang-format on */

const size_t qk_attribute_count = sizeof(qk_attributes) / sizeof(qk_attributes[0]);

const qk_attribute *qk_attribute_find(CK_ATTRIBUTE_TYPE type)
{
    size_t low = 0, high = qk_attribute_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (qk_attributes[middle].type == type)
            return &qk_attributes[middle];
        if (qk_attributes[middle].type < type)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

unsigned qk_attribute_kind_of(CK_OBJECT_CLASS class)
{
    static const struct {
        CK_OBJECT_CLASS class;
        unsigned kind;
    } kinds[] = {
        { CKO_PUBLIC_KEY, QK_OF_PUBLIC },       { CKO_PRIVATE_KEY, QK_OF_PRIVATE },
        { CKO_SECRET_KEY, QK_OF_SECRET },       { CKO_DATA, QK_OF_DATA },
        { CKO_CERTIFICATE, QK_OF_CERTIFICATE }, { CKO_DOMAIN_PARAMETERS, QK_OF_DOMAIN },
        { CKO_PROFILE, QK_OF_PROFILE },
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (kinds[i].class == class)
            return kinds[i].kind;
    return 0;
}
