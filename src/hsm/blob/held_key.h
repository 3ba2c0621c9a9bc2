/* SPDX-License-Identifier: Apache-2.0 */
/* A held key: what a blob holds, opened. Immutable, counted, usable from any number of threads; wiped when the last
 * user lets go. Its memory ends with a copy of the blob, by which the cache finds it. */
#ifndef QK_HSM_HELD_KEY_H
#define QK_HSM_HELD_KEY_H

#include <stdatomic.h>

#include "crypto/crypto.h"
#include "hsm/blob/login_session.h"

typedef struct qk_held_key {
    atomic_uint refs;
    uint64_t epoch; /* of the ring, when the blob was opened or made */
    qk_key *key;
    qk_attrs attrs; /* as sealed; empty for a plain SubjectPublicKeyInfo */
    CK_OBJECT_CLASS class;
    CK_KEY_TYPE type;
    unsigned may; /* QK_ENCRYPT | ...: what its usage attributes allow */
    bool limited; /* CKA_ALLOWED_MECHANISMS is among attrs */
    bool vouched; /* false: a plain SubjectPublicKeyInfo, under no master key */
    qk_seal_under under;
    uint8_t wkid[QK_WKID_LEN]; /* zero for a plain SubjectPublicKeyInfo */
    size_t blob_len;
    uint8_t blob[];
} qk_held_key;

/* Opens a blob of any kind: sealed key, vouched public key, plain SubjectPublicKeyInfo. `logins` may be NULL. Errors of
 * qk_blob_open. */
QK_MUST_CHECK qk_err qk_held_key_open(qk_ring *ring, const qk_logins *logins, qk_view blob, qk_held_key **out_held);
/* Makes the blob of a key and holds it. The key is referenced; `attrs` are sealed. `session` may be NULL; public keys
 * are in none. */
QK_MUST_CHECK qk_err qk_held_key_make(qk_ring *ring, qk_seal_under which, const qk_login_session *session, qk_key *key,
                                      const qk_attrs *attrs, qk_held_key **out_held);
qk_held_key *qk_held_key_ref(qk_held_key *held);
void qk_held_key_unref(qk_held_key **held); /* accepts a pointer to NULL; leaves NULL */

static inline qk_view qk_held_key_blob(const qk_held_key *held)
{
    return qk_view_of(held->blob, held->blob_len);
}

/* The id of its login session (QK_SESSION_ID_LEN bytes); NULL: of none. */
const uint8_t *qk_held_key_session(const qk_held_key *held);

/* Every attribute that is not secret: what follows from the key, then what is sealed, then CKA_GREP11_WKID. */
QK_MUST_CHECK qk_err qk_held_key_describe(const qk_held_key *held, qk_attrs *out_attrs);

#endif
