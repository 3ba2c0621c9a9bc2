/* SPDX-License-Identifier: Apache-2.0 */
/* An engine: how a family of mechanisms is done. One constant record per algorithm file; engines.c joins them with the
 * mechanism table. For the files of this room only.
 *
 * 1. A function that a family does not have is NULL; the join is checked by engines_test.
 * 2. The dispatch (crypto.c, operation.c) has checked before it calls: the mechanism does this function, the key is of
 *    the mechanism's type (`mech->key`) and of a class that fits: secret or public to encrypt and verify, secret or
 *    private to decrypt and sign.
 * 3. Results go to the arena, inputs are borrowed, as crypto.h says. */
#ifndef QK_CRYPTO_ENGINE_H
#define QK_CRYPTO_ENGINE_H

#include "crypto/crypto.h"

typedef struct qk_engine {
    qk_err (*generate)(const qk_mech_use *use, const qk_attrs *template_, qk_key **out_key);
    qk_err (*generate_pair)(const qk_mech_use *use, const qk_attrs *public_template, qk_key **out_public,
                            qk_key **out_private);
    qk_err (*encrypt)(const qk_key *key, const qk_mech_use *use, qk_view plain, qk_arena *arena, qk_view *out_cipher);
    qk_err (*decrypt)(const qk_key *key, const qk_mech_use *use, qk_view cipher, qk_arena *arena, qk_view *out_plain);
    qk_err (*sign)(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena, qk_view *out_signature);
    qk_err (*verify)(const qk_key *key, const qk_mech_use *use, qk_view data, qk_view signature);
    /* The end of a hashed signature in parts (CKM_SHA256_RSA_PKCS, ...): `digest` is the whole message's, of
     * `use->mech->hash`. NULL for mechanisms that do not hash first. */
    qk_err (*sign_digest)(const qk_key *key, const qk_mech_use *use, qk_view digest, qk_arena *arena,
                          qk_view *out_signature);
    qk_err (*verify_digest)(const qk_key *key, const qk_mech_use *use, qk_view digest, qk_view signature);
    qk_err (*digest)(const qk_mech_use *use, qk_view data, qk_arena *arena, qk_view *out_digest);
    qk_err (*sign_recover)(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena,
                           qk_view *out_signature);
    qk_err (*verify_recover)(const qk_key *key, const qk_mech_use *use, qk_view signature, qk_arena *arena,
                             qk_view *out_data);
    /* As the functions of crypto.h with these names. */
    qk_err (*derive)(const qk_key *base, const qk_mech_use *use, const qk_key_wanted *wanted, qk_key **out_key);
    qk_err (*derive_keys)(const qk_key *base, const qk_mech_use *use, const qk_key_wanted *wanted, size_t count,
                          qk_arena *arena, qk_key **out_keys, qk_view *out_rest);
    qk_err (*encapsulate)(const qk_key *key, const qk_mech_use *use, const qk_key_wanted *wanted, qk_arena *arena,
                          qk_view *out_cipher, qk_key **out_key);
    qk_err (*decapsulate)(const qk_key *key, const qk_mech_use *use, qk_view cipher, const qk_key_wanted *wanted,
                          qk_key **out_key);
    /* Can it be done here, with this OpenSSL and on this machine? NULL: always. Asked once, at start. */
    bool (*available)(const qk_mech *mech);
    /* As qk_crypto_output_len. NULL for families that only generate. */
    size_t (*output_len)(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len);
} qk_engine;

