/* SPDX-License-Identifier: Apache-2.0 */
/* C_ functions of messages: a template for each shape, a row for each function. */
#include "module/entry/entry.h"
#include "module/work/message.h"

/* clang-format off */
#define INIT(name, kind) \
    QK_ENTRY(name, (CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key), \
             qk_work_init(session, kind, mechanism, key))

#define WHOLE(name, kind) \
    QK_ENTRY(name, (CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len, CK_BYTE_PTR aad, \
                    CK_ULONG aad_len, CK_BYTE_PTR in, CK_ULONG in_len, CK_BYTE_PTR out, CK_ULONG_PTR out_len), \
             qk_message_whole(session, kind, qk_in(parameter, parameter_len), qk_in(aad, aad_len), qk_in(in, in_len), \
                              qk_out_to(out, out_len)))

#define BEGIN(name, kind) \
    QK_ENTRY(name, (CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len, CK_BYTE_PTR aad, \
                    CK_ULONG aad_len), \
             qk_message_begin(session, kind, qk_in(parameter, parameter_len), qk_in(aad, aad_len)))

#define NEXT(name, kind) \
    QK_ENTRY(name, (CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len, CK_BYTE_PTR in, \
                    CK_ULONG in_len, CK_BYTE_PTR out, CK_ULONG_PTR out_len, CK_FLAGS flags), \
             qk_message_next(session, kind, qk_in(parameter, parameter_len), qk_in(in, in_len), \
                             qk_out_to(out, out_len), flags))

#define BEGIN_SIGNATURE(name, kind) \
    QK_ENTRY(name, (CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len), \
             qk_message_begin_signature(session, kind, qk_in(parameter, parameter_len)))

#define SIGN(name, function) \
    QK_ENTRY(name, (CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len, CK_BYTE_PTR data, \
                    CK_ULONG data_len, CK_BYTE_PTR signature, CK_ULONG_PTR signature_len), \
             function(session, qk_in(parameter, parameter_len), qk_in(data, data_len), \
                      qk_out_to(signature, signature_len)))

#define VERIFY(name, function) \
    QK_ENTRY(name, (CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len, CK_BYTE_PTR data, \
                    CK_ULONG data_len, CK_BYTE_PTR signature, CK_ULONG signature_len), \
             function(session, qk_in(parameter, parameter_len), qk_in(data, data_len), qk_in(signature, signature_len)))

#define FINAL(name, kind) \
    QK_ENTRY(name, (CK_SESSION_HANDLE session), qk_message_final(session, kind))

INIT(C_MessageEncryptInit, QK_WORK_MESSAGE_ENCRYPT)
WHOLE(C_EncryptMessage, QK_WORK_MESSAGE_ENCRYPT)
BEGIN(C_EncryptMessageBegin, QK_WORK_MESSAGE_ENCRYPT)
NEXT(C_EncryptMessageNext, QK_WORK_MESSAGE_ENCRYPT)
FINAL(C_MessageEncryptFinal, QK_WORK_MESSAGE_ENCRYPT)

INIT(C_MessageDecryptInit, QK_WORK_MESSAGE_DECRYPT)
WHOLE(C_DecryptMessage, QK_WORK_MESSAGE_DECRYPT)
BEGIN(C_DecryptMessageBegin, QK_WORK_MESSAGE_DECRYPT)
NEXT(C_DecryptMessageNext, QK_WORK_MESSAGE_DECRYPT)
FINAL(C_MessageDecryptFinal, QK_WORK_MESSAGE_DECRYPT)

INIT(C_MessageSignInit, QK_WORK_MESSAGE_SIGN)
SIGN(C_SignMessage, qk_message_sign)
BEGIN_SIGNATURE(C_SignMessageBegin, QK_WORK_MESSAGE_SIGN)
SIGN(C_SignMessageNext, qk_message_sign_next)
FINAL(C_MessageSignFinal, QK_WORK_MESSAGE_SIGN)

INIT(C_MessageVerifyInit, QK_WORK_MESSAGE_VERIFY)
VERIFY(C_VerifyMessage, qk_message_verify)
BEGIN_SIGNATURE(C_VerifyMessageBegin, QK_WORK_MESSAGE_VERIFY)
VERIFY(C_VerifyMessageNext, qk_message_verify_next)
FINAL(C_MessageVerifyFinal, QK_WORK_MESSAGE_VERIFY)
/* clang-format on */
