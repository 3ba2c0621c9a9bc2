/* SPDX-License-Identifier: Apache-2.0 */
/* The engines: how each mechanism is done, on OpenSSL 3 in a private library context.
 *
 * 1. qk_crypto_start makes the context (no configuration file, default provider), probes curves and fetches algorithms;
 *    nothing else here works before. qk_crypto_stop frees it. After fork() a child calls qk_crypto_abandon (frees
 *    nothing, forgets everything) and starts anew.
 * 2. A qk_key is immutable, counted and usable from any number of threads at once. It keeps its parsed form and a few
 *    ready contexts, so that an operation allocates nothing it need not.
 * 3. Results lie in the caller's arena. Inputs are borrowed for the call.
 * 4. Nothing here knows blobs, attributes' policy or the network: whether a key MAY do something is decided above.
 * Errors: PKCS #11's, named in error_table.h: QK_E_BAD_LENGTH for plaintext and data lengths, QK_E_CIPHERTEXT_LENGTH,
 * QK_E_CIPHERTEXT_INVALID (one uniform error for every padding failure), QK_E_SIGNATURE_INVALID, QK_E_SIGNATURE_LENGTH,
 * QK_E_KEY_TYPE, QK_E_KEY_SIZE, QK_E_NO_MEMORY, QK_E_FUNCTION_FAILED (OpenSSL refused; its words are recorded). */
#ifndef QK_CRYPTO_CRYPTO_H
#define QK_CRYPTO_CRYPTO_H

#include "base/arena.h"
#include "base/secret.h"
#include "p11/attribute.h"
#include "p11/mechanism.h"

QK_MUST_CHECK qk_err qk_crypto_start(void);
void qk_crypto_stop(void);
void qk_crypto_abandon(void);

/* Whose ML-DSA and ML-KEM: ours, as from the start, or OpenSSL's. Between qk_crypto_start and the first key, since keys
 * in use keep to what they began with. Formats are the same either way. QK_E_CONFIG if this OpenSSL has them not. */
QK_MUST_CHECK qk_err qk_crypto_choose_lattice(bool by_openssl);

/* ---- keys ---- */

typedef struct qk_key qk_key;

qk_key *qk_key_ref(qk_key *key);
void qk_key_unref(qk_key **key); /* accepts a pointer to NULL; leaves NULL */

CK_OBJECT_CLASS qk_key_class(const qk_key *key); /* CKO_SECRET_KEY, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY */
CK_KEY_TYPE qk_key_type(const qk_key *key);
unsigned qk_key_bits(const qk_key *key); /* modulus, curve or value length; of post-quantum keys the strength */
/* Bytes of a post-quantum key's signatures, as the attributes that name its parameter set tell; 0 for others. */
size_t qk_post_quantum_signature_len(CK_KEY_TYPE type, const qk_attrs *attrs);
/* Of the OID of a post-quantum algorithm (content without head): the type of its keys; QK_NO_KEY if it is none. */
CK_KEY_TYPE qk_post_quantum_type_of_oid(qk_view content);
/* A template for a key that will be unwrapped: QK_E_SET_NOT_SUPPORTED if its CKA_PARAMETER_SET names a parameter set
 * that keys of the type do not have, or not with this OpenSSL. */
QK_MUST_CHECK qk_err qk_post_quantum_check_set(CK_KEY_TYPE type, const qk_attrs *attrs);
/* The parameter set that a template names, if it does, must be the key's. QK_E_TEMPLATE_INCONSISTENT. */
QK_MUST_CHECK qk_err qk_post_quantum_set_agrees(const qk_key *key, const qk_attrs *attrs);
/* The chain code of a key that qk_crypto_derive just made by BIP-32 or SLIP-0010; empty for all others. */
qk_view qk_key_chain_code(const qk_key *key);
/* The ciphertext that carries a key which qk_crypto_derive just made by encapsulation; empty for all others. */
qk_view qk_key_ciphertext(const qk_key *key);
const qk_curve *qk_key_curve(const qk_key *key); /* NULL unless an EC, Edwards or Montgomery key */

/* Reads and writes the serialised key: raw value for secret keys, PKCS #8 PrivateKeyInfo (DER) for private keys,
 * SubjectPublicKeyInfo (DER) for public keys. EC and Edwards SPKI have the form id-ecPublicKey + curve OID for every
 * curve (GREP11, section 6); qk_key_read also takes the RFC 8410 form. PKCS #8 of Edwards keys has the RFC 8410 form.
 * `type` tells CKK_EC from CKK_EC_EDWARDS for Edwards curves (both exist; see design) and the type of a secret key.
 * Nothing may be missing or follow. QK_E_WRAPPED_KEY (PKCS #8 malformed, contradicting, or of another type),
 * QK_E_PUBLIC_KEY_INVALID (the same of SPKI), QK_E_KEY_SIZE, QK_E_KEY_TYPE (secret), QK_E_CURVE_NOT_SUPPORTED. */
