/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that belongs to the base library alone: a row per function. A call costs two loads, two tests and a jump
 * over the direct one. What a session's call answers is looked at only when it fails: the base may have lost it. */
#include "wrapper/wrapper.h"

#define FORWARD(name, parameters, arguments)                                                                           \
    __attribute__((visibility("default"))) CK_RV name parameters                                                       \
    {                                                                                                                  \
        if (__builtin_expect(!qk_life_live(), 0))                                                                      \
            return CKR_CRYPTOKI_NOT_INITIALIZED;                                                                       \
        if (__builtin_expect(!qk_wrapper.base.functions.name, 0))                                                      \
            return CKR_FUNCTION_NOT_SUPPORTED;                                                                         \
        return qk_wrapper.base.functions.name arguments;                                                               \
    }

#define SESSION(name, parameters, arguments)                                                                           \
    __attribute__((visibility("default"))) CK_RV name parameters                                                       \
    {                                                                                                                  \
        const uint64_t asked = qk_sessions_now();                                                                      \
        CK_RV rv;                                                                                                      \
        if (__builtin_expect(!qk_life_live(), 0))                                                                      \
            return CKR_CRYPTOKI_NOT_INITIALIZED;                                                                       \
        if (__builtin_expect(!qk_wrapper.base.functions.name, 0))                                                      \
            return CKR_FUNCTION_NOT_SUPPORTED;                                                                         \
        rv = qk_wrapper.base.functions.name arguments;                                                                 \
        if (__builtin_expect(rv != CKR_OK, 0))                                                                         \
            qk_sessions_note(hSession, rv, asked);                                                                     \
        return rv;                                                                                                     \
    }

/* clang-format off */
FORWARD(C_GetSlotList, (CK_BBOOL tokenPresent, CK_SLOT_ID_PTR pSlotList, CK_ULONG_PTR pulCount),
        (tokenPresent, pSlotList, pulCount))
FORWARD(C_GetSlotInfo, (CK_SLOT_ID slotID, CK_SLOT_INFO_PTR pInfo), (slotID, pInfo))
FORWARD(C_GetTokenInfo, (CK_SLOT_ID slotID, CK_TOKEN_INFO_PTR pInfo), (slotID, pInfo))
FORWARD(C_GetMechanismList, (CK_SLOT_ID slotID, CK_MECHANISM_TYPE_PTR pMechanismList, CK_ULONG_PTR pulCount),
        (slotID, pMechanismList, pulCount))
FORWARD(C_GetMechanismInfo, (CK_SLOT_ID slotID, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO_PTR pInfo),
        (slotID, type, pInfo))
FORWARD(C_InitToken, (CK_SLOT_ID slotID, CK_UTF8CHAR_PTR pPin, CK_ULONG ulPinLen, CK_UTF8CHAR_PTR pLabel),
        (slotID, pPin, ulPinLen, pLabel))
SESSION(C_InitPIN, (CK_SESSION_HANDLE hSession, CK_UTF8CHAR_PTR pPin, CK_ULONG ulPinLen), (hSession, pPin, ulPinLen))
SESSION(C_SetPIN, (CK_SESSION_HANDLE hSession, CK_UTF8CHAR_PTR pOldPin, CK_ULONG ulOldLen, CK_UTF8CHAR_PTR pNewPin,
                   CK_ULONG ulNewLen),
        (hSession, pOldPin, ulOldLen, pNewPin, ulNewLen))
SESSION(C_GetSessionInfo, (CK_SESSION_HANDLE hSession, CK_SESSION_INFO_PTR pInfo), (hSession, pInfo))
SESSION(C_GetOperationState, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pOperationState, CK_ULONG_PTR
                              pulOperationStateLen),
        (hSession, pOperationState, pulOperationStateLen))
SESSION(C_SetOperationState, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pOperationState, CK_ULONG ulOperationStateLen,
                              CK_OBJECT_HANDLE hEncryptionKey, CK_OBJECT_HANDLE hAuthenticationKey),
        (hSession, pOperationState, ulOperationStateLen, hEncryptionKey, hAuthenticationKey))
SESSION(C_Login, (CK_SESSION_HANDLE hSession, CK_USER_TYPE userType, CK_UTF8CHAR_PTR pPin, CK_ULONG ulPinLen),
        (hSession, userType, pPin, ulPinLen))
SESSION(C_Logout, (CK_SESSION_HANDLE hSession), (hSession))
SESSION(C_CreateObject, (CK_SESSION_HANDLE hSession, CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulCount, CK_OBJECT_HANDLE_PTR
                         phObject),
        (hSession, pTemplate, ulCount, phObject))
