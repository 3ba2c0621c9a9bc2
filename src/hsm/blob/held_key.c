/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/blob/held_key.h"

#include <stdlib.h>

#include "hsm/blob/blob.h"
#include "hsm/blob/key_blob.h"
#include "hsm/policy/key_policy.h"
#include "hsm/blob/public_blob.h"

/* Takes the key, also when it fails, and the attributes when it succeeds. */
static qk_err held_new(qk_view blob, qk_key *key, qk_attrs *attrs, uint64_t epoch, qk_held_key **out_held)
{
    qk_held_key *held = calloc(1, sizeof *held + blob.len);

    if (!held) {
        qk_key_unref(&key);
        return qk_fail(QK_E_NO_MEMORY, "no memory to hold a key");
    }
    atomic_init(&held->refs, 1);
    held->epoch = epoch;
    held->key = key;
    held->attrs = *attrs;
    *attrs = QK_ATTRS_NONE;
    held->class = qk_key_class(key);
    held->type = qk_key_type(key);
    held->may = qk_policy_functions(held->class, &held->attrs);
    held->limited = qk_attrs_find(&held->attrs, CKA_ALLOWED_MECHANISMS) != NULL;
    held->vouched = true;
    held->blob_len = blob.len;
    memcpy(held->blob, blob.data, blob.len);
    *out_held = held;
    return QK_OK;
}

static qk_err open_sealed(qk_ring *ring, const qk_logins *logins, qk_view blob, uint64_t epoch, qk_held_key **out_held)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    qk_seal_under which;
    qk_key *key;

    QK_TRY(qk_key_blob_open(ring, logins, blob, &key, &attrs, &which));
    QK_TRY(held_new(blob, key, &attrs, epoch, out_held));
    (*out_held)->under = which;
    memcpy((*out_held)->wkid, blob.data + QK_BLOB_WKID_AT, QK_WKID_LEN);
    return QK_OK;
}

static qk_err open_public(qk_ring *ring, qk_view blob, uint64_t epoch, qk_held_key **out_held)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    qk_seal_under which = QK_UNDER_INSTANCE;
    CK_KEY_TYPE type;
    qk_view spki;
    qk_key *key;
    bool vouched;

    QK_TRY(qk_public_blob_open(ring, blob, &spki, &attrs, &which, &vouched));
    QK_TRY(qk_spki_key_type(spki, &type));
    QK_TRY(qk_key_read(CKO_PUBLIC_KEY, qk_attrs_ulong(&attrs, CKA_KEY_TYPE, type), spki, &key));
    QK_TRY(held_new(blob, key, &attrs, epoch, out_held));
    (*out_held)->under = which;
    (*out_held)->vouched = vouched;
    if (!vouched)
        (*out_held)->may = QK_VERIFY; /* GREP11, section 6: nothing else goes without a MAC */
    else
        (void)qk_ring_wkid(ring, which, (*out_held)->wkid);
    return QK_OK;
}

qk_err qk_held_key_open(qk_ring *ring, const qk_logins *logins, qk_view blob, qk_held_key **out_held)
{
    /* Read before the blob is opened: if the ring changes meanwhile, the key is of the old epoch. */
    uint64_t epoch = qk_ring_epoch(ring);

    if (blob.len == 0)
        return qk_fail(QK_E_BAD_ARGUMENT, "the request has no key");
    if (blob.data[0] == 0x30) /* a DER SEQUENCE; sealed blobs start with 'Q' */
        return open_public(ring, blob, epoch, out_held);
    return open_sealed(ring, logins, blob, epoch, out_held);
}

qk_err qk_held_key_make(qk_ring *ring, qk_seal_under which, const qk_login_session *session, qk_key *key,
                        const qk_attrs *attrs, qk_held_key **out_held)
{
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE, spki = QK_BUF_NONE;
    QK_OWNED(qk_attrs_done) qk_attrs copy = QK_ATTRS_NONE;
    uint64_t epoch = qk_ring_epoch(ring);

    QK_TRY(qk_attrs_merge(&copy, attrs));
    if (qk_key_class(key) == CKO_PUBLIC_KEY) {
        QK_TRY(qk_key_write_spki(key, false, &spki));
        QK_TRY(qk_public_blob_make(ring, which, qk_buf_view(&spki), attrs, &blob));
    } else {
        QK_TRY(qk_key_blob_seal(ring, which, session, key, attrs, &blob));
    }
    QK_TRY(held_new(qk_buf_view(&blob), qk_key_ref(key), &copy, epoch, out_held));
    (*out_held)->under = which;
    (void)qk_ring_wkid(ring, which, (*out_held)->wkid);
    return QK_OK;
}

const uint8_t *qk_held_key_session(const qk_held_key *held)
{
    return qk_blob_session(qk_held_key_blob(held));
}

qk_held_key *qk_held_key_ref(qk_held_key *held)
{
    atomic_fetch_add_explicit(&held->refs, 1, memory_order_relaxed);
    return held;
}

void qk_held_key_unref(qk_held_key **held)
{
    qk_held_key *gone = *held;

    *held = NULL;
    if (!gone || atomic_fetch_sub_explicit(&gone->refs, 1, memory_order_acq_rel) != 1)
        return;
    qk_key_unref(&gone->key);
    qk_attrs_done(&gone->attrs);
    free(gone);
}

qk_err qk_held_key_describe(const qk_held_key *held, qk_attrs *out_attrs)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    QK_TRY(qk_attrs_set_ulong(&attrs, CKA_CLASS, held->class));
    QK_TRY(qk_attrs_set_ulong(&attrs, CKA_KEY_TYPE, held->type));
    QK_TRY(qk_key_describe(held->key, &attrs));
    QK_TRY(qk_attrs_merge(&attrs, &held->attrs));
    if (held->vouched)
        QK_TRY(qk_attrs_set(&attrs, CKA_GREP11_WKID, qk_view_of(held->wkid, QK_WKID_LEN)));
    if (qk_held_key_session(held))
        QK_TRY(qk_attrs_set(&attrs, CKA_IBM_LOGIN_SESSION, qk_view_of(qk_held_key_session(held), QK_SESSION_ID_LEN)));
    qk_attrs_done(out_attrs);
    *out_attrs = attrs;
    attrs = QK_ATTRS_NONE;
    return QK_OK;
}