QK_MUST_CHECK qk_err qk_key_read(CK_OBJECT_CLASS class, CK_KEY_TYPE type, qk_view serialised, qk_key **out_key);
QK_MUST_CHECK qk_err qk_key_write(const qk_key *key, qk_secret *out_serialised);
/* SubjectPublicKeyInfo of a public or private key. `rfc8410`: standard form for Edwards and Montgomery curves (for
 * CKA_PUBLIC_KEY_INFO of CKK_EC_EDWARDS keys), else GREP11's. No difference for other keys. */
QK_MUST_CHECK qk_err qk_key_write_spki(const qk_key *key, bool rfc8410, qk_buf *out);

/* Makes a key from CKA_... value attributes (C_CreateObject): class, key type and the value attributes the standard
 * asks for; checks consistency. QK_E_TEMPLATE_INCOMPLETE, QK_E_ATTRIBUTE_VALUE, QK_E_TEMPLATE_INCONSISTENT. */
QK_MUST_CHECK qk_err qk_key_from_attrs(const qk_attrs *attrs, qk_key **out_key);
/* Adds the attributes that follow from the key and are not secret: CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_MODULUS_BITS,
 * CKA_EC_PARAMS (DER OID), CKA_EC_POINT (DER OCTET STRING of the point), CKA_VALUE_LEN, CKA_CHECK_VALUE,
 * CKA_PUBLIC_KEY_INFO, as they apply to its class and type. */
QK_MUST_CHECK qk_err qk_key_describe(const qk_key *key, qk_attrs *attrs);
/* The secret value of a secret key, or the value attributes of a private key, for the rare attribute read that policy
 * allows: type = CKA_VALUE, CKA_PRIVATE_EXPONENT, CKA_PRIME_1, ... QK_E_ATTRIBUTE_TYPE if it has none. */
QK_MUST_CHECK qk_err qk_key_reveal(const qk_key *key, CK_ATTRIBUTE_TYPE type, qk_secret *out_value);

/* Generation. `template_` holds CKA_VALUE_LEN (AES, generic), CKA_MODULUS_BITS and CKA_PUBLIC_EXPONENT (RSA; default
 * 65537), CKA_EC_PARAMS. QK_E_TEMPLATE_INCOMPLETE, QK_E_KEY_SIZE, QK_E_ATTRIBUTE_VALUE, QK_E_CURVE_NOT_SUPPORTED. */
QK_MUST_CHECK qk_err qk_key_generate(const qk_mech_use *use, const qk_attrs *template_, qk_key **out_key);
QK_MUST_CHECK qk_err qk_key_generate_pair(const qk_mech_use *use, const qk_attrs *public_template, qk_key **out_public,
                                          qk_key **out_private);

/* ---- keys from keys ---- */

/* What a key that follows from another one is to be. */
typedef struct qk_key_wanted {
    CK_OBJECT_CLASS class;
    CK_KEY_TYPE type;
    size_t len;                /* bytes of a secret key; 0: what type or mechanism gives */
    const qk_attrs *template_; /* the whole template, for CKA_EC_PARAMS and the like */
} qk_key_wanted;

/* Derives a key. The base key is of the mechanism's type; `use->second.key` is set if the parameter names a second key.
 * CKM_IBM_EC_AGGREGATE has no base: its elements are SubjectPublicKeyInfos, all of the same length.
 * QK_E_KEY_SIZE (a length that the mechanism cannot give or the type cannot have), QK_E_TEMPLATE_INCOMPLETE (no length
 * where one is needed), QK_E_TEMPLATE_INCONSISTENT, QK_E_MECHANISM_PARAM (the other side's public value is none). */
QK_MUST_CHECK qk_err qk_crypto_derive(const qk_key *base, const qk_mech_use *use, const qk_key_wanted *wanted,
                                      qk_key **out_key);
/* Several keys from one derivation (SP 800-108; the keys of a TLS connection), all or none. A key whose length is 0 in
 * a mechanism that knows the lengths is not made and stays NULL. `out_rest`: what the mechanism gives besides (the
 * initialisation vectors of TLS), in the arena. QK_E_MECHANISM_INVALID if it makes one key only. */
enum { QK_DERIVE_KEYS_MOST = 16 };
QK_MUST_CHECK qk_err qk_crypto_derive_keys(const qk_key *base, const qk_mech_use *use, const qk_key_wanted *wanted,
                                           size_t count, qk_arena *arena, qk_key **out_keys, qk_view *out_rest);
/* Makes a key and the ciphertext that carries it to the holder of the private key. */
QK_MUST_CHECK qk_err qk_crypto_encapsulate(const qk_key *key, const qk_mech_use *use, const qk_key_wanted *wanted,
                                           qk_arena *arena, qk_view *out_cipher, qk_key **out_key);
/* Opens such a ciphertext. QK_E_CIPHERTEXT_LENGTH, QK_E_CIPHERTEXT_INVALID. */
QK_MUST_CHECK qk_err qk_crypto_decapsulate(const qk_key *key, const qk_mech_use *use, qk_view cipher,
                                           const qk_key_wanted *wanted, qk_key **out_key);

/* Can this build, with this OpenSSL and on this machine, do what the row says? */
bool qk_crypto_offers(const qk_mech *mech);

/* ---- one-call operations ---- */

