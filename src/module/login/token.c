/* SPDX-License-Identifier: Apache-2.0 */
#include "module/login/token.h"

#include <stdlib.h>

qk_err qk_token_new(const qk_client_token *config, qk_token **out_token)
{
    QK_OWNED(qk_token_free) qk_token *token = calloc(1, sizeof *token);

    if (!token)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a token");
    token->remote = !config->embedded;
    token->cache_max_age_ms = (int64_t)config->cache_max_age_ms;
    if (token->remote)
        QK_TRY(qk_login_remote_new(config, token, &token->login));
    else
        QK_TRY(qk_login_embedded_new(config, token, &token->login));
    *out_token = token;
    token = NULL;
    return QK_OK;
}

void qk_token_free(qk_token **token)
{
    qk_token *gone = *token;

    *token = NULL;
    if (!gone)
        return;
    qk_endpoint_free(&gone->keystore); /* they borrow from the login: rings, connections */
    qk_endpoint_free(&gone->hsm);
    if (gone->login)
        gone->login->free(gone->login);
    free(gone);
}

void qk_token_abandon(qk_token **token)
{
    if (*token && (*token)->login)
        (*token)->login->abandon((*token)->login);
    *token = NULL;
}