SESSION(C_CopyObject, (CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE_PTR pTemplate, CK_ULONG
                       ulCount, CK_OBJECT_HANDLE_PTR phNewObject),
        (hSession, hObject, pTemplate, ulCount, phNewObject))
SESSION(C_DestroyObject, (CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject), (hSession, hObject))
SESSION(C_GetObjectSize, (CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject, CK_ULONG_PTR pulSize),
        (hSession, hObject, pulSize))
SESSION(C_GetAttributeValue, (CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE_PTR pTemplate,
                              CK_ULONG ulCount),
        (hSession, hObject, pTemplate, ulCount))
SESSION(C_SetAttributeValue, (CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE_PTR pTemplate,
                              CK_ULONG ulCount),
        (hSession, hObject, pTemplate, ulCount))
SESSION(C_FindObjectsInit, (CK_SESSION_HANDLE hSession, CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulCount),
        (hSession, pTemplate, ulCount))
SESSION(C_FindObjects, (CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE_PTR phObject, CK_ULONG ulMaxObjectCount,
                        CK_ULONG_PTR pulObjectCount),
        (hSession, phObject, ulMaxObjectCount, pulObjectCount))
SESSION(C_FindObjectsFinal, (CK_SESSION_HANDLE hSession), (hSession))
SESSION(C_EncryptInit, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hKey),
        (hSession, pMechanism, hKey))
SESSION(C_Encrypt, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen, CK_BYTE_PTR pEncryptedData,
                    CK_ULONG_PTR pulEncryptedDataLen),
        (hSession, pData, ulDataLen, pEncryptedData, pulEncryptedDataLen))
SESSION(C_EncryptUpdate, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen, CK_BYTE_PTR
                          pEncryptedPart, CK_ULONG_PTR pulEncryptedPartLen),
        (hSession, pPart, ulPartLen, pEncryptedPart, pulEncryptedPartLen))
SESSION(C_EncryptFinal, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pLastEncryptedPart, CK_ULONG_PTR
                         pulLastEncryptedPartLen),
        (hSession, pLastEncryptedPart, pulLastEncryptedPartLen))
SESSION(C_DecryptInit, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hKey),
        (hSession, pMechanism, hKey))
SESSION(C_Decrypt, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pEncryptedData, CK_ULONG ulEncryptedDataLen, CK_BYTE_PTR
                    pData, CK_ULONG_PTR pulDataLen),
        (hSession, pEncryptedData, ulEncryptedDataLen, pData, pulDataLen))
SESSION(C_DecryptUpdate, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pEncryptedPart, CK_ULONG ulEncryptedPartLen,
                          CK_BYTE_PTR pPart, CK_ULONG_PTR pulPartLen),
        (hSession, pEncryptedPart, ulEncryptedPartLen, pPart, pulPartLen))
SESSION(C_DecryptFinal, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pLastPart, CK_ULONG_PTR pulLastPartLen),
        (hSession, pLastPart, pulLastPartLen))
SESSION(C_DigestInit, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism), (hSession, pMechanism))
SESSION(C_Digest, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen, CK_BYTE_PTR pDigest, CK_ULONG_PTR
                   pulDigestLen),
        (hSession, pData, ulDataLen, pDigest, pulDigestLen))
SESSION(C_DigestUpdate, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen),
        (hSession, pPart, ulPartLen))
SESSION(C_DigestKey, (CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hKey), (hSession, hKey))
SESSION(C_DigestFinal, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pDigest, CK_ULONG_PTR pulDigestLen),
        (hSession, pDigest, pulDigestLen))
SESSION(C_SignInit, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hKey),
        (hSession, pMechanism, hKey))
SESSION(C_Sign, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen, CK_BYTE_PTR pSignature,
                 CK_ULONG_PTR pulSignatureLen),
        (hSession, pData, ulDataLen, pSignature, pulSignatureLen))
SESSION(C_SignUpdate, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen), (hSession, pPart, ulPartLen))
SESSION(C_SignFinal, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pSignature, CK_ULONG_PTR pulSignatureLen),
        (hSession, pSignature, pulSignatureLen))
SESSION(C_SignRecoverInit, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hKey),
        (hSession, pMechanism, hKey))
SESSION(C_SignRecover, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen, CK_BYTE_PTR pSignature,
                        CK_ULONG_PTR pulSignatureLen),
        (hSession, pData, ulDataLen, pSignature, pulSignatureLen))
SESSION(C_VerifyInit, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hKey),
        (hSession, pMechanism, hKey))
