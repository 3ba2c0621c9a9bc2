/* SPDX-License-Identifier: Apache-2.0 */
/* The contract of every HSM, on a running quantokid over TLS. */
#include "hsm/contract/hsm_contract.h"

#include "crypto/crypto.h"
#include "entropy/entropy.h"
#include "remote.h"

static qk_err make(void *context, qk_hsm **out_hsm)
{
    return remote_endpoint(context, out_hsm);
}

int main(void)
{
    remote server;
    int failed;

    if (qk_crypto_start() != QK_OK || qk_entropy_start(NULL) != QK_OK)
        return 99;
    remote_open(&server);
    failed = qk_hsm_contract(&(qk_hsm_factory){ .name = "remote HSM", .make = make, .context = &server });
    remote_close(&server);
    qk_entropy_stop();
    qk_crypto_stop();
    return failed;
}
