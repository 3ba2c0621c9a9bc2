/* SPDX-License-Identifier: Apache-2.0 */
/* The core: what every handler works with, and what handlers share. */
#ifndef QK_HSM_CORE_H
#define QK_HSM_CORE_H

#include "hsm/codec/attribute_codec.h"
#include "hsm/blob/cache.h"
#include "hsm/hsm.h"
#include "hsm/policy/key_policy.h"
#include "hsm/codec/mechanism_codec.h"

typedef struct qk_core {
    qk_endpoint endpoint;
    qk_ring *ring;
    qk_cache *cache;
    qk_ring_watch watch;
    bool values_hidden; /* CKA_VALUE of no key may be read, whatever its attributes say */
    bool legacy_off;    /* mechanisms marked QK_MECH_LEGACY are not there */
    bool lax_keys;      /* GREP11 clients may have keys that wrap and decrypt */
    bool weak_wrapping; /* a key may leave under a weaker one */
} qk_core;

/* Do the rules that keep a key's uses apart not hold for this call? So it is for GREP11 clients of a server whose
 * policy says so; never for modules. */
static inline bool qk_core_is_lax(const qk_core *core, const qk_call *call)
{
    return core->lax_keys && !call->strict;
}

/* For qk_policy_wrap. */
static inline unsigned qk_core_leave_rules(const qk_core *core, const qk_call *call)
{
    return (qk_core_is_lax(core, call) ? QK_LEAVE_LAX : 0U) | (core->weak_wrapping ? QK_LEAVE_WEAK : 0U);
}

/* Is the mechanism there, with this build and this policy? `mech` may be NULL: no. */
bool qk_core_offers(const qk_core *core, const qk_mech *mech);
/* A request's mechanism: read, judged, and offered here. Errors of qk_mech_use_from_message; QK_E_NEED_THREADS as
 * qk_call.on_event_loop says. */
QK_MUST_CHECK qk_err qk_core_use(const qk_core *core, const qk_call *call, const Grep11__Mechanism *message,
                                 unsigned function, qk_mech_use *out);

/* QK_E_NEED_THREADS if what the key does takes long and others wait for it (qk_call.on_event_loop). */
QK_MUST_CHECK qk_err qk_core_has_time(const qk_call *call, const qk_key *key);

/* ---- keys that come in ---- */

/* The blob of a request's key: of its KeyBlob if that holds one, else the older client's bytes. May be empty. */
qk_view qk_request_blob(const Grep11__KeyBlob *key, ProtobufCBinaryData v1);
/* From the cache, or opened and kept. Release with qk_held_key_unref. Errors of qk_held_key_open; QK_E_NO_SESSION if
 * the key is in a login session that the call is not logged in to. */
QK_MUST_CHECK qk_err qk_core_key(qk_core *core, const qk_call *call, qk_view blob, qk_held_key **out_held);
/* The same, and checked: may it do `function` with this mechanism? */
QK_MUST_CHECK qk_err qk_core_key_for(qk_core *core, const qk_call *call, const Grep11__KeyBlob *key,
                                     ProtobufCBinaryData v1, const qk_mech *mech, unsigned function,
                                     qk_held_key **out_held);

/* ---- keys that go out ---- */

/* Seals a key under the call's register, in the call's login session if it has one, and keeps it ready. What the
 * template says of the key's value (CKA_CHECK_VALUE, CKA_EC_PARAMS) must be true of it: QK_E_ATTRIBUTE_VALUE,
 * QK_E_TEMPLATE_INCONSISTENT. A template with CKA_TRUSTED needs qk_core_may_trust. */
QK_MUST_CHECK qk_err qk_core_make(qk_core *core, const qk_call *call, qk_key *key, const qk_attrs *template_,
                                  const qk_attrs *attrs, qk_held_key **out_held);
/* Seals a key that was held once more with other attributes, under the register and in the session it was in. */
QK_MUST_CHECK qk_err qk_core_remake(qk_core *core, const qk_call *call, const qk_held_key *held, const qk_attrs *attrs,
                                    qk_held_key **out_changed);
/* May the caller call a key trusted? Only the security officer may (PKCS #11 3.2, CKA_TRUSTED), who is here whoever may
 * initialise tokens on the instance; and the embedding process. QK_E_ATTRIBUTE_READ_ONLY. */
QK_MUST_CHECK qk_err qk_core_may_trust(const qk_call *call);
/* Every attribute of a key that is not secret. */
QK_MUST_CHECK qk_err qk_core_describe(const qk_held_key *held, qk_attrs *out_attrs);
/* Fills both forms of an answer: the bytes (may be NULL) and the KeyBlob with all attributes that are not secret. */
QK_MUST_CHECK qk_err qk_answer_key(const qk_call *call, const qk_held_key *held, ProtobufCBinaryData *out_bytes,
                                   Grep11__KeyBlob **out_key);
/* The same of what is no sealed key: its bytes and its attributes. */
QK_MUST_CHECK qk_err qk_answer_blob(const qk_call *call, qk_view blob, const qk_attrs *attrs,
                                    ProtobufCBinaryData *out_bytes, Grep11__KeyBlob **out_key);
/* Check value and bit count of a secret key; nothing for others. Source: GREP11 protocol, section 7. */
QK_MUST_CHECK qk_err qk_answer_checksum(const qk_call *call, const qk_held_key *held, ProtobufCBinaryData *out);

#endif
