/* SPDX-License-Identifier: Apache-2.0 */
/* The BLS variant of CKM_IBM_ECDSA_OTHER, for that mechanism's engine (ecsdsa.c). As the fields of qk_engine. */
#ifndef QK_CRYPTO_BLS_ENGINE_H
#define QK_CRYPTO_BLS_ENGINE_H

#include "crypto/crypto.h"

QK_MUST_CHECK qk_err qk_bls_engine_sign(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena,
                                        qk_view *out_signature);
QK_MUST_CHECK qk_err qk_bls_engine_verify(const qk_key *key, const qk_mech_use *use, qk_view data, qk_view signature);

#endif
