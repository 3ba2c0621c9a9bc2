/* SPDX-License-Identifier: Apache-2.0 */
/* The contract of every keystore, on a running quantokid over TLS. Everything in it is lost. */
#include "keystore/keystore_contract.h"

#include "crypto/crypto.h"
#include "entropy/entropy.h"
#include "remote.h"

static remote server;

static qk_err delete_one(qk_keystore *keystore, const qk_call *call, ProtobufCBinaryData id)
{
    Quantoki__V1__DeleteKeystoreRequest request = QUANTOKI__V1__DELETE_KEYSTORE_REQUEST__INIT;
    void *response;

    request.id = id;
    return qk_keystore_call(keystore, call, QK_DELETE_KEYSTORE, &request.base, &response);
}

/* The suite wants a keystore with nothing in it; the server has what the test before left there. */
static qk_err delete_all(qk_keystore *keystore)
{
    Quantoki__V1__ListKeystoresRequest request = QUANTOKI__V1__LIST_KEYSTORES_REQUEST__INIT;
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_call call = { .arena = &arena, .deadline = QK_DEADLINE_NEVER };
    const Quantoki__V1__ListKeystoresResponse *list;
    void *response;

    qk_arena_init(&arena, 0);
    QK_TRY(qk_keystore_call(keystore, &call, QK_LIST_KEYSTORES, &request.base, &response));
    list = response;
    for (size_t i = 0; i < list->n_keystores; i++)
        QK_TRY(delete_one(keystore, &call, list->keystores[i]->id));
    return QK_OK;
}

static qk_err open_subject(qk_keystore_subject *out)
{
    out->own = NULL;
    QK_TRY(remote_endpoint(&server, &out->hsm));
    QK_TRY(remote_endpoint(&server, &out->keystore));
    return delete_all(out->keystore);
}

static void close_subject(qk_keystore_subject *subject)
{
    qk_endpoint_free(&subject->keystore);
    qk_endpoint_free(&subject->hsm);
}

int main(void)
{
    static const qk_keystore_factory factory = { "remote keystore", open_subject, close_subject };
    int failed;

    if (qk_crypto_start() != QK_OK || qk_entropy_start(NULL) != QK_OK)
        return 99;
    remote_open(&server);
    failed = qk_keystore_contract_run(&factory);
    remote_close(&server);
    qk_entropy_stop();
    qk_crypto_stop();
    return failed;
}
