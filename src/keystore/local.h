/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the keystore room: the local keystore, and the handlers of its methods. */
#ifndef QK_KEYSTORE_LOCAL_H
#define QK_KEYSTORE_LOCAL_H

#include "keystore/guesses.h"
#include "keystore/keystore.h"

typedef struct qk_keystore_local {
    qk_endpoint endpoint; /* first, so that the endpoint is the keystore */
    qk_database *database;
    qk_ring *ring;
    qk_hsm *hsm;
    qk_guesses guesses;
} qk_keystore_local;

/* Handlers, all of type qk_handler with a qk_keystore_local as context. proto/quantoki.proto says what each promises.
 */
QK_MUST_CHECK qk_err qk_keystores_create(void *context, const qk_call *call, const void *request, void *response);
QK_MUST_CHECK qk_err qk_keystores_delete(void *context, const qk_call *call, const void *request, void *response);
QK_MUST_CHECK qk_err qk_keystores_list(void *context, const qk_call *call, const void *request, void *response);
QK_MUST_CHECK qk_err qk_keystores_reset(void *context, const qk_call *call, const void *request, void *response);
QK_MUST_CHECK qk_err qk_objects_store(void *context, const qk_call *call, const void *request, void *response);
QK_MUST_CHECK qk_err qk_objects_update(void *context, const qk_call *call, const void *request, void *response);
QK_MUST_CHECK qk_err qk_objects_delete(void *context, const qk_call *call, const void *request, void *response);
QK_MUST_CHECK qk_err qk_objects_find(void *context, const qk_call *call, const void *request, void *response);
QK_MUST_CHECK qk_err qk_objects_get(void *context, const qk_call *call, const void *request, void *response);

/* A UUID of a message: 16 bytes. QK_E_BAD_ARGUMENT names `what`. */
QK_MUST_CHECK qk_err qk_keystore_read_uuid(ProtobufCBinaryData bytes, const char *what, qk_uuid *out);

/* QK_E_KEYSTORE_MISSING, in words. */
QK_MUST_CHECK qk_err qk_keystore_missing(const qk_uuid *keystore);

#endif
