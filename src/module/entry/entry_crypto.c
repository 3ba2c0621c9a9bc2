/* SPDX-License-Identifier: Apache-2.0 */
/* C_ functions that encrypt, decrypt, digest, sign and verify: a template for each shape, a row for each function. */
#include "module/entry/entry.h"
#include "module/work/work.h"

/* clang-format off */
#define INIT(name, function) \
    QK_ENTRY(name, (CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key), \
             qk_work_init(session, function, mechanism, key))

#define WHOLE(name, function) \
    QK_ENTRY(name, (CK_SESSION_HANDLE session, CK_BYTE_PTR in, CK_ULONG in_len, CK_BYTE_PTR out, CK_ULONG_PTR out_len), \
             qk_work_whole(session, function, qk_in(in, in_len), qk_out_to(out, out_len)))

#define UPDATE(name, function) \
    QK_ENTRY(name, (CK_SESSION_HANDLE session, CK_BYTE_PTR in, CK_ULONG in_len, CK_BYTE_PTR out, CK_ULONG_PTR out_len), \
             qk_work_update(session, function, qk_in(in, in_len), qk_out_to(out, out_len)))

#define FEED(name, function) \
    QK_ENTRY(name, (CK_SESSION_HANDLE session, CK_BYTE_PTR in, CK_ULONG in_len), \
             qk_work_feed(session, function, qk_in(in, in_len)))

#define FINISH(name, function) \
    QK_ENTRY(name, (CK_SESSION_HANDLE session, CK_BYTE_PTR out, CK_ULONG_PTR out_len), \
             qk_work_finish(session, function, qk_out_to(out, out_len)))

#define TWO(name, first, other) \
    QK_ENTRY(name, (CK_SESSION_HANDLE session, CK_BYTE_PTR in, CK_ULONG in_len, CK_BYTE_PTR out, CK_ULONG_PTR out_len), \
             qk_work_##first##_and(session, other, qk_in(in, in_len), qk_out_to(out, out_len)))

INIT(C_EncryptInit, QK_WORK_ENCRYPT)
WHOLE(C_Encrypt, QK_WORK_ENCRYPT)
UPDATE(C_EncryptUpdate, QK_WORK_ENCRYPT)
FINISH(C_EncryptFinal, QK_WORK_ENCRYPT)

INIT(C_DecryptInit, QK_WORK_DECRYPT)
WHOLE(C_Decrypt, QK_WORK_DECRYPT)
UPDATE(C_DecryptUpdate, QK_WORK_DECRYPT)
FINISH(C_DecryptFinal, QK_WORK_DECRYPT)

QK_ENTRY(C_DigestInit, (CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism),
         qk_work_init(session, QK_WORK_DIGEST, mechanism, CK_INVALID_HANDLE))
WHOLE(C_Digest, QK_WORK_DIGEST)
FEED(C_DigestUpdate, QK_WORK_DIGEST)
QK_ENTRY(C_DigestKey, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key), qk_work_digest_key(session, key))
FINISH(C_DigestFinal, QK_WORK_DIGEST)

INIT(C_SignInit, QK_WORK_SIGN)
WHOLE(C_Sign, QK_WORK_SIGN)
FEED(C_SignUpdate, QK_WORK_SIGN)
FINISH(C_SignFinal, QK_WORK_SIGN)

INIT(C_VerifyInit, QK_WORK_VERIFY)
QK_ENTRY(C_Verify,
         (CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG data_len, CK_BYTE_PTR signature,
          CK_ULONG signature_len),
         qk_work_verify(session, qk_in(data, data_len), qk_in(signature, signature_len)))
FEED(C_VerifyUpdate, QK_WORK_VERIFY)
QK_ENTRY(C_VerifyFinal, (CK_SESSION_HANDLE session, CK_BYTE_PTR signature, CK_ULONG signature_len),
         qk_work_finish_verify(session, qk_in(signature, signature_len)))

INIT(C_SignRecoverInit, QK_WORK_SIGN_RECOVER)
WHOLE(C_SignRecover, QK_WORK_SIGN_RECOVER)
INIT(C_VerifyRecoverInit, QK_WORK_VERIFY_RECOVER)
WHOLE(C_VerifyRecover, QK_WORK_VERIFY_RECOVER)

QK_ENTRY(C_VerifySignatureInit,
         (CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key, CK_BYTE_PTR signature,
          CK_ULONG signature_len),
         qk_work_init_signature(session, mechanism, key, qk_in(signature, signature_len)))
QK_ENTRY(C_VerifySignature, (CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG data_len),
         qk_work_verify_given(session, qk_in(data, data_len)))
FEED(C_VerifySignatureUpdate, QK_WORK_VERIFY_SIGNATURE)
QK_ENTRY(C_VerifySignatureFinal, (CK_SESSION_HANDLE session), qk_work_finish_given(session))

TWO(C_DigestEncryptUpdate, encrypt, QK_WORK_DIGEST)
TWO(C_DecryptDigestUpdate, decrypt, QK_WORK_DIGEST)
TWO(C_SignEncryptUpdate, encrypt, QK_WORK_SIGN)
TWO(C_DecryptVerifyUpdate, decrypt, QK_WORK_VERIFY)
/* clang-format on */
