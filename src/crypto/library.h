/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of this room with something to prepare: qk_crypto_start, _stop and _abandon call them. */
#ifndef QK_CRYPTO_LIBRARY_H
#define QK_CRYPTO_LIBRARY_H

#include <openssl/types.h>

#include "base/error.h"

/* engines.c: joins engines with the mechanism table. */
QK_MUST_CHECK qk_err qk_engines_start(void);
/* own_names.c: the provider of names of our own, in that context. It stays as long as the context does. */
QK_MUST_CHECK qk_err qk_own_names_load(OSSL_LIB_CTX *context, OSSL_PROVIDER *default_provider, OSSL_PROVIDER **out);
/* digest.c: the pools of digest contexts. */
void qk_digest_stop(void);
void qk_digest_abandon(void);
/* cipher.c: the fetched ciphers. */
QK_MUST_CHECK qk_err qk_cipher_start(void);
void qk_cipher_stop(void);
void qk_cipher_abandon(void);
/* chacha.c: the fetched MAC; there may be none. */
void qk_poly1305_start(void);
void qk_poly1305_stop(void);
void qk_poly1305_abandon(void);
/* seal.c: the pool of sealing contexts. */
void qk_seal_stop(void);
void qk_seal_abandon(void);

#endif
