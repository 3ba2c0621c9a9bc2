/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of mechanisms, inside this room: a kind says how an application's C structure is read, what values are
 * sound, and where the decoded form borrows bytes. A family of kinds is a file (params_*.c); the table of all is in
 * mechanism_use.c. Whatever an application or a peer may get wrong is caught here, once, so that the engines meet sound
 * values only. */
#ifndef QK_P11_MECHANISM_PARAM_H
#define QK_P11_MECHANISM_PARAM_H

#include "p11/mechanism.h"

enum { QK_PARAM_VIEWS = 5 };

typedef struct qk_param_row {
    /* Decodes `param` into `use`, whose mech is set. QK_E_MECHANISM_PARAM. */
    qk_err (*read)(qk_view param, qk_mech_use *use);
    /* Judges what either reader decoded. NULL: nothing to judge. QK_E_MECHANISM_PARAM. */
    qk_err (*check)(const qk_mech_use *use);
    uint16_t views[QK_PARAM_VIEWS]; /* offsets in qk_mech_use of the views that are borrowed: QK_PARAM_AT */
    uint16_t view_count;
} qk_param_row;

#define QK_PARAM_AT(member) offsetof(qk_mech_use, member)

/* params_cipher.c */
extern const qk_param_row qk_param_iv, qk_param_optional_iv, qk_param_ctr, qk_param_gcm, qk_param_ccm;
extern const qk_param_row qk_param_chacha20, qk_param_chacha20_poly1305, qk_param_mac_len;
/* params_rsa.c */
extern const qk_param_row qk_param_oaep, qk_param_pss, qk_param_rsa_aes;
/* params_ec.c */
extern const qk_param_row qk_param_eddsa;
/* params_derive.c */
extern const qk_param_row qk_param_ecdh, qk_param_data, qk_param_string, qk_param_encrypt_data, qk_param_extract,
    qk_param_second_key, qk_param_hkdf, qk_param_pbkdf2;
/* params_kdf108.c */
extern const qk_param_row qk_param_kdf108, qk_param_kdf108_feedback;
/* params_tls.c */
extern const qk_param_row qk_param_tls_master, qk_param_tls_extended, qk_param_tls_keys, qk_param_tls_kdf,
    qk_param_tls_mac;

/* params_ibm.c */
extern const qk_param_row qk_param_btc, qk_param_ecsg, qk_param_aggregate;
/* params_lattice.c */
extern const qk_param_row qk_param_sign_context, qk_param_hash_sign_context, qk_param_kyber_kem;

/* QK_E_MECHANISM_PARAM, with the mechanism's name. */
qk_err qk_param_wrong(const qk_mech *mech, const char *what);
/* Copies a C structure of `len` bytes out, since nobody promises that it is aligned. */
QK_MUST_CHECK qk_err qk_param_structure(const qk_mech *mech, qk_view param, void *out, size_t len);
/* A pointer and a length of a structure. QK_E_MECHANISM_PARAM for a length without data. */
QK_MUST_CHECK qk_err qk_param_bytes(const qk_mech *mech, const void *data, CK_ULONG len, qk_view *out);
/* A parameter's hash must be a digest mechanism. QK_E_MECHANISM_PARAM. (params_derive.c) */
QK_MUST_CHECK qk_err qk_param_hash(const qk_mech *mech, CK_MECHANISM_TYPE hash);

#endif
