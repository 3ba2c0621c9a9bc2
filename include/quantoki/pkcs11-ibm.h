/* SPDX-License-Identifier: Apache-2.0
 *
 * quantoki/pkcs11-ibm.h - IBM's vendor extensions of PKCS #11.
 *
 * What EP11 modules, GREP11 servers and openCryptoki call by number or by structure, under the names IBM gave them.
 * Mechanisms, key types, attributes and return codes are four name spaces: 0x80040001 is a mechanism, an attribute and
 * a return code. The numbers are the ones in C; GREP11 messages shorten some (CKG_IBM_, CKD_IBM_), as noted there. */
/* clang-format off: tables are aligned by hand */
#ifndef QUANTOKI_PKCS11_IBM_H
#define QUANTOKI_PKCS11_IBM_H

#include "pkcs11.h"

#ifdef __cplusplus
extern "C" {
#endif

/* First numbers of the GREP11 attributes and return codes. */
#define CKA_VENDOR_DEFINED_GREP11 0x80040000UL
#define CKR_VENDOR_DEFINED_GREP11 0x80040000UL

/* ------------------------------------------------------------------------------------------------------------------ *
 * Mechanisms
 * ------------------------------------------------------------------------------------------------------------------ */

/* Digests. */
#define CKM_IBM_SHA3_224   0x80010001UL  /* SHA3-224 */
#define CKM_IBM_SHA3_256   0x80010002UL  /* SHA3-256 */
#define CKM_IBM_SHA3_384   0x80010003UL  /* SHA3-384 */
#define CKM_IBM_SHA3_512   0x80010004UL  /* SHA3-512 */
#define CKM_IBM_SHA512_256 0x80010012UL  /* as CKM_SHA512_256 */
#define CKM_IBM_SHA512_224 0x80010013UL  /* as CKM_SHA512_224 */

/* Message authentication. */
#define CKM_IBM_CMAC                    0x80010007UL  /* CMAC with an AES or DES key */
#define CKM_IBM_SHA512_256_HMAC         0x80010014UL  /* HMAC with SHA-512/256 */
#define CKM_IBM_SHA512_224_HMAC         0x80010015UL  /* HMAC with SHA-512/224 */
#define CKM_IBM_SHA512_256_HMAC_GENERAL 0x80010017UL  /* truncated; older headers only */
#define CKM_IBM_SHA512_224_HMAC_GENERAL 0x80010018UL  /* truncated; older headers only */
#define CKM_IBM_SIPHASH                 0x80010021UL  /* SipHash-2-4 */
#define CKM_IBM_SHA3_224_HMAC           0x80010025UL  /* HMAC with SHA3-224 */
#define CKM_IBM_SHA3_256_HMAC           0x80010026UL  /* HMAC with SHA3-256 */
#define CKM_IBM_SHA3_384_HMAC           0x80010027UL  /* HMAC with SHA3-384 */
#define CKM_IBM_SHA3_512_HMAC           0x80010028UL  /* HMAC with SHA3-512 */

/* Elliptic curves: signatures. */
#define CKM_IBM_ECDSA_SHA224   0x80010008UL            /* as CKM_ECDSA_SHA224 */
#define CKM_IBM_ECDSA_SHA256   0x80010009UL            /* as CKM_ECDSA_SHA256 */
#define CKM_IBM_ECDSA_SHA384   0x8001000aUL            /* as CKM_ECDSA_SHA384 */
#define CKM_IBM_ECDSA_SHA512   0x8001000bUL            /* as CKM_ECDSA_SHA512 */
#define CKM_IBM_ED25519_SHA512 0x8001001cUL            /* Ed25519, single-part */
#define CKM_IBM_EDDSA_SHA512   CKM_IBM_ED25519_SHA512  /* older name */
#define CKM_IBM_ED448_SHA3     0x8001001fUL            /* Ed448, single-part */
#define CKM_IBM_ECDSA_OTHER    0x80010031UL            /* Schnorr and BLS, chosen by an ECSG variant */
#define CKM_IBM_EC_AGGREGATE   0x80010034UL            /* adds up BLS signatures or public keys */

/* Elliptic curves: key agreement. */
#define CKM_IBM_EC_MULTIPLY        0x8001000cUL       /* raw scalar multiplication */
#define CKM_IBM_EC_X25519          0x8001001bUL       /* X25519 */
#define CKM_IBM_EC_C25519          CKM_IBM_EC_X25519  /* older name */
#define CKM_IBM_EC_X448            0x8001001eUL       /* X448 */
#define CKM_IBM_EC_C448            CKM_IBM_EC_X448    /* older name */
#define CKM_IBM_EC_X25519_RAW      0x80010029UL       /* X25519, result encrypted under a key given as data */
#define CKM_IBM_EC_X448_RAW        0x80010030UL       /* X448, likewise */
#define CKM_IBM_ECDH1_DERIVE_RAW   0x80020007UL       /* ECDH, likewise */
#define CKM_IBM_DH_PKCS_DERIVE_RAW 0x80020006UL       /* Diffie-Hellman, likewise */

/* Lattices. */
#define CKM_IBM_DILITHIUM           0x80010023UL  /* Dilithium: key pairs, signatures; single-part */
#define CKM_IBM_KYBER               0x80010024UL  /* Kyber: key pairs, encryption, (hybrid) KEM by derivation */
#define CKM_IBM_ML_DSA_KEY_PAIR_GEN 0x80010035UL  /* ML-DSA key pairs */
#define CKM_IBM_ML_DSA              0x80010036UL  /* ML-DSA signatures */
#define CKM_IBM_ML_KEM_KEY_PAIR_GEN 0x80010037UL  /* ML-KEM key pairs */
#define CKM_IBM_ML_KEM              0x80010038UL  /* ML-KEM by derivation */
#define CKM_IBM_ML_KEM_WITH_ECDH    0x8001ff01UL  /* ML-KEM and ECDH in one call; openCryptoki only */

/* Derivation. */
#define CKM_IBM_EAC                       0x8001000dUL  /* travel documents (EAC) */
#define CKM_IBM_SHA512_256_KEY_DERIVATION 0x80010019UL  /* by hash; older headers only */
#define CKM_IBM_SHA512_224_KEY_DERIVATION 0x8001001aUL  /* by hash; older headers only */
#define CKM_IBM_BTC_DERIVE                0x80070001UL  /* BIP-32 and SLIP-10 */
#define CKM_IBM_ETH_DERIVE                0x80070002UL  /* EIP-2333 */

/* Transport of keys. */
#define CKM_IBM_CLEARKEY_TRANSPORT  0x80020001UL  /* import in the clear */
#define CKM_IBM_ATTRIBUTEBOUND_WRAP 0x80020004UL  /* wraps a key with its attributes, under a MAC */
#define CKM_IBM_TRANSPORTKEY        0x80020005UL  /* turns a plain SPKI into a MACed public key */
#define CKM_IBM_RETAINKEY           0x80040001UL  /* imports a key to be kept inside the module */
#define CKM_IBM_CPACF_WRAP          0x80060001UL  /* wraps into a processor-protected key (Z hardware) */

/* Test systems only; never offered. */
#define CKM_IBM_TESTCODE 0x8001000eUL
#define CKM_IBM_WIRETEST 0x80030004UL

/* ------------------------------------------------------------------------------------------------------------------ *
 * Key types
 * ------------------------------------------------------------------------------------------------------------------ */

#define CKK_IBM_PQC_DILITHIUM 0x80010023UL           /* Dilithium, round 2 or 3 */
#define CKK_IBM_DILITHIUM     CKK_IBM_PQC_DILITHIUM  /* shorter name */
#define CKK_IBM_PQC_KYBER     0x80010024UL           /* Kyber, round 2 */
#define CKK_IBM_KYBER         CKK_IBM_PQC_KYBER      /* shorter name */
#define CKK_IBM_ML_DSA        0x80010025UL           /* ML-DSA; openCryptoki */
#define CKK_IBM_ML_KEM        0x80010026UL           /* ML-KEM; openCryptoki */

/* ------------------------------------------------------------------------------------------------------------------ *
 * Attributes
 * ------------------------------------------------------------------------------------------------------------------ */

/* EP11. */
#define CKA_IBM_RESTRICTABLE              0x80010001UL  /* bool: may be restricted further even if not modifiable */
#define CKA_IBM_NEVER_MODIFIABLE          0x80010002UL  /* bool: can never be changed again */
#define CKA_IBM_RETAINKEY                 0x80010003UL  /* bool: is kept inside the module */
#define CKA_IBM_ATTRBOUND                 0x80010004UL  /* bool: leaves only by attribute-bound wrap */
#define CKA_IBM_KEYTYPE                   0x80010005UL  /* number: internal type */
#define CKA_IBM_CV                        0x80010006UL  /* bytes: control vector */
#define CKA_IBM_MACKEY                    0x80010007UL  /* bytes: MAC key of an attribute-bound wrap */
#define CKA_IBM_USE_AS_DATA               0x80010008UL  /* bool: value may be input of a hash or derivation */
#define CKA_IBM_STRUCT_PARAMS             0x80010009UL  /* bytes: DER of DSA P, Q, G or DH P, G */
#define CKA_IBM_STD_COMPLIANCE1           0x8001000aUL  /* number: compliance bits */
#define CKA_IBM_PROTKEY_EXTRACTABLE       0x8001000cUL  /* bool: may become a processor-protected key */
#define CKA_IBM_PROTKEY_NEVER_EXTRACTABLE 0x8001000dUL  /* bool: never could become one */
#define CKA_IBM_PQC_PARAMS                0x8001000eUL  /* bytes: DER OID of a lattice parameter set */
#define CKA_IBM_LOGIN_SESSION             0x8001000fUL  /* bytes: login session the key is bound to */
#define CKA_IBM_WIRETEST                  0x80020001UL  /* test systems only */
#define CKA_IBM_MACED_PUBLIC_KEY_INFO     0x80020002UL  /* bytes: SPKI followed by a MAC */

/* GREP11. */
#define CKA_GREP11_TOKEN_LABEL          0x80040001UL  /* bytes: label of the token, kept with its keystore */
#define CKA_GREP11_WKID                 0x80040002UL  /* bytes: 16, which master key protects the blob */
#define CKA_GREP11_KEYSTORE_PASSWORD    0x80040003UL  /* bytes: password of the keystore */
#define CKA_GREP11_KEYBLOB_HAS_ROTATION 0x80040004UL  /* bool: there is a blob for the next master key too */
#define CKA_GREP11_NEXTWKID             0x80040005UL  /* bytes: which master key is next */

/* openCryptoki: parameter sets as numbers, and the parts of lattice keys. */
#define CKA_IBM_KYBER_MODE          0x8000000eUL  /* bytes: DER OID */
#define CKA_IBM_DILITHIUM_MODE      0x80000010UL  /* bytes: DER OID */
#define CKA_IBM_PARAMETER_SET       0x80010010UL  /* number: CKP_IBM_ML_... */
#define CKA_IBM_DILITHIUM_KEYFORM   0x800d0001UL  /* number: CK_IBM_DILITHIUM_KEYFORM_... */
#define CKA_IBM_DILITHIUM_RHO       0x800d0002UL  /* bytes: rho */
#define CKA_IBM_DILITHIUM_SEED      0x800d0003UL  /* bytes: K, not the seed xi of FIPS 204 */
#define CKA_IBM_DILITHIUM_TR        0x800d0004UL  /* bytes: tr */
#define CKA_IBM_DILITHIUM_S1        0x800d0005UL  /* bytes: s1 */
#define CKA_IBM_DILITHIUM_S2        0x800d0006UL  /* bytes: s2 */
#define CKA_IBM_DILITHIUM_T0        0x800d0007UL  /* bytes: t0 */
#define CKA_IBM_DILITHIUM_T1        0x800d0008UL  /* bytes: t1 */
#define CKA_IBM_KYBER_KEYFORM       0x800d0009UL  /* number: CK_IBM_KYBER_KEYFORM_... */
#define CKA_IBM_KYBER_PK            0x800d000aUL  /* bytes: public key */
#define CKA_IBM_KYBER_SK            0x800d000bUL  /* bytes: private key */
#define CKA_IBM_ML_KEM_PRIVATE_SEED 0x800d000cUL  /* bytes: d and z, 64 together */
#define CKA_IBM_ML_DSA_PRIVATE_SEED 0x800d000dUL  /* bytes: xi, 32 */

/* The parts of ML-DSA and ML-KEM keys share those numbers. */
#define CKA_IBM_ML_DSA_RHO  CKA_IBM_DILITHIUM_RHO
#define CKA_IBM_ML_DSA_SEED CKA_IBM_DILITHIUM_SEED
#define CKA_IBM_ML_DSA_TR   CKA_IBM_DILITHIUM_TR
#define CKA_IBM_ML_DSA_S1   CKA_IBM_DILITHIUM_S1
#define CKA_IBM_ML_DSA_S2   CKA_IBM_DILITHIUM_S2
#define CKA_IBM_ML_DSA_T0   CKA_IBM_DILITHIUM_T0
#define CKA_IBM_ML_DSA_T1   CKA_IBM_DILITHIUM_T1
#define CKA_IBM_ML_KEM_PK   CKA_IBM_KYBER_PK
#define CKA_IBM_ML_KEM_SK   CKA_IBM_KYBER_SK

/* Values of CKA_IBM_DILITHIUM_KEYFORM: round, then (k, l). */
#define CK_IBM_DILITHIUM_KEYFORM_ROUND2_65 1UL  /* round 2, (6, 5) */
#define CK_IBM_DILITHIUM_KEYFORM_ROUND2_87 2UL  /* round 2, (8, 7) */
#define CK_IBM_DILITHIUM_KEYFORM_ROUND3_44 3UL  /* round 3, (4, 4) */
#define CK_IBM_DILITHIUM_KEYFORM_ROUND3_65 4UL  /* round 3, (6, 5) */
#define CK_IBM_DILITHIUM_KEYFORM_ROUND3_87 5UL  /* round 3, (8, 7) */

/* Values of CKA_IBM_KYBER_KEYFORM. */
#define CK_IBM_KYBER_KEYFORM_ROUND2_768  1UL  /* round 2, Kyber-768 */
#define CK_IBM_KYBER_KEYFORM_ROUND2_1024 2UL  /* round 2, Kyber-1024 */

/* Values of CKA_IBM_PARAMETER_SET. */
#define CKP_IBM_ML_DSA_44   1UL  /* ML-DSA-44 */
#define CKP_IBM_ML_DSA_65   2UL  /* ML-DSA-65 */
#define CKP_IBM_ML_DSA_87   3UL  /* ML-DSA-87 */
#define CKP_IBM_ML_KEM_512  1UL  /* ML-KEM-512 */
#define CKP_IBM_ML_KEM_768  2UL  /* ML-KEM-768 */
#define CKP_IBM_ML_KEM_1024 3UL  /* ML-KEM-1024 */

/* ------------------------------------------------------------------------------------------------------------------ *
 * Return codes
 * ------------------------------------------------------------------------------------------------------------------ */

/* EP11. */
#define CKR_IBM_WKID_MISMATCH            0x80010001UL  /* blob is under another master key */
#define CKR_IBM_INTERNAL_ERROR           0x80010002UL  /* internal failure */
#define CKR_IBM_TRANSPORT_ERROR          0x80010003UL  /* transport failure */
#define CKR_IBM_BLOB_ERROR               0x80010004UL  /* blob is damaged, or is none */
#define CKR_IBM_BLOBKEY_CONFLICT         0x80010005UL  /* blob does not fit its key or purpose */
#define CKR_IBM_MODE_CONFLICT            0x80010006UL  /* policy modes of blob and domain differ */
#define CKR_IBM_NONCRT_KEY_SIZE          0x80010008UL  /* RSA key without CRT parts is too large */
#define CKR_IBM_WK_NOT_INITIALIZED       0x80010009UL  /* no master key is loaded */
#define CKR_IBM_OA_API_ERROR             0x8001000aUL  /* attestation failed */
#define CKR_IBM_REQ_TIMEOUT              0x8001000bUL  /* request took too long */
#define CKR_IBM_READONLY                 0x8001000cUL  /* state may not be changed */
#define CKR_IBM_STATIC_POLICY            0x8001000dUL  /* forbidden by policy (control points) */
#define CKR_IBM_TRANSPORT_LIMIT          0x80010010UL  /* message is too large for the transport */
#define CKR_IBM_FCV_NOT_SET              0x80010011UL  /* function-control vector is missing */
#define CKR_IBM_PERF_CATEGORY_INVALID    0x80010012UL  /* no such performance category */
#define CKR_IBM_API_MISMATCH             0x80010013UL  /* API level is not supported */
#define CKR_IBM_TARGET_INVALID           0x80010030UL  /* no such target */
#define CKR_IBM_PQC_PARAMS_NOT_SUPPORTED 0x80010031UL  /* lattice parameter set is not available */
#define CKR_IBM_PARAM_NOT_SUPPORTED      0x80010032UL  /* parameter is not supported */
#define CKR_IBM_SESSION_IMMUTABLE        0x80010033UL  /* login session may not be changed */
#define CKR_IBM_ERROR_STATE              0x80010101UL  /* module is in error state */

/* GREP11. */
#define CKR_IBM_GREP11_NOT_AUTHENTICATED 0x80040001UL  /* caller is not authenticated or authorised */
#define CKR_IBM_GREP11_CANNOT_UNMARSHAL  0x80040002UL  /* request or stored object cannot be decoded */
#define CKR_IBM_GREP11_CANNOT_MARSHAL    0x80040003UL  /* answer cannot be encoded */
#define CKR_IBM_GREP11_CONFLICT          0x80040004UL  /* another client changed the object meanwhile */
#define CKR_IBM_GREP11_DBINTERNAL        0x80040005UL  /* keystore database failed */
#define CKR_IBM_GREP11_MISSING           0x80040006UL  /* object is not in the keystore */
#define CKR_IBM_GREP11_REPLAY            0x80040007UL  /* transaction identifier was used before */

/* ------------------------------------------------------------------------------------------------------------------ *
 * Mechanism parameters
 * ------------------------------------------------------------------------------------------------------------------ */

/* Mask generation with SHA-3, for RSA OAEP and PSS. In GREP11 messages 0x800001 and on. */
#define CKG_IBM_MGF1_SHA3_224 0x80000001UL  /* MGF1 with SHA3-224 */
#define CKG_IBM_MGF1_SHA3_256 0x80000002UL  /* MGF1 with SHA3-256 */
#define CKG_IBM_MGF1_SHA3_384 0x80000003UL  /* MGF1 with SHA3-384 */
#define CKG_IBM_MGF1_SHA3_512 0x80000004UL  /* MGF1 with SHA3-512 */

/* Key derivation functions of a hybrid KEM. In GREP11 messages 0x800001 and on. */
#define CKD_IBM_HYBRID_NULL       0x80000001UL  /* none: the first bytes of the secret */
#define CKD_IBM_HYBRID_SHA1_KDF   0x80000002UL  /* X9.63 with SHA-1 */
#define CKD_IBM_HYBRID_SHA224_KDF 0x80000003UL  /* X9.63 with SHA-224 */
#define CKD_IBM_HYBRID_SHA256_KDF 0x80000004UL  /* X9.63 with SHA-256 */
#define CKD_IBM_HYBRID_SHA384_KDF 0x80000005UL  /* X9.63 with SHA-384 */
#define CKD_IBM_HYBRID_SHA512_KDF 0x80000006UL  /* X9.63 with SHA-512 */

/* -- Schnorr and BLS signatures -- */

/* Variants of CKM_IBM_ECDSA_OTHER. The second three are openCryptoki's names of the first three. */
#define ECSG_IBM_ECSDSA_S256        3UL                          /* Schnorr of BSI TR-03111, SHA-256 */
#define ECSG_IBM_ECSDSA_COMPR_MULTI 5UL                          /* Schnorr, compressed key in the hash */
#define ECSG_IBM_BLS                6UL                          /* BLS12-381 */
#define CKM_IBM_ECSDSA_RAND         ECSG_IBM_ECSDSA_S256
#define CKM_IBM_ECSDSA_COMPR_MULTI  ECSG_IBM_ECSDSA_COMPR_MULTI
#define CKM_IBM_BLS                 ECSG_IBM_BLS

/* CKM_IBM_ECDSA_OTHER */
typedef struct CK_IBM_ECDSA_OTHER_PARAMS {
    CK_MECHANISM_TYPE submechanism;  /* an ECSG variant */
} CK_IBM_ECDSA_OTHER_PARAMS;
typedef CK_IBM_ECDSA_OTHER_PARAMS *CK_IBM_ECDSA_OTHER_PARAMS_PTR;

/* What CKM_IBM_EC_AGGREGATE adds up. */
#define CK_IBM_EC_AGG_BLS12_381_SIGN 1UL  /* signatures */
#define CK_IBM_EC_AGG_BLS12_381_PKEY 2UL  /* public keys */

/* CKM_IBM_EC_AGGREGATE */
typedef struct XCP_EC_AGGREGATE_PARAMS {
    CK_ULONG    version;         /* 0 */
    CK_ULONG    mode;            /* CK_IBM_EC_AGG_... */
    CK_ULONG    perElementSize;  /* in bytes */
    CK_BYTE_PTR pElements;       /* one after another */
    CK_ULONG    ulElementsLen;   /* of all together */
} XCP_EC_AGGREGATE_PARAMS;
typedef XCP_EC_AGGREGATE_PARAMS *XCP_EC_AGGREGATE_PARAMS_PTR;

/* -- Bitcoin: BIP-32 and SLIP-10 -- */

/* Versions, sizes and the bit of a hardened child. */
#define XCP_BTC_VERSION                    1UL              /* version of the parameter */
#define CK_IBM_BTC_DERIVE_PARAMS_VERSION_1 XCP_BTC_VERSION  /* openCryptoki's name */
#define CK_IBM_BTC_CHAINCODE_LENGTH        32UL             /* bytes of a chain code */
#define CK_IBM_BTC_BIP0032_HARDENED        0x80000000UL     /* added to childKeyIndex */

/* Which derivation: BIP-32. */
#define CK_IBM_BIP0032_PRV2PRV 1UL  /* private parent, private child */
#define CK_IBM_BIP0032_PRV2PUB 2UL  /* private parent, public child */
#define CK_IBM_BIP0032_PUB2PUB 3UL  /* public parent, public child */
#define CK_IBM_BIP0032_MASTERK 4UL  /* seed to master key */

/* Which derivation: SLIP-10. */
#define CK_IBM_SLIP0010_PRV2PRV 5UL  /* private parent, private child */
#define CK_IBM_SLIP0010_PRV2PUB 6UL  /* private parent, public child */
#define CK_IBM_SLIP0010_PUB2PUB 7UL  /* public parent, public child */
#define CK_IBM_SLIP0010_MASTERK 8UL  /* seed to master key */

/* openCryptoki's names of the same. */
#define CK_IBM_BTC_BIP0032_PRV2PRV  CK_IBM_BIP0032_PRV2PRV
#define CK_IBM_BTC_BIP0032_PRV2PUB  CK_IBM_BIP0032_PRV2PUB
#define CK_IBM_BTC_BIP0032_PUB2PUB  CK_IBM_BIP0032_PUB2PUB
#define CK_IBM_BTC_BIP0032_MASTERK  CK_IBM_BIP0032_MASTERK
#define CK_IBM_BTC_SLIP0010_PRV2PRV CK_IBM_SLIP0010_PRV2PRV
#define CK_IBM_BTC_SLIP0010_PRV2PUB CK_IBM_SLIP0010_PRV2PUB
#define CK_IBM_BTC_SLIP0010_PUB2PUB CK_IBM_SLIP0010_PUB2PUB
#define CK_IBM_BTC_SLIP0010_MASTERK CK_IBM_SLIP0010_MASTERK

/* CKM_IBM_BTC_DERIVE */
typedef struct CK_IBM_BTC_DERIVE_PARAMS {
    CK_ULONG    type;            /* CK_IBM_BIP0032_... or CK_IBM_SLIP0010_... */
    CK_ULONG    childKeyIndex;
    CK_BYTE_PTR pChainCode;      /* of the parent; NULL for a master key */
    CK_ULONG    ulChainCodeLen;
    CK_ULONG    version;         /* XCP_BTC_VERSION */
} CK_IBM_BTC_DERIVE_PARAMS;
typedef CK_IBM_BTC_DERIVE_PARAMS *CK_IBM_BTC_DERIVE_PARAMS_PTR;

/* -- Ethereum: EIP-2333 -- */

/* Versions and sizes. */
#define XCP_ETH_VERSION           1UL   /* version of the parameter */
#define XCP_ETH_SIG_VERSION       4UL   /* version of the BLS signature draft */
#define XCP_EIP2333_KEYINFO_BYTES 32UL  /* bytes of a key info */

/* Which derivation. */
#define CK_IBM_EIP2333_PRV2PRV 1UL  /* private parent, private child */
#define CK_IBM_EIP2333_PRV2PUB 2UL  /* private parent, public child */
#define CK_IBM_EIP2333_MASTERK 3UL  /* seed to master key */

/* CKM_IBM_ETH_DERIVE */
typedef struct CK_IBM_ETH_DERIVE_PARAMS {
    CK_ULONG    version;        /* XCP_ETH_VERSION */
    CK_ULONG    sigVersion;     /* XCP_ETH_SIG_VERSION */
    CK_ULONG    type;           /* CK_IBM_EIP2333_... */
    CK_ULONG    childKeyIndex;
    CK_BYTE_PTR pKeyInfo;
    CK_ULONG    ulKeyInfoLen;
} CK_IBM_ETH_DERIVE_PARAMS;
typedef CK_IBM_ETH_DERIVE_PARAMS *CK_IBM_ETH_DERIVE_PARAMS_PTR;

/* -- Kyber and ML-KEM -- */

/* What the derivation does. */
typedef CK_ULONG CK_IBM_KEM_MODE;

#define CK_IBM_KEM_ENCAPSULATE 1UL  /* with the public key; makes a ciphertext */
#define CK_IBM_KEM_DECAPSULATE 2UL  /* with the private key; opens a ciphertext */
#define XCP_KYBER_KEM_VERSION  0UL  /* version of the parameter */

/* CKM_IBM_KYBER and CKM_IBM_ML_KEM in EP11 */
typedef struct XCP_KYBER_KEM_PARAMS {
    CK_ULONG        version;          /* XCP_KYBER_KEM_VERSION */
    CK_IBM_KEM_MODE mode;
    CK_ULONG        kdf;              /* CKD_ */
    CK_BBOOL        prepend;          /* true: KEM secret before hybrid secret */
    CK_BYTE_PTR     pCipher;
    CK_ULONG        ulCipherLen;
    CK_BYTE_PTR     pSharedData;
    CK_ULONG        ulSharedDataLen;
    CK_BYTE_PTR     pBlob;            /* hybrid secret, as a key blob */
    CK_ULONG        ulBlobLen;
} XCP_KYBER_KEM_PARAMS;
typedef XCP_KYBER_KEM_PARAMS *XCP_KYBER_KEM_PARAMS_PTR;
typedef XCP_KYBER_KEM_PARAMS XCP_KYBER_KEM_PARAMS_t;

/* CKM_IBM_ML_KEM in openCryptoki */
typedef struct CK_IBM_ML_KEM_PARAMS {
    CK_ULONG         ulVersion;        /* 0 */
    CK_IBM_KEM_MODE  mode;
    CK_ULONG         kdf;              /* CKD_ */
    CK_BBOOL         bPrepend;         /* true: KEM secret before hybrid secret */
    CK_BYTE_PTR      pCipher;
    CK_ULONG         ulCipherLen;
    CK_BYTE_PTR      pSharedData;
    CK_ULONG         ulSharedDataLen;
    CK_OBJECT_HANDLE hSecret;          /* hybrid secret, or CK_INVALID_HANDLE */
} CK_IBM_ML_KEM_PARAMS;
typedef CK_IBM_ML_KEM_PARAMS *CK_IBM_ML_KEM_PARAMS_PTR;

/* CKM_IBM_KYBER in openCryptoki: the same structure. */
typedef CK_IBM_ML_KEM_PARAMS CK_IBM_KYBER_PARAMS;
typedef CK_IBM_KYBER_PARAMS *CK_IBM_KYBER_PARAMS_PTR;

/* CKM_IBM_ML_KEM_WITH_ECDH */
typedef struct CK_IBM_ML_KEM_WITH_ECDH_PARAMS {
    CK_IBM_KEM_MODE  mode;
    CK_BYTE_PTR      pCipher;
    CK_ULONG         ulCipherLen;
    CK_OBJECT_HANDLE hECPrivateKey;
    CK_EC_KDF_TYPE   kdf;
    CK_ULONG         ulSharedDataLen;
    CK_BYTE_PTR      pSharedData;
    CK_ULONG         ulPublicDataLen;
    CK_BYTE_PTR      pPublicData;
} CK_IBM_ML_KEM_WITH_ECDH_PARAMS;
typedef CK_IBM_ML_KEM_WITH_ECDH_PARAMS *CK_IBM_ML_KEM_WITH_ECDH_PARAMS_PTR;

/* -- ML-DSA -- */

/* CKM_IBM_ML_DSA; optional. Hedge values are one above those of CKH_HEDGE_..., which are not for this structure */
typedef struct CK_IBM_SIGN_ADDITIONAL_CONTEXT {
    CK_ULONG    hedgeVariant;  /* 1 preferred, 2 required, 3 deterministic */
    CK_BYTE_PTR pContext;
    CK_ULONG    ulContextLen;
} CK_IBM_SIGN_ADDITIONAL_CONTEXT;
typedef CK_IBM_SIGN_ADDITIONAL_CONTEXT *CK_IBM_SIGN_ADDITIONAL_CONTEXT_PTR;

/* -- Key transport -- */

/* CKM_IBM_ATTRIBUTEBOUND_WRAP */
typedef struct CK_IBM_ATTRIBUTEBOUND_WRAP_PARAMS {
    CK_OBJECT_HANDLE hSignVerifyKey;  /* the MAC key */
} CK_IBM_ATTRIBUTEBOUND_WRAP_PARAMS;
typedef CK_IBM_ATTRIBUTEBOUND_WRAP_PARAMS *CK_IBM_ATTRIBUTEBOUND_WRAP_PARAMS_PTR;

#ifdef __cplusplus
}
#endif

#endif /* QUANTOKI_PKCS11_IBM_H */
