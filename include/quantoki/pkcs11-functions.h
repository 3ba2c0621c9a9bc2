/* SPDX-License-Identifier: Apache-2.0
 *
 * quantoki/pkcs11-functions.h - the functions of PKCS #11 as rows of a table.
 *
 * Order matters: it is the order of the members in the function lists. Include this file as often as you like, each
 * time with the macro that says what a row becomes:
 *
 *   CK_PKCS11_FUNCTION(name, arguments)   required; arguments come with their parentheses
 *   CK_PKCS11_UP_TO                       optional; the newest version wanted: 240, 300 or 320 (2.40, 3.0, 3.2).
 *                                         Without it all rows come.
 *
 * Both are undefined again at the end. A module fills its table like this:
 *
 *   static CK_FUNCTION_LIST_3_2 functions = {
 *       { 3, 2 },
 *   #define CK_PKCS11_FUNCTION(name, arguments) name,
 *   #include <quantoki/pkcs11-functions.h>
 *   };
 *
 * There is no include guard, on purpose. */
/* clang-format off: rows keep a pointer and its length together */
#ifndef CK_PKCS11_FUNCTION
#error "define CK_PKCS11_FUNCTION(name, arguments) before including pkcs11-functions.h"
#endif
#ifndef CK_PKCS11_UP_TO
#define CK_PKCS11_UP_TO 320
#endif

/* ==== Version 2.40: 68 functions ==== */

/* The library */
CK_PKCS11_FUNCTION(C_Initialize, (CK_VOID_PTR pInitArgs))
CK_PKCS11_FUNCTION(C_Finalize, (CK_VOID_PTR pReserved))
CK_PKCS11_FUNCTION(C_GetInfo, (CK_INFO_PTR pInfo))
CK_PKCS11_FUNCTION(C_GetFunctionList, (CK_FUNCTION_LIST_PTR_PTR ppFunctionList))

/* Slots and tokens */
CK_PKCS11_FUNCTION(C_GetSlotList, (CK_BBOOL tokenPresent, CK_SLOT_ID_PTR pSlotList, CK_ULONG_PTR pulCount))
CK_PKCS11_FUNCTION(C_GetSlotInfo, (CK_SLOT_ID slotID, CK_SLOT_INFO_PTR pInfo))
CK_PKCS11_FUNCTION(C_GetTokenInfo, (CK_SLOT_ID slotID, CK_TOKEN_INFO_PTR pInfo))
CK_PKCS11_FUNCTION(C_GetMechanismList, (CK_SLOT_ID slotID,
                                        CK_MECHANISM_TYPE_PTR pMechanismList, CK_ULONG_PTR pulCount))
CK_PKCS11_FUNCTION(C_GetMechanismInfo, (CK_SLOT_ID slotID, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO_PTR pInfo))
CK_PKCS11_FUNCTION(C_InitToken, (CK_SLOT_ID slotID, CK_UTF8CHAR_PTR pPin, CK_ULONG ulPinLen, CK_UTF8CHAR_PTR pLabel))
CK_PKCS11_FUNCTION(C_InitPIN, (CK_SESSION_HANDLE hSession, CK_UTF8CHAR_PTR pPin, CK_ULONG ulPinLen))
CK_PKCS11_FUNCTION(C_SetPIN, (CK_SESSION_HANDLE hSession, CK_UTF8CHAR_PTR pOldPin, CK_ULONG ulOldLen,
                              CK_UTF8CHAR_PTR pNewPin, CK_ULONG ulNewLen))

/* Sessions */
CK_PKCS11_FUNCTION(C_OpenSession, (CK_SLOT_ID slotID, CK_FLAGS flags, CK_VOID_PTR pApplication, CK_NOTIFY Notify,
                                   CK_SESSION_HANDLE_PTR phSession))
CK_PKCS11_FUNCTION(C_CloseSession, (CK_SESSION_HANDLE hSession))
CK_PKCS11_FUNCTION(C_CloseAllSessions, (CK_SLOT_ID slotID))
CK_PKCS11_FUNCTION(C_GetSessionInfo, (CK_SESSION_HANDLE hSession, CK_SESSION_INFO_PTR pInfo))
CK_PKCS11_FUNCTION(C_GetOperationState, (CK_SESSION_HANDLE hSession,
                                         CK_BYTE_PTR pOperationState, CK_ULONG_PTR pulOperationStateLen))
CK_PKCS11_FUNCTION(C_SetOperationState, (CK_SESSION_HANDLE hSession,
                                         CK_BYTE_PTR pOperationState, CK_ULONG ulOperationStateLen,
                                         CK_OBJECT_HANDLE hEncryptionKey, CK_OBJECT_HANDLE hAuthenticationKey))
