/* SPDX-License-Identifier: Apache-2.0 */
/* A cryptographic operation of a session: C_...Init, then one call or Updates and a Final.
 *
 * Who computes: digests, and verification and encryption with public keys, the crypto room in this process; everything
 * with private and secret keys the HSM. One-call operations cost one ...Single. In parts, signatures and MACs are
 * gathered up to 64 KiB and then answered by one ...Single too; beyond that, and for block ciphers from the first
 * Update on, the HSM's sealed state travels back and forth. What is computed here in parts is gathered likewise, then
 * goes on in a form that C_GetOperationState can save. AEAD is gathered to the end, so that no plaintext leaves
 * before its tag was checked.
 *
 * How it ends, as PKCS #11 says: any answer ends the operation, except CKR_BUFFER_TOO_SMALL and telling a length. A
 * result that was computed and did not fit is kept for the next call. */
#ifndef QK_MODULE_WORK_H
#define QK_MODULE_WORK_H

#include "module/entry/entry.h"
#include "module/object/object.h"

typedef struct qk_session qk_session;
typedef struct qk_message qk_message;

/* The operations that can be under way at once in a session. */
typedef enum qk_work_kind {
    QK_WORK_ENCRYPT,
    QK_WORK_DECRYPT,
    QK_WORK_DIGEST,
    QK_WORK_SIGN,
    QK_WORK_VERIFY,
    QK_WORK_SIGN_RECOVER,
    QK_WORK_VERIFY_RECOVER,
    QK_WORK_VERIFY_SIGNATURE, /* verification with the signature given first; not beside QK_WORK_VERIFY */
    QK_WORK_MESSAGE_ENCRYPT,
    QK_WORK_MESSAGE_DECRYPT,
    QK_WORK_MESSAGE_SIGN,
    QK_WORK_MESSAGE_VERIFY,
    QK_WORK_COUNT
} qk_work_kind;

typedef enum qk_stage {
    QK_STAGE_IDLE,
    QK_STAGE_READY,    /* after Init; between two messages */
    QK_STAGE_PARTS,    /* after the first Update; after a message's Begin */
    QK_STAGE_ANSWERED, /* the result waits for a larger buffer */
} qk_stage;

typedef struct qk_work {
    qk_stage stage;
    qk_work_kind kind;
    unsigned function; /* QK_ENCRYPT, QK_SIGN, ...: what is done with the key */
    qk_mech_use use;
    qk_buf parameter;        /* what `use` points to */
    qk_object *key;          /* NULL for digests */
    bool local;              /* computed in this process */
    bool is_private;         /* a private key is in it: over when the user logs out */
    unsigned login;          /* the slot's number of this login, if so */
    uint64_t needs_pin;      /* CKA_ALWAYS_AUTHENTICATE: not before C_Login(CKU_CONTEXT_SPECIFIC); grows, 0: it may */
    qk_operation *operation; /* local, in parts */
    qk_buf gathered;         /* Updates that wait for their end */
    qk_buf state;            /* the HSM's, once it streams; else empty */
    size_t inside;           /* bytes that a block cipher has taken and not given yet */
    qk_buf answer;
    qk_buf signature;    /* of C_VerifySignatureInit */
    qk_message *message; /* message-based encryption and decryption (message.h) */
} qk_work;

/* ---- what C_ functions call ---- */

/* C_...Init. `mechanism` NULL ends the operation that is active. `key` is ignored by mechanisms without a key.
 * QK_E_OPERATION_ACTIVE, QK_E_MECHANISM_INVALID, QK_E_KEY_HANDLE, QK_E_KEY_TYPE, QK_E_KEY_NOT_PERMITTED. */
QK_MUST_CHECK qk_err qk_work_init(CK_SESSION_HANDLE session, qk_work_kind kind, const CK_MECHANISM *mechanism,
                                  CK_OBJECT_HANDLE key);
/* C_SessionCancel: `flags` are those of CK_MECHANISM_INFO. */
QK_MUST_CHECK qk_err qk_work_cancel(CK_SESSION_HANDLE session, CK_FLAGS flags);
/* C_Encrypt, C_Decrypt, C_Digest, C_Sign, C_SignRecover, C_VerifyRecover. */
QK_MUST_CHECK qk_err qk_work_whole(CK_SESSION_HANDLE session, qk_work_kind kind, qk_view in, qk_out out);
QK_MUST_CHECK qk_err qk_work_verify(CK_SESSION_HANDLE session, qk_view data, qk_view signature);
/* C_EncryptUpdate, C_DecryptUpdate. */
QK_MUST_CHECK qk_err qk_work_update(CK_SESSION_HANDLE session, qk_work_kind kind, qk_view in, qk_out out);
/* C_DigestUpdate, C_SignUpdate, C_VerifyUpdate, C_VerifySignatureUpdate. */
QK_MUST_CHECK qk_err qk_work_feed(CK_SESSION_HANDLE session, qk_work_kind kind, qk_view in);
/* C_DigestKey: the digest goes on in the HSM, since the key's value does not leave it. QK_E_KEY_INDIGESTIBLE. */
QK_MUST_CHECK qk_err qk_work_digest_key(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key);
/* C_EncryptFinal, C_DecryptFinal, C_DigestFinal, C_SignFinal. */
QK_MUST_CHECK qk_err qk_work_finish(CK_SESSION_HANDLE session, qk_work_kind kind, qk_out out);
QK_MUST_CHECK qk_err qk_work_finish_verify(CK_SESSION_HANDLE session, qk_view signature);
/* C_DigestEncryptUpdate, C_SignEncryptUpdate: the plaintext also goes to `other`. C_DecryptDigestUpdate,
 * C_DecryptVerifyUpdate: what comes out does. */
