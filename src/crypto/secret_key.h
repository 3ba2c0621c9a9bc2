/* SPDX-License-Identifier: Apache-2.0 */
/* Secret keys: made, read, described. Their value is the key. */
#ifndef QK_CRYPTO_SECRET_KEY_H
#define QK_CRYPTO_SECRET_KEY_H

#include "crypto/key.h"

enum { QK_MAX_SECRET_KEY = 1024 }; /* bytes; as the mechanism table says of generic secrets */

/* QK_E_KEY_SIZE if a key of this type cannot have this length; QK_E_KEY_TYPE for other types than AES, generic and the
 * HMAC keys of PKCS #11 3.0. */
QK_MUST_CHECK qk_err qk_secret_key_check(CK_KEY_TYPE type, size_t len);

#endif