CK_PKCS11_FUNCTION(C_Login, (CK_SESSION_HANDLE hSession, CK_USER_TYPE userType,
                             CK_UTF8CHAR_PTR pPin, CK_ULONG ulPinLen))
CK_PKCS11_FUNCTION(C_Logout, (CK_SESSION_HANDLE hSession))

/* Objects */
CK_PKCS11_FUNCTION(C_CreateObject, (CK_SESSION_HANDLE hSession, CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulCount,
                                    CK_OBJECT_HANDLE_PTR phObject))
CK_PKCS11_FUNCTION(C_CopyObject, (CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject,
                                  CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulCount, CK_OBJECT_HANDLE_PTR phNewObject))
CK_PKCS11_FUNCTION(C_DestroyObject, (CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject))
CK_PKCS11_FUNCTION(C_GetObjectSize, (CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject, CK_ULONG_PTR pulSize))
CK_PKCS11_FUNCTION(C_GetAttributeValue, (CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject,
                                         CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulCount))
CK_PKCS11_FUNCTION(C_SetAttributeValue, (CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject,
                                         CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulCount))
CK_PKCS11_FUNCTION(C_FindObjectsInit, (CK_SESSION_HANDLE hSession, CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulCount))
CK_PKCS11_FUNCTION(C_FindObjects, (CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE_PTR phObject,
                                   CK_ULONG ulMaxObjectCount, CK_ULONG_PTR pulObjectCount))
CK_PKCS11_FUNCTION(C_FindObjectsFinal, (CK_SESSION_HANDLE hSession))

/* Encryption */
CK_PKCS11_FUNCTION(C_EncryptInit, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hKey))
CK_PKCS11_FUNCTION(C_Encrypt, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen,
                               CK_BYTE_PTR pEncryptedData, CK_ULONG_PTR pulEncryptedDataLen))
CK_PKCS11_FUNCTION(C_EncryptUpdate, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen,
                                     CK_BYTE_PTR pEncryptedPart, CK_ULONG_PTR pulEncryptedPartLen))
CK_PKCS11_FUNCTION(C_EncryptFinal, (CK_SESSION_HANDLE hSession,
                                    CK_BYTE_PTR pLastEncryptedPart, CK_ULONG_PTR pulLastEncryptedPartLen))

/* Decryption */
CK_PKCS11_FUNCTION(C_DecryptInit, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hKey))
CK_PKCS11_FUNCTION(C_Decrypt, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pEncryptedData, CK_ULONG ulEncryptedDataLen,
                               CK_BYTE_PTR pData, CK_ULONG_PTR pulDataLen))
CK_PKCS11_FUNCTION(C_DecryptUpdate, (CK_SESSION_HANDLE hSession,
                                     CK_BYTE_PTR pEncryptedPart, CK_ULONG ulEncryptedPartLen,
                                     CK_BYTE_PTR pPart, CK_ULONG_PTR pulPartLen))
CK_PKCS11_FUNCTION(C_DecryptFinal, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pLastPart, CK_ULONG_PTR pulLastPartLen))

/* Digests */
CK_PKCS11_FUNCTION(C_DigestInit, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism))
CK_PKCS11_FUNCTION(C_Digest, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen,
                              CK_BYTE_PTR pDigest, CK_ULONG_PTR pulDigestLen))
CK_PKCS11_FUNCTION(C_DigestUpdate, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen))
CK_PKCS11_FUNCTION(C_DigestKey, (CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hKey))
CK_PKCS11_FUNCTION(C_DigestFinal, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pDigest, CK_ULONG_PTR pulDigestLen))

/* Signatures */
CK_PKCS11_FUNCTION(C_SignInit, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hKey))
CK_PKCS11_FUNCTION(C_Sign, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen,
                            CK_BYTE_PTR pSignature, CK_ULONG_PTR pulSignatureLen))
CK_PKCS11_FUNCTION(C_SignUpdate, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen))
CK_PKCS11_FUNCTION(C_SignFinal, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pSignature, CK_ULONG_PTR pulSignatureLen))
CK_PKCS11_FUNCTION(C_SignRecoverInit, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
                                       CK_OBJECT_HANDLE hKey))
CK_PKCS11_FUNCTION(C_SignRecover, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen,
                                   CK_BYTE_PTR pSignature, CK_ULONG_PTR pulSignatureLen))