QK_MUST_CHECK qk_err qk_work_encrypt_and(CK_SESSION_HANDLE session, qk_work_kind other, qk_view in, qk_out out);
QK_MUST_CHECK qk_err qk_work_decrypt_and(CK_SESSION_HANDLE session, qk_work_kind other, qk_view in, qk_out out);
/* C_VerifySignatureInit, C_VerifySignature, C_VerifySignatureFinal: the signature comes before the data. */
QK_MUST_CHECK qk_err qk_work_init_signature(CK_SESSION_HANDLE session, const CK_MECHANISM *mechanism,
                                            CK_OBJECT_HANDLE key, qk_view signature);
QK_MUST_CHECK qk_err qk_work_verify_given(CK_SESSION_HANDLE session, qk_view data);
QK_MUST_CHECK qk_err qk_work_finish_given(CK_SESSION_HANDLE session);
/* C_GetOperationState, C_SetOperationState (work_state.c). */
QK_MUST_CHECK qk_err qk_work_save(CK_SESSION_HANDLE session, qk_out out);
QK_MUST_CHECK qk_err qk_work_restore(CK_SESSION_HANDLE session, qk_view state, CK_OBJECT_HANDLE encryption_key,
                                     CK_OBJECT_HANDLE authentication_key);

/* ---- inside the room ---- */

void qk_work_end(qk_work *work);  /* forgets everything; keeps memory that the next one needs */
void qk_work_done(qk_work *work); /* frees everything */
/* After an answer or a failure: the operation ends, or is ready for its next message. */
void qk_work_over(qk_work *work);
/* The operation of a session. QK_E_OPERATION_NONE, QK_E_NOT_LOGGED_IN (needs_pin, or logged out: then it ends). */
QK_MUST_CHECK qk_err qk_work_get(qk_session *session, qk_work_kind kind, qk_work **out_work);
/* A place for an operation that begins. QK_E_OPERATION_ACTIVE. */
QK_MUST_CHECK qk_err qk_work_claim(qk_session *session, qk_work_kind kind, qk_work **out_work);
/* Gives an operation its key, if that may do it. */
QK_MUST_CHECK qk_err qk_work_set_key(qk_session *session, qk_work *work, CK_OBJECT_HANDLE key);
/* C_Login(CKU_CONTEXT_SPECIFIC) has checked the PIN: for one operation, the last of those that wait for one.
 * QK_E_OPERATION_NONE. */
QK_MUST_CHECK qk_err qk_work_admit(qk_session *session);
bool qk_work_wants_pin(qk_session *session);

/* The steps of the functions above, with the operation in hand (work_whole.c, work_parts.c). */
QK_MUST_CHECK qk_err qk_work_run_whole(qk_session *session, qk_work *work, qk_view in, qk_out out);
QK_MUST_CHECK qk_err qk_work_run_feed(qk_session *session, qk_work *work, qk_view in);
QK_MUST_CHECK qk_err qk_work_run_finish(qk_session *session, qk_work *work, qk_out out);
QK_MUST_CHECK qk_err qk_work_run_verify(qk_session *session, qk_work *work, qk_view data, qk_view signature);
QK_MUST_CHECK qk_err qk_work_run_finish_verify(qk_session *session, qk_work *work, qk_view signature);
/* Ends it after a call, unless that told a length or found too little room. */
void qk_work_end_unless_kept(qk_work *work, qk_err err, bool asked);

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
QK_MUST_CHECK qk_err qk_work_hsm_sign_recover(qk_session *session, const qk_work *work, qk_view data, qk_view *out);
/* Hands a digest over to the HSM, with the key's value behind what was digested before. */
QK_MUST_CHECK qk_err qk_work_hsm_digest_key(qk_session *session, qk_work *work, qk_object *key);
QK_MUST_CHECK qk_err qk_work_hsm_begin(qk_session *session, qk_work *work);
QK_MUST_CHECK qk_err qk_work_hsm_update(qk_session *session, qk_work *work, qk_view in, qk_view *out_result);
QK_MUST_CHECK qk_err qk_work_hsm_finish(qk_session *session, qk_work *work, qk_view *out_result);
QK_MUST_CHECK qk_err qk_work_hsm_finish_verify(qk_session *session, qk_work *work, qk_view signature);

#endif
