/* SPDX-License-Identifier: Apache-2.0 */
/* The local HSM: a core behind the endpoint's face. */
#include <stdlib.h>

#include "hsm/core.h"

static qk_err local_perform(qk_endpoint *endpoint, const qk_call *call, const qk_method *method,
                            const ProtobufCMessage *request, void **out_response)
{
    return qk_method_run(method, endpoint, call, request, out_response);
}

static void local_free(qk_endpoint *endpoint)
{
    qk_core *core = (qk_core *)endpoint;

    qk_ring_watch_end(core->ring, &core->watch);
    qk_cache_free(&core->cache);
    free(core);
}

static void ring_changed(void *context)
{
    qk_cache_flush(context);
}

qk_err qk_hsm_local_new(qk_ring *ring, const qk_hsm_options *options, qk_hsm **out_hsm)
{
    qk_core *core = calloc(1, sizeof *core);
    qk_err err;

    if (!core)
        return qk_fail(QK_E_NO_MEMORY, "no memory for an HSM");
    core->endpoint = (qk_endpoint){ .perform = local_perform, .free = local_free };
    core->ring = ring;
    core->values_hidden = options->values_hidden;
    core->legacy_off = options->legacy_off;
    core->lax_keys = options->lax_keys;
    core->weak_wrapping = options->weak_wrapping;
    err = qk_cache_new(ring, options->cache_keys, &core->cache);
    if (err != QK_OK) {
        free(core);
        return err;
    }
    core->watch = (qk_ring_watch){ .changed = ring_changed, .context = core->cache };
    qk_ring_watch_begin(ring, &core->watch);
    *out_hsm = &core->endpoint;
    return QK_OK;
}

static qk_err look_into(qk_hsm *local_hsm, const qk_call *call, qk_view blob, qk_held_key **out_held)
{
    if (local_hsm->perform != local_perform)
        return qk_fail(QK_E_BAD_ARGUMENT, "only a local HSM can look into a blob");
    return qk_core_key((qk_core *)local_hsm, call, blob, out_held);
}

qk_err qk_hsm_blob_attributes(qk_hsm *local_hsm, const qk_call *call, qk_view blob, qk_attrs *out)
{
    QK_OWNED(qk_held_key_unref) qk_held_key *held = NULL;

    QK_TRY(look_into(local_hsm, call, blob, &held));
    return qk_core_describe(held, out);
}

qk_err qk_hsm_blob_storable(qk_hsm *local_hsm, const qk_call *call, qk_view blob)
{
    QK_OWNED(qk_held_key_unref) qk_held_key *held = NULL;

    QK_TRY(look_into(local_hsm, call, blob, &held));
    if (qk_policy_is_lax(held))
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT,
                       "the key was made by a GREP11 client that the policy lets off the rules for keys' uses; a "
                       "keystore takes keys that were made under them");
    return QK_OK;
}
