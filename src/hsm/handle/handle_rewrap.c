/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/core.h"
#include "hsm/handle/handlers.h"

/* A key blob under the new master key, while one is committed (GREP11 protocol, section 10). The ring holds the current
 * one alone. */
qk_err qk_handle_rewrap_key_blob(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(qk_held_key_unref) qk_held_key *held = NULL;
    const Grep11__RewrapKeyBlobRequest *asked = request;

    (void)response;
    QK_TRY(qk_core_key(context, call, qk_request_blob(asked->wrappedkey, asked->wrappedkeybytes), &held));
    return qk_fail(QK_E_NO_MASTER_KEY, "no new master key is committed; the key blob stays as it is");
}
