/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of sessionauth in grep11client.yaml. Source: spec of the PKCS #11 module, section 4.4. */
#ifndef QK_MODULE_CLIENT_PASSWORD_H
#define QK_MODULE_CLIENT_PASSWORD_H

#include "module/library/client_config.h"

/* Sets token->keystore_password. `node` is the token's. QK_E_CONFIG with the key, without file and line. */
QK_MUST_CHECK qk_err qk_client_password_read(const qk_config_node *node, qk_client_token *token);

#endif
