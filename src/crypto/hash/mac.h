/* SPDX-License-Identifier: Apache-2.0 */
/* What the MACs share: a MAC is computed in one way, then given, or compared, whole or its first bytes alone. */
#ifndef QK_CRYPTO_MAC_H
#define QK_CRYPTO_MAC_H

#include "crypto/key/key.h"

enum { QK_MAX_MAC = 64 };

/* Bytes of the MAC that a mechanism gives of `whole`: the parameter's number for CKM_..._GENERAL, else all. */
size_t qk_mac_len(const qk_mech_use *use, size_t whole);

/* QK_OK if `signature` is the MAC; QK_E_SIGNATURE_LENGTH, QK_E_SIGNATURE_INVALID. Constant time. */
QK_MUST_CHECK qk_err qk_mac_compare(qk_view mac, qk_view signature);

/* The MAC of a whole message; out_len as qk_mac_len says. */
typedef qk_err qk_mac_fn(const qk_key *key, const qk_mech_use *use, qk_view data, uint8_t out[QK_MAX_MAC],
                         size_t *out_len);

QK_MUST_CHECK qk_err qk_mac_sign(qk_mac_fn *mac, const qk_key *key, const qk_mech_use *use, qk_view data,
                                 qk_arena *arena, qk_view *out_signature);
QK_MUST_CHECK qk_err qk_mac_verify(qk_mac_fn *mac, const qk_key *key, const qk_mech_use *use, qk_view data,
                                   qk_view signature);

#endif