SESSION(C_Verify, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen, CK_BYTE_PTR pSignature, CK_ULONG
                   ulSignatureLen),
        (hSession, pData, ulDataLen, pSignature, ulSignatureLen))
SESSION(C_VerifyUpdate, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen),
        (hSession, pPart, ulPartLen))
SESSION(C_VerifyFinal, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pSignature, CK_ULONG ulSignatureLen),
        (hSession, pSignature, ulSignatureLen))
SESSION(C_VerifyRecoverInit, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hKey),
        (hSession, pMechanism, hKey))
SESSION(C_VerifyRecover, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pSignature, CK_ULONG ulSignatureLen, CK_BYTE_PTR
                          pData, CK_ULONG_PTR pulDataLen),
        (hSession, pSignature, ulSignatureLen, pData, pulDataLen))
SESSION(C_DigestEncryptUpdate, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen, CK_BYTE_PTR
                                pEncryptedPart, CK_ULONG_PTR pulEncryptedPartLen),
        (hSession, pPart, ulPartLen, pEncryptedPart, pulEncryptedPartLen))
SESSION(C_DecryptDigestUpdate, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pEncryptedPart, CK_ULONG ulEncryptedPartLen,
                                CK_BYTE_PTR pPart, CK_ULONG_PTR pulPartLen),
        (hSession, pEncryptedPart, ulEncryptedPartLen, pPart, pulPartLen))
SESSION(C_SignEncryptUpdate, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen, CK_BYTE_PTR
                              pEncryptedPart, CK_ULONG_PTR pulEncryptedPartLen),
        (hSession, pPart, ulPartLen, pEncryptedPart, pulEncryptedPartLen))
SESSION(C_DecryptVerifyUpdate, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pEncryptedPart, CK_ULONG ulEncryptedPartLen,
                                CK_BYTE_PTR pPart, CK_ULONG_PTR pulPartLen),
        (hSession, pEncryptedPart, ulEncryptedPartLen, pPart, pulPartLen))
SESSION(C_GenerateKey, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_ATTRIBUTE_PTR pTemplate, CK_ULONG
                        ulCount, CK_OBJECT_HANDLE_PTR phKey),
        (hSession, pMechanism, pTemplate, ulCount, phKey))
SESSION(C_GenerateKeyPair, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_ATTRIBUTE_PTR
                            pPublicKeyTemplate, CK_ULONG ulPublicKeyAttributeCount, CK_ATTRIBUTE_PTR
                            pPrivateKeyTemplate, CK_ULONG ulPrivateKeyAttributeCount, CK_OBJECT_HANDLE_PTR phPublicKey,
                            CK_OBJECT_HANDLE_PTR phPrivateKey),
        (hSession, pMechanism, pPublicKeyTemplate, ulPublicKeyAttributeCount, pPrivateKeyTemplate,
         ulPrivateKeyAttributeCount, phPublicKey, phPrivateKey))
SESSION(C_WrapKey, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hWrappingKey,
                    CK_OBJECT_HANDLE hKey, CK_BYTE_PTR pWrappedKey, CK_ULONG_PTR pulWrappedKeyLen),
        (hSession, pMechanism, hWrappingKey, hKey, pWrappedKey, pulWrappedKeyLen))
SESSION(C_UnwrapKey, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hUnwrappingKey,
                      CK_BYTE_PTR pWrappedKey, CK_ULONG ulWrappedKeyLen, CK_ATTRIBUTE_PTR pTemplate, CK_ULONG
                      ulAttributeCount, CK_OBJECT_HANDLE_PTR phKey),
        (hSession, pMechanism, hUnwrappingKey, pWrappedKey, ulWrappedKeyLen, pTemplate, ulAttributeCount, phKey))
SESSION(C_DeriveKey, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hBaseKey,
                      CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulAttributeCount, CK_OBJECT_HANDLE_PTR phKey),
        (hSession, pMechanism, hBaseKey, pTemplate, ulAttributeCount, phKey))
SESSION(C_GetFunctionStatus, (CK_SESSION_HANDLE hSession), (hSession))
SESSION(C_CancelFunction, (CK_SESSION_HANDLE hSession), (hSession))
FORWARD(C_WaitForSlotEvent, (CK_FLAGS flags, CK_SLOT_ID_PTR pSlot, CK_VOID_PTR pReserved), (flags, pSlot, pReserved))
SESSION(C_LoginUser, (CK_SESSION_HANDLE hSession, CK_USER_TYPE userType, CK_UTF8CHAR_PTR pPin, CK_ULONG ulPinLen,
                      CK_UTF8CHAR_PTR pUsername, CK_ULONG ulUsernameLen),
        (hSession, userType, pPin, ulPinLen, pUsername, ulUsernameLen))
