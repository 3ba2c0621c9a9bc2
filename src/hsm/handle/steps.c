/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/handle/steps.h"

#include "hsm/blob/blob.h"

void qk_step_done(qk_step *step)
{
    qk_operation_free(&step->operation);
    qk_held_key_unref(&step->held);
    qk_secret_free(&step->content);
}

/* A state is as private as its key: it lies under the same register, in the same login session. */
static qk_err seal(qk_core *core, const qk_call *call, const qk_held_key *held, const qk_state *state,
                   ProtobufCBinaryData *out_state)
{
    QK_OWNED(qk_logins_done) qk_logins logins = QK_LOGINS_NONE;
    qk_seal_under which = held && held->vouched ? held->under : call->seal_under;
    const uint8_t *id = held ? qk_held_key_session(held) : NULL;
    const qk_login_session *session = NULL;
    qk_view blob;

    if (id || !held) /* a digest may be of a key's value: DigestKey */
        QK_TRY(qk_logins_open(core->ring, call, &logins));
    if (id)
        QK_TRY(qk_logins_find(&logins, id, &session));
    else if (!held)
        session = qk_logins_for(&logins, true);
    QK_TRY(qk_state_seal(core->ring, which, session, state, call->arena, &blob));
    *out_state = qk_message_bytes(blob);
    return QK_OK;
}

qk_err qk_step_init(qk_core *core, const qk_call *call, unsigned function, const Grep11__Mechanism *mechanism,
                    const Grep11__KeyBlob *key, ProtobufCBinaryData v1, ProtobufCBinaryData *out_state)
{
    QK_OWNED(qk_held_key_unref) qk_held_key *held = NULL;
    qk_state state = { .function = function };
    qk_mech_use use;

    QK_TRY(qk_core_use(core, call, mechanism, function, &use));
    if (function != QK_DIGEST) {
        if (use.mech->key == QK_NO_KEY)
            return qk_fail(QK_E_MECHANISM_INVALID, "%s takes everything in one call", use.mech->name);
        QK_TRY(qk_core_key_for(core, call, key, v1, use.mech, function, &held));
        state.key_blob = qk_held_key_blob(held);
    }
    QK_TRY(qk_message_write(&mechanism->base, 0, call->arena, &state.mechanism));
    return seal(core, call, held, &state, out_state);
}

/* Whether the key may do this was checked by Init; the state says so by being sealed. Clear states have no key. */
static qk_err open(qk_core *core, const qk_call *call, unsigned function, ProtobufCBinaryData blob, qk_step *step)
{
    QK_OWNED(qk_logins_done) qk_logins logins = QK_LOGINS_NONE;
    void *mechanism;

    if (qk_blob_session(qk_message_view(blob)))
        QK_TRY(qk_logins_open(core->ring, call, &logins));
    QK_TRY(qk_state_open(core->ring, &logins, function, qk_message_view(blob), &step->content, &step->state));
    QK_TRY(qk_message_read(&grep11__mechanism__descriptor, step->state.mechanism, call->arena, &mechanism));
    QK_TRY(qk_core_use(core, call, mechanism, function, &step->use));
    if (function == QK_DIGEST)
        return QK_OK;
    QK_TRY(qk_core_key(core, call, step->state.key_blob, &step->held));
    return qk_core_has_time(call, step->held->key);
}

qk_err qk_step_whole(qk_core *core, const qk_call *call, unsigned function, ProtobufCBinaryData state,
                     qk_step *out_step)
{
    QK_TRY(open(core, call, function, state, out_step));
    if (out_step->state.underway)
        return qk_fail(QK_E_OPERATION_ACTIVE, "data was given in parts; only more parts or the end can follow");
    return QK_OK;
}

qk_err qk_step_resume(qk_core *core, const qk_call *call, unsigned function, ProtobufCBinaryData state,
                      qk_step *out_step)
{
    qk_key *key;

    QK_TRY(open(core, call, function, state, out_step));
    key = out_step->held ? out_step->held->key : NULL;
    if (out_step->use.mech->flags & QK_MECH_SINGLE_PART)
        return qk_fail(QK_E_MECHANISM_INVALID, "%s takes its data in one call", out_step->use.mech->name);
    if (out_step->state.underway)
        return qk_operation_load(function, key, &out_step->use, out_step->state.progress, &out_step->operation);
    return qk_operation_begin(function, key, &out_step->use, true, &out_step->operation);
}

qk_err qk_step_save(qk_core *core, const qk_call *call, const qk_step *step, ProtobufCBinaryData *out_state)
{
    QK_OWNED(qk_secret_free) qk_secret progress = QK_SECRET_NONE;
    qk_state state = step->state;

    QK_TRY(qk_operation_save(step->operation, &progress));
    state.underway = true;
    state.progress = qk_secret_reveal(&progress);
    return seal(core, call, step->held, &state, out_state);
}

qk_err qk_hsm_digest_state(const qk_mech_use *use, qk_view progress, qk_arena *arena, qk_view *out_state)
{
    qk_state state = { .function = QK_DIGEST, .underway = true, .progress = progress };
    Grep11__Mechanism *mechanism;

    QK_TRY(qk_mech_use_to_message(use, arena, &mechanism));
    QK_TRY(qk_message_write(&mechanism->base, 0, arena, &state.mechanism));
    return qk_state_clear(&state, arena, out_state);
}
