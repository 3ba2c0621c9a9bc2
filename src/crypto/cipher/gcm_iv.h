/* SPDX-License-Identifier: Apache-2.0 */
/* GCM's long IVs. */
#ifndef QK_CRYPTO_GCM_IV_H
#define QK_CRYPTO_GCM_IV_H

#include "base/bytes.h"

/* Finds the IV of 16 bytes that gives GCM the same first counter block as `iv` of any other length but 12 (a 12-byte IV
 * is not hashed). `hash_key` is H, the encrypted zero block; secret. About 0.1 ms. Source: SP 800-38D, 7.1 step 2. */
void qk_gcm_equal_iv(const uint8_t hash_key[16], qk_view iv, uint8_t out_iv[16]);

#endif
