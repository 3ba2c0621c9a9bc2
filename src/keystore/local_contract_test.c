/* SPDX-License-Identifier: Apache-2.0 */
/* The contract on the local keystore. */
#include "keystore/keystore_contract.h"
#include "entropy/entropy.h"
#include "keystore/local_fixture.h"

static qk_err open_subject(qk_keystore_subject *out)
{
    instance *it = calloc(1, sizeof *it);

    instance_init(it);
    instance_open(it);
    *out = (qk_keystore_subject){ it->keystore, it->hsm, it };
    return QK_OK;
}

static void close_subject(qk_keystore_subject *subject)
{
    instance_done(subject->own);
    free(subject->own);
}

int main(void)
{
    static const qk_keystore_factory local = { "local keystore", open_subject, close_subject };
    int failed;

    if (qk_crypto_start() != QK_OK || qk_entropy_start(NULL) != QK_OK)
        return 99;
    failed = qk_keystore_contract_run(&local);
    qk_entropy_stop();
    qk_crypto_stop();
    return failed;
}