SESSION(C_SessionCancel, (CK_SESSION_HANDLE hSession, CK_FLAGS flags), (hSession, flags))
SESSION(C_MessageEncryptInit, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hKey),
        (hSession, pMechanism, hKey))
SESSION(C_EncryptMessage, (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter, CK_ULONG ulParameterLen, CK_BYTE_PTR
                           pAssociatedData, CK_ULONG ulAssociatedDataLen, CK_BYTE_PTR pPlaintext, CK_ULONG
                           ulPlaintextLen, CK_BYTE_PTR pCiphertext, CK_ULONG_PTR pulCiphertextLen),
        (hSession, pParameter, ulParameterLen, pAssociatedData, ulAssociatedDataLen, pPlaintext, ulPlaintextLen,
         pCiphertext, pulCiphertextLen))
SESSION(C_EncryptMessageBegin, (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter, CK_ULONG ulParameterLen,
                                CK_BYTE_PTR pAssociatedData, CK_ULONG ulAssociatedDataLen),
        (hSession, pParameter, ulParameterLen, pAssociatedData, ulAssociatedDataLen))
SESSION(C_EncryptMessageNext, (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter, CK_ULONG ulParameterLen, CK_BYTE_PTR
                               pPlaintextPart, CK_ULONG ulPlaintextPartLen, CK_BYTE_PTR pCiphertextPart, CK_ULONG_PTR
                               pulCiphertextPartLen, CK_FLAGS flags),
        (hSession, pParameter, ulParameterLen, pPlaintextPart, ulPlaintextPartLen, pCiphertextPart,
         pulCiphertextPartLen, flags))
SESSION(C_MessageEncryptFinal, (CK_SESSION_HANDLE hSession), (hSession))
SESSION(C_MessageDecryptInit, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hKey),
        (hSession, pMechanism, hKey))
SESSION(C_DecryptMessage, (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter, CK_ULONG ulParameterLen, CK_BYTE_PTR
                           pAssociatedData, CK_ULONG ulAssociatedDataLen, CK_BYTE_PTR pCiphertext, CK_ULONG
                           ulCiphertextLen, CK_BYTE_PTR pPlaintext, CK_ULONG_PTR pulPlaintextLen),
        (hSession, pParameter, ulParameterLen, pAssociatedData, ulAssociatedDataLen, pCiphertext, ulCiphertextLen,
         pPlaintext, pulPlaintextLen))
SESSION(C_DecryptMessageBegin, (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter, CK_ULONG ulParameterLen,
                                CK_BYTE_PTR pAssociatedData, CK_ULONG ulAssociatedDataLen),
        (hSession, pParameter, ulParameterLen, pAssociatedData, ulAssociatedDataLen))
SESSION(C_DecryptMessageNext, (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter, CK_ULONG ulParameterLen, CK_BYTE_PTR
                               pCiphertextPart, CK_ULONG ulCiphertextPartLen, CK_BYTE_PTR pPlaintextPart, CK_ULONG_PTR
                               pulPlaintextPartLen, CK_FLAGS flags),
        (hSession, pParameter, ulParameterLen, pCiphertextPart, ulCiphertextPartLen, pPlaintextPart,
         pulPlaintextPartLen, flags))
SESSION(C_MessageDecryptFinal, (CK_SESSION_HANDLE hSession), (hSession))
SESSION(C_MessageSignInit, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hKey),
        (hSession, pMechanism, hKey))
SESSION(C_SignMessage, (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter, CK_ULONG ulParameterLen, CK_BYTE_PTR pData,
                        CK_ULONG ulDataLen, CK_BYTE_PTR pSignature, CK_ULONG_PTR pulSignatureLen),
        (hSession, pParameter, ulParameterLen, pData, ulDataLen, pSignature, pulSignatureLen))
SESSION(C_SignMessageBegin, (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter, CK_ULONG ulParameterLen),
        (hSession, pParameter, ulParameterLen))
SESSION(C_SignMessageNext, (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter, CK_ULONG ulParameterLen, CK_BYTE_PTR
                            pData, CK_ULONG ulDataLen, CK_BYTE_PTR pSignature, CK_ULONG_PTR pulSignatureLen),
        (hSession, pParameter, ulParameterLen, pData, ulDataLen, pSignature, pulSignatureLen))
SESSION(C_MessageSignFinal, (CK_SESSION_HANDLE hSession), (hSession))
SESSION(C_MessageVerifyInit, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hKey),
        (hSession, pMechanism, hKey))
