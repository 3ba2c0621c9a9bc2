/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of mechanisms as messages, inside this room: a row for each kind, a file for each family (codec_*.c). What
 * a value must be is checked by p11 (qk_mech_use_check), the same for applications and peers. */
#ifndef QK_HSM_MECHANISM_CODEC_KINDS_H
#define QK_HSM_MECHANISM_CODEC_KINDS_H

#include "hsm/codec/mechanism_codec.h"

typedef struct qk_codec {
    /* Views of `use` point into the message. QK_E_MECHANISM_PARAM. */
    qk_err (*read)(const Grep11__Mechanism *message, qk_mech_use *use);
    /* QK_E_NO_MEMORY. */
    qk_err (*write)(const qk_mech_use *use, qk_arena *arena, Grep11__Mechanism *message);
} qk_codec;

extern const qk_codec qk_codec_none; /* mechanism_codec.c */
/* codec_cipher.c */
extern const qk_codec qk_codec_iv, qk_codec_optional_iv, qk_codec_ctr, qk_codec_gcm, qk_codec_ccm, qk_codec_chacha20;
extern const qk_codec qk_codec_mac_len;
/* codec_rsa.c */
extern const qk_codec qk_codec_oaep, qk_codec_pss, qk_codec_rsa_aes;
/* codec_ec.c */
extern const qk_codec qk_codec_eddsa;
/* codec_derive.c */
extern const qk_codec qk_codec_ecdh, qk_codec_data, qk_codec_string, qk_codec_encrypt_data, qk_codec_extract,
    qk_codec_second_key, qk_codec_hkdf, qk_codec_pbkdf2, qk_codec_kdf108;
/* codec_tls.c */
extern const qk_codec qk_codec_tls;

/* codec_ibm.c */
extern const qk_codec qk_codec_btc, qk_codec_ecsg, qk_codec_aggregate;
/* codec_lattice.c */
extern const qk_codec qk_codec_sign_context, qk_codec_hash_sign_context, qk_codec_kyber_kem;

/* Vendor numbers are 32 bits wide; clients with signed types send them sign-extended. */
CK_MECHANISM_TYPE qk_codec_fold(uint64_t type);
qk_err qk_codec_wrong(const qk_mech *mech, const char *what);
qk_err qk_codec_no_memory(void);

#endif
