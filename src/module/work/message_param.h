/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of authenticated messages: CK_GCM_MESSAGE_PARAMS and its like, for C_EncryptMessage, and for keys that
 * C_WrapKeyAuthenticated wraps; CK_GCM_WRAP_PARAMS and its like, for C_WrapKey. They name places to write to: the
 * nonce, if the module makes it, and the tag. Source: PKCS #11 3.2, AES-GCM, AES-CCM, ChaCha20/Poly1305. */
#ifndef QK_MODULE_MESSAGE_PARAM_H
#define QK_MODULE_MESSAGE_PARAM_H

#include "base/bytes.h"
#include "p11/mechanism.h"

typedef struct qk_session qk_session;

enum { QK_NONCE_MOST = 256 }; /* bytes */

typedef struct qk_message_param {
    uint8_t *nonce; /* the application's: read, or written if the module makes it */
    size_t nonce_len, fixed_bits;
    CK_GENERATOR_FUNCTION generator;
    uint8_t *tag; /* the application's; NULL in CK_..._WRAP_PARAMS, whose tag follows the wrapped key */
    size_t tag_bits;
    size_t data_len; /* as CCM wants it told; 0: not told */
    qk_view aad;     /* of CK_..._WRAP_PARAMS */
} qk_message_param;

/* The nonces that one process of messages has used. All zero at first. */
typedef struct qk_nonces {
    uint64_t count;
    bool based;
    uint8_t base[QK_NONCE_MOST]; /* what the counter is added to, or xored with */
} qk_nonces;

/* Can the mechanism take messages? */
bool qk_message_can(const qk_mech *mech, unsigned function);
/* CK_..._MESSAGE_PARAMS. QK_E_MECHANISM_PARAM. */
QK_MUST_CHECK qk_err qk_message_param_read(const qk_mech *mech, qk_view parameter, qk_message_param *out);
/* Is it CK_GCM_WRAP_PARAMS or CK_CCM_WRAP_PARAMS? Then reads it. */
bool qk_wrap_param_read(const qk_mech *mech, qk_view parameter, qk_message_param *out);

/* The nonce of the next message in `out`, of param->nonce_len bytes: the application's, or made as its generator says.
 * It is not yet written to the application's place. QK_E_MECHANISM_PARAM (no such generator, or too few bits are left
 * to it), QK_E_TOKEN_RESOURCE (the counter is used up), QK_E_NO_RANDOM. */
QK_MUST_CHECK qk_err qk_message_nonce(qk_session *session, const qk_mech *mech, const qk_message_param *param,
                                      qk_nonces *nonces, uint8_t out[QK_NONCE_MOST]);
/* The mechanism as engines want it: `data_len` bytes under this nonce. The views are borrowed. QK_E_MECHANISM_PARAM. */
QK_MUST_CHECK qk_err qk_message_use(const qk_mech *mech, const qk_message_param *param, qk_view nonce, qk_view aad,
                                    size_t data_len, unsigned function, qk_mech_use *out);

#endif
