/* SPDX-License-Identifier: Apache-2.0 */
/* The contract suite on the local HSM, as a server whose policy lets GREP11 clients off the rules for keys' uses. */
#include "hsm/contract/hsm_contract.h"
#include "entropy/entropy.h"
#include "hsm/testing.h"

static qk_err make(void *context, qk_hsm **out)
{
    return qk_hsm_local_new(context, &(qk_hsm_options){ .cache_keys = 64, .lax_keys = true }, out);
}

int main(void)
{
    QK_OWNED(qk_ring_free) qk_ring *ring = NULL;
    int failed;

    works(qk_crypto_start());

    works(qk_entropy_start(NULL));
    ring = ring_new(1);
    failed = qk_hsm_contract(&(qk_hsm_factory){ .name = "local HSM", .make = make, .context = ring });
    qk_entropy_stop();
    qk_crypto_stop();
    return failed;
}
