/* SPDX-License-Identifier: Apache-2.0 */
/* A cryptographic operation of a session: C_...Init, then one call or Updates and a Final.
 *
 * Who computes: digests, and verification and encryption with public keys, the crypto room in this process; everything
 * with private and secret keys the HSM. One-call operations cost one ...Single. In parts, signatures and MACs are
 * gathered up to 64 KiB and then answered by one ...Single too; beyond that, and for block ciphers from the first
 * Update on, the HSM's sealed state travels back and forth. AEAD is gathered to the end, so that no plaintext leaves
 * before its tag was checked.
 *
 * How it ends, as PKCS #11 says: any answer ends the operation, except CKR_BUFFER_TOO_SMALL and telling a length. A
 * result that was computed and did not fit is kept for the next call. */
#ifndef QK_MODULE_WORK_H
#define QK_MODULE_WORK_H

#include "module/entry.h"
#include "module/object.h"

typedef struct qk_session qk_session;

typedef enum qk_stage {
    QK_STAGE_IDLE,
    QK_STAGE_READY,    /* after Init */
    QK_STAGE_PARTS,    /* after the first Update */
    QK_STAGE_ANSWERED, /* the result waits for a larger buffer */
} qk_stage;

typedef struct qk_work {
    qk_stage stage;
    unsigned function; /* QK_ENCRYPT, QK_DECRYPT, QK_DIGEST, QK_SIGN or QK_VERIFY */
    qk_mech_use use;
    qk_buf parameter;        /* what `use` points to */
    qk_object *key;          /* NULL for digests */
    bool local;              /* computed in this process */
    bool needs_pin;          /* CKA_ALWAYS_AUTHENTICATE: not before C_Login(CKU_CONTEXT_SPECIFIC) */
    qk_operation *operation; /* local, in parts */
    qk_buf gathered;         /* Updates that wait for their end */
    qk_buf state;            /* the HSM's, once it streams; else empty */
    size_t inside;           /* bytes that a block cipher has taken and not given yet */
    qk_buf answer;
} qk_work;

/* ---- what C_ functions call ---- */

/* C_...Init. `mechanism` NULL ends the operation that is active. `key` is ignored for digests. QK_E_OPERATION_ACTIVE,
 * QK_E_MECHANISM_INVALID, QK_E_KEY_HANDLE, QK_E_KEY_TYPE, QK_E_KEY_NOT_PERMITTED. */
QK_MUST_CHECK qk_err qk_work_init(CK_SESSION_HANDLE session, unsigned function, const CK_MECHANISM *mechanism,
                                  CK_OBJECT_HANDLE key);
/* C_Encrypt, C_Decrypt, C_Digest, C_Sign. */
QK_MUST_CHECK qk_err qk_work_whole(CK_SESSION_HANDLE session, unsigned function, qk_view in, qk_out out);
QK_MUST_CHECK qk_err qk_work_verify(CK_SESSION_HANDLE session, qk_view data, qk_view signature);
/* C_EncryptUpdate, C_DecryptUpdate. */
QK_MUST_CHECK qk_err qk_work_update(CK_SESSION_HANDLE session, unsigned function, qk_view in, qk_out out);
/* C_DigestUpdate, C_SignUpdate, C_VerifyUpdate. */
QK_MUST_CHECK qk_err qk_work_feed(CK_SESSION_HANDLE session, unsigned function, qk_view in);
/* C_EncryptFinal, C_DecryptFinal, C_DigestFinal, C_SignFinal. */
QK_MUST_CHECK qk_err qk_work_finish(CK_SESSION_HANDLE session, unsigned function, qk_out out);
QK_MUST_CHECK qk_err qk_work_finish_verify(CK_SESSION_HANDLE session, qk_view signature);
/* C_DigestEncryptUpdate, C_SignEncryptUpdate: the plaintext also goes to `other`. C_DecryptDigestUpdate,
 * C_DecryptVerifyUpdate: what comes out does. */
QK_MUST_CHECK qk_err qk_work_encrypt_and(CK_SESSION_HANDLE session, unsigned other, qk_view in, qk_out out);
QK_MUST_CHECK qk_err qk_work_decrypt_and(CK_SESSION_HANDLE session, unsigned other, qk_view in, qk_out out);

/* ---- inside the room ---- */

void qk_work_end(qk_work *work);  /* forgets everything; keeps memory that the next one needs */
void qk_work_done(qk_work *work); /* frees everything */
/* The operation of a session. QK_E_OPERATION_NONE, QK_E_NOT_LOGGED_IN (needs_pin, or logged out: then it ends). */
QK_MUST_CHECK qk_err qk_work_get(qk_session *session, unsigned function, qk_work **out_work);
/* C_Login(CKU_CONTEXT_SPECIFIC) has checked the PIN for the operations that wait for it. QK_E_OPERATION_NONE. */
QK_MUST_CHECK qk_err qk_work_admit(qk_session *session);
bool qk_work_wants_pin(const qk_session *session);

/* May the key do this? (work_key.c) */
QK_MUST_CHECK qk_err qk_work_check_key(const qk_object *key, const qk_mech *mech, unsigned function);

/* The most bytes that one call gives; exact unless it decrypts. (work_len.c) */
size_t qk_work_whole_len(const qk_work *work, size_t in_len);
/* What a streaming block cipher gives out now, for `in_len` bytes more: exact. */
size_t qk_work_update_len(const qk_work *work, size_t in_len);
size_t qk_work_finish_len(const qk_work *work);

/* Talking to the HSM (work_hsm.c). Results lie in the session's arena. */
QK_MUST_CHECK qk_err qk_work_hsm_single(qk_session *session, const qk_work *work, qk_view in, qk_view *out_result);
QK_MUST_CHECK qk_err qk_work_hsm_verify(qk_session *session, const qk_work *work, qk_view data, qk_view signature);
QK_MUST_CHECK qk_err qk_work_hsm_begin(qk_session *session, qk_work *work);
QK_MUST_CHECK qk_err qk_work_hsm_update(qk_session *session, qk_work *work, qk_view in, qk_view *out_result);
QK_MUST_CHECK qk_err qk_work_hsm_finish(qk_session *session, qk_work *work, qk_view *out_result);
QK_MUST_CHECK qk_err qk_work_hsm_finish_verify(qk_session *session, qk_work *work, qk_view signature);

#endif
