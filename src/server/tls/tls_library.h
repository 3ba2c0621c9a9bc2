/* SPDX-License-Identifier: Apache-2.0 */
/* The OpenSSL context of the listeners' TLS, apart from the one that makes keys (qk_openssl).
 *
 * A handshake needs random bits, and a server whose sources are all away must still take a connection to say 503. So
 * this context has OpenSSL's own generators, which the kernel seeds, and the pipeline is stirred into them while it is
 * healthy: TLS is then as good as the better of the two. Nothing but TLS draws here. */
#ifndef QK_SERVER_TLS_LIBRARY_H
#define QK_SERVER_TLS_LIBRARY_H

#include <openssl/types.h>

#include "base/error.h"

/* Once, before the first listener's TLS is made; stopped after the last was freed. QK_E_NO_MEMORY, QK_E_GENERAL. */
QK_MUST_CHECK qk_err qk_tls_library_start(void);
void qk_tls_library_stop(void);
/* NULL before the start. */
OSSL_LIB_CTX *qk_tls_library(void);
/* Adds fresh bytes of the pipeline, if it has any. Any thread. */
void qk_tls_library_stir(void);

#endif
