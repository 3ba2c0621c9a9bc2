/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key/pkey_ready.h"

#include <stdlib.h>

static void ready_free(qk_ready *head)
{
    qk_pkey_ready *ready = (qk_pkey_ready *)head;

    EVP_PKEY_CTX_free(ready->context);
    free(ready);
}

void qk_pkey_drop(qk_pkey_ready *ready)
{
    ready_free(&ready->head);
}

void qk_pkey_put(const qk_key *key, qk_pkey_ready *ready)
{
    qk_key_put(key, &ready->head);
}

static qk_err ready_new(const qk_key *key, const qk_pkey_purpose *purpose, qk_pkey_ready **out_ready)
{
    qk_pkey_ready *ready = calloc(1, sizeof(*ready));

    if (!ready)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a context: %s", purpose->name);
    ready->head = (qk_ready){ purpose, ready_free };
    ready->context = EVP_PKEY_CTX_new_from_pkey(qk_openssl(), key->pkey, NULL);
    if (!ready->context || purpose->init(ready->context) <= 0) {
        qk_pkey_drop(ready);
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, purpose->name);
    }
    *out_ready = ready;
    return QK_OK;
}

qk_err qk_pkey_take(const qk_key *key, const qk_pkey_purpose *purpose, qk_pkey_ready **out_ready)
{
    qk_ready *ready = qk_key_take(key, purpose);

    if (!ready)
        return ready_new(key, purpose, out_ready);
    *out_ready = (qk_pkey_ready *)ready;
    return QK_OK;
}
