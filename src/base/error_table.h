/* SPDX-License-Identifier: Apache-2.0 */
/* The one table of errors. A row for every CK_RV we can return; where one CK_RV has several causes that people must
 * tell apart, a row per cause (the first row with a Grep11Error value is the one that value reads back as).
 * Vendor values reach GREP11 clients; applications get the standard value in the second column. */
#ifndef QK_BASE_ERROR_TABLE_H
#define QK_BASE_ERROR_TABLE_H

/* clang-format off */
#define QK_ERRORS(ROW) \
    /*  name                     application sees                      Grep11Error.Code                      gRPC                HTTP words */ \
    ROW(GENERAL,                 CKR_GENERAL_ERROR,                    CKR_GENERAL_ERROR,                    INTERNAL,            500, "internal error") \
    ROW(NO_MEMORY,               CKR_HOST_MEMORY,                      CKR_HOST_MEMORY,                      RESOURCE_EXHAUSTED,  503, "out of memory") \
    ROW(SLOT_INVALID,            CKR_SLOT_ID_INVALID,                  CKR_SLOT_ID_INVALID,                  NOT_FOUND,           404, "no such slot") \
    ROW(FUNCTION_FAILED,         CKR_FUNCTION_FAILED,                  CKR_FUNCTION_FAILED,                  INTERNAL,            500, "function failed") \
    ROW(BAD_ARGUMENT,            CKR_ARGUMENTS_BAD,                    CKR_ARGUMENTS_BAD,                    INVALID_ARGUMENT,    400, "bad argument") \
    ROW(NO_EVENT,                CKR_NO_EVENT,                         CKR_NO_EVENT,                         NOT_FOUND,           404, "no event") \
    ROW(NEED_THREADS,            CKR_NEED_TO_CREATE_THREADS,           CKR_NEED_TO_CREATE_THREADS,           FAILED_PRECONDITION, 500, "threads are needed") \
    ROW(CANT_LOCK,               CKR_CANT_LOCK,                        CKR_CANT_LOCK,                        FAILED_PRECONDITION, 500, "this kind of locking is not available") \
    ROW(ATTRIBUTE_READ_ONLY,     CKR_ATTRIBUTE_READ_ONLY,              CKR_ATTRIBUTE_READ_ONLY,              INVALID_ARGUMENT,    400, "attribute is read-only") \
    ROW(ATTRIBUTE_SENSITIVE,     CKR_ATTRIBUTE_SENSITIVE,              CKR_ATTRIBUTE_SENSITIVE,              PERMISSION_DENIED,   403, "attribute is sensitive") \
    ROW(ATTRIBUTE_TYPE,          CKR_ATTRIBUTE_TYPE_INVALID,           CKR_ATTRIBUTE_TYPE_INVALID,           INVALID_ARGUMENT,    400, "attribute does not belong here") \
    ROW(ATTRIBUTE_VALUE,         CKR_ATTRIBUTE_VALUE_INVALID,          CKR_ATTRIBUTE_VALUE_INVALID,          INVALID_ARGUMENT,    400, "attribute value is invalid") \
    ROW(ACTION_PROHIBITED,       CKR_ACTION_PROHIBITED,                CKR_ACTION_PROHIBITED,                PERMISSION_DENIED,   403, "the object's attributes forbid this") \
    ROW(DATA_INVALID,            CKR_DATA_INVALID,                     CKR_DATA_INVALID,                     INVALID_ARGUMENT,    400, "data is invalid") \
    ROW(BAD_LENGTH,              CKR_DATA_LEN_RANGE,                   CKR_DATA_LEN_RANGE,                   INVALID_ARGUMENT,    400, "length out of range") \
    ROW(DEVICE,                  CKR_DEVICE_ERROR,                     CKR_DEVICE_ERROR,                     INTERNAL,            500, "device error") \
    ROW(DEVICE_FULL,             CKR_DEVICE_MEMORY,                    CKR_DEVICE_MEMORY,                    RESOURCE_EXHAUSTED,  507, "no space left") \
    ROW(SERVER_AWAY,             CKR_DEVICE_ERROR,                     CKR_IBM_TRANSPORT_ERROR,              UNAVAILABLE,         503, "the server cannot be reached") \
    ROW(SERVER_UNTRUSTED,        CKR_DEVICE_ERROR,                     CKR_IBM_API_MISMATCH,                 UNAVAILABLE,         502, "the server's certificate is not trusted") \
    ROW(PROTOCOL,                CKR_DEVICE_ERROR,                     CKR_IBM_GREP11_CANNOT_MARSHAL,        INTERNAL,            502, "the peer breaks the protocol") \
    ROW(TIMEOUT,                 CKR_DEVICE_ERROR,                     CKR_IBM_REQ_TIMEOUT,                  DEADLINE_EXCEEDED,   504, "took too long") \
    ROW(STORE_BROKEN,            CKR_DEVICE_ERROR,                     CKR_IBM_GREP11_DBINTERNAL,            INTERNAL,            500, "the keystore's database failed") \
    ROW(STORE_BUSY,              CKR_DEVICE_ERROR,                     CKR_DEVICE_ERROR,                     UNAVAILABLE,         503, "the keystore is busy") \
    ROW(DEVICE_REMOVED,          CKR_DEVICE_REMOVED,                   CKR_DEVICE_REMOVED,                   UNAVAILABLE,         503, "the token is gone") \
    ROW(CIPHERTEXT_INVALID,      CKR_ENCRYPTED_DATA_INVALID,           CKR_ENCRYPTED_DATA_INVALID,           INVALID_ARGUMENT,    400, "ciphertext is invalid") \
    ROW(CIPHERTEXT_LENGTH,       CKR_ENCRYPTED_DATA_LEN_RANGE,         CKR_ENCRYPTED_DATA_LEN_RANGE,         INVALID_ARGUMENT,    400, "ciphertext length out of range") \
    ROW(AEAD_FAILED,             CKR_AEAD_DECRYPT_FAILED,              CKR_AEAD_DECRYPT_FAILED,              INVALID_ARGUMENT,    400, "the ciphertext or its tag was changed") \
    ROW(FUNCTION_CANCELED,       CKR_FUNCTION_CANCELED,                CKR_FUNCTION_CANCELED,                CANCELLED,           499, "function was cancelled") \
    ROW(NOT_PARALLEL,            CKR_FUNCTION_NOT_PARALLEL,            CKR_FUNCTION_NOT_PARALLEL,            UNIMPLEMENTED,       501, "there are no parallel functions") \
    ROW(NOT_SUPPORTED,           CKR_FUNCTION_NOT_SUPPORTED,           CKR_FUNCTION_NOT_SUPPORTED,           UNIMPLEMENTED,       501, "function is not supported") \
    ROW(KEY_HANDLE,              CKR_KEY_HANDLE_INVALID,               CKR_KEY_HANDLE_INVALID,               NOT_FOUND,           404, "no such key") \
    ROW(KEY_SIZE,                CKR_KEY_SIZE_RANGE,                   CKR_KEY_SIZE_RANGE,                   INVALID_ARGUMENT,    400, "key size out of range") \
    ROW(KEY_TYPE,                CKR_KEY_TYPE_INCONSISTENT,            CKR_KEY_TYPE_INCONSISTENT,            INVALID_ARGUMENT,    400, "this kind of key does not fit the mechanism") \
    ROW(KEY_NOT_NEEDED,          CKR_KEY_NOT_NEEDED,                   CKR_KEY_NOT_NEEDED,                   INVALID_ARGUMENT,    400, "key is not needed") \
    ROW(KEY_CHANGED,             CKR_KEY_CHANGED,                      CKR_KEY_CHANGED,                      INVALID_ARGUMENT,    400, "key has changed") \
    ROW(KEY_NEEDED,              CKR_KEY_NEEDED,                       CKR_KEY_NEEDED,                       INVALID_ARGUMENT,    400, "key is needed") \
    ROW(KEY_INDIGESTIBLE,        CKR_KEY_INDIGESTIBLE,                 CKR_KEY_INDIGESTIBLE,                 INVALID_ARGUMENT,    400, "key may not be digested") \
    ROW(KEY_NOT_PERMITTED,       CKR_KEY_FUNCTION_NOT_PERMITTED,       CKR_KEY_FUNCTION_NOT_PERMITTED,       PERMISSION_DENIED,   403, "the key's attributes forbid this use") \
    ROW(KEY_NOT_WRAPPABLE,       CKR_KEY_NOT_WRAPPABLE,                CKR_KEY_NOT_WRAPPABLE,                PERMISSION_DENIED,   403, "key may not be wrapped this way") \
    ROW(KEY_UNEXTRACTABLE,       CKR_KEY_UNEXTRACTABLE,                CKR_KEY_UNEXTRACTABLE,                PERMISSION_DENIED,   403, "key is not extractable") \
    ROW(MECHANISM_INVALID,       CKR_MECHANISM_INVALID,                CKR_MECHANISM_INVALID,                INVALID_ARGUMENT,    400, "mechanism is unknown or does not fit this function") \
    ROW(MECHANISM_PARAM,         CKR_MECHANISM_PARAM_INVALID,          CKR_MECHANISM_PARAM_INVALID,          INVALID_ARGUMENT,    400, "mechanism parameter is invalid") \
    ROW(OBJECT_HANDLE,           CKR_OBJECT_HANDLE_INVALID,            CKR_OBJECT_HANDLE_INVALID,            NOT_FOUND,           404, "no such object") \
    ROW(OBJECT_MISSING,          CKR_OBJECT_HANDLE_INVALID,            CKR_IBM_GREP11_MISSING,               NOT_FOUND,           404, "the object is no longer in the keystore") \
    ROW(KEYSTORE_MISSING,        CKR_TOKEN_NOT_RECOGNIZED,             CKR_TOKEN_NOT_RECOGNIZED,             NOT_FOUND,           404, "the keystore does not exist; initialize the token") \
    ROW(OBJECT_CONFLICT,         CKR_FUNCTION_FAILED,                  CKR_IBM_GREP11_CONFLICT,              ABORTED,             409, "another client changed the object meanwhile") \
    ROW(OBJECT_REPLAY,           CKR_FUNCTION_FAILED,                  CKR_IBM_GREP11_REPLAY,                ABORTED,             409, "this change was made already") \
    ROW(OPERATION_ACTIVE,        CKR_OPERATION_ACTIVE,                 CKR_OPERATION_ACTIVE,                 FAILED_PRECONDITION, 409, "an operation is active") \
    ROW(OPERATION_NONE,          CKR_OPERATION_NOT_INITIALIZED,        CKR_OPERATION_NOT_INITIALIZED,        FAILED_PRECONDITION, 409, "no operation is active") \
    ROW(OPERATION_CANCEL,        CKR_OPERATION_CANCEL_FAILED,          CKR_OPERATION_CANCEL_FAILED,          FAILED_PRECONDITION, 409, "operation cannot be cancelled") \
    ROW(PIN_INCORRECT,           CKR_PIN_INCORRECT,                    CKR_PIN_INCORRECT,                    UNAUTHENTICATED,     401, "wrong PIN") \
    ROW(PIN_INVALID,             CKR_PIN_INVALID,                      CKR_PIN_INVALID,                      INVALID_ARGUMENT,    400, "PIN has characters that are not allowed") \
    ROW(PIN_LENGTH,              CKR_PIN_LEN_RANGE,                    CKR_PIN_LEN_RANGE,                    INVALID_ARGUMENT,    400, "PIN length out of range") \
    ROW(PIN_EXPIRED,             CKR_PIN_EXPIRED,                      CKR_PIN_EXPIRED,                      UNAUTHENTICATED,     401, "PIN has expired") \
    ROW(PIN_LOCKED,              CKR_PIN_LOCKED,                       CKR_PIN_LOCKED,                       PERMISSION_DENIED,   403, "PIN is locked") \
    ROW(SESSION_CLOSED,          CKR_SESSION_CLOSED,                   CKR_SESSION_CLOSED,                   FAILED_PRECONDITION, 409, "session was closed") \
    ROW(SESSION_COUNT,           CKR_SESSION_COUNT,                    CKR_SESSION_COUNT,                    RESOURCE_EXHAUSTED,  429, "too many sessions") \
    ROW(NO_SESSION,              CKR_SESSION_HANDLE_INVALID,           CKR_SESSION_HANDLE_INVALID,           NOT_FOUND,           404, "no such session") \
    ROW(SESSION_PARALLEL,        CKR_SESSION_PARALLEL_NOT_SUPPORTED,   CKR_SESSION_PARALLEL_NOT_SUPPORTED,   UNIMPLEMENTED,       501, "parallel sessions do not exist") \
    ROW(SESSION_READ_ONLY,       CKR_SESSION_READ_ONLY,                CKR_SESSION_READ_ONLY,                PERMISSION_DENIED,   403, "session is read-only") \
    ROW(SESSION_ASYNC,           CKR_SESSION_ASYNC_NOT_SUPPORTED,      CKR_SESSION_ASYNC_NOT_SUPPORTED,      UNIMPLEMENTED,       501, "asynchronous sessions do not exist") \
    ROW(SESSION_EXISTS,          CKR_SESSION_EXISTS,                   CKR_SESSION_EXISTS,                   FAILED_PRECONDITION, 409, "a session is open") \
    ROW(SESSION_RO_EXISTS,       CKR_SESSION_READ_ONLY_EXISTS,         CKR_SESSION_READ_ONLY_EXISTS,         FAILED_PRECONDITION, 409, "a read-only session is open") \
    ROW(SESSION_SO_EXISTS,       CKR_SESSION_READ_WRITE_SO_EXISTS,     CKR_SESSION_READ_WRITE_SO_EXISTS,     FAILED_PRECONDITION, 409, "the security officer is logged in") \
    ROW(SIGNATURE_INVALID,       CKR_SIGNATURE_INVALID,                CKR_SIGNATURE_INVALID,                INVALID_ARGUMENT,    400, "signature is invalid") \
    ROW(SIGNATURE_LENGTH,        CKR_SIGNATURE_LEN_RANGE,              CKR_SIGNATURE_LEN_RANGE,              INVALID_ARGUMENT,    400, "signature has the wrong length") \
    ROW(TEMPLATE_INCOMPLETE,     CKR_TEMPLATE_INCOMPLETE,              CKR_TEMPLATE_INCOMPLETE,              INVALID_ARGUMENT,    400, "template lacks an attribute") \
    ROW(TEMPLATE_INCONSISTENT,   CKR_TEMPLATE_INCONSISTENT,            CKR_TEMPLATE_INCONSISTENT,            INVALID_ARGUMENT,    400, "template contradicts itself or the mechanism") \
    ROW(TOKEN_ABSENT,            CKR_TOKEN_NOT_PRESENT,                CKR_TOKEN_NOT_PRESENT,                UNAVAILABLE,         503, "token is not present") \
    ROW(TOKEN_RESOURCE,          CKR_TOKEN_RESOURCE_EXCEEDED,          CKR_TOKEN_RESOURCE_EXCEEDED,          RESOURCE_EXHAUSTED,  429, "the token has used up what this needs") \
    ROW(TOKEN_UNRECOGNIZED,      CKR_TOKEN_NOT_RECOGNIZED,             CKR_TOKEN_NOT_RECOGNIZED,             FAILED_PRECONDITION, 409, "token is not initialized or not recognised") \
    ROW(TOKEN_READ_ONLY,         CKR_TOKEN_WRITE_PROTECTED,            CKR_TOKEN_WRITE_PROTECTED,            PERMISSION_DENIED,   403, "token is write-protected") \
    ROW(UNWRAPPING_HANDLE,       CKR_UNWRAPPING_KEY_HANDLE_INVALID,    CKR_UNWRAPPING_KEY_HANDLE_INVALID,    NOT_FOUND,           404, "no such unwrapping key") \
    ROW(UNWRAPPING_SIZE,         CKR_UNWRAPPING_KEY_SIZE_RANGE,        CKR_UNWRAPPING_KEY_SIZE_RANGE,        INVALID_ARGUMENT,    400, "unwrapping key size out of range") \
    ROW(UNWRAPPING_TYPE,         CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT, CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT, INVALID_ARGUMENT,    400, "this kind of key does not unwrap with the mechanism") \
    ROW(ALREADY_LOGGED_IN,       CKR_USER_ALREADY_LOGGED_IN,           CKR_USER_ALREADY_LOGGED_IN,           FAILED_PRECONDITION, 409, "user is logged in already") \
    ROW(NOT_LOGGED_IN,           CKR_USER_NOT_LOGGED_IN,               CKR_USER_NOT_LOGGED_IN,               UNAUTHENTICATED,     401, "user is not logged in") \
    ROW(PIN_NOT_SET,             CKR_USER_PIN_NOT_INITIALIZED,         CKR_USER_PIN_NOT_INITIALIZED,         FAILED_PRECONDITION, 409, "the user PIN is not set") \
    ROW(USER_TYPE,               CKR_USER_TYPE_INVALID,                CKR_USER_TYPE_INVALID,                INVALID_ARGUMENT,    400, "no such user type") \
    ROW(OTHER_LOGGED_IN,         CKR_USER_ANOTHER_ALREADY_LOGGED_IN,   CKR_USER_ANOTHER_ALREADY_LOGGED_IN,   FAILED_PRECONDITION, 409, "another user is logged in") \
    ROW(USER_TOO_MANY,           CKR_USER_TOO_MANY_TYPES,              CKR_USER_TOO_MANY_TYPES,              FAILED_PRECONDITION, 409, "too many users") \
    ROW(WRAPPED_KEY,             CKR_WRAPPED_KEY_INVALID,              CKR_WRAPPED_KEY_INVALID,              INVALID_ARGUMENT,    400, "wrapped key is invalid") \
    ROW(WRAPPED_LENGTH,          CKR_WRAPPED_KEY_LEN_RANGE,            CKR_WRAPPED_KEY_LEN_RANGE,            INVALID_ARGUMENT,    400, "wrapped key has the wrong length") \
    ROW(WRAPPING_HANDLE,         CKR_WRAPPING_KEY_HANDLE_INVALID,      CKR_WRAPPING_KEY_HANDLE_INVALID,      NOT_FOUND,           404, "no such wrapping key") \
    ROW(WRAPPING_SIZE,           CKR_WRAPPING_KEY_SIZE_RANGE,          CKR_WRAPPING_KEY_SIZE_RANGE,          INVALID_ARGUMENT,    400, "wrapping key size out of range") \
    ROW(WRAPPING_TYPE,           CKR_WRAPPING_KEY_TYPE_INCONSISTENT,   CKR_WRAPPING_KEY_TYPE_INCONSISTENT,   INVALID_ARGUMENT,    400, "this kind of key does not wrap with the mechanism") \
    ROW(SEED_NOT_SUPPORTED,      CKR_RANDOM_SEED_NOT_SUPPORTED,        CKR_RANDOM_SEED_NOT_SUPPORTED,        UNIMPLEMENTED,       501, "seeding is not supported") \
    ROW(NO_RANDOM,               CKR_RANDOM_NO_RNG,                    CKR_RANDOM_NO_RNG,                    UNAVAILABLE,         503, "no healthy source of randomness") \
    ROW(DOMAIN_PARAMS,           CKR_DOMAIN_PARAMS_INVALID,            CKR_DOMAIN_PARAMS_INVALID,            INVALID_ARGUMENT,    400, "domain parameters are invalid") \
    ROW(CURVE_NOT_SUPPORTED,     CKR_CURVE_NOT_SUPPORTED,              CKR_CURVE_NOT_SUPPORTED,              INVALID_ARGUMENT,    400, "curve is not supported") \
    ROW(SET_NOT_SUPPORTED,       CKR_PARAMETER_SET_NOT_SUPPORTED,      CKR_PARAMETER_SET_NOT_SUPPORTED,      INVALID_ARGUMENT,    400, "parameter set is not supported") \
    ROW(BUFFER_SMALL,            CKR_BUFFER_TOO_SMALL,                 CKR_BUFFER_TOO_SMALL,                 INVALID_ARGUMENT,    400, "buffer is too small") \
    ROW(STATE_INVALID,           CKR_SAVED_STATE_INVALID,              CKR_SAVED_STATE_INVALID,              INVALID_ARGUMENT,    400, "saved state is invalid") \
    ROW(INFORMATION_SENSITIVE,   CKR_INFORMATION_SENSITIVE,            CKR_INFORMATION_SENSITIVE,            PERMISSION_DENIED,   403, "information is sensitive") \
    ROW(STATE_UNSAVEABLE,        CKR_STATE_UNSAVEABLE,                 CKR_STATE_UNSAVEABLE,                 FAILED_PRECONDITION, 409, "state cannot be saved") \
    ROW(NOT_INITIALIZED,         CKR_CRYPTOKI_NOT_INITIALIZED,         CKR_CRYPTOKI_NOT_INITIALIZED,         FAILED_PRECONDITION, 409, "the library is not initialised") \
    ROW(ALREADY_INITIALIZED,     CKR_CRYPTOKI_ALREADY_INITIALIZED,     CKR_CRYPTOKI_ALREADY_INITIALIZED,     FAILED_PRECONDITION, 409, "the library is initialised already") \
    ROW(PUBLIC_KEY_INVALID,      CKR_PUBLIC_KEY_INVALID,               CKR_PUBLIC_KEY_INVALID,               INVALID_ARGUMENT,    400, "public key is invalid") \
    ROW(BLOB_DAMAGED,            CKR_DEVICE_ERROR,                     CKR_IBM_BLOB_ERROR,                   INVALID_ARGUMENT,    400, "blob is damaged or not a blob of this HSM") \
    ROW(BLOB_PURPOSE,            CKR_DEVICE_ERROR,                     CKR_IBM_BLOBKEY_CONFLICT,             INVALID_ARGUMENT,    400, "blob is for another purpose") \
    ROW(BLOB_MASTER_KEY,         CKR_DEVICE_ERROR,                     CKR_IBM_WKID_MISMATCH,                FAILED_PRECONDITION, 409, "blob is under another master key") \
    ROW(NO_MASTER_KEY,           CKR_DEVICE_ERROR,                     CKR_IBM_WK_NOT_INITIALIZED,           FAILED_PRECONDITION, 503, "no master key is loaded") \
    ROW(POLICY,                  CKR_ACTION_PROHIBITED,                CKR_IBM_STATIC_POLICY,                PERMISSION_DENIED,   403, "forbidden by policy") \
    ROW(MESSAGE_SIZE,            CKR_DATA_LEN_RANGE,                   CKR_IBM_TRANSPORT_LIMIT,              RESOURCE_EXHAUSTED,  413, "message is too large") \
    ROW(MESSAGE_MALFORMED,       CKR_FUNCTION_FAILED,                  CKR_IBM_GREP11_CANNOT_UNMARSHAL,      INVALID_ARGUMENT,    400, "message cannot be decoded") \
    ROW(NOT_AUTHENTICATED,       CKR_USER_NOT_LOGGED_IN,               CKR_IBM_GREP11_NOT_AUTHENTICATED,     UNAUTHENTICATED,     401, "caller is not authenticated") \
    ROW(NOT_AUTHORIZED,          CKR_USER_NOT_LOGGED_IN,               CKR_IBM_GREP11_NOT_AUTHENTICATED,     PERMISSION_DENIED,   403, "caller may not do this") \
    ROW(METHOD_UNKNOWN,          CKR_FUNCTION_NOT_SUPPORTED,           CKR_FUNCTION_NOT_SUPPORTED,           UNIMPLEMENTED,       404, "no such method") \
    ROW(RATE,                    CKR_FUNCTION_FAILED,                  CKR_FUNCTION_REJECTED,                RESOURCE_EXHAUSTED,  429, "too many requests") \
    ROW(REQUEST_REFUSED,         CKR_FUNCTION_FAILED,                  CKR_FUNCTION_FAILED,                  FAILED_PRECONDITION, 502, "the service takes no such request") \
    ROW(BASE_EMPTY,              CKR_QRYPT_BASE_HSM_EMPTY,             CKR_QRYPT_BASE_HSM_EMPTY,             FAILED_PRECONDITION, 500, "no base library is named") \
    ROW(BASE_OPEN,               CKR_QRYPT_BASE_HSM_OPEN_FAILED,       CKR_QRYPT_BASE_HSM_OPEN_FAILED,       FAILED_PRECONDITION, 500, "the base library cannot be loaded") \
    ROW(TOKEN_EMPTY,             CKR_QRYPT_TOKEN_EMPTY,                CKR_QRYPT_TOKEN_EMPTY,                UNAUTHENTICATED,     401, "there is no token for the entropy service") \
    ROW(CONFIG,                  CKR_GENERAL_ERROR,                    CKR_GENERAL_ERROR,                    FAILED_PRECONDITION, 500, "the configuration is wrong") \
    ROW(SYSTEM,                  CKR_GENERAL_ERROR,                    CKR_GENERAL_ERROR,                    INTERNAL,            500, "the operating system refused")
/* clang-format on */

#endif