/* Verification */
CK_PKCS11_FUNCTION(C_VerifyInit, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hKey))
CK_PKCS11_FUNCTION(C_Verify, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen,
                              CK_BYTE_PTR pSignature, CK_ULONG ulSignatureLen))
CK_PKCS11_FUNCTION(C_VerifyUpdate, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen))
CK_PKCS11_FUNCTION(C_VerifyFinal, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pSignature, CK_ULONG ulSignatureLen))
CK_PKCS11_FUNCTION(C_VerifyRecoverInit, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
                                         CK_OBJECT_HANDLE hKey))
CK_PKCS11_FUNCTION(C_VerifyRecover, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pSignature, CK_ULONG ulSignatureLen,
                                     CK_BYTE_PTR pData, CK_ULONG_PTR pulDataLen))

/* Two operations at once */
CK_PKCS11_FUNCTION(C_DigestEncryptUpdate, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen,
                                           CK_BYTE_PTR pEncryptedPart, CK_ULONG_PTR pulEncryptedPartLen))
CK_PKCS11_FUNCTION(C_DecryptDigestUpdate, (CK_SESSION_HANDLE hSession,
                                           CK_BYTE_PTR pEncryptedPart, CK_ULONG ulEncryptedPartLen,
                                           CK_BYTE_PTR pPart, CK_ULONG_PTR pulPartLen))
CK_PKCS11_FUNCTION(C_SignEncryptUpdate, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen,
                                         CK_BYTE_PTR pEncryptedPart, CK_ULONG_PTR pulEncryptedPartLen))
CK_PKCS11_FUNCTION(C_DecryptVerifyUpdate, (CK_SESSION_HANDLE hSession,
                                           CK_BYTE_PTR pEncryptedPart, CK_ULONG ulEncryptedPartLen,
                                           CK_BYTE_PTR pPart, CK_ULONG_PTR pulPartLen))

/* Keys */
CK_PKCS11_FUNCTION(C_GenerateKey, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
                                   CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulCount, CK_OBJECT_HANDLE_PTR phKey))
CK_PKCS11_FUNCTION(C_GenerateKeyPair, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
                                       CK_ATTRIBUTE_PTR pPublicKeyTemplate, CK_ULONG ulPublicKeyAttributeCount,
                                       CK_ATTRIBUTE_PTR pPrivateKeyTemplate, CK_ULONG ulPrivateKeyAttributeCount,
                                       CK_OBJECT_HANDLE_PTR phPublicKey, CK_OBJECT_HANDLE_PTR phPrivateKey))
CK_PKCS11_FUNCTION(C_WrapKey, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hWrappingKey,
                               CK_OBJECT_HANDLE hKey, CK_BYTE_PTR pWrappedKey, CK_ULONG_PTR pulWrappedKeyLen))
CK_PKCS11_FUNCTION(C_UnwrapKey, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
                                 CK_OBJECT_HANDLE hUnwrappingKey, CK_BYTE_PTR pWrappedKey, CK_ULONG ulWrappedKeyLen,
                                 CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulAttributeCount, CK_OBJECT_HANDLE_PTR phKey))
CK_PKCS11_FUNCTION(C_DeriveKey, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism, CK_OBJECT_HANDLE hBaseKey,
                                 CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulAttributeCount, CK_OBJECT_HANDLE_PTR phKey))

/* Random numbers */
CK_PKCS11_FUNCTION(C_SeedRandom, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pSeed, CK_ULONG ulSeedLen))
CK_PKCS11_FUNCTION(C_GenerateRandom, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR RandomData, CK_ULONG ulRandomLen))

/* Historical: both answer CKR_FUNCTION_NOT_PARALLEL */
CK_PKCS11_FUNCTION(C_GetFunctionStatus, (CK_SESSION_HANDLE hSession))
CK_PKCS11_FUNCTION(C_CancelFunction, (CK_SESSION_HANDLE hSession))

/* Slot events */
CK_PKCS11_FUNCTION(C_WaitForSlotEvent, (CK_FLAGS flags, CK_SLOT_ID_PTR pSlot, CK_VOID_PTR pReserved))

/* ==== Version 3.0: 24 more ==== */

#if CK_PKCS11_UP_TO >= 300

/* Interfaces */
CK_PKCS11_FUNCTION(C_GetInterfaceList, (CK_INTERFACE_PTR pInterfacesList, CK_ULONG_PTR pulCount))
CK_PKCS11_FUNCTION(C_GetInterface, (CK_UTF8CHAR_PTR pInterfaceName, CK_VERSION_PTR pVersion,
                                    CK_INTERFACE_PTR_PTR ppInterface, CK_FLAGS flags))