/* Also the wrapping and unwrapping of a serialised key, by mechanisms that do nothing else. */
QK_MUST_CHECK qk_err qk_crypto_encrypt(const qk_key *key, const qk_mech_use *use, qk_view plain, qk_arena *arena,
                                       qk_view *out_cipher);
QK_MUST_CHECK qk_err qk_crypto_decrypt(const qk_key *key, const qk_mech_use *use, qk_view cipher, qk_arena *arena,
                                       qk_view *out_plain);
/* Signatures of ECDSA are raw r||s of equal halves. MACs are signatures too. CKM_IBM_EC_AGGREGATE has no key. */
QK_MUST_CHECK qk_err qk_crypto_sign(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena,
                                    qk_view *out_signature);
QK_MUST_CHECK qk_err qk_crypto_verify(const qk_key *key, const qk_mech_use *use, qk_view data, qk_view signature);
/* Signatures that carry their data. */
QK_MUST_CHECK qk_err qk_crypto_sign_recover(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena,
                                            qk_view *out_signature);
QK_MUST_CHECK qk_err qk_crypto_verify_recover(const qk_key *key, const qk_mech_use *use, qk_view signature,
                                              qk_arena *arena, qk_view *out_data);
QK_MUST_CHECK qk_err qk_crypto_digest(const qk_mech_use *use, qk_view data, qk_arena *arena, qk_view *out_digest);

/* Bytes that the result of one call can have at most, for C_ calls that ask for a size first. For signatures and
 * digests it is exact. `key` NULL for digests. */
size_t qk_crypto_output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len);

/* The same of an operation in parts, before or without it: what Update of in_len bytes gives, or (final) the end, while
 * `waiting` bytes were given that have not come out. Exact for ciphers but for padding that is taken off. */
size_t qk_crypto_part_len(const qk_mech_use *use, unsigned function, size_t waiting, size_t in_len, bool final);

/* ---- operations in parts ---- */

typedef struct qk_operation qk_operation;

/* `function` is one of QK_ENCRYPT, QK_DECRYPT, QK_SIGN, QK_VERIFY, QK_DIGEST. The key is referenced, the mechanism's
 * parameter copied. `portable` operations can be saved (their digest states are ours); others are OpenSSL's and
 * faster. QK_E_MECHANISM_INVALID for single-part mechanisms. */
QK_MUST_CHECK qk_err qk_operation_begin(unsigned function, qk_key *key, const qk_mech_use *use, bool portable,
                                        qk_operation **out_operation);
void qk_operation_free(qk_operation **operation);
/* `out_bytes` may come back empty; always empty for sign, verify and digest. Block modes emit whole blocks; with
 * padding decryption keeps the last block for the end. Gathered mechanisms emit nothing before the end. */
QK_MUST_CHECK qk_err qk_operation_update(qk_operation *operation, qk_view in, qk_arena *arena, qk_view *out_bytes);
/* The rest of the output, the signature or the digest. */
QK_MUST_CHECK qk_err qk_operation_finish(qk_operation *operation, qk_arena *arena, qk_view *out_bytes);
QK_MUST_CHECK qk_err qk_operation_finish_verify(qk_operation *operation, qk_view signature);
/* The most bytes that update of in_len bytes, or finish (in_len 0, final true), can emit now. */
size_t qk_operation_output_len(const qk_operation *operation, size_t in_len, bool final);
/* Progress as bytes, without key and mechanism; secret for keyed operations. Portable operations only. Endian-clean,
 * versioned. load: QK_E_STATE_INVALID. */
QK_MUST_CHECK qk_err qk_operation_save(const qk_operation *operation, qk_secret *out_progress);
QK_MUST_CHECK qk_err qk_operation_load(unsigned function, qk_key *key, const qk_mech_use *use, qk_view progress,
                                       qk_operation **out_operation);

/* ---- tools for the rooms above: sealing and deriving, not mechanisms ---- */

/* HKDF-SHA-256 (RFC 5869), extract and expand. */
QK_MUST_CHECK qk_err qk_hkdf_sha256(qk_view key, qk_view salt, qk_view info, uint8_t *out, size_t out_len);
/* AES-256-GCM with a zero nonce under a one-time key; `tag` 16 bytes. out has plain.len bytes and may be plain.data. */
QK_MUST_CHECK qk_err qk_aead_seal(const uint8_t key[32], qk_view bound, qk_view plain, uint8_t *out, uint8_t tag[16]);
/* QK_E_BLOB_DAMAGED if anything was changed; out is then wiped. */
QK_MUST_CHECK qk_err qk_aead_open(const uint8_t key[32], qk_view bound, qk_view cipher, const uint8_t tag[16],
                                  uint8_t *out);
QK_MUST_CHECK qk_err qk_sha256(qk_view data, uint8_t out[32]);
QK_MUST_CHECK qk_err qk_hmac_sha256(qk_view key, qk_view data, uint8_t out[32]);
/* scrypt (RFC 7914) with N = 2^log2_n, r = 8, p = 1. */
QK_MUST_CHECK qk_err qk_scrypt(qk_view password, qk_view salt, unsigned log2_n, uint8_t *out, size_t out_len);

#endif
