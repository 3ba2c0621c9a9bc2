/* SPDX-License-Identifier: Apache-2.0 */
/* The method table. ResetKeystores needs a third action, DELETE_KEY; its handler asks for it. AGAIN marks what may be
 * repeated when a connection died without an answer: what only reads, and changes whose repetition is recognised. */
#include "keystore/login.h"

/* clang-format off */
#define AGAIN QK_METHOD_IDEMPOTENT
#define FREE  QK_METHOD_KEYLESS
#define ROW(path, messages, action, second, flags, handler) \
    { path, &messages##_request__descriptor, &messages##_response__descriptor, QK_ACTION_##action, QK_ACTION_##second, \
      QK_METHOD_SLOW | (flags), handler }
#define METHOD(name, message, action, second, flags, handler) \
    ROW("/quantoki.v1.Keystore/" name, quantoki__v1__##message, action, second, flags, handler)
#define GREP11(name, message, action, flags, handler) \
    ROW("/grep11.Crypto/" name, grep11__##message, action, NONE, flags, handler)

const qk_method qk_keystore_methods[QK_KEYSTORE_METHOD_COUNT] = {
    /*                                name              messages         action           second           flags  handler */
    [QK_CREATE_KEYSTORE] = METHOD("CreateKeystore", create_keystore, CREATE_KEYSTORE, NONE,            FREE,  qk_keystores_create),
    [QK_DELETE_KEYSTORE] = METHOD("DeleteKeystore", delete_keystore, DELETE_KEYSTORE, NONE,            FREE,  qk_keystores_delete),
    [QK_LIST_KEYSTORES]  = METHOD("ListKeystores",  list_keystores,  LIST_KEYSTORES,  NONE,            AGAIN | FREE, qk_keystores_list),
    [QK_RESET_KEYSTORES] = METHOD("ResetKeystores", reset_keystores, CREATE_KEYSTORE, DELETE_KEYSTORE, FREE,  qk_keystores_reset),
    [QK_STORE_OBJECTS]   = METHOD("StoreObjects",   store_objects,   STORE_KEY,       NONE,            AGAIN, qk_objects_store),
    [QK_UPDATE_OBJECT]   = METHOD("UpdateObject",   update_object,   UPDATE_KEY,      NONE,            AGAIN, qk_objects_update),
    [QK_DELETE_OBJECTS]  = METHOD("DeleteObjects",  delete_objects,  DELETE_KEY,      NONE,            0,     qk_objects_delete),
    [QK_FIND_OBJECTS]    = METHOD("FindObjects",    find_objects,    FIND_KEYS,       NONE,            AGAIN, qk_objects_find),
    [QK_GET_OBJECTS]     = METHOD("GetObjects",     get_objects,     GET_KEYS,        NONE,            AGAIN, qk_objects_get),
    [QK_LOGIN]  = GREP11("Login",  login,  EP11_USE, AGAIN | FREE | QK_METHOD_NEEDS_RANDOM, qk_keystore_login),
    [QK_LOGOUT] = GREP11("Logout", logout, EP11_USE, AGAIN | FREE, qk_keystore_logout),
};
/* clang-format on */

const qk_method *qk_keystore_method_find(const char *path)
{
    for (size_t i = 0; i < QK_KEYSTORE_METHOD_COUNT; i++)
        if (strcmp(qk_keystore_methods[i].path, path) == 0)
            return &qk_keystore_methods[i];
    return NULL;
}