/* Sessions */
CK_PKCS11_FUNCTION(C_LoginUser, (CK_SESSION_HANDLE hSession, CK_USER_TYPE userType,
                                 CK_UTF8CHAR_PTR pPin, CK_ULONG ulPinLen,
                                 CK_UTF8CHAR_PTR pUsername, CK_ULONG ulUsernameLen))
CK_PKCS11_FUNCTION(C_SessionCancel, (CK_SESSION_HANDLE hSession, CK_FLAGS flags))

/* Encryption of messages */
CK_PKCS11_FUNCTION(C_MessageEncryptInit, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
                                          CK_OBJECT_HANDLE hKey))
CK_PKCS11_FUNCTION(C_EncryptMessage, (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter, CK_ULONG ulParameterLen,
                                      CK_BYTE_PTR pAssociatedData, CK_ULONG ulAssociatedDataLen,
                                      CK_BYTE_PTR pPlaintext, CK_ULONG ulPlaintextLen,
                                      CK_BYTE_PTR pCiphertext, CK_ULONG_PTR pulCiphertextLen))
CK_PKCS11_FUNCTION(C_EncryptMessageBegin, (CK_SESSION_HANDLE hSession,
                                           CK_VOID_PTR pParameter, CK_ULONG ulParameterLen,
                                           CK_BYTE_PTR pAssociatedData, CK_ULONG ulAssociatedDataLen))
CK_PKCS11_FUNCTION(C_EncryptMessageNext, (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter, CK_ULONG ulParameterLen,
                                          CK_BYTE_PTR pPlaintextPart, CK_ULONG ulPlaintextPartLen,
                                          CK_BYTE_PTR pCiphertextPart, CK_ULONG_PTR pulCiphertextPartLen,
                                          CK_FLAGS flags))
CK_PKCS11_FUNCTION(C_MessageEncryptFinal, (CK_SESSION_HANDLE hSession))

/* Decryption of messages */
CK_PKCS11_FUNCTION(C_MessageDecryptInit, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
                                          CK_OBJECT_HANDLE hKey))
CK_PKCS11_FUNCTION(C_DecryptMessage, (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter, CK_ULONG ulParameterLen,
                                      CK_BYTE_PTR pAssociatedData, CK_ULONG ulAssociatedDataLen,
                                      CK_BYTE_PTR pCiphertext, CK_ULONG ulCiphertextLen,
                                      CK_BYTE_PTR pPlaintext, CK_ULONG_PTR pulPlaintextLen))
CK_PKCS11_FUNCTION(C_DecryptMessageBegin, (CK_SESSION_HANDLE hSession,
                                           CK_VOID_PTR pParameter, CK_ULONG ulParameterLen,
                                           CK_BYTE_PTR pAssociatedData, CK_ULONG ulAssociatedDataLen))
CK_PKCS11_FUNCTION(C_DecryptMessageNext, (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter, CK_ULONG ulParameterLen,
                                          CK_BYTE_PTR pCiphertextPart, CK_ULONG ulCiphertextPartLen,
                                          CK_BYTE_PTR pPlaintextPart, CK_ULONG_PTR pulPlaintextPartLen,
                                          CK_FLAGS flags))
CK_PKCS11_FUNCTION(C_MessageDecryptFinal, (CK_SESSION_HANDLE hSession))

/* Signatures of messages */
CK_PKCS11_FUNCTION(C_MessageSignInit, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
                                       CK_OBJECT_HANDLE hKey))
CK_PKCS11_FUNCTION(C_SignMessage, (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter, CK_ULONG ulParameterLen,
                                   CK_BYTE_PTR pData, CK_ULONG ulDataLen,
                                   CK_BYTE_PTR pSignature, CK_ULONG_PTR pulSignatureLen))
CK_PKCS11_FUNCTION(C_SignMessageBegin, (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter, CK_ULONG ulParameterLen))
CK_PKCS11_FUNCTION(C_SignMessageNext, (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter, CK_ULONG ulParameterLen,
                                       CK_BYTE_PTR pData, CK_ULONG ulDataLen,
                                       CK_BYTE_PTR pSignature, CK_ULONG_PTR pulSignatureLen))
CK_PKCS11_FUNCTION(C_MessageSignFinal, (CK_SESSION_HANDLE hSession))

/* Verification of messages */
CK_PKCS11_FUNCTION(C_MessageVerifyInit, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
                                         CK_OBJECT_HANDLE hKey))