SESSION(C_VerifyMessage, (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter, CK_ULONG ulParameterLen, CK_BYTE_PTR
                          pData, CK_ULONG ulDataLen, CK_BYTE_PTR pSignature, CK_ULONG ulSignatureLen),
        (hSession, pParameter, ulParameterLen, pData, ulDataLen, pSignature, ulSignatureLen))
SESSION(C_VerifyMessageBegin, (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter, CK_ULONG ulParameterLen),
        (hSession, pParameter, ulParameterLen))
SESSION(C_VerifyMessageNext, (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter, CK_ULONG ulParameterLen, CK_BYTE_PTR
                              pData, CK_ULONG ulDataLen, CK_BYTE_PTR pSignature, CK_ULONG ulSignatureLen),
        (hSession, pParameter, ulParameterLen, pData, ulDataLen, pSignature, ulSignatureLen))
SESSION(C_MessageVerifyFinal, (CK_SESSION_HANDLE hSession), (hSession))
SESSION(C_EncapsulateKey, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hPublicKey,
                           CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulAttributeCount, CK_BYTE_PTR pCiphertext, CK_ULONG_PTR
                           pulCiphertextLen, CK_OBJECT_HANDLE_PTR phKey),
        (hSession, pMechanism, hPublicKey, pTemplate, ulAttributeCount, pCiphertext, pulCiphertextLen, phKey))
SESSION(C_DecapsulateKey, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hPrivateKey,
                           CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulAttributeCount, CK_BYTE_PTR pCiphertext, CK_ULONG
                           ulCiphertextLen, CK_OBJECT_HANDLE_PTR phKey),
        (hSession, pMechanism, hPrivateKey, pTemplate, ulAttributeCount, pCiphertext, ulCiphertextLen, phKey))
SESSION(C_VerifySignatureInit, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hKey,
                                CK_BYTE_PTR pSignature, CK_ULONG ulSignatureLen),
        (hSession, pMechanism, hKey, pSignature, ulSignatureLen))
SESSION(C_VerifySignature, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen),
        (hSession, pData, ulDataLen))
SESSION(C_VerifySignatureUpdate, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen),
        (hSession, pPart, ulPartLen))
SESSION(C_VerifySignatureFinal, (CK_SESSION_HANDLE hSession), (hSession))
SESSION(C_GetSessionValidationFlags, (CK_SESSION_HANDLE hSession, CK_SESSION_VALIDATION_FLAGS_TYPE type, CK_FLAGS_PTR
                                      pFlags),
        (hSession, type, pFlags))
SESSION(C_AsyncComplete, (CK_SESSION_HANDLE hSession, CK_UTF8CHAR_PTR pFunctionName, CK_ASYNC_DATA_PTR pResult),
        (hSession, pFunctionName, pResult))
SESSION(C_AsyncGetID, (CK_SESSION_HANDLE hSession, CK_UTF8CHAR_PTR pFunctionName, CK_ULONG_PTR pulID),
        (hSession, pFunctionName, pulID))
SESSION(C_AsyncJoin, (CK_SESSION_HANDLE hSession, CK_UTF8CHAR_PTR pFunctionName, CK_ULONG ulID, CK_BYTE_PTR pData,
                      CK_ULONG ulData),
        (hSession, pFunctionName, ulID, pData, ulData))
SESSION(C_WrapKeyAuthenticated, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE
                                 hWrappingKey, CK_OBJECT_HANDLE hKey, CK_BYTE_PTR pAssociatedData, CK_ULONG
                                 ulAssociatedDataLen, CK_BYTE_PTR pWrappedKey, CK_ULONG_PTR pulWrappedKeyLen),
        (hSession, pMechanism, hWrappingKey, hKey, pAssociatedData, ulAssociatedDataLen, pWrappedKey,
         pulWrappedKeyLen))
SESSION(C_UnwrapKeyAuthenticated, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE
                                   hUnwrappingKey, CK_BYTE_PTR pWrappedKey, CK_ULONG ulWrappedKeyLen, CK_ATTRIBUTE_PTR
                                   pTemplate, CK_ULONG ulAttributeCount, CK_BYTE_PTR pAssociatedData, CK_ULONG
                                   ulAssociatedDataLen, CK_OBJECT_HANDLE_PTR phKey),
        (hSession, pMechanism, hUnwrappingKey, pWrappedKey, ulWrappedKeyLen, pTemplate, ulAttributeCount,
         pAssociatedData, ulAssociatedDataLen, phKey))
/* clang-format on */