extern const qk_engine qk_engine_rsa_key_gen;       /* rsa_key.c */
extern const qk_engine qk_engine_rsa_pkcs;          /* rsa.c: CKM_RSA_PKCS and hashed PKCS #1 v1.5 signatures */
extern const qk_engine qk_engine_rsa_pss;           /* rsa.c */
extern const qk_engine qk_engine_rsa_raw;           /* rsa_raw.c: CKM_RSA_X_509 */
extern const qk_engine qk_engine_rsa_x931;          /* rsa_x931.c */
extern const qk_engine qk_engine_rsa_oaep;          /* rsa.c */
extern const qk_engine qk_engine_rsa_aes_wrap;      /* rsa_aes_wrap.c */
extern const qk_engine qk_engine_bound_wrap;        /* bound_wrap.c */
extern const qk_engine qk_engine_transport;         /* bound_wrap.c */
extern const qk_engine qk_engine_ec_key_gen;        /* ec_gen.c: of every curve */
extern const qk_engine qk_engine_ffc_gen;           /* ffc_gen.c: pairs and parameters of DH and DSA */
extern const qk_engine qk_engine_ecdsa;             /* ecdsa.c: ECDSA and DSA */
extern const qk_engine qk_engine_eddsa;             /* eddsa.c */
extern const qk_engine qk_engine_ecdh;              /* ecdh.c */
extern const qk_engine qk_engine_dh;                /* dh_derive.c */
extern const qk_engine qk_engine_derive_hash;       /* derive_hash.c */
extern const qk_engine qk_engine_derive_data;       /* derive_data.c */
extern const qk_engine qk_engine_derive_join;       /* derive_join.c */
extern const qk_engine qk_engine_derive_xor;        /* derive_join.c */
extern const qk_engine qk_engine_derive_extract;    /* derive_join.c */
extern const qk_engine qk_engine_hkdf;              /* hkdf.c */
extern const qk_engine qk_engine_pbkdf2;            /* pbkdf2.c */
extern const qk_engine qk_engine_secret_key_gen;    /* secret_key.c: of every type */
extern const qk_engine qk_engine_kdf108;            /* kdf108.c */
extern const qk_engine qk_engine_tls_master;        /* tls_derive.c */
extern const qk_engine qk_engine_tls_keys;          /* tls_derive.c */
extern const qk_engine qk_engine_tls_kdf;           /* tls_derive.c */
extern const qk_engine qk_engine_tls_mac;           /* tls_derive.c */
extern const qk_engine qk_engine_tls_pre_master;    /* tls_derive.c */
extern const qk_engine qk_engine_blocks;            /* blocks.c: ECB, CBC, CBC_PAD of AES and DES */
extern const qk_engine qk_engine_stream;            /* stream.c: CTR, OFB, CFB of AES; ChaCha20 */
extern const qk_engine qk_engine_gcm;               /* aes_gcm.c */
extern const qk_engine qk_engine_ccm;               /* aes_ccm.c */
extern const qk_engine qk_engine_whole;             /* aes_whole.c: XTS, CTS */
extern const qk_engine qk_engine_chacha20_poly1305; /* chacha.c */
extern const qk_engine qk_engine_poly1305;          /* chacha.c */
extern const qk_engine qk_engine_gmac;              /* aes_gcm.c */
extern const qk_engine qk_engine_cmac;              /* cmac.c: of AES and DES */
extern const qk_engine qk_engine_key_wrap;          /* key_wrap.c: KW, KWP, KW with PKCS #7 padding */
extern const qk_engine qk_engine_hmac;              /* hmac.c */
extern const qk_engine qk_engine_digest;            /* digest.c */

extern const qk_engine qk_engine_lattice_sign;  /* lattice_sign.c: ML-DSA, Dilithium; their pairs */
extern const qk_engine qk_engine_lattice_kem;   /* lattice_kem.c: ML-KEM; its pairs */
extern const qk_engine qk_engine_kyber;         /* lattice_kem.c: IBM's Kyber, its pairs; IBM's ML-KEM */
extern const qk_engine qk_engine_slh_dsa;       /* slh_dsa.c: signatures and pairs */
extern const qk_engine qk_engine_btc;           /* btc.c: BIP-32, SLIP-0010 */
extern const qk_engine qk_engine_ecsdsa;        /* ecsdsa.c: Schnorr and BLS signatures */
extern const qk_engine qk_engine_bls_aggregate; /* bls_engine.c */

/* Row `index` of the table in engines.c, for the test that joins it with the mechanisms; QK_NO_HASH past the end. */
CK_MECHANISM_TYPE qk_engine_row(size_t index);
/* That the table names, also for what cannot be done here; NULL if it names none. For the same test. */
const qk_engine *qk_engine_named(CK_MECHANISM_TYPE type);
/* Of a row of qk_mechs; NULL if nobody does it, or not here. One load. */
const qk_engine *qk_engine_of(const qk_mech *mech);
/* qk_engine_of, with the checks of rule 2. `key` NULL for digests and generation. QK_E_MECHANISM_INVALID,
 * QK_E_KEY_TYPE, QK_E_KEY_NEEDED. */
QK_MUST_CHECK qk_err qk_engine_check(const qk_key *key, const qk_mech_use *use, unsigned function,
                                     const qk_engine **out_engine);

/* For the fields sign and verify of engines that sign a digest: hash as the mechanism says, then the engine's own
 * sign_digest and verify_digest. A mechanism without a hash hands the data over as they are. */
QK_MUST_CHECK qk_err qk_sign_message(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena,
                                     qk_view *out_signature);
QK_MUST_CHECK qk_err qk_verify_message(const qk_key *key, const qk_mech_use *use, qk_view data, qk_view signature);

/* Digest of `data` in one call, the fastest way there is (digest.c). `out` has 64 bytes. QK_E_MECHANISM_INVALID if this
 * OpenSSL lacks the digest. */
QK_MUST_CHECK qk_err qk_digest_once(CK_MECHANISM_TYPE hash, qk_view data, uint8_t out[64], size_t *out_len);

#endif