CK_PKCS11_FUNCTION(C_VerifyMessage, (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter, CK_ULONG ulParameterLen,
                                     CK_BYTE_PTR pData, CK_ULONG ulDataLen,
                                     CK_BYTE_PTR pSignature, CK_ULONG ulSignatureLen))
CK_PKCS11_FUNCTION(C_VerifyMessageBegin, (CK_SESSION_HANDLE hSession,
                                          CK_VOID_PTR pParameter, CK_ULONG ulParameterLen))
CK_PKCS11_FUNCTION(C_VerifyMessageNext, (CK_SESSION_HANDLE hSession, CK_VOID_PTR pParameter, CK_ULONG ulParameterLen,
                                         CK_BYTE_PTR pData, CK_ULONG ulDataLen,
                                         CK_BYTE_PTR pSignature, CK_ULONG ulSignatureLen))
CK_PKCS11_FUNCTION(C_MessageVerifyFinal, (CK_SESSION_HANDLE hSession))
#endif

/* ==== Version 3.2: 12 more ==== */

#if CK_PKCS11_UP_TO >= 320

/* Key encapsulation */
CK_PKCS11_FUNCTION(C_EncapsulateKey, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
                                      CK_OBJECT_HANDLE hPublicKey,
                                      CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulAttributeCount,
                                      CK_BYTE_PTR pCiphertext, CK_ULONG_PTR pulCiphertextLen,
                                      CK_OBJECT_HANDLE_PTR phKey))
CK_PKCS11_FUNCTION(C_DecapsulateKey, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
                                      CK_OBJECT_HANDLE hPrivateKey,
                                      CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulAttributeCount,
                                      CK_BYTE_PTR pCiphertext, CK_ULONG ulCiphertextLen, CK_OBJECT_HANDLE_PTR phKey))

/* Verification with the signature given first */
CK_PKCS11_FUNCTION(C_VerifySignatureInit, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
                                           CK_OBJECT_HANDLE hKey, CK_BYTE_PTR pSignature, CK_ULONG ulSignatureLen))
CK_PKCS11_FUNCTION(C_VerifySignature, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pData, CK_ULONG ulDataLen))
CK_PKCS11_FUNCTION(C_VerifySignatureUpdate, (CK_SESSION_HANDLE hSession, CK_BYTE_PTR pPart, CK_ULONG ulPartLen))
CK_PKCS11_FUNCTION(C_VerifySignatureFinal, (CK_SESSION_HANDLE hSession))

/* Validation */
CK_PKCS11_FUNCTION(C_GetSessionValidationFlags, (CK_SESSION_HANDLE hSession, CK_SESSION_VALIDATION_FLAGS_TYPE type,
                                                 CK_FLAGS_PTR pFlags))

/* Asynchronous operations */
CK_PKCS11_FUNCTION(C_AsyncComplete, (CK_SESSION_HANDLE hSession, CK_UTF8CHAR_PTR pFunctionName,
                                     CK_ASYNC_DATA_PTR pResult))
CK_PKCS11_FUNCTION(C_AsyncGetID, (CK_SESSION_HANDLE hSession, CK_UTF8CHAR_PTR pFunctionName, CK_ULONG_PTR pulID))
CK_PKCS11_FUNCTION(C_AsyncJoin, (CK_SESSION_HANDLE hSession, CK_UTF8CHAR_PTR pFunctionName, CK_ULONG ulID,
                                 CK_BYTE_PTR pData, CK_ULONG ulData))

/* Authenticated wrapping */
CK_PKCS11_FUNCTION(C_WrapKeyAuthenticated, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
                                            CK_OBJECT_HANDLE hWrappingKey, CK_OBJECT_HANDLE hKey,
                                            CK_BYTE_PTR pAssociatedData, CK_ULONG ulAssociatedDataLen,
                                            CK_BYTE_PTR pWrappedKey, CK_ULONG_PTR pulWrappedKeyLen))
CK_PKCS11_FUNCTION(C_UnwrapKeyAuthenticated, (CK_SESSION_HANDLE hSession, CK_MECHANISM_PTR pMechanism,
                                              CK_OBJECT_HANDLE hUnwrappingKey,
                                              CK_BYTE_PTR pWrappedKey, CK_ULONG ulWrappedKeyLen,
                                              CK_ATTRIBUTE_PTR pTemplate, CK_ULONG ulAttributeCount,
                                              CK_BYTE_PTR pAssociatedData, CK_ULONG ulAssociatedDataLen,
                                              CK_OBJECT_HANDLE_PTR phKey))

#endif

#undef CK_PKCS11_FUNCTION
#undef CK_PKCS11_UP_TO
