/* SPDX-License-Identifier: Apache-2.0 */
/* Secret keys: made, read, described. Their value is the key. */
#ifndef QK_CRYPTO_SECRET_KEY_H
#define QK_CRYPTO_SECRET_KEY_H

#include "crypto/key/key.h"

enum { QK_MAX_SECRET_KEY = 1024 }; /* bytes; as the mechanism table says of generic secrets */

/* QK_E_KEY_SIZE if a key of this type cannot have this length; QK_E_KEY_TYPE if no secret key here has this type. */
QK_MUST_CHECK qk_err qk_secret_key_check(CK_KEY_TYPE type, size_t len);
/* That, and what the bytes must be: odd parity for DES, two different halves for XTS. QK_E_ATTRIBUTE_VALUE. */
QK_MUST_CHECK qk_err qk_secret_key_check_value(CK_KEY_TYPE type, qk_view value);
/* Each byte of a DES key has an odd number of ones; its lowest bit sees to that. FIPS 46-3. */
void qk_des_set_parity(uint8_t *value, size_t len);

#endif
