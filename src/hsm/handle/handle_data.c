/* SPDX-License-Identifier: Apache-2.0 */
/* Values that are not keys: sealed for whoever stores them, bound to what names them there. */
#include "hsm/blob/blob.h"
#include "hsm/core.h"
#include "hsm/handle/handlers.h"

qk_err qk_handle_seal_data(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(qk_logins_done) qk_logins logins = QK_LOGINS_NONE;
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;
    const Quantoki__V1__SealDataRequest *asked = request;
    Quantoki__V1__SealDataResponse *answer = response;
    qk_core *core = context;
    qk_view sealed;

    QK_TRY(qk_logins_open(core->ring, call, &logins));
    QK_TRY(qk_blob_seal(core->ring, call->seal_under, qk_logins_for(&logins, true), QK_PURPOSE_DATA,
                        qk_message_view(asked->bound), qk_message_view(asked->data), &blob));
    QK_TRY(qk_arena_copy(call->arena, qk_buf_view(&blob), &sealed));
    answer->sealed = qk_message_bytes(sealed);
    return QK_OK;
}

qk_err qk_handle_open_data(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(qk_logins_done) qk_logins logins = QK_LOGINS_NONE;
    QK_OWNED(qk_secret_free) qk_secret plain = QK_SECRET_NONE;
    const Quantoki__V1__OpenDataRequest *asked = request;
    Quantoki__V1__OpenDataResponse *answer = response;
    qk_core *core = context;
    qk_seal_under which;
    qk_view data;

    QK_TRY(qk_logins_open(core->ring, call, &logins));
    QK_TRY(qk_blob_open(core->ring, &logins, QK_PURPOSE_DATA, qk_message_view(asked->bound),
                        qk_message_view(asked->sealed), &plain, &which));
    QK_TRY(qk_arena_copy(call->arena, qk_secret_reveal(&plain), &data));
    answer->data = qk_message_bytes(data);
    return QK_OK;
}
