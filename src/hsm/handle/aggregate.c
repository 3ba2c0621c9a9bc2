/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/handle/aggregate.h"

#include "hsm/blob/public_blob.h"
#include "hsm/codec/mechanism_codec_kinds.h"

enum { MOST_KEYS = 1024 }; /* as many as the parameter may have */

/* Public keys that were opened and may be used so: what the engine adds up. */
typedef struct summands {
    qk_buf spkis;
    size_t spki_len, count;
    qk_held_key *first;
} summands;

static void summands_done(summands *them)
{
    qk_buf_done(&them->spkis);
    qk_held_key_unref(&them->first);
}

/* A point less the others' keys signs for all of them, though nobody knows its private half: so a key must have been
 * made here, or imported by somebody who may. And one that is there twice is not two signers.
 * Source: draft-irtf-cfrg-bls-signature-05, 3. */
static qk_err judge(const summands *them, const qk_held_key *held, qk_view spki)
{
    if (!held->vouched)
        return qk_fail(QK_E_KEY_NOT_PERMITTED, "keys that nobody vouches for are not added up");
    if (them->count > 0 && spki.len != them->spki_len)
        return qk_fail(QK_E_KEY_TYPE, "public keys of different kinds cannot be added up");
    for (size_t at = 0; at < them->spkis.len; at += them->spki_len)
        if (qk_view_equal(qk_view_slice(qk_buf_view(&them->spkis), at, them->spki_len), spki))
            return qk_fail(QK_E_BAD_ARGUMENT, "a public key stands there twice");
    return QK_OK;
}

static qk_err put(qk_core *core, const qk_call *call, qk_view blob, const qk_mech *mech, unsigned function,
                  qk_attrs *template_, summands *them)
{
    QK_OWNED(qk_held_key_unref) qk_held_key *held = NULL;
    qk_view spki, trailer, rest;

    if (them->count == MOST_KEYS)
        return qk_fail(QK_E_BAD_ARGUMENT, "more than %d public keys", MOST_KEYS);
    QK_TRY(qk_core_key(core, call, blob, &held));
    if (held->class != CKO_PUBLIC_KEY)
        return qk_fail(QK_E_KEY_TYPE, "%s adds up public keys", mech->name);
    QK_TRY(qk_policy_use(held, mech, function));
    if (template_)
        QK_TRY(qk_policy_template(held, CKA_DERIVE_TEMPLATE, template_));
    QK_TRY(qk_public_blob_split(blob, &spki, &trailer, &rest));
    QK_TRY(judge(them, held, spki));
    them->spki_len = spki.len;
    them->count++;
    if (!them->first)
        them->first = qk_held_key_ref(held);
    qk_buf_put(&them->spkis, spki);
    return qk_buf_check(&them->spkis);
}

static qk_err add_up(const summands *them, const qk_key_wanted *wanted, qk_key **out_key)
{
    qk_mech_use use = { .mech = qk_mech_find(CKM_IBM_EC_AGGREGATE) };

    use.aggregate.mode = CK_IBM_EC_AGG_BLS12_381_PKEY;
    use.aggregate.element_len = them->spki_len;
    use.aggregate.elements = qk_buf_view(&them->spkis);
    return qk_crypto_derive(NULL, &use, wanted, out_key);
}

/* ---- a new key ---- */

bool qk_aggregate_is_asked(const Grep11__Mechanism *mechanism)
{
    return mechanism && qk_codec_fold(mechanism->mechanism) == CKM_IBM_EC_AGGREGATE;
}

static qk_err open_elements(qk_core *core, const qk_call *call, const qk_mech_use *use, qk_attrs *template_,
                            summands *them)
{
    size_t len = use->aggregate.element_len;

    if (use->aggregate.mode != CK_IBM_EC_AGG_BLS12_381_PKEY)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s makes a key of public keys, not of signatures", use->mech->name);
    for (size_t at = 0; at < use->aggregate.elements.len; at += len)
        QK_TRY(put(core, call, qk_view_slice(use->aggregate.elements, at, len), use->mech, QK_DERIVE, template_, them));
    return QK_OK;
}

qk_err qk_aggregate_derive(qk_core *core, const qk_call *call, const Grep11__DeriveKeyRequest *asked,
                           Grep11__DeriveKeyResponse *answer)
{
    QK_OWNED(qk_attrs_done) qk_attrs template_ = QK_ATTRS_NONE, attrs = QK_ATTRS_NONE;
    QK_OWNED(summands_done) summands them = { .first = NULL };
    QK_OWNED(qk_held_key_unref) qk_held_key *held = NULL;
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    qk_new_key new = { .origin = QK_DERIVED, .mechanism = CK_UNAVAILABLE_INFORMATION };
    qk_mech_use use;

    QK_TRY(qk_core_use(core, call, asked->mech, QK_DERIVE, &use));
    QK_TRY(qk_attrs_from_map(asked->template_, asked->n_template_, &template_));
    QK_TRY(open_elements(core, call, &use, &template_, &them));
    new.class = qk_attrs_ulong(&template_, CKA_CLASS, CKO_PUBLIC_KEY);
    new.type = qk_attrs_ulong(&template_, CKA_KEY_TYPE, CKK_EC);
    QK_TRY(add_up(&them, &(qk_key_wanted){ .class = new.class, .type = new.type, .template_ = &template_ }, &key));
    QK_TRY(qk_policy_derived(&new, them.first, false, &template_, &attrs));
    QK_TRY(qk_core_make(core, call, key, &template_, &attrs, &held));
    return qk_answer_key(call, held, &answer->newkeybytes, &answer->newkey);
}

/* ---- one verification ---- */

bool qk_aggregate_is_several(const qk_mech_use *use, qk_view blobs)
{
    qk_view spki, trailer, rest;

    if (use->mech->param != QK_PARAM_ECSG || use->ecsg != ECSG_IBM_BLS || blobs.len == 0 || blobs.data[0] != 0x30)
        return false;
    return qk_public_blob_split(blobs, &spki, &trailer, &rest) == QK_OK && rest.len > 0;
}

qk_err qk_aggregate_verify(qk_core *core, const qk_call *call, const qk_mech_use *use, qk_view blobs, qk_view data,
                           qk_view signature)
{
    static const qk_key_wanted wanted = { .class = CKO_PUBLIC_KEY, .type = CKK_EC };
    QK_OWNED(summands_done) summands them = { .first = NULL };
    QK_OWNED(qk_key_unref) qk_key *together = NULL;
    qk_view spki, trailer, rest = blobs;

    if (call->on_event_loop)
        return qk_fail(QK_E_NEED_THREADS, "so many keys are too much for an event loop");
    while (rest.len > 0) {
        qk_view from_here = rest;
        QK_TRY(qk_public_blob_split(from_here, &spki, &trailer, &rest));
        QK_TRY(put(core, call, qk_view_slice(from_here, 0, spki.len + trailer.len), use->mech, QK_VERIFY, NULL, &them));
    }
    QK_TRY(add_up(&them, &wanted, &together));
    return qk_crypto_verify(together, use, data, signature);
}
